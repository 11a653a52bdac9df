/** What an integrator is given, and how it evaluates the right sides elsewhere than at the start of the step. */

import { ModelError } from "../../base/errors.ts";
import { type Expr, read, rewrite, topological } from "../../ir/expr.ts";

export interface System {
  /** For errors, such as `cuba.method`. */
  readonly path: string;
  /** The derivative of each variable, from reads of f64 slots. */
  readonly equations: ReadonlyMap<string, Expr>;
  /** Other slots that change from step to step but not within one: inputs, difference variables, declared ones. */
  readonly drivers: ReadonlySet<string>;
  /** Random streams of white noise (`xi`); none where it does not appear. */
  readonly noise: ReadonlySet<number>;
}
/** The value of each variable at the end of the step, from reads of slots at its start. */
export type Updates = ReadonlyMap<string, Expr>;
export type Method = (system: System, h: Expr) => Updates;

export const here = (name: string): Expr => read("f64", name);

/** The expressions with reads of some slots replaced. */
export function substitute(roots: readonly Expr[], values: ReadonlyMap<string, Expr>): Expr[] {
  return rewrite(roots, (e) => (e.tag === "read" ? (values.get(e.slot) ?? e) : e));
}

/** The derivatives where some slots have other values. */
export function derivatives(system: System, values: ReadonlyMap<string, Expr>): Map<string, Expr> {
  const results = substitute([...system.equations.values()], values);
  return new Map([...system.equations.keys()].map((name, k) => [name, results[k]!]));
}

/** Slots that an expression reads. */
export const readsOf = (e: Expr): string[] => [
  ...new Set(topological([e]).flatMap((n) => (n.tag === "read" ? [n.slot] : []))),
];

export const unsupported = (system: System, problem: string): ModelError =>
  new ModelError("unsupported", system.path, problem);
