/** The framing of a PNG file: a signature, then chunks of a length, a name, data and a checksum. */
import { badFile, type NamedBytes, requireNamedBytes, viewOf } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { nameAt } from "./riff.ts";

export interface PngChunk {
  readonly name: string;
  /** Where in the file the chunk begins. */
  readonly at: number;
  readonly data: Uint8Array;
  /** Where the next one begins. */
  readonly next: number;
}

export type PngType = "grey" | "colour" | "palette" | "grey and opacity" | "colour and opacity";
export interface PngHead {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly type: PngType;
  readonly interlaced: boolean;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** What makes the picture. A name that begins with a capital is of a chunk that no reader may pass over. */
const KEPT: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** Those that make the picture, IHDR first and IEND last, each whole. @throws {DataError} `bad-file` with the byte */
export function pngChunks(file: NamedBytes): PngChunk[] {
  requireNamedBytes(file);
  const { path, bytes } = file;
  if (SIGNATURE.some((byte, k) => bytes[k] !== byte))
    throw badFile(path, "at byte 0: not a PNG file: expected its signature of 8 bytes");
  const chunks: PngChunk[] = [];
  for (let at = 8; chunks.at(-1)?.name !== "IEND"; ) {
    const chunk = chunkAt(file, at);
    if (chunks.length === 0 && chunk.name !== "IHDR") throw badFile(path, `at byte ${at}: expected IHDR first`);
    if (KEPT.has(chunk.name)) chunks.push(chunk);
    else if (/^[A-Z]/.test(chunk.name)) throw badFile(path, `at byte ${at}: unknown chunk '${chunk.name}'`);
    at = chunk.next;
  }
  requireOrder(path, chunks);
  return chunks;
}

function chunkAt({ path, bytes }: NamedBytes, at: number): PngChunk {
  const there = bytes.length - at;
  if (there < 12) throw badFile(path, `at byte ${at}: truncated: a chunk has at least 12 bytes, found ${there}`);
  const [view, name] = [viewOf(bytes), nameAt(bytes, at + 4)];
  const length = view.getUint32(at);
  if (!/^[A-Za-z]{4}$/.test(name)) throw badFile(path, `at byte ${at + 4}: the name of a chunk has four letters`);
  if (12 + length > there)
    throw badFile(path, `at byte ${at}: truncated: the chunk ${name} has ${length} bytes, found ${there - 12}`);
  const end = at + 8 + length;
  if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
    throw badFile(path, `at byte ${end}: the checksum of the chunk ${name} is not that of its bytes`);
  return { name, at, data: bytes.subarray(at + 8, end), next: end + 4 };
}

/** One IHDR, at most one PLTE and one tRNS, all before the pixels. */
function requireOrder(path: string, chunks: readonly PngChunk[]): void {
  const order = chunks.map(({ name }) => ORDER.indexOf(name));
  const bad = order.findIndex(
    (place, k) => k > 0 && (order[k - 1]! > place || (order[k - 1] === place && place !== IDAT)),
  );
  if (bad >= 0) throw badFile(path, `at byte ${chunks[bad]!.at}: a chunk ${chunks[bad]!.name} where none may be`);
}
const ORDER = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
const IDAT = 3;

const TYPES: Readonly<Record<number, { readonly type: PngType; readonly depths: readonly number[] }>> = {
  0: { type: "grey", depths: [1, 2, 4, 8, 16] },
  2: { type: "colour", depths: [8, 16] },
  3: { type: "palette", depths: [1, 2, 4, 8] },
  4: { type: "grey and opacity", depths: [8, 16] },
  6: { type: "colour and opacity", depths: [8, 16] },
};

/** @param chunk the IHDR */
export function headOf({ path }: NamedBytes, { data, at }: PngChunk): PngHead {
  const refuse = (offset: number, problem: string): Error => badFile(path, `at byte ${at + 8 + offset}: ${problem}`);
  if (data.length !== 13) throw refuse(-8, `IHDR has 13 bytes, this one ${data.length}`);
  const view = viewOf(data);
  const [depth, code, compression, filter, interlace] = [8, 9, 10, 11, 12].map((k) => data[k]!);
  const known = TYPES[code!];
  if (!known) throw refuse(9, `unknown type of colour ${code}; known: ${Object.keys(TYPES).join(", ")}`);
  if (!known.depths.includes(depth!))
    throw refuse(8, `a ${known.type} image has ${known.depths.join(", ")} bits a sample, this one ${depth}`);
  if (compression !== 0 || filter !== 0) throw refuse(10, "unknown compression or filter; known is 0");
  if (interlace! > 1) throw refuse(12, `unknown interlacing ${interlace}; known: 0, 1`);
  return {
    ...{ width: view.getUint32(0), height: view.getUint32(4) },
    ...{ depth: depth!, type: known.type, interlaced: interlace === 1 },
  };
}
