/** What a matrix element says before its values: class, flags, shape and name. */
import { type Element, malformed, readElement, type Span } from "./matlabElement.ts";

/** MATLAB's classes of numbers. */
export type NumericClass =
  | "double"
  | "single"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64";
/** MATLAB's classes; those that are no numbers are listed, not read. */
export type MatlabClass =
  | NumericClass
  | "cell"
  | "struct"
  | "object"
  | "char"
  | "sparse"
  | "function handle"
  | "opaque object";

/** By the number in the file; 0 is none. */
const CLASSES: readonly (MatlabClass | undefined)[] = [
  undefined,
  "cell",
  "struct",
  "object",
  "char",
  "sparse",
  "double",
  "single",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "function handle",
  "opaque object",
];

/** What a file says of a variable before its values. */
export interface MatlabVariable {
  readonly name: string;
  readonly class: MatlabClass;
  /** Numbers that MATLAB shows as true and false; they are stored as 0 and 1. */
  readonly logical: boolean;
  readonly complex: boolean;
  /** At least two dimensions; none for an opaque object, whose shape the format does not say. */
  readonly shape: readonly number[];
}
/** The same, with where the values begin. */
export interface MatrixHead extends MatlabVariable {
  readonly next: number;
}

/** Fits into a head, whatever a file says, since shapes and names have limits. */
export const HEAD_BYTES = 512;
const MAX_DIMENSIONS = 32;
/** MATLAB itself allows 63. */
const MAX_NAME = 255;

const INT8 = 1;
const UINT8 = 2;
const INT32 = 5;
const UINT32 = 6;
const UTF8 = 16;
const COMPLEX = 0x08;
const LOGICAL = 0x02;

/**
 * @param from where the first element inside the matrix is
 * @throws {DataError} `bad-file`
 */
export function readHead(span: Span, from: number, end: number): MatrixHead {
  const flags = expect(span, from, end, "array flags", [UINT32]);
  if (flags.bytes !== 8) throw malformed(span, from, `array flags have 8 bytes, found ${flags.bytes}`);
  const word = span.view.getUint32(flags.from, span.little);
  const kind = CLASSES[word & 0xff];
  if (!kind) throw malformed(span, flags.from, `unknown class ${word & 0xff}; known: 1 to ${CLASSES.length - 1}`);
  const dimensions = kind === "opaque object" ? undefined : expect(span, flags.next, end, "dimensions", [INT32]);
  const name = expect(span, (dimensions ?? flags).next, end, "name", [INT8, UINT8, UTF8]);
  return {
    name: nameOf(span, name),
    class: kind,
    logical: ((word >>> 8) & LOGICAL) !== 0,
    complex: ((word >>> 8) & COMPLEX) !== 0,
    shape: dimensions ? shapeOf(span, dimensions) : [],
    next: name.next,
  };
}

function expect(span: Span, at: number, end: number, what: string, types: readonly number[]): Element {
  const element = readElement(span, at, end);
  if (!types.includes(element.type))
    throw malformed(span, at, `expected ${what} (type ${types.join(" or ")}), found type ${element.type}`);
  return element;
}

function shapeOf(span: Span, { from, bytes }: Element): number[] {
  if (bytes % 4 !== 0 || bytes < 8 || bytes > 4 * MAX_DIMENSIONS)
    throw malformed(span, from, `expected 2 to ${MAX_DIMENSIONS} dimensions of 4 bytes, found ${bytes} bytes`);
  const shape = Array.from({ length: bytes / 4 }, (_, k) => span.view.getInt32(from + 4 * k, span.little));
  const negative = shape.findIndex((size) => size < 0);
  if (negative >= 0)
    throw malformed(span, from + 4 * negative, `a dimension must be at least 0, got ${shape[negative]}`);
  return shape;
}

function nameOf(span: Span, { from, bytes }: Element): string {
  if (bytes > MAX_NAME) throw malformed(span, from, `a name has at most ${MAX_NAME} bytes, found ${bytes}`);
  const name = String.fromCharCode(...span.bytes.subarray(from, from + bytes));
  if (name !== "" && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw malformed(span, from, "a name consists of letters, digits and _, and does not begin with a digit");
  return name;
}
