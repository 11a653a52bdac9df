/** Random words in the order in which they are numbered, and whole numbers that are looked up by them. */
import { BLOCK, LINE, SEED, STREAM, wordsOf } from "../../ir/drawnRows.ts";
import { read } from "../../ir/expr.ts";
import { LOOK_AGAIN, LOOK_ASK, LOOK_BITS, LOOK_TRIES } from "../../ir/lookUp.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { KernelContext } from "./kernel.ts";
import { range } from "./tiles.ts";
import { values } from "./values.ts";

/** Four planes of four words at once, transposed; what is left over one by one. */
export function weave({ stride }: KernelOf<"weave">, c: KernelContext): void {
  const { f, ptr } = c;
  const [k, from, to] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const planes = range(4).map(() => f.local("v128"));
  const pairs = range(4).map(() => f.local("v128"));
  f.get(ptr("planes"));
  f.set(from);
  f.get(ptr("out"));
  f.set(to);
  f.i32(0);
  f.set(k);
  const whole = (): void => {
    c.pushCount("n");
    f.i32(3);
    f.op("i32.sub");
  };
  f.upTo(k, whole, 4, () => {
    for (const p of range(4)) {
      f.get(from);
      f.op("v128.load", 4 * stride * p);
      f.set(planes[p]!);
    }
    const zip = (a: number, b: number, words: readonly number[], into: number): void => {
      f.get(a, b);
      f.op(
        "i8x16.shuffle",
        words.flatMap((w) => range(4).map((byte) => 4 * w + byte)),
      );
      f.set(into);
    };
    const [a, b, d, e] = planes as [number, number, number, number];
    const [low, lowNext, high, highNext] = pairs as [number, number, number, number];
    zip(a, b, [0, 4, 1, 5], low);
    zip(d, e, [0, 4, 1, 5], lowNext);
    zip(a, b, [2, 6, 3, 7], high);
    zip(d, e, [2, 6, 3, 7], highNext);
    zip(low, lowNext, [0, 1, 4, 5], a);
    zip(low, lowNext, [2, 3, 6, 7], b);
    zip(high, highNext, [0, 1, 4, 5], d);
    zip(high, highNext, [2, 3, 6, 7], e);
    for (const p of range(4)) {
      f.get(to, planes[p]!);
      f.op("v128.store", 16 * p);
    }
    f.advance(from, 16);
    f.advance(to, 64);
  });
  f.upTo(
    k,
    () => c.pushCount("n"),
    1,
    () => {
      for (const p of range(4)) {
        f.get(to, from);
        f.op("i32.load", 4 * stride * p);
        f.op("i32.store", 4 * p);
      }
      f.advance(from, 4);
      f.advance(to, 16);
    },
  );
}

/** Few words are drawn again, and few cells have more than one or two numbers: then the place is found by halving. */
export function lookUp(_k: unknown, c: KernelContext): void {
  const { f } = c;
  const [k, at, word, x, asked] = range(5).map(() => f.local("i32")) as [number, number, number, number, number];
  const find = found(c, word, x);
  const again = redraw(c, { k, word, x }, find);
  const bytes = (argument: string, index: () => void): void => {
    f.get(c.ptr(argument));
    index();
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
  };
  const place = (): void => {
    c.pushCount("skip");
    f.get(k);
    f.op("i32.add");
  };
  f.i32(0);
  f.set(k);
  f.upTo(
    k,
    () => c.pushCount("n"),
    1,
    () => {
      bytes("words", place);
      f.op("i32.load", 0);
      f.set(word);
      find();
      f.get(x);
      f.i32(LOOK_AGAIN);
      f.op("i32.eq");
      f.if(again);
      bytes("out", place);
      f.get(x);
      f.op("i32.store", 0);
      f.get(asked, x);
      f.i32(LOOK_AGAIN);
      f.op("i32.eq");
      f.get(x);
      f.i32(LOOK_ASK);
      f.op("i32.eq");
      f.op("i32.or");
      f.op("i32.add");
      f.set(asked);
    },
  );
  f.get(c.ptr("asked"));
  f.tee(at);
  f.get(at);
  f.op("i32.load", 0);
  f.get(asked);
  f.op("i32.add");
  f.op("i32.store", 0);
}

/** Sets `x` to the number of a word: that of the last bound which is not above it. */
export function found(c: Pick<KernelContext, "f" | "ptr" | "pushCount">, word: number, x: number): () => void {
  const { f } = c;
  const [low, high, middle] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const tables = Object.fromEntries(
    (
      [
        ["cells", "cell"],
        ["bounds", "entry"],
        ["values", "entry"],
      ] as const
    ).map(([argument, count]) => {
      const base = f.local("i32");
      f.get(c.ptr(argument));
      c.pushCount(count);
      f.i32(2);
      f.op("i32.shl");
      f.op("i32.add");
      f.set(base);
      return [argument, base];
    }),
  );
  const load = (table: "cells" | "bounds" | "values", index: () => void, plus = 0): void => {
    f.get(tables[table]!);
    index();
    f.i32(2);
    f.op("i32.shl");
    f.op("i32.add");
    f.op("i32.load", 4 * plus);
  };
  const cell = (): void => {
    f.get(word);
    f.i32(32 - LOOK_BITS);
    f.op("i32.shr_u");
  };
  return () => {
    load("cells", cell);
    f.set(low);
    load("cells", cell, 1);
    f.set(high);
    const open = (): void => {
      f.get(low, high);
      f.op("i32.lt_s");
    };
    f.while(open, () => {
      f.get(low, high);
      f.op("i32.add");
      f.i32(1);
      f.op("i32.add");
      f.i32(1);
      f.op("i32.shr_u");
      f.set(middle);
      load("bounds", () => f.get(middle));
      f.get(word);
      f.op("i32.le_u");
      f.if(
        () => {
          f.get(middle);
          f.set(low);
        },
        () => {
          f.get(middle);
          f.i32(1);
          f.op("i32.sub");
          f.set(high);
        },
      );
    });
    load("values", () => f.get(low));
    f.set(x);
  };
}

/** Looks up words of the element's own line, until one will do. */
function redraw(
  c: KernelContext,
  { k, word, x }: Readonly<Record<"k" | "word" | "x", number>>,
  find: () => void,
): () => void {
  const { f } = c;
  const [block, line, seed, stream] = range(4).map(() => f.local("i32")) as [number, number, number, number];
  const [tries, last] = [f.local("i32"), LOOK_TRIES / 4];
  const leaves = new Map([
    [BLOCK, block],
    [LINE, line],
    [SEED, seed],
    [STREAM, stream],
  ]);
  const words = wordsOf({ seed: read("u32", SEED), stream: read("u32", STREAM) });
  const four = range(4).map(() => f.local("i32"));
  return () => {
    f.get(c.ptr("key"));
    f.op("i32.load", 0);
    f.set(seed);
    f.get(c.ptr("key"));
    f.op("i32.load", 4);
    f.set(stream);
    c.pushCount("first");
    f.get(k);
    f.op("i32.add");
    f.set(line);
    f.i32(0);
    f.set(block);
    f.op("block");
    f.op("loop");
    values(words, leaves, c).forEach((local, w) => {
      f.get(local);
      f.set(four[w]!);
    });
    // One `find`, for it is long: each turn takes the first of the four and moves the others on.
    f.i32(4);
    f.set(tries);
    f.op("loop");
    f.get(four[0]!);
    f.set(word);
    find();
    f.get(x);
    f.i32(LOOK_AGAIN);
    f.op("i32.ne");
    f.op("br_if", 2);
    for (const w of range(3)) {
      f.get(four[w + 1]!);
      f.set(four[w]!);
    }
    f.advance(tries, -1);
    f.get(tries);
    f.op("br_if", 0);
    f.op("end");
    f.advance(block, 1);
    f.get(block);
    f.i32(last);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
    f.op("end");
  };
}
