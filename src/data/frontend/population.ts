/** Population code: one number as the answers of some neurons, each of which prefers a value of its own. */

import { exp } from "../../base/elementary.ts";
import { DataError, type Every, ModelError, requireInteger, requireKnown, requirePositive } from "../../base/errors.ts";

/** Options of `populationCode`. */
export interface PopulationCodeOptions {
  /** Neurons a feature, at least 3. */
  readonly neurons: number;
  /** The least and the largest value of a feature: of all, or one a feature. */
  readonly low: number | ArrayLike<number>;
  readonly high: number | ArrayLike<number>;
  /** How much neighbours overlap: centres are beta widths apart. Default 1.5. */
  readonly beta?: number;
}

const OPTIONS = { neurons: true, low: true, high: true, beta: true } as const satisfies Every<PopulationCodeOptions>;

/**
 * Gaussian receptive fields: neuron i from 1 to m of a feature answers `exp(-(x - c)²/2σ²)`, in [0, 1], with the centre
 * `c = low + (2i - 3)/2 · (high - low)/(m - 2)` and the width `σ = (high - low)/(m - 2)/beta`. The answers are features for
 * an encoder: with `latency`, the nearest neuron fires first.
 *
 * @param features shape [count][size]
 * @returns shape [count][size · neurons]
 * @throws {DataError} `not-finite` at the first feature that is not finite; `shape-mismatch`
 * @throws {ModelError} `out-of-range` for an option
 * @see Bohte, Kok and La Poutré 2002, Neurocomputing 48:17, section 4.1
 */
export function populationCode(
  features: ArrayLike<number>,
  size: number,
  options: PopulationCodeOptions,
): Float32Array {
  requireKnown("populationCode", options, OPTIONS);
  const { neurons, low, high, beta = 1.5 } = options;
  for (const [name, bound] of Object.entries({ low, high }))
    if (typeof bound !== "number" && typeof bound?.length !== "number")
      throw new ModelError(
        "usage",
        `populationCode.${name}`,
        `must be a number for all features, or a list of one each, got ${bound}`,
      );
  requireInteger("populationCode.size", size, 1);
  requireInteger("populationCode.neurons", neurons, 3);
  requirePositive("populationCode.beta", beta);
  if (features.length % size !== 0)
    throw new DataError("shape-mismatch", "features", `${features.length} numbers are no rows of ${size}`);
  const fields = Array.from({ length: size }, (_, k) =>
    fieldOf(k, boundOf(low, k, size), boundOf(high, k, size), neurons),
  );
  const out = new Float32Array(features.length * neurons);
  for (let k = 0; k < features.length; k++) {
    const x = features[k]!;
    if (!Number.isFinite(x))
      throw new DataError("not-finite", `features[${Math.floor(k / size)}][${k % size}]`, `must be finite, got ${x}`);
    const { first, apart } = fields[k % size]!;
    for (let i = 0; i < neurons; i++) {
      const z = ((x - first) / apart - i) * beta;
      out[k * neurons + i] = exp((-z * z) / 2);
    }
  }
  return out;
}

function boundOf(bound: number | ArrayLike<number>, k: number, size: number): number {
  if (typeof bound === "number") return bound;
  if (bound.length === size) return bound[k]!;
  throw new DataError(
    "shape-mismatch",
    "populationCode",
    `needs a bound for each of ${size} features, got ${bound.length}`,
  );
}

function fieldOf(k: number, low: number, high: number, neurons: number): { first: number; apart: number } {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new ModelError(
      "out-of-range",
      `populationCode, feature ${k}`,
      `low must be below high, got ${low} and ${high}`,
    );
  const apart = (high - low) / (neurons - 2);
  return { first: low - apart / 2, apart };
}
