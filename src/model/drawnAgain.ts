/** Whose numbers can be drawn again for each spike: weights and delays of synapses that are not stored. */
import { ModelError } from "../base/errors.ts";
import { boundsOf } from "./bounds.ts";
import { LONGEST_DELAY, stepsOf } from "./delays.ts";
import { type Initializer, lawOf } from "./initializer.ts";

/** Steps from the least to the longest that a table of delays has. */
const MOST_STEPS = 2 ** 16;
/** Share of draws that must fall inside the bounds of a truncated law: the others are drawn again, for each spike. */
const LEAST_SHARE = 0.01;

/** @throws {ModelError} `unsupported` for numbers that must be stored, `out-of-range` for bounds that hardly a draw meets */
export function requireDrawnAgain(from: Initializer, what: "weights" | "delays", path: string): void {
  if (from.kind === "values")
    throw new ModelError("unsupported", path, `${what} that are given one by one must be stored; give one, or a law`);
  if (from.kind === "pairwise")
    throw new ModelError("unsupported", path, `${what} that an expression gives must be stored; give one, or a law`);
  if (from.kind !== "truncatedNormal") return;
  const share = shareInside(from);
  if (share < LEAST_SHARE)
    throw new ModelError(
      "out-of-range",
      path,
      `of the law of ${what}, ${(100 * share).toPrecision(2)} % lies inside its bounds, and the rest is drawn again at every spike: at least ${100 * LEAST_SHARE} % must`,
    );
}

/**
 * Of delays, which nobody looks at before they are drawn: that none can be too short or too long.
 * @param least steps that no synapse of the connection may be below
 * @throws {ModelError} as `requireDrawnAgain`, and `out-of-range`
 */
export function requireDelaysAgain(from: Initializer, least: number, dt: number, path: string): void {
  requireDrawnAgain(from, "delays", path);
  const { low, high } = boundsOf(from, 1, path);
  const [shortest, longest] = [stepsOf(low, dt), stepsOf(high, dt)];
  const most = Math.min(LONGEST_DELAY, least + MOST_STEPS);
  if (shortest < least || longest > most)
    throw new ModelError(
      "out-of-range",
      path,
      `delays that are drawn at every spike can be of ${least} to ${most} steps, and this law gives ${shortest} to ${longest}; ` +
        "truncatedNormal and clippedNormal stay within bounds",
    );
}

/** Of the 2^32 words that a number can be made of; numbers rise with their word, or fall. */
function shareInside(from: Extract<Initializer, { kind: "truncatedNormal" }>): number {
  const law = lawOf(from, "")!;
  const falls = law(0) > law(LAST);
  const x = (word: number): number => law(falls ? LAST - word : word);
  const firstWhere = (holds: (x: number) => boolean): number => {
    let [below, above] = [-1, LAST + 1];
    while (above - below > 1) {
      const middle = Math.floor((below + above) / 2);
      if (holds(x(middle))) above = middle;
      else below = middle;
    }
    return above;
  };
  const { low, high = Number.POSITIVE_INFINITY } = from;
  return Math.max(0, firstWhere((v) => v > high) - firstWhere((v) => v >= low)) / 2 ** 32;
}
const LAST = 2 ** 32 - 1;
