/** The edges' file and the table of their types: an edge population a connection. */
import type { Network } from "../../model/network.ts";
import { sizeOf } from "../../model/nodes.ts";
import { type Counterpart, weightsOf } from "./counterpart.ts";
import type { DrawnConnection } from "./drawn.ts";
import { edgeIndex } from "./edgeIndex.ts";
import type { Branch, Column } from "./hdf5Write.ts";
import { edgeNames } from "./section.ts";
import { OWN_SCHEMA, OWN_WEIGHT, scaled } from "./templates.ts";
import { typeTableText } from "./typeTable.ts";

const COLUMNS = ["edge_type_id", "population", "source_query", "target_query", "model_template", "syn_weight", "delay"];
const FIRST_TYPE = 100;

export function edgeFiles(
  net: Network,
  connections: readonly DrawnConnection[],
  counterparts: ReadonlyMap<string, Counterpart | undefined>,
  { index }: { readonly index: boolean },
): { readonly data: Branch; readonly types: string } {
  const names = edgeNames(net);
  const rows: string[][] = [];
  const branches: [string, Branch][] = [];
  for (const drawn of connections) {
    const { connection: c, delay } = drawn;
    const template = counterparts.get(c.to.node)?.template;
    const weight = template ? weightsOf(drawn, template)! : drawn.weight;
    const ms = typeof delay === "number" ? msOf(delay, net.dt) : msOfAll(delay, net.dt);
    const id = FIRST_TYPE + rows.length;
    const name = names.get(c.name)!;
    const cell = (x: number | Float64Array): string => (typeof x === "number" ? String(x) : "");
    const kind = template ? (template.synapses[0] ?? "") : c.synapse ? `${OWN_SCHEMA}${c.synapse.name}` : OWN_WEIGHT;
    rows.push([String(id), name, "*", "*", kind, cell(weight), cell(ms)]);
    const own = new Map<string, Column>([
      ...(typeof weight === "number" ? [] : [["syn_weight", { data: weight }] as const]),
      ...(typeof ms === "number" ? [] : [["delay", { data: ms }] as const]),
    ]);
    branches.push([name, edgesBranch(net, drawn, id, own, index)]);
  }
  return { data: new Map([["edges", new Map(branches)]]), types: typeTableText(COLUMNS, rows) };
}
/** Whole steps as a number of ms that is read back as so many. */
const msOf = (steps: number, dt: number): number => scaled(steps * dt, 3);

/** Few delays occur, many times each. */
function msOfAll(steps: Int32Array, dt: number): Float64Array {
  const known = new Map<number, number>();
  const out = new Float64Array(steps.length);
  for (let k = 0; k < steps.length; k++) {
    let ms = known.get(steps[k]!);
    if (ms === undefined) {
      ms = msOf(steps[k]!, dt);
      known.set(steps[k]!, ms);
    }
    out[k] = ms;
  }
  return out;
}

function edgesBranch(
  net: Network,
  { connection: c, source, target }: DrawnConnection,
  type: number,
  own: ReadonlyMap<string, Column>,
  index: boolean,
): Branch {
  const count = source.length;
  const end = (data: Uint32Array, node: string): Column => ({ data, attributes: { node_population: node } });
  const indices = (): Branch =>
    new Map([
      ["source_to_target", edgeIndex(source, sizeOf(net, c.from.node))],
      ["target_to_source", edgeIndex(target, sizeOf(net, c.to.node))],
    ]);
  return new Map<string, Column | Branch>([
    ["edge_type_id", { data: new Uint32Array(count).fill(type) }],
    ["source_node_id", end(source, c.from.node)],
    ["target_node_id", end(target, c.to.node)],
    ["edge_group_id", { data: new Uint8Array(count) }],
    ["edge_group_index", { data: Uint32Array.from({ length: count }, (_, k) => k) }],
    ["0", own],
    ...(index ? [["indices", indices()] as const] : []),
  ]);
}
