/**
 * Counts of a law: 16 bits of each element are compared at once in eight lanes, and where one of thirty-two is just that of a
 * bound (one time in a hundred or two) they are done again with all 32 bits.
 */
import { COUNT_CHUNK, COUNT_GROUP, LAW_KEY } from "../../base/draws.ts";
import { PHILOX } from "../../base/philox.ts";
import { XOSHIRO } from "../../base/xoshiro.ts";
import { BLOCK } from "../../ir/drawnRows.ts";
import { type Expr, operands, read } from "../../ir/expr.ts";
import { type KernelOf, RANGE } from "../../ir/program.ts";
import { philox } from "../../ir/random.ts";
import { simplify } from "../../ir/simplify.ts";
import { nodes } from "../../ir/step.ts";
import { BYTES, type FloatType } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { range } from "./tiles.ts";
import { emitVector, splatConstant } from "./vectorExpr.ts";

const UNIFORM = ["seed", "sample", "stepLow", "stepHigh"] as const;
type DrawCounts = KernelOf<"drawCounts">;

export function drawCounts(k: DrawCounts, c: KernelContext): void {
  const { f } = c;
  const [i, end, stop, at] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  const leaves = new Map<string, number>(UNIFORM.map((name) => [name, splatOf(name, c)]));
  const seeds = blocks((k.stream ^ LAW_KEY.count) >>> 0, leaves, c);
  const rest = blocks((k.stream ^ LAW_KEY.countRest) >>> 0, leaves, c);
  const state = range(4).map(() => f.local("v128"));
  const words = range(GROUPS).map(() => f.local("v128"));
  const numbers = words.map(() => f.local("v128"));
  seeds.prepare();
  const compare = narrowly(k, c, at);
  c.pushCount("first");
  f.set(i);
  c.pushCount("n");
  f.i32(RANGE - 1);
  f.op("i32.add");
  f.i32(-RANGE);
  f.op("i32.and");
  f.set(end);
  f.get(c.ptr("out"), i);
  f.i32(Math.log2(BYTES[k.type]));
  f.op("i32.shl");
  f.op("i32.add");
  f.set(at);
  const more = (): void => {
    f.get(i);
    c.pushCount("n"); // a range of nothing may begin where the elements end
    f.op("i32.lt_s");
  };
  f.while(more, () => {
    beginChunk(c, { i, end, stop }, seeds, state);
    f.op("loop");
    for (const word of words) nextWords(c, state, word);
    compare(words);
    f.if(() => {
      numbers.forEach((number, g) => blockNumbers(c, number, i, g));
      rest.prepare();
      wholly(
        k,
        c,
        at,
        words,
        rest.draw(numbers).map((drawn) => drawn[0]!),
      );
    });
    f.advance(at, GROUPS * COUNT_GROUP * BYTES[k.type]);
    f.advance(i, GROUPS * COUNT_GROUP);
    f.get(i, stop);
    f.op("i32.lt_s");
    f.op("br_if", 0);
    f.op("end");
  });
}
/** Groups of eight in a turn. */
const GROUPS = 4;

/** Sets a local to the numbers of the four blocks of a group: those of the elements from i on. */
function blockNumbers({ f }: KernelContext, to: number, i: number, group: number): void {
  f.get(i);
  f.i32(1); // four blocks of eight elements
  f.op("i32.shr_u");
  f.op("i32x4.splat");
  f.op(
    "v128.const",
    "i32x4",
    range(4).map((lane) => 4 * group + lane),
  );
  f.op("i32x4.add");
  f.set(to);
}

/** Sets the state to what element i, with which a range begins, finds in its chunk, and `stop` to where that or all ends. */
function beginChunk(
  c: KernelContext,
  { i, end, stop }: { readonly i: number; readonly end: number; readonly stop: number },
  seeds: ReturnType<typeof blocks>,
  state: readonly number[],
): void {
  const { f } = c;
  const [number, unused, left] = [f.local("v128"), f.local("v128"), f.local("i32")];
  const chunk = Math.log2(COUNT_CHUNK);
  f.get(i);
  f.i32(chunk);
  f.op("i32.shr_u");
  f.i32(2);
  f.op("i32.shl");
  f.op("i32x4.splat");
  f.op("v128.const", "i32x4", range(4));
  f.op("i32x4.add");
  f.set(number);
  seeds.draw([number])[0]!.forEach((word, w) => {
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
      nextWords(c, state, unused);
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

function splatOf(name: string, { f, ptr }: KernelContext): number {
  const local = f.local("v128");
  f.get(ptr(name));
  f.op("v128.load32_splat", 0);
  f.set(local);
  return local;
}

/**
 * The four words of four blocks: what is the same for all blocks is prepared, and the rest drawn into locals, for several
 * locals with numbers of blocks at once.
 */
function blocks(
  stream: number,
  leaves: ReadonlyMap<string, number>,
  { f }: KernelContext,
): { prepare(): void; draw(numbers: readonly number[]): number[][] } {
  const slot = (name: string) => ({ name, type: "u32", space: "element" }) as const;
  const counter = [BLOCK, "sample", "stepLow", "stepHigh"].map((name) => read("u32", name)) as [Expr, Expr, Expr, Expr];
  const step = simplify({
    name: "block",
    slots: [BLOCK, ...leaves.keys(), "0", "1", "2", "3"].map(slot),
    stores: philox(counter, read("u32", "seed"), stream, PHILOX.fewRounds).map((value, w) => ({
      slot: `${w}`,
      mode: "set",
      value,
    })),
  });
  const order = nodes(step);
  const varying = new Set<Expr>();
  for (const e of order)
    if ((e.tag === "read" && e.slot === BLOCK) || operands(e).some((o) => varying.has(o))) varying.add(e);
  const isProduct = (e: Expr, op: "mul" | "mulHi"): boolean => e.tag === "binary" && e.op === op;
  /** Of upper halves that vary the lower ones. */
  const lowOf = new Map<Expr, Expr>();
  for (const high of order.filter((e) => isProduct(e, "mulHi") && varying.has(e))) {
    const factors = operands(high);
    const low = order.find((e) => isProduct(e, "mul") && operands(e).every((o) => factors.includes(o)));
    if (low) lowOf.set(high, low);
  }
  const lows = new Set(lowOf.values());
  const shared = new Map<Expr, number>();
  const define = (e: Expr, locals: Map<Expr, number>, number?: number): void => {
    if (e.tag === "read") return void locals.set(e, number ?? leaves.get(e.slot)!);
    const context = { f, lanes: 4, push: (x: Expr) => f.get(locals.get(x)!) } as const;
    const low = lowOf.get(e);
    if (low) return products(e, low, locals);
    if (lows.has(e) && locals.has(e)) return;
    if (e.tag === "const") splatConstant(context, e.type, e.value);
    else emitVector(e, context);
    const local = f.local("v128");
    f.set(local);
    locals.set(e, local);
  };
  /** Both halves of products: one set of multiplications for what are two operations. */
  const products = (high: Expr, low: Expr, locals: Map<Expr, number>): void => {
    const [even, odd] = (["low", "high"] as const).map((half) => {
      for (const o of operands(high)) f.get(locals.get(o)!);
      f.op(`i64x2.extmul_${half}_i32x4_u`);
      const local = f.local("v128");
      f.set(local);
      return local;
    }) as [number, number];
    for (const [e, first] of [
      [high, 1],
      [low, 0],
    ] as const) {
      f.get(even, odd);
      f.op(
        "i8x16.shuffle",
        range(4).flatMap((k) => range(4).map((byte) => 4 * (2 * k + first) + byte)),
      );
      const local = f.local("v128");
      f.set(local);
      locals.set(e, local);
    }
  };
  return {
    prepare: () => {
      for (const e of order) if (!varying.has(e)) define(e, shared);
    },
    draw: (numbers) => {
      const own = numbers.map(() => new Map(shared));
      for (const e of order) if (varying.has(e)) own.forEach((locals, k) => define(e, locals, numbers[k]));
      return own.map((locals) => step.stores.map((s) => locals.get(s.value)!));
    },
  };
}

/** So that signed comparisons order them. */
const SIGN = 0x8000;
const twice = (half: number): number[] => range(4).map(() => ((half & 0xffff) * 0x10001) | 0);
/** Leading halves below it are rare: that any was drawn is as good a reason to look at all bits as that it is a bound's. */
const RARE = 16;
/** Numbers of 16 bits that one instruction looks up. */
const LOOKED_UP = 8;

/** Stores counts by the leading 16 bits, and leaves on the stack whether any of them does not tell. */
function narrowly({ bounds, type }: DrawCounts, c: KernelContext, at: number): (words: readonly number[]) => void {
  const { f } = c;
  const constant = (lanes: readonly number[]): number => {
    const local = f.local("v128");
    f.op("v128.const", "i32x4", lanes);
    f.set(local);
    return local;
  };
  const tops = bounds
    .map((b) => b >>> 16)
    .filter((top) => top >= RARE)
    .sort((a, b) => b - a);
  const splats = new Map(tops.map((top) => [top, constant(twice(top ^ SIGN))]));
  const [sign, low, rare] = [constant(twice(SIGN)), constant(range(4).map(() => 0xffff)), constant(twice(RARE ^ SIGN))];
  const [piece, count, open] = [f.local("v128"), f.local("v128"), f.local("v128")];
  const zero = (): void => f.op("v128.const", "i32x4", [0, 0, 0, 0]);
  const isBound =
    tops.length < LOOKED_UP ? lookedUp(tops, { f, piece, count, constant }) : oneByOne(splats, { f, piece });
  return (words) => {
    zero();
    f.set(open);
    words.forEach((word, w) => {
      f.get(word, sign);
      f.op("v128.xor");
      f.set(piece);
      zero();
      f.set(count);
      for (const top of tops) {
        f.get(count, splats.get(top)!, piece);
        f.op("i16x8.gt_s");
        f.op("i16x8.sub");
        f.set(count);
      }
      f.get(open);
      isBound();
      f.op("v128.or");
      if (bounds.length > tops.length) {
        f.get(rare, piece);
        f.op("i16x8.gt_s");
        f.op("v128.or");
      }
      f.set(open);
      store(type, c, at, COUNT_GROUP * w, () => {
        f.get(count, low);
        f.op("v128.and");
      });
      store(type, c, at, COUNT_GROUP * w + 4, () => {
        f.get(count);
        f.i32(16);
        f.op("i32x4.shr_u");
      });
    });
    f.get(open);
    f.op("v128.any_true");
  };
}
interface Piece {
  readonly f: KernelContext["f"];
  readonly piece: number;
}
/** Pushes which pieces are the leading half of a bound. */
function oneByOne(splats: ReadonlyMap<number, number>, { f, piece }: Piece): () => void {
  return () => {
    f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    for (const splat of splats.values()) {
      f.get(piece, splat);
      f.op("i16x8.eq");
      f.op("v128.or");
    }
  };
}
/**
 * The same, where bounds are few: of those in falling order, after as many as lie above a piece, the next is the only one that
 * it can be. Behind the last the first stands, which lies above.
 */
function lookedUp(
  tops: readonly number[],
  { f, piece, count, constant }: Piece & { readonly count: number; constant(lanes: readonly number[]): number },
): () => void {
  const halves = range(LOOKED_UP).map((k) => (tops[k] ?? tops[0] ?? 0) ^ SIGN);
  const table = constant(range(4).map((k) => halves[2 * k]! | (halves[2 * k + 1]! << 16)));
  const [bytes, upper] = [constant(twice(0x0202)), constant(twice(0x0100))];
  return () => {
    f.get(table, count, bytes);
    f.op("i16x8.mul");
    f.get(upper);
    f.op("i16x8.add");
    f.op("i8x16.swizzle");
    f.get(piece);
    f.op("i16x8.eq");
  };
}

/** Stores counts by all 32 bits. */
function wholly(
  { bounds, type }: DrawCounts,
  c: KernelContext,
  at: number,
  words: readonly number[],
  rest: readonly number[],
): void {
  const { f } = c;
  const [whole, count] = [f.local("v128"), f.local("v128")];
  const all = (x: number): void =>
    f.op(
      "v128.const",
      "i32x4",
      range(4).map(() => x | 0),
    );
  const shifted = (local: number, op: "shl" | "shr_u"): void => {
    f.get(local);
    f.i32(16);
    f.op(`i32x4.${op}`);
  };
  const masked = (local: number, mask: number): void => {
    f.get(local);
    all(mask);
    f.op("v128.and");
  };
  for (const half of range(2))
    for (const w of range(words.length)) {
      if (half === 0) shifted(words[w]!, "shl");
      else masked(words[w]!, 0xffff0000);
      if (half === 0) masked(rest[w]!, 0xffff);
      else shifted(rest[w]!, "shr_u");
      f.op("v128.or");
      all(2 ** 31);
      f.op("v128.xor");
      f.set(whole);
      all(0);
      f.set(count);
      for (const bound of bounds) {
        f.get(count);
        all(bound ^ (2 ** 31));
        f.get(whole);
        f.op("i32x4.gt_s");
        f.op("i32x4.sub");
        f.set(count);
      }
      store(type, c, at, COUNT_GROUP * w + 4 * half, () => f.get(count));
    }
}

/** Stores four counts as floating point, from element `first` of the turn on. */
function store(type: FloatType, { f }: KernelContext, at: number, first: number, push: () => void): void {
  if (type === "f32") {
    f.get(at);
    push();
    f.op("f32x4.convert_i32x4_s");
    return f.op("v128.store", 4 * first);
  }
  const four = f.local("v128");
  push();
  f.set(four);
  for (const half of range(2)) {
    f.get(at, four);
    if (half === 1) {
      f.get(four);
      f.op(
        "i8x16.shuffle",
        range(16).map((b) => (b + 8) % 16),
      );
    }
    f.op("f64x2.convert_low_i32x4_s");
    f.op("v128.store", 8 * (first + 2 * half));
  }
}
