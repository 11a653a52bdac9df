/** Quads of synapses: four weights, each added to a cell of a ring. */
import { cellWords, QUAD, quadWords } from "../../ir/blocks.ts";
import type { KernelOf, WeightForm } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { range, splat } from "./tiles.ts";

type Ring = Pick<KernelOf<"deliver">, "type" | "group" | "cells">;
type Weighted = Ring & Pick<KernelOf<"deliver">, "narrow" | "weight">;

/** Works on the quads from the address `at` to `end`, of a narrow block: their cells lie in the row of the ring at hand. */
export function narrowQuads(k: Weighted, c: KernelContext, at: number, end: number, row: number): () => void {
  const { f } = c;
  const quad = quadOf(k, c, at);
  return () =>
    overQuads(k, c, { at, end }, () =>
      quad((lane) => {
        f.get(row, at);
        f.op("i32.load16_u", 2 * lane);
        f.i32(Math.log2(BYTES[k.type]));
        f.op("i32.shl");
        f.op("i32.add");
      }),
    );
}
/** Sets a local to the byte address of the ring's row of a slot. */
export function setRow(k: Ring, c: KernelContext, slot: number, row: number): void {
  const { f } = c;
  f.get(c.ptr("out"), slot);
  f.i32(k.group - 1);
  f.op("i32.and");
  f.i32(k.cells * BYTES[k.type]);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(row);
}

/** Works on quads of a block that is not narrow: cells count through the ring, and round its end. */
export function wideQuads(k: Weighted, c: KernelContext, at: number, end: number): () => void {
  const { f } = c;
  const [first, cell] = [f.local("i32"), f.local("i32")];
  const size = k.group * k.cells;
  c.pushCount("phase");
  f.i32(k.cells);
  f.op("i32.mul");
  f.set(first);
  const quad = quadOf(k, c, at);
  return () =>
    overQuads(k, c, { at, end }, () =>
      quad((lane) => {
        f.get(c.ptr("out"), first, at);
        f.op("i32.load", 4 * lane);
        f.op("i32.add");
        f.tee(cell);
        f.get(cell);
        f.i32(size);
        f.op("i32.sub");
        f.get(cell);
        f.i32(size);
        f.op("i32.lt_u");
        f.op("select");
        f.i32(Math.log2(BYTES[k.type]));
        f.op("i32.shl");
        f.op("i32.add");
      }),
    );
}

function overQuads(
  k: Weighted,
  { f }: KernelContext,
  { at, end }: { readonly at: number; readonly end: number },
  body: () => void,
): void {
  const more = (): void => {
    f.get(at, end);
    f.op("i32.lt_u");
  };
  more();
  f.if(() => {
    f.op("loop");
    body();
    f.advance(at, 4 * quadWords(k.narrow, k.weight));
    more();
    f.op("br_if", 0);
    f.op("end");
  });
}

/** Adds four weights, one after the other, each at the address that is pushed for its lane. */
function quadOf(k: Weighted, c: KernelContext, at: number): (pushAddress: (lane: number) => void) => void {
  const { f } = c;
  const sum = f.local("i32");
  const weights = WEIGHTS[k.weight](k, c, at, 4 * cellWords(k.narrow));
  return (pushAddress) => {
    const push = weights();
    for (const lane of range(QUAD)) {
      pushAddress(lane);
      f.tee(sum);
      f.get(sum);
      f.op(`${k.type}.load`, 0);
      push(lane);
      f.op(`${k.type}.add`);
      f.op(`${k.type}.store`, 0);
    }
  };
}

/** Prepared once a call; then once a quad; then pushes the weight of a lane. */
type Weights = (k: Weighted, c: KernelContext, at: number, offset: number) => () => (lane: number) => void;
const loaded =
  (bytes: number, load: (k: Weighted) => readonly string[]): Weights =>
  (k, { f }, at, offset) => {
    const [op, ...more] = load(k);
    return () => (lane) => {
      f.get(at);
      f.op(op!, offset + bytes * lane);
      for (const x of more) f.op(x);
    };
  };
/** Whole numbers of a unit: in f32 four at once. */
const units =
  (bytes: 1 | 2): Weights =>
  (k, c, at, offset) => {
    const { f } = c;
    if (k.type === "f64") return unitsOneByOne(bytes, c, at, offset);
    const [unit, four] = [f.local("v128"), f.local("v128")];
    f.get(c.ptr("w"));
    f.op(splat(k.type), 0);
    f.set(unit);
    return () => {
      f.get(at);
      f.op(bytes === 1 ? "v128.load32_zero" : "v128.load64_zero", offset);
      if (bytes === 1) f.op("i16x8.extend_low_i8x16_s");
      f.op("i32x4.extend_low_i16x8_s");
      f.op("f32x4.convert_i32x4_s");
      f.get(unit);
      f.op("f32x4.mul");
      f.set(four);
      return (lane) => {
        f.get(four);
        f.op("f32x4.extract_lane", lane);
      };
    };
  };
function unitsOneByOne(bytes: 1 | 2, { f, ptr }: KernelContext, at: number, offset: number): ReturnType<Weights> {
  const unit = f.local("f64");
  f.get(ptr("w"));
  f.op("f64.load", 0);
  f.set(unit);
  return () => (lane) => {
    f.get(at);
    f.op(bytes === 1 ? "i32.load8_s" : "i32.load16_s", offset + bytes * lane);
    f.op("f64.convert_i32_s");
    f.get(unit);
    f.op("f64.mul");
  };
}
const WEIGHTS: { readonly [F in WeightForm]: Weights } = {
  one: (k, { f, ptr }) => {
    const w = f.local(k.type);
    f.get(ptr("w"));
    f.op(`${k.type}.load`, 0);
    f.set(w);
    return () => () => f.get(w);
  },
  i8: units(1),
  i16: units(2),
  f32: loaded(4, (k) => (k.type === "f32" ? ["f32.load"] : ["f32.load", "f64.promote_f32"])),
  f64: loaded(8, () => ["f64.load"]),
};
