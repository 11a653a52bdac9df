/** Numbers with 240 binary places, in whole numbers: an oracle that shares nothing with the code it judges. */

const PLACES = 240n;
export const UNIT = 1n << PLACES;

/** The very number that a double is (above 2^-180). */
export function precise(x: number): bigint {
  if (!Number.isFinite(x)) throw new Error(`precise: ${x}`);
  let [mantissa, shift] = [x, 0];
  while (!Number.isInteger(mantissa)) [mantissa, shift] = [mantissa * 2, shift + 1];
  return (BigInt(mantissa) << PLACES) >> BigInt(shift);
}
export const product = (a: bigint, b: bigint): bigint => (a * b) >> PLACES;
export const ratio = (a: bigint, b: bigint): bigint => (a << PLACES) / b;
export const toNumber = (x: bigint): number => Number(x) / Number(UNIT);

/** By its series, after halving the argument 40 times. */
export function exponential(x: bigint): bigint {
  let [sum, term] = [UNIT, UNIT];
  const small = x >> 40n;
  for (let k = 1n; term !== 0n && k < 60n; k++) {
    term = product(term, small) / k;
    if (term === -1n) break; // shifting rounds down
    sum += term;
  }
  for (let k = 0; k < 40; k++) sum = product(sum, sum);
  return sum;
}

/** The zero of an increasing function between two numbers, by halving. */
export function zeroOf(f: (t: bigint) => bigint, low: number, high: number): number {
  let [a, b] = [precise(low), precise(high)];
  if (f(a) >= 0n || f(b) <= 0n) throw new Error("zeroOf: no change of sign");
  while (b - a > 1n << 130n) {
    const middle = (a + b) / 2n;
    if (f(middle) < 0n) a = middle;
    else b = middle;
  }
  return toNumber(b);
}
