/**
 * Rows of synapses that are drawn again whenever a spike needs them, instead of being stored: the same rows, from the same
 * random numbers (`base/lineStream.ts`).
 */
import { LINE_STEP } from "../base/lineStream.ts";
import { HOST_STEP } from "../base/random.ts";
import { add, call, convert, type Expr, f64, mul, read, shr, u32, unary } from "./expr.ts";
import { philox } from "./random.ts";
import type { Slot, Step } from "./step.ts";

export interface DrawnRows {
  readonly seed: number;
  readonly stream: number;
  readonly targets: number;
  /** Whether no source is its own target: of two equal numbers. */
  readonly notItself: boolean;
  readonly law: RowLaw;
}
/**
 * `trials`: every target by itself, with the probability whose 1/log(1 - p) is `factor`. `choices`: as many as the source has
 * synapses, each any target. `distinct`: as many, none of them twice.
 */
export type RowLaw =
  | { readonly kind: "trials"; readonly factor: number }
  | { readonly kind: "choices" }
  | { readonly kind: "distinct" };
/** `itself`: the target with the source's own number. */
export type SynapseLaw = RowLaw | { readonly kind: "itself" } | ThinnedLaw;
/**
 * Targets lie in boxes: those of box b are `[boxStart[b], boxStart[b + 1])` of `members` (arguments). For a source and a box the
 * step says with what probability each member is a candidate (`MOST`, from 0 to 1) and 1/log(1 - that) (`FACTOR`), and for a
 * candidate with what probability it stays (`SHARE`). One above 0 and below 1 takes a number of the line; one of 0 too, where
 * `drawsZero` is set. Slots are f64: `i` and `j`, the numbers of both ends (uniform), and tables (arguments `tableOf`) with one
 * number a source (pre), a target (post) or a box (synapse).
 */
export interface ThinnedLaw {
  readonly kind: "thinned";
  readonly step: Step;
  readonly boxes: number;
  readonly drawsZero: boolean;
  /** Whether members come in ascending order. */
  readonly ordered: boolean;
}
export const [MOST, SHARE] = ["most", "share"];
export const tableOf = (slot: string): string => `${slot}.table`;
/** Slots of a thinned law that are tables. */
export const tablesOf = ({ step }: ThinnedLaw): Slot[] => step.slots.filter((s) => s.space !== "uniform");

/** Rows that are drawn in a kernel's run, and what their synapses have beside a target. */
export interface DrawnSynapses extends Omit<DrawnRows, "law"> {
  readonly law: SynapseLaw;
  /** Slots of the body, by name, of which each synapse has a number that is drawn again too. */
  readonly numbers?: Readonly<Record<string, DrawnNumber>>;
  /** Where synapses take different numbers of steps. */
  readonly ring?: DrawnRing;
}
/**
 * Numbers of synapses, in order of source, then of target, then as drawn: that of synapse k is what the step makes of word k of
 * the key (`numberedWords` of `base/random.ts`), from slot `WORD` (u32) to `NUMBER` (f64).
 */
export interface DrawnNumber {
  readonly seed: number;
  readonly stream: number;
  readonly step: Step;
  /** What lies outside is made of words of line k instead, one after the other, until one lies inside. */
  readonly within?: { readonly low: number; readonly high: number };
}
export const WORD = "word";
export const NUMBER = "number";
/**
 * What the body stores at the target lies in a ring of `group` rows (a power of two) of `cells`. A synapse that takes n steps
 * counts where since ≤ n < since + group (counts `since`, `phase`), and its row is (phase + n - since) mod group. The argument
 * is where the target `first` has its cell in row 0.
 */
export interface DrawnRing {
  readonly group: number;
  readonly cells: number;
  /** How n is looked up by word k of a key (kernel `lookUp`; `LOOK_AGAIN` ends with words of line k); 0 of all synapses without it. */
  readonly steps?: Pick<DrawnNumber, "seed" | "stream">;
  /**
   * Where synapses count in one of several calls: in call `at` (a count), which has `since` by at·group more than the first. A
   * backend may keep what it has drawn for the calls that follow, in so many words of `kept`, behind which there is room for one
   * row more.
   */
  readonly kept?: { readonly calls: number; readonly words: number };
}

/** Whether synapses of rows have a place among all, by which numbers of theirs are drawn. */
export const isNumbered = ({ numbers, ring }: DrawnSynapses): boolean =>
  numbers !== undefined || ring?.steps !== undefined;
/** Whether a row is made as a whole, before anything is done with its synapses: to be put in order, or to know who is in it. */
export const isMade = (d: DrawnSynapses): boolean =>
  d.law.kind === "distinct" || d.law.kind === "thinned" || (isNumbered(d) && d.law.kind !== "itself");
/** Whether synapses are drawn in another order than that of their targets. */
export const needsOrder = ({ law }: DrawnSynapses): boolean =>
  law.kind === "choices" || law.kind === "distinct" || (law.kind === "thinned" && !law.ordered);
/** Arguments of `perSynapse` over such rows. */
export function drawnArguments(d: DrawnSynapses): string[] {
  const made = isMade(d);
  return [
    ...(d.law.kind === "choices" && !made ? ["degree"] : []),
    ...(made ? ["rowStart", "row"] : []),
    ...(isNumbered(d) && needsOrder(d) ? ["spare", "bins"] : []),
    ...(d.law.kind === "distinct" ? ["marks"] : []),
    ...(d.law.kind === "thinned" ? ["boxStart", "members", ...tablesOf(d.law).map((s) => tableOf(s.name))] : []),
    ...(d.ring?.steps ? ["cells", "bounds", "values"] : []),
    ...(isKept(d) ? ["kept", "where", "state", "keys", ...Object.keys(d.numbers ?? {}).map(workOf)] : []),
  ];
}
/** Whether rows are looked for among those that are kept, before they are drawn. */
export const isKept = (d: DrawnSynapses): boolean => d.ring?.kept !== undefined;
/** Room for the numbers of a row. */
export const workOf = (slot: string): string => `${slot}.work`;
/** Numbers that rows are kept by, zero at the start as `where` is: one of each source. */
export const KEPT_STATE = 4;
/**
 * Words that a row of n synapses takes up: whose it is, how long, how many spikes still need it, where each call's synapses end;
 * and of these cells and numbers.
 */
export const keptWords = (calls: number, n: number, numberWords: number): number => 3 + calls + n * (1 + numberWords);
/** Those that such a call stores to. */
const WORK: ReadonlySet<string> = new Set(["row", "spare", "bins", "marks", "kept", "where", "state", "keys"]);
export const drawnWork = (d: DrawnSynapses): string[] => {
  const numbers = new Set(Object.keys(d.numbers ?? {}).map(workOf));
  return drawnArguments(d).filter((name) => WORK.has(name) || numbers.has(name));
};

/** What a row's numbers are made of: u32 values by these names. */
export const BLOCK = "block";
export const LINE = "line";
/** Where they are not fixed: the key, and 1/log(1 - p) in f64. */
export const SEED = "seed";
export const STREAM = "stream";
export const FACTOR = "factor";

/** The four words of block `BLOCK` of line `LINE`. */
export const wordsOf = ({ seed, stream }: { readonly seed: number | Expr; readonly stream: number | Expr }) =>
  philox(
    [read("u32", BLOCK), read("u32", LINE), u32(0), u32(LINE_STEP)],
    typeof seed === "number" ? u32(seed) : seed,
    stream,
  );

/** The four words of block `BLOCK` of a key's numbered words. */
export const numberedWordsOf = ({ seed, stream }: Pick<DrawnNumber, "seed" | "stream">): readonly Expr[] =>
  philox([read("u32", BLOCK), u32(0), u32(0), u32(HOST_STEP)], u32(seed), stream);

/** `LineStream.uniform`, from two words. */
export function uniformOf(first: Expr, second: Expr): Expr {
  const high = mul(convert("f64", shr(first, 5)), f64(2 ** 26));
  return mul(add(add(high, convert("f64", shr(second, 6))), f64(0.5)), f64(2 ** -53));
}
/** `LineStream.failures`, from two words. */
export const failuresOf = (first: Expr, second: Expr, factor: number | Expr): Expr =>
  failuresBy(uniformOf(first, second), typeof factor === "number" ? f64(factor) : factor);
/** The same from the number that `uniform` gives. */
export const failuresBy = (uniform: Expr, factor: Expr): Expr => unary("floor", mul(call("log", uniform), factor));
