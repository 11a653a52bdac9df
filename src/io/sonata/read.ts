/**
 * Networks in SONATA files: what a circuit's or a simulation's configuration leads to, as a network of this project with the
 * inputs that are to drive it.
 *
 * The schedule is `nest`: the membrane moves, what arrives is added, the threshold is tested, and a spike takes a step at
 * least. A spike in step k has the time k · dt, in files that are read and in those that are written.
 *
 * @see https://github.com/AllenInstitute/sonata, developer guide; Dai et al. 2020, PLoS Comput. Biol. 16, e1007696
 */
import { DataError, requirePositive } from "../../base/errors.ts";
import type { ConnectionSpec } from "../../model/connection.ts";
import { type Network, network } from "../../model/network.ts";
import { SCHEDULES, type ScheduleName } from "../../model/schedule.ts";
import type { EventData } from "../../sim/feed.ts";
import { badFile, plainObject } from "../check.ts";
import { rebuilt } from "../rebuilt.ts";
import { type Circuit, readConfig, type Simulation } from "./config.ts";
import { connectionsOf } from "./connections.ts";
import { readEdges } from "./edges.ts";
import { jsonOf, type SonataFiles } from "./files.ts";
import { nodeSet } from "./nodeSets.ts";
import { type NodePopulation, readNodes } from "./nodes.ts";
import { type Populations, populationsOf } from "./populations.ts";
import { type SonataSpikeTrain, spikesIn, UNNAMED } from "./readSpikes.ts";
import { type Section, section } from "./section.ts";
import { scaled } from "./templates.ts";

/** Options of `readSonata`. */
export interface ReadSonataOptions {
  /** Seconds a step, in place of the configuration's; a circuit alone has none. Delays are read in ms, and so follow. */
  readonly dt?: number;
  /** Instead of the disk: bytes by path, as a page has them. */
  readonly files?: SonataFiles;
}

/** Where nodes of one model are in the network. */
export interface SonataNodes {
  /** SONATA's population. */
  readonly population: string;
  /** Neuron k is node `ids[k]`. */
  readonly ids: Uint32Array;
}

/** What SONATA files hold. */
export interface SonataNetwork {
  readonly network: Network;
  /** Whole steps until `tstop`; undefined where no simulation's configuration was read. */
  readonly steps?: number;
  /** Of what is drawn while it runs, where the configuration gives it (`run.random_seed`). */
  readonly seed?: number;
  /** Spikes of inputs, by their name here: what `Engine.run` takes. */
  readonly inputs: Readonly<Record<string, EventData>>;
  /** By input and population of the network: the nodes that it holds. */
  readonly nodes: Readonly<Record<string, SonataNodes>>;
  /** Where the configuration wants spikes. */
  readonly output?: string;
  /** What was read otherwise than it stands, or not at all, in words. */
  readonly notes: readonly string[];
}

/**
 * Reads a network.
 *
 * @param path a circuit's configuration, a simulation's, or one that names both
 * @throws {DataError} `missing-file`; `bad-file` with the file and the place in it; `unsupported` for a neuron, a synapse or an
 *   input without a counterpart, by its name
 */
export async function readSonata(path: string, { dt: given, files }: ReadSonataOptions = {}): Promise<SonataNetwork> {
  const { circuit, simulation } = await readConfig(path, files);
  const said = circuit.rheobase === undefined ? undefined : section(circuit.rheobase, `${circuit.path}.rheobase`);
  const dt = stepOf(simulation, said, given, path);
  const nodes = await readNodes(circuit, files);
  const populations = await populationsOf(nodes, circuit, said, files);
  const notes = (simulation?.ignored ?? []).map((name) => `${name} of the simulation's configuration: not read`);
  notes.push(...inexact(nodes, populations));
  const connections = await connectionsIn(circuit, { nodes, populations, said, dt, notes }, files);
  const { name = "sonata", schedule = "nest", steps: sampled, output } = said ?? {};
  const net = rebuilt(circuit.path, () =>
    network({
      ...{ name, dt, schedule, inputs: populations.inputs, populations: populations.populations, connections },
      ...(sampled !== undefined && { steps: sampled }),
      ...(output !== undefined && { output }),
    }),
  );
  const own = nodesOf(nodes, populations);
  const steps = simulation && Math.round(scaled(simulation.tstop, -3) / dt);
  const inputs = simulation ? await inputsOf(simulation, { nodes, populations, net, steps: steps!, notes }, files) : {};
  return {
    network: net,
    ...(steps !== undefined && { steps }),
    ...(simulation?.seed !== undefined && { seed: simulation.seed }),
    inputs,
    nodes: own,
    ...(simulation?.output !== undefined && { output: simulation.output }),
    notes,
  };
}

/** Neurons whose steps are approximations, where the template's own simulator has exact ones. */
const inexact = (nodes: readonly NodePopulation[], { placed }: Populations): string[] =>
  nodes.flatMap((p) =>
    p.parts.flatMap(({ given, ids }, k) => {
      const { node, template } = placed.get(p.name)![k]!;
      const differs = (name: string): boolean => given.get(name)?.some((x, _, all) => x !== all[0]) ?? false;
      const names = template?.alike?.filter(differs) ?? [];
      if (names.length === 0 || ids.length < 2) return [];
      return [`${node}: ${names.join(", ")} differ among its neurons, so that steps are those of exponential Euler`];
    }),
  );

/** What a decimal number of ms may be off from a number of seconds. */
const CLOSE = 1e-12;
function stepOf(
  simulation: Simulation | undefined,
  said: Section | undefined,
  given: number | undefined,
  path: string,
): number {
  if (given !== undefined) {
    requirePositive("sonata.dt", given, "s");
    return given;
  }
  const read = simulation && scaled(simulation.dt, -3);
  const kept = said?.dt;
  if (read !== undefined) return kept !== undefined && Math.abs(kept - read) <= CLOSE * read ? kept : read;
  if (kept !== undefined) return kept;
  throw new DataError(
    "usage",
    path,
    "is a circuit's configuration, which has no time step: give a simulation's, or dt",
  );
}

interface Reading {
  readonly nodes: readonly NodePopulation[];
  readonly populations: Populations;
  readonly said: Section | undefined;
  readonly dt: number;
  readonly notes: string[];
}

async function connectionsIn(
  circuit: Circuit,
  { nodes, populations, said, dt, notes }: Reading,
  files?: SonataFiles,
): Promise<ConnectionSpec[]> {
  const schedule: ScheduleName = said?.schedule ?? "nest";
  const names = new Set([...Object.keys(populations.inputs), ...Object.keys(populations.populations)]);
  const nameOf = (base: string): string => {
    let free = base;
    for (let k = 2; names.has(free); k++) free = `${base}_${k}`;
    names.add(free);
    return free;
  };
  const made = new Map<string, ConnectionSpec[]>();
  const take = (edges: Parameters<Parameters<typeof readEdges>[2]>[0]): void => {
    if (made.has(edges.name)) throw badFile(edges.path, `edges/${edges.name}: another file has this population too`);
    const own = said?.connections.find((c) => c.population === edges.name);
    if (said && !own) throw badFile(`${circuit.path}.rheobase.connections`, `says nothing of edges/${edges.name}`);
    const { minimumDelay } = SCHEDULES[schedule];
    const note = (text: string): void => void notes.push(text);
    const context = { placed: populations.placed, dt, said: own, minimumDelay, note, nameOf };
    made.set(
      edges.name,
      rebuilt(`${edges.path}: edges/${edges.name}`, () => connectionsOf(edges, context)),
    );
  };
  await readEdges(circuit, nodes, take, files);
  if (!said) return [...made.values()].flat();
  return said.connections.flatMap(({ population }) => {
    const found = made.get(population);
    if (found) return found;
    throw badFile(`${circuit.path}.rheobase.connections`, `names edges/${population}, which no file has`);
  });
}

const nodesOf = (nodes: readonly NodePopulation[], { placed }: Populations): Record<string, SonataNodes> =>
  Object.fromEntries(
    nodes.flatMap((p) =>
      p.parts.map((part, k) => [placed.get(p.name)![k]!.node, { population: p.name, ids: part.ids }] as const),
    ),
  );

interface Driving extends Omit<Reading, "said" | "dt"> {
  readonly net: Network;
  readonly steps: number;
}

async function inputsOf(
  { inputs, nodeSets, path }: Simulation,
  driving: Driving,
  files?: SonataFiles,
): Promise<Record<string, EventData>> {
  const asked = inputs.some((x) => x.nodeSet !== undefined);
  const sets = nodeSets === undefined || !asked ? {} : plainObject(await jsonOf(nodeSets, files), nodeSets);
  const events = new Map<string, { steps: number[]; indices: number[] }>();
  for (const { name, file, nodeSet: wanted } of inputs) {
    const at = `${path}.inputs.${name}`;
    const members = wanted === undefined ? undefined : nodeSet(wanted, sets, driving.nodes, `${at}.node_set`);
    for (const [population, train] of await spikesIn(file, files)) {
      const p = populationOf(population, members ? [...members.keys()] : undefined, driving.nodes, file);
      const given = { ...train, file, members: p && members?.get(p.name), isNamed: population !== UNNAMED };
      if (p) addSpikes(events, p, given, driving);
    }
  }
  return Object.fromEntries([...events].map(([node, { steps, indices }]) => [node, { steps, indices }]));
}

/** Spikes without a population are of the only one that the set has. */
function populationOf(
  name: string,
  set: readonly string[] | undefined,
  nodes: readonly NodePopulation[],
  file: string,
): NodePopulation | undefined {
  const only = name === UNNAMED ? (set?.length === 1 ? set[0] : undefined) : name;
  if (only === undefined)
    throw badFile(file, "spikes: names no population, and the input's node_set is not of a single one");
  return nodes.find((p) => p.name === only && (set === undefined || set.includes(only)));
}

interface GivenSpikes extends SonataSpikeTrain {
  readonly file: string;
  /** Of the input's node set. */
  readonly members: Uint8Array | undefined;
  /** Whether the file names the population. Files that do not hold spikes of whatever ids there are. */
  readonly isNamed: boolean;
}

function addSpikes(
  events: Map<string, { steps: number[]; indices: number[] }>,
  p: NodePopulation,
  { timestamps, nodeIds, file, members, isNamed }: GivenSpikes,
  { populations, net, steps: end, notes }: Driving,
): void {
  const placed = populations.placed.get(p.name)!;
  let [late, strange] = [0, 0];
  for (let k = 0; k < timestamps.length; k++) {
    const id = nodeIds[k]!;
    if (id >= p.size && isNamed)
      throw badFile(file, `spikes/${p.name}/node_ids[${k}]: must be below ${p.size}, got ${id}`);
    if (id >= p.size) strange++;
    if (id >= p.size || (members && !members[id])) continue;
    const { node, isInput } = placed[p.part[id]!]!;
    if (!isInput) throw badFile(file, `spikes/${p.name}: node ${id} is no virtual one, and fires by itself`);
    const step = Math.floor(timestamps[k]! / 1000 / net.dt + 0.5 + 1e-6);
    if (step < 0) throw badFile(file, `spikes/${p.name}/timestamps[${k}]: must be at least 0 ms, got ${timestamps[k]}`);
    if (step >= end) {
      late++;
      continue;
    }
    const own = events.get(node) ?? events.set(node, { steps: [], indices: [] }).get(node)!;
    own.steps.push(step);
    own.indices.push(p.index[id]!);
  }
  if (late > 0) notes.push(`${file}: ${late} spikes of '${p.name}' at or after tstop: left out`);
  if (strange > 0) notes.push(`${file}: ${strange} spikes of ids that '${p.name}' has not: left out`);
}
