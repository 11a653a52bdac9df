/**
 * An expression as one JavaScript function: `evaluate` is the definition, but too slow for a million arguments.
 * The math tests check that both agree.
 */
import {
  type BinaryOp,
  type CompareOp,
  dispatch,
  type Expr,
  type ExprTable,
  operands,
  topological,
  type UnaryOp,
} from "../../src/ir/expr.ts";
import { mulHiUnsigned } from "../../src/ir/scalar.ts";
import type { Type } from "../../src/ir/types.ts";

const ROUND: Readonly<Record<Type, (text: string) => string>> = {
  f32: (t) => `fround(${t})`,
  f64: (t) => t,
  i32: (t) => `(${t} | 0)`,
  u32: (t) => `(${t} >>> 0)`,
  bool: (t) => t,
};
const UNARY: Readonly<Record<Exclude<UnaryOp, "nearest">, (a: string, type: Type) => string>> = {
  neg: (a) => `-${a}`,
  abs: (a) => `Math.abs(${a})`,
  sqrt: (a) => `Math.sqrt(${a})`,
  floor: (a) => `Math.floor(${a})`,
  ceil: (a) => `Math.ceil(${a})`,
  trunc: (a) => `Math.trunc(${a})`,
  not: (a, type) => (type === "bool" ? `(1 - ${a})` : `~${a}`),
};
const BINARY: Readonly<Record<BinaryOp, (a: string, b: string, type: Type) => string>> = {
  add: (a, b) => `${a} + ${b}`,
  sub: (a, b) => `${a} - ${b}`,
  div: (a, b) => `${a} / ${b}`,
  mul: (a, b, type) => (type === "f32" || type === "f64" ? `${a} * ${b}` : `Math.imul(${a}, ${b})`),
  min: (a, b) => `(${b} < ${a} ? ${b} : ${a})`,
  max: (a, b) => `(${a} < ${b} ? ${b} : ${a})`,
  and: (a, b) => `(${a} & ${b})`,
  or: (a, b) => `(${a} | ${b})`,
  xor: (a, b) => `(${a} ^ ${b})`,
  shl: (a, b) => `(${a} << ${b})`,
  shr: (a, b, type) => (type === "u32" ? `(${a} >>> ${b})` : `(${a} >> ${b})`),
  mulHi: (a, b) => `mulHiUnsigned(${a}, ${b})`,
};
const COMPARE: Readonly<Record<CompareOp, string>> = { lt: "<", le: "<=", gt: ">", ge: ">=", eq: "===", ne: "!==" };
const VIEW: Readonly<Record<string, string>> = { f32: "F", i32: "I", u32: "U" };

const refuse = (what: string): never => {
  throw new Error(`compileExpr: ${what}`);
};
const CONVERT: Readonly<Partial<Record<Type, (a: string) => string>>> = {
  f32: ROUND.f32,
  f64: ROUND.f64,
  i32: (a) => `(Math.min(Math.max(Math.trunc(${a}), -2147483648), 2147483647) | 0)`,
  u32: (a) => `(Math.min(Math.max(Math.trunc(${a}), 0), 4294967295) >>> 0)`,
};
const TEXT: ExprTable<string, readonly string[]> = {
  const: (e) => (Object.is(e.value, -0) ? "-0" : String(e.value)),
  read: (e) => e.slot,
  fetch: (e) => refuse(e.tag),
  index: (e) => e.of,
  unary: (e, [a]) => (e.op === "nearest" ? refuse(e.op) : ROUND[e.type](UNARY[e.op](a!, e.type))),
  binary: (e, [a, b]) => ROUND[e.type](BINARY[e.op](a!, b!, e.type)),
  compare: (e, [a, b]) => `(${a} ${COMPARE[e.op]} ${b} ? 1 : 0)`,
  select: (_e, [test, a, b]) => `(${test} ? ${a} : ${b})`,
  convert: (e, [a]) => CONVERT[e.type]?.(a!) ?? refuse(`convert to ${e.type}`),
  bitcast: (e, [a]) => `(${VIEW[e.a.type]}[0] = ${a}, ${VIEW[e.type]}[0])`,
  word: (e, [a]) => `(D[0] = ${a}, U[${e.half === "high" ? 1 : 0}])`,
  join: (_e, [high, low]) => `(U[1] = ${high}, U[0] = ${low}, D[0])`,
  mulShift: (e) => refuse(e.tag),
  spike: (e) => refuse(e.tag),
  call: (e) => refuse(e.fn),
  draw: (e) => refuse(e.law),
};

/** The value of `e` as a function of the slots (and `element`) named. Little-endian machines only. */
export function compileExpr(e: Expr, names: readonly string[]): (...args: number[]) => number {
  const name = new Map<Expr, string>();
  const lines = topological([e]).map((node, k) => {
    const text = dispatch(
      TEXT,
      node,
      operands(node).map((o) => name.get(o)!),
    );
    name.set(node, node.tag === "const" ? `(${text})` : `v${k}`);
    return node.tag === "const" ? "" : `const v${k} = ${text};`;
  });
  const body = `const fround = Math.fround, U = new Uint32Array(2), I = new Int32Array(U.buffer), F = new Float32Array(U.buffer), D = new Float64Array(U.buffer);
    return (${names.join(", ")}) => { ${lines.join("\n")} return ${name.get(e)}; };`;
  return new Function("mulHiUnsigned", body)(mulHiUnsigned) as (...args: number[]) => number;
}
