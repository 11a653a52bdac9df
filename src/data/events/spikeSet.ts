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
import { type Hdf5Source, openHdf5 } from "../../base/hdf5Source.ts";
import type { NamedBytes } from "../format/bytes.ts";
import { halves } from "./half.ts";
import { CLASS, Hdf5Datasets, type List } from "./hdf5Datasets.ts";
import type { EventRecording } from "./recording.ts";

/** A file of SHD or SSC that is open: labels at hand, spikes read as they are asked for. */
export interface SpikeSet {
  readonly count: number;
  /** Shape [count]. */
  readonly labels: Int32Array;
  /** Names of the classes; empty where the file has none. */
  readonly classes: readonly string[];
  /** Shape [count], where the file says who spoke. */
  readonly speakers?: Int32Array;
  /**
   * What the file says of its speakers, by name, such as `gender` and `age`: entry s is that of speaker s. Empty for SSC.
   *
   * @throws {DataError} `bad-file`
   */
  speakerInfo(): ReadonlyMap<string, readonly (string | number)[]>;
  /**
   * Sample k as a recording of one row: x is the unit, polarity 1 throughout, and times are in µs, not rounded.
   *
   * @throws {DataError} `out-of-range` for k, or a unit that there is not; `not-finite`; `shape-mismatch`; `bad-file`
   */
  sample(k: number): EventRecording;
  /** Gives the file back. */
  close(): void;
  /** Closes the file. */
  [Symbol.dispose](): void;
}

/** Options for opening a file of SHD or SSC. */
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

const SPEAKERS = "extra/meta_info";

class SpikeFile implements SpikeSet {
  readonly count: number;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  readonly speakers?: Int32Array;
  readonly #file: Hdf5Source;
  readonly #data: Hdf5Datasets;
  readonly #channels: number;
  readonly #times: List;
  readonly #units: List;
  #open = true;

  constructor(h5: Library, file: Hdf5Source, channels: number) {
    this.#file = file;
    this.#data = new Hdf5Datasets(h5, file);
    this.#channels = channels;
    this.#times = this.#data.list("spikes/times", CLASS.float, [2, 4, 8]);
    this.#units = this.#data.list("spikes/units", CLASS.integer, [1, 2, 4]);
    this.count = this.#times.count;
    if (this.#units.count !== this.count)
      throw this.#data.bad(
        "spikes/units",
        `has ${this.#units.count} lists, spikes/times ${this.count}`,
        "shape-mismatch",
      );
    this.labels = this.#eachSample("labels");
    this.classes = this.#data.has("extra/keys") ? this.#data.strings("extra/keys") : [];
    if (this.#data.has("extra/speaker")) this.speakers = this.#eachSample("extra/speaker");
  }

  sample(k: number): EventRecording {
    if (!this.#open) throw new DataError("disposed", this.#file.path, "is closed");
    if (!(Number.isInteger(k) && k >= 0 && k < this.count))
      throw new DataError("out-of-range", "sample", `must be an integer from 0 to ${this.count - 1}, got ${k}`);
    const t = this.#microseconds(k);
    const x = this.#channelsOf(k);
    const count = t.length;
    if (x.length !== count)
      throw this.#data.bad(
        `spikes/units[${k}]`,
        `has ${x.length} spikes, spikes/times[${k}] ${count}`,
        "shape-mismatch",
      );
    const [y, polarity] = [new Uint16Array(count), new Uint8Array(count).fill(1)];
    return { width: this.#channels, height: 1, count, t, x, y, polarity };
  }
  speakerInfo(): Map<string, readonly (string | number)[]> {
    if (!this.#open) throw new DataError("disposed", this.#file.path, "is closed");
    const names = this.#data.members(SPEAKERS);
    return new Map(names.map((name) => [name, this.#data.column(`${SPEAKERS}/${name}`)]));
  }
  close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #eachSample(name: string): Int32Array {
    const values = this.#data.integers(name);
    if (values.length === this.count) return values;
    throw this.#data.bad(name, `has ${values.length} entries, spikes/times ${this.count}`, "shape-mismatch");
  }
  #microseconds(k: number): Float64Array {
    const times = FLOATS[this.#times.size]!(this.#data.read(this.#times, k));
    const out = new Float64Array(times.length);
    for (let e = 0; e < out.length; e++) {
      out[e] = times[e]! * 1e6;
      if (!(Math.abs(out[e]!) < 2 ** 53))
        throw this.#data.bad(
          `spikes/times[${k}][${e}]`,
          `must be finite and below 2^53 µs, found ${times[e]} s`,
          "not-finite",
        );
    }
    return out;
  }
  #channelsOf(k: number): Uint16Array {
    const units = INTEGERS[this.#units.size]!(this.#data.read(this.#units, k));
    const out = new Uint16Array(units.length);
    for (let e = 0; e < out.length; e++) {
      if (!(units[e]! < this.#channels))
        throw this.#data.bad(
          `spikes/units[${k}][${e}]`,
          `must be from 0 to ${this.#channels - 1}, found ${units[e]}`,
          "out-of-range",
        );
      out[e] = units[e]!;
    }
    return out;
  }
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
