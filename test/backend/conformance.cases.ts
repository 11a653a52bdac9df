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
  max,
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
import {
  along,
  type Buffer,
  invoke,
  type Kernel,
  loop,
  type Node,
  ofPart,
  type Program,
  padded,
  place,
} from "../../src/ir/program.ts";
import type { Slot, Step, StoreMode } from "../../src/ir/step.ts";
import { type FloatType, isFloat, type Type } from "../../src/ir/types.ts";
import { fullInputs, fullProgram, fullStep, type Shape } from "./synapseLines.cases.ts";

export interface Case {
  readonly name: string;
  readonly program: Program;
  /** Contents of buffers before the run. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** How many leading elements of a buffer are defined after the run (default all). */
  readonly defined?: Readonly<Record<string, number>>;
}

/** A small reproducible source of test values: not for anything but tests. */
export function values(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

const FLOAT_SPECIALS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-40,
  -1e-40,
  3e38,
  -3e38,
  Infinity,
  -Infinity,
  Number.NaN,
  2147483648,
  -2147483649,
  4294967295,
  4294967296,
  1e10,
  0.1,
];
const INT_SPECIALS = [0, 1, 2, 3, 31, 32, 255, 65535, 65536, 2147483647, 2147483648, 4294967294, 4294967295];

export function sample(type: Type, n: number, seed: number): number[] {
  const next = values(seed * 7919 + 17);
  const specials = isFloat(type) ? FLOAT_SPECIALS : INT_SPECIALS;
  const one = (): number => {
    if (type === "bool") return next() < 0.5 ? 1 : 0;
    if (next() < 0.4) return constant(type, specials[Math.floor(next() * specials.length)]!).value;
    return constant(type, isFloat(type) ? (next() - 0.5) * 10 ** (next() * 12 - 6) : next() * 2 ** 32).value;
  };
  return Array.from({ length: n }, one);
}

const buffer = (name: string, type: Type, length: number): Buffer => ({ name, type, length, role: "work" });
const program = (name: string, buffers: Buffer[], body: Node[]): Program => ({
  name,
  buffers,
  regions: [{ name: "main", body }],
});
const element = (name: string, type: Type): Slot => ({ name, type, space: "element" });

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

const FLOATS: FloatType[] = ["f32", "f64"];
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
    [`${x}.from`, place("zero")],
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
        buffer("list", "u32", n),
        buffer("other", "u32", n),
        buffer("bits", "u32", Math.ceil(n / 32)),
        buffer("sum", type, 1),
        buffer("tested", "i32", 1),
        buffer("negative", "i32", 1),
        buffer("zero", "i32", 1),
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
      n: [n],
    },
    defined: { list: 0, other: words.filter((x) => x < 0).length },
  };
}

const small = (n: number, seed: number, scale = 1): number[] => {
  const next = values(seed);
  return Array.from({ length: n }, () => Math.fround((next() - 0.5) * scale));
};
const indices = (n: number, below: number, seed: number): number[] => {
  const next = values(seed);
  return Array.from({ length: n }, () => Math.floor(next() * below));
};

/** @param start the buffer that `init` is */
function gatherCase(
  type: FloatType,
  width: number,
  events: number,
  valued: boolean,
  init: boolean,
  start: "init" | "out" = "init",
): Case {
  const [rows, w] = [23, padded(width, type)];
  const kernel: Kernel = { kind: "gatherRows", type, width: w, stride: w, valued, init };
  const name = `gatherRows ${type} ${width} events=${events}${valued ? " valued" : ""}${init ? ` ${start}` : ""}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("weights", type, rows * w),
        buffer("list", "u32", events + 3),
        buffer("values", type, events + 3),
        buffer("init", type, w),
        buffer("out", type, w),
        buffer("ends", "i32", 2),
      ],
      [
        invoke(
          kernel,
          {
            out: place("out"),
            weights: place("weights"),
            list: place("list"),
            ...(init && { init: place(start) }),
            ...(valued && { values: place("values") }),
          },
          { from: place("ends"), to: place("ends", 1) },
        ),
      ],
    ),
    inputs: {
      weights: small(rows * w, 3),
      list: indices(events + 3, rows, 5),
      values: small(events + 3, 7),
      init: small(w, 9),
      out: small(w, 8),
      ends: [3, events + 3],
    },
  };
}

function productCase(
  type: FloatType,
  [m, k, n]: readonly [number, number, number],
  transposed: boolean,
  start: "zero" | "init" | "out",
): Case {
  const w = padded(n, type);
  const kernel: Kernel = {
    kind: "product",
    type,
    width: w,
    bStride: w,
    outStride: w,
    aRow: transposed ? 1 : k,
    aColumn: transposed ? m : 1,
    start,
  };
  const name = `product ${type} ${m}x${k}x${n}${transposed ? " transposed" : ""} ${start}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("a", type, m * k),
        buffer("b", type, k * w),
        buffer("out", type, m * w),
        buffer("init", type, w),
        buffer("m", "i32", 1),
      ],
      [
        invoke(
          kernel,
          { out: place("out"), a: place("a"), b: place("b"), ...(start === "init" && { init: place("init") }) },
          { rows: m > 4 || m === 1 ? m : place("m"), depth: k },
        ),
      ],
    ),
    inputs: { a: small(m * k, 11), b: small(k * w, 13), out: small(m * w, 15), init: small(w, 17), m: [m] },
  };
}

function dotsCase(type: FloatType, widths: readonly number[], rows: number, listed: boolean, accumulate = false): Case {
  const parts = widths.map((width) => ({ width: padded(width, type), stride: padded(width, type) }));
  const ofParts = <A>(make: (p: number, width: number) => readonly (readonly [string, A])[]): Record<string, A> =>
    Object.fromEntries(parts.flatMap(({ width }, p) => make(p, width)));
  const name = `rowDots ${type} ${widths.join("+")} rows=${rows}${listed ? " listed" : ""}${accumulate ? " accumulate" : ""}`;
  const kernel: Kernel = { kind: "rowDots", type, parts, listed, accumulate };
  return {
    name,
    program: program(
      name,
      [
        ...parts.flatMap(({ width }, p) => [
          buffer(ofPart("a", p), type, width),
          buffer(ofPart("weights", p), type, 40 * width),
        ]),
        buffer("out", type, 40),
        buffer("list", "u32", rows + 2),
        buffer("ends", "i32", 2),
      ],
      [
        invoke(
          kernel,
          {
            out: place("out"),
            ...ofParts((p) => (["a", "weights"] as const).map((n) => [ofPart(n, p), place(ofPart(n, p))])),
            ...(listed && { list: place("list") }),
          },
          listed ? { from: place("ends"), to: place("ends", 1) } : { rows },
        ),
      ],
    ),
    inputs: {
      ...ofParts((p, width) => [
        [ofPart("a", p), small(width, 21 + p)],
        [ofPart("weights", p), small(40 * width, 23 + p)],
      ]),
      out: small(40, 25),
      list: Array.from({ length: rows + 2 }, (_, k) => (7 * k + 3) % 40), // no row twice
      ends: [1, rows + 1],
    },
  };
}

function outerCase(type: FloatType, width: number, valued: boolean): Case {
  const [w, steps, rows] = [padded(width, type), 6, 17];
  const ends = [0, 3, 3, 10, 11, 11, 30];
  const name = `outerRows ${type} ${width}${valued ? " valued" : ""}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("out", type, rows * w),
        buffer("list", "u32", 30),
        buffer("ends", "i32", steps + 1),
        buffer("delta", type, steps * w),
        buffer("values", type, 30),
      ],
      [
        invoke(
          { kind: "outerRows", type, width: w, stride: w, deltaStride: w, valued },
          {
            out: place("out"),
            list: place("list"),
            ends: place("ends"),
            delta: place("delta"),
            ...(valued && { values: place("values") }),
          },
          { steps },
        ),
      ],
    ),
    inputs: {
      out: small(rows * w, 31),
      list: indices(30, rows, 33),
      ends,
      delta: small(steps * w, 35),
      values: small(30, 37),
    },
  };
}

/** Three groups of four steps; some rows and steps have no entry. */
function transposeCase(type: FloatType, valued: boolean, groups: number): Case {
  const [steps, rows, room] = [4, 9, 12];
  const counts = [3, 0, 5, 2, 0, 0, 0, 0, 1, 4, 4, 3];
  const ends = range(3).flatMap((g) => range(steps + 1).map((s) => sumOf(counts.slice(g * steps, g * steps + s))));
  const entries = sumOf(counts.slice(0, groups * steps));
  const name = `transposeLists ${type} groups=${groups}${valued ? " valued" : ""}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("list", "u32", 3 * room),
        buffer("ends", "i32", ends.length),
        buffer("values", type, 3 * room),
        buffer("starts", "i32", rows + 1),
        buffer("order", "u32", 3 * room),
        buffer("sorted", type, 3 * room),
      ],
      [
        invoke(
          {
            kind: "transposeLists",
            type,
            rows,
            listStride: room,
            endsStride: steps + 1,
            numberStride: steps + 2,
            valued,
          },
          {
            list: place("list"),
            ends: place("ends"),
            starts: place("starts"),
            order: place("order"),
            ...(valued && { values: place("values"), sorted: place("sorted") }),
          },
          { groups, steps },
        ),
      ],
    ),
    inputs: {
      list: indices(3 * room, rows - 2, 71).map((r) => (r > 3 ? r + 1 : r)),
      ends,
      values: small(3 * room, 73),
      starts: new Array<number>(rows + 1).fill(5),
    },
    defined: { order: entries, sorted: valued ? entries : 0 },
  };
}
const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
const sumOf = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);

function unpackCase(n: number): Case {
  const words = Math.ceil(n / 32);
  const bits = sample("u32", words, 3 + n);
  const set = Array.from({ length: n }, (_, i) => (bits[i >> 5]! >>> (i & 31)) & 1).reduce((a, b) => a + b, 0);
  return {
    name: `unpackBits n=${n}`,
    program: program(
      `unpackBits n=${n}`,
      [buffer("bits", "u32", words), buffer("list", "u32", n + 5), buffer("ends", "i32", 2)],
      [
        invoke(
          { kind: "unpackBits" },
          { bits: place("bits"), list: place("list"), from: place("ends"), to: place("ends", 1) },
          { n },
        ),
      ],
    ),
    inputs: { bits, ends: [1, 0] },
    defined: { list: set + 1 },
  };
}

/** Pre, post, synapse and uniform slots; a post variable that later synapses of the same call read back. */
function synapseCase(domain: "all" | "rows" | "columns", type: FloatType): Case {
  const slots: Slot[] = [
    { name: "w", type, space: "synapse" },
    { name: "x", type, space: "pre" },
    { name: "y", type, space: "post" },
    { name: "g", type, space: "uniform" },
    { name: "sum", type, space: "post" },
    { name: "count", type: "u32", space: "pre" },
  ];
  const [w, x, y, g] = [read(type, "w"), read(type, "x"), read(type, "y"), read(type, "g")];
  const step: Step = {
    name: "syn",
    slots,
    stores: [
      { slot: "sum", mode: "add", value: mul(w, add(x, y)) },
      { slot: "w", mode: "set", value: max(sub(w, mul(g, read(type, "sum"))), constant(type, 0)) },
      { slot: "count", mode: "add", value: add(index("post"), add(index("synapse"), index("pre"))) },
    ],
  };
  // Three sources, four targets, seven synapses, one of them an autapse-like repeat.
  const rowStart = [0, 3, 3, 7];
  const target = [1, 3, 3, 0, 1, 2, 3];
  const source = [0, 0, 0, 2, 2, 2, 2];
  const byTarget = [...target.keys()].sort((a, b) => target[a]! - target[b]! || a - b);
  const columnStart = [0, 1, 2, 3, 4].map((t) => target.filter((x) => x < t).length);
  const name = `perSynapse ${domain} ${type}`;
  const lists = { rows: [2, 0, 0], columns: [3, 1], all: [] }[domain];
  return {
    name,
    program: program(
      name,
      [
        buffer("w", type, 7),
        buffer("x", type, 3),
        buffer("y", type, 4),
        buffer("g", type, 1),
        buffer("sum", type, 4),
        buffer("count", "u32", 3),
        buffer("rowStart", "i32", 4),
        buffer("target", "u32", 7),
        buffer("columnSource", "u32", 7),
        buffer("columnStart", "i32", 5),
        buffer("columnSynapse", "u32", 7),
        buffer("list", "u32", 3),
      ],
      [
        invoke(
          { kind: "perSynapse", domain, step },
          {
            ...Object.fromEntries(
              [
                ...slots.map((s) => s.name),
                "rowStart",
                "target",
                "columnSource",
                "columnStart",
                "columnSynapse",
                "list",
              ].map((s) => [s, place(s)]),
            ),
          },
          domain === "all" ? { sources: 3 } : { from: 0, to: lists.length },
        ),
      ],
    ),
    inputs: {
      w: small(7, 41, 4),
      x: small(3, 43),
      y: small(4, 45),
      g: [0.125],
      sum: small(4, 47),
      rowStart,
      target,
      columnSource: byTarget.map((k) => source[k]!),
      columnStart,
      columnSynapse: byTarget,
      list: lists,
    },
  };
}

/** What synapses of a row bring to its source: rows of no synapse, of one, and of more than fit a turn. */
function synapseGatherCase(domain: "all" | "rows", type: FloatType, weight: "synapse" | "uniform"): Case {
  const slots: Slot[] = [
    { name: "w", type, space: weight },
    { name: "error", type, space: "post" },
    { name: "out", type, space: "pre" },
  ];
  const value = mul(read(type, "w"), read(type, "error"));
  const step: Step = { name: "back", slots, stores: [{ slot: "out", mode: "add", value }] };
  const rowStart = [0, 9, 9, 10, 15];
  const target = [0, 1, 2, 2, 3, 4, 5, 5, 6, 3, 0, 2, 4, 5, 6];
  const name = `perSynapse gathers ${domain} ${type}, weights ${weight}`;
  const list = domain === "rows" ? [3, 0, 0, 1] : [];
  return {
    name,
    program: program(
      name,
      [
        buffer("w", type, 15),
        buffer("error", type, 7),
        buffer("out", type, 4),
        buffer("rowStart", "i32", 5),
        buffer("target", "u32", 15),
        buffer("list", "u32", 4),
      ],
      [
        invoke(
          { kind: "perSynapse", domain, step, gathers: true },
          Object.fromEntries(["w", "error", "out", "rowStart", "target", "list"].map((s) => [s, place(s)])),
          domain === "all" ? { sources: 4 } : { from: 0, to: list.length },
        ),
      ],
    ),
    inputs: { w: small(15, 51, 4), error: small(7, 53), out: small(4, 55), rowStart, target, list },
  };
}

/** Every source with every target: whole vectors and what is left of them, with bodies whose synapses are apart and not. */
function fullCase(domain: Shape["domain"], type: FloatType, [sources, targets]: readonly [number, number]): Case {
  const apart = targets !== 9;
  const list = domain === "all" ? [] : [2, 0, 2];
  const [first, n] = apart ? [0, targets] : [2, targets - 1];
  const bare = sources === 19;
  const shape = { domain, type, sources, targets, first, n, apart, bare, known: targets !== 33, list };
  const { slots } = fullStep(shape);
  const made = fullProgram(shape, true);
  const room = new Map(made.buffers.map((b) => [b.name, b.length]));
  const values = slots.map((s, k): [string, number[]] => [s.name, sample(s.type, room.get(s.name)!, k + targets)]);
  return {
    name: `perSynapse full ${sources}x${targets} ${domain} ${type}`,
    program: made,
    inputs: { ...fullInputs(shape), ...Object.fromEntries(values) },
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
  ...FLOATS.flatMap((type) =>
    [1, 10, 28, 33, 300, 513].flatMap((width) =>
      [
        [0, false, true],
        [1, false, false],
        [9, true, true],
        [14, false, true],
        [15, true, false],
      ].map(([events, valued, init]) => gatherCase(type, width, events as number, valued as boolean, init as boolean)),
    ),
  ),
  ...FLOATS.flatMap((type) => [33, 513].map((width) => gatherCase(type, width, 7, false, true, "out"))),
  // Every number of rows in the first pass; rows of even turns, and of turns that differ by one.
  ...FLOATS.flatMap((type) =>
    [2, 3, 4, 5, 6, 12, 19].flatMap((events) =>
      [256, 268].map((width) => gatherCase(type, width, events, width === 268, true, events % 2 ? "out" : "init")),
    ),
  ),
  ...FLOATS.flatMap((type) => [
    productCase(type, [1, 3, 5], false, "zero"),
    productCase(type, [4, 7, 33], false, "init"),
    productCase(type, [11, 5, 40], true, "out"),
    productCase(type, [6, 9, 8], true, "zero"),
    productCase(type, [3, 2, 300], false, "out"),
    productCase(type, [1, 15, 513], false, "init"),
    productCase(type, [1, 9, 520], true, "out"),
    productCase(type, [1, 3, 520], false, "zero"),
    productCase(type, [5, 610, 440], false, "zero"),
  ]),
  ...FLOATS.flatMap((type) =>
    [
      [10, 3, true],
      [10, 8, false],
      [33, 13, true],
      [100, 1, false],
      [72, 6, true],
      [20, 0, true],
      [36, 2, true],
      [36, 4, false],
      [36, 5, false],
      [36, 7, true],
      [36, 10, false],
      [36, 39, true],
    ].map(([w, r, l]) => dotsCase(type, [w as number], r as number, l as boolean)),
  ),
  ...FLOATS.flatMap((type) => [
    dotsCase(type, [20], 9, false, true),
    dotsCase(type, [20], 11, true, true),
    dotsCase(type, [20], 37, false, true),
    dotsCase(type, [77], 38, false),
    dotsCase(type, [36, 8], 15, true),
    dotsCase(type, [8, 72, 4], 9, false, true),
  ]),
  ...FLOATS.flatMap((type) => [outerCase(type, 10, false), outerCase(type, 33, true), outerCase(type, 100, false)]),
  ...FLOATS.flatMap((type) => [
    transposeCase(type, false, 3),
    transposeCase(type, true, 3),
    transposeCase(type, true, 1),
  ]),
  ...[1, 31, 32, 33, 100].map(unpackCase),
  ...FLOATS.flatMap((type) =>
    [1, 2, 5, 20].flatMap((most) =>
      [1, 3].flatMap((parts) => [true, false].map((f) => winnersCase(type, most, parts, f))),
    ),
  ),
  ...FLOATS.flatMap((type) =>
    (["all", "rows"] as const).flatMap((d) =>
      (["synapse", "uniform"] as const).map((weight) => synapseGatherCase(d, type, weight)),
    ),
  ),
  ...FLOATS.flatMap((type) =>
    (["all", "rows", "columns"] as const).flatMap((d) => [
      synapseCase(d, type),
      ...[[3, 3] as const, [7, 9] as const, [19, 21] as const, [4, 33] as const].map((size) => fullCase(d, type, size)),
    ]),
  ),
  loopCase(),
  ...FLOATS.flatMap((type) => [1, 5, 36, 75, 2000].map((n) => zeroCase(type, n))),
];
