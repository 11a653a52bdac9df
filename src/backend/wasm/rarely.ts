/**
 * Groups of elements of which hardly any is listed, such as neurons that seldom fire: one test tells whether any may be, and
 * only then is it worked out which are. What a listed element stores otherwise than the rest is then stored again.
 *
 * Nothing is kept in registers for that: who is listed follows from what has just been stored.
 */
import { type Compare, type Expr, operands, type Select } from "../../ir/expr.ts";
import { type Step, type Store, slotOf } from "../../ir/step.ts";
import { isFloat } from "../../ir/types.ts";
import { isMask } from "./stores.ts";

export interface Rarely {
  /** Who is listed. */
  readonly list: Store;
  /** Whoever is listed is so far `above` a bound that is the same for all. */
  readonly above: Compare;
  /** All other stores, in their order: what an element that is not listed stores. */
  readonly usual: readonly Store[];
  /** What a listed one stores instead. */
  readonly listed: readonly Store[];
  /** By value, the slot of `usual` that holds it afterwards. */
  readonly kept: ReadonlyMap<Expr, string>;
}

/** @param fixed what is the same for every element; undefined where the step has no list of that kind */
export function rarelyOf(step: Step, lanes: 2 | 4, fixed: ReadonlySet<Expr>): Rarely | undefined {
  const [list, ...others] = step.stores.filter(isMask);
  if (!list?.rare || list.mode !== "append" || others.length > 0) return undefined;
  const above = conditions(list.value).find((e) => isBound(e, lanes, fixed));
  if (!above) return undefined;
  const isOwn = (s: Store): s is Store & { value: Select } =>
    s.mode === "set" && s.value.tag === "select" && s.value.test === list.value && fixed.has(s.value.then);
  const rest = step.stores.filter((s) => s !== list);
  const usual = rest.map((s) => (isOwn(s) ? { ...s, value: s.value.else } : s));
  const kept = new Map(usual.filter((s) => isKept(s, step)).map((s) => [s.value, s.slot]));
  const listed = rest.filter(isOwn);
  const stored = new Set(rest.map((s) => s.slot));
  if (rest.length !== stored.size) return undefined;
  const again = [list.value, ...listed.map((s) => s.value)];
  return again.every((e) => isKnown(e, { fixed, kept, stored })) ? { list, above, usual, listed, kept } : undefined;
}

/** What must all hold. */
const conditions = (e: Expr): Expr[] =>
  e.tag === "binary" && e.op === "and" ? [...conditions(e.a), ...conditions(e.b)] : [e];
const isBound = (e: Expr, lanes: 2 | 4, fixed: ReadonlySet<Expr>): e is Compare =>
  e.tag === "compare" &&
  (e.op === "gt" || e.op === "ge") &&
  e.a.type === (lanes === 2 ? "f64" : "f32") &&
  !fixed.has(e.a) &&
  fixed.has(e.b);
/** Whether a store leaves its value where it can be read again. */
const isKept = (s: Store, step: Step): boolean =>
  s.mode === "set" && slotOf(step, s.slot).space === "element" && (isFloat(s.value.type) || s.value.type === "i32");

interface Known {
  readonly fixed: ReadonlySet<Expr>;
  readonly kept: ReadonlyMap<Expr, string>;
  /** Slots that no longer hold what they held. */
  readonly stored: ReadonlySet<string>;
}
/** Whether a value can be had after the usual stores. */
function isKnown(e: Expr, known: Known): boolean {
  if (known.fixed.has(e) || known.kept.has(e)) return true;
  if (e.tag === "read") return !known.stored.has(e.slot);
  return operands(e).length > 0 && operands(e).every((o) => isKnown(o, known));
}
