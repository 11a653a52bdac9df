/** What holds for every rule: the same bits in parts and on threads, long silence, units, what is refused; and a user's own. */
import { describe, expect, test } from "vitest";
import type { Backend } from "../../../src/backend/backend.ts";
import { interpret } from "../../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne, probability } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { bcm } from "../../../src/model/plasticity/bcm.ts";
import { inhibitoryStdp } from "../../../src/model/plasticity/inhibitoryStdp.ts";
import { multiplicativeStdp } from "../../../src/model/plasticity/multiplicativeStdp.ts";
import { oja } from "../../../src/model/plasticity/oja.ts";
import { type PairStdpOptions, pairStdp } from "../../../src/model/plasticity/pairStdp.ts";
import { powerLawStdp } from "../../../src/model/plasticity/powerLawStdp.ts";
import { rewardStdp } from "../../../src/model/plasticity/rewardStdp.ts";
import { synapticScaling } from "../../../src/model/plasticity/synapticScaling.ts";
import { tripletStdp } from "../../../src/model/plasticity/tripletStdp.ts";
import { type SynapseModel, synapse } from "../../../src/model/synapse.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { arrivals, type Case, dt, inputsOf, pairOf, train, variablesAfter, weightsAfter } from "./tools.ts";

const transmit = "ge += w";
/** Oja's rule between spikes, as a user may write it: the trace of the target forgets (Gerstner et al. 2014, section 19.2). */
const own = synapse({
  name: "spiking Oja",
  equations: `
    dx/dt = -x/tau : 1 (event-driven)
    dy/dt = -y/tau : 1 (event-driven)`,
  parameters: { tau: "20 ms", eta: 0.01 },
  onPre: "ge += w; x += 1",
  onPost: "w += eta*(x - w*y); y += 1",
});
const RULES: Readonly<Record<string, SynapseModel>> = {
  "pair, all": pairStdp({ transmit, wMax: 0.4 }),
  "pair, nearest": pairStdp({ transmit, wMax: 0.4, pairing: "nearest" }),
  "pair, nearest-pre": pairStdp({ transmit, wMax: 0.4, pairing: "nearest-pre" }),
  "pair, nearest-reduced": pairStdp({ transmit, wMax: 0.4, pairing: "nearest-reduced" }),
  "triplet, all": tripletStdp({ transmit, wMax: 0.4 }),
  "triplet, nearest": tripletStdp({ transmit, wMax: 0.4, pairing: "nearest" }),
  multiplicative: multiplicativeStdp({ transmit, cPlus: 0.001 }),
  "power law": powerLawStdp({ transmit, wMax: 0.4, mu: 0.3 }),
  inhibitory: inhibitoryStdp({ transmit: "ge -= w", eta: 0.01 }),
  scaling: synapticScaling({ transmit, aGoal: "20 Hz", tau: "50 ms", beta: 0.002 }),
  "reward STDP": rewardStdp({ transmit, wMax: 0.4, tonic: 0.1 }),
  Oja: oja({ port: "I", source: "v", target: "v" }),
  BCM: bcm({ port: "I", source: "v", target: "v" }),
  "a user's own": own,
};
const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (1.2 + ge + I - v)/tau + 0.3*xi*tau**-0.5 : 1 (unless refractory)
    dge/dt = -ge/(5*ms) : 1
    I : 1 (input)
    dopamine : 1 (input)
    reward = dopamine : 1 (constant over dt)`,
  parameters: { tau: "4 ms" },
  spike: "v > 1",
  reset: "v = 0",
  refractory: "2 ms",
  events: { rewarded: "reward != 0" },
  port: "ge",
});
const ALL = Object.entries(RULES);
/** One connection for each rule, all between the same two populations. */
const plastic = network({
  dt: "0.5 ms",
  schedule: "brian",
  inputs: { reward: inputNode(1) },
  populations: {
    a: population(30, cell, { initial: { v: uniform(0, 1) } }),
    b: population(90, cell, { initial: { v: uniform(0, 1) } }),
  },
  connections: [
    connect("reward", "b", { port: "dopamine", weight: 0.5 }),
    ...ALL.flatMap(([name, rule]) =>
      connect("a", "b", {
        name,
        connectivity: probability(0.1),
        weight: uniform(0, 0.03),
        synapse: rule,
        delay: "1 ms",
      }),
    ),
  ],
});

test("the same bits on both backends, in parts and on two threads", async () => {
  const two = threadedWasm(2);
  try {
    const of = async (backend: Backend, parts: number) => {
      using e = await createEngine(plastic, backend, { seed: 3, parts });
      const first = ALL.map(([name]) => [...e.synapses(name).w!]);
      const { digest } = e.run(90, { reward: { steps: [40, 80], indices: [0, 0] } });
      const left = ALL.map(([rule], k) => {
        const { source, target, ...variables } = e.synapses(rule);
        const order = [...source!.keys()].sort((p, q) => source![p]! - source![q]! || target![p]! - target![q]!);
        const values = Object.entries(variables).map(([x, v]) => [x, order.map((n) => v[n])] as const);
        return { rule, ...Object.fromEntries(values), learns: [...variables.w!].some((w, n) => w !== first[k]![n]) };
      });
      return { digest, left };
    };
    const expected = await of(interpret, 1);
    for (const { rule, learns } of expected.left) expect([rule, learns]).toEqual([rule, true]);
    for (const [backend, parts] of [
      [wasm, 1],
      [wasm, 3],
      [two, 2],
    ] as const)
      expect(await of(backend, parts)).toEqual(expected);
  } finally {
    two.dispose();
  }
});
test.each(ALL)("%s: as JSON it is the same synapse", (_, rule) => {
  expect(synapse(JSON.parse(JSON.stringify(rule)))).toEqual(rule);
});

describe.each(["f32", "f64"] as const)("a million silent steps, %s", (type) => {
  // Long after a first pair, a synapse is as one that has just begun: 100 s are 100 time constants of the slowest trace here.
  const silence = 1_000_000;
  const late: Case = { pre: [20 + silence, 60 + silence], post: [15 + silence, 40 + silence] };
  const cases: Case[] = [
    { pre: [10, 30, ...late.pre], post: [12, 31, ...late.post] },
    { pre: [10, 30], post: [12, 31] },
  ];
  const events = ALL.filter(([name]) => name !== "Oja" && name !== "BCM");
  const net = (weights: readonly number[][]): Network => {
    const { connections: _, ...rest } = pairOf({ weight: 0 }, { size: 2 });
    return network({
      ...rest,
      schedule: "brian",
      connections: [
        connect("toA", "a", { connectivity: oneToOne, weight: 1 }),
        connect("toB", "b", { connectivity: oneToOne, weight: 1 }),
        ...events.flatMap(([name, synapse], k) =>
          connect("a", "b", { name, connectivity: oneToOne, weight: weights[k]!, synapse, port: "ge" }),
        ),
      ],
    });
  };
  const leaves = async (weights: readonly number[][], steps: number, of: readonly Case[]) => {
    using e = await createEngine(net(weights), wasm, { type });
    e.run(steps, inputsOf(of));
    return events.map(([name]) => Object.fromEntries(Object.entries(e.synapses(name)).map(([k, x]) => [k, [...x]])));
  };
  test("traces are what their closed form says, and untouched weights as they were left", async () => {
    const start = events.map(() => [0.2, 0.2]);
    const before = await leaves(start, 40, [cases[1]!, cases[1]!]);
    const found = await leaves(start, silence + 70, cases);
    const begun = before.map((x) => x.w!);
    // The same late spikes on a synapse that starts with the weight of the first, and has no past.
    const shifted: Case = { pre: late.pre.map((k) => k - silence), post: late.post.map((k) => k - silence) };
    const fresh = await leaves(begun, 70, [shifted, { pre: [], post: [] }]);
    events.forEach(([name, rule], k) => {
      const [w, x] = [found[k]!, before[k]!];
      expect([name, w.w![1]]).toEqual([name, x.w![1]]);
      expect(w.w![0]).not.toBe(x.w![0]);
      // Scaling has been at work all the time, dopamine has been there: their own closed forms say how.
      if (name === "scaling" || name === "reward STDP" || name === "multiplicative") {
        expect(w.w!.every(Number.isFinite)).toBe(true);
        return;
      }
      for (const variable of Object.keys(rule.variables))
        expect(w[variable]![0]).toBeCloseTo(fresh[k]![variable]![0]!, type === "f32" ? 5 : 13);
      expect(w.w![0]).toBeCloseTo(fresh[k]!.w![0]!, type === "f32" ? 6 : 14);
    });
  });
});

test("a slow trace over a million steps, in single precision: one rounding, not a million", async () => {
  const slow = pairStdp({ transmit, tauPlus: "100 s", aPlus: 0.5, aMinus: 0, wMax: 1 });
  const net = pairOf({ synapse: slow, weight: 0.25 });
  using e = await createEngine(net, wasm);
  e.run(1_000_020, inputsOf([{ pre: [10], post: [1_000_010] }]));
  const expected = 0.25 + 0.5 * Math.exp((-1_000_000 * dt) / 100);
  // exp, a product, a sum: a few halves of 2^-23 of numbers below 1.
  expect(Math.abs(e.synapses("s").w![0]! - expected)).toBeLessThan(4 * 2 ** -24);
});

describe("a user's own rule", () => {
  test("spiking Oja: the recursion written out", async () => {
    const cases = [1, 2, 3].map((k): Case => ({ pre: train(k, 60, 3000), post: train(k + 4, 60, 3000), w: 0.1 * k }));
    const found = await weightsAfter(own, cases);
    cases.forEach((c, k) => {
      const all = arrivals(c);
      const trace = (of: "pre" | "post", at: number): number =>
        all.slice(0, at).reduce((s, x) => s + (x.of === of ? Math.exp((-(all[at]!.step - x.step) * dt) / 0.02) : 0), 0);
      const w = all.reduce(
        (v, { of }, n) => (of === "pre" ? v : v + 0.01 * (trace("pre", n) - v * trace("post", n))),
        c.w!,
      );
      expect(Math.abs(found[k]! - w)).toBeLessThan(120 * 32 * 2 ** -53);
      expect(Math.abs(w - c.w!)).toBeGreaterThan(1e-2);
    });
  });
  test.each(["event-driven", "clock-driven"] as const)("a weight that forgets by itself, %s", async (kind) => {
    const forgetting = synapse({
      name: "forgetting",
      equations: `dw/dt = (w0 - w)/tau : 1 (${kind})`,
      parameters: { tau: "30 ms", w0: 0.1 },
      onPre: "ge += w; w += 0.2",
    });
    const { w } = await variablesAfter(forgetting, [{ pre: [10, 210], post: [] }], ["w"], { steps: 211 });
    const at = (from: number, steps: number): number => 0.1 + (from - 0.1) * Math.exp((-steps * dt) / 0.03);
    // The clock moves a weight before the spikes of a step, 11 times before the first.
    const first = kind === "event-driven" ? at(0.5, 10) : at(0.5, 11);
    expect(w[0]).toBeCloseTo(at(first + 0.2, 200) + 0.2, 12);
  });
});

describe("units", () => {
  const units = neuron({
    name: "units",
    equations: "dv/dt = (g*(0*mV - v) - nS*v)/(10*pF) : volt\ng : siemens",
    spike: "v > -50*mV",
    reset: "v = -60*mV",
    port: "g",
  });
  const build = async (rule: () => SynapseModel): Promise<string> => {
    try {
      const net = network({
        dt,
        schedule: "brian",
        inputs: { x: inputNode(1) },
        populations: { b: population(1, units) },
        connections: [connect("x", "b", { synapse: rule(), weight: 1e-9 })],
      });
      (await createEngine(net, interpret)).dispose();
      return "accepted";
    } catch (e) {
      return (e as Error).message;
    }
  };
  const to = { transmit: "g += w" };
  test.each<[string, () => SynapseModel]>([
    ["accepted", () => pairStdp({ ...to, wMax: "10 nS" })],
    ["accepted", () => pairStdp({ ...to, wMin: "1 nS", wMax: "10 nS" })],
    ["accepted", () => tripletStdp({ ...to, w0: "1 nS", wMax: "10 nS" })],
    ["accepted", () => multiplicativeStdp({ ...to, cPlus: "7 pS" })],
    ["accepted", () => powerLawStdp({ ...to, wMax: "10 nS" })],
    ["accepted", () => inhibitoryStdp({ ...to, eta: "0.1 nS" })],
    ["accepted", () => inhibitoryStdp({ ...to, eta: "0.1 nS", wMax: "10 nS" })],
    ["accepted", () => synapticScaling({ ...to, aGoal: "5 Hz" })],
    ["must be in siemens, as 'wMin' is, got volt", () => pairStdp({ ...to, wMin: "1 nS", wMax: "10 mV" })],
    ["needs one dimension", () => pairStdp({ ...to, wMax: "10 mV" })],
    ["needs one dimension", () => inhibitoryStdp({ ...to, eta: "1 mV" })],
  ])("%s", async (message, rule) => {
    expect(await build(rule)).toContain(message);
  });
});

describe("refused", () => {
  const pair = (o: Readonly<Record<string, unknown>>) => () => pairStdp({ transmit, wMax: 1, ...o } as PairStdpOptions);
  const REFUSED: readonly (readonly [() => unknown, string])[] = [
    [pair({ tauPlus: "0 ms" }), "pairStdp.tauPlus: must be a finite number > 0, got 0 ms"],
    [pair({ tauPlus: -1 }), "pairStdp.tauPlus: must be a finite number > 0, got -1"],
    [pair({ tauMinus: "20 mV" }), "pairStdp.tauMinus: must be in second, got '20 mV' in volt"],
    [pair({ tauMinus: "20" }), "pairStdp.tauMinus: must be in second, got '20' in 1"],
    [pair({ tauMinus: "soon" }), "pairStdp.tauMinus: 'soon' is not a unit"],
    [pair({ aPlus: Number.NaN }), "pairStdp.aPlus: must be a finite number, got NaN"],
    [pair({ aPlus: [1] }), 'pairStdp.aPlus: must be a quantity such as "20 ms" or a number, got 1'],
    [pair({ wMax: undefined }), "pairStdp.wMax: is a parameter without a value; give one"],
    [pair({ wMin: 2 }), "pairStdp.wMax: must be above wMin (2), got 1"],
    [pair({ wMin: 1 }), "pairStdp.wMax: must be above wMin (1), got 1"],
    [
      pair({ taupre: "20 ms" }),
      "pairStdp.taupre: unknown property; known: aMinus, aPlus, name, pairing, tauMinus, tauPlus, transmit, wMax, wMin",
    ],
    [
      pair({ pairing: "triplet" }),
      "pairStdp.pairing: unknown 'triplet'; known: all, nearest, nearest-pre, nearest-reduced",
    ],
    [
      pair({ transmit: undefined }),
      'pairStdp.transmit: must say what a spike does at the target, such as "ge += w", got undefined',
    ],
    [
      pair({ transmit: " " }),
      'pairStdp.transmit: must say what a spike does at the target, such as "ge += w", got " "',
    ],
    [
      pair({ transmit: "x += w" }),
      "pairStdp.transmit: 'x' is the rule's own; a variable of the target with that name is 'x_post'",
    ],
    [pair({ transmit: "ge += w; ge += w*y" }), "pairStdp.transmit: 'y' is the rule's own"],
    [
      () => inhibitoryStdp({ transmit: "ge += alpha*w", eta: 1 }),
      "inhibitoryStdp.transmit: 'alpha' is the rule's own; a variable of the target with that name is 'alpha_post'",
    ],
    [pair({ transmit: "w = 1" }), "pairStdp.transmit: 'w' is the rule's own"],
    [pair({ transmit: "ge + w" }), "pairStdp.transmit: line 1: "],
    [() => pairStdp(undefined as never), "pairStdp: takes its options as an object, got undefined"],
    [
      () => tripletStdp({ transmit, wMax: 1, fit: "cortex" as never }),
      "tripletStdp.fit: unknown 'cortex'; known: hippocampus, ",
    ],
    [
      () => tripletStdp({ transmit, wMax: 1, pairing: "nearest-pre" as never }),
      "tripletStdp.pairing: unknown 'nearest-pre'; known: all, nearest",
    ],
    [() => tripletStdp(undefined as never), "tripletStdp: takes its options as an object, got undefined"],
    [() => tripletStdp({ transmit } as never), "tripletStdp.wMax: is a parameter without a value"],
    [
      () => multiplicativeStdp({ transmit, cPlus: 1, cMinus: -0.1 }),
      "multiplicativeStdp.cMinus: must be a finite number >= 0, got -0.1",
    ],
    [
      () => multiplicativeStdp({ transmit, cPlus: 1, pairing: "nearest-pre" as never }),
      "multiplicativeStdp.pairing: unknown 'nearest-pre'; known: all, nearest",
    ],
    [() => powerLawStdp({ transmit, wMax: 1, mu: 1.5 }), "powerLawStdp.mu: must be a number from 0 to 1, got 1.5"],
    [() => inhibitoryStdp({ transmit, eta: 0 }), "inhibitoryStdp.eta: must be a finite number > 0, got 0"],
    [
      () => inhibitoryStdp({ transmit, eta: 1, rho0: "5 ms" }),
      "inhibitoryStdp.rho0: must be in hertz, got '5 ms' in second",
    ],
    [() => synapticScaling({ transmit } as never), "synapticScaling.aGoal: is a parameter without a value"],
    [() => rewardStdp({ transmit, wMax: 1, tauC: 0 }), "rewardStdp.tauC: must be a finite number > 0, got 0"],
    [
      () => rewardStdp({ transmit, wMax: 1, reward: "1" }),
      'rewardStdp.reward: must be the name of a variable, got "1"',
    ],
    [() => oja({} as never), "oja.port: must be the name of a variable, got undefined"],
    [
      () => oja({ port: "s", transmit } as never),
      "oja.transmit: unknown property; known: eta, name, port, source, target",
    ],
    [() => bcm({ port: "s", y0: 0 }), "bcm.y0: must be a finite number > 0, got 0"],
  ];
  test.each(REFUSED.map(([make, message]) => ({ make, message })))("$message", ({ make, message }) => {
    expect(make).toThrow(message);
  });
});
