/**
 * Where the values of a synaptic body lie along a line (`synapseLines.ts`), and how they are loaded and stored: what lies
 * side by side as a vector, anything else lane by lane.
 */
import type { Expr } from "../../ir/expr.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { Slot, Space, Step } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { range } from "./tiles.ts";

/** How often a value changes: never in a call, from line to line, or from synapse to synapse. */
export type Rate = "call" | "line" | "synapse";
export const RATES: readonly Rate[] = ["call", "line", "synapse"];

/** Where the values of a space lie along a line: in one place, so many elements apart, or where a table says. */
type Along = { readonly kind: "same" } | { readonly kind: "apart"; readonly by: number } | Listed;
interface Listed {
  readonly kind: "listed";
  readonly table: string;
}
const SAME: Along = { kind: "same" };
const apartBy = (by: number): Along => ({ kind: "apart", by });
const listed = (table: string): Along => ({ kind: "listed", table });

export function alongOf({ domain, full }: KernelOf<"perSynapse">): Readonly<Record<Space, Along>> {
  const same = { uniform: SAME, element: SAME };
  if (domain === "columns")
    return full
      ? { ...same, synapse: apartBy(full[1]), pre: apartBy(1), post: SAME }
      : { ...same, synapse: listed("columnSynapse"), pre: listed("columnSource"), post: SAME };
  return { ...same, synapse: apartBy(1), pre: SAME, post: full ? apartBy(1) : listed("target") };
}

/** What all parts of the code of one kernel share. */
export interface Line {
  readonly step: Step;
  readonly c: KernelContext;
  readonly lanes: 2 | 4;
  /** The local with the number of the line: its source in rows, its target in columns. */
  readonly number: number;
  /** Locals with the place of the synapse at hand along the line, and with the end of the line. */
  readonly at: number;
  readonly end: number;
  readonly kernel: KernelOf<"perSynapse">;
  /** Whether lines are columns. */
  readonly columns: boolean;
  readonly along: Readonly<Record<Space, Along>>;
  /** Locals with the byte address of each slot for the synapse at hand; of what is listed, where its space begins. */
  readonly pointers: ReadonlyMap<string, number>;
  /** Locals with the byte address of the entry at hand of each table. */
  readonly tables: ReadonlyMap<string, number>;
  readonly rates: ReadonlyMap<Expr, Rate>;
}

/** Bytes from a slot's value for one synapse of a line to that for the next; undefined where a table says. */
export function strideOf({ along }: Line, { space, type }: Slot): number | undefined {
  const a = along[space];
  return a.kind === "listed" ? undefined : a.kind === "same" ? 0 : a.by * BYTES[type];
}

/** Pushes the number of the synapse at hand. */
export function pushSynapse({ kernel, number, at, columns, tables, c }: Line, as: "get" | "number" = "get"): void {
  const { f } = c;
  if (!kernel.full) {
    if (!columns) return f[as](at);
    f.get(tables.get("columnSynapse")!);
    return f.op("i32.load", 0);
  }
  f[as](columns ? at : number);
  f.i32(kernel.full[1]);
  f.op("i32.mul");
  f[as](columns ? number : at);
  f.op("i32.add");
}
/** Pushes the byte address of a slot for synapse k from the one at hand on; what lies apart has it as an offset. */
export function pushAddress(slot: Slot, { along, pointers, tables, c }: Line, k: number): void {
  const { f } = c;
  f.get(pointers.get(slot.name)!);
  const a = along[slot.space];
  if (a.kind !== "listed") return;
  f.get(tables.get(a.table)!);
  f.op("i32.load", 4 * k);
  f.i32(Math.log2(BYTES[slot.type]));
  f.op("i32.shl");
  f.op("i32.add");
}
/** What has a number. */
export type Numbered = "pre" | "post" | "synapse";
export function pushIndex(of: Numbered, line: Line): void {
  const { f } = line.c;
  if (of === "synapse") return pushSynapse(line, "number");
  const a = line.along[of];
  if (a.kind !== "listed") return f.number(a.kind === "same" ? line.number : line.at);
  f.get(line.tables.get(a.table)!);
  f.op("i32.load", 0);
}

/** Pushes the values of a slot for vector v of the turn: one for all, side by side, or lane by lane. */
export function loadVector(slot: Slot, pointer: number, line: Line, v: number): void {
  const { f } = line.c;
  const bits = 8 * BYTES[slot.type];
  const stride = strideOf(line, slot);
  const first = v * line.lanes;
  if (stride === 0 || stride === BYTES[slot.type]) {
    f.get(pointer);
    if (stride === 0) return f.op(`v128.load${bits}_splat`, 0);
    return f.op(isHalf(slot, line) ? "v128.load64_zero" : "v128.load", first * stride);
  }
  const value = f.local("v128");
  for (const lane of range(line.lanes)) {
    pushAddress(slot, line, first + lane);
    const offset = (first + lane) * (stride ?? 0);
    if (lane === 0) f.op(`v128.load${bits}_zero`, offset);
    else {
      f.get(value);
      f.op(`v128.load${bits}_lane`, offset, lane);
    }
    f.set(value);
  }
  f.get(value);
}
export function storeVector(slot: Slot, line: Line, v: number, push: () => void): void {
  const { f } = line.c;
  const bits = 8 * BYTES[slot.type];
  const stride = strideOf(line, slot);
  const first = v * line.lanes;
  if (stride === BYTES[slot.type]) {
    f.get(line.pointers.get(slot.name)!);
    push();
    const offset = first * stride;
    return isHalf(slot, line) ? f.op("v128.store64_lane", offset, 0) : f.op("v128.store", offset);
  }
  const value = f.local("v128");
  push();
  f.set(value);
  for (const lane of range(line.lanes)) {
    pushAddress(slot, line, first + lane);
    f.get(value);
    f.op(`v128.store${bits}_lane`, (first + lane) * (stride ?? 0), lane);
  }
}
/** Whether a vector of the slot fills half of what a body of 64-bit values works on. */
const isHalf = (slot: Slot, { lanes }: Line): boolean => lanes * BYTES[slot.type] === 8;

export function indexVector(of: Numbered, line: Line, v: number): void {
  const { f } = line.c;
  const a = line.along[of];
  if (a.kind === "listed") {
    f.get(line.tables.get(a.table)!);
    return f.op(line.lanes === 4 ? "v128.load" : "v128.load64_zero", 4 * v * line.lanes);
  }
  pushIndex(of, line);
  f.op("i32x4.splat");
  if (a.kind === "same") return;
  f.op(
    "v128.const",
    "i32x4",
    range(4).map((k) => (v * line.lanes + k) * a.by),
  );
  f.op("i32x4.add");
}
