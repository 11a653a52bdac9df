/**
 * Units by Brian's names (`brian2/units/allunits.py`, `stdunits.py`) and quantities such as "20 ms" or "10 nS/cm**2".
 * Every scale is a power of ten, kept as an exponent: "0.1 ms" is the double nearest to 1e-4, not 0.1 * 1e-3.
 */
import { DIMENSIONLESS, type Dimension, NAMED, power, quotient } from "./dimension.ts";

/** A unit: `10**exponent` in SI. */
export interface Unit {
  readonly dimension: Dimension;
  readonly exponent: number;
}
/** A value in SI units. */
export interface Quantity {
  readonly value: number;
  readonly dimension: Dimension;
}

/** Deci, deca and hecto are left out: `damp` and `hamp` are better kept for variables. */
const PREFIXES: Readonly<Record<string, number>> = {
  "": 0,
  Y: 24,
  Z: 21,
  E: 18,
  P: 15,
  T: 12,
  G: 9,
  M: 6,
  k: 3,
  c: -2,
  m: -3,
  u: -6,
  n: -9,
  p: -12,
  f: -15,
  a: -18,
  z: -21,
  y: -24,
};

const MOLAR = quotient(NAMED.mole!, power(NAMED.metre!, 3));
/** Long names: every one takes every prefix and the powers 2 and 3 (`mvolt`, `umetre2`). */
const LONG: Readonly<Record<string, Unit>> = {
  ...Object.fromEntries(Object.entries(NAMED).map(([name, dimension]) => [name, { dimension, exponent: 0 }])),
  ampere: { dimension: NAMED.amp!, exponent: 0 },
  meter: { dimension: NAMED.metre!, exponent: 0 },
  mol: { dimension: NAMED.mole!, exponent: 0 },
  gram: { dimension: NAMED.kilogram!, exponent: -3 },
  gramme: { dimension: NAMED.kilogram!, exponent: -3 },
  molar: { dimension: MOLAR, exponent: 3 },
  liter: { dimension: power(NAMED.metre!, 3), exponent: -3 },
  litre: { dimension: power(NAMED.metre!, 3), exponent: -3 },
  radian: { dimension: DIMENSIONLESS, exponent: 0 },
};
/**
 * Short names and the prefixes they take inside equations. Bare letters are variables there (`m`, `h`, `n`, `V`), and so
 * is `EK` (a reversal potential, not an exakelvin).
 */
const SHORT: readonly (readonly [letter: string, unit: Unit, prefixes: readonly string[]])[] = [
  ["V", LONG.volt!, ["m", "u", "n"]],
  ["A", LONG.amp!, ["m", "u", "n", "p"]],
  ["S", LONG.siemens!, ["m", "u", "n", "p"]],
  ["F", LONG.farad!, ["m", "u", "n", "p"]],
  ["s", LONG.second!, ["m", "u", "n"]],
  ["Hz", LONG.hertz!, ["", "k", "M", "G"]],
  ["m", LONG.metre!, ["c", "m", "u", "n"]],
  ["M", LONG.molar!, ["m", "u", "n"]],
];
/** Letters that only a quantity such as "0.2 s" may use. */
const BARE: ReadonlyMap<string, Unit> = new Map(
  Object.entries({
    V: LONG.volt!,
    A: LONG.amp!,
    S: LONG.siemens!,
    F: LONG.farad!,
    s: LONG.second!,
    m: LONG.metre!,
    M: LONG.molar!,
    K: LONG.kelvin!,
    kg: LONG.kilogram!,
  }),
);

const scaled = (unit: Unit, exponent: number): Unit => ({ ...unit, exponent: unit.exponent + exponent });
const raised = (unit: Unit, n: number): Unit => ({ dimension: power(unit.dimension, n), exponent: unit.exponent * n });

function prefixed(name: string, unit: Unit, prefixes: readonly string[]): [string, Unit][] {
  const plain = prefixes.map((p): [string, Unit] => [p + name, scaled(unit, PREFIXES[p]!)]);
  const powers = /^(metre|meter|m)$/.test(name) ? [2, 3] : [];
  return [...plain, ...powers.flatMap((n) => plain.map(([text, u]): [string, Unit] => [`${text}${n}`, raised(u, n)]))];
}

/** Every unit that equations may name. */
export const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...Object.entries(LONG).flatMap(([name, unit]) => prefixed(name, unit, Object.keys(PREFIXES))),
  ...SHORT.flatMap(([name, unit, prefixes]) => prefixed(name, unit, prefixes)),
  ["kilogramme", LONG.kilogram!] as [string, Unit],
]);

/** `x * 10**exponent`, rounded once where the exponent is an integer (through the decimal text). */
export function scale(x: number, exponent: number): number {
  if (exponent === 0 || !Number.isFinite(x)) return x;
  if (!Number.isInteger(exponent)) return x * 10 ** exponent;
  const [digits, e = "0"] = String(x).split("e");
  return Number(`${digits}e${Number(e) + exponent}`);
}
export const unitValue = (unit: Unit): number => scale(1, unit.exponent);
/** A unit inside a quantity, where bare letters count too. */
export const quantityUnit = (name: string): Unit | undefined => UNITS.get(name) ?? BARE.get(name);
