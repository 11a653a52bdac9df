/**
 * The element-wise skeleton: a SIMD loop of several vectors a turn, one of single vectors, then a scalar loop over what
 * is left. Whatever depends on no element (constants, uniform slots and what is computed from them) is evaluated once,
 * before the loop. A vector's place in its turn is a constant offset from addresses that are formed once a turn.
 */
import type { KernelOf } from "../../ir/program.ts";
import { lanesOf, type Step, type Store } from "../../ir/step.ts";
import type { Emitter } from "./code.ts";
import { runsAlong, startAt } from "./elementLoop.ts";
import { listedElements, scalarLoop } from "./elementScalars.ts";
import { groupedTurn, vectorLoops } from "./elementVectors.ts";
import type { KernelContext } from "./kernel.ts";
import { foldOf, isCount } from "./stores.ts";

export function perElement({ step: given, domain }: KernelOf<"perElement">, c: KernelContext): void {
  const { f } = c;
  if (domain === "list") return listedElements(given, c);
  const lanes = lanesOf(given);
  const positions = startLists(given, c);
  const counted = countedByLists(given);
  const step = counted.size === 0 ? given : { ...given, stores: given.stores.filter((s) => !counted.has(s)) };
  const starts = new Map([...counted.values()].map((list) => [list, copyOf(f, positions.get(list)!)]));
  const folds = new Map(
    step.stores.flatMap((s) => (s.mode === "sum" || s.mode === "max" ? [[s, foldOf(s, lanes, f)] as const] : [])),
  );
  const shared = {
    step,
    c,
    i: f.local("i32"),
    lanes,
    grouped: groupedTurn(step, lanes),
    running: runsAlong(step),
    positions,
    folds,
  };
  if (domain === "range") startAt("first", shared);
  vectorLoops(shared);
  for (const fold of folds.values()) fold.split();
  scalarLoop(shared);
  for (const [store, fold] of folds) fold.finish(c.ptr(store.slot));
  for (const [{ slot }, list] of counted) addEntries(c.ptr(slot), positions.get(list)!, starts.get(list)!, c);
  for (const [slot, position] of positions) endList(slot, position, c);
}

/** Sums that count the entries of a list, which then need not be counted one by one: by store, the slot of the list. */
function countedByLists({ stores }: Step): Map<Store, string> {
  const listOf = ({ mode, value }: Store): string | undefined =>
    mode === "sum" && isCount(value) ? stores.find((l) => l.mode === "append" && l.value === value.a)?.slot : undefined;
  return new Map(
    stores.flatMap((s) => {
      const list = listOf(s);
      return list === undefined ? [] : [[s, list] as const];
    }),
  );
}
function copyOf(f: Emitter, local: number): number {
  const copy = f.local("i32");
  f.get(local);
  f.set(copy);
  return copy;
}
/** `sum += (position - start) / 4` */
function addEntries(sum: number, position: number, start: number, { f }: KernelContext): void {
  f.get(sum, sum);
  f.op("i32.load", 0);
  f.get(position, start);
  f.op("i32.sub");
  f.i32(2);
  f.op("i32.shr_u");
  f.op("i32.add");
  f.op("i32.store", 0);
}

function startLists(step: Step, c: KernelContext): Map<string, number> {
  const { f } = c;
  const positions = new Map<string, number>();
  for (const s of step.stores.filter((s) => s.mode === "append")) {
    const p = f.local("i32");
    f.get(c.ptr(s.slot), c.ptr(`${s.slot}.from`));
    f.op("i32.load", 0);
    f.i32(4);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(p);
    positions.set(s.slot, p);
  }
  return positions;
}
function endList(slot: string, position: number, { f, ptr }: KernelContext): void {
  f.get(ptr(`${slot}.to`), position, ptr(slot));
  f.op("i32.sub");
  f.i32(2);
  f.op("i32.shr_u");
  f.op("i32.store", 0);
}
