/** Short ways to write element-wise calls of a derived step. */
import { add, constant, type Expr, mul, read } from "../ir/expr.ts";
import { invoke, type Node, type Place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import type { Slot, Space, Step, Store } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import { elementCall } from "../sim/lower/bodies.ts";

/** A weighted slot: the weight is a number, or another slot. */
export type Term = readonly [weight: number | string, slot: string];

/** `Σ weight · slot`, in the order of the terms. */
export function weighted(type: FloatType, terms: readonly Term[]): Expr {
  const of = (x: number | string): Expr => (typeof x === "number" ? constant(type, x) : read(type, x));
  const [first = constant(type, 0), ...rest] = terms.map(([w, slot]) => mul(of(w), read(type, slot)));
  return rest.reduce(add, first);
}

/** A step whose slots are these, by space. */
export function stepOf(
  name: string,
  type: FloatType,
  spaces: Readonly<Partial<Record<Space, readonly string[]>>>,
  stores: readonly Store[],
): Step {
  const slots = Object.entries(spaces).flatMap(([space, names]) =>
    names.map((slot): Slot => ({ name: slot, type, space: space as Space })),
  );
  return simplify({ name, slots, stores });
}

/** Writes numbers to the first `n` elements of some places. */
export function startCall(
  name: string,
  type: FloatType,
  starts: readonly (readonly [Place, number])[],
  n: number,
): Node[] {
  if (starts.length === 0) return [];
  const slots = starts.map((_, k) => `out.${k}`);
  const stores = starts.map(([, x], k) => ({ slot: slots[k]!, mode: "set" as const, value: constant(type, x) }));
  const places = Object.fromEntries(starts.map(([at], k) => [slots[k]!, at]));
  return [elementCall(stepOf(name, type, { element: slots }, stores), places, n)];
}

/** `out[r][·] += a[r] · b[·]` for rows of `width`; entries of a lie `apart` elements from each other. */
export const outer = (
  type: FloatType,
  { out, a, b }: { readonly out: Place; readonly a: Place; readonly b: Place },
  { rows, width, apart }: { readonly rows: number; readonly width: number; readonly apart: number },
): Node =>
  invoke(
    { kind: "product", type, width, bStride: width, outStride: width, aRow: apart, aColumn: 1, start: "out" },
    { out, a, b },
    { rows, depth: 1 },
  );
