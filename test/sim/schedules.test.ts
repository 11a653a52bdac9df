/**
 * Traces of two neurons, worked out by hand: A is driven by a current and drives B.
 *
 * Both halve their voltage in a step and add what comes in: v[t+1] = v/2 + i, and v += w for each spike that arrives.
 * They fire where v > 1 and then begin again at 0. Every number is a sum of powers of two, so f32 is exact.
 */
import { describe, expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { concat } from "../../src/model/transform.ts";
import { run, spikesOf } from "./run.ts";

const half = neuron({
  name: "half",
  equations: `v[t+1] = v/2 + i : 1
              i : 1 (input)`,
  spike: "v > 1",
  reset: "v = 0",
  port: "v",
});

/** A's current needs a delay in schedule `nest`; it is constant, so that no delay shows. */
const pair = (schedule: ScheduleName, options: ConnectOptions): Network =>
  network({
    dt: "1 ms",
    schedule,
    inputs: { current: inputNode(1, { signal: "values", constant: true }) },
    populations: { a: population(1, half), b: population(1, half) },
    connections: [connect("current", "a", { port: "i", weight: 1, delay: 1 }), connect("a", "b", options)],
  });

const trace = async (net: Network, current: number, steps = 10) => {
  const r = await run(net, steps, { inputs: { current: { values: [current] } }, record: ["a.v", "b.v"] });
  return { a: [...r.values["a.v"]!], fired: spikesOf(r, "a"), b: [...r.values["b.v"]!], answer: spikesOf(r, "b") };
};

/*
 * i = 0.75. Step 0: v = 0.75. Step 1: 0.375 + 0.75 = 1.125 > 1, fires, v = 0. So again every two steps, whatever the
 * schedule: the update comes before the threshold and the reset ends the step in all of them.
 */
const A = [0.75, 0, 0.75, 0, 0.75, 0, 0.75, 0, 0.75, 0];
const FIRED = [1, 3, 5, 7, 9];

describe("one group of phases: update, receive, threshold, reset", () => {
  /*
   * w = 1. The first spike to arrive: v = 1, which is not above 1. Then 0.5. The second: 0.25 + 1 = 1.25 > 1, fires, 0.
   * Then 0, and so again every four steps.
   */
  test.each<[ScheduleName, number, number[], number[]]>([
    // spikes of steps 1, 3, 5, 7, 9 arrive in the same steps
    ["layered", 0, [0, 1, 0.5, 0, 0, 1, 0.5, 0, 0, 1], [3, 7]],
    // in steps 4, 6, 8
    ["layered", 3, [0, 0, 0, 0, 1, 0.5, 0, 0, 1, 0.5], [6]],
    // in steps 2, 4, 6, 8
    ["nest", 1, [0, 0, 1, 0.5, 0, 0, 1, 0.5, 0, 0], [4, 8]],
    ["nest", 3, [0, 0, 0, 0, 1, 0.5, 0, 0, 1, 0.5], [6]],
    // one step and the delay: in steps 2, 4, 6, 8
    ["loihi", 0, [0, 0, 1, 0.5, 0, 0, 1, 0.5, 0, 0], [4, 8]],
    // in steps 5, 7, 9
    ["loihi", 3, [0, 0, 0, 0, 0, 1, 0.5, 0, 0, 1], [7]],
  ])("%s, delay %i", async (schedule, delay, b, answer) => {
    expect(await trace(pair(schedule, { weight: 1, delay }), 0.75)).toEqual({ a: A, fired: FIRED, b, answer });
  });
});

describe("brian: update and threshold of all, synapses, resets", () => {
  /*
   * w = 2.5. A fires in step 1, B has 2.5 at its end. Step 2: 1.25 > 1, fires, 0. A fires in step 3, and so on: B never
   * hears A in the step in which it fires.
   */
  test.each([
    [0, [0, 2.5, 0, 2.5, 0, 2.5, 0, 2.5, 0, 2.5], [2, 4, 6, 8]],
    // arrives at the ends of steps 4, 6, 8
    [3, [0, 0, 0, 0, 2.5, 0, 2.5, 0, 2.5, 0], [5, 7, 9]],
  ])("delay %i: a spike arrives at the end of its step", async (delay, b, answer) => {
    expect(await trace(pair("brian", { weight: 2.5, delay }), 0.75)).toEqual({ a: A, fired: FIRED, b, answer });
  });

  /*
   * i = 1.5: A fires in every step. B has 2.5 after step 0. Step 1: 1.25 > 1, fires; 2.5 arrives (3.75); the reset comes
   * after it: 0. Step 2: 2.5 arrives. Step 3 is like step 1.
   */
  test("a reset overrides what arrived in the same step", async () => {
    expect(await trace(pair("brian", { weight: 2.5 }), 1.5, 6)).toEqual({
      a: [0, 0, 0, 0, 0, 0],
      fired: [0, 1, 2, 3, 4, 5],
      b: [2.5, 0, 2.5, 0, 2.5, 0],
      answer: [1, 3, 5],
    });
  });
  // Where the reset comes in the same phase group, what arrives counts in the same step: B fires whenever A does.
  test("layered, the same network: it does not", async () => {
    const { b, answer } = await trace(pair("layered", { weight: 2.5 }), 1.5, 6);
    expect([b, answer]).toEqual([
      [0, 0, 0, 0, 0, 0],
      [0, 1, 2, 3, 4, 5],
    ]);
  });
});

describe("spikes to an (input), which the update reads", () => {
  // v/2 + i with i = 1 where a spike has arrived: the same numbers as above.
  test.each<[ScheduleName, number, number[], number[]]>([
    ["layered", 0, [0, 1, 0.5, 0, 0, 1, 0.5, 0, 0, 1], [3, 7]],
    ["nest", 1, [0, 0, 1, 0.5, 0, 0, 1, 0.5, 0, 0], [4, 8]],
    ["loihi", 0, [0, 0, 1, 0.5, 0, 0, 1, 0.5, 0, 0], [4, 8]],
    // It arrives at the end of its step, so the next update is the first to read it.
    ["brian", 0, [0, 0, 1, 0.5, 0, 0, 1, 0.5, 0, 0], [4, 8]],
    ["brian", 3, [0, 0, 0, 0, 0, 1, 0.5, 0, 0, 1], [7]],
  ])("%s, delay %i", async (schedule, delay, b, answer) => {
    expect(await trace(pair(schedule, { weight: 1, delay, port: "i" }), 0.75)).toEqual({
      a: A,
      fired: FIRED,
      b,
      answer,
    });
  });
});

describe("values", () => {
  // What leaves is v at the end of A's step: 0.75, 0, 0.75, 0 ... B adds half of it to its half: never above 1.
  const seen = [0.375, 0.1875, 0.46875, 0.234375, 0.4921875, 0.24609375, 0.498046875, 0.2490234375];
  test.each<[ScheduleName, number, number]>([
    ["layered", 0, 0],
    ["layered", 3, 3],
    ["nest", 1, 1],
    ["loihi", 0, 1],
    // Values of a step are known at its end: the next step is the first to see them.
    ["brian", 0, 1],
    ["brian", 2, 3],
  ])("%s, delay %i: seen %i steps later", async (schedule, delay, age) => {
    const net = pair(schedule, { weight: 0.5, delay, port: "i", output: "v" });
    const { b } = await trace(net, 0.75, 8);
    expect(b).toEqual([...new Array(age).fill(0), ...seen].slice(0, 8));
  });
  test.each<[ScheduleName, number]>([
    ["layered", 0],
    ["nest", 1],
    ["loihi", 0],
    ["brian", 0],
  ])("%s: to a state, they are received with the spikes", async (schedule, delay) => {
    const [state, input] = await Promise.all(
      ["v", "i"].map((port) => trace(pair(schedule, { weight: 0.5, delay, port, output: "v" }), 0.75, 8)),
    );
    expect(state).toEqual(input);
  });
  test.each<[ScheduleName, number]>([
    ["layered", 0],
    ["nest", 1],
    ["loihi", 0],
    ["brian", 0],
  ])("%s: a transform passes them on without delay, around a cycle too", async (schedule, delay) => {
    const around = (through: boolean): Network =>
      network({
        dt: 1,
        schedule,
        inputs: { x: inputNode(1, { signal: "values", constant: true }) },
        populations: { a: population(1, half), b: population(1, half) },
        transforms: through ? { same: concat(1, [{ node: "a", port: "v" }]) } : {},
        connections: [
          connect("x", "a", { weight: 1, port: "i", delay: 1 }),
          connect(through ? "same" : "a", "b", { weight: 0.5, port: "i", delay, ...(!through && { output: "v" }) }),
          connect("b", "a", { weight: 0.25, port: "i", output: "v", delay: 1 }),
        ],
      });
    const options = { inputs: { x: { values: [0.75] } }, record: ["a.v", "b.v"], block: 5 };
    const [direct, through] = await Promise.all([false, true].map((x) => run(around(x), 12, options)));
    expect(through).toEqual(direct);
    expect(through!.values["b.v"]!.slice(-3).every((v) => v > 0)).toBe(true);
  });
  test("before the first step, what left was the initial state", async () => {
    const still = neuron({ name: "still", equations: "x[t+1] = 0 : 1" });
    const net = network({
      dt: 1,
      populations: { s: population(1, still, { initial: { x: 8 } }), b: population(1, half) },
      connections: [connect("s", "b", { port: "i", weight: 0.125, delay: 3 })],
    });
    // 1/8 · 8 = 1 in steps 0, 1, 2: 1; 1.5 fires; 1; then 0.5, 0.25.
    const r = await run(net, 5, { record: ["b.v"] });
    expect([[...r.values["b.v"]!], spikesOf(r, "b")]).toEqual([[1, 0, 1, 0.5, 0.25], [1]]);
  });
});

describe("input events", () => {
  /** B hears the input alone; w = 1, events in steps 0 and 2. */
  const heard = async (schedule: ScheduleName, delay: number) => {
    const net = network({
      dt: "1 ms",
      schedule,
      inputs: { x: inputNode(1) },
      populations: { b: population(1, half) },
      connections: [connect("x", "b", { weight: 1, delay })],
    });
    const r = await run(net, 7, { inputs: { x: { steps: [0, 2], indices: [0, 0] } }, record: ["b.v"] });
    return [[...r.values["b.v"]!], spikesOf(r, "b")];
  };
  test.each<[ScheduleName, number, number[], number[]]>([
    ["layered", 0, [1, 0.5, 0, 0, 0, 0, 0], [2]],
    ["layered", 3, [0, 0, 0, 1, 0.5, 0, 0], [5]],
    ["nest", 1, [0, 1, 0.5, 0, 0, 0, 0], [3]],
    ["nest", 3, [0, 0, 0, 1, 0.5, 0, 0], [5]],
    ["loihi", 0, [0, 1, 0.5, 0, 0, 0, 0], [3]],
    ["loihi", 3, [0, 0, 0, 0, 1, 0.5, 0], [6]],
    // At the ends of steps 0 and 2: 1; 0.5; 0.25 + 1 = 1.25; 0.625 is not above 1.
    ["brian", 0, [1, 0.5, 1.25, 0.625, 0.3125, 0.15625, 0.078125], []],
    ["brian", 3, [0, 0, 0, 1, 0.5, 1.25, 0.625], []],
  ])("%s, delay %i", async (schedule, delay, b, spikes) => {
    expect(await heard(schedule, delay)).toEqual([b, spikes]);
  });
});

describe("a neuron that hears itself", () => {
  /** An event in step 0 with w = 8 sets it off; its own spikes come back with w = 4. */
  const self = async (schedule: ScheduleName, delay: number) => {
    const least = schedule === "nest" ? 1 : 0;
    const net = network({
      dt: "1 ms",
      schedule,
      inputs: { x: inputNode(1) },
      populations: { a: population(1, half) },
      connections: [connect("x", "a", { weight: 8, delay: least }), connect("a", "a", { weight: 4, delay })],
    });
    const r = await run(net, 8, { inputs: { x: { steps: [0], indices: [0] } }, record: ["a.v"] });
    return [[...r.values["a.v"]!], spikesOf(r, "a")];
  };
  test.each<[ScheduleName, number, number[], number[]]>([
    // Fires in step 0 and whenever it hears itself.
    ["layered", 1, [0, 0, 0, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5, 6, 7]],
    ["layered", 3, [0, 0, 0, 0, 0, 0, 0, 0], [0, 3, 6]],
    ["nest", 3, [0, 0, 0, 0, 0, 0, 0, 0], [1, 4, 7]],
    ["loihi", 0, [0, 0, 0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6, 7]],
    ["loihi", 3, [0, 0, 0, 0, 0, 0, 0, 0], [1, 5]],
    // 8 at the end of step 0; step 1: 4, fires; its own 4 arrives at once and is overridden.
    ["brian", 0, [8, 0, 0, 0, 0, 0, 0, 0], [1]],
    // Fires in step 1; 4 at the end of step 4; 2 in step 5, fires; 4 at the end of step 8.
    ["brian", 3, [8, 0, 0, 0, 4, 0, 0, 0], [1, 5]],
  ])("%s, delay %i", async (schedule, delay, v, spikes) => {
    expect(await self(schedule, delay)).toEqual([v, spikes]);
  });
});

describe("refused", () => {
  const ring = (schedule: ScheduleName, delays: readonly number[]) =>
    network({
      name: "ring",
      dt: 1,
      schedule,
      populations: { a: population(1, half), b: population(1, half), c: population(1, half) },
      connections: ["ab", "bc", "ca"].map(([x, y], k) => connect(x!, y!, { weight: 1, delay: delays[k]! })),
    });
  test("a cycle without delay, named along its connections", () => {
    expect(() => ring("layered", [0, 0, 0])).toThrow(
      "ring: a cycle without delay: a -> b -> c -> a; give one of its connections a delay of at least 1 step",
    );
    for (const delays of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
      expect(() => ring("layered", delays)).not.toThrow();
  });
  test("a neuron that hears itself without delay", () => {
    const alone = () =>
      network({ name: "n", dt: 1, populations: { a: population(1, half) }, connections: [connect("a", "a")] });
    expect(alone).toThrow("n: a cycle without delay: a -> a;");
  });
  test("nothing in brian and loihi, whose spikes are heard later", () => {
    for (const schedule of ["brian", "loihi"] as const) expect(() => ring(schedule, [0, 0, 0])).not.toThrow();
  });
  test("a delay below the schedule's least", () => {
    expect(() => ring("nest", [1, 1, 0])).toThrow(
      "connection c>a.delay: schedule 'nest' needs a delay of at least 1 step, got 0",
    );
  });
});
