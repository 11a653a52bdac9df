/** Which source meets which target. Dense weights lie `[source][target]`; anything else becomes rows of synapses. */
import { ModelError, requireInteger } from "../base/errors.ts";
import { randomStream, streamOf } from "../base/random.ts";

/** Which source meets which target. Plain data. */
export type Connectivity =
  | { readonly kind: "dense" }
  | { readonly kind: "oneToOne" }
  | { readonly kind: "pairs"; readonly source: ArrayLike<number>; readonly target: ArrayLike<number> }
  /** Every pair independently with probability `p`. */
  | { readonly kind: "probability"; readonly p: number; readonly autapses: boolean };

/** Every source meets every target: a matrix of weights `[source][target]`. The default. */
export const dense: Connectivity = { kind: "dense" };
/** Source k meets target k alone; both have the same size. */
export const oneToOne: Connectivity = { kind: "oneToOne" };
/** Synapse k runs from `source[k]` to `target[k]`. */
export const pairs = (source: ArrayLike<number>, target: ArrayLike<number>): Connectivity => ({
  kind: "pairs",
  source,
  target,
});
/**
 * Every pair of source and target independently with probability `p`, 0 to 1, drawn by the seed. `autapses: false`
 * leaves out
 * pairs of a neuron and itself, where a population is joined to itself.
 */
export const probability = (p: number, options: { autapses?: boolean } = {}): Connectivity => ({
  kind: "probability",
  p,
  autapses: options.autapses ?? true,
});

/**
 * Synapses in order of source, of the part that their target lies in, then as drawn or given. With P parts, those of
 * source k and part p are `target[rowStart[k·P + p] .. rowStart[k·P + p + 1])`.
 */
export interface Synapses {
  readonly rowStart: Int32Array;
  readonly target: Uint32Array;
  readonly source: Uint32Array;
  /** Synapses in order of target: column k is `columnSynapse[columnStart[k] .. columnStart[k + 1])`. */
  readonly columnStart: Int32Array;
  readonly columnSynapse: Uint32Array;
  /** For `pairs`: where in the given arrays each synapse came from, so that per-synapse values can follow. */
  readonly origin: Uint32Array;
  /** Where each synapse would lie if there were one part: draws follow that order. */
  readonly drawn: Uint32Array;
}

export interface Size {
  readonly sources: number;
  readonly targets: number;
}

/**
 * @param parts first target of each part, and after the last the number of targets; one part by default
 * @throws {ModelError} `shape-mismatch`, `out-of-range` with the connection's name
 */
export function synapsesOf(
  connectivity: Connectivity,
  size: Size,
  draw: { name: string; seed: number },
  parts: readonly number[] = [0, size.targets],
): Synapses {
  const list = PAIRS[connectivity.kind](connectivity as never, size, draw);
  return sorted(list.source, list.target, size, parts);
}

/** How many synapses there will be, or are to be expected. */
export const synapseCount = (connectivity: Connectivity, size: Size): number =>
  (COUNTS[connectivity.kind] as (c: Connectivity, size: Size) => number)(connectivity, size);

const COUNTS: { readonly [K in Connectivity["kind"]]: (c: Extract<Connectivity, { kind: K }>, size: Size) => number } =
  {
    dense: (_c, { sources, targets }) => sources * targets,
    oneToOne: (_c, { sources }) => sources,
    pairs: (c) => c.source.length,
    probability: (c, { sources, targets }) => c.p * sources * targets,
  };

interface PairList {
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}
type MakePairs<K extends Connectivity["kind"]> = (
  c: Extract<Connectivity, { kind: K }>,
  size: Size,
  draw: { name: string; seed: number },
) => PairList;

const PAIRS: { readonly [K in Connectivity["kind"]]: MakePairs<K> } = {
  dense: (_c, { sources, targets }) => ({
    source: Uint32Array.from({ length: sources * targets }, (_, k) => Math.floor(k / targets)),
    target: Uint32Array.from({ length: sources * targets }, (_, k) => k % targets),
  }),
  oneToOne: (_c, { sources, targets }, { name }) => {
    if (sources !== targets)
      throw new ModelError("shape-mismatch", name, `one-to-one needs equal sizes, got ${sources} and ${targets}`);
    const each = Uint32Array.from({ length: sources }, (_, k) => k);
    return { source: each, target: each };
  },
  pairs: (c, { sources, targets }, { name }) => {
    if (c.source.length !== c.target.length)
      throw new ModelError(
        "shape-mismatch",
        name,
        `pairs need as many sources as targets, got ${c.source.length} and ${c.target.length}`,
      );
    for (let k = 0; k < c.source.length; k++) {
      requireInteger(`${name}.source[${k}]`, c.source[k]!, 0, sources - 1);
      requireInteger(`${name}.target[${k}]`, c.target[k]!, 0, targets - 1);
    }
    return c;
  },
  probability: (c, size, draw) => bernoulliPairs(c.p, c.autapses, size, draw),
};

function bernoulliPairs(
  p: number,
  autapses: boolean,
  { sources, targets }: Size,
  draw: { name: string; seed: number },
): PairList {
  if (!(p >= 0 && p <= 1)) throw new ModelError("out-of-range", draw.name, `probability must be from 0 to 1, got ${p}`);
  const random = randomStream(draw.seed, streamOf(`${draw.name}.pairs`));
  const [source, target]: [number[], number[]] = [[], []];
  for (let i = 0; i < sources; i++)
    for (let j = 0; j < targets; j++)
      if (random.uniform() < p && (autapses || i !== j)) {
        source.push(i);
        target.push(j);
      }
  return { source, target };
}

/** Counting sorts by source, by part, then by target; stable, so equal pairs keep their order. */
function sorted(
  source: ArrayLike<number>,
  target: ArrayLike<number>,
  { sources, targets }: Size,
  starts: readonly number[],
): Synapses {
  const parts = starts.length - 1;
  const partOf = new Uint32Array(targets);
  for (let p = 1; p < parts; p++) partOf.fill(p, starts[p]!);
  const bySource = countingSort(source, sources).order;
  const rowOf = Uint32Array.from(bySource, (k) => source[k]! * parts + partOf[target[k]!]!);
  const rows = countingSort(rowOf, sources * parts);
  const origin = Uint32Array.from(rows.order, (k) => bySource[k]!);
  const targetOf = Uint32Array.from(origin, (k) => target[k]!);
  const columns = countingSort(targetOf, targets);
  return {
    rowStart: rows.start,
    target: targetOf,
    source: Uint32Array.from(origin, (k) => source[k]!),
    columnStart: columns.start,
    columnSynapse: columns.order,
    origin,
    drawn: rows.order,
  };
}
function countingSort(keys: ArrayLike<number>, buckets: number): { start: Int32Array; order: Uint32Array } {
  const start = new Int32Array(buckets + 1);
  for (let k = 0; k < keys.length; k++) start[keys[k]! + 1]!++;
  for (let b = 0; b < buckets; b++) start[b + 1]! += start[b]!;
  const next = start.slice(0, buckets);
  const order = new Uint32Array(keys.length);
  for (let k = 0; k < keys.length; k++) order[next[keys[k]!]!++] = k;
  return { start, order };
}
