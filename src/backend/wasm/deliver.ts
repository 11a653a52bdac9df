/**
 * Delivery by delay: of each spike one segment of its row, read from end to end, and a sum read and written for each
 * synapse. Sums of a slot stay in the second-level cache, because the ring has few slots; segments are filled up to quads,
 * so that no loop is left over.
 */
import type { KernelOf } from "../../ir/program.ts";
import {
  eachBlock,
  firstQuad,
  headerBytes,
  type Locals,
  listAddress,
  localsOf,
  pushHeader,
  quadAt,
} from "./blockAccess.ts";
import type { KernelContext } from "./kernel.ts";
import { note, touchLines } from "./noted.ts";
import { narrowQuads, setRow, wideQuads } from "./quads.ts";

type Deliver = KernelOf<"deliver">;

export function deliver(k: Deliver, c: KernelContext): void {
  const { noted } = k;
  if (noted !== undefined) return note({ ...k, noted }, c);
  const locals = localsOf(c);
  eachBlock(k, c, locals, k.narrow ? narrowSegments(k, c, locals) : wideSegment(k, c, locals));
}

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

/** Loads bytes of each head: where the block begins, and what it tells of the group. */
export function touch(k: KernelOf<"touch">, c: KernelContext): void {
  const { f } = c;
  const [l, header] = [localsOf(c), f.local("i32")];
  touchLines(c, (see) =>
    eachBlock(k, c, l, () => {
      see(l.head);
      pushHeader(k, c, l);
      f.set(header);
      see(header);
    }),
  );
}

/** Slot after slot, each with a row of the ring. */
function narrowSegments(k: Deliver, c: KernelContext, l: Locals): () => void {
  const { f } = c;
  const [header, headerEnd, slot, row] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const work = narrowQuads(k, c, l.at, l.end, row);
  return () => {
    firstQuad(k, c, l);
    pushHeader(k, c, l);
    f.set(header);
    quadAt(k, c, l, l.at, header, 0);
    quadAt(k, c, l, l.end, header, headerBytes(k));
    f.get(l.at, l.end);
    f.op("i32.lt_u");
    f.if(() => {
      f.get(header);
      f.i32(headerBytes(k));
      f.op("i32.add");
      f.set(headerEnd);
      c.pushCount("phase");
      f.set(slot);
      f.op("loop");
      f.advance(header, 2);
      quadAt(k, c, l, l.end, header, 0);
      setRow(k, c, slot, row);
      work();
      f.advance(slot, 1);
      f.get(header, headerEnd);
      f.op("i32.lt_u");
      f.op("br_if", 0);
      f.op("end");
    });
  };
}

/** All slots of the group in one segment. */
function wideSegment(k: Deliver, c: KernelContext, l: Locals): () => void {
  const { f } = c;
  const header = f.local("i32");
  const work = wideQuads(k, c, l.at, l.end);
  return () => {
    firstQuad(k, c, l);
    pushHeader(k, c, l);
    f.set(header);
    quadAt(k, c, l, l.at, header, 0);
    quadAt(k, c, l, l.end, header, headerBytes(k));
    work();
  };
}
