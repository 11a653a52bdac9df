/** Maxima of windows and their errors, and sums of rows: each channel by itself, side by side in vectors. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { movesOf, REACH, type Windows } from "../../ir/windows.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { loadPiece, piecesOf, storePiece } from "./pieces.ts";
import { pushScaled, range } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Whole vectors of 32-bit numbers side by side, or one channel at a time. */
const isWide = ({ type, windows }: KernelOf<"maxPool">): boolean => type === "f32" && windows.sources % 4 === 0;

/** Locals that run along with the channels of a target position. */
interface Position {
  /** Addresses in `out` and `index`, and of the first of its window's sources. */
  readonly out: number;
  readonly index: number;
  readonly a: number;
  /** The number of that source. */
  readonly source: number;
  readonly down: number;
  readonly right: number;
}

export function maxPool(k: KernelOf<"maxPool">, c: KernelContext): void {
  const { f } = c;
  const { rows, columns, sources, targets } = k.windows;
  const bytes = BYTES[k.type];
  const [y, x, n] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const local = (): number => f.local("i32");
  const [downOther, rightOther] = [local(), local()];
  const p: Position = { out: local(), index: local(), a: local(), source: local(), down: local(), right: local() };
  f.get(c.ptr("out"));
  f.set(p.out);
  if (k.indexed) {
    f.get(c.ptr("index"));
    f.set(p.index);
  }
  const lanes = isWide(k) ? 4 : 1;
  counted(f, y, rows.target, () => {
    entry(c, y, 0, p.down, downOther);
    counted(f, x, columns.target, () => {
      entry(c, x, rows.target, p.right, rightOther);
      f.get(downOther);
      f.i32(columns.source);
      f.op("i32.mul");
      f.get(rightOther);
      f.op("i32.add");
      f.i32(sources);
      f.op("i32.mul");
      f.set(p.source);
      pushScaled(f, c.ptr("a"), p.source, bytes);
      f.set(p.a);
      counted(f, n, targets / lanes, () => {
        if (lanes === 4) widest(k, c, p);
        else largest(k, c, p);
        f.advance(p.out, lanes * bytes);
        f.advance(p.index, lanes * 4);
        f.advance(p.a, lanes * bytes);
        f.advance(p.source, lanes);
      });
    });
  });
}

function counted(f: Emitter, n: number, times: number, body: () => void): void {
  f.i32(0);
  f.set(n);
  f.upTo(n, () => f.i32(times), 1, body);
}
/** Count and first source of an entry of the table. */
function entry(c: KernelContext, at: number, first: number, count: number, other: number): void {
  const { f } = c;
  pushScaled(f, c.ptr("reach"), at, 4 * REACH);
  f.op("i32.load", 4 * REACH * first);
  f.set(count);
  pushScaled(f, c.ptr("reach"), at, 4 * REACH);
  f.op("i32.load", 4 * (REACH * first + 2));
  f.set(other);
}

/** Elements from one source of a window to the next, along columns and along rows. */
const strides = (w: Windows): readonly [number, number] => [
  movesOf("target", w.columns).other * w.sources,
  movesOf("target", w.rows).other * w.columns.source * w.sources,
];

/** Where all windows are whole and small, their sources are looked at one by one; else in two loops. */
const MOST = 16;
const isWhole = ({ rows, columns }: Windows): boolean =>
  rows.padding === 0 && columns.padding === 0 && rows.kernel * columns.kernel <= MOST;

interface Look {
  /** Bytes behind the address, and elements behind the number, where these are known. */
  readonly bytes: number;
  readonly elements: number;
  readonly address: number;
  readonly number: number;
}
function overWindow(k: KernelOf<"maxPool">, c: KernelContext, p: Position, look: (at: Look) => void): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const [across, downwards] = strides(k.windows);
  if (isWhole(k.windows)) {
    for (const a of range(k.windows.rows.kernel))
      for (const b of range(k.windows.columns.kernel)) {
        const elements = a * downwards + b * across;
        look({ bytes: elements * bytes, elements, address: p.a, number: p.source });
      }
    return;
  }
  const [rowAddress, rowNumber, address, number] = range(4).map(() => f.local("i32")) as [
    number,
    number,
    number,
    number,
  ];
  const [a, b] = [f.local("i32"), f.local("i32")];
  const copy = (from: number, to: number): void => {
    f.get(from);
    f.set(to);
  };
  copy(p.a, rowAddress);
  copy(p.source, rowNumber);
  const loop = (n: number, count: number, body: () => void): void => {
    f.i32(0);
    f.set(n);
    f.upTo(n, () => f.get(count), 1, body);
  };
  loop(a, p.down, () => {
    copy(rowAddress, address);
    copy(rowNumber, number);
    loop(b, p.right, () => {
      look({ bytes: 0, elements: 0, address, number });
      f.advance(address, across * bytes);
      f.advance(number, across);
    });
    f.advance(rowAddress, downwards * bytes);
    f.advance(rowNumber, downwards);
  });
}

/** One channel. */
function largest(k: KernelOf<"maxPool">, c: KernelContext, p: Position): void {
  const { f } = c;
  const { type } = k;
  const [best, x, which] = [f.local(type), f.local(type), f.local("i32")];
  f.get(p.a);
  f.op(`${type}.load`, 0);
  f.set(best);
  f.get(p.source);
  f.set(which);
  overWindow(k, c, p, ({ bytes, elements, address, number }) => {
    f.get(address);
    f.op(`${type}.load`, bytes);
    f.tee(x);
    f.get(best);
    f.op(`${type}.gt`);
    f.if(() => {
      f.get(x);
      f.set(best);
      f.get(number);
      f.i32(elements);
      f.op("i32.add");
      f.set(which);
    });
  });
  f.get(p.out, p.out);
  f.op(`${type}.load`, 0);
  f.get(best);
  f.op(`${type}.add`);
  f.op(`${type}.store`, 0);
  if (!k.indexed) return;
  f.get(p.index, which);
  f.op("i32.store", 0);
}

/** Four channels side by side. */
function widest(k: KernelOf<"maxPool">, c: KernelContext, p: Position): void {
  const { f } = c;
  const [best, x, mask, which] = [f.local("v128"), f.local("v128"), f.local("v128"), f.local("v128")];
  f.get(p.a);
  f.op("v128.load", 0);
  f.set(best);
  if (k.indexed) {
    numbers(f, p.source, 0);
    f.set(which);
  }
  overWindow(k, c, p, ({ bytes, elements, address, number }) => {
    if (address === p.a && bytes === 0) return; // what it starts with
    f.get(address);
    f.op("v128.load", bytes);
    f.tee(x);
    f.get(best);
    f.op("f32x4.gt");
    f.set(mask);
    f.get(x, best, mask);
    f.op("v128.bitselect");
    f.set(best);
    if (!k.indexed) return;
    numbers(f, number, elements);
    f.get(which, mask);
    f.op("v128.bitselect");
    f.set(which);
  });
  f.get(p.out, p.out);
  f.op("v128.load", 0);
  f.get(best);
  f.op("f32x4.add");
  f.op("v128.store", 0);
  if (!k.indexed) return;
  f.get(p.index, which);
  f.op("v128.store", 0);
}
/** Pushes the numbers of four sources. */
function numbers(f: Emitter, first: number, more: number): void {
  f.get(first);
  f.op("i32x4.splat");
  f.op("v128.const", "i32x4", [more, more + 1, more + 2, more + 3]);
  f.op("i32x4.add");
}

export function unpool({ type }: KernelOf<"unpool">, c: KernelContext): void {
  const { f } = c;
  const [n, at] = [f.local("i32"), f.local("i32")];
  f.i32(0);
  f.set(n);
  f.upTo(
    n,
    () => c.pushCount("n"),
    1,
    () => {
      f.get(c.ptr("out"));
      pushScaled(f, c.ptr("index"), n, 4);
      f.op("i32.load", 0);
      f.i32(BYTES[type]);
      f.op("i32.mul");
      f.op("i32.add");
      f.tee(at);
      f.get(at);
      f.op(`${type}.load`, 0);
      pushScaled(f, c.ptr("a"), n, BYTES[type]);
      f.op(`${type}.load`, 0);
      f.op(`${type}.add`);
      f.op(`${type}.store`, 0);
    },
  );
}

export function pick({ type }: KernelOf<"pick">, c: KernelContext): void {
  const { f } = c;
  const n = f.local("i32");
  f.i32(0);
  f.set(n);
  f.upTo(
    n,
    () => c.pushCount("n"),
    1,
    () => {
      pushScaled(f, c.ptr("out"), n, BYTES[type]);
      f.get(c.ptr("a"));
      pushScaled(f, c.ptr("index"), n, 4);
      f.op("i32.load", 0);
      f.i32(BYTES[type]);
      f.op("i32.mul");
      f.op("i32.add");
      f.op(`${type}.load`, 0);
      f.op(`${type}.store`, 0);
    },
  );
}

/** Rows that one piece after the other is summed over, the sum in a register. */
export function foldRows({ type, width, stride }: KernelOf<"foldRows">, c: KernelContext): void {
  const { f } = c;
  const [r, at, sum] = [f.local("i32"), f.local("i32"), f.local("v128")];
  for (const piece of piecesOf(type, width)) {
    loadPiece(f, c.ptr("out"), piece);
    f.set(sum);
    f.get(c.ptr("a"));
    f.set(at);
    f.i32(0);
    f.set(r);
    f.upTo(
      r,
      () => c.pushCount("rows"),
      1,
      () => {
        f.get(sum);
        loadPiece(f, at, piece);
        f.op(`${shapeOf(type)}.add`);
        f.set(sum);
        f.advance(at, stride * BYTES[type]);
      },
    );
    storePiece(f, c.ptr("out"), piece, sum);
  }
}
