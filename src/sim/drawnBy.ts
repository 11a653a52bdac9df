/**
 * The seed that parameters are of. Which synapses a seed draws is written nowhere in their arrays, and with those of another
 * seed every weight would be somewhere else, without a word.
 */
import { ModelError } from "../base/errors.ts";
import { type Connection, hasSynapseWeights } from "../model/connection.ts";
import type { Connectivity } from "../model/connectivity.ts";
import type { Network } from "../model/network.ts";
import type { Parameters } from "./lower/parameters.ts";

const SEEDS = new WeakMap<Parameters, number>();

/** Notes it; a copy of the parameters knows nothing of it. */
export function drawnBy<P extends Parameters>(parameters: P, seed: number): P {
  SEEDS.set(parameters, seed);
  return parameters;
}

/**
 * The seed for parameters: the one given, else the one that they are of, else 0.
 * @throws {ModelError} `out-of-range` for another seed than theirs where it draws synapses whose weights are among them
 */
export function seedFor(
  net: Network,
  parameters: Parameters | undefined,
  seed: number | undefined,
  path: string,
): number {
  const own = parameters && SEEDS.get(parameters);
  if (own === undefined) return seed ?? 0;
  const drawn = net.connections.find((c) => isDrawn(c, parameters!));
  if (seed !== undefined && seed !== own && drawn)
    throw new ModelError(
      "out-of-range",
      `${path}.seed`,
      `the parameters are of the synapses of '${drawn.name}' that seed ${own} draws, and ${seed} draws others: give ${own}, or leave it out`,
    );
  return seed ?? own;
}

/** Whether parameters hold a weight of each of its synapses, and a seed says which these are. */
export const isDrawn = (c: Connection, parameters: Parameters): boolean =>
  (c.learned !== undefined || hasSynapseWeights(c)) &&
  !LISTED.has(c.connectivity.kind) &&
  `${c.name}.weight` in parameters;
const LISTED: ReadonlySet<Connectivity["kind"]> = new Set(["dense", "oneToOne", "pairs"]);
