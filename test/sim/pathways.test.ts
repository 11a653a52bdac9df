/** What synapses see and do, step by step, worked out by hand; numbers are exact in f32. */
import { describe, expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { oneToOne, pairs } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { BACKENDS, run } from "./run.ts";

/** Counts 1, 2, 3, ...; fires where the count is even; a reset adds 100, so that before and after it differ. */
const counter = neuron({
  name: "counter",
  equations: "c[t+1] = c + 1 : 1",
  spike: "c % 2 == 0",
  reset: "c += 100",
  port: "c",
});
/** Keeps what arrives: x sums it up. It counts too. */
const keeper = neuron({ name: "keeper", equations: "n[t+1] = n + 1 : 1\nx : 1\ni : 1 (input)\ny = i : 1", port: "x" });

const body = (trigger: "pre" | "post" | "step", text: string, more: Partial<SynapseSpec> = {}, delay = 0) =>
  synapse({ name: "s", pathways: [{ trigger, body: text, delay }], ...more });

function pair(schedule: ScheduleName, options: ConnectOptions, target = keeper): Network {
  return network({
    dt: "1 ms",
    schedule,
    populations: { a: population(1, counter), b: population(1, target) },
    connections: [connect("a", "b", { connectivity: oneToOne, weight: 1, ...options })],
  });
}
/** What b has received after each step. */
const received = async (net: Network, steps = 6): Promise<number[]> => [
  ...(await run(net, steps, { record: ["b.x"], block: 4 })).values["b.x"]!,
];

/*
 * a after its update: 1, 2, (+100 = 102) 103, 104, (204) 205, 206, ... It fires in steps 1, 3, 5 with 2, 104, 206, and
 * after its reset it has 102, 204, 306. At the ends of the steps: 1, 102, 103, 204, 205, 306.
 */
describe("which c_pre a pathway sees", () => {
  test.each<[string, ScheduleName, "pre" | "step", number, number[]]>([
    // As it left with the spike, at the end of a's step.
    ["layered, on a spike", "layered", "pre", 0, [0, 102, 102, 306, 306, 612]],
    ["layered, on a spike two steps later: still that of the spike", "layered", "pre", 2, [0, 0, 0, 102, 102, 306]],
    ["loihi, on a spike", "loihi", "pre", 0, [0, 0, 102, 102, 306, 306]],
    // As it stands when the spike arrives: after the update, before the reset.
    ["brian, on a spike", "brian", "pre", 0, [0, 2, 2, 106, 106, 312]],
    // Two steps later, as it stands then: 104 in step 3 (spike of step 1), 206 in step 5.
    ["brian, on a spike two steps later: as it is then", "brian", "pre", 2, [0, 0, 0, 104, 104, 310]],
    ["layered, in every step", "layered", "step", 0, [1, 103, 206, 410, 615, 921]],
    ["layered, in every step, one old", "layered", "step", 1, [0, 1, 103, 206, 410, 615]],
    // Values of a step are known at its end.
    ["brian, in every step", "brian", "step", 0, [0, 1, 103, 206, 410, 615]],
  ])("%s", async (_what, schedule, trigger, delay, x) => {
    expect(await received(pair(schedule, { delay, synapse: body(trigger, "x_post += c_pre") }))).toEqual(x);
  });
  test("the delay of a pathway adds to the connection's", async () => {
    const late = pair("layered", { delay: 1, synapse: body("pre", "x_post += c_pre", {}, 1) });
    expect(await received(late)).toEqual([0, 0, 0, 102, 102, 306]);
  });
  test("before the first step it is the initial state", async () => {
    const net = network({
      dt: 1,
      populations: { a: population(1, counter, { initial: { c: 8 } }), b: population(1, keeper) },
      connections: [connect("a", "b", { connectivity: oneToOne, delay: 2, synapse: body("step", "x_post += c_pre") })],
    });
    expect(await received(net, 4)).toEqual([8, 16, 25, 135]); // 8, 8, 9, 10 + 100
  });
  test("an input by value is value_pre", async () => {
    const net = network({
      dt: 1,
      inputs: { in: inputNode(1, { signal: "values" }) },
      populations: { b: population(1, keeper) },
      connections: [
        connect("in", "b", { connectivity: oneToOne, delay: 1, synapse: body("step", "x_post += 2*value_pre") }),
      ],
    });
    const r = await run(net, 4, { record: ["b.x"], inputs: { in: { values: [1, 2, 4, 8] } } });
    expect([...r.values["b.x"]!]).toEqual([0, 2, 6, 14]);
  });
});

describe("which n_post a pathway sees", () => {
  // n counts b's own updates: 0 before b's first, k + 1 after that of step k. Spikes of a in steps 1, 3, 5.
  test.each<[ScheduleName, number[]]>([
    ["layered", [0, 1, 1, 4, 4, 9]], // before b's update: 1, 3, 5
    ["brian", [0, 2, 2, 6, 6, 12]], // after it: 2, 4, 6
  ])("%s", async (schedule, x) => {
    expect(await received(pair(schedule, { synapse: body("pre", "x_post += n_post") }))).toEqual(x);
  });
  test("also one that nothing else touches, as it was at the beginning", async () => {
    const fixed = neuron({ name: "fixed", equations: "k : 1\nx : 1", initial: { k: 3 }, port: "x" });
    const net = pair("layered", { synapse: body("pre", "x_post += k_post") }, fixed);
    expect(await received(net)).toEqual([0, 3, 3, 6, 6, 9]);
  });
});

describe("arrivals at an (input), which the update reads", () => {
  const seen = async (schedule: ScheduleName, trigger: "pre" | "step", text: string) => [
    ...(await run(pair(schedule, { port: "i", synapse: body(trigger, text) }), 6, { record: ["b.y"] })).values["b.y"]!,
  ];
  test("layered: in the same step", async () => {
    expect(await seen("layered", "pre", "i_post += c_pre")).toEqual([0, 102, 0, 204, 0, 306]);
    expect(await seen("layered", "step", "i += c_pre")).toEqual([1, 102, 103, 204, 205, 306]);
  });
  test("brian: in the next, with values as they were at the end of the last", async () => {
    expect(await seen("brian", "pre", "i_post += c_pre")).toEqual([0, 0, 102, 0, 204, 0]);
    expect(await seen("brian", "step", "i -= c_pre")).toEqual([-0, -1, -102, -103, -204, -205].map((x) => x + 0));
  });
});

describe("spikes of the target", () => {
  /** b fires in steps 1, 3, 5 (its count is even); w notes when, by what a has then. */
  const weights = async (schedule: ScheduleName, delay: number, age = 0) => {
    const net = pair(schedule, { delay: age, synapse: body("post", "w += c_pre", {}, delay) }, counter);
    const all = BACKENDS.map(async (backend) => {
      using e = await createEngine(net, backend);
      return Array.from({ length: 6 }, () => {
        e.step();
        return e.synapses("a>b").w![0]! - 1;
      });
    });
    const [a, b] = await Promise.all(all);
    expect(a).toEqual(b);
    return a;
  };
  test("layered: after the target's step, with what has left the source by then", async () => {
    expect(await weights("layered", 0)).toEqual([0, 102, 102, 306, 306, 612]);
    expect(await weights("layered", 0, 1)).toEqual([0, 1, 1, 104, 104, 309]); // 1, 103, 205
    expect(await weights("layered", 2)).toEqual([0, 0, 0, 204, 204, 510]); // spike of step 1 in step 3, of 3 in 5
  });
  test("brian: between the groups, as things stand", async () => {
    expect(await weights("brian", 0)).toEqual([0, 2, 2, 106, 106, 312]);
    expect(await weights("brian", 2)).toEqual([0, 0, 0, 104, 104, 310]);
  });
});

describe("statements and variables", () => {
  test("run in order, and see what those before them have set; pathways by their order", async () => {
    const s = synapse({
      name: "s",
      variables: { p: 1, q: 0 },
      parameters: { gain: 2, tau: "4 ms" },
      pathways: [
        { trigger: "pre", order: 2, body: "x_post += p; p = 0" },
        { trigger: "pre", order: 1, body: "q = p + 1; p = gain*q; p += dt/tau" },
      ],
    });
    // q = 2, p = 4, p = 4.25, x += 4.25, p = 0; then q = 1, p = 2.25, x += 2.25; and again.
    expect(await received(pair("layered", { synapse: s }))).toEqual([0, 4.25, 4.25, 6.5, 6.5, 8.75]);
  });
  test("t is the time at the start of the step", async () => {
    const net = pair("layered", { synapse: body("pre", "x_post += t/(1*ms)") });
    const r = await run(net, 6, { type: "f64", record: ["b.x"], block: 4 });
    expect([...r.values["b.x"]!]).toEqual([0, 1, 1, 4, 4, 9]);
  });
  test("weights go with their pairs; sums in order of source", async () => {
    const net = network({
      dt: 1,
      populations: { a: population(3, counter), b: population(2, keeper) },
      connections: [
        connect("a", "b", {
          connectivity: pairs([2, 0, 1, 2], [1, 0, 1, 0]),
          weight: [8, 1, 4, 2],
          synapse: body("pre", "x_post += w*w"),
        }),
      ],
    });
    const { values } = await run(net, 2, { record: ["b.x"] });
    expect([...values["b.x"]!.subarray(2)]).toEqual([1 + 4, 16 + 64]);
  });
  test("all to all, the weights `[source][target]` are those of the synapses, and no parameters", async () => {
    const net = network({
      dt: 1,
      populations: { a: population(2, counter), b: population(2, keeper) },
      connections: [connect("a", "b", { weight: [1, 2, 4, 8], bias: 0.5, synapse: body("pre", "x_post += w; w = 0") })],
    });
    using e = await createEngine(net, BACKENDS[1]!, { record: ["b.x"] });
    expect([...e.lowered.parameters.blocks.keys()]).toEqual(["a>b.bias"]);
    expect([...e.run(4).values["b.x"]!]).toEqual([0.5, 0.5, 6, 11, 6.5, 11.5, 7, 12]);
    expect([...e.synapses("a>b").w!]).toEqual([0, 0, 0, 0]);
  });
});

describe("refused, at the place", () => {
  const build = (s: SynapseSpec, schedule: ScheduleName = "layered", target = keeper) =>
    createEngine(pair(schedule, { synapse: synapse(s) }, target), BACKENDS[0]!).then(
      () => "accepted",
      (e: Error) => e.message.split("\n")[0],
    );
  const one = (trigger: "pre" | "post" | "step", text: string): SynapseSpec => ({
    name: "s",
    pathways: [{ trigger, body: text }],
  });
  test.each<[string, string]>([
    ["x_post += q", "synapse s.pre: line 1: unknown name 'q'; known: c_pre, n_post, t, w, x, x_post"],
    ["q = 1", "synapse s.pre: line 1: 'q' is not a variable here; known: c_pre, n_post, t, w, x, x_post"],
    [
      "c_pre = 0",
      "synapse s.pre: line 1: synapses change their source on a spike under schedule 'brian', and nowhere else",
    ],
    ["x_post = w", "synapse s.pre: line 1: a target variable can only be added to (+=, -=)"],
    ["x_post += not_refractory", "synapse s.pre: line 1: unknown name 'not_refractory'"],
  ])("%s", async (text, message) => {
    expect(await build(one("pre", text))).toContain(message);
  });
  test("adding to a target that has had its step", async () => {
    const post = one("post", "c_post += w");
    expect(await build(post, "layered", counter)).toBe(
      "synapse s.post: line 1: under this schedule the target has had its step when its spike is seen: use its reset",
    );
  });
  test("triggers without spikes", async () => {
    await expect(async () => pair("layered", { synapse: body("post", "w += 1") })).rejects.toThrow(
      "connection a>b: a pathway is triggered by spikes of 'b', which does not spike",
    );
    const made = () =>
      network({
        dt: 1,
        inputs: { v: inputNode(1, { signal: "values" }) },
        populations: { b: population(1, keeper) },
        connections: [connect("v", "b", { synapse: body("pre", "x += w") })],
      });
    expect(made).toThrow("connection v>b: a pathway is triggered by spikes of 'v', which does not spike");
  });
  test.each<[SynapseSpec, string]>([
    [one("pre", "w +="), "synapse s.pre: "],
    [{ ...one("pre", "w = 1"), variables: { w: 1 } }, "synapse s: 'w' is reserved; choose another name"],
    [{ ...one("pre", "w = 1"), variables: { target: 1 } }, "synapse s: 'target' is reserved; choose another name"],
    [{ ...one("pre", "w = 1"), variables: { "a b": 1 } }, "synapse s: 'a b' is not a name"],
    [
      { ...one("pre", "w = 1"), variables: { a: 1 }, parameters: { a: 1 } },
      "synapse s: 'a' is a variable and a parameter",
    ],
    [{ ...one("pre", "w = 1"), variables: { a: Number.NaN } }, "synapse s[0]: must be finite, got NaN"],
    [{ ...one("pre", "w = 1"), parameters: { a: "3 ums" } }, "synapse s.a: 'ums' is not a unit"],
    [
      { name: "s", pathways: [{ trigger: "pre", body: "w = 1", delay: 0.5 }] },
      "synapse s.pre.delay: must be an integer",
    ],
  ])("%o", (spec, message) => {
    expect(() => synapse(spec)).toThrow(message);
  });
  test("several trials of one engine", async () => {
    const net = pair("layered", { synapse: body("pre", "x_post += w") });
    await expect(createEngine(net, BACKENDS[0]!, { samples: 2 })).rejects.toThrow(
      "network: synapses with pathways belong to one trial: use samples: 1",
    );
  });
  test("two things of one name", () => {
    const a = population(1, lif());
    const named = () =>
      network({ dt: 1, populations: { a }, connections: [connect("a", "a", { name: "a", delay: 1 })] });
    expect(named).toThrow("connection a: a node has this name");
  });
});
