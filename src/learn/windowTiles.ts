/**
 * Errors that come back to all sources of windows of 3x3, with fewer multiplications: two by two sources at a time, of which
 * each takes 4 products for each target channel where sums would take 9 (Winograd's F(2x2, 3x3); Lavin & Gray 2016,
 * arXiv:1509.09308). Seen from the sources, errors are a convolution with the windows turned round. All factors are 0, ±1 and
 * ½, so that little is lost to rounding: errors differ from sums by as much as sums in another order do.
 *
 * What is multiplied lies `[product][tile][channel]`, so the products are those of matrices.
 */
import { add, constant, type Expr, mul, read, sub } from "../ir/expr.ts";
import { along, invoke, loop, type Node, type Place, place, shifted } from "../ir/program.ts";
import type { Slot, Step, StoreMode } from "../ir/step.ts";
import { BYTES, type FloatType } from "../ir/types.ts";
import type { Axis, Windows } from "../ir/windows.ts";
import { copyStep, elementCall } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";

/** Sources of a tile along a dimension, positions of a window, and errors that they need. */
const [TILE, KERNEL] = [2, 3];
const PATCH = TILE + KERNEL - 1;
/** Products of a tile. */
const PRODUCTS = PATCH * PATCH;

type Matrix = readonly (readonly number[])[];
/** Errors to factors, weights to factors, products to sources; each along both dimensions. */
const OF_ERRORS: Matrix = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
];
const OF_WEIGHTS: Matrix = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
];
const OF_PRODUCTS: Matrix = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
];

/** Tiles whose factors and products lie in a second-level cache together. */
const TILES_AT_ONCE = 64;
/** Channels on both sides from which on products are what takes the time. */
const WORTH = 16;

/** Whether errors of all sources may come back by tiles: whole ones, of whole vectors. */
export function goesByTiles(w: Windows, type: FloatType): boolean {
  const lanes = 16 / BYTES[type];
  const fits = (a: Axis): boolean =>
    a.kernel === KERNEL && a.stride === 1 && a.dilation === 1 && a.source % TILE === 0 && a.padding < KERNEL;
  return (
    w.groups === 1 &&
    fits(w.rows) &&
    fits(w.columns) &&
    [w.sources, w.targets].every((n) => n >= WORTH && n % lanes === 0)
  );
}

/** Errors around those that there are, which are 0. */
const rim = (a: Axis): number => KERNEL - 1 - a.padding;
const across = (w: Windows): number => w.columns.source / TILE;
const down = (w: Windows): number => w.rows.source / TILE;
/** Rows of tiles that are worked on at once: a part of all. */
function rowsAtOnce(w: Windows): number {
  const most = Math.max(1, Math.floor(TILES_AT_ONCE / across(w)));
  for (let rows = Math.min(most, down(w)); ; rows--) if (down(w) % rows === 0) return rows;
}

/** What a connection's kernels work on. */
export interface Tiled {
  readonly name: string;
  readonly windows: Windows;
  readonly context: Context;
}
const work = ({ name, context }: Tiled, what: string, length: number): Place =>
  place(context.buffer(`${name}.${what}`, context.type, length, "work"));
const factorsOfWeights = (t: Tiled): Place => work(t, "weight.tiles", PRODUCTS * t.windows.targets * t.windows.sources);

/** Once a batch: factors of the weights, from weights `[position][target channel][source channel]`. */
export function weightTiles(t: Tiled, turned: Place): Node {
  const { windows: w, context } = t;
  const size = w.sources * w.targets;
  const to = factorsOfWeights(t);
  const step = transformStep("tiles.weights", context.type, OF_WEIGHTS, "set");
  const places = gridPlaces(
    // Seen from a source, the last position of a window comes first.
    { side: KERNEL, at: (i, j) => shifted(turned, ((KERNEL - 1 - i) * KERNEL + KERNEL - 1 - j) * size) },
    { side: PATCH, at: (i, j) => shifted(to, (i * PATCH + j) * size) },
  );
  return elementCall(step, places, size);
}

/** `out (+)=` the errors at all sources, from those at all targets. */
export function errorsByTiles(t: Tiled, error: Place, out: Place, accumulate: boolean): Node[] {
  const { windows: w, context } = t;
  const { type } = context;
  const [rows, tiles] = [rowsAtOnce(w), rowsAtOnce(w) * across(w)];
  const padded = withRim(t, error);
  const factors = work(t, "error.tiles", PRODUCTS * tiles * w.targets);
  const products = work(t, "product.tiles", PRODUCTS * tiles * w.sources);
  const rowOfErrors = (w.columns.source + PATCH - TILE) * w.targets;
  const rowOfSources = w.columns.source * w.sources;
  const inTiles = (at: Place, channels: number): Place => moved(at, 0, across(w) * channels, channels);
  const ofProduct = (i: number, j: number, channels: number): number => (i * PATCH + j) * tiles * channels;
  const forward = elementCall(
    transformStep("tiles.errors", type, OF_ERRORS, "set"),
    gridPlaces(
      {
        side: PATCH,
        at: (i, j) =>
          moved(
            shifted(padded.at, i * rowOfErrors + j * w.targets),
            rows * TILE * rowOfErrors,
            TILE * rowOfErrors,
            TILE * w.targets,
          ),
      },
      { side: PATCH, at: (i, j) => inTiles(shifted(factors, ofProduct(i, j, w.targets)), w.targets) },
    ),
    w.targets,
  );
  const back = elementCall(
    transformStep("tiles.back", type, OF_PRODUCTS, accumulate ? "add" : "set"),
    gridPlaces(
      { side: PATCH, at: (i, j) => inTiles(shifted(products, ofProduct(i, j, w.sources)), w.sources) },
      {
        side: TILE,
        at: (i, j) =>
          moved(
            shifted(out, i * rowOfSources + j * w.sources),
            rows * TILE * rowOfSources,
            TILE * rowOfSources,
            TILE * w.sources,
          ),
      },
    ),
    w.sources,
  );
  const overTiles = (body: Node): Node => loop("tile.row", rows, [loop("tile.column", across(w), [body])]);
  const each = (at: Place, size: number): Place => ({ ...at, terms: [...at.terms, along("tile.product", size)] });
  const shape = { width: w.sources, bStride: w.sources, outStride: w.sources, aRow: w.targets, aColumn: 1 };
  const product = invoke(
    { kind: "product", type, ...shape, start: "zero" },
    {
      out: each(products, tiles * w.sources),
      a: each(factors, tiles * w.targets),
      b: each(factorsOfWeights(t), w.targets * w.sources),
    },
    { rows: tiles, depth: w.targets },
  );
  const block = [overTiles(forward), loop("tile.product", PRODUCTS, [product]), overTiles(back)];
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
  const [row, inner] = [(w.columns.source + PATCH - TILE) * w.targets, w.columns.target * w.targets];
  const length = (w.rows.source + PATCH - TILE) * row;
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
/** `Σ factor · term`, in order; the first term with a sign comes first where the first is taken away. */
function combined(factors: readonly number[], term: (k: number) => Expr): Expr {
  const terms = factors.flatMap((factor, k) => (factor === 0 ? [] : [{ factor, e: term(k) }]));
  const ordered = [...terms.filter((t) => t.factor > 0), ...terms.filter((t) => t.factor < 0)];
  return ordered
    .map(({ factor, e }) => ({
      negative: factor < 0,
      e: Math.abs(factor) === 1 ? e : mul(e, constant(e.type, Math.abs(factor))),
    }))
    .reduce<Expr | undefined>((sum, { negative, e }) => (sum ? (negative ? sub(sum, e) : add(sum, e)) : e), undefined)!;
}
