/** How gradients are found. Plain data: an artefact records it. */
import { listNames, ModelError, requireInteger, requireKnown } from "../base/errors.ts";
import { type Surrogate, triangle } from "../ir/surrogate.ts";
import { requireSurrogate } from "./given.ts";

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
/** Forward propagation through time, as plain data. `fptt` makes it. */
export interface Fptt {
  readonly kind: "fptt";
  readonly surrogate: Surrogate;
  /** Steps from one update to the next. */
  readonly every: number;
  /** How strongly weights are held near their running average. */
  readonly alpha: number;
  /** The share of a weight that enters its running average in an update. */
  readonly beta: number;
  /** The share of the average gradient that is left out of the loss's correction. */
  readonly rho: number;
}
/** How an error reaches hidden neurons: through the weights to the readout, or through fixed random ones. */
export type Feedback = "symmetric" | "random";
/** Eligibility propagation, as plain data. `eprop` makes it. */
export interface Eprop {
  readonly kind: "eprop";
  readonly surrogate: Surrogate;
  readonly feedback: Feedback;
  /** What draws the weights of random feedback. */
  readonly seed: number;
  /** Steps after which eligibilities are brought forward. The gradient does not depend on it but for the order of additions. */
  readonly segment: number;
}
/** When weights change: once for the samples of a batch, or after each of their steps. */
export type OnlineUpdate = "sample" | "step";
/** Online training through time, as plain data. `ottt` makes it. */
export interface Ottt {
  readonly kind: "ottt";
  readonly surrogate: Surrogate;
  readonly update: OnlineUpdate;
}
/** How gradients are found. Plain data. */
export type Algorithm = Bptt | TruncatedBptt | Fptt | Eprop | Ottt;

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
 * @throws {RheobaseError} `out-of-range` for a segment that is not a whole number of steps from 1 on; `type-mismatch`, `unknown-name`
 */
export function bptt(surrogate: Surrogate = triangle(1), options: BpttOptions = {}): Bptt {
  check("bptt", surrogate, options, ["checkpoint"]);
  const { checkpoint } = options;
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
 * @throws {RheobaseError} `out-of-range` for a segment that is not a whole number of steps from 1 on; `type-mismatch`, `unknown-name`
 * @see Williams and Peng 1990, Neural Computation 2:490
 */
export function truncatedBptt(surrogate: Surrogate, options: { readonly segment: SegmentSteps }): TruncatedBptt {
  check("truncatedBptt", surrogate, options ?? {}, ["segment"]);
  const { segment } = options ?? {};
  if (segment === undefined) throw new ModelError("usage", "truncatedBptt.segment", 'is missing: steps, or "auto"');
  requireSteps("truncatedBptt.segment", segment);
  return { kind: "truncated-bptt", surrogate, segment };
}

/** Options of `fptt`: published values, for MNIST pixel by pixel, by default. */
export interface FpttOptions {
  /** Steps from one update to the next; default 1. */
  readonly every?: number;
  /** Weight of `|w - wbar|² / 2`; default 0.1. With 0 there is no regulariser. */
  readonly alpha?: number;
  /** The share of `w` that enters `wbar` in an update; default 0.5. */
  readonly beta?: number;
  /** The loss has `(rho - 1)·<w, lambda>`; default 0. */
  readonly rho?: number;
}

/**
 * Forward propagation through time: an update after every step (or every few) of all samples of a batch, whose errors do not
 * go back behind it. So that the updates of a sequence work together, each weight has a running average `wbar` and an
 * estimate `lambda` of the average gradient, and the loss of an update has `alpha/2·|w - wbar|² + (rho - 1)·<w, lambda>`
 * more; after it `lambda -= alpha·(w - wbar)` and `wbar = (1 - beta)·wbar + beta·w - beta/alpha·lambda`.
 *
 * Memory holds the states of all samples of a batch and does not grow with their steps, but for what the host gives. The loss
 * compares each step (`crossEntropyRising` where a sample has one label); all that counts as an update does so with each of
 * these, schedules of rates among them. `fit` puts weights to their averages after each epoch.
 *
 * @throws {RheobaseError} `out-of-range`
 * @see Kag and Saligrama 2021, Training RNNs via forward propagation through time, ICML; Yin, Corradi and Bohté 2023,
 *   Nature Machine Intelligence 5:518
 */
export function fptt(surrogate: Surrogate, options: FpttOptions = {}): Fptt {
  check("fptt", surrogate, options, ["every", "alpha", "beta", "rho"]);
  const { every = 1, alpha = 0.1, beta = 0.5, rho = 0 } = options;
  requireInteger("fptt.every", every, 1);
  requireWithin("fptt.alpha", alpha, 0, Number.MAX_VALUE);
  requireWithin("fptt.beta", beta, 0, 1);
  requireWithin("fptt.rho", rho, 0, 1);
  return { kind: "fptt", surrogate, every, alpha, beta, rho };
}
function requireWithin(path: string, x: number, low: number, high: number): void {
  if (x >= low && x <= high) return; // NaN is neither
  const allowed = high === Number.MAX_VALUE ? `a finite number from ${low} on` : `from ${low} to ${high}`;
  throw new ModelError("out-of-range", path, `must be ${allowed}, got ${x}`);
}

/**
 * Steps of a segment of `eprop`, unless said: few enough that little is kept, and enough that synapses are seldom visited.
 * Of 300-256-10 recurrent LIF neurons, 200 steps, batch 16, one thread, a gradient takes 73 ms with 32 and 1,195 with 1, that
 * of BPTT 85 (medians of 5).
 */
const EPROP_SEGMENT = 32;
/** Options of `eprop`. */
export interface EpropOptions {
  /** Default `symmetric`. */
  readonly feedback?: Feedback;
  /** Of random feedback: what draws its weights; default 0. */
  readonly seed?: number;
  /** Steps after which eligibilities are brought forward; default 32. Fewer keep less, and visit synapses more often. */
  readonly segment?: number;
}

/**
 * Eligibility propagation: what is kept grows with the synapses and not with the steps of a sample. Each synapse carries how
 * the state of its target, and the readout's filter after it, depend on its weight along the neuron's own course; errors
 * come from the readout alone, in the step in which it makes them. Paths through recurrent connections are left out.
 *
 * Eligibilities are brought forward at the borders of segments, within which the adjoints of the same equations are summed:
 * the gradient is that of bringing them forward in each step. The neuron's own course is what its step says; as with `bptt`
 * a reset that is a selection by the spike is not differentiated. Where the answer is pooled over the steps, or a
 * regulariser looks at rates, a sample runs twice: once to know the error, once to learn from it.
 *
 * @throws {RheobaseError} `out-of-range`, `unknown-name`
 * @see Bellec et al. 2020, Nat. Commun. 11:3625
 */
export function eprop(surrogate: Surrogate = triangle(1), options: EpropOptions = {}): Eprop {
  check("eprop", surrogate, options, ["feedback", "seed", "segment"]);
  const { feedback = "symmetric", seed = 0, segment = EPROP_SEGMENT } = options;
  requireOneOf("eprop.feedback", feedback, ["symmetric", "random"]);
  requireInteger("eprop.seed", seed, 0);
  requireInteger("eprop.segment", segment, 1);
  return { kind: "eprop", surrogate, feedback, seed, segment };
}

/** Options of `ottt`. */
export interface OtttOptions {
  /** Default `sample`. */
  readonly update?: OnlineUpdate;
}

/**
 * Online training through time: each source keeps one trace of what left it, decaying like its target's membrane; in each
 * step errors go back through the layers of that step alone, and meet the traces there. Of one layer whose loss is
 * that of each step this is the gradient of back-propagation through time; errors through time and layers at once, and
 * through recurrent connections, are left out.
 *
 * With `update: "step"` weights change after each step of all samples of a batch, as with `fptt`: the loss compares each step,
 * no regulariser looks at whole samples, and each of these counts as an update.
 *
 * @throws {RheobaseError} `unknown-name`
 * @see Xiao et al. 2022, NeurIPS, arXiv:2210.04195: `sample` is its OTTT_A, `step` its OTTT_O
 */
export function ottt(surrogate: Surrogate = triangle(1), options: OtttOptions = {}): Ottt {
  check("ottt", surrogate, options, ["update"]);
  const { update = "sample" } = options;
  requireOneOf("ottt.update", update, ["sample", "step"]);
  return { kind: "ottt", surrogate, update };
}

function check(name: string, surrogate: unknown, options: object, known: readonly string[]): void {
  requireSurrogate(`${name}.surrogate`, surrogate);
  requireKnown(name, options, known);
}
function requireOneOf(path: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new ModelError("unknown-name", path, `must be one of ${listNames(known)}, got '${value}'`);
}
function requireSteps(path: string, steps: SegmentSteps): void {
  if (steps !== "auto") requireInteger(path, steps, 1);
}

const ASKED: { readonly [K in Algorithm["kind"]]: (a: Extract<Algorithm, { kind: K }>) => SegmentSteps | undefined } = {
  bptt: (a) => a.checkpoint,
  "truncated-bptt": (a) => a.segment,
  fptt: (a) => a.every,
  eprop: (a) => a.segment,
  ottt: () => 1,
};
/** Algorithms that go by segments even where one holds all steps. */
const ALWAYS: ReadonlySet<string> = new Set<Algorithm["kind"]>(["eprop", "ottt"]);
/** Steps of a segment, where samples of so many steps have more than one, or the algorithm goes by segments anyway. */
export function segmentSteps(algorithm: Algorithm, steps: number): number | undefined {
  const asked = ASKED[algorithm.kind](algorithm as never);
  if (typeof asked === "number" && ALWAYS.has(algorithm.kind)) return Math.min(asked, steps);
  const segment = asked === "auto" ? Math.ceil(Math.sqrt(steps)) : asked;
  return segment !== undefined && segment < steps ? segment : undefined;
}

/** Whether weights change after each segment, and not once a batch. */
export const isOnward = (a: Algorithm): boolean => a.kind === "fptt" || (a.kind === "ottt" && a.update === "step");
/** Updates of a batch whose longest sample has so many steps. */
export const updatesOfBatch = (a: Algorithm, steps: number): number =>
  isOnward(a) ? Math.ceil(steps / (a.kind === "fptt" ? a.every : 1)) : 1;
