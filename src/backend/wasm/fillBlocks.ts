/**
 * Blocks of synapses: each row is gone through twice, to find where each synapse goes and count, and to put it there. Of each
 * part and slot `next` has how many synapses there are, and then the number of the next one in its segment and the address of
 * the segment's first quad; of each synapse `keys` has the address of that, and its cell.
 */
import { BLOCK_ALIGN, cellWords, headerWords, JOIN, JOIN_FIELDS, QUAD, quadWords } from "../../ir/blocks.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { KernelContext } from "./kernel.ts";
import { range } from "./tiles.ts";

type FillBlocks = KernelOf<"fillBlocks">;

/** Locals that all parts of the kernel share. Addresses, but for `row`. */
interface Locals {
  readonly row: number;
  /** The fields of the connection at hand, and which of its synapses are the row's. */
  readonly join: number;
  readonly from: number;
  readonly to: number;
  /** Where the next synapse's key is. */
  readonly key: number;
  /** Where the blocks so far end. */
  readonly end: number;
}
/** Bytes of an entry of `next`, and of one of `keys`. */
const PAIR = 8;

export function fillBlocks(k: FillBlocks, c: KernelContext): void {
  const { f } = c;
  const names = ["row", "join", "from", "to", "key", "end"] as const;
  const l = Object.fromEntries(names.map((name) => [name, f.local("i32")])) as unknown as Locals;
  const [find, begin, put] = [finding(k, c, l), beginning(k, c, l), putting(k, c, l)];
  f.get(c.ptr("out"));
  f.set(l.end);
  f.i32(0);
  f.set(l.row);
  f.upTo(
    l.row,
    () => c.pushCount("rows"),
    1,
    () => {
      find();
      begin();
      put();
    },
  );
  f.get(c.ptr("used"));
  f.get(l.end, c.ptr("out"));
  f.op("i32.sub");
  f.i32(2);
  f.op("i32.shr_u");
  f.op("i32.store", 0);
}

/** For each connection: loads which synapses are the row's. */
function eachJoin(k: FillBlocks, c: KernelContext, l: Locals, visit: () => void): void {
  const { f } = c;
  const last = f.local("i32");
  f.get(c.ptr("keys"));
  f.set(l.key);
  f.get(c.ptr("joins"));
  f.tee(l.join);
  f.i32(4 * JOIN_FIELDS * k.joined);
  f.op("i32.add");
  f.set(last);
  f.op("loop");
  for (const [local, plus] of [
    [l.from, 0],
    [l.to, 4],
  ] as const) {
    f.get(c.ptr("starts"));
    field(c, l, "starts");
    f.get(l.row);
    f.op("i32.add");
    scaled(c, 4);
    f.op("i32.load", plus);
    f.set(local);
  }
  visit();
  f.advance(l.join, 4 * JOIN_FIELDS);
  f.get(l.join, last);
  f.op("i32.lt_u");
  f.op("br_if", 0);
  f.op("end");
}
function field({ f }: KernelContext, { join }: Locals, name: keyof typeof JOIN): void {
  f.get(join);
  f.loadSigned(4 * JOIN[name]);
}
/** Turns a base and a number on the stack into an address. */
function scaled({ f }: KernelContext, bytes: number): void {
  f.i32(Math.log2(bytes));
  f.op("i32.shl");
  f.op("i32.add");
}
/** Sets a local to the address of the row's first entry in an array of the connection's. */
function firstOf(
  c: KernelContext,
  l: Locals,
  name: "target" | "steps" | "weights",
  bytes: number,
  local: number,
): void {
  const { f } = c;
  f.get(c.ptr(name));
  field(c, l, name);
  f.get(l.from);
  f.op("i32.add");
  scaled(c, bytes);
  f.set(local);
}

/** Finds part, slot and cell of each synapse of a row, and counts. */
function finding(k: FillBlocks, c: KernelContext, l: Locals): () => void {
  const { f } = c;
  const slots = k.groups * k.group;
  const names = [
    "target",
    "last",
    "steps",
    "mask",
    "slots",
    "bound",
    "width",
    "cells",
    "base",
    "other",
    "slot",
    "entry",
  ];
  const v = Object.fromEntries(names.map((name) => [name, f.local("i32")])) as Record<(typeof names)[number], number>;
  const local = (name: string): number => v[name]!;
  const set = (name: string): void => f.set(local(name));
  const prepare = (): void => {
    firstOf(c, l, "target", 4, local("target"));
    f.get(local("target"), l.to, l.from);
    f.op("i32.sub");
    scaled(c, 4);
    set("last");
    firstOf(c, l, "steps", 4, local("steps"));
    field(c, l, "steps"); // below 0 where there are none: what is loaded then counts for nothing
    f.i32(31);
    f.op("i32.shr_s");
    f.i32(-1);
    f.op("i32.xor");
    set("mask");
    f.get(c.ptr("slots"));
    field(c, l, "before");
    scaled(c, 4);
    set("slots");
    field(c, l, "width");
    f.tee(local("width"));
    set("bound");
    field(c, l, "first");
    set("cells");
    f.get(c.ptr("next"));
    set("base");
  };
  const nextPart = (): void => {
    const beyond = (): void => {
      f.get(local("other"), local("bound"));
      f.op("i32.ge_u");
    };
    f.while(beyond, () => {
      f.get(local("bound"), local("width"));
      f.op("i32.add");
      set("bound");
      f.get(local("cells"), local("width"));
      f.op("i32.sub");
      set("cells");
      f.advance(local("base"), PAIR * slots);
    });
  };
  const synapse = (): void => {
    f.get(local("target"));
    f.op("i32.load", 0);
    set("other");
    if (k.parts > 1) nextPart();
    f.get(local("slots"), local("steps"));
    f.op("i32.load", 0);
    f.get(local("mask"));
    f.op("i32.and");
    scaled(c, 4);
    f.op("i32.load", 0);
    set("slot");
    f.get(l.key, local("base"), local("slot"));
    scaled(c, PAIR);
    f.tee(local("entry"));
    f.storeAddress(0);
    f.get(l.key, local("cells"), local("other"));
    f.op("i32.add");
    if (!k.narrow) {
      f.get(local("slot"));
      f.i32(k.group - 1);
      f.op("i32.and");
      f.i32(k.cells);
      f.op("i32.mul");
      f.op("i32.add");
    }
    f.op("i32.store", 4);
    f.get(local("entry"), local("entry"));
    f.op("i32.load", 0);
    f.i32(1);
    f.op("i32.add");
    f.op("i32.store", 0);
    f.advance(l.key, PAIR);
    f.advance(local("target"), 4);
    f.advance(local("steps"), 4);
  };
  return () => {
    f.get(c.ptr("next"));
    f.i32(0);
    f.i32(PAIR * k.parts * slots);
    f.op("memory.fill");
    eachJoin(k, c, l, () => {
      prepare();
      const more = (): void => {
        f.get(local("target"), local("last"));
        f.op("i32.lt_u");
      };
      f.while(more, synapse);
    });
  };
}

/** The headers of a row's blocks, and what fills up segments; from counts to places. */
function beginning(k: FillBlocks, c: KernelContext, l: Locals): () => void {
  const { f } = c;
  const [head, size, own] = [4 * headerWords(k), 4 * quadWords(k.narrow, k.weight), 4 * cellWords(k.narrow)];
  const together = k.narrow ? 1 : k.group; // slots of a segment
  const entryBytes = k.narrow ? 2 : 4;
  const [part, entry, entries, place, count] = range(5).map(() => f.local("i32")) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [block, told, quads, number] = range(4).map(() => f.local("i32")) as [number, number, number, number];
  const slot = (): void => {
    f.get(entry);
    f.op("i32.load", 0);
    f.set(count);
    f.get(entry, place);
    f.op("i32.store", 0);
    f.get(entry, quads);
    f.storeAddress(4);
    f.get(place, count);
    f.op("i32.add");
    f.set(place);
    f.advance(entry, PAIR);
  };
  /** Before the synapses of a quad that is not full, four that are none. */
  const fillUp = (): void => {
    const last = number; // is free
    f.get(quads, place);
    f.i32(2);
    f.op("i32.shr_u");
    f.i32(size);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(last);
    for (const lane of range(QUAD)) {
      f.get(last);
      f.i32(k.cells - QUAD + lane);
      f.op(k.narrow ? "i32.store16" : "i32.store", lane * entryBytes);
    }
    for (let at = own; at < size; at += 4) {
      f.get(last);
      f.i32(0);
      f.op("i32.store", at);
    }
  };
  const segment = (): void => {
    f.i32(0);
    f.set(place);
    for (const _ of range(together === 1 ? 1 : 0)) slot();
    if (together > 1) {
      f.get(entry);
      f.i32(PAIR * together);
      f.op("i32.add");
      f.set(number);
      f.op("loop");
      slot();
      f.get(entry, number);
      f.op("i32.lt_u");
      f.op("br_if", 0);
      f.op("end");
    }
    f.get(place);
    f.i32(QUAD - 1);
    f.op("i32.and");
    f.if(fillUp);
    f.get(quads, place);
    f.i32(QUAD - 1);
    f.op("i32.add");
    f.i32(2);
    f.op("i32.shr_u");
    f.i32(size);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(quads);
    f.advance(told, entryBytes);
    f.get(told, quads, block);
    f.op("i32.sub");
    f.i32(head);
    f.op("i32.sub");
    f.i32(size);
    f.op("i32.div_u");
    f.op(k.narrow ? "i32.store16" : "i32.store", 0);
  };
  const onePart = (): void => {
    align();
    f.get(block);
    f.i32(0);
    f.i32(head);
    f.op("memory.fill");
    f.get(block);
    f.tee(told);
    f.i32(head);
    f.op("i32.add");
    f.set(quads);
    f.get(entry);
    f.i32(PAIR * k.groups * k.group);
    f.op("i32.add");
    f.set(entries);
    f.op("loop");
    segment();
    f.get(entry, entries);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
    f.get(quads);
    f.set(l.end);
  };
  /** The block begins at whole multiples of words, with zeros before it. */
  const align = (): void => {
    f.get(l.end, c.ptr("out"));
    f.op("i32.sub");
    f.i32(4 * BLOCK_ALIGN - 1);
    f.op("i32.add");
    f.i32(-4 * BLOCK_ALIGN);
    f.op("i32.and");
    f.get(c.ptr("out"));
    f.op("i32.add");
    f.set(block);
    const before = (): void => {
      f.get(l.end, block);
      f.op("i32.lt_u");
    };
    f.while(before, () => {
      f.get(l.end);
      f.i32(0);
      f.op("i32.store", 0);
      f.advance(l.end, 4);
    });
    f.get(c.ptr("begin"), l.row);
    f.i32(k.parts);
    f.op("i32.mul");
    f.get(part);
    f.op("i32.add");
    scaled(c, 4);
    f.get(block, c.ptr("out"));
    f.op("i32.sub");
    f.i32(2);
    f.op("i32.shr_u");
    f.op("i32.store", 0);
  };
  return () => {
    f.get(c.ptr("next"));
    f.set(entry);
    f.i32(0);
    f.set(part);
    f.upTo(part, () => f.i32(k.parts), 1, onePart);
  };
}

/** Puts the synapses of a row where they belong. */
function putting(k: FillBlocks, c: KernelContext, l: Locals): () => void {
  const { f } = c;
  const [size, own] = [4 * quadWords(k.narrow, k.weight), 4 * cellWords(k.narrow)];
  const [last, entry, place, at, weight] = range(5).map(() => f.local("i32")) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const laneAddress = (bytes: number): void => {
    f.get(at, place);
    f.i32(QUAD - 1);
    f.op("i32.and");
    scaled(c, bytes);
  };
  const synapse = (): void => {
    f.get(l.key);
    f.loadAddress(0);
    f.tee(entry);
    f.op("i32.load", 0);
    f.set(place);
    f.get(entry, place);
    f.i32(1);
    f.op("i32.add");
    f.op("i32.store", 0);
    f.get(entry);
    f.loadAddress(4);
    f.get(place);
    f.i32(2);
    f.op("i32.shr_u");
    f.i32(size);
    f.op("i32.mul");
    f.op("i32.add");
    f.set(at);
    laneAddress(k.narrow ? 2 : 4);
    f.get(l.key);
    f.op("i32.load", 4);
    f.op(k.narrow ? "i32.store16" : "i32.store", 0);
    if (k.weight !== "one") {
      const { bytes, load, store } = WEIGHT[k.weight];
      laneAddress(bytes);
      f.get(weight);
      for (const op of load) f.op(op, ...(op.endsWith("load") ? [0] : []));
      f.op(store, own);
      f.advance(weight, k.weight === "f32" || k.weight === "f64" ? 8 : 4);
    }
    f.advance(l.key, PAIR);
  };
  return () =>
    eachJoin(k, c, l, () => {
      if (k.weight !== "one") firstOf(c, l, "weights", k.weight === "f32" || k.weight === "f64" ? 8 : 4, weight);
      f.get(l.key, l.to, l.from);
      f.op("i32.sub");
      scaled(c, PAIR);
      f.set(last);
      const more = (): void => {
        f.get(l.key, last);
        f.op("i32.lt_u");
      };
      f.while(more, synapse);
    });
}
const WEIGHT: Readonly<
  Record<
    "i8" | "i16" | "f32" | "f64",
    { readonly bytes: number; readonly load: readonly string[]; readonly store: string }
  >
> = {
  i8: { bytes: 1, load: ["i32.load"], store: "i32.store8" },
  i16: { bytes: 2, load: ["i32.load"], store: "i32.store16" },
  f32: { bytes: 4, load: ["f64.load", "f32.demote_f64"], store: "f32.store" },
  f64: { bytes: 8, load: ["f64.load"], store: "f64.store" },
};
