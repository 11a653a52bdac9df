/** The framing of RIFF files: chunks of a name of four letters, a size, and so many bytes, padded to an even number. */
import { badFile, type NamedBytes, viewOf } from "./bytes.ts";

export interface Chunk {
  readonly name: string;
  /** Where in the file its bytes begin. */
  readonly from: number;
  /** As the file says; nothing is checked. */
  readonly size: number;
}

export const HEAD = 8;

export function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** The chunk at `at`. @throws {DataError} `bad-file` with the byte, if not even its head is there */
export function chunkAt({ path, bytes }: NamedBytes, at: number): Chunk {
  if (bytes.length - at < HEAD)
    throw badFile(path, `at byte ${at}: truncated: the head of a chunk has ${HEAD} bytes, found ${bytes.length - at}`);
  return { name: nameAt(bytes, at), from: at + HEAD, size: viewOf(bytes).getUint32(at + 4, true) };
}

/** Where the next chunk begins. */
export const behind = ({ from, size }: Chunk): number => from + size + (size % 2);

/** Whether chunks follow one another from here to the end of the file. A last one may lack its byte of padding. */
export function chunksFollow(file: NamedBytes, from: number): boolean {
  const { length } = file.bytes;
  let at = from;
  while (at + HEAD <= length) {
    const chunk = chunkAt(file, at);
    if (chunk.from + chunk.size > length || !/^[ -~]{4}$/.test(chunk.name)) return false;
    at = behind(chunk);
  }
  return at >= length;
}
