/**
 * Rows of synapses that are drawn again whenever a spike needs them, instead of being stored: the same rows, from the same
 * random numbers (`base/lineStream.ts`).
 */
import { LINE_STEP } from "../base/lineStream.ts";
import { add, call, convert, type Expr, f64, mul, read, shr, u32, unary } from "./expr.ts";
import { philox } from "./random.ts";

export interface DrawnRows {
  readonly seed: number;
  readonly stream: number;
  readonly targets: number;
  /** Whether no source is its own target: of two equal numbers. */
  readonly notItself: boolean;
  readonly law: RowLaw;
}
/**
 * `trials`: every target by itself, with the probability whose 1/log(1 - p) is `factor`. `choices`: as many as `degree[source]`
 * (an argument), each any target. `distinct`: as many, none of them twice; not for rows that are drawn in a kernel's run.
 */
export type RowLaw =
  | { readonly kind: "trials"; readonly factor: number }
  | { readonly kind: "choices" }
  | { readonly kind: "distinct" };

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

/** `LineStream.failures`, from two words. */
export function failuresOf(first: Expr, second: Expr, factor: number | Expr): Expr {
  const high = mul(convert("f64", shr(first, 5)), f64(2 ** 26));
  const uniform = mul(add(add(high, convert("f64", shr(second, 6))), f64(0.5)), f64(2 ** -53));
  return unary("floor", mul(call("log", uniform), typeof factor === "number" ? f64(factor) : factor));
}
