/**
 * Random draws inside kernels: Philox4x32-10 in u32 operations, then the law. Places, words and tables are those of
 * `base/random.ts` and `base/laws.ts`; f64 draws equal the host's bit for bit.
 *
 * A draw reads four uniform slots and the index of its element or synapse (`base/draws.ts`). A second draw of the same law
 * needs another stream.
 */

import { type CountLaw, poissonLaw } from "../base/countLaw.ts";
import { LAW_KEY } from "../base/draws.ts";
import { ModelError } from "../base/errors.ts";
import { AS241 } from "../base/laws.ts";
import { PHILOX } from "../base/philox.ts";
import { POISSON_LIMIT, poissonTerms } from "../base/poisson.ts";
import {
  add,
  and,
  bitcast,
  compare,
  constant,
  convert,
  type Draw,
  div,
  type Expr,
  type IndexOf,
  i32,
  index,
  join,
  type Law,
  mul,
  mulHi,
  neg,
  not,
  or,
  read,
  select,
  shl,
  shr,
  sqrt,
  sub,
  u32,
  xor,
} from "./expr.ts";
import { exp } from "./math/exp.ts";
import { horner, like, withSign } from "./math/float.ts";
import { logOfNormal } from "./math/log.ts";
import type { Slot } from "./step.ts";
import type { FloatType } from "./types.ts";

const uniformSlot = (name: string): Slot => ({ name, type: "u32", space: "uniform" });
/** The slots that a step with draws reads. */
export const DRAW_SLOTS = {
  seed: uniformSlot("seed"),
  sample: uniformSlot("sample"),
  stepLow: uniformSlot("stepLow"),
  stepHigh: uniformSlot("stepHigh"),
} as const satisfies Readonly<Record<string, Slot>>;

type Block = readonly [Expr, Expr, Expr, Expr];
const input = ({ type, name }: Slot): Expr => read(type, name);

/** Philox4x32 (`base/philox.ts`). */
export function philox(counter: Block, seed: Expr, stream: number | Expr, rounds: number = PHILOX.rounds): Block {
  const [m0, m1] = PHILOX.multipliers.map(u32) as [Expr, Expr];
  const [w0, w1] = PHILOX.increments;
  let words = counter;
  for (let round = 0; round < rounds; round++) {
    const k0 = add(seed, u32(Math.imul(round, w0)));
    const turned = Math.imul(round, w1);
    const k1 = typeof stream === "number" ? u32(stream + turned) : add(stream, u32(turned));
    const [c0, c1, c2, c3] = words;
    words = [xor(xor(mulHi(c2, m1), c1), k0), mul(c2, m1), xor(xor(mulHi(c0, m0), c3), k1), mul(c0, m0)];
  }
  return words;
}
interface Where {
  /** Its block, and which of the four words. */
  readonly block: Expr;
  readonly word: Expr;
}
/** Where the word of this element or synapse is. */
function whereOf(of: IndexOf): Where {
  if (of === "element") return { block: index("drawBlock"), word: index("drawWord") };
  const k = index(of);
  return { block: or(shl(shr(k, 4), 2), and(k, u32(3))), word: and(shr(k, 2), u32(3)) };
}
function wordAt(stream: number, { block, word }: Where, rounds: number = PHILOX.rounds): Expr {
  const { seed, sample, stepLow, stepHigh } = DRAW_SLOTS;
  const [a, b, c, d] = philox([block, input(sample), input(stepLow), input(stepHigh)], input(seed), stream, rounds);
  const is = (k: number): Expr => compare("eq", word, u32(k));
  return select(is(0), a, select(is(1), b, select(is(2), c, d)));
}

/** In [1, 2), from the leading bits of a word: what a float holds below its 1. */
const fraction: Readonly<Record<FloatType, (word: Expr) => Expr>> = {
  f32: (word) => bitcast("f32", or(shr(word, 9), u32(0x3f800000))),
  f64: (word) => join(or(shr(word, 12), u32(0x3ff00000)), shl(word, 20)),
};
/** The middle of the word's cell; the difference is exact. */
const uniform = (word: Expr, type: FloatType): Expr => sub(fraction[type](word), constant(type, 1 - CELL[type] / 2));
const CELL: Readonly<Record<FloatType, number>> = { f32: 2 ** -23, f64: 2 ** -32 };

/** `(word + 1/2)·2^-32` with all the precision of the type, also near 0. */
function floating(word: Expr, type: FloatType): Expr {
  const scaled = mul(convert(type, word), constant(type, 2 ** -32));
  return add(scaled, like(scaled, 2 ** -33));
}

/** `normalOf` of `base/laws.ts`. In f32 the smaller tail keeps its precision, and the error is about 3e-7 relative. */
function normal(word: Expr, type: FloatType): Expr {
  const signed = bitcast("i32", word);
  const p = floating(xor(signed, shr(signed, 31)), type);
  const { center, tail } = AS241[type];
  const q = sub(like(p, 0.5), p);
  const inner = sub(like(p, 0.180625), mul(q, q));
  const outer = sub(sqrt(neg(logOfNormal(p))), like(p, 1.6));
  const central = compare("le", q, like(p, 0.425));
  const above = select(central, mul(q, horner(inner, center.above)), horner(outer, tail.above));
  const below = select(central, horner(inner, center.below), horner(outer, tail.below));
  return withSign(div(above, below), and(not(word), u32(0x80000000)));
}

/**
 * `poissonOf` of `base/poisson.ts`, its sums unrolled: for each possible count one comparison of integers and one addition,
 * beside the tails, which a mean that is the same for all needs once. As many counts as a constant mean needs, else as
 * POISSON_LIMIT does. NaN for a mean outside 0 to POISSON_LIMIT.
 */
function poisson(word: Expr, type: FloatType, mean: Expr): Expr {
  const drawn = signed(word);
  let count: Expr = i32(0);
  for (const bound of tailBounds(mean, poissonTerms(largestMean(mean))))
    count = add(count, convert("i32", compare("lt", drawn, signed(bound))));
  const valid = and(compare("ge", mean, like(mean, 0)), compare("le", mean, like(mean, POISSON_LIMIT)));
  return select(valid, convert(type, count), like(mean, Number.NaN));
}
/** 2^32·P(X > k), the smallest first. */
function tailBounds(mean: Expr, terms: number): Expr[] {
  const p = [exp(neg(mean))];
  for (let k = 1; k <= terms; k++) p.push(mul(p[k - 1]!, mul(mean, like(mean, 1 / k))));
  const bounds: Expr[] = [];
  let tail: Expr | undefined;
  for (let k = terms; k > 0; k--) {
    tail = tail ? add(tail, p[k]!) : p[k]!;
    bounds.push(convert("u32", add(mul(tail, like(mean, 2 ** 32)), like(mean, 0.5))));
  }
  return bounds;
}
/** In the same order, as comparisons of signed integers cost less. */
const signed = (word: Expr): Expr => bitcast("i32", xor(word, u32(0x80000000)));
function largestMean(mean: Expr): number {
  if (mean.tag !== "const") return POISSON_LIMIT;
  if (mean.value >= 0 && mean.value <= POISSON_LIMIT) return mean.value;
  throw new ModelError(
    "out-of-range",
    "poisson",
    `the mean must be from 0 to ${POISSON_LIMIT} (draw several and add them), got ${mean.value}`,
  );
}

/** What an element's counts are drawn by, unless kernel `drawCounts` does it: 16 bits, and behind them 16 that seldom matter (`base/draws.ts`). */
function countWord(stream: number, of: IndexOf): Expr {
  const { block, word } = whereOf(of);
  const shared = { block: or(shl(shr(block, 3), 2), and(block, u32(3))), word };
  const high = compare("eq", and(shr(block, 2), u32(1)), u32(1));
  const piece = (key: number): Expr => {
    const whole = wordAt((stream ^ key) >>> 0, shared, PHILOX.fewRounds);
    return select(high, shr(whole, 16), and(whole, u32(0xffff)));
  };
  return or(shl(piece(LAW_KEY.poisson), 16), piece(LAW_KEY.poissonRest));
}

const LAWS: Readonly<Record<Law, (word: Expr, type: FloatType, args: readonly Expr[]) => Expr>> = {
  bits: (word) => word,
  uniform,
  normal,
  poisson: (word, type, [mean]) => poisson(word, type, mean!),
};
/** What a law makes of its random word. */
export const applyLaw = ({ law, type, args }: Draw, word: Expr): Expr => LAWS[law](word, type as FloatType, args);

/** A draw in basic operations. `of` is the index that tells one element from another. */
export const expandDraw = (e: Draw, of: IndexOf): Expr =>
  applyLaw(e, e.law === "poisson" ? countWord(e.stream, of) : wordAt((e.stream ^ LAW_KEY[e.law]) >>> 0, whereOf(of)));

/** The law of a count whose mean is known. */
export function countLaw({ args }: Draw): CountLaw | undefined {
  const [mean] = args;
  return mean?.tag === "const" && !Number.isNaN(mean.value) ? poissonLaw(mean.value) : undefined;
}
