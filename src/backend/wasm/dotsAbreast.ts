/**
 * Dot products of several vectors with the same rows. A row of weights is loaded once for up to four of them: eight chains of
 * additions beside six loads fit 15 registers, and arithmetic bounds the loop, where one vector alone waits for its rows
 * (256 rows of 256 floats from L2: 38 G operations a second for one vector, 44 for four).
 */
import { type KernelOf, ofPart } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { foldLanes } from "./foldLanes.ts";
import type { KernelContext } from "./kernel.ts";
import { inTurns, pushScaled, range, vectorsOf } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

type RowDots = KernelOf<"rowDots">;
type Abreast = NonNullable<RowDots["abreast"]>;

/** Vectors at a time, and rows that go with them. */
const TILES: readonly (readonly [samples: number, rows: number])[] = [
  [4, 2],
  [2, 4],
  [1, 6],
];
/** Vectors of each row in one turn of the loop. */
const TURN = 8;

/** Locals with the addresses of the first sample at hand. */
interface Block {
  readonly out: number;
  readonly a: readonly number[];
}

export function dotsAbreast(k: RowDots, abreast: Abreast, c: KernelContext): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const s = f.local("i32");
  const block: Block = { out: f.local("i32"), a: k.parts.map(() => f.local("i32")) };
  for (const [samples, rows] of TILES)
    f.while(
      () => {
        f.get(s);
        f.i32(samples);
        f.op("i32.add");
        c.pushCount("samples");
        f.op("i32.le_s");
      },
      () => {
        pushScaled(f, c.ptr("out"), s, abreast.out * bytes);
        f.set(block.out);
        block.a.forEach((a, p) => {
          pushScaled(f, c.ptr(ofPart("a", p)), s, abreast.a[p]! * bytes);
          f.set(a);
        });
        overRows(c, rows, (e, n) => tile({ k, abreast, c, block, samples }, e, n));
        f.advance(s, samples);
      },
    );
}

/** All rows, so many at a time, and what is left one by one. */
function overRows(c: KernelContext, most: number, body: (e: number, rows: number) => void): void {
  const { f } = c;
  const [e, end] = [f.local("i32"), f.local("i32")];
  const known = c.known("rows");
  f.i32(0);
  f.set(e);
  const groups = (rows: number): void => {
    c.pushCount("rows");
    f.i32(rows - 1);
    f.op("i32.sub");
    f.set(end);
    f.upTo(
      e,
      () => f.get(end),
      rows,
      () => body(e, rows),
    );
  };
  if (known === undefined || known >= most) groups(most);
  if (known === undefined || known % most > 0) groups(1);
}

interface Tile {
  readonly k: RowDots;
  readonly abreast: Abreast;
  readonly c: KernelContext;
  readonly block: Block;
  readonly samples: number;
}

/** Rows from e on with the samples at hand. */
function tile(t: Tile, e: number, rows: number): void {
  const { f } = t.c;
  const sums = range(t.samples * rows).map(() => {
    const sum = f.local("v128");
    f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    f.set(sum);
    return sum;
  });
  t.k.parts.forEach((_, p) => addProducts(t, p, e, rows, sums));
  storeDots(t, e, rows, foldLanes(f, t.k.type, sums));
}

/** Adds the products of part p to the lanes of each sum; those of one sample follow one another. */
function addProducts(
  { k, abreast, c, block, samples }: Tile,
  p: number,
  e: number,
  rows: number,
  sums: number[],
): void {
  const { f } = c;
  const { width, stride } = k.parts[p]!;
  const [bytes, vectors, shape] = [BYTES[k.type], vectorsOf(width, k.type), shapeOf(k.type)];
  if (vectors === 0) return;
  const [a, end, row] = [f.local("i32"), f.local("i32"), f.local("i32")];
  pushScaled(f, c.ptr(ofPart("weights", p)), e, stride * bytes);
  f.set(row);
  f.get(block.a[p]!);
  f.tee(a);
  f.i32(vectors * 16);
  f.op("i32.add");
  f.set(end);
  const [xs, ws] = [samples, rows].map((n) => range(n).map(() => f.local("v128"))) as [number[], number[]];
  const load = (base: number, offset: number, local: number): void => {
    f.get(base);
    f.op("v128.load", offset);
    f.set(local);
  };
  const vector = (offset: number): void => {
    xs.forEach((x, s) => load(a, offset + s * abreast.a[p]! * bytes, x));
    ws.forEach((w, q) => load(row, offset + q * stride * bytes, w));
    sums.forEach((sum, n) => {
      f.get(sum, xs[Math.floor(n / rows)]!, ws[n % rows]!);
      f.op(`${shape}.mul`);
      f.op(`${shape}.add`);
      f.set(sum);
    });
  };
  inTurns(f, { at: a, end, step: 16, turn: Math.min(TURN, vectors), others: [row] }, (v) => vector(16 * v));
}

/** Lanes that are neighbours in memory: dots of one sample. */
interface Stretch {
  readonly lane: number;
  readonly bytes: number;
  /** Bytes from the first sample's row e. */
  readonly offset: number;
}
/** What loads a stretch that begins a vector, by its bytes. */
const FIRST: Readonly<Record<number, string>> = { 16: "v128.load", 8: "v128.load64_zero", 4: "v128.load32_zero" };

function storeDots(t: Tile, e: number, rows: number, dots: readonly number[]): void {
  const { k, c, block, samples } = t;
  const { f } = c;
  const out = f.local("i32");
  pushScaled(f, block.out, e, BYTES[k.type]);
  f.set(out);
  const lanes = 16 / BYTES[k.type];
  dots.forEach((sums, d) => {
    const stretches = stretchesOf(t, rows, d * lanes, Math.min(samples * rows, (d + 1) * lanes));
    if (k.accumulate) addOld(t, out, sums, stretches);
    for (const { lane, bytes, offset } of stretches) {
      f.get(out, sums);
      if (bytes === 16) f.op("v128.store", offset);
      else f.op(`v128.store${8 * bytes}_lane`, offset, (lane * BYTES[k.type]) / bytes);
    }
  });
}
/** Of dots `from` to `to - 1`, which share a vector. */
function stretchesOf({ k, abreast }: Tile, rows: number, from: number, to: number): Stretch[] {
  const bytes = BYTES[k.type];
  const found: Stretch[] = [];
  for (let n = from; n < to; ) {
    const [s, q] = [Math.floor(n / rows), n % rows];
    const length = Math.min(rows - q, to - n);
    found.push({ lane: n - from, bytes: length * bytes, offset: (s * abreast.out + q) * bytes });
    n += length;
  }
  return found;
}
/** `sums = what is there + sums` */
function addOld({ k, c: { f } }: Tile, out: number, sums: number, stretches: readonly Stretch[]): void {
  const old = f.local("v128");
  stretches.forEach(({ lane, bytes, offset }, n) => {
    f.get(out);
    if (n === 0) f.op(FIRST[bytes]!, offset);
    else {
      f.get(old);
      f.op(`v128.load${8 * bytes}_lane`, offset, (lane * BYTES[k.type]) / bytes);
    }
    f.set(old);
  });
  f.get(old, sums);
  f.op(`${shapeOf(k.type)}.add`);
  f.set(sums);
}
