/**
 * What goes through windows: a source's row of weights for each target that it reaches. Where those lie, a table tells for
 * each row and column of sources; the innermost loop goes along a row of targets, whose channels lie side by side.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { groupSources, groupTargets, movesOf, sourceCount, type Windows } from "../../ir/windows.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { BLOCK, loadPiece, type Piece, piecesOf, storePiece } from "./pieces.ts";
import { copied, type Hit, lookUp, plus, repeated } from "./reach.ts";
import { sumWindows } from "./sumWindows.ts";
import { pushScaled, range, splat } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

type Through = KernelOf<"scatterWindows" | "windowDots" | "outerWindows">;

export function scatterWindows(k: KernelOf<"scatterWindows">, c: KernelContext): void {
  if (!k.listed) return sumWindows(k, c);
  addRows(k, c, { to: (hit) => hit.target, from: (hit) => hit.weights, target: "out", weights: "weights" });
}
export function outerWindows(k: KernelOf<"outerWindows">, c: KernelContext): void {
  addRows(k, c, { to: (hit) => hit.weights, from: (hit) => hit.target, target: "a", weights: "out" });
}

interface Ends {
  readonly to: (hit: Hit) => number;
  readonly from: (hit: Hit) => number;
  /** Arguments that lie as targets and as weights do. */
  readonly target: string;
  readonly weights: string;
}

/** `to += (value ·) from`, for all that sources reach. */
function addRows(k: KernelOf<"scatterWindows" | "outerWindows">, c: KernelContext, ends: Ends): void {
  const { f } = c;
  const [value, sum] = [f.local("v128"), f.local("v128")];
  const pieces = piecesOf(k.type, groupTargets(k.windows));
  overSources(k, c, (source, entry) => {
    if (k.valued) {
      pushScaled(f, c.ptr("values"), entry, BYTES[k.type]);
      f.op(splat(k.type), 0);
      f.set(value);
    }
    overHits(k, c, source, ends, (hit) =>
      overRow(f, pieces, [ends.to(hit), ends.from(hit)], ([to, from], piece) => {
        loadPiece(f, to!, piece);
        if (k.valued) f.get(value);
        loadPiece(f, from!, piece);
        if (k.valued) f.op(`${shapeOf(k.type)}.mul`);
        f.op(`${shapeOf(k.type)}.add`);
        f.set(sum);
        storePiece(f, to!, piece, sum);
      }),
    );
  });
}

/** Vectors that the channels of a target go to in turn: as many chains of additions. */
const CHAINS = 4;
export function windowDots(k: KernelOf<"windowDots">, c: KernelContext): void {
  const { f } = c;
  const pieces = piecesOf(k.type, groupTargets(k.windows));
  const sums = range(CHAINS).map(() => f.local("v128"));
  const at = f.local("i32");
  overSources(k, c, (source) => {
    for (const s of sums) {
      f.op("v128.const", "i32x4", [0, 0, 0, 0]);
      f.set(s);
    }
    overHits(k, c, source, { target: "a", weights: "weights" }, (hit) => {
      f.op("block");
      overRow(f, pieces, [hit.target, hit.weights], ([a, w], piece, v) => {
        if (v > 0 && v % BLOCK === 0) {
          // Never taken: it ends a basic block.
          f.get(a!);
          f.op("i32.eqz");
          f.op("br_if", 0);
        }
        const s = sums[v % CHAINS]!;
        f.get(s);
        loadPiece(f, a!, piece);
        loadPiece(f, w!, piece);
        f.op(`${shapeOf(k.type)}.mul`);
        f.op(`${shapeOf(k.type)}.add`);
        f.set(s);
      });
      f.op("end");
    });
    pushScaled(f, c.ptr("out"), source, BYTES[k.type]);
    f.set(at);
    storeFolded(f, k, at, sums);
  });
}

/** Folds (v0 + v1) + (v2 + v3), then lanes (l0 + l1) + (l2 + l3), in f64 l0 + l1, and stores it or adds it to what is there. */
function storeFolded(f: Emitter, k: KernelOf<"windowDots">, at: number, sums: readonly number[]): void {
  const [v0, v1, v2, v3] = sums as [number, number, number, number];
  const add = `${shapeOf(k.type)}.add`;
  f.get(v0, v1);
  f.op(add);
  f.get(v2, v3);
  f.op(add);
  f.op(add);
  f.set(v0);
  const lanes = 16 / BYTES[k.type];
  const total = f.local(k.type);
  const pair = (first: number): void => {
    for (const l of [first, first + 1]) {
      f.get(v0);
      f.op(`${shapeOf(k.type)}.extract_lane`, l);
    }
    f.op(`${k.type}.add`);
  };
  pair(0);
  if (lanes === 4) {
    pair(2);
    f.op(`${k.type}.add`);
  }
  f.set(total);
  f.get(at);
  if (k.accumulate) {
    f.get(at);
    f.op(`${k.type}.load`, 0);
  }
  f.get(total);
  if (k.accumulate) f.op(`${k.type}.add`);
  f.op(`${k.type}.store`, 0);
}

/** Runs the body with locals: the number of a source, and its place in the list (where there is none, its number). */
function overSources(k: Through, c: KernelContext, body: (source: number, entry: number) => void): void {
  const { f } = c;
  const e = f.local("i32");
  if (!k.listed) {
    f.i32(0);
    f.set(e);
    return f.upTo(
      e,
      () => f.i32(sourceCount(k.windows)),
      1,
      () => body(e, e),
    );
  }
  const source = f.local("i32");
  c.pushCount("from");
  f.set(e);
  f.upTo(
    e,
    () => c.pushCount("to"),
    1,
    () => {
      pushScaled(f, c.ptr("list"), e, 4);
      f.op("i32.load", 0);
      f.set(source);
      body(source, e);
    },
  );
}

/** Runs the body for each target that the source reaches. */
function overHits(
  k: Through,
  c: KernelContext,
  source: number,
  ends: Pick<Ends, "target" | "weights">,
  body: (hit: Hit) => void,
): void {
  const { f } = c;
  const w = k.windows;
  const bytes = BYTES[k.type];
  const channel = f.local("i32");
  const [pixel, row, column] = [f.local("i32"), f.local("i32"), f.local("i32")];
  divided(f, source, w.sources, pixel, channel);
  divided(f, pixel, w.columns.source, row, column);
  const [down, right] = [lookUp(c, row, 0), lookUp(c, column, w.rows.source)];
  const [weightRow, targetRow] = [groupSources(w) * k.stride * bytes, w.targets * bytes];
  const outer: Hit = { target: f.local("i32"), weights: f.local("i32") };
  const start = (local: number, base: number, terms: readonly (readonly [number, number])[]): void => {
    f.get(base);
    for (const [index, factor] of terms) plus(f, index, factor);
    f.set(local);
  };
  const [inGroup, group] = groupOf(f, w, channel);
  start(outer.target, c.ptr(ends.target), [
    [down.other, w.columns.target * targetRow],
    [right.other, targetRow],
    ...(group === undefined ? [] : [[group, groupTargets(w) * bytes] as const]),
  ]);
  start(outer.weights, c.ptr(ends.weights), [
    [down.position, w.columns.kernel * weightRow],
    [right.position, weightRow],
    [inGroup, k.stride * bytes],
    ...(group === undefined ? [] : [[group, groupTargets(w) * bytes] as const]),
  ]);
  const [alongRows, alongColumns] = [movesOf("source", w.rows), movesOf("source", w.columns)];
  const hit: Hit = { target: f.local("i32"), weights: f.local("i32") };
  repeated(f, down.count, () => {
    copied(f, outer, hit);
    repeated(f, right.count, () => {
      body(hit);
      f.advance(hit.target, alongColumns.other * targetRow);
      f.advance(hit.weights, alongColumns.position * weightRow);
    });
    f.advance(outer.target, alongRows.other * w.columns.target * targetRow);
    f.advance(outer.weights, alongRows.position * w.columns.kernel * weightRow);
  });
}

/** `quotient = n div by; rest = n mod by` */
export function divided(f: Emitter, n: number, by: number, quotient: number, rest: number): void {
  f.get(n);
  f.i32(by);
  f.op("i32.div_u");
  f.set(quotient);
  f.get(n, quotient);
  f.i32(by);
  f.op("i32.mul");
  f.op("i32.sub");
  f.set(rest);
}
/** The channel within its group, and the group where there are several. */
function groupOf(f: Emitter, w: Windows, channel: number): [inGroup: number, group: number | undefined] {
  if (w.groups === 1) return [channel, undefined];
  const [group, inGroup] = [f.local("i32"), f.local("i32")];
  divided(f, channel, groupSources(w), group, inGroup);
  return [inGroup, group];
}
/** Pieces that are written out one by one, at most; whole vectors of longer rows come in a loop of so many a turn. */
const WRITTEN_OUT = 32;
const TURN = 16;

/** @param body of pieces of rows at addresses; v counts pieces, from 0 in each turn of a loop */
function overRow(
  f: Emitter,
  pieces: readonly Piece[],
  rows: readonly number[],
  body: (rows: readonly number[], piece: Piece, v: number) => void,
): void {
  if (pieces.length <= WRITTEN_OUT)
    return pieces.forEach((piece, v) => {
      body(rows, piece, v);
    });
  const turns = Math.floor((pieces.length - 1) / TURN);
  const moving = rows.map((row) => {
    const local = f.local("i32");
    f.get(row);
    f.set(local);
    return local;
  });
  const n = f.local("i32");
  f.i32(0);
  f.set(n);
  f.upTo(
    n,
    () => f.i32(turns),
    1,
    () => {
      f.op("block");
      pieces.slice(0, TURN).forEach((piece, v) => {
        body(moving, piece, v);
      });
      f.op("end");
      for (const local of moving) f.advance(local, 16 * TURN);
    },
  );
  pieces.slice(turns * TURN).forEach((piece, v) => {
    body(moving, { ...piece, offset: piece.offset - turns * TURN * 16 }, v);
  });
}
