/**
 * Encoders: how a feature in [0, 1] becomes spikes, as plain data, and the rule behind each kind.
 *
 * A rule depends on the feature alone, so grey levels are worked out once for all 256 of them. `exp` and `log` are those
 * of `base`, because `Math.exp` differs between engines and spikes must not.
 */
import { exp, log } from "../base/elementary.ts";
import { type Every, ModelError, requireInteger, requireKnown, requirePositive } from "../base/errors.ts";

/** The feature itself, times `gain`, as a constant current: no spikes. */
export interface Current {
  readonly kind: "current";
  readonly gain?: number;
  /** Rounds the feature to whole parts of 1, so many of them, halves upwards; absent, it stays as it is. */
  readonly levels?: number;
}
/**
 * Features that are rows of time, times `gain`, as a current that is another in each step: feature k is value
 * k mod `width` of step ⌊k / width⌋. No spikes.
 */
export interface Stream {
  readonly kind: "stream";
  /** Values of a step. */
  readonly width: number;
  readonly gain?: number;
}
/** A spike with probability `min(1, gain·x)` at each step. */
export interface Bernoulli {
  readonly kind: "bernoulli";
  readonly gain?: number;
}
/** A Poisson process of `rate·x` events a step, at most one spike a step: probability `1 − exp(−rate·x)`. */
export interface Poisson {
  readonly kind: "poisson";
  readonly rate: number;
}
/** Evenly spaced spikes without chance: `floor(steps · min(1, gain·x))` of them. */
export interface Rate {
  readonly kind: "rate";
  readonly gain?: number;
}
/**
 * One spike a feature, the brighter the earlier; features below `threshold` (0.01) stay silent, as does 0.
 * Without `tau` the time falls linearly, from 0 at x = 1 to the last step at the threshold. With `tau` (in steps) it
 * is the time at which a leaky integrator driven by x crosses the threshold, `tau · ln(x / (x − threshold))`; those
 * that would come after the window are silent. The window is the first `steps` of the run, by default all.
 */
export interface Latency {
  readonly kind: "latency";
  readonly threshold?: number;
  readonly tau?: number;
  readonly steps?: number;
}

/** A rule that turns features into spikes. Plain data. */
export type EventEncoder = Bernoulli | Poisson | Rate | Latency;
/** A rule that turns features into a current, constant or of each step. Plain data. */
export type ValueEncoder = Current | Stream;
/** A rule that turns features into spikes, or into a current. Plain data. */
export type Encoder = ValueEncoder | EventEncoder;

/** No spikes: the features times `gain` as a constant current. */
export function current(gain = 1, options: Pick<Current, "levels"> = {}): Current {
  requireKnown("current", options, CURRENT);
  return { kind: "current", gain, ...options };
}
const CURRENT = { levels: true } as const satisfies Every<Pick<Current, "levels">>;
/** No spikes: features are rows of time, `width` of them a step, each a current of its step. */
export const stream = (width: number, gain = 1): Stream => ({ kind: "stream", width, gain });
/** A spike with probability `min(1, gain·x)` in each step. */
export const bernoulli = (gain = 1): Bernoulli => ({ kind: "bernoulli", gain });
/** `rate·x` events a step by chance, at most one spike a step. */
export const poisson = (rate = 1): Poisson => ({ kind: "poisson", rate });
/** `floor(steps · min(1, gain·x))` evenly spaced spikes. */
export const rate = (gain = 1): Rate => ({ kind: "rate", gain });
/** One spike a feature, the brighter the earlier; see `Latency`. */
export function latency(options: Omit<Latency, "kind"> = {}): Latency {
  requireKnown("latency", options, LATENCY);
  return { kind: "latency", ...options };
}
const LATENCY = { threshold: true, tau: true, steps: true } as const satisfies Every<Omit<Latency, "kind">>;

/** Spikes by chance, with a probability a step; or at fixed steps, from 0 to steps − 1. */
export type Rule =
  | { readonly tag: "chance"; readonly chance: (x: number) => number }
  | { readonly tag: "fixed"; readonly times: (x: number) => readonly number[] };

type EventKind = EventEncoder["kind"];
type Rules = { readonly [K in EventKind]: (encoder: Extract<EventEncoder, { kind: K }>, steps: number) => Rule };

const RULES: Rules = {
  bernoulli: ({ gain = 1 }) => {
    requirePositive("encoder.gain", gain);
    return { tag: "chance", chance: (x) => Math.min(1, gain * x) };
  },
  poisson: ({ rate: events }) => {
    requirePositive("encoder.rate", events, "events a step");
    return { tag: "chance", chance: (x) => 1 - exp(-Math.min(700, events * x)) };
  },
  rate: ({ gain = 1 }, steps) => {
    requirePositive("encoder.gain", gain);
    return { tag: "fixed", times: (x) => evenly(Math.min(1, gain * x), steps) };
  },
  latency: (encoder, steps) => {
    const time = latencyRule(encoder, steps);
    return { tag: "fixed", times: (x) => (time(x) < 0 ? [] : [time(x)]) };
  },
};

/** @throws {ModelError} `out-of-range` for a parameter outside its range */
export function ruleOf(encoder: EventEncoder, steps: number): Rule {
  return (RULES[encoder.kind] as (encoder: EventEncoder, steps: number) => Rule)(encoder, steps);
}

/** The steps at which the running total of `p` a step passes an integer. */
function evenly(p: number, steps: number): number[] {
  const times: number[] = [];
  for (let t = 0; t < steps; t++) if (Math.floor((t + 1) * p) > Math.floor(t * p)) times.push(t);
  return times;
}

const SILENT = -1;

function latencyRule({ threshold = 0.01, tau, steps: window }: Latency, run: number): (x: number) => number {
  const steps = window ?? run;
  if (!(threshold >= 0 && threshold < 1))
    throw new ModelError("out-of-range", "encoder.threshold", `must be >= 0 and < 1, got ${threshold}`);
  requireInteger("encoder.steps", steps, 1, run);
  if (tau === undefined)
    return (x) => (x < threshold || x === 0 ? SILENT : Math.round(((1 - x) / (1 - threshold)) * (steps - 1)));
  requirePositive("encoder.tau", tau, "steps");
  requirePositive("encoder.threshold", threshold, "with tau");
  return (x) => {
    const time = x > threshold ? Math.floor(tau * log(x / (x - threshold))) : steps;
    return time < steps ? time : SILENT;
  };
}
