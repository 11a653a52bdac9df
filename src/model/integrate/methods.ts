/** The integrators by name, the choice where none is named, and the clamp of `unless refractory`. */
import type { Expr } from "../../ir/expr.ts";
import { choose } from "../algebra.ts";
import { exact, matrixExponential, whyNotExact } from "./exact.ts";
import { euler, heun, rk2, rk4, symplecticEuler } from "./explicit.ts";
import { exponentialEuler, exponentialMidpoint, nonlinearIn } from "./exponentialEuler.ts";
import { isMultiplicative, milstein } from "./noise.ts";
import { here, type Method, readsOf, type System, type Updates, unsupported } from "./system.ts";

export const METHODS = {
  exact,
  matrixExponential,
  exponentialEuler,
  exponentialMidpoint,
  euler,
  symplecticEuler,
  heun,
  rk2,
  rk4,
  milstein,
} as const satisfies Record<string, Method>;
export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/**
 * The method where the model names none: exact if the system has a closed form; else exponentialEuler if every equation is
 * linear in its own variable (conductances, Hodgkin-Huxley gates: stable at steps where Euler is not); else rk2 (second
 * order for two evaluations). Noise takes euler (Euler-Maruyama), and heun where it is multiplied by a variable: then the
 * equation means what Stratonovich gave it, as in Brian. Without noise Brian goes exact, euler.
 */
export function chooseMethod(system: System): MethodName {
  if (system.noise.size > 0) return isMultiplicative(system) ? "heun" : "euler";
  if (!whyNotExact(system)) return "exact";
  return nonlinearIn(system) === undefined ? "exponentialEuler" : "rk2";
}

/** Named `euler`, multiplied noise has Itô's meaning. */
const STOCHASTIC: ReadonlySet<MethodName> = new Set(["euler", "heun", "milstein"]);
function run(name: MethodName, system: System, h: Expr): Updates {
  if (system.noise.size > 0 && !STOCHASTIC.has(name))
    throw unsupported(system, `white noise (xi) needs one of the methods ${[...STOCHASTIC].join(", ")}, got ${name}`);
  return METHODS[name](system, h);
}

/** Variables marked `unless refractory`, and when the neuron may move. */
export interface Clamp {
  readonly names: ReadonlySet<string>;
  readonly active: Expr;
}

/** The system with the clamped variables held: for the others they are drivers. */
function held(system: System, names: ReadonlySet<string>): System {
  const equations = new Map([...system.equations].filter(([name]) => !names.has(name)));
  return { ...system, equations, drivers: new Set([...system.drivers, ...names]) };
}

/**
 * One step of the system. While refractory the derivative of a clamped variable is zero: its old value is selected, and
 * variables that see it are integrated a second time with it held.
 */
export function integrate(system: System, method: MethodName, h: Expr, clamp?: Clamp): Updates {
  const free = run(method, system, h);
  if (!clamp || clamp.names.size === 0) return free;
  const others = held(system, clamp.names);
  const seen = [...others.equations.values()].some((e) => readsOf(e).some((slot) => clamp.names.has(slot)));
  const still = seen ? run(method, others, h) : free;
  return new Map(
    [...free].map(([name, value]) => {
      const other = clamp.names.has(name) ? here(name) : still.get(name)!;
      return [name, choose(clamp.active, value, other)];
    }),
  );
}
