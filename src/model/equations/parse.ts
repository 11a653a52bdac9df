/**
 * A recursive-descent parser for expressions, one function a level of Python's precedence:
 * or < and < not < comparison < + - < * / // % < sign < **.
 */
import type { ArithmeticOp, ComparisonOp, Node } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { cover, type Source, type Span } from "./source.ts";
import type { Token } from "./tokenize.ts";

const COMPARISONS = ["<", "<=", ">", ">=", "==", "!="] as const satisfies readonly ComparisonOp[];

export function expression(c: Cursor): Node {
  let a = conjunction(c);
  while (c.takeOperator("or")) {
    const b = conjunction(c);
    a = { tag: "logic", op: "or", a, b, span: cover(a.span, b.span) };
  }
  return a;
}
function conjunction(c: Cursor): Node {
  let a = negation(c);
  while (c.takeOperator("and")) {
    const b = negation(c);
    a = { tag: "logic", op: "and", a, b, span: cover(a.span, b.span) };
  }
  return a;
}
function negation(c: Cursor): Node {
  c.skipLines(); // an operand is due: the expression goes on in the next line
  const not = c.take("not");
  if (!not) return comparison(c);
  const a = negation(c);
  return { tag: "not", a, span: cover(not.span, a.span) };
}
function comparison(c: Cursor): Node {
  const a = sum(c);
  const op = c.takeOperator(...COMPARISONS);
  if (!op) return a;
  const b = sum(c);
  if (c.is(...COMPARISONS)) throw c.fault(c.token.span, "chained comparisons are not allowed; write 'a < b and b < c'");
  return { tag: "compare", op: op.text as ComparisonOp, a, b, span: cover(a.span, b.span) };
}

function arithmetic(c: Cursor, ops: readonly ArithmeticOp[], operand: (c: Cursor) => Node): Node {
  let a = operand(c);
  for (;;) {
    const op = c.takeOperator(...ops);
    if (!op) return a;
    const b = operand(c);
    a = { tag: "arithmetic", op: op.text as ArithmeticOp, a, b, span: cover(a.span, b.span) };
  }
}
const sum = (c: Cursor): Node => arithmetic(c, ["+", "-"], term);
export const term = (c: Cursor): Node => arithmetic(c, ["*", "/", "//", "%"], signed);

function signed(c: Cursor): Node {
  c.skipLines();
  if (c.take("+")) return signed(c);
  const minus = c.take("-");
  if (!minus) return raised(c);
  const a = signed(c);
  return { tag: "negate", a, span: cover(minus.span, a.span) };
}
function raised(c: Cursor): Node {
  const a = atom(c);
  if (!c.takeOperator("**")) return a;
  const b = signed(c);
  return { tag: "arithmetic", op: "**", a, b, span: cover(a.span, b.span) };
}

const KEYWORDS: ReadonlySet<string> = new Set(["and", "or", "not"]);
const startsName = (token: Token): boolean => token.kind === "name" && !KEYWORDS.has(token.text);

function atom(c: Cursor): Node {
  const { token } = c;
  if (token.kind === "number") return numeral(c);
  if (c.take("(")) return closing(c, () => expression(c)).value;
  if (!startsName(token)) throw c.unexpected("a value");
  const { text, span } = c.next();
  if (text === "True" || text === "False") return { tag: "boolean", value: text === "True", span };
  return c.take("(") ? call(c, text, span) : { tag: "name", name: text, span };
}
/** A number; one that stands before a name multiplies it ("20 ms"). */
function numeral(c: Cursor): Node {
  const { text, span } = c.next();
  const a: Node = { tag: "number", value: Number(text), span };
  if (!startsName(c.token)) return a;
  const b = raised(c);
  return { tag: "arithmetic", op: "*", a, b, span: cover(a.span, b.span) };
}
function call(c: Cursor, fn: string, name: Span): Node {
  const { value: args, span } = closing(c, () => {
    const list: Node[] = [];
    while (!c.is(")")) {
      list.push(expression(c));
      if (!c.take(",")) break;
    }
    return list;
  });
  return { tag: "call", fn, args, span: cover(name, span) };
}
/** What stands between an opening bracket already taken and its partner. */
function closing<T>(c: Cursor, read: () => T): { readonly value: T; readonly span: Span } {
  const value = c.bracketed(read);
  return { value, span: c.expect(")", "to close the bracket").span };
}

/** A whole text that is one expression, such as a threshold. */
export function parseExpression(source: Source): Node {
  const c = new Cursor(source);
  const node = expression(c);
  c.skipLines();
  if (c.token.kind !== "end") throw c.unexpected("an operator or the end");
  return node;
}
