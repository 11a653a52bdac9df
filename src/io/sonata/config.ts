/**
 * The configuration: which files a network lies in, and what is to be simulated. Names in `manifest` stand for folders
 * (`$NAME` or `${NAME}`), and paths are seen from the file that they stand in.
 *
 * @see SONATA developer guide, "Tying it all together", "Representing Simulations"
 */
import { type DataError, listNames } from "../../base/errors.ts";
import { badFile, finite, mustBe, plainObject, text } from "../check.ts";
import { folderOf, joined, jsonOf, type SonataFiles } from "./files.ts";

export interface FilePair {
  /** HDF5. */
  readonly data: string;
  /** The table of types. */
  readonly types: string;
}
export interface Circuit {
  readonly path: string;
  readonly nodes: readonly FilePair[];
  readonly edges: readonly FilePair[];
  /** Folders by name, such as `point_neuron_models_dir`. */
  readonly components: Readonly<Record<string, string>>;
  /** What this project keeps beside what SONATA can say. */
  readonly rheobase?: unknown;
}
export interface SpikeInput {
  readonly name: string;
  readonly file: string;
  /** A node set by name, or one on the spot. */
  readonly nodeSet?: unknown;
}
export interface Simulation {
  readonly path: string;
  /** ms, as it is written. */
  readonly dt: number;
  readonly tstop: number;
  readonly seed?: number;
  readonly inputs: readonly SpikeInput[];
  readonly nodeSets: string | undefined;
  /** Where spikes are to be written, if it says so. */
  readonly output?: string;
  /** What it asks for that is not done here, by name. */
  readonly ignored: readonly string[];
}
export interface Config {
  readonly circuit: Circuit;
  readonly simulation?: Simulation;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a circuit's configuration, a simulation's, or one that names both.
 * @throws {DataError} `missing-file`; `bad-file` with the place in the file
 */
export async function readConfig(path: string, files?: SonataFiles): Promise<Config> {
  const own = await opened(path, files);
  if ("networks" in own.json) {
    const circuit = circuitIn(own);
    return "run" in own.json ? { circuit, simulation: simulationIn(own) } : { circuit };
  }
  const simulation = await follow(own, "simulation", files);
  const network = simulation && !("network" in own.json) ? simulation : own;
  const circuit = await follow(network, "network", files);
  if (!circuit)
    throw badFile(path, `must have 'networks' (a circuit), or 'network', the file of one; it has ${listed(own.json)}`);
  const run = simulation ?? ("run" in own.json ? own : undefined);
  return { circuit: circuitIn(circuit), ...(run && { simulation: simulationIn(run) }) };
}
const listed = (json: Json): string => listNames(Object.keys(json));

interface Opened {
  readonly path: string;
  readonly json: Json;
  /** A path that is written in the file, with its names put in. */
  resolve(x: unknown, at: string): string;
}
async function opened(path: string, files?: SonataFiles): Promise<Opened> {
  const json = plainObject(await jsonOf(path, files), path);
  const manifest = manifestIn(json, path);
  const folder = folderOf(path);
  return {
    path,
    json,
    resolve: (x, at) => joined(folder, expanded(text(x, `${path}.${at}`), manifest, `${path}.${at}`)),
  };
}
async function follow(from: Opened, name: string, files?: SonataFiles): Promise<Opened | undefined> {
  return typeof from.json[name] === "string" ? opened(from.resolve(from.json[name], name), files) : undefined;
}

const MOST_NESTED = 32;
/** Names and what they stand for, which may name others. */
function manifestIn({ manifest = {} }: Json, path: string): ReadonlyMap<string, string> {
  const given = Object.entries(plainObject(manifest, `${path}.manifest`));
  return new Map(given.map(([name, x]) => [name.replace(/^\$/, ""), text(x, `${path}.manifest.${name}`)]));
}
/** @throws {DataError} `bad-file` for a name that the manifest lacks, or that stands for itself */
function expanded(path: string, manifest: ReadonlyMap<string, string>, at: string): string {
  let out = path;
  for (let depth = 0; out.includes("$"); depth++) {
    if (depth > MOST_NESTED || out.length > 2 ** 14) throw badFile(at, `'${path}' stands for itself in the manifest`);
    out = out.replace(/\$(?:\{(\w+)\}|(\w+))/, (_, a?: string, b?: string) => {
      const found = manifest.get(a ?? b!);
      if (found !== undefined) return found;
      throw badFile(
        at,
        `the manifest has no '$${a ?? b}'; known: ${listNames([...manifest.keys()].map((x) => `$${x}`))}`,
      );
    });
    if (!/\$[\w{]/.test(out)) break;
  }
  return out;
}

function circuitIn({ path, json, resolve }: Opened): Circuit {
  const networks = plainObject(json["networks"], `${path}.networks`);
  const pairs = (what: "nodes" | "edges"): FilePair[] =>
    listIn(networks[what] ?? [], `${path}.networks.${what}`).flatMap((x, k) => {
      const at = `networks.${what}[${k}]`;
      const pair = plainObject(x, `${path}.${at}`);
      if (pair["enabled"] === false) return [];
      const [data, types] = [`${what}_file`, `${what.slice(0, -1)}_types_file`];
      return [{ data: resolve(pair[data], `${at}.${data}`), types: resolve(pair[types], `${at}.${types}`) }];
    });
  const components = plainObject(json["components"] ?? {}, `${path}.components`);
  return {
    path,
    nodes: pairs("nodes"),
    edges: pairs("edges"),
    components: Object.fromEntries(
      Object.entries(components).map(([name, x]) => [name, resolve(x, `components.${name}`)]),
    ),
    ...(json["rheobase"] !== undefined && { rheobase: json["rheobase"] }),
  };
}
function listIn(x: unknown, path: string): readonly unknown[] {
  if (Array.isArray(x)) return x;
  throw mustBe("a list", x, path);
}

function simulationIn({ path, json, resolve }: Opened): Simulation {
  const run = plainObject(json["run"], `${path}.run`);
  const positive = (name: string): number => {
    const x = finite(run[name], `${path}.run.${name}`);
    if (x > 0) return x;
    throw mustBe("a number of ms above 0", x, `${path}.run.${name}`);
  };
  const start = run["tstart"] ?? 0;
  if (start !== 0) throw badFile(`${path}.run.tstart`, `must be 0 here, got ${start}: a network starts at rest`);
  const { random_seed: seed } = run;
  const output = plainObject(json["output"] ?? {}, `${path}.output`);
  const spikes = output["output_dir"] === undefined ? undefined : resolve(output["output_dir"], "output.output_dir");
  return {
    path,
    dt: positive("dt"),
    tstop: positive("tstop"),
    ...(Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32 && { seed: seed as number }),
    inputs: inputsIn(json["inputs"] ?? {}, path, resolve),
    nodeSets: json["node_sets_file"] === undefined ? undefined : resolve(json["node_sets_file"], "node_sets_file"),
    ...(spikes !== undefined && {
      output: joined(spikes, text(output["spikes_file"] ?? "spikes.h5", `${path}.output.spikes_file`)),
    }),
    ignored: [...(isEmpty(json["reports"]) ? [] : ["reports"]), ...(isEmpty(json["conditions"]) ? [] : ["conditions"])],
  };
}
const isEmpty = (x: unknown): boolean => x === undefined || Object.keys(x as object).length === 0;

/** Modules that read spikes from HDF5. */
const SPIKE_MODULES: readonly unknown[] = ["h5", "sonata", "hdf5"];
function inputsIn(x: unknown, path: string, resolve: Opened["resolve"]): SpikeInput[] {
  return Object.entries(plainObject(x, `${path}.inputs`)).flatMap(([name, given]) => {
    const at = `inputs.${name}`;
    const input = plainObject(given, `${path}.${at}`);
    if (input["enabled"] === false) return [];
    if (input["input_type"] !== "spikes") throw notSpikes(input["input_type"], `${path}.${at}.input_type`);
    if (!SPIKE_MODULES.includes(input["module"]))
      throw mustBe("'h5' or 'sonata', which read spikes from HDF5", input["module"], `${path}.${at}.module`);
    const file = resolve(input["input_file"], `${at}.input_file`);
    return [{ name, file, ...(input["node_set"] !== undefined && { nodeSet: input["node_set"] }) }];
  });
}
const notSpikes = (x: unknown, path: string): DataError =>
  mustBe("'spikes': other inputs (current_clamp, voltage_clamp, extracellular_stimulation) are not simulated", x, path);
