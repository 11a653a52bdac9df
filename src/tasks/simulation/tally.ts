/** Sums over a run of any length, in memory that does not grow with it: counts in bins of time, and intervals. */

/** Bins of time at most. */
const BINS = 400;
/** The finer bins of a run that may be stopped early begin this much finer where time has no grid: two spikes tell them apart. */
const FINEST = 2 ** 20;

const widthOf = (ticks: number, whole: boolean): number =>
  whole ? Math.max(1, Math.ceil(ticks / BINS)) : ticks / BINS || 1;

/**
 * Spikes by population in bins of time. A run that was stopped early would have used few of the bins of the whole, so its
 * first half is counted in finer ones too: 400 to 800, whose width doubles whenever there are more.
 */
export class TimeBins {
  readonly #total: number;
  readonly #planned: { readonly width: number; readonly counts: ReadonlyMap<string, Float64Array> };
  readonly #early: { width: number; readonly counts: ReadonlyMap<string, Float64Array> };

  /** @param total ticks; `whole` numbers or not */
  constructor(nodes: readonly string[], total: number, whole: boolean) {
    const mapped = (count: number) => new Map(nodes.map((node) => [node, new Float64Array(count)]));
    const width = widthOf(total, whole);
    this.#total = total;
    this.#planned = { width, counts: mapped(Math.max(1, Math.ceil(total / width))) };
    this.#early = { width: whole ? 1 : width / FINEST, counts: mapped(2 * BINS) };
  }
  add(node: string, ticks: ArrayLike<number>): void {
    const { width, counts } = this.#planned;
    const [bins, early] = [counts.get(node)!, this.#early.counts.get(node)!];
    for (let k = 0; k < ticks.length; k++) {
      const t = ticks[k]!;
      bins[Math.min(bins.length - 1, Math.floor(t / width))]!++;
      if (t > this.#total / 2) continue;
      while (t >= this.#early.width * early.length) this.#double();
      early[Math.floor(t / this.#early.width)]!++;
    }
  }
  #double(): void {
    this.#early.width *= 2;
    for (const bins of this.#early.counts.values()) {
      const half = bins.length / 2;
      for (let k = 0; k < half; k++) bins[k] = bins[2 * k]! + bins[2 * k + 1]!;
      bins.fill(0, half);
    }
  }
  /** Those that fit what has been run. @param done ticks */
  after(done: number): { readonly width: number; readonly counts: ReadonlyMap<string, Float64Array> } {
    if (done > this.#total / 2 || done === 0) return this.#planned;
    while (done > this.#early.width * 2 * BINS) this.#double();
    return this.#early;
  }
}

/** Mean and squared distances from it, number by number (Welford 1962, Technometrics 4:419). */
class Moments {
  count = 0;
  mean = 0;
  #squares = 0;

  add(x: number): void {
    const from = x - this.mean;
    this.mean += from / ++this.count;
    this.#squares += from * (x - this.mean);
  }
  /** Of all, not of a sample. */
  get sd(): number {
    return Math.sqrt(this.#squares / this.count);
  }
}

/** Steps of a factor of two: whole numbers below it are told apart, and anything else to this share of it. */
const STEPS = 2 ** 14;
/** Of the upper half of a double: 11 bits of exponent and 20 of its fraction. */
const SHIFT = 20 - Math.log2(STEPS);

/** How often numbers from 0 on occur: whole ones below 32,768 as they are, others rounded down by at most one in 16,384. */
export class Occurrences {
  count = 0;
  /** As it came. */
  highest = 0;
  /** By exponent. */
  readonly #octaves = new Map<number, Float64Array>();
  readonly #number = new Float64Array(1);
  readonly #halves = new Uint32Array(this.#number.buffer);

  add(x: number): void {
    this.#number[0] = x;
    const key = this.#halves[1]! >>> SHIFT;
    const octave = Math.floor(key / STEPS);
    let counts = this.#octaves.get(octave);
    if (!counts) this.#octaves.set(octave, (counts = new Float64Array(STEPS)));
    counts[key % STEPS]!++;
    this.count++;
    if (x > this.highest) this.highest = x;
  }
  /** Numbers in their order, and how often each came. */
  *[Symbol.iterator](): Generator<readonly [value: number, count: number]> {
    const number = new Float64Array(1);
    const halves = new Uint32Array(number.buffer);
    for (const octave of [...this.#octaves.keys()].sort((a, b) => a - b)) {
      const counts = this.#octaves.get(octave)!;
      for (let k = 0; k < STEPS; k++) {
        if (counts[k] === 0) continue;
        halves[1] = (octave * STEPS + k) << SHIFT;
        yield [number[0]!, counts[k]!];
      }
    }
  }
  /** The value below which a share of them lies (the nearest rank); NaN of nothing. */
  quantile(share: number): number {
    let left = Math.min(this.count - 1, Math.floor(share * this.count));
    for (const [value, count] of this) {
      if (left < count) return value;
      left -= count;
    }
    return Number.NaN;
  }
}

/** A coefficient of variation of fewer intervals says little. */
const LEAST = 5;

/** Intervals between spikes of the same neuron, in ticks. */
export class IntervalTally {
  readonly all = new Moments();
  readonly occurrences = new Occurrences();
  readonly #last: Float64Array;
  /** Of each neuron: intervals, their mean, and squared distances from it. */
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #squares: Float64Array;

  constructor(size: number) {
    this.#last = new Float64Array(size).fill(Number.NaN);
    this.#counts = new Float64Array(size);
    this.#means = new Float64Array(size);
    this.#squares = new Float64Array(size);
  }
  /** Spikes in order of time. */
  add(ticks: ArrayLike<number>, indices: ArrayLike<number>): void {
    for (let k = 0; k < ticks.length; k++) {
      const [t, n] = [ticks[k]!, indices[k]!];
      const interval = t - this.#last[n]!;
      this.#last[n] = t;
      if (interval >= 0) this.#addOne(n, interval); // not a number: there was none before
    }
  }
  #addOne(n: number, interval: number): void {
    const from = interval - this.#means[n]!;
    this.#means[n]! += from / ++this.#counts[n]!;
    this.#squares[n]! += from * (interval - this.#means[n]!);
    this.all.add(interval);
    this.occurrences.add(interval);
  }
  /** Mean over neurons of the coefficient of variation of their intervals; of those with at least five of them. */
  get variation(): { readonly cv?: number; readonly cvNeurons: number } {
    let [sum, cvNeurons] = [0, 0];
    for (let n = 0; n < this.#counts.length; n++) {
      if (this.#counts[n]! < LEAST) continue;
      sum += Math.sqrt(this.#squares[n]! / this.#counts[n]!) / this.#means[n]!;
      cvNeurons++;
    }
    return { cvNeurons, ...(cvNeurons > 0 && { cv: sum / cvNeurons }) };
  }
}
