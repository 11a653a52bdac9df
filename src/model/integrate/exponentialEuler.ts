/**
 * Exponential Euler: where x' = a·x + b with a and b free of x, x moves as if a and b stood still for the step:
 * x(h) = e^{ah} x + b h exprel(ah). First order; exact where a and b really stand still. No worse than Euler where a is 0.
 *
 * Exponential midpoint: the same with a and b as they are half a step later, where exponential Euler leads. Second order, and
 * as stable: what the gates of channels ask for. (Börgers and Nectow 2013, SIAM J. Sci. Comput. 35, B623.)
 */
import { type Expr, f64 } from "../../ir/expr.ts";
import { exp, exprel, plus, times, ZERO } from "../algebra.ts";
import { type Linear, linearForm, spread } from "../linear.ts";
import { TIME } from "../slots.ts";
import { here, type Method, type System, substitute, unsupported } from "./system.ts";

const ownForm = (name: string, slope: Expr): Linear | undefined => linearForm(slope, new Set([name]));

/** The first variable whose equation is not linear in it, if any. */
export const nonlinearIn = (system: System): string | undefined =>
  [...system.equations].find(([name, slope]) => !ownForm(name, slope))?.[0];

/** Of every variable, x' = a·x + b. @throws {ModelError} `unsupported` where an equation is not linear in its own variable */
function formsOf(system: System, method: string): Map<string, { a: Expr; rest: Linear["rest"] }> {
  return new Map(
    [...system.equations].map(([name, slope]) => {
      const linear = ownForm(name, slope);
      if (!linear)
        throw unsupported(
          system,
          `${method} needs every equation linear in its own variable; d${name}/dt is not linear in ${name}; use rk2 or rk4`,
        );
      return [name, { a: linear.terms.get(name) ?? ZERO, rest: linear.rest }];
    }),
  );
}

export const exponentialEuler: Method = (system, h) => {
  const drivers = new Set([...system.drivers, ...system.equations.keys()]);
  return new Map(
    [...formsOf(system, "exponentialEuler")].map(([name, { a, rest }]) => {
      const ah = times(h, a);
      return [name, plus(times(exp(ah), here(name)), spread(times(h, exprel(ah)), rest, drivers))];
    }),
  );
};

export const exponentialMidpoint: Method = (system, h) => {
  const forms = formsOf(system, "exponentialMidpoint");
  const half = times(f64(0.5), h);
  const middle = new Map([...exponentialEuler(system, half), [TIME, plus(here(TIME), half)]]);
  return new Map(
    [...forms].map(([name, { a, rest }]) => {
      const [slope, drive] = substitute([a, rest], middle) as [Expr, Expr];
      const ah = times(h, slope);
      return [name, plus(times(exp(ah), here(name)), times(times(h, exprel(ah)), drive))];
    }),
  );
};
