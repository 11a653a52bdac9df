/**
 * HDF5 files of SONATA, piece by piece: numbers come as typed arrays through slices of bounded length, so that a file of
 * millions of synapses costs its columns and nothing beside them.
 */
import { DataError } from "../../base/errors.ts";
import { type Library, library } from "../../base/hdf5.ts";
import { type Hdf5Source, openHdf5 } from "../../base/hdf5Source.ts";

type Dataset = InstanceType<Library["Dataset"]>;

/** What a file's name leads to: a place on disk, or bytes with the name that errors have. */
export type SonataSource = string | { readonly path: string; readonly bytes: Uint8Array };

/** Numbers of the classes of types in HDF5 (H5Tpublic.h). */
const CLASS = { integer: 0, float: 1, string: 3, enumeration: 8 } as const;
/** Numbers read at once. */
const SLICE = 2 ** 18;
/** Longest column: what an index of 32 bits reaches. */
const LONGEST = 2 ** 31;
/** Names in one group. */
const MOST_MEMBERS = 100_000;
/** Deflate shortens by a factor of 1032 at most (zlib, technical details), so no sound file promises more. */
const MOST_INFLATION = 1032;

/** Opens a file, runs `use` and closes it. @throws {DataError} `missing-file`, `bad-file` with the place in the file */
export async function withSonataFile<T>(source: SonataSource, use: (file: SonataFile) => T): Promise<T> {
  const h5 = await library();
  const open = await openHdf5(h5, source);
  const size = typeof source === "string" ? undefined : source.bytes.length;
  try {
    return use(new SonataFile(h5, open, size ?? (await sizeOf(source as string))));
  } finally {
    open.close();
  }
}
async function sizeOf(path: string): Promise<number> {
  const { stat } = await import("node:fs/promises");
  return (await stat(path)).size;
}

/** What the library hands over: one typed array. */
type Slice = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;
/** As numbers. Those of 64 bits are taken as halves: a BigInt for each would cost more than all else. */
function asNumbers(values: Slice): ArrayLike<number> {
  if (!(values instanceof BigInt64Array || values instanceof BigUint64Array)) return values;
  const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  const high =
    values instanceof BigInt64Array ? new Int32Array(values.buffer, values.byteOffset, 2 * values.length) : halves;
  const out = new Float64Array(values.length);
  for (let k = 0; k < out.length; k++) out[k] = high[2 * k + 1]! * 2 ** 32 + halves[2 * k]!;
  return out;
}

export class SonataFile {
  readonly path: string;
  readonly #h5: Library;
  readonly #file: Hdf5Source;
  readonly #bytes: number;

  /** @param bytes of the file, which bound what it can hold */
  constructor(h5: Library, file: Hdf5Source, bytes: number) {
    this.path = file.path;
    this.#h5 = h5;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Names in a group, `@library` apart; none where there is no such group. */
  members(name: string): string[] {
    const names = this.#file.use(name, (file) => {
      const found = file.get(name);
      return found instanceof this.#h5.Group ? found.keys() : [];
    });
    if (names.length > MOST_MEMBERS)
      throw this.bad(name, `has ${names.length} members; at most ${MOST_MEMBERS} are read`);
    return names.filter((x) => x !== "@library");
  }
  isGroup(name: string): boolean {
    return this.#file.use(name, (file) => file.get(name) instanceof this.#h5.Group);
  }
  has(name: string): boolean {
    return this.#file.use(name, (file) => file.get(name) !== null);
  }

  /** Text that is attached to a group or a dataset; undefined where there is none. */
  attribute(name: string, attribute: string): string | undefined {
    return this.#file.use(`${name}@${attribute}`, (file) => {
      const found = file.get(name);
      if (!(found instanceof this.#h5.Group || found instanceof this.#h5.Dataset)) return undefined;
      const x = found.attrs[attribute];
      if (x === undefined || x.metadata.type !== CLASS.string) return undefined;
      const { value } = x;
      if (typeof value === "string") return value;
      return Array.isArray(value) && typeof value[0] === "string" ? value[0] : undefined;
    });
  }

  /** How long a column is. @throws {DataError} `bad-file` unless it is one of numbers, and can lie in the file */
  lengthOf(name: string): number {
    return this.#length(name, this.#dataset(name));
  }

  /** Whole numbers from 0 to below `limit`, which is 2^32 where absent. @throws {DataError} `bad-file` */
  indices(name: string, limit = 2 ** 32): Uint32Array {
    const dataset = this.#dataset(name);
    const out = new Uint32Array(this.#length(name, dataset));
    this.#each(name, dataset, out.length, (values, at) => {
      const numbers = asNumbers(values);
      for (let k = 0; k < numbers.length; k++) {
        const x = numbers[k]!;
        if (!(x >= 0 && x < limit && Math.floor(x) === x))
          throw this.bad(`${name}[${at + k}]`, `must be a whole number from 0 to ${limit - 1}, got ${values[k]}`);
        out[at + k] = x;
      }
    });
    return out;
  }

  /** Finite numbers. @throws {DataError} `bad-file` */
  numbers(name: string): Float64Array {
    const dataset = this.#dataset(name);
    const out = new Float64Array(this.#length(name, dataset));
    this.#each(name, dataset, out.length, (values, at) => {
      const numbers = asNumbers(values);
      for (let k = 0; k < numbers.length; k++) {
        const x = numbers[k]!;
        if (!Number.isFinite(x)) throw this.bad(`${name}[${at + k}]`, `must be finite, got ${values[k]}`);
        out[at + k] = x;
      }
    });
    return out;
  }

  #each(name: string, dataset: Dataset, length: number, take: (values: Slice, at: number) => void): void {
    for (let at = 0; at < length; at += SLICE) {
      const end = Math.min(length, at + SLICE);
      const values = this.#file.use(name, () => dataset.slice([[at, end]]));
      if (!ArrayBuffer.isView(values) || (values as unknown as Slice).length !== end - at)
        throw this.bad(name, "its HDF5 structure is damaged (libhdf5 does not read it)");
      take(values as unknown as Slice, at);
    }
  }

  #dataset(name: string): Dataset {
    const found = this.#file.use(name, (file) => file.get(name));
    if (found instanceof this.#h5.Dataset) return found;
    throw this.bad(name, found instanceof this.#h5.Group ? "must be a dataset, is a group" : "is missing");
  }
  #length(name: string, dataset: Dataset): number {
    const { type, shape, size, total_size, chunks } = this.#file.use(name, () => dataset.metadata);
    if (type !== CLASS.integer && type !== CLASS.float && type !== CLASS.enumeration)
      throw this.bad(name, "must hold numbers");
    if (shape?.length !== 1) throw this.bad(name, `must have one dimension, has ${shape?.length ?? 0}`);
    const length = shape[0]!;
    const room = this.#bytes * (chunks ? MOST_INFLATION : 1);
    if (length >= LONGEST || size * total_size > room)
      throw this.bad(name, `says that it has ${length} entries, more than the file can hold or than are read`);
    return length;
  }

  /** What is wrong with the file, and where. */
  bad(where: string, problem: string, options?: ErrorOptions): DataError {
    return new DataError("bad-file", this.path, `${where}: ${problem}`, options);
  }
}
