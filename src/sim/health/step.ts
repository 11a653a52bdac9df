/**
 * Whether a step is too large for what the equations do: the rate at which each variable returns to rest by itself is
 * minus the derivative of its own derivative, `-d(dx/dt)/dx`, found at the initial state by a central difference.
 */
import { listNames, ModelError } from "../../base/errors.ts";
import type { MethodName } from "../../model/integrate/methods.ts";
import { chooseMethod } from "../../model/integrate/methods.ts";
import type { System } from "../../model/integrate/system.ts";
import { systemOf } from "../../model/meaning.ts";
import type { Network, Population } from "../../model/network.ts";
import { duration, type HealthFinding, short } from "./finding.ts";
import { meaningIn, startOf, valueOf } from "./numbers.ts";

/** A variable that returns to rest by itself. */
export interface TimeConstant {
  readonly variable: string;
  /** Seconds, at the initial state. */
  readonly tau: number;
}

/** Of each variable of a population that has one, in the order of the equations. @throws {ModelError} `unknown-name` */
export function timeConstants(net: Network, node: string): TimeConstant[] {
  const p = net.populations[node];
  if (!p)
    throw new ModelError(
      "unknown-name",
      "timeConstants",
      `no population '${node}'; known: ${listNames(Object.keys(net.populations))}`,
    );
  return constantsOf(systemOf(p.model, meaningIn(net, p)), p);
}

function constantsOf(system: System, p: Population): TimeConstant[] {
  const numbers = startOf(p);
  return [...system.equations].flatMap(([variable, slope]) => {
    const at = numbers.get(variable)!;
    const h = Math.max(1e-6, Math.abs(at)) * 1e-4;
    const [above, below] = [at + h, at - h].map((x) => valueOf(slope, new Map(numbers).set(variable, x))) as [
      number,
      number,
    ];
    const rate = (below - above) / (2 * h);
    return rate > 0 && Number.isFinite(rate) ? [{ variable, tau: 1 / rate }] : [];
  });
}

/** How many time constants a step may be before a decay grows instead: the bounds of each method's stability on the real axis. */
const STABLE: Readonly<Record<MethodName, number>> = {
  exact: Number.POSITIVE_INFINITY,
  matrixExponential: Number.POSITIVE_INFINITY,
  exponentialEuler: Number.POSITIVE_INFINITY,
  exponentialMidpoint: Number.POSITIVE_INFINITY,
  euler: 2,
  symplecticEuler: 2,
  heun: 2,
  rk2: 2,
  rk4: 2.785,
  milstein: 2,
};

/**
 * How many time constants a step may be before it is worth a word: an explicit method overshoots from one on; where none can
 * overshoot, a gate that is as fast as a step is common (Hodgkin and Huxley's m at 0.1 ms), and does no harm.
 */
const wordFrom = (method: MethodName): number => (Number.isFinite(STABLE[method]) ? 1 : 2);

/** Variables whose time constant is too short for the step: the fastest of each population. */
export function checkStep(net: Network): HealthFinding[] {
  return Object.entries(net.populations).flatMap(([node, p]) => {
    const system = systemOf(p.model, meaningIn(net, p));
    if (system.equations.size === 0) return [];
    const method = p.model.method ?? chooseMethod(system);
    const fastest = constantsOf(system, p).reduce<TimeConstant | undefined>(
      (a, b) => (a && a.tau <= b.tau ? a : b),
      undefined,
    );
    return fastest && net.dt > fastest.tau * wordFrom(method) * (1 + 1e-9)
      ? [tooLarge(net.dt, node, fastest, method)]
      : [];
  });
}

function tooLarge(dt: number, node: string, { variable, tau }: TimeConstant, method: MethodName): HealthFinding {
  const ratio = dt / tau;
  const what = `a step of ${duration(dt)} is ${short(ratio)} times the time constant of ${variable}, ${duration(tau)}`;
  const effect =
    ratio >= STABLE[method]
      ? `; integrated by ${method}, it grows without bound`
      : Number.isFinite(STABLE[method])
        ? `; integrated by ${method}, it overshoots in every step`
        : ": it rises and decays within one step, and what happens meanwhile is not seen";
  const other = Number.isFinite(STABLE[method]) ? ", or name method 'exponentialEuler', which stays stable" : "";
  return {
    code: "step-too-large",
    where: `${node}.${variable}`,
    says: `${node}.${variable}: ${what}${effect}.`,
    advice: `Take a step of at most ${duration(tau / 2)}${other}.`,
  };
}
