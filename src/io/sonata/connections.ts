/** Edges as connections, and what their weights and delays are in this project's units. */
import { DataError } from "../../base/errors.ts";
import type { ConnectionSpec, ConnectOptions } from "../../model/connection.ts";
import { connect } from "../../model/connection.ts";
import { dense, oneToOne, pairs } from "../../model/connectivity.ts";
import { LONGEST_DELAY, stepsOf } from "../../model/delays.ts";
import { synapse } from "../../model/synapse.ts";
import { badFile } from "../check.ts";
import type { EdgePopulation, EdgeType } from "./edges.ts";
import type { Placed } from "./populations.ts";
import type { EdgeSection } from "./section.ts";
import { OWN_SCHEMA, OWN_WEIGHT } from "./templates.ts";

export interface ConnectionContext {
  readonly placed: ReadonlyMap<string, readonly Placed[]>;
  /** Seconds. */
  readonly dt: number;
  /** What the section says of this population. */
  readonly said: EdgeSection | undefined;
  /** Steps that a delay is at least; shorter ones become this. */
  readonly minimumDelay: number;
  /** Hears what was read otherwise than it stands. */
  note(text: string): void;
  /** A name that no other connection and no node has. */
  nameOf(base: string): string;
}

/** A port of a target, as one of the connections that an edge population becomes. */
interface Lane {
  readonly from: Placed;
  readonly to: Placed;
  readonly port: string | undefined;
}

export function connectionsOf(edges: EdgePopulation, context: ConnectionContext): ConnectionSpec[] {
  const { lane, lanes, weight } = lanesOf(edges, context);
  const steps = delaysOf(edges, context);
  return lanes.flatMap((l, k) =>
    connectionOf(edges, l, chosen(lane, k, lanes.length), { weight, steps }, context, lanes.length),
  );
}

/** By synapse: its connection, and its weight in SI units. */
interface Lanes {
  readonly lane: Uint8Array;
  readonly lanes: readonly Lane[];
  readonly weight: Float64Array;
}
const MOST_LANES = 255;

function lanesOf(edges: EdgePopulation, { placed, said }: ConnectionContext): Lanes {
  const { from, to, type, types, source, target, count } = edges;
  const [sources, targets] = [placed.get(source.name)!, placed.get(target.name)!];
  const rules = types.map((): (Rule | undefined)[] => []);
  const rule = (t: number, p: number): Rule => (rules[t]![p] ??= ruleOf(types[t]!, targets[p]!, edges, said));
  const lanes: Lane[] = [];
  const known = new Map<number, number>();
  const lane = new Uint8Array(from.length);
  const weight = new Float64Array(from.length);
  let lastKey = -1;
  for (let k = 0; k < from.length; k++) {
    const [s, t] = [source.part[from[k]!]!, target.part[to[k]!]!];
    const { inhibits: told, isSplit, scale, port } = rule(type[k]!, t);
    const given = weightOf(edges, k) * (count?.[k] ?? 1);
    const inhibits = told ?? given < 0;
    weight[k] = scale(given, inhibits);
    const key = (s * 256 + t) * 2 + (inhibits && isSplit && !said ? 1 : 0);
    let found = key === lastKey ? lane[k - 1] : known.get(key);
    if (found === undefined) {
      if (lanes.length === MOST_LANES)
        throw badFile(`${edges.path}: edges/${edges.name}`, `joins more than ${MOST_LANES} pairs of models`);
      found = lanes.length;
      known.set(key, found);
      lanes.push({ from: sources[s]!, to: targets[t]!, port: said?.port ?? port(inhibits) });
    }
    lastKey = key;
    lane[k] = found;
  }
  if (lanes.length === 0)
    lanes.push({
      from: sources[0]!,
      to: targets[0]!,
      port: said?.port ?? (types.length > 0 ? rule(0, 0).port(false) : undefined),
    });
  return { lane, lanes, weight };
}

/** In the file's unit. */
function weightOf({ weight, type, types, name, path }: EdgePopulation, k: number): number {
  const { weight: common, sign, row } = types[type[k]!]!;
  const own = weight?.[k];
  const x = own === undefined || Number.isNaN(own) ? common : own;
  if (x === undefined)
    throw badFile(`${path}: edges/${name}`, `edge ${k} has no syn_weight, and neither has its type, ${row.id}`);
  return sign * x;
}

/** What an edge type means at neurons of one model. */
interface Rule {
  readonly isSplit: boolean;
  /** Where the type says it; else the sign of the weight does. */
  readonly inhibits: boolean | undefined;
  port(inhibits: boolean): string | undefined;
  scale(weight: number, inhibits: boolean): number;
}
const RECEPTORS: Readonly<Record<string, boolean>> = { excitatory: false, inhibitory: true };

function ruleOf(
  t: EdgeType,
  { template, own, isInput, node }: Placed,
  { path, name }: EdgePopulation,
  said: EdgeSection | undefined,
): Rule {
  const where = `${path}: edges/${name}: type ${t.row.id}`;
  if (isInput) return { isSplit: false, inhibits: false, port: () => undefined, scale: () => refuseInput(where, node) };
  if (own || !template) {
    const known = said?.synapse ? `${OWN_SCHEMA}${said.synapse.name}` : OWN_WEIGHT;
    if (t.template !== undefined && t.template !== known) throw noCounterpart(t.template, where, known);
    return { isSplit: false, inhibits: false, port: () => undefined, scale: (w) => w };
  }
  if (t.template !== undefined && !template.synapses.includes(t.template))
    throw noCounterpart(t.template, where, template.synapses.join(", ") || "none");
  if (t.receptor !== undefined && t.receptor !== "0" && !Object.hasOwn(RECEPTORS, t.receptor))
    throw new DataError(
      "unsupported",
      where,
      `receptor_type '${t.receptor}' has no counterpart here; known: excitatory, inhibitory`,
    );
  const { excitatory, inhibitory, turned } = template.ports;
  const power = 10 ** Math.abs(template.weightExponent);
  const inSi = (w: number): number => (template.weightExponent > 0 ? w * power : w / power);
  return {
    isSplit: excitatory !== inhibitory,
    inhibits: t.receptor === undefined ? undefined : RECEPTORS[t.receptor],
    port: (inhibits) => (inhibits ? inhibitory : excitatory),
    scale: (w, inhibits) => inSi(turned && inhibits ? Math.abs(w) : w),
  };
}
const noCounterpart = (template: string, where: string, known: string): DataError =>
  new DataError("unsupported", where, `model_template '${template}' has no counterpart here; known: ${known}`);
function refuseInput(where: string, node: string): never {
  throw new DataError("unsupported", where, `ends at '${node}', whose nodes are virtual: nothing reaches them`);
}

/** Whole steps, synapse by synapse. */
function delaysOf(edges: EdgePopulation, { dt, placed, minimumDelay, note }: ConnectionContext): Int32Array {
  const { delay, type, types, name, path, target, to } = edges;
  const targets = placed.get(target.name)!;
  const out = new Int32Array(type.length);
  let [short, rounded] = [0, 0];
  for (let k = 0; k < out.length; k++) {
    const own = delay?.[k];
    const common = types[type[k]!]!.delay ?? targets[target.part[to[k]!]!]!.template?.delay ?? 0;
    const ms = own === undefined || Number.isNaN(own) ? common : own;
    const steps = stepsOf(ms / 1000, dt);
    if (!(steps >= 0 && steps <= LONGEST_DELAY))
      throw badFile(
        `${path}: edges/${name}`,
        `edge ${k} has a delay of ${ms} ms; from 0 to ${LONGEST_DELAY} steps of ${dt} s are possible`,
      );
    if (Math.abs(ms / 1000 / dt - steps) > 1e-6 * Math.max(1, steps)) rounded++;
    if (steps < minimumDelay) short++;
    out[k] = Math.max(minimumDelay, steps);
  }
  if (short > 0) note(`edges/${name}: ${short} delays below one step became one step`);
  if (rounded > 0) note(`edges/${name}: ${rounded} delays were rounded to whole steps of ${dt} s`);
  return out;
}

/** Which synapses are of connection k; undefined where there is but one. */
function chosen(lane: Uint8Array, k: number, lanes: number): Uint32Array | undefined {
  if (lanes === 1) return undefined;
  let count = 0;
  for (const x of lane) if (x === k) count++;
  const out = new Uint32Array(count);
  for (let n = 0, at = 0; n < lane.length; n++) if (lane[n] === k) out[at++] = n;
  return out;
}

function connectionOf(
  edges: EdgePopulation,
  { from, to, port }: Lane,
  which: Uint32Array | undefined,
  { weight, steps }: { weight: Float64Array; steps: Int32Array },
  { said, nameOf, dt, minimumDelay }: ConnectionContext,
  lanes: number,
): ConnectionSpec[] {
  const count = which?.length ?? edges.from.length;
  const at = (k: number): number => (which ? which[k]! : k);
  const end = (ids: Uint32Array, index: Uint32Array): Uint32Array =>
    Uint32Array.from({ length: count }, (_, k) => index[ids[at(k)]!]!);
  const source = end(edges.from, edges.source.index);
  const target = end(edges.to, edges.target.index);
  const weights = which ? Float64Array.from(which, (k) => weight[k]!) : weight;
  const delays = which ? Int32Array.from(which, (k) => steps[k]!) : steps;
  const ends = [edges.source.parts.length > 1 && from.node, edges.target.parts.length > 1 && to.node, port];
  const base = lanes > 1 ? [edges.name, ...ends.filter(Boolean)].join(".") : edges.name;
  const options: ConnectOptions = {
    name: said?.name ?? nameOf(base),
    ...(port !== undefined && { port }),
    ...(said && { output: said.output, trainable: said.trainable }),
    ...(said?.bias && { bias: said.bias }),
    ...(said?.synapse && { synapse: synapse(said.synapse) }),
    connectivity: connectivityOf(edges, said, source, target, { sources: from.size, targets: to.size }),
    weight: said?.weights || !isConstant(weights) ? weights : (weights[0] ?? edges.types[0]?.weight ?? 0),
    delay: said?.delays || !isConstant(delays) ? delays : (delays[0] ?? delayWithout(edges, to, dt, minimumDelay)),
  };
  return connect(from.node, to.node, options);
}
/** Of no synapses: what their type says. */
const delayWithout = ({ types }: EdgePopulation, { template }: Placed, dt: number, least: number): number =>
  Math.max(least, stepsOf((types[0]?.delay ?? template?.delay ?? 0) / 1000, dt));
const isConstant = (x: Float64Array | Int32Array): boolean => {
  for (let k = 1; k < x.length; k++) if (x[k] !== x[0]) return false;
  return true;
};

/** All pairs, each with its like, or those that stand there. */
function connectivityOf(
  { path, name }: EdgePopulation,
  said: EdgeSection | undefined,
  source: Uint32Array,
  target: Uint32Array,
  { sources, targets }: { sources: number; targets: number },
): NonNullable<ConnectOptions["connectivity"]> {
  if (!said?.connectivity) return pairs(source, target);
  const isDense = said.connectivity === "dense";
  const count = isDense ? sources * targets : sources;
  const right = (k: number): boolean =>
    isDense ? source[k] === Math.floor(k / targets) && target[k] === k % targets : source[k] === k && target[k] === k;
  let k = 0;
  while (k < source.length && right(k)) k++;
  if (source.length !== count || k < source.length || (!isDense && sources !== targets))
    throw badFile(
      `${path}: edges/${name}`,
      `is ${said.connectivity} by the section 'rheobase', and its edges are not, in that order`,
    );
  return isDense ? dense : oneToOne;
}
