/** What the host sees of sparse connections, however they are laid out. */
import type { Elements, Executable } from "../backend/backend.ts";
import { RunError } from "../base/errors.ts";
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

/** The weight, the synapse's variables, and where there is one the step of its last event. */
function variablesOf(l: Lowered, { synapse }: Connection, name: string): string[] {
  return [...new Set(["w", ...Object.keys(synapse?.variables ?? {}), ...l.sources.synapses.get(name)!.own])];
}

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
    ...Object.fromEntries(variablesOf(l, c, name).map((variable) => [variable, view(variable)])),
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

/** Synapses of each source; undefined of a dense connection. Where synapses lie by delay, rows are added up. */
export function outDegrees(x: Executable, l: Lowered, c: Connection): Uint32Array | undefined {
  const groups = l.delayGroups.get(c.name)?.map((g) => g.name) ?? [c.name];
  if (!groups.every((name) => l.sources.synapses.has(name))) return undefined;
  const { parts } = l.context;
  const out = new Uint32Array(l.context.size(c.from.node));
  for (const name of groups) {
    const rowStart = x.array(`${name}.rowStart`);
    for (let k = 0; k < out.length; k++) out[k]! += rowStart[(k + 1) * parts]! - rowStart[k * parts]!;
  }
  return out;
}

/** Synapses that lie by their delays, back in their places. */
function joined(x: Executable, l: Lowered, c: Connection, groups: readonly DelayGroup[]): Views {
  const count = groups.reduce((sum, g) => sum + g.index.length, 0);
  const [source, target, delay] = [new Uint32Array(count), new Uint32Array(count), new Int32Array(count)];
  const values = new Map(variablesOf(l, c, groups[0]!.name).map((name) => [name, new Float64Array(count)]));
  const all: [string, Elements][] = [["source", source], ["target", target], ...values];
  for (const { name, delay: steps, index } of groups) {
    const views = viewsOf(x, l, c, name);
    for (const [variable, to] of all) index.forEach((k, n) => (to[k] = views[variable]![n]!));
    for (const k of index) delay[k] = steps;
  }
  return { ...Object.fromEntries(all), delay };
}

/**
 * Puts what was changed in copies back where it came from; live views are there already.
 * @throws {RunError} `unsupported` for what synapses share, and for where they lie and how long they take
 */
export function writeBack(x: Executable, l: Lowered, c: Connection, views: Views): void {
  const groups = l.delayGroups.get(c.name) ?? [];
  const own = new Set(l.sources.synapses.get(groups[0]?.name ?? c.name)!.own);
  for (const { name, index } of groups)
    for (const variable of own) {
      const to = x.array(`${name}.${variable}`);
      index.forEach((k, n) => (to[n] = views[variable]![k]!));
    }
  const now = synapseViews(x, l, c)!;
  for (const [variable, values] of Object.entries(views)) {
    if (own.has(variable)) continue;
    const k = values.findIndex((v, n) => !Object.is(v, now[variable]![n]));
    if (k < 0) continue;
    const problem = FIXED.has(variable)
      ? `'${variable}' stays as it was drawn or given`
      : `all synapses share one '${variable}', which nothing changes: ${variable === "w" ? "give the weights one by one, or draw them" : "declare it in equations"}`;
    throw new RunError("unsupported", `synapses ${c.name}[${k}]`, `cannot be changed: ${problem}`);
  }
}
const FIXED: ReadonlySet<string> = new Set(["source", "target", "delay"]);
