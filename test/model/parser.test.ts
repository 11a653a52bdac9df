import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NAMED } from "../../src/base/dimension.ts";
import { type ArithmeticOp, type ComparisonOp, type Node, print } from "../../src/model/equations/ast.ts";
import { FUNCTIONS } from "../../src/model/equations/functions.ts";
import { parseExpression } from "../../src/model/equations/parse.ts";
import { parseEquations } from "../../src/model/equations/parseEquations.ts";
import { parseStatements } from "../../src/model/equations/statements.ts";

const parse = (text: string): Node => parseExpression({ text, path: "p" });
const equations = (text: string) => parseEquations({ text, path: "p" });
/** The tree without spans. */
const bare = (n: unknown): unknown =>
  JSON.parse(JSON.stringify(n, (key, value) => (key === "span" ? undefined : value)));
const message = (f: () => unknown): string => {
  try {
    f();
  } catch (e) {
    return String((e as Error).message);
  }
  return "no error";
};

describe("expressions", () => {
  // Oracle: Python's grammar (The Python Language Reference, sec. 6.17, operator precedence).
  test.each([
    ["a+b*c", "a + b * c"],
    ["(a+b)*c", "(a + b) * c"],
    ["a-b-c", "a - b - c"],
    ["a-(b-c)", "a - (b - c)"],
    ["a/b*c", "a / b * c"],
    ["-a**b", "-a**b"],
    ["(-a)**b", "(-a)**b"],
    ["a**-b", "a**-b"],
    ["a**b**c", "a**b**c"],
    ["(a**b)**c", "(a**b)**c"],
    ["-a*b", "-a * b"],
    ["-(a*b)", "-(a * b)"],
    ["not a<b", "not a < b"],
    ["(not a) == b", "(not a) == b"],
    ["a and b or c and d", "a and b or c and d"],
    ["a and (b or c)", "a and (b or c)"],
    ["not (a and b)", "not (a and b)"],
    ["+a", "a"],
    ["f(a, b+c)", "f(a, b + c)"],
    ["rand()", "rand()"],
    ["a//b%c", "a // b % c"],
    ["1.5e-3*mV", "0.0015 * mV"],
    [".5", "0.5"],
    ["2.", "2"],
    ["20 ms", "20 * ms"],
    ["-50 mV", "-(50 * mV)"],
    ["1/20 ms", "1 / (20 * ms)"],
    ["10 nS/cm**2", "10 * nS / cm**2"],
    ["True and not False", "True and not False"],
    ["a +\n b", "a + b"],
    ["a\n + b", "a + b"],
    ["f(a,\n b)", "f(a, b)"],
    ["a \\\n + b", "a + b"],
    ["a # comment", "a"],
  ])("%j is read as %s", (text, expected) => expect(print(parse(text))).toBe(expected));

  test.each([
    ["a < b < c", "line 1: chained comparisons are not allowed; write 'a < b and b < c'\n    a < b < c\n          ^"],
    ["a + ", "line 1: expected a value, found the end of the text\n    a +\n        ^"],
    ["a b", "line 1: expected an operator or the end, found 'b'\n    a b\n      ^"],
    ["(a + b", "line 1: expected ')' to close the bracket, found the end of the text\n    (a + b\n          ^"],
    ["a ? b", "line 1: unexpected character '?'\n    a ? b\n      ^"],
    ["f(a b)", "line 1: expected ')' to close the bracket, found 'b'\n    f(a b)\n        ^"],
    ["a and", "line 1: expected a value, found the end of the text\n    a and\n         ^"],
    ["", "line 1: expected a value, found the end of the text\n    \n    ^"],
  ])("%j is refused", (text, expected) => expect(message(() => parse(text))).toBe(`p: ${expected}`));

  const span = { start: 0, end: 0 };
  const names = fc.constantFrom("v", "ge", "tau", "x_1");
  const { node } = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      names.map((name): Node => ({ tag: "name", name, span })),
      fc
        .double({ min: 0, noNaN: true, noDefaultInfinity: true })
        .map((value): Node => ({ tag: "number", value, span })),
      fc.boolean().map((value): Node => ({ tag: "boolean", value, span })),
      fc
        .constantFrom<ArithmeticOp[]>("+", "-", "*", "/", "//", "%", "**")
        .chain((op) =>
          fc.tuple(tie("node"), tie("node")).map(([a, b]): Node => ({ tag: "arithmetic", op, a, b, span })),
        ),
      fc
        .constantFrom<ComparisonOp[]>("<", "<=", ">", ">=", "==", "!=")
        .chain((op) => fc.tuple(tie("node"), tie("node")).map(([a, b]): Node => ({ tag: "compare", op, a, b, span }))),
      fc
        .constantFrom("and" as const, "or" as const)
        .chain((op) => fc.tuple(tie("node"), tie("node")).map(([a, b]): Node => ({ tag: "logic", op, a, b, span }))),
      tie("node").map((a): Node => ({ tag: "negate", a, span })),
      tie("node").map((a): Node => ({ tag: "not", a, span })),
      fc
        .tuple(fc.constantFrom(...Object.keys(FUNCTIONS)), fc.array(tie("node"), { maxLength: 3 }))
        .map(([fn, args]): Node => ({ tag: "call", fn, args, span })),
    ),
  }));
  test("parse(print(tree)) is the tree", () => {
    fc.assert(
      fc.property(node, (n) => void expect(bare(parse(print(n)))).toEqual(bare(n))),
      { numRuns: 500 },
    );
  });
  test("brackets around everything change nothing", () => {
    fc.assert(
      fc.property(node, (n) => void expect(print(parse(`(${print(n)})`))).toBe(print(n))),
      { numRuns: 100 },
    );
  });
  test("a span is the text of its node", () => {
    const text = "ge * (v - El) + exp(-v / tau)";
    const n = parse(text) as Node & { tag: "arithmetic" };
    expect(text.slice(n.b.span.start, n.b.span.end)).toBe("exp(-v / tau)");
    expect(text.slice(n.a.span.start, n.a.span.end)).toBe("ge * (v - El"); // brackets belong to nobody
  });
});

describe("equations", () => {
  test("the four kinds, types and flags", () => {
    const found = equations(`
      # a comment
      dv/dt = (ge - v) / tau : volt (unless refractory)   # and another
      n[t+1] = n + 1 : integer
      x = v / (2*mV) : 1 (constant over dt)
      tau : second (constant, shared)
      i_in : amp (input)
      g : siemens/metre**2
      s : second**-0.5
      r : volt**(1/2)
      on : boolean
      dp/dt = -p/tau : 1 (event-driven)
      q = v : volt (summed)`);
    expect(found.map((e) => [e.kind, e.name, e.type, e.flags.join("; ")])).toEqual([
      ["differential", "v", "float", "unless refractory"],
      ["difference", "n", "integer", ""],
      ["subexpression", "x", "float", "constant over dt"],
      ["declared", "tau", "float", "constant; shared"],
      ["declared", "i_in", "float", "input"],
      ["declared", "g", "float", ""],
      ["declared", "s", "float", ""],
      ["declared", "r", "float", ""],
      ["declared", "on", "boolean", ""],
      ["differential", "p", "float", "event-driven"],
      ["subexpression", "q", "float", "summed"],
    ]);
    expect(found[5]!.dimension).toEqual([-4, -1, 3, 2, 0, 0, 0]);
    expect(found[6]!.dimension[2]).toBe(-0.5);
    expect(found[7]!.dimension[0]).toBe(NAMED.volt![0] / 2);
  });
  test("an equation goes on while a bracket or an operator is open", () => {
    // Brian's COBAHH example, as printed there
    const [v, m] = equations(`dv/dt = (gl*(El-v)+ge*(Ee-v)+gi*(Ei-v)-
             g_na*(m*m*m)*h*(v-ENa)-
             g_kd*(n*n*n*n)*(v-EK))/Cm : volt
      alpha_m = 0.32*(mV**-1)*4*mV
          /exprel((13*mV-v+VT)/(4*mV))/ms
          : Hz`);
    expect(print(v!.value!)).toContain("g_na * (m * m * m) * h * (v - ENa)");
    expect(print(m!.value!)).toBe("0.32 * mV**-1 * 4 * mV / exprel((13 * mV - v + VT) / (4 * mV)) / ms");
  });
  test.each([
    [
      "dv/dt = -v/tau",
      "line 1: expected an operator, or ':' and a unit, found the end of the text\n    dv/dt = -v/tau\n                  ^",
    ],
    [
      "dv/dt = -v/tau\ndu/dt = u : 1",
      "line 1: expected an operator, or ':' and a unit, found the end of the line\n    dv/dt = -v/tau\n                  ^",
    ],
    ["x : 1\ndv/dx = v : 1", "line 2: expected a left side such as 'dv/dt', found 'dv/dx'\n    dv/dx = v : 1\n    ^"],
    ["v[t+2] = v : 1", "line 1: expected '1' in 'v[t+1]', found '2'\n    v[t+2] = v : 1\n        ^"],
    ["v = : 1", "line 1: expected a value, found ':'\n    v = : 1\n        ^"],
    [
      "v : vlt",
      "line 1: 'vlt' is not a unit; expected one such as volt, amp, siemens, second, Hz, or 1, boolean, integer\n    v : vlt\n        ^",
    ],
    [
      "v : volt (unless refractory)",
      "line 1: unknown flag 'unless refractory' for a declared equation; allowed: constant, shared, input, linked\n    v : volt (unless refractory)\n              ^",
    ],
    [
      "v : volt (constant",
      "line 1: expected ')' after the flags, found the end of the text\n    v : volt (constant\n                      ^",
    ],
    [
      "v : volt constant",
      "line 1: expected the end of the line, found 'constant'\n    v : volt constant\n             ^",
    ],
    ["v : 2", "line 1: expected a unit, 1, boolean or integer, found '2'\n    v : 2\n        ^"],
    [
      "3 = v : 1",
      "line 1: expected an equation such as 'dv/dt = -v / tau : volt', 'x = a + b : 1' or 'w : siemens', found '3'\n    3 = v : 1\n    ^",
    ],
  ])("%j is refused", (text, expected) => expect(message(() => equations(text))).toBe(`p: ${expected}`));
});

describe("statements", () => {
  const statements = (text: string) => parseStatements({ text, path: "p" });
  test("several a line, several lines, every operator", () => {
    const found = statements("v = v_reset; w += b  # jump\n\n x -= 1\ny *= 2;; z /= 3; a //= 2; b %= 3; c **= 2");
    expect(found.map((s) => [s.target, s.op, print(s.value)])).toEqual([
      ["v", "=", "v_reset"],
      ["w", "+=", "b"],
      ["x", "-=", "1"],
      ["y", "*=", "2"],
      ["z", "/=", "3"],
      ["a", "//=", "2"],
      ["b", "%=", "3"],
      ["c", "**=", "2"],
    ]);
  });
  test("nothing is no statement", () => expect(statements("  \n # nothing\n")).toEqual([]));
  test.each([
    ["v", "line 1: expected =, +=, -=, *=, /=, //=, %= or **=, found the end of the text\n    v\n     ^"],
    [
      "v = 1 w = 2",
      "line 1: expected an operator, ';' or the end of the line, found '='\n    v = 1 w = 2\n            ^",
    ],
    ["v = 0\n= 3", "line 2: expected the name of a variable to assign, found '='\n    = 3\n    ^"],
    ["v == 3", "line 1: expected =, +=, -=, *=, /=, //=, %= or **=, found '=='\n    v == 3\n      ^"],
  ])("%j is refused", (text, expected) => expect(message(() => statements(text))).toBe(`p: ${expected}`));
});
