/** From sample to sample: after a reset a run is that of a new engine, but for what was to stay. */
import { describe, expect, test } from "vitest";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { dense, oneToOne, pairs } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { BACKENDS } from "./run.ts";

const cell = neuron({
  name: "cell",
  equations: "dv/dt = -v/(5*ms) : 1\ntheta : 1",
  initial: { v: 0.25, theta: 0.5 },
  spike: "v > 1 + theta",
  reset: "v = 0; theta += 0.125",
  refractory: "2 ms",
  port: "v",
});
/** Traces of both kinds, a variable of each synapse, and a weight that stands still unless `rate` says otherwise. */
const plastic = (rate: number) =>
  synapse({
    name: "plastic",
    equations: `
      dx/dt = -x/(10*ms) : 1 (event-driven)
      dy/dt = -y/(10*ms) : 1 (event-driven)
      count : 1`,
    variables: { count: 3 },
    parameters: { rate },
    onPre: "v_post += w*(1 + count/16); x = 1; count += 1",
    onPost: "w = clip(w + rate*x, 0, 2); y += 1",
  });
const N = 90;
const net = (schedule: ScheduleName, rate = 0): Network =>
  network({
    dt: "1 ms",
    schedule,
    inputs: { in: inputNode(20) },
    populations: { e: population(N, cell), late: population(N, lif({ tau: "5 ms" })) },
    connections: [
      connect("in", "e", { name: "xe", weight: uniform(0, 0.6), synapse: plastic(rate), delay: 2 }),
      connect("e", "late", { connectivity: oneToOne, weight: 2, delay: 3 }),
      connect("late", "e", { connectivity: pairs([0, 1, 2], [5, 6, 7]), weight: 1.5, delay: uniform(1e-3, 7e-3) }),
    ],
  });
const inputs = {
  in: {
    steps: Array.from({ length: 400 }, (_, k) => k % 50),
    indices: Array.from({ length: 400 }, (_, k) => (k * 7) % 20),
  },
};

describe.each<ScheduleName>(["layered", "brian", "loihi"])("under %s", (schedule) => {
  test.each(BACKENDS.map((b) => [b.name, b] as const))(
    "a run after a reset is the first once more: %s",
    async (_n, backend) => {
      using engine = await createEngine(net(schedule), backend);
      const first = engine.run(50, inputs);
      expect(first.spikes.e!.steps.length).toBeGreaterThan(20);
      expect(first.spikes.late!.steps.length).toBeGreaterThan(20);
      const states = ["e.v", "e.theta", "late.v"].map((name) => engine.state(name).slice());
      engine.reset();
      const again = engine.run(50, inputs);
      expect(again.spikes).toEqual(first.spikes);
      expect(["e.v", "e.theta", "late.v"].map((name) => engine.state(name).slice())).toEqual(states);
      expect(engine.stepsDone).toBe(100);
    },
  );
});

test("what moves by itself between events moves from the reset on", async () => {
  const slow = synapse({
    name: "slow",
    equations: "dx/dt = -x/(20*ms) : 1 (event-driven)\ndn/dt = 1/second : 1 (event-driven)",
    variables: { x: 1 },
    onPre: "v_post += x + n; x *= 0.5",
    onPost: "n = 0",
  });
  const few = network({
    dt: "1 ms",
    inputs: { in: inputNode(3) },
    populations: { e: population(3, cell) },
    connections: [connect("in", "e", { name: "xe", connectivity: oneToOne, synapse: slow })],
  });
  for (const backend of BACKENDS) {
    using engine = await createEngine(few, backend, { record: ["e.v"] });
    const events = { in: { steps: [7, 12, 30], indices: [0, 0, 2] } };
    const first = engine.run(40, events).values["e.v"];
    engine.reset();
    expect(engine.run(40, events).values["e.v"]).toEqual(first);
  }
});

test("parts of populations start anew alike", async () => {
  using two = threadedWasm(2);
  const run = async (parts: number) => {
    using engine = await createEngine(net("layered", 0.01), parts > 1 ? two : wasm, { parts });
    const runs = [engine.run(50, inputs).spikes];
    engine.reset({ keep: ["e.theta"] });
    runs.push(engine.run(50, inputs).spikes);
    return [runs, engine.synapses("xe").w!.slice(), engine.state("e.theta").slice(0, N)];
  };
  expect(await run(2)).toEqual(await run(1));
});

test("what is kept stays, and weights do", async () => {
  using engine = await createEngine(net("layered", 0.01), wasm);
  engine.run(50, inputs);
  const [theta, w] = [engine.state("e.theta").slice(), engine.synapses("xe").w!.slice()];
  const count = engine.synapses("xe").count!.slice();
  engine.reset({ keep: ["e.theta", "xe.count"] });
  expect(engine.state("e.theta")).toEqual(theta);
  expect(engine.synapses("xe").count).toEqual(count);
  expect(engine.synapses("xe").w).toEqual(w);
  expect(new Set(w).size).toBeGreaterThan(100);
  expect(engine.state("e.v").slice(0, 3)).toEqual(new Float32Array(3).fill(0.25));
  engine.reset();
  expect(new Set(engine.state("e.theta").slice(0, N))).toEqual(new Set([0.5]));
  expect(new Set(engine.synapses("xe").count)).toEqual(new Set([3]));
  expect(engine.synapses("xe").w).toEqual(w);
});

test("spikes that were given and have not arrived are forgotten", async () => {
  using engine = await createEngine(net("layered"), wasm);
  engine.run(1, { in: { steps: [0, 0], indices: [3, 4] } });
  engine.reset();
  engine.run(10);
  expect(engine.synapses("xe").count!.every((x) => x === 3)).toBe(true);
});

test("a name that is none says which there are", async () => {
  using engine = await createEngine(net("layered"), wasm);
  expect(() => engine.reset({ keep: ["e.w"] })).toThrow(
    "reset.keep: no state 'e.w'; known: e.refractory, e.theta, e.v, late.v, xe.count, xe.x, xe.y",
  );
});
test("not within a run", async () => {
  using engine = await createEngine(net("layered"), wasm);
  const hook = { run: () => engine.reset(), at: [0] };
  expect(() => engine.run(1, {}, { hooks: [hook as never] })).toThrow();
});

describe("normalise", () => {
  const rule = synapse({ name: "rule", onPre: "v_post += w", onPost: "w += 0" });
  const weighted = (connectivity = dense, weight: number[] = [1, 2, 0, 3, 2, 0]): Network =>
    network({
      dt: "1 ms",
      inputs: { in: inputNode(2) },
      populations: { e: population(3, cell) },
      connections: [connect("in", "e", { name: "xe", connectivity, weight, synapse: rule })],
    });
  test.each(BACKENDS.map((b) => [b.name, b] as const))(
    "columns add up to what was asked, and zeros stay: %s",
    async (_n, backend) => {
      using engine = await createEngine(weighted(), backend, { normalise: { xe: 8 } });
      engine.normalise();
      expect([...engine.synapses("xe").w!]).toEqual([2, 4, 0, 6, 4, 0]);
    },
  );
  test("of some pairs", async () => {
    const some = pairs([0, 1, 1], [1, 1, 2]);
    using engine = await createEngine(weighted(some, [1, 3, 5]), wasm, { normalise: { xe: 1 } });
    engine.normalise();
    expect([...engine.synapses("xe").w!]).toEqual([0.25, 0.75, 1]);
  });
  test("over all of a connection whose synapses differ in delay", async () => {
    const late = network({
      dt: "1 ms",
      schedule: "brian",
      inputs: { in: inputNode(2) },
      populations: { e: population(1, cell) },
      connections: [connect("in", "e", { name: "xe", weight: [1, 3], delay: [1, 4], synapse: rule })],
    });
    using engine = await createEngine(late, wasm, { normalise: { xe: 1 } });
    engine.normalise();
    expect([...engine.synapses("xe").w!]).toEqual([0.25, 0.75]);
  });
  test("the same bits on any number of threads", async () => {
    using two = threadedWasm(2);
    const weights = async (parts: number) => {
      using engine = await createEngine(net("layered", 0.01), parts > 1 ? two : wasm, { parts, normalise: { xe: 5 } });
      for (let k = 0; k < 3; k++) {
        engine.run(50, inputs);
        engine.normalise();
      }
      return engine.synapses("xe").w!.slice();
    };
    expect(await weights(2)).toEqual(await weights(1));
  });
  test("needs its option, and weights of their own", async () => {
    using engine = await createEngine(weighted(), wasm);
    expect(() => engine.normalise()).toThrow("make the engine with option 'normalise'");
    await expect(createEngine(net("layered"), wasm, { normalise: { nobody: 1 } })).rejects.toThrow(
      "engine.normalise.nobody: no connection whose synapses have weights of their own; known: xe",
    );
    await expect(createEngine(weighted(), wasm, { normalise: { xe: 0 } })).rejects.toThrow("engine.normalise.xe");
  });
});
