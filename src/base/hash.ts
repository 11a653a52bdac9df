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

/** The prime is 2^40 + 0x1b3, so the product is a shift and a small multiplication; 16-bit halves keep it in 32-bit integers. */
export function absorb({ high, low }: State, bytes: Uint8Array): State {
  for (let k = 0; k < bytes.length; k++) {
    low ^= bytes[k]!;
    const a = (low & 0xffff) * 0x1b3;
    const b = (low >>> 16) * 0x1b3 + (a >>> 16);
    high = (Math.imul(high, 0x1b3) + (low << 8) + (b >>> 16)) | 0;
    low = (b << 16) | (a & 0xffff);
  }
  return { high, low };
}

function bytesOf(part: ArrayBufferView | string): Uint8Array {
  if (typeof part === "string") return new TextEncoder().encode(part);
  return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
}

export const textOf = ({ high, low }: State): string => hex(high) + hex(low);
const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
