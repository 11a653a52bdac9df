/**
 * Networks as SONATA files: a circuit's and a simulation's configuration, nodes, edges and their tables of types, and what
 * neurons are. A population whose equations are those of a template of NEST, PyNN or NEURON is written as such, in its units;
 * any other as `rheobase:FILE`, a description of the neuron among the components, in SI units.
 *
 *   circuit_config.json, simulation_config.json
 *   network/nodes.h5, network/node_types.csv, network/edges.h5, network/edge_types.csv
 *   components/point_neuron_models/*.json    neurons, and parameters of node types
 *   inputs/spikes.h5                         where spikes of inputs are given
 *
 * What a network draws is drawn here, by the seed, because the format holds numbers and no laws: an engine of what is read
 * back does the same, spike for spike, as one of the network and this seed.
 */
import { DataError, ModelError, requireInteger, requireKnown } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";
import type { Network } from "../../model/network.ts";
import type { EventData } from "../../sim/feed.ts";
import { initialParameters, type Parameters } from "../../sim/lower/parameters.ts";
import { settled } from "../../sim/settled.ts";
import { checkedForSaving } from "../check.ts";
import { writeBytes } from "../file.ts";
import { counterpartOf } from "./counterpart.ts";
import { drawnConnection, drawnPopulation } from "./drawn.ts";
import { type Branch, encodeSonataHdf5 } from "./hdf5Write.ts";
import { section, sectionOf } from "./section.ts";
import { scaled } from "./templates.ts";
import { edgeFiles } from "./writeEdges.ts";
import { nodeFiles } from "./writeNodes.ts";

/** Options of `writeSonata` and `encodeSonata`. */
export interface WriteSonataOptions {
  /** How long the simulation's configuration says, in steps. */
  readonly steps: number;
  /** Of what the network draws; default 0. */
  readonly seed?: number;
  /** Weights by name, as training left them; drawn by the seed where absent. */
  readonly parameters?: Parameters;
  /** Spikes of inputs. */
  readonly inputs?: Readonly<Record<string, EventData>>;
  /** Whether edges have an index by source and by target; default true. It takes 16 bytes a synapse or more. */
  readonly index?: boolean;
}

const OPTIONS: Readonly<Record<keyof WriteSonataOptions, true>> = {
  steps: true,
  seed: true,
  parameters: true,
  inputs: true,
  index: true,
};

/** Files by path, from the folder on. */
export type SonataFileBytes = ReadonlyMap<string, Uint8Array>;

const ascii = (x: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(x, null, 2)}\n`);

/**
 * The files of a network.
 *
 * @throws {DataError} `unsupported` for what the format has no place for, by its name; {ModelError} as building an engine
 */
export async function encodeSonata(net: Network, options: WriteSonataOptions): Promise<SonataFileBytes> {
  requireKnown("sonata", options, OPTIONS);
  const { steps, seed = 0, inputs = {}, index = true } = options;
  requireInteger("sonata.steps", steps, 1);
  requireInteger("sonata.seed", seed, 0, 2 ** 32 - 1);
  if (options.parameters) {
    const { net: own, parameters } = settled(net, options.parameters, seed);
    if (own !== net) return encodeSonata(own, { ...options, parameters });
  }
  for (const name of Object.keys(net.transforms))
    throw new DataError(
      "unsupported",
      `${net.name}.${name}`,
      "is a transform, which a SONATA network has no place for",
    );
  const drawing = { net, seed, parameters: options.parameters ?? initialParameters(net, seed, "f64", false) };
  const connections = net.connections.map((c) => drawnConnection(c, drawing));
  const populations = Object.entries(net.populations).map(([node, p]) => {
    const drawn = drawnPopulation(node, p, drawing);
    const arriving = connections.filter((c) => c.connection.to.node === node);
    return { node, population: p, drawn, counterpart: counterpartOf(net, p, drawn, arriving) };
  });
  const nodes = nodeFiles(net, populations);
  const edges = edgeFiles(net, connections, new Map(populations.map((p) => [p.node, p.counterpart])), { index });
  const spikes = spikesBranch(net, inputs, steps);
  const own = checkedForSaving(section, sectionOf(net, connections), "sonata.rheobase");
  return new Map([
    ["circuit_config.json", ascii({ ...CIRCUIT, rheobase: own })],
    ["simulation_config.json", ascii(simulationConfig(net, steps, seed, Object.keys(inputs)))],
    ["network/nodes.h5", await encodeSonataHdf5(nodes.data)],
    ["network/node_types.csv", new TextEncoder().encode(nodes.types)],
    ["network/edges.h5", await encodeSonataHdf5(edges.data)],
    ["network/edge_types.csv", new TextEncoder().encode(edges.types)],
    ...[...nodes.models].map(([name, x]) => [`${MODELS}/${name}`, ascii(x)] as const),
    ...(spikes ? [["inputs/spikes.h5", await encodeSonataHdf5(spikes)] as const] : []),
  ]);
}

const MODELS = "components/point_neuron_models";
const CIRCUIT = {
  manifest: { $BASE_DIR: ".", $NETWORK_DIR: "$BASE_DIR/network", $COMPONENTS_DIR: "$BASE_DIR/components" },
  components: {
    point_neuron_models_dir: "$COMPONENTS_DIR/point_neuron_models",
    synaptic_models_dir: "$COMPONENTS_DIR/synaptic_models",
  },
  networks: {
    nodes: [{ nodes_file: "$NETWORK_DIR/nodes.h5", node_types_file: "$NETWORK_DIR/node_types.csv" }],
    edges: [{ edges_file: "$NETWORK_DIR/edges.h5", edge_types_file: "$NETWORK_DIR/edge_types.csv" }],
  },
};

function simulationConfig(net: Network, steps: number, seed: number, driven: readonly string[]): object {
  const spikes = { input_type: "spikes", module: "h5", input_file: "$BASE_DIR/inputs/spikes.h5" };
  return {
    manifest: { $BASE_DIR: "." },
    network: "$BASE_DIR/circuit_config.json",
    run: { tstop: scaled(net.dt * steps, 3), dt: scaled(net.dt, 3), random_seed: seed },
    inputs: Object.fromEntries(driven.map((name) => [name, { ...spikes, node_set: name }])),
    output: { output_dir: "$BASE_DIR/output", spikes_file: "spikes.h5" },
  };
}

/** Spikes in step k come at k · dt. */
function spikesBranch(
  net: Network,
  inputs: NonNullable<WriteSonataOptions["inputs"]>,
  steps: number,
): Branch | undefined {
  const groups = Object.entries(inputs).map(([name, { steps: when, indices, samples }]) => {
    const path = `inputs.${name}`;
    const input = net.inputs[name];
    if (input?.signal !== "spikes") throw new DataError("unknown-name", path, "is no input of spikes");
    if (samples && Array.prototype.some.call(samples, (s) => s !== 0))
      throw new DataError("unsupported", path, "spikes of several trials: a SONATA file holds those of one");
    for (let k = 0; k < when.length; k++) {
      requireInteger(`${path}.steps[${k}]`, when[k]!, 0, steps - 1);
      requireInteger(`${path}.indices[${k}]`, indices[k]!, 0, input.size - 1);
    }
    const order = Uint32Array.from({ length: when.length }, (_, k) => k).sort((a, b) => when[a]! - when[b]!);
    const times = Float64Array.from(order, (k) => scaled(when[k]! * net.dt, 3));
    const ids = BigInt64Array.from(order, (k) => BigInt(indices[k]!));
    const branch: Branch = new Map([
      ["timestamps", { data: times, attributes: { units: "ms" } }],
      ["node_ids", { data: ids }],
    ]);
    return [name, branch] as const;
  });
  return groups.length > 0 ? new Map([["spikes", new Map(groups)]]) : undefined;
}

/**
 * Writes a network into a new folder: all of its files, or none.
 *
 * @param folder that does not exist yet
 * @returns the paths of its files
 * @throws {DataError} `write-failed` where it is there already or cannot be made; and as `encodeSonata`
 */
export async function writeSonata(
  folder: string,
  net: Network,
  options: WriteSonataOptions,
): Promise<readonly string[]> {
  const files = await encodeSonata(net, options);
  const { mkdir, rename, rm, stat } = await fileSystem(folder);
  const there = await stat(folder).then(
    () => true,
    () => false,
  );
  if (there) throw new DataError("write-failed", folder, "is there already; name a new folder");
  const temporary = `${folder}-${crypto.randomUUID()}.tmp`;
  try {
    for (const [name, bytes] of files) {
      const path = `${temporary}/${name}`;
      await mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await writeBytes(path, bytes);
    }
    await rename(temporary, folder);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the first error is the one to tell
    if (cause instanceof DataError || cause instanceof ModelError) throw cause;
    throw new DataError("write-failed", folder, cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return [...files.keys()].map((name) => `${folder}/${name}`);
}
