/** Reads and runs NIR graphs as the layout and the equations say, sharing no code with the projection. */
import { isNumbers, isStrings, isTree, type Leaf, type Tree } from "../../src/io/hdf5.ts";

export interface NirNode {
  readonly type: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly preset?: string;
}
export interface NirGraph {
  readonly version: string;
  readonly nodes: Readonly<Record<string, NirNode>>;
  readonly edges: readonly (readonly [string, string])[];
  readonly dt?: number;
}

const tree = (x: Tree | Leaf | undefined): Tree => {
  if (!isTree(x)) throw new Error("not a group");
  return x;
};
const string = (x: Tree | Leaf | undefined): string => {
  if (typeof x !== "string") throw new Error("not text");
  return x;
};

/** @param root of a NIR file: `version`, `node` */
export function readGraph(root: Tree): NirGraph {
  const node = tree(root.get("node"));
  if (node.get("type") !== "NIRGraph") throw new Error("not a graph");
  const edges = node.get("edges");
  if (!isStrings(edges) || edges.shape[1] !== 2) throw new Error("edges are not pairs");
  const pairs = Array.from(
    { length: edges.shape[0]! },
    (_, k) => [edges.strings[2 * k]!, edges.strings[2 * k + 1]!] as const,
  );
  const metadata = node.get("metadata");
  const dt = isTree(metadata) ? metadata.get("dt") : undefined;
  return {
    version: string(root.get("version")),
    nodes: Object.fromEntries([...tree(node.get("nodes"))].map(([name, x]) => [name, readNode(tree(x))])),
    edges: pairs,
    ...(isNumbers(dt) && { dt: Number(dt.data[0]) }),
  };
}
function readNode(x: Tree): NirNode {
  const arrays = [...x].flatMap(([name, value]) => (isNumbers(value) ? [[name, value] as const] : []));
  const metadata = x.get("metadata");
  return {
    type: string(x.get("type")),
    shapes: Object.fromEntries(arrays.map(([name, { shape }]) => [name, shape])),
    values: Object.fromEntries(
      arrays.map(([name, { data }]) => [name, Array.from(data as ArrayLike<number | bigint>, Number)]),
    ),
    ...(isTree(metadata) && { preset: string(metadata.get("preset")) }),
  };
}

interface Cell {
  readonly v: number;
  readonly x: number;
  readonly dt: number;
  readonly tau: number;
  readonly r: number;
  readonly leak: number;
}
/** The discretisations of the importers: the next v before the threshold. */
const STEP: Readonly<Record<string, (c: Cell) => number>> = {
  nengo: ({ v, x, dt, tau, r, leak }) => Math.exp(-dt / tau) * v + (1 - Math.exp(-dt / tau)) * (leak + r * x),
  norse: ({ v, x, dt, tau, r, leak }) => v + (dt / tau) * (leak - v + r * x),
  sinabs: ({ v, x, dt, tau, r, leak }) =>
    Math.exp(-dt / tau) * v + (1 - Math.exp(-dt / tau)) * leak + (dt / tau) * r * x,
  sum: ({ v, x, dt, r }) => v + dt * r * x,
};

/**
 * Runs a feed-forward graph whose edges are in order of evaluation.
 * @param input by step, what enters through the node `input`
 * @returns by node and step, what leaves it
 */
export function runGraph(
  { nodes, edges, dt }: NirGraph,
  input: readonly (readonly number[])[],
): Record<string, number[][]> {
  const order = [...new Set(edges.flat())];
  const v: Record<string, number[]> = {};
  const out: Record<string, number[][]> = Object.fromEntries(order.map((name) => [name, []]));
  for (const [t, row] of input.entries())
    for (const name of order) {
      const sources = edges.filter(([, to]) => to === name).map(([from]) => out[from]![t]!);
      const x = sources[0]?.map((_, k) => sources.reduce((sum, s) => sum + s[k]!, 0)) ?? [...row];
      out[name]!.push(outputOf(nodes[name]!, x, (v[name] ??= x.map(() => 0)), dt!));
    }
  return out;
}
function outputOf({ type, values, shapes, preset }: NirNode, x: number[], v: number[], dt: number): number[] {
  if (type === "Input" || type === "Output") return x;
  if (type === "Affine" || type === "Linear") {
    const [rows, columns] = shapes["weight"]!;
    return Array.from({ length: rows! }, (_, r) =>
      x.reduce((sum, xk, k) => sum + values["weight"]![r * columns! + k]! * xk, values["bias"]?.[r] ?? 0),
    );
  }
  return v.map((_, k) => {
    const at = (name: string): number => values[name]?.[k] ?? Number.NaN;
    v[k] = STEP[preset!]!({ v: v[k]!, x: x[k]!, dt, tau: at("tau"), r: at("r"), leak: at("v_leak") });
    if (type === "LI" || type === "I") return v[k]!;
    const fires = v[k]! > at("v_threshold");
    if (fires) v[k] = at("v_reset");
    return fires ? 1 : 0;
  });
}
