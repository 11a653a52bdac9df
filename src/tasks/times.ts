/**
 * Whether one network is faster than the other. Both are timed once, one after the other, on a machine that may do other
 * things meanwhile: only a difference well beyond what repetition shows is one.
 */
import { seconds, short, whole } from "../report/numbers.ts";

/** Times of one network, in s. */
export interface Times {
  readonly total: number;
  /** Where the total would lie, by what its parts or repetitions took. */
  readonly low: number;
  readonly high: number;
  /** Parts or repetitions: one alone tells no spread. */
  readonly count: number;
}
export interface Passes {
  /** In s, of one pass. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Ratios below it are no difference in time, however narrow the spreads: the machine itself is not the same for long. */
const APART = 1.25;
/** Ratios below it are called the same. */
const ALIKE = 1.1;

/** The quantile of samples, linear between them (Hyndman and Fan 1996, definition 7). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (at - Math.floor(at)) * (above - below);
}

/** All epochs as long as those of the lower and of the upper quartile; what is not of epochs stays. */
export function trainingTimes(total: number, epochs: readonly number[]): Times {
  const rest = total - epochs.reduce((sum, s) => sum + s, 0);
  const all = (share: number): number => rest + epochs.length * quantile(epochs, share);
  return { total, low: all(1 / 4), high: all(3 / 4), count: epochs.length };
}

export type Faster = "first" | "second" | "alike" | "within" | "once";
/** Which is faster, or why neither is: alike, within the spread, or timed once. */
export function faster(a: Times, b: Times): Faster {
  if (a.count < 2 || b.count < 2) return "once";
  const ratio = Math.max(a.total, b.total) / Math.min(a.total, b.total);
  if (ratio < ALIKE) return "alike";
  if (ratio < APART) return "within";
  if (a.high < b.low) return "first";
  return b.high < a.low ? "second" : "within";
}

/** Samples a second, from the slowest pass to the fastest. */
export const speedRange = ({ low, high }: Passes, samples: number): string =>
  `${whole(samples / high)} to ${whole(samples / low)}`;
export const secondsRange = ({ low, high }: Pick<Times, "low" | "high">): string => {
  const [a, b] = [short(low), short(high)];
  return a === b ? seconds(low) : `${a} to ${b} s`;
};
