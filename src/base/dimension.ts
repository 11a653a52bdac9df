/**
 * Physical dimensions as exponents of the seven SI base units. Exponents may be fractions (`volt * second**-0.5`),
 * so they are compared with a tolerance that no sum of sensible fractions reaches.
 */

/** Exponents of metre, kilogram, second, ampere, kelvin, mole, candela. */
export type Dimension = readonly [m: number, kg: number, s: number, A: number, K: number, mol: number, cd: number];

export const BASE_UNITS = ["metre", "kilogram", "second", "amp", "kelvin", "mole", "candela"] as const;
export const DIMENSIONLESS: Dimension = [0, 0, 0, 0, 0, 0, 0];

const combine = (a: Dimension, b: Dimension, f: (x: number, y: number) => number): Dimension =>
  a.map((x, k) => f(x, b[k]!)) as unknown as Dimension;
/** Exponents are fractions of 60: this removes the rounding that thirds leave behind (and -0). */
const tidy = (x: number): number => {
  const nearest = Math.round(x * 60) / 60;
  return Math.abs(nearest - x) < 1e-9 ? nearest + 0 : x;
};

export const product = (a: Dimension, b: Dimension): Dimension => combine(a, b, (x, y) => tidy(x + y));
export const quotient = (a: Dimension, b: Dimension): Dimension => combine(a, b, (x, y) => tidy(x - y));
export const power = (a: Dimension, n: number): Dimension => combine(a, a, (x) => tidy(x * n));
export const sameDimension = (a: Dimension, b: Dimension): boolean => a.every((x, k) => Math.abs(x - b[k]!) < 1e-6);
export const isDimensionless = (a: Dimension): boolean => sameDimension(a, DIMENSIONLESS);

/** Named units in the order in which a dimension prefers to be written. */
export const NAMED: Readonly<Record<string, Dimension>> = {
  volt: [2, 1, -3, -1, 0, 0, 0],
  amp: [0, 0, 0, 1, 0, 0, 0],
  siemens: [-2, -1, 3, 2, 0, 0, 0],
  farad: [-2, -1, 4, 2, 0, 0, 0],
  ohm: [2, 1, -3, -2, 0, 0, 0],
  second: [0, 0, 1, 0, 0, 0, 0],
  hertz: [0, 0, -1, 0, 0, 0, 0],
  metre: [1, 0, 0, 0, 0, 0, 0],
  mole: [0, 0, 0, 0, 0, 1, 0],
  kelvin: [0, 0, 0, 0, 1, 0, 0],
  kilogram: [0, 1, 0, 0, 0, 0, 0],
  candela: [0, 0, 0, 0, 0, 0, 1],
  coulomb: [0, 0, 1, 1, 0, 0, 0],
  watt: [2, 1, -3, 0, 0, 0, 0],
  joule: [2, 1, -2, 0, 0, 0, 0],
  newton: [1, 1, -2, 0, 0, 0, 0],
  pascal: [-1, 1, -2, 0, 0, 0, 0],
  weber: [2, 1, -2, -1, 0, 0, 0],
  tesla: [0, 1, -2, -1, 0, 0, 0],
  henry: [2, 1, -2, -2, 0, 0, 0],
};

interface Term {
  readonly unit: string;
  readonly exponent: number;
}
const baseTerms = (d: Dimension): Term[] =>
  d.flatMap((exponent, k) => (exponent === 0 ? [] : [{ unit: BASE_UNITS[k]!, exponent }]));

/** The shortest product of at most one power of a named unit and powers of base units; on a tie the one found first. */
function termsOf(d: Dimension): Term[] {
  if (isDimensionless(d)) return [];
  const candidates = [1, -1, 2, -2].flatMap((exponent) =>
    Object.entries(NAMED).map(([unit, dimension]): Term[] => [
      { unit, exponent },
      ...baseTerms(quotient(d, power(dimension, exponent))),
    ]),
  );
  return [...candidates, baseTerms(d)].reduce((best, terms) => (terms.length < best.length ? terms : best));
}

const termText = ({ unit, exponent }: Term): string => (exponent === 1 ? unit : `${unit}**${exponent}`);

/** A dimension in readable units: `volt/second`, `siemens/metre**2`, `second**-0.5`, `1`. */
export function formatDimension(d: Dimension): string {
  const terms = termsOf(d);
  const above = terms.filter((t) => t.exponent > 0).map(termText);
  const below = terms.filter((t) => t.exponent < 0);
  if (above.length === 0) return below.map(termText).join("*") || "1";
  return above.join("*") + below.map((t) => `/${termText({ ...t, exponent: -t.exponent })}`).join("");
}
