/**
 * Sources of spikes on the clocked engine's grid. Work follows the spikes: the next of them is drawn, over all elements and
 * steps of a stretch of time at once. Each stretch is drawn by itself, so that spikes depend neither on how time is cut into
 * runs, nor on what was drawn before.
 */
import { ModelError } from "../base/errors.ts";
import { LineStream } from "../base/lineStream.ts";
import { streamOf } from "../base/random.ts";
import { skipOf, successes } from "../model/connectivity/skip.ts";
import { intervalsOf, ratesOf, type SpikeSource } from "./spikeSource.ts";

/** Spikes of one trial in order of step and element; steps are absolute. */
export interface StepEvents {
  readonly steps: readonly number[];
  readonly indices: readonly number[];
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

/** @throws {ModelError} as `ratesOf` and `intervalsOf`; `out-of-range` for more than a spike a step */
export const stepSource = (source: SpikeSource, place: Place): StepSource =>
  (SOURCES[source.kind] as (s: SpikeSource, p: Place) => StepSource)(source, place);

const SOURCES: {
  readonly [K in SpikeSource["kind"]]: (source: Extract<SpikeSource, { kind: K }>, place: Place) => StepSource;
} = { poisson, regular };

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
  const drawn = (trial: number, stretch: number): StepEvents => {
    const [steps, indices]: [number[], number[]] = [[], []];
    draws.begin(stretch, trial);
    successes(STRETCH * size, skip, draws, (k) => {
      const index = k % size;
      if (!same && draws.uniform() * most > each[index]!) return; // as rare as its own rate says
      steps.push(stretch * STRETCH + Math.floor(k / size));
      indices.push(index);
    });
    return { steps, indices };
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
    const [steps, indices]: [number[], number[]] = [[], []];
    for (let k = Math.max(0, Math.floor((from - first) / interval) - 1); stepOf(k) < to; k++) {
      if (stepOf(k) < from) continue;
      for (let i = 0; i < size; i++) {
        steps.push(stepOf(k));
        indices.push(i);
      }
    }
    return { steps, indices };
  };
}
/** Whole where it is meant to be, so that intervals stay what they are however many there have been. */
function stepsIn(duration: number, dt: number): number {
  const whole = Math.round(duration / dt);
  return Math.abs(duration / dt - whole) <= 1e-9 * Math.max(1, whole) ? whole : duration / dt;
}
/** What a quotient of times may be off, so that 0.3 ms are in step 3 of 0.1 ms. */
const ROUNDING = 1e-6;

function collected(from: number, to: number, length: number, of: (stretch: number) => StepEvents): StepEvents {
  const [steps, indices]: [number[], number[]] = [[], []];
  for (let stretch = Math.floor(from / length); stretch * length < to; stretch++) {
    const events = of(stretch);
    for (let k = 0; k < events.steps.length; k++) {
      const step = events.steps[k]!;
      if (step < from || step >= to) continue;
      steps.push(step);
      indices.push(events.indices[k]!);
    }
  }
  return { steps, indices };
}
