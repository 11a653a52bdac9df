/** How far two spike trains are from one another. */
import { DataError } from "../base/errors.ts";
import { requireSeconds, requireTrain, type SpikeTrain } from "./trains.ts";

/**
 * Van Rossum's distance: each spike is followed by e^(-t/tau), and D² = 1/tau ∫ (f - g)² dt. A spike more or less is a D² of
 * 1/2, two spikes far from each other one of 1; two spikes d apart 1 - e^(-d/tau). In time proportional to the number of spikes.
 *
 * @param tau seconds
 * @returns D, not its square; 0 of two empty trains
 * @see van Rossum 2001, Neural Comput. 13:751; Houghton and Kreuz 2012, Network 23:48 (the sums)
 * @throws {DataError} `out-of-range`, `not-finite`
 */
export function vanRossumDistance(a: SpikeTrain, b: SpikeTrain, tau: number): number {
  requireSeconds("tau", tau);
  requireTrain("a", a);
  requireTrain("b", b);
  const squared = (a.length + b.length) / 2 + own(a, tau) + own(b, tau) - between(a, b, tau) - between(b, a, tau);
  return Math.sqrt(Math.max(0, squared));
}

/** Σ over pairs i > j of e^(-(t_i - t_j)/tau). */
function own(a: SpikeTrain, tau: number): number {
  let [sum, trace] = [0, 0];
  for (let k = 1; k < a.length; k++) {
    trace = (trace + 1) * Math.exp((a[k - 1]! - a[k]!) / tau);
    sum += trace;
  }
  return sum;
}

/** Σ over pairs of a spike of `a` and one of `b` that came before it of e^(-(t - u)/tau); each pair at one moment counts half. */
function between(a: SpikeTrain, b: SpikeTrain, tau: number): number {
  let [sum, trace, last, k] = [0, 0, 0, 0];
  for (let n = 0; n < a.length; n++) {
    const t = a[n]!;
    trace *= Math.exp((last - t) / tau);
    for (; k < b.length && b[k]! < t; k++) trace += Math.exp((b[k]! - t) / tau);
    let same = 0;
    for (let j = k; j < b.length && b[j] === t; j++) same++;
    sum += trace + same / 2;
    last = t;
  }
  return sum;
}

/**
 * Victor and Purpura's distance: the least it costs to turn one train into the other by adding and removing spikes, at 1 each,
 * and by moving them, at `cost` a second. At cost 0 it is the difference of the numbers of spikes; at a great cost the number
 * of spikes that have no partner at the very moment.
 *
 * @param cost of moving a spike by a second, at least 0
 * @see Victor and Purpura 1996, J. Neurophysiol. 76:1310
 * @throws {DataError} `out-of-range`, `not-finite`
 */
export function victorPurpuraDistance(a: SpikeTrain, b: SpikeTrain, cost: number): number {
  if (!(typeof cost === "number" && cost >= 0))
    throw new DataError("out-of-range", "cost", `must be at least 0 a second, got ${cost}`);
  requireTrain("a", a);
  requireTrain("b", b);
  /** Of the first i spikes of `a` from the first j of `b`. */
  let row = Float64Array.from({ length: b.length + 1 }, (_, j) => j);
  let next = new Float64Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    next[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const apart = Math.abs(a[i - 1]! - b[j - 1]!);
      const moved = row[j - 1]! + (apart === 0 ? 0 : cost * apart);
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, moved);
    }
    [row, next] = [next, row];
  }
  return row[b.length]!;
}
