import { describe, expect, test } from "vitest";
import {
  abs,
  add,
  call,
  compare,
  constant,
  convert,
  draw,
  type Expr,
  f32,
  f64,
  i32,
  index,
  join,
  mul,
  mulShift,
  neg,
  not,
  read,
  select,
  spike,
  sub,
  u32,
  word,
} from "../../src/ir/expr.ts";
import { literal, printExpr, printPlace, printProgram, printStep } from "../../src/ir/print.ts";
import { along, invoke, loop, type Program, place } from "../../src/ir/program.ts";
import type { Step } from "../../src/ir/step.ts";
import { lif } from "./lif.ts";

test("a step is printed as SSA, shared values once", () => {
  expect(printStep(lif)).toBe(`step lif
  element v : f32
  element i : f32
  uniform alpha : f32
  uniform vTh : f32
  element s : f32
  element spikes : u32
  %0 = read alpha : f32
  %1 = read v : f32
  %2 = mul %0 %1 : f32
  %3 = read i : f32
  %4 = add %2 %3 : f32
  %5 = read vTh : f32
  %6 = sub %4 %5 : f32
  %7 = spike %6 : f32
  %8 = const 0 : f32
  %9 = gt %6 %8 : bool
  %10 = select %9 %8 %4 : f32
  set s = %7
  bits spikes = %9
  set v = %10`);
});

test("every kind of node has its line", () => {
  const noise = draw("bits", "u32", 3);
  const wide = mulShift(index(), u32(5), 7, { rounding: "stochastic", overflow: "saturate", noise });
  const value = join(word("high", convert("f64", wide)), u32(0));
  const step: Step = {
    name: "odd",
    slots: [{ name: "out", type: "f64", space: "element" }],
    stores: [{ slot: "out", mode: "set", value: call("pow", value, f64(-0)) }],
  };
  expect(printStep(step)).toBe(`step odd
  element out : f64
  %0 = index element : u32
  %1 = const 5 : u32
  %2 = draw.bits #3 : u32
  %3 = mulShift.stochastic.saturate >>7 %0 %1 %2 : u32
  %4 = convert %3 : f64
  %5 = word.high %4 : u32
  %6 = const 0 : u32
  %7 = join %5 %6 : f64
  %8 = const -0 : f64
  %9 = pow %7 %8 : f64
  set out = %9`);
});

test("a step of 8,000 values in one chain prints in good time", () => {
  let value: Expr = read("f32", "x");
  for (let k = 0; k < 4000; k++) value = add(value, f32(k));
  const step: Step = {
    name: "long",
    slots: [{ name: "x", type: "f32", space: "element" }],
    stores: [{ slot: "x", mode: "set", value }],
  };
  const lines = printStep(step).split("\n");
  expect(lines.length).toBe(8004);
  expect(lines.at(-2)).toBe("  %8000 = add %7998 %7999 : f32");
});

describe("infix", () => {
  const [x, y] = [read("f32", "x"), read("f32", "y")];
  const cases: [string, Expr][] = [
    ["x", x],
    ["(x + y) * 0.1", mul(add(x, y), f32(0.1))],
    ["-x - f32(!3)", sub(neg(x), convert("f32", not(i32(3))))],
    ["(abs(x) < y) ? 1 : spike(x - y)", select(compare("lt", abs(x), y), f32(1), spike(sub(x, y)))],
    ["exprel(f64(x))", call("exprel", convert("f64", x))],
    ["draw.uniform #2()", draw("uniform", "f32", 2)],
  ];
  test.each(cases)("%s", (text, e) => expect(printExpr(e)).toBe(text));

  test("shared nodes are cut off before they double the text too often", () => {
    let e: Expr = x;
    for (let k = 0; k < 200; k++) e = add(e, e);
    const text = printExpr(e, 50);
    expect(text.length).toBeLessThan(600);
    expect(text).toContain("…");
  });
});

test("constants are as short as their type allows, and exact", () => {
  expect([0.1, 1 / 3, 16777216, -0, Infinity, NaN, 1e-45].map((v) => literal(constant("f32", v)))).toEqual([
    "0.1",
    "0.33333334",
    "16777216",
    "-0",
    "Infinity",
    "NaN",
    "1e-45",
  ]);
  for (const v of [Math.PI, 1e10 / 3, 3.4028234663852886e38, 2 ** -149])
    expect(Math.fround(Number(literal(constant("f32", v))))).toBe(Math.fround(v));
  expect(literal(f64(0.1 + 0.2))).toBe("0.30000000000000004");
  expect(literal(constant("bool", 1))).toBe("true");
});

test("addresses", () => {
  expect(printPlace(place("v"))).toBe("v[0]");
  expect(printPlace(place("hidden.v", 0, along("s", 800), along("t", 40)))).toBe("hidden.v[s*800 + t*40]");
  expect(printPlace(place("x", 3, along("t", 5, { shift: -1, modulo: 4 }), along("k", 1)))).toBe(
    "x[((t - 1) % 4)*5 + k + 3]",
  );
  expect(printPlace(place("x", 0, along("t", 8, { most: 3 }), along("s", 1, { shift: -1, most: 2 })))).toBe(
    "x[min(t, 3)*8 + min(s - 1, 2)]",
  );
  expect(printPlace(place("x", 0, along("t", 2, { shift: 1 }), along("s", 1, { modulo: 2 })))).toBe(
    "x[(t + 1)*2 + (s % 2)]",
  );
});

test("a program is printed with buffers, loops, calls and each body once", () => {
  const args = {
    v: place("v", 0, along("n", 8)),
    i: place("i", 0, along("t", 8)),
    alpha: place("parameters"),
    vTh: place("parameters", 1),
    s: place("s"),
    spikes: place("bits", 0, along("t", 1, { shift: 1, modulo: 2 })),
  };
  const call = invoke({ kind: "perElement", step: lif }, args, { n: 8 });
  const program: Program = {
    name: "tiny",
    buffers: [
      { name: "parameters", type: "f32", length: 4, role: "parameter" },
      { name: "v", type: "f32", length: 16, role: "state" },
      { name: "i", type: "f32", length: 80, role: "argument" },
      { name: "s", type: "f32", length: 8, role: "work" },
      { name: "bits", type: "u32", length: 2, role: "tape" },
      { name: "ends", type: "i32", length: 4, role: "constant" },
    ],
    regions: [
      { name: "reset", body: [invoke({ kind: "zero", type: "f32" }, { out: place("v") }, { n: 16 })] },
      {
        name: "run",
        body: [
          loop("n", 2, [
            loop("t", place("ends", 1, along("n", 1)), [call], { from: place("ends"), reverse: true }),
            call,
          ]),
        ],
      },
    ],
  };
  const body = printStep(lif)
    .split("\n")
    .map((l) => `          ${l}`)
    .join("\n");
  const where = `v: v[n*8]
          i: i[t*8]
          alpha: parameters[0]
          vTh: parameters[1]
          s: s[0]
          spikes: bits[((t + 1) % 2)]`;
  expect(printProgram(program)).toBe(`program tiny
  buffers: 456 bytes
    parameters : f32[4] parameter, 16 bytes
    v          : f32[16] state, 64 bytes
    i          : f32[80] argument, 320 bytes
    s          : f32[8] work, 32 bytes
    bits       : u32[2] tape, 8 bytes
    ends       : i32[4] constant, 16 bytes
  region reset
    zero type=f32 n=16
      out: v[0]
  region run
    for n count 2
      for t from ends[0] count ends[n + 1] reverse
        perElement lif n=8
          ${where}
${body}
      perElement lif n=8
        ${where.replaceAll("\n          ", "\n        ")}`);
});
