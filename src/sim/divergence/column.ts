/** A variable of a population as it stands on one side, and what tells two of them apart. */
import type { Elements } from "../../backend/backend.ts";
import { hash64 } from "../../base/hash.ts";

/** How a number is stored. */
export type Stored = "f32" | "f64" | "other";

/** One variable of all neurons of a population, at one moment. */
export interface Column {
  readonly population: string;
  readonly variable: string;
  readonly stored: Stored;
  /** `[samples · size]`; undefined where only a digest was kept. */
  readonly values: Elements | undefined;
  /** Of the values, made when it is asked for. */
  digest(): string;
}

export const storedAs = (values: Elements): Stored =>
  values instanceof Float32Array ? "f32" : values instanceof Float64Array ? "f64" : "other";
export const digestOf = (values: Elements): string => hash64(values as ArrayBufferView);

/** When two numbers are the same. */
export interface Sameness {
  /** 0: the same bits, or for different types the same number. Else the share of a variable's largest value that may differ. */
  readonly tolerance: number;
}

/** Largest values of variables so far, by name: what a tolerance is a share of. */
export class Scales {
  readonly #largest = new Map<string, number>();

  of({ population, variable }: Pick<Column, "population" | "variable">, ...all: readonly Elements[]): number {
    const name = `${population}.${variable}`;
    let largest = this.#largest.get(name) ?? 0;
    for (const values of all)
      for (let k = 0; k < values.length; k++) {
        const size = Math.abs(values[k]!);
        if (size > largest && size < Number.POSITIVE_INFINITY) largest = size;
      }
    this.#largest.set(name, largest);
    return largest;
  }
}

/** The first number that differs by more than `allowed`, and how many do; -1 where none does. */
export function differing(
  a: Elements,
  b: Elements,
  allowed: number,
): { readonly first: number; readonly count: number } {
  let [first, count] = [-1, 0];
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[k]!, b[k]!];
    if (allowed > 0 ? Math.abs(x - y) <= allowed || Object.is(x, y) : Object.is(x, y)) continue;
    if (first < 0) first = k;
    count++;
  }
  return { first, count };
}

/** Numbers of a type between two of its numbers: 0 where they are equal, 1 where they are neighbours. Undefined with NaN. */
export function ulpsBetween(a: number, b: number, stored: Stored): bigint | undefined {
  if (stored === "other" || Number.isNaN(a) || Number.isNaN(b)) return undefined;
  const distance = placeOf(a, stored) - placeOf(b, stored);
  return distance < 0n ? -distance : distance;
}
/** Numbers of a type in order: both zeros are one place. */
function placeOf(x: number, stored: "f32" | "f64"): bigint {
  const bits = bitsOf(x, stored);
  const sign = 1n << (stored === "f32" ? 31n : 63n);
  return bits & sign ? -(bits & (sign - 1n)) : bits;
}
function bitsOf(x: number, stored: "f32" | "f64"): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (stored === "f64") {
    view.setFloat64(0, x);
    return view.getBigUint64(0);
  }
  view.setFloat32(0, x);
  return BigInt(view.getUint32(0));
}
/** The bits of a number as hexadecimal digits, sign first. */
export const hexOf = (x: number, stored: Stored): string | undefined =>
  stored === "other"
    ? undefined
    : bitsOf(x, stored)
        .toString(16)
        .padStart(stored === "f32" ? 8 : 16, "0");
