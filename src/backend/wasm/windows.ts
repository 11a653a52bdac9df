/**
 * What goes through windows: a source's row of weights for each target that it reaches. Where those lie, a table tells for
 * each row and column of sources; the innermost loop goes along a row of targets, whose channels lie side by side.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { groupSources, groupTargets, movesOf, REACH, sourceCount, type Windows } from "../../ir/windows.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { loadPiece, type Piece, piecesOf, storePiece } from "./pieces.ts";
import { pushScaled, range, splat } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

type Through = KernelOf<"scatterWindows" | "windowDots" | "outerWindows">;

export function scatterWindows(k: KernelOf<"scatterWindows">, c: KernelContext): void {
  addRows(k, c, { to: (hit) => hit.target, from: (hit) => hit.weights, target: "out", weights: "weights" });
}
export function outerWindows(k: KernelOf<"outerWindows">, c: KernelContext): void {
  addRows(k, c, { to: (hit) => hit.weights, from: (hit) => hit.target, target: "a", weights: "out" });
}

/** Sums of one tile stay in registers while the errors of a position pass: half of them, and what is loaded for a block. */
const TILE_BACK = 8;

/** What targets whose error is not zero bring to the sources that their windows see. */
export function scatterBack(k: KernelOf<"scatterBack">, c: KernelContext): void {
  const { f } = c;
  const w = k.windows;
  const bytes = BYTES[k.type];
  const local = (): number => f.local("i32");
  const [y, x, g, errors, end] = [local(), local(), local(), local(), local()];
  const [toRow, weightRow] = [local(), local()];
  const hit: Hit = { target: local(), weights: local() };
  const channels = groupSources(w);
  // Where a window always sees all of its columns, and these lie as the weights do, a row of them is one run.
  const whole = w.columns.padding === 0 && w.columns.dilation === 1 && w.groups === 1 && k.stride === w.sources;
  const rowBytes = w.columns.kernel * k.stride * bytes;
  const add = (width: number, at: Hit): void =>
    addErrors(k, c, { pieces: piecesOf(k.type, width), at, errors, end, rowBytes });
  f.get(c.ptr("a"));
  f.set(errors);
  counted(f, y, w.rows.target, () => {
    const down = lookUp(c, y, 0);
    counted(f, x, w.columns.target, () => {
      const right = lookUp(c, x, w.rows.target);
      counted(f, g, w.groups, () => {
        findErrors(k, c, { errors, end, first: g });
        f.get(end, c.ptr("found"));
        f.op("i32.ne");
        f.if(() => {
          f.get(c.ptr("out"));
          plus(f, down.other, w.columns.source * w.sources * bytes);
          plus(f, right.other, w.sources * bytes);
          plus(f, g, channels * bytes);
          f.set(toRow);
          f.get(c.ptr("weights"));
          plus(f, down.position, w.targets * rowBytes);
          plus(f, right.position, k.stride * bytes);
          f.set(weightRow);
          repeated(f, down.count, () => {
            copied(f, { target: toRow, weights: weightRow }, hit);
            if (whole) add(w.columns.kernel * w.sources, hit);
            else
              repeated(f, right.count, () => {
                add(channels, hit);
                f.advance(hit.target, w.columns.dilation * w.sources * bytes);
                f.advance(hit.weights, k.stride * bytes);
              });
            f.advance(toRow, w.rows.dilation * w.columns.source * w.sources * bytes);
            f.advance(weightRow, w.targets * rowBytes);
          });
        });
      });
      f.advance(errors, w.targets * bytes);
    });
  });
}
function counted(f: Emitter, n: number, times: number, body: () => void): void {
  f.i32(0);
  f.set(n);
  f.upTo(n, () => f.i32(times), 1, body);
}

interface Found {
  /** Locals: the address of the errors of a position, and behind the channels that were noted. */
  readonly errors: number;
  readonly end: number;
}
/** Notes the channels of group `first` whose error is not zero, four (two) at a time where they come in whole vectors. */
function findErrors(
  k: KernelOf<"scatterBack">,
  c: KernelContext,
  { errors, end, first }: Found & { first: number },
): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const size = groupTargets(k.windows);
  const lanes = 16 / bytes;
  const [n, channel, mask] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const note = (): void => {
    f.get(end, channel);
    f.op("i32.store", 0);
    f.advance(end, 4);
  };
  f.get(c.ptr("found"));
  f.set(end);
  f.get(first);
  f.i32(size);
  f.op("i32.mul");
  f.set(channel);
  if (size % lanes !== 0)
    return counted(f, n, size, () => {
      pushScaled(f, errors, channel, bytes);
      f.op(`${k.type}.load`, 0);
      f.op(`${k.type}.const`, 0);
      f.op(`${k.type}.ne`);
      f.if(note);
      f.advance(channel, 1);
    });
  const begin = f.local("i32");
  counted(f, n, size / lanes, () => {
    pushScaled(f, errors, channel, bytes);
    f.op("v128.load", 0);
    f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    f.op(`${shapeOf(k.type)}.ne`);
    f.op(`${k.type === "f32" ? "i32x4" : "i64x2"}.bitmask`);
    f.set(mask);
    f.get(channel);
    f.set(begin);
    // Without a branch: what is noted counts only where its bit is set.
    for (const lane of range(lanes)) {
      f.get(end, begin);
      f.i32(lane);
      f.op("i32.add");
      f.op("i32.store", 0);
      f.get(end, mask);
      if (lane > 0) {
        f.i32(lane);
        f.op("i32.shr_u");
      }
      f.i32(1);
      f.op("i32.and");
      f.i32(4);
      f.op("i32.mul");
      f.op("i32.add");
      f.set(end);
    }
    f.advance(channel, lanes);
  });
}

/** `to += error · weights` for all errors that were found, a tile of the row at a time. */
function addErrors(
  k: KernelOf<"scatterBack">,
  c: KernelContext,
  { pieces, at, errors, end, rowBytes }: Found & { pieces: readonly Piece[]; at: Hit; rowBytes: number },
): void {
  const { f } = c;
  const tiles = Math.ceil(pieces.length / TILE_BACK);
  const [e, w, channel, value] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("v128")];
  for (const tile of range(tiles)) {
    const own = pieces.slice(
      Math.floor((tile * pieces.length) / tiles),
      Math.floor(((tile + 1) * pieces.length) / tiles),
    );
    const sums = own.map((piece) => {
      const sum = f.local("v128");
      loadPiece(f, at.target, piece);
      f.set(sum);
      return sum;
    });
    f.get(c.ptr("found"));
    f.set(e);
    f.op("block");
    f.op("loop");
    f.get(e);
    f.op("i32.load", 0);
    f.set(channel);
    pushScaled(f, errors, channel, BYTES[k.type]);
    f.op(splat(k.type), 0);
    f.set(value);
    pushScaled(f, at.weights, channel, rowBytes);
    f.set(w);
    own.forEach((piece, v) => {
      if (v > 0 && v % BLOCK === 0) {
        // Never taken: it ends a basic block.
        f.get(w);
        f.op("i32.eqz");
        f.op("br_if", 1);
      }
      f.get(sums[v]!, value);
      loadPiece(f, w, piece);
      f.op(`${shapeOf(k.type)}.mul`);
      f.op(`${shapeOf(k.type)}.add`);
      f.set(sums[v]!);
    });
    f.advance(e, 4);
    f.get(e, end);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
    f.op("end");
    own.forEach((piece, v) => {
      storePiece(f, at.target, piece, sums[v]!);
    });
  }
}
/** Runs the body as often as a local says. */
function repeated(f: Emitter, times: number, round: () => void): void {
  const n = f.local("i32");
  f.i32(0);
  f.set(n);
  f.upTo(n, () => f.get(times), 1, round);
}
function copied(f: Emitter, from: Hit, to: Hit): void {
  f.get(from.target);
  f.set(to.target);
  f.get(from.weights);
  f.set(to.weights);
}

/** Locals with the addresses of the channels of a source's group at a target, and of the row of weights that leads there. */
interface Hit {
  readonly target: number;
  readonly weights: number;
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
/** Vectors in one basic block: V8 does all loads of a block first, and they must fit the registers beside the sums. */
const BLOCK = 4;

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

/** Locals of an entry of the table: how many, and where they begin. */
interface Entry {
  readonly count: number;
  readonly position: number;
  readonly other: number;
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

/** Adds `index · factor` to what is on the stack. */
function plus(f: Emitter, index: number, factor: number): void {
  f.get(index);
  f.i32(factor);
  f.op("i32.mul");
  f.op("i32.add");
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
function lookUp(c: KernelContext, at: number, first: number): Entry {
  const { f } = c;
  const [entry, count, position, other] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  pushScaled(f, c.ptr("reach"), at, 4 * REACH);
  f.set(entry);
  [count, position, other].forEach((local, n) => {
    f.get(entry);
    f.op("i32.load", 4 * (REACH * first + n));
    f.set(local);
  });
  return { count, position, other };
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
