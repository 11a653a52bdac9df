/**
 * The six programs of design.md, section 5, that the ground had to carry before it was called done: each is built,
 * printed, run on both backends, and checked against mathematics written down here.
 */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { add, bitcast, compare, type Expr, i32, mulHi, mulShift, read, select } from "../../src/ir/expr.ts";
import { printProgram } from "../../src/ir/print.ts";
import { invoke, loop, type Node, type Program, place } from "../../src/ir/program.ts";
import type { Slot, Step } from "../../src/ir/step.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne, pairs } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { batchNorm } from "../../src/model/transform.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { RUN, runNumber } from "../../src/sim/lower/context.ts";
import { forwardNodes, lower, programOf } from "../../src/sim/lower/lower.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { BACKENDS, numbers, run } from "./run.ts";

/** The program without buffers and bodies: loops, kernels and where their arguments lie. */
const outline = (p: Program): string =>
  printProgram(p)
    .split("\n")
    .filter((line) => /^ {2}region|^ {4,}(for|per|gather|product|zero type)|^ +[\w.]+: \S+\[/.test(line))
    .join("\n");
const outlineOf = async (net: Network): Promise<string> => {
  using engine = await createEngine(net, wasm, { type: "f64" });
  return outline(engine.program);
};

/** A matrix of weights as the connection holds it, `[source][target]`, and its product with a row. */
const times = (x: ArrayLike<number>, w: ArrayLike<number>, targets: number): number[] =>
  Array.from({ length: targets }, (_, j) => Array.from(x).reduce((sum, v, i) => sum + v * w[i * targets + j]!, 0));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (x, k) => Math.abs(x - b[k]!)));

describe("pair STDP with delays", () => {
  const [tauPre, tauPost, up, down] = [0.02, 0.03, 0.01, -0.012];
  const parameters = { taupre: "20 ms", taupost: "30 ms", up, down };
  /** Traces that decay in every step, before anything happens in it (Song, Miller and Abbott 2000). */
  const withTraces = synapse({
    name: "stdp",
    variables: { apre: 0, apost: 0 },
    parameters,
    pathways: [
      { trigger: "step", body: "apre = apre*exp(-dt/taupre); apost = apost*exp(-dt/taupost)" },
      { trigger: "pre", body: "v_post += w; apre += up; w += apost" },
      { trigger: "post", body: "apost += down; w += apre" },
    ],
  });
  /** The same traces as variables of the neurons, which all their synapses share. */
  const shared = synapse({
    name: "shared",
    parameters,
    pathways: [
      { trigger: "pre", body: "v_post += w; w += down*b_post*exp(-dt/taupost)" },
      { trigger: "post", body: "w += up*a_pre" },
    ],
  });
  const cell = neuron({
    name: "traced",
    equations: "v : 1\nda/dt = -a/taupre : 1\ndb/dt = -b/taupost : 1",
    parameters: { taupre: "20 ms", taupost: "30 ms" },
    spike: "v > 1",
    reset: "v = 0; a += 1; b += 1",
  });
  const W = 0.01; // too little to make anything fire
  /** Cell k of `pre` and of `post` fires when its input does; synapse k joins them. */
  const pairsOf = (n: number, delay: number, model: typeof shared): Network =>
    network({
      name: "stdp",
      dt: "1 ms",
      inputs: { x: inputNode(n), y: inputNode(n) },
      populations: { pre: population(n, cell), post: population(n, cell) },
      connections: [
        connect("x", "pre", { connectivity: oneToOne, weight: 2 }),
        connect("y", "post", { connectivity: oneToOne, weight: 2 }),
        connect("pre", "post", { name: "s", connectivity: oneToOne, weight: W, delay, synapse: model }),
      ],
    });
  type Trains = readonly (readonly number[])[];
  const events = (trains: Trains) => {
    const all = trains.flatMap((times, k) => times.map((t) => [t, k] as const));
    return { steps: all.map(([t]) => t), indices: all.map(([, k]) => k) };
  };
  const weights = async (net: Network, steps: number, x: Trains, y: Trains): Promise<number[]> => {
    const on = async (backend: Backend): Promise<number[]> => {
      using engine = await createEngine(net, backend, { type: "f64" });
      const r = engine.run(steps, { x: events(x), y: events(y) });
      expect([r.spikes.pre!.steps.length, r.spikes.post!.steps.length]).toEqual([x.flat().length, y.flat().length]);
      return [...engine.synapses("s").w!];
    };
    const [defined, fast] = await Promise.all(BACKENDS.map(on));
    expect(fast).toEqual(defined);
    return fast!;
  };
  /** Every pair counts: a spike before by `up`, a spike after by `down`, by the time between arrival and spike. */
  const closedForm = (x: readonly number[], y: readonly number[], delay: number): number => {
    let w = W;
    for (const pre of x)
      for (const post of y) {
        const lag = post - (pre + delay);
        w += lag >= 0 ? up * Math.exp((-lag * 1e-3) / tauPre) : down * Math.exp((lag * 1e-3) / tauPost);
      }
    return w;
  };

  const LAGS = [-40, -11, -3, -2, -1, 0, 1, 2, 3, 11, 40];
  test.each([0, 1, 7])("delay %i: the weight change of a pair, by its lag", async (delay) => {
    const x = LAGS.map(() => [50]);
    const y = LAGS.map((lag) => [50 + delay + lag]);
    const expected = LAGS.map((_, k) => closedForm(x[k]!, y[k]!, delay));
    for (const model of [withTraces, shared])
      expect(largest(await weights(pairsOf(LAGS.length, delay, model), 120, x, y), expected)).toBeLessThan(1e-15);
  });
  test("trains of spikes: the sum over all pairs", async () => {
    const next = numbers(11);
    const train = () =>
      [...new Set(Array.from({ length: 15 }, () => Math.floor((next() + 0.5) * 300)))].sort((a, b) => a - b);
    const [x, y] = [Array.from({ length: 5 }, train), Array.from({ length: 5 }, train)];
    const arrived = x.map((times) => times.filter((t) => t + 4 < 300));
    const expected = arrived.map((times, k) => closedForm(times, y[k]!, 4));
    for (const model of [withTraces, shared])
      expect(largest(await weights(pairsOf(5, 4, model), 300, x, y), expected)).toBeLessThan(1e-14);
  });
  test("the program", async () => expect(await outlineOf(pairsOf(2, 7, withTraces))).toMatchSnapshot());
});

describe("a gated recurrent unit", () => {
  const [inputs, n, steps] = [3, 4, 12];
  const x = Array.from({ length: inputs * steps }, numbers(21));
  const row = (t: number): number[] => x.slice(t * inputs, (t + 1) * inputs);
  const dense = { weight: uniform(-1, 1), bias: uniform(-0.5, 0.5) };
  const weightsOf = (net: Network): ((name: string) => ArrayLike<number>) => {
    const p: Parameters = initialParameters(net, 5, "f64");
    return (name) => p[name]!;
  };
  const outputs = async (net: Network): Promise<number[]> => {
    const r = await run(net, steps, { type: "f64", seed: 5, record: ["h.h"], inputs: { x: { values: x } } });
    return [...r.values["h.h"]!];
  };

  /** The candidate takes U h, gated: the first version of Cho et al. 2014, and torch.nn.GRUCell. */
  const afterwards = network({
    name: "gru",
    dt: 1,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      h: population(
        n,
        neuron({
          name: "gru",
          equations: `
            r = sigmoid(xr + hr) : 1
            z = sigmoid(xz + hz) : 1
            new = tanh(xn + r*hn) : 1
            h[t+1] = z*h + (1 - z)*new : 1
            xr : 1 (input)
            hr : 1 (input)
            xz : 1 (input)
            hz : 1 (input)
            xn : 1 (input)
            hn : 1 (input)`,
        }),
      ),
    },
    connections: [
      ...["xr", "xz", "xn"].map((port) => connect("x", "h", { port, ...dense })),
      ...["hr", "hz", "hn"].map((port) => connect("h", "h", { port, output: "h", delay: 1, ...dense })),
    ],
  });
  test("one population with six ports", async () => {
    const p = weightsOf(afterwards);
    const arrive = (port: string, from: string, v: readonly number[]): number[] =>
      times(v, p(`${from}>h.${port}.weight`), n).map((sum, k) => sum + p(`${from}>h.${port}.bias`)[k]!);
    let h: number[] = new Array(n).fill(0);
    const expected = Array.from({ length: steps }, (_, t) => {
      const [xr, xz, xn] = ["xr", "xz", "xn"].map((port) => arrive(port, "x", row(t)));
      const [hr, hz, hn] = ["hr", "hz", "hn"].map((port) => arrive(port, "h", h));
      h = h.map((old, k) => {
        const r = sigmoid(xr![k]! + hr![k]!);
        const z = sigmoid(xz![k]! + hz![k]!);
        return z * old + (1 - z) * Math.tanh(xn![k]! + r * hn![k]!);
      });
      return h;
    }).flat();
    // A few dozen operations a step, each rounded by 2^-53, and errors do not grow: |h| < 1 and the gates are averages.
    expect(largest(await outputs(afterwards), expected)).toBeLessThan(1e-14);
  });

  /** The candidate takes U (r h): equations 5 to 8 of Cho et al. 2014 (arXiv 1406.1078v3), without biases. */
  const before = network({
    name: "gru3",
    dt: 1,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      gate: population(
        n,
        neuron({
          name: "gate",
          equations: `
            rh = sigmoid(r)*h : 1
            z = sigmoid(u) : 1
            r : 1 (input)
            u : 1 (input)
            h : 1 (input)`,
        }),
      ),
      h: population(
        n,
        neuron({
          name: "unit",
          equations: `
            h[t+1] = z*h + (1 - z)*tanh(new) : 1
            new : 1 (input)
            z : 1 (input)`,
        }),
      ),
    },
    connections: [
      connect("x", "gate", { port: "r", weight: uniform(-1, 1) }),
      connect("x", "gate", { port: "u", weight: uniform(-1, 1) }),
      connect("h", "gate", { port: "r", delay: 1, weight: uniform(-1, 1) }),
      connect("h", "gate", { port: "u", delay: 1, weight: uniform(-1, 1) }),
      connect("h", "gate", { port: "h", delay: 1, connectivity: oneToOne, weight: 1 }),
      connect("x", "h", { port: "new", weight: uniform(-1, 1) }),
      connect("gate", "h", { port: "new", output: "rh", weight: uniform(-1, 1) }),
      connect("gate", "h", { port: "z", output: "z", connectivity: oneToOne, weight: 1 }),
    ],
  });
  test("the published equations, two populations", async () => {
    const p = weightsOf(before);
    const w = (name: string): ArrayLike<number> => p(`${name}.weight`);
    const sum = (...parts: number[][]): number[] => parts[0]!.map((_, k) => parts.reduce((s, q) => s + q[k]!, 0));
    let h: number[] = new Array(n).fill(0);
    const expected = Array.from({ length: steps }, (_, t) => {
      const r = sum(times(row(t), w("x>gate.r"), n), times(h, w("h>gate.r"), n)).map(sigmoid); // eq. 5
      const z = sum(times(row(t), w("x>gate.u"), n), times(h, w("h>gate.u"), n)).map(sigmoid); // eq. 6
      const gated = times(
        h.map((old, k) => r[k]! * old),
        w("gate>h.new"),
        n,
      );
      const candidate = sum(times(row(t), w("x>h.new"), n), gated).map(Math.tanh); // eq. 8
      h = h.map((old, k) => z[k]! * old + (1 - z[k]!) * candidate[k]!); // eq. 7
      return h;
    }).flat();
    expect(largest(await outputs(before), expected)).toBeLessThan(1e-14);
  });
  test("the program", async () => expect(await outlineOf(afterwards)).toMatchSnapshot());
});

describe("batch normalisation over batch and time", () => {
  const [size, steps, samples, epsilon] = [3, 5, 4, 1e-3];
  const net = network({
    name: "norm",
    dt: 1,
    steps,
    inputs: { x: inputNode(size, { signal: "values" }) },
    populations: { n: population(size, lif()) },
    transforms: { norm: batchNorm(size, "x", epsilon) },
    connections: [connect("norm", "n", { port: "i", weight: 1, connectivity: oneToOne })],
  });
  const x = Array.from({ length: samples * steps * size }, numbers(31)).map((v, k) => v * 3 + (k % size));
  /** (x - mean) / sqrt(variance + epsilon), each channel over all `count` rows (Ioffe and Szegedy 2015, eq. 1 to 3). */
  const normalised = (rows: readonly number[]): number[] => {
    const count = rows.length / size;
    const of = (k: number): number[] => rows.filter((_, at) => at % size === k);
    const mean = Array.from({ length: size }, (_, k) => of(k).reduce((a, b) => a + b, 0) / count);
    const variance = mean.map((m, k) => of(k).reduce((sum, v) => sum + (v - m) ** 2, 0) / count);
    return rows.map((v, at) => (v - mean[at % size]!) / Math.sqrt(variance[at % size]! + epsilon));
  };
  const lowered = (batch: number, chunk: number) =>
    lower(net, { type: "f64", mode: "samples", samples: chunk, steps, batch, record: [], seed: 0 });

  test("samples from their beginning: statistics over samples and steps", async () => {
    const l = lowered(samples, samples);
    const program = programOf("norm", l, [
      { name: "run", body: [loop("chunk", runNumber("chunks"), forwardNodes(l))] },
    ]);
    verifyProgram(program);
    for (const backend of BACKENDS) {
      using e = await backend.load(program);
      const stride = l.context.stride("x");
      for (let r = 0; r < samples * steps; r++) e.array("x.value").set(x.slice(r * size, (r + 1) * size), r * stride);
      e.array("run").set([steps, 1], RUN.steps);
      e.array("chunk.samples").set([samples]);
      for (const [name, values] of l.context.contents) e.array(name).set(values);
      e.run("prepare");
      e.run("run");
      const out = Array.from({ length: samples * steps }, (_, r) => [
        ...e.array("norm.out.value").subarray(r * stride, r * stride + size),
      ]).flat();
      expect(largest(out, normalised(x))).toBeLessThan(1e-13);
    }
    expect(outline(program)).toMatchSnapshot();
  });
  test("a stream: statistics over a run, which must be one block", async () => {
    const r = await run(net, steps, { type: "f64", samples, record: ["norm.value"], inputs: { x: { values: x } } });
    expect(largest(r.values["norm.value"]!, normalised(x))).toBeLessThan(1e-13);
    using e = await createEngine(net, wasm, { block: 4 });
    expect(() => e.run(5)).toThrow("steps: batch normalisation sees a whole run: at most 4 (option block)");
  });
  test("refused where the batch is not at hand, or in a cycle", () => {
    expect(() => lowered(samples, 2)).toThrow("transform norm: batch normalisation needs the whole batch in one chunk");
    const around = network({
      dt: 1,
      populations: { n: population(2, lif()) },
      transforms: { norm: batchNorm(2, { node: "n", port: "v" }) },
      connections: [connect("norm", "n", { delay: 1 })],
    });
    expect(() =>
      lower(around, { type: "f32", mode: "stream", samples: 1, steps: 4, batch: 1, record: [], seed: 0 }),
    ).toThrow("transform norm: batch normalisation needs all steps at once, and so cannot lie in a cycle");
  });
});

describe("a gap junction", () => {
  const [tau, g, start] = [0.02, 30, [1, -0.4]] as const;
  const passive = neuron({
    name: "passive",
    equations: "dv/dt = -v/tau + i : 1\ni : hertz (input)",
    parameters: { tau: "20 ms" },
  });
  const junction = synapse({
    name: "gap",
    parameters: { g: "30 Hz" },
    pathways: [{ trigger: "step", body: "i_post += g*(v_pre - v_post)" }],
  });
  const cell = (v: number | readonly number[]) =>
    population(typeof v === "number" ? 1 : v.length, passive, { initial: { v: v as number } });
  /** Two cells of one population, or of two; joined in both directions. */
  const joined = (dt: number, apart: boolean, schedule: "layered" | "brian" = "layered"): Network => {
    const delay = schedule === "layered" ? 1 : 0;
    return network({
      name: "gap",
      dt,
      schedule,
      populations: apart ? { a: cell(start[0]), b: cell(start[1]) } : { a: cell(start) },
      connections: apart
        ? [connect("a", "b", { synapse: junction, delay }), connect("b", "a", { synapse: junction, delay })]
        : [connect("a", "a", { connectivity: pairs([0, 1], [1, 0]), synapse: junction, delay })],
    });
  };
  /** Difference and sum of the two voltages after each step. */
  const modes = async (net: Network, steps: number): Promise<{ difference: number[]; sum: number[] }> => {
    const names = Object.keys(net.populations).map((p) => `${p}.v`);
    const { values } = await run(net, steps, { type: "f64", record: names });
    const v = Array.from({ length: steps }, (_, t) =>
      names.flatMap((name) => [...values[name]!].slice((t * 2) / names.length, ((t + 1) * 2) / names.length)),
    );
    return { difference: v.map(([a, b]) => a! - b!), sum: v.map(([a, b]) => a! + b!) };
  };

  // D' = -D/tau - 2 g D, S' = -S/tau. A step holds the current: D_k = (a - 2 g b)^k D_0 with a = e^(-h/tau), b = tau (1 - a).
  test.each([
    ["one population", false, "layered"],
    ["two populations", true, "layered"],
    ["one population, brian", false, "brian"],
    ["two populations, brian", true, "brian"],
  ] as const)("%s: the difference decays faster than the sum", async (_what, apart, schedule) => {
    const h = 1e-3;
    const { difference, sum } = await modes(joined(h, apart, schedule), 60);
    const a = Math.exp(-h / tau);
    const b = tau * (1 - a);
    for (const k of [1, 2, 10, 60]) {
      expect(Math.abs(difference[k - 1]! - (a - 2 * g * b) ** k * 1.4)).toBeLessThan(1e-15 * 3);
      expect(Math.abs(sum[k - 1]! - a ** k * 0.6)).toBeLessThan(1e-15 * 3);
    }
  });
  test("to first order in the step, the difference is D_0 e^(-(1/tau + 2g) t)", async () => {
    const exact = 1.4 * Math.exp(-(1 / tau + 2 * g) * 0.02);
    const errors = await Promise.all(
      [20, 40, 80].map(async (n) => Math.abs((await modes(joined(0.02 / n, true), n)).difference[n - 1]! - exact)),
    );
    for (const k of [1, 2]) expect(Math.abs(Math.log2(errors[k - 1]! / errors[k]!) - 1)).toBeLessThan(0.08);
  });
  test("the program", async () => expect(await outlineOf(joined(1e-3, false))).toMatchSnapshot());
});

describe("a liquid time constant", () => {
  const [inputs, n, steps, theta] = [3, 4, 40, 0.5];
  /** Yin, Corradi and Bohte 2023 (Nature Machine Intelligence 5, 518), eq. 4 to 6: the decay depends on current and membrane. */
  const net = network({
    name: "liquid",
    dt: 1,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      current: population(n, neuron({ name: "current", equations: "y = i : 1\ni : 1 (input)" })),
      m: population(
        n,
        neuron({
          name: "liquid",
          equations: `
            tau = sigmoid(gate) : 1
            m[t+1] = tau*m + (1 - tau)*i : 1
            gate : 1 (input)
            i : 1 (input)`,
          parameters: { theta },
          spike: "m > theta",
          reset: "m -= theta",
        }),
      ),
    },
    connections: [
      connect("x", "current", { weight: uniform(-2, 2), bias: 0.5 }),
      connect("current", "m", { port: "i", connectivity: oneToOne, weight: 1 }),
      connect("current", "m", { port: "gate", weight: uniform(-1, 1), bias: uniform(-1, 1) }),
      connect("m", "m", { port: "gate", output: "m", weight: uniform(-1, 1), delay: 1 }),
    ],
  });
  test("against the equations, step by step", async () => {
    const x = Array.from({ length: inputs * steps }, numbers(41));
    const r = await run(net, steps, { type: "f64", seed: 5, record: ["m.m"], inputs: { x: { values: x } } });
    const p = initialParameters(net, 5, "f64");
    let m: number[] = new Array(n).fill(0);
    const fired: number[][] = [];
    for (let t = 0; t < steps; t++) {
      const i = times(x.slice(t * inputs, (t + 1) * inputs), p["x>current.weight"]!, n).map((s) => s + 0.5);
      const [own, back] = [times(i, p["current>m.gate.weight"]!, n), times(m, p["m>m.gate.weight"]!, n)];
      const tau = own.map((s, k) => sigmoid(s + back[k]! + p["current>m.gate.bias"]![k]!));
      const charged = m.map((old, k) => tau[k]! * old + (1 - tau[k]!) * i[k]!);
      for (const [k, v] of charged.entries()) if (v > theta) fired.push([t, k]);
      m = charged.map((v) => (v > theta ? v - theta : v));
      expect(largest(r.values["m.m"]!.subarray(t * n, (t + 1) * n), m)).toBeLessThan(1e-14);
    }
    expect([...r.spikes.m!.steps].map((t, k) => [t, r.spikes.m!.indices[k]])).toEqual(fired);
    expect(fired.length).toBeGreaterThan(20);
  });
  test("the program", async () => expect(await outlineOf(net)).toMatchSnapshot());
});

describe("SpiNNaker's fixed-point multiply", () => {
  /** s16.15 times s16.15: the 64-bit product, `(p >> 15) + ((p >> 14) & 1)`, saturated (spinn_common, round to nearest). */
  const accum = (a: Expr, b: Expr): Expr => mulShift(a, b, 15, { rounding: "halfUp", overflow: "saturate" });
  /** s16.15 times u0.32, floored: `(x·d) >> 32`; the signed product of the same bits, and x more where d's top bit is set. */
  const decay = (x: Expr, d: Expr): Expr => {
    const bits = bitcast("i32", d);
    return add(mulHi(x, bits), select(compare("lt", bits, i32(0)), x, i32(0)));
  };
  const slot = (name: string, type: "i32" | "u32"): Slot => ({ name, type, space: "element" });
  const step: Step = {
    name: "accum",
    slots: [slot("a", "i32"), slot("b", "i32"), slot("d", "u32"), slot("product", "i32"), slot("decayed", "i32")],
    stores: [
      { slot: "product", mode: "set", value: accum(read("i32", "a"), read("i32", "b")) },
      { slot: "decayed", mode: "set", value: decay(read("i32", "a"), read("u32", "d")) },
    ],
  };
  const program = (n: number): Program => {
    const body: Node[] = [
      invoke({ kind: "perElement", step }, Object.fromEntries(step.slots.map((s) => [s.name, place(s.name)])), { n }),
    ];
    const buffers = step.slots.map((s) => ({ name: s.name, type: s.type, length: n, role: "work" as const }));
    return { name: "accum", buffers, regions: [{ name: "run", body }] };
  };
  type Row = readonly [a: number, b: number, d: number];
  const results = async (rows: readonly Row[]): Promise<[number, number][]> => {
    const p = program(rows.length);
    verifyProgram(p);
    const on = async (backend: Backend): Promise<[number, number][]> => {
      using e = await backend.load(p);
      for (const [k, name] of ["a", "b", "d"].entries()) e.array(name).set(rows.map((r) => r[k]!));
      e.run("run");
      return rows.map((_, k) => [e.array("product")[k]!, e.array("decayed")[k]!]);
    };
    const [defined, fast] = await Promise.all(BACKENDS.map(on));
    expect(fast).toEqual(defined);
    return fast!;
  };
  const [ONE, MOST, LEAST] = [32768, 2147483647, -2147483648];

  test("by hand", async () => {
    // a, b, a·b; a, d, a·d with d in units of 2^-32
    const table: [...Row, number, number][] = [
      [ONE, ONE, 2 ** 31, ONE, ONE / 2],
      [ONE / 2, ONE / 2, 2 ** 30, ONE / 4, ONE / 8],
      [1, 1, 2 ** 31, 0, 0], // 2^-30 and 2^-16 vanish
      [1, ONE / 2, 4294967295, 1, 0], // half of the last place goes up; the floor does not
      [-1, ONE / 2, 4294967295, 0, -1], // and so for negative numbers: halves towards +infinity, the floor away
      [3, ONE / 2, 2 ** 31, 2, 1],
      [-3, ONE / 2, 2 ** 31, -1, -2],
      [-ONE, 3 * ONE, 0, -3 * ONE, 0],
      [LEAST, ONE, 2 ** 31, LEAST, LEAST / 2],
      [LEAST, -ONE, 1, MOST, -1], // 65536 is one too many
      [MOST, MOST, 4294967295, MOST, MOST - 1],
      [LEAST, MOST, 2 ** 30, LEAST, LEAST / 4],
      [LEAST, LEAST, 0, MOST, 0],
    ];
    expect(await results(table.map(([a, b, d]) => [a, b, d]))).toEqual(table.map(([, , , p, q]) => [p, q]));
  });
  test("against exact integers", async () => {
    const next = numbers(51);
    const rows = Array.from({ length: 5003 }, (): Row => {
      const size = 2 ** (32 * (next() + 0.5));
      return [Math.trunc(next() * size) | 0, Math.trunc(next() * 2 ** 32) | 0, Math.floor((next() + 0.5) * 2 ** 32)];
    });
    const saturated = (p: bigint): number =>
      Number(p > 2n ** 31n - 1n ? 2n ** 31n - 1n : p < -(2n ** 31n) ? -(2n ** 31n) : p);
    const expected = rows.map(([a, b, d]) => {
      const p = BigInt(a) * BigInt(b);
      return [saturated((p >> 15n) + ((p >> 14n) & 1n)), Number((BigInt(a) * BigInt(d)) >> 32n)];
    });
    expect(await results(rows)).toEqual(expected);
  });
  test("the program", () => expect(printProgram(program(8))).toMatchSnapshot());
});
