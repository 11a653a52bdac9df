/**
 * Gradients through windows that lie side by side, one sum at a time: sources are sorted by channel, and for each channel and
 * position of the window a tile of sums stays in registers while the errors pass that its sources reach. So an addition takes
 * one load, where going from source to source takes two and a store. Each sum takes its sources in the order of the list.
 *
 * The errors of a tile of channels are copied together first, with a rim of -0 for targets that there are not: what is added
 * to any number leaves it as it is, to the sign of a 0.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { NEAR_VECTORS, nearShape, sortedStarts, type Windows, windowSize } from "../../ir/windows.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { BLOCK } from "./pieces.ts";
import { counted, divided, plus } from "./reach.ts";
import { sortChannels } from "./sortChannels.ts";
import { evenTiles, pushScaled, range, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/**
 * Sources for each channel, from which on sums are long enough: with fewer, rows of gradients that no cache holds are fetched
 * piece by piece for too little (256 to 256 channels with 10 sources each: 39 ms of a train-cifar step become 52).
 */
const MANY = 32;
/** Additions for each position of the grid, from which on it is worth making. */
const FEW = 8;
/** Listed sources from which on gradients are summed so. */
export function worthGathering(w: Windows): number {
  const { rows, columns } = nearShape(w);
  return Math.max(MANY * w.sources, Math.ceil((FEW * rows * columns) / windowSize(w)));
}

type Outer = KernelOf<"outerWindows">;

export function outerGathered(k: Outer, c: KernelContext): void {
  const { f } = c;
  const starts = f.local("i32");
  sortByChannel(k.windows, c, starts);
  evenTiles(f, vectorsOf(k.windows.targets, k.type), NEAR_VECTORS, (column, vectors) => {
    copyNear(k, c, column, vectors);
    sumTiles(k, c, { starts, column, vectors });
  });
}

/**
 * `order` = where the listed sources lie in the grid of errors with its rim, channel by channel, each channel's in the order
 * of the list; `starts[c]` = where those of channel c end.
 */
function sortByChannel(w: Windows, c: KernelContext, starts: number): void {
  const { f } = c;
  const [e, at, source, pixel, channel, row, column] = range(7).map(() => f.local("i32")) as [
    ...[number, number, number, number, number, number, number],
  ];
  const each = (body: () => void): void => {
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
        divided(f, source, w.sources, pixel, channel);
        pushScaled(f, starts, channel, 4);
        f.set(at);
        body();
      },
    );
  };
  f.get(c.ptr("order"));
  f.i32(4 * sortedStarts(w));
  f.op("i32.add");
  f.set(starts);
  const pushNoted = (): void => {
    divided(f, pixel, w.columns.source, row, column);
    f.get(column);
    plus(f, row, nearShape(w).columns);
  };
  sortChannels({ channels: w.sources, starts, at, each, pushNoted }, c);
}

/** `near` = a tile of channels of all errors, with the rim. */
function copyNear(k: Outer, c: KernelContext, column: number, vectors: number): void {
  const { f } = c;
  const w = k.windows;
  const { rows, columns, above, left } = nearShape(w);
  const [from, to, y, x, n] = range(5).map(() => f.local("i32")) as [number, number, number, number, number];
  const rim = (positions: number): void => {
    if (positions <= 0) return;
    counted(f, n, positions, () => {
      for (const v of range(vectors)) {
        f.get(to);
        f.op("v128.const", "i32x4", k.type === "f32" ? [SIGN, SIGN, SIGN, SIGN] : [0, SIGN, 0, SIGN]);
        f.op("v128.store", 16 * v);
      }
      f.advance(to, 16 * vectors);
    });
  };
  f.get(c.ptr("a"), column);
  f.op("i32.add");
  f.set(from);
  f.get(c.ptr("near"));
  f.set(to);
  rim(above * columns);
  counted(f, y, w.rows.target, () => {
    rim(left);
    counted(f, x, w.columns.target, () => {
      for (const v of range(vectors)) {
        f.get(to, from);
        f.op("v128.load", 16 * v);
        f.op("v128.store", 16 * v);
      }
      f.advance(from, w.targets * BYTES[k.type]);
      f.advance(to, 16 * vectors);
    });
    rim(columns - left - w.columns.target);
  });
  rim((rows - above - w.rows.target) * columns);
}
const SIGN = 0x80000000 | 0;

interface Tile {
  readonly starts: number;
  readonly column: number;
  readonly vectors: number;
}
function sumTiles(k: Outer, c: KernelContext, { starts, column, vectors }: Tile): void {
  const { f } = c;
  const w = k.windows;
  const bytes = 16 * vectors;
  const rowOfWeights = k.stride * BYTES[k.type];
  const { columns } = nearShape(w);
  const local = (): number => f.local("i32");
  const [channel, down, right, first, end, out, row, near] = [
    ...[local(), local(), local(), local(), local(), local(), local(), local()],
  ] as [number, number, number, number, number, number, number, number];
  f.get(c.ptr("order"));
  f.set(first);
  f.get(c.ptr("out"), column);
  f.op("i32.add");
  f.set(out);
  counted(f, channel, w.sources, () => {
    f.get(c.ptr("order"));
    pushScaled(f, starts, channel, 4);
    f.op("i32.load", 0);
    f.i32(4);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(end);
    f.get(first, end);
    f.op("i32.lt_u");
    f.if(() => {
      f.get(out);
      f.set(row);
      f.get(c.ptr("near"));
      f.i32(((w.rows.kernel - 1) * columns + w.columns.kernel - 1) * bytes);
      f.op("i32.add");
      f.set(near);
      counted(f, down, w.rows.kernel, () => {
        counted(f, right, w.columns.kernel, () => {
          sumTile(f, k, { row, near, first, end, vectors });
          f.advance(row, w.sources * rowOfWeights);
          f.advance(near, -bytes);
        });
        f.advance(near, -(columns - w.columns.kernel) * bytes);
      });
    });
    f.get(end);
    f.set(first);
    f.advance(out, rowOfWeights);
  });
}

/** Locals: where the sums are, the errors that a source at the origin reaches, and the list of sources. */
interface Sums {
  readonly row: number;
  readonly near: number;
  readonly first: number;
  readonly end: number;
  readonly vectors: number;
}
function sumTile(f: Emitter, k: Outer, { row, near, first, end, vectors }: Sums): void {
  const [e, at] = [f.local("i32"), f.local("i32")];
  const sums = range(vectors).map((v) => {
    const sum = f.local("v128");
    f.get(row);
    f.op("v128.load", 16 * v);
    f.set(sum);
    return sum;
  });
  f.get(first);
  f.set(e);
  f.op("block");
  f.op("loop");
  f.get(near, e);
  f.op("i32.load", 0);
  f.i32(16 * vectors);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(at);
  sums.forEach((sum, v) => {
    if (v > 0 && v % BLOCK === 0) {
      // Never taken: it ends a basic block.
      f.get(at);
      f.op("i32.eqz");
      f.op("br_if", 1);
    }
    f.get(sum, at);
    f.op("v128.load", 16 * v);
    f.op(`${shapeOf(k.type)}.add`);
    f.set(sum);
  });
  f.advance(e, 4);
  f.get(e, end);
  f.op("i32.lt_u");
  f.op("br_if", 0);
  f.op("end");
  f.op("end");
  sums.forEach((sum, v) => {
    f.get(row, sum);
    f.op("v128.store", 16 * v);
  });
}
