/**
 * The conformance cases: programs with inputs, run on every backend. All must equal the interpreter bit for bit.
 * A backend that cannot run a case lists its name with a reason in its own test.
 */

import {
  abs,
  add,
  and,
  type BinaryOp,
  binary,
  bitcast,
  type CompareOp,
  compare,
  constant,
  convert,
  type Expr,
  f32,
  index,
  join,
  mul,
  mulShift,
  neg,
  not,
  or,
  type Rounding,
  read,
  select,
  shl,
  shr,
  spike,
  sqrt,
  sub,
  type UnaryOp,
  u32,
  unary,
  word,
  xor,
} from "../../src/ir/expr.ts";
import { along, invoke, type Kernel, loop, place } from "../../src/ir/program.ts";
import type { Slot, Step, StoreMode } from "../../src/ir/step.ts";
import type { FloatType, Type } from "../../src/ir/types.ts";
import { buffer, type Case, element, FLOATS, program, range, sample, small } from "./cases.ts";
import { ROWS } from "./rows.cases.ts";
import { SYNAPSES } from "./synapses.cases.ts";

/** A step over slots a, b, c of given types that sets `out`. */
function expressionCase(name: string, types: readonly Type[], value: (...reads: Expr[]) => Expr): Case {
  const n = 203; // whole vectors and a tail
  const names = ["a", "b", "c"].slice(0, types.length);
  const e = value(...names.map((s, k) => read(types[k]!, s)));
  const step: Step = {
    name,
    slots: [...names.map((s, k) => element(s, types[k]!)), element("out", e.type)],
    stores: [{ slot: "out", mode: "set", value: e }],
  };
  const all = [...names, "out"];
  return {
    name,
    program: program(
      name,
      step.slots.map((s) => buffer(s.name, s.type, n)),
      [invoke({ kind: "perElement", step }, Object.fromEntries(all.map((s) => [s, place(s)])), { n })],
    ),
    inputs: Object.fromEntries(names.map((s, k) => [s, sample(types[k]!, n, k + name.length)])),
  };
}

const UNARY: Record<UnaryOp, Type[]> = {
  neg: ["f32", "f64", "i32", "u32"],
  abs: ["f32", "f64", "i32", "u32"],
  sqrt: FLOATS,
  floor: FLOATS,
  ceil: FLOATS,
  trunc: FLOATS,
  nearest: FLOATS,
  not: ["i32", "u32", "bool"],
};
const NUMBERS: Type[] = ["f32", "f64", "i32", "u32"];
const BINARY: Record<BinaryOp, Type[]> = {
  add: NUMBERS,
  sub: NUMBERS,
  mul: NUMBERS,
  div: FLOATS,
  min: NUMBERS,
  max: NUMBERS,
  and: ["i32", "u32", "bool"],
  or: ["i32", "u32", "bool"],
  xor: ["i32", "u32", "bool"],
  shl: [],
  shr: [],
  mulHi: ["i32", "u32"],
};
const COMPARE: CompareOp[] = ["lt", "le", "gt", "ge", "eq", "ne"];
const ALL: Type[] = [...NUMBERS, "bool"];

function* operationCases(): Generator<Case> {
  for (const [op, types] of Object.entries(UNARY))
    for (const t of types) yield expressionCase(`${op} ${t}`, [t], (a) => unary(op as UnaryOp, a!));
  for (const [op, types] of Object.entries(BINARY))
    for (const t of types) yield expressionCase(`${op} ${t}`, [t, t], (a, b) => binary(op as BinaryOp, a!, b!));
  for (const t of ["i32", "u32"] as const)
    for (const amount of [0, 1, 7, 31]) {
      yield expressionCase(`shl ${t} ${amount}`, [t], (a) => shl(a!, amount));
      yield expressionCase(`shr ${t} ${amount}`, [t], (a) => shr(a!, amount));
    }
  for (const op of COMPARE)
    for (const t of NUMBERS) yield expressionCase(`${op} ${t}`, [t, t], (a, b) => compare(op, a!, b!));
  for (const op of ["eq", "ne"] as const)
    yield expressionCase(`${op} bool`, ["bool", "bool"], (a, b) => compare(op, a!, b!));
  for (const t of FLOATS)
    for (const zero of [0, -0])
      for (const first of [true, false])
        yield expressionCase(
          `select ${t} ${first ? "from" : "or"} ${Object.is(zero, 0) ? "" : "-"}0`,
          ["bool", t],
          (a, b) => (first ? select(a!, constant(t, zero), b!) : select(a!, b!, constant(t, zero))),
        );
  for (const t of ALL) yield expressionCase(`select ${t}`, ["bool", t, t], (a, b, c) => select(a!, b!, c!));
  for (const t of NUMBERS)
    yield expressionCase(`select ${t} less another`, ["bool", t, t], (a, b, c) => select(a!, sub(b!, c!), b!));
  for (const t of NUMBERS)
    yield expressionCase(`select ${t} by f64`, ["f64", t, t], (a, b, c) =>
      select(compare("gt", a!, constant("f64", 0)), b!, c!),
    );
  for (const to of ALL)
    for (const from of ALL)
      if (to !== from) yield expressionCase(`convert ${from} to ${to}`, [from], (a) => convert(to, a!));
  for (const to of ["f32", "i32", "u32"] as const)
    for (const from of ["i32", "u32"] as const)
      if (to !== from) yield expressionCase(`bitcast ${from} to ${to}`, [from], (a) => bitcast(to, a!));
  yield expressionCase("bitcast f32 to u32", ["f32"], (a) => select(compare("eq", a!, a!), bitcast("u32", a!), u32(0)));
  for (const half of ["low", "high"] as const)
    yield expressionCase(`word ${half}`, ["f64"], (a) => select(compare("eq", a!, a!), word(half, a!), u32(0)));
  yield expressionCase("join", ["u32", "u32"], (a, b) => join(a!, b!));
  for (const t of FLOATS) yield expressionCase(`spike ${t}`, [t], (a) => spike(a!));
  for (const t of ["i32", "u32"] as const)
    for (const rounding of ["floor", "zero", "halfUp"] as Rounding[])
      for (const overflow of ["wrap", "saturate"] as const)
        for (const s of [0, 1, 12, 31])
          yield expressionCase(`mulShift ${t} ${rounding} ${overflow} ${s}`, [t, t], (a, b) =>
            mulShift(a!, b!, s, { rounding, overflow }),
          );
  for (const t of ["i32", "u32"] as const)
    for (const s of [0, 8, 31])
      yield expressionCase(`mulShift ${t} stochastic ${s}`, [t, t, "u32"], (a, b, noise) =>
        mulShift(a!, b!, s, { rounding: "stochastic", noise: noise! }),
      );
  yield expressionCase("mixed widths of masks", ["f64", "f32", "i32"], (a, b, c) => {
    const wide = compare("lt", a!, constant("f64", 1));
    const narrow = compare("ge", b!, f32(0));
    const third = xor(not(and(wide, narrow)), or(compare("eq", c!, constant("i32", 1)), wide));
    return select(third, select(narrow, a!, neg(a!)), sqrt(abs(convert("f64", c!))));
  });
}

/** Every kind of store at lengths around the vector size. */
function storeCase(mode: StoreMode, type: Type, n: number): Case {
  const name = `store ${mode} ${type} n=${n}`;
  const a = read(type, "a");
  const boolean = compare("gt", a, constant(type, 0));
  const value = mode === "append" || mode === "bits" ? boolean : add(mul(a, a), convert(type, index()));
  const uniform = mode === "sum" || mode === "max";
  const out: Slot = {
    name: "out",
    type: mode === "append" || mode === "bits" ? "u32" : value.type,
    space: uniform || mode === "append" || mode === "bits" ? "uniform" : "element",
  };
  const step: Step = { name: "s", slots: [element("a", type), out], stores: [{ slot: "out", mode, value }] };
  const list = mode === "append";
  const finite = sample(type, n, n).map((x) => (Number.isNaN(x) ? 2 : x));
  return {
    name,
    program: program(
      name,
      [
        buffer("a", type, n),
        buffer("out", out.type, list ? n + 10 : mode === "bits" ? Math.ceil(n / 32) : n),
        buffer("ends", "i32", 2),
      ],
      [
        invoke(
          { kind: "perElement", step },
          {
            a: place("a"),
            out: place("out"),
            ...(list && { "out.from": place("ends"), "out.to": place("ends", 1) }),
          },
          { n },
        ),
      ],
    ),
    inputs: { a: finite, ends: [2, 0], out: out.type === "u32" ? [7] : [1.25] },
    ...(list && { defined: { out: 2 + finite.filter((x) => x > 0).length } }),
  };
}

/**
 * Lists, bits and counts beside other stores: few slots or many, of several widths; a short body or one too long for more than
 * one vector a turn; a count that is known or read from memory.
 */
function bodyCase(type: FloatType, n: number, extra: number, length: number, known: boolean): Case {
  const names = Array.from({ length: extra }, (_, k) => `x${k}`);
  const [v, w] = [read(type, "v"), read("i32", "w")];
  let value = mul(v, constant(type, 0.75));
  for (const x of names) value = add(value, mul(read(type, x), v));
  for (let k = 0; k < length; k++) value = add(mul(value, constant(type, 0.5 + k / 512)), v);
  const test = compare("gt", value, constant(type, 0.25));
  const kept = select(test, constant(type, 0), value);
  const negative = compare("lt", w, constant("i32", 0));
  const step: Step = {
    name: "body",
    slots: [
      element("v", type),
      element("w", "i32"),
      element("fired", "bool"),
      ...names.map((x) => element(x, type)),
      ...["list", "other", "bits"].map((name): Slot => ({ name, type: "u32", space: "uniform" })),
      { name: "sum", type, space: "uniform" },
      ...["tested", "negative"].map((name): Slot => ({ name, type: "i32", space: "uniform" })),
    ],
    stores: [
      { slot: "v", mode: "set", value: kept },
      { slot: "w", mode: "add", value: select(test, w, constant("i32", 0)) },
      { slot: "fired", mode: "set", value: test },
      { slot: "list", mode: "append", value: test },
      { slot: "other", mode: "append", value: negative },
      { slot: "bits", mode: "bits", value: test },
      { slot: "sum", mode: "sum", value: kept },
      { slot: "tested", mode: "sum", value: convert("i32", test) },
      { slot: "negative", mode: "sum", value: convert("i32", negative) },
    ],
  };
  const name = `body ${type} n=${n} slots=${extra} length=${length}${known ? "" : " count in memory"}`;
  const lists = ["list", "other"].flatMap((x, k) => [
    [x, place(x)],
    [`${x}.from`, place("start")],
    [`${x}.to`, place("ends", k)],
  ]);
  const words = sample("i32", n, n + 1);
  return {
    name,
    program: program(
      name,
      [
        buffer("v", type, n),
        buffer("w", "i32", n),
        buffer("fired", "bool", n),
        ...names.map((x) => buffer(x, type, n)),
        buffer("list", "u32", n + 2),
        buffer("other", "u32", n + 2),
        buffer("bits", "u32", Math.ceil(n / 32)),
        buffer("sum", type, 1),
        buffer("tested", "i32", 1),
        buffer("negative", "i32", 1),
        buffer("start", "i32", 1),
        buffer("ends", "i32", 2),
        buffer("n", "i32", 1),
      ],
      [
        invoke(
          { kind: "perElement", step },
          {
            ...Object.fromEntries(
              ["v", "w", "fired", ...names, "bits", "sum", "tested", "negative"].map((x) => [x, place(x)]),
            ),
            ...Object.fromEntries(lists),
          },
          { n: known ? n : place("n") },
        ),
      ],
    ),
    inputs: {
      v: small(n, n, 2),
      w: words,
      ...Object.fromEntries(names.map((x, k) => [x, small(n, k + 2)])),
      tested: [-3],
      start: [2],
      n: [n],
    },
    defined: { list: 2, other: 2 + words.filter((x) => x < 0).length },
  };
}

/** Nested loops, one downwards, one whose bounds are read from memory, one address round a ring. */
function loopCase(): Case {
  const step: Step = {
    name: "acc",
    slots: [element("x", "f32"), element("y", "f32"), { name: "k", type: "f32", space: "uniform" }],
    stores: [
      { slot: "y", mode: "set", value: add(mul(read("f32", "y"), f32(0.5)), mul(read("f32", "x"), read("f32", "k"))) },
    ],
  };
  return {
    name: "loops, strides, ring",
    program: program(
      "loops",
      [buffer("x", "f32", 4 * 5), buffer("y", "f32", 3 * 5), buffer("k", "f32", 16), buffer("bounds", "i32", 6)],
      [
        loop("s", 3, [
          loop(
            "t",
            place("bounds", 3, along("s", 1)),
            [
              invoke(
                { kind: "perElement", step },
                {
                  x: place("x", 0, along("t", 5, { shift: 3, modulo: 4 })),
                  y: place("y", 0, along("s", 5)),
                  k: place("k", 0, along("t", 1)),
                },
                { n: 5 },
              ),
              invoke(
                { kind: "perElement", step },
                {
                  x: place("x", 0, along("s", 5, { most: 1 })),
                  y: place("y", 0, along("s", 5)),
                  k: place("k", 1, along("t", 1, { shift: -1, most: 3 })),
                },
                { n: 5 },
              ),
            ],
            { from: place("bounds", 0, along("s", 1)), reverse: true },
          ),
        ]),
      ],
    ),
    inputs: { x: small(20, 51), y: small(15, 53), k: small(16, 55), bounds: [0, 3, 5, 7, 0, 4] },
  };
}

function zeroCase(type: FloatType, n: number): Case {
  const name = `zero ${type} n=${n}`;
  return {
    name,
    program: program(
      name,
      [buffer("out", type, n + 4)],
      [invoke({ kind: "zero", type }, { out: place("out", 2) }, { n })],
    ),
    inputs: { out: small(n + 4, 61) },
  };
}

/** Lists of several parts, with equal keys, and room behind them that must stay as it is. */
function winnersCase(type: FloatType, most: number, parts: number, flagged: boolean): Case {
  const [room, stride, elements] = [12, 3, 40];
  const name = `winners ${type} most=${most} parts=${parts}${flagged ? " flagged" : ""}`;
  const lengths = [9, 0, 5].slice(0, parts);
  const list = range(parts * room).map((k) => (k * 7) % elements);
  const kernel: Kernel = { kind: "winners", type, most, parts, stride, flagged };
  return {
    name,
    program: program(
      name,
      [
        buffer("list", "u32", parts * room),
        buffer("from", "i32", parts),
        buffer("to", "i32", parts * stride),
        buffer("key", type, elements),
        buffer("flag", type, elements),
      ],
      [
        invoke(kernel, {
          list: place("list"),
          from: place("from"),
          to: place("to"),
          key: place("key"),
          ...(flagged && { flag: place("flag") }),
        }),
      ],
    ),
    inputs: {
      list,
      from: range(parts).map((p) => p * room),
      to: range(parts * stride).map((k) => (k % stride === 0 ? (k / stride) * room + lengths[k / stride]! : 99)),
      key: range(elements).map((k) => ((k * 5) % 8) / 4 - 0.5),
      flag: range(elements).map(() => 1),
    },
  };
}

export const CASES: readonly Case[] = [
  ...operationCases(),
  ...(["set", "add", "append", "bits", "sum", "max"] as StoreMode[]).flatMap((mode) =>
    FLOATS.flatMap((type) => [1, 2, 3, 4, 5, 8, 33, 100].map((n) => storeCase(mode, type, n))),
  ),
  ...FLOATS.flatMap((type) =>
    [3, 8, 21, 47].flatMap((n) => [
      bodyCase(type, n, 0, 1, true),
      bodyCase(type, n, 4, 2, false),
      bodyCase(type, n, 1, 80, true),
    ]),
  ),
  ...ROWS,
  ...FLOATS.flatMap((type) =>
    [1, 2, 5, 20].flatMap((most) =>
      [1, 3].flatMap((parts) => [true, false].map((f) => winnersCase(type, most, parts, f))),
    ),
  ),
  ...SYNAPSES,
  loopCase(),
  ...FLOATS.flatMap((type) => [1, 5, 36, 75, 2000].map((n) => zeroCase(type, n))),
];
