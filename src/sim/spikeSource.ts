/** Inputs of spikes that fire by themselves: what they are, for the clocked and for the exact engine. */
import type { Dimension } from "../base/dimension.ts";
import { listNames, ModelError } from "../base/errors.ts";
import { quantityOf } from "../base/quantity.ts";
import type { Network } from "../model/network.ts";

/** A source that fires by itself from the start, for an input of spikes. */
export type SpikeSource =
  /** Spikes a second, or such as "15 Hz": one rate, or one an element. */
  | { readonly kind: "poisson"; readonly rate: string | number | ArrayLike<number> }
  /** A spike every `interval`, the first at `first` (default: after one interval). */
  | { readonly kind: "regular"; readonly interval: string | number; readonly first?: string | number }
  /** For each element, when it spikes: seconds from the start, in any order. */
  | { readonly kind: "array"; readonly times: readonly ArrayLike<number>[] };
/** By input. */
export type SpikeSources = Readonly<Record<string, SpikeSource>>;

/** Spikes of a Poisson process. @param rate spikes a second, or such as "15 Hz": one for all elements, or one each */
export const poissonSource = (rate: string | number | ArrayLike<number>): SpikeSource => ({ kind: "poisson", rate });
/** A spike every `interval` (seconds, or such as "10 ms"). @param first when the first comes; by default after one interval */
export const regularSource = (interval: string | number, first?: string | number): SpikeSource => ({
  kind: "regular",
  interval,
  ...(first !== undefined && { first }),
});
/**
 * Spikes at given times, as Brian's `SpikeGeneratorGroup` has them.
 * @param times for each element, its times in seconds from the start, in any order
 */
export const arraySource = (times: readonly ArrayLike<number>[]): SpikeSource => ({ kind: "array", times });

/** Each engine has a table of what they do. */
const KINDS: { readonly [K in SpikeSource["kind"]]: true } = { poisson: true, regular: true, array: true };

/** @throws {ModelError} `unknown-name` unless each is of an input of spikes, and of a known kind */
export function checkSources(net: Network, sources: SpikeSources): void {
  const known = Object.keys(net.inputs).filter((name) => net.inputs[name]!.signal === "spikes");
  for (const [name, { kind }] of Object.entries(sources)) {
    const path = `sources.${name}`;
    if (!known.includes(name))
      throw new ModelError("unknown-name", path, `no such input of spikes; known: ${listNames(known)}`);
    if (!Object.hasOwn(KINDS, kind))
      throw new ModelError("unknown-name", path, `unknown source '${kind}'; known: ${listNames(Object.keys(KINDS))}`);
  }
}

/** Spikes a second of each element. @throws {ModelError} `shape-mismatch`, `out-of-range`, `unit-mismatch` */
export function ratesOf(source: Extract<SpikeSource, { kind: "poisson" }>, size: number, path: string): Float64Array {
  const rate = typeof source.rate === "string" ? quantityOf(source.rate, HERTZ, `${path}.rate`) : source.rate;
  if (typeof rate !== "number" && rate.length !== size)
    throw new ModelError("shape-mismatch", `${path}.rate`, `needs ${size} rates, got ${rate.length}`);
  const rates = Float64Array.from({ length: size }, (_, k) => (typeof rate === "number" ? rate : rate[k]!));
  for (const r of rates)
    if (!(r >= 0 && Number.isFinite(r)))
      throw new ModelError("out-of-range", `${path}.rate`, `must be finite and at least 0, got ${r}`);
  return rates;
}

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
const HERTZ: Dimension = [0, 0, -1, 0, 0, 0, 0];
const seconds = (x: string | number, path: string): number => (typeof x === "number" ? x : quantityOf(x, SECOND, path));

/** In seconds. @throws {ModelError} `out-of-range`, `unit-mismatch` */
export function intervalsOf(
  { interval, first = interval }: Extract<SpikeSource, { kind: "regular" }>,
  path: string,
): { every: number; start: number } {
  const [every, start] = [seconds(interval, `${path}.interval`), seconds(first, `${path}.first`)];
  if (!(every > 0 && Number.isFinite(every)))
    throw new ModelError("out-of-range", `${path}.interval`, `must be a finite number > 0 s, got ${every}`);
  if (!(start >= 0 && Number.isFinite(start)))
    throw new ModelError("out-of-range", `${path}.first`, `must be finite and at least 0 s, got ${start}`);
  return { every, start };
}

/** Of each element, in order. @throws {ModelError} `shape-mismatch`, `out-of-range` */
export function timesOf(
  { times }: Extract<SpikeSource, { kind: "array" }>,
  size: number,
  path: string,
): readonly Float64Array[] {
  if (times.length !== size)
    throw new ModelError(
      "shape-mismatch",
      `${path}.times`,
      `needs a list of times for each of ${size} elements, got ${times.length}`,
    );
  return times.map((own, element) => {
    const odd = Array.from(own).findIndex((t) => !(t >= 0 && Number.isFinite(t)));
    if (odd >= 0)
      throw new ModelError(
        "out-of-range",
        `${path}.times[${element}][${odd}]`,
        `must be finite and at least 0 s, got ${own[odd]}`,
      );
    return Float64Array.from(own).sort();
  });
}
