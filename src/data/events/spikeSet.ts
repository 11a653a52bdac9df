/**
 * The Spiking Heidelberg Digits and Spiking Speech Commands: one HDF5 file a part, with a list of spike times (s) and one of
 * units (channels of a cochlea) for each sample, and a label. Samples are read one at a time, since a part has up to a
 * gigabyte of them.
 *
 *   spikes/times   [samples] of lists of float16, float32 or float64
 *   spikes/units   [samples] of lists of integers, 0 to 699
 *   labels         [samples] integers
 *   extra/keys     names of the classes; extra/speaker [samples]; extra/meta_info/… of the speakers (SHD)
 *
 * @see Cramer, Stradmann, Schemmel, Zenke 2020, IEEE TNNLS 33(7): "The Heidelberg spiking data sets"
 */
import { DataError, requireInteger } from "../../base/errors.ts";
import { type Library, library } from "../../base/hdf5.ts";
import type { NamedBytes } from "../idx.ts";
import { halves } from "./half.ts";
import { type Hdf5Source, openHdf5 } from "./hdf5Source.ts";
import type { EventRecording } from "./recording.ts";

export interface SpikeSet {
  readonly count: number;
  /** Shape [count]. */
  readonly labels: Int32Array;
  /** Names of the classes; empty where the file has none. */
  readonly classes: readonly string[];
  /** Shape [count], where the file says who spoke. */
  readonly speakers?: Int32Array;
  /**
   * Sample k as a recording of one row: x is the unit, polarity 1 throughout, and times are in µs, not rounded.
   *
   * @throws {DataError} `out-of-range` for k, or a unit that there is not; `not-finite`; `shape-mismatch`; `bad-file`
   */
  sample(k: number): EventRecording;
  /** Gives the file back. */
  close(): void;
  [Symbol.dispose](): void;
}

export interface SpikeSetOptions {
  /** Units that there are; by default 700. */
  readonly channels?: number;
}

/**
 * Opens a file of SHD or SSC: bytes that are at hand, or, in Node, the path of one that is read as samples are asked for.
 *
 * @throws {DataError} `missing-file`; `bad-file` for anything but such a file, with the dataset
 */
export async function openSpikeSet(source: NamedBytes | string, options: SpikeSetOptions = {}): Promise<SpikeSet> {
  const { channels = 700 } = options;
  requireInteger("channels", channels, 1, 2 ** 16);
  const h5 = await library();
  const file = await openHdf5(h5, source);
  try {
    return new SpikeFile(h5, file, channels);
  } catch (error) {
    file.close();
    throw error;
  }
}

type Dataset = InstanceType<Library["Dataset"]>;
type Metadata = Dataset["metadata"];

/** Numbers of the classes of types in HDF5 (H5Tpublic.h). */
const CLASS = { integer: 0, float: 1, string: 3, list: 9 } as const;
/** Longest list, in bytes: thousands of times those of the published files. */
const LONGEST = 2 ** 28;
const MOST_SAMPLES = 10 ** 7;

class SpikeFile implements SpikeSet {
  readonly count: number;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  readonly speakers?: Int32Array;
  readonly #h5: Library;
  readonly #file: Hdf5Source;
  readonly #channels: number;
  readonly #times: List;
  readonly #units: List;
  #open = true;

  constructor(h5: Library, file: Hdf5Source, channels: number) {
    this.#h5 = h5;
    this.#file = file;
    this.#channels = channels;
    this.#times = this.#list("spikes/times", CLASS.float, [2, 4, 8]);
    this.#units = this.#list("spikes/units", CLASS.integer, [1, 2, 4]);
    this.count = this.#times.count;
    if (this.#units.count !== this.count)
      throw this.#bad("spikes/units", `has ${this.#units.count} lists, spikes/times ${this.count}`, "shape-mismatch");
    this.labels = this.#integers("labels");
    this.classes = this.#has("extra/keys") ? this.#strings("extra/keys") : [];
    if (this.#has("extra/speaker")) this.speakers = this.#integers("extra/speaker");
  }

  sample(k: number): EventRecording {
    if (!this.#open) throw new DataError("disposed", this.#file.path, "is closed");
    if (!(Number.isInteger(k) && k >= 0 && k < this.count))
      throw new DataError("out-of-range", "sample", `must be an integer from 0 to ${this.count - 1}, got ${k}`);
    const t = this.#microseconds(k);
    const x = this.#channelsOf(k);
    const count = t.length;
    if (x.length !== count)
      throw this.#bad(`spikes/units[${k}]`, `has ${x.length} spikes, spikes/times[${k}] ${count}`, "shape-mismatch");
    const [y, polarity] = [new Uint16Array(count), new Uint8Array(count).fill(1)];
    return { width: this.#channels, height: 1, count, t, x, y, polarity };
  }
  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #microseconds(k: number): Float64Array {
    const times = FLOATS[this.#times.size]!(this.#read(this.#times, k));
    const out = new Float64Array(times.length);
    for (let e = 0; e < out.length; e++) {
      out[e] = times[e]! * 1e6;
      if (!(Math.abs(out[e]!) < 2 ** 53))
        throw this.#bad(
          `spikes/times[${k}][${e}]`,
          `must be finite and below 2^53 µs, found ${times[e]} s`,
          "not-finite",
        );
    }
    return out;
  }
  #channelsOf(k: number): Uint16Array {
    const units = INTEGERS[this.#units.size]!(this.#read(this.#units, k));
    const out = new Uint16Array(units.length);
    for (let e = 0; e < out.length; e++) {
      if (!(units[e]! < this.#channels))
        throw this.#bad(
          `spikes/units[${k}][${e}]`,
          `must be from 0 to ${this.#channels - 1}, found ${units[e]}`,
          "out-of-range",
        );
      out[e] = units[e]!;
    }
    return out;
  }

  /**
   * The bytes of one list. Below the library's own door, which knows no floats of 16 bits: it reads a length and a pointer
   * into its memory, which it is told to free.
   */
  #read({ name, size }: List, k: number): Uint8Array {
    return this.#file.use(`${name}[${k}]`, () => {
      const module = this.#h5.Module as unknown as Internals;
      const pair = module._malloc(8);
      try {
        module.HEAPU8.fill(0, pair, pair + 8);
        if (module.get_dataset_data(this.#file.id, name, [1n], [BigInt(k)], [1n], BigInt(pair)) < 0)
          throw this.#bad(`${name}[${k}]`, "its HDF5 structure is damaged (libhdf5 does not read it)");
        const [length, at] = new Uint32Array(module.HEAPU8.slice(pair, pair + 8).buffer) as unknown as [number, number];
        if (length * size > LONGEST || at + length * size > module.HEAPU8.length)
          throw this.#bad(`${name}[${k}]`, `has ${length} entries, more than can be read`);
        return module.HEAPU8.slice(at, at + length * size);
      } finally {
        module.reclaim_vlen_memory_count(this.#file.id, name, "", BigInt(pair), [1n]);
        module._free(pair);
      }
    });
  }

  /** A dataset of one dimension, whose lists are of this type. */
  #list(name: string, type: number, sizes: readonly number[]): List {
    const { metadata } = this.#dataset(name);
    const inner = (metadata as Metadata & { vlen_type?: Metadata }).vlen_type;
    const fits =
      metadata.type === CLASS.list && inner?.type === type && sizes.includes(inner.size) && inner.littleEndian;
    if (!fits) throw this.#bad(name, `must be lists of little-endian ${type === CLASS.float ? "floats" : "integers"}`);
    return { name, size: inner.size, count: this.#length(name, metadata) };
  }
  #integers(name: string): Int32Array {
    const { metadata } = this.#dataset(name);
    if (metadata.type !== CLASS.integer || metadata.size > 4 || !metadata.littleEndian)
      throw this.#bad(name, "must be little-endian integers of at most 32 bits");
    const count = this.#length(name, metadata);
    if (count !== this.count)
      throw this.#bad(name, `has ${count} entries, spikes/times ${this.count}`, "shape-mismatch");
    return Int32Array.from(this.#value(name) as ArrayLike<number>);
  }
  #strings(name: string): string[] {
    const { metadata } = this.#dataset(name);
    if (metadata.type !== CLASS.string) throw this.#bad(name, "must be text");
    if (this.#length(name, metadata) * metadata.size > LONGEST) throw this.#bad(name, "is larger than can be read");
    return [...(this.#value(name) as string[])];
  }
  #length(name: string, { shape }: Metadata): number {
    if (shape?.length !== 1) throw this.#bad(name, `must have one dimension, has ${shape?.length ?? 0}`);
    if (shape[0]! > MOST_SAMPLES) throw this.#bad(name, `has ${shape[0]} entries; at most ${MOST_SAMPLES} are read`);
    return shape[0]!;
  }
  #value(name: string): unknown {
    return this.#file.use(name, (file) => (file.get(name) as Dataset).value);
  }
  #has(name: string): boolean {
    return this.#file.use(name, (file) => file.get(name) !== null);
  }
  #dataset(name: string): { metadata: Metadata } {
    const metadata = this.#file.use(name, (file) => {
      const found = file.get(name);
      return found instanceof this.#h5.Dataset ? found.metadata : undefined;
    });
    if (!metadata) throw this.#bad(name, "there is no such dataset, or it cannot be read");
    return { metadata };
  }
  #bad(
    where: string,
    problem: string,
    code: "bad-file" | "shape-mismatch" | "out-of-range" | "not-finite" = "bad-file",
  ) {
    return new DataError(code, this.#file.path, `${where}: ${problem}`);
  }
}

interface List {
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

/** Readers of lists by bytes an entry. Each list is a copy, and so aligned. */
type Reader = Readonly<Record<number, (bytes: Uint8Array) => ArrayLike<number>>>;
const FLOATS: Reader = {
  2: halves,
  4: ({ buffer }) => new Float32Array(buffer),
  8: ({ buffer }) => new Float64Array(buffer),
};
const INTEGERS: Reader = {
  1: (bytes) => bytes,
  2: ({ buffer }) => new Uint16Array(buffer),
  4: ({ buffer }) => new Uint32Array(buffer),
};
