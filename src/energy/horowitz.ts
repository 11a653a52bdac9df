/**
 * Horowitz's rough energies at 45 nm and 0.9 V, and what this module derives from them. Every price is in picojoules.
 *
 * The figures are rounded estimates of arithmetic units and memory arrays alone. There is no control, no instruction
 * fetch (some 70 pJ on a processor), no leakage, no wire between cores: they compare two networks, they do not
 * predict a chip.
 *
 * @see Horowitz 2014, Computing's energy problem (and what we can do about it), ISSCC, figure 1.1.9
 */
export type NumberFormat = "int8" | "int16" | "int32" | "fp16" | "fp32";
/** How a figure came to be. `derived` is ours, from figures of better grades; the price says by what arithmetic. */
export type Grade =
  | "measured silicon"
  | "vendor's statement"
  | "post-layout simulation"
  | "pre-silicon"
  | "derived"
  | "analytic";

/** A bound, the value to quote, and a bound: three settings of what the source leaves open. */
export interface Range {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
}

/** Energy of one operation, with what it holds for. */
export interface Price {
  readonly value: Range;
  /** Energy of one piece of work, or power for as long as an inference takes. */
  readonly unit: "pJ" | "W";
  readonly process: string;
  /** V; undefined where the source does not state it. */
  readonly voltage: number | undefined;
  readonly includes: string;
  readonly excludes: string;
  readonly grade: Grade;
  readonly source: string;
}

const SOURCE = "Horowitz 2014, ISSCC, figure 1.1.9";
const at45nm = (value: Range, includes: string, excludes: string, source = SOURCE): Price => ({
  value,
  unit: "pJ",
  process: "45 nm",
  voltage: 0.9,
  includes,
  excludes,
  grade: "analytic",
  source,
});
export const exactly = (value: number): Range => ({ low: value, typical: value, high: value });
const UNIT_ONLY = "operands, control, instruction fetch, leakage";

/** pJ an operation. The table has no 16-bit integer multiplication. */
const ADD: Readonly<Record<NumberFormat, number>> = { int8: 0.03, int16: 0.05, int32: 0.1, fp16: 0.4, fp32: 0.9 };
const MULTIPLY: Readonly<Partial<Record<NumberFormat, number>>> = { int8: 0.2, int32: 3.1, fp16: 1.1, fp32: 3.7 };

export const addition = (format: NumberFormat): Price => at45nm(exactly(ADD[format]), `one ${format} adder`, UNIT_ONLY);

export function multiplication(format: NumberFormat): Price | undefined {
  const value = MULTIPLY[format];
  return value === undefined ? undefined : at45nm(exactly(value), `one ${format} multiplier`, UNIT_ONLY);
}

/**
 * Adding one weight to an accumulator. The lower bound keeps the accumulator as narrow as the weight (the popular
 * figure), the others give it `accumulator` bits, which sums of hundreds of 8-bit weights need.
 */
export function accumulation(weight: NumberFormat, accumulator: NumberFormat): Price {
  const value = { low: ADD[weight], typical: ADD[accumulator], high: ADD[accumulator] };
  return at45nm(value, `one adder, ${weight} to ${accumulator}`, UNIT_ONLY);
}

/** One product and one accumulation, the sum of two entries of the table. */
export function multiplyAccumulation(weight: NumberFormat, accumulator: NumberFormat): Price | undefined {
  const product = MULTIPLY[weight];
  if (product === undefined) return undefined;
  const value = mapRange(accumulation(weight, accumulator).value, (sum) => product + sum);
  return at45nm(value, `one ${weight} multiplier and one adder to ${accumulator}`, UNIT_ONLY);
}

/**
 * An 8-bit weight times an activation of `bits`, accumulated. An array multiplier has a row of adders for each bit of a
 * factor, so its energy is taken as proportional to the product of the widths; the table's 8-bit multiplier sets the scale.
 */
export function narrowMultiplyAccumulation(bits: number, accumulator: NumberFormat): Price {
  const product = (MULTIPLY.int8! * bits) / 8;
  const value = mapRange(accumulation("int8", accumulator).value, (sum) => product + sum);
  const price = at45nm(value, `one multiplier of 8 by ${bits} bits and one adder to ${accumulator}`, UNIT_ONLY);
  return { ...price, grade: "derived", source: `${SOURCE}; product scaled by width from 8 by 8 bits (ours)` };
}

const ACCESS_BITS = 64;
const KB = 1024;
/** pJ for 64 bits from an SRAM of that many bytes. */
const SRAM: readonly (readonly [bytes: number, picojoules: number])[] = [
  [8 * KB, 10],
  [32 * KB, 20],
  [1024 * KB, 100],
];
/** The largest SRAM in the table; what is larger lives in DRAM. */
export const LARGEST_SRAM = 1024 * KB;
export const DRAM: Range = { low: 1300, typical: 1950, high: 2600 };

/**
 * One access to a word of `bits` in a memory of `bytes`.
 *
 * The table prices accesses of 64 bits. Lower bound and typical value take the word's share of one, as for rows read
 * in order; the upper bound is a whole access, as for words at random.
 */
export function memoryAccess(bytes: number, bits: number, largestSram = LARGEST_SRAM): Price {
  const share = Math.min(1, bits / ACCESS_BITS);
  const inSram = bytes <= largestSram;
  const whole = inSram ? exactly(sram64(bytes)) : DRAM;
  const value = { low: whole.low * share, typical: whole.typical * share, high: whole.high };
  const memory = inSram ? `SRAM of ${Math.ceil(bytes)} bytes` : "DRAM";
  return at45nm(
    value,
    `one ${bits}-bit access to ${memory}`,
    "address generation, refresh, leakage, caches",
    `${SOURCE}; power law between its sizes (ours), width scaled from 64 bits (ours)`,
  );
}

/**
 * pJ for 64 bits: straight lines in log size and log energy, because access energy grows about as the side of the
 * array (the table's points rise as size to the power 0.5 and 0.46). Flat below the smallest, where the table is silent.
 */
export function sram64(bytes: number): number {
  const [first, last] = [SRAM[0]!, SRAM[SRAM.length - 1]!];
  if (bytes <= first[0]) return first[1];
  const k = SRAM.findIndex(([size]) => bytes <= size);
  if (k < 0) return last[1] * Math.sqrt(bytes / last[0]); // an SRAM larger than the table's, if the caller allows one
  const [[size0, energy0], [size1, energy1]] = [SRAM[k - 1]!, SRAM[k]!];
  return energy0 * (energy1 / energy0) ** (Math.log(bytes / size0) / Math.log(size1 / size0));
}

export const mapRange = (range: Range, f: (x: number) => number): Range => ({
  low: f(range.low),
  typical: f(range.typical),
  high: f(range.high),
});
