/** Two sides at the same moment: what differs first, by population, neuron and variable. */
import type { Elements } from "../../backend/backend.ts";
import { listNames, ModelError } from "../../base/errors.ts";
import type { ParameterBlock } from "../lower/parameters.ts";
import {
  type Column,
  differing,
  hexOf,
  type Sameness,
  type Scales,
  type Stored,
  storedAs,
  ulpsBetween,
} from "./column.ts";
import type { Parting, Value } from "./divergence.ts";
import type { SpikeDifference } from "./lists.ts";
import type { ClockedSide } from "./side.ts";

/** A parting without the steps before it. */
export type Found = Omit<Parting, "before" | "step" | "time">;

/** @throws {ModelError} `shape-mismatch` unless both have the same populations, sizes and variables */
export function requireComparable(a: readonly Column[], b: readonly Column[]): void {
  const [here, there] = [a, b].map((side) => new Map(side.map((c) => [`${c.population}.${c.variable}`, c])));
  for (const [one, other, by] of [
    [here!, there!, "the second run"],
    [there!, here!, "the first run"],
  ] as const)
    for (const [name, c] of one) {
      const found = other.get(name);
      if (!found)
        throw new ModelError("shape-mismatch", name, `${by} has no such variable; it has ${listNames(other.keys())}`);
      if (c.values && found.values && c.values.length !== found.values.length)
        throw new ModelError(
          "shape-mismatch",
          name,
          `has ${c.values.length} values in the first run and ${found.values.length} in the second: populations must have the same sizes`,
        );
    }
}

/** Variables of neurons that differ, and who fired alone in this step. */
export function foundIn(
  a: readonly Column[],
  b: readonly Column[],
  spike: SpikeDifference | undefined,
  { tolerance }: Sameness,
  scales: Scales,
  sizes: Readonly<Record<string, number>>,
): Found | undefined {
  const there = new Map(b.map((c) => [`${c.population}.${c.variable}`, c]));
  const all = a.flatMap((c): Candidate[] => {
    const other = there.get(`${c.population}.${c.variable}`)!;
    const apart = apartIn(c, other, tolerance, scales);
    return apart ? [{ a: c, b: other, ...apart }] : [];
  });
  if (all.length === 0 && !spike) return undefined;
  const order = [...new Set(a.map((c) => c.population))];
  const populations = [...all.map((x) => x.a.population), ...(spike ? [spike.population] : [])];
  const population = order.find((p) => populations.includes(p)) ?? populations[0]!;
  const own = all.filter((x) => x.a.population === population);
  const names = (list: readonly Candidate[]): string[] => list.map((x) => `${x.a.population}.${x.a.variable}`);
  if (spike?.population === population) return { ...spikeFound(spike), others: names(all) };
  // The lowest neuron, and there the first variable of the model; a digest names none.
  const first = own.reduce((x, y) => (y.first < x.first ? y : x));
  const size = sizes[population]!;
  return {
    population,
    variable: first.a.variable,
    ...(first.first >= 0 && placeOf(first.first, size, a, population)),
    ...(first.first >= 0 && valuesAt(first.a.values!, first.b.values!, first.first)),
    ...(first.first >= 0 && { differing: first.count }),
    others: names(all.filter((x) => x !== first)),
  };
}
interface Candidate {
  readonly a: Column;
  readonly b: Column;
  /** -1: a digest differs. */
  readonly first: number;
  readonly count: number;
}

/** Numbers where both have them, else digests. */
function apartIn(
  a: Column,
  b: Column,
  tolerance: number,
  scales: Scales,
): { first: number; count: number } | undefined {
  if (!a.values || !b.values) return a.digest() === b.digest() ? undefined : { first: -1, count: 0 };
  const allowed = a.stored === "other" || tolerance === 0 ? 0 : tolerance * scales.of(a, a.values, b.values);
  const found = differing(a.values, b.values, allowed);
  return found.first < 0 ? undefined : found;
}

function placeOf(
  at: number,
  size: number,
  columns: readonly Column[],
  population: string,
): { neuron: number; trial?: number } {
  const values = columns.find((c) => c.population === population && c.values)?.values;
  const trials = values ? values.length / size : 1;
  return { neuron: at % size, ...(trials > 1 && { trial: Math.floor(at / size) }) };
}
const spikeFound = ({ population, neuron, by, count }: SpikeDifference): Omit<Found, "others"> => ({
  ...{ population, neuron, variable: "spike", differing: count },
  a: { value: by === "a" ? 1 : 0, stored: "other" },
  b: { value: by === "b" ? 1 : 0, stored: "other" },
});

export function valuesAt(a: Elements, b: Elements, at: number): Pick<Parting, "a" | "b" | "ulps"> {
  const [x, y] = [a[at]!, b[at]!];
  const [one, other] = [storedAs(a), storedAs(b)];
  const ulps = one === other ? ulpsBetween(x, y, one) : undefined;
  return { a: valueOf(x, one), b: valueOf(y, other), ...(ulps !== undefined && { ulps: String(ulps) }) };
}
function valueOf(value: number, stored: Stored): Value {
  const bits = hexOf(value, stored);
  return { value, stored, ...(bits !== undefined && { bits }) };
}

/** Weights of dense connections, biases and trained numbers, before the first step. */
export function foundInParameters(
  a: ClockedSide,
  b: ClockedSide,
  { tolerance }: Sameness,
  scales: Scales,
): Found | undefined {
  const there = new Map(b.parameters().map((x) => [x.block.name, x]));
  for (const { block, values } of a.parameters()) {
    const other = there.get(block.name)?.values;
    if (other?.length !== values.length) continue;
    const ofNode = block.kind === "neuron" || block.kind === "norm";
    const at = block.name.lastIndexOf(ofNode ? "." : `.${block.kind}`);
    const [of, variable] = [block.name.slice(0, at), block.name.slice(at + 1)];
    const allowed = tolerance > 0 ? tolerance * scales.of({ population: of, variable }, values, other) : 0;
    const { first, count } = differing(values, other, allowed);
    if (first < 0) continue;
    const where = ofNode ? neuronAt(of, block.width, first) : { connection: of, ...synapseAt(block, first) };
    return { ...where, variable, differing: count, ...valuesAt(values, other, first), others: [] };
  }
  return undefined;
}
/** A value that serves all neurons has none of its own. */
const neuronAt = (population: string, width: number, at: number): Pick<Found, "population" | "neuron"> => ({
  population,
  ...(width > 1 && { neuron: at }),
});
const synapseAt = ({ kind, width }: ParameterBlock, at: number): Pick<Found, "synapse" | "source" | "target"> =>
  kind === "bias" ? { target: at } : { synapse: at, source: Math.floor(at / width), target: at % width };

/** Synapses of connections that both have. @param names which to look at */
export function foundInSynapses(
  a: ClockedSide,
  b: ClockedSide,
  names: readonly string[],
  { tolerance }: Sameness,
  scales: Scales,
): Found | undefined {
  for (const connection of names) {
    const [x, y] = [a.synapses(connection), b.synapses(connection)];
    const [own, other] = [x["target"]!.length, y["target"]!.length];
    if (own !== other)
      return {
        ...{ connection, variable: "synapses", others: [] },
        a: { value: own, stored: "other" },
        b: { value: other, stored: "other" },
      };
    const variables = Object.keys(x).filter((name) => name in y);
    for (const [k, variable] of variables.entries()) {
      const [here, there] = [x[variable]!, y[variable]!];
      const isFloat = storedAs(here) !== "other";
      const scale = isFloat && tolerance > 0 ? scales.of({ population: connection, variable }, here, there) : 0;
      const { first, count } = differing(here, there, tolerance * scale);
      if (first < 0) continue;
      return {
        ...{ connection, variable, synapse: first, differing: count },
        ...{ source: x["source"]![first]!, target: x["target"]![first]! },
        ...valuesAt(here, there, first),
        others: variables.slice(k + 1).filter((v) => differing(x[v]!, y[v]!, 0).first >= 0),
      };
    }
  }
  return undefined;
}
