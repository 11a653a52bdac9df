/** NumPy's types of elements: those that are read, and why others are not. */
import { DataError } from "../../base/errors.ts";

/** The typed arrays that NumPy arrays come in. */
export type NumpyData =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

export interface NumpyType {
  /** Of an element. */
  readonly bytes: number;
  /** Numbers of an element: 2 for complex ones, else 1. */
  readonly parts: 1 | 2;
  readonly array: new (length: number) => NumpyData;
  readonly at: (view: DataView, at: number, little: boolean) => number;
  /** Numbers that the element may hold, where the array could hold others. */
  readonly allows?: { readonly test: (value: number) => boolean; readonly what: string };
}
export interface ElementType extends NumpyType {
  /** As NumPy writes it, such as `<f8`. */
  readonly descr: string;
  readonly little: boolean;
}

const EXACT = { test: Number.isSafeInteger, what: "an integer that a double holds exactly" };
const BOOL = { test: (value: number): boolean => value <= 1, what: "0 or 1" };

const TYPES: Readonly<Record<string, NumpyType>> = {
  b1: { bytes: 1, parts: 1, array: Uint8Array, at: (view, at) => view.getUint8(at), allows: BOOL },
  i1: { bytes: 1, parts: 1, array: Int8Array, at: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, parts: 1, array: Uint8Array, at: (view, at) => view.getUint8(at) },
  i2: { bytes: 2, parts: 1, array: Int16Array, at: (view, at, little) => view.getInt16(at, little) },
  u2: { bytes: 2, parts: 1, array: Uint16Array, at: (view, at, little) => view.getUint16(at, little) },
  i4: { bytes: 4, parts: 1, array: Int32Array, at: (view, at, little) => view.getInt32(at, little) },
  u4: { bytes: 4, parts: 1, array: Uint32Array, at: (view, at, little) => view.getUint32(at, little) },
  i8: {
    bytes: 8,
    parts: 1,
    array: Float64Array,
    at: (view, at, little) => Number(view.getBigInt64(at, little)),
    allows: EXACT,
  },
  u8: {
    bytes: 8,
    parts: 1,
    array: Float64Array,
    at: (view, at, little) => Number(view.getBigUint64(at, little)),
    allows: EXACT,
  },
  f2: { bytes: 2, parts: 1, array: Float32Array, at: (view, at, little) => halfOf(view.getUint16(at, little)) },
  f4: { bytes: 4, parts: 1, array: Float32Array, at: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, parts: 1, array: Float64Array, at: (view, at, little) => view.getFloat64(at, little) },
  c8: { bytes: 8, parts: 2, array: Float32Array, at: (view, at, little) => view.getFloat32(at, little) },
  c16: { bytes: 16, parts: 2, array: Float64Array, at: (view, at, little) => view.getFloat64(at, little) },
};

/** A number of 16 bits: 1 of sign, 5 of exponent, 10 of fraction. @see IEEE 754-2008, binary16 */
export function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** By the letter of a type that is not read. */
const REFUSED: Readonly<Record<string, string>> = {
  O: "Python objects (pickled): reading them would run what the file says; save an array of numbers",
  U: "text; save numbers, such as the index of a category",
  S: "bytes of text; save numbers, such as the index of a category",
  a: "bytes of text; save numbers, such as the index of a category",
  M: "dates; save them as numbers with .astype('int64')",
  m: "durations; save them as numbers with .astype('int64')",
  V: "raw bytes without a type",
  f: "floating point of a size that only some machines have; save it as float64",
  c: "complex numbers of a size that only some machines have; save them as complex128",
};

/** @throws {DataError} `unsupported`, with the type and why it is not read; `bad-file` if there is no such type */
export function elementType(path: string, descr: string): ElementType {
  const [, order = "", code = "", letter = ""] = /^([<>|=]?)(([A-Za-z?])\d*)/.exec(descr) ?? [];
  const type = descr === order + code ? TYPES[code] : undefined;
  if (type && (type.bytes === 1 || order === "<" || order === ">")) return { ...type, descr, little: order !== ">" };
  const reason = type ? undefined : REFUSED[letter];
  if (reason) throw new DataError("unsupported", path, `holds elements of type '${descr}': ${reason}`);
  throw new DataError("bad-file", path, `unknown type '${descr}'; known: < or > and ${Object.keys(TYPES).join(", ")}`);
}
