/** What workloads of single kernels are made of: lists that differ from call to call, floats, and programs that repeat. */
import type { Backend, Executable } from "../src/backend/backend.ts";
import type { MachineLimits } from "../src/backend/wasm/limits.ts";
import { along, type Buffer, loop, type Node, place } from "../src/ir/program.ts";

export interface Workload {
  readonly metric: string;
  readonly unit: string;
  /** Units of work in one run. */
  readonly work: number;
  readonly limit: number;
  readonly executable: Executable;
}
export interface Setting {
  readonly backend: Backend;
  readonly limits: MachineLimits;
}
export type Build = (s: Setting) => Promise<Workload>;

/** Different lists, or rows, that calls cycle through. */
export const ROUND = 100;

export const buffer = (name: string, type: Buffer["type"], length: number): Buffer => ({
  name,
  type,
  length,
  role: "work",
});

/** Numbers in [0, 1) that are the same each time (a linear congruential generator, constants of Numerical Recipes). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface Called {
  readonly name: string;
  readonly buffers: readonly Buffer[];
  readonly body: readonly Node[];
  /** Times that the body runs in one run, as loop `r`, in loop `again`. */
  readonly times?: number;
  readonly inputs?: Readonly<Record<string, ArrayLike<number>>>;
}
export async function load({ backend }: Setting, { name, buffers, body, times = ROUND, inputs = {} }: Called) {
  const regions = [{ name: "run", body: [loop("again", 4, [loop("r", times, body)])] }];
  const x = await backend.load({ name, buffers, regions });
  for (const [buffer, values] of Object.entries(inputs)) x.array(buffer).set(values);
  return { executable: x, calls: 4 * times };
}

/** Ascending lists of some of `n` numbers, each in with the same probability, one after the other. */
export function lists(n: number, expected: number, count = ROUND): { list: number[]; ends: number[] } {
  const next = uniform(n + expected);
  const [list, ends] = [[] as number[], [0]];
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < n; i++) if (next() < expected / n) list.push(i);
    ends.push(list.length);
  }
  return { list, ends };
}
/** Small floats around zero. */
export function floats(n: number, seed = n): Float32Array {
  const next = uniform(seed);
  return Float32Array.from({ length: n }, () => next() - 0.5);
}
export const ofList = (ends: readonly number[]): number => ends.at(-1)!;
export const fromTo = { from: place("ends", 0, along("r", 1)), to: place("ends", 1, along("r", 1)) };
