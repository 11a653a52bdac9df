/** How gradients are found. Plain data: an artefact records it. */
import { requireInteger } from "../base/errors.ts";
import { type Surrogate, triangle } from "../ir/surrogate.ts";

/** Back-propagation through time, as plain data. `bptt` makes it. */
export interface Bptt {
  readonly kind: "bptt";
  readonly surrogate: Surrogate;
  /** Steps of a segment of time, of which alone all is kept; absent where that is done for all steps. */
  readonly checkpoint?: SegmentSteps;
}
/** `auto`: the square root of a sample's steps, rounded up. */
export type SegmentSteps = number | "auto";

/** Back-propagation through time that ends at the borders of segments. `truncatedBptt` makes it. */
export interface TruncatedBptt {
  readonly kind: "truncated-bptt";
  readonly surrogate: Surrogate;
  /** Steps that errors go back at most: they end where a segment of that many steps begins. */
  readonly segment: SegmentSteps;
}
/** How gradients are found. Plain data. */
export type Algorithm = Bptt | TruncatedBptt;

/** Options of `bptt`. */
export interface BpttOptions {
  /**
   * Runs the steps of a sample in segments of so many: forwards keeping no more than the states at the start of each, then
   * backwards, each segment once more forwards before. The gradient is the same but for the order of additions, at the
   * price of a second forward pass; what is kept grows with the steps of a segment plus the number of segments.
   *
   * @see Chen et al. 2016, arXiv:1604.06174; Gruslys et al. 2016, arXiv:1606.03401
   */
  readonly checkpoint?: SegmentSteps;
}

/**
 * Back-propagation through time with a surrogate for the derivative of the spike. The reset is not differentiated
 * (it is a selection by the spike). With a surrogate of compact support, errors are formed only where it is not zero.
 *
 * @throws {RheobaseError} `out-of-range` for a segment that is not a whole number of steps from 1 on
 */
export function bptt(surrogate: Surrogate = triangle(1), { checkpoint }: BpttOptions = {}): Bptt {
  if (checkpoint === undefined) return { kind: "bptt", surrogate };
  requireSteps("bptt.checkpoint", checkpoint);
  return { kind: "bptt", surrogate, checkpoint };
}

/**
 * Back-propagation through time that ends at the borders of segments: states go on from one to the next, errors do not go
 * back. A weight still learns from what left before a border and arrives behind it. One update a batch, as ever.
 *
 * Where the loss compares each step, and nothing looks at a whole sample, a segment runs forwards, then backwards, and is
 * forgotten. Where the loss or a regulariser needs all steps first (any answer pooled over the steps; rates), all segments
 * run forwards before, as with checkpoints.
 *
 * @throws {RheobaseError} `out-of-range` for a segment that is not a whole number of steps from 1 on
 * @see Williams and Peng 1990, Neural Computation 2:490
 */
export function truncatedBptt(surrogate: Surrogate, { segment }: { readonly segment: SegmentSteps }): TruncatedBptt {
  requireSteps("truncatedBptt.segment", segment);
  return { kind: "truncated-bptt", surrogate, segment };
}

function requireSteps(path: string, steps: SegmentSteps): void {
  if (steps !== "auto") requireInteger(path, steps, 1);
}

/** Steps of a segment, where samples of so many steps have more than one. */
export function segmentSteps(algorithm: Algorithm, steps: number): number | undefined {
  const asked = algorithm.kind === "bptt" ? algorithm.checkpoint : algorithm.segment;
  const segment = asked === "auto" ? Math.ceil(Math.sqrt(steps)) : asked;
  return segment !== undefined && segment < steps ? segment : undefined;
}
