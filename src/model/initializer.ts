/** How an array of numbers starts: given, constant, or drawn. Plain data; the draw is keyed by seed and name. */
import { ModelError, requireFinite } from "../base/errors.ts";
import { randomStream, streamOf } from "../base/random.ts";

export type Initializer =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "values"; readonly values: ArrayLike<number> }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number }
  | { readonly kind: "normal"; readonly mean: number; readonly sd: number }
  /** U(±gain / √fan-in), the usual start of linear layers; fan-in is the number of sources. */
  | { readonly kind: "fanIn"; readonly gain: number };

export const constantOf = (value: number): Initializer => ({ kind: "constant", value });
export const uniform = (low: number, high: number): Initializer => ({ kind: "uniform", low, high });
export const normal = (mean: number, sd: number): Initializer => ({ kind: "normal", mean, sd });
export const fanIn = (gain = 1): Initializer => ({ kind: "fanIn", gain });

/** A number, an array or an initialiser, as an initialiser. */
export const toInitializer = (x: number | ArrayLike<number> | Initializer): Initializer =>
  typeof x === "number" ? constantOf(x) : "kind" in x ? x : { kind: "values", values: x };

export interface Draw {
  /** Names the random stream, so that no two arrays share numbers. */
  readonly name: string;
  readonly seed: number;
  /** Sources of the connection, for `fanIn`. */
  readonly fanIn?: number;
}

/**
 * The numbers, in f64.
 * @throws {ModelError} `shape-mismatch` if values are given and there are not exactly `length`; `not-finite`
 */
export function initialise(from: Initializer, length: number, draw: Draw): Float64Array {
  const out = new Float64Array(length);
  const random = randomStream(draw.seed, streamOf(draw.name));
  switch (from.kind) {
    case "constant":
      requireFinite(draw.name, [from.value]);
      return out.fill(from.value);
    case "values":
      if (from.values.length !== length)
        throw new ModelError("shape-mismatch", draw.name, `needs ${length} values, got ${from.values.length}`);
      requireFinite(draw.name, from.values);
      return out.map((_, k) => from.values[k]!);
    case "uniform":
      return out.map(() => from.low + (from.high - from.low) * random.uniform());
    case "normal":
      return out.map(() => from.mean + from.sd * random.normal());
    case "fanIn": {
      const limit = from.gain / Math.sqrt(draw.fanIn ?? length);
      return out.map(() => limit * (2 * random.uniform() - 1));
    }
    default:
      return from satisfies never;
  }
}
