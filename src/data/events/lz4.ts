/**
 * LZ4 frames, decompressed with every length, offset and checksum checked, which the JavaScript libraries on offer do not:
 * they read on past the end of damaged data.
 *
 * A frame is a header, blocks of at most 4 MB, each behind its size, an empty block, and maybe a checksum of it all. A block
 * is sequences: literals, then a match of at least 4 bytes at most 64 KB back, in the same block or, where blocks are linked,
 * in those before.
 *
 * @see Collet, "LZ4 Frame Format Description" 1.6.2 and "LZ4 Block Format Description"
 */
import { xxHash32 } from "./xxHash32.ts";

const MAGIC = 0x184d2204;
const VERSION = 1;
/** Bits of the first byte of the descriptor. */
const FLAG = {
  independent: 0x20,
  blockChecksum: 0x10,
  size: 0x08,
  checksum: 0x04,
  reserved: 0x02,
  dictionary: 0x01,
} as const;
const STORED = 0x80000000;
const LEAST_MATCH = 4;

/** Makes the error for what is wrong at a byte of the frame. */
export type Refuse = (at: number, problem: string) => Error;

/**
 * @param limit most bytes to come out
 * @throws what `refuse` makes, for a frame that is damaged, longer than `bytes` or shorter, or has more than `limit` in it
 */
export function decompressLz4(bytes: Uint8Array, limit: number, refuse: Refuse): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frame = readDescriptor(view, bytes, refuse);
  const out = new Output(Math.min(limit, frame.size ?? 4 * bytes.length), limit);
  let at = frame.from;
  for (;;) {
    const word = u32(view, at, refuse);
    at += 4;
    if (word === 0) break;
    const size = word % STORED;
    if (size > frame.blockSize)
      throw refuse(at - 4, `a block of ${size} bytes, more than the ${frame.blockSize} allowed`);
    if (at + size > bytes.length) throw refuse(at, `truncated: a block has ${size} bytes, found ${bytes.length - at}`);
    const before = out.length;
    const first = frame.linked ? 0 : before;
    if (word >= STORED) out.append(bytes, at, size, () => refuse(at, tooLong(limit)));
    else readBlock(bytes, at, at + size, out, first, refuse);
    if (out.length - before > frame.blockSize)
      throw refuse(at, `a block holds ${out.length - before} bytes, more than the ${frame.blockSize} allowed`);
    if (frame.blockChecksum) requireHash(view, at + size, xxHash32(bytes.subarray(at, at + size)), "the block", refuse);
    at += size + (frame.blockChecksum ? 4 : 0);
  }
  const result = out.result();
  if (frame.size !== undefined && frame.size !== result.length)
    throw refuse(at, `the frame promises ${frame.size} bytes and holds ${result.length}`);
  if (frame.checksum) requireHash(view, at, xxHash32(result), "what it holds", refuse);
  at += frame.checksum ? 4 : 0;
  if (at < bytes.length) throw refuse(at, `the frame ends here, ${bytes.length - at} bytes follow`);
  return result;
}

const tooLong = (limit: number): string => `holds more than the ${limit} bytes that are read`;

interface Descriptor {
  readonly from: number;
  readonly linked: boolean;
  readonly blockChecksum: boolean;
  readonly checksum: boolean;
  readonly blockSize: number;
  readonly size: number | undefined;
}

function readDescriptor(view: DataView, bytes: Uint8Array, refuse: Refuse): Descriptor {
  const magic = u32(view, 0, refuse);
  if (magic !== MAGIC) throw refuse(0, `no LZ4 frame begins with 0x${magic.toString(16).padStart(8, "0")}`);
  if (bytes.length < 7) throw refuse(4, `truncated: the frame has ${bytes.length} bytes`);
  const [flags, block] = [bytes[4]!, bytes[5]!];
  if (flags >> 6 !== VERSION || flags & FLAG.reserved || block & 0x8f || block < 0x40)
    throw refuse(4, `no frame of version ${VERSION} has the flags 0x${flags.toString(16)} and 0x${block.toString(16)}`);
  if (flags & FLAG.dictionary) throw refuse(4, "needs a dictionary, which AEDAT has not");
  const from = 6 + (flags & FLAG.size ? 8 : 0);
  if (bytes.length <= from) throw refuse(4, `truncated: the frame has ${bytes.length} bytes`);
  if (((xxHash32(bytes.subarray(4, from)) >>> 8) & 0xff) !== bytes[from])
    throw refuse(from, "the checksum of the frame's header does not fit");
  return {
    from: from + 1,
    linked: !(flags & FLAG.independent),
    blockChecksum: (flags & FLAG.blockChecksum) !== 0,
    checksum: (flags & FLAG.checksum) !== 0,
    blockSize: 2 ** (8 + 2 * (block >> 4)),
    size: flags & FLAG.size ? Number(view.getBigUint64(6, true)) : undefined,
  };
}

/** Decompresses the block in bytes `from` to `end` − 1. @param first where in `out` matches may begin */
function readBlock(bytes: Uint8Array, from: number, end: number, out: Output, first: number, refuse: Refuse): void {
  let at = from;
  const full = (): Error => refuse(at, tooLong(out.limit));
  const length = (low: number): number => {
    let sum = low;
    if (low < 15) return sum;
    for (let more = 255; more === 255; sum += more) {
      if (at >= end) throw refuse(at, "truncated: the block ends within a length");
      more = bytes[at++]!;
    }
    return sum;
  };
  while (at < end) {
    const token = bytes[at++]!;
    const literals = length(token >> 4);
    if (at + literals > end) throw refuse(at, `truncated: the block ends within ${literals} literals`);
    out.append(bytes, at, literals, full);
    at += literals;
    if (at === end) return; // the last sequence has no match
    if (at + 2 > end) throw refuse(at, "truncated: the block ends within an offset");
    const offset = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    if (offset === 0 || offset > out.length - first)
      throw refuse(at - 2, `a match ${offset} bytes back, where there are ${out.length - first}`);
    out.repeat(offset, length(token & 15) + LEAST_MATCH, full);
  }
  throw refuse(at, "truncated: the block ends with a match");
}

function u32(view: DataView, at: number, refuse: Refuse): number {
  if (at + 4 > view.byteLength) throw refuse(at, `truncated: the frame has ${view.byteLength} bytes`);
  return view.getUint32(at, true);
}

function requireHash(view: DataView, at: number, hash: number, what: string, refuse: Refuse): void {
  if (u32(view, at, refuse) !== hash) throw refuse(at, `the checksum of ${what} does not fit`);
}

/** Bytes that grow, up to a limit. */
class Output {
  readonly limit: number;
  length = 0;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor(room: number, limit: number) {
    this.limit = limit;
    this.#bytes = new Uint8Array(Math.min(room, FIRST_ROOM));
  }
  append(from: Uint8Array, at: number, count: number, full: () => Error): void {
    this.#reserve(count, full);
    const [bytes, start] = [this.#bytes, this.length];
    if (count > SHORT) bytes.set(from.subarray(at, at + count), start);
    else for (let k = 0; k < count; k++) bytes[start + k] = from[at + k]!;
    this.length += count;
  }
  /** Repeats what lies `offset` bytes back; the match may reach into what it makes. */
  repeat(offset: number, count: number, full: () => Error): void {
    this.#reserve(count, full);
    const [bytes, start] = [this.#bytes, this.length];
    if (offset >= count && count > SHORT) bytes.copyWithin(start, start - offset, start - offset + count);
    else for (let k = start; k < start + count; k++) bytes[k] = bytes[k - offset]!;
    this.length += count;
  }
  result(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
  #reserve(more: number, full: () => Error): void {
    const needed = this.length + more;
    if (needed > this.limit) throw full();
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.min(this.limit, Math.max(needed, 2 * this.#bytes.length)));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}
/** Up to here a loop is faster than a call. */
const SHORT = 64;
/** What a frame promises is believed up to here. */
const FIRST_ROOM = 2 ** 20;
