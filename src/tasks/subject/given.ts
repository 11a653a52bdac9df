/** Given inputs, piece by piece, as each engine takes them. */
import type { Network } from "../../model/network.ts";
import { stepSource } from "../../sim/clockedSource.ts";
import type { ExactInputs } from "../../sim/exact/sources.ts";
import type { InputData, Inputs } from "../../sim/feed.ts";
import type { Given, GivenSpikes, GivenValues } from "./inputs.ts";

/** First of `length` places from which on something holds. */
function firstWhere(length: number, holds: (k: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
const firstAt = (times: Float64Array, time: number): number => firstWhere(times.length, (k) => times[k]! >= time);

/** A spike belongs to the nearest step, halves up, so that 0.3 ms are three steps of 0.1 ms; what rounding took is given back. */
const stepOf = (time: number, dt: number): number => Math.floor(time / dt + 0.5 + 1e-6);
const firstInStep = (times: Float64Array, step: number, dt: number): number =>
  firstWhere(times.length, (k) => stepOf(times[k]!, dt) >= step);

/** Of steps [from, from + count). */
export function stepInputs(net: Network, { data }: Given, from: number, count: number): Inputs {
  const of = ([name, x]: [string, GivenSpikes | GivenValues]): [string, InputData] => {
    if (x.kind === "spikes") return [name, stepEvents(x, net.dt, from, count)];
    const { size, constant } = net.inputs[name]!;
    return [name, { values: constant ? x.values : valuesOf(x.values, size, from, count) }];
  };
  return Object.fromEntries([...data].map(of));
}
function stepEvents({ times, indices }: GivenSpikes, dt: number, from: number, count: number): InputData {
  const [begin, end] = [firstInStep(times, from, dt), firstInStep(times, from + count, dt)];
  const steps = Uint32Array.from(times.subarray(begin, end), (t) => stepOf(t, dt) - from);
  return { steps, indices: indices.subarray(begin, end) };
}
/** One row for all steps, or rows that are used up; then there is nothing. */
function valuesOf(values: ArrayLike<number>, size: number, from: number, count: number): Float64Array {
  const out = new Float64Array(size * count);
  const start = values.length === size ? 0 : from * size;
  for (let k = 0; k < out.length; k++) out[k] = values[values.length === size ? k % size : start + k] ?? 0;
  return out;
}

/** Steps whose spikes are drawn together. */
const STRETCH = 4096;

/** Spikes of each element of each input of spikes in the first steps: those given, and those of sources, which are drawn again. */
export function inputCounts(
  net: Network,
  { data, sources }: Given,
  { seed, steps }: { readonly seed: number; readonly steps: number },
): Map<string, Uint32Array> {
  const found = new Map<string, Uint32Array>();
  for (const [name, { size, signal }] of Object.entries(net.inputs)) {
    if (signal !== "spikes") continue;
    const counts = new Uint32Array(size);
    const given = data.get(name);
    const end = given?.kind === "spikes" ? firstInStep(given.times, steps, net.dt) : 0;
    for (let k = 0; k < end; k++) counts[(given as GivenSpikes).indices[k]!]!++;
    const source = sources[name] && stepSource(sources[name], { name, seed, size, dt: net.dt });
    if (source)
      for (let from = 0; from < steps; from += STRETCH)
        for (const k of source(0, from, Math.min(steps, from + STRETCH)).indices) counts[k]!++;
    found.set(name, counts);
  }
  return found;
}

/** What falls into [from, to) seconds. */
export function timeInputs({ data }: Given, from: number, to: number): ExactInputs {
  return Object.fromEntries(
    [...data].map(([name, x]) => {
      if (x.kind === "values") return [name, { values: x.values }];
      const [begin, end] = [firstAt(x.times, from), firstAt(x.times, to)];
      return [name, { times: x.times.subarray(begin, end), indices: x.indices.subarray(begin, end) }];
    }),
  );
}
