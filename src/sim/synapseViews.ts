/** What the host sees of sparse connections, however they are laid out. */
import type { Elements, Executable } from "../backend/backend.ts";
import { evaluateBody } from "../backend/interpret/body.ts";
import { listNames, ModelError, RunError } from "../base/errors.ts";
import { groupTargets, reachCount, sourceCount, type Windows } from "../ir/windows.ts";
import { type Connection, hasMatrix, isWindowed, windowsIn } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { SIDES, type Side } from "../model/synapseSharing.ts";
import { deliveredViews, drawnViews, ownOf, writeWeights } from "./deliveredViews.ts";
import type { DelayGroup } from "./lower/delays.ts";
import type { Lowered } from "./lower/lower.ts";
import { motionBody } from "./lower/pathwayBody.ts";
import type { SynapseTables } from "./lower/synapses.ts";
import { changing, LAST_EVENT, nodeOf, strideOf } from "./lower/traces.ts";

type Views = Readonly<Record<string, Elements>>;

/** The error for a connection without tables of synapses. */
export function notSparse(name: string, sparse: Iterable<string>, net: Network, path: string): ModelError {
  const c = net.connections.find((x) => x.name === name);
  const matrix =
    c && hasMatrix(c)
      ? `: all pairs of '${name}' share a matrix, which a run only reads. Change it between runs by setParameters, or give the connection pairs(…) or probability(1)`
      : "";
  return new ModelError("unknown-name", path, `no sparse connection '${name}'; known: ${listNames(sparse)}${matrix}`);
}

export const isSparse = ({ sources, delayGroups, context }: Lowered, connection: string): boolean =>
  delayGroups.has(connection) || sources.synapses.has(connection) || context.delivery.delivered.has(connection);

/**
 * Of a sparse connection, in order of source, then of target; undefined of a dense one.
 * @param now the next step
 */
export function synapseViews(x: Executable, l: Lowered, c: Connection, now: number): Views | undefined {
  if (l.context.delivery.delivered.has(c.name)) return deliveredViews(x, l, c);
  const groups = l.delayGroups.get(c.name);
  if (groups) return joined(x, l, c, groups);
  const tables = l.sources.synapses.get(c.name);
  if (!tables) return undefined;
  if (tables.again) return drawnViews(l, c);
  const views = viewsOf(x, l, c, c.name);
  return { ...views, ...sharedViews(x, l, c, views, now) };
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
  const own = variablesOf(l, c, name).filter((variable) => !tables.shared.of.has(variable));
  return {
    ...endsOf(x, l, name, tables),
    ...Object.fromEntries(own.map((variable) => [variable, view(variable)])),
  };
}

/** What the synapses of a neuron share, of each synapse, and as the next step finds it. */
function sharedViews(x: Executable, l: Lowered, c: Connection, ends: Views, now: number): Views {
  const { shared } = l.sources.synapses.get(c.name)!;
  const values = new Map(
    SIDES.flatMap((side) => {
      const names = [...shared.of].filter(([, of]) => of === side).map(([name]) => name);
      return names.length > 0 ? [...neuronValues(x, l, c, { side, names }, now)] : [];
    }),
  );
  return Object.fromEntries([...values].map(([name, of]) => [name, looked(of, ends[END[shared.of.get(name)!]]!)]));
}
/** Of each synapse what its neuron has. `from(places, …)` would make a list of all places first, each a number on the heap. */
const looked = (of: Elements, places: Elements): Float64Array =>
  Float64Array.from({ length: places.length }, (_, k) => of[places[k]!]!);
const END = { pre: "source", post: "target" } as const;

/** One number a neuron; what waits for events is brought up to date. */
function neuronValues(
  x: Executable,
  l: Lowered,
  c: Connection,
  { side, names }: { side: Side; names: readonly string[] },
  now: number,
): Map<string, Elements> {
  const stored = new Map(names.map((name): [string, Elements] => [name, x.array(`${c.name}.${name}`)]));
  const { of, moving } = l.sources.synapses.get(c.name)!.shared;
  if (moving.has(side) || changing(c, of, side).length === 0) return stored;
  const { step } = motionBody(c, side, "catchUp", l);
  const last = x.array(`${c.name}.${LAST_EVENT[side]}`);
  const given = (slot: string, n: number): number =>
    slot === LAST_EVENT[side] ? last[n]! : (stored.get(slot)?.[n] ?? now % 2 ** 32);
  const size = l.context.size(nodeOf(c, side));
  const moved = Array.from({ length: size }, (_, n) =>
    evaluateBody(step, (e) => given((e as { slot: string }).slot, n)),
  );
  const at = (name: string): number => step.stores.findIndex((s) => s.slot === name);
  return new Map(
    [...stored].map(([name, array]) => [
      name,
      at(name) < 0 ? array : Float64Array.from(moved, (values) => values[at(name)]!),
    ]),
  );
}

/** Writes what all synapses of a neuron have been given the same of. */
function writeShared(x: Executable, l: Lowered, c: Connection, views: Views, now: number): void {
  const { shared } = l.sources.synapses.get(c.name)!;
  const before = sharedViews(x, l, c, views, now);
  for (const [name, side] of shared.of) {
    const [ends, values] = [views[END[side]]!, views[name]!];
    const to = x.array(`${c.name}.${name}`);
    const given = new Map<number, number>();
    for (let k = 0; k < values.length; k++) {
      const known = given.get(ends[k]!) ?? values[k]!;
      if (!Object.is(known, values[k])) throw unequal(c, name, side, ends[k]!, k);
      given.set(ends[k]!, known);
    }
    const changed = values.some((v: number, k: number) => !Object.is(v, before[name]![k]));
    if (!changed) continue;
    const last = l.context.buffers.has(`${c.name}.${LAST_EVENT[side]}`) && x.array(`${c.name}.${LAST_EVENT[side]}`);
    const [stride, copies] = [strideOf(c, side, l.context), to.length / strideOf(c, side, l.context)];
    for (const [n, value] of given)
      for (let copy = 0; copy < copies; copy++) {
        to[copy * stride + n] = value;
        if (last) last[copy * stride + n] = now % 2 ** 32;
      }
  }
}
const unequal = (c: Connection, name: string, side: Side, neuron: number, k: number): RunError =>
  new RunError(
    "unsupported",
    `synapses ${c.name}[${k}]`,
    `all synapses of a ${END[side]} share one '${name}', because its spikes alone change it: those of ${END[side]} ${neuron} were given different ones`,
  );
function endsOf(x: Executable, l: Lowered, name: string, { full, count }: SynapseTables): Views {
  if (full) {
    const number = (of: (k: number) => number): Uint32Array => Uint32Array.from({ length: count }, (_, k) => of(k));
    return { source: number((k) => Math.floor(k / full[1])), target: number((k) => k % full[1]) };
  }
  const target = x.array(`${name}.target`);
  return { source: sourcesOf(x.array(`${name}.rowStart`), l.context.parts, count), target };
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
  if (isWindowed(c)) return windowDegrees(windowsIn(l.net, c).windows);
  const groups = l.delayGroups.get(c.name)?.map((g) => g.name) ?? [c.name];
  if (!isSparse(l, c.name)) return undefined;
  if (!groups.every((name) => l.sources.synapses.get(name)?.rows)) return countedSources(x, l, c);
  const { parts } = l.context;
  const out = new Uint32Array(l.context.size(c.from.node));
  for (const name of groups) {
    const rowStart = x.array(`${name}.rowStart`);
    for (let k = 0; k < out.length; k++) out[k]! += rowStart[(k + 1) * parts]! - rowStart[k * parts]!;
  }
  return out;
}

/** Places of windows that see a source, times their channels: sums before any maxima of them. */
const windowDegrees = (w: Windows): Uint32Array =>
  Uint32Array.from({ length: sourceCount(w) }, (_, source) => reachCount(w, source) * groupTargets(w));

/** Where no table says where rows begin. */
function countedSources(x: Executable, l: Lowered, c: Connection): Uint32Array {
  const out = new Uint32Array(l.context.size(c.from.node));
  for (const k of synapseViews(x, l, c, 0)!.source!) out[k]!++;
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
 * Puts what was changed in copies back where it came from; live views are there already. Returns whether weights were changed
 * that a snapshot must hold, because they lie in no buffer that it does.
 * @param now the next step
 * @throws {RunError} `unsupported` for what synapses share, and for where they lie and how long they take
 */
export function writeBack(x: Executable, l: Lowered, c: Connection, views: Views, now: number): boolean {
  const groups = l.delayGroups.get(c.name) ?? [];
  const isDelivered = l.context.delivery.delivered.has(c.name);
  const own = isDelivered ? ownOf(c, l) : new Set(l.sources.synapses.get(groups[0]?.name ?? c.name)!.own);
  const changed = isDelivered && own.has("w") && writeWeights(x, l, c, views.w!);
  for (const { name, index } of groups)
    for (const variable of own) {
      const to = x.array(`${name}.${variable}`);
      index.forEach((k, n) => (to[n] = views[variable]![k]!));
    }
  const shared = l.sources.synapses.get(groups[0]?.name ?? c.name)?.shared.of ?? NONE;
  if (shared.size > 0) writeShared(x, l, c, views, now);
  const found = synapseViews(x, l, c, now)!;
  for (const [variable, values] of Object.entries(views)) {
    if (own.has(variable) || shared.has(variable)) continue;
    const k = values.findIndex((v, n) => !Object.is(v, found[variable]![n]));
    if (k < 0) continue;
    const problem =
      FIXED.has(variable) || c.procedural
        ? `'${variable}' stays as it was drawn or given`
        : `all synapses share one '${variable}', which nothing changes: ${variable === "w" ? "give the weights one by one, or draw them" : "declare it in equations"}`;
    throw new RunError("unsupported", `synapses ${c.name}[${k}]`, `cannot be changed: ${problem}`);
  }
  return changed;
}
const NONE: ReadonlyMap<string, Side> = new Map();
const FIXED: ReadonlySet<string> = new Set(["source", "target", "delay"]);
