/** Synapses with equations where each has a delay of its own: the connection is taken apart, and nobody notices. */
import { describe, expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { dense, oneToOne, pairs, probability } from "../../src/model/connectivity.ts";
import { constantOf, uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { outcome, release, stdp } from "./driven.ts";
import { BACKENDS } from "./run.ts";

const MS = 1e-3;
const adder = neuron({
  name: "adder",
  equations: "v : 1\nge : 1\nI : 1 (input)\nseen = I : 1",
  spike: "v > 0.5",
  reset: "v = 0",
  port: "ge",
});
/** Sources that fire as they are told, and targets. */
const joined = (sources: number, targets: number, options: ConnectOptions, schedule: ScheduleName = "brian"): Network =>
  network({
    dt: MS,
    schedule,
    inputs: { x: inputNode(sources), y: inputNode(targets) },
    populations: { b: population(targets, adder) },
    connections: [
      connect("x", "b", { name: "c", ...options }),
      connect("y", "b", { connectivity: oneToOne, weight: 1, port: "v" }),
    ],
  });
const at = (steps: number[], indices: number[]) => ({ steps, indices });

test("STDP: each synapse is the closed form of pairs, with source spikes as late as it takes", async () => {
  const [a, b] = [
    [2, 19, 40],
    [9, 30, 44],
  ];
  const delays = [0, 3, 7];
  const net = joined(1, 3, { connectivity: dense, weight: 0.5, delay: delays, synapse: stdp() });
  const inputs = {
    x: at(a, [0, 0, 0]),
    y: at(
      b.flatMap((t) => [t, t, t]).sort((s, t) => s - t),
      [0, 1, 2, 0, 1, 2, 0, 1, 2],
    ),
  };
  const found = await outcome(net, 60, inputs, (e) => [...e.synapses("c").w!]);
  // An input's weight is added in the step after the threshold of its own step, so the target fires one step later.
  const post = b.map((t) => t + 1);
  delays.forEach((delay, k) => {
    let w = 0.5;
    const pre = a.map((t) => t + delay);
    for (const t of post) for (const s of pre) if (s <= t) w += 0.01 * Math.exp(((s - t) * MS) / 20e-3);
    for (const s of pre) for (const t of post) if (t < s) w -= 0.0105 * Math.exp(((t - s) * MS) / 15e-3);
    expect(found[k]).toBeCloseTo(w, 14);
  });
  expect(new Set(found).size).toBe(3);
});

test("views have every variable in its place, with the step of the last event", async () => {
  const net = joined(2, 2, {
    connectivity: pairs([1, 0, 1], [0, 1, 1]),
    weight: [1, 2, 3],
    delay: [2, 5, 1],
    synapse: synapse({
      name: "mark",
      equations: "w : 1\nn : integer\ndz/dt = -z/(5*ms) : 1 (event-driven)\nlabel : 1 (constant)\nmany : 1",
      variables: { label: 4 },
      onPre: "n += 1; z = w*label; many = N",
    }),
  });
  const views = await outcome(net, 12, { x: at([1, 4, 6], [0, 1, 1]) }, (e) =>
    Object.fromEntries(Object.entries(e.synapses("c")).map(([name, x]) => [name, [...x]])),
  );
  expect(views).toEqual({
    source: [0, 1, 1],
    target: [1, 0, 1],
    w: [2, 1, 3],
    delay: [5, 2, 1],
    n: [1, 2, 2],
    z: [8, 4, 12],
    label: [4, 4, 4],
    many: [3, 3, 3],
    "last.update": [6, 8, 7],
  });
});

test("draws follow the synapse, not its delay: where all arrive in one step, they are those of one delay", async () => {
  const drawn = (delay: ConnectOptions["delay"], sources: number[], steps: number[]) =>
    outcome(
      joined(3, 20, { connectivity: dense, weight: 1, synapse: release, ...(delay !== undefined && { delay }) }),
      12,
      { x: at(steps, sources) },
      (e) => ({ u: [...e.synapses("c").u!], ge: [...e.state("b.ge")] }),
      { seed: 5 },
    );
  const together = await drawn(2, [0, 1, 2], [4, 4, 4]);
  expect(new Set(together.u).size).toBe(60);
  expect(together.ge.reduce((x, y) => x + y, 0)).toBeGreaterThan(5);
  const bySource = Array.from({ length: 60 }, (_, k) => 1 + Math.floor(k / 20));
  expect(await drawn(bySource, [2, 1, 0], [3, 4, 5])).toEqual(together);
});

test("all synapses do one act before any does the next", async () => {
  const net = joined(2, 1, {
    connectivity: dense,
    weight: [1, 2],
    delay: [1, 2],
    synapse: synapse({
      name: "twice",
      onPre: { first: { body: "ge += w", order: 0 }, second: { body: "ge *= 2", order: 1 } },
    }),
  });
  const ge = await outcome(net, 8, { x: at([3, 4], [1, 0]) }, (e) => e.state("b.ge")[0]);
  expect(ge).toBe((1 + 2) * 2 * 2);
});

describe("sums", () => {
  const source = neuron({ name: "clock", equations: "n[t+1] = n + 1 : 1" });
  const net = (schedule: ScheduleName, delay: ConnectOptions["delay"]): Network =>
    network({
      dt: MS,
      schedule,
      populations: { a: population(1, source), b: population(2, adder) },
      connections: [
        connect("a", "b", {
          name: "c",
          connectivity: pairs([0, 0, 0], [0, 0, 1]),
          weight: [1, 10, 100],
          output: "n",
          ...(delay !== undefined && { delay }),
          synapse: synapse({ name: "sum", equations: "w : 1\nI_post = w*n_pre : 1 (summed)" }),
        }),
      ],
    });
  const seen = async (schedule: ScheduleName, delay: ConnectOptions["delay"]): Promise<number[]> => {
    using e = await createEngine(net(schedule, delay), BACKENDS[1]!, { type: "f64", record: ["b.seen"] });
    return [...e.run(9).values["b.seen"]!.slice(-2)];
  };
  test("see the source as late as each synapse says", async () => {
    const now = (await seen("layered", 0))[1]! / 100;
    expect(await seen("layered", [0, 2, 3])).toEqual([now + 10 * (now - 2), 100 * (now - 3)]);
  });
  test("and under brian take no delay", async () => {
    expect(await seen("brian", [0, 2, 3])).toEqual(await seen("brian", 0));
  });
});

describe("everything at once", () => {
  const noisy = neuron({
    name: "noisy",
    equations: "dv/dt = (1.2 + ge - v)/(4*ms) : 1\ndge/dt = -ge/(5*ms) : 1\nI : 1 (input)\nseen = I : 1",
    spike: "v > 1",
    reset: "v = 0",
    port: "ge",
  });
  const everything = synapse({
    name: "everything",
    equations: `w : 1
      dapre/dt = -apre/(20*ms) : 1 (event-driven)
      dq/dt = (v_pre - q)/(3*ms) + 0.1*xi*ms**-0.5 : 1 (clock-driven)
      I_post = 0.1*q*v_post/N : 1 (summed)`,
    // What depends on w is each synapse's own, however alike delays are.
    onPre: "ge += w*int(rand() < 0.7); apre += 0.01 + 0*w",
    onPost: "w = clip(w + apre, 0, 1)",
  });
  const net = (delay: ConnectOptions["delay"]): Network =>
    network({
      dt: MS,
      schedule: "brian",
      populations: {
        a: population(40, noisy, { initial: { v: uniform(0, 1) } }),
        b: population(300, noisy, { initial: { v: uniform(0, 1) } }),
      },
      connections: [
        connect("a", "b", {
          name: "c",
          connectivity: probability(0.1),
          weight: uniform(0, 0.2),
          synapse: everything,
          ...(delay !== undefined && { delay }),
        }),
      ],
    });
  const of = async (delay: ConnectOptions["delay"], backend = BACKENDS[1]!, parts = 1) => {
    using e = await createEngine(net(delay), backend, { seed: 3, parts, record: ["b.v", "b.seen"], block: 16 });
    const recording = e.run(60);
    const { delay: _, ...views } = e.synapses("c");
    return { recording, views: Object.entries(views).map(([name, x]) => [name, Array.from(x)]) };
  };
  test("all alike, it is the connection with that one delay", async () => {
    expect(await of(constantOf(2 * MS))).toEqual(await of(2));
  });
  test("the same bits on 1 and 3 parts, on both backends", async () => {
    const delay = uniform(1 * MS, 4 * MS);
    const expected = await of(delay, BACKENDS[0]);
    expect(await of(delay)).toEqual(expected);
    expect(await of(delay, BACKENDS[0], 3)).toEqual(expected);
    expect(await of(delay, BACKENDS[1], 3)).toEqual(expected);
    expect(expected).not.toEqual(await of(2));
  });
  test("a snapshot of one part goes on in three", async () => {
    const delay = uniform(1 * MS, 4 * MS);
    using one = await createEngine(net(delay), BACKENDS[1]!, { seed: 3 });
    using three = await createEngine(net(delay), BACKENDS[1]!, { seed: 3, parts: 3 });
    one.run(25);
    three.restore(one.snapshot());
    expect(three.run(30)).toEqual(one.run(30));
    expect(three.synapses("c")).toEqual(one.synapses("c"));
  });
});

test("what equations declare is each synapse's own, and can be written", async () => {
  const net = joined(1, 3, {
    connectivity: dense,
    weight: 1,
    synapse: synapse({ name: "gain", equations: "w : 1\ngain : 1 (constant)", onPre: "ge += w*gain" }),
  });
  using e = await createEngine(net, BACKENDS[1]!, { type: "f64" });
  e.synapses("c").gain!.set([1, 2, 3]);
  e.synapses("c").w!.set([4, 5, 6]);
  e.run(5, { x: at([1], [0]) });
  expect([...e.state("b.ge")].slice(0, 3)).toEqual([4, 10, 18]);
});
