/**
 * Counts of a law: of thirty-two elements the columns are looked up and compared at once, as bytes, and one byte in 256 that
 * does not tell is seen to by itself.
 */
import { COLUMN_BITS, COLUMNS, type CountLaw } from "../../base/countLaw.ts";
import { COUNT_CHUNK, COUNT_GROUP, COUNT_REST, COUNT_WORDS, LAW_KEY } from "../../base/draws.ts";
import { PHILOX } from "../../base/philox.ts";
import { XOSHIRO } from "../../base/xoshiro.ts";
import { BLOCK } from "../../ir/drawnRows.ts";
import { type Expr, read } from "../../ir/expr.ts";
import { type KernelOf, RANGE } from "../../ir/program.ts";
import { philox } from "../../ir/random.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { range } from "./tiles.ts";
import { values, vectorValues } from "./values.ts";

const UNIFORM = ["seed", "sample", "stepLow", "stepHigh"] as const;
type DrawCounts = KernelOf<"drawCounts">;

export function drawCounts(k: DrawCounts, c: KernelContext): void {
  const { f } = c;
  const [i, end, stop, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const words = blockWords(k, c);
  const state = range(4).map(() => f.local("v128"));
  const next = f.local("i32");
  const group = groupCounts(k, c, { state, i, next, at });
  c.pushCount("first");
  f.set(i);
  c.pushCount("n");
  f.i32(RANGE - 1);
  f.op("i32.add");
  f.i32(-RANGE);
  f.op("i32.and");
  f.set(end);
  pushElement(k, c, i);
  f.set(at);
  const more = (): void => {
    f.get(i);
    c.pushCount("n"); // a range of nothing may begin where the elements end
    f.op("i32.lt_s");
  };
  f.while(more, () => {
    beginChunk(k, c, { i, end, stop }, words.seeds, state);
    f.get(c.ptr("open"));
    f.set(next);
    f.op("loop");
    group();
    f.advance(at, COUNT_GROUP * BYTES[k.type]);
    f.advance(i, COUNT_GROUP);
    f.get(i, stop);
    f.op("i32.lt_s");
    f.op("br_if", 0);
    f.op("end");
    settleOpen(k, c, next, words.rest);
  });
}
/** Elements of a group whose bytes are in one vector. */
const HALF = COUNT_GROUP / 2;

/** Pushes the byte address of an element of `out`. */
function pushElement({ type }: DrawCounts, c: KernelContext, element: number): void {
  const { f } = c;
  f.get(c.ptr("out"), element);
  f.i32(Math.log2(BYTES[type]));
  f.op("i32.shl");
  f.op("i32.add");
}

/** Words of Philox: locals with those of the block, or of four, that a local tells, each of the first `count`. */
type BlockWords = (block: number, count: number) => number[];
function blockWords({ stream }: DrawCounts, c: KernelContext): Record<"seeds" | "rest", BlockWords> {
  const { f } = c;
  const uniform = (type: "i32" | "v128"): (readonly [string, number])[] =>
    UNIFORM.map((name) => {
      const local = f.local(type);
      f.get(c.ptr(name));
      f.op(type === "i32" ? "i32.load" : "v128.load32_splat", 0);
      f.set(local);
      return [name, local];
    });
  const [seed, ...place] = UNIFORM.map((name) => read("u32", name)) as [Expr, Expr, Expr, Expr];
  const of = (key: number, type: "i32" | "v128"): BlockWords => {
    const known = uniform(type);
    return (block, count) => {
      const counter = [read("u32", BLOCK), ...place] as [Expr, Expr, Expr, Expr];
      const words = philox(counter, seed, (stream ^ key) >>> 0, PHILOX.fewRounds).slice(0, count);
      return (type === "i32" ? values : vectorValues)(words, new Map([...known, [BLOCK, block]]), c);
    };
  };
  return { seeds: of(LAW_KEY.count, "v128"), rest: of(LAW_KEY.countRest, "i32") };
}

/** Sets the states to what element i, with which a range begins, finds in its chunk, and `stop` to where that or all ends. */
function beginChunk(
  { time }: DrawCounts,
  c: KernelContext,
  { i, end, stop }: { readonly i: number; readonly end: number; readonly stop: number },
  seeds: BlockWords,
  state: readonly number[],
): void {
  const { f } = c;
  const [blocks, unused, left] = [f.local("v128"), f.local("v128"), f.local("i32")];
  // A generator in each lane, from a block of its own.
  f.get(i);
  f.i32(Math.log2(COUNT_CHUNK));
  f.op("i32.shr_u");
  f.i32(4);
  f.op("i32.shl");
  f.op("i32x4.splat");
  f.op(
    "v128.const",
    "i32x4",
    range(4).map((lane) => 4 * time + lane),
  );
  f.op("i32x4.add");
  f.set(blocks);
  seeds(blocks, 4).forEach((word, w) => {
    f.get(word);
    f.set(state[w]!);
  });
  f.get(i);
  f.i32(COUNT_CHUNK - 1);
  f.op("i32.and");
  f.set(left);
  f.while(
    () => {
      f.get(left);
      f.i32(0);
      f.op("i32.gt_s");
    },
    () => {
      for (const _ of range(COUNT_WORDS)) nextWords(c, state, unused);
      f.advance(left, -COUNT_GROUP);
    },
  );
  f.get(end);
  f.get(i);
  f.i32(-COUNT_CHUNK);
  f.op("i32.and");
  f.i32(COUNT_CHUNK);
  f.op("i32.add");
  f.tee(stop);
  f.get(end, stop);
  f.op("i32.lt_s");
  f.op("select");
  f.set(stop);
}

/** The next word of four generators (`base/xoshiro.ts`), whose states move on. */
function nextWords({ f }: KernelContext, state: readonly number[], word: number): void {
  const [a, b, c, d] = state as [number, number, number, number];
  const shifted = f.local("v128");
  const turn = (local: number, by: number): void => {
    f.get(local);
    f.i32(by);
    f.op("i32x4.shl");
    f.get(local);
    f.i32(32 - by);
    f.op("i32x4.shr_u");
    f.op("v128.or");
  };
  const mix = (to: number, from: number): void => {
    f.get(to, from);
    f.op("v128.xor");
    f.set(to);
  };
  f.get(a, d);
  f.op("i32x4.add");
  f.set(word);
  turn(word, XOSHIRO.scramble);
  f.get(a);
  f.op("i32x4.add");
  f.set(word);
  f.get(b);
  f.i32(XOSHIRO.shift);
  f.op("i32x4.shl");
  f.set(shifted);
  mix(c, a);
  mix(d, b);
  mix(b, c);
  mix(a, d);
  mix(c, shifted);
  turn(d, XOSHIRO.turn);
  f.set(d);
}

/** What the cuts and seconds of columns are as bytes. */
function tablesOf({ cuts, others }: CountLaw) {
  const rest = 2 ** COUNT_REST;
  /** Of a whole column the last byte is cut, behind all of its words. */
  const tops = cuts.map((cut) => Math.min(Math.floor(cut / rest), 2 ** (COLUMN_BITS - COUNT_REST) - 1));
  const lows = cuts.map((cut, k) => cut - tops[k]! * rest);
  return {
    /** As signed bytes. */
    top: tops.map((top) => top - 128),
    /** From a column's number to what its other words stand for. */
    step: others.map((other, k) => other - k),
    /** Where in the byte the cut is, in three bytes. */
    low: range(3).map((byte) => lows.map((low) => (low >>> (8 * byte)) & 255)),
  };
}

/** What is noted of a group: its first element, which of its elements are open, and the columns of all. */
const NOTE = { element: 0, open: 4, columns: 16, bytes: 48 } as const;

interface Group {
  readonly state: readonly number[];
  /** Its first element, and where that is stored. */
  readonly i: number;
  readonly at: number;
  /** Where the next note goes. */
  readonly next: number;
}
/**
 * Draws the counts of the group at hand and stores them. Where a byte does not tell, a note is left and the column's own number
 * stored: what follows from that is done when the chunk has ended, so that nothing need be kept in registers for it here.
 */
function groupCounts(k: DrawCounts, c: KernelContext, { state, i, at, next }: Group): () => void {
  const { f } = c;
  const tables = tablesOf(k.law);
  const [top, step, low] = [tables.top, tables.step, range(16).map(() => 15)].map((table) => {
    const local = f.local("v128");
    f.op("v128.const", "i8x16", table);
    f.set(local);
    return local;
  }) as [number, number, number];
  const words = range(COUNT_WORDS).map(() => f.local("v128"));
  const [columns, open] = [range(2).map(() => f.local("v128")), range(2).map(() => f.local("v128"))];
  const [cut, counts] = [f.local("v128"), f.local("v128")];
  return () => {
    for (const word of words) nextWords(c, state, word);
    for (const half of range(2)) {
      const [byte, column] = [words[half]!, columns[half]!];
      f.get(words[2]!);
      if (half === 1) {
        f.i32(4);
        f.op("i16x8.shr_u");
      }
      f.get(low);
      f.op("v128.and");
      f.set(column);
      f.get(top, column);
      f.op("i8x16.swizzle");
      f.tee(cut);
      f.get(byte);
      f.op("i8x16.eq");
      f.set(open[half]!);
      f.get(column, step, column);
      f.op("i8x16.swizzle");
      f.get(byte, cut);
      f.op("i8x16.gt_s");
      f.op("v128.and");
      f.op("i8x16.add");
      f.set(counts);
      storeBytes(k, c, at, HALF * half, counts);
    }
    f.get(open[0]!, open[1]!);
    f.op("v128.or");
    f.op("v128.any_true");
    f.if(() => {
      f.get(next, i);
      f.op("i32.store", NOTE.element);
      f.get(next);
      open.forEach((vector, half) => {
        f.get(vector);
        f.op("i8x16.bitmask");
        if (half === 0) return;
        f.i32(HALF);
        f.op("i32.shl");
        f.op("i32.or");
      });
      f.op("i32.store", NOTE.open);
      columns.forEach((column, half) => {
        f.get(next, column);
        f.op("v128.store", NOTE.columns + HALF * half);
      });
      f.advance(next, NOTE.bytes);
    });
  };
}

/** Of the elements that notes tell of, one after the other, adds what their words stand for beyond the column's own number. */
function settleOpen(k: DrawCounts, c: KernelContext, end: number, rest: BlockWords): void {
  const { f } = c;
  const { law, time, type } = k;
  const tables = tablesOf(law);
  const [note, bits, lane, element, word] = range(5).map(() => f.local("i32")) as [
    ...[number, number, number],
    ...[number, number],
  ];
  const [column, to] = [f.local("v128"), f.local("i32")];
  const lookUp = (table: readonly number[], op: "i8x16.extract_lane_s" | "i8x16.extract_lane_u"): void => {
    f.op("v128.const", "i8x16", table);
    f.get(column);
    f.op("i8x16.swizzle");
    f.op(op, 0);
  };
  const settle = (): void => {
    f.get(bits);
    f.op("i32.ctz");
    f.tee(lane);
    f.get(note);
    f.op("i32.load", NOTE.element);
    f.op("i32.add");
    f.set(element);
    f.get(note, lane);
    f.op("i32.add");
    f.op("i32.load8_u", NOTE.columns);
    f.op("i8x16.splat");
    f.set(column);
    f.get(rest(element, time + 1)[time]!);
    f.i32(32 - COUNT_REST);
    f.op("i32.shr_u");
    f.set(word);
    pushElement(k, c, element);
    f.tee(to);
    f.get(to);
    f.op(`${type}.load`, 0);
    // The cut: of the words behind it the column's other number, of those before it its own.
    lookUp(tables.step, "i8x16.extract_lane_s");
    pushBeyond(law, c, word, () => lookUp(COLUMN_NUMBERS, "i8x16.extract_lane_u"));
    f.get(word);
    tables.low.forEach((table, byte) => {
      lookUp(table, "i8x16.extract_lane_u");
      if (byte === 0) return;
      f.i32(8 * byte);
      f.op("i32.shl");
      f.op("i32.or");
    });
    f.op("i32.ge_u");
    f.op("select");
    f.op(`${type}.convert_i32_s`);
    f.op(`${type}.add`);
    f.op(`${type}.store`, 0);
  };
  f.get(c.ptr("open"));
  f.set(note);
  const more = (): void => {
    f.get(note, end);
    f.op("i32.lt_u");
  };
  f.while(more, () => {
    f.get(note);
    f.op("i32.load", NOTE.open);
    f.set(bits);
    f.op("loop");
    settle();
    f.get(bits, bits);
    f.i32(1);
    f.op("i32.sub");
    f.op("i32.and");
    f.tee(bits);
    f.op("br_if", 0);
    f.op("end");
    f.advance(note, NOTE.bytes);
  });
}
const COLUMN_NUMBERS = range(COLUMNS);

/** Pushes how much more than its column's number a word before the cut stands for: only that of the last column may. */
function pushBeyond({ tail }: CountLaw, { f }: KernelContext, word: number, pushColumn: () => void): void {
  f.i32(0);
  if (tail.length === 0) return;
  for (const end of tail) {
    f.get(word);
    f.i32(end);
    f.op("i32.lt_u");
    f.op("i32.add");
  }
  f.i32(0);
  pushColumn();
  f.i32(COLUMNS - 1);
  f.op("i32.eq");
  f.op("select");
}

/** Stores sixteen bytes as floating point, from element `first` of the group on, or adds them to what is there. */
function storeBytes({ type, time }: DrawCounts, { f }: KernelContext, at: number, first: number, counts: number): void {
  const [eight, four] = [f.local("v128"), f.local("v128")];
  const lanes = 16 / BYTES[type];
  const store = (element: number, push: () => void): void => {
    const offset = BYTES[type] * element;
    f.get(at);
    push();
    if (time > 0) {
      f.get(at);
      f.op("v128.load", offset);
      f.op(`${type}x${lanes}.add`);
    }
    f.op("v128.store", offset);
  };
  for (const [e, eights] of HALVES.entries()) {
    f.get(counts);
    f.op(`i16x8.extend_${eights}_i8x16_u`);
    f.set(eight);
    for (const [q, fours] of HALVES.entries()) {
      const element = first + 8 * e + 4 * q;
      const pushFour = (): void => {
        f.get(eight);
        f.op(`i32x4.extend_${fours}_i16x8_u`);
      };
      if (type === "f32") {
        store(element, () => {
          pushFour();
          f.op("f32x4.convert_i32x4_s");
        });
        continue;
      }
      pushFour();
      f.set(four);
      for (const half of range(2))
        store(element + 2 * half, () => {
          f.get(four);
          if (half === 1) {
            f.get(four);
            f.op(
              "i8x16.shuffle",
              range(16).map((b) => (b + 8) % 16),
            );
          }
          f.op("f64x2.convert_low_i32x4_s");
        });
    }
  }
}
const HALVES = ["low", "high"] as const;
