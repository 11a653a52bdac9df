/**
 * Delays that learn. Oracles: where they are whole steps, interpolation leaves nothing over, so answers and gradients of
 * weights are those of ordinary delays; central differences in f64 of a network whose neurons are smooth (`smoothed.test.ts`
 * derives the tolerance); and tasks whose only solutions are known delays.
 */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { decodeArtefact, encodeArtefact } from "../../src/io/artefact.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { arctan } from "../../src/ir/surrogate.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { narrowing } from "../../src/learn/delayGradients.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam, sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { probability } from "../../src/model/connectivity.ts";
import type { Interpolation, LearnedDelay } from "../../src/model/delays.ts";
import { uniform } from "../../src/model/initializer.ts";
import { type InputOptions, inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { withDt } from "../../src/model/withDt.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { rounded } from "../../src/sim/settled.ts";
import { batchOf, drawSamples } from "./samples.ts";

const [inputs, hidden, classes, steps, count] = [5, 6, 3, 11, 3];
const weight = uniform(-0.4, 0.9);
const smooth = neuron({
  name: "smooth",
  equations: `
    u[t+1] = 0.8 * u : 1
    s = 1 / (1 + exp(-3 * (u - 1))) : 1`,
  port: "u",
});
interface Wiring {
  readonly into: ConnectOptions;
  readonly back?: ConnectOptions;
  readonly out?: ConnectOptions;
}
const built = ({ into, back = { delay: 1 }, out = {} }: Wiring, model = smooth, signal: InputOptions = {}): Network =>
  network({
    dt: "1 ms",
    steps,
    output: "out",
    inputs: { x: inputNode(inputs, signal) },
    populations: { a: population(hidden, model), out: population(classes, leakyIntegrator({ tau: "8 ms" })) },
    connections: [
      connect("x", "a", { weight, ...into }),
      connect("a", "a", { weight, ...back }),
      connect("a", "out", { weight, ...out }),
    ],
  });
const learned = (interpolation: Interpolation, more: Partial<LearnedDelay> = {}): LearnedDelay => ({
  trainable: true,
  max: "4 ms",
  interpolation,
  ...more,
});
const options = (more: Partial<TrainerOptions> = {}): TrainerOptions => ({
  algorithm: bptt(arctan(2)),
  loss: crossEntropy("mean"),
  optimiser: sgd(0.1),
  batch: count,
  chunk: 2,
  type: "f64",
  ...more,
});
const sparse = { connectivity: probability(0.6) };

test.each(
  (["linear", "gaussian"] as const).flatMap((kind) =>
    [{}, sparse].map((wiring) => ({ kind, wiring, of: wiring === sparse ? "sparse" : "dense" })),
  ),
)("$kind, $of: gradients of weights and delays equal central differences", async ({ kind, wiring }) => {
  const delay = learned(kind);
  const wires = {
    into: { ...wiring, delay },
    back: { ...wiring, delay: { ...delay, min: 1 } },
    out: { ...wiring, delay },
  };
  const width = kind === "gaussian" ? { delayWidth: 1.2 } : {};
  const ways = [
    { algorithm: bptt(arctan(2)), given: "events" },
    { algorithm: bptt(arctan(2), { checkpoint: 4 }), given: "events" },
    { algorithm: bptt(arctan(2)), given: "values" },
  ] as const;
  for (const { algorithm, given } of ways) {
    const net = built(wires, smooth, given === "values" ? { signal: "values" } : {});
    using trainer = await createTrainer(net, wasm, options({ ...width, algorithm }));
    const { batch } = drawSamples({ count, steps, inputs, classes, kind: given });
    const parameters = trainer.parameters();
    const { loss } = trainer.gradients(batch);
    expect(loss).toBeGreaterThan(0);
    const gradients = trainer.gradientBlocks();
    for (const [name, values] of Object.entries(parameters)) {
      if (name.endsWith(".width")) continue;
      const scale = Math.max(...Array.from(gradients[name]!, Math.abs));
      expect(scale, name).toBeGreaterThan(0);
      const h = name.endsWith(".delay") ? 1e-8 : 1e-5; // a step is 1e-3 s
      const at = (k: number, x: number): number => {
        const before = values[k]!;
        values[k] = x;
        trainer.setParameters(parameters);
        values[k] = before;
        return trainer.gradients(batch).loss;
      };
      for (let k = 0; k < values.length; k += 5) {
        const slope = (at(k, values[k]! + h) - at(k, values[k]! - h)) / (2 * h);
        expect(Math.abs(slope - gradients[name]![k]!) / scale, `${name}[${k}]`).toBeLessThan(1e-6);
      }
    }
  }
});

test.each([
  ["dense", {}],
  ["sparse", sparse],
] as const)("whole steps, linear: the same as delays that do not learn, %s", async (_name, wiring) => {
  const law = { kind: "uniform", low: 2e-3, high: 2e-3 } as const;
  const given = (n: number) => (wiring === sparse ? law : Array.from({ length: n }, (_, k) => 1 + ((3 * k) % 4)));
  const [into, back, out] = [inputs * hidden, hidden * hidden, hidden * classes].map(given);
  const net = (of: (start: NonNullable<typeof into>) => ConnectOptions["delay"]): Network => {
    const [i, b, o] = [into, back, out].map((start) => ({ ...wiring, delay: of(start!)! }));
    return built({ into: i!, back: b!, out: o! }, lif({ tau: "5 ms" }));
  };
  const [a, b] = [net((start) => learned("linear", { min: 1, start })), net((start) => start)];
  const { batch } = drawSamples({ count, steps, inputs, classes, kind: "events" });
  using left = await createTrainer(a, wasm, options());
  const parameters = Object.fromEntries(Object.entries(left.parameters()).filter(([name]) => name.endsWith(".weight")));
  using right = await createTrainer(b, wasm, options({ parameters }));
  expect(left.gradients(batch).loss).toBeCloseTo(right.gradients(batch).loss, 12);
  const [found, expected] = [left.gradientBlocks(), right.gradientBlocks()];
  for (const name of Object.keys(expected))
    expected[name]!.forEach((g, k) => expect(found[name]![k], name).toBeCloseTo(g, 12));
});

/** Input k spikes at `pattern[k]`, or in the other class at the same times turned round: rates tell nothing. */
function coincidence(pattern: readonly number[], length: number) {
  const turned = [...pattern].reverse();
  const sample = (times: readonly number[]): number[][] =>
    Array.from({ length }, (_, t) => times.map((at) => Number(at === t)));
  return batchOf([sample(pattern), sample(turned)], Int32Array.of(0, 1), "events");
}
const pattern = [1, 4, 9, 7, 2];
const LAST = 12;

/** One neuron a class that fires only if all five arrive together; weights are fixed. */
function detector(interpolation: Interpolation, start: LearnedDelay["start"]): Network {
  return network({
    dt: "1 ms",
    steps: 16,
    output: "out",
    inputs: { x: inputNode(5) },
    populations: { out: population(2, leakyIntegrator({ tau: "1.5 ms" })) },
    connections: [
      connect("x", "out", {
        name: "x>out",
        port: "v",
        weight: 1,
        trainable: false,
        delay: { trainable: true, max: LAST, interpolation, ...(start !== undefined && { start }) },
      }),
    ],
  });
}

test("delays alone solve a task: what arrives together is told from the same spikes turned round", async () => {
  const net = detector("gaussian", 6);
  const batch = coincidence(pattern, 16);
  const updates = 300;
  using trainer = await createTrainer(net, wasm, {
    algorithm: bptt(arctan(2)),
    loss: crossEntropy("max"),
    optimiser: adam(3e-4),
    batch: 2,
    delayWidth: narrowing(6, 0.5, updates / 2),
    seed: 1,
  });
  expect(trainer.gradients(batch).correct).toBeLessThan(2);
  const width = (): number => trainer.parameters()["x>out.delay.width"]![0]!;
  expect(width()).toBe(6);
  for (let k = 0; k < updates; k++) {
    trainer.step(batch);
    if (k + 1 === updates / 4) expect(width()).toBeCloseTo(Math.sqrt(6 * 0.5), 6); // halfway in the logarithm
  }
  expect(width()).toBe(0.5);
  const parameters = trainer.deployed();
  // The neuron of a class hears all five of its inputs within a step of each other.
  const delays = parameters["x>out.delay"]!;
  for (const [k, times] of [pattern, [...pattern].reverse()].entries()) {
    const arrivals = times.map((t, i) => t + 1e3 * delays[2 * i + k]!);
    expect(Math.max(...arrivals) - Math.min(...arrivals), `class ${k}: ${arrivals}`).toBeLessThan(1);
  }
  // Before and after rounding, in training's own machinery, the evaluator's, and the engine's.
  const whole = rounded(net, parameters, 1);
  for (const [n, p] of [
    [net, parameters],
    [whole.network, whole.parameters],
  ] as const) {
    using evaluator = await createEvaluator(n, wasm, { loss: crossEntropy("max"), batch: 2, parameters: p, seed: 1 });
    expect(evaluator.evaluate(batch).correct).toBe(2);
  }
  using engine = await createEngine(whole.network, wasm, { parameters: whole.parameters, record: ["out.v"] });
  const events = pattern.map((t, i) => [t, i] as const).sort((a, b) => a[0] - b[0]);
  engine.run(16, { x: { steps: events.map(([t]) => t), indices: events.map(([, i]) => i) } });
  expect([...engine.synapses("x>out").delay!]).toEqual([...delays].map((d) => Math.floor(1e3 * d + 0.5)));
});

test("linear: delays go where errors send them, as far as their bounds", async () => {
  const net = network({
    dt: "1 ms",
    steps: 20,
    output: "out",
    inputs: { x: inputNode(3) },
    populations: { out: population(2, leakyIntegrator({ tau: "3 ms" })) },
    connections: [
      connect("x", "out", {
        ...{ name: "x>out", port: "v", weight: 1, trainable: false },
        delay: { trainable: true, max: 12, start: uniform(4.6e-3, 4.9e-3) },
      }),
    ],
  });
  const spikes = Array.from({ length: 20 }, (_, t) => [3, 5, 7].map((at) => Number(at === t)));
  const batch = batchOf([spikes], Int32Array.of(0), "events");
  const o = options({ batch: 1, optimiser: adam(1e-4), loss: crossEntropy("last") });
  using trainer = await createTrainer(net, wasm, o);
  // The last step is higher the later spikes arrive: class 0 wants them late, and class 1 early.
  for (let k = 0; k < 400; k++) trainer.step(batch);
  const found = trainer.parameters()["x>out.delay"]!;
  for (let k = 0; k < 3; k++) expect([found[2 * k], found[2 * k + 1]]).toEqual([12e-3, 0]);
});

test("the interpreter, one thread and three give the same bits", async () => {
  const delay = learned("gaussian");
  const net = built({ into: { delay }, back: { ...sparse, delay: { ...delay, min: 1 } } }, lif({ tau: "5 ms" }));
  const { batch } = drawSamples({ count: 16, steps, inputs, classes, kind: "events" });
  const after = async (backend: typeof wasm) => {
    const o = options({ batch: 16, type: "f32", optimiser: adam(1e-4), delayWidth: narrowing(2, 0.5, 3) });
    using t = await createTrainer(net, backend, o);
    for (let k = 0; k < 3; k++) t.step(batch);
    return t.parameters();
  };
  const [a, b, c] = [await after(interpret), await after(wasm), await after(threadedWasm(3))];
  expect(b).toEqual(a);
  expect(c).toEqual(a);
  expect([...a["x>a.delay.width"]!]).toEqual([0.5]);
});

test("descriptions keep it, artefacts too, snapshots go on, and rounded networks are ordinary", async () => {
  const delay = learned("gaussian");
  const net = built(
    { into: { ...sparse, delay }, out: { delay: { ...delay, interpolation: "linear" } } },
    lif({ tau: "5 ms" }),
  );
  expect(networkFromJson(JSON.parse(JSON.stringify(networkToJson(net))))).toEqual(net);
  expect(withDt(net, 0.5e-3).connections[0]!.learned!.most).toBe(8);
  const { batch, samples } = drawSamples({ count, steps, inputs, classes, kind: "events" });
  const o = options({ type: "f32", optimiser: adam(1e-3), delayWidth: narrowing(2, 0.5, 20), seed: 4 });
  using trainer = await createTrainer(net, wasm, o);
  trainer.step(batch);
  const snapshot = structuredClone(trainer.snapshot());
  for (let k = 0; k < 20; k++) trainer.step(batch);
  using again = await createTrainer(net, wasm, o);
  again.restore(snapshot);
  for (let k = 0; k < 20; k++) again.step(batch);
  expect(again.parameters()).toEqual(trainer.parameters());

  const provenance = { version: "0", seed: 4, dataDigest: "", metrics: {}, trainingOptions: {} };
  const artefact = { network: net, parameters: trainer.deployed(), classes: [], provenance };
  const read = await decodeArtefact(await encodeArtefact(artefact));
  expect(read.parameters).toEqual(trainer.deployed());
  const whole = rounded(net, trainer.deployed(), 4);
  expect(rounded(read.network, read.parameters, 99)).toEqual(whole);
  expect(whole.network.connections.some((c) => c.learned)).toBe(false);
  using evaluator = await createEvaluator(whole.network, wasm, {
    ...{ loss: o.loss, batch: o.batch, parameters: whole.parameters, seed: 99 },
  });
  evaluator.evaluate({ ...batchOf([samples[0]!], Int32Array.of(0), "events") });
  const events = samples[0]!.flatMap((row, t) => row.flatMap((x, i) => (x ? [[t, i] as const] : [])));
  const given = { x: { steps: events.map(([t]) => t), indices: events.map(([, i]) => i) } };
  using engine = await createEngine(whole.network, wasm, { parameters: whole.parameters });
  using other = await createEngine(net, wasm, { parameters: trainer.deployed(), seed: 4 });
  expect(engine.run(steps, given).spikes).toEqual(other.run(steps, given).spikes);
  expect(engine.digest).toBe(other.digest);
});

test("mistakes are named", async () => {
  const make = (delay: object, more: object = {}): Network =>
    built({ into: { delay: delay as LearnedDelay, ...more } });
  expect(() => make({ trainable: true } as never)).toThrow(/x>a\.delay\.max: is missing/);
  expect(() => make({ trainable: true, max: 0 })).toThrow(/x>a\.delay\.max: must be above 0 steps, got 0/);
  expect(() => make({ trainable: true, max: "1.5 ms" })).toThrow(/delay\.max: must be a whole number of steps/);
  expect(() => make({ trainable: true, max: 4, kernel: "linear" })).toThrow(/delay.*kernel/);
  expect(() => make({ trainable: true, max: 4, interpolation: "cubic" })).toThrow(
    /no 'cubic'; known: gaussian, linear/,
  );
  expect(() => make({ trainable: true, max: 4 }, { ...sparse, storage: "i8" })).toThrow(/cannot learn: 'storage'/);
  const net = make(learned("gaussian"));
  await expect(createTrainer(net, wasm, options())).rejects.toThrow(
    /delayWidth: is missing: .*x>a.*narrowing\(2, 0.5, updates\)/,
  );
  await expect(createTrainer(make(learned("linear")), wasm, options({ delayWidth: 1 }))).rejects.toThrow(
    /no connection's delays/,
  );
  const late = { ...initialParameters(make(learned("linear")), 0), "x>a.delay": new Float32Array(30).fill(5e-3) };
  const made = createTrainer(make(learned("linear")), wasm, options({ parameters: late, type: "f32" }));
  await expect(made).rejects.toThrow(/x>a\.delay\[0\]: is trained, so must be from 0 to 0.004/);
});
