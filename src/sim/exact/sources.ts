/** Where spikes come from outside: given times, and sources that draw or count theirs. */
import type { Dimension } from "../../base/dimension.ts";
import { log } from "../../base/elementary.ts";
import { DataError, listNames, ModelError } from "../../base/errors.ts";
import { philoxInto } from "../../base/philox.ts";
import { quantityOf } from "../../base/quantity.ts";
import { streamOf } from "../../base/random.ts";
import type { Network } from "../../model/network.ts";
import { requireBelow } from "../feed.ts";

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

/** A source that fires by itself from the start, for an input of spikes. */
export type SpikeSource =
  /** Spikes a second: one rate, or one an element. */
  | { readonly kind: "poisson"; readonly rate: number | ArrayLike<number> }
  /** A spike every `interval`, the first at `first` (default: after one interval). */
  | { readonly kind: "regular"; readonly interval: string | number; readonly first?: string | number };

/** Spikes of a Poisson process. @param rate spikes a second: one for all elements, or one each */
export const poissonSource = (rate: number | ArrayLike<number>): SpikeSource => ({ kind: "poisson", rate });
/** A spike every `interval` (seconds, or such as "10 ms"). @param first when the first comes; by default after one interval */
export const regularSource = (interval: string | number, first?: string | number): SpikeSource => ({
  kind: "regular",
  interval,
  ...(first !== undefined && { first }),
});

/** When an element fires for the k-th time, from when it fired before (0 at first); `Infinity` if never. */
export type NextSpike = (element: number, k: number, before: number) => number;

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
const seconds = (x: string | number, path: string): number => (typeof x === "number" ? x : quantityOf(x, SECOND, path));

/** @throws {ModelError} `unknown-name`, `out-of-range`, `shape-mismatch` */
export function nextSpikes(
  net: Network,
  sources: Readonly<Record<string, SpikeSource>>,
  seed: number,
): Map<string, NextSpike> {
  const known = Object.keys(net.inputs).filter((name) => net.inputs[name]!.signal === "spikes");
  return new Map(
    Object.entries(sources).map(([name, source]) => {
      const path = `sources.${name}`;
      if (!known.includes(name))
        throw new ModelError("unknown-name", path, `no such input of spikes; known: ${listNames(known)}`);
      const rule = NEXT[source.kind] as Rule<SpikeSource> | undefined;
      if (!rule) throw new ModelError("unknown-name", path, `unknown source '${source.kind}'; known: poisson, regular`);
      return [name, rule(source, { path, name, seed, size: net.inputs[name]!.size })];
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
  poisson: ({ rate }, { path, name, seed, size }) => {
    const rates = Float64Array.from({ length: size }, (_, k) => (typeof rate === "number" ? rate : rate[k]!));
    if (typeof rate !== "number" && rate.length !== size)
      throw new ModelError("shape-mismatch", `${path}.rate`, `needs ${size} rates, got ${rate.length}`);
    for (const r of rates)
      if (!(r >= 0 && Number.isFinite(r)))
        throw new ModelError("out-of-range", `${path}.rate`, `must be finite and at least 0, got ${r}`);
    const stream = streamOf(`${name}.spikes`);
    const words = new Uint32Array(4);
    return (element, k, before) => {
      if (rates[element] === 0) return Number.POSITIVE_INFINITY;
      philoxInto(words, element, 0, k >>> 0, Math.floor(k / 2 ** 32), seed, stream);
      return before - log(unit(words)) / rates[element]!;
    };
  },
  regular: ({ interval, first = interval }, { path }) => {
    const [every, start] = [seconds(interval, `${path}.interval`), seconds(first, `${path}.first`)];
    if (!(every > 0 && Number.isFinite(every)))
      throw new ModelError("out-of-range", `${path}.interval`, `must be a finite number > 0 s, got ${every}`);
    if (!(start >= 0 && Number.isFinite(start)))
      throw new ModelError("out-of-range", `${path}.first`, `must be finite and at least 0 s, got ${start}`);
    return (_element, k) => start + k * every;
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
