/**
 * What training made of synapses, put into the description: engines keep synapses in tables that follow from it. Pairs that
 * were drawn are listed too, so that the network is the same for every seed.
 */
import { ModelError, requireFinite } from "../base/errors.ts";
import { type Connection, connectedSizes, hasSynapseWeights } from "../model/connection.ts";
import { fillSources, type Rows, rowsOf } from "../model/connectivity/rows.ts";
import { type Connectivity, pairs } from "../model/connectivity.ts";
import { delaysOf, stepsOf } from "../model/delays.ts";
import { constantOf, type Initializer } from "../model/initializer.ts";
import type { Network } from "../model/network.ts";
import { isDrawn, seedFor } from "./drawnBy.ts";
import type { Parameters } from "./lower/parameters.ts";

/** A network with the weights of its synapses, and the arrays that remain. */
export interface Settled {
  readonly net: Network;
  readonly parameters: Parameters;
}

/**
 * @param seed by which the connections were drawn
 * @throws {ModelError} `shape-mismatch`, `not-finite` for weights that do not fit
 */
export function settled(net: Network, parameters: Parameters, seed: number): Settled {
  const rest: Record<string, Float32Array | Float64Array> = { ...parameters };
  const connections = net.connections.map((c) => {
    const name = `${c.name}.weight`;
    const weights = c.learned || hasSynapseWeights(c) ? parameters[name] : undefined;
    if (!weights) return c;
    for (const array of [name, `${c.name}.delay`, `${c.name}.delay.width`]) delete rest[array];
    return withWeights(withDelays(c, parameters[`${c.name}.delay`], net, seed), weights, net, seed);
  });
  const changed = connections.some((c, k) => c !== net.connections[k]);
  return { net: changed ? { ...net, connections } : net, parameters: rest };
}

/** With each delay as the nearest whole number of steps, halves up. */
function withDelays(c: Connection, seconds: ArrayLike<number> | undefined, net: Network, seed: number): Connection {
  if (!c.learned) return c;
  const path = `parameters.${c.name}.delay`;
  if (!seconds) throw new ModelError("unknown-name", path, "is missing");
  requireFinite(path, seconds);
  const { learned: _range, delays: _start, ...plain } = c;
  const rows = rowsOf(c.connectivity, connectedSizes(net, c.from.node, c.to.node), { name: c.name, seed });
  requireNumbers(path, seconds, rows.count);
  const steps = Array.from(seconds, (x) => stepsOf(x, net.dt));
  return { ...inOrder(plain, rows), ...delaysOf(steps, path, net.dt) };
}

function withWeights(c: Connection, weights: ArrayLike<number>, net: Network, seed: number): Connection {
  const path = `parameters.${c.name}.weight`;
  requireFinite(path, weights);
  if (c.weight.kind === "constant" && weights.length === 1) {
    return { ...c, weight: constantOf(weights[0]!) };
  }
  const rows = rowsOf(c.connectivity, connectedSizes(net, c.from.node, c.to.node), { name: c.name, seed });
  requireNumbers(path, weights, rows.count);
  return { ...inOrder(c, rows), weight: { kind: "values", values: Float64Array.from(weights) } };
}

function requireNumbers(path: string, { length }: ArrayLike<number>, count: number): void {
  if (length !== count) throw new ModelError("shape-mismatch", path, `needs ${count} numbers, got ${length}`);
}

/**
 * A network whose delays have learned, with each as the nearest whole number of steps: what engines and chips run, and what
 * its accuracy is to be stated of. It is in no way special any more.
 *
 * @param seed of the training; default that which the parameters are of, else 0
 * @throws {ModelError} `unknown-name`, `shape-mismatch`, `not-finite` for parameters that do not fit
 */
export function rounded(
  net: Network,
  parameters: Parameters,
  seed?: number,
): { network: Network; parameters: Parameters } {
  const { net: network } = settled(net, parameters, seedFor(net, parameters, seed, "rounded"));
  const gone = net.connections.flatMap(({ learned, name, trainable }) =>
    learned ? [`${name}.delay`, `${name}.delay.width`, ...(trainable ? [] : [`${name}.weight`])] : [],
  );
  return { network, parameters: Object.fromEntries(Object.entries(parameters).filter(([n]) => !gone.includes(n))) };
}

/** The network with the pairs of connections whose weights are given, as a seed draws them. */
export function withDrawnPairs(net: Network, parameters: Parameters, seed: number): Network {
  const drawn = (c: Connection): boolean => isDrawn(c, parameters);
  if (!net.connections.some(drawn)) return net;
  const connections = net.connections.map((c) => {
    if (!drawn(c)) return c;
    return inOrder(c, rowsOf(c.connectivity, connectedSizes(net, c.from.node, c.to.node), { name: c.name, seed }));
  });
  return { ...net, connections };
}
/** Connectivities of which every seed makes the same synapses, in the order in which arrays have them. */
const FIXED: ReadonlySet<Connectivity["kind"]> = new Set(["dense", "oneToOne"]);

/** The connection with its pairs in order of source, then of target, and delays given for each in that order too. */
export function inOrder(c: Connection, rows: Rows): Connection {
  if (FIXED.has(c.connectivity.kind)) return c;
  const [source, target] = [new Uint32Array(rows.count), new Uint32Array(rows.count)];
  fillSources(source, rows.start);
  rows.fill(target);
  const { origin } = rows;
  const moved = (from: Initializer): Initializer =>
    from.kind === "values" && origin
      ? { kind: "values", values: Float64Array.from(origin, (k) => from.values[k]!) }
      : from;
  return { ...c, connectivity: pairs(source, target), ...(c.delays && { delays: moved(c.delays) }) };
}
