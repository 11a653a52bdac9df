/**
 * Equations in Brian's notation, one a line (a line may go on while a bracket or an operator is open):
 *
 *   dv/dt = expr : unit (flags)     differential equation
 *   v[t+1] = expr : unit (flags)    difference equation (ours): the right side sees the values before the step
 *   x = expr : unit                 subexpression, computed when it is read
 *   x : unit (flags)                declared variable
 *
 * The type is a unit, `1`, `boolean` or `integer`.
 */
import { DIMENSIONLESS, type Dimension } from "../../base/dimension.ts";
import type { Node } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { expression } from "./parse.ts";
import { cover, type Source, type Span } from "./source.ts";
import type { Token } from "./tokenize.ts";
import { unitDimension, unitExpression } from "./unit.ts";

export type EquationKind = "differential" | "difference" | "subexpression" | "declared";
export type VariableType = "float" | "integer" | "boolean";

/** Brian's flags and what each says. */
export const FLAGS = {
  "unless refractory": "does not change while the neuron is refractory",
  constant: "does not change during a run",
  "constant over dt": "is computed once a step",
  shared: "one value for the whole population",
  input: "a port: the sum of what arrives in this step, zero if nothing does",
  "event-driven": "a synapse variable brought up to date when an event needs it",
  "clock-driven": "a synapse variable updated every step",
  summed: "summed over the synapses of a target",
  linked: "a variable of another population, which the population names",
} as const;
export type Flag = keyof typeof FLAGS;

const ALLOWED: Readonly<Record<EquationKind, readonly Flag[]>> = {
  differential: ["unless refractory", "event-driven", "clock-driven"],
  difference: ["unless refractory"],
  subexpression: ["constant over dt", "shared", "summed"],
  declared: ["constant", "shared", "input", "linked"],
};

export interface Equation {
  readonly kind: EquationKind;
  readonly name: string;
  readonly nameSpan: Span;
  readonly type: VariableType;
  /** Of the variable itself, not of its derivative. */
  readonly dimension: Dimension;
  readonly flags: readonly Flag[];
  /** The right side; absent for a declared variable. */
  readonly value?: Node;
  readonly span: Span;
}

/** @throws {ModelError} `syntax` or `unknown-name` (a unit) */
export function parseEquations(source: Source): Equation[] {
  const c = new Cursor(source);
  const equations: Equation[] = [];
  for (c.skipLines(); c.token.kind !== "end"; c.skipLines()) equations.push(equation(c));
  return equations;
}

function rightSide(c: Cursor): Node {
  c.expect("=", "after the left side");
  return expression(c);
}

interface Left {
  readonly kind: EquationKind;
  readonly name: Token;
}

function equation(c: Cursor): Equation {
  const start = c.token.span;
  const { kind, name } = leftSide(c);
  const value = kind === "declared" ? undefined : rightSide(c);
  if (!c.takeOperator(":"))
    throw c.unexpected(value ? "an operator, or ':' and a unit" : "':' and a unit, or '=' and an expression");
  const type = variableType(c);
  const flags = flagList(c, kind);
  if (c.token.kind !== "newline" && c.token.kind !== "end") throw c.unexpected("the end of the line");
  return {
    kind,
    name: name.text,
    nameSpan: name.span,
    ...type,
    flags,
    ...(value && { value }),
    span: cover(start, c.token.span),
  };
}

function leftSide(c: Cursor): Left {
  const first = c.expectName("an equation such as 'dv/dt = -v / tau : volt', 'x = a + b : 1' or 'w : siemens'");
  if (c.is("/")) return { kind: "differential", name: derivative(c, first) };
  if (c.is("[")) return { kind: "difference", name: nextStep(c, first) };
  return { kind: c.is("=") ? "subexpression" : "declared", name: first };
}
/** The `v` of `dv/dt`. */
function derivative(c: Cursor, first: Token): Token {
  c.next();
  if (!c.is("dt") || !/^d\w/.test(first.text))
    throw c.fault(first.span, `expected a left side such as 'dv/dt', found '${first.text}/${c.token.text}'`);
  c.next();
  return { ...first, text: first.text.slice(1), span: { start: first.span.start + 1, end: first.span.end } };
}
/** The `v` of `v[t+1]`. */
function nextStep(c: Cursor, name: Token): Token {
  for (const text of ["[", "t", "+", "1", "]"]) c.expect(text, `in '${name.text}[t+1]'`);
  return name;
}

function variableType(c: Cursor): { readonly type: VariableType; readonly dimension: Dimension } {
  const named = c.take("boolean", "integer");
  if (named) return { type: named.text as VariableType, dimension: DIMENSIONLESS };
  return { type: "float", dimension: unitDimension(unitExpression(c), c.source) };
}

function flagList(c: Cursor, kind: EquationKind): Flag[] {
  const flags: Flag[] = [];
  if (!c.take("(")) return flags;
  do flags.push(flag(c, kind));
  while (c.take(","));
  c.expect(")", "after the flags");
  return flags;
}
/** Flags are words joined by blanks or hyphens. */
function flag(c: Cursor, kind: EquationKind): Flag {
  const { span } = c.token;
  let text = c.expectName("a flag").text;
  while (c.token.kind === "name" || c.is("-"))
    text += c.is("-") ? c.next().text : (text.endsWith("-") ? "" : " ") + c.next().text;
  const allowed = ALLOWED[kind];
  if (allowed.includes(text as Flag)) return text as Flag;
  throw c.fault(span, `unknown flag '${text}' for a ${kind} equation; allowed: ${allowed.join(", ")}`);
}
