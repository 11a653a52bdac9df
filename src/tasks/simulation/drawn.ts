/** What a page draws of a run of any length, in memory with an end: spikes of a raster, marks on curves, and curves. */
import { thinned } from "./analysis.ts";

/** A list of numbers that grows. */
class Column {
  #data = new Float64Array(0);
  length = 0;

  push(x: number): void {
    if (this.length === this.#data.length) {
      const larger = new Float64Array(Math.max(64, 2 * this.length));
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.length++] = x;
  }
  get(k: number): number {
    return this.#data[k]!;
  }
  set(k: number, x: number): void {
    this.#data[k] = x;
  }
  get view(): Float64Array {
    return this.#data.subarray(0, this.length);
  }
}

/** Spikes of a population: spike k is neuron `indices[k]` at `ticks[k]`, in order of time and neuron. */
export interface SpikeTrain {
  readonly node: string;
  readonly size: number;
  readonly ticks: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
}

/** Spikes of a raster; of more, some neurons are shown. */
const MOST_SPIKES = 2_000_000;

/**
 * Spikes to look at: of all neurons while there are few; else of every second, fourth … neuron; where one neuron of each
 * population fires more than that, of the beginning. Which they are depends on the spikes alone, not on how they came.
 */
export class DrawnSpikes {
  /** Of how many neurons one is kept, and spikes before which tick. */
  every = 1;
  until = Number.POSITIVE_INFINITY;
  readonly #most: number;
  readonly #total: number;
  readonly #largest: number;
  readonly #kept: ReadonlyMap<string, { readonly size: number; ticks: Column; indices: Column }>;
  #count = 0;

  /** @param total ticks of the run */
  constructor(sizes: ReadonlyMap<string, number>, total: number, most = MOST_SPIKES) {
    this.#most = most;
    this.#total = total;
    this.#largest = Math.max(0, ...sizes.values());
    this.#kept = new Map(
      [...sizes].map(([node, size]) => [node, { size, ticks: new Column(), indices: new Column() }]),
    );
  }
  add(node: string, ticks: ArrayLike<number>, indices: ArrayLike<number>): void {
    const kept = this.#kept.get(node)!;
    for (let k = 0; k < ticks.length; k++) {
      if (indices[k]! % this.every !== 0 || ticks[k]! >= this.until) continue;
      kept.ticks.push(ticks[k]!);
      kept.indices.push(indices[k]!);
      if (++this.#count > this.#most) this.#thin();
    }
  }
  #thin(): void {
    if (this.every < this.#largest) this.every *= 2;
    else this.until = Math.min(this.until, this.#total) / 2;
    this.#count = 0;
    for (const kept of this.#kept.values()) {
      const [ticks, indices] = [kept.ticks.view, kept.indices.view];
      [kept.ticks, kept.indices] = [new Column(), new Column()];
      for (let k = 0; k < ticks.length; k++) {
        if (indices[k]! % this.every !== 0 || ticks[k]! >= this.until) continue;
        kept.ticks.push(ticks[k]!);
        kept.indices.push(indices[k]!);
      }
      this.#count += kept.ticks.length;
    }
    if (this.#count > this.#most) this.#thin();
  }
  get trains(): SpikeTrain[] {
    return [...this.#kept].map(([node, { size, ticks, indices }]) => ({
      node,
      size,
      ticks: ticks.view,
      indices: indices.view,
    }));
  }
}

/** Marks on the curves of a neuron: the first of its spikes. */
export const MOST_MARKS = 20_000;
export class Marks {
  /** Ticks. */
  readonly kept: ReadonlyMap<number, number[]>;

  constructor(neurons: Iterable<number>) {
    this.kept = new Map([...neurons].map((n) => [n, []]));
  }
  add(ticks: ArrayLike<number>, indices: ArrayLike<number>): void {
    if (this.kept.size === 0) return;
    for (let k = 0; k < ticks.length; k++) {
      const marks = this.kept.get(indices[k]!);
      if (marks && marks.length < MOST_MARKS) marks.push(ticks[k]!);
    }
  }
}

/** Points of a curve of a report. */
const POINTS = 4000;

/** The least of each stretch of a curve, or the greatest, and when. */
interface Ends {
  readonly ticks: Column;
  readonly values: Column;
}
const emptyEnds = (): Ends => ({ ticks: new Column(), values: new Column() });
function put({ ticks, values }: Ends, at: number, tick: number, value: number): void {
  ticks.set(at, tick);
  values.set(at, value);
}
function paired({ ticks, values }: Ends, isFirst: (a: number, b: number) => boolean): Ends {
  const out = emptyEnds();
  for (let k = 0; k + 1 < ticks.length; k += 2) {
    const at = isFirst(values.get(k), values.get(k + 1)) ? k : k + 1;
    out.ticks.push(ticks.get(at));
    out.values.push(values.get(at));
  }
  return out;
}

/**
 * A curve: the samples themselves while there is room, then the least and the greatest of stretches of two, four, eight …
 * samples, with their times.
 */
export class Curve {
  /** Samples that have come. */
  samples = 0;
  readonly #room: number;
  /** Stretches: ticks and values of the least and of the greatest. */
  #low = emptyEnds();
  #high = emptyEnds();
  /** Samples of a stretch. */
  #length = 1;

  /** @param room stretches: an even number */
  constructor(room: number) {
    this.#room = room;
  }
  push(tick: number, value: number): void {
    const at = Math.floor(this.samples++ / this.#length);
    const [low, high] = [this.#low, this.#high];
    if (at === low.ticks.length) {
      for (const end of [low, high]) {
        end.ticks.push(tick);
        end.values.push(value);
      }
      if (at + 1 === this.#room) this.#pair();
      return;
    }
    if (value < low.values.get(at)) put(low, at, tick, value);
    if (value > high.values.get(at)) put(high, at, tick, value);
  }
  /** Two stretches become one. */
  #pair(): void {
    this.#low = paired(this.#low, (a, b) => a <= b);
    this.#high = paired(this.#high, (a, b) => a >= b);
    this.#length *= 2;
  }
  /** At most some 4,000 points that look the same. */
  get points(): { readonly ticks: number[]; readonly values: number[] } {
    const [low, high] = [this.#low, this.#high];
    if (this.#length === 1) return thinned(low.ticks.view, low.values.view, POINTS);
    const [ticks, values] = [new Column(), new Column()];
    low.ticks.view.forEach((first, k) => {
      const ends = [
        [first, low.values.view[k]!],
        [high.ticks.view[k]!, high.values.view[k]!],
      ] as const;
      for (const [tick, value] of first <= ends[1][0] ? ends : [ends[1], ends[0]]) {
        if (ticks.view.at(-1) === tick) continue; // a stretch of one value
        ticks.push(tick);
        values.push(value);
      }
    });
    return thinned(ticks.view, values.view, POINTS);
  }
}
