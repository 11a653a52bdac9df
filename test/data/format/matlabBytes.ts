/** Writes MAT-files byte by byte from the published format, in either byte order: what the reader is tested on. */
import { deflateSync } from "node:zlib";

export const TYPE = {
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  single: 7,
  double: 9,
  int64: 12,
  uint64: 13,
  matrix: 14,
  compressed: 15,
  utf8: 16,
} as const;
export const CLASS = {
  cell: 1,
  struct: 2,
  object: 3,
  char: 4,
  sparse: 5,
  double: 6,
  single: 7,
  int8: 8,
  uint8: 9,
  int16: 10,
  uint16: 11,
  int32: 12,
  uint32: 13,
  int64: 14,
  uint64: 15,
  function: 16,
  opaque: 17,
} as const;
type NumberType = Exclude<keyof typeof TYPE, "matrix" | "compressed" | "utf8">;

const WRITE: {
  readonly [T in NumberType]: [number, (v: DataView, at: number, x: number | bigint, le: boolean) => void];
} = {
  int8: [1, (v, at, x) => v.setInt8(at, Number(x))],
  uint8: [1, (v, at, x) => v.setUint8(at, Number(x))],
  int16: [2, (v, at, x, le) => v.setInt16(at, Number(x), le)],
  uint16: [2, (v, at, x, le) => v.setUint16(at, Number(x), le)],
  int32: [4, (v, at, x, le) => v.setInt32(at, Number(x), le)],
  uint32: [4, (v, at, x, le) => v.setUint32(at, Number(x), le)],
  single: [4, (v, at, x, le) => v.setFloat32(at, Number(x), le)],
  double: [8, (v, at, x, le) => v.setFloat64(at, Number(x), le)],
  int64: [8, (v, at, x, le) => v.setBigInt64(at, BigInt(x), le)],
  uint64: [8, (v, at, x, le) => v.setBigUint64(at, BigInt(x), le)],
};

export const bytesOf = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

export function numbers(type: NumberType, values: readonly (number | bigint)[], little: boolean): Uint8Array {
  const [size, write] = WRITE[type];
  const view = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((x, k) => write(view, k * size, x, little));
  return new Uint8Array(view.buffer);
}

/** A tag, the data, and zeros up to a multiple of 8. */
export function element(type: number, data: Uint8Array, little: boolean): Uint8Array {
  const padding = type === TYPE.compressed ? 0 : (8 - (data.length % 8)) % 8;
  return bytesOf(numbers("uint32", [type, data.length], little), data, new Uint8Array(padding));
}

/** 1 to 4 bytes of data inside the tag. */
export function smallElement(type: number, data: Uint8Array, little: boolean): Uint8Array {
  return bytesOf(numbers("uint32", [data.length * 2 ** 16 + type], little), data, new Uint8Array(4 - data.length));
}

export interface Variable {
  name: string;
  kind: number;
  flags?: number;
  shape?: readonly number[];
  stored?: NumberType;
  values?: readonly (number | bigint)[];
  little?: boolean;
  /** Put the name and the values into their tags where they fit. */
  small?: boolean;
  /** More elements, after the values. */
  more?: readonly Uint8Array[];
}

/** A matrix element, not compressed. */
export function matrix(variable: Variable): Uint8Array {
  const {
    name,
    kind,
    flags = 0,
    values = [],
    shape = [1, values.length],
    stored,
    little = true,
    small,
    more = [],
  } = variable;
  const put = (type: number, data: Uint8Array): Uint8Array =>
    (small && data.length >= 1 && data.length <= 4 ? smallElement : element)(type, data, little);
  const parts = [
    element(TYPE.uint32, numbers("uint32", [flags * 256 + kind, 0], little), little),
    ...(kind === CLASS.opaque ? [] : [element(TYPE.int32, numbers("int32", shape, little), little)]),
    put(TYPE.int8, new TextEncoder().encode(name)),
    ...(stored ? [put(TYPE[stored], numbers(stored, values, little))] : []),
    ...more,
  ];
  return element(TYPE.matrix, bytesOf(...parts), little);
}

export const compressed = (inner: Uint8Array, little = true): Uint8Array =>
  element(TYPE.compressed, new Uint8Array(deflateSync(inner)), little);

export function header({ little = true, version = 0x0100, subsystem = 0 } = {}): Uint8Array {
  const text = new TextEncoder().encode("MATLAB 5.0 MAT-file, written by a test".padEnd(116));
  const rest = bytesOf(numbers("uint64", [subsystem], little), numbers("uint16", [version], little));
  return bytesOf(text, rest, new TextEncoder().encode(little ? "IM" : "MI"));
}

/** A file of matrices, or of whatever elements are given. */
export const matFile = (...elements: readonly Uint8Array[]): Uint8Array => bytesOf(header(), ...elements);
