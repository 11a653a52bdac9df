/**
 * Timed arrays read at a time that moves by itself: `stim(t - delay)` where delay is a state, `stim(2*t)`, `stim(t, i % 2)`.
 * The oracle is Brian's own formula (brian2/input/timedarray.py, `_generate_cpp_code_1d` and `_find_K`), written out by hand.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { connect } from "../../src/model/connection.ts";
import { dense } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, type PopulationOptions, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel, NeuronSpec } from "../../src/model/neuronModel.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { timedArray } from "../../src/model/timedArray.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { BACKENDS, message } from "./run.ts";

/** `int i = (int)((t/epsilon + 0.5)/K)`, then bounded. */
function brianRow(t: number, dtArray: number, dt: number, rows: number): number {
  const K = Math.max(Math.trunc(2 ** Math.ceil(Math.log2((8 / dt) * dtArray))), 1);
  const epsilon = dtArray / K;
  return Math.min(Math.max(Math.trunc((t / epsilon + 0.5) / K), 0), rows - 1);
}
/** How near a time is to where the formula jumps, in parts of a row. */
function margin(t: number, dtArray: number, dt: number): number {
  const K = 2 ** Math.ceil(Math.log2((8 / dt) * dtArray));
  const behind = (((t / dtArray) * K + 0.5) / K) % 1;
  return Math.min(Math.abs(behind), 1 - Math.abs(behind)) * K;
}

const values = [3, 1, 4, 1, 5, 9, 2, 6];
const stim = timedArray(values, "2 ms");
const at = (t: number): number => values[brianRow(t, 2e-3, 1e-3, values.length)]!;
const define = (equations: string, more: Partial<NeuronSpec> = {}): NeuronModel =>
  neuron({ name: "n", equations, timedArrays: { stim }, ...more });
const alone = (model: NeuronModel, size = 1, options: PopulationOptions = {}, dt = 1e-3): Network =>
  network({ dt, schedule: "brian", populations: { p: population(size, model, options) } });
async function runIn(net: Network, name: string, cuts: readonly number[], options: EngineOptions = {}, k = 1) {
  using engine = await createEngine(net, BACKENDS[k]!, { type: "f64", block: 16, ...options, record: [name] });
  return cuts.flatMap((steps) => [...engine.run(steps).values[name]!]);
}
/** What a run gives, however it is done. */
async function everyWay(net: Network, name: string, steps: number): Promise<number[]> {
  const all = [
    await runIn(net, name, [steps]),
    await runIn(net, name, [steps], {}, 0),
    await runIn(net, name, [1, 5, steps - 6]),
    await runIn(net, name, [steps], { parts: 2 }),
    await runIn(networkFromJson(JSON.parse(JSON.stringify(networkToJson(net)))), name, [steps]),
    await runIn(net, name, [steps], { type: "f32" }),
    await runIn(net, name, [2, steps - 2], { type: "f32" }, 0),
  ];
  for (const found of all) expect(found).toEqual(all[0]);
  return all[0]!;
}
const each = (steps: number, of: (k: number, i: number) => number, size = 5): number[] =>
  Array.from({ length: steps }, (_, k) => Array.from({ length: size }, (_, i) => of(k, i))).flat();

describe("a time of the neuron's own", () => {
  const ms = 1e-3;
  // The state `lag` begins at i ms and grows by 2 ms a step; equations see it as the step begins. Times lie half a step from
  // the borders of the array, so that f32 sees them on the same side.
  const lag = (k: number, i: number): number => (i + 2 * k) * ms;
  test.each<[string, (t: number, lag: number) => number]>([
    ["stim(t - lag + 0.5*ms)", (t, lag) => at(t - lag + 0.5 * ms)],
    ["stim(0.5*ms + t + lag)", (t, lag) => at(t + lag + 0.5 * ms)],
    ["stim(t - (lag - 3.5*ms)/2)", (t, lag) => at(t - (lag - 3.5 * ms) / 2)],
    ["stim(2*t - lag/4 + 0.3*ms)", (t, lag) => at(2 * t - lag / 4 + 0.3 * ms)],
    ["stim(lag + 0.5*ms)", (_, lag) => at(lag + 0.5 * ms)],
    ["stim(9.5*ms - t)", (t) => at(9.5 * ms - t)],
    ["stim((t + 0.5*ms) % (3*ms))", (t) => at((Math.round(t / ms) % 3) * ms + 0.5 * ms)],
    ["stim(later)", (t, lag) => at(t - lag / 2 + 0.75 * ms)],
    ["held", (t, lag) => at(t - lag + 1.5 * ms)],
    ["delayed(t, lag)*2", (t, lag) => 2 * at(t - lag + 0.5 * ms)],
    ["stim(t - late)", (t) => at(t - 3 * ms)],
    ["stim(stim(t)*ms + 0.5*ms)", (t) => at(at(t) * ms + 0.5 * ms)],
  ])("%s", async (text, expected) => {
    const model = define(
      `x[t+1] = ${text} : 1
      lag[t+1] = lag + 2*ms : second
      later = t - half : second
      half = lag/2 - 0.75*ms : second
      late = 3*ms : second
      held = stim(t - lag + 1.5*ms) : 1 (constant over dt)`,
      { functions: { "delayed(time, d)": "stim(time - d + 0.5*ms)" } },
    );
    const net = alone(model, 5, { initial: { lag: "i*ms" } });
    expect(await everyWay(net, "p.x", 20)).toEqual(each(20, (k, i) => expected(k * ms, lag(k, i))));
  });

  test("any time, any two steps, from any first step", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -60, max: 60, noNaN: true }),
        fc.double({ min: 0.3, max: 7, noNaN: true }),
        fc.constantFrom(1e-4, 3e-4, 2.5e-5, 1e-3),
        fc.constantFrom(0, 5, 12_345, 2 ** 33),
        fc.constantFrom("f32", "f64" as const),
        async (steps, ratio, dt, firstStep, type) => {
          const many = Array.from({ length: 50 }, (_, k) => (k * 37) % 101);
          const timedArrays = { stim: timedArray(many, ratio * dt) };
          const model = define("x[t+1] = stim(t - base + d) : 1\nd : second\nbase : second", { timedArrays });
          // In a late run the array is read where it is: d takes the time back, which f32 could not tell.
          const back = firstStep > 1e6 ? 0 : firstStep * dt;
          const net = alone(model, 1, { initial: { d: steps * dt, base: back } }, dt);
          const found = await runIn(net, "p.x", [17, 23], { firstStep, type });
          const time = (k: number): number => (firstStep + k) * dt - back + steps * dt;
          const near = type === "f32" || firstStep > 1e6 ? 0.02 : 1e-6;
          found.forEach((x, k) => {
            if (margin(time(k), ratio * dt, dt) < near) return; // either side may be right
            expect(x).toBe(many[brianRow(time(k), ratio * dt, dt, 50)]);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("one step before a border is before it, at the border it is at it, through 10^9 steps", async () => {
    const model = define("x[t+1] = stim(t - base) : 1\nbase : second", {
      timedArrays: { stim: timedArray([0, 1, 2, 3], "0.3 ms") },
    });
    const first = 1e9;
    const net = alone(model, 1, { initial: { base: (first - 4) * 1e-4 } }, 1e-4);
    const found = await runIn(net, "p.x", [14], { firstStep: first });
    // Steps 4 to 17 of the array's time, three a row.
    expect(found).toEqual(Array.from({ length: 14 }, (_, k) => Math.min(Math.floor((k + 4) / 3), 3)));
  });

  test("in thresholds, resets, events and what follows", async () => {
    const model = define("x : 1\ny : 1\nz : 1\nlag[t+1] = lag + 2*ms : second", {
      spike: "stim(lag + 0.5*ms) > 3.5",
      reset: "d = lag/2; x = stim(t - d + 0.25*ms)",
      after: "y = stim(t - lag/4 + 0.125*ms)",
      events: { odd: "stim(lag + 0.5*ms) == 1" },
      onEvent: { odd: "z += stim(lag + 2.5*ms)" },
    });
    const net = alone(model, 5, { initial: { lag: "i*ms" } });
    const run = (name: string) => everyWay(net, name, 12);
    // A step's statements see the state that it has made.
    const now = (k: number, i: number): number => lag(k + 1, i);
    let [x, z] = [Array<number>(5).fill(0), Array<number>(5).fill(0)];
    const seen = Array.from({ length: 12 }, (_, k) => {
      const t = k * ms;
      x = x.map((v, i) => (at(now(k, i) + 0.5 * ms) > 3.5 ? at(t - now(k, i) / 2 + 0.25 * ms) : v));
      z = z.map((v, i) => v + (at(now(k, i) + 0.5 * ms) === 1 ? at(now(k, i) + 2.5 * ms) : 0));
      return { x, y: x.map((_, i) => at(t - now(k, i) / 4 + 0.125 * ms)), z };
    });
    expect(await run("p.x")).toEqual(seen.flatMap((s) => s.x));
    expect(await run("p.y")).toEqual(seen.flatMap((s) => s.y));
    expect(await run("p.z")).toEqual(seen.flatMap((s) => s.z));
  });

  test("inside integrators: the current is that of the step's time and of the state that the method looks at", async () => {
    const equations = "dx/dt = (stim(t - lag + 0.5*ms) - x)/(4*ms) : 1\ndlag/dt = 0.5 : second";
    const late = (k: number): number => 0.5 * k * ms;
    const decay = Math.exp(-1 / 4);
    const rules: Record<string, (x: number, k: number) => number> = {
      euler: (x, k) => x + (at(k * ms - late(k) + 0.5 * ms) - x) / 4,
      exponentialEuler: (x, k) => {
        const u = at(k * ms - late(k) + 0.5 * ms);
        return u + (x - u) * decay;
      },
      heun: (x, k) => {
        const [u, v] = [at(k * ms - late(k) + 0.5 * ms), at(k * ms - late(k + 1) + 0.5 * ms)];
        const moved = x + (u - x) / 4;
        return x + ((u - x) / 4 + (v - moved) / 4) / 2;
      },
      rk2: (x, k) => x + (at(k * ms - late(k + 0.5) + 0.5 * ms) - (x + (at(k * ms - late(k) + 0.5 * ms) - x) / 8)) / 4,
    };
    for (const [method, next] of Object.entries(rules)) {
      const model = define(equations, { method: method as "euler" });
      const found = await runIn(alone(model), "p.x", [24]);
      let x = 0;
      found.forEach((y, k) => {
        x = next(x, k);
        expect(y).toBeCloseTo(x, 12);
      });
    }
    // Without a name for it: linear in x, so the closed form for each variable.
    const chosen = await runIn(alone(define(equations)), "p.x", [24]);
    expect(chosen).toEqual(await runIn(alone(define(equations, { method: "exponentialEuler" })), "p.x", [24]));
    expect(message(() => define(equations, { method: "exact" }))).toContain("dx/dt is not linear");
  });

  test("drawn anew in every step: Brian's `stim(t - rand()*ms)`", async () => {
    const model = define("x[t+1] = stim(t + 2*ms*rand()) : 1");
    const found = await everyWay(alone(model, 4000), "p.x", 8);
    // In an even step a row holds from t to t + 2 ms, but for a sixteenth of a step at its end (rounding): 31/32 of draws.
    const share = found.slice(4 * 4000, 5 * 4000).filter((x) => x === values[2]).length / 4000;
    expect(Math.abs(share - 31 / 32)).toBeLessThan(4 * Math.sqrt((31 / 32) * (1 / 32) * (1 / 4000)));
    expect(found.slice(4 * 4000, 5 * 4000).every((x) => x === values[2] || x === values[3])).toBe(true);
  });
});

describe("columns that are computed", () => {
  const rows = Array.from({ length: 4 }, (_, t) => [10 * t, 10 * t + 1, 10 * t + 2]);
  const table = timedArray(rows, "1 ms");
  const row = (k: number): number[] => rows[Math.min(Math.max(k, 0), 3)]!;
  const model = (text: string, more: Partial<NeuronSpec> = {}): NeuronModel =>
    define(`x[t+1] = ${text} : 1\nk : integer\nv : 1\nlag : second`, { timedArrays: { stim: table }, ...more });

  test.each<[string, (k: number, i: number) => number]>([
    ["stim(t, i % 3)", (k, i) => row(k)[i % 3]!],
    ["stim(t, int(i > 2))", (k, i) => row(k)[i > 2 ? 1 : 0]!],
    ["stim(t, (i + 1) % 2)", (k, i) => row(k)[(i + 1) % 2]!],
    ["stim(t, 2)", (k) => row(k)[2]!],
    ["stim(t, k)", (k, i) => row(k)[i % 3]!],
    ["stim(t, 0.6*v)", (k, i) => row(k)[Math.trunc(0.6 * i)]!], // as C converts to int
    ["stim(t - lag, k)", (k, i) => row(k - i)[i % 3]!],
  ])("%s", async (text, expected) => {
    const net = alone(model(text), 5, { initial: { k: "i % 3", v: "i", lag: "i*ms" } });
    expect(await everyWay(net, "p.x", 8)).toEqual(each(8, expected));
  });
  test("each neuron's own, at a time of its own", async () => {
    const net = alone(model("stim(t - lag, i)"), 3, { initial: { lag: "2*i*ms" } });
    expect(await everyWay(net, "p.x", 9)).toEqual(each(9, (k, i) => row(k - 2 * i)[i]!, 3));
    expect(message(() => alone(model("stim(t - lag, i)"), 4))).toContain(
      "'stim(t - lag, i)' has values for 3 neurons, and there are 4",
    );
  });
  test("that do not exist are told: beforehand, or as a number that is none", async () => {
    expect(message(() => alone(model("stim(t, i % 4)"), 3))).toBe("accepted");
    expect(message(() => alone(model("stim(t, i % 4)"), 5))).toContain(
      "'stim(t, i % 4)': the table has columns 0 to 2, and neuron 3 asks for 3",
    );
    expect(message(() => alone(model("stim(t, i - 1)"), 3))).toContain("columns 0 to 2, and neuron 0 asks for -1");
    const net = alone(model("stim(t, k)"), 5, { initial: { k: [0, 2, 1, -1, 3] } });
    await expect(runIn(net, "p.x", [4])).rejects.toThrow("p.x: neuron 3 became NaN");
  });
});

describe("in synapses", () => {
  const [sources, targets, steps] = [2, 3, 18];
  const weight = [1, 10, 100, 1000, 10_000, 100_000]; // [source][target]
  const events = { steps: [2, 2, 7, 11], indices: [0, 1, 1, 0] };
  const cell = neuron({
    name: "cell",
    equations: "v : 1\nlate[t+1] = late + 0.5*ms : second\ndue : second",
    port: "v",
  });
  const net = (spec: Partial<SynapseSpec>, delay = 0): Network =>
    network({
      dt: "1 ms",
      schedule: "brian",
      inputs: { x: inputNode(sources) },
      populations: { p: population(targets, cell, { initial: { due: "i*2*ms" } }) },
      connections: [
        connect("x", "p", {
          name: "s",
          connectivity: dense,
          weight,
          delay,
          synapse: synapse({ name: "s", timedArrays: { stim }, ...spec }),
        }),
      ],
    });
  async function found(n: Network, read: (e: Awaited<ReturnType<typeof createEngine>>) => ArrayLike<number>) {
    const one = async (k: number, cuts: readonly number[], options: EngineOptions = {}) => {
      using engine = await createEngine(n, BACKENDS[k]!, { block: 16, type: "f64", ...options });
      let from = 0;
      for (const count of cuts) {
        const some = events.steps.flatMap((s, e) => (s >= from && s < from + count ? [e] : []));
        engine.run(count, {
          x: { steps: some.map((e) => events.steps[e]! - from), indices: some.map((e) => events.indices[e]!) },
        });
        from += count;
      }
      return Array.from(read(engine));
    };
    const all = [
      await one(1, [steps]),
      await one(0, [steps]),
      await one(1, [3, 1, 9, 5]),
      await one(1, [steps], { parts: 2 }),
      await one(0, [steps], { type: "f32" }),
      await one(1, [7, 11], { type: "f32" }),
    ];
    for (const x of all) expect(x).toEqual(all[0]);
    return all[0]!;
  }
  const state = (name: string) => (e: Awaited<ReturnType<typeof createEngine>>) =>
    e.state(`p.${name}`).subarray(0, targets);
  const sums = (of: (k: number, i: number, j: number, w: number) => number): number[] =>
    Array.from({ length: targets }, (_, j) =>
      events.steps.reduce((v, k, e) => v + of(k, events.indices[e]!, j, weight[events.indices[e]! * targets + j]!), 0),
    );

  test("a lag of each synapse, of the target, and one that statements make", async () => {
    for (const delay of [0, 3]) {
      const own = net(
        { equations: "w : 1\nlag : second", variables: { lag: "3.5 ms" }, onPre: "v += w*stim(t - lag); lag += 2*ms" },
        delay,
      );
      const heard = new Map<number, number>();
      const expected = sums((k, i, j, w) => {
        const lag = heard.get(i * targets + j) ?? 3.5e-3;
        heard.set(i * targets + j, lag + 2e-3);
        return w * at((k + delay) * 1e-3 - lag);
      });
      expect(await found(own, state("v"))).toEqual(expected);
      const target = net({ onPre: "v += w*stim(t - due_post + 0.5*ms)" }, delay);
      expect(await found(target, state("v"))).toEqual(
        sums((k, _, j, w) => w * at((k + delay) * 1e-3 - j * 2e-3 + 0.5e-3)),
      );
      const made = net({ onPre: "d = due/2 - 0.5*ms; v += w*stim(t - d)" }, delay);
      expect(await found(made, state("v"))).toEqual(
        sums((k, _, j, w) => w * at((k + delay) * 1e-3 - j * 1e-3 + 0.5e-3)),
      );
    }
  });
  test("in a table by any whole number", async () => {
    const table = timedArray(
      Array.from({ length: 6 }, (_, t) => [1 + t, 101 + t]),
      "2 ms",
    );
    const n = net({ timedArrays: { table }, onPre: "v += w*table(t, (i + j) % 2)" });
    expect(await found(n, state("v"))).toEqual(
      sums((k, i, j, w) => w * (1 + Math.min(Math.floor(k / 2), 5) + 100 * ((i + j) % 2))),
    );
  });
  test("by the clock, at a lag of each target", async () => {
    const equations = "dg/dt = stim(t - due_post + 0.5*ms)/ms : 1 (clock-driven)";
    const expected = weight.map((_, s) =>
      Array.from({ length: steps }, (_, k) => at(k * 1e-3 - (s % targets) * 2e-3 + 0.5e-3)).reduce((a, b) => a + b, 0),
    );
    (await found(net({ equations, method: "euler" }), (e) => e.synapses("s").g!)).forEach((g, s) =>
      expect(g).toBeCloseTo(expected[s]!, 4),
    );
  });
  test("refused, at the place", async () => {
    const of = (spec: Partial<SynapseSpec>) => message(() => synapse({ name: "s", timedArrays: { stim }, ...spec }));
    expect(of({ equations: "dg/dt = (stim(2*t) - g)/ms : 1 (event-driven)" })).toContain(
      "an event-driven equation cannot read 'stim(2 * t)', which changes between events: make it (clock-driven)",
    );
    expect(of({ equations: "y = stim(2*t) : 1\ndg/dt = (y - g)/ms : 1 (event-driven)" })).toContain("'stim(2 * t)'");
    expect(of({ equations: "q : 1\ny = stim(q*ms) : 1 (shared)" })).toContain("'y' is shared, and 'q'");
    const reader = neuron({ name: "m", equations: "v : 1\nheard = stim(v*ms) : 1", timedArrays: { stim }, port: "v" });
    const n = network({
      dt: "1 ms",
      inputs: { x: inputNode(1) },
      populations: { p: population(1, reader) },
      connections: [connect("x", "p", { synapse: synapse({ name: "s", onPre: "w += heard_post" }) })],
    });
    await expect(createEngine(n, BACKENDS[1]!)).rejects.toThrow("that reads 'stim(v * ms)' cannot be read by synapses");
  });
});

test("refused, at the place", () => {
  const of = (text: string, more = "") => message(() => define(`x[t+1] = ${text} : 1\nv : 1${more}`));
  expect(of("stim(v*ms)")).toBe("accepted");
  expect(of("stim(v)")).toContain("stim(…) is read at a time, in seconds, but 'v' has dimension 1");
  expect(of("stim(t > 2*ms)")).toContain("expected a number as time of stim(…), but 't > 2 * ms' is a condition");
  expect(of("stim(t - w)")).toContain("unknown name 'w'");
  expect(of("stim()")).toContain("stim(…) takes a time, got 0 arguments");
  expect(of("stim(t, i)")).toContain("stim(…) takes a time, got 2 arguments");
  const table = { stim: { values, columns: 2, dt: 1 } };
  const inTable = (text: string) => message(() => define(`x[t+1] = ${text} : 1\nv : volt`, { timedArrays: table }));
  expect(inTable("stim(t)")).toContain("stim(…) takes a time and a column, got 1 arguments");
  expect(inTable("stim(t, v)")).toContain("expected a number without dimension as column of stim(…)");
  expect(of("y", "\ny = stim(v*ms) : 1 (shared)")).toContain("'y' is shared, and 'v' is each neuron's own");
  const model = define("x[t+1] = stim(t - d*v) : 1\nv : 1\nl = d*v : second\ny = stim(l) : 1", {
    parameters: { d: "1 ms" },
  });
  expect(message(() => population(1, model, { trainable: ["d"] }))).toContain(
    "'stim(l)' has no derivative by its time, so 'd' cannot be trained: leave it out of 'trainable'",
  );
  expect(message(() => population(1, model, { initial: { v: "y" } }))).toContain(
    "'stim(d * v)' has no value before the first step",
  );
  expect(message(() => createExactEngine(alone(model)))).toContain("n.timedArrays.stim: changes over time");
  expect(neuron(JSON.parse(JSON.stringify(model.spec)))).toEqual(model);
});
