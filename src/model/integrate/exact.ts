/**
 * Exact solutions of linear systems whose coefficients stand still during a step (inputs are held).
 *
 * A variable y that sees no other, y' = b·y + d:  y(h) = e^{bh} y + d h exprel(bh).
 * A variable x that sees such ones, x' = a·x + c·y + d:  x(h) = e^{ah} x + d h exprel(ah) + c·(what y adds).
 * With y' = b·y that is y·K, K = h e^{bh} exprel((a - b) h), which stays finite and smooth where a meets b. A driven y
 * (y' = b·y + r) moves about its fixed point -r/b:  y·K + (r/b)·(K - G), G = h exprel(ah); a ramp (b = 0)
 * adds c·r·h²/2 to an x that does not decay (a = 0).
 * (Rotter and Diesmann 1999, Biol. Cybern. 81, 381; the form with exprel is ours, so that time constants may meet.)
 *
 * Longer chains and loops need coefficients that are numbers: then the matrix exponential of the system, once, on the host.
 */
import { type Expr, f64, max, min } from "../../ir/expr.ts";
import { exp, exprel, isConst, isZero, minus, over, plus, times, total } from "../algebra.ts";
import { spread } from "../linear.ts";
import { TIME } from "../slots.ts";
import { expm } from "./expm.ts";
import { groupsOf, isNumeric, type Row, type Rows, rowsOf } from "./linearSystem.ts";
import { here, type Method, readsOf, type System, type Updates, unsupported } from "./system.ts";

const isDriven = (row: Row): boolean => !isZero(row.rest);
/** What only grows, y' = r: it has no fixed point. */
const isRamp = (row: Row): boolean => isDriven(row) && isZero(row.own);
/**
 * Whether every variable sees only variables that see no other (and have a fixed point, if they are driven; one that does
 * not decay itself may also add up ramps).
 */
const isShallow = (group: readonly string[], rows: Rows): boolean =>
  group.every((name) =>
    [...rows.get(name)!.others.keys()].every((other) => {
      const row = rows.get(other)!;
      return row.others.size === 0 && (!isRamp(row) || isZero(rows.get(name)!.own));
    }),
  );

/**
 * K = h e^{bh} exprel((a - b) h). It is the same with a and b exchanged: where a step may be of any length, the larger
 * stands in front, so that nothing overflows.
 */
function couplingOf(own: Expr, other: Expr, h: Expr): Expr {
  const [a, b] = [times(h, own), times(h, other)];
  const along = (front: Expr, behind: Expr): Expr => times(times(h, exp(front)), exprel(minus(behind, front)));
  if (isConst(h)) return along(b, a);
  if (isConst(own) && isConst(other)) return own.value > other.value ? along(a, b) : along(b, a);
  return along(max(a, b), min(a, b));
}

function closedForm(name: string, rows: Rows, system: System, h: Expr): Expr {
  const { own, others, rest } = rows.get(name)!;
  const a = times(h, own);
  const gain = times(h, exprel(a));
  const seen = [...others].map(([other, c]) => {
    const row = rows.get(other)!;
    const coupling = couplingOf(own, row.own, h);
    const moved = times(times(c, coupling), here(other));
    if (!isDriven(row)) return moved;
    const driven = isRamp(row)
      ? times(c, times(times(h, h), f64(0.5)))
      : over(times(c, minus(coupling, gain)), row.own);
    return plus(moved, spread(driven, row.rest, system.drivers));
  });
  return total([times(exp(a), here(name)), ...seen, spread(gain, rest, system.drivers)]);
}

/** x(h) = E x + F r for x' = A x + r, both from the exponential of [[A, 1], [0, 0]] (Van Loan 1978). */
function byMatrix(group: readonly string[], rows: Rows, system: System, h: Expr): Updates {
  const n = group.length;
  if (!isConst(h)) throw new Error("matrixExponential needs a step that is a number");
  const step = h.value;
  const entry = (i: number, j: number): number => {
    const row = rows.get(group[i]!)!;
    const e = i === j ? row.own : row.others.get(group[j]!);
    return e && isConst(e) ? e.value * step : 0;
  };
  const full = expm(
    Array.from({ length: 2 * n }, (_, i) =>
      Array.from({ length: 2 * n }, (_, j) => (i >= n ? 0 : j < n ? entry(i, j) : j - n === i ? step : 0)),
    ),
  );
  return new Map(
    group.map((name, i) => [
      name,
      total([
        ...group.map((other, j) => times(f64(full[i]![j]!), here(other))),
        ...group.map((other, j) => spread(f64(full[i]![n + j]!), rows.get(other)!.rest, system.drivers)),
      ]),
    ]),
  );
}

function solveGroup(group: readonly string[], rows: Rows, system: System, h: Expr): Updates {
  if (isShallow(group, rows)) return new Map(group.map((name) => [name, closedForm(name, rows, system, h)]));
  return byMatrix(group, rows, system, h);
}

const couplings = (group: readonly string[], rows: Rows): string =>
  group.flatMap((name) => [...rows.get(name)!.others.keys()].map((other) => `${name} <- ${other}`)).join(", ");

function unsolvable(group: readonly string[], rows: Rows, matrixOnly: boolean): string | undefined {
  if ((!matrixOnly && isShallow(group, rows)) || group.every((name) => isNumeric(rows.get(name)!))) return undefined;
  const symbols = new Set(
    group.flatMap((name) => [rows.get(name)!.own, ...rows.get(name)!.others.values()].flatMap(readsOf)),
  );
  return (
    `no closed form for ${couplings(group, rows) || group.join(", ")}: a chain of more than two variables, or a loop, needs coefficients that are numbers, ` +
    `and these depend on ${[...symbols].join(", ")}; fix them (option 'constants') or use exponentialEuler`
  );
}

/** Why a system has no exact solution here, or nothing. */
export function whyNotExact(system: System, matrixOnly = false): string | undefined {
  const rows = rowsOf(system);
  if (typeof rows === "string") return `d${rows}/dt is not linear; use exponentialEuler, rk2 or rk4`;
  if ([...system.equations.values()].some((e) => readsOf(e).includes(TIME)))
    return "the equations depend on t; use rk2 or rk4";
  return groupsOf(rows)
    .map((group) => unsolvable(group, rows, matrixOnly))
    .find((problem) => problem !== undefined);
}

/** Why a system has no closed form for a step of any length, or nothing. */
export function whyNotClosed(system: System): string | undefined {
  const problem = whyNotExact(system);
  if (problem !== undefined) return problem;
  const rows = rowsOf(system) as Rows;
  const deep = groupsOf(rows).find((group) => !isShallow(group, rows));
  return deep && `no closed form for ${couplings(deep, rows)}: a chain of more than two variables, or a loop`;
}

const solver =
  (solve: typeof solveGroup, matrixOnly: boolean): Method =>
  (system, h) => {
    const problem = whyNotExact(system, matrixOnly);
    if (problem) throw unsupported(system, problem);
    const rows = rowsOf(system) as Rows;
    return new Map(groupsOf(rows).flatMap((group) => [...solve(group, rows, system, h)]));
  };
export const exact = solver(solveGroup, false);
/** Every group by its matrix; coefficients must be numbers. */
export const matrixExponential = solver(byMatrix, true);
