/** Datasets of an open HDF5 file, of one dimension: numbers, text, and lists of numbers of variable length. */
import { DataError, type ErrorCode } from "../../base/errors.ts";
import type { Library } from "../../base/hdf5.ts";
import type { Hdf5Source } from "../../base/hdf5Source.ts";

type Dataset = InstanceType<Library["Dataset"]>;
type Metadata = Dataset["metadata"];

/** Numbers of the classes of types in HDF5 (H5Tpublic.h). */
export const CLASS = { integer: 0, float: 1, string: 3, list: 9 } as const;
/** Longest list, in bytes: thousands of times those of the published files. */
const LONGEST = 2 ** 28;
const MOST_ENTRIES = 10 ** 7;

/** Lists of one dataset. */
export interface List {
  readonly name: string;
  /** Bytes an entry. */
  readonly size: number;
  readonly count: number;
}

/** What the library has beneath its typings. */
interface Internals {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  get_dataset_data(file: bigint, path: string, count: bigint[], from: bigint[], step: bigint[], to: bigint): number;
  reclaim_vlen_memory_count(file: bigint, path: string, attribute: string, at: bigint, count: bigint[]): void;
}

export class Hdf5Datasets {
  readonly #h5: Library;
  readonly #file: Hdf5Source;

  constructor(h5: Library, file: Hdf5Source) {
    this.#h5 = h5;
    this.#file = file;
  }

  /**
   * The bytes of one list. Below the library's own door, which knows no floats of 16 bits: it reads a length and a pointer
   * into its memory, which it is told to free.
   */
  read({ name, size }: List, k: number): Uint8Array {
    return this.#file.use(`${name}[${k}]`, () => {
      const module = this.#h5.Module as unknown as Internals;
      const pair = module._malloc(8);
      try {
        module.HEAPU8.fill(0, pair, pair + 8);
        if (module.get_dataset_data(this.#file.id, name, [1n], [BigInt(k)], [1n], BigInt(pair)) < 0)
          throw this.bad(`${name}[${k}]`, "its HDF5 structure is damaged (libhdf5 does not read it)");
        const [length, at] = new Uint32Array(module.HEAPU8.slice(pair, pair + 8).buffer) as unknown as [number, number];
        if (length * size > LONGEST || at + length * size > module.HEAPU8.length)
          throw this.bad(`${name}[${k}]`, `has ${length} entries, more than can be read`);
        return module.HEAPU8.slice(at, at + length * size);
      } finally {
        module.reclaim_vlen_memory_count(this.#file.id, name, "", BigInt(pair), [1n]);
        module._free(pair);
      }
    });
  }

  /** A dataset of one dimension, whose lists are of this type. */
  list(name: string, type: number, sizes: readonly number[]): List {
    const { metadata } = this.#dataset(name);
    const inner = (metadata as Metadata & { vlen_type?: Metadata }).vlen_type;
    const fits =
      metadata.type === CLASS.list && inner?.type === type && sizes.includes(inner.size) && inner.littleEndian;
    if (!fits) throw this.bad(name, `must be lists of little-endian ${type === CLASS.float ? "floats" : "integers"}`);
    return { name, size: inner.size, count: this.#length(name, metadata) };
  }
  /** Integers in one dimension. */
  integers(name: string): Int32Array {
    const { metadata } = this.#dataset(name);
    if (metadata.type !== CLASS.integer || metadata.size > 4 || !metadata.littleEndian)
      throw this.bad(name, "must be little-endian integers of at most 32 bits");
    this.#length(name, metadata);
    return Int32Array.from(this.#value(name) as ArrayLike<number>);
  }
  /** Text in one dimension. */
  strings(name: string): string[] {
    const { metadata } = this.#dataset(name);
    if (metadata.type !== CLASS.string) throw this.bad(name, "must be text");
    if (this.#length(name, metadata) * metadata.size > LONGEST) throw this.bad(name, "is larger than can be read");
    return [...(this.#value(name) as string[])];
  }
  #length(name: string, { shape }: Metadata): number {
    if (shape?.length !== 1) throw this.bad(name, `must have one dimension, has ${shape?.length ?? 0}`);
    if (shape[0]! > MOST_ENTRIES) throw this.bad(name, `has ${shape[0]} entries; at most ${MOST_ENTRIES} are read`);
    return shape[0]!;
  }
  #value(name: string): unknown {
    return this.#file.use(name, (file) => (file.get(name) as Dataset).value);
  }
  /** Text or numbers in one dimension. */
  column(name: string): readonly (string | number)[] {
    const { type, size } = this.#dataset(name).metadata;
    if (type === CLASS.string) return this.strings(name);
    if (type === CLASS.integer) return Array.from(this.integers(name));
    if (type !== CLASS.float || size < 4) throw this.bad(name, "must be text, integers, or floats of 32 or 64 bits");
    this.#length(name, this.#dataset(name).metadata);
    return Array.from(this.#value(name) as ArrayLike<number>);
  }
  /** Names within a group; none where there is no such group. */
  members(name: string): string[] {
    return this.#file.use(name, (file) => {
      const found = file.get(name);
      return found instanceof this.#h5.Group ? found.keys() : [];
    });
  }
  has(name: string): boolean {
    return this.#file.use(name, (file) => file.get(name) !== null);
  }
  #dataset(name: string): { metadata: Metadata } {
    const metadata = this.#file.use(name, (file) => {
      const found = file.get(name);
      return found instanceof this.#h5.Dataset ? found.metadata : undefined;
    });
    if (!metadata) throw this.bad(name, "there is no such dataset, or it cannot be read");
    return { metadata };
  }
  /** What is wrong with a dataset, or a place in it. */
  bad(where: string, problem: string, code: ErrorCode = "bad-file"): DataError {
    return new DataError(code, this.#file.path, `${where}: ${problem}`);
  }
}
