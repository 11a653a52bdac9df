/** Synapses with equations: against closed forms, against loops written out, and event-driven against clock-driven. */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne, pairs, probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import { driven, dt, firing, outcome, relay, release, stdp, traces, variables } from "./driven.ts";
import { type BACKENDS, numbers, run } from "./run.ts";

/** Steps after those of 'brian' in which a spike that an input brings about reaches the synapse behind it. */
const LATE = { layered: -1, loihi: 1 } as const;

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
    // Traces are shown as the next step finds them, and clock-driven ones as the last step left them.
    const of = (kind: "event-driven" | "clock-driven", steps: number) =>
      variables(driven({ synapse: stdp(kind) }), all.at(-1)! + steps, firing(a, b), "w", "apre", "apost");
    const [event, clock] = [await of("event-driven", 1), await of("clock-driven", 2)];
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
    const [x, y] = await variables(driven({ synapse: s }), 200, firing([10, 130], []), "x", "y");
    const [first, second] = [10, 130].map((step) => ((200 - step) * dt) / 5e-3) as [number, number];
    expect(x! / (first * Math.exp(-first) + second * Math.exp(-second))).toBeCloseTo(1, 14);
    expect(y! / (Math.exp(-first) + Math.exp(-second))).toBeCloseTo(1, 14);
  });
  test.each([
    ["parameters", "", { taux: "5 ms", tauy: "2 ms" }],
    ["parameters", "", { taux: "2 ms", tauy: "5 ms" }],
    ["of each synapse", "taux : second (constant)\ntauy : second (constant)\n", {}],
  ] as const)(
    "two that are coupled, over any time: nothing overflows; time constants as %s",
    async (_, own, parameters) => {
      const s = synapse({
        name: "coupled",
        equations: `${own}dx/dt = y/taux - x/taux : 1 (event-driven)\ndy/dt = -y/tauy : 1 (event-driven)`,
        parameters,
        variables: own === "" ? {} : { taux: 5e-3, tauy: 2e-3 },
        onPre: "y += 1",
      });
      const [taux, tauy] =
        "taux" in parameters ? [parameters.taux, parameters.tauy].map((x) => Number.parseFloat(x)) : [5, 2];
      for (const type of ["f32", "f64"] as const) {
        using e = await createEngine(driven({ synapse: s }), wasm, { type });
        e.run(200_031, firing([10, 200_010, 200_030], []));
        // 20 s are thousands of time constants; t after a spike: (exp(-t/taux) - exp(-t/tauy)) tauy / (taux - tauy).
        const answer = (t: number): number => ((Math.exp(-t / taux!) - Math.exp(-t / tauy!)) * tauy!) / (taux! - tauy!);
        // What a neuron's synapses share is shown as the next step finds it, the rest as the last event did.
        const expected = own === "" ? answer(2.1) + answer(0.1) : answer(2);
        expect(e.synapses("a>b.ge").x![0]).toBeCloseTo(expected, type === "f32" ? 6 : 14);
      }
    },
  );
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
    const next = 1 + (x - 1) * Math.exp(-dt / 0.1);
    expect((await variables(net, 901, firing(spikes, []), "x"))[0]).toBeCloseTo(next, 14);
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
      expect(p).toBeCloseTo(Math.exp(-(100 * dt) / 20e-3) + Math.exp(-(40 * dt) / 20e-3), 14);
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
      const net = driven({ synapse: s }, { schedule });
      const [p] = await variables(net, 400, firing([10, 130], []), "p");
      const since = (step: number): number => (400 - step - LATE[schedule]) * dt;
      expect(p).toBeCloseTo(Math.exp(-since(10) / 20e-3) + Math.exp(-since(130) / 20e-3), 13);
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
  test("what is summed is an input, declared or not; what moves by itself cannot be", async () => {
    const other = (text: string, initial = {}) =>
      network({
        dt: "0.1 ms",
        schedule: "brian",
        populations: { c: population(2, neuron({ name: "other", equations: text }), { initial }) },
        connections: [connect("c", "c", { connectivity: oneToOne, synapse: gap, delay: 1 })],
      });
    const plain = other("Igap : 1 # brian's way\ndv/dt = -v/second : 1").populations.c!.model;
    expect(plain.inputs.map((i) => i.name)).toEqual(["Igap"]);
    expect(plain.variables.map((v) => v.name)).toEqual(["v"]);
    expect([plain.port, neuron(plain.spec)]).toEqual(["v", plain]);
    await expect(createEngine(other("dv/dt = -v/second : 1\ndIgap/dt = -v/second : 1"), interpret)).rejects.toThrow(
      "synapse gap.equations: line 2: 'Igap' of other is a variable that would keep old sums: declare it as 'Igap : unit'",
    );
    expect(() => other("v : 1\nIgap : 1", { Igap: 1 })).toThrow(
      "c.initial.Igap: is summed over synapses in every step, and has no value to start with",
    );
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
  expect(theta).toBeCloseTo(second * Math.exp(-(90 * dt) / 20e-3), 14);
  expect(w).toBeCloseTo(0.5 + 2 * (2 - 1) + 2 * (2 - second), 13);
  expect(synapse(JSON.parse(JSON.stringify(s)))).toEqual(s);
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

test("a recording is the same on both backends", async () => {
  const net = driven({ synapse: stdp() });
  const r = await run(net, 300, { inputs: firing([5, 9, 100], [50, 120]), record: ["b.ge"], block: 7 });
  expect(r.values["b.ge"]!.at(-1)).toBeGreaterThan(1);
});

test("as JSON it is the same synapse", () => {
  const s = stdp();
  expect(synapse(JSON.parse(JSON.stringify(s)))).toEqual(s);
});
