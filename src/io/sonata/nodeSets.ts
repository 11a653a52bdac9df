/**
 * Node sets: nodes by population, by id and by what the table of node types says of them, or several sets together.
 *
 * @see SONATA developer guide, "Node Sets File"
 */
import { listNames } from "../../base/errors.ts";
import { badFile, mustBe, plainObject, text } from "../check.ts";
import type { NodePopulation } from "./nodes.ts";

/** By population: 1 where a node belongs to the set. */
export type NodeSet = ReadonlyMap<string, Uint8Array>;

const MOST_NESTED = 32;

/**
 * @param sets what the node sets' file holds
 * @param wanted a set's or a population's name, or the rules of a set
 * @throws {DataError} `bad-file` for a set that is not there or names itself, and for what nodes are not told by here
 */
export function nodeSet(
  wanted: unknown,
  sets: Readonly<Record<string, unknown>>,
  populations: readonly NodePopulation[],
  path: string,
  depth = 0,
): NodeSet {
  if (depth > MOST_NESTED) throw badFile(path, "node sets name one another without an end");
  if (Array.isArray(wanted)) {
    const all = wanted.map((name) => nodeSet(text(name, path), sets, populations, path, depth + 1));
    return together(all);
  }
  if (typeof wanted !== "string") return byRules(plainObject(wanted, path), populations, path);
  if (Object.hasOwn(sets, wanted)) return nodeSet(sets[wanted], sets, populations, `${path} '${wanted}'`, depth + 1);
  const population = populations.find((p) => p.name === wanted);
  if (population) return new Map([[wanted, new Uint8Array(population.size).fill(1)]]);
  const known = listNames([...Object.keys(sets), ...populations.map((p) => p.name)]);
  throw badFile(path, `there is no node set '${wanted}'; known: ${known}`);
}

function together(all: readonly NodeSet[]): NodeSet {
  const out = new Map<string, Uint8Array>();
  for (const set of all)
    for (const [name, members] of set) {
      const before = out.get(name);
      out.set(name, before ? before.map((x, k) => x | members[k]!) : members);
    }
  return out;
}

function byRules(
  rules: Readonly<Record<string, unknown>>,
  populations: readonly NodePopulation[],
  path: string,
): NodeSet {
  const { population, node_id: ids, ...others } = rules;
  const named = (p: NodePopulation): boolean => population === undefined || asList(population).includes(p.name);
  const chosen = populations.filter(named);
  const out = new Map<string, Uint8Array>();
  for (const p of chosen) {
    const members = ids === undefined ? new Uint8Array(p.size).fill(1) : byId(asList(ids), p, path);
    for (const [name, value] of Object.entries(others)) keep(members, p, name, asList(value), path);
    out.set(p.name, members);
  }
  return out;
}
const asList = (x: unknown): readonly unknown[] => (Array.isArray(x) ? x : [x]);

function byId(ids: readonly unknown[], { size }: NodePopulation, path: string): Uint8Array {
  const out = new Uint8Array(size);
  for (const id of ids) {
    if (!(typeof id === "number" && Number.isInteger(id) && id >= 0))
      throw mustBe("whole numbers", id, `${path}.node_id`);
    if (id < size) out[id] = 1;
  }
  return out;
}
function keep(
  members: Uint8Array,
  { types, type, path: file, name }: NodePopulation,
  column: string,
  values: readonly unknown[],
  path: string,
): void {
  if (!types.some((t) => t.cells.has(column)))
    throw badFile(`${path}.${column}`, `no type of nodes/${name} (${file}) has a column '${column}'`);
  const fits = types.map((t) => values.some((v) => String(v) === t.cells.get(column)));
  for (let id = 0; id < members.length; id++) if (!fits[type[id]!]) members[id] = 0;
}
