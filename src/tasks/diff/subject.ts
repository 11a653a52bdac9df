/**
 * What is run: the network of a module in JavaScript, of an artefact or of a SONATA configuration, with what enters it.
 * A module exports `network`, and may export `inputs` (`{ steps, indices }`, `{ times, indices }` or `{ values }` by name),
 * `sources`, `parameters` and `duration`; or its default export is a function of `{ seed, dt }` that returns these.
 */
import type { Dimension } from "../../base/dimension.ts";
import { DataError, UsageError } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import { readArtefact } from "../../io/artefact.ts";
import { readSonata } from "../../io/sonata/read.ts";
import type { Network } from "../../model/network.ts";
import type { ExactInputs } from "../../sim/exact/sources.ts";
import type { InputData, Inputs } from "../../sim/feed.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";
import type { SpikeSources } from "../../sim/spikeSource.ts";

/** Spikes in order of time, or values: one row for all steps, or a row a step. */
export type GivenData =
  | { readonly kind: "spikes"; readonly times: Float64Array; readonly indices: Uint32Array }
  | { readonly kind: "values"; readonly values: ArrayLike<number> };
export interface Subject {
  readonly net: Network;
  readonly parameters?: Parameters;
  readonly data: ReadonlyMap<string, GivenData>;
  readonly sources: SpikeSources;
  /** Seconds, where it says so. */
  readonly duration?: number;
}

/** How it is made. */
export interface SubjectOptions {
  readonly seed: number;
  /** Seconds a step, where it is asked for. */
  readonly dt?: number;
}

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
export const secondsOf = (x: string | number, path: string): number =>
  typeof x === "number" ? x : quantityOf(x, SECOND, path);

const MODULES = [".js", ".mjs", ".cjs"];
type Load = (file: string, options: SubjectOptions) => Promise<Subject>;
const LOADERS: readonly (readonly [(file: string) => boolean, Load])[] = [
  [(file) => MODULES.some((ending) => file.endsWith(ending)), ofModule],
  [(file) => file.endsWith(".h5"), ofArtefact],
  [(file) => file.endsWith(".json"), ofSonata],
];

/** @throws {UsageError} for a file of another kind; {DataError} for one that cannot be read or holds no network */
export async function subjectOf(file: string, options: SubjectOptions): Promise<Subject> {
  const load = LOADERS.find(([fits]) => fits(file.toLowerCase()))?.[1];
  if (!load)
    throw new UsageError(
      "usage",
      file,
      `must be a module (${MODULES.join(", ")}), an artefact (.h5), a SONATA configuration (.json) or a trail (.trail)`,
    );
  const subject = await load(file, options);
  const { dt } = options;
  if (dt === undefined || Math.abs(subject.net.dt - dt) <= 1e-9 * dt) return subject;
  throw new UsageError(
    "usage",
    file,
    `its network has a step of ${subject.net.dt} s, not ${dt}: let the default export be a function of { dt }`,
  );
}

async function ofModule(file: string, options: SubjectOptions): Promise<Subject> {
  const [{ resolve }, { createRequire }, { stat }] = await Promise.all([
    import("node:path"),
    import("node:module"),
    import("node:fs/promises"),
  ]);
  if (!(await stat(file).catch(() => undefined))?.isFile())
    throw new DataError("missing-file", file, "there is no such file");
  const exported = await within(file, async () => {
    const loaded: Record<string, unknown> = createRequire(resolve(file))(resolve(file));
    const { default: main } = loaded;
    const made: unknown = typeof main === "function" ? await main(options) : main;
    return { ...loaded, ...(isNetwork(made) ? { network: made } : (made as object | undefined)) };
  });
  const { network: net, inputs = {}, sources = {}, parameters, duration } = exported as Record<string, unknown>;
  if (!isNetwork(net))
    throw new DataError("bad-file", file, "exports no 'network', made by network(…) or sequential(…)");
  return {
    net,
    data: dataOf(net, inputs as Inputs),
    sources: sources as SpikeSources,
    ...(parameters !== undefined && { parameters: parameters as Parameters }),
    ...(duration !== undefined && { duration: secondsOf(duration as string | number, `${file}.duration`) }),
  };
}
/** What the user's code throws is a fault of the file. */
async function within<T>(file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new DataError("bad-file", file, `cannot be loaded: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
/** Another copy of this package makes networks too, so shape alone tells. */
function isNetwork(x: unknown): x is Network {
  const { dt, populations, connections, schedule } = (x ?? {}) as Partial<Network>;
  return (
    typeof dt === "number" && Array.isArray(connections) && typeof populations === "object" && schedule !== undefined
  );
}

async function ofArtefact(file: string): Promise<Subject> {
  const { network: net, parameters } = await readArtefact(file);
  return {
    net,
    parameters,
    data: new Map(),
    sources: {},
    ...(net.steps !== undefined && { duration: net.steps * net.dt }),
  };
}
async function ofSonata(file: string, { dt }: SubjectOptions): Promise<Subject> {
  const { network: net, inputs, steps } = await readSonata(file, dt === undefined ? {} : { dt });
  return { net, data: dataOf(net, inputs), sources: {}, ...(steps !== undefined && { duration: steps * net.dt }) };
}

/** As engines take them, in seconds and in order. @throws {DataError} */
function dataOf(
  net: Network,
  inputs: Readonly<Record<string, InputData | ExactInputs[string]>>,
): Map<string, GivenData> {
  return new Map(
    Object.entries(inputs).map(([name, x]): [string, GivenData] => {
      const path = `inputs.${name}`;
      if (!Object.hasOwn(net.inputs, name)) throw new DataError("unknown-name", path, "no such input");
      if ("values" in x) return [name, { kind: "values", values: x.values }];
      const times = "times" in x ? x.times : x.steps && Float64Array.from(x.steps, (k) => k * net.dt);
      if (!times || !x.indices || times.length !== x.indices.length)
        throw new DataError(
          "type-mismatch",
          path,
          "takes { steps, indices } or { times, indices } of one length, or { values }",
        );
      const order = Uint32Array.from({ length: times.length }, (_, k) => k).sort((a, b) => times[a]! - times[b]!);
      const indices = Uint32Array.from(order, (k) => x.indices[k]!);
      return [name, { kind: "spikes", times: Float64Array.from(order, (k) => times[k]!), indices }];
    }),
  );
}

/** Of steps [from, from + count): a spike belongs to the nearest step, halves up. */
export function stepInputs({ net, data }: Subject, from: number, count: number): Inputs {
  return Object.fromEntries(
    [...data].map(([name, x]): [string, InputData] => {
      const { size, constant } = net.inputs[name]!;
      if (x.kind === "values") return [name, { values: constant ? x.values : rowsOf(x.values, size, from, count) }];
      const step = (k: number): number => Math.floor(x.times[k]! / net.dt + 0.5 + 1e-6);
      const [begin, end] = [
        firstWhere(x.times.length, (k) => step(k) >= from),
        firstWhere(x.times.length, (k) => step(k) >= from + count),
      ];
      const steps = Uint32Array.from({ length: end - begin }, (_, k) => step(begin + k) - from);
      return [name, { steps, indices: x.indices.subarray(begin, end) }];
    }),
  );
}
function rowsOf(values: ArrayLike<number>, size: number, from: number, count: number): Float64Array {
  const start = values.length === size ? 0 : from * size;
  return Float64Array.from(
    { length: size * count },
    (_, k) => values[values.length === size ? k % size : start + k] ?? 0,
  );
}
/** Of all time. */
export function timeInputs({ data }: Subject, until: number): ExactInputs {
  return Object.fromEntries(
    [...data].map(([name, x]) => {
      if (x.kind === "values") return [name, { values: x.values }];
      const end = firstWhere(x.times.length, (k) => x.times[k]! >= until);
      return [name, { times: x.times.subarray(0, end), indices: x.indices.subarray(0, end) }];
    }),
  );
}
function firstWhere(length: number, holds: (k: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
