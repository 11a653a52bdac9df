/** How often neurons fire: over the whole record, in bins, smoothed by a kernel, and around events. */
import { DataError, type Every, requireKnown } from "../base/errors.ts";
import { requireList } from "./given.ts";
import { countsIn, requireSeconds, requireTrain, requireTrains, type SpikeTrains, windowsIn } from "./trains.ts";

/**
 * Spikes a second of each neuron over the whole record. A neuron that never fires has 0.
 * @throws {DataError} `type-mismatch`, `not-finite`, `out-of-range`
 */
export function meanRates(spikes: SpikeTrains): Float64Array {
  requireTrains(spikes);
  const { trains, from, to } = spikes;
  return Float64Array.from(trains, (t) => t.length / (to - from));
}

/** A course over time. */
export interface Course {
  /** Seconds: the middle of each bin, or the moments that were asked for. */
  readonly times: Float64Array;
  /** Spikes a second and neuron. */
  readonly rates: Float64Array;
}

/**
 * The mean rate of the neurons in bins, from the record's beginning; what is left over at its end is no bin.
 * @param bin seconds
 * @throws {DataError} `out-of-range` for a bin that is none, or longer than the record; `shape-mismatch` without neurons
 */
export function binnedRate(spikes: SpikeTrains, bin: number): Course {
  requireTrains(spikes);
  const { trains, from } = spikes;
  requireNeurons(trains);
  const count = windowsIn(spikes, bin, "bin");
  const rates = new Float64Array(count);
  for (const train of trains) {
    const counts = countsIn(train, from, bin, count);
    for (let k = 0; k < count; k++) rates[k]! += counts[k]!;
  }
  const times = Float64Array.from(rates, (_, k) => from + (k + 0.5) * bin);
  return { times, rates: rates.map((n) => n / (trains.length * bin)) };
}

/** Kernels of area 1, as functions of the time since the spike over the width, and how many widths they reach each way. */
const KERNELS = {
  /** Normal density; the width is its standard deviation. */
  gaussian: { reach: 6, at: (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) },
  /** Causal decay; the width is its time constant. */
  exponential: { reach: 40, at: (x: number) => (x >= 0 ? Math.exp(-x) : 0) },
  /** Causal `x e^-x`; the width is its time constant. */
  alpha: { reach: 45, at: (x: number) => (x >= 0 ? x * Math.exp(-x) : 0) },
  /** A box centred on the spike; the width is all of it. */
  boxcar: { reach: 1, at: (x: number) => (x >= -0.5 && x < 0.5 ? 1 : 0) },
} as const satisfies Readonly<Record<string, { readonly reach: number; readonly at: (x: number) => number }>>;

/** Names of the kernels: normal, causal exponential, causal alpha function, box. */
export type KernelName = keyof typeof KERNELS;

/** Options of `smoothedRate`. */
export interface SmoothingOptions {
  /** Default `gaussian`. */
  readonly kernel?: KernelName;
  /** Seconds: standard deviation, time constant, or the box's length. */
  readonly width: number;
  /** Seconds from one moment to the next. */
  readonly step: number;
}

/**
 * The mean rate of the neurons, each spike spread over time by a kernel of area 1. At the record's ends part of a kernel lies
 * outside, and the rate is too low by it: nothing is made up for what was not recorded.
 * @throws {DataError} `out-of-range`, `unknown-name`, `shape-mismatch`
 */
export function smoothedRate(spikes: SpikeTrains, options: SmoothingOptions): Course {
  requireTrains(spikes);
  requireKnown("smoothedRate", options, SMOOTHING);
  const { kernel = "gaussian", width, step } = options;
  const { trains, from } = spikes;
  requireNeurons(trains);
  requireSeconds("width", width);
  if (!Object.hasOwn(KERNELS, kernel))
    throw new DataError(
      "unknown-name",
      "kernel",
      `unknown kernel '${kernel}'; known: ${Object.keys(KERNELS).join(", ")}`,
    );
  const { reach, at } = KERNELS[kernel];
  const count = windowsIn(spikes, step, "step");
  const times = Float64Array.from({ length: count }, (_, k) => from + k * step);
  const rates = new Float64Array(count);
  const scale = 1 / (width * trains.length);
  for (const train of trains)
    for (const t of train) {
      const first = Math.max(0, Math.ceil((t - reach * width - from) / step));
      const last = Math.min(count - 1, Math.floor((t + reach * width - from) / step));
      for (let k = first; k <= last; k++) rates[k]! += scale * at((times[k]! - t) / width);
    }
  return { times, rates };
}

const SMOOTHING = { kernel: true, width: true, step: true } as const satisfies Every<SmoothingOptions>;
const PSTH = { before: true, after: true, bin: true } as const satisfies Every<PsthOptions>;

/** Options of `psth`: seconds. */
export interface PsthOptions {
  readonly before: number;
  readonly after: number;
  readonly bin: number;
}
/** A peri-stimulus time histogram. */
export interface Psth extends Course {
  /** Events that count: those around which everything was recorded. */
  readonly events: number;
}

/**
 * The peri-stimulus time histogram: the neurons' mean rate around events, in bins from `-before` to `after`. Events too near to
 * the record's ends are left out; without any event left the rates are NaN.
 * @param events seconds
 * @throws {DataError} `out-of-range`, `not-finite`, `shape-mismatch`
 */
export function psth(spikes: SpikeTrains, events: ArrayLike<number>, options: PsthOptions): Psth {
  requireTrains(spikes);
  requireList("events", events, "times in seconds");
  requireKnown("psth", options, PSTH);
  const { before, after, bin } = options;
  const { trains, from, to } = spikes;
  requireNeurons(trains);
  for (const [name, x] of Object.entries({ before, after }))
    if (!(x >= 0 && Number.isFinite(x)))
      throw new DataError("out-of-range", name, `must be a finite number of seconds, at least 0, got ${x}`);
  requireTrain(
    "events",
    Array.from(events).sort((a, b) => a - b),
  );
  const count = windowsIn({ from: -before, to: after }, bin, "bin");
  const inside = Array.from(events).filter((e) => e - before >= from - 1e-9 * bin && e + after <= to + 1e-9 * bin);
  const rates = new Float64Array(count);
  for (const train of trains)
    for (const event of inside) {
      const counts = countsIn(train, event - before, bin, count);
      for (let k = 0; k < count; k++) rates[k]! += counts[k]!;
    }
  const times = Float64Array.from(rates, (_, k) => -before + (k + 0.5) * bin);
  return { times, rates: rates.map((n) => n / (trains.length * inside.length * bin)), events: inside.length };
}

/** @throws {DataError} `shape-mismatch` */
export function requireNeurons(trains: readonly unknown[]): void {
  if (trains.length === 0)
    throw new DataError("shape-mismatch", "trains", "there are no neurons: a mean over none is nothing");
}
