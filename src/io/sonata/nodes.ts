/**
 * Nodes: what populations there are, which neurons they hold, with which parameters. A population of neurons of several
 * models becomes several here, one a model; virtual nodes become an input.
 *
 * @see SONATA developer guide, "Representing nodes"
 */
import { DataError, listNames } from "../../base/errors.ts";
import { finite, mustBe, plainObject } from "../check.ts";
import type { Circuit, FilePair } from "./config.ts";
import { joined, jsonOf, type SonataFiles, sourceOf, textOf } from "./files.ts";
import { type SonataFile, withSonataFile } from "./hdf5File.ts";
import { OWN_SCHEMA, TEMPLATES } from "./templates.ts";
import { type TypeRow, type TypeTable, typesOf, typeTable } from "./typeTable.ts";

/** Nodes of one population that share a model. */
export interface NodePart {
  /** `model_template`; of virtual nodes undefined. */
  readonly template: string | undefined;
  /** Ids of its nodes, ascending: neuron k is node `ids[k]`. */
  readonly ids: Uint32Array;
  /** By the template's name of the parameter: what nodes are given, NaN where nothing is said. */
  readonly given: ReadonlyMap<string, Float64Array>;
  /** Those of them that are given node by node, and not by a type. */
  readonly each: ReadonlySet<string>;
}
export interface NodePopulation {
  readonly name: string;
  /** The nodes' file, for errors. */
  readonly path: string;
  readonly size: number;
  readonly parts: readonly NodePart[];
  /** By node id: which part, and which neuron of it. */
  readonly part: Uint8Array;
  readonly index: Uint32Array;
  /** By node id: the type's row. */
  readonly types: readonly TypeRow[];
  readonly type: Uint32Array;
}

/** Models in one population. */
const MOST_PARTS = 255;
/** Neurons: what a buffer's index can address. */
const MOST_NODES = 2 ** 31;

/** @throws {DataError} `missing-file`, `bad-file`, `unsupported`, with the file and the place in it */
export async function readNodes(circuit: Circuit, files?: SonataFiles): Promise<NodePopulation[]> {
  const out: NodePopulation[] = [];
  for (const pair of circuit.nodes) out.push(...(await nodesIn(pair, circuit, files)));
  const names = out.map((p) => p.name);
  const twice = out.find((p, k) => names.indexOf(p.name) !== k);
  if (twice) throw new DataError("bad-file", twice.path, `nodes/${twice.name}: another file has this population too`);
  return out;
}

async function nodesIn({ data, types }: FilePair, circuit: Circuit, files?: SonataFiles): Promise<NodePopulation[]> {
  const table = typeTable(await textOf(types, files), types, "node_type_id");
  const dynamics = await dynamicsOf(table, circuit.components["point_neuron_models_dir"], files);
  return withSonataFile(await sourceOf(data, files), (file) => {
    if (!file.isGroup("nodes")) throw file.bad("nodes", "there is no such group");
    // The section names what there is, one population a population.
    const apart = circuit.rheobase === undefined;
    return file.members("nodes").map((name) => populationIn(file, name, { table, dynamics, apart }));
  });
}

/** By the name of a file: what it gives each node of a type. */
type Dynamics = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** The files of parameters that a table of types names. @throws {DataError} `missing-file`, `bad-file` */
export async function dynamicsOf(
  { rows, path }: TypeTable,
  folder: string | undefined,
  files?: SonataFiles,
): Promise<Dynamics> {
  const names = new Set(rows.flatMap((r) => r.cells.get("dynamics_params") ?? []));
  const out = new Map<string, Readonly<Record<string, unknown>>>();
  for (const name of names) {
    if (folder === undefined)
      throw new DataError("bad-file", path, `names '${name}', and the circuit's components have no folder for it`);
    const file = joined(folder, name);
    out.set(name, plainObject(await jsonOf(file, files), file));
  }
  return out;
}

interface Surroundings {
  readonly table: TypeTable;
  readonly dynamics: Dynamics;
  /** Whether neurons of one model may become several populations. */
  readonly apart: boolean;
}

function populationIn(file: SonataFile, name: string, { table, dynamics, apart }: Surroundings): NodePopulation {
  const at = `nodes/${name}`;
  const typeIds = file.indices(`${at}/node_type_id`);
  const size = typeIds.length;
  if (size === 0 || size > MOST_NODES)
    throw file.bad(`${at}/node_type_id`, `must have from 1 to ${MOST_NODES} entries`);
  const row = rowsById(file, at, size);
  const byId = typesOf(table, name);
  const types = [...byId.values()];
  const place = new Map([...byId.keys()].map((id, k) => [id, k]));
  const type = new Uint32Array(size);
  for (let id = 0; id < size; id++) {
    const k = place.get(typeIds[row[id]!]!);
    if (k === undefined)
      throw file.bad(`${at}/node_type_id[${row[id]}]`, `${table.path} has no type ${typeIds[row[id]!]}`);
    type[id] = k;
  }
  const kinds = types.map((t) => kindOf(t, table, file));
  const used = new Set(type);
  const distinct = [...new Set(kinds.filter((_, k) => used.has(k)))];
  if (distinct.length > MOST_PARTS) throw file.bad(at, `has ${distinct.length} models; at most ${MOST_PARTS} are read`);
  const groups = new NodeGroups(file, at, size);
  const kind = Uint8Array.from(type, (k) => distinct.indexOf(kinds[k]!));
  const parts = distinct.flatMap((name, p): readonly NodePart[] => {
    const ids = idsOf(kind, p);
    if (name === VIRTUAL) return [{ template: undefined, ids, given: new Map(), each: new Set() }];
    const given = typeParameters(ids, type, types, dynamics);
    const whole = { template: name, ids, given, each: groups.override(given, ids, row) };
    return apart ? splitByCoefficients(whole, MOST_PARTS - distinct.length) : [whole];
  });
  const [part, index] = [new Uint8Array(size), new Uint32Array(size)];
  for (const [p, { ids }] of parts.entries())
    ids.forEach((id, k) => {
      part[id] = p;
      index[id] = k;
    });
  return { name, path: file.path, size, parts, part, index, types, type };
}

/** Populations that one may become for the sake of its coefficients. */
const MOST_SPLIT = 32;
/** Neurons with other coefficients become another part, where a template has closed forms for the same ones only. */
function splitByCoefficients(whole: NodePart, most: number): readonly NodePart[] {
  const { alike = [] } = TEMPLATES[whole.template!] ?? {};
  const columns = alike.flatMap((name) => whole.given.get(name) ?? []);
  const places = new Map<string, number[]>();
  for (let k = 0; k < whole.ids.length; k++) {
    const key = columns.map((c) => c[k]).join();
    const own = places.get(key);
    if (own) own.push(k);
    else places.set(key, [k]);
    if (places.size > Math.min(most, MOST_SPLIT)) return [whole];
  }
  if (places.size < 2) return [whole];
  return [...places.values()].map((own) => ({
    template: whole.template,
    ids: Uint32Array.from(own, (k) => whole.ids[k]!),
    given: new Map([...whole.given].map(([name, c]) => [name, Float64Array.from(own, (k) => c[k]!)])),
    each: whole.each,
  }));
}
const idsOf = (part: Uint8Array, p: number): Uint32Array => {
  let count = 0;
  for (const x of part) if (x === p) count++;
  const ids = new Uint32Array(count);
  for (let id = 0, k = 0; id < part.length; id++) if (part[id] === p) ids[k++] = id;
  return ids;
};

/** By node id: its row. Ids are rows where the file says nothing. */
function rowsById(file: SonataFile, at: string, size: number): Uint32Array {
  const row = new Uint32Array(size);
  if (!file.has(`${at}/node_id`)) return row.map((_, k) => k);
  const ids = file.indices(`${at}/node_id`);
  if (ids.length !== size) throw file.bad(`${at}/node_id`, `has ${ids.length} entries, and there are ${size} nodes`);
  row.fill(size);
  for (let k = 0; k < size; k++) {
    const id = ids[k]!;
    if (id >= size || row[id] !== size)
      throw file.bad(`${at}/node_id[${k}]`, `ids must be the numbers from 0 to ${size - 1}, each once, got ${id}`);
    row[id] = k;
  }
  return row;
}

const VIRTUAL = "virtual";
/** `point_process` is the older word for `point_neuron`. */
const POINTS: readonly (string | undefined)[] = ["point_neuron", "point_process"];
/** A type's template, or `virtual`. */
function kindOf({ cells, line }: TypeRow, { path }: TypeTable, file: SonataFile): string {
  const where = `${path}: line ${line}`;
  const kind = cells.get("model_type");
  if (kind === VIRTUAL) return VIRTUAL;
  if (kind === undefined) throw new DataError("bad-file", where, `has no model_type (nodes of ${file.path})`);
  if (!POINTS.includes(kind))
    throw new DataError(
      "unsupported",
      where,
      `model_type '${kind}' is not simulated here; known: point_neuron, virtual`,
    );
  const template = cells.get("model_template");
  if (template === undefined) throw new DataError("bad-file", where, "a point neuron needs a model_template");
  return template.startsWith(OWN_SCHEMA) || /^\w+:/.test(template) ? template : `nest:${template}`;
}

/** What types say of parameters, node by node. */
function typeParameters(
  ids: Uint32Array,
  type: Uint32Array,
  types: readonly TypeRow[],
  dynamics: Dynamics,
): Map<string, Float64Array> {
  const given = new Map<string, Float64Array>();
  const values = types.map((t) => numbersIn(dynamics, t.cells.get("dynamics_params")));
  for (let k = 0; k < ids.length; k++)
    for (const [name, x] of values[type[ids[k]!]!]!) columnOf(given, name, ids.length)[k] = x;
  return given;
}
function columnOf(given: Map<string, Float64Array>, name: string, length: number): Float64Array {
  const found = given.get(name) ?? new Float64Array(length).fill(Number.NaN);
  given.set(name, found);
  return found;
}

function numbersIn(dynamics: Dynamics, name: string | undefined): [string, number][] {
  if (name === undefined) return [];
  return Object.entries(dynamics.get(name)!).flatMap(([key, x]): [string, number][] => {
    if (key === "type" && typeof x === "string") return []; // a word for its reader
    if (typeof x !== "number") throw mustBe("a number", x, `${name}.${key}`);
    return [[key, finite(x, `${name}.${key}`)]];
  });
}

/** Columns of groups, which override what types say. */
class NodeGroups {
  readonly #file: SonataFile;
  readonly #at: string;
  /** By row: the group, and the place in it. */
  readonly #group: Uint32Array;
  readonly #index: Uint32Array;
  readonly #parameters: ReadonlyMap<number, ReadonlyMap<string, Float64Array>>;

  constructor(file: SonataFile, at: string, size: number) {
    this.#file = file;
    this.#at = at;
    this.#group = this.#column("node_group_id", size, () => 0);
    this.#index = this.#column("node_group_index", size, (k) => k);
    const numbers = file.members(at).filter((name) => /^\d{1,9}$/.test(name) && file.isGroup(`${at}/${name}`));
    this.#parameters = new Map(numbers.map((name) => [Number(name), this.#parametersOf(name)]));
  }
  #column(name: string, size: number, otherwise: (k: number) => number): Uint32Array {
    const path = `${this.#at}/${name}`;
    if (!this.#file.has(path)) return Uint32Array.from({ length: size }, (_, k) => otherwise(k));
    const found = this.#file.indices(path);
    if (found.length !== size) throw this.#file.bad(path, `has ${found.length} entries, and there are ${size} nodes`);
    return found;
  }
  #parametersOf(group: string): ReadonlyMap<string, Float64Array> {
    const at = `${this.#at}/${group}`;
    for (const name of ["model_type", "model_template"])
      if (this.#file.has(`${at}/${name}`))
        throw this.#file.bad(`${at}/${name}`, "is given node by node; only the table of node types may say it here");
    const names = this.#file.members(`${at}/dynamics_params`);
    return new Map(names.map((name) => [name, this.#file.numbers(`${at}/dynamics_params/${name}`)]));
  }

  /**
   * @param row by node id
   * @returns names of what was given here
   */
  override(given: Map<string, Float64Array>, ids: Uint32Array, row: Uint32Array): Set<string> {
    const each = new Set<string>();
    for (let k = 0; k < ids.length; k++) {
      const at = row[ids[k]!]!;
      const group = this.#parameters.get(this.#group[at]!);
      if (!group) {
        const known = listNames([...this.#parameters.keys()].map(String));
        if (this.#parameters.size === 0 && this.#group[at] === 0) continue;
        throw this.#file.bad(
          `${this.#at}/node_group_id[${at}]`,
          `there is no group ${this.#group[at]}; known: ${known}`,
        );
      }
      for (const [name, values] of group) {
        const index = this.#index[at]!;
        if (index >= values.length)
          throw this.#file.bad(
            `${this.#at}/node_group_index[${at}]`,
            `is ${index}, and '${name}' has ${values.length} values`,
          );
        columnOf(given, name, ids.length)[k] = values[index]!;
        each.add(name);
      }
    }
    return each;
  }
}
