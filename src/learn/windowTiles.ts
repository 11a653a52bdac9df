/**
 * Errors that come back to all sources of windows of 3x3, with fewer multiplications: four by four sources at a time take 36
 * products for each target channel where sums take 144, two by two take 16 where sums take 36 (Winograd's F(4x4, 3x3) and
 * F(2x2, 3x3); Lavin & Gray 2016, arXiv:1509.09308). Seen from the sources, errors are a convolution with the windows turned
 * round. Rounding is coarser than that of sums: in three layers of 64 channels of 16x16 the gradients of the first
 * are off by 2·10⁻⁶ of their root mean square in f32, and by 5·10⁻⁷ with sums.
 *
 * What is multiplied lies `[product][tile][channel]`, so the products are those of matrices.
 */
import { add, constant, type Expr, mul, neg, read, sub } from "../ir/expr.ts";
import { along, invoke, loop, type Node, type Place, place, shifted } from "../ir/program.ts";
import type { Slot, Step, StoreMode } from "../ir/step.ts";
import { BYTES, type FloatType } from "../ir/types.ts";
import type { Axis, Windows } from "../ir/windows.ts";
import { copyStep, elementCall } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";

/** Positions of a window along a dimension. */
const KERNEL = 3;
type Matrix = readonly (readonly number[])[];
/** How tiles are worked out. */
interface Algorithm {
  /** Sources of a tile along a dimension, and errors that they need, which is how many products they take. */
  readonly tile: number;
  readonly patch: number;
  /** Errors to factors, weights to factors, products to sources; each along both dimensions. */
  readonly errors: Matrix;
  readonly weights: Matrix;
  readonly products: Matrix;
}
/** The largest tiles first. */
const ALGORITHMS: readonly Algorithm[] = [
  {
    tile: 4,
    patch: 6,
    errors: [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ],
    weights: [
      [1 / 4, 0, 0],
      [-1 / 6, -1 / 6, -1 / 6],
      [-1 / 6, 1 / 6, -1 / 6],
      [1 / 24, 1 / 12, 1 / 6],
      [1 / 24, -1 / 12, 1 / 6],
      [0, 0, 1],
    ],
    products: [
      [1, 1, 1, 1, 1, 0],
      [0, 1, -1, 2, -2, 0],
      [0, 1, 1, 4, 4, 0],
      [0, 1, -1, 8, -8, 1],
    ],
  },
  {
    tile: 2,
    patch: 4,
    errors: [
      [1, 0, -1, 0],
      [0, 1, 1, 0],
      [0, -1, 1, 0],
      [0, 1, 0, -1],
    ],
    weights: [
      [1, 0, 0],
      [0.5, 0.5, 0.5],
      [0.5, -0.5, 0.5],
      [0, 0, 1],
    ],
    products: [
      [1, 1, 1, 0],
      [0, 1, -1, -1],
    ],
  },
];
const algorithmOf = (w: Windows): Algorithm | undefined =>
  ALGORITHMS.find(({ tile }) => [w.rows, w.columns].every((a) => a.source % tile === 0));

/** Tiles whose factors and products lie in a second-level cache together. */
const TILES_AT_ONCE = 64;
/** Channels on both sides from which on products are what takes the time. */
const WORTH = 16;

/** Whether errors of all sources may come back by tiles: whole ones, of whole vectors. */
export function goesByTiles(w: Windows, type: FloatType): boolean {
  const fits = (a: Axis): boolean => a.kernel === KERNEL && a.stride === 1 && a.dilation === 1 && a.padding < KERNEL;
  return (
    w.groups === 1 &&
    algorithmOf(w) !== undefined &&
    fits(w.rows) &&
    fits(w.columns) &&
    [w.sources, w.targets].every((n) => n >= WORTH && n % stripWidth(type) === 0)
  );
}

/** Errors around those that there are, which are 0. */
const rim = (a: Axis): number => KERNEL - 1 - a.padding;
/** Rows and columns of tiles. */
const down = (w: Windows): number => w.rows.source / algorithmOf(w)!.tile;
const across = (w: Windows): number => w.columns.source / algorithmOf(w)!.tile;
/** Rows of tiles that are worked on at once: a part of all. */
function rowsAtOnce(w: Windows): number {
  const most = Math.max(1, Math.floor(TILES_AT_ONCE / across(w)));
  for (let rows = Math.min(most, down(w)); ; rows--) if (down(w) % rows === 0) return rows;
}
/** Elements from one matrix to the next: a line more than it has, lest all begin in one set of a cache. */
const apart = (rows: number, columns: number): number => rows * columns + 16;

/** Products of two numbers that the errors of a step take, and factors and sums that are made for them. */
export function tileWork(w: Windows): { readonly products: number; readonly factors: number } {
  const each = algorithmOf(w)!.patch ** 2 * down(w) * across(w);
  return { products: each * w.sources * w.targets, factors: each * (w.sources + w.targets) };
}

/** What a connection's kernels work on. */
export interface Tiled {
  readonly name: string;
  readonly windows: Windows;
  readonly context: Context;
}
const work = ({ name, context }: Tiled, what: string, length: number): Place =>
  place(context.buffer(`${name}.${what}`, context.type, length, "work"));
const factorsOfWeights = (t: Tiled): Place =>
  work(t, "weight.tiles", algorithmOf(t.windows)!.patch ** 2 * apart(t.windows.targets, t.windows.sources));

/** Source channels of a strip of weights: two vectors, as many columns as matrix products take at once. */
export const stripWidth = (type: FloatType): number => (2 * 16) / BYTES[type];
/** Once a batch: factors of the weights, from weights `[position][strip][target channel][source channel of the strip]`. */
export function weightTiles(t: Tiled, turned: Place): Node {
  const { windows: w, context } = t;
  const size = w.sources * w.targets;
  const { patch, weights } = algorithmOf(w)!;
  const to = factorsOfWeights(t);
  const step = transformStep(`tiles.weights.${patch}`, context.type, weights, "set");
  const places = gridPlaces(
    // Seen from a source, the last position of a window comes first.
    { side: KERNEL, at: (i, j) => shifted(turned, ((KERNEL - 1 - i) * KERNEL + KERNEL - 1 - j) * size) },
    { side: patch, at: (i, j) => shifted(to, (i * patch + j) * apart(w.targets, w.sources)) },
  );
  return elementCall(step, places, size);
}

/** `out (+)=` the errors at all sources, from those at all targets. */
export function errorsByTiles(t: Tiled, error: Place, out: Place, accumulate: boolean): Node[] {
  const { windows: w, context } = t;
  const { type } = context;
  const { tile, patch, ...matrices } = algorithmOf(w)!;
  const [rows, tiles] = [rowsAtOnce(w), rowsAtOnce(w) * across(w)];
  const padded = withRim(t, error);
  const factors = work(t, "error.tiles", patch ** 2 * apart(tiles, w.targets));
  const products = work(t, "product.tiles", patch ** 2 * apart(tiles, w.sources));
  const rowOfErrors = (w.columns.source + KERNEL - 1) * w.targets;
  const rowOfSources = w.columns.source * w.sources;
  const inTiles = (at: Place, channels: number): Place => moved(at, 0, across(w) * channels, channels);
  const ofProduct = (i: number, j: number, channels: number): number => (i * patch + j) * apart(tiles, channels);
  const forward = elementCall(
    transformStep(`tiles.errors.${patch}`, type, matrices.errors, "set"),
    gridPlaces(
      {
        side: patch,
        at: (i, j) =>
          moved(
            shifted(padded.at, i * rowOfErrors + j * w.targets),
            rows * tile * rowOfErrors,
            tile * rowOfErrors,
            tile * w.targets,
          ),
      },
      { side: patch, at: (i, j) => inTiles(shifted(factors, ofProduct(i, j, w.targets)), w.targets) },
    ),
    w.targets,
  );
  const back = elementCall(
    transformStep(`tiles.back.${patch}`, type, matrices.products, accumulate ? "add" : "set"),
    gridPlaces(
      { side: patch, at: (i, j) => inTiles(shifted(products, ofProduct(i, j, w.sources)), w.sources) },
      {
        side: tile,
        at: (i, j) =>
          moved(
            shifted(out, i * rowOfSources + j * w.sources),
            rows * tile * rowOfSources,
            tile * rowOfSources,
            tile * w.sources,
          ),
      },
    ),
    w.sources,
  );
  const overTiles = (body: Node): Node => loop("tile.row", rows, [loop("tile.column", across(w), [body])]);
  const each = (at: Place, size: number): Place => ({ ...at, terms: [...at.terms, along("tile.product", size)] });
  const strip = stripWidth(type);
  const inStrip = (at: Place, size: number): Place => ({ ...at, terms: [...at.terms, along("tile.strip", size)] });
  const shape = { width: strip, bStride: strip, outStride: w.sources, aRow: w.targets, aColumn: 1 };
  const product = invoke(
    { kind: "product", type, ...shape, start: "zero" },
    {
      out: inStrip(each(products, apart(tiles, w.sources)), strip),
      a: each(factors, apart(tiles, w.targets)),
      b: inStrip(each(factorsOfWeights(t), apart(w.targets, w.sources)), w.targets * strip),
    },
    { rows: tiles, depth: w.targets },
  );
  const block = [
    overTiles(forward),
    loop("tile.product", patch ** 2, [loop("tile.strip", w.sources / strip, [product])]),
    overTiles(back),
  ];
  return [...padded.nodes, loop("tile.block", down(w) / rows, block)];
}
/** Moved along with the block, the row and the column of the tile at hand. */
const moved = (at: Place, block: number, row: number, column: number): Place => ({
  ...at,
  terms: [
    ...at.terms,
    ...(block > 0 ? [along("tile.block", block)] : []),
    along("tile.row", row),
    along("tile.column", column),
  ],
});

/** Errors with zeros around them, so that every tile has all that it needs. */
function withRim(t: Tiled, error: Place): { readonly at: Place; readonly nodes: readonly Node[] } {
  const { windows: w, context } = t;
  const [above, beside] = [rim(w.rows), rim(w.columns)];
  if (above + beside === 0) return { at: error, nodes: [] };
  const [row, inner] = [(w.columns.source + KERNEL - 1) * w.targets, w.columns.target * w.targets];
  const length = (w.rows.source + KERNEL - 1) * row;
  const at = work(t, "error.rim", length);
  const inRow = (p: Place, stride: number): Place => ({ ...p, terms: [...p.terms, along("tile.row", stride)] });
  const zero = (out: Place, n: number): Node[] =>
    n === 0 ? [] : [invoke({ kind: "zero", type: context.type }, { out }, { n })];
  const inside = above * row;
  const side = beside * w.targets;
  const [left, middle, right] = [0, side, side + inner].map((by) => inRow(shifted(at, inside + by), row));
  const below = inside + w.rows.target * row;
  return {
    at,
    nodes: [
      ...zero(at, inside),
      loop("tile.row", w.rows.target, [
        ...zero(left!, side),
        elementCall(copyStep(context.type), { x: inRow(error, inner), out: middle! }, inner),
        ...zero(right!, side),
      ]),
      ...zero(shifted(at, below), length - below),
    ],
  };
}

/** Rows and columns of numbers. */
interface Grid {
  readonly side: number;
  readonly at: (row: number, column: number) => Place;
}
const cells = (side: number): [row: number, column: number][] =>
  Array.from({ length: side * side }, (_, k) => [Math.floor(k / side), k % side]);
const gridPlaces = (x: Grid, y: Grid): Record<string, Place> =>
  Object.fromEntries([
    ...cells(x.side).map(([i, j]) => [`x.${i}.${j}`, x.at(i, j)]),
    ...cells(y.side).map(([i, j]) => [`y.${i}.${j}`, y.at(i, j)]),
  ]);

/** `y (+)= M x Mᵀ`, for each channel. */
function transformStep(name: string, type: FloatType, m: Matrix, mode: StoreMode): Step {
  const side = m[0]!.length;
  const x = Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_, j) => read(type, `x.${i}.${j}`)));
  const half = m.map((row) => Array.from({ length: side }, (_, j) => combined(row, (i) => x[i]![j]!)));
  const y = half.map((row) => m.map((by) => combined(by, (j) => row[j]!)));
  const slot =
    (of: "x" | "y") =>
    ([i, j]: [number, number]): Slot => ({ name: `${of}.${i}.${j}`, type, space: "element" });
  return {
    name: mode === "add" ? `${name}.added` : name,
    slots: [...cells(side).map(slot("x")), ...cells(m.length).map(slot("y"))],
    stores: cells(m.length).map(([i, j]) => ({ slot: `y.${i}.${j}`, mode, value: y[i]![j]! })),
  };
}
/** `Σ factor · term`: what is added in order, then what is taken away. */
function combined(factors: readonly number[], term: (k: number) => Expr): Expr {
  const terms = (sign: 1 | -1): Expr[] =>
    factors.flatMap((factor, k) => {
      const [e, size] = [term(k), sign * factor];
      return size > 0 ? [size === 1 ? e : mul(e, constant(e.type, size))] : [];
    });
  const [added, taken] = [terms(1), terms(-1)];
  return added.length > 0 ? taken.reduce(sub, added.reduce(add)) : neg(taken.reduce(add));
}
