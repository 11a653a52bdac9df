/** What a run leaves behind, as it comes: spikes, counts of them in bins of time and by neuron, and samples of variables. */
import type { Network } from "../../model/network.ts";
import type { RecordedValues, RecordPlan } from "./record.ts";

/** A list of numbers that grows. */
class Column<T extends Float64Array | Uint32Array> {
  #data: T;
  #length = 0;

  constructor(empty: T) {
    this.#data = empty;
  }
  push(x: number): void {
    if (this.#length === this.#data.length) this.#grow();
    this.#data[this.#length++] = x;
  }
  #grow(): void {
    const larger = new (this.#data.constructor as new (n: number) => T)(Math.max(64, 2 * this.#data.length));
    larger.set(this.#data);
    this.#data = larger;
  }
  get view(): T {
    return this.#data.subarray(0, this.#length) as T;
  }
}

/** Spikes of a population that are kept: spike k is neuron `indices[k]` at `ticks[k]`, in order of time and neuron. */
export interface SpikeTrain {
  readonly node: string;
  readonly size: number;
  readonly ticks: Float64Array;
  readonly indices: Uint32Array;
}
/** Samples of a variable: `columns[k]` is neuron `neurons[k]`. */
export interface Trace {
  readonly node: string;
  readonly variable: string;
  readonly neurons: readonly number[];
  readonly ticks: Float64Array;
  readonly columns: readonly Float64Array[];
}

interface Kept {
  readonly ticks: Column<Float64Array>;
  readonly indices: Column<Uint32Array>;
  /** Nothing: all neurons. */
  readonly mask?: Uint8Array;
}

/** Bins of time at most. */
const BINS = 400;

/** How long a run is, in ticks: steps of a clock, or seconds. */
export interface Extent {
  readonly total: number;
  /** Seconds. */
  readonly tick: number;
  /** Whether ticks are whole numbers. */
  readonly whole: boolean;
}

export class Collected {
  /** Ticks of a bin. */
  binTicks: number;
  /** By population that spikes. */
  bins: ReadonlyMap<string, Uint32Array>;
  readonly perNeuron: ReadonlyMap<string, Uint32Array>;
  readonly extent: Extent;
  /** Ticks that have been run. */
  done = 0;
  /** Spikes that are kept. */
  kept = 0;
  readonly #kept: ReadonlyMap<string, Kept>;
  readonly #samples: readonly {
    readonly of: RecordedValues;
    readonly ticks: Column<Float64Array>;
    readonly columns: readonly Column<Float64Array>[];
  }[];
  readonly #net: Network;

  constructor(net: Network, plan: RecordPlan, extent: Extent) {
    const spiking = Object.entries(net.populations).filter(([, p]) => p.model.spike);
    this.#net = net;
    this.extent = extent;
    this.binTicks = widthOf(extent.total, extent.whole);
    const count = Math.max(1, Math.ceil(extent.total / this.binTicks));
    this.bins = new Map(spiking.map(([node]) => [node, new Uint32Array(count)]));
    this.perNeuron = new Map(spiking.map(([node, p]) => [node, new Uint32Array(p.size)]));
    this.#kept = keptOf(
      plan,
      spiking.map(([node, { size }]) => ({ node, size })),
    );
    const column = () => new Column(new Float64Array(0));
    this.#samples = plan.values.map((of) => ({ of, ticks: column(), columns: of.neurons.map(column) }));
  }

  /** Spikes of a population in order of time. */
  spikes(node: string, ticks: ArrayLike<number>, indices: ArrayLike<number>): void {
    const [bins, perNeuron, kept] = [this.bins.get(node)!, this.perNeuron.get(node)!, this.#kept.get(node)];
    const mask = kept?.mask;
    for (let k = 0; k < ticks.length; k++) {
      const [t, n] = [ticks[k]!, indices[k]!];
      bins[Math.min(bins.length - 1, Math.floor(t / this.binTicks))]!++;
      perNeuron[n]!++;
      if (!kept || (mask && !mask[n])) continue;
      kept.ticks.push(t);
      kept.indices.push(n);
      this.kept++;
    }
  }
  /** One sample of the k-th variable that is recorded, of all its neurons, at an offset of `values`. */
  sample(k: number, tick: number, values: ArrayLike<number>, at: number): void {
    const { of, ticks, columns } = this.#samples[k]!;
    ticks.push(tick);
    for (let j = 0; j < columns.length; j++) columns[j]!.push(values[at + of.neurons[j]!]!);
  }
  /** The same of the neurons alone that are recorded. */
  sampleOf(k: number, tick: number, values: ArrayLike<number>, at: number): void {
    const { ticks, columns } = this.#samples[k]!;
    ticks.push(tick);
    for (let j = 0; j < columns.length; j++) columns[j]!.push(values[at + j]!);
  }

  /** Of populations whose spikes are kept. */
  get trains(): SpikeTrain[] {
    return [...this.#kept].map(([node, { ticks, indices }]) => ({
      node,
      size: this.#net.populations[node]!.size,
      ticks: ticks.view,
      indices: indices.view,
    }));
  }
  get traces(): Trace[] {
    return this.#samples.map(({ of: { node, variable, neurons }, ticks, columns }) => ({
      node,
      variable,
      neurons,
      ticks: ticks.view,
      columns: columns.map((c) => c.view),
    }));
  }
  /** A run that was stopped early has used few of its bins: where all spikes are there, they are counted anew. */
  finish(): void {
    const { whole, total } = this.extent;
    if (this.done > total / 2 || this.done === 0 || this.#kept.size < this.bins.size) return;
    if ([...this.#kept.values()].some((k) => k.mask)) return;
    this.binTicks = widthOf(this.done, whole);
    const count = Math.ceil(this.done / this.binTicks);
    this.bins = new Map(this.trains.map(({ node, ticks }) => [node, counted(ticks, this.binTicks, count)]));
  }
  /** Bins that have been run through, the last of them in part at least. */
  get usedBins(): number {
    return Math.max(1, Math.ceil(this.done / this.binTicks - 1e-9));
  }
}

const widthOf = (ticks: number, whole: boolean): number =>
  whole ? Math.max(1, Math.ceil(ticks / BINS)) : ticks / BINS || 1;
function counted(ticks: Float64Array, width: number, count: number): Uint32Array {
  const bins = new Uint32Array(count);
  for (const t of ticks) bins[Math.min(count - 1, Math.floor(t / width))]!++;
  return bins;
}

function keptOf(
  { spikes }: RecordPlan,
  spiking: readonly { readonly node: string; readonly size: number }[],
): Map<string, Kept> {
  const columns = (): Kept => ({ ticks: new Column(new Float64Array(0)), indices: new Column(new Uint32Array(0)) });
  if (!spikes) return new Map(spiking.map(({ node }) => [node, columns()]));
  const kept = new Map<string, Kept>();
  for (const { node, size } of spiking) {
    const asked = spikes.filter((s) => s.node === node);
    if (asked.length === 0) continue;
    const mask = new Uint8Array(size);
    for (const { neurons } of asked)
      if (neurons) for (const n of neurons) mask[n] = 1;
      else mask.fill(1);
    kept.set(node, { ...columns(), mask });
  }
  return kept;
}
