/**
 * Exponential Euler: where x' = a·x + b with a and b free of x, x moves as if a and b stood still for the step:
 * x(h) = e^{ah} x + b h exprel(ah). First order; exact where a and b really stand still. No worse than Euler where a is 0.
 *
 * Where a stands still for the whole run, e^{ah} is computed once; else the same as x(h) = x + (a x + b) h exprel(ah), with
 * one function in place of two.
 *
 * Exponential midpoint: the same with a and b as they are half a step later, where exponential Euler leads. Second order, and
 * as stable: what the gates of channels ask for. (Börgers and Nectow 2013, SIAM J. Sci. Comput. 35, B623.)
 */
import { type Expr, f64 } from "../../ir/expr.ts";
import { exp, exprel, plus, times, withProducts, ZERO } from "../algebra.ts";
import { type Linear, linearForm, spread } from "../linear.ts";
import { TIME } from "../slots.ts";
import { here, type Method, readsOf, type System, substitute, unsupported } from "./system.ts";

const ownForm = (name: string, slope: Expr): Linear | undefined => linearForm(slope, new Set([name]));

/** The first variable whose equation is not linear in it, if any. */
export const nonlinearIn = (system: System): string | undefined =>
  [...system.equations].find(([name, slope]) => !ownForm(name, slope))?.[0];

interface Form {
  readonly a: Expr;
  readonly rest: Expr;
}
/** Of every variable, x' = a·x + b. @throws {ModelError} `unsupported` where an equation is not linear in its own variable */
function formsOf(system: System, method: string): Map<string, Form> {
  return new Map(
    [...system.equations].map(([name, slope]) => {
      const linear = ownForm(name, withProducts(slope));
      if (!linear)
        throw unsupported(
          system,
          `${method} needs every equation linear in its own variable; d${name}/dt is not linear in ${name}; use rk2 or rk4`,
        );
      return [name, { a: linear.terms.get(name) ?? ZERO, rest: linear.rest }];
    }),
  );
}
const driversOf = ({ drivers, equations }: System): Set<string> => new Set([...drivers, ...equations.keys()]);
/** x(h), with a and b as they are given. */
function moved(name: string, { a, rest }: Form, h: Expr, drivers: ReadonlySet<string>): Expr {
  const x = here(name);
  const ah = times(h, a);
  const gain = times(h, exprel(ah));
  return readsOf(a).some((read) => drivers.has(read))
    ? plus(x, times(gain, plus(times(a, x), rest)))
    : plus(times(exp(ah), x), spread(gain, rest, drivers));
}

export const exponentialEuler: Method = (system, h) => {
  const drivers = driversOf(system);
  const forms = formsOf(system, "exponentialEuler");
  return new Map([...forms].map(([name, form]) => [name, moved(name, form, h, drivers)]));
};

export const exponentialMidpoint: Method = (system, h) => {
  const drivers = driversOf(system);
  const forms = formsOf(system, "exponentialMidpoint");
  const half = times(f64(0.5), h);
  const middle = new Map([...exponentialEuler(system, half), [TIME, plus(here(TIME), half)]]);
  return new Map(
    [...forms].map(([name, form]) => {
      const [a, rest] = substitute([form.a, form.rest], middle) as [Expr, Expr];
      return [name, moved(name, { a, rest }, h, drivers)];
    }),
  );
};
