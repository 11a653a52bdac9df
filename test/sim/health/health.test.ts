/** Each fault is made to happen, and is said; and healthy networks are said nothing of. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { RunError } from "../../../src/base/errors.ts";
import { connect } from "../../../src/model/connection.ts";
import { probability } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { checkHealth } from "../../../src/sim/health/check.ts";
import { findNotFinite, notFiniteFinding } from "../../../src/sim/health/notFinite.ts";
import { checkStep, timeConstants } from "../../../src/sim/health/step.ts";

const cell = (drive: number, more = {}) =>
  neuron({
    name: "cell",
    equations: "dv/dt = (drive - v) / tau : 1",
    parameters: { drive, tau: "10 ms" },
    spike: "v > 1",
    reset: "v = 0",
    ...more,
  });
const one = (model: ReturnType<typeof neuron>, dt = "0.1 ms"): Network =>
  network({ dt, populations: { e: population(10, model) } });

async function healthOf(net: Network, steps: number, options = {}) {
  using engine = await createEngine(net, wasm, { seed: 1 });
  return checkHealth(net, engine.run(steps), options);
}
const codes = (findings: readonly { readonly code: string }[]): string[] => findings.map((f) => f.code);

describe("activity", () => {
  test("a network that fires at a moderate rate is healthy", async () => {
    expect(await healthOf(one(cell(1.5)), 5000)).toEqual([]);
  });

  test("no spikes: said with how long, what to look at, and that nothing is connected", async () => {
    const [found, ...more] = await healthOf(one(cell(0.5)), 5000);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code: "silent", where: "e", says: "No neuron of 'e' fired in 500 ms." });
    expect(found!.advice).toContain("Nothing is connected to it");
    expect(found!.advice).toContain("record e.v");
    expect(found!.advice).toContain("'v > 1'");
  });

  test("no spikes, because the input was given nothing", async () => {
    const net = network({
      dt: "1 ms",
      inputs: { drive: inputNode(4) },
      populations: { a: population(4, lif()), b: population(4, lif()) },
      connections: [connect("drive", "a", { weight: 1 }), connect("a", "b", { weight: 1 })],
    });
    const found = await healthOf(net, 100, { silentInputs: ["drive"] });
    expect(codes(found)).toEqual(["silent", "silent"]);
    expect(found[0]!.advice).toContain("Give input to 'drive'.");
    expect(found[1]!.advice).toContain("All that is connected to it is silent: a.");
  });

  test.each([
    // Far above threshold, v passes 1 within a step: the most is a spike a step, or one a refractory period.
    ["without a refractory period", cell(1e6), "one spike in each step of 100 µs"],
    ["with one", cell(1e6, { refractory: "2 ms" }), "a refractory period of 2 ms"],
  ])("runaway %s", async (_, model, why) => {
    const [found, ...more] = await healthOf(one(model), 2000);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ code: "saturated", where: "e" });
    expect(found!.says).toContain(why);
    expect(found!.says).toMatch(/100 % of/);
  });

  test("excitation that feeds itself is runaway", async () => {
    const model = cell(0.9, { refractory: "1 ms" });
    const net = (weight: number): Network =>
      network({
        dt: "0.1 ms",
        populations: { e: population(500, model, { initial: { v: uniform(0, 1.2) } }) },
        connections: [connect("e", "e", { connectivity: probability(0.1), port: "v", weight, delay: "0.5 ms" })],
      });
    expect(codes(await healthOf(net(0.2), 3000))).toEqual(["saturated"]);
    expect(codes(await healthOf(net(-0.001), 3000))).toEqual([]);
  });

  test("a rate that grows all the time is said", async () => {
    const ramp = neuron({
      name: "ramp",
      equations: "dv/dt = 200*Hz*(t/second)**2 : 1",
      spike: "v > 1",
      reset: "v -= 1",
      method: "euler",
    });
    const net = network({ dt: "1 ms", populations: { e: population(50, ramp, { initial: { v: uniform(0, 1) } }) } });
    const [found, ...more] = await healthOf(net, 2000);
    expect(more).toEqual([]);
    expect(found!.says).toMatch(/^'e' fires faster and faster: [\d.]+ Hz at first, [\d.]+ Hz at last\.$/);
  });

  test("the same of an exact run, over several runs of one engine", () => {
    const engine = createExactEngine(one(cell(0.5)));
    expect(codes(checkHealth(engine.network, engine.run(0.5)))).toEqual(["silent"]);
    const driven = createExactEngine(one(cell(1e6, { refractory: "2 ms" })));
    for (let k = 0; k < 2; k++) {
      const [found] = checkHealth(driven.network, driven.run("100 ms"));
      expect(found!.says).toContain("100 % of what a refractory period of 2 ms allows");
    }
    // From the start at a rate far above one spike a step of 0.1 ms: v reaches 1 in 10 ms · ln(1e4/(1e4 - 1)) = 1 µs.
    const wild = createExactEngine(one(cell(1e4)));
    const [runaway, ...more] = checkHealth(wild.network, wild.run("1 ms"));
    expect(more).toEqual([]);
    expect(runaway).toMatchObject({ code: "saturated", where: "e" });
    expect(runaway!.says).toMatch(
      /at 1000000 Hz on average, 10000 % of what one spike in each step of 100 µs, were there steps, allows/,
    );
    // Just below and just above the rule, 80 % of 10 kHz: the interval is 10 ms · ln(d/(d - 1)).
    for (const [rate, codesOf] of [
      [7900, []],
      [8100, ["saturated"]],
    ] as const) {
      const d = 1 / -Math.expm1(-1 / (rate * 0.01));
      const engine = createExactEngine(one(cell(d)));
      expect(codes(checkHealth(engine.network, engine.run("100 ms")))).toEqual(codesOf);
    }
    const healthy = createExactEngine(one(cell(1.5)));
    for (let k = 0; k < 2; k++) expect(checkHealth(healthy.network, healthy.run("1 s"))).toEqual([]);
  });
});

describe("a step beside the fastest time constant", () => {
  test("time constants are those of the equations", () => {
    const model = neuron({
      name: "two",
      equations: "dv/dt = (g*(0.5 - v) - v)/tau : 1\ndg/dt = -g/(2*ms) : 1\nx : 1",
      parameters: { tau: "20 ms" },
      initial: { g: 3 },
    });
    const net = network({ dt: "1 ms", populations: { e: population(2, model) } });
    // d(dv/dt)/dv = -(g + 1)/tau
    expect(() => timeConstants(net, "f")).toThrow("timeConstants: no population 'f'; known: e");
    const [v, g, ...more] = timeConstants(net, "e");
    expect(more).toEqual([]);
    expect(v!.variable).toBe("v");
    expect(v!.tau).toBeCloseTo(5e-3, 9);
    expect(g!.tau).toBeCloseTo(2e-3, 9);
  });

  test.each([
    ["0.5 ms", "euler", undefined],
    ["3 ms", "euler", "overshoots in every step"],
    ["5 ms", "euler", "grows without bound"],
    ["5 ms", "rk4", "overshoots"],
    ["6 ms", "rk4", "grows without bound"],
    ["4 ms", "exact", undefined],
    ["5 ms", "exact", "rises and decays within one step"],
  ] as const)("%s by %s", (dt, method, says) => {
    const model = neuron({ name: "fast", equations: "dv/dt = -v/tau : 1", parameters: { tau: "2 ms" }, method });
    const found = checkStep(one(model, dt));
    expect(found.length).toBe(says ? 1 : 0);
    if (!says) return;
    expect(found[0]!.says).toContain(says);
    expect(found[0]!.says).toContain("the time constant of v, 2 ms");
    expect(found[0]!.advice).toContain("at most 1 ms");
  });

  test("what a population changes of its model counts", () => {
    const model = neuron({ name: "slow", equations: "dv/dt = -v/tau : 1", parameters: { tau: "20 ms" } });
    const net = (tau: number) =>
      network({ dt: "1 ms", populations: { e: population(3, model, { parameters: { tau } }) } });
    expect(codes(checkStep(net(2e-3)))).toEqual([]);
    expect(codes(checkStep(net(0.4e-3)))).toEqual(["step-too-large"]);
  });
});

describe("what is no number any more", () => {
  /** v doubles in each step of Euler's: neuron 2 begins with the largest value. */
  const growth = neuron({ name: "growth", equations: "dv/dt = v/(1*ms) : 1\ndw/dt = -w/(5*ms) : 1", method: "euler" });
  const net = network({
    dt: "1 ms",
    populations: { calm: population(3, lif()), e: population(4, growth, { initial: { v: [1, 2, 1e30, 0] } }) },
  });

  test("the first neuron, variable and step are found", async () => {
    using engine = await createEngine(net, wasm);
    const snapshot = engine.snapshot();
    expect(() => engine.run(200)).toThrow(RunError);
    const found = findNotFinite(engine, { snapshot, steps: 200 });
    // v is doubled exactly; first to leave f32, which ends at 2^128 (1 - 2^-24), is its derivative, 1000 v.
    const step = Math.ceil(Math.log2(2 ** 128 / (1000 * Math.fround(1e30))));
    const before = Math.fround(1e30) * 2 ** step;
    expect(found).toEqual({
      variable: "e.v",
      neuron: 2,
      sample: 0,
      step,
      value: Number.POSITIVE_INFINITY,
      before,
      at: expect.any(Number),
    });
    expect(engine.stepsDone).toBe(step);
    const { says, advice } = notFiniteFinding(engine, found!);
    expect(says).toBe(`e.v of neuron 2 became Infinity in step ${step}; it was ${before} before.`);
    expect(advice).toContain("'e'");
  });

  test("a step that is too large is named as the cause", async () => {
    const stiff = neuron({ name: "stiff", equations: "dv/dt = -v/(1*ms) : 1", initial: { v: 1 }, method: "euler" });
    const unstable = network({ dt: "5 ms", populations: { e: population(1, stiff) } });
    using engine = await createEngine(unstable, wasm);
    const snapshot = engine.snapshot();
    expect(() => engine.run(1000)).toThrow("e.v");
    const found = findNotFinite(engine, { snapshot, steps: 1000 })!;
    // |v| = 4^n but for 60 roundings, and 1000 · 4^60 is the first derivative that f32 does not hold.
    expect(found.step).toBe(60);
    expect(Math.abs(Math.abs(found.before) / 4 ** 60 - 1)).toBeLessThan(60 * 2 ** -23);
    expect(notFiniteFinding(engine, found).advice).toContain("5 times the time constant");
  });

  test("inputs of the steps are given again", async () => {
    const net = network({
      dt: "1 ms",
      inputs: { drive: inputNode(1) },
      populations: { e: population(1, growth) },
      connections: [connect("drive", "e", { port: "v", weight: 1e38 })],
    });
    using engine = await createEngine(net, wasm);
    const snapshot = engine.snapshot();
    const inputs = { drive: { steps: [20], indices: [0] } };
    expect(() => engine.run(40, inputs)).toThrow(RunError);
    const at = (k: number) => (k === 20 ? { drive: { steps: [0], indices: [0] } } : {});
    const found = findNotFinite(engine, { snapshot, steps: 40, inputs: at })!;
    expect(found.step).toBeGreaterThanOrEqual(20);
    expect(found.before).toBeGreaterThan(1e37);
  });

  test("nothing where all goes well", async () => {
    using engine = await createEngine(one(cell(1.5)), wasm);
    expect(findNotFinite(engine, { snapshot: engine.snapshot(), steps: 20 })).toBeUndefined();
  });
});

describe("an exact queue that never empties", () => {
  const relay = neuron({ name: "relay", equations: "dv/dt = -v/(10*ms) : 1", spike: "v > 1", reset: "v = 0" });
  const loop = network({
    dt: "0.1 ms",
    inputs: { kick: inputNode(1) },
    populations: { a: population(1, relay), b: population(1, relay) },
    connections: [
      connect("kick", "a", { port: "v", weight: 2 }),
      connect("a", "b", { port: "v", weight: 2 }),
      connect("b", "a", { port: "v", weight: 2, delay: 1 }),
    ],
  });
  const kick = { inputs: { kick: { times: [0.001], indices: [0] } } };

  test.each([
    ["without delay", 0, /fired 1000 times at 0\.001 s, so the queue of events never empties.*a delay/],
    ["with hardly any", 1e-10, /fired 1000 times within .*e-7 s, up to 0\.0010\d+ s, so the queue.*hardly any delay/],
  ])("a loop %s", (_, delay, says) => {
    const delays = { "a>b.v": delay, "b>a.v": delay };
    expect(() => createExactEngine(loop, { delays }).run(0.01, kick)).toThrow(says);
  });

  test("the fastest neurons that there are do not look like it", () => {
    const delays = { "a>b.v": 5e-6, "b>a.v": 5e-6 };
    const { spikes } = createExactEngine(loop, { delays }).run(0.05, kick);
    expect(spikes.a!.times.length).toBeCloseTo(4900, -1); // from 1 ms on every 10 µs
  });
});
