/** Records in memory: what a run gives back when nobody names another place. */
import type { RecordChunk, RecordHeader, SeriesInfo, Sink } from "./sink.ts";

/** A series, whole. */
export interface Series extends SeriesInfo {
  /** When: see `RecordChunk`. */
  readonly ticks: Float64Array;
  /** Of events: which neuron. */
  readonly indices: Uint32Array;
  /** Of events: of which trial. */
  readonly samples: Uint32Array;
  /** Of rows: `[ticks][samples][columns]`. */
  readonly values: Float64Array;
}
/** Series by name. */
export type RecordedSeries = Readonly<Record<string, Series>>;

type Numbers = Float64Array | Uint32Array;
type Part = "ticks" | "indices" | "samples" | "values";

/** Arrays one after another. */
class Parts<T extends Numbers> {
  readonly #list: Numbers[] = [];
  #length = 0;
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
  }
  add(x: Numbers): void {
    if (x.length === 0) return;
    this.#list.push(x.slice());
    this.#length += x.length;
  }
  whole(): T {
    const all = this.#make(this.#length);
    let at = 0;
    for (const part of this.#list) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

class SeriesParts {
  readonly ticks = new Parts((n) => new Float64Array(n));
  readonly indices = new Parts((n) => new Uint32Array(n));
  readonly samples = new Parts((n) => new Uint32Array(n));
  readonly values = new Parts((n) => new Float64Array(n));

  add({ ticks, indices, samples, values }: RecordChunk): void {
    this.ticks.add(ticks);
    this.indices.add(indices);
    this.samples.add(samples);
    this.values.add(values);
  }
  whole(): Pick<Series, Part> {
    const { ticks, indices, samples, values } = this;
    return { ticks: ticks.whole(), indices: indices.whole(), samples: samples.whole(), values: values.whole() };
  }
}

/** What was written so far can be asked for at any time. */
export interface MemorySink extends Sink<RecordedSeries> {
  /** The series as they are now. */
  finish(): RecordedSeries;
}

/** Keeps everything in memory. */
export function memorySink(): MemorySink {
  let info: readonly SeriesInfo[] = [];
  let parts: SeriesParts[] = [];
  return {
    begin: ({ series }: RecordHeader): void => {
      info = series;
      parts = series.map(() => new SeriesParts());
    },
    write: (chunk): void => parts[chunk.series]!.add(chunk),
    finish: () => Object.fromEntries(info.map((x, k) => [x.name, { ...x, ...parts[k]!.whole() }])),
  };
}
