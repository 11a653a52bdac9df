/** Where spikes come from outside: given times, and sources that draw or count theirs. */
import { log } from "../../base/elementary.ts";
import { DataError, listNames } from "../../base/errors.ts";
import { philoxInto } from "../../base/philox.ts";
import { streamOf } from "../../base/random.ts";
import type { Network } from "../../model/network.ts";
import { requireBelow } from "../feed.ts";
import { checkSources, intervalsOf, ratesOf, type SpikeSource, type SpikeSources, timesOf } from "../spikeSource.ts";

/** Spike k: element `indices[k]` at `times[k]`, in seconds since the engine began, within the run. */
export interface ExactEvents {
  readonly times: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
}
/** Values `[size]` of a constant input during the run. */
export interface ExactValues {
  readonly values: ArrayLike<number>;
}
/** By input. What is not given is silent. */
export type ExactInputs = Readonly<Record<string, ExactEvents | ExactValues>>;

/** When an element fires for the k-th time, from when it fired before (0 at first); `Infinity` if never. */
export type NextSpike = (element: number, k: number, before: number) => number;

/** @throws {ModelError} `unknown-name`, `out-of-range`, `shape-mismatch` */
export function nextSpikes(net: Network, sources: SpikeSources, seed: number): Map<string, NextSpike> {
  checkSources(net, sources);
  return new Map(
    Object.entries(sources).map(([name, source]) => {
      const rule = NEXT[source.kind] as Rule<SpikeSource>;
      return [name, rule(source, { path: `sources.${name}`, name, seed, size: net.inputs[name]!.size })];
    }),
  );
}

interface Place {
  readonly path: string;
  readonly name: string;
  readonly seed: number;
  readonly size: number;
}
type Rule<T> = (source: T, place: Place) => NextSpike;
const NEXT: { readonly [K in SpikeSource["kind"]]: Rule<Extract<SpikeSource, { kind: K }>> } = {
  poisson: (source, { path, name, seed, size }) => {
    const rates = ratesOf(source, size, path);
    const stream = streamOf(`${name}.spikes`);
    const words = new Uint32Array(4);
    return (element, k, before) => {
      if (rates[element] === 0) return Number.POSITIVE_INFINITY;
      philoxInto(words, element, 0, k >>> 0, Math.floor(k / 2 ** 32), seed, stream);
      return before - log(unit(words)) / rates[element]!;
    };
  },
  regular: (source, { path }) => {
    const { every, start } = intervalsOf(source, path);
    return (_element, k) => start + k * every;
  },
  array: (source, { path, size }) => {
    const times = timesOf(source, size, path);
    return (element, k) => times[element]![k] ?? Number.POSITIVE_INFINITY;
  },
};
/** In (0, 1), on a grid of 2^-53: intervals as fine as numbers are. */
const unit = (words: Uint32Array): number => ((words[0]! >>> 5) * 2 ** 26 + (words[1]! >>> 6) + 0.5) * 2 ** -53;

/** Given spikes in order of time and element. */
export interface SpikeTrain {
  readonly times: Float64Array;
  readonly indices: Uint32Array;
}

/** @throws {DataError} `unknown-name`, `type-mismatch`, `shape-mismatch`, `out-of-range`, `not-finite` */
export function checkInputs(net: Network, inputs: ExactInputs, from: number, to: number) {
  const spikes = new Map<string, SpikeTrain>();
  const values = new Map<string, ArrayLike<number>>();
  for (const [name, data] of Object.entries(inputs)) {
    const path = `inputs.${name}`;
    const input = Object.hasOwn(net.inputs, name) ? net.inputs[name]! : undefined;
    if (!input)
      throw new DataError("unknown-name", path, `no such input; known: ${listNames(Object.keys(net.inputs))}`);
    if (input.signal === "spikes") spikes.set(name, trainOf(data, input.size, path, from, to));
    else values.set(name, valuesOf(data, input.size, path));
  }
  return { spikes, values };
}
function trainOf(data: ExactEvents | ExactValues, size: number, path: string, from: number, to: number): SpikeTrain {
  if (!("times" in data && "indices" in data))
    throw new DataError("type-mismatch", path, "takes spikes: { times, indices }, in seconds since the engine began");
  const { times, indices } = data;
  if (times.length !== indices.length)
    throw new DataError("shape-mismatch", path, `${indices.length} indices with ${times.length} times`);
  requireBelow(`${path}.indices`, indices, size);
  for (let k = 0; k < times.length; k++)
    if (!(times[k]! >= from && times[k]! < to))
      throw new DataError(
        "out-of-range",
        `${path}.times[${k}]`,
        `must be from ${from} to below ${to} s, got ${times[k]}`,
      );
  const order = Uint32Array.from({ length: times.length }, (_, k) => k).sort(
    (a, b) => times[a]! - times[b]! || indices[a]! - indices[b]!,
  );
  return {
    times: Float64Array.from(order, (k) => times[k]!),
    indices: Uint32Array.from(order, (k) => indices[k]!),
  };
}
function valuesOf(data: ExactEvents | ExactValues, size: number, path: string): ArrayLike<number> {
  if (!("values" in data)) throw new DataError("type-mismatch", path, "takes values: { values }");
  if (data.values.length !== size)
    throw new DataError("shape-mismatch", path, `needs ${size} values, got ${data.values.length}`);
  for (let k = 0; k < size; k++)
    if (!Number.isFinite(data.values[k]))
      throw new DataError("not-finite", `${path}.values[${k}]`, `must be finite, got ${data.values[k]}`);
  return data.values;
}
