/**
 * Philox4x32, a keyed bijection of 128 bits, written into an array of the caller in 32-bit integers throughout:
 * encoding and initialising draw millions of blocks.
 */

/** Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3": multipliers and key increments. */
export const PHILOX = {
  rounds: 10,
  /** As few as pass all of TestU01's BigCrush (their table 2): where many bits are drawn for little else. */
  fewRounds: 7,
  multipliers: [0xd2511f53, 0xcd9e8d57],
  increments: [0x9e3779b9, 0xbb67ae85],
} as const;

const [M0, M1] = PHILOX.multipliers;
const [W0, W1] = PHILOX.increments;
const [M0_HIGH, M0_LOW, M1_HIGH, M1_LOW] = [M0 >>> 16, M0 & 0xffff, M1 >>> 16, M1 & 0xffff];

/** Four random words of counter (c0, c1, c2, c3) and key (k0, k1). */
export function philoxInto(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  rounds: number = PHILOX.rounds,
): void {
  for (let round = 0; round < rounds; round++) {
    const high0 = mulHigh(c0, M0_HIGH, M0_LOW);
    const high1 = mulHigh(c2, M1_HIGH, M1_LOW);
    const low1 = Math.imul(c2, M1);
    c2 = high0 ^ c3 ^ k1;
    c3 = Math.imul(c0, M0);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Upper word of the 64-bit product of `a` and a constant in halves. No sum here passes 32 bits, so wrapping loses nothing. */
export function mulHigh(a: number, high: number, low: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const middle = (Math.imul(aHigh, low) + (Math.imul(aLow, low) >>> 16)) | 0;
  const rest = (Math.imul(aLow, high) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, high) + (middle >>> 16) + (rest >>> 16)) | 0;
}
