/** Steps beyond 2^31 and 2^32: what an engine does must not depend on where it counts from. */
import { describe, expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import { inDegree, oneToOne } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { timedArray } from "../../src/model/timedArray.ts";
import { stepSource } from "../../src/sim/clockedSource.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Records } from "../../src/sim/records/spec.ts";
import { poissonSource, regularSource } from "../../src/sim/spikeSource.ts";
import { BACKENDS } from "./run.ts";

const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (1.2 + g - v) / (20*ms) : 1 (unless refractory)
    dg/dt = -g / (5*ms) : 1`,
  spike: "v > 1",
  reset: "v = 0",
  refractory: "3 ms",
});
/** Pair STDP with event-driven traces. */
const stdp = synapse({
  name: "stdp",
  equations: `
    dp/dt = -p / (20*ms) : 1 (event-driven)
    dq/dt = -q / (20*ms) : 1 (event-driven)`,
  onPre: "g += w; p += 0.01; w = clip(w + q, 0, 1)",
  onPost: "q -= 0.012; w = clip(w + p, 0, 1)",
});
const net = network({
  dt: "1 ms",
  inputs: { x: inputNode(3), y: inputNode(2) },
  populations: { a: population(12, cell, { initial: { v: uniform(0, 1) } }) },
  connections: [
    connect("x", "a", { connectivity: inDegree(1), port: "g", weight: 0.3, delay: "2 ms" }),
    connect("y", "a", { connectivity: inDegree(1), port: "g", weight: 0.3, delay: "5 ms" }),
    connect("a", "a", { connectivity: inDegree(3), port: "g", weight: 0.1, delay: "7 ms", synapse: stdp }),
  ],
});
const STEPS = 600;
const records: Records = {
  s: { kind: "spikes", of: "a", trigger: { on: { spike: "a", neurons: [2] }, before: 20, after: 5 } },
  v: { kind: "variable", of: "a.v", every: 8 },
  w: { kind: "synapses", of: "a>a.g", every: 128 },
  r: { kind: "rate", of: "a", bin: 32 },
};

const [SIGNED, UNSIGNED] = [2 ** 31, 2 ** 32];
const HALF = 384; // a multiple of every period above
const STARTS = [SIGNED - HALF, UNSIGNED - HALF, 3 * UNSIGNED - HALF, 2 ** 40 - HALF];

describe.each(BACKENDS)("$name", (backend) => {
  const from = async (firstStep: number, through: "option" | "snapshot", options: EngineOptions = {}) => {
    using engine = await createEngine(net, backend, {
      seed: 4,
      sources: { y: regularSource("32 ms", 0) },
      ...(through === "option" && { firstStep }),
      ...options,
    });
    if (through === "snapshot") engine.restore(await movedTo(firstStep));
    const recorder = engine.recorder(records);
    const x = { steps: [1, 300, 383, 384, 385, 598], indices: [0, 1, 2, 0, 1, 2] };
    const hooks = [
      { every: 64, run: (h: { t: number; index: number }) => expect(h.t).toBe((firstStep + h.index) * 1e-3) },
    ];
    engine.run(STEPS, { x }, { records: recorder, hooks });
    const { w } = engine.synapses("a>a.g");
    return { recorded: await recorder.finish(), weights: [...w!], v: [...engine.state("a.v")] };
  };
  /** A snapshot of an engine that has not run, with its clock put forward. */
  const movedTo = async (step: number) => {
    using engine = await createEngine(net, backend, { seed: 4, sources: { y: regularSource("32 ms", 0) } });
    const snapshot = engine.snapshot();
    const buffers = new Map(snapshot.buffers);
    for (const [name, values] of buffers)
      if (name.endsWith(".last.update")) buffers.set(name, values.map(() => step % UNSIGNED) as typeof values);
    return { ...snapshot, step, buffers };
  };

  test.each(STARTS)("spikes, variables and plastic weights across step %i are those from step 0", async (start) => {
    const near = await from(0, "option");
    expect(near.recorded.s!.ticks.length).toBeGreaterThan(20);
    expect(new Set(near.weights).size).toBeGreaterThan(10);
    for (const through of ["option", "snapshot"] as const) {
      const far = await from(start, through);
      for (const [name, series] of Object.entries(near.recorded)) {
        expect([...far.recorded[name]!.ticks]).toEqual([...series.ticks].map((t) => t + start));
        expect(far.recorded[name]!.indices).toEqual(series.indices);
        expect(far.recorded[name]!.values).toEqual(series.values);
      }
      expect([far.weights, far.v]).toEqual([near.weights, near.v]);
    }
  });
});

test("a regular source keeps its interval for ever, also where a quotient of times falls short of it", () => {
  expect(3e-4 / 1e-4).toBeLessThan(3);
  for (const start of [0, SIGNED, UNSIGNED, 2 ** 40]) {
    const from = Math.ceil(start / 3) * 3;
    const source = stepSource(regularSource("0.3 ms"), { name: "x", seed: 0, size: 1, dt: 1e-4 });
    const expected = Array.from({ length: 20 }, (_, k) => from + 3 * k).filter((step) => step > 0);
    expect([...source(0, from, from + 60).steps]).toEqual(expected);
  }
});

describe("draws", () => {
  const noisy = neuron({ name: "noisy", equations: "dv/dt = -v/(20*ms) + xi*(20*ms)**-0.5 : 1" });
  const drawn = network({
    dt: "1 ms",
    inputs: { x: inputNode(5) },
    populations: { a: population(4, noisy), b: population(5, cell) },
    connections: [connect("x", "b", { connectivity: oneToOne, port: "g", weight: 0.5 })],
  });
  const values = async (firstStep: number, block: number, backend = BACKENDS[1]!) => {
    using engine = await createEngine(drawn, backend, {
      firstStep,
      block,
      record: ["a.v"],
      sources: { x: poissonSource(100) },
    });
    const { values: v, digest } = engine.run(200);
    return { v: [...v["a.v"]!], digest };
  };
  test.each([SIGNED - 100, UNSIGNED - 100])(
    "across step %i: no matter how time is cut, on both backends",
    async (start) => {
      const whole = await values(start, 256);
      expect(await values(start, 7)).toEqual(whole);
      expect(await values(start, 64, BACKENDS[0]!)).toEqual(whole);
    },
  );
  test("steps 2^31, 2^32 and 2^39 further on have other ones (Poisson sources come round after 2^40: three years of 0.1 ms)", async () => {
    const all = await Promise.all([0, SIGNED, UNSIGNED, 2 ** 39].map((start) => values(start, 64)));
    expect(new Set(all.map((x) => x.v[0])).size).toBe(4);
    expect(new Set(all.map((x) => x.digest)).size).toBe(4);
  });
});

describe("the number of the step in equations", () => {
  const counting = network({
    dt: "1 ms",
    populations: { n: population(1, neuron({ name: "n", equations: "y : 1\nx = t_in_timesteps : integer" })) },
  });
  test.each(BACKENDS)("is right up to 2^31 - 1, and refused beyond, on $name", async (backend) => {
    using engine = await createEngine(counting, backend, { firstStep: SIGNED - 3, type: "f64", record: ["n.x"] });
    expect([...engine.run(3).values["n.x"]!]).toEqual([SIGNED - 3, SIGNED - 2, SIGNED - 1]);
    expect(() => engine.run(1)).toThrow("t_in_timesteps");
  });
});

describe("time in equations", () => {
  const timed = network({
    dt: "0.1 ms",
    populations: { n: population(1, neuron({ name: "n", equations: "y : 1\nx = t : second" })) },
  });
  test("f64 tells steps apart", async () => {
    using engine = await createEngine(timed, BACKENDS[1]!, { firstStep: UNSIGNED, type: "f64", record: ["n.x"] });
    expect([...engine.run(2).values["n.x"]!]).toEqual([UNSIGNED * 1e-4, (UNSIGNED + 1) * 1e-4]);
  });
  test("f32 says when it no longer does", async () => {
    using engine = await createEngine(timed, BACKENDS[1]!, { firstStep: 2 ** 23, record: ["n.x"] });
    const [a, b] = engine.run(2).values["n.x"]!;
    expect(b).toBeGreaterThan(a!);
    using late = await createEngine(timed, BACKENDS[1]!, { firstStep: 2 ** 26, record: ["n.x"] });
    expect(() => late.run(2)).toThrow(/32 bits no longer tell steps of 0.0001 s apart: use type: 'f64'/);
  });
  test("timed arrays need no such care", async () => {
    const array = neuron({
      name: "n",
      equations: "y : 1\nx = s(t) : 1",
      timedArrays: { s: timedArray([1, 2, 3], "1 ms") },
    });
    const stepped = network({ dt: "0.1 ms", populations: { n: population(1, array) } });
    using engine = await createEngine(stepped, BACKENDS[1]!, { firstStep: UNSIGNED, record: ["n.x"] });
    expect([...engine.run(1).values["n.x"]!]).toEqual([3]);
  });
});

test.each(BACKENDS)(
  "a synapse whose last event was more than 2^32 steps ago is not taken for one of yesterday, on $name",
  async (backend) => {
    const pair = network({
      dt: "1 ms",
      inputs: { x: inputNode(1) },
      populations: { a: population(1, cell) },
      connections: [connect("x", "a", { connectivity: oneToOne, port: "g", weight: 0, synapse: stdp })],
    });
    using engine = await createEngine(pair, backend, { type: "f64" });
    engine.run(5, { x: { steps: [2], indices: [0] } });
    expect(engine.synapses("x>a.g").p![0]).toBeCloseTo(0.01 * Math.exp(-3 / 20), 12); // as the next step finds it
    // As if 2^32 steps had gone by: only every 2^30th of them does anything.
    for (let quarter = 1; quarter <= 4; quarter++) {
      engine.restore({ ...engine.snapshot(), step: quarter * 2 ** 30 - 1 });
      engine.run(3);
    }
    engine.run(3, { x: { steps: [1], indices: [0] } });
    expect(engine.synapses("x>a.g").p![0]).toBeCloseTo(0.01 * Math.exp(-2 / 20), 12); // the first has decayed to nothing: e^(-2^32/20)
  },
);

test("a run of 2^32 steps or more has to be told what to record", async () => {
  using engine = await createEngine(net, BACKENDS[1]!);
  expect(() => engine.run(UNSIGNED)).toThrow("steps: must be an integer from 0 to 4294967295, got 4294967296");
});
