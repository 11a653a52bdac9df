/**
 * FNV-1a, 64 bits: `h = (h xor byte) · 0x100000001b3 mod 2^64`, from 0xcbf29ce484222325.
 *
 * A fingerprint for provenance (data, spikes), not a defence against forgery. Chosen because it is ten lines, has
 * published test vectors, runs alike in Node and the browser, and needs no asynchronous call (Web Crypto does).
 *
 * @see Fowler, Noll, Vo, Eastlake, Hansen, The FNV Non-Cryptographic Hash Algorithm, draft-eastlake-fnv
 */

/** Digest of the parts joined together, as 16 hexadecimal digits. Numbers count as their little-endian bytes, text as UTF-8. */
export function hash64(...parts: readonly (ArrayBufferView | string)[]): string {
  let state = START;
  for (const part of parts) state = absorb(state, bytesOf(part));
  return textOf(state);
}

/** A digest on its way: 64 bits in two words. */
export interface State {
  readonly high: number;
  readonly low: number;
}
export const START: State = { high: 0xcbf29ce4, low: 0x84222325 };

/**
 * The prime is 2^40 + 0x1b3, so the product is a shift and a small multiplication; halves of the low word keep it in 32-bit
 * integers, and stay apart because each waits only for a multiplication then.
 */
export function absorb({ high, low }: State, bytes: Uint8Array): State {
  high |= 0; // an integer from the start on
  let l = low & 0xffff;
  let m = low >>> 16;
  for (let k = 0; k < bytes.length; k++) {
    l ^= bytes[k]!;
    const a = Math.imul(l, SMALL);
    const b = (Math.imul(m, SMALL) + (a >>> 16)) | 0;
    high = (Math.imul(high, SMALL) + (((m << 24) | (l << 8)) + (b >>> 16))) | 0;
    l = a & 0xffff;
    m = b & 0xffff;
  }
  return { high, low: (m << 16) | l };
}
const SMALL = 0x1b3;

/**
 * The same of 32-bit words, as their little-endian bytes. The zeros with which a small number ends multiply by the prime
 * alone, and all of them do so at once.
 */
export function absorbWords({ high, low }: State, words: Uint32Array): State {
  high |= 0; // an integer from the start on
  let l = low & 0xffff;
  let m = low >>> 16;
  for (let k = 0; k < words.length; k++) {
    let x = words[k]! | 0;
    let left = 4;
    for (; x & ~0xff; left--) {
      l ^= x & 0xff;
      x = (x >>> 8) | 0;
      const a = Math.imul(l, SMALL);
      const b = (Math.imul(m, SMALL) + (a >>> 16)) | 0;
      high = (Math.imul(high, SMALL) + (((m << 24) | (l << 8)) + (b >>> 16))) | 0;
      l = a & 0xffff;
      m = b & 0xffff;
    }
    l ^= x;
    const p = LOW[left]!;
    const q = MIDDLE[left]!;
    const a = Math.imul(l, p);
    const b = Math.imul(m, p);
    const c = Math.imul(l, q);
    const carried = (a >>> 16) + (b & 0xffff) + (c & 0xffff);
    const above = (Math.imul(m, q) + (b >>> 16) + (c >>> 16) + (carried >>> 16)) | 0;
    high = (Math.imul(high, (q << 16) | p) + Math.imul((m << 16) | l, HIGH[left]!) + above) | 0;
    l = a & 0xffff;
    m = carried & 0xffff;
  }
  return { high, low: (m << 16) | l };
}
/** Powers of the prime: 0x1b3^n + n · 0x1b3^(n-1) · 2^40 mod 2^64, as the halves of the low word, and the high word. */
const POWERS = [1, SMALL, SMALL * SMALL, SMALL * SMALL * SMALL, SMALL * SMALL * SMALL * SMALL];
const LOW = Int32Array.from(POWERS, (p) => p & 0xffff);
const MIDDLE = Int32Array.from(POWERS, (p) => Math.floor(p / 2 ** 16) & 0xffff);
const HIGH = Int32Array.from(POWERS, (p, n) => Math.floor(p / 2 ** 32) + n * (p / SMALL) * 2 ** 8);

function bytesOf(part: ArrayBufferView | string): Uint8Array {
  if (typeof part === "string") return new TextEncoder().encode(part);
  return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
}

export const textOf = ({ high, low }: State): string => hex(high) + hex(low);
const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
