/**
 * What a program does in a run, as facts: each kernel call is counted while it runs, with the entries of its lists and the
 * synapses of them (`bench/rows.ts`), and the rules of `ir/countKernel.ts` turn that into operations and bytes.
 *
 * A backend is wrapped: behind each call of a program it puts another one, which adds to the call's own counters.
 */
import type { Backend, Executable } from "../src/backend/backend.ts";
import { OPERATIONS, type OperationCounts } from "../src/ir/count.ts";
import { countKernel, type Work } from "../src/ir/countKernel.ts";
import { convert, f64, read, sub } from "../src/ir/expr.ts";
import {
  along,
  type Buffer,
  type Count,
  type Invoke,
  invoke,
  type Kernel,
  type KernelOf,
  loop,
  type Node,
  type Place,
  type Program,
  place,
  shifted,
} from "../src/ir/program.ts";
import type { Step } from "../src/ir/step.ts";
import { TYPES } from "../src/ir/types.ts";
import { type Lines, linesOf, synapsesOf, visit } from "./rows.ts";

/** The work of one call of a program, over all the times it ran. */
export interface CallWork {
  readonly region: string;
  readonly kernel: Kernel;
  readonly args: Invoke["args"];
  readonly calls: number;
  /** Entries of its list, or written to it, where it has one. */
  readonly events: number;
  /** Synapses of its events, where it has any. */
  readonly synapses: number;
  /** All operations on numbers. */
  readonly operations: number;
  /** The same by what they are. */
  readonly each: OperationCounts;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

const COUNTERS = "bench.counters";
const NOTHING = "bench.zero";

/** What is counted of a call besides how often it ran: positions `to - from`, or counts read from memory. */
interface Counted {
  readonly name: string;
  readonly nodes: (at: Place) => Node[];
}
interface Counter {
  readonly region: string;
  readonly call: Invoke;
  readonly at: number;
  readonly counted: readonly string[];
  /** Of synapses, where it is counted how often each of their lines was an event. */
  readonly visited?: { readonly lines: Lines; readonly buffer: string };
}

/** `sum += to - from` */
const difference: Step = {
  name: "bench.count",
  slots: [
    { name: "from", type: "i32", space: "uniform" },
    { name: "to", type: "i32", space: "uniform" },
    { name: "sum", type: "f64", space: "element" },
  ],
  stores: [{ slot: "sum", mode: "add", value: convert("f64", sub(read("i32", "to"), read("i32", "from"))) }],
};
const one: Step = {
  name: "bench.once",
  slots: [{ name: "sum", type: "f64", space: "element" }],
  stores: [{ slot: "sum", mode: "add", value: f64(1) }],
};
const call = (step: Step, args: Record<string, Place>): Node => invoke({ kind: "perElement", step }, args, { n: 1 });
const positions = (name: string, from: Place, to: Place): Counted => ({
  name,
  nodes: (sum) => [call(difference, { from, to, sum })],
});
/** The same in every call. */
const always = (name: string, n: number): Counted => ({
  name,
  nodes: (sum) => [call({ ...one, stores: [{ slot: "sum", mode: "add", value: f64(n) }] }, { sum })],
});
const asPlace = (c: Count): Place => (typeof c === "number" ? place(NOTHING, constantAt(c)) : c);
/** Counts that start at a number start at 0. */
function constantAt(c: number): number {
  if (c !== 0) throw new Error(`a list from ${c} on cannot be counted yet`);
  return 0;
}

function countedOf({ kernel, args, counts = {} }: Invoke): Counted[] {
  if (counts.from === 0 && typeof counts.to === "number") return [always("events", counts.to)];
  if (kernel.kind === "lateColumns" && kernel.domain === "all")
    return [putOff(kernel, args.ends!, counts), positions("steps", place(NOTHING), asPlace(counts.now!))];
  if ("from" in counts) return [positions("events", asPlace(counts.from!), asPlace(counts.to!))];
  if (kernel.kind === "transposeLists")
    return [positions("events", place(NOTHING), shifted(args.starts!, kernel.rows)), ...countsRead(counts)];
  if (kernel.kind === "unpackBits") return [positions("events", args.from!, args.to!)];
  if (kernel.kind === "winners") return [positions("events", args.from!, args.to!)]; // those that stay
  const list = kernel.kind === "perElement" ? kernel.step.stores.find((s) => s.mode === "append") : undefined;
  const appended = list ? [positions("events", args[`${list.slot}.from`]!, args[`${list.slot}.to`]!)] : [];
  return [
    ...appended,
    ...countsRead(counts),
    ...(kernel.kind === "outerRows" ? [entries(args.ends!, counts.steps!)] : []),
  ];
}
/** Counts that are read from memory. */
const countsRead = (counts: Readonly<Record<string, Count>>): Counted[] =>
  Object.entries(counts).flatMap(([name, c]) => (typeof c === "number" ? [] : [positions(name, place(NOTHING), c)]));

/** Entries of as many rows. */
function entries(ends: Place, rows: Count): Counted {
  const at = (by: number): Place => ({
    ...ends,
    offset: ends.offset + by,
    terms: [...ends.terms, along("bench.row", 1)],
  });
  const nodes = (sum: Place): Node[] => [loop("bench.row", rows, [call(difference, { from: at(0), to: at(1), sum })])];
  return { name: "events", nodes };
}

/** Entries of the lists of all steps until now. */
function putOff({ steps, endStride }: KernelOf<"lateColumns">, ends: Place, counts: Invoke["counts"] = {}): Counted {
  const row = { ...ends, terms: [...ends.terms, along("bench.row", endStride, { modulo: steps })] };
  const from = asPlace(counts.first!);
  const nodes = (sum: Place): Node[] => [
    loop("bench.row", counts.now!, [call(difference, { from, to: row, sum })], { from: counts.start! }),
  ];
  return { name: "events", nodes };
}

/** The program with its counters, and what they belong to. */
export function instrumented(program: Program): { program: Program; counters: readonly Counter[] } {
  const counters: Counter[] = [];
  const visits: Buffer[] = [];
  let length = 0;
  const around = (region: string, node: Node): Node[] => {
    if (node.tag === "loop") return [{ ...node, body: node.body.flatMap((n) => around(region, n)) }];
    const counted = countedOf(node);
    const at = length;
    length += 1 + counted.length;
    const lines = linesOf(node, program);
    const visited = lines && { lines, buffer: `bench.visits.${visits.length}` };
    if (visited) visits.push({ name: visited.buffer, type: "f64", length: lines.count, role: "output" });
    counters.push({ region, call: node, at, counted: counted.map((c) => c.name), ...(visited && { visited }) });
    const own = counted.flatMap((c, k) => c.nodes(place(COUNTERS, at + 1 + k)));
    const each = visited ? [visit(node, lines!, place(visited.buffer))] : [];
    return [node, call(one, { sum: place(COUNTERS, at) }), ...own, ...each];
  };
  const regions = program.regions.map((r) => ({ ...r, body: r.body.flatMap((n) => around(r.name, n)) }));
  const buffers = [
    ...program.buffers,
    { name: COUNTERS, type: "f64", length: Math.max(1, length), role: "output" } as const,
    { name: NOTHING, type: "i32", length: 1, role: "constant" } as const,
    ...visits,
  ];
  return { program: { ...program, buffers, regions }, counters };
}

export class CountingBackend implements Backend {
  readonly name: string;
  readonly #inner: Backend;
  #counters: readonly Counter[] = [];
  #x: Executable | undefined;

  constructor(inner: Backend) {
    this.name = `${inner.name}, counted`;
    this.#inner = inner;
  }

  async load(program: Program): Promise<Executable> {
    const made = instrumented(program);
    this.#counters = made.counters;
    this.#x = await this.#inner.load(made.program);
    return this.#x;
  }

  /** Forgets what was counted so far. */
  clear(): void {
    this.#x!.array(COUNTERS).fill(0);
    for (const { visited } of this.#counters) if (visited) this.#x!.array(visited.buffer).fill(0);
  }
  /** What the last loaded program has done since. */
  work(): CallWork[] {
    const x = this.#x!;
    const counters = x.array(COUNTERS);
    return this.#counters.map(({ region, call, at, counted, visited }) => {
      const calls = counters[at]!;
      const read = Object.fromEntries(counted.map((name, k) => [name, counters[at + 1 + k]!]));
      const synapses = visited && synapsesOf(call, visited.lines, x.array(visited.buffer), x);
      const found = call.kernel.kind === "scatterBack" && { events: sumOf(x.array(visited!.buffer)) };
      const sums: Work = synapses === undefined ? read : { ...read, synapses, ...found };
      return {
        region,
        kernel: call.kernel,
        args: call.args,
        calls,
        events: sums.events ?? 0,
        synapses: synapses ?? lateSynapses(call.kernel, sums),
        ...amounts(call, calls, sums),
      };
    });
  }
}

/** Of events that full rows take in later. */
const lateSynapses = (kernel: Kernel, { events = 0 }: Work): number =>
  kernel.kind === "lateColumns" && kernel.domain === "all" ? events * kernel.full[0] : 0;

const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

type Amounts = Pick<CallWork, "operations" | "each" | "bytesRead" | "bytesWritten">;

/**
 * What a kernel does is a constant and a part in proportion to each of its counts or, where they are fixed, to their
 * product, so that the sum over all calls follows from the sums of the counts.
 */
function amounts({ kernel, counts = {} }: Invoke, calls: number, sums: Work): Amounts {
  const fixed = Object.fromEntries(
    Object.entries(counts).filter((c): c is [string, number] => typeof c[1] === "number"),
  );
  const nothing = Object.fromEntries(Object.keys(sums).map((name) => [name, 0]));
  const none = countKernel(kernel, { ...fixed, ...nothing });
  const all = countKernel(kernel, { ...fixed, ...nothing, ...sums });
  const total = (none: number, all: number): number => (calls === 0 ? 0 : (calls - 1) * none + all);
  const each = Object.fromEntries(
    OPERATIONS.map((o) => [
      o,
      Object.fromEntries(TYPES.map((t) => [t, total(none.operations[o][t], all.operations[o][t])])),
    ]),
  ) as OperationCounts;
  return {
    operations: OPERATIONS.reduce((n, o) => n + TYPES.reduce((m, t) => m + each[o][t], 0), 0),
    each,
    bytesRead: total(none.bytesRead, all.bytesRead),
    bytesWritten: total(none.bytesWritten, all.bytesWritten),
  };
}
