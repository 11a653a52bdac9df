/** Synapses with equations: against closed forms, against loops written out, and event-driven against clock-driven. */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { streamOf, uniform as uniformAt } from "../../src/base/random.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { oneToOne, pairs, probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine, type EngineOptions } from "../../src/sim/engine.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import { BACKENDS, numbers, run } from "./run.ts";

const dt = 1e-4;
/** Fires in the step after a weight of 1 arrives; collects what arrives elsewhere. */
const relay = neuron({
  name: "relay",
  equations: "v : 1\nge : 1\nx : 1\nn : integer\nflag : boolean\nhalf = ge/2 : 1",
  spike: "v > 0.5",
  reset: "v = 0",
  port: "v",
});
/** Source `a` and target `b`, each driven one to one by an input of its own. */
function driven(options: ConnectOptions, { schedule = "brian" as ScheduleName, size = 1, step = dt } = {}): Network {
  return network({
    dt: step,
    schedule,
    inputs: { toA: inputNode(size), toB: inputNode(size) },
    populations: { a: population(size, relay), b: population(size, relay) },
    connections: [
      connect("toA", "a", { connectivity: oneToOne, weight: 1 }),
      connect("toB", "b", { connectivity: oneToOne, weight: 1 }),
      connect("a", "b", { connectivity: oneToOne, weight: 0.5, port: "ge", ...options }),
    ],
  });
}
/** Inputs that make `a` and `b` fire in these steps. */
const firing = (a: readonly number[], b: readonly number[]): Inputs => ({
  toA: { steps: a.map((k) => k - 1), indices: a.map(() => 0) },
  toB: { steps: b.map((k) => k - 1), indices: b.map(() => 0) },
});
/** What an engine leaves, the same on both backends. */
async function outcome<T>(
  net: Network,
  steps: number,
  inputs: Inputs,
  look: (e: Engine) => T,
  options: EngineOptions = {},
): Promise<T> {
  const seen = await Promise.all(
    BACKENDS.map(async (backend) => {
      using e = await createEngine(net, backend, { type: "f64", ...options });
      e.run(steps, inputs);
      return look(e);
    }),
  );
  expect(seen[1]).toEqual(seen[0]);
  return seen[0]!;
}
const variables = (net: Network, steps: number, inputs: Inputs, ...names: string[]): Promise<number[]> =>
  outcome(net, steps, inputs, (e) => names.map((x) => e.synapses("a>b.ge")[x]![0]!));

/** Brian's tutorial, part 2 ("More complex synapse models: STDP"). */
const traces = (kind: "event-driven" | "clock-driven") => `
  w : 1
  dapre/dt = -apre/taupre : 1 (${kind})
  dapost/dt = -apost/taupost : 1 (${kind})`;
const stdp = (kind: "event-driven" | "clock-driven" = "event-driven") =>
  synapse({
    name: "stdp",
    equations: traces(kind),
    parameters: { taupre: "20 ms", taupost: "15 ms", Apre: 0.01, Apost: -0.0105, wmax: 1 },
    onPre: "ge += w\napre += Apre\nw = clip(w + apost, 0, wmax)",
    onPost: "apost += Apost\nw = clip(w + apre, 0, wmax)",
  });

describe("event-driven equations", () => {
  const random = numbers(11);
  const train = (): number[] =>
    [...new Set(Array.from({ length: 25 }, () => 1 + Math.floor((random() + 0.5) * 4000)))].sort((x, y) => x - y);
  test("STDP: the weight is the sum over pairs of A exp(-|dt|/tau)", async () => {
    const [a, b] = [train(), train()];
    let w = 0.5;
    for (const t of b) for (const s of a) if (s <= t) w += 0.01 * Math.exp(((s - t) * dt) / 20e-3);
    for (const s of a) for (const t of b) if (t < s) w -= 0.0105 * Math.exp(((t - s) * dt) / 15e-3);
    const [found] = await variables(driven({ synapse: stdp() }), 4002, firing(a, b), "w");
    // Fifty steps of decay and addition, each with a few roundings of numbers below 1.
    expect(Math.abs(found! - w)).toBeLessThan(50 * 8 * 2 ** -53);
    expect(Math.abs(w - 0.5)).toBeGreaterThan(1e-3);
  });
  test("the same as clock-driven, which is exact in every step", async () => {
    const [a, b] = [train(), train()];
    const all = [...a, ...b].sort((x, y) => x - y);
    const of = (kind: "event-driven" | "clock-driven") =>
      variables(driven({ synapse: stdp(kind) }), all.at(-1)! + 1, firing(a, b), "w", "apre", "apost");
    const [event, clock] = [await of("event-driven"), await of("clock-driven")];
    // 4000 products of a number below 1 with exp(-dt/tau), half an ulp each.
    event.forEach((x, k) => expect(Math.abs(x - clock[k]!)).toBeLessThan(4000 * 2 ** -53));
  });
  test("two that are coupled: an alpha function", async () => {
    const s = synapse({
      name: "alpha",
      equations: "dx/dt = (y - x)/tau : 1 (event-driven)\ndy/dt = -y/tau : 1 (event-driven)",
      parameters: { tau: "5 ms" },
      onPre: "y += 1",
    });
    const [x, y, last] = await variables(driven({ synapse: s }), 200, firing([10, 130], []), "x", "y", "lastupdate");
    const d = (120 * dt) / 5e-3;
    expect(last).toBe(130);
    expect(x! / (d * Math.exp(-d))).toBeCloseTo(1, 14);
    expect(y! / (1 + Math.exp(-d))).toBeCloseTo(1, 14);
  });
  test("short-term plasticity of Tsodyks and Markram, as Brian's example has it, for a regular train", async () => {
    // brian2 examples/synapses: short_term_plasticity2.
    const s = synapse({
      name: "stp",
      equations: "dx/dt = (1 - x)/taud : 1 (event-driven)\ndu/dt = (U - u)/tauf : 1 (event-driven)",
      parameters: { taud: "100 ms", tauf: "5 ms", U: 0.6 },
      variables: { x: 1, u: 0.6 },
      onPre: "ge_post += w*u*x; x *= 1 - u; u += U*(1 - u)",
    });
    const spikes = [100, 300, 500, 700, 900];
    let [x, u, sum, last] = [1, 0.6, 0, 0];
    for (const k of spikes) {
      const t = (k - last) * dt;
      x = 1 + (x - 1) * Math.exp(-t / 0.1);
      u = 0.6 + (u - 0.6) * Math.exp(-t / 5e-3);
      sum += 0.5 * u * x;
      x *= 1 - u;
      u += 0.6 * (1 - u);
      last = k;
    }
    const net = driven({ synapse: s });
    expect((await variables(net, 901, firing(spikes, []), "x"))[0]).toBeCloseTo(x, 14);
    expect(await outcome(net, 901, firing(spikes, []), (e) => e.state("b.ge")[0])).toBeCloseTo(sum, 14);
  });
  test("from a first step that is not 0, past 2^32, and over a snapshot", async () => {
    const net = driven({ synapse: stdp() });
    for (const firstStep of [12345, 2 ** 32 - 120]) {
      const first = await variables(net, 300, firing([10, 200], [150]), "w");
      const late = await outcome(net, 300, firing([10, 200], [150]), (e) => [e.synapses("a>b.ge").w![0]], {
        firstStep,
      });
      expect(late).toEqual(first);
    }
    using one = await createEngine(net, wasm, { type: "f64" });
    one.run(300, firing([10, 200], [150]));
    using two = await createEngine(net, interpret, { type: "f64" });
    two.restore(one.snapshot());
    const later = firing([40], [90]);
    one.run(100, later);
    two.run(100, later);
    expect(two.synapses("a>b.ge")).toEqual(one.synapses("a>b.ge"));
  });
  test("what they start with decays from the first step, wherever that is", async () => {
    const s = synapse({
      name: "trace",
      equations: "dp/dt = -p/tau : 1 (event-driven)",
      parameters: { tau: "20 ms" },
      variables: { p: 1 },
      onPre: "p += 1",
    });
    for (const firstStep of [0, 12345]) {
      const look = (e: Engine): number => e.synapses("a>b.ge").p![0]!;
      const p = await outcome(driven({ synapse: s }), 100, firing([60], []), look, { firstStep });
      expect(p).toBeCloseTo(1 + Math.exp(-(60 * dt) / 20e-3), 14);
    }
  });
  test("under other schedules the closed form is the same", async () => {
    for (const schedule of ["layered", "loihi"] as const) {
      const s = synapse({
        name: "trace",
        equations: "dp/dt = -p/tau : 1 (event-driven)",
        parameters: { tau: "20 ms" },
        onPre: "p += 1",
      });
      const [p] = await variables(driven({ synapse: s }, { schedule }), 400, firing([10, 130], []), "p");
      expect(p).toBeCloseTo(1 + Math.exp(-(120 * dt) / 20e-3), 13);
    }
  });
});

describe("clock-driven equations", () => {
  test("an NMDA-like gate, nonlinear, by rk4: the order of convergence is 4", async () => {
    // ds/dt = -s/tau + alpha x (1 - s), dx/dt = -x/tauRise after one spike at time 0: linear in s, so the reference is
    // the same problem at a sixteenth of the step.
    const s = (method: "rk4" | "rk2") =>
      synapse({
        name: "nmda",
        equations: "ds/dt = -s/tau + alpha*x*(1 - s) : 1 (clock-driven)\ndx/dt = -x/taur : 1 (clock-driven)",
        parameters: { tau: "10 ms", taur: "2 ms", alpha: "0.5/ms" },
        onPre: "x += 1",
        method,
      });
    const at = async (method: "rk4" | "rk2", per: number): Promise<number> => {
      const net = driven({ synapse: s(method) }, { step: 1e-3 / per });
      // The spike of step 1 acts at its end; 20 ms later:
      return (await variables(net, 2 + 20 * per, firing([1], []), "s"))[0]!;
    };
    for (const [method, order] of [
      ["rk4", 4],
      ["rk2", 2],
    ] as const) {
      const exact = await at("rk4", 64);
      const errors = [await at(method, 4), await at(method, 8)].map((x) => Math.abs(x - exact));
      expect(Math.abs(Math.log2(errors[0]! / errors[1]!) - order)).toBeLessThan(0.25);
    }
  });
  // As in Brian, a connection's delay is that of its pathways.
  test.each([0, 2])(
    "reads both ends as they were at the end of the step before, whatever the delay: %i",
    async (delay) => {
      const s = synapse({
        name: "seen",
        equations: "dq/dt = (n_pre + 10*n_post + 100*i + 1000*N_post)/second : 1 (clock-driven)",
        method: "euler",
      });
      const counter = neuron({ name: "counter", equations: "n[t+1] = n + 1 : 1", port: "n" });
      const net = network({
        dt: 1,
        schedule: "brian",
        populations: { a: population(2, counter), b: population(2, counter, { initial: { n: 5 } }) },
        connections: [connect("a", "b", { connectivity: oneToOne, synapse: s, delay })],
      });
      const q = await outcome(net, 3, {}, (e) => [...e.synapses("a>b").q!]);
      // n_pre: 0 1 2, n_post: 5 6 7.
      const first = 3 + 10 * 18 + 3 * 2000;
      expect(q).toEqual([first, first + 300]);
    },
  );
});

describe("summed variables", () => {
  // Three leaky cells joined by gap junctions (Brian's documentation, "Summed variables"; its example gapjunctions).
  const cell = neuron({
    name: "cell",
    equations: "dv/dt = (v0 - v + Igap)/tau : 1\nIgap : 1 (input)\nv0 : 1",
    parameters: { tau: "10 ms" },
    method: "euler",
    port: "Igap",
  });
  const gap = synapse({ name: "gap", equations: "w : 1\nIgap_post = w*(v_pre - v_post) : 1 (summed)" });
  const net = network({
    dt: "0.1 ms",
    schedule: "brian",
    populations: { c: population(3, cell, { initial: { v: [1, 0.5, -1], v0: [0, 1, 2] } }) },
    connections: [
      connect("c", "c", { connectivity: pairs([0, 1, 1, 2], [1, 0, 2, 1]), weight: [0.25, 0.5, 1, 2], synapse: gap }),
    ],
  });
  test("gap junctions: Brian's loop, written out", async () => {
    let v = [1, 0.5, -1];
    const [v0, from, to, w] = [
      [0, 1, 2],
      [0, 1, 1, 2],
      [1, 0, 2, 1],
      [0.25, 0.5, 1, 2],
    ];
    for (let k = 0; k < 200; k++) {
      const sum = [0, 0, 0];
      from.forEach((s, n) => (sum[to[n]!]! += w[n]! * (v[s]! - v[to[n]!]!)));
      v = v.map((x, n) => x + (1e-4 * (v0[n]! - x + sum[n]!)) / 10e-3);
    }
    const found = await outcome(net, 200, {}, (e) => [...e.state("c.v").subarray(0, 3)]);
    found.forEach((x, n) => expect(x).toBeCloseTo(v[n]!, 12));
  });
  test("what is summed must be an input of the target", async () => {
    const keeps = neuron({ name: "keeps", equations: "dv/dt = -v/second : 1\nIgap : 1" });
    const wrong = network({
      dt: "0.1 ms",
      schedule: "brian",
      populations: { c: population(2, keeps) },
      connections: [connect("c", "c", { connectivity: oneToOne, synapse: gap, delay: 1 })],
    });
    await expect(createEngine(wrong, interpret)).rejects.toThrow(
      "synapse gap.equations: line 2: 'Igap' of keeps is a variable that would keep old sums: declare it as 'Igap : unit (input)'",
    );
  });
});

describe("what a pathway does to both ends, in Brian's order", () => {
  const body = (trigger: "pre" | "post", text: string, more: Partial<SynapseSpec> = {}) =>
    synapse({ name: "s", ...(trigger === "pre" ? { onPre: text } : { onPost: text }), ...more });
  const states = (net: Network, steps: number, inputs: Inputs, ...names: string[]) =>
    outcome(net, steps, inputs, (e) => names.map((x) => e.state(x)[0]));

  test("several targets at once, and what is read is what was just written", async () => {
    const net = driven({
      synapse: body("pre", "ge += w; x_post += 1; x += ge_post; ge_post *= 2; x_post -= half_post"),
    });
    // ge 0.5, x 1, x 1.5, ge 1, x 1; then ge 1.5, x 2, x 3.5, ge 3, x 2.
    expect(await states(net, 40, firing([5, 20], []), "b.ge", "b.x")).toEqual([3, 2]);
  });
  test("a target's variable may be set, of any type", async () => {
    const net = driven({ synapse: body("pre", "ge = 7; n_post += 2; flag_post = not flag_post") });
    expect(await states(net, 40, firing([5, 20, 25], []), "b.ge", "b.n", "b.flag")).toEqual([7, 6, 1]);
  });
  test("the source's too", async () => {
    const net = driven({ synapse: body("pre", "x_pre += w; ge_pre = x_pre") });
    expect(await states(net, 40, firing([5, 20], [9]), "a.x", "a.ge", "b.x")).toEqual([1, 1, 0]);
    const back = driven({ synapse: body("post", "x_pre += 1; x_post += 10") });
    expect(await states(back, 40, firing([5], [9, 12]), "a.x", "b.x")).toEqual([2, 20]);
  });
  test("a divergent source adds up over its synapses", async () => {
    const net = network({
      dt,
      schedule: "brian",
      inputs: { toA: inputNode(2) },
      populations: { a: population(2, relay), b: population(3, relay) },
      connections: [
        connect("toA", "a", { connectivity: oneToOne, weight: 1 }),
        connect("a", "b", { weight: [1, 2, 4, 8, 16, 32], synapse: body("pre", "x_pre += w") }),
      ],
    });
    const x = await outcome(net, 4, { toA: { steps: [0, 1], indices: [0, 1] } }, (e) => [
      ...e.state("a.x").subarray(0, 2),
    ]);
    expect(x).toEqual([7, 56]);
    await expect(createEngine(net, wasm, { parts: 2 })).rejects.toThrow(
      "engine.parts: connection a>b changes its source: one part only, got 2",
    );
  });
  test("what is (unless refractory) stays while the target is refractory, as in Brian", async () => {
    const held = neuron({
      name: "held",
      equations: "v : 1\ndg/dt = 0/second : 1 (unless refractory)\nf : 1",
      spike: "v > 0.5",
      reset: "v = 0",
      refractory: "1 ms",
      port: "v",
    });
    const net = network({
      dt,
      schedule: "brian",
      inputs: { toA: inputNode(1), toB: inputNode(1) },
      populations: { a: population(1, relay), b: population(1, held) },
      connections: [
        connect("toA", "a", { weight: 1 }),
        connect("toB", "b", { weight: 1, port: "v" }),
        connect("a", "b", { synapse: body("pre", "g_post += 1; f_post += 1") }),
      ],
    });
    // b fires in step 10 and is refractory in steps 10 to 19.
    const found = await states(net, 40, firing([5, 12, 19, 22], [10]), "b.g", "b.f");
    expect(found).toEqual([2, 4]);
  });
  test("pathways of both triggers in the order that they name; by default pre before post", async () => {
    const of = (more: Partial<SynapseSpec>) => driven({ synapse: synapse({ name: "s", ...more }) });
    const both = { onPre: { one: "ge += 1", two: { body: "ge *= 3", order: 5 } }, onPost: "ge *= 10" };
    // ge + 1, times 10, times 3: the same whatever the order of the products; then x tells them apart.
    expect(await states(of(both), 20, firing([5], [5]), "b.ge")).toEqual([30]);
    const first = { onPre: "ge += 1", onPost: { body: "ge = 5", order: -2 } };
    expect(await states(of(first), 20, firing([5], [5]), "b.ge")).toEqual([6]);
    expect(await states(of({ onPre: "ge += 1", onPost: "ge = 5" }), 20, firing([5], [5]), "b.ge")).toEqual([5]);
  });
  test("delays of single pathways", async () => {
    const s = synapse({ name: "s", onPre: { soon: "x_post += 1", late: { body: "ge += 1", delay: 3 } } });
    const net = driven({ synapse: s, delay: 2 });
    expect(await states(net, 8, firing([5], []), "b.x", "b.ge")).toEqual([1, 0]);
    expect(await states(net, 11, firing([5], []), "b.x", "b.ge")).toEqual([1, 1]);
  });
  test("whole and boolean variables of synapses, and constants of each", async () => {
    const s = synapse({
      name: "s",
      equations: "count : integer\nodd : boolean\nlimit : 1 (constant)",
      variables: { limit: 2.5 },
      onPre: "count += 1; odd = not odd; ge += int(odd)*limit",
    });
    const net = driven({ synapse: s });
    const [count, odd] = await variables(net, 40, firing([5, 9, 20], []), "count", "odd");
    expect([count, odd, ...(await states(net, 40, firing([5, 9, 20], []), "b.ge"))]).toEqual([3, 1, 5]);
  });
});

test("functions of the user, in equations and pathways", async () => {
  // A sliding threshold as BCM has it: phi(x, theta) = x (x - theta).
  const s = synapse({
    name: "bcm",
    equations: "w : 1\ndtheta/dt = decay(theta) : 1 (event-driven)",
    functions: { "decay(a)": "-a/(20*ms)", "phi(x, m)": "x*(x - m)" },
    onPre: "theta += 1; w += phi(2, theta)",
  });
  const [w, theta] = await variables(driven({ synapse: s }), 300, firing([10, 210], []), "w", "theta");
  const second = 1 + Math.exp(-(200 * dt) / 20e-3);
  expect(theta).toBeCloseTo(second, 14);
  expect(w).toBeCloseTo(0.5 + 2 * (2 - 1) + 2 * (2 - second), 13);
  expect(synapse(JSON.parse(JSON.stringify(s)))).toEqual(s);
});

const release = synapse({
  name: "release",
  equations: "u : 1",
  parameters: { p: 0.3 },
  onPre: "u = rand(); ge += w*int(u < p)",
});
describe("pathways on custom events (Brian's on_event)", () => {
  const cell = neuron({
    name: "cell",
    equations: "v[t+1] = v + 1 : 1\nx : 1\ny : 1\nI : 1 (input)\nseen[t+1] = I : 1",
    spike: "v % 10 == 0",
    events: { third: "v % 3 == 0", count: "i == 1 and v == 5" },
    port: "x",
  });
  const events = (schedule: ScheduleName, size = 2, delay = 0) => {
    const s = synapse({
      name: "s",
      equations: "w : 1\ndp/dt = 0*p/second : 1 (event-driven)",
      onEvent: { pre: "third", post: "count" },
      onPre: "x += v_pre; p += 1",
      onPost: "p += 100",
    });
    const spiking = synapse({
      name: "both",
      pathways: [
        { trigger: "pre", body: "y_post += 1" },
        { trigger: "pre", event: "third", delay: 1, body: "y_post += 10" },
      ],
    });
    return network({
      dt: 1,
      schedule,
      populations: { a: population(size, cell), b: population(size, cell, { initial: { v: 0 } }) },
      connections: [
        connect("a", "b", { connectivity: oneToOne, weight: 1, synapse: s, delay, name: "s" }),
        connect("a", "b", { connectivity: oneToOne, weight: 1, synapse: spiking, port: "y", name: "both" }),
      ],
    });
  };
  const look = (e: Engine): number[][] => [
    [...e.state("b.x").subarray(0, 2)],
    [...e.state("b.y").subarray(0, 2)],
    [...e.synapses("s").p!],
  ];
  test("brian: of the source and of the target, beside spikes, after their delays", async () => {
    // v = 1, 2, ...: third at 3, 6, 9; spike at 10; count of neuron 1 at 5.
    expect(await outcome(events("brian"), 9, {}, look)).toEqual([
      [18, 18],
      [20, 20],
      [3, 103],
    ]);
    expect(await outcome(events("brian"), 10, {}, look)).toEqual([
      [18, 18],
      [31, 31],
      [3, 103],
    ]);
    // Two steps later v_pre is 5, 8, and the third has not come.
    expect(await outcome(events("brian", 2, 2), 10, {}, look)).toEqual([
      [13, 13],
      [31, 31],
      [2, 102],
    ]);
  });
  test("layered: v_pre is that of the event", async () => {
    expect(await outcome(events("layered", 2, 2), 10, {}, look)).toEqual([
      [9, 9],
      [31, 31],
      [2, 102],
    ]);
  });
  test("the same bits in parts, and over a snapshot from one to several", async () => {
    const net = events("brian", 300, 2);
    const last = (e: Engine): number[][] => [[...e.state("b.x")], [...e.state("b.y")]];
    using one = await createEngine(net, wasm, { parts: 1 });
    using three = await createEngine(net, interpret, { parts: 3 });
    one.run(7);
    three.run(7);
    expect(last(three)).toEqual(last(one));
    using later = await createEngine(net, wasm, { parts: 3 });
    later.restore(one.snapshot());
    for (const e of [one, three, later]) e.run(20);
    expect([last(three), last(later)]).toEqual([last(one), last(one)]);
  });
  test("refused", () => {
    const made = (event: string) => () =>
      network({
        dt: 1,
        inputs: { in: inputNode(1) },
        populations: { b: population(1, cell) },
        connections: [
          connect("in", "b", {
            synapse: synapse({ name: "s", pathways: [{ trigger: "post", event, body: "w = 1" }] }),
          }),
        ],
      });
    expect(made("fourth")).toThrow("connection in>b: 'b' has no event 'fourth'; known: count, third");
    expect(made("count")).not.toThrow();
    expect(() => synapse({ name: "s", pathways: [{ trigger: "step", event: "x", body: "w = 1" }] })).toThrow(
      "synapse s.step: a pathway of every step waits for no event, got 'x'",
    );
  });
});

describe("draws in pathways", () => {
  test("are those of the host, by synapse and step", async () => {
    const net = driven({ synapse: release }, { size: 3 });
    const inputs: Inputs = { toA: { steps: [4, 4, 4], indices: [0, 1, 2] } };
    const u = await outcome(net, 20, inputs, (e) => [...e.synapses("a>b.ge").u!], { seed: 7 });
    const stream = streamOf("a>b.ge pathway 0");
    expect(u).toEqual([0, 1, 2].map((element) => uniformAt({ seed: 7, stream, element, sample: 0, step: 5 })));
  });
});

describe("in parts", () => {
  test("draws of pairs in any order", async () => {
    const random = numbers(5);
    const order = Array.from({ length: 600 }, (_, k) => [k % 3, Math.floor(k / 3), random()] as const).sort(
      (x, y) => x[2] - y[2],
    );
    const shuffled = pairs(
      order.map((x) => x[0]),
      order.map((x) => x[1]),
    );
    const net = network({
      dt,
      schedule: "brian",
      inputs: { x: inputNode(3) },
      populations: { b: population(200, relay) },
      connections: [connect("x", "b", { connectivity: shuffled, weight: 1, synapse: release, port: "ge" })],
    });
    const of = async (parts: number): Promise<number[]> => {
      using e = await createEngine(net, wasm, { parts, seed: 2 });
      e.run(9, { x: { steps: [1, 1, 5, 8], indices: [0, 2, 1, 0] } });
      return [...e.state("b.ge")];
    };
    const one = await of(1);
    expect(one.reduce((x, y) => x + y, 0)).toBeGreaterThan(100);
    expect(await of(3)).toEqual(one);
  });

  const noisy = neuron({
    name: "noisy",
    equations:
      "dv/dt = (1.2 + ge - v)/tau + 0.3*xi*tau**-0.5 : 1 (unless refractory)\ndge/dt = -ge/(5*ms) : 1\nI : 1 (input)\nseen = I : 1",
    parameters: { tau: "4 ms" },
    spike: "v > 1",
    reset: "v = 0",
    refractory: "2 ms",
    port: "ge",
  });
  const everything = synapse({
    name: "everything",
    equations: `${traces("event-driven")}
      dq/dt = (v_pre - q)/(3*ms) + 0.1*xi*ms**-0.5 : 1 (clock-driven)
      I_post = 0.1*q*v_post : 1 (summed)`,
    parameters: { taupre: "20 ms", taupost: "20 ms" },
    onPre: "ge += w*int(rand() < 0.7); apre += 0.01; w = clip(w + apost, 0, 1)",
    onPost: "apost -= 0.01; w = clip(w + apre, 0, 1)",
  });
  const net = network({
    dt: "1 ms",
    schedule: "brian",
    populations: {
      a: population(70, noisy, { initial: { v: uniform(0, 1) } }),
      b: population(300, noisy, { initial: { v: uniform(0, 1) } }),
    },
    connections: [
      connect("a", "b", {
        connectivity: probability(0.1),
        weight: uniform(0, 0.2),
        synapse: everything,
        delay: "1 ms",
      }),
    ],
  });
  test("the same bits on 1 and 3 parts, on both backends", async () => {
    const of = async (backend: (typeof BACKENDS)[number], parts: number) => {
      using e = await createEngine(net, backend, { seed: 3, parts, record: ["b.v", "b.seen"], block: 16 });
      const { digest, values } = e.run(60);
      const { source, target, ...own } = e.synapses("a>b");
      const order = [...source!.keys()].sort((x, y) => source![x]! - source![y]! || target![x]! - target![y]!);
      return {
        digest,
        values,
        own: Object.fromEntries(Object.entries(own).map(([k, x]) => [k, order.map((n) => x[n])])),
      };
    };
    const expected = await of(interpret, 1);
    expect(new Set(expected.own.q).size).toBeGreaterThan(100);
    expect(await of(wasm, 1)).toEqual(expected);
    expect(await of(interpret, 3)).toEqual(expected);
    expect(await of(wasm, 3)).toEqual(expected);
  });
});

describe("units, where equations say what they are", () => {
  const cell = neuron({
    name: "cell",
    equations: "dv/dt = -v/(10*ms) : volt\nge : siemens\nI : amp (input)",
    spike: "v > 1*mV",
    port: "ge",
  });
  const build = async (spec: Partial<SynapseSpec>): Promise<string> => {
    try {
      const net = network({
        dt,
        schedule: "brian",
        populations: { a: population(1, cell), b: population(1, cell) },
        connections: [
          connect("a", "b", { synapse: synapse({ name: "s", equations: "w : siemens", ...spec }), delay: 1 }),
        ],
      });
      (await createEngine(net, interpret)).dispose();
      return "accepted";
    } catch (e) {
      return (e as Error).message;
    }
  };
  test.each<[Partial<SynapseSpec>, string]>([
    [{ onPre: "ge += w" }, "accepted"],
    [{ onPre: "ge_post += 2*nS" }, "accepted"],
    [
      { onPre: "ge += w*v_pre" },
      "synapse s.pre: line 1: '+' needs one dimension on both sides, but 'ge' has dimension siemens and 'w * v_pre' has dimension amp\n    ge += w*v_pre\n          ^",
    ],
    [{ onPre: "v_post = w" }, "synapse s.pre: line 1: 'v_post' needs dimension volt, but 'w' has dimension siemens"],
    [
      { equations: "dx/dt = -x : 1 (event-driven)", onPre: "x += 1" },
      "synapse s.equations: line 1: 'x' needs dimension hertz",
    ],
    [{ equations: "I_post = v_pre : volt (summed)" }, "synapse s.equations: line 1: 'I_post' needs dimension amp"],
    [
      { equations: "tau : second (constant)", parameters: { tau: "2 mV" } },
      "synapse s.equations: line 1: 'tau' is declared in second, but its value is in volt",
    ],
    [{ equations: "x : 1 (shared)" }, "line 1: 'x' is a parameter without a value; give one in 'parameters'"],
    [{ equations: "x = v_pre : 1", onPre: "ge += w" }, "synapse s.equations: line 1: 'x' needs dimension 1"],
    [{ onPre: "ge += frob(w)" }, "synapse s.pre: line 1: unknown function 'frob'"],
    [
      { onPre: "q = 1" },
      "synapse s.pre: line 1: 'q' is not a variable here; known: ge, ge_post, ge_pre, t, v_post, v_pre, w",
    ],
    [{ equations: "x : 1 (constant)", onPre: "x = 1" }, "synapse s.pre: line 1: 'x' is declared (constant)"],
    [{ equations: "x = 2 : 1", onPre: "x = 1" }, "synapse s.pre: line 1: 'x' is computed when it is read"],
    [
      { parameters: { p: 1 }, onPre: "p = 1" },
      "synapse s.pre: line 1: 'p' is a parameter, and the same for all synapses",
    ],
    [
      { equations: "dx/dt = -x**2/second : 1 (event-driven)", onPre: "x += 1" },
      "synapse s.equations: cannot be event-driven: dx/dt is not linear",
    ],
    [
      {
        equations:
          "dx/dt = y/second : 1 (event-driven)\ndy/dt = z/second : 1 (event-driven)\ndz/dt = x/second : 1 (event-driven)",
        onPre: "x += 1",
      },
      "cannot be event-driven: no closed form for",
    ],
    [
      { equations: "dx/dt = -x/second : 1 (event-driven)\ndy/dt = x/second : 1 (clock-driven)" },
      "line 2: 'x' is event-driven, and stands as its last event left it: make it (clock-driven)",
    ],
    [
      { equations: "dx/dt = y/second : 1 (event-driven)\ndy/dt = -y/second : 1 (clock-driven)" },
      "line 1: an event-driven equation cannot read 'y', which moves by the clock",
    ],
    [
      { equations: "dx/dt = v_post/(mV*second) : 1 (event-driven)" },
      "line 1: an event-driven equation cannot read 'v_post', which changes between events: make it (clock-driven)",
    ],
    [
      { equations: "I_pre = 1*mA : amp (summed)" },
      "line 1: 'I_pre': a sum goes to the target; connect the other way round",
    ],
    [
      { onPre: "ge += w*I/(1*mA)" },
      "synapse s: 'I' is an input of cell: what it adds up is not there for synapses to read",
    ],
    [
      { equations: "x_post : 1" },
      "line 1: 'x_post': names that end in _pre and _post belong to the source and the target",
    ],
    [{ equations: "x : 1 (input)" }, "line 1: 'input' belongs to neurons"],
    [{ equations: "dw/dt = -w/second : 1" }, "line 1: 'w' is the weight of each synapse"],
    [
      { equations: "x : 1", variables: { y: 1 } },
      "synapse s.variables.y: no variable called 'y' in the equations; known: x",
    ],
    [
      { onPre: "ge += w; I += 1*mA" },
      "synapse s.pre: line 1: 'ge' and another target are added to at different moments, because the update reads one as an (input): use two pathways",
    ],
  ])("%o", async (spec, message) => {
    expect(await build(spec)).toContain(message);
  });
});

describe("under other schedules", () => {
  test("several ports take sums; nothing else is changed", async () => {
    const both = synapse({ name: "s", onPre: "ge += w; x_post += 2; x -= 1" });
    const found = await outcome(driven({ synapse: both }, { schedule: "layered" }), 30, firing([5, 9], []), (e) => [
      e.state("b.ge")[0],
      e.state("b.x")[0],
    ]);
    expect(found).toEqual([1, 2]);
    const set = synapse({ name: "s", onPre: "x_post = 1" });
    await expect(createEngine(driven({ synapse: set }, { schedule: "layered" }), interpret)).rejects.toThrow(
      "synapse s.pre: line 1: a target variable can only be added to (+=, -=); under schedule 'brian' a synapse may also set it",
    );
  });
});

test("a recording is the same on both backends", async () => {
  const net = driven({ synapse: stdp() });
  const r = await run(net, 300, { inputs: firing([5, 9, 100], [50, 120]), record: ["b.ge"], block: 7 });
  expect(r.values["b.ge"]!.at(-1)).toBeGreaterThan(1);
});

test("as JSON it is the same synapse", () => {
  const s = stdp();
  expect(synapse(JSON.parse(JSON.stringify(s)))).toEqual(s);
});
