/** Where neurons lie, and how the probability of a synapse falls with the distance. */
import { exp } from "../../base/elementary.ts";
import { ModelError, requireFinite, requireInteger, requirePositive } from "../../base/errors.ts";
import { call, compare, div, type Expr, f64, mul, neg, select, sqrt } from "../../ir/expr.ts";

/**
 * Of a grid with `shape` `[nx, ny]`, neuron `k` lies in the middle of cell `(floor(k / ny), k mod ny)` of a box that
 * begins at 0 and is `extent` long. Points lie `[neuron][dimension]`. One to three dimensions, in any unit of length.
 */
export type Positions =
  | { readonly kind: "grid"; readonly shape: readonly number[]; readonly extent: readonly number[] }
  | { readonly kind: "points"; readonly dimensions: number; readonly coordinates: ArrayLike<number> };

/**
 * Neurons in the middles of the cells of a grid.
 *
 * @param extent lengths of the whole box, one a dimension; by default cells have length 1
 */
export const grid = (shape: readonly number[], extent: readonly number[] = shape): Positions => ({
  kind: "grid",
  shape,
  extent,
});
/**
 * Neurons anywhere.
 *
 * @param coordinates of all neurons, `[neuron][dimension]`
 */
export const points = (dimensions: number, coordinates: ArrayLike<number>): Positions => ({
  kind: "points",
  dimensions,
  coordinates,
});

export const dimensionsOf = (p: Positions): number => (p.kind === "grid" ? p.shape.length : p.dimensions);

/** @throws {ModelError} `out-of-range`, `shape-mismatch`, `not-finite` */
export function checkPositions(p: Positions, size: number, path: string): void {
  requireInteger(`${path}: dimensions`, dimensionsOf(p), 1, 3);
  if (p.kind === "points") {
    requireFinite(`${path}.coordinates`, p.coordinates);
    requireCount(p.coordinates.length / p.dimensions, size, path);
    return;
  }
  p.shape.forEach((n, k) => requireInteger(`${path}.shape[${k}]`, n, 1));
  if (p.extent.length !== p.shape.length)
    throw new ModelError(
      "shape-mismatch",
      `${path}.extent`,
      `needs ${p.shape.length} lengths, as the shape has, got ${p.extent.length}`,
    );
  p.extent.forEach((x, k) => requirePositive(`${path}.extent[${k}]`, x));
  requireCount(
    p.shape.reduce((a, b) => a * b, 1),
    size,
    path,
  );
}
function requireCount(got: number, size: number, path: string): void {
  if (got !== size) throw new ModelError("shape-mismatch", path, `needs ${size} positions, got ${got}`);
}

/** One array a dimension. */
export function coordinatesOf(p: Positions, size: number): Float64Array[] {
  const d = dimensionsOf(p);
  if (p.kind === "points")
    return Array.from({ length: d }, (_, x) =>
      Float64Array.from({ length: size }, (_, k) => p.coordinates[k * d + x]!),
    );
  return p.shape.map((n, x) => {
    const inner = p.shape.slice(x + 1).reduce((a, b) => a * b, 1);
    return Float64Array.from({ length: size }, (_, k) => (((Math.floor(k / inner) % n) + 0.5) * p.extent[x]!) / n);
  });
}

/** A factor of the probability, 1 at distance 0 and falling. */
export type Profile =
  /** `exp(-d² / (2 sigma²))` */
  | { readonly kind: "gaussian"; readonly sigma: number }
  /** `exp(-d / length)` */
  | { readonly kind: "exponential"; readonly length: number }
  /** 1 up to `radius`, then 0. */
  | { readonly kind: "disc"; readonly radius: number };
/** `exp(-d² / (2 sigma²))` of the distance d. */
export const gaussianProfile = (sigma: number): Profile => ({ kind: "gaussian", sigma });
/** `exp(-d / length)` of the distance d. */
export const exponentialProfile = (length: number): Profile => ({ kind: "exponential", length });
/** 1 up to the distance `radius`, then 0. */
export const discProfile = (radius: number): Profile => ({ kind: "disc", radius });

/** Beyond it the exponential is less than what any draw can tell from 0. */
const FAR = -700;
const decay = (x: number): number => (x < FAR ? 0 : exp(x));
const FACTORS: { readonly [K in Profile["kind"]]: (p: Extract<Profile, { kind: K }>) => (square: number) => number } = {
  gaussian: ({ sigma }) => {
    const scale = -1 / (2 * sigma * sigma);
    return (square) => decay(square * scale);
  },
  exponential:
    ({ length }) =>
    (square) =>
      decay(-Math.sqrt(square) / length),
  disc:
    ({ radius }) =>
    (square) =>
      square <= radius * radius ? 1 : 0,
};
/** The profile as a function of the squared distance. */
export const factorOf = (p: Profile): ((square: number) => number) => FACTORS[p.kind](p as never);

const decayExpr = (x: Expr): Expr => select(compare("lt", x, f64(FAR)), f64(0), call("exp", x));
const EXPRESSIONS: { readonly [K in Profile["kind"]]: (p: Extract<Profile, { kind: K }>) => (square: Expr) => Expr } = {
  gaussian: ({ sigma }) => {
    const scale = -1 / (2 * sigma * sigma);
    return (square) => decayExpr(mul(square, f64(scale)));
  },
  exponential:
    ({ length }) =>
    (square) =>
      decayExpr(div(neg(sqrt(square)), f64(length))),
  disc:
    ({ radius }) =>
    (square) =>
      select(compare("le", square, f64(radius * radius)), f64(1), f64(0)),
};
/** The same in a kernel, operation by operation. */
export const factorExpr = (p: Profile): ((square: Expr) => Expr) => EXPRESSIONS[p.kind](p as never);

export function checkProfile({ kind, ...scale }: Profile, path: string): void {
  for (const [name, x] of Object.entries(scale)) requirePositive(`${path}.${name}`, x);
}
