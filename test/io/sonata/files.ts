/** Files of a small SONATA network as another program would write them, piece by piece from the specification. */
import { type Branch, type Column, encodeSonataHdf5 } from "../../../src/io/sonata/hdf5Write.ts";

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const json = (x: unknown): Uint8Array => ascii(JSON.stringify(x));
export const u32 = (...x: number[]): Column => ({ data: Uint32Array.from(x) });
export const f64 = (...x: number[]): Column => ({ data: Float64Array.from(x) });
export const branch = (x: Readonly<Record<string, Column | Branch>>): Branch => new Map(Object.entries(x));
export const ids = (node_population: string, ...x: number[]): Column => ({
  ...u32(...x),
  attributes: { node_population },
});

export interface Parts {
  readonly nodes: Branch;
  readonly nodeTypes: string;
  readonly edges?: Branch;
  readonly edgeTypes?: string;
  readonly components?: Readonly<Record<string, unknown>>;
  readonly simulation?: object;
  readonly more?: Readonly<Record<string, Uint8Array>>;
}

/** By path, with `circuit.json` and `sim/config.json` at the head. */
export async function sonataFiles(parts: Parts): Promise<Map<string, Uint8Array>> {
  const { nodes, nodeTypes, edges, edgeTypes = "edge_type_id\n", components = {}, simulation, more = {} } = parts;
  const circuit = {
    manifest: { $NET: "./net", $PARTS: "$" + "{NET}/../parts" },
    components: { point_neuron_models_dir: "$PARTS/cells", synaptic_models_dir: "$PARTS/synapses" },
    networks: {
      nodes: [{ nodes_file: "$NET/nodes.h5", node_types_file: "$NET/node_types.csv" }],
      edges: edges ? [{ edges_file: "$NET/edges.h5", edge_types_file: "$NET/edge_types.csv" }] : [],
    },
  };
  const run = { network: "$BASE/circuit.json", manifest: { $BASE: ".." }, run: { tstop: 100, dt: 0.1 }, ...simulation };
  return new Map([
    ["circuit.json", json(circuit)],
    ["sim/config.json", json(run)],
    ["net/nodes.h5", await encodeSonataHdf5(branch({ nodes }))],
    ["net/node_types.csv", ascii(nodeTypes)],
    ...(edges ? [["net/edges.h5", await encodeSonataHdf5(branch({ edges }))] as const] : []),
    ["net/edge_types.csv", ascii(edgeTypes)],
    ...Object.entries(components).map(([name, x]) => [`parts/${name}`, json(x)] as const),
    ...Object.entries(more),
  ]);
}

/** Nodes of one group, whose ids are their rows. */
export const plainNodes = (types: readonly number[], group: Branch = new Map()): Branch =>
  branch({
    node_type_id: u32(...types),
    node_id: u32(...types.keys()),
    node_group_id: u32(...types.map(() => 0)),
    node_group_index: u32(...types.keys()),
    "0": group,
  });

/** Edges of one group, in its order. */
export const plainEdges = (
  [from, source]: readonly [string, readonly number[]],
  [to, target]: readonly [string, readonly number[]],
  types: readonly number[],
  group: Branch,
): Branch =>
  branch({
    edge_type_id: u32(...types),
    source_node_id: ids(from, ...source),
    target_node_id: ids(to, ...target),
    edge_group_id: u32(...types.map(() => 0)),
    edge_group_index: u32(...types.keys()),
    "0": group,
  });
