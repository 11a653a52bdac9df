/**
 * Zstandard frames, by `fzstd`. That library makes what a frame promises, and goes on where blocks hold more; so the headers
 * of frame and blocks are looked at before. It does not compare the checksum.
 *
 * @see RFC 8878, sections 3.1.1.1 and 3.1.1.2
 */
import type { Refuse } from "./lz4.ts";

const MAGIC = 0xfd2fb528;
const MOST_OF_A_BLOCK = 2 ** 17;
const BLOCK = { raw: 0, rle: 1, compressed: 2 } as const;

export type Decompress = (bytes: Uint8Array, limit: number, refuse: Refuse) => Uint8Array;

/** Loads the library. */
export async function zstd(): Promise<Decompress> {
  const { decompress } = await import("fzstd");
  return (bytes, limit, refuse) => {
    const room = roomFor(bytes, limit, refuse);
    try {
      return decompress(bytes, new Uint8Array(room));
    } catch (cause) {
      throw refuse(0, `no valid Zstandard frame (${cause instanceof Error ? cause.message : cause})`);
    }
  };
}

/** Bytes that the one frame holds: what it says, or the most that its blocks can. */
function roomFor(bytes: Uint8Array, limit: number, refuse: Refuse): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 9) throw refuse(0, `truncated: the frame has ${bytes.length} bytes`);
  if (view.getUint32(0, true) !== MAGIC) throw refuse(0, "no Zstandard frame begins so");
  const flags = bytes[4]!;
  if (flags & 0x08) throw refuse(4, "a flag is set that Zstandard reserves");
  if (flags & 0x03) throw refuse(4, "needs a dictionary, which AEDAT has not");
  const single = (flags >> 5) & 1;
  const sizeBytes = flags >> 6 ? 1 << (flags >> 6) : single;
  const from = 6 - single;
  if (bytes.length < from + sizeBytes) throw refuse(4, `truncated: the frame has ${bytes.length} bytes`);
  const said = sizeBytes === 0 ? undefined : frameSize(view, from, sizeBytes);
  const { least, most } = blocks(bytes, from + sizeBytes, (flags >> 2) & 1 ? 4 : 0, refuse);
  if (most > WORK * limit || least > limit || (said ?? most) > limit)
    throw refuse(4, `holds more than the ${limit} bytes that are read`);
  if (said !== undefined && (said < least || said > most))
    throw refuse(from, `the frame promises ${said} bytes, its blocks hold from ${least} to ${most}`);
  return said ?? most;
}
/** A bound for frames of very many small blocks, each of which may do the work of a large one. */
const WORK = 16;

function frameSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

/** Walks over the blocks: how many bytes they hold at least and at most. */
function blocks(bytes: Uint8Array, from: number, checksum: number, refuse: Refuse): { least: number; most: number } {
  let [at, least, most] = [from, 0, 0];
  for (let last = false; !last; ) {
    if (at + 3 > bytes.length) throw refuse(at, "truncated: the frame ends before its last block");
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const [type, size] = [(word >> 1) & 3, word >> 3];
    if (size > MOST_OF_A_BLOCK) throw refuse(at, `a block of ${size} bytes, more than the ${MOST_OF_A_BLOCK} allowed`);
    last = (word & 1) === 1;
    least += type === BLOCK.compressed ? 0 : size;
    most += type === BLOCK.compressed ? MOST_OF_A_BLOCK : size;
    at += 3 + (type === BLOCK.rle ? 1 : size);
    if (at > bytes.length) throw refuse(at, `truncated: the frame has ${bytes.length} bytes`);
  }
  if (at + checksum !== bytes.length) throw refuse(at, `the frame has ${at + checksum} bytes, found ${bytes.length}`);
  return { least, most };
}
