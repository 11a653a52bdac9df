/** Neurons as Brian's documentation defines them: what holds over a step, timed arrays, links, custom events, functions. */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { streamOf, uniform as uniformAt } from "../../src/base/random.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { type Network, network, type PopulationOptions, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel, NeuronSpec } from "../../src/model/neuronModel.ts";
import { synapse } from "../../src/model/synapse.ts";
import { timedArray } from "../../src/model/timedArray.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import { message, run, runOn } from "./run.ts";

const define = (equations: string, more: Partial<NeuronSpec> = {}): NeuronModel =>
  neuron({ name: "n", equations, ...more });
const alone = (
  model: NeuronModel,
  { dt = 1e-3, size = 1, ...options }: PopulationOptions & { dt?: number; size?: number } = {},
) => network({ dt, schedule: "brian", populations: { p: population(size, model, options) } });
const traces = async (
  net: Network,
  steps: number,
  names: string[],
  options: EngineOptions = {},
): Promise<number[][]> => {
  const { values } = await run(net, steps, { type: "f64", block: 16, ...options, record: names });
  return names.map((x) => [...values[x]!]);
};

describe("(constant over dt)", () => {
  test("is the value at the start of the step, also for the threshold", async () => {
    const m = define("x[t+1] = x + 1 : 1\nheld = 10*x : 1 (constant over dt)\nfree = 10*x : 1", {
      spike: "held >= 20",
      reset: "x = 0",
    });
    // x: 1 2 3 and the spike, because held is 0 10 20.
    const [x, held, free] = await traces(alone(m), 6, ["p.x", "p.held", "p.free"]);
    expect([x, held, free]).toEqual([
      [1, 2, 0, 1, 2, 0],
      [0, 10, 20, 0, 10, 20],
      [10, 20, 0, 10, 20, 0],
    ]);
  });
  test("draws once a step, the same for all who read it, in the order in which they need each other", async () => {
    const m = define("y[t+1] = twice : 1\ntwice = 2*u : 1 (constant over dt)\nu = rand() : 1 (constant over dt)");
    const [y, twice, u] = await traces(alone(m), 40, ["p.y", "p.twice", "p.u"], { seed: 4 });
    expect(y).toEqual(twice);
    expect(y).toEqual(u!.map((v) => 2 * v));
    const place = { seed: 4, stream: streamOf("p"), element: 0 };
    expect(new Set(u).size).toBe(40);
    expect([0, 1].some((k) => u![7] === uniformAt({ ...place, stream: streamOf("p") + k, step: 7 }))).toBe(true);
  });
  test('makes a nonlinear term linear for a step (Brian\'s documentation, "Flags")', async () => {
    const m = define("dv/dt = -v*size/second : 1\nsize = v**2 : 1 (constant over dt)", {
      method: "exact",
      initial: { v: 1 },
    });
    const [v] = await traces(alone(m, { dt: 0.1 }), 2, ["p.v"]);
    const first = Math.exp(-0.1);
    expect(v![0]).toBeCloseTo(first, 14);
    expect(v![1]).toBeCloseTo(first * Math.exp(-0.1 * first * first), 14);
  });
  test("cannot be assigned, nor start elsewhere", () => {
    const of = (more: Partial<NeuronSpec>) =>
      message(() => define("x : 1\nh = x : 1 (constant over dt)", { spike: "x > 1", ...more }));
    expect(of({ reset: "h = 1" })).toContain("a statement changes state variables, and 'h' is none; known: x");
    expect(
      message(() => population(1, define("x : 1\nh = x : 1 (constant over dt)"), { initial: { h: 1 } })),
    ).toContain("no state variable called 'h'; known: x");
    expect(of({ initial: { h: 1 } })).toContain("n.initial.h: no state variable called 'h'; known: x");
  });
});

describe("(shared)", () => {
  test.each([
    ["s = 2*a : 1 (shared)\na : 1 (shared)", "accepted"],
    ["s = sin(t/second) : 1 (shared)\na : 1 (shared)", "accepted"],
    ["s = v : 1 (shared)\nv : 1\na : 1 (shared)", "n.equations: line 1: 's' is shared, and 'v' is each neuron's own"],
    [
      "s = rand() : 1 (shared)\na : 1 (shared)",
      "n.equations: line 1: 's' is shared, and 'rand()' is each neuron's own",
    ],
    ["s = 1.0*i : 1 (shared)\na : 1 (shared)", "n.equations: line 1: 's' is shared, and 'i' is each neuron's own"],
  ])("%j", (equations, expected) => {
    expect(message(() => define(equations, { parameters: { a: 1 } }))).toContain(expected);
  });
});

describe("timed arrays", () => {
  test("hold each value for its dt, and the ends for ever (Brian's TimedArray)", async () => {
    const m = define("x[t+1] = stim(t) : 1", { timedArrays: { stim: timedArray([3, 1, 4, 1, 5], "2 ms") } });
    const [x] = await traces(alone(m, { dt: 1e-3 }), 14, ["p.x"]);
    expect(x).toEqual([3, 3, 1, 1, 4, 4, 1, 1, 5, 5, 5, 5, 5, 5]);
  });
  test("change in the step that begins at a border, for thousands of steps", async () => {
    const values = Array.from({ length: 3000 }, (_, k) => (k * 7919) % 1009);
    const m = define("x[t+1] = stim(t) : 1", { timedArrays: { stim: timedArray(values, 1e-4) } });
    const [x] = await traces(alone(m, { dt: 1e-4 }), 3000, ["p.x"], { block: 64 });
    expect(x).toEqual(values);
    const third = define("x[t+1] = stim(t) : 1", { timedArrays: { stim: timedArray(values, 3e-4) } });
    expect((await traces(alone(third, { dt: 1e-4 }), 900, ["p.x"]))[0]).toEqual(
      values.slice(0, 300).flatMap((v) => [v, v, v]),
    );
  });
  test("with a unit, as a current that is exact within each step", async () => {
    const m = define("dv/dt = (R*stim(t) - v)/tau : volt", {
      parameters: { tau: "10 ms", R: "100 Mohm" },
      timedArrays: { stim: timedArray([0.1, 0, -0.2], "5 ms", "nA") },
    });
    const [v] = await traces(alone(m), 15, ["p.v"]);
    let [expected, decay] = [0, Math.exp(-0.5)];
    for (const [k, i] of [0.1, 0, -0.2].entries()) {
      expected = i * 1e-9 * 1e8 + (expected - i * 1e-9 * 1e8) * decay;
      expect(v![5 * k + 4]).toBeCloseTo(expected, 15);
    }
  });
  test("of two dimensions: a column a neuron", async () => {
    const table = [
      [1, 10, 100],
      [2, 20, 200],
      [3, 30, 300],
    ];
    const m = define("x = stim(t, i) : 1\ny[t+1] = stim(t, i) : 1", {
      timedArrays: { stim: timedArray(table, "1 ms") },
    });
    const [y] = await traces(alone(m, { size: 3 }), 4, ["p.y"]);
    expect(y).toEqual([...table.flat(), 3, 30, 300]);
    expect(message(() => population(2, m))).toBe(
      "population of n: 'stim(t, i)' has values for 3 neurons, and there are 2",
    );
    const ends = { seed: 1, parts: 3, record: ["p.y"] };
    expect((await runOn(wasm, alone(m, { size: 3 }), 4, { type: "f64", ...ends })).values["p.y"]).toEqual(
      (await runOn(interpret, alone(m, { size: 3 }), 4, { type: "f64", record: ["p.y"] })).values["p.y"],
    );
  });
  test("refused, at the place", () => {
    const of = (equations: string, stim = timedArray([1, 2], "1 ms", "mV")) =>
      message(() => define(equations, { timedArrays: { stim } }));
    expect(of("x[t+1] = stim(t) : 1")).toContain(
      "n.equations: line 1: x[t+1] needs dimension 1, but 'stim(t)' has dimension volt",
    );
    expect(of("x[t+1] = stim(2) : volt")).toContain(
      "n.equations: line 1: stim(…) is read at a time, in seconds, but '2' has dimension 1\n    x[t+1] = stim(2) : volt\n                  ^",
    );
    expect(of("x[t+1] = stim(t, i) : volt")).toContain("stim(…) takes a time, got 2 arguments");
    expect(of("x : 1", { values: [1, 2, 3], columns: 2, dt: 1 })).toBe(
      "n.timedArrays.stim.values: needs whole rows of 2, got 3 values",
    );
    expect(of("x : 1", { values: [], dt: 1 })).toBe("n.timedArrays.stim.values: needs whole rows of 1, got 0 values");
    expect(of("x : 1", { values: [1], dt: 0 })).toContain("n.timedArrays.stim.dt: must be a finite number > 0 s");
    expect(message(() => timedArray([[1, 2], [3]], 1))).toBe("timedArray[1]: needs 2 values as row 0, got 1");
    expect(message(() => define("x : 1", { timedArrays: { exp: timedArray([1], 1) } }))).toContain(
      "'exp' is a function",
    );
  });
});

describe("linked variables", () => {
  const driver = define("phase[t+1] = phase + 1 + i : 1");
  const follower = neuron({ name: "f", equations: "seen[t+1] = x : 1\nx : 1 (linked)" });
  const linked = (links: NonNullable<PopulationOptions["linked"]>, schedule: "brian" | "layered" = "brian") =>
    network({
      dt: 1,
      schedule,
      populations: { d: population(3, driver), f: population(3, follower, { linked: links }) },
    });
  test("neuron by neuron, or by index", async () => {
    // Values of a step are known at its end: 0, then i + 1 a step.
    expect((await traces(linked({ x: "d.phase" }), 3, ["f.seen"]))[0]).toEqual([0, 0, 0, 1, 2, 3, 2, 4, 6]);
    const crossed = linked({ x: { variable: "d.phase", index: [2, 0, 2] } });
    expect((await traces(crossed, 3, ["f.seen"]))[0]).toEqual([0, 0, 0, 3, 1, 3, 6, 2, 6]);
    expect((await traces(linked({ x: "d.phase" }, "layered"), 2, ["f.seen"]))[0]).toEqual([1, 2, 3, 2, 4, 6]);
  });
  test("the same after a journey through JSON", async () => {
    const net = linked({ x: { variable: "d.phase", index: [2, 0, 2] } });
    expect(networkFromJson(JSON.parse(JSON.stringify(networkToJson(net))))).toEqual(net);
  });
  test("to the only neuron of a population: all see it, and shared subexpressions may read it", async () => {
    // As in Brian's examples/frompapers/Brette_Guigon_2003.
    const m = neuron({ name: "m", equations: "seen[t+1] = B : 1\nB = 2*x : 1 (shared)\nx : 1 (linked)" });
    const to = (size: number, x: NonNullable<PopulationOptions["linked"]>[string] = "d.phase") =>
      network({
        dt: 1,
        schedule: "brian",
        populations: { d: population(size, driver), m: population(3, m, { linked: { x } }) },
      });
    expect((await traces(to(1), 3, ["m.seen"]))[0]).toEqual([0, 0, 0, 2, 2, 2, 4, 4, 4]);
    expect((await traces(to(3, { variable: "d.phase", index: [1, 1, 1] }), 2, ["m.seen"]))[0]!.slice(3)).toEqual([
      4, 4, 4,
    ]);
    for (const wrong of [() => to(3), () => to(3, { variable: "d.phase", index: [0, 0, 1] })])
      expect(message(wrong)).toBe(
        "m.linked.x: a shared subexpression reads it, so that it must be one neuron's variable, and it is that of several of 'd'",
      );
  });
  test("refused", () => {
    expect(message(() => linked({ y: "d.phase" }))).toBe(
      "population of f.linked: no (linked) variable called 'y'; known: x",
    );
    expect(message(() => linked({ x: "phase" }))).toBe(
      "population of f.linked.x: expected 'population.variable', got 'phase'",
    );
    expect(message(() => linked({ x: "d.v" }))).toContain("'d' (n) has no output 'v'; known: phase");
    expect(message(() => linked({ x: "e.v" }))).toContain("no node called 'e'");
    expect(message(() => linked({}))).toBe("f.linked.x: stands for one variable of another population, got 0");
    expect(message(() => linked({ x: { variable: "d.phase", index: [0] } }))).toBe(
      "f.linked.x: needs 3 indices, got 1",
    );
    const volts = neuron({ name: "v", equations: "x : volt (linked)" });
    const made = () =>
      network({
        dt: 1,
        populations: { d: population(1, driver), f: population(1, volts, { linked: { x: "d.phase" } }) },
      });
    expect(message(made)).toBe("f.linked.x: is in volt, but d.phase is in 1");
  });
});

describe("custom events", () => {
  // Brian's documentation, "Custom events": two conditions, statements for each, beside the spike.
  const m = define("x[t+1] = x + 1 : 1\nlow : 1\nhigh : 1", {
    spike: "x >= 7",
    reset: "x = 0",
    events: { even: "x % 2 == 0", big: "x > 4" },
    onEvent: { even: "low += 1", big: "high += x" },
  });
  test.each(["brian", "layered"] as const)("%s: tested with the threshold, run after the reset", async (schedule) => {
    const net = network({ dt: 1, schedule, populations: { p: population(1, m) } });
    const [x, even, big, low, high] = await traces(net, 8, ["p.x", "p.even", "p.big", "p.low", "p.high"]);
    expect([x, even, big, low, high]).toEqual([
      [1, 2, 3, 4, 5, 6, 0, 1],
      [0, 1, 0, 1, 0, 1, 0, 0],
      [0, 0, 0, 0, 1, 1, 1, 0],
      [0, 1, 1, 2, 2, 3, 3, 3],
      [0, 0, 0, 0, 5, 11, 11, 11], // after the reset x is 0
    ]);
  });
  test("without a spike condition", async () => {
    const quiet = define("x[t+1] = x + 1 : 1", { events: { wrap: "x > 2" }, onEvent: { wrap: "x = 0" } });
    expect((await traces(alone(quiet), 7, ["p.x"]))[0]).toEqual([1, 2, 0, 1, 2, 0, 1]);
  });
  test("refused", () => {
    const of = (more: Partial<NeuronSpec>) => message(() => define("x : 1\ny : volt", more));
    expect(of({ events: { x: "x > 1" } })).toContain("n.events.x: 'x' is also a variable or a parameter");
    expect(of({ events: { ev: "x + 1" } })).toContain(
      "n.events.ev: line 1: the condition of an event needs a condition",
    );
    expect(of({ onEvent: { ev: "x = 1" } })).toBe("n.onEvent.ev: no such event; known: (none)");
    expect(of({ events: { ev: "x > 1" }, onEvent: { ev: "y = 1" } })).toContain(
      "n.onEvent.ev: line 1: 'y' needs dimension volt",
    );
    expect(of({ events: { ev: "x > 1" }, onEvent: { ev: "ev = 1" } })).toContain("and 'ev' is none; known: x, y");
  });
});

describe("lastspike", () => {
  test("is the time of the last spike, long ago before the first (Brian: -10000 s)", async () => {
    const m = define("x[t+1] = x + 1 : 1\nsince = (t - lastspike)/ms : 1", { spike: "x % 3 == 0" });
    const [last, since] = await traces(alone(m), 7, ["p.lastspike", "p.since"]);
    expect(last).toEqual([-1e4, -1e4, 2, 2, 2, 5, 5].map((x) => (x === -1e4 ? x : x * 1e-3)));
    [0, 1, 2, 0, 1].forEach((x, k) => expect(since![2 + k]).toBeCloseTo(x, 12));
  });
  test("a relative refractory period: the threshold falls back after a spike", async () => {
    const m = define("dv/dt = (2 - v)/(10*ms) : 1", {
      spike: "v > 1 + 2*exp(-(t - lastspike)/(5*ms))",
      reset: "v = 0",
      method: "exact",
    });
    const net = network({ dt: 1e-4, populations: { p: population(1, m) } });
    const spikes = [...(await run(net, 1200, { type: "f64" })).spikes.p!.steps];
    // Without memory of a spike: 2(1 - e^-t/10ms) > 1 at 10 ms · ln 2. After one: 2(1 - e^-x) = 1 + 2 e^-2x, x = t/10ms:
    // with y = e^-x, 2y² + 2y - 1 = 0, y = (√3 - 1)/2. The step of the spike moves v once before the next begins.
    const first = Math.ceil((Math.LN2 * 10e-3) / 1e-4);
    const later = (-Math.log((Math.sqrt(3) - 1) / 2) * 10e-3) / 1e-4;
    expect(spikes[0]).toBe(first - 1);
    spikes.slice(1).forEach((t, k) => expect(Math.abs(t - spikes[k]! - later)).toBeLessThan(1.5));
    expect(spikes.length).toBeGreaterThan(8);
  });
  test("refused without a spike condition, and as a target", () => {
    expect(message(() => define("y = lastspike : second"))).toContain("line 1: 'lastspike' needs a 'spike' condition");
    expect(message(() => define("y : second", { spike: "y > lastspike", reset: "lastspike = t" }))).toContain(
      "and 'lastspike' is none; known: y",
    );
    expect(message(() => define("lastspike : second"))).toContain("'lastspike' is built in; choose another name");
  });
});

describe("functions of the user", () => {
  test("stand for their bodies, in equations, conditions and statements", async () => {
    const m = define("x[t+1] = grow(x, 2) : 1\nk = 1 : 1", {
      functions: { "square(a)": "a**2", "grow(a, b)": "square(a) + b*k" },
      spike: "square(x) > 40",
      reset: "x = grow(1, 1)",
    });
    expect((await traces(alone(m), 5, ["p.x"]))[0]).toEqual([2, 6, 2, 6, 2]);
  });
  test("carry units; each call draws for itself", async () => {
    const m = define("v[t+1] = noise(1*mV) - noise(1*mV) : volt", { functions: { "noise(s)": "s*rand()" } });
    const [v] = await traces(alone(m), 5, ["p.v"]);
    expect(new Set(v).size).toBe(5);
  });
  test("refused, at the call", () => {
    const of = (functions: Record<string, string>, call: string) =>
      message(() => define(`x[t+1] = ${call} : 1`, { functions }));
    expect(of({ "f(a)": "a + 1*mV" }, "f(2)")).toContain("n.equations: line 1: '+' needs one dimension on both sides");
    expect(of({ "f(a)": "a" }, "f(1, 2)")).toContain(
      "n.equations: line 1: f(a) takes 1, got 2\n    x[t+1] = f(1, 2) : 1\n             ^",
    );
    expect(of({ "f(a)": "f(a)" }, "f(1)")).toContain("unknown function 'f'");
    expect(of({ "f a": "a" }, "1")).toBe("n.functions: 'f a' is no head of a function such as 'f(x, y)'");
    expect(of({ "sin(a)": "a" }, "1")).toContain("'sin' is a function; choose another name");
  });
});

test("all of it is data: the same model after a journey through JSON", () => {
  const m = define("x[t+1] = f(x) + stim(t) + h : 1\nh = x : 1 (constant over dt)", {
    functions: { "f(a)": "a/2" },
    timedArrays: { stim: timedArray([1, 2], "1 ms") },
    events: { ev: "x > 1" },
    onEvent: { ev: "x = 0" },
  });
  expect(neuron(JSON.parse(JSON.stringify(m.spec)))).toEqual(m);
  const net = alone(m);
  expect(networkFromJson(JSON.parse(JSON.stringify(networkToJson(net))))).toEqual(net);
});

test("a synapse reads what a neuron holds, and is told what it cannot read", async () => {
  const source = define("x[t+1] = x + 1 : 1", { spike: "x % 2 == 0" });
  const target = (flag: string) =>
    neuron({ name: "target", equations: `y : 1\nI : 1 (input)\nu = 3 + I : 1${flag}`, port: "y" });
  const net = (flag: string) =>
    network({
      dt: 1,
      schedule: "brian",
      populations: { a: population(1, source), b: population(1, target(flag)) },
      connections: [
        connect("a", "b", { connectivity: oneToOne, synapse: synapse({ name: "s", onPre: "y_post += u_post" }) }),
      ],
    });
  using e = await createEngine(net(" (constant over dt)"), interpret, { record: ["b.y"] });
  expect([...e.run(4).values["b.y"]!]).toEqual([0, 3, 3, 6]);
  await expect(createEngine(net(""), interpret)).rejects.toThrow(
    "synapse s: a subexpression of target that reads 'I' cannot be read by synapses: declare it (constant over dt)",
  );
});
