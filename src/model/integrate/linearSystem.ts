/** A system of equations as a matrix of expressions, and the groups of variables that do not see each other. */
import { type Expr, f64 } from "../../ir/expr.ts";
import { isConst, isZero, ZERO } from "../algebra.ts";
import { linearForm } from "../linear.ts";
import { hostValue } from "../quantities.ts";
import type { System } from "./system.ts";

/** x' = own · x + Σ others · y + rest. */
export interface Row {
  readonly own: Expr;
  readonly others: ReadonlyMap<string, Expr>;
  readonly rest: Expr;
}
export type Rows = ReadonlyMap<string, Row>;

/** The rows, or the name of the first variable whose derivative is not linear in all variables. */
export function rowsOf(system: System): Rows | string {
  const variables = new Set(system.equations.keys());
  const rows = new Map<string, Row>();
  for (const [name, slope] of system.equations) {
    const linear = linearForm(slope, variables);
    if (!linear) return name;
    const terms = new Map([...linear.terms].map(([other, c]) => [other, numberIn(c)]));
    const others = new Map([...terms].filter(([other, c]) => other !== name && !isZero(c)));
    rows.set(name, { own: terms.get(name) ?? ZERO, others, rest: linear.rest });
  }
  return rows;
}

/** A coefficient that reads and draws nothing is a number, whatever functions are in it. */
function numberIn(e: Expr): Expr {
  const value = isConst(e) ? undefined : hostValue(e);
  return value === undefined ? e : f64(value);
}

/** Groups of variables joined by any coupling, in the order of the equations. */
export function groupsOf(rows: Rows): string[][] {
  const group = new Map([...rows.keys()].map((name) => [name, new Set([name])]));
  for (const [name, row] of rows)
    for (const other of row.others.keys()) {
      const joined = new Set([...group.get(name)!, ...group.get(other)!]);
      for (const member of joined) group.set(member, joined);
    }
  return [...new Set(group.values())].map((g) => [...rows.keys()].filter((name) => g.has(name)));
}

export const isNumeric = (row: Row): boolean => [row.own, ...row.others.values()].every(isConst);
