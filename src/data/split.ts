/** Holding examples out at random, for choosing models without looking at the test set. */
import { DataError } from "../base/errors.ts";
import { permutation, streamOf } from "../base/random.ts";

/**
 * @param part how much to hold out: a fraction in (0, 1), or a number of examples in [1, count)
 * @returns the numbers of both parts, each ascending
 * @throws {DataError} `out-of-range`
 */
export function splitNumbers(count: number, part: number, seed: number): { rest: Uint32Array; heldOut: Uint32Array } {
  const n = part < 1 ? Math.round(part * count) : part;
  if (!(Number.isInteger(n) && n >= 1 && n < count))
    throw new DataError(
      "out-of-range",
      "split",
      `must hold out a fraction in (0, 1) or 1 to ${count - 1} examples, got ${part} of ${count}`,
    );
  const order = permutation(count, { seed, stream: streamOf("data.split") });
  return { rest: order.slice(n).sort(), heldOut: order.slice(0, n).sort() };
}
