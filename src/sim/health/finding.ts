/** What may be wrong with a run, in plain words. */

/**
 * `silent`: neurons that should fire never did. `saturated`: they fire as fast as they can. `growing`: faster and faster.
 * `not-finite`: a state is no number any more. `unbounded`: it will soon be none. `step-too-large`: for the fastest time constant. `endless`: the exact engine
 * stands at one moment.
 */
export type HealthCode = "silent" | "saturated" | "growing" | "not-finite" | "unbounded" | "step-too-large" | "endless";

/** One thing that may be wrong, and what to try. */
export interface HealthFinding {
  readonly code: HealthCode;
  /** A population, or a variable of one: `e`, `e.v`. */
  readonly where: string;
  /** What was found: a sentence. */
  readonly says: string;
  /** What to try: sentences. */
  readonly advice: string;
}

/** Three digits that count. */
export const short = (x: number): string => String(Number(x.toPrecision(3)));
/** A duration in the unit that people would use. */
export function duration(seconds: number): string {
  const [factor, unit] = UNITS.find(([f]) => Math.abs(seconds) >= f * 0.9995) ?? UNITS[UNITS.length - 1]!;
  return `${short(seconds / factor)} ${unit}`;
}
const UNITS: readonly (readonly [factor: number, unit: string])[] = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
  [1e-9, "ns"],
];
