/**
 * Edges: columns of an edge population, put together as connections: one for each pair of models that they join and each
 * port that they reach. Nothing is made for a single synapse but its place in the columns.
 *
 * @see SONATA developer guide, "Representing Edges"
 */
import { DataError, listNames } from "../../base/errors.ts";
import { plainObject } from "../check.ts";
import type { Circuit, FilePair } from "./config.ts";
import { type SonataFiles, sourceOf, textOf } from "./files.ts";
import { type SonataFile, withSonataFile } from "./hdf5File.ts";
import { dynamicsOf, type NodePopulation } from "./nodes.ts";
import { numberIn, type TypeRow, type TypeTable, typesOf, typeTable } from "./typeTable.ts";

/** An edge population as it lies in its file, synapse by synapse. */
export interface EdgePopulation {
  readonly name: string;
  readonly path: string;
  readonly source: NodePopulation;
  readonly target: NodePopulation;
  /** Node ids. */
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** Index into `types`. */
  readonly type: Uint32Array;
  readonly types: readonly EdgeType[];
  /** What each synapse is given: in the units of the file, NaN where only the type says it. */
  readonly weight: Float64Array | undefined;
  readonly delay: Float64Array | undefined;
  /** Synapses that one row stands for (BMTK). */
  readonly count: Uint32Array | undefined;
}
export interface EdgeType {
  readonly row: TypeRow;
  readonly weight: number | undefined;
  readonly delay: number | undefined;
  /** -1 where the synapse's parameters turn the weight round (`sign`). */
  readonly sign: number;
  readonly template: string | undefined;
  /** Of PyNN: `excitatory` or `inhibitory`. */
  readonly receptor: string | undefined;
}

/** @throws {DataError} `missing-file`, `bad-file`, `unsupported`, with the file and the place in it */
export async function readEdges(
  circuit: Circuit,
  nodes: readonly NodePopulation[],
  take: (edges: EdgePopulation) => void,
  files?: SonataFiles,
): Promise<void> {
  for (const pair of circuit.edges) await edgesIn(pair, circuit, nodes, take, files);
}

async function edgesIn(
  { data, types }: FilePair,
  circuit: Circuit,
  nodes: readonly NodePopulation[],
  take: (edges: EdgePopulation) => void,
  files?: SonataFiles,
): Promise<void> {
  const table = typeTable(await textOf(types, files), types, "edge_type_id");
  const dynamics = await dynamicsOf(table, circuit.components["synaptic_models_dir"], files);
  await withSonataFile(await sourceOf(data, files), (file) => {
    if (!file.isGroup("edges")) throw file.bad("edges", "there is no such group");
    for (const name of file.members("edges")) take(populationIn(file, name, { table, dynamics, nodes }));
  });
}

interface Surroundings {
  readonly table: TypeTable;
  readonly dynamics: Awaited<ReturnType<typeof dynamicsOf>>;
  readonly nodes: readonly NodePopulation[];
}

function populationIn(file: SonataFile, name: string, { table, dynamics, nodes }: Surroundings): EdgePopulation {
  const at = `edges/${name}`;
  const source = endOf(file, `${at}/source_node_id`, nodes);
  const target = endOf(file, `${at}/target_node_id`, nodes);
  const from = file.indices(`${at}/source_node_id`, source.size);
  const to = file.indices(`${at}/target_node_id`, target.size);
  const count = from.length;
  requireLength(file, `${at}/target_node_id`, to.length, count);
  const rows = [...typesOf(table, name).values()];
  const places = new Map(rows.map((r, k) => [r.id, k]));
  const type = file.indices(`${at}/edge_type_id`);
  requireLength(file, `${at}/edge_type_id`, type.length, count);
  for (let k = 0; k < count; k++) {
    const place = places.get(type[k]!);
    if (place === undefined) throw file.bad(`${at}/edge_type_id[${k}]`, `${table.path} has no type ${type[k]}`);
    type[k] = place;
  }
  const groups = new EdgeGroups(file, at, count);
  const synapses = groups.column("nsyns");
  return {
    name,
    path: file.path,
    source,
    target,
    from,
    to,
    type,
    types: rows.map((r) => typeOf(r, table, dynamics)),
    weight: groups.column("syn_weight"),
    delay: groups.column("delay"),
    count: synapses && countsOf(synapses, file, `${at}: nsyns`),
  };
}
function requireLength(file: SonataFile, where: string, got: number, count: number): void {
  if (got !== count) throw file.bad(where, `has ${got} entries, and there are ${count} edges`);
}
function endOf(file: SonataFile, column: string, nodes: readonly NodePopulation[]): NodePopulation {
  const name = file.attribute(column, "node_population");
  const known = listNames(nodes.map((p) => p.name));
  if (name === undefined) throw file.bad(`${column}@node_population`, `is missing: it names one of ${known}`);
  const found = nodes.find((p) => p.name === name);
  if (found) return found;
  throw file.bad(`${column}@node_population`, `there is no population '${name.slice(0, 80)}'; known: ${known}`);
}
const MOST_SYNAPSES_A_ROW = 2 ** 20;
function countsOf(numbers: Float64Array, file: SonataFile, where: string): Uint32Array {
  const k = numbers.findIndex((x) => !Number.isNaN(x) && !(Number.isInteger(x) && x >= 0 && x <= MOST_SYNAPSES_A_ROW));
  if (k >= 0)
    throw file.bad(`${where}[${k}]`, `must be a whole number up to ${MOST_SYNAPSES_A_ROW}, got ${numbers[k]}`);
  return Uint32Array.from(numbers, (x) => (Number.isNaN(x) ? 1 : x));
}

/** What weights may be functions of: BMTK's name for the weight as it stands. */
const PLAIN_WEIGHTS: readonly (string | undefined)[] = [undefined, "wmax"];
function typeOf(row: TypeRow, table: TypeTable, dynamics: Surroundings["dynamics"]): EdgeType {
  const where = `${table.path}: line ${row.line}`;
  const rule = row.cells.get("weight_function");
  if (!PLAIN_WEIGHTS.includes(rule))
    throw new DataError("unsupported", where, `weight_function '${rule}' is not computed here; known: wmax`);
  const named = row.cells.get("dynamics_params");
  return {
    row,
    weight: numberIn(table, row, "syn_weight"),
    delay: numberIn(table, row, "delay"),
    sign: named === undefined ? 1 : signIn(dynamics.get(named)!, `${where}: ${named}`),
    template: row.cells.get("model_template"),
    receptor: row.cells.get("receptor_type"),
  };
}
/** Parameters of synapses that are more than a weight belong to synapses that are more than one. */
function signIn(parameters: Readonly<Record<string, unknown>>, path: string): number {
  const { sign = 1, level_of_detail: _, ...others } = plainObject(parameters, path);
  const other = Object.keys(others)[0];
  if (other !== undefined)
    throw new DataError("unsupported", path, `'${other}' belongs to a synapse that is more than a weight; known: sign`);
  if (sign === 1 || sign === -1) return sign;
  throw new DataError("bad-file", path, `sign must be 1 or -1, got ${String(sign)}`);
}

/** What has a column of its own, group by group. */
class EdgeGroups {
  readonly #file: SonataFile;
  readonly #at: string;
  readonly #count: number;
  readonly #names: readonly string[];
  /** Undefined where there is one group, in order: as most files have it. */
  readonly #places: { readonly group: Uint32Array; readonly index: Uint32Array } | undefined;

  constructor(file: SonataFile, at: string, count: number) {
    [this.#file, this.#at, this.#count] = [file, at, count];
    this.#names = file.members(at).filter((name) => /^\d{1,9}$/.test(name) && file.isGroup(`${at}/${name}`));
    for (const name of this.#names)
      for (const own of ["model_template", "receptor_type"])
        if (file.has(`${at}/${name}/${own}`))
          throw file.bad(`${at}/${name}/${own}`, "is given edge by edge; only the table of edge types may say it here");
    for (const name of this.#names) {
      const given = file.members(`${at}/${name}/dynamics_params`)[0];
      if (given !== undefined)
        throw file.bad(`${at}/${name}/dynamics_params/${given}`, "belongs to a synapse that is more than a weight");
    }
    this.#places = this.#placesIn();
  }
  #placesIn(): { group: Uint32Array; index: Uint32Array } | undefined {
    const path = (name: string): string => `${this.#at}/${name}`;
    if (!this.#file.has(path("edge_group_id"))) return undefined;
    const group = this.#file.indices(path("edge_group_id"));
    const index = this.#file.indices(path("edge_group_index"));
    for (const [name, x] of [
      ["edge_group_id", group],
      ["edge_group_index", index],
    ] as const)
      requireLength(this.#file, path(name), x.length, this.#count);
    const known = new Set(this.#names.map(Number));
    const odd = this.#names.length === 0 ? -1 : group.findIndex((g) => !known.has(g));
    if (odd >= 0)
      throw this.#file.bad(
        `${path("edge_group_id")}[${odd}]`,
        `there is no group ${group[odd]}; known: ${listNames(this.#names)}`,
      );
    const isPlain = this.#names.length < 2 && index.every((x, k) => x === k);
    return isPlain ? undefined : { group, index };
  }

  /** NaN where a group lacks it; undefined where all do. @throws {DataError} `bad-file` */
  column(name: string): Float64Array | undefined {
    const having = this.#names.filter((g) => this.#file.has(`${this.#at}/${g}/${name}`));
    if (having.length === 0) return undefined;
    const places = this.#places;
    if (!places) {
      const path = `${this.#at}/${having[0]}/${name}`;
      const values = this.#file.numbers(path);
      requireLength(this.#file, path, values.length, this.#count);
      return values;
    }
    const out = new Float64Array(this.#count).fill(Number.NaN);
    for (const g of having) {
      const path = `${this.#at}/${g}/${name}`;
      const values = this.#file.numbers(path);
      for (let k = 0; k < this.#count; k++) {
        if (places.group[k] !== Number(g)) continue;
        const index = places.index[k]!;
        if (index >= values.length)
          throw this.#file.bad(
            `${this.#at}/edge_group_index[${k}]`,
            `is ${index}, and ${path} has ${values.length} values`,
          );
        out[k] = values[index]!;
      }
    }
    return out;
  }
}
