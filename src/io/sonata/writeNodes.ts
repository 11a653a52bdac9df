/** The nodes' file, the table of their types, and what types are made of. */
import type { Network, Population } from "../../model/network.ts";
import { initialName } from "../../model/trainable.ts";
import type { Counterpart } from "./counterpart.ts";
import type { DrawnPopulation, Numbers } from "./drawn.ts";
import type { Branch, Column } from "./hdf5Write.ts";
import { OWN_SCHEMA } from "./templates.ts";
import { typeTableText } from "./typeTable.ts";

export interface WrittenPopulation {
  readonly node: string;
  readonly population: Population;
  readonly drawn: DrawnPopulation;
  readonly counterpart: Counterpart | undefined;
}
export interface NodeFiles {
  readonly data: Branch;
  readonly types: string;
  /** By name, among the components: descriptions of neurons, and parameters that all nodes of a type share. */
  readonly models: ReadonlyMap<string, unknown>;
}

const COLUMNS = ["node_type_id", "population", "model_type", "model_template", "dynamics_params"];
const FIRST_TYPE = 100;

export function nodeFiles(net: Network, populations: readonly WrittenPopulation[]): NodeFiles {
  const models = new Map<string, unknown>();
  const rows: string[][] = [];
  const branches: [string, Branch][] = [];
  const add = (name: string, size: number, cells: readonly string[], each: ReadonlyMap<string, Column>): void => {
    const id = FIRST_TYPE + rows.length;
    rows.push([String(id), name, ...cells]);
    branches.push([name, nodesBranch(size, id, each)]);
  };
  for (const [name, { size }] of Object.entries(net.inputs)) add(name, size, ["virtual", "", ""], new Map());
  for (const { node, population: p, drawn, counterpart } of populations) {
    const all = counterpart?.parameters ?? ownParameters(drawn);
    const shared = Object.fromEntries([...all].filter(([, x]) => typeof x === "number"));
    const each = new Map(
      [...all].flatMap(([name, x]) => (typeof x === "number" ? [] : [[name, { data: x }] as const])),
    );
    const template = counterpart?.name ?? `${OWN_SCHEMA}${modelFile(p, models)}`;
    const file = Object.keys(shared).length > 0 ? `${node}.parameters.json` : "";
    if (file !== "") models.set(file, shared);
    add(node, p.size, ["point_neuron", template, file], each);
  }
  return { data: new Map([["nodes", new Map(branches)]]), types: typeTableText(COLUMNS, rows), models };
}

const ownParameters = ({ parameters, initial }: DrawnPopulation): Map<string, Numbers> =>
  new Map([...parameters, ...[...initial].map(([name, x]) => [initialName(name), x] as const)]);

/** The file that describes a model; each model has one, and two of one name have two. */
function modelFile({ model }: Population, models: Map<string, unknown>): string {
  const content = JSON.stringify(model.spec);
  for (let k = 1; ; k++) {
    const name = `${model.name}${k > 1 ? `-${k}` : ""}.json`;
    const there = models.get(name);
    if (there === undefined) models.set(name, model.spec);
    if (there === undefined || JSON.stringify(there) === content) return name;
  }
}

function nodesBranch(size: number, type: number, each: ReadonlyMap<string, Column>): Branch {
  const ids = Uint32Array.from({ length: size }, (_, k) => k);
  const group: [string, Branch][] = each.size > 0 ? [["dynamics_params", each]] : [];
  return new Map<string, Column | Branch>([
    ["node_id", { data: ids }],
    ["node_type_id", { data: new Uint32Array(size).fill(type) }],
    ["node_group_id", { data: new Uint32Array(size) }],
    ["node_group_index", { data: ids }],
    ["0", new Map(group)],
  ]);
}
