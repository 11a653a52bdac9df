/** Runs that are made to part at a known step, neuron and variable: that is what is found. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { inDegree } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { type Column, hexOf, Scales, ulpsBetween } from "../../src/sim/divergence/column.ts";
import { foundIn } from "../../src/sim/divergence/compare.ts";
import { firstDivergence } from "../../src/sim/divergence/lockstep.ts";
import { ClockedSide, type SideOptions } from "../../src/sim/divergence/side.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Hook } from "../../src/sim/hooks.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";

const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (1.3 + g - v) / (10*ms) : 1 (unless refractory)
    dg/dt = -g / tau : 1`,
  parameters: { tau: "5 ms" },
  spike: "v > 1",
  reset: "v = 0",
  refractory: "2 ms",
});
const strengthening = synapse({ name: "growing", variables: { used: 0 }, onPre: "g_post += w; used = used + 1" });
const someNetwork = (tau = "5 ms", weight = uniform(0, 0.1)): Network =>
  network({
    dt: "0.5 ms",
    schedule: "brian",
    inputs: { x: inputNode(3) },
    populations: {
      e: population(40, cell, { initial: { v: uniform(0, 0.8) } }),
      i: population(15, cell, { parameters: { tau } }),
    },
    connections: [
      connect("x", "i", { port: "g", weight: 0.3, connectivity: inDegree(1) }),
      connect("e", "e", { port: "g", weight, connectivity: inDegree(4), delay: 2 }),
      connect("e", "i", { port: "g", weight: 0.02, connectivity: inDegree(3), delay: 1, synapse: strengthening }),
      connect("i", "e", { port: "g", weight: -0.05, connectivity: inDegree(3), delay: 3 }),
    ],
  });

interface Setting extends EngineOptions, SideOptions {
  readonly net?: Network;
  readonly backend?: typeof wasm;
}
async function sideOf({ net = someNetwork(), backend = wasm, inputs, hooks, ...options }: Setting = {}) {
  const engine = await createEngine(net, backend, options);
  return new ClockedSide(engine, { ...(inputs && { inputs }), ...(hooks && { hooks }) });
}
async function partingOf(a: Setting, b: Setting, options: Partial<Parameters<typeof firstDivergence>[2]> = {}) {
  const [x, y] = [await sideOf(a), await sideOf(b)];
  try {
    return firstDivergence(x, y, { steps: 400, ...options });
  } finally {
    x.engine.dispose();
    y.engine.dispose();
  }
}
/** Before a step, adds a hundredth to a variable of one neuron. */
const nudge = (step: number, name: string, k: number): Hook => ({
  from: step,
  every: 2 ** 30,
  run: (view) => void (view.state(name)[k]! += 0.01),
});

describe("equal runs are equal", () => {
  test("on every backend and any number of threads", async () => {
    const two = threadedWasm(2);
    for (const other of [{ backend: interpret }, { backend: two, parts: 3 }]) {
      const { parting, spike, steps, spikes } = await partingOf({}, other as Setting);
      expect([parting, spike, steps]).toEqual([undefined, undefined, 400]);
      expect(spikes.a).toBe(spikes.b);
      expect(spikes.a).toBeGreaterThan(300);
    }
    two.dispose();
  });
});

describe("runs that part are found where they do", () => {
  test("property: a variable of one neuron, changed before any step", async () => {
    const [a, b] = [await sideOf(), await sideOf()];
    const start = [a.snapshot(), b.snapshot()] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 390 }),
        fc.constantFrom("e.g", "i.g"),
        fc.nat(14),
        async (step, name, k) => {
          a.restore(start[0]);
          b.restore(start[1]);
          const nudged = new ClockedSide(b.engine, { hooks: [nudge(step, name, k)] });
          const same = new ClockedSide(a.engine);
          const { parting } = firstDivergence(same, nudged, { steps: 400, context: 2 });
          const [node] = name.split(".");
          expect([parting!.step, parting!.population]).toEqual([step, node]);
          expect(parting!.neuron).toBe(k);
          // A neuron that is refractory holds its v, the others' follows g in the same step.
          expect([parting!.variable, ...parting!.others]).toContain(parting!.variable === "g" ? "g" : name);
          expect(parting!.before.map((x) => x.step)).toEqual([step - 2, step - 1].filter((s) => s >= -1));
          for (const { a: x, b: y } of parting!.before) expect(x).toBe(y);
          expect(parting!.a!.value).not.toBe(parting!.b!.value);
        },
      ),
      { numRuns: 25 },
    );
    a.engine.dispose();
    b.engine.dispose();
  });

  test("a parameter of one population: the first neuron that has any current to lose", async () => {
    const inputs = (from: number, count: number) => ({
      x: { steps: from <= 7 && 7 < from + count ? [7 - from] : [], indices: from <= 7 && 7 < from + count ? [1] : [] },
    });
    const { parting, spike } = await partingOf({ inputs }, { inputs, net: someNetwork("5.5 ms") });
    // Sums that spikes of e bring may come before the input.
    const step = parting!.step;
    using alone = await createEngine(someNetwork(), wasm);
    let first = -1;
    for (let k = 0; k < 100 && first < 0; k++) {
      const before = alone.state("i.g").slice(0, 15);
      alone.run(1, inputs(k, 1));
      if (before.some((x) => x !== 0)) first = k;
    }
    expect(step).toBe(first);
    expect(parting).toMatchObject({ population: "i", variable: "v", others: ["i.g"] });
    expect(parting!.before).toHaveLength(3);
    expect(spike!.population).toMatch(/^[ei]$/);
  });

  test("what is equal again some steps later, where each step is looked at", async () => {
    // Nothing sees z but z itself, and nothing of it is left when it is set again.
    const silent = neuron({ name: "silent", equations: "dv/dt = -v/second : 1\nz : 1", spike: "v > 1" });
    const net = network({ dt: "1 ms", populations: { a: population(3, silent) } });
    const set = (value: number, from: number): Hook => ({
      from,
      every: 1000,
      run: (view) => void (view.state("a.z")[1] = value),
    });
    const hooks = [set(5, 100), set(0, 102)];
    expect((await partingOf({ net }, { net, hooks })).parting).toBeUndefined();
    const { parting } = await partingOf({ net }, { net, hooks }, { stretch: 1 });
    expect(parting).toMatchObject({ step: 100, population: "a", neuron: 1, variable: "z" });
    expect(parting!.before.map((x) => x.step)).toEqual([97, 98, 99]);
  });
  test("the lowest neuron, whichever variable; then the order of the model", () => {
    const column = (variable: string, ...values: number[]): Column => ({
      ...{ population: "p", variable, stored: "f64" as const, values: Float64Array.from(values) },
      digest: () => "",
    });
    const at = (v: number[], g: number[]) =>
      foundIn(
        [column("v", 1, 1, 1, 1), column("g", 1, 1, 1, 1)],
        [column("v", ...v), column("g", ...g)],
        undefined,
        { tolerance: 0 },
        new Scales(),
        { p: 4 },
      );
    expect(at([1, 1, 1, 2], [1, 3, 3, 1])).toMatchObject({ variable: "g", neuron: 1, differing: 2, others: ["p.v"] });
    expect(at([1, 2, 1, 2], [1, 3, 3, 1])).toMatchObject({ variable: "v", neuron: 1, differing: 2, others: ["p.g"] });
    expect(at([1, 1, 1, 1], [1, 1, 1, 1])).toBeUndefined();
  });
  test("the first spike that differs, and how many its neuron has fired before", async () => {
    // A step in which others fire, so that they are counted once.
    using base = await createEngine(someNetwork(), wasm);
    const { steps: busy, indices } = base.run(400).spikes["e"]!;
    const at = busy.findIndex((step, k) => step > 200 && indices[k] !== 3);
    const changed = busy[at]!;
    const hooks: Hook[] = [{ ...nudge(changed, "e.g", 3), run: (view) => void (view.state("e.g")[3]! += 0.5) }];
    const { parting, spike, spikes } = await partingOf({}, { hooks });
    const [a, b] = [await sideOf(), await sideOf({ hooks })];
    const all = [a.advance(400), b.advance(400)].map((r) =>
      Object.entries(r.spikes).flatMap(([node, list]) =>
        Array.from(list.steps, (step, k) => ({
          step,
          who: `${node} ${list.indices[k]}`,
          key: `${step} ${node} ${list.indices[k]}`,
        })),
      ),
    );
    const sets = all.map((list) => new Set(list.map((x) => x.key)));
    const lone = all.flatMap((list, k) => list.filter((x) => !sets[1 - k]!.has(x.key)));
    const first = Math.min(...lone.map((x) => x.step));
    expect(parting!.step).toBe(changed);
    expect(first).toBeGreaterThan(parting!.step);
    const who = `${spike!.population} ${spike!.neuron}`;
    expect(lone.filter((x) => x.step === first).map((x) => x.who)).toContain(who);
    expect(spike!.a ?? spike!.b).toBeCloseTo(first * 0.5e-3, 12);
    const before = all[0]!.filter((x) => x.step < first);
    expect(spike!.number).toBe(before.filter((x) => x.who === who).length);
    expect(spike!.number).toBeGreaterThan(0);
    expect(spikes).toEqual({ a: before.length, b: before.length });
    for (const side of [a, b]) side.engine.dispose();
  });

  test("hooks are called in the same steps, however a side is driven", async () => {
    const called = async (pieces: readonly number[]) => {
      const steps: number[] = [];
      const note = (view: { step: number }) => void steps.push(view.step);
      const side = await sideOf({
        hooks: [{ every: 3, from: 2, run: note }, { run: (view) => view.step === 5 && note(view) } as Hook],
      });
      for (const count of pieces) side.advance(count);
      side.engine.dispose();
      return steps;
    };
    const expected = [2, 5, 5, 8, 11, 14];
    for (const pieces of [[15], [1, 1, 1, 1, 1, 10], [2, 3, 4, 6], [7, 8]])
      expect(await called(pieces)).toEqual(expected);
  });

  test("another seed: before the first step, in what was drawn", async () => {
    const { parting } = await partingOf({ seed: 1 }, { seed: 2 });
    expect(parting).toMatchObject({
      step: -1,
      time: 0,
      population: "e",
      neuron: 0,
      variable: "v",
      differing: 40,
      before: [],
    });
  });
  test("another weight: before the first step, in its synapse", async () => {
    const weights = (change: number) => {
      const values = Float64Array.from({ length: 160 }, (_, k) => k / 1000);
      values[77]! += change;
      return { kind: "values" as const, values };
    };
    const nets = [0, 1].map((change) => someNetwork("5 ms", weights(change) as never)) as [Network, Network];
    const { parting } = await partingOf({ net: nets[0] }, { net: nets[1] });
    expect(parting).toMatchObject({ step: -1, connection: "e>e.g", variable: "w", synapse: 77, differing: 1 });
    expect(parting!.b!.value - parting!.a!.value).toBeCloseTo(1, 6);
  });
  test("weights that lie by their delays are shown in the type that the run has", async () => {
    const netOf = (change: number): Network => {
      const values = Float64Array.from({ length: 160 }, (_, k) => k / 1000 + (k === 77 ? change : 0));
      const weight = { kind: "values", values } as const;
      const delay = uniform(1e-3, 3e-3);
      return network({
        dt: "0.5 ms",
        populations: { e: population(40, cell) },
        connections: [
          connect("e", "e", { port: "g", weight, delay, connectivity: inDegree(4), synapse: strengthening }),
        ],
      });
    };
    const partings = { f32: { value: Math.fround(0.077), bits: "3d9db22d" }, f64: { value: 0.077 } }; // 1.232 / 16
    for (const type of ["f32", "f64"] as const) {
      const { parting } = await partingOf({ net: netOf(0), type }, { net: netOf(1), type });
      expect(parting).toMatchObject({ variable: "w", synapse: 77, b: { stored: type } });
      expect(parting!.a).toMatchObject({ ...partings[type], stored: type });
    }
  });
  test("a matrix of weights, a bias, a trained parameter: before the first step", async () => {
    const net = network({
      dt: "1 ms",
      inputs: { x: inputNode(3) },
      populations: { a: population(4, lif(), { parameters: { tau: [0.01, 0.02, 0.03, 0.04] }, trainable: ["tau"] }) },
      connections: [connect("x", "a", { weight: 0.5, bias: 0, name: "in.a" })],
    });
    const start = initialParameters(net, 0);
    const changed = (name: string, k: number) => {
      const values = start[name]!.slice();
      values[k]! += 0.25;
      return { net, parameters: { ...start, [name]: values } };
    };
    const found = async (name: string, k: number) =>
      (await partingOf({ net, parameters: start }, changed(name, k), { steps: 5 })).parting;
    expect(await found("in.a.weight", 6)).toMatchObject({
      ...{ step: -1, connection: "in.a", variable: "weight", synapse: 6, source: 1, target: 2, differing: 1 },
    });
    expect(await found("in.a.bias", 3)).toMatchObject({ step: -1, connection: "in.a", variable: "bias", target: 3 });
    expect(await found("a.tau", 2)).toMatchObject({ step: -1, population: "a", variable: "tau", neuron: 2 });
  });
  test("a variable of synapses, in the step in which it is changed", async () => {
    const change: Hook = { from: 123, every: 1000, run: (view) => void (view.synapses("e>i.g")["used"]![5]! += 1) };
    const { parting } = await partingOf({}, { hooks: [change] });
    expect(parting).toMatchObject({ step: 123, connection: "e>i.g", variable: "used", synapse: 5, differing: 1 });
    expect(parting!.b!.value - parting!.a!.value).toBe(1);
    expect(parting!.before.map(({ step }) => step)).toEqual([120, 121, 122]);
  });
  test("a threshold: the spike itself, and who has it", async () => {
    const at = (vTh: number) =>
      network({
        dt: "1 ms",
        populations: { a: population(3, lif({ vTh }), { initial: { v: [0.2, 0.9, 0.5] } }) },
      });
    // v = 0.9 exp(-1/20) = 0.856 after one step.
    const { parting, spike } = await partingOf({ net: at(0.85) }, { net: at(0.86) }, { steps: 10 });
    expect(parting).toMatchObject({ step: 0, population: "a", neuron: 1, variable: "spike", others: ["a.v"] });
    expect([parting!.a!.value, parting!.b!.value]).toEqual([1, 0]);
    expect(spike).toEqual({ population: "a", neuron: 1, a: 0, number: 0 });
  });

  test("f32 and f64: above a tolerance later than at all, and the first spike that differs", async () => {
    const at = async (tolerance: number) => partingOf({ type: "f32" }, { type: "f64" }, { tolerance, steps: 1500 });
    const [all, some, more] = [await at(0), await at(2e-7), await at(6e-7)];
    expect(all.parting!.step).toBe(-1); // a draw of 0.8 · u is rounded
    expect(some.parting!.step).toBeGreaterThan(all.parting!.step);
    expect(more.parting!.step).toBeGreaterThan(some.parting!.step);
    expect(all.parting!.ulps).toBeUndefined();
    expect(all.spike).toEqual(more.spike);
    const { a, b } = some.parting!;
    expect([a!.stored, b!.stored]).toEqual(["f32", "f64"]);
    // What is found exceeds the tolerance: its share of the largest value, which is some 0.1 and more here.
    expect(Math.abs(a!.value - b!.value)).toBeGreaterThan(1e-8);
  });

  test("networks that cannot be compared say why", async () => {
    const other = network({ dt: "0.5 ms", populations: { e: population(40, lif()), i: population(15, cell) } });
    await expect(partingOf({}, { net: other })).rejects.toThrow("e.g: the second run has no such variable; it has e.v");
    const smaller = network({ dt: "0.5 ms", populations: { e: population(4, cell), i: population(15, cell) } });
    await expect(partingOf({}, { net: smaller })).rejects.toThrow(
      "e.v: has 40 values in the first run and 4 in the second",
    );
  });
});

test("numbers between two: IEEE 754 in order, both zeros in one place", () => {
  expect(ulpsBetween(1, 1 + 2 ** -52, "f64")).toBe(1n);
  expect(ulpsBetween(1, 1 + 2 ** -23, "f32")).toBe(1n);
  expect(ulpsBetween(0, -0, "f64")).toBe(0n);
  expect(ulpsBetween(5e-324, -5e-324, "f64")).toBe(2n);
  expect(ulpsBetween(1, 2, "f32")).toBe(2n ** 23n);
  expect(ulpsBetween(1, Number.NaN, "f32")).toBeUndefined();
  expect([hexOf(1, "f32"), hexOf(-2, "f64"), hexOf(3, "other")]).toEqual(["3f800000", "c000000000000000", undefined]);
});
