/**
 * What NIR can say of a network, as the tree of a NIR file (`version`, `node/…`): feed-forward dense layers of
 * integrate-and-fire neurons and leaky integrators. Layers are flat: NIR's Affine takes and gives vectors.
 *
 * @see the file layout written by nir/serialization.py of neuromorphs/NIR 1.0.7
 */
import type { Connection } from "../model/connection.ts";
import { constantOf, type Initializer } from "../model/initializer.ts";
import type { Network, Population } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import { totalDelay } from "../model/timing.ts";
import { initialName } from "../model/trainable.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { isNumbers, isStrings, isTree, type Leaf, type Numbers, type Tree } from "./hdf5.ts";
import { type NirNeuron, nirNeuron, UPDATES } from "./nirNeuron.ts";

const NIR_VERSION = "1.0.7";

/** @returns the tree, or why NIR cannot express the network */
export function nirProjection(net: Network, parameters: Parameters): Tree | string {
  const reason = whyNotNir(net);
  if (reason) return reason;
  const single = Object.values(parameters).every((x) => x instanceof Float32Array);
  const nodes = new Map<string, Tree>(
    Object.entries(net.inputs).map(([name, { size }]) => [name, shapeNode("Input", size)]),
  );
  for (const node of Object.keys(net.populations)) {
    const neuron = neuronOf(net, node, parameters);
    if (typeof neuron === "string") return `population '${node}': ${neuron}`;
    nodes.set(node, neuronNode(neuron, single));
  }
  const edges: [string, string][] = [];
  for (const c of net.connections) {
    const name = freeName(c.name, nodes);
    nodes.set(name, linearNode(net, c, parameters));
    edges.push([c.from.node, name], [name, c.to.node]);
  }
  const output = freeName("output", nodes);
  nodes.set(output, shapeNode("Output", sizeOf(net, net.output!)));
  edges.push([net.output!, output]);
  return new Map<string, Tree | Leaf>([
    ["version", NIR_VERSION],
    ["node", graph(net, nodes, edges)],
  ]);
}

/** What stands in the way beside the neurons. */
function whyNotNir(net: Network): string | undefined {
  if (net.output === undefined) return "the network names no output";
  if (Object.keys(net.transforms).length > 0)
    return `NIR has no node like transform '${Object.keys(net.transforms)[0]}'`;
  if (net.schedule.groups.length > 1)
    return `schedule '${net.schedule.name}' passes spikes on after all neurons have moved`;
  for (const [node, { winners }] of Object.entries(net.populations))
    if (winners !== undefined) return `population '${node}': NIR has no competition between neurons`;
  for (const c of net.connections) {
    const fault = whyNotLinear(net, c);
    if (fault) return `connection '${c.name}' ${fault}`;
  }
  return undefined;
}
function whyNotLinear(net: Network, c: Connection): string | undefined {
  if (c.connectivity.kind !== "dense") return `is not dense (${c.connectivity.kind})`;
  if (c.synapse) return "has a synapse model";
  if (c.delays) return "has a delay for each synapse";
  if (totalDelay(net, c) > 0) return `takes ${totalDelay(net, c)} steps`;
  const model = net.populations[c.from.node]?.model;
  const leaves = model?.spike ? "spike" : model?.variables[0]?.name;
  return model && c.from.port !== leaves
    ? `carries '${c.from.port}' of neurons whose output is '${leaves}'`
    : undefined;
}

function neuronOf(net: Network, node: string, parameters: Parameters): NirNeuron | string {
  const p = asTrained(node, net.populations[node]!, parameters);
  const ports = new Set(net.connections.filter((c) => c.to.node === node).map((c) => c.to.port));
  if (ports.size > 1) return `weights arrive at several ports (${[...ports].join(", ")})`;
  const port = [...ports][0] ?? p.model.port;
  return port === undefined ? "it has no port" : nirNeuron(p, port, net.dt);
}

/** The population with what training made of its parameters and initial states. */
function asTrained(node: string, p: Population, trained: Parameters): Population {
  const given = (name: string): Initializer | undefined => {
    const values = trained[`${node}.${name}`];
    if (p.trainable[name] === undefined || !values) return undefined;
    return p.trainable[name] === "layer" ? constantOf(values[0]!) : { kind: "values", values };
  };
  const learnt = (names: readonly string[], nameOf: (name: string) => string): Record<string, Initializer> =>
    Object.fromEntries(names.flatMap((name) => ((x) => (x ? [[name, x]] : []))(given(nameOf(name)))));
  const [parameters, variables] = [p.model.parameters, p.model.variables].map((list) => list.map((x) => x.name));
  return {
    ...p,
    parameters: { ...p.parameters, ...learnt(parameters!, (name) => name) },
    initial: { ...p.initial, ...learnt(variables!, initialName) },
  };
}

const text = (x: string): [string, string] => ["type", x];
const vector = (data: Numbers["data"]): Numbers => ({ data, shape: [data.length] });

const shapeNode = (type: "Input" | "Output", size: number): Tree =>
  new Map<string, Leaf>([text(type), ["shape", vector(BigInt64Array.of(BigInt(size)))]]);

function neuronNode({ type, parameters, update }: NirNeuron, single: boolean): Tree {
  const values = Object.entries(parameters).map(([name, x]): [string, Leaf] => [
    name,
    vector(single ? Float32Array.from(x) : x),
  ]);
  return new Map<string, Tree | Leaf>([
    text(type),
    ...values,
    [
      "metadata",
      new Map([
        ["preset", update],
        ["update", UPDATES[update]],
      ]),
    ],
  ]);
}

/** Weights as NIR has them: `[target][source]`. */
function linearNode(net: Network, c: Connection, parameters: Parameters): Tree {
  const shape = [sizeOf(net, c.to.node), sizeOf(net, c.from.node)] as const;
  const weight: Numbers = { data: transposed(parameters[`${c.name}.weight`]!, ...shape), shape };
  const bias = c.bias && parameters[`${c.name}.bias`]!;
  return new Map<string, Leaf>([
    text(bias ? "Affine" : "Linear"),
    ["weight", weight],
    ...(bias ? [["bias", vector(bias)] as const] : []),
  ]);
}
function transposed<A extends Float32Array | Float64Array>(x: A, rows: number, columns: number): A {
  const out = x.slice() as A;
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[r * columns + c] = x[c * rows + r]!;
  return out;
}

/** Names of connections hold `>`, and may be those of nodes. */
function freeName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  let name = wanted.replace(/\W+/g, "_") || "_";
  while (taken.has(name)) name += "_";
  return name;
}

function graph(net: Network, nodes: Tree, edges: readonly [string, string][]): Tree {
  return new Map<string, Tree | Leaf>([
    text("NIRGraph"),
    ["nodes", nodes],
    ["edges", { strings: edges.flat(), shape: [edges.length, 2] }],
    ["metadata", new Map([["dt", { data: Float64Array.of(net.dt), shape: [] }]])],
  ]);
}

/** Relative difference allowed between parameters of neurons, which are computed; everything else is copied. */
const SLACK = 1e-6;
const COPIED: ReadonlySet<string> = new Set(["weight", "bias", "shape"]);

/**
 * The path of the first difference between two projections, if any. Metadata are remarks, and not compared.
 */
export function firstDifference(
  a: Tree | Leaf | undefined,
  b: Tree | Leaf | undefined,
  path = "",
  slack = 0,
): string | undefined {
  if (isTree(a) && isTree(b)) {
    for (const name of new Set([...a.keys(), ...b.keys()])) {
      const inside =
        name === "metadata"
          ? undefined
          : firstDifference(a.get(name), b.get(name), path ? `${path}.${name}` : name, COPIED.has(name) ? 0 : SLACK);
      if (inside) return inside;
    }
    return undefined;
  }
  return sameLeaf(a, b, slack) ? undefined : path;
}
function sameLeaf(a: Tree | Leaf | undefined, b: Tree | Leaf | undefined, slack: number): boolean {
  if (isStrings(a) && isStrings(b))
    return a.shape.join() === b.shape.join() && a.strings.every((s, k) => s === b.strings[k]);
  if (!isNumbers(a) || !isNumbers(b)) return a === b;
  if (a.shape.join() !== b.shape.join() || a.data.constructor !== b.data.constructor) return false;
  const close = (x: number | bigint, y: number | bigint): boolean =>
    Object.is(x, y) || Math.abs(Number(x) - Number(y)) <= slack * Math.abs(Number(y));
  return Array.prototype.every.call(a.data, (x, k) => close(x, b.data[k]!));
}
