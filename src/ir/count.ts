/**
 * Counts of operations and bytes, from the IR alone. They are facts about a program; what an operation costs is
 * somebody else's table (`energy`). What depends on data (spikes, list entries) is counted by the run.
 *
 * Conventions: a multiply-shift is one multiply, one add (rounding) and one shift; saturation is two comparisons;
 * sign changes of floats and moves of bits are logic or free; min and max are comparisons. Functions and draws must be
 * expanded first.
 */
import { type BinaryOp, dispatch, type Expr, type ExprTable, operands, type UnaryOp } from "./expr.ts";
import { nodes, type Slot, type Space, type Step, type Store, type StoreMode, slotOf } from "./step.ts";
import { BYTES, isFloat, TYPES, type Type } from "./types.ts";

export type Operation = "add" | "multiply" | "divide" | "compare" | "logic" | "select" | "convert" | "special";
export const OPERATIONS: readonly Operation[] = [
  "add",
  "multiply",
  "divide",
  "compare",
  "logic",
  "select",
  "convert",
  "special",
];
/** How many of each operation, by the type it works on. */
export type OperationCounts = Readonly<Record<Operation, Readonly<Record<Type, number>>>>;
/** Bytes by where they lie. */
export type ByteCounts = Readonly<Record<Space, number>>;

/** Operations and bytes of a step. */
export interface StepCounts {
  /** Per element (or synapse). */
  readonly operations: OperationCounts;
  /** Per call: what depends on uniform values alone and need be done once. */
  readonly once: OperationCounts;
  /** Per element, and for `uniform` per call. `append` writes what the data says and is not in it. */
  readonly read: ByteCounts;
  readonly written: ByteCounts;
}

/** An operation with its type. */
export type Item = readonly [operation: Operation, type: Type, times?: number];

export function tally(items: Iterable<Item>): OperationCounts {
  const counts = Object.fromEntries(OPERATIONS.map((o) => [o, Object.fromEntries(TYPES.map((t) => [t, 0]))])) as Record<
    Operation,
    Record<Type, number>
  >;
  for (const [operation, type, times = 1] of items) counts[operation][type] += times;
  return counts;
}

const UNARY: Readonly<Record<UnaryOp, (type: Type) => Operation>> = {
  neg: (type) => (isFloat(type) ? "logic" : "add"),
  abs: (type) => (isFloat(type) ? "logic" : "add"),
  sqrt: () => "special",
  floor: () => "convert",
  ceil: () => "convert",
  trunc: () => "convert",
  nearest: () => "convert",
  not: () => "logic",
};
const BINARY: Readonly<Record<BinaryOp, Operation>> = {
  add: "add",
  sub: "add",
  mul: "multiply",
  div: "divide",
  min: "compare",
  max: "compare",
  and: "logic",
  or: "logic",
  xor: "logic",
  shl: "logic",
  shr: "logic",
  mulHi: "multiply",
};
const free = (): Item[] => [];
const COST: ExprTable<readonly Item[]> = {
  const: free,
  read: free,
  fetch: () => [["compare", "i32", 2]],
  index: free,
  bitcast: free,
  word: free,
  join: free,
  unary: (e) => [[UNARY[e.op](e.type), e.type]],
  binary: (e) => [[BINARY[e.op], e.type]],
  compare: (e) => [["compare", e.a.type]],
  select: (e) => [["select", e.type]],
  convert: (e) => [["convert", e.type]],
  mulShift: (e) => [
    ["multiply", e.type],
    ["logic", e.type],
    ...(e.rounding === "floor" ? [] : [["add", e.type] as const]),
    ...(e.overflow === "saturate" ? [["compare", e.type, 2] as const] : []),
  ],
  spike: (e) => [
    ["compare", e.type],
    ["select", e.type],
  ],
  call: (e) => unexpanded(e.fn),
  draw: (e) => unexpanded(e.law),
};
function unexpanded(what: string): never {
  throw new Error(`count: '${what}' is not an operation (expand the step first)`);
}
const costOf = (e: Expr): readonly Item[] => dispatch(COST, e, undefined);

/** What a store does besides writing. */
const STORE: Readonly<Record<StoreMode, { readonly operation?: Operation; readonly readsBack: boolean }>> = {
  set: { readsBack: false },
  add: { operation: "add", readsBack: true },
  append: { readsBack: false },
  bits: { operation: "logic", readsBack: false },
  sum: { operation: "add", readsBack: true },
  max: { operation: "compare", readsBack: true },
};
function writtenBytes({ mode, value }: Store): number {
  return mode === "append" ? 0 : mode === "bits" ? 1 / 8 : BYTES[value.type];
}

/** Counts the operations and bytes of a step, each shared expression once. */
export function countStep(step: Step): StepCounts {
  const all = nodes(step);
  const varying = new Set<Expr>();
  for (const e of all) if (varies(e, step) || operands(e).some((o) => varying.has(o))) varying.add(e);
  const stores = step.stores.flatMap((s): Item[] => {
    const { operation } = STORE[s.mode];
    return operation ? [[operation, s.value.type]] : [];
  });
  const reads = new Map<string, Slot>(
    all.flatMap((e) => (e.tag === "read" ? [[e.slot, slotOf(step, e.slot)] as const] : [])),
  );
  /** Whose value it is: that of each element or synapse. */
  const each: Space = step.slots.some((s) => s.space !== "element" && s.space !== "uniform") ? "synapse" : "element";
  const fetchedBy = (e: Expr): Space => (varying.has(e) ? each : "uniform");
  const spaceOf = (s: Store): Space => (s.mode === "bits" ? "element" : slotOf(step, s.slot).space);
  return {
    operations: tally([...all.filter((e) => varying.has(e)).flatMap(costOf), ...stores]),
    once: tally(all.filter((e) => !varying.has(e)).flatMap(costOf)),
    read: bytes([
      ...[...reads.values()].map((s) => [s.space, BYTES[s.type]] as const),
      ...all.flatMap((e) => (e.tag === "fetch" ? [[fetchedBy(e), BYTES[e.type]] as const] : [])),
      ...step.stores.flatMap((s) =>
        STORE[s.mode].readsBack && !reads.has(s.slot) ? [[spaceOf(s), BYTES[s.value.type]] as const] : [],
      ),
    ]),
    written: bytes(step.stores.map((s) => [spaceOf(s), writtenBytes(s)])),
  };
}
const varies = (e: Expr, step: Step): boolean =>
  e.tag === "index" || (e.tag === "read" && slotOf(step, e.slot).space !== "uniform");

function bytes(items: Iterable<readonly [Space, number]>): ByteCounts {
  const sums: Record<Space, number> = { element: 0, uniform: 0, pre: 0, post: 0, synapse: 0 };
  for (const [space, n] of items) sums[space] += n;
  return sums;
}

/** Floating-point additions, multiplications, divisions and square roots an element. */
export function flops(step: Step): number {
  const { operations } = countStep(step);
  return (["add", "multiply", "divide", "special"] as const).reduce(
    (sum, o) => sum + operations[o].f32 + operations[o].f64,
    0,
  );
}
