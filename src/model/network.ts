/**
 * A network: plain data. Inputs, populations and transforms are nodes; connections join their ports.
 * The layer-by-layer helper (`sequential`) and the population-by-population form make the same data.
 */

import type { Dimension } from "../base/dimension.ts";
import {
  type Every,
  listNames,
  ModelError,
  requireChoice,
  requireInteger,
  requireKnown,
  requirePositive,
} from "../base/errors.ts";
import { quantityOf } from "../base/quantity.ts";
import type { Connection, ConnectionSpec } from "./connection.ts";
import { type Initializer, requireNoMatrix, toInitializer } from "./initializer.ts";
import { checkLinks, linkConnections, linksOf, withoutLinks } from "./linked.ts";
import { isSetByModel, type NeuronModel } from "./neuronModel.ts";
import { type GivenNumbers, isPerNeuron, perNeuron } from "./perNeuron.ts";
import { requireGivenRange } from "./range.ts";
import { type Schedule, type ScheduleName, scheduleOf } from "./schedule.ts";
import { withSums } from "./summed.ts";
import { checkColumns, checkTimes } from "./timedCheck.ts";
import { hasTwoGroups } from "./timing.ts";
import { checkDelays } from "./topology.ts";
import { type Grain, type Trainable, trainableOf } from "./trainable.ts";
import { checkTransform, type Transform } from "./transform.ts";

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

/** Where signals enter: spikes (events), or values that are constant over a sample or given anew each step. */
export interface InputNode {
  readonly size: number;
  readonly shape: readonly number[];
  readonly signal: "spikes" | "values";
  /** Values only: the same in every step of a sample, so that its products are formed once. */
  readonly constant: boolean;
  /** How data become this input: plain data that the data layer reads. */
  readonly encoder?: Readonly<Record<string, unknown>>;
}

/** Neurons of one model, as they stand in a network. `population` makes it. */
export interface Population {
  readonly size: number;
  readonly shape: readonly number[];
  readonly model: NeuronModel;
  /** Parameters that differ from the model's: in SI units. An array or a draw makes them per neuron. */
  readonly parameters: Readonly<Record<string, Initializer>>;
  readonly initial: Readonly<Record<string, Initializer>>;
  /** What training changes, beside weights: parameters, and initial states such as `v.initial`. */
  readonly trainable: Readonly<Record<string, Grain>>;
  /** Until the network is made: what `(linked)` variables stand for. */
  readonly linked?: Readonly<Record<string, Link>>;
  /** Training only: the probability that a neuron's output is silenced for a whole sample. */
  readonly dropout: number;
  /** The most neurons that fire in a step: of those that would, the ones furthest above threshold. */
  readonly winners?: number;
}

/** A variable of another population: that of the neuron with the same index, or those of the neurons named. */
export interface Link {
  readonly node: string;
  readonly variable: string;
  readonly index?: ArrayLike<number>;
}

/** A finished network: checked, frozen, plain data. `network` and `sequential` make it. */
export interface Network {
  readonly name: string;
  /** Seconds a step. */
  readonly dt: number;
  readonly schedule: Schedule;
  /** Steps of one sample, for networks that classify samples. */
  readonly steps?: number;
  readonly inputs: Readonly<Record<string, InputNode>>;
  readonly populations: Readonly<Record<string, Population>>;
  readonly transforms: Readonly<Record<string, Transform>>;
  readonly connections: readonly Connection[];
  /** The population or transform whose output is the network's answer. */
  readonly output?: string;
}

/** What `network` takes. */
export interface NetworkSpec {
  readonly name?: string;
  /** A duration such as "0.1 ms"; a bare number is in seconds. */
  readonly dt: string | number;
  readonly schedule?: ScheduleName;
  readonly steps?: number;
  readonly inputs?: Readonly<Record<string, InputNode>>;
  readonly populations: Readonly<Record<string, Population>>;
  readonly transforms?: Readonly<Record<string, Transform>>;
  /** `connect(...)`; one call may make several connections. */
  readonly connections?: readonly (ConnectionSpec | readonly ConnectionSpec[])[];
  readonly output?: string;
}

/** What an input carries: spikes (the default) or values. */
export interface InputOptions {
  readonly signal?: InputNode["signal"];
  readonly constant?: boolean;
  readonly encoder?: Readonly<Record<string, unknown>>;
}

/** Names of the options of an input. */
export const INPUT = { signal: true, constant: true, encoder: true } as const satisfies Every<InputOptions>;

/**
 * Where signals enter a network.
 *
 * @throws {ModelError} `unknown-name` for an option; `out-of-range` for a shape that is not made of positive integers
 */
export function inputNode(shape: number | readonly number[], options: InputOptions = {}): InputNode {
  requireKnown("input", options, INPUT);
  const { signal = "spikes", constant = false, encoder } = options;
  requireChoice("input.signal", signal, ["spikes", "values"]);
  return { ...sized(shape, "input"), signal, constant, ...(encoder && { encoder }) };
}

/**
 * A number of each neuron: one for all (a number in SI units, or a quantity such as "20 ms"), a list, a law, or an expression
 * such as `"Vr + rand()*(Vt - Vr)"` of the neuron's index `i`, the size `N`, `rand()`, `randn()`, parameters, and initial
 * states that stand before it.
 */
export type GivenNumber = string | number | boolean | ArrayLike<number> | Initializer;

/** What a population changes of its model, and what of it trains. */
export interface PopulationOptions {
  readonly parameters?: Readonly<Record<string, GivenNumber>>;
  readonly initial?: Readonly<Record<string, GivenNumber>>;
  /**
   * What training changes, beside weights: names of parameters, and of state variables with `.initial` behind. Each neuron
   * has a value of its own where an array or a draw was given, else one serves all; `{ tauM: "neuron", vTh: "layer" }`
   * says which. Absent: what the model marks as trainable.
   */
  readonly trainable?: Trainable;
  readonly dropout?: number;
  /**
   * A competition: of the neurons that are above threshold in a step, the most that fire. Those that are furthest above it do,
   * of equal ones the earlier; for the others it is as if they had not reached it, but that their custom events happen.
   */
  readonly winners?: number;
  /**
   * What each `(linked)` variable of the model stands for: `{ x: "other.v" }`, or with `index` the neuron of the other
   * population that each neuron looks at. It is seen as values that leave a population are (`model/timing.ts`).
   */
  readonly linked?: Readonly<Record<string, string | { readonly variable: string; readonly index: ArrayLike<number> }>>;
}

/** Names of the options of a population. */
export const POPULATION = {
  ...{ parameters: true, initial: true, trainable: true, dropout: true, winners: true, linked: true },
} as const satisfies Every<PopulationOptions>;

/**
 * Neurons of one model, as a node of a network.
 *
 * @param shape number of neurons, or several dimensions
 * @throws {ModelError} `unknown-name` for parameters or variables that the model lacks; `unit-mismatch`; `out-of-range`
 */
export function population(
  shape: number | readonly number[],
  model: NeuronModel,
  options: PopulationOptions = {},
): Population {
  requireModel(model);
  const { parameters = {}, initial = {}, dropout = 0 } = options;
  const path = `population of ${model.name}`;
  requireKnown(path, options, POPULATION);
  if (!(dropout >= 0 && dropout < 1))
    throw new ModelError("out-of-range", `${path}.dropout`, `must be from 0 to below 1, got ${dropout}`);
  const known = new Set(model.parameters.map((p) => p.name));
  for (const name of Object.keys(parameters)) requireOneOf(known, name, `${path}.parameters`, "parameter");
  const variables = new Set(
    model.variables.filter((v) => !isSetByModel(v) || v.kind === "lastspike").map((v) => v.name),
  );
  for (const name of Object.keys(initial)) requireOneOf(variables, name, `${path}.initial`, "state variable");
  const given = numbersOf(model, { parameters, initial }, path);
  const trainable = trainableOf(model, options.trainable, given, `${path}.trainable`);
  const linked = linksOf(model, options.linked ?? {}, path);
  const members = sized(shape, path);
  checkColumns(model, members.size, path);
  checkTimes(model, Object.keys(trainable), path);
  if (options.winners !== undefined) checkWinners(options.winners, model, path);
  const winners = options.winners !== undefined && { winners: options.winners };
  return { ...members, model, trainable, dropout, ...given, ...(linked && { linked }), ...winners };
}
/** @throws {ModelError} `type-mismatch` */
function requireModel(x: unknown): asserts x is NeuronModel {
  if (typeof x === "object" && x !== null && "spec" in x) return;
  const found = typeof x === "function" ? `the function ${x.name || "without a name"}; call it` : String(x);
  throw new ModelError(
    "type-mismatch",
    "population",
    `its model must be what lif() or neuron(...) gives, got ${found}`,
  );
}
function checkWinners(winners: number, { spike }: NeuronModel, path: string): void {
  requireInteger(`${path}.winners`, winners, 1, 2 ** 31);
  if (spike?.tag === "compare" && (spike.op === ">" || spike.op === "<")) return;
  const problem = "who wins is told by how far it is above threshold: 'spike' must be 'a > b' or 'a < b'";
  throw new ModelError("unsupported", `${path}.winners`, problem);
}

/** One after the other, parameters first: an expression sees those before it. */
function numbersOf(
  model: NeuronModel,
  options: Required<Pick<PopulationOptions, "parameters" | "initial">>,
  path: string,
): GivenNumbers {
  const given = { parameters: {} as Record<string, Initializer>, initial: {} as Record<string, Initializer> };
  const one = (x: GivenNumber, of: { dimension: Dimension; type?: string }, at: string): Initializer => {
    if (typeof x === "string" && isPerNeuron(x, model))
      return perNeuron(x, of.type === "boolean" ? "boolean" : of.dimension, model, given, at);
    if (typeof x === "boolean" && of.type === "boolean") return toInitializer(Number(x));
    const isNumbers = typeof x === "object" && x !== null && ("kind" in x || "length" in x);
    if (typeof x !== "string" && typeof x !== "number" && !isNumbers)
      throw new ModelError(
        "type-mismatch",
        at,
        `must be a number in SI units, a quantity or an expression as text, a list of numbers, or a law, got ${typeof x}${typeof x === "boolean" ? ` ${x}` : ""}`,
      );
    const from = toInitializer(typeof x === "string" ? quantityOf(x, of.dimension, at) : x);
    requireNoMatrix(from, at);
    return from;
  };
  for (const [name, x] of Object.entries(options.parameters)) {
    const p = model.parameters.find((q) => q.name === name)!;
    const from = one(x, p, `${path}.parameters.${name}`);
    requireGivenRange(`${path}.parameters.${name}`, p, from);
    given.parameters[name] = from;
  }
  for (const [name, x] of Object.entries(options.initial))
    given.initial[name] = one(x, model.variables.find((v) => v.name === name)!, `${path}.initial.${name}`);
  return given;
}

function requireOneOf(known: ReadonlySet<string>, name: string, path: string, what: string): void {
  if (!known.has(name))
    throw new ModelError("unknown-name", path, `no ${what} called '${name}'; known: ${listNames(known)}`);
}

function sized(shape: number | readonly number[], path: string): { size: number; shape: readonly number[] } {
  const dimensions = typeof shape === "number" ? [shape] : shape;
  for (const n of dimensions) requireInteger(`${path}.shape`, n, 1, 2 ** 31);
  return { size: dimensions.reduce((a, b) => a * b, 1), shape: dimensions };
}

const SPEC = {
  ...{ name: true, dt: true, schedule: true, steps: true, inputs: true, populations: true, transforms: true },
  ...{ connections: true, output: true },
} as const satisfies Every<NetworkSpec>;

/**
 * Checks and freezes a network.
 * @throws {ModelError} naming the node or connection: `unknown-name`, `duplicate-name`, `shape-mismatch`, `cycle`, `out-of-range`
 */
export function network(spec: NetworkSpec): Network {
  const { name = "network", schedule = "layered", inputs = {}, transforms = {} } = spec;
  requireKnown(name, spec, SPEC);
  requireParts(name, spec);
  const dt = typeof spec.dt === "number" ? spec.dt : quantityOf(spec.dt, SECOND, `${name}.dt`);
  requirePositive(`${name}.dt`, dt, "s");
  if (spec.steps !== undefined) requireInteger(`${name}.steps`, spec.steps, 1);
  const specs = [...(spec.connections ?? []).flat(), ...linkConnections(spec.populations)];
  const populations = withSums(withoutLinks(spec.populations), specs);
  const nodes = { inputs, populations, transforms, dt };
  const order = scheduleOf(schedule, `${name}.schedule`);
  const connections = specs.map((c) => withLeastDelay(c.build(nodes), order));
  const result: Network = {
    name,
    dt,
    schedule: order,
    inputs,
    populations,
    transforms,
    connections,
    ...(spec.steps !== undefined && { steps: spec.steps }),
    ...(spec.output !== undefined && { output: spec.output }),
  };
  checkNames(result);
  checkLinks(result);
  for (const [node, t] of Object.entries(transforms)) checkTransform(node, t, result);
  checkDelays(result);
  return Object.freeze(result);
}

/** Delays that an expression says are known later: under one group of phases none is below a step, as of laws without a bound. */
function withLeastDelay(c: Connection, schedule: Schedule): Connection {
  if (c.delays?.kind !== "pairwise") return c;
  return { ...c, delay: Math.max(hasTwoGroups({ schedule }) ? 0 : 1, schedule.minimumDelay) };
}

/** What `population`, `inputNode`, `connect` and the like give, each in its place. @throws {ModelError} `usage`, `type-mismatch` */
function requireParts(name: string, spec: NetworkSpec): void {
  if (spec.dt === undefined) throw new ModelError("usage", `${name}.dt`, 'is missing: a duration such as "0.1 ms"');
  if (spec.populations === undefined)
    throw new ModelError("usage", `${name}.populations`, "is missing: { e: population(100, lif()) }");
  for (const [group, { has, made }] of Object.entries(PARTS))
    for (const [node, x] of Object.entries(spec[group as keyof typeof PARTS] ?? {}))
      if (typeof x !== "object" || x === null || !has.every((key) => key in x))
        throw new ModelError(
          "type-mismatch",
          `${name}.${group}.${node}`,
          `must be what ${made} gives, got ${shown(x)}`,
        );
  (spec.connections ?? []).flat().forEach((c: Partial<ConnectionSpec> | null, k) => {
    if (typeof c?.build !== "function")
      throw new ModelError(
        "type-mismatch",
        `${name}.connections[${k}]`,
        `must be what connect(...) gives, got ${shown(c)}`,
      );
  });
}
const PARTS: Readonly<
  Record<"inputs" | "populations" | "transforms", { readonly has: readonly string[]; readonly made: string }>
> = {
  inputs: { has: ["size", "signal"], made: "inputNode(...)" },
  populations: { has: ["size", "model"], made: "population(...)" },
  transforms: { has: ["kind", "size", "of"], made: "sum(...), concat(...) or another transform" },
};
const shown = (x: unknown): string =>
  typeof x === "object" && x !== null ? `an object with ${listNames(Object.keys(x))}` : String(x);

function checkNames(net: Network): void {
  const nodes = [net.inputs, net.populations, net.transforms].flatMap((group) => Object.keys(group));
  const repeated = nodes.find((n, k) => nodes.indexOf(n) !== k);
  if (repeated) throw new ModelError("duplicate-name", `${net.name}.${repeated}`, "two nodes have this name");
  for (const n of nodes)
    if (!/^[A-Za-z]\w*$/.test(n) || n in Object.prototype)
      throw new ModelError(
        "syntax",
        `${net.name}.${n}`,
        "a node's name is a letter followed by letters, digits and _, and no word that every JavaScript object knows",
      );
  const names = net.connections.map((c) => c.name);
  const twice = names.find((n, k) => names.indexOf(n) !== k);
  if (twice)
    throw new ModelError("duplicate-name", `connection ${twice}`, "two connections have this name; give one a 'name'");
  const shared = names.find((n) => nodes.includes(n));
  if (shared) throw new ModelError("duplicate-name", `connection ${shared}`, "a node has this name");
  if (net.output !== undefined && !(net.output in net.populations) && !(net.output in net.transforms))
    throw new ModelError(
      "unknown-name",
      `${net.name}.output`,
      `no node called '${net.output}'; known: ${listNames(nodes)}`,
    );
}
