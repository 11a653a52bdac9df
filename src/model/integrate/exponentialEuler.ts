/**
 * Exponential Euler: where x' = a·x + b with a and b free of x, x moves as if a and b stood still for the step:
 * x(h) = e^{ah} x + b h exprel(ah). First order; exact where a and b really stand still. No worse than Euler where a is 0.
 *
 * Where a stands still for the whole run, e^{ah} is computed once; else the same as x(h) = x + (a x + b) h exprel(ah), with
 * one function in place of two.
 */
import type { Expr } from "../../ir/expr.ts";
import { exp, exprel, plus, times, withProducts, ZERO } from "../algebra.ts";
import { type Linear, linearForm, spread } from "../linear.ts";
import { here, type Method, readsOf, type System, unsupported } from "./system.ts";

const ownForm = (name: string, slope: Expr): Linear | undefined => linearForm(slope, new Set([name]));

/** The first variable whose equation is not linear in it, if any. */
export const nonlinearIn = (system: System): string | undefined =>
  [...system.equations].find(([name, slope]) => !ownForm(name, slope))?.[0];

export const exponentialEuler: Method = (system, h) => {
  const drivers = new Set([...system.drivers, ...system.equations.keys()]);
  return new Map(
    [...system.equations].map(([name, slope]) => {
      const linear = ownForm(name, withProducts(slope));
      if (!linear)
        throw unsupported(
          system,
          `exponentialEuler needs every equation linear in its own variable; d${name}/dt is not linear in ${name}; use rk2 or rk4`,
        );
      const own = linear.terms.get(name) ?? ZERO;
      const a = times(h, own);
      const gain = times(h, exprel(a));
      const x = here(name);
      return [
        name,
        readsOf(own).some((read) => drivers.has(read))
          ? plus(x, times(gain, plus(times(own, x), linear.rest)))
          : plus(times(exp(a), x), spread(gain, linear.rest, drivers)),
      ];
    }),
  );
};
