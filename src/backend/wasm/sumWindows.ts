/**
 * All sources through windows, as sums of their targets: those of a tile of channels stay in registers while the window's
 * sources pass, in their order. What is added to each sum, and when, is the same as source by source.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { groupSources, groupTargets } from "../../ir/windows.ts";
import type { KernelContext } from "./kernel.ts";
import { BLOCK, loadPiece, type Piece, piecesOf, storePiece } from "./pieces.ts";
import { counted, lookUp, plus, repeated } from "./reach.ts";
import { range, splat } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Vectors of sums, at most: half of them, and what is loaded for a block, fit the registers. */
const TILE = 8;

/** Locals: where the sums are, and the first source of the window with its row of weights. */
interface Start {
  readonly out: number;
  readonly source: number;
  readonly weights: number;
  /** Rows and columns that the window sees. */
  readonly down: number;
  readonly right: number;
}

export function sumWindows(k: KernelOf<"scatterWindows">, c: KernelContext): void {
  const { f } = c;
  const w = k.windows;
  const bytes = BYTES[k.type];
  const local = (): number => f.local("i32");
  const [y, x, g, position] = [local(), local(), local(), local()];
  const [out, source, weights] = [local(), local(), local()];
  const pieces = piecesOf(k.type, groupTargets(w));
  f.get(c.ptr("out"));
  f.set(position);
  counted(f, y, w.rows.target, () => {
    const down = lookUp(c, y, 0);
    counted(f, x, w.columns.target, () => {
      const right = lookUp(c, x, w.rows.target);
      counted(f, g, w.groups, () => {
        f.get(position);
        plus(f, g, groupTargets(w) * bytes);
        f.set(out);
        f.get(c.ptr("values"));
        plus(f, down.other, w.columns.source * w.sources * bytes);
        plus(f, right.other, w.sources * bytes);
        plus(f, g, groupSources(w) * bytes);
        f.set(source);
        f.get(c.ptr("weights"));
        plus(f, down.position, w.columns.kernel * groupSources(w) * k.stride * bytes);
        plus(f, right.position, groupSources(w) * k.stride * bytes);
        plus(f, g, groupTargets(w) * bytes);
        f.set(weights);
        const tiles = Math.ceil(pieces.length / TILE);
        for (const tile of range(tiles)) {
          const [from, to] = [tile, tile + 1].map((n) => Math.floor((n * pieces.length) / tiles));
          const start = { out, source, weights, down: down.count, right: right.count };
          sumTile(k, c, pieces.slice(from, to), start);
        }
      });
      f.advance(position, w.targets * bytes);
    });
  });
}

function sumTile(k: KernelOf<"scatterWindows">, c: KernelContext, pieces: readonly Piece[], at: Start): void {
  const { f } = c;
  const w = k.windows;
  const bytes = BYTES[k.type];
  const channels = groupSources(w);
  const local = (): number => f.local("i32");
  const [rowSource, rowWeights, source, weights, n] = [local(), local(), local(), local(), local()];
  const value = f.local("v128");
  const copy = (from: number, to: number): void => {
    f.get(from);
    f.set(to);
  };
  const sums = pieces.map((piece) => {
    const sum = f.local("v128");
    loadPiece(f, at.out, piece);
    f.set(sum);
    return sum;
  });
  copy(at.source, rowSource);
  copy(at.weights, rowWeights);
  repeated(f, at.down, () => {
    copy(rowSource, source);
    copy(rowWeights, weights);
    repeated(f, at.right, () => {
      f.op("block");
      counted(f, n, channels, () => {
        f.get(source);
        f.op(splat(k.type), 0);
        f.set(value);
        pieces.forEach((piece, v) => {
          if (v > 0 && v % BLOCK === 0) {
            // Never taken: it ends a basic block. Out of the loop and the guard before it.
            f.get(weights);
            f.op("i32.eqz");
            f.op("br_if", 2);
          }
          f.get(sums[v]!, value);
          loadPiece(f, weights, piece);
          f.op(`${shapeOf(k.type)}.mul`);
          f.op(`${shapeOf(k.type)}.add`);
          f.set(sums[v]!);
        });
        f.advance(source, bytes);
        f.advance(weights, k.stride * bytes);
      });
      f.op("end");
      f.advance(source, (w.columns.dilation * w.sources - channels) * bytes);
    });
    f.advance(rowSource, w.rows.dilation * w.columns.source * w.sources * bytes);
    f.advance(rowWeights, w.columns.kernel * channels * k.stride * bytes);
  });
  pieces.forEach((piece, v) => {
    storePiece(f, at.out, piece, sums[v]!);
  });
}
