/**
 * The matrices of a MAT-file, one after the other, compressed or not. Of a compressed one only the beginning is inflated
 * until somebody asks for its values.
 */
import { type NamedBytes, requireNamedBytes } from "./bytes.ts";
import { BEST_DEFLATE, inflated, join } from "./inflate.ts";
import {
  COMPRESSED,
  type Element,
  MATRIX,
  malformed,
  readElement,
  readHeader,
  type Span,
  spanOf,
} from "./matlabElement.ts";
import { HEAD_BYTES, type MatrixHead, readHead } from "./matlabMatrix.ts";
import { type Budget, spend } from "./matlabValues.ts";

/** A matrix up to `end`, which is the end of what is at hand: for a compressed one maybe just its beginning. */
export interface Body {
  readonly span: Span;
  readonly from: number;
  readonly end: number;
}
export interface Matrix {
  readonly head: MatrixHead;
  /** All of it. */
  readonly body: () => Promise<Body>;
}

/** @throws {DataError} `bad-file` with the byte */
export async function* matrices(file: NamedBytes, budget: Budget): AsyncGenerator<Matrix> {
  requireNamedBytes(file);
  const { span, from, subsystem } = readHeader(file.path, await unzipped(file, budget));
  const seen = new Set<string>();
  for (let at = from; at < span.bytes.length; ) {
    const element = readElement(span, at, span.bytes.length);
    const { start, body } = await open(span, at, element, budget);
    const head = readHead(start.span, start.from, start.end);
    if (seen.has(head.name)) throw malformed(span, at, `there is a variable ${head.name} already`);
    if (head.name === "" && at !== subsystem) throw malformed(span, at, "a variable without a name");
    if (head.name !== "") yield { head, body };
    seen.add(head.name);
    at = element.next;
  }
}

async function open(
  span: Span,
  at: number,
  element: Element,
  budget: Budget,
): Promise<{ start: Body; body: () => Promise<Body> }> {
  if (element.type === COMPRESSED) {
    const start = await inflatedStart(span, element);
    return { start, body: () => inflatedBody(span, element, start.size, budget) };
  }
  if (element.type !== MATRIX || element.from !== at + 8)
    throw malformed(
      span,
      at,
      `expected a matrix (type ${MATRIX} or, compressed, ${COMPRESSED}), found ${element.type}`,
    );
  const start = { span, from: element.from, end: element.from + element.bytes };
  return { start, body: async () => start };
}

/** @returns the beginning, and the size that its tag promises for all of it */
async function inflatedStart(span: Span, element: Element): Promise<Body & { size: number }> {
  const chunks: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of inflatedParts(span, element)) {
    chunks.push(chunk);
    have += chunk.length;
    if (have >= HEAD_BYTES) break;
  }
  const start = spanOf(span.path, join(chunks, have), span.little, element.from);
  if (have < 8) throw malformed(start, 0, `truncated: a tag has 8 bytes, found ${have}`);
  const type = start.view.getUint32(0, span.little);
  if (type !== MATRIX) throw malformed(start, 0, `expected a matrix (type ${MATRIX}), found type ${type}`);
  const size = 8 + start.view.getUint32(4, span.little);
  return { span: start, from: 8, end: Math.min(size, have), size };
}

async function inflatedBody(span: Span, element: Element, size: number, budget: Budget): Promise<Body> {
  const whole = (bytes: Uint8Array): Span => spanOf(span.path, bytes, span.little, element.from);
  if (size > element.bytes * BEST_DEFLATE)
    throw malformed(
      whole(span.bytes),
      0,
      `truncated: the matrix has ${size} bytes, more than ${element.bytes} compressed bytes can hold`,
    );
  spend(budget, span, element.from, size);
  const bytes = new Uint8Array(size);
  let have = 0;
  for await (const chunk of inflatedParts(span, element)) {
    if (have + chunk.length > size) throw malformed(whole(bytes), size, "trailing bytes: the matrix ends here");
    bytes.set(chunk, have);
    have += chunk.length;
  }
  if (have < size) throw malformed(whole(bytes), have, `truncated: the matrix has ${size} bytes, found ${have}`);
  requireChecksum(span, element, bytes);
  return { span: whole(bytes), from: 8, end: size };
}

const inflatedParts = (span: Span, { from, bytes }: Element): AsyncGenerator<Uint8Array> =>
  inflated(span.bytes.subarray(from, from + bytes), "deflate", (problem, options) =>
    malformed(span, from, problem, options),
  );

/**
 * A zlib stream ends with the Adler-32 of its data (RFC 1950, section 9). Inflaters check it, but some pass over bytes
 * that follow it: then these are not it.
 */
function requireChecksum(span: Span, { from, bytes }: Element, data: Uint8Array): void {
  const at = from + bytes - 4;
  if (span.view.getUint32(at) !== adler32(data))
    throw malformed(span, at, "expected the checksum of the compressed data, found other bytes");
}

function adler32(data: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let from = 0; from < data.length; from += ADLER_BLOCK) {
    const end = Math.min(data.length, from + ADLER_BLOCK);
    for (let k = from; k < end; k++) b += a += data[k]!;
    a %= ADLER_PRIME;
    b %= ADLER_PRIME;
  }
  return b * 2 ** 16 + a;
}
const ADLER_PRIME = 65521;
/** Sums of so many bytes stay below 2^31. */
const ADLER_BLOCK = 2048;

/** The file as it is, or what it holds if all of it is gzipped (a MAT-file begins with text). */
async function unzipped({ path, bytes }: NamedBytes, budget: Budget): Promise<Uint8Array> {
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) return bytes;
  const span = spanOf(path, bytes, true);
  const chunks: Uint8Array[] = [];
  let have = 0;
  for await (const chunk of inflated(bytes, "gzip", (problem, options) => malformed(span, 0, problem, options))) {
    spend(budget, span, 0, chunk.length);
    chunks.push(chunk);
    have += chunk.length;
  }
  return join(chunks, have);
}
