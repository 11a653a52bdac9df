/** Delays of a connection: one for all synapses, or one each. */
import type { Dimension } from "../base/dimension.ts";
import { listNames, ModelError, requireFinite, requireInteger, requireKnown } from "../base/errors.ts";
import { quantityOf } from "../base/quantity.ts";
import { type Initializer, toInitializer, uniform } from "./initializer.ts";

/**
 * A duration such as "1.5 ms" or a whole number of steps, for all synapses. Or for each: a list of whole numbers of steps,
 * or an initialiser in seconds, whose numbers are rounded to the nearest step, halves up.
 */
export type DelayOption = string | number | ArrayLike<number> | Initializer | LearnedDelay;

/**
 * How a spike is shared among whole steps while a delay d between them learns (d and widths in steps). `linear`: step n gets
 * 1 - (d - n), step n + 1 the rest, as in SLAYER (Shrestha and Orchard 2018, NeurIPS) and lava-dl. `gaussian`: step n gets
 * exp(-((d - n) / width)² / 2), divided by the sum over all steps (Hammouamri, Khalfaoui-Hassani and Masquelier 2024, ICLR,
 * arXiv:2306.17670): a wide one finds delays that are far away, and the trainer's `delayWidth` makes it narrow.
 */
export type Interpolation = "linear" | "gaussian";

/** A delay of each synapse that training changes, from `min` to `max`. */
export interface LearnedDelay {
  /** Says that it learns. */
  readonly trainable: true;
  /** A duration such as "25 ms" or a whole number of steps. Work and memory in training grow with the steps from `min` to here. */
  readonly max: string | number;
  /** The same; default 0. */
  readonly min?: string | number;
  /** A duration, a whole number of steps, one for each synapse, or a law in seconds; default evenly from `min` to `max`. */
  readonly start?: string | number | ArrayLike<number> | Initializer;
  /** Default `linear`. */
  readonly interpolation?: Interpolation;
}

export interface Delays {
  /** Whole steps; where synapses differ, what none of them is below. */
  readonly delay: number;
  /** Seconds, where synapses differ. */
  readonly delays?: Initializer;
  /** Where training changes them. */
  readonly learned?: LearnedRange;
}
/** The delays that a synapse may learn: from its connection's `delay` to `most` steps. */
export interface LearnedRange {
  /** Steps. */
  readonly most: number;
  /** How a spike is shared among steps in training. */
  readonly interpolation: Interpolation;
}

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
export const LONGEST_DELAY = 2 ** 20;

/** @throws {ModelError} `out-of-range`, `unit-mismatch`, `not-finite`, `usage`, `unsupported` for what is no law of delays */
export function delaysOf(given: DelayOption, path: string, dt: number): Delays {
  if (typeof given === "string") return { delay: wholeSteps(quantityOf(given, SECOND, path) / dt, path, dt) };
  if (typeof given === "number") return { delay: wholeSteps(given, path, dt) };
  if ("trainable" in given) return learnedDelays(given, path, dt);
  if (!("kind" in given)) {
    for (let k = 0; k < given.length; k++) requireInteger(`${path}[${k}]`, given[k]!, 0, LONGEST_DELAY);
    const seconds = Float64Array.from(given, (steps) => steps * dt);
    return delaysOf({ kind: "values", values: seconds }, path, dt);
  }
  const delay = (LEAST[given.kind] as Least<Initializer>)(given, dt, path);
  requireInteger(path, delay, 0, LONGEST_DELAY);
  return { delay, delays: given };
}

const MEMBERS: readonly (keyof LearnedDelay)[] = ["trainable", "max", "min", "start", "interpolation"];
const INTERPOLATIONS: readonly Interpolation[] = ["linear", "gaussian"];

function learnedDelays(given: LearnedDelay, path: string, dt: number): Delays {
  requireKnown(path, given, MEMBERS);
  if (given.trainable !== true)
    throw new ModelError(
      "out-of-range",
      `${path}.trainable`,
      "must be true; delays that do not learn are given as they are",
    );
  if (given.max === undefined)
    throw new ModelError("usage", `${path}.max`, "is missing: the longest delay to be learned");
  const bound = (x: string | number, name: string): number => delaysOf(x, `${path}.${name}`, dt).delay;
  const { min = 0, max, interpolation = "linear" } = given;
  const [least, most] = [bound(min, "min"), bound(max, "max")];
  if (most <= least) throw new ModelError("out-of-range", `${path}.max`, `must be above ${least} steps, got ${most}`);
  if (!INTERPOLATIONS.includes(interpolation))
    throw new ModelError(
      "unknown-name",
      `${path}.interpolation`,
      `no '${interpolation}'; known: ${listNames(INTERPOLATIONS)}`,
    );
  const delays = startOf(given.start ?? uniform(least * dt, most * dt), `${path}.start`, dt);
  return { delay: least, delays, learned: { most, interpolation } };
}
function startOf(start: NonNullable<LearnedDelay["start"]>, path: string, dt: number): Initializer {
  const { delay, delays } = delaysOf(start, path, dt);
  return delays ?? toInitializer(delay * dt);
}

function wholeSteps(steps: number, path: string, dt: number): number {
  const whole = Math.round(steps);
  if (Math.abs(steps - whole) > 1e-6 * Math.max(1, whole))
    throw new ModelError("out-of-range", path, `must be a whole number of steps of ${dt} s, got ${steps}`);
  requireInteger(path, whole, 0, LONGEST_DELAY);
  return whole;
}

/** What a quotient of durations may be off, so that 0.15 ms are two steps of 0.1 ms. */
const ROUNDING = 1e-6;
/** The nearest whole number of steps, halves up. */
export const stepsOf = (seconds: number, dt: number): number => Math.floor(seconds / dt + 0.5 + ROUNDING);

type Least<T> = (from: T, dt: number, path: string) => number;
/** Laws that come as near to 0 as one likes: a step is the least that a spike takes. */
const oneStep = (): number => 1;
const noLaw = ({ kind }: Initializer, _dt: number, path: string): never => {
  throw new ModelError("unsupported", path, `${kind} is not for delays; they can be values, uniform, normal, …`);
};
/** Steps that no synapse of a connection may be below. */
const LEAST: { readonly [K in Initializer["kind"]]: Least<Extract<Initializer, { kind: K }>> } = {
  constant: ({ value }, dt) => stepsOf(value, dt),
  values: ({ values }, dt, path) => {
    requireFinite(path, values);
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < values.length; k++) least = Math.min(least, stepsOf(values[k]!, dt));
    return values.length === 0 ? 1 : least;
  },
  uniform: ({ low, high }, dt) => stepsOf(Math.min(low, high), dt),
  truncatedNormal: ({ low }, dt) => stepsOf(low, dt),
  clippedNormal: ({ low }, dt) => stepsOf(low, dt),
  normal: oneStep,
  logNormal: oneStep,
  exponential: oneStep,
  fanIn: noLaw,
  glorotUniform: noLaw,
  orthogonal: noLaw,
  expression: noLaw,
  pairwise: () => 0, // nobody knows before they are computed
};
