/**
 * The values of a numeric matrix. A file may store them in another type than their class, which MATLAB does to save
 * room: 0 and 1 of class double are stored as bytes. The class's type is given back, and only if it holds them exactly.
 */
import { DataError } from "../../base/errors.ts";
import { type Element, malformed, readElement, type Span } from "./matlabElement.ts";
import type { MatlabVariable, MatrixHead, NumericClass } from "./matlabMatrix.ts";

/** The typed arrays that values come in. */
export type Numbers =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;
type Big = BigInt64Array | BigUint64Array;

/** Numbers in MATLAB's order, column-major: the first index runs fastest. */
export interface MatlabArray extends MatlabVariable {
  readonly class: NumericClass;
  /** Product of the shape. Integers of 64 bits are a Float64Array, and every one is exact. */
  readonly data: Numbers;
}

/** What may still be inflated and held, in bytes. */
export interface Budget {
  left: number;
  readonly most: number;
}
export function spend(budget: Budget, span: Span, at: number, bytes: number): void {
  budget.left -= bytes;
  if (!(budget.left >= 0))
    throw malformed(span, at, `too large: at most ${budget.most} bytes are read from a file, this needs more`);
}

interface Kind<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): A;
}
/** By the number of the element's type. */
const STORED: Readonly<Record<number, Kind<Numbers | Big>>> = {
  1: Int8Array,
  2: Uint8Array,
  3: Int16Array,
  4: Uint16Array,
  5: Int32Array,
  6: Uint32Array,
  7: Float32Array,
  9: Float64Array,
  12: BigInt64Array,
  13: BigUint64Array,
};

interface Held {
  readonly array: Kind<Numbers>;
  /** For classes whose array holds numbers that the class does not. */
  readonly allows?: (value: number) => boolean;
}
const HELD: Readonly<Record<NumericClass, Held>> = {
  double: { array: Float64Array },
  single: { array: Float32Array },
  int8: { array: Int8Array },
  uint8: { array: Uint8Array },
  int16: { array: Int16Array },
  uint16: { array: Uint16Array },
  int32: { array: Int32Array },
  uint32: { array: Uint32Array },
  int64: { array: Float64Array, allows: Number.isSafeInteger },
  uint64: { array: Float64Array, allows: (value) => Number.isSafeInteger(value) && value >= 0 },
};
const READ = Object.keys(HELD).join(", ");

/** Refuses what is not a plain array of real numbers. @throws {DataError} `unsupported`, naming the variable */
export function requireNumeric(path: string, head: MatrixHead): asserts head is MatrixHead & { class: NumericClass } {
  if (head.complex)
    throw new DataError("unsupported", `${path}.${head.name}`, `is complex; real arrays are read (${READ})`);
  if (!(head.class in HELD))
    throw new DataError("unsupported", `${path}.${head.name}`, `is of class ${head.class}; read are ${READ}`);
}

/**
 * @param end of the matrix
 * @throws {DataError} `bad-file`; `out-of-range` at the first value that the class does not hold exactly
 */
export function readValues(
  span: Span,
  { next, ...variable }: MatrixHead & { class: NumericClass },
  end: number,
  budget: Budget,
): MatlabArray {
  const count = variable.shape.includes(0) ? 0 : variable.shape.reduce((a, b) => a * b, 1);
  const element = readElement(span, next, end);
  const stored = STORED[element.type];
  if (!stored)
    throw malformed(
      span,
      next,
      `expected numbers (type ${Object.keys(STORED).join(", ")}), found type ${element.type}`,
    );
  const bytes = count * stored.BYTES_PER_ELEMENT;
  if (element.bytes !== bytes)
    throw malformed(span, next, `${variable.shape.join(" x ")} values need ${bytes} bytes, found ${element.bytes}`);
  if (element.next !== end)
    throw malformed(span, element.next, `trailing bytes: the matrix ends at byte ${end}, its values before`);
  const held = HELD[variable.class];
  spend(budget, span, next, count * held.array.BYTES_PER_ELEMENT);
  return {
    ...variable,
    data: hold(`${span.path}.${variable.name}`, held, variable.class, copyOf(span, element, stored)),
  };
}

/** The values in an array of their own, aligned and in this machine's byte order. */
function copyOf(span: Span, { from, bytes }: Element, stored: Kind<Numbers | Big>): Numbers | Big {
  const copy = new Uint8Array(bytes); // not slice(): that of a Node Buffer shares memory
  copy.set(span.bytes.subarray(from, from + bytes));
  if (span.little !== LITTLE) reverseEach(copy, stored.BYTES_PER_ELEMENT);
  return new stored(copy.buffer);
}
const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function reverseEach(bytes: Uint8Array, size: number): void {
  if (size > 1) for (let k = 0; k < bytes.length; k += size) bytes.subarray(k, k + size).reverse();
}

function hold(path: string, { array, allows }: Held, name: NumericClass, stored: Numbers | Big): Numbers {
  if (stored instanceof array && !allows) return stored;
  const held = new array(new ArrayBuffer(stored.length * array.BYTES_PER_ELEMENT));
  if (!isBig(stored)) held.set(stored);
  else for (let k = 0; k < stored.length; k++) held[k] = Number(stored[k]);
  const inexact = firstInexact(held, stored, isBig(stored) ? (allows ?? Number.isSafeInteger) : allows);
  if (inexact >= 0)
    throw new DataError("out-of-range", `${path}[${inexact}]`, `is not exact as ${name}: ${stored[inexact]}`);
  return held;
}
const isBig = (stored: Numbers | Big): stored is Big =>
  stored instanceof BigInt64Array || stored instanceof BigUint64Array;

/** A double holds all but integers of 64 bits. */
function firstInexact(held: Numbers, stored: Numbers | Big, allows: ((value: number) => boolean) | undefined): number {
  if (allows) return held.findIndex((value, k) => !allows(value) || value !== Number(stored[k]));
  if (held instanceof Float64Array) return -1;
  return held.findIndex((value, k) => value !== stored[k] && !Object.is(value, stored[k]));
}
