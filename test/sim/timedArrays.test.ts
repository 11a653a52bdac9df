/** Timed arrays read earlier or later than now, and by synapses: the value at floor(time / dt), the ends for ever (Brian). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { type Network, network, type PopulationOptions, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel, NeuronSpec } from "../../src/model/neuronModel.ts";
import { timedArray } from "../../src/model/timedArray.ts";
import { createEngine, type EngineOptions } from "../../src/sim/engine.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { BACKENDS } from "./run.ts";

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
const message = (make: () => unknown): string => {
  try {
    make();
    return "accepted";
  } catch (e) {
    return (e as Error).message;
  }
};

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
    expect(of("stim(t - v)")).toContain(
      "n.equations: line 1: 'stim(t - v)': by how much a timed array is shifted does not change in a run, and 'v' may; it is made of numbers and parameters; known: d",
    );
    expect(of("stim(t - late)")).toContain("and 'v' may");
    expect(of("stim(t - rand()*ms)")).toContain("and 'rand()' may");
    expect(of("stim(t - 3)")).toContain("what is added to t in 'stim(t - 3)' needs dimension second");
    expect(of("stim(t - w)")).toContain("'w'");
    for (const text of ["stim(d - t)", "stim(t - t)", "stim(t*2)", "stim(d)", "stim()", "stim(t - d, i)"])
      expect(of(text)).toContain("is read as 'stim(t)' or 'stim(t - d)', and in no other way");
    const table = { stim: { values, columns: 2, dt: 1 } };
    for (const text of ["stim(t)", "stim(t, j)", "stim(t, 0)", "stim(t, i, i)"])
      expect(message(() => define(`x = ${text} : 1\ny : 1`, { timedArrays: table }))).toContain(
        "is read as 'stim(t, i)' or 'stim(t - d, i)', and in no other way",
      );
    const trained = define("x[t+1] = stim(t - d) : 1", { parameters });
    expect(message(() => population(1, trained, { trainable: ["d"] }))).toContain("'d' cannot be trained");
    const exact = define("dx/dt = (stim(t - d) - x)/ms : 1", { parameters });
    expect(message(() => createExactEngine(alone(exact)))).toContain("n.timedArrays.stim: changes over time");
  });
});
