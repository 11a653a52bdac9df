/**
 * What a run leaves behind, as it comes, in memory that does not grow with the run: counts of spikes by neuron and in bins of
 * time, intervals, and what a page draws. Spikes and samples themselves go on to whoever takes them, such as files.
 */
import type { Network } from "../../model/network.ts";
import { Curve, DrawnSpikes, Marks } from "./drawn.ts";
import type { RecordedValues, RecordPlan } from "./record.ts";
import { IntervalTally, TimeBins } from "./tally.ts";

/** How long a run is, in ticks: steps of a clock, or seconds. */
export interface Extent {
  readonly total: number;
  /** Seconds. */
  readonly tick: number;
  /** Whether ticks are whole numbers. */
  readonly whole: boolean;
}

/** Takes what is recorded while the run goes on. What it throws ends the run. */
export interface Outlet {
  /** Spikes of a population that are recorded, in order of time and neuron. */
  spikes(node: string, ticks: Float64Array, indices: Uint32Array): void;
  /** A sample of the k-th variable: a number for each of its neurons. It copies what it keeps. */
  sample(k: number, tick: number, row: ArrayLike<number>): void;
}

/** A curve of one neuron. */
export interface TracedNeuron {
  readonly node: string;
  readonly variable: string;
  readonly neuron: number;
  readonly curve: Curve;
}

/** Curves that are drawn. */
export const MOST_CURVES = 60;
/** Stretches of all of them that are kept. */
const MOST_STRETCHES = 2 ** 21;

interface Kept {
  /** Nothing: all neurons. */
  readonly mask?: Uint8Array;
  readonly intervals: IntervalTally;
  readonly marks: Marks;
}
interface Sampled {
  readonly of: RecordedValues;
  readonly row: Float64Array;
  /** Of its first neurons. */
  readonly curves: readonly Curve[];
}

export class Collected {
  /** By population that spikes. */
  readonly perNeuron: ReadonlyMap<string, Uint32Array>;
  readonly extent: Extent;
  /** Curves to draw, the first of all. */
  readonly traced: readonly TracedNeuron[];
  /** Spikes to draw, where somebody does. */
  readonly drawn: DrawnSpikes | undefined;
  /** Ticks that have been run. */
  done = 0;
  /** Spikes of all populations. */
  count = 0;
  outlet: Outlet | undefined;
  readonly #bins: TimeBins;
  readonly #kept: ReadonlyMap<string, Kept>;
  readonly #sampled: readonly Sampled[];

  constructor(net: Network, plan: RecordPlan, extent: Extent) {
    const sizes = new Map(
      Object.entries(net.populations).flatMap(([node, p]) => (p.model.spike ? [[node, p.size] as const] : [])),
    );
    this.extent = extent;
    this.#bins = new TimeBins([...sizes.keys()], extent.total, extent.whole);
    this.perNeuron = new Map([...sizes].map(([node, size]) => [node, new Uint32Array(size)]));
    this.#sampled = sampledOf(plan.values);
    this.traced = this.#sampled.flatMap(({ of: { node, variable, neurons }, curves }) =>
      curves.map((curve, k) => ({ node, variable, neuron: neurons[k]!, curve })),
    );
    this.#kept = keptOf(plan, sizes, this.traced);
    const own = new Map([...this.#kept.keys()].map((node) => [node, sizes.get(node)!]));
    this.drawn = plan.draws ? new DrawnSpikes(own, extent.total) : undefined;
  }

  /** Populations whose spikes are recorded. */
  get recorded(): string[] {
    return [...this.#kept.keys()];
  }
  /** Spikes of a population in order of time. */
  spikes(node: string, ticks: Float64Array, indices: Uint32Array): void {
    this.#bins.add(node, ticks);
    const perNeuron = this.perNeuron.get(node)!;
    for (let k = 0; k < indices.length; k++) perNeuron[indices[k]!]!++;
    this.count += indices.length;
    const kept = this.#kept.get(node);
    if (!kept || indices.length === 0) return;
    const own = kept.mask ? among(kept.mask, ticks, indices) : { ticks, indices };
    kept.intervals.add(own.ticks, own.indices);
    kept.marks.add(own.ticks, own.indices);
    this.drawn?.add(node, own.ticks, own.indices);
    this.outlet?.spikes(node, own.ticks, own.indices);
  }
  /** One sample of the k-th variable that is recorded, of all its neurons, at an offset of `values`. */
  sample(k: number, tick: number, values: ArrayLike<number>, at: number): void {
    const { of, row } = this.#sampled[k]!;
    for (let j = 0; j < row.length; j++) row[j] = values[at + of.neurons[j]!]!;
    this.#take(k, tick);
  }
  /** The same of the neurons alone that are recorded. */
  sampleOf(k: number, tick: number, values: ArrayLike<number>, at: number): void {
    const { row } = this.#sampled[k]!;
    for (let j = 0; j < row.length; j++) row[j] = values[at + j]!;
    this.#take(k, tick);
  }
  #take(k: number, tick: number): void {
    const { row, curves } = this.#sampled[k]!;
    for (let j = 0; j < curves.length; j++) curves[j]!.push(tick, row[j]!);
    this.outlet?.sample(k, tick, row);
  }

  /** Of populations whose spikes are recorded. */
  get intervals(): ReadonlyMap<string, IntervalTally> {
    return new Map([...this.#kept].map(([node, { intervals }]) => [node, intervals]));
  }
  /** Spikes of a neuron that stands beside a curve: ticks, the first of them. */
  marksOf(node: string, neuron: number): readonly number[] {
    return this.#kept.get(node)?.marks.kept.get(neuron) ?? [];
  }
  /** Curves that are recorded and not drawn. */
  get undrawn(): number {
    return this.#sampled.reduce((sum, { of }) => sum + of.neurons.length, 0) - this.traced.length;
  }
  /** Counts in bins of so many ticks, by population. */
  get bins(): ReadonlyMap<string, Float64Array> {
    return this.#bins.after(this.done).counts;
  }
  get binTicks(): number {
    return this.#bins.after(this.done).width;
  }
  /** Bins that have been run through, the last of them in part at least. */
  get usedBins(): number {
    return Math.max(1, Math.ceil(this.done / this.binTicks - 1e-9));
  }
}

function among(mask: Uint8Array, ticks: Float64Array, indices: Uint32Array) {
  const places = Uint32Array.from({ length: indices.length }, (_, k) => k).filter((k) => mask[indices[k]!] === 1);
  return { ticks: Float64Array.from(places, (k) => ticks[k]!), indices: places.map((k) => indices[k]!) };
}

function sampledOf(values: readonly RecordedValues[]): Sampled[] {
  const all = values.reduce((sum, v) => sum + v.neurons.length, 0);
  let left = Math.min(MOST_CURVES, all);
  const room = 2 * Math.floor(MOST_STRETCHES / 2 / Math.max(1, left));
  return values.map((of) => {
    const count = Math.min(left, of.neurons.length);
    left -= count;
    const curves = Array.from({ length: count }, () => new Curve(room));
    return { of, row: new Float64Array(of.neurons.length), curves };
  });
}

function keptOf(
  { spikes }: RecordPlan,
  sizes: ReadonlyMap<string, number>,
  traced: readonly TracedNeuron[],
): Map<string, Kept> {
  const kept = new Map<string, Kept>();
  for (const [node, size] of sizes) {
    const asked = spikes?.filter((s) => s.node === node);
    if (asked?.length === 0) continue;
    const marks = new Marks(traced.filter((t) => t.node === node).map((t) => t.neuron));
    kept.set(node, { marks, intervals: new IntervalTally(size), ...(asked && { mask: maskOf(size, asked) }) });
  }
  return kept;
}
function maskOf(size: number, asked: NonNullable<RecordPlan["spikes"]>): Uint8Array {
  const mask = new Uint8Array(size);
  for (const { neurons } of asked)
    if (neurons) for (const n of neurons) mask[n] = 1;
    else mask.fill(1);
  return mask;
}
