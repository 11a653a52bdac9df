/**
 * Delivery by delay: of each spike one segment of its row, read from end to end, and a sum read and written for each
 * synapse. Sums of a slot stay in the second-level cache, because the ring has few slots; segments are filled up to quads,
 * so that no loop is left over.
 */
import { cellWords, headerWords, headWords, QUAD, quadWords } from "../../ir/blocks.ts";
import type { KernelOf, WeightForm } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { range, splat } from "./tiles.ts";

type Deliver = KernelOf<"deliver">;
type Blocks = Pick<Deliver, "narrow" | "groups" | "group" | "parts" | "weight">;

/** Locals of the spike at hand: byte addresses of its head, of its block's quads, and of the quad at hand and where it ends. */
interface Locals {
  readonly head: number;
  readonly quads: number;
  readonly at: number;
  readonly end: number;
}

export function deliver(k: Deliver, c: KernelContext): void {
  const locals = localsOf(c);
  eachBlock(k, c, locals, k.narrow ? narrowSegments(k, c, locals) : wideSegment(k, c, locals));
}
const localsOf = ({ f }: KernelContext): Locals => ({
  head: f.local("i32"),
  quads: f.local("i32"),
  at: f.local("i32"),
  end: f.local("i32"),
});

/** A few numbers, one by one. */
export function enlist(_k: KernelOf<"enlist">, c: KernelContext): void {
  const { f } = c;
  const [e, last, at] = [listAddress(c, "from"), listAddress(c, "to"), f.local("i32")];
  f.get(c.ptr("out"), c.ptr("begin"));
  f.op("i32.load", 0);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(at);
  const more = (): void => {
    f.get(e, last);
    f.op("i32.lt_u");
  };
  f.while(more, () => {
    f.get(at, e);
    f.op("i32.load", 0);
    c.pushCount("first");
    f.op("i32.add");
    f.op("i32.store", 0);
    f.advance(at, 4);
    f.advance(e, 4);
  });
  f.get(c.ptr("end"), at, c.ptr("out"));
  f.op("i32.sub");
  f.i32(2);
  f.op("i32.shr_u");
  f.op("i32.store", 0);
}

/** Loads a byte of each header, or of each line of the segments. */
export function touch(k: KernelOf<"touch">, c: KernelContext): void {
  const { f } = c;
  const l = localsOf(c);
  const seen = f.local("i32");
  const see = (push: () => void): void => {
    f.get(seen);
    push();
    f.op("i32.load8_u", 0);
    f.op("i32.add");
    f.set(seen);
  };
  const header = (): void => {
    see(() => f.get(l.head));
    see(() => pushHeader(k, c, l));
  };
  const more = (): void => {
    f.get(l.at, l.end);
    f.op("i32.lt_u");
  };
  const quads = (): void => {
    segmentEnds(k, c, l);
    f.while(more, () => {
      see(() => f.get(l.at));
      f.advance(l.at, LINE);
    });
  };
  eachBlock(k, c, l, k.what === "headers" ? header : quads);
  // Bytes of fewer than 2^24 lines never sum up to that; but what nobody asks for, a compiler may leave out.
  f.get(seen);
  f.i32(-1);
  f.op("i32.eq");
  f.if(() => f.op("unreachable"));
}
const LINE = 64;

/** Sets locals to where the quads of the group at hand begin and end. */
function segmentEnds(k: Blocks, c: KernelContext, l: Locals): void {
  const { f } = c;
  const header = f.local("i32");
  firstQuad(k, c, l);
  pushHeader(k, c, l);
  f.set(header);
  quadAt(k, c, l, l.at, header, 0);
  quadAt(k, c, l, l.end, header, headerBytes(k));
}
/** Of a group in a header. */
const headerBytes = ({ narrow, group }: Blocks): number => (narrow ? 2 * group : 4);
/** Pushes where the header tells of the group at hand. */
function pushHeader(k: Blocks, c: KernelContext, { head }: Locals): void {
  const { f } = c;
  f.get(head);
  c.pushCount("at");
  f.i32(headerBytes(k));
  f.op("i32.mul");
  f.op("i32.add");
  f.i32(4);
  f.op("i32.add");
}

function eachBlock(k: Blocks, c: KernelContext, l: Locals, visit: () => void): void {
  const { f } = c;
  const [e, last] = [listAddress(c, "from"), listAddress(c, "to")];
  const more = (): void => {
    f.get(e, last);
    f.op("i32.lt_u");
  };
  f.while(more, () => {
    f.get(c.ptr("heads"), e);
    f.op("i32.load", 0);
    f.i32(4 * k.parts * headWords(k));
    f.op("i32.mul");
    f.op("i32.add");
    f.set(l.head);
    visit();
    f.advance(e, 4);
  });
}
/** Sets a local to the byte address of the block's first quad. */
function firstQuad(k: Blocks, c: KernelContext, { head, quads }: Locals): void {
  const { f } = c;
  f.get(c.ptr("rows"), head);
  f.op("i32.load", 0);
  f.i32(2);
  f.op("i32.shl");
  f.op("i32.add");
  f.i32(4 * headerWords(k));
  f.op("i32.add");
  f.set(quads);
}
function listAddress(c: KernelContext, count: string): number {
  const { f } = c;
  const at = f.local("i32");
  f.get(c.ptr("list"));
  c.pushCount(count);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(at);
  return at;
}

/** Sets a local to the byte address of the quad that a number of the header tells. */
function quadAt(k: Blocks, { f }: KernelContext, { quads }: Locals, to: number, header: number, offset: number): void {
  f.get(quads, header);
  f.op(k.narrow ? "i32.load16_u" : "i32.load", offset);
  f.i32(4 * quadWords(k.narrow, k.weight));
  f.op("i32.mul");
  f.op("i32.add");
  f.set(to);
}

/** Slot after slot, each with a row of the ring. */
function narrowSegments(k: Deliver, c: KernelContext, l: Locals): () => void {
  const { f } = c;
  const [header, headerEnd, slot, row] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const quad = quadOf(k, c, l.at);
  const body = (): void =>
    quad((lane) => {
      f.get(row, l.at);
      f.op("i32.load16_u", 2 * lane);
      f.i32(Math.log2(BYTES[k.type]));
      f.op("i32.shl");
      f.op("i32.add");
    });
  return () => {
    firstQuad(k, c, l);
    pushHeader(k, c, l);
    f.set(header);
    quadAt(k, c, l, l.at, header, 0);
    quadAt(k, c, l, l.end, header, 2 * k.group);
    f.get(l.at, l.end);
    f.op("i32.lt_u");
    f.if(() => {
      f.get(header);
      f.i32(2 * k.group);
      f.op("i32.add");
      f.set(headerEnd);
      c.pushCount("phase");
      f.set(slot);
      f.op("loop");
      f.advance(header, 2);
      quadAt(k, c, l, l.end, header, 0);
      f.get(c.ptr("out"), slot);
      f.i32(k.group - 1);
      f.op("i32.and");
      f.i32(k.cells * BYTES[k.type]);
      f.op("i32.mul");
      f.op("i32.add");
      f.set(row);
      overQuads(k, c, l, body);
      f.advance(slot, 1);
      f.get(header, headerEnd);
      f.op("i32.lt_u");
      f.op("br_if", 0);
      f.op("end");
    });
  };
}

/** All slots of the group in one segment: cells count through the ring, and round its end. */
function wideSegment(k: Deliver, c: KernelContext, l: Locals): () => void {
  const { f } = c;
  const [header, first, cell] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const size = k.group * k.cells;
  c.pushCount("phase");
  f.i32(k.cells);
  f.op("i32.mul");
  f.set(first);
  const quad = quadOf(k, c, l.at);
  const body = (): void =>
    quad((lane) => {
      f.get(c.ptr("out"), first, l.at);
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
    });
  return () => {
    firstQuad(k, c, l);
    pushHeader(k, c, l);
    f.set(header);
    quadAt(k, c, l, l.at, header, 0);
    quadAt(k, c, l, l.end, header, 4);
    overQuads(k, c, l, body);
  };
}

function overQuads(k: Deliver, { f }: KernelContext, { at, end }: Locals, body: () => void): void {
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
function quadOf(k: Deliver, c: KernelContext, at: number): (pushAddress: (lane: number) => void) => void {
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
type Weights = (k: Deliver, c: KernelContext, at: number, offset: number) => () => (lane: number) => void;
const loaded =
  (bytes: number, load: (k: Deliver) => readonly string[]): Weights =>
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
