/** Point processes with closed forms, drawn from fixed seeds. */

import { oneTrain, type SpikeTrains } from "../../src/analysis/trains.ts";
import { log } from "../../src/base/elementary.ts";
import { randomStream, streamOf } from "../../src/base/random.ts";

export function draws(seed: number, name = "test"): () => number {
  const stream = randomStream(seed, streamOf(name));
  return () => stream.uniform();
}
/** A renewal process from time 0, in equilibrium after a while that is thrown away. */
export function renewal(interval: () => number, to: number, warm = 1): Float64Array {
  const times: number[] = [];
  for (let t = -warm; ; ) {
    t += interval();
    if (t >= to) return Float64Array.from(times);
    if (t >= 0) times.push(t);
  }
}
const exponential = (u: () => number, rate: number): number => -log(u()) / rate;
export const poissonTrain = (rate: number, to: number, seed: number): Float64Array => {
  const u = draws(seed);
  return renewal(() => exponential(u, rate), to);
};
/** Intervals of order k and mean 1/rate. */
export const gammaTrain = (k: number, rate: number, to: number, seed: number): Float64Array => {
  const u = draws(seed);
  const interval = (): number => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += exponential(u, k * rate);
    return sum;
  };
  return renewal(interval, to);
};
/** A Poisson process of rate `r` that is dead for `d` after each spike. */
export const deadTimeTrain = (r: number, d: number, to: number, seed: number): Float64Array => {
  const u = draws(seed);
  return renewal(() => d + exponential(u, r), to);
};
export const regularTrain = (interval: number, to: number): Float64Array =>
  Float64Array.from({ length: Math.ceil(to / interval) }, (_, k) => k * interval);
export const together = (trains: readonly Float64Array[], to: number): SpikeTrains => ({ trains, from: 0, to });
export const alone = (train: Float64Array, to: number): SpikeTrains => oneTrain(train, 0, to);

/** Sum of trains, in order. */
export const merged = (...trains: readonly Float64Array[]): Float64Array =>
  Float64Array.from(trains.flatMap((t) => [...t])).sort();
