/** Training of neuron parameters: what it can do that weights cannot, bounds, rates, decay, resumption, equal bits. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { invocations } from "../../src/ir/program.ts";
import { nodes } from "../../src/ir/step.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { crossEntropy, meanSquared } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { truncatedNormal, uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, type PopulationOptions, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { parametricLif } from "../../src/model/neuron/parametricLif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { expectNear } from "./near.ts";
import { batchOf, drawSamples, watched } from "./samples.ts";

const BACKENDS = [1, 3].map((n) => threadedWasm(n));
afterAll(() => {
  for (const b of BACKENDS) b.dispose();
});

/** Spikes of the one input, by sample its steps. */
const spikesAt = (steps: number, times: readonly (readonly number[])[], labels: readonly number[]): Batch =>
  batchOf(
    times.map((at) => Array.from({ length: steps }, (_, t) => [Number(at.includes(t))])),
    Int32Array.from(labels),
    "events",
  );
const fixed = { trainable: false } as const;

describe("what only time constants can learn", () => {
  test("a membrane that shall have halved: tau meets the closed form", async () => {
    const steps = 9;
    const net = network({
      dt: "1 ms",
      steps,
      output: "out",
      inputs: { input: inputNode(1) },
      populations: { out: population(1, leakyIntegrator({ tau: "3 ms" }), { trainable: ["tau"] }) },
      connections: [connect("input", "out", { weight: 1, ...fixed })],
    });
    using trainer = await createTrainer(net, wasm, {
      algorithm: bptt(),
      loss: meanSquared("last", 0.5),
      optimiser: adam((k) => (k < 200 ? 1e-3 : k < 300 ? 1e-4 : 1e-5)), // near the end Adam steps by about its rate
      batch: 1,
      type: "f64",
    });
    for (let k = 0; k < 400; k++) trainer.step(spikesAt(steps, [[0]], [0]));
    const [tau] = trainer.parameters()["out.tau"]!;
    expect(tau! / ((8 * 1e-3) / Math.log(2))).toBeCloseTo(1, 3);
  });

  /** Two spikes of 0.7 reach the threshold together, far apart only if the membrane forgets slowly. */
  test.each(["layer", "neuron"] as const)("short gaps from long ones, one value a %s", async (grain) => {
    const steps = 10;
    const net = network({
      dt: "1 ms",
      steps,
      output: "out",
      inputs: { input: inputNode(1) },
      populations: {
        hidden: population(4, lif({ tau: "60 ms" }), { trainable: { tau: grain } }),
        out: population(2, leakyIntegrator({ tau: "1 s" })),
      },
      connections: [
        connect("input", "hidden", { weight: 0.7, ...fixed }),
        connect("hidden", "out", { weight: [2, 0, 2, 0, 2, 0, 2, 0], bias: [0, 0.5], ...fixed }),
      ],
    });
    const batch = spikesAt(
      steps,
      [
        [1, 2],
        [1, 8],
        [2, 3],
        [0, 7],
      ],
      [0, 1, 0, 1],
    );
    using trainer = await createTrainer(net, wasm, {
      algorithm: bptt(triangle(1)),
      loss: crossEntropy("last"),
      optimiser: adam(1e-3),
      batch: 4,
    });
    const first = trainer.gradients(batch);
    expect(first.correct).toBe(2); // all four samples look alike
    let last = first;
    for (let k = 0; k < 120; k++) last = trainer.step(batch);
    expect(last.correct).toBe(4);
    const taus = trainer.parameters()["hidden.tau"]!;
    expect(taus.length).toBe(grain === "layer" ? 1 : 4);
    // 0.7·(1 + exp(-gap/tau)) passes 1 at gap = 1 ms and fails at 6 ms
    for (const tau of taus) {
      expect(tau).toBeGreaterThan(-1e-3 / Math.log(3 / 7));
      expect(tau).toBeLessThan(-6e-3 / Math.log(3 / 7));
    }
  });
});

const [inputs, classes, steps] = [9, 3, 8];
const strong = { weight: { kind: "uniform", low: -0.3, high: 0.8 } } as const;
const hiddenNet = (model: NeuronModel, options: PopulationOptions, size = 6): Network =>
  sequential(
    [
      input(inputs),
      denseLayer(size, strong),
      neurons(model, { recurrent: true, ...options }),
      denseLayer(classes),
      readout(),
    ],
    { steps },
  );
const drawn = (seed: number, count = 5): Batch =>
  drawSamples({ count, steps, inputs, classes, kind: "events", density: 0.4, seed }).batch;
const make = (net: Network, more: Partial<TrainerOptions> = {}, backend = wasm) =>
  createTrainer(net, backend, {
    algorithm: bptt(triangle(0.8)),
    loss: crossEntropy("mean"),
    optimiser: sgd(0.1),
    batch: 5,
    chunk: 2,
    seed: 3,
    ...more,
  });

describe("bounds", () => {
  const bounded = (value: string, min: string, max: string) => lif({ tau: { value, min, max } });
  const taus = async (model: NeuronModel, options: PopulationOptions, type: "f32" | "f64", size = 6) => {
    using trainer = await make(hiddenNet(model, { trainable: ["tau", "vTh"], ...options }, size), {
      optimiser: adam(0.02),
      type,
    });
    const seen: number[] = [];
    for (let k = 0; k < 12; k++) {
      trainer.step(drawn(k + 1));
      const { "hidden.tau": tau, "hidden.vTh": vTh } = trainer.parameters();
      seen.push(...tau!);
      for (const x of vTh!) expect(x).toBeGreaterThanOrEqual(0);
    }
    return seen;
  };
  test.each(["f32", "f64"] as const)("steps far beyond them end on them, %s", async (type) => {
    const as = type === "f32" ? Math.fround : (x: number) => x;
    for (const size of [5, 6, 8])
      for (const parameters of [{}, { tau: uniform(0.005, 0.009) }]) {
        const seen = await taus(bounded("7 ms", "5 ms", "9 ms"), { parameters }, type, size);
        expect(Math.min(...seen)).toBeGreaterThanOrEqual(as(0.005));
        expect(Math.max(...seen)).toBeLessThanOrEqual(as(0.009));
        expect(seen).toSatisfy((x: number[]) => x.includes(as(0.005)) || x.includes(as(0.009)));
      }
  });
  test("a time constant without bounds stays at one step at least", async () => {
    const seen = await taus(lif({ tau: "2 ms" }), { parameters: { tau: uniform(0.001, 0.003) } }, "f64");
    expect(Math.min(...seen)).toBe(1e-3);
  });
  test("padding stays zero where zero is out of bounds", async () => {
    const backend = watched();
    using trainer = await make(hiddenNet(lif(), { trainable: { tau: "neuron" } }, 5), {}, backend);
    for (let k = 0; k < 3; k++) trainer.step(drawn(k + 1));
    const { offset, width, stride } = trainer.lowered.parameters.blocks.get("hidden.tau")!;
    expect([...backend.loaded.array("parameters").slice(offset + width, offset + stride)]).toEqual([0, 0, 0]);
  });
  test("what trains starts within them, or is refused by name", async () => {
    const start = (options: PopulationOptions) => make(hiddenNet(bounded("7 ms", "5 ms", "9 ms"), options));
    await expect(start({ parameters: { tau: "10 ms" }, trainable: ["tau"] })).rejects.toThrow(
      /parameters\.hidden\.tau\[0\]: is trained, so must be from 0\.00\d+ to 0\.00\d+ .*, got 0\.00999/,
    );
    const free = await start({ parameters: { tau: "10 ms" } });
    free.dispose();
  });
});

describe("groups", () => {
  const options = { parameters: { tau: uniform(0.01, 0.03) }, trainable: ["tau", "vTh", "v.initial"] } as const;
  const net = hiddenNet(lif(), options);
  /** New value of each block after one step: `w - factor · 0.1 · (g + decay · w)`. */
  const oneStep = async (more: Partial<TrainerOptions>) => {
    using trainer = await make(net, { type: "f64", ...more });
    const before = trainer.parameters();
    trainer.step(drawn(1));
    const [after, gradients] = [trainer.parameters(), trainer.gradientBlocks()];
    return (name: string, factor: number, decay: number) => {
      const expected = Array.from(before[name]!, (w, k) => w - factor * 0.1 * (gradients[name]![k]! + decay * w));
      expect(Math.max(...Array.from(gradients[name]!, Math.abs)), name).toBeGreaterThan(0);
      after[name]!.forEach((w, k) => expect(w, name).toBeCloseTo(expected[k]!, 14));
      return after[name]!.every((w, k) => w === before[name]![k]);
    };
  };
  const weights = ["input>hidden.weight", "input>hidden.bias", "hidden>hidden.weight", "hidden>output.weight"];
  test("each at its own rate, the first that matches", async () => {
    const check = await oneStep({
      optimiser: sgd(0.1),
      groups: [
        { match: "hidden.tau", rate: 1e-4 },
        { match: "hidden.*", rate: 0.5 },
        { match: (name) => name.endsWith(".bias"), rate: 0 },
      ],
    });
    check("hidden.tau", 1e-4, 0);
    check("hidden.vTh", 0.5, 0);
    check("hidden.v.initial", 0.5, 0);
    for (const name of weights.filter((n) => n.endsWith("weight"))) check(name, 1, 0);
    expect(check("input>hidden.bias", 0, 0)).toBe(true);
  });
  test("decay shrinks weights, and neurons only where asked", async () => {
    const plain = await oneStep({ optimiser: sgd(0.1, { decay: 0.3 }), groups: [{ match: "*.tau", rate: 1e-3 }] });
    for (const name of weights) plain(name, 1, 0.3);
    plain("hidden.tau", 1e-3, 0);
    plain("hidden.vTh", 1, 0);
    const asked = await oneStep({
      optimiser: sgd(0.1, { decay: 0.3 }),
      groups: [
        { match: "*.tau", rate: 1e-3, decay: true },
        { match: "*.weight", decay: false },
      ],
    });
    asked("hidden.tau", 1e-3, 0.3);
    asked("input>hidden.weight", 1, 0);
    asked("input>hidden.bias", 1, 0.3);
  });
  test("a group that names nothing, and a rate that is none, are refused", async () => {
    await expect(make(net, { groups: [{ match: "hidden.tua" }] })).rejects.toThrow(
      "groups[0].match: 'hidden.tua' names nothing in training; known: hidden.tau, hidden.v.initial, hidden.vTh,",
    );
    await expect(make(net, { groups: [{ match: "*", rate: -1 }] })).rejects.toThrow("groups[0].rate: must be");
    await expect(make(net, { groups: [{ rate: 1 } as never] })).rejects.toThrow("groups[0].match: must be names");
    await expect(make(net, { groups: [{ match: "*", scale: 2 } as never] })).rejects.toThrow(
      "groups[0].scale: unknown",
    );
    await expect(make(net, { groups: [{ match: "hidden+tau" }] })).rejects.toThrow("names nothing");
  });
});

/** Everything at once: two grains, initial states, dropout, a regulariser, clipping, decay, groups, bounds. */
const rich = hiddenNet(
  alif({ tauM: "5 ms", tauA: "20 ms", b0: 0.1 }),
  {
    parameters: { tauM: truncatedNormal(0.005, 0.001, { low: 0.002 }), beta: uniform(0.5, 2) },
    initial: { v: uniform(0, 0.1) },
    trainable: ["tauM", "tauA", "b0", "beta", "v.initial", "b.initial"],
    dropout: 0.3,
  },
  13,
);
const richOptions: Partial<TrainerOptions> = {
  optimiser: adam(0.02, { clip: 0.5, decay: 0.01 }),
  groups: [{ match: "hidden.tau*", rate: 0.05 }],
  regularisers: [rate(0.1, { strength: 2 })],
};

test("interpreter, wasm and threads: the same bits", async () => {
  const run = async (backend: typeof wasm, updates: number) => {
    using trainer = await make(rich, { ...richOptions, batch: 17 }, backend);
    const results = Array.from({ length: updates }, (_, k) => trainer.step(drawn(k + 1, 17)));
    return { results, parameters: trainer.parameters(), gradients: trainer.gradientBlocks() };
  };
  const [one, three] = await Promise.all(BACKENDS.map((b) => run(b, 6)));
  expect(three).toEqual(one);
  expect(await run(wasm, 6)).toEqual(one);
  expect(await run(interpret, 2)).toEqual(await run(wasm, 2));
  const start = initialParameters(rich, 3);
  for (const name of Object.keys(start).filter((n) => n.startsWith("hidden.")))
    for (const [k, x] of one!.parameters[name]!.entries()) expect(x, name).not.toBe(start[name]![k]);
});

test("resumed from a snapshot: the same bits, and what is computed from parameters is computed again", async () => {
  using whole = await make(rich, richOptions);
  for (let k = 1; k <= 4; k++) whole.step(drawn(k));
  const snapshot = structuredClone(whole.snapshot());
  const ahead = whole.gradients(drawn(5)).loss;
  for (let k = 5; k <= 8; k++) whole.step(drawn(k));
  using fresh = await make(rich, { ...richOptions });
  fresh.restore(snapshot);
  // The loss comes before any update: it shows whether the decays are those of the snapshot.
  expect(fresh.gradients(drawn(5)).loss).toBe(ahead);
  for (let k = 5; k <= 8; k++) fresh.step(drawn(k));
  expect(fresh.snapshot()).toEqual(whole.snapshot());
});

test("the next forward pass sees what an update made: a new trainer with these parameters finds the same loss", async () => {
  using trainer = await make(rich, richOptions);
  for (let k = 1; k <= 3; k++) trainer.step(drawn(k));
  using other = await make(rich, { ...richOptions, parameters: trainer.parameters() });
  const plain = { ...drawn(9), numbers: Uint32Array.of(0, 1, 2, 3, 4) };
  other.restore({ ...other.snapshot(), updates: 3 }); // masks of dropout go by the number of updates
  expect(other.gradients(plain)).toEqual(trainer.gradients(plain));
});

test("time steps compute no function of parameters: exp stays outside the loop", async () => {
  using trainer = await make(rich, richOptions);
  const calls = trainer.program.regions.flatMap((r) => [...invocations(r.body)]);
  const exponentials = (inTime: boolean) =>
    calls.filter(
      ({ call, loops }) =>
        loops.some((l) => l.name === "t") === inTime &&
        "step" in call.kernel &&
        nodes(call.kernel.step).some((e) => e.tag === "bitcast"), // an exponent is put together from bits
    ).length;
  expect(exponentials(true)).toBe(0);
  expect(exponentials(false)).toBeGreaterThan(0);
});

/** Differentiable all along, with values that left before the first step: of a layer to itself, late, and to another. */
test("initial states that leave by value, late: finite differences", async () => {
  const cell = neuron({
    name: "cell",
    equations: `
      h[t+1] = tanh(0.5*h + k*x) : 1
      x : 1 (input)`,
    parameters: { k: 0.8 },
  });
  const own: PopulationOptions = { initial: { h: uniform(-0.5, 0.5) }, trainable: ["h.initial", "k"] };
  const one: PopulationOptions = { initial: { h: 0.3 }, trainable: { "h.initial": "layer", k: "neuron" } };
  const net = network({
    dt: "1 ms",
    steps: 5,
    output: "out",
    inputs: { input: inputNode(4) },
    populations: { a: population(5, cell, own), b: population(3, cell, one), out: population(2, leakyIntegrator()) },
    connections: [
      connect("input", "a", { bias: 0.1 }),
      connect("a", "a", { output: "h", delay: 1 }),
      connect("a", "b", { output: "h", delay: 3 }),
      connect("b", "a", { output: "h", delay: 2 }),
      connect("b", "out", { output: "h", delay: 8 }),
      connect("b", "out", { output: "h", name: "now" }),
      connect("a", "out", { output: "h", name: "skip", delay: 2 }),
    ],
  });
  const { batch } = drawSamples({ count: 3, steps: 5, inputs: 4, classes: 2, kind: "events" });
  for (const backend of [interpret, wasm]) {
    using trainer = await createTrainer(net, backend, {
      algorithm: bptt(),
      loss: meanSquared("mean", 2),
      optimiser: sgd(1),
      batch: 3,
      chunk: 2,
      type: "f64",
    });
    trainer.gradients(batch);
    const gradients = trainer.gradientBlocks();
    const parameters = trainer.parameters();
    const loss = (): number => {
      trainer.setParameters(parameters);
      return trainer.gradients(batch).loss;
    };
    // h²/6 of third derivatives below 1e3 and rounding 1e-16/h: some 1e-8.
    expectNear(gradients, differences(parameters, loss, 1e-5), 1e-6);
  }
});
function differences(parameters: Parameters, loss: () => number, h: number): Record<string, number[]> {
  const slope = (w: Parameters[string], k: number): number => {
    const before = w[k]!;
    const at = (x: number): number => {
      w[k] = x;
      return loss();
    };
    const result = (at(before + h) - at(before - h)) / (2 * h);
    w[k] = before;
    return result;
  };
  return Object.fromEntries(
    Object.entries(parameters).map(([name, w]) => [name, Array.from(w, (_, k) => slope(w, k))]),
  );
}

test("a parameter that is no longer a number is reported by its name", async () => {
  const backend = watched();
  using trainer = await make(rich, richOptions, backend);
  const { offset } = trainer.lowered.parameters.blocks.get("hidden.tauA")!;
  (backend.loaded.array("parameters") as Float32Array)[offset] = Number.NaN;
  expect(() => trainer.requireFinite()).toThrow("hidden.tauA is not finite; try a lower rate");
  trainer.step(drawn(1)); // bounds do not hide it
  expect(() => trainer.requireFinite()).toThrow("hidden.tauA is not finite");
});

describe("what cannot be trained is refused", () => {
  const timed = neuron({
    name: "timed",
    equations: `
      dv/dt = -v / tau : 1 (unless refractory)`,
    parameters: { tau: "5 ms", rest: "2 ms", idle: 1 },
    spike: "v > 1",
    reset: "v = 0",
    refractory: "rest",
    port: "v",
  });
  test.each<[string, NeuronModel, string[], string]>([
    ["a refractory period", timed, ["rest"], "hidden.rest: no gradient reaches it"],
    ["a parameter that nothing reads", timed, ["tau", "idle"], "hidden.idle: no gradient reaches it"],
  ])("%s", async (_name, model, trainable, message) => {
    await expect(make(hiddenNet(model, { trainable }))).rejects.toThrow(message);
  });
});

test("parametric LIF trains its w unless told otherwise", async () => {
  using trainer = await make(hiddenNet(parametricLif(), {}), { optimiser: adam(0.05) });
  const [before] = trainer.parameters()["hidden.w"]!;
  trainer.step(drawn(1));
  expect(trainer.parameters()["hidden.w"]).not.toEqual(Float32Array.of(before!));
  using still = await make(hiddenNet(parametricLif(), { trainable: [] }));
  expect(still.parameters()["hidden.w"]).toBeUndefined();
});
