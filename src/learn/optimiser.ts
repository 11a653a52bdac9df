/**
 * Optimisers as composed gradient transforms, in the manner of optax: each transform turns an update expression into
 * another, with element-wise state; `chain` composes them. All become one element-wise kernel over the parameters.
 */

import { cos, wholePower } from "../base/elementary.ts";
import { type Every, ModelError, requireChoice, requireKnown, requirePositive } from "../base/errors.ts";
import { abs, add, compare, constant, div, type Expr, max, mul, neg, select, sqrt, sub } from "../ir/expr.ts";
import type { FloatType } from "../ir/types.ts";

/** The number that scales a clipped gradient; 0 where that is not finite. */
export const CLIP = "clip";

/** What a transform sees: the update so far, the weight, its own state slots, and numbers of this step. */
export interface UpdateContext {
  readonly type: FloatType;
  readonly weight: Expr;
  /** Whether decay shrinks this weight. */
  readonly decays: boolean;
  /** A state slot of the transform, at the start of the step. */
  state(name: string): Expr;
  /** A number that the host computes for each step. */
  number(name: string): Expr;
}
export interface Update {
  readonly update: Expr;
  /** New values of state slots. */
  readonly states?: Readonly<Record<string, Expr>>;
}

/** One stage of an optimiser: it turns the gradient, or what the stage before made of it, into an update. */
export interface GradientTransform {
  readonly name: string;
  /** Element-wise state slots; they start at zero. */
  readonly states: readonly string[];
  /** Numbers of step k = 1, 2, …, in f64. */
  readonly numbers: Readonly<Record<string, (step: number) => number>>;
  /** The update as an expression of the gradient. */
  readonly update: (gradient: Expr, c: UpdateContext) => Update;
  /** New values of state slots that follow from the weight after the whole update. */
  readonly after?: (moved: Expr, c: UpdateContext) => Readonly<Record<string, Expr>>;
  /** Needs the number `clip`: min(1, limit / norm of the gradient). Only what is `ofLoss` may stand before it in a chain. */
  readonly clipLimit?: number;
  /** Whether what it adds is the gradient of a part of the loss, and is clipped with the rest. */
  readonly ofLoss?: boolean;
}
/** `init` is the zero state of every slot; `update` is applied by the trainer's kernel. */
export type Optimiser = readonly GradientTransform[];

/** Puts transforms and optimisers one behind the other. */
export const chain = (...parts: readonly (GradientTransform | Optimiser)[]): Optimiser => parts.flat();

/** A learning rate: constant, or by step (1-based). */
export type Rate = number | ((step: number) => number);
const rateAt = (rate: Rate, step: number): number => (typeof rate === "number" ? rate : rate(step));

function requireRate(path: string, rate: Rate): void {
  if (typeof rate !== "function" && !(typeof rate === "number" && rate >= 0 && Number.isFinite(rate)))
    throw new ModelError("out-of-range", path, `a learning rate is a finite number >= 0, got ${rate}`);
}
function requireFraction(path: string, x: number): void {
  if (!(x >= 0 && x < 1)) throw new ModelError("out-of-range", path, `must be from 0 to below 1, got ${x}`);
}

/** The last stage: `w += -rate · update`. */
export function scaleByRate(rate: Rate): GradientTransform {
  requireRate("rate", rate);
  return {
    name: "rate",
    states: [],
    numbers: { rate: (step) => rateAt(rate, step) },
    update: (g, c) => ({ update: neg(mul(c.number("rate"), g)) }),
  };
}

/** Kingma & Ba 2015, algorithm 1; `epsilon` is added to the root of the corrected second moment. */
export function scaleByAdam({ b1 = 0.9, b2 = 0.999, epsilon = 1e-8 } = {}): GradientTransform {
  requireFraction("adam.b1", b1);
  requireFraction("adam.b2", b2);
  requirePositive("adam.epsilon", Math.fround(epsilon)); // where a gradient has always been 0 it is all that is left
  return {
    name: "adam",
    states: ["m", "v"],
    numbers: { m: (step) => 1 / (1 - wholePower(b1, step)), v: (step) => 1 / (1 - wholePower(b2, step)) },
    update: (g, c) => {
      const k = (x: number): Expr => constant(c.type, x);
      const m = add(mul(k(b1), c.state("m")), mul(k(1 - b1), g));
      const v = add(mul(k(b2), c.state("v")), mul(mul(k(1 - b2), g), g));
      const update = div(mul(m, c.number("m")), add(sqrt(mul(v, c.number("v"))), k(epsilon)));
      return { update, states: { m, v } };
    },
  };
}

/**
 * Kingma & Ba 2015, algorithm 2: the update is scaled by a decaying maximum of the gradient's absolute value, to which
 * `epsilon` is added first, as torch.optim.Adamax has it.
 */
export function scaleByAdamax({ b1 = 0.9, b2 = 0.999, epsilon = 1e-8 } = {}): GradientTransform {
  requireFraction("adamax.b1", b1);
  requireFraction("adamax.b2", b2);
  requirePositive("adamax.epsilon", Math.fround(epsilon)); // where a gradient has always been 0 it is all that is left
  return {
    name: "adamax",
    states: ["m", "u"],
    numbers: { m: (step) => 1 / (1 - wholePower(b1, step)) },
    update: (g, c) => {
      const k = (x: number): Expr => constant(c.type, x);
      const m = add(mul(k(b1), c.state("m")), mul(k(1 - b1), g));
      const u = max(mul(k(b2), c.state("u")), add(abs(g), k(epsilon)));
      return { update: div(mul(m, c.number("m")), u), states: { m, u } };
    },
  };
}

/** Polyak's heavy ball; with `nesterov` the gradient looks one step ahead (Sutskever et al. 2013). */
export function trace({ decay = 0.9, nesterov = false } = {}): GradientTransform {
  requireFraction("trace.decay", decay);
  return {
    name: "trace",
    states: ["velocity"],
    numbers: {},
    update: (g, c) => {
      const d = constant(c.type, decay);
      const velocity = add(mul(d, c.state("velocity")), g);
      return { update: nesterov ? add(g, mul(d, velocity)) : velocity, states: { velocity } };
    },
  };
}

/** Adds `decay · w` to the update: L2 decay before the rate (Loshchilov & Hutter 2019 when placed after Adam). */
export function weightDecay(decay: number): GradientTransform {
  if (!(decay >= 0 && Number.isFinite(decay)))
    throw new ModelError("out-of-range", "weightDecay", `must be a finite number >= 0, got ${decay}`);
  return {
    name: "decay",
    states: [],
    numbers: {},
    update: (g, c) => ({ update: c.decays ? add(g, mul(constant(c.type, decay), c.weight)) : g }),
  };
}

/** What becomes of an update whose gradient is not finite; see `clipByNorm`. */
export type Overflow = (typeof OVERFLOWS)[number];
const OVERFLOWS = ["keep", "skip"] as const;
/**
 * Scales the gradient of all parameters together so that its Euclidean norm is at most `limit` (Pascanu et al. 2013).
 *
 * Back through many steps of a recurrent network a gradient may grow beyond single precision, in one sample of a million.
 * With `overflow: "skip"` such a gradient counts as 0, as loss scaling has it (Micikevicius et al. 2018), and
 * `trainer.skipped` counts it; with "keep", as by default, weights break, and training ends with an error.
 */
export function clipByNorm(
  limit: number,
  { overflow = "keep" }: { readonly overflow?: Overflow } = {},
): GradientTransform {
  if (!(limit > 0)) throw new ModelError("out-of-range", "clipByNorm", `must be > 0, got ${limit}`);
  requireChoice("clipByNorm.overflow", overflow, OVERFLOWS);
  const clipped = (g: Expr, factor: Expr): Expr => mul(factor, g);
  const finite = (g: Expr, factor: Expr): Expr => {
    const none = constant(g.type as FloatType, 0);
    return select(compare("gt", factor, none), clipped(g, factor), none);
  };
  const scale = overflow === "skip" ? finite : clipped;
  return {
    name: "clip",
    states: [],
    numbers: {},
    clipLimit: limit,
    update: (g, c) => ({ update: scale(g, c.number(CLIP)) }),
  };
}

/** The state of `averageWeights`: the average less the weight. It starts at 0 and keeps its digits. */
export const AVERAGE = "average";
/**
 * Keeps an average of weights over updates, which forgets by `decay` in each, and in the first ones by (1 + k) / (10 + k), so
 * that it is not held by the first weights (Polyak and Juditsky 1992, as TensorFlow's ExponentialMovingAverage has it).
 * Training goes on as without it; `deployed()` gives the average. Put it last.
 */
export function averageWeights(decay: number): GradientTransform {
  requireFraction("averageWeights", decay);
  return {
    name: "average",
    states: [AVERAGE],
    numbers: { kept: (step) => Math.min(decay, (1 + step) / (10 + step)) },
    update: (g) => ({ update: g }),
    after: (moved, c) => ({ [AVERAGE]: mul(c.number("kept"), sub(c.state(AVERAGE), sub(moved, c.weight))) }),
  };
}

const optional = (x: number | undefined, make: (x: number) => GradientTransform): Optimiser =>
  x === undefined ? [] : [make(x)];

const clipping = (clip?: number, overflow?: Overflow): Optimiser =>
  optional(clip, (limit) => clipByNorm(limit, { ...(overflow && { overflow }) }));

/**
 * Options of `adam`: its moments (0.9 and 0.999), `epsilon` (1e-8), weight decay, the norm that gradients are clipped to,
 * and `average`, what an average of weights that is used in their place keeps from update to update.
 */
export interface AdamOptions {
  readonly b1?: number;
  readonly b2?: number;
  readonly epsilon?: number;
  readonly decay?: number;
  readonly clip?: number;
  /** What becomes of an update whose gradient is not finite, where gradients are clipped; see `clipByNorm`. */
  readonly overflow?: Overflow;
  readonly average?: number;
}
const ADAM = {
  ...{ b1: true, b2: true, epsilon: true, decay: true, clip: true, overflow: true, average: true },
} as const satisfies Every<AdamOptions>;
/** Adam (Kingma and Ba 2015); with `decay` it is AdamW (Loshchilov and Hutter 2019). @throws {ModelError} for options */
export const adam = (rate: Rate, options: AdamOptions = {}): Optimiser => byMoments("adam", scaleByAdam, rate, options);

/** Adamax (Kingma and Ba 2015, algorithm 2), with the options of `adam`. @throws {ModelError} for options */
export const adamax = (rate: Rate, options: AdamOptions = {}): Optimiser =>
  byMoments("adamax", scaleByAdamax, rate, options);

function byMoments(name: string, scale: typeof scaleByAdam, rate: Rate, options: AdamOptions): Optimiser {
  requireKnown(name, options, ADAM);
  const { decay, clip, overflow, average, ...moments } = options;
  return chain(
    ...clipping(clip, overflow),
    scale(moments),
    ...optional(decay, weightDecay),
    scaleByRate(rate),
    ...optional(average, averageWeights),
  );
}

/** Options of `sgd`: momentum; weight decay, the norm that gradients are clipped to, and `average` as in `adam`. */
export interface SgdOptions {
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly decay?: number;
  readonly clip?: number;
  /** What becomes of an update whose gradient is not finite, where gradients are clipped; see `clipByNorm`. */
  readonly overflow?: Overflow;
  readonly average?: number;
}
const SGD = {
  ...{ momentum: true, nesterov: true, decay: true, clip: true, overflow: true, average: true },
} as const satisfies Every<SgdOptions>;
/** Stochastic gradient descent, with momentum if asked. @throws {ModelError} for options */
export function sgd(rate: Rate, options: SgdOptions = {}): Optimiser {
  requireKnown("sgd", options, SGD);
  const { momentum, nesterov = false, decay, clip, overflow, average } = options;
  return chain(
    ...clipping(clip, overflow),
    ...optional(decay, weightDecay),
    ...optional(momentum, (m) => trace({ decay: m, nesterov })),
    scaleByRate(rate),
    ...optional(average, averageWeights),
  );
}

/** From `peak` to `floor` over `total` steps along half a cosine, after a linear `warmup` (Loshchilov & Hutter 2017). */
export const cosine =
  (peak: number, total: number, { floor = 0, warmup = 0 } = {}): ((step: number) => number) =>
  (step) =>
    step <= warmup
      ? (peak * step) / warmup
      : floor + ((peak - floor) * (1 + cos(Math.PI * Math.min(1, (step - warmup) / Math.max(1, total - warmup))))) / 2;

/** Multiplies by `factor` after each `every` steps. */
export const stepwise =
  (start: number, every: number, factor: number): ((step: number) => number) =>
  (step) =>
    start * wholePower(factor, Math.floor((step - 1) / every));
