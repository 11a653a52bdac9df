/** How much a population does the same thing at the same time. */
import { DataError } from "../base/errors.ts";
import { requireList } from "./given.ts";
import { variance } from "./moments.ts";

/**
 * Golomb and Rinzel's χ: the variance over time of the neurons' mean, by the mean of each neuron's own variance, as a square
 * root. 1 where all neurons do the same, about 1/√neurons where each does its own. NaN where nothing varies.
 *
 * @param values `[times][neurons]`, row by row: a recorded variable such as the membrane, or smoothed rates
 * @see Golomb 2007, Scholarpedia 2(1):1347; Golomb and Rinzel 1993, Phys. Rev. E 48:4810
 * @throws {DataError} `shape-mismatch` unless it is whole rows, two at least; `not-finite`
 */
export function synchrony(values: ArrayLike<number>, neurons: number): number {
  requireList("values", values);
  const times = values.length / neurons;
  if (!Number.isInteger(neurons) || neurons < 1 || !Number.isInteger(times) || times < 2)
    throw new DataError(
      "shape-mismatch",
      "values",
      `needs two whole rows of ${neurons} at least, got ${values.length} values`,
    );
  const means = new Float64Array(times);
  let own = 0;
  for (let n = 0; n < neurons; n++) {
    const course = Float64Array.from({ length: times }, (_, t) => values[t * neurons + n]!);
    const bad = course.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0)
      throw new DataError("not-finite", `values[${bad * neurons + n}]`, `must be finite, got ${course[bad]}`);
    own += variance(course, 0) / neurons;
    for (let t = 0; t < times; t++) means[t]! += course[t]! / neurons;
  }
  return Math.sqrt(variance(means, 0) / own);
}
