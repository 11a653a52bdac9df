/** What the host sees of sparse connections, however they are laid out. */
import type { Elements, Executable } from "../backend/backend.ts";
import type { Connection } from "../model/connection.ts";
import type { DelayGroup } from "./lower/delays.ts";
import type { Lowered } from "./lower/lower.ts";

type Views = Readonly<Record<string, Elements>>;

export const isSparse = ({ sources, delayGroups }: Lowered, connection: string): boolean =>
  delayGroups.has(connection) || sources.synapses.has(connection);

/** Of a sparse connection, in order of source, then of target; undefined of a dense one. */
export function synapseViews(x: Executable, l: Lowered, c: Connection): Views | undefined {
  const groups = l.delayGroups.get(c.name);
  if (groups) return joined(x, l, c, groups);
  return l.sources.synapses.has(c.name) ? viewsOf(x, l, c, c.name) : undefined;
}

const variablesOf = ({ synapse }: Connection): string[] => ["w", ...Object.keys(synapse?.variables ?? {})];

function viewsOf(x: Executable, l: Lowered, c: Connection, name: string): Views {
  const tables = l.sources.synapses.get(name)!;
  const view = (variable: string): Elements => {
    const array = x.array(`${name}.${variable}`);
    return tables.space(variable) === "synapse" ? array : repeated(array, tables.count);
  };
  return {
    source: tables.columns
      ? x.array(`${name}.source`)
      : sourcesOf(x.array(`${name}.rowStart`), l.context.parts, tables.count),
    target: x.array(`${name}.target`),
    ...Object.fromEntries(variablesOf(c).map((variable) => [variable, view(variable)])),
  };
}
function repeated([value]: Elements, count: number): Float64Array {
  return new Float64Array(count).fill(value!);
}
function sourcesOf(rowStart: Elements, parts: number, count: number): Uint32Array {
  const out = new Uint32Array(count);
  for (let k = 0; (k + 1) * parts < rowStart.length; k++) out.fill(k, rowStart[k * parts], rowStart[(k + 1) * parts]);
  return out;
}

/** Synapses that lie by their delays, back in their places. */
function joined(x: Executable, l: Lowered, c: Connection, groups: readonly DelayGroup[]): Views {
  const count = groups.reduce((sum, g) => sum + g.index.length, 0);
  const [source, target, delay] = [new Uint32Array(count), new Uint32Array(count), new Int32Array(count)];
  const values = new Map(variablesOf(c).map((name) => [name, new Float64Array(count)]));
  const all: [string, Elements][] = [["source", source], ["target", target], ...values];
  for (const { name, delay: steps, index } of groups) {
    const views = viewsOf(x, l, c, name);
    for (const [variable, to] of all) index.forEach((k, n) => (to[k] = views[variable]![n]!));
    for (const k of index) delay[k] = steps;
  }
  return { ...Object.fromEntries(all), delay };
}
