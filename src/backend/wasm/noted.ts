/**
 * Delivery that is put off: a call notes where the segments of its blocks lie, and when many are noted their lines are asked
 * for together, and then gone through slot by slot. So hundreds of lines are waited for at a time, however few blocks a call
 * has, and of the sums those of one slot are in the cache. What a cell gets keeps its order, for it belongs to one slot.
 */
import { VISITS_AT, visitWords } from "../../ir/blocks.ts";
import type { KernelOf } from "../../ir/program.ts";
import { eachHead, endOf, firstQuad } from "./blockAccess.ts";
import type { KernelContext } from "./kernel.ts";
import { narrowQuads, setRow, wideQuads } from "./quads.ts";
import { range } from "./tiles.ts";
import { eachLine, touchLines } from "./touchLines.ts";

type Noted = Omit<KernelOf<"settle">, "kind">;

/** Notes the blocks of a list that have something in the group; settles when no more can be noted. */
export function note(k: KernelOf<"deliver"> & { readonly noted: number }, c: KernelContext): void {
  const { f } = c;
  const [head, first, end, next, full] = range(5).map(() => f.local("i32")) as [number, number, number, number, number];
  const bytes = 4 * visitWords(k);
  const settled = settling(k, c, next);
  setNext(c, next);
  pushVisit(c, bytes * k.noted);
  f.set(full);
  eachHead(k, c, head, () => {
    firstQuad(c, head, first);
    f.get(next, first);
    f.storeAddress(0);
    for (const slots of range(visitWords(k)).slice(1)) {
      endOf(k, c, slots, head, first, end);
      f.get(next, end);
      f.storeAddress(4 * slots);
    }
    // What is empty is written over by what comes next.
    f.get(next);
    f.get(first, end);
    f.op("i32.lt_u");
    f.i32(bytes);
    f.op("i32.mul");
    f.op("i32.add");
    f.tee(next);
    f.get(full);
    f.op("i32.eq");
    f.if(() => {
      settled();
      pushVisit(c, 0);
      f.set(next);
    });
  });
  f.get(c.ptr("visits"), next);
  pushVisit(c, 0);
  f.op("i32.sub");
  f.op("i32.store", 0);
}

export function settle(k: KernelOf<"settle">, c: KernelContext): void {
  const { f } = c;
  const end = f.local("i32");
  const settled = settling(k, c, end);
  setNext(c, end);
  settled();
  f.get(c.ptr("visits"));
  f.i32(0);
  f.op("i32.store", 0);
}

/** Sets a local to the address behind the last visit that is noted. */
function setNext(c: KernelContext, to: number): void {
  const { f } = c;
  pushVisit(c, 0);
  f.get(c.ptr("visits"));
  f.op("i32.load", 0);
  f.op("i32.add");
  f.set(to);
}
/** Pushes an address among the visits. */
function pushVisit(c: KernelContext, bytes: number): void {
  c.f.get(c.ptr("visits"));
  c.f.i32(4 * VISITS_AT + bytes);
  c.f.op("i32.add");
}

/** Goes through all visits up to an address. */
function settling(k: Noted, c: KernelContext, last: number): () => void {
  const { f } = c;
  const [visit, first, slot, at, end, row] = range(6).map(() => f.local("i32")) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  const work = k.narrow ? narrowQuads(k, c, at, end, row) : wideQuads(k, c, at, end);
  const bytes = 4 * visitWords(k);
  /** From where `first` is told to where `plus` bytes behind it. */
  const each = (plus: number, body: () => void): void => {
    f.get(first);
    f.set(visit);
    f.while(
      () => {
        f.get(visit, last);
        f.op("i32.lt_u");
      },
      () => {
        f.get(visit);
        f.loadAddress(0);
        f.set(at);
        f.get(visit);
        f.loadAddress(plus);
        f.set(end);
        f.advance(visit, bytes);
        body();
      },
    );
  };
  return () => {
    pushVisit(c, 0);
    f.set(first);
    touchLines(c, (see) => each(bytes - 4, eachLine(c, at, end, see)));
    if (!k.narrow) return each(4, work);
    c.pushCount("phase");
    f.set(slot);
    f.op("loop");
    setRow(k, c, slot, row);
    each(4, work);
    f.advance(slot, 1);
    f.advance(first, 4);
    // `last` is that of each slot alike: the numbers of a visit lie side by side.
    f.get(slot);
    c.pushCount("phase");
    f.op("i32.sub");
    f.i32(k.group);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
  };
}
