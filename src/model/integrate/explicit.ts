/** Explicit methods: Runge-Kutta by its table of coefficients, and symplectic Euler. */
import { type Expr, f64 } from "../../ir/expr.ts";
import { plus, times, total } from "../algebra.ts";
import { TIME } from "../slots.ts";
import { derivatives, here, type Method, type System, substitute } from "./system.ts";

/** A Butcher tableau whose stage k uses only stage k - 1: the time (and weight) of that use, and the final weights. */
interface Tableau {
  readonly at: readonly number[];
  readonly weights: readonly number[];
}

/** Hairer, Nørsett and Wanner, Solving Ordinary Differential Equations I, sec. II.1. */
const EULER: Tableau = { at: [0], weights: [1] };
const HEUN: Tableau = { at: [0, 1], weights: [1 / 2, 1 / 2] };
const MIDPOINT: Tableau = { at: [0, 1 / 2], weights: [0, 1] };
const CLASSICAL: Tableau = { at: [0, 1 / 2, 1 / 2, 1], weights: [1 / 6, 1 / 3, 1 / 3, 1 / 6] };

/** The slopes after moving `c·h` along the previous slopes. */
function stage(system: System, h: Expr, c: number, before: ReadonlyMap<string, Expr> | undefined): Map<string, Expr> {
  if (!before) return derivatives(system, new Map());
  const part = times(f64(c), h);
  const moved = [...before].map(([name, slope]): [string, Expr] => [name, plus(here(name), times(part, slope))]);
  return derivatives(system, new Map([...moved, [TIME, plus(here(TIME), part)]]));
}

const rungeKutta =
  ({ at, weights }: Tableau): Method =>
  (system, h) => {
    const slopes: Map<string, Expr>[] = [];
    for (const c of at) slopes.push(stage(system, h, c, slopes.at(-1)));
    const mean = (name: string): Expr => total(slopes.map((s, k) => times(f64(weights[k]!), s.get(name)!)));
    return new Map([...system.equations.keys()].map((name) => [name, plus(here(name), times(h, mean(name)))]));
  };

export const euler = rungeKutta(EULER);
export const heun = rungeKutta(HEUN);
export const rk2 = rungeKutta(MIDPOINT);
export const rk4 = rungeKutta(CLASSICAL);

/**
 * Symplectic Euler: each variable in the order of the equations, seeing the new values of those before it. For
 * `dv/dt = f(x)`, `dx/dt = v` it keeps the energy within O(h) for ever (Hairer, Lubich and Wanner, Geometric Numerical
 * Integration, sec. I.1).
 */
export const symplecticEuler: Method = (system, h) => {
  const updated = new Map<string, Expr>();
  for (const [name, slope] of system.equations)
    updated.set(name, plus(here(name), times(h, substitute([slope], updated)[0]!)));
  return updated;
};
