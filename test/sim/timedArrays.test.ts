/** Timed arrays read earlier or later than now, and by synapses: the value at floor(time / dt), the ends for ever (Brian). */
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

const values = [3, 1, 4, 1, 5, 9, 2, 6];
const stim = timedArray(values, "2 ms");
const define = (equations: string, more: Partial<NeuronSpec> = {}): NeuronModel =>
  neuron({ name: "n", equations, timedArrays: { stim }, ...more });
const alone = (model: NeuronModel, size = 1, options: PopulationOptions = {}, dt = 1e-3): Network =>
  network({ dt, schedule: "brian", populations: { p: population(size, model, options) } });
async function runIn(
  net: Network,
  name: string,
  cuts: readonly number[],
  options: EngineOptions = {},
  backend = BACKENDS[1]!,
) {
  using engine = await createEngine(net, backend, { type: "f64", block: 16, ...options, record: [name] });
  return cuts.flatMap((steps) => [...engine.run(steps).values[name]!]);
}
/** Of step k, read at `t + shift` where both are whole milliseconds; arrays of 2 ms a value. */
const at = (k: number, shift: number): number =>
  values[Math.min(Math.max(Math.floor((k + shift) / 2), 0), values.length - 1)]!;

describe("at a shifted time", () => {
  test.each([
    ["stim(t - 3*ms)", -3],
    ["stim(t + 5*ms)", 5],
    ["stim(5*ms + t)", 5],
    ["stim(t - 1*ms - d + 2*dt)", -6],
    ["stim(t - 2*(d - lead))", -8],
    ["stim(t + 100*ms)", 100],
    ["stim(t - 1*second)", -1000],
    ["delayed(t, d)", -7],
    ["twice(d)", -7],
  ])("%s", async (text, shift) => {
    const model = define(`x[t+1] = ${text} : 1\nlead = d - 4*ms : second`, {
      parameters: { d: "7 ms" },
      functions: { "delayed(time, late)": "stim(time - late)", "twice(s)": "delayed(t, s) * 1" },
    });
    const expected = Array.from({ length: 30 }, (_, k) => at(k, shift));
    for (const backend of BACKENDS)
      for (const type of ["f32", "f64"] as const)
        expect(await runIn(alone(model), "p.x", [30], { type }, backend)).toEqual(expected);
    expect(await runIn(alone(model), "p.x", [1, 7, 2, 20])).toEqual(expected);
    const late = await runIn(alone(model), "p.x", [4, 9], { firstStep: 6 });
    expect(late).toEqual(expected.slice(6, 19));
  });

  test("any whole number of steps, of any dt, from any first step", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -40, max: 40 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(1e-4, 3e-4, 2.5e-5, 1e-3),
        fc.constantFrom(0, 5, 12_345, 2 ** 33),
        async (shift, ratio, dt, firstStep) => {
          const many = Array.from({ length: 50 }, (_, k) => (k * 37) % 101);
          const timedArrays = { stim: timedArray(many, ratio * dt) };
          const model = define("x[t+1] = stim(t + d) : 1", { timedArrays, parameters: { d: { value: 0, unit: "s" } } });
          const net = alone(model, 1, { parameters: { d: shift * dt } }, dt);
          const row = (k: number): number => Math.min(Math.max(Math.floor((firstStep + k + shift) / ratio), 0), 49);
          const expected = Array.from({ length: 40 }, (_, k) => many[row(k)]!);
          expect(await runIn(net, "p.x", [17, 23], { firstStep })).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("between borders of the array: a current that comes late, exact within each step", async () => {
    // The array's border at 2 ms is met at 2.6 ms: in the step that begins at 3 ms.
    const model = define("dv/dt = stim(t - 0.6*ms)/ms : 1", { timedArrays: { stim: timedArray([1, 10], "2 ms") } });
    const staircase = [1, 2, 3, 13, 23, 33];
    const found = await runIn(alone(model), "p.v", [6]);
    staircase.forEach((v, k) => expect(found[k]).toBeCloseTo(v, 12));
  });

  const parameters = { d: "0 ms" };
  test("each neuron its own", async () => {
    const model = define("x[t+1] = stim(t - d) : 1", { parameters });
    const own = [0, 1e-3, 5e-3, -3e-3, 0.2];
    const expected = Array.from({ length: 20 }, (_, k) => own.map((d) => at(k, -Math.round(d * 1e3)))).flat();
    for (const backend of BACKENDS) {
      expect(await runIn(alone(model, 5, { parameters: { d: own } }), "p.x", [3, 17], {}, backend)).toEqual(expected);
      const drawn = alone(model, 5, { parameters: { d: "i*2*ms" } });
      expect(await runIn(drawn, "p.x", [20], { type: "f32" }, backend)).toEqual(
        Array.from({ length: 20 }, (_, k) => own.map((_, i) => at(k, -2 * i))).flat(),
      );
    }
    const parts = await runIn(alone(model, 5, { parameters: { d: own } }), "p.x", [20], { parts: 3 });
    expect(parts).toEqual(expected);
  });
  test("in a table: the neuron's column", async () => {
    const rows = Array.from({ length: 4 }, (_, t) => [10 * t, 10 * t + 1, 10 * t + 2]);
    const row = (k: number): number[] => rows[Math.min(Math.max(k, 0), 3)]!;
    const model = define("x[t+1] = stim(t - d, i) + 100*stim(t, i) : 1", {
      timedArrays: { stim: timedArray(rows, "1 ms") },
      parameters,
    });
    const expected = (d: readonly number[]) =>
      Array.from({ length: 8 }, (_, k) => d.map((x, i) => row(k - x)[i]! + 100 * row(k)[i]!)).flat();
    for (const backend of BACKENDS) {
      const same = alone(model, 3, { parameters: { d: 2e-3 } });
      expect(await runIn(same, "p.x", [8], {}, backend)).toEqual(expected([2, 2, 2]));
      const each = alone(model, 3, { parameters: { d: [0, 1e-3, 3e-3] } });
      expect(await runIn(each, "p.x", [2, 6], {}, backend)).toEqual(expected([0, 1, 3]));
      expect(await runIn(networkFromJson(networkToJson(each)), "p.x", [8], {}, backend)).toEqual(expected([0, 1, 3]));
    }
  });
  test("in conditions, resets and events, each read once", () => {
    const model = define("x : 1\ny = stim(t-d) : 1", {
      parameters,
      spike: "x > stim(t - d)",
      reset: "x = stim(t + d)",
      events: { up: "x > stim(t)" },
      onEvent: { up: "x -= stim(t + d)" },
    });
    expect(model.timedReads.map((x) => x.slot)).toEqual(["stim(t - d)", "stim(t)", "stim(t + d)"]);
    expect(neuron(JSON.parse(JSON.stringify(model.spec)))).toEqual(model);
  });

  test("refused, at the place", () => {
    const of = (text: string, more = "") =>
      message(() => define(`x[t+1] = ${text} : 1\nv : second\nlate = 2*v : second${more}`, { parameters }));
    expect(of("stim(t - d)")).toBe("accepted");
    expect(of("stim(t - 3)")).toContain("what is added to t in 'stim(t - 3)' needs dimension second");
    expect(of("stim(t - w)")).toContain("unknown name 'w'");
    const trained = define("x[t+1] = stim(t - d) : 1", { parameters });
    expect(message(() => population(1, trained, { trainable: ["d"] }))).toContain("'d' cannot be trained");
    const exact = define("dx/dt = (stim(t - d) - x)/ms : 1", { parameters });
    expect(message(() => createExactEngine(alone(exact)))).toContain("n.timedArrays.stim: changes over time");
  });
});

describe("in synapses", () => {
  const sources = 2;
  const targets = 3;
  const weight = [1, 10, 100, 1000, 10_000, 100_000]; // [source][target]
  const steps = 18;
  const events = { steps: [2, 2, 7, 11], indices: [0, 1, 1, 0] };
  const cell = neuron({ name: "cell", equations: "v : 1\nsum : 1 (input)\ny[t+1] = sum : 1", port: "v" });
  const net = (spec: Partial<SynapseSpec>, delay = 0, target = cell): Network =>
    network({
      dt: "1 ms",
      schedule: "brian",
      inputs: { x: inputNode(sources) },
      populations: { p: population(targets, target) },
      connections: [
        connect("x", "p", {
          connectivity: dense,
          weight,
          delay,
          synapse: synapse({ name: "s", timedArrays: { stim }, ...spec }),
        }),
      ],
    });
  /** What a run gives, however it is done. */
  async function found(n: Network, read: (e: Awaited<ReturnType<typeof createEngine>>) => ArrayLike<number>) {
    const one = async (backend: (typeof BACKENDS)[number], cuts: readonly number[], options: EngineOptions) => {
      using engine = await createEngine(n, backend, { block: 16, ...options });
      let from = 0;
      for (const count of cuts) {
        const at = events.steps.flatMap((s, k) => (s >= from && s < from + count ? [k] : []));
        const given = { steps: at.map((k) => events.steps[k]! - from), indices: at.map((k) => events.indices[k]!) };
        engine.run(count, { x: given });
        from += count;
      }
      return Array.from(read(engine));
    };
    const all = [
      await one(BACKENDS[1]!, [steps], { type: "f64" }),
      await one(BACKENDS[0]!, [steps], { type: "f64" }),
      await one(BACKENDS[1]!, [3, 1, 9, 5], { type: "f64" }),
      await one(BACKENDS[1]!, [steps], { type: "f64", parts: 2 }),
    ];
    for (const x of all) expect(x).toEqual(all[0]);
    const [a, b] = [await one(BACKENDS[0]!, [steps], {}), await one(BACKENDS[1]!, [7, 11], {})];
    expect(a).toEqual(b);
    a.forEach((x, k) => expect(x / all[0]![k]!).toBeCloseTo(1, 5));
    return all[0]!;
  }
  const state = (name: string) => (e: Awaited<ReturnType<typeof createEngine>>) =>
    e.state(`p.${name}`).subarray(0, targets);

  test("statements on spikes see the value when they run: late by the delay", async () => {
    for (const delay of [0, 3]) {
      const n = net({ onPre: "v += w*(stim(t) + 0.5*stim(t - late))", parameters: { late: "5 ms" } }, delay);
      const expected = Array.from({ length: targets }, (_, j) =>
        events.steps.reduce((v, k, e) => {
          const w = weight[events.indices[e]! * targets + j]!;
          return v + w * (at(k + delay, 0) + 0.5 * at(k + delay, -5));
        }, 0),
      );
      expect(await found(n, state("v"))).toEqual(expected);
      expect(await found(networkFromJson(JSON.parse(JSON.stringify(networkToJson(n)))), state("v"))).toEqual(expected);
    }
  });
  test("tables have a column a source, or a target", async () => {
    const table = (columns: number) =>
      timedArray(
        Array.from({ length: 6 }, (_, t) => Array.from({ length: columns }, (_, k) => 1 + t + 10 * k)),
        "2 ms",
      );
    const value = (k: number, column: number): number => 1 + Math.min(Math.max(Math.floor(k / 2), 0), 5) + 10 * column;
    const timedArrays = { a: table(sources), b: table(targets) };
    const n = net({ timedArrays, onPre: "v += w*(a(t, i) + b(t - 2*ms, j))" });
    const expected = Array.from({ length: targets }, (_, j) =>
      events.steps.reduce((v, k, e) => {
        const i = events.indices[e]!;
        return v + weight[i * targets + j]! * (value(k, i) + value(k - 2, j));
      }, 0),
    );
    expect(await found(n, state("v"))).toEqual(expected);
    for (const [text, count, node, size] of [
      ["a(t, j)", sources, "p", targets],
      ["b(t, i)", targets, "x", sources],
    ] as const) {
      const wrong = net({ timedArrays, onPre: `v += w*${text}` });
      await expect(createEngine(wrong, BACKENDS[1]!)).rejects.toThrow(
        `synapse s: '${text}' has values for ${count} neurons, and there are ${size} in '${node}'`,
      );
    }
  });
  test("statements on spikes of the target", async () => {
    const firing = neuron({ name: "firing", equations: "v : 1", spike: "(t_in_timesteps + i) % 3 == 0" });
    const table = timedArray(
      values.map((x) => [x, 10 * x]),
      "2 ms",
    );
    const spec = { variables: { q: 1 }, onPost: "q += stim(t - 1*ms) + table(t, i)" };
    const n = net({ ...spec, timedArrays: { stim, table } }, 0, firing);
    const expected = weight.map((_, s) => {
      const [i, j] = [Math.floor(s / targets), s % targets];
      const fired = Array.from({ length: steps }, (_, k) => k).filter((k) => (k + j) % 3 === 0);
      return fired.reduce((q, k) => q + at(k, -1) + (i ? 10 : 1) * at(k, 0), 1);
    });
    expect(await found(n, (e) => e.synapses("x>p").q!)).toEqual(expected);
  });
  test("clock-driven equations: an integrator's staircase, and the closed form of a leaky one", async () => {
    const equations = `
      dg/dt = stim(t - 3*ms)/ms : 1 (clock-driven)
      du/dt = (drive - u)/(4*ms) : 1 (clock-driven)
      drive = w*stim(t) : 1`;
    const n = net({ equations });
    const synapses = (name: string) => found(n, (e) => e.synapses("x>p")[name]!);
    let [g, u] = [0, weight.map(() => 0)];
    for (let k = 0; k < steps; k++) {
      g += at(k, -3);
      u = u.map((x, s) => weight[s]! * at(k, 0) + (x - weight[s]! * at(k, 0)) * Math.exp(-1 / 4));
    }
    (await synapses("g")).forEach((x) => expect(x).toBeCloseTo(g, 10));
    (await synapses("u")).forEach((x, s) => expect(x / u[s]!).toBeCloseTo(1, 12));
  });
  test("as a rate that is zero at times, when nothing moves: to the bit what a neuron does with it", async () => {
    const open = [1, 0, 0, 2, 1, 0, 3, 0];
    const equation = "dg/dt = (1 - g)*stim(t)/(4*ms) : 1";
    const timedArrays = { stim: timedArray(open, "2 ms") };
    const method = "exponentialEuler";
    const n = net({ equations: `${equation} (clock-driven)`, timedArrays, method });
    const rates = Array.from({ length: steps }, (_, k) => open[Math.min(Math.floor(k / 2), 7)]!);
    const left = Math.exp(-rates.reduce((a, b) => a + b, 0) / 4);
    const g = await found(n, (e) => e.synapses("x>p").g!);
    expect(g[0]).toBeCloseTo(1 - left, 12);
    const same = await runIn(alone(define(equation, { timedArrays, method })), "p.g", [steps]);
    expect(g).toEqual(weight.map(() => same.at(-1)));
  });
  test("sums, in every step", async () => {
    const n = net({ equations: "sum_post = w*(stim(t) + i) : 1 (summed)" });
    const last = at(steps - 1, 0);
    const expected = Array.from({ length: targets }, (_, j) => weight[j]! * last + weight[targets + j]! * (last + 1));
    expect(await found(n, state("y"))).toEqual(expected);
  });
  test("through functions and subexpressions, with units", async () => {
    const n = net({
      equations: "gain = 2*late_stim(1*ms)/mV : 1\nw : 1",
      timedArrays: { stim: timedArray(values, "2 ms", "mV") },
      functions: { "late_stim(d)": "stim(t - d)" },
      onPre: "v += w*gain",
    });
    const expected = Array.from({ length: targets }, (_, j) =>
      events.steps.reduce((v, k, e) => v + 2 * weight[events.indices[e]! * targets + j]! * at(k, -1), 0),
    );
    (await found(n, state("v"))).forEach((x, j) => expect(x / expected[j]!).toBeCloseTo(1, 14));
  });
  test("refused, at the place", async () => {
    const of = (spec: Partial<SynapseSpec>) => message(() => synapse({ name: "s", timedArrays: { stim }, ...spec }));
    expect(of({ equations: "w : 1", onPre: "v += stim(t - 3)" })).toContain("needs dimension second");
    expect(of({ equations: "dg/dt = (stim(t) - g)/ms : 1 (event-driven)" })).toContain("cannot read 'stim(t)'");
    expect(of({ timedArrays: { stim: { values: [1, 2, 3], columns: 2, dt: 1 } } })).toContain("needs whole rows of 2");
    const table = { timedArrays: { stim: { values: [1, 2], columns: 2, dt: 1 } } };
    expect(of({ ...table, onPre: "v += stim(t)" })).toContain("stim(…) takes a time and a column, got 1 arguments");
    expect(of({ ...table, equations: "x = stim(t, i) : 1 (shared)" })).toContain("'x' is shared");
    expect(of({ timedArray: stim } as Partial<SynapseSpec>)).toContain(
      "synapse s.timedArray: unknown property; known: dimensions, equations, functions",
    );
    const units = net({ equations: "w : volt", onPre: "v += stim(t)*w" });
    await expect(createEngine(units, BACKENDS[1]!)).rejects.toThrow(/needs one dimension on both sides/);
    const exact = network({
      dt: "1 ms",
      schedule: "nest",
      inputs: { x: inputNode(1) },
      populations: { p: population(1, neuron({ name: "m", equations: "dv/dt = -v/ms : 1" })) },
      connections: [
        connect("x", "p", {
          delay: 1,
          synapse: synapse({ name: "s", timedArrays: { stim }, onPre: "v += w*stim(t)" }),
        }),
      ],
    });
    expect(message(() => createExactEngine(exact))).toContain("synapse 's' does more than the exact engine can");
  });
});
