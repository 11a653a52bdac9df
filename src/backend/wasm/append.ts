/** Numbers of set bits to the end of a list, without branches. */
import type { Emitter } from "./code.ts";
import { range } from "./tiles.ts";

interface Append {
  /** Locals: the bits; in four lanes the number of bit 0; the byte address of the next entry, which moves on. */
  readonly mask: number;
  readonly first: number;
  readonly position: number;
  /** Byte address of `compactTable`. */
  readonly table: number;
}

/** Writes `vectors` times four entries, as many as there may be bits, and moves on by as many as are set. */
export function appendBits(f: Emitter, { mask, first, position, table }: Append, vectors: 1 | 2): void {
  const packed = f.local("i32");
  f.get(mask);
  f.i32(4);
  f.op("i32.shl");
  f.set(packed);
  for (const v of range(vectors)) {
    f.get(position, first, packed);
    f.op("v128.load16x4_u", table + 8 * v); // one instruction, where a high half that is in a register takes two
    f.op("i32x4.add");
    f.op("v128.store", 16 * v);
  }
  f.get(position, mask);
  f.op("i32.popcnt");
  f.i32(2);
  f.op("i32.shl");
  f.op("i32.add");
  f.set(position);
}

/** For each 8-bit mask the numbers of its set bits as eight u16, packed to the front. */
export function compactTable(): Uint16Array {
  const table = new Uint16Array(256 * 8);
  for (let mask = 0; mask < 256; mask++) {
    let k = mask * 8;
    for (let bit = 0; bit < 8; bit++) if (mask & (1 << bit)) table[k++] = bit;
  }
  return table;
}
