/**
 * NumPy's arrays (.npy, versions 1 to 3) and archives of them (.npz): all types of numbers and booleans, in either byte
 * order, row- or column-major. Arrays of Python objects are refused: to read a pickle is to run a program.
 *
 * @see NumPy Enhancement Proposal 1, A simple file format for NumPy arrays; numpy.lib.format
 */
import { DataError, listNames } from "../../base/errors.ts";
import { badFile, MAX_BYTES, type NamedBytes, viewOf } from "./bytes.ts";
import { type Header, headerOf } from "./npyHeader.ts";
import { type ElementType, elementType, type NumpyData } from "./npyTypes.ts";
import { rowMajor } from "./rowMajor.ts";
import { zipMembers } from "./zip.ts";

/** An array from a NumPy file. */
export interface NumpyArray {
  /** As NumPy writes it, such as `<f8`. */
  readonly type: string;
  /** No dimension for a single number. */
  readonly shape: readonly number[];
  /** Whether each element is two numbers, real part first. */
  readonly complex: boolean;
  /**
   * Row-major, in whatever order the file has them: the product of the shape, and twice that if complex. Integers of 64
   * bits are a Float64Array, and every one is exact; half precision is a Float32Array; booleans are 0 and 1.
   */
  readonly data: NumpyData;
}

/** Which arrays of an NPZ file are read. */
export interface NpzOptions {
  /** Arrays to read; by default all. */
  readonly names?: readonly string[];
  /** Most bytes that are held, all arrays together; 1 GiB by default. */
  readonly maxBytes?: number;
}

/**
 * @throws {DataError} `bad-file` with the byte; `unsupported`, with the type and the reason, for elements that are no
 * numbers; `out-of-range` for an integer that a double does not hold exactly
 */
export function readNpy(file: NamedBytes): NumpyArray {
  const header = headerOf(file);
  if (typeof header.descr !== "string")
    throw new DataError(
      "unsupported",
      file.path,
      `holds records with the fields ${listNames(header.descr.map(([name]) => name))}; read them with readNpyRecords`,
    );
  const type = elementType(file.path, header.descr);
  return arrayOf(file, header, type, { offset: 0, stride: type.bytes });
}

/**
 * The fields of an array of records (a structured type), each as an array of its own.
 *
 * @throws {DataError} as `readNpy`, and `unsupported` for fields that are arrays or records themselves
 */
export function readNpyRecords(file: NamedBytes): Map<string, NumpyArray> {
  const header = headerOf(file);
  if (typeof header.descr === "string")
    throw new DataError(
      "type-mismatch",
      file.path,
      `holds plain elements of type '${header.descr}'; read it with readNpy`,
    );
  const fields = fieldsOf(file.path, header.descr);
  const stride = fields.reduce((sum, { bytes }) => sum + bytes, 0);
  const arrays = new Map<string, NumpyArray>();
  let offset = 0;
  for (const { name, bytes, type } of fields) {
    if (type) arrays.set(name, arrayOf(file, header, type, { offset, stride }));
    offset += bytes;
  }
  return arrays;
}

/**
 * Arrays by name, in the order of the archive.
 *
 * @throws {DataError} as `readNpy`; `unknown-name` for an array that is not there
 */
export async function readNpz(
  file: NamedBytes,
  { names, maxBytes = MAX_BYTES }: NpzOptions = {},
): Promise<Map<string, NumpyArray>> {
  const members = zipMembers(file);
  const called = new Map(members.map((member) => [member.name.replace(/\.npy$/, ""), member]));
  const missing = names?.find((name) => !called.has(name));
  if (missing !== undefined)
    throw new DataError(
      "unknown-name",
      file.path,
      `there is no array '${missing}'; known: ${listNames(called.keys())}`,
    );
  const wanted = [...called].filter(([name]) => names?.includes(name) ?? true);
  const size = wanted.reduce((sum, [, member]) => sum + member.size, 0);
  if (!(size <= maxBytes))
    throw badFile(
      file.path,
      `too large: its ${wanted.length} members have ${size} bytes, at most ${maxBytes} are read`,
    );
  const arrays = new Map<string, NumpyArray>();
  for (const [name, member] of wanted)
    arrays.set(name, readNpy({ path: `${file.path}: ${member.name}`, bytes: await member.read() }));
  return arrays;
}

interface Layout {
  /** Of the first element, from where the data begin. */
  readonly offset: number;
  /** Bytes from one element to the next. */
  readonly stride: number;
}

function arrayOf(file: NamedBytes, header: Header, type: ElementType, { offset, stride }: Layout): NumpyArray {
  const { shape, fortran, from } = header;
  const count = requireCount(file, header, stride);
  const { parts, array, at, little, bytes } = type;
  const view = viewOf(file.bytes);
  const data = new array(count * parts);
  const width = bytes / parts;
  for (let k = 0, place = from + offset; k < data.length; k += parts, place += stride)
    for (let part = 0; part < parts; part++) data[k + part] = at(view, place + part * width, little);
  requireAllowed(file.path, type, data);
  return { type: type.descr, shape, complex: parts === 2, data: fortran ? reordered(shape, data, parts) : data };
}

/** In a column-major array of complex numbers the two parts run faster still. */
function reordered(shape: readonly number[], data: NumpyData, parts: 1 | 2): NumpyData {
  if (parts === 1) return rowMajor({ shape, data });
  const out = data.slice();
  for (const part of [0, 1]) {
    const halves = rowMajor({ shape, data: data.filter((_, k) => k % 2 === part) });
    for (let k = 0; k < halves.length; k++) out[2 * k + part] = halves[k]!;
  }
  return out;
}

function requireCount({ path, bytes }: NamedBytes, { shape, from }: Header, size: number): number {
  const count = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);
  const [needed, there] = [count * size, bytes.length - from];
  const what = `${shape.join(" x ") || "one"} element${count === 1 ? "" : "s"} of ${size} bytes`;
  if (needed > there) throw badFile(path, `at byte ${from}: truncated: ${what} need ${needed} bytes, found ${there}`);
  if (needed < there)
    throw badFile(path, `at byte ${from + needed}: trailing bytes: ${what} need ${needed}, found ${there}`);
  return count;
}

function requireAllowed(path: string, { allows, descr }: ElementType, data: NumpyData): void {
  if (!allows) return;
  const bad = data.findIndex((value) => !allows.test(value));
  if (bad >= 0)
    throw new DataError(
      "out-of-range",
      path,
      `element ${bad} of type '${descr}' must be ${allows.what}, got ${data[bad]}`,
    );
}

interface Field {
  readonly name: string;
  readonly bytes: number;
  /** None for padding. */
  readonly type?: ElementType;
}

function fieldsOf(path: string, descr: Exclude<Header["descr"], string>): Field[] {
  const names = new Set<string>();
  return descr.map(([name, type, ...more]) => {
    if (more.length > 0 || typeof type !== "string")
      throw new DataError(
        "unsupported",
        path,
        `the field '${name}' is an array or a record itself; fields of numbers are read`,
      );
    const padding = name === "" ? /^\|V(\d{1,6})$/.exec(type) : null;
    if (padding) return { name, bytes: Number(padding[1]) };
    if (names.has(name)) throw badFile(path, `there are two fields '${name}'`);
    names.add(name);
    const element = elementType(`${path}.${name}`, type);
    return { name, bytes: element.bytes, type: element };
  });
}
