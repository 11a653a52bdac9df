/** Numbers for people: few digits, units, thousands apart. */
import type { Range } from "./document.ts";

/** A number that does not exist for this network. */
export const NONE = "-";

const GROUPS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
export const whole = (n: number): string => GROUPS.format(n);
/** Three digits that count, without exponents. */
export const short = (n: number): string => (Math.abs(n) >= 1000 ? whole(n) : String(Number(n.toPrecision(3))));
export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
export const seconds = (s: number): string => `${short(s)} s`;
export const bytes = (n: number): string => (n >= 1e6 ? `${short(n / 1e6)} MB` : `${short(n / 1e3)} kB`);
/** A mean count: whole where it is large. */
export const amount = (n: number): string => (n === 0 ? NONE : n < 100 ? short(n) : whole(n));
export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const PREFIXES: readonly (readonly [factor: number, unit: string])[] = [
  [1, "J"],
  [1e-3, "mJ"],
  [1e-6, "µJ"],
  [1e-9, "nJ"],
  [1e-12, "pJ"],
];
/** The largest unit in which an energy is at least 1, and how many J it is. */
export const joulesUnit = (joules: number): readonly [factor: number, unit: string] =>
  PREFIXES.find(([factor]) => joules >= factor) ?? PREFIXES[PREFIXES.length - 1]!;

export function joules(x: number): string {
  const [factor, unit] = joulesUnit(x);
  return `${short(x / factor)} ${unit}`;
}
/** The value to quote, and its bounds in the same unit. */
export function joulesRange({ low, typical, high }: Range, atLeast = false): string {
  const [factor, unit] = joulesUnit(typical);
  const bounds = `${short(low / factor)} to ${short(high / factor)}`;
  return `${atLeast ? "≥ " : ""}${short(typical / factor)} ${unit} (${bounds})`;
}
/** Two digits that count: enough for how many times more. */
export const times = (x: number): string => short(Number(x.toPrecision(2)));
/** Both ends, or one number where they read the same. */
export function timesRange({ low, high }: Pick<Range, "low" | "high">): string {
  const [a, b] = [times(low), times(high)];
  return a === b ? `${a} times` : `${a} to ${b} times`;
}
