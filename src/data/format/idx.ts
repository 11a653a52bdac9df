/**
 * The IDX format of MNIST, gzip-compressed or not: two zero bytes, element type, number of dimensions, then each
 * dimension as a big-endian u32, then the elements. Only unsigned bytes (type 0x08) are read.
 *
 * Nothing in a file is believed: sizes are checked against the bytes that are there before anything is allocated,
 * and inflation stops where the header says that the data end.
 *
 * @see LeCun, Cortes, Burges, The MNIST database of handwritten digits, "File formats"
 */
import { DataError } from "../../base/errors.ts";
import { Examples, requireLabels } from "../dataset.ts";
import type { NamedBytes } from "./bytes.ts";
import { BEST_DEFLATE, inflated, join } from "./inflate.ts";

/** An array of bytes from an IDX file, row-major. */
export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
/** 4 bytes and at most 255 dimensions. */
export const LONGEST_HEADER = 4 + 4 * 255;
/** Larger than any set of this kind (EMNIST is 0.6 GB); a limit on what a hostile file can make us hold. */
const MAX_BYTES = 2 ** 30;

const bad = (path: string, problem: string, options?: ErrorOptions): DataError =>
  new DataError("bad-file", path, problem, options);

/**
 * Reads an IDX file, gzipped or not.
 *
 * @throws {DataError} `bad-file` if the bytes are not exactly one IDX array of unsigned bytes
 */
export async function readIdx(file: NamedBytes): Promise<Idx> {
  const gzip = file.bytes[0] === 0x1f && file.bytes[1] === 0x8b;
  return parseIdx(gzip ? { path: file.path, bytes: await inflate(file) } : file);
}

/** The same for bytes that are not compressed; the data are a view of them. */
export function parseIdx({ path, bytes }: NamedBytes): Idx {
  const { shape, offset, end } = header(path, bytes);
  if (bytes.length < end) throw bad(path, `truncated: ${shape.join(" x ")} needs ${end} bytes, found ${bytes.length}`);
  if (bytes.length > end)
    throw bad(path, `trailing bytes: ${shape.join(" x ")} needs ${end} bytes, found ${bytes.length}`);
  return { shape, data: bytes.subarray(offset, end) };
}

/** What stands before the elements; these are bytes `offset` to `end`. @param most bytes that a file may have */
export function header(
  path: string,
  bytes: Uint8Array,
  most = MAX_BYTES,
): { shape: number[]; offset: number; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw bad(path, `truncated: a header has at least 4 bytes, found ${bytes.length}`);
  const magic = view.getUint32(0);
  const dimensions = magic & 0xff;
  if (magic >>> 8 !== UNSIGNED_BYTE || dimensions === 0)
    throw bad(
      path,
      `wrong magic 0x${magic.toString(16).padStart(8, "0")}: expected 0x000008 and the number of dimensions (unsigned bytes)`,
    );
  const offset = 4 + 4 * dimensions;
  if (bytes.length < offset)
    throw bad(path, `truncated: a header of ${dimensions} dimensions has ${offset} bytes, found ${bytes.length}`);
  const shape = Array.from({ length: dimensions }, (_, k) => view.getUint32(4 + 4 * k));
  const end = offset + shape.reduce((a, b) => a * b, 1);
  if (shape.includes(0)) throw bad(path, `empty: dimensions ${shape.join(" x ")}`);
  if (end > most) throw bad(path, `too large: ${shape.join(" x ")} bytes, at most ${most} are read`);
  return { shape, offset, end };
}

/** Inflates up to the size that the header promises, and not much further. */
async function inflate({ path, bytes }: NamedBytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let have = 0;
  let limit = Infinity;
  for await (const chunk of inflated(bytes, "gzip", (problem, options) => bad(path, problem, options))) {
    chunks.push(chunk);
    have += chunk.length;
    if (limit === Infinity && have >= LONGEST_HEADER) limit = promised(path, join(chunks, have), bytes.length);
    if (have > limit) throw bad(path, `trailing bytes: the header promises ${limit} bytes, found ${have} or more`);
  }
  return join(chunks, have);
}

function promised(path: string, start: Uint8Array, compressed: number): number {
  const { shape, end } = header(path, start);
  if (end > compressed * BEST_DEFLATE)
    throw bad(
      path,
      `truncated: ${shape.join(" x ")} needs ${end} bytes, more than ${compressed} compressed bytes can hold`,
    );
  return end;
}

/**
 * Examples from a file of images and a file of labels.
 *
 * @param shape of one image
 * @param classes number of classes; labels are 0 … classes − 1
 * @throws {DataError} `bad-file`, or `out-of-range` at the first label without a class
 */
export async function idxExamples(
  images: NamedBytes,
  labels: NamedBytes,
  shape: readonly number[],
  classes: number,
): Promise<Examples> {
  const [pixels, marks] = await Promise.all([readIdx(images), readIdx(labels)]);
  const [count, ...imageShape] = pixels.shape;
  if (imageShape.join() !== shape.join())
    throw bad(
      images.path,
      `expected images of ${shape.join(" x ")}, found ${imageShape.join(" x ") || "plain numbers"}`,
    );
  if (marks.shape.length !== 1)
    throw bad(labels.path, `expected labels in 1 dimension, found ${marks.shape.join(" x ")}`);
  if (marks.shape[0] !== count)
    throw bad(labels.path, `expected ${count} labels, one an image of ${images.path}, found ${marks.shape[0]}`);
  requireLabels(labels.path, marks.data, classes);
  return new Examples(images.path, pixels.data.length / count!, pixels.data, marks.data);
}
