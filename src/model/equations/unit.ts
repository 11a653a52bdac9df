/** Units after a colon: products and powers of unit names, or `1`. */
import { DIMENSIONLESS, type Dimension, power, product, quotient } from "../../base/dimension.ts";
import { UNITS } from "../../base/units.ts";
import type { ArithmeticOp, Node } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { cover, faultAt, type Source } from "./source.ts";

/** Reads a unit. It is no general expression: the bracket in `volt (constant)` opens flags, not a call. */
export function unitExpression(c: Cursor): Node {
  let a = unitPower(c);
  for (let op = c.take("*", "/"); op; op = c.take("*", "/")) {
    const b = unitPower(c);
    a = { tag: "arithmetic", op: op.text as ArithmeticOp, a, b, span: cover(a.span, b.span) };
  }
  return a;
}
function unitPower(c: Cursor): Node {
  const a = unitAtom(c);
  if (!c.take("**")) return a;
  const b = exponent(c);
  return { tag: "arithmetic", op: "**", a, b, span: cover(a.span, b.span) };
}
function unitAtom(c: Cursor): Node {
  const { token } = c;
  if (c.take("(")) {
    const inner = c.bracketed(() => unitExpression(c));
    c.expect(")", "to close the bracket");
    return inner;
  }
  if (c.take("1")) return { tag: "number", value: 1, span: token.span };
  return { tag: "name", name: c.expectName("a unit, 1, boolean or integer").text, span: token.span };
}
/** A signed number, or a fraction in brackets such as `(1/2)`. */
function exponent(c: Cursor): Node {
  const { span } = c.token;
  const open = c.take("(");
  const value = open ? c.bracketed(() => fraction(c)) : signedNumber(c);
  if (open) c.expect(")", "to close the bracket");
  return { tag: "number", value, span };
}
function fraction(c: Cursor): number {
  const above = signedNumber(c);
  return c.take("/") ? above / signedNumber(c) : above;
}
function signedNumber(c: Cursor): number {
  const sign = c.take("-") ? -1 : 1;
  if (c.token.kind !== "number") throw c.unexpected("a number as exponent");
  return sign * Number(c.next().text);
}

/** @throws {ModelError} `unknown-name` at a name that is no unit */
export function unitDimension(n: Node, source: Source): Dimension {
  if (n.tag === "name") {
    const unit = UNITS.get(n.name);
    if (unit) return unit.dimension;
    throw faultAt(
      source,
      n.span,
      "unknown-name",
      `'${n.name}' is not a unit; expected one such as volt, amp, siemens, second, Hz, or 1, boolean, integer`,
    );
  }
  if (n.tag !== "arithmetic") return DIMENSIONLESS;
  if (n.op === "**") return power(unitDimension(n.a, source), n.b.tag === "number" ? n.b.value : 1);
  return (n.op === "*" ? product : quotient)(unitDimension(n.a, source), unitDimension(n.b, source));
}
