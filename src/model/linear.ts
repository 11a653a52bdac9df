/** Reads an expression as `Σ coefficient · variable + rest`. */
import { dispatch, type Expr, type ExprTable, operands, read, topological } from "../ir/expr.ts";
import { choose, minus, negate, ONE, over, plus, times, total, ZERO } from "./algebra.ts";

/** Neither coefficients nor rest mention a variable. */
export interface Linear {
  readonly terms: ReadonlyMap<string, Expr>;
  readonly rest: Expr;
}

type Combine = (a: Expr, b: Expr) => Expr;
function combine(a: Linear, b: Linear, f: Combine): Linear {
  const names = new Set([...a.terms.keys(), ...b.terms.keys()]);
  const terms = [...names].map((name): [string, Expr] => [
    name,
    f(a.terms.get(name) ?? ZERO, b.terms.get(name) ?? ZERO),
  ]);
  return { terms: new Map(terms), rest: f(a.rest, b.rest) };
}
const mapped = (a: Linear, f: (e: Expr) => Expr): Linear => ({
  terms: new Map([...a.terms].map(([name, e]) => [name, f(e)])),
  rest: f(a.rest),
});

/** The nodes that depend on one of the variables. */
function dependents(e: Expr, variables: ReadonlySet<string>): Set<Expr> {
  const found = new Set<Expr>();
  for (const n of topological([e]))
    if ((n.tag === "read" && variables.has(n.slot)) || operands(n).some((o) => found.has(o))) found.add(n);
  return found;
}

type Form = (e: Expr) => Linear | undefined;
const none = (): undefined => undefined;
/** Only nodes that depend on a variable come here. */
const RULES: ExprTable<Linear | undefined, { readonly form: Form; readonly free: (e: Expr) => boolean }> = {
  read: (e) => ({ terms: new Map([[e.slot, ONE]]), rest: ZERO }),
  unary: (e, { form }) => (e.op === "neg" ? lift(form(e.a), (a) => mapped(a, negate)) : undefined),
  binary: (e, { form, free }) => {
    if (e.op === "add" || e.op === "sub")
      return lift2(form(e.a), form(e.b), (a, b) => combine(a, b, e.op === "add" ? plus : minus));
    if (e.op === "mul" && free(e.a)) return lift(form(e.b), (b) => mapped(b, (x) => times(e.a, x)));
    if (e.op === "mul" && free(e.b)) return lift(form(e.a), (a) => mapped(a, (x) => times(x, e.b)));
    return e.op === "div" && free(e.b) ? lift(form(e.a), (a) => mapped(a, (x) => over(x, e.b))) : undefined;
  },
  select: (e, { form, free }) =>
    free(e.test)
      ? lift2(form(e.then), form(e.else), (a, b) => combine(a, b, (x, y) => choose(e.test, x, y)))
      : undefined,
  const: none,
  fetch: none,
  index: none,
  compare: none,
  convert: none,
  bitcast: none,
  word: none,
  join: none,
  mulShift: none,
  spike: none,
  call: none,
  draw: none,
};
const lift = (a: Linear | undefined, f: (a: Linear) => Linear): Linear | undefined => a && f(a);
const lift2 = (a: Linear | undefined, b: Linear | undefined, f: (a: Linear, b: Linear) => Linear): Linear | undefined =>
  a && b && f(a, b);

/** The linear form of an f64 expression in these variables, or nothing where it is not linear. */
export function linearForm(e: Expr, variables: ReadonlySet<string>): Linear | undefined {
  const dependent = dependents(e, variables);
  const free = (n: Expr): boolean => !dependent.has(n);
  const memo = new Map<Expr, Linear | undefined>();
  const form = (n: Expr): Linear | undefined => {
    if (free(n)) return { terms: new Map(), rest: n };
    if (!memo.has(n)) memo.set(n, dispatch(RULES, n, { form, free }));
    return memo.get(n);
  };
  return form(e);
}

/**
 * `k · e`, multiplied out over the drivers (what varies from step to step), so that each driver meets one coefficient that
 * is constant during a run and can be hoisted: `(i / tau) · h` becomes `(h / tau) · i`.
 */
export function spread(k: Expr, e: Expr, drivers: ReadonlySet<string>): Expr {
  const linear = linearForm(e, drivers);
  if (!linear) return times(k, e);
  const driven = [...linear.terms].map(([name, c]) => times(times(k, c), read("f64", name)));
  return plus(total(driven), times(k, linear.rest));
}
