/** What conformance cases are made of. */
import { constant } from "../../src/ir/expr.ts";
import type { Buffer, Node, Program } from "../../src/ir/program.ts";
import type { Slot } from "../../src/ir/step.ts";
import { type FloatType, isFloat, type Type } from "../../src/ir/types.ts";

export interface Case {
  readonly name: string;
  readonly program: Program;
  /** Contents of buffers before the run. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** How many leading elements of a buffer are defined after the run (default all). */
  readonly defined?: Readonly<Record<string, number>>;
}

/** A small reproducible source of test values: not for anything but tests. */
export function values(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

export const FLOAT_SPECIALS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-40,
  -1e-40,
  3e38,
  -3e38,
  Infinity,
  -Infinity,
  Number.NaN,
  2147483648,
  -2147483649,
  4294967295,
  4294967296,
  1e10,
  0.1,
];
export const INT_SPECIALS = [0, 1, 2, 3, 31, 32, 255, 65535, 65536, 2147483647, 2147483648, 4294967294, 4294967295];

export function sample(type: Type, n: number, seed: number): number[] {
  const next = values(seed * 7919 + 17);
  const specials = isFloat(type) ? FLOAT_SPECIALS : INT_SPECIALS;
  const one = (): number => {
    if (type === "bool") return next() < 0.5 ? 1 : 0;
    if (next() < 0.4) return constant(type, specials[Math.floor(next() * specials.length)]!).value;
    return constant(type, isFloat(type) ? (next() - 0.5) * 10 ** (next() * 12 - 6) : next() * 2 ** 32).value;
  };
  return Array.from({ length: n }, one);
}

export const buffer = (name: string, type: Type, length: number): Buffer => ({ name, type, length, role: "work" });
export const program = (name: string, buffers: Buffer[], body: Node[]): Program => ({
  name,
  buffers,
  regions: [{ name: "main", body }],
});
export const element = (name: string, type: Type): Slot => ({ name, type, space: "element" });

export const FLOATS: FloatType[] = ["f32", "f64"];

export const small = (n: number, seed: number, scale = 1): number[] => {
  const next = values(seed);
  return Array.from({ length: n }, () => Math.fround((next() - 0.5) * scale));
};
export const indices = (n: number, below: number, seed: number): number[] => {
  const next = values(seed);
  return Array.from({ length: n }, () => Math.floor(next() * below));
};
export const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
