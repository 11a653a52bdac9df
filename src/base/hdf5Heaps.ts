/**
 * Global heaps of HDF5, which hold the lists of variable length, are walked here before libhdf5 walks them: it goes from
 * object to object by their sizes, and where a damaged one has size 0, or a size that wraps around, it goes on for ever.
 *
 * A heap is "GCOL", version 1, three bytes, and its size (8 bytes); objects follow: index (2 bytes), references (2), 4 bytes,
 * size (8), then what they hold, padded to 8. Index 0 is free space, whose size includes its header.
 *
 * @see The HDF Group, "HDF5 File Format Specification" 3.0, section III.E; H5HGcache.c
 */
export interface RandomAccess {
  readonly size: number;
  /** Bytes from `at` on: as many as asked for, or up to the end. */
  read(at: number, length: number): Uint8Array;
}

const BEGIN = [0x47, 0x43, 0x4f, 0x4c, 1];
const HEADER = 16;

export class HeapGuard {
  readonly #bytes: RandomAccess;
  /** Heaps that are sound, by address. */
  readonly #sound = new Set<number>();

  constructor(bytes: RandomAccess) {
    this.#bytes = bytes;
  }

  /** As `RandomAccess.read`; undefined where a heap that begins there, or ends so that its beginning was cut, is unsound. */
  read(at: number, length: number): Uint8Array | undefined {
    const before = Math.min(at, BEGIN.length - 1);
    const wide = this.#bytes.read(at - before, before + length + BEGIN.length - 1);
    for (let k = wide.indexOf(BEGIN[0]!); k >= 0; k = wide.indexOf(BEGIN[0]!, k + 1))
      if (BEGIN.every((byte, j) => wide[k + j] === byte) && !this.#isSound(at - before + k)) return undefined;
    return wide.subarray(before, before + length);
  }

  /** Where no heap can be (one that ends after the file), libhdf5 finds that out itself, or they are data that look alike. */
  #isSound(at: number): boolean {
    if (this.#sound.has(at)) return true;
    const size = u64(this.#bytes.read(at + 8, 8));
    if (!(at + size <= this.#bytes.size)) return true;
    const heap = this.#bytes.read(at, size);
    const view = new DataView(heap.buffer, heap.byteOffset, heap.byteLength);
    for (let object = HEADER; object + HEADER <= size; ) {
      const held = u64(heap.subarray(object + 8, object + 16));
      const need = view.getUint16(object, true) === 0 ? held : HEADER + 8 * Math.ceil(held / 8);
      if (!(need > 0 && object + need <= size)) return false;
      object += need;
    }
    this.#sound.add(at);
    return true;
  }
}

/** NaN for fewer than 8 bytes. */
function u64(bytes: Uint8Array): number {
  if (bytes.length < 8) return Number.NaN;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
}
