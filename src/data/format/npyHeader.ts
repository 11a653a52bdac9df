/** What a .npy file says before its elements: a magic, a version, and a dictionary as Python prints it. */
import { badFile, type NamedBytes, requireNamedBytes, viewOf } from "./bytes.ts";
import { type Literal, parseLiteral } from "./pythonLiteral.ts";

/** Fields of a record: name, type, and more where a field is an array. */
export type FieldDescr = readonly [name: string, type: Literal, ...more: readonly Literal[]];

export interface Header {
  /** The type of an element, or the fields of a record. */
  readonly descr: string | readonly FieldDescr[];
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly from: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** By major version: bytes of the length, and the encoding of the text. */
const VERSIONS: Readonly<Record<number, { readonly length: 2 | 4; readonly encoding: string }>> = {
  1: { length: 2, encoding: "latin1" },
  2: { length: 4, encoding: "latin1" },
  3: { length: 4, encoding: "utf-8" },
};
/** Far more than any real header; NumPy itself reads 10,000 unless it is told to trust the file. */
const LONGEST = 2 ** 16;
/** As NumPy. */
const MAX_DIMENSIONS = 64;

/** @throws {DataError} `bad-file` with the byte */
export function headerOf(file: NamedBytes): Header {
  requireNamedBytes(file);
  const { path, bytes } = file;
  if (MAGIC.some((byte, k) => bytes[k] !== byte))
    throw badFile(
      path,
      `at byte 0: not a .npy file: expected \\x93NUMPY${bytes.length < 6 ? `, found ${bytes.length} bytes` : ""}`,
    );
  const version = VERSIONS[bytes[6] ?? 0];
  if (!version || bytes[7] !== 0)
    throw badFile(path, `at byte 6: expected version 1.0, 2.0 or 3.0, found ${bytes[6] ?? "no"}.${bytes[7] ?? "byte"}`);
  const from = 8 + version.length;
  const length = lengthOf(file, version.length);
  const text = new TextDecoder(version.encoding).decode(bytes.subarray(from, from + length));
  const literal = parseLiteral(text, (problem, at) => badFile(path, `at byte ${from + at}, in the header: ${problem}`));
  return { ...contentOf(path, from, literal), from: from + length };
}

function lengthOf({ path, bytes }: NamedBytes, width: 2 | 4): number {
  const from = 8 + width;
  if (bytes.length < from) throw badFile(path, `at byte 8: truncated: the length of the header is not there`);
  const length = width === 2 ? viewOf(bytes).getUint16(8, true) : viewOf(bytes).getUint32(8, true);
  if (length > LONGEST)
    throw badFile(path, `at byte 8: the header has at most ${LONGEST} bytes, this one says ${length}`);
  if (from + length > bytes.length)
    throw badFile(path, `at byte 8: truncated: the header has ${length} bytes, found ${bytes.length - from}`);
  return length;
}

const KEYS = "descr,fortran_order,shape";

function contentOf(path: string, from: number, literal: Literal): Omit<Header, "from"> {
  const refuse = (problem: string): Error => badFile(path, `at byte ${from}, in the header: ${problem}`);
  if (typeof literal !== "object" || Array.isArray(literal)) throw refuse("expected a dictionary");
  const { descr, fortran_order: fortran, shape } = literal as Record<string, Literal>;
  if (Object.keys(literal).sort().join() !== KEYS)
    throw refuse(`expected the keys ${KEYS}, found ${Object.keys(literal).sort().join()}`);
  if (typeof fortran !== "boolean") throw refuse("fortran_order must be True or False");
  if (!isShape(shape)) throw refuse(`shape must be at most ${MAX_DIMENSIONS} integers >= 0 in parentheses`);
  if (typeof descr !== "string" && !isFields(descr))
    throw refuse("descr must be a type, or a list of fields with types");
  return { descr, fortran, shape };
}

const isShape = (shape: Literal): shape is readonly number[] =>
  Array.isArray(shape) &&
  shape.length <= MAX_DIMENSIONS &&
  shape.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);

const isFields = (descr: Literal): descr is readonly FieldDescr[] =>
  Array.isArray(descr) &&
  descr.length > 0 &&
  descr.every((field: Literal) => Array.isArray(field) && field.length >= 2 && typeof field[0] === "string");
