import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { inDegree, oneToOne } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import type { EngineOptions } from "../../../src/sim/engineOptions.ts";
import type { HookView } from "../../../src/sim/hooks.ts";
import type { Recording } from "../../../src/sim/recording.ts";
import type { RecordedSeries } from "../../../src/sim/records/memorySink.ts";
import type { Records } from "../../../src/sim/records/spec.ts";
import { simulate } from "../../../src/sim/simulate.ts";
import { BACKENDS } from "../run.ts";

const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (1.3 + g - v) / (20*ms) : 1 (unless refractory)
    dg/dt = -g / (5*ms) : 1
    above = v - 0.5 : 1`,
  spike: "v > 1",
  reset: "v = 0",
  refractory: "2 ms",
});
const SIZE = 20;
const net = network({
  dt: "0.5 ms",
  populations: {
    a: population(SIZE, cell, { initial: { v: uniform(0, 1) } }),
    b: population(5, cell, { initial: { v: uniform(0, 1) } }),
  },
  connections: [
    connect("a", "a", { connectivity: inDegree(3), port: "g", weight: 0.05, delay: "2 ms" }),
    connect("a", "b", { connectivity: inDegree(4), port: "g", weight: uniform(0, 0.1), delay: "1 ms" }),
  ],
});
const STEPS = 400;

/** Everything, by the plain recording, which is what records are held against. */
let all: Recording;
beforeAll(async () => {
  using engine = await createEngine(net, wasm, { seed: 3, record: ["a.v", "a.above", "b.g"] });
  all = engine.run(STEPS);
});

async function recorded(records: Records, { cuts = [STEPS], ...options }: EngineOptions & { cuts?: number[] } = {}) {
  using engine = await createEngine(net, wasm, { seed: 3, ...options });
  const recorder = engine.recorder(records);
  for (const steps of cuts) engine.run(steps, {}, { records: recorder });
  expect(engine.digest).toBe(all.digest);
  return recorder.finish();
}
const spikesOf = (node: string, keep: (step: number, index: number) => boolean) => {
  const { steps, indices } = all.spikes[node]!;
  return [...steps].map((step, k): [number, number] => [step, indices[k]!]).filter(([s, i]) => keep(s, i));
};
const pairs = ({ ticks, indices }: { ticks: Float64Array; indices: Uint32Array }) =>
  [...ticks].map((t, k) => [t, indices[k]!]);
const column = (name: string, size: number, neuron: number, steps: number[]) =>
  steps.map((t) => all.values[name]![t * size + neuron]!);
const multiples = (every: number, from = 0, to = STEPS): number[] =>
  Array.from({ length: to }, (_, k) => k).filter((k) => k % every === 0 && k >= from);

describe("against the whole recording of the same run", () => {
  test("spikes of some neurons, in windows", async () => {
    const { s } = await recorded({
      s: {
        kind: "spikes",
        of: "a",
        neurons: [7, 2, 11],
        windows: [{ from: 50, to: "60 ms" }, { from: 300 }],
      },
    });
    const expected = spikesOf("a", (t, i) => [2, 7, 11].includes(i) && ((t >= 50 && t < 120) || t >= 300));
    expect(expected.length).toBeGreaterThan(5);
    expect(pairs(s!)).toEqual(expected);
  });
  test.each([undefined, { v: { kind: "variable", of: "a.v" } } as const])(
    "a variable, every third step, columns in the order asked for (engine made with %o)",
    async (records) => {
      const { v } = await recorded(
        { v: { kind: "variable", of: "a.v", neurons: [9, 0], every: 3, windows: [{ from: 10, to: 200 }] } },
        records && { records },
      );
      const steps = multiples(3, 10, 200);
      expect([...v!.ticks]).toEqual(steps);
      for (const [k, neuron] of [9, 0].entries())
        expect([...v!.values].filter((_, n) => n % 2 === k)).toEqual(column("a.v", SIZE, neuron, steps));
    },
  );
  test("before a step is after the one before it", async () => {
    const { v } = await recorded({ v: { kind: "variable", of: "a.v", every: 10, when: "before", neurons: [4] } });
    expect(v!.offset).toBe(0);
    const steps = multiples(10).slice(1);
    expect([...v!.ticks]).toEqual([0, ...steps]);
    expect([...v!.values].slice(1)).toEqual(
      column(
        "a.v",
        SIZE,
        4,
        steps.map((t) => t - 1),
      ),
    );
  });
  test("a subexpression, where the engine hands it out", async () => {
    const records = { x: { kind: "variable", of: "a.above", every: 7 } } as const;
    const { x } = await recorded(records, { records });
    expect([...x!.values]).toEqual(
      multiples(7).flatMap((t) => [...all.values["a.above"]!.slice(t * SIZE, (t + 1) * SIZE)]),
    );
    await expect(recorded(records)).rejects.toThrow("records.x.of: 'a.above' is no state");
  });
  test("rates: spikes of a bin over neurons and seconds", async () => {
    const { r } = await recorded({ r: { kind: "rate", of: "a", bin: "10 ms", neurons: [0, 1, 2, 3] } });
    const expected = multiples(20).map(
      (from) => spikesOf("a", (t, i) => i < 4 && t >= from && t < from + 20).length / (4 * 20 * net.dt),
    );
    expect([...r!.ticks]).toEqual(multiples(20));
    expect(r!.values).toEqual(Float64Array.from(expected, (x) => x));
    expect(Math.max(...expected)).toBeGreaterThan(0);
  });
  test("rates: bins across a window's border are left out", async () => {
    const { r } = await recorded({
      r: {
        kind: "rate",
        of: "a",
        bin: 20,
        windows: [
          { from: 30, to: 119 },
          { from: 125, to: 200 },
        ],
      },
    });
    const whole = [40, 60, 80, 140, 160, 180];
    expect([...r!.ticks]).toEqual(whole);
    const counts = whole.map((from) => spikesOf("a", (t) => t >= from && t < from + 20).length);
    expect([...r!.values].map((x) => Math.round(x * SIZE * 20 * net.dt))).toEqual(counts);
  });
  test("windows that touch or overlap are one", async () => {
    const windows = [{ from: 40, to: 75 }, { to: 30 }, { from: 30, to: 50 }];
    const r = await recorded({
      r: { kind: "rate", of: "a", bin: 20, windows },
      v: { kind: "variable", of: "a.v", every: 5, windows },
    });
    expect([...r.r!.ticks]).toEqual([0, 20, 40]);
    expect([...r.v!.ticks]).toEqual(multiples(5, 0, 75));
    expect(r.v!.windows).toEqual([[0, 75]]);
  });
  test("the newest spikes and rows", async () => {
    const { s, v } = await recorded({
      s: { kind: "spikes", of: "a", last: 13 },
      v: { kind: "variable", of: "b.g", every: 2, last: 5 },
    });
    expect(pairs(s!)).toEqual(spikesOf("a", () => true).slice(-13));
    expect([...v!.ticks]).toEqual(multiples(2).slice(-5));
    expect([...v!.values]).toEqual(
      multiples(2)
        .slice(-5)
        .flatMap((t) => [...all.values["b.g"]!.slice(t * 5, t * 5 + 5)]),
    );
  });
  test("more in the ring than there has been", async () => {
    const { s } = await recorded({ s: { kind: "spikes", of: "b", last: 100_000 } });
    expect(pairs(s!)).toEqual(spikesOf("b", () => true));
  });
});

describe("triggers", () => {
  const around = (events: number[], before: number, after: number) => (t: number) =>
    events.some((e) => t >= e - before && t <= e + after);
  test("a spike of a neuron: what lies around it, once, in order", async () => {
    const trigger = { on: { spike: "b", neurons: [1] }, before: 10, after: "4 ms" } as const;
    const r = await recorded(
      { v: { kind: "variable", of: "a.v", neurons: [3], trigger }, s: { kind: "spikes", of: "a", trigger } },
      { records: { v: { kind: "variable", of: "a.v" } } },
    );
    const events = spikesOf("b", (_, i) => i === 1).map(([t]) => t);
    const kept = multiples(1).filter(around(events, 10, 8));
    expect(events.length).toBeGreaterThan(2);
    expect(kept.length).toBeLessThan(STEPS / 2);
    expect([...r["v.trigger"]!.ticks]).toEqual(events);
    expect([...r.v!.ticks]).toEqual(kept);
    expect([...r.v!.values]).toEqual(column("a.v", SIZE, 3, kept));
    expect(pairs(r.s!)).toEqual(spikesOf("a", (t) => around(events, 10, 8)(t)));
  });
  test.each(["rises", "falls"] as const)("a variable that %s, twice at most", async (way) => {
    const r = await recorded({
      s: {
        kind: "spikes",
        of: "a",
        trigger: { on: { variable: "a.v", neuron: 6, [way]: 0.6 } as never, before: 3, after: 3, most: 2 },
      },
    });
    const v = column("a.v", SIZE, 6, multiples(1));
    const crossings = multiples(1).filter(
      (t) => t > 0 && (way === "rises" ? v[t - 1]! < 0.6 && v[t]! >= 0.6 : v[t - 1]! > 0.6 && v[t]! <= 0.6),
    );
    expect(crossings.length).toBeGreaterThan(2);
    expect([...r["s.trigger"]!.ticks]).toEqual(crossings.slice(0, 2));
    expect(pairs(r.s!)).toEqual(spikesOf("a", around(crossings.slice(0, 2), 3, 3)));
  });
  test("a predicate, asked before every n-th step", async () => {
    const asked: number[] = [];
    const r = await recorded({
      s: {
        kind: "spikes",
        of: "a",
        trigger: {
          on: {
            every: 50,
            test: ({ step, t, state }) => {
              expect(t).toBe(step * net.dt);
              asked.push(state("a.v")[0]!);
              return step === 100 || step === 250;
            },
          },
          after: 5,
        },
      },
    });
    expect(asked.slice(1)).toEqual(
      column(
        "a.v",
        SIZE,
        0,
        multiples(50)
          .slice(1)
          .map((t) => t - 1),
      ),
    );
    expect(pairs(r.s!)).toEqual(spikesOf("a", around([100, 250], 0, 5)));
  });
});

test("how runs and blocks cut time changes nothing (property)", async () => {
  const records: Records = {
    s: { kind: "spikes", of: "a", neurons: [1, 5, 8], trigger: { on: { spike: "b" }, before: 7, after: 3 } },
    v: { kind: "variable", of: "a.v", every: 9, windows: [{ from: 13, to: 222 }] },
    w: { kind: "variable", of: "b.g", every: 5, when: "before", last: 17 },
    r: { kind: "rate", of: "b", bin: 30 },
    x: { kind: "synapses", of: "a>b.g", every: 100 },
  };
  const whole = await recorded(records, { block: 400 });
  const cut = fc.array(fc.integer({ min: 1, max: 79 }), { minLength: 5, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(cut, fc.integer({ min: 1, max: 70 }), fc.boolean(), async (parts, block, handed) => {
      const cuts = [...parts, STEPS - parts.reduce((x, y) => x + y, 0)];
      expect(await recorded(records, { cuts, block, ...(handed && { records }) })).toEqual(whole);
    }),
    { numRuns: 12 },
  );
});

test("weights of synapses as they change, by Oja-like counting: each pathway adds one a spike", async () => {
  const counting = network({
    dt: "0.5 ms",
    populations: { a: population(3, cell, { initial: { v: [0.1, 0.5, 0.9] } }), b: population(3, cell) },
    connections: [
      connect("a", "b", {
        connectivity: oneToOne,
        port: "g",
        weight: 0,
        synapse: synapse({ name: "count", onPre: "w += 1" }),
      }),
    ],
  });
  for (const backend of BACKENDS) {
    using engine = await createEngine(counting, backend, { type: "f64" });
    const records: Records = {
      w: { kind: "synapses", of: "a>b.g", every: 100, synapses: [2, 0] },
      s: { kind: "spikes", of: "a" },
    };
    const { w, s } = engine.run(500, {}, { records }).records;
    expect([...w!.ticks]).toEqual([0, 100, 200, 300, 400]);
    const before = (neuron: number, step: number) => pairs(s!).filter(([t, i]) => i === neuron && t! < step).length;
    expect([...w!.values]).toEqual([0, 100, 200, 300, 400].flatMap((t) => [before(2, t), before(0, t)]));
    expect(before(0, 400)).toBeGreaterThan(3);
  }
});

test("before a step is after the hooks of that step", async () => {
  using engine = await createEngine(net, wasm, { seed: 3 });
  const hooks = [{ every: 20, run: ({ state }: HookView) => state("a.v").fill(0.25) }];
  const v: Records[string] = { kind: "variable", of: "a.v", every: 10, when: "before", neurons: [1] };
  const { values } = engine.run(100, {}, { hooks, records: { v } }).records.v!;
  expect([...values].filter((_, k) => k % 2 === 0)).toEqual([0.25, 0.25, 0.25, 0.25, 0.25]);
  expect([...values].filter((_, k) => k % 2 === 1)).not.toContain(0.25);
});

test("parts of populations, which threads work on, change nothing", async () => {
  const large = network({
    dt: "0.5 ms",
    populations: { a: population(700, cell, { initial: { v: uniform(0, 1) } }) },
    connections: [connect("a", "a", { connectivity: inDegree(5), port: "g", weight: 0.02, delay: "2 ms" })],
  });
  const records: Records = {
    s: { kind: "spikes", of: "a", trigger: { on: { spike: "a", neurons: [650] }, before: 5 } },
    v: { kind: "variable", of: "a.v", every: 70, neurons: [0, 300, 699] },
    r: { kind: "rate", of: "a", bin: 20 },
  };
  const runs: RecordedSeries[] = [];
  for (const parts of [1, 3]) {
    using engine = await createEngine(large, wasm, { parts });
    runs.push(engine.run(150, {}, { records }).records);
  }
  expect(runs[0]!.s!.ticks.length).toBeGreaterThan(20);
  expect(runs[1]).toEqual(runs[0]);
});

test("synapses that lie by their delays come in order of source and target", async () => {
  const delayed = network({
    dt: "0.5 ms",
    populations: { a: population(12, cell, { initial: { v: uniform(0, 1) } }) },
    connections: [
      connect("a", "a", {
        connectivity: inDegree(4),
        port: "g",
        weight: uniform(0, 0.1),
        delay: uniform(1e-3, 5e-3),
        synapse: synapse({ name: "more", onPre: "g += w; w += 0.25" }),
      }),
    ],
  });
  using engine = await createEngine(delayed, wasm);
  const records: Records = { w: { kind: "synapses", of: "a>a.g", every: 300, synapses: [40, 0, 7] } };
  const { w } = engine.run(301, {}, { records }).records;
  const all = engine.synapses("a>a.g").w!;
  using fresh = await createEngine(delayed, wasm);
  const start = fresh.synapses("a>a.g").w!;
  expect([...w!.values].slice(0, 3)).toEqual([40, 0, 7].map((k) => start[k]));
  fresh.run(300);
  expect([...w!.values].slice(3)).toEqual([40, 0, 7].map((k) => fresh.synapses("a>a.g").w![k]));
  expect(all[40]! - start[40]!).toBeGreaterThan(0.5);
  const ends = engine.synapses("a>a.g");
  for (const end of ["source", "target"] as const)
    expect(w![end]).toEqual(Uint32Array.from([40, 0, 7], (k) => ends[end]![k]!));
});

test("several trials: rows of each, spikes with their trial", async () => {
  const records = { v: { kind: "variable", of: "a.v", every: 20 }, r: { kind: "rate", of: "a", bin: 40 } } as const;
  using engine = await createEngine(net, wasm, { samples: 3, records, record: ["a.v"] });
  using twin = await createEngine(net, wasm, { samples: 3, record: ["a.v"] });
  const { v, r } = engine.run(80, {}, { records }).records;
  const whole = twin.run(80);
  const expected = [0, 20, 40, 60].flatMap((t) =>
    [0, 1, 2].flatMap((s) => [...whole.values["a.v"]!.slice((s * 80 + t) * SIZE, (s * 80 + t + 1) * SIZE)]),
  );
  expect([...v!.values]).toEqual(expected);
  const { steps, samples } = whole.spikes.a!;
  const count = (s: number, bin: number) =>
    [...steps].filter((t, k) => samples[k] === s && Math.floor(t / 40) === bin).length;
  expect([...r!.values]).toEqual(
    [0, 1].flatMap((bin) => [0, 1, 2].map((s) => count(s, bin) * (1 / (SIZE * 40 * net.dt)))),
  );
});

test("simulate: records to a sink, and in the run", async () => {
  const records = { s: { kind: "spikes", of: "b" } } as const;
  const run = await simulate(net, { steps: STEPS, seed: 3, records });
  expect(pairs(run.records.s!)).toEqual(spikesOf("b", () => true));
  expect(run.spikes).toEqual({});
  const calls: string[] = [];
  await simulate(net, {
    steps: STEPS,
    seed: 3,
    records,
    sink: {
      begin: ({ tick, series }) => calls.push(`begin ${tick} ${series.map((x) => x.name)}`),
      write: () => calls.push("write"),
      finish: () => calls.push("finish"),
      abandon: () => void calls.push("abandon"),
    },
  });
  expect(calls).toEqual(["begin 0.0005 s", "write", "finish"]);
});
