/** A caller's functions between steps: what they do is as if it had been there, and the rest is as if they had not. */
import { describe, expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import { dense, oneToOne, probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { ClockedSide } from "../../src/sim/divergence/side.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import type { Hook } from "../../src/sim/hooks.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { regularSource } from "../../src/sim/spikeSource.ts";
import { BACKENDS, spikesOf } from "./run.ts";

const counter = neuron({ name: "counter", equations: "n[t+1] = n + 1 : 1\nk : 1", port: "n" });
const net = network({
  dt: "1 ms",
  inputs: { x: inputNode(4), value: inputNode(1, { signal: "values", constant: true }) },
  populations: { c: population(2, counter), p: population(4, lif({ tau: "5 ms" }), { initial: { v: uniform(0, 1) } }) },
  connections: [
    connect("x", "p", { connectivity: oneToOne, weight: 1.5, delay: "2 ms" }),
    connect("p", "p", { connectivity: probability(0.5), weight: uniform(0.2, 0.4), delay: "3 ms" }),
    connect("p", "p", { name: "shared", connectivity: oneToOne, weight: 0, delay: "2 ms" }),
    connect("value", "p", { port: "i", weight: 0.1 }),
  ],
});
const inputs: Inputs = { x: { steps: [0, 7, 30], indices: [1, 0, 3] }, value: { values: [2] } };

describe.each(BACKENDS.map((b) => [b.name, b] as const))("on %s", (_name, backend) => {
  const make = (): Promise<Engine> => createEngine(net, backend, { record: ["c.n", "p.v"], block: 16, type: "f64" });

  test("are called before the steps that they name, whatever the block", async () => {
    using e = await make();
    const calls: [string, number, number, number][] = [];
    const hook = (name: string, every: number, from: number): Hook => ({
      every,
      from,
      run: ({ step, index, t, state }) => {
        expect(t).toBeCloseTo(step * 1e-3, 12);
        expect(state("c.n")[1]).toBe(step); // one more each step, from 0
        calls.push([name, step, index, state("c.n")[0]!]);
      },
    });
    e.run(5);
    e.run(50, {}, { hooks: [hook("a", 20, 3), hook("b", 10, 23)] });
    expect(calls.map(([name, step, index]) => [name, step, index])).toEqual([
      ["a", 8, 3],
      ["a", 28, 23],
      ["b", 28, 23],
      ["b", 38, 33],
      ["a", 48, 43],
      ["b", 48, 43],
    ]);
  });
  test("one that only reads changes nothing", async () => {
    using plain = await make();
    using watched = await make();
    const hooks: Hook[] = [{ every: 3, run: ({ state }) => void state("p.v")[0] }];
    expect(watched.run(60, inputs, { hooks })).toEqual(plain.run(60, inputs));
  });
  test("clamping: a state that is written is the state that the step starts from", async () => {
    using e = await make();
    const hooks: Hook[] = [{ every: 10, from: 2, run: ({ state }) => state("c.n").fill(-5) }];
    const { values } = e.run(14, {}, { hooks });
    expect([...values["c.n"]!].filter((_, k) => k % 2 === 0)).toEqual([1, 2, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, -4, -3]);
  });
  test("injected spikes are those of the input, beside others and after their delay", async () => {
    using given = await make();
    using injected = await make();
    const expected = given.run(40, { ...inputs, x: { steps: [0, 7, 12, 12, 30], indices: [1, 0, 0, 2, 3] } });
    const hooks: Hook[] = [{ every: 100, from: 12, run: ({ inject }) => inject("x", [2, 0]) }];
    expect(injected.run(40, inputs, { hooks })).toEqual(expected);
    expect(spikesOf(expected, "p", 2)).toContain(14);
  });
  test("injected spikes come beside those of a source", async () => {
    const relay = neuron({ name: "relay", equations: "v : 1", spike: "v > 0.5", reset: "v = 0", port: "v" });
    const fed = network({
      dt: "1 ms",
      inputs: { x: inputNode(2) },
      populations: { r: population(2, relay) },
      connections: [connect("x", "r", { connectivity: oneToOne, weight: 1, delay: 2 })],
    });
    using e = await createEngine(fed, backend, { sources: { x: regularSource("10 ms") }, block: 4 });
    const r = e.run(30, {}, { hooks: [{ every: 100, from: 13, run: ({ inject }) => inject("x", [1]) }] });
    expect([spikesOf(r, "r", 0), spikesOf(r, "r", 1)]).toEqual([
      [12, 22],
      [12, 15, 22],
    ]);
  });
  test("synapses can be written too", async () => {
    using e = await make();
    e.run(10, {}, { hooks: [{ every: 100, from: 4, run: ({ synapses }) => synapses("p>p").w!.fill(0.25) }] });
    expect(new Set(e.synapses("p>p").w)).toEqual(new Set([0.25]));
  });
  test("synapses that lie by their delays too", async () => {
    const delayed = network({
      dt: "1 ms",
      inputs: { x: inputNode(3) },
      populations: { c: population(1, neuron({ name: "sum", equations: "n : 1", port: "n" })) },
      connections: [connect("x", "c", { connectivity: dense, weight: uniform(0, 1), delay: [3, 1, 2] })],
    });
    using e = await createEngine(delayed, backend, { type: "f64", record: ["c.n"] });
    const hook: Hook = {
      every: 100,
      from: 2,
      run({ synapses }) {
        synapses("x>c").w!.set([1, 2, 4]);
        synapses("x>c").w![1]! += 8;
      },
    };
    const { values } = e.run(7, { x: { steps: [3, 3, 3], indices: [0, 1, 2] } }, { hooks: [hook] });
    expect([...e.synapses("x>c").w!]).toEqual([1, 10, 4]);
    expect([...values["c.n"]!].filter((x, k, all) => x !== all[k - 1])).toEqual([0, 10, 14, 15]);
  });
  test("refused", async () => {
    using e = await make();
    const run = (hook: Hook) => () => e.run(5, {}, { hooks: [hook] });
    expect(run({ every: 0, run: () => undefined })).toThrow("hooks[0].every: must be an integer");
    expect(run({ from: -1, run: () => undefined })).toThrow("hooks[0].from: must be an integer");
    expect(run({ run: ({ state }) => state("c.z") })).toThrow("state: no state variable 'c.z'; known: c.k, c.n, p.v");
    expect(run({ run: ({ inject }) => inject("value", [0]) })).toThrow(
      "inputs.value: is an input by value: only spikes can be injected",
    );
    expect(run({ run: ({ inject }) => inject("x", [4]) })).toThrow(
      "inputs.x.indices[0]: must be a whole number from 0 to 3",
    );
    expect(run({ run: ({ synapses }) => synapses("shared").w!.fill(1) })).toThrow(
      "synapses shared[0]: cannot be changed: all synapses share one 'w', which nothing changes: give the weights one by one, or draw them",
    );
    expect(run({ run: ({ synapses }) => synapses("shared").source!.reverse() })).toThrow(
      "synapses shared[0]: cannot be changed: 'source' stays as it was drawn or given",
    );
    expect(run({ run: () => e.run(1) })).toThrow("run: a hook is called within a run, and cannot start another");
    expect(e.run(1).values["c.n"]!.length).toBe(2);
  });
});

test("times of hooks are steps or durations, which must be whole numbers of steps", async () => {
  const at = async (hook: Pick<Hook, "every" | "from">): Promise<number[]> => {
    const steps: number[] = [];
    await simulate(net, { duration: "30 ms", hooks: [{ ...hook, run: ({ step }) => steps.push(step) }] });
    return steps;
  };
  expect(await at({ every: "7 ms", from: "2 ms" })).toEqual([2, 9, 16, 23]);
  expect(await at({ every: 7, from: 2 })).toEqual([2, 9, 16, 23]);
  await expect(at({ every: "1.5 ms" })).rejects.toThrow("hooks[0].every: must be a whole number of steps of 0.001 s");
  await expect(at({ every: "0 ms" })).rejects.toThrow("hooks[0].every: must be an integer");
  await expect(at({ from: "2 mV" })).rejects.toThrow("hooks[0].from");
});

test("a hook may be an object of a class", async () => {
  class Counter {
    calls = 0;
    run(): void {
      this.calls++;
    }
  }
  const counter = new Counter();
  await simulate(net, { duration: "5 ms", hooks: [counter] });
  const side = new ClockedSide(await createEngine(net, BACKENDS[0]!), { hooks: [counter] });
  side.advance(3);
  expect(counter.calls).toBe(8);
});

test("simulate takes them too", async () => {
  const steps: number[] = [];
  await simulate(net, { duration: "30 ms", hooks: [{ every: 10, run: ({ step }) => steps.push(step) }] });
  expect(steps).toEqual([0, 10, 20]);
});
