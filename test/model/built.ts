/** Synapses as a rule of connectivity builds them, and how far counts may be from what is expected. */

import { expect } from "vitest";
import type { Size } from "../../src/model/connectivity/kind.ts";
import { rowsOf } from "../../src/model/connectivity/rows.ts";
import type { Connectivity } from "../../src/model/connectivity.ts";

export interface Built {
  readonly count: number;
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  /** Synapses of each source, and of each target. */
  readonly out: number[];
  readonly into: number[];
}
export function built(c: Connectivity, size: Size, seed = 1): Built {
  const rows = rowsOf(c, size, { name: "a>b", seed });
  const [source, target] = [new Uint32Array(rows.count), new Uint32Array(rows.count)];
  rows.fill(target);
  for (let k = 0; k < size.sources; k++) source.fill(k, rows.start[k], rows.start[k + 1]);
  const tally = (list: Uint32Array, n: number): number[] => {
    const counts = new Array<number>(n).fill(0);
    for (const k of list) counts[k]!++;
    return counts;
  };
  return { count: rows.count, source, target, out: tally(source, size.sources), into: tally(target, size.targets) };
}
export const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
export const repeats = ({ source, target }: Built): number =>
  [...source].filter((s, k) => k > 0 && s === source[k - 1] && target[k] === target[k - 1]).length;
export const loops = ({ source, target }: Built): number => [...source].filter((s, k) => s === target[k]).length;

/** Of a sum of squares of `n` nearly normal numbers: mean n, variance 2n. Five deviations: wrong once in two million. */
export function expectChiSquare(observed: readonly number[], expected: readonly number[], lost = 1): void {
  const n = observed.length - lost;
  const chi = sum(observed.map((o, k) => (o - expected[k]!) ** 2 / expected[k]!));
  expect(Math.abs(chi - n), `chi-square ${chi} of ${n}`).toBeLessThan(5 * Math.sqrt(2 * n) + 1);
}
export const even = (n: number, total: number): number[] => new Array<number>(n).fill(total / n);
/** A count of independent events within five deviations. */
export function expectCount(got: number, mean: number, variance = mean): void {
  expect(Math.abs(got - mean), `${got}, expected ${mean}`).toBeLessThan(5 * Math.sqrt(variance) + 1);
}
