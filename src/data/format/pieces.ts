/** Text files in pieces, so that a large one is never held as one string. */
import { fileSystem } from "../../base/node.ts";
import { badFile, type NamedBytes } from "./bytes.ts";

/** A file whose bytes come as they are read, such as the body of a response or `openFile`. */
export interface NamedStream {
  readonly path: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface TextOptions {
  /** Name of the encoding, as `TextDecoder` knows it; UTF-8 by default, with or without a byte order mark. */
  readonly encoding?: string;
}

const PIECE = 2 ** 16;

/** A file on disk, read as it is asked for. @throws {DataError} `missing-file`, `bad-file` when read */
export function openFile(path: string): NamedStream {
  return { path, chunks: readInPieces(path) };
}

async function* readInPieces(path: string): AsyncGenerator<Uint8Array> {
  const { open } = await fileSystem(path);
  const file = await open(path).catch((cause) => {
    throw badFile(path, "cannot be read", { cause });
  });
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(PIECE), 0, PIECE);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Bytes that are at hand, as a stream. */
export const streamOf = (file: NamedBytes | NamedStream): NamedStream =>
  "chunks" in file ? file : { path: file.path, chunks: cut(file.bytes) };

async function* cut(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}

/**
 * The text, in pieces that end anywhere but within a character.
 *
 * @throws {DataError} `bad-file` with the byte, about, where the text is not in that encoding; `unknown-name` for an
 * encoding that there is none of
 */
export async function* textPieces(
  { path, chunks }: NamedStream,
  { encoding = "utf-8" }: TextOptions,
): AsyncGenerator<string> {
  const decoder = decoderOf(path, encoding);
  let at = 0;
  const decode = (bytes: Uint8Array | undefined): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch (cause) {
      const place = bytes ? `between bytes ${at} and ${at + bytes.length}` : `at its end, byte ${at}`;
      throw badFile(path, `is not ${encoding} text ${place}; if it has another encoding, name that`, { cause });
    }
  };
  for await (const bytes of chunks) {
    const text = decode(bytes);
    at += bytes.length;
    if (text !== "") yield text;
  }
  const rest = decode(undefined);
  if (rest !== "") yield rest;
}

function decoderOf(path: string, encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw badFile(path, `cannot be read as '${encoding}': there is no such encoding`, { cause });
  }
}

/** Longer than any line that means something. */
const LONGEST_LINE = 2 ** 22;

/** The lines, without their ends (`\n` or `\r\n`). @throws {DataError} `bad-file` as `textPieces`, or for an endless line */
export async function* linesOf(file: NamedStream, options: TextOptions): AsyncGenerator<string> {
  let parts: string[] = [];
  let kept = 0;
  let number = 1;
  for await (const piece of textPieces(file, options)) {
    const [first = "", ...others] = piece.split("\n");
    parts.push(first);
    kept += first.length;
    for (const next of others) {
      yield withoutReturn(parts.join(""));
      number++;
      parts = [next];
      kept = next.length;
    }
    if (kept > LONGEST_LINE) throw badFile(file.path, `line ${number} has more than ${LONGEST_LINE} characters`);
  }
  if (kept > 0) yield withoutReturn(parts.join(""));
}
const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
