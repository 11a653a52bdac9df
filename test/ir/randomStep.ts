/** Random well-typed steps for property tests: a list of small instructions builds a graph, so that shrinking works. */
import fc from "fast-check";
import {
  type BinaryOp,
  binary,
  bitcast,
  bool,
  type CompareOp,
  compare,
  constant,
  convert,
  type Expr,
  index,
  join,
  mulShift,
  type Rounding,
  read,
  select,
  shl,
  shr,
  spike,
  type UnaryOp,
  unary,
  word,
} from "../../src/ir/expr.ts";
import type { Slot, Step } from "../../src/ir/step.ts";
import { isFloat, TYPES, type Type } from "../../src/ir/types.ts";

type Instruction = readonly [kind: number, type: number, a: number, b: number, c: number];
type Pick = (type: Type, which: number) => Expr;

const at = <T>(list: readonly T[], k: number): T => list[k % list.length]!;
const FLOAT: readonly Type[] = ["f32", "f64"];
const INT: readonly Type[] = ["i32", "u32"];
const NUMBER: readonly Type[] = [...FLOAT, ...INT];
const ARITHMETIC: readonly BinaryOp[] = ["add", "sub", "mul", "min", "max"];
const LOGIC: readonly BinaryOp[] = ["and", "or", "xor"];
const COMPARE: readonly CompareOp[] = ["lt", "le", "gt", "ge", "eq", "ne"];
const ROUNDING: readonly Rounding[] = ["floor", "zero", "halfUp", "stochastic"];
const FLOAT_UNARY: readonly UnaryOp[] = ["neg", "abs", "sqrt", "floor", "ceil", "trunc", "nearest"];

/** IEEE 754 leaves the bits of a NaN open, so bits are taken of numbers only. */
const number = (a: Expr): Expr => select(compare("eq", a, a), a, constant(a.type, 1));
const OFTEN: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  -4,
  0.1,
  2 ** -126,
  2 ** 127,
  2 ** 130,
  2 ** -130,
  Infinity,
  -Infinity,
  NaN,
];

/** One family of nodes each; `type`, `a`, `b`, `c` choose within it. */
const FAMILIES: readonly ((pick: Pick, i: Instruction) => Expr)[] = [
  (_p, [, t, a]) => constant(at(TYPES, t), at(OFTEN, a)),
  (p, [, t, a, b]) => unary(at(FLOAT_UNARY, b), p(at(FLOAT, t), a)),
  (p, [, t, a, b]) =>
    t % 3 === 2 ? unary("not", p("bool", a)) : unary(at(["neg", "abs", "not"] as const, b), p(at(INT, t), a)),
  (p, [, t, a, b, c]) => binary(at(ARITHMETIC, c), p(at(NUMBER, t), a), p(at(NUMBER, t), b)),
  (p, [, t, a, b]) => binary("div", p(at(FLOAT, t), a), p(at(FLOAT, t), b)),
  (p, [, t, a, b, c]) =>
    binary(at(LOGIC, c), p(at([...INT, "bool"] as const, t), a), p(at([...INT, "bool"] as const, t), b)),
  (p, [, t, a, b]) => (b % 2 ? shl(p(at(INT, t), a), b % 32) : shr(p(at(INT, t), a), b % 32)),
  (p, [, t, a, b]) => binary("mulHi", p(at(INT, t), a), p(at(INT, t), b)),
  (p, [, t, a, b, c]) => compare(at(COMPARE, c), p(at(NUMBER, t), a), p(at(NUMBER, t), b)),
  (p, [, t, a, b]) => compare(at(["eq", "ne"] as const, t), p("bool", a), p("bool", b)),
  (p, [, t, a, b, c]) => select(p("bool", c), p(at(TYPES, t), a), p(at(TYPES, t), b)),
  (p, [, t, a, b]) => convert(at(TYPES, t), p(at(TYPES, b), a)),
  (p, [, t, a]) => bitcast(at(INT, t), number(p("f32", a))),
  (p, [, t, a]) => number(bitcast("f32", p(at(INT, t), a))),
  (p, [, t, a]) => word(at(["low", "high"] as const, t), number(p("f64", a))),
  (p, [, , a, b]) => number(join(p("u32", a), p("u32", b))),
  (p, [, t, a, b, c]) => {
    const rounding = at(ROUNDING, c);
    const noise = rounding === "stochastic" ? { noise: p("u32", a + b) } : {};
    return mulShift(p(at(INT, t), a), p(at(INT, t), b), c % 32, {
      rounding,
      overflow: at(["wrap", "saturate"] as const, c >> 5),
      ...noise,
    });
  },
  (p, [, t, a]) => spike(p(at(FLOAT, t), a)),
  (p, [, t, a]) => compare("gt", spike(p(at(FLOAT, t), a)), constant(at(FLOAT, t), 0.5)),
];

const INPUTS: readonly Slot[] = TYPES.flatMap((type) =>
  ["a", "b"].map((n): Slot => ({ name: `${n}.${type}`, type, space: "element" })),
);
const OUTPUTS: readonly Slot[] = TYPES.flatMap((type) =>
  [0, 1].map((k): Slot => ({ name: `out${k}.${type}`, type, space: "element" })),
);

function build(instructions: readonly Instruction[]): Step {
  const pool = Object.fromEntries(
    TYPES.map((type) => [type, INPUTS.filter((s) => s.type === type).map((s): Expr => read(type, s.name))]),
  ) as Record<Type, Expr[]>;
  pool.u32.push(index());
  pool.bool.push(bool(true), bool(false));
  // Later values are chosen more often, so that graphs grow deep.
  const pick: Pick = (type, which) => pool[type].at(-1 - (which % pool[type].length))!;
  for (const i of instructions) {
    const e = at(FAMILIES, i[0])(pick, i);
    pool[e.type].push(e);
  }
  const stores = OUTPUTS.map((s, k) => ({ slot: s.name, mode: "set" as const, value: pick(s.type, k % 2) }));
  return { name: "random", slots: [...INPUTS, ...OUTPUTS], stores };
}

const small = fc.nat(63);
/** Steps over all tags except `call` and `draw`, with two inputs and two outputs of each type. */
export const randomStep: fc.Arbitrary<Step> = fc
  .array(fc.tuple(small, small, small, small, small), { minLength: 1, maxLength: 50, size: "max" })
  .map(build);

const SPECIALS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  -0.5,
  1.5,
  2.5,
  1e-40,
  -1e-310,
  3e38,
  1e308,
  Infinity,
  -Infinity,
  NaN,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
];
const value: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(...SPECIALS),
  fc.double(),
  fc.integer(),
  fc.double({ min: -4, max: 4, noNaN: true }),
);
/** One value for each input slot, in the slot's type. */
export const randomInputs: fc.Arbitrary<ReadonlyMap<string, number>> = fc
  .array(value, { minLength: INPUTS.length, maxLength: INPUTS.length })
  .map(
    (xs) =>
      new Map(INPUTS.map((s, k) => [s.name, constant(s.type, isFloat(s.type) ? xs[k]! : Math.trunc(xs[k]!)).value])),
  );
