/**
 * Delivery by delay: of each spike one segment of its row, read from end to end, and a sum read and written for each
 * synapse. Sums of a slot stay in the second-level cache, because the ring has few slots; segments are filled up to quads,
 * so that no loop is left over.
 */
import type { KernelOf } from "../../ir/program.ts";
import { eachHead, endOf, firstQuad } from "./blockAccess.ts";
import type { KernelContext } from "./kernel.ts";
import { listAddress } from "./listAddress.ts";
import { note } from "./noted.ts";
import { narrowQuads, setRow, wideQuads } from "./quads.ts";
import { touchLines } from "./touchLines.ts";

type Deliver = KernelOf<"deliver">;
/** Byte addresses: of the group in the head, of its first quad, and of the quad at hand and where its segment ends. */
interface Locals {
  readonly head: number;
  readonly first: number;
  readonly at: number;
  readonly end: number;
}

export function deliver(k: Deliver, c: KernelContext): void {
  const { noted } = k;
  if (noted !== undefined) return note({ ...k, noted }, c);
  const [head, first, at, end] = [c.f.local("i32"), c.f.local("i32"), c.f.local("i32"), c.f.local("i32")];
  const locals = { head, first, at, end };
  eachHead(k, c, head, k.narrow ? narrowSegments(k, c, locals) : wideSegment(k, c, locals));
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

/** Loads a byte of what each head tells of the group. */
export function touch(k: KernelOf<"touch">, c: KernelContext): void {
  const head = c.f.local("i32");
  touchLines(c, (see) => eachHead(k, c, head, () => see("i32.load8_u", head)));
}

/** Slot after slot, each with a row of the ring. */
function narrowSegments(k: Deliver, c: KernelContext, { head, first, at, end }: Locals): () => void {
  const { f } = c;
  const [last, slot, row] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const work = narrowQuads(k, c, at, end, row);
  return () => {
    firstQuad(c, head, first);
    endOf(k, c, k.group, head, first, last);
    f.get(first);
    f.tee(at);
    f.get(last);
    f.op("i32.lt_u");
    f.if(() => {
      c.pushCount("phase");
      f.set(slot);
      f.op("loop");
      endOf(k, c, 1, head, first, end);
      setRow(k, c, slot, row);
      work();
      f.advance(slot, 1);
      f.advance(head, 2);
      f.get(at, last);
      f.op("i32.lt_u");
      f.op("br_if", 0);
      f.op("end");
    });
  };
}

/** All slots of the group in one segment. */
function wideSegment(k: Deliver, c: KernelContext, { head, at, end }: Locals): () => void {
  const work = wideQuads(k, c, at, end);
  return () => {
    firstQuad(c, head, at);
    endOf(k, c, 1, head, at, end);
    work();
  };
}
