/**
 * Sources of spikes on the clocked engine's grid. Work follows the spikes: the next of them is drawn, over all elements and
 * steps of a stretch of time at once. Each stretch is drawn by itself, so that spikes depend neither on how time is cut into
 * runs, nor on what was drawn before.
 */
import { ModelError } from "../base/errors.ts";
import { LineStream } from "../base/lineStream.ts";
import { streamOf } from "../base/random.ts";
import { firstAtLeast } from "../base/sorted.ts";
import { skipOf } from "../model/connectivity/skip.ts";
import { intervalsOf, ratesOf, type SpikeSource, timesOf } from "./spikeSource.ts";

/** Spikes of one trial in order of step and element; steps are absolute. */
export interface StepEvents {
  readonly steps: Float64Array;
  readonly indices: Uint32Array;
}
/** Those of steps `[from, to)`, none of them below 0. */
export type StepSource = (trial: number, from: number, to: number) => StepEvents;

interface Place {
  readonly name: string;
  readonly seed: number;
  readonly size: number;
  /** Seconds a step. */
  readonly dt: number;
}

/** @throws {ModelError} as `ratesOf`, `intervalsOf` and `timesOf`; `out-of-range` for more than a spike a step */
export const stepSource = (source: SpikeSource, place: Place): StepSource =>
  (SOURCES[source.kind] as (s: SpikeSource, p: Place) => StepSource)(source, place);

const SOURCES: {
  readonly [K in SpikeSource["kind"]]: (source: Extract<SpikeSource, { kind: K }>, place: Place) => StepSource;
} = { poisson, regular, array };

/** Steps that are drawn together; 2^32 stretches of 0.1 ms a step are three years. */
const STRETCH = 256;

/** In each step each element fires with probability rate · dt (Brian's `PoissonGroup`). */
function poisson(source: Extract<SpikeSource, { kind: "poisson" }>, { name, seed, size, dt }: Place): StepSource {
  const path = `sources.${name}`;
  const each = ratesOf(source, size, path).map((r) => r * dt);
  const most = each.reduce((a, b) => Math.max(a, b), 0);
  if (most > 1)
    throw new ModelError(
      "out-of-range",
      `${path}.rate`,
      `must be at most one spike a step of ${dt} s, ${1 / dt} a second, got ${most / dt}`,
    );
  const draws = new LineStream(seed, streamOf(`${name}.spikes`));
  const skip = skipOf(most);
  const same = each.every((p) => p === most);
  const mean = STRETCH * each.reduce((a, b) => a + b, 0);
  const room = Math.ceil(mean + 5 * Math.sqrt(mean)) + 16; // hardly ever more
  const drawn = (trial: number, stretch: number): StepEvents => {
    const found = new Events(room);
    draws.begin(stretch, trial);
    // Written out, because `successes` has callers enough not to be compiled for this one.
    for (let k = skip(draws); k < STRETCH * size; k += 1 + skip(draws)) {
      const step = Math.floor(k / size);
      const index = k - step * size;
      if (!same && draws.uniform() * most > each[index]!) continue; // as rare as its own rate says
      found.add(stretch * STRETCH + step, index);
    }
    return found.all();
  };
  const known = new Map<number, { stretch: number; events: StepEvents }>();
  const eventsOf = (trial: number, stretch: number): StepEvents => {
    const last = known.get(trial);
    if (last?.stretch === stretch) return last.events;
    const events = drawn(trial, stretch);
    known.set(trial, { stretch, events });
    return events;
  };
  return (trial, from, to) => collected(from, to, STRETCH, (stretch) => eventsOf(trial, stretch));
}

/** All elements together, in the step that a time falls into. */
function regular(source: Extract<SpikeSource, { kind: "regular" }>, { name, size, dt }: Place): StepSource {
  const { every, start } = intervalsOf(source, `sources.${name}`);
  const [interval, first] = [stepsIn(every, dt), stepsIn(start, dt)];
  const stepOf = (k: number): number => Math.floor(first + k * interval + ROUNDING);
  return (_trial, from, to) => {
    const found = new Events();
    for (let k = Math.max(0, Math.floor((from - first) / interval) - 1); stepOf(k) < to; k++) {
      if (stepOf(k) < from) continue;
      for (let i = 0; i < size; i++) found.add(stepOf(k), i);
    }
    return found.between(from, to);
  };
}
/** Whole where it is meant to be, so that intervals stay what they are however many there have been. */
function stepsIn(duration: number, dt: number): number {
  const whole = Math.round(duration / dt);
  return Math.abs(duration / dt - whole) <= 1e-9 * Math.max(1, whole) ? whole : duration / dt;
}
/** What a quotient of times may be off, so that 0.3 ms are in step 3 of 0.1 ms. */
const ROUNDING = 1e-6;
const stepAt = (time: number, dt: number): number => Math.floor(time / dt + ROUNDING);

/** Each spike in the step that its time falls into. */
function array(source: Extract<SpikeSource, { kind: "array" }>, { name, size, dt }: Place): StepSource {
  const path = `sources.${name}`;
  const all = timesOf(source, size, path).flatMap((times, index) =>
    Array.from(times, (time, k) => {
      const step = stepAt(time, dt);
      if (k > 0 && stepAt(times[k - 1]!, dt) === step)
        throw new ModelError(
          "out-of-range",
          `${path}.times[${index}]`,
          `at most one spike a step of ${dt} s, got ${times[k - 1]} and ${time} s`,
        );
      return { step, index };
    }),
  );
  all.sort((a, b) => a.step - b.step || a.index - b.index);
  const [steps, indices] = [Float64Array.from(all, (x) => x.step), Uint32Array.from(all, (x) => x.index)];
  return (_trial, from, to) => between({ steps, indices }, from, to);
}
function collected(from: number, to: number, length: number, of: (stretch: number) => StepEvents): StepEvents {
  const pieces: StepEvents[] = [];
  for (let stretch = Math.floor(from / length); stretch * length < to; stretch++)
    pieces.push(between(of(stretch), from, to));
  if (pieces.length === 1) return pieces[0]!;
  const count = pieces.reduce((sum, p) => sum + p.steps.length, 0);
  const [steps, indices] = [new Float64Array(count), new Uint32Array(count)];
  let at = 0;
  for (const p of pieces) {
    steps.set(p.steps, at);
    indices.set(p.indices, at);
    at += p.steps.length;
  }
  return { steps, indices };
}

/** Those of steps `[from, to)` among events in order of step. */
function between({ steps, indices }: StepEvents, from: number, to: number): StepEvents {
  const [first, last] = [from, to].map((step) => firstAtLeast(steps, step)) as [number, number];
  return { steps: steps.subarray(first, last), indices: indices.subarray(first, last) };
}
/** Events, as they are found. */
class Events {
  #steps: Float64Array;
  #indices: Uint32Array;
  #count = 0;

  /** @param room for so many they need not be moved */
  constructor(room = 64) {
    this.#steps = new Float64Array(room);
    this.#indices = new Uint32Array(room);
  }

  add(step: number, index: number): void {
    if (this.#count === this.#steps.length) {
      [this.#steps, this.#indices] = [larger(this.#steps, Float64Array), larger(this.#indices, Uint32Array)];
    }
    this.#steps[this.#count] = step;
    this.#indices[this.#count++] = index;
  }
  between(from: number, to: number): StepEvents {
    return between(this.all(), from, to);
  }
  all(): StepEvents {
    return { steps: this.#steps.subarray(0, this.#count), indices: this.#indices.subarray(0, this.#count) };
  }
}
function larger<A extends Float64Array | Uint32Array>(array: A, Kind: new (n: number) => A): A {
  const out = new Kind(2 * array.length);
  out.set(array);
  return out;
}
