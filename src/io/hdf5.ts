/**
 * HDF5 files as trees of text and arrays, through `h5wasm` (libhdf5 in WebAssembly, the same in Node and the browser).
 *
 * The library works on files of a virtual file system; each lives for one synchronous call. Files are written in the oldest
 * format (superblock 0), uncompressed, which every reader knows, and with the clock stopped, so that equal trees give
 * equal bytes.
 */
import { DataError } from "../base/errors.ts";
import { type Library, library, withFile } from "../base/hdf5.ts";
import { badFile } from "./check.ts";

export type NumberArray = Float32Array | Float64Array | BigInt64Array;
/** An array of numbers; shape `[]` is a single one. */
export interface Numbers {
  readonly data: NumberArray;
  readonly shape: readonly number[];
}
/** An array of strings. */
export interface Strings {
  readonly strings: readonly string[];
  readonly shape: readonly number[];
}
export type Leaf = string | Numbers | Strings;
export type Tree = ReadonlyMap<string, Tree | Leaf>;
export interface Hdf5 {
  readonly attributes: ReadonlyMap<string, string | number>;
  readonly root: Tree;
  /** Second names at the root: name to path. Not read back. */
  readonly links?: ReadonlyMap<string, string>;
}

type Group = InstanceType<Library["Group"]>;

export const isNumbers = (x: Tree | Leaf | undefined): x is Numbers => typeof x === "object" && "data" in x;
export const isStrings = (x: Tree | Leaf | undefined): x is Strings => typeof x === "object" && "strings" in x;
export const isTree = (x: Tree | Leaf | undefined): x is Tree => x instanceof Map;

/** @throws {DataError} `write-failed` where the library cannot make the file, as for lack of memory */
export async function encodeHdf5({ attributes, root, links = new Map() }: Hdf5): Promise<Uint8Array> {
  const h5 = await library();
  const make = (name: string): Uint8Array => {
    const file = new h5.File(name, "w", { libver: ["earliest", "v110"] });
    try {
      for (const [key, value] of attributes) file.create_attribute(key, value);
      write(file, root);
      for (const [link, target] of links) file.create_hard_link(target, link);
    } finally {
      file.close();
    }
    return h5.FS!.readFile(name);
  };
  return withFile(h5, make, (why, cause) => new DataError("write-failed", "hdf5", why, { cause }));
}

function write(group: Group, tree: Tree): void {
  for (const [name, x] of tree) {
    if (isTree(x)) write(group.create_group(name), x);
    else if (typeof x === "string") group.create_dataset({ name, data: x });
    else group.create_dataset({ name, data: isStrings(x) ? [...x.strings] : x.data, shape: [...x.shape] });
  }
}

/**
 * Reads a file: its attributes, and those members of the root that are named.
 *
 * @throws {DataError} `bad-file` if it is not HDF5, is damaged, or holds anything but text and arrays of f32, f64, i64
 */
export async function decodeHdf5(bytes: Uint8Array, members: readonly string[], path: string): Promise<Hdf5> {
  const h5 = await library();
  const read = (name: string): Hdf5 => {
    h5.FS!.writeFile(name, bytes);
    const file = new h5.File(name, "r");
    try {
      return new TreeReader(h5, bytes.length, path).file(file, members);
    } finally {
      file.close();
    }
  };
  return withFile(h5, read, (why, cause) => badFile(path, `its HDF5 structure is damaged (${why})`, { cause }));
}

/** Bounds for files made to harm: groups may contain themselves, and sizes need not be true. */
const DEEPEST = 16;
const MOST_OBJECTS = 100_000;

class TreeReader {
  readonly #h5: Library;
  readonly #bytes: number;
  readonly #path: string;
  #objects = 0;

  constructor(h5: Library, bytes: number, path: string) {
    this.#h5 = h5;
    this.#bytes = bytes;
    this.#path = path;
  }
  file(file: Group, members: readonly string[]): Hdf5 {
    const known = new Set(file.keys());
    const attributes = Object.entries(file.attrs).flatMap(([name, { value }]) =>
      typeof value === "string" || typeof value === "number" ? [[name, value] as const] : [],
    );
    const root = members
      .filter((name) => known.has(name))
      .map((name) => [name, this.#read(file, name, `${this.#path}.${name}`, DEEPEST)] as const);
    return { attributes: new Map(attributes), root: new Map(root) };
  }
  #read(group: Group, name: string, path: string, depth: number): Tree | Leaf {
    if (++this.#objects > MOST_OBJECTS || depth === 0)
      throw badFile(path, `more than ${MOST_OBJECTS} objects, or deeper than ${DEEPEST} groups`);
    const x = group.get(name);
    if (x instanceof this.#h5.Group)
      return new Map(x.keys().map((key) => [key, this.#read(x, key, `${path}.${key}`, depth - 1)]));
    if (x instanceof this.#h5.Dataset) return this.#leaf(x, path);
    throw badFile(path, "is neither a group nor a dataset");
  }
  #leaf(x: InstanceType<Library["Dataset"]>, path: string): Leaf {
    const { shape, chunks, size, total_size } = x.metadata;
    if (!shape || chunks || size * total_size > this.#bytes)
      throw badFile(path, "is not an uncompressed array that fits into the file");
    const { value } = x;
    if (typeof value === "string") return value;
    if (Array.isArray(value) && value.every((s) => typeof s === "string")) return { strings: value, shape };
    const data = typeof value === "number" ? Float64Array.of(value) : value;
    if (data instanceof Float32Array || data instanceof Float64Array || data instanceof BigInt64Array)
      return { data, shape };
    throw badFile(path, "must hold text or numbers of type f32, f64 or i64");
  }
}
