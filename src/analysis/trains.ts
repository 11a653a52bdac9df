/** Spikes as analyses take them: times in seconds, neuron by neuron, over a stretch of time that is known. */
import { DataError, type Every, requireInteger, requireKnown } from "../base/errors.ts";
import { requireList, requireObject } from "./given.ts";

/** Times of one neuron's spikes, in seconds and in order. */
export type SpikeTrain = ArrayLike<number>;

/** Spikes of some neurons between two moments. `spikeTrains` makes it of a recording. */
export interface SpikeTrains {
  /** By neuron: times in [from, to), in order. */
  readonly trains: readonly Float64Array[];
  /** Seconds. */
  readonly from: number;
  readonly to: number;
}

/** Spikes as runs record them: `steps` (or `ticks`) of a clocked engine, or `times` in seconds of the exact one. */
export interface RecordedSpikes {
  readonly steps?: ArrayLike<number>;
  readonly ticks?: ArrayLike<number>;
  readonly times?: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly samples?: ArrayLike<number>;
}

/** Options of `spikeTrains`. */
export interface TrainOptions {
  /** Of the population: neurons that never fired have an empty train. */
  readonly size: number;
  /** Seconds that the recording covers: [from, to). Default of `from`: 0. Spikes outside are left out. */
  readonly from?: number;
  readonly to: number;
  /** Seconds a step, or a tick; not needed for `times`. */
  readonly dt?: number;
  /** Of several trials, this one; default: the first. */
  readonly sample?: number;
}

const TRAINS = { size: true, from: true, to: true, dt: true, sample: true } as const satisfies Every<TrainOptions>;

/**
 * Spikes of a recording, neuron by neuron.
 *
 * @param spikes `recording.spikes.e`, a series of `recording.records`, or spikes of the exact engine; in any order
 * @throws {DataError} `usage` for steps without `dt`; `shape-mismatch`; `not-finite`; `out-of-range` for neurons that there are
 *   not, or a stretch of time that ends before it begins
 */
export function spikeTrains(spikes: RecordedSpikes, options: TrainOptions): SpikeTrains {
  requireObject("spikes", spikes, "spikes of a recording, such as recording.spikes.e");
  requireKnown("spikeTrains", options, TRAINS);
  const { size, from = 0, to, dt, sample = 0 } = options;
  requireInteger("size", size, 0, 2 ** 31);
  requireStretch("trains", from, to);
  const ticks = spikes.times ?? spikes.steps ?? spikes.ticks;
  const tick = spikes.times ? 1 : dt;
  if (!ticks) throw new DataError("usage", "spikes", "needs steps, ticks or times");
  if (tick === undefined) throw new DataError("usage", "dt", "is needed: the seconds of a step");
  const { indices, samples } = spikes;
  requireList("spikes.times", ticks);
  requireList("spikes.indices", indices);
  if (indices.length !== ticks.length)
    throw new DataError("shape-mismatch", "spikes", `${ticks.length} times for ${indices.length} indices`);
  const isOfTrial = samples && samples.length > 0 ? (k: number) => samples[k] === sample : () => true;
  const isKept = (k: number): boolean => ticks[k]! * tick >= from && ticks[k]! * tick < to && isOfTrial(k);
  // Counted first: a long run has tens of millions of spikes, and no room for lists that grow.
  const counts = new Uint32Array(size);
  for (let k = 0; k < ticks.length; k++) {
    const [neuron, time] = [indices[k]!, ticks[k]! * tick];
    if (!(Number.isInteger(neuron) && neuron >= 0 && neuron < size))
      throw new DataError("out-of-range", `spikes.indices[${k}]`, `must be from 0 to ${size - 1}, got ${neuron}`);
    if (!Number.isFinite(time))
      throw new DataError("not-finite", `spikes[${k}]`, `its time must be finite, got ${time}`);
    if (isKept(k)) counts[neuron]!++;
  }
  const trains = Array.from(counts, (n) => new Float64Array(n));
  counts.fill(0);
  for (let k = 0; k < ticks.length; k++) if (isKept(k)) trains[indices[k]!]![counts[indices[k]!]!++] = ticks[k]! * tick;
  for (const train of trains) train.sort();
  return { trains, from, to };
}

/** One train with the stretch that it covers. @throws {DataError} as `requireTrain` */
export function oneTrain(times: SpikeTrain, from: number, to: number): SpikeTrains {
  requireStretch("train", from, to);
  requireTrain("train", times);
  return { trains: [Float64Array.from(times).filter((t) => t >= from && t < to)], from, to };
}

/** @throws {DataError} `out-of-range` unless a stretch of time ends after it begins, at finite moments */
function requireStretch(path: string, from: number, to: number): void {
  if (Number.isFinite(from) && Number.isFinite(to) && to > from) return;
  throw new DataError("out-of-range", path, `must cover some finite time, got ${from} to ${to} s`);
}

/** @throws {DataError} `type-mismatch`; `not-finite`; `out-of-range` where times go back */
export function requireTrain(path: string, times: SpikeTrain): void {
  requireList(path, times, "times in seconds");
  for (let k = 0; k < times.length; k++) {
    if (!Number.isFinite(times[k]))
      throw new DataError("not-finite", `${path}[${k}]`, `must be a finite time, got ${times[k]}`);
    if (k > 0 && times[k]! < times[k - 1]!)
      throw new DataError(
        "out-of-range",
        `${path}[${k}]`,
        `times must be in order: ${times[k]} follows ${times[k - 1]}`,
      );
  }
}

/** As `requireTrains`, but that it looks at no time: where few of the trains are read. */
export function requireSpikes(spikes: SpikeTrains): void {
  requireObject("spikes", spikes, "what spikeTrains(...) gives");
  requireList("spikes.trains", spikes.trains, "trains");
  requireStretch("spikes", spikes.from, spikes.to);
}

/** @throws {DataError} `type-mismatch`, `not-finite`, `out-of-range` for times out of order, or a stretch of time that is none */
export function requireTrains(spikes: SpikeTrains): void {
  requireSpikes(spikes);
  spikes.trains.forEach((train, k) => requireTrain(`spikes.trains[${k}]`, train));
}

/** @throws {DataError} `out-of-range` unless it is a finite number of seconds above 0 */
export function requireSeconds(path: string, x: number): void {
  if (x > 0 && Number.isFinite(x)) return;
  throw new DataError("out-of-range", path, `must be a finite number of seconds above 0, got ${x}`);
}

/** Numbers of a histogram or a course: a gigabyte or less. */
const MOST_BINS = 1e8;
/** @throws {DataError} `out-of-range` for bins so short that nothing could hold them all */
export function requireRoom(path: string, length: number, count: number): void {
  if (count <= MOST_BINS) return;
  throw new DataError("out-of-range", path, `${length} s makes ${count} bins, and ${MOST_BINS} are the most`);
}

/**
 * Windows of a length that fit into a stretch of time, from its beginning, with what rounding takes away given back.
 * @throws {DataError} `out-of-range` if there is none, or it is not a length
 */
export function windowsIn({ from, to }: Pick<SpikeTrains, "from" | "to">, length: number, path: string): number {
  requireSeconds(path, length);
  const count = Math.floor((to - from) / length + 1e-9);
  requireRoom(path, length, count);
  if (count >= 1) return count;
  throw new DataError("out-of-range", path, `${length} s is longer than the record, which covers ${to - from} s`);
}

/** Spikes in each of `count` windows of `length` from `from` on. */
export function countsIn(train: Float64Array, from: number, length: number, count: number): Float64Array {
  const counts = new Float64Array(count);
  for (const t of train) {
    // Times are products of a step: what is a rounding below a border is at it.
    const k = Math.floor((t - from) / length + 1e-9);
    if (k >= 0 && k < count) counts[k]!++;
  }
  return counts;
}
