import { sameDimension } from "../../base/dimension.ts";
import { DataError, listNames, UsageError } from "../../base/errors.ts";
import { readBytes } from "../../io/file.ts";
import { readSonataSpikes } from "../../io/sonata/readSpikes.ts";
import type { Network } from "../../model/network.ts";
import { poissonSource, regularSource, type SpikeSource } from "../../sim/spikeSource.ts";
import { anyQuantity, HERTZ, secondsOf } from "./quantity.ts";

/** Spike k: element `indices[k]` at `times[k]` s, in ascending order. */
export interface GivenSpikes {
  readonly kind: "spikes";
  readonly times: Float64Array;
  readonly indices: Uint32Array;
}
/** Values `[size]`, or `[steps][size]`. */
export interface GivenValues {
  readonly kind: "values";
  readonly values: ArrayLike<number>;
}
/** By input. */
export interface Given {
  readonly data: ReadonlyMap<string, GivenSpikes | GivenValues>;
  readonly sources: Readonly<Record<string, SpikeSource>>;
}

const FORMS =
  "NAME=15Hz (Poisson spikes), NAME=every 10ms (regular spikes), NAME=FILE.csv (spikes: columns neuron and time in s), NAME=FILE.h5 (SONATA spikes) or NAME=0.5 (a constant value)";

/**
 * Adds what `--input` asks for to what a module gives.
 *
 * @throws {UsageError} `unknown-name`, `syntax`; {DataError} for files and what a module gives
 */
export async function givenTo(
  net: Network,
  asked: readonly string[],
  of: { inputs?: unknown; sources?: unknown },
): Promise<Given> {
  const data = new Map(Object.entries(asObject(of.inputs, "inputs")).map(([name, x]) => [name, dataOf(net, name, x)]));
  const sources = new Map(Object.entries(asObject(of.sources, "sources")) as [string, SpikeSource][]);
  for (const text of asked) {
    const { name, value } = named(net, text);
    data.delete(name);
    sources.delete(name);
    const made = await madeOf(net, name, value, text);
    if ("from" in made) sources.set(name, made.from);
    else data.set(name, made);
  }
  return { data, sources: Object.fromEntries(sources) };
}
function asObject(x: unknown, path: string): Record<string, unknown> {
  if (x === undefined) return {};
  if (typeof x === "object" && x !== null && !Array.isArray(x)) return x as Record<string, unknown>;
  throw new DataError("type-mismatch", path, `must be an object, by the names of inputs, got ${String(x)}`);
}

function named(net: Network, text: string): { name: string; value: string } {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new UsageError("syntax", `--input ${text}`, `expected ${FORMS}`);
  const name = text.slice(0, at).trim();
  if (!Object.hasOwn(net.inputs, name)) {
    const known = listNames(Object.keys(net.inputs));
    throw new UsageError("unknown-name", `--input ${text}`, `the network has no input '${name}'; known: ${known}`);
  }
  return { name, value: text.slice(at + 1).trim() };
}

async function madeOf(
  net: Network,
  name: string,
  value: string,
  text: string,
): Promise<GivenSpikes | GivenValues | { readonly from: SpikeSource }> {
  const { signal, size } = net.inputs[name]!;
  const path = `--input ${text}`;
  if (/\.csv$/i.test(value)) {
    requireSignal("spikes", signal, path);
    return spikesIn(new TextDecoder().decode(await readBytes(value)), value, size);
  }
  if (/\.(h5|hdf5)$/i.test(value)) {
    requireSignal("spikes", signal, path);
    return sonataSpikes(value, name, size);
  }
  const interval = /^every\s+(.+)$/.exec(value)?.[1];
  if (interval !== undefined) {
    requireSignal("spikes", signal, path);
    return { from: regularSource(secondsOf(interval, path)) };
  }
  const quantity = anyQuantity(value, path);
  if (sameDimension(quantity.dimension, HERTZ) && signal === "spikes") return { from: poissonSource(quantity.value) };
  requireSignal("values", signal, path);
  return { kind: "values", values: new Float64Array(size).fill(quantity.value) };
}
function requireSignal(needed: "spikes" | "values", signal: "spikes" | "values", path: string): void {
  if (needed === signal) return;
  const problem =
    signal === "spikes"
      ? "takes spikes: a rate such as 15Hz, 'every 10ms' or a file of spikes"
      : "takes values: a number";
  throw new UsageError("type-mismatch", path, `this input ${problem}`);
}

/** As engines take them: `{ steps, indices }` of steps, `{ times, indices }` of seconds, or `{ values }`. */
function dataOf(net: Network, name: string, x: unknown): GivenSpikes | GivenValues {
  const path = `inputs.${name}`;
  const known = Object.keys(net.inputs);
  if (!known.includes(name)) throw new DataError("unknown-name", path, `no such input; known: ${listNames(known)}`);
  const { signal, size } = net.inputs[name]!;
  const { steps, times, indices, values } = asObject(x, path) as Readonly<
    Record<string, ArrayLike<number> | undefined>
  >;
  if (signal === "values") {
    if (!values) throw new DataError("type-mismatch", path, "takes values: { values }");
    if (values.length === 0 || values.length % size !== 0)
      throw new DataError("shape-mismatch", path, `needs rows of ${size} values, got ${values.length} values`);
    return { kind: "values", values };
  }
  const when = times ?? (steps && Float64Array.from(steps, (s) => s * net.dt));
  if (!when || !indices)
    throw new DataError("type-mismatch", path, "takes spikes: { times, indices } in seconds, or { steps, indices }");
  return inOrder(when, indices, size, path);
}

function inOrder(times: ArrayLike<number>, indices: ArrayLike<number>, size: number, path: string): GivenSpikes {
  if (times.length !== indices.length)
    throw new DataError("shape-mismatch", path, `${indices.length} indices with ${times.length} times`);
  for (let k = 0; k < times.length; k++) {
    const [t, i] = [times[k]!, indices[k]!];
    if (!(t >= 0 && Number.isFinite(t)))
      throw new DataError("out-of-range", `${path}[${k}]`, `a time must be at least 0 s, got ${t}`);
    if (!(Number.isInteger(i) && i >= 0 && i < size))
      throw new DataError("out-of-range", `${path}[${k}]`, `a neuron must be from 0 to ${size - 1}, got ${i}`);
  }
  const order = Uint32Array.from({ length: times.length }, (_, k) => k).sort(
    (a, b) => times[a]! - times[b]! || indices[a]! - indices[b]!,
  );
  return {
    kind: "spikes",
    times: Float64Array.from(order, (k) => times[k]!),
    indices: Uint32Array.from(order, (k) => indices[k]!),
  };
}

/** @throws {DataError} `bad-file` naming the line */
function spikesIn(text: string, file: string, size: number): GivenSpikes {
  const [head = "", ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const columns = head.split(",").map((c) => c.trim());
  const [neuron, time] = [columns.indexOf("neuron"), columns.indexOf("time")];
  if (neuron < 0 || time < 0)
    throw new DataError("bad-file", file, `needs columns 'neuron' and 'time', got '${columns.join(",").slice(0, 60)}'`);
  const population = columns.indexOf("population");
  const names = new Set<string>();
  const rows = lines.map((line, k) => {
    const cells = line.split(",");
    if (population >= 0) names.add(cells[population]!.trim());
    const row = [Number(cells[time]), Number(cells[neuron])] as const;
    if (row.some((x) => Number.isNaN(x)) || cells[time]!.trim() === "")
      throw new DataError("bad-file", `${file}:${k + 2}`, `must hold numbers, got '${line.slice(0, 60)}'`);
    return row;
  });
  if (names.size > 1)
    throw new DataError("bad-file", file, `must have spikes of one population, has those of ${listNames(names)}`);
  return inOrder(
    rows.map((r) => r[0]),
    rows.map((r) => r[1]),
    size,
    file,
  );
}

/** Of the population that is called as the input, or the only one. */
async function sonataSpikes(file: string, name: string, size: number): Promise<GivenSpikes> {
  const all = await readSonataSpikes(file);
  const train = all.get(name) ?? (all.size === 1 ? [...all.values()][0] : undefined);
  if (!train)
    throw new DataError(
      "unknown-name",
      file,
      `must have spikes of '${name}', or of one population; it has ${listNames(all.keys())}`,
    );
  const times = train.timestamps.map((t) => t / 1000);
  return inOrder(times, train.nodeIds, size, file);
}

/** @throws {DataError} `shape-mismatch` for values of fewer steps than the run has; one row is for all steps */
export function requireLength(net: Network, { data }: Given, steps: number): void {
  for (const [name, x] of data) {
    if (x.kind === "spikes") continue;
    const { size, constant } = net.inputs[name]!;
    const rows = x.values.length / size;
    if (rows === 1 || (!constant && rows >= steps)) continue;
    const needed = constant ? "is constant and needs one row" : `the run has ${steps} steps`;
    throw new DataError("shape-mismatch", `inputs.${name}`, `has values of ${rows} steps, and ${needed}`);
  }
}

/** Inputs that get nothing at all. */
export const silentInputs = (net: Network, { data, sources }: Given): string[] =>
  Object.keys(net.inputs).filter((name) => !data.has(name) && !Object.hasOwn(sources, name));
