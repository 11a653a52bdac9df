/** Delivery by groups of delays against a naive simulator that pushes each weight to where and when it arrives. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import {
  type Connectivity,
  dense,
  inDegree,
  oneToOne,
  outDegree,
  pairs,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import type { DelayOption } from "../../src/model/delays.ts";
import {
  clippedNormal,
  exponential,
  type Initializer,
  normal,
  truncatedNormal,
  uniform,
} from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { asStored, storedWeight } from "../../src/model/storage.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { events } from "./events.ts";
import { run } from "./run.ts";

const MS = 1e-3;
/** Fires where what came to `v` or `I` reaches 1; `v` keeps what it is not, and `I` forgets. */
const adder = neuron({
  name: "adder",
  equations: "v[t+1] = v + I : 1\nI : 1 (input)",
  spike: "v >= 1",
  reset: "v = 0",
  port: "v",
});

interface Joined {
  readonly from: string;
  readonly to: string;
  readonly port: string;
  readonly connectivity: Connectivity;
  readonly weight: number | Float64Array;
  readonly delay: DelayOption;
}
const SIZES: Readonly<Record<string, number>> = { x: 30, a: 70, b: 133 };
const described = (schedule: ScheduleName, all: readonly Joined[], sizes = SIZES): Network =>
  network({
    dt: MS,
    schedule,
    inputs: { x: inputNode(sizes.x!) },
    populations: { a: population(sizes.a!, adder), b: population(sizes.b!, adder) },
    connections: all.map(({ from, to, ...options }, k) => connect(from, to, { name: `c${k}`, ...options })),
  });

interface Synapse {
  readonly source: number;
  readonly target: number;
  readonly w: number;
  readonly delay: number;
}
function synapsesOf(engine: Engine, name: string, delay: DelayOption): Synapse[] {
  const views = engine.synapses(name);
  return Array.from(views.source!, (source, k) => ({
    source,
    target: views.target![k]!,
    w: views.w![k]!,
    delay: views.delay?.[k] ?? (delay as number),
  }));
}
/** Spikes as `step population neuron`. */
function pushed(
  engine: Engine,
  all: readonly Joined[],
  schedule: ScheduleName,
  steps: number,
  given: ReturnType<typeof events>,
) {
  const arrivals = new Map<string, number>();
  const key = (step: number, node: string, port: string, k: number): string => `${step} ${node}.${port} ${k}`;
  const arrive = (at: string, w: number): void => void arrivals.set(at, (arrivals.get(at) ?? 0) + w);
  const tables = all.map((c, n) => synapsesOf(engine, `c${n}`, c.delay));
  // With groups the update reads what came before, so that its input is heard one step later.
  const push = (t: number, node: string, k: number): void =>
    all.forEach(({ from, to, port }, n) => {
      if (from !== node) return;
      const later = schedule === "loihi" || (schedule === "brian" && port === "I") ? 1 : 0;
      for (const s of tables[n]!) if (s.source === k) arrive(key(t + s.delay + later, to, port, s.target), s.w);
    });
  const v: Readonly<Record<string, Float64Array>> = { a: new Float64Array(SIZES.a!), b: new Float64Array(SIZES.b!) };
  const out: string[] = [];
  const take = (t: number, node: string, port: string): void => {
    for (let k = 0; k < v[node]!.length; k++) v[node]![k]! += arrivals.get(key(t, node, port, k)) ?? 0;
  };
  for (let t = 0; t < steps; t++) {
    given.steps.forEach((step, n) => {
      if (step === t) push(t, "x", given.indices[n]!);
    });
    for (const node of ["a", "b"]) {
      take(t, node, "I");
      if (schedule !== "brian") take(t, node, "v");
    }
    const fired = ["a", "b"].flatMap((node) =>
      [...v[node]!.keys()].filter((k) => v[node]![k]! >= 1).map((k) => [node, k] as const),
    );
    for (const [node, k] of fired) push(t, node, k);
    if (schedule === "brian") for (const node of ["a", "b"]) take(t, node, "v");
    for (const [node, k] of fired) {
      v[node]![k] = 0;
      out.push(`${t} ${node} ${k}`);
    }
  }
  return out.sort();
}
const spikesIn = (spikes: Readonly<Record<string, { steps: Uint32Array; indices: Uint32Array }>>): string[] =>
  Object.entries(spikes)
    .flatMap(([node, { steps, indices }]) => Array.from(steps, (t, k) => `${t} ${node} ${indices[k]}`))
    .sort();

const eighths = (n: number): Float64Array => Float64Array.from({ length: n }, (_, k) => (((k * 37) % 11) - 4) / 8);
const LEAST: Readonly<Record<ScheduleName, number>> = { layered: 1, brian: 0, nest: 1, loihi: 0 };

const someDelay = (least: number): fc.Arbitrary<DelayOption> =>
  fc.oneof(
    fc
      .tuple(fc.integer({ min: least, max: 6 }), fc.integer({ min: 0, max: 40 }))
      .map(([low, range]) => uniform(low * MS, (low + range) * MS)),
    fc.constant(truncatedNormal(4 * MS, 3 * MS, { low: Math.max(0.5, least) * MS })),
    fc.constant(clippedNormal(1.5 * MS, 2 * MS, { low: least * MS, high: 9 * MS })),
  );
const joins = (least: number): fc.Arbitrary<Joined> =>
  fc
    .record({
      from: fc.constantFrom("x", "a", "a", "b"),
      to: fc.constantFrom("a", "b"),
      port: fc.constantFrom("v", "v", "I"),
      kind: fc.constantFrom("given", "total", "out", "in", "all"),
      count: fc.integer({ min: 0, max: 900 }),
      delay: someDelay(least),
      same: fc.boolean(),
    })
    .map(({ from, to, port, kind, count, delay, same }) => {
      const [sources, targets] = [SIZES[from]!, SIZES[to]!];
      // A few targets many times over, in any order.
      const given = (n: number, a: number, m: number) =>
        Array.from({ length: count }, (_, k) => ((k * a) >> 2) % Math.min(n, m));
      const made: Readonly<Record<string, { connectivity: Connectivity; synapses: number }>> = {
        given: { connectivity: pairs(given(sources, 13, 999), given(targets, 29, 17)), synapses: count },
        total: { connectivity: totalNumber(count), synapses: count },
        out: { connectivity: outDegree(7), synapses: 7 * sources },
        in: { connectivity: inDegree(5), synapses: 5 * targets },
        all: { connectivity: dense, synapses: sources * targets },
      };
      const { connectivity, synapses } = made[kind]!;
      const weight = same ? 1 / 4 : eighths(synapses);
      const steps = kind === "given" ? Array.from({ length: count }, (_, k) => least + ((k * k) % 90)) : delay;
      return { from, to, port, connectivity, weight, delay: steps };
    });

test("spike for spike, whatever the connections, delays, schedule, parts and threads", async () => {
  using two = threadedWasm(2);
  const cases = fc.constantFrom<ScheduleName>("layered", "brian", "nest", "loihi").chain((schedule) =>
    fc.record({
      schedule: fc.constant(schedule),
      all: fc.array(joins(LEAST[schedule]), { minLength: 1, maxLength: 6 }),
      parts: fc.constantFrom(1, 2, 3),
      type: fc.constantFrom("f32" as const, "f64" as const),
      block: fc.constantFrom(5, 64),
      fast: fc.boolean(),
    }),
  );
  let fired = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ schedule, all, parts, type, block, fast }) => {
      const drive: Joined = { from: "x", to: "a", port: "v", connectivity: outDegree(3), weight: 1, delay: 1 };
      const connections = [...all, drive];
      const given = events(150, 40, SIZES.x!);
      const options = { seed: 4, type, block };
      using engine = await createEngine(described(schedule, connections), fast ? two : interpret, {
        ...options,
        parts,
      });
      const expected = pushed(engine, connections, schedule, 70, given);
      const recording = engine.run(70, { x: given });
      expect(spikesIn(recording.spikes)).toEqual(expected);
      fired += expected.length;
      using other = await createEngine(described(schedule, connections), wasm, options);
      expect(other.run(70, { x: given })).toEqual(recording);
    }),
    { numRuns: 25, ...(process.env.FC_SEED && { seed: Number(process.env.FC_SEED), path: process.env.FC_PATH! }) },
  );
  expect(fired).toBeGreaterThan(5000);
}, 60_000);

test("a layer hears the one below within the step, through synapses that take none and some that do", async () => {
  const net = (delay: DelayOption): Network =>
    described("layered", [
      { from: "x", to: "a", port: "v", connectivity: outDegree(9), weight: 1, delay: 0 },
      { from: "a", to: "b", port: "v", connectivity: outDegree(9), weight: 1, delay },
      { from: "b", to: "a", port: "v", connectivity: outDegree(5), weight: 1 / 8, delay: 2 },
    ]);
  const options = { inputs: { x: events(60, 20, SIZES.x!) }, seed: 2 };
  const together = await run(net(new Array<number>(9 * SIZES.a!).fill(0)), 30, options);
  expect(together).toEqual(await run(net(0), 30, options));
  expect(together.spikes.b!.steps.length).toBeGreaterThan(100);
  const later = await run(net(Array.from({ length: 9 * SIZES.a! }, (_, k) => k % 6)), 30, options);
  expect(later.spikes.b!.steps[0]).toBe(together.spikes.b!.steps[0]);
  expect(later).not.toEqual(together);
});

describe("one connection for each delay, which is how plastic synapses are taken apart", () => {
  const [sources, targets] = [SIZES.x!, SIZES.b!];
  const apart = async (weight: number | Float64Array | Initializer, type: "f32" | "f64") => {
    const options = { connectivity: probability(0.4), weight, delay: uniform(1 * MS, 25 * MS), port: "v" };
    const net = (connections: ReturnType<typeof connect>[]): Network =>
      network({
        dt: MS,
        schedule: "nest",
        inputs: { x: inputNode(sources) },
        populations: { b: population(targets, quiet) },
        connections: connections.flat(),
      });
    const inputs = { x: events(300, 60, sources) };
    const made = { type, seed: 9, record: ["b.v"] };
    using engine = await createEngine(net([connect("x", "b", { name: "c", ...options })]), wasm, made);
    const found = engine.run(90, inputs).values["b.v"]!;
    const all = synapsesOf(engine, "c", 0);
    const delays = [...new Set(all.map((s) => s.delay))];
    const each = delays.map((delay) => {
      const mine = all.filter((s) => s.delay === delay);
      const [source, target, w] = [mine.map((s) => s.source), mine.map((s) => s.target), mine.map((s) => s.w)];
      return connect("x", "b", { name: `c${delay}`, connectivity: pairs(source, target), weight: w, delay, port: "v" });
    });
    using other = await createEngine(net(each), wasm, made);
    return { found, want: other.run(90, inputs).values["b.v"]! };
  };
  const quiet = neuron({ name: "quiet", equations: "v : 1", spike: "v > 1e6", reset: "v = 0", port: "v" });
  test("whole eighths: to the last bit", async () => {
    const { found, want } = await apart({ kind: "constant", value: 5 / 8 }, "f32");
    expect(found).toEqual(want);
    expect(Math.max(...found)).toBeGreaterThan(40);
  });
  test.each(["f32", "f64"] as const)("any weights in %s: within a rounding an addition", async (type) => {
    const { found, want } = await apart(normal(1, 0.5), type);
    // Some 120 arrivals at a neuron, sums below 2^8: each addition is off by half a unit of the last place at most.
    const bound = 2 * 150 * 2 ** 8 * (type === "f32" ? 2 ** -24 : 2 ** -53);
    expect(Math.max(...want.map(Math.abs))).toBeLessThan(2 ** 8);
    expect(Math.max(...found.map((x, k) => Math.abs(x - want[k]!)))).toBeLessThan(bound);
    expect(found).not.toEqual(want);
  });
});

test("trials side by side, each with a ring of its own; and step by step", async () => {
  const net = described("nest", [
    { from: "x", to: "a", port: "v", connectivity: outDegree(6), weight: 1, delay: uniform(1 * MS, 4 * MS) },
    { from: "a", to: "b", port: "I", connectivity: totalNumber(900), weight: 1 / 4, delay: uniform(1 * MS, 13 * MS) },
    { from: "b", to: "a", port: "I", connectivity: totalNumber(900), weight: -1 / 8, delay: uniform(1 * MS, 30 * MS) },
  ]);
  const trials = [events(90, 30, 30), events(60, 30, 29)];
  const samples = trials.flatMap(({ steps }, s) => steps.map(() => s));
  const all = {
    steps: trials.flatMap((t) => t.steps),
    indices: trials.flatMap((t) => t.indices),
    samples,
  };
  using together = await createEngine(net, wasm, { seed: 6, samples: 2 });
  const found = together.run(60, { x: all }).spikes;
  for (const [s, given] of trials.entries()) {
    using alone = await createEngine(net, wasm, { seed: 6, block: 1 });
    const want = spikesIn(alone.run(60, { x: given }).spikes);
    const own = Object.entries(found).map(([node, { steps, indices, samples }]) => {
      const mine = (x: Uint32Array): Uint32Array => x.filter((_, k) => samples[k] === s);
      return [node, { steps: mine(steps), indices: mine(indices) }] as const;
    });
    expect(spikesIn(Object.fromEntries(own))).toEqual(want);
    expect(want.length).toBeGreaterThan(200);
  }
});

test("what drives the update and what is added to a state are added up at two moments", async () => {
  // Under 'brian' an input port and a state are rings of their own.
  const both: Joined[] = ["I", "v"].map((port) => ({
    from: "a",
    to: "b",
    port,
    connectivity: totalNumber(500),
    weight: 1 / 4,
    delay: uniform(0, 5 * MS),
  }));
  using engine = await createEngine(described("brian", both), wasm);
  expect(engine.lowered.context.delivery.rings.map((r) => r.moment)).toEqual(["first", "between"]);
});

describe("tables", () => {
  const rowsOf = (engine: Engine) => [...engine.lowered.sources.delivery.values()].map((b) => b.header);
  const one = async (options: ConnectOptions, type: "f32" | "f64" = "f32", n = 200): Promise<Engine> =>
    createEngine(
      network({
        dt: MS,
        schedule: "nest",
        populations: { a: population(n, adder), b: population(n, adder) },
        connections: [connect("a", ["a", "b"], options), connect("b", ["a", "b"], options)],
      }),
      wasm,
      { seed: 1, type },
    );
  test("one table for sources whose rows are alike, of the form that takes less room", async () => {
    const weight = normal(1, 0.1);
    using short = await one({ connectivity: probability(0.5), delay: uniform(1 * MS, 20 * MS), weight });
    expect(rowsOf(short)).toEqual([{ narrow: true, groups: 5, group: 4 }]);
    using long = await one({ connectivity: outDegree(4), delay: exponential(50 * MS), weight: 1 }).catch(() =>
      one({ connectivity: outDegree(4), delay: uniform(1 * MS, 900 * MS), weight: 1 }),
    );
    expect(rowsOf(long)[0]).toEqual({ narrow: false, groups: 57, group: 16 });
    using few = await one({ connectivity: pairs([0, 1], [2, 3]), delay: [1, 100_000], weight: 1 });
    expect(rowsOf(few)[0]).toMatchObject({ groups: 2 });
  });
  test("weights that are whole numbers of the smallest lose nothing in a byte", () => {
    const of = (weight: Initializer) => storedWeight({ name: "c", weight }, "f32", 10);
    expect(of({ kind: "values", values: [0.1, -0.3, 0, 12.7] })).toMatchObject({ form: "i8" });
    expect(of({ kind: "values", values: [0.1, 12.8] })).toMatchObject({ form: "i16" });
    expect(of({ kind: "values", values: [0.1, 0.15] })).toEqual({ form: "f32" });
    expect(of({ kind: "values", values: [0, 0] })).toEqual({ form: "f32" });
  });
  test.each(["i16", "i8"] as const)(
    "%s: off by half a unit at most, as the views and the arrivals are",
    async (storage) => {
      const weight = clippedNormal(0.3, 0.05, { low: 0 });
      const options = { connectivity: probability(0.4), delay: uniform(1 * MS, 9 * MS), weight };
      using exact = await one(options, "f64");
      using narrow = await one({ ...options, storage });
      const stored = storedWeight({ name: "c", weight, storage }, "f32", 200);
      const unit = "unit" in stored ? stored.unit : 0;
      expect(unit).toBeCloseTo(
        weight.kind === "clippedNormal" ? (0.3 + 0.05 * 6.23) / (storage === "i8" ? 127 : 32767) : 0,
        4,
      );
      const [w, q] = [exact, narrow].map((e) => e.synapses("a>b").w!) as [Float64Array, Float64Array];
      expect(Math.max(...w.map((x, k) => Math.abs(x - q[k]!)))).toBeLessThanOrEqual(unit / 2 + 1e-7);
      expect([...q]).toEqual([...w].map((x) => asStored(x, stored, "f32")));
      expect(new Set(q).size).toBeGreaterThan(30);
    },
  );
  test("a hook may write weights, within what the storage reaches; a snapshot holds them", async () => {
    const options = {
      connectivity: probability(0.2),
      delay: uniform(1 * MS, 5 * MS),
      weight: uniform(0, 1),
      storage: "i8",
    } as const;
    using a = await one(options);
    using b = await one(options);
    const fresh = b.snapshot();
    const write = (x: number) => ({
      hooks: [
        {
          every: 100,
          run: (v: { synapses(c: string): Readonly<Record<string, { fill(x: number): unknown }>> }) =>
            void v.synapses("a>b").w!.fill(x),
        },
      ],
    });
    a.run(3, {}, write(0.5));
    const half = a.synapses("a>b").w!;
    expect(new Set(half).size).toBe(1);
    expect(half[0]).toBeCloseTo(0.5, 2);
    expect(() => a.run(1, {}, write(1.1))).toThrow("synapses a>b[0].w: stored as i8, weights reach from -");
    b.restore(a.snapshot());
    expect(b.synapses("a>b").w).toEqual(half);
    expect(b.synapses("a>a").w).toEqual(a.synapses("a>a").w);
    b.restore(fresh);
    using c = await one(options);
    expect(b.synapses("a>b").w).toEqual(c.synapses("a>b").w);
  });
  test.each([1, 2, 3])("what a hook writes is found, and delivered, where each synapse is: %i parts", async (parts) => {
    const net = (w: ConnectOptions["weight"]): Network =>
      network({
        dt: MS,
        schedule: "nest",
        inputs: { x: inputNode(50) },
        populations: { a: population(150, adder), b: population(150, adder) },
        connections: [
          ...connect("a", "b", { connectivity: oneToOne, weight: 0, delay: 1 }), // so that both are in one loop over time
          ...connect("b", "a", { connectivity: oneToOne, weight: 0, delay: 1 }),
          ...["a", "b"].flatMap((to) =>
            connect("x", to, {
              connectivity: totalNumber(4000),
              delay: uniform(1 * MS, 11 * MS),
              ...(to === "a" ? { weight: w! } : { weight: normal(0, 1) }),
            }),
          ),
        ],
      });
    const ramp = Float64Array.from({ length: 4000 }, (_, k) => ((k * 31) % 97) / 128);
    const [inputs, options] = [{ x: events(200, 30, 50) }, { seed: 5, parts, record: ["a.v"] }];
    using drawn = await createEngine(net(normal(0, 0.1)), wasm, options);
    using given = await createEngine(net(ramp), wasm, options);
    expect(drawn.lowered.context.delivery.tables.length).toBe(1);
    expect(given.lowered.context.delivery.tables.map((t) => t.weight).sort()).toEqual(["f32", "i8"]);
    const other = drawn.synapses("x>b").w!;
    const run = drawn.run(45, inputs, { hooks: [{ every: 100, run: (v) => void v.synapses("x>a").w!.set(ramp) }] });
    expect(drawn.synapses("x>a")).toEqual(given.synapses("x>a"));
    expect([...drawn.synapses("x>a").w!]).toEqual([...ramp]);
    expect(drawn.synapses("x>b").w).toEqual(other);
    expect(run.values).toEqual(given.run(45, inputs).values);
  });
  test("the exact engine delivers what the clocked one stores", async () => {
    const net = network({
      dt: MS,
      schedule: "nest",
      inputs: { x: inputNode(20) },
      populations: { a: population(20, integrateAndFire({ vTh: 5 })) },
      connections: [connect("x", "a", { connectivity: oneToOne, weight: uniform(0, 1), delay: 1, storage: "i8" })],
    });
    using clocked = await createEngine(net, wasm, { type: "f64", seed: 1, record: ["a.v"] });
    const all = Array.from({ length: 20 }, (_, k) => k);
    const want = clocked.run(4, { x: { steps: all.map(() => 0), indices: all } }).values["a.v"]!.slice(-20);
    expect([...clocked.synapses("x>a").w!]).toEqual([...want]);
    expect(new Set(want).size).toBeGreaterThan(15);
    const exact = createExactEngine(net, { seed: 1, record: ["a.v"] });
    const { values } = exact.run(4 * MS, {
      inputs: { x: { times: all.map(() => 0), indices: all } },
      sampleAt: [4 * MS],
    });
    expect([...values["a.v"]!]).toEqual([...want]);
  });
  test("storage is refused where there is none, and kept in a file", () => {
    const net = (options: ConnectOptions): Network =>
      network({
        dt: MS,
        schedule: "nest",
        populations: { a: population(5, adder) },
        connections: [connect("a", "a", { delay: 1, ...options })],
      });
    expect(() => net({ storage: "i8" })).toThrow("the weights of this dense connection are a matrix");
    expect(() => net({ storage: "i4" as "i8", connectivity: probability(1) })).toThrow(
      "no storage 'i4'; known: f32, i16, i8",
    );
    const kept = net({ storage: "i16", connectivity: probability(1) });
    expect(networkFromJson(networkToJson(kept)).connections[0]!.storage).toBe("i16");
  });
  test("with one delay, narrow weights alone choose the table", async () => {
    const weight = Float64Array.from({ length: 30 * 30 }, (_, k) => ((k * 37) % 128) / 128); // a unit is 1/128
    const net = (more: ConnectOptions): Network =>
      network({
        dt: MS,
        schedule: "nest",
        inputs: { x: inputNode(30) },
        populations: { a: population(70, adder) },
        connections: [connect("x", "a", { connectivity: outDegree(30), weight, delay: 2, ...more })],
      });
    const options = { inputs: { x: events(200, 30, 30) }, seed: 3, record: ["a.v"] };
    const expected = await run(net({}), 40, options);
    expect(await run(net({ storage: "i8" }), 40, options)).toEqual(expected);
    expect(expected.spikes.a!.steps.length).toBeGreaterThan(20);
  });
});
