/** Statements of resets and pathways: `v = v_reset; w += b`, several a line (`;`) or one a line. */
import { type ArithmeticOp, type Node, namesIn } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { expression } from "./parse.ts";
import { cover, type Source, type Span } from "./source.ts";

export type AssignOp = "=" | `${ArithmeticOp}=`;
export interface Statement {
  readonly target: string;
  readonly targetSpan: Span;
  readonly op: AssignOp;
  readonly value: Node;
  readonly span: Span;
  /** Set where the target is no variable of the model, and lives in these statements alone. */
  readonly local?: "float" | "boolean";
}
const ASSIGN = ["=", "+=", "-=", "*=", "/=", "//=", "%=", "**="] as const satisfies readonly AssignOp[];

/** @throws {ModelError} `syntax` */
export function parseStatements(source: Source): Statement[] {
  const c = new Cursor(source);
  const statements: Statement[] = [];
  for (skipSeparators(c); c.token.kind !== "end"; skipSeparators(c)) statements.push(statement(c));
  return statements;
}

function skipSeparators(c: Cursor): void {
  do c.skipLines();
  while (c.take(";"));
}

function statement(c: Cursor): Statement {
  const target = c.expectName("the name of a variable to assign");
  const op = c.take(...ASSIGN);
  if (!op) throw c.unexpected("=, +=, -=, *=, /=, //=, %= or **=");
  const value = expression(c);
  if (c.token.kind !== "newline" && c.token.kind !== "end" && !c.is(";"))
    throw c.unexpected("an operator, ';' or the end of the line");
  return {
    target: target.text,
    targetSpan: target.span,
    op: op.text as AssignOp,
    value,
    span: cover(target.span, value.span),
  };
}
/** The value that a statement assigns, as one expression: `w += b` assigns `w + b`. */
export function assigned(s: Statement): Node {
  if (s.op === "=") return s.value;
  const a: Node = { tag: "name", name: s.target, span: s.targetSpan };
  return { tag: "arithmetic", op: s.op.slice(0, -1) as ArithmeticOp, a, b: s.value, span: s.span };
}
/**
 * Whether a statement makes a name for the statements behind it (Brian's auxiliary variables). One that nothing reads is
 * taken for a mistake.
 */
export const isAuxiliary = (s: Statement, behind: readonly Statement[]): boolean =>
  s.op === "=" && behind.some((x) => namesIn(assigned(x)).has(s.target));
