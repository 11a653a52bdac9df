/** Connections: from any port to any port, with weights, a delay, and for sparse ones any number of pathways. */

import { listNames, ModelError, requireKnown } from "../base/errors.ts";
import { weightRows } from "../ir/windows.ts";
import type { Size } from "./connectivity/kind.ts";
import { checkConnectivity, isKind } from "./connectivity/kinds.ts";
import { requireProcedural } from "./connectivity/procedural.ts";
import { fanInOf, poolingWeight, type Stages, stagesOf, biasOf as windowBias } from "./connectivity/windowed.ts";
import { type Connectivity, type ConnectivityOf, dense, type Windowed } from "./connectivity.ts";
import { type DelayOption, delaysOf, type LearnedRange } from "./delays.ts";
import { requireDelaysAgain, requireDrawnAgain } from "./drawnAgain.ts";
import {
  constantOf,
  fanIn,
  type Initializer,
  requireNoMatrix,
  requireOfSynapses,
  toInitializer,
} from "./initializer.ts";
import type { InputNode, Population } from "./network.ts";
import { shapeOfNode, sizeOf } from "./nodes.ts";
import { requireKept, STORAGES, type WeightStorage } from "./storage.ts";
import { actsOf, dynamicsOf, inStepsOf, type SynapseModel, writtenBy } from "./synapse.ts";
import { textsOf } from "./synapseTexts.ts";
import { type Transform, takesConnections } from "./transform.ts";
import { requireGivenWeight } from "./unitOfWeight.ts";

/** One end of a connection. */
export interface Endpoint {
  readonly node: string;
  /** `spike`, or the name of a variable or output that leaves by value; at the target: the variable that is added to. */
  readonly port: string;
}

/** A connection of a finished network: what `connect` and `network` make of a `ConnectOptions`. */
export interface Connection {
  readonly name: string;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly connectivity: Connectivity;
  /**
   * Weights `[source][target]`, or one a synapse, in order of source, then of target; of `pairs`, in theirs; of a
   * convolution `[position in the window][source channel of the group][target channel]`. Dimension of the target port.
   */
  readonly weight: Initializer;
  /** Added to the target port once a step: one a target, of windows one a target channel. */
  readonly bias?: Initializer;
  /** Whole steps, before the schedule's latency; where synapses differ, what none of them is below. */
  readonly delay: number;
  /** What variables of the synapse start with, where that is not what the synapse says. */
  readonly initial?: Readonly<Record<string, Initializer>>;
  /** Seconds, where each synapse has a delay of its own: rounded to the nearest step, halves up. */
  readonly delays?: Initializer;
  /** Where training changes `delays`, which are then what they start with. */
  readonly learned?: LearnedRange;
  readonly trainable: boolean;
  /** How weights are stored, where they may lose something by it (`storage.ts`). */
  readonly storage?: WeightStorage;
  /** Whether rows are drawn again for each spike, instead of being stored. */
  readonly procedural?: boolean;
  /** What each synapse does, where that is more than adding its weight. */
  readonly synapse?: SynapseModel;
}

const OPTIONS: readonly (keyof ConnectOptions)[] = [
  "name",
  "output",
  "port",
  "connectivity",
  "weight",
  "bias",
  "delay",
  "initial",
  "trainable",
  "storage",
  "procedural",
  "synapse",
];
/** How two nodes are joined; everything has a default. */
export interface ConnectOptions {
  readonly name?: string;
  /** What leaves the source (default: its spikes if it has any, else its first output). */
  readonly output?: string;
  /** What is added to at the target (default: the model's port; with a synapse's equations, what its pathways add to). */
  readonly port?: string;
  readonly connectivity?: Connectivity;
  /**
   * Numbers in SI units, a quantity such as "2 nS", or an expression of each synapse's ends: `"(1 + cos(i - j))*2*nS"`, of
   * `i`, `j`, `N`, `N_pre`, `N_post`, `N_incoming`, `N_outgoing`, `rand()`, `randn()`, the synapse's parameters, and of
   * parameters and initial states of both neurons as `x_pre`, `x_post`. By default `fanIn()`, the start of linear layers,
   * where weights have no unit; in volt or ampere there is none.
   */
  readonly weight?: number | string | ArrayLike<number> | Initializer;
  /** What variables of the synapse start with, each as `weight` has it. */
  readonly initial?: Readonly<Record<string, number | string | ArrayLike<number> | Initializer>>;
  readonly bias?: number | ArrayLike<number> | Initializer;
  /**
   * A duration such as "1.5 ms", or a whole number of steps. Of each synapse its own: a list of whole numbers of steps, or
   * an initialiser in seconds, or an expression as `weight` has it, rounded to the nearest step, halves up. Delays learn where it is `{ trainable: true, max: "25 ms" }`.
   */
  readonly delay?: DelayOption;
  readonly trainable?: boolean;
  /**
   * How weights that differ are stored, of synapses that just add them: `i16` and `i8` are whole numbers of a unit, which is
   * the largest weight that the law may bring over 32,767 or 127. A weight is off by half a unit at most, and
   * `engine.synapses` shows what is delivered. By default nothing is lost.
   */
  readonly storage?: WeightStorage;
  /**
   * Whether the clocked engine draws the synapses of a source again whenever it spikes, instead of storing them: the same
   * synapses, hardly any memory, and ten to twenty-five times the work a spike. For spikes through synapses that just add their
   * weight, connected by `probability`, `outDegree`, `totalNumber`, `oneToOne`, `distanceDependent` or `condition`; weights and
   * delays may follow laws.
   */
  readonly procedural?: boolean;
  readonly synapse?: SynapseModel;
}

export interface Nodes {
  readonly inputs: Readonly<Record<string, InputNode>>;
  readonly populations: Readonly<Record<string, Population>>;
  readonly transforms: Readonly<Record<string, Transform>>;
}
/** A connection that still needs its network to know its ports. */
export interface ConnectionSpec {
  /** The connection in a network of these nodes. Called by `network`. */
  build(net: Nodes & { readonly dt: number }): Connection;
  /** Variables of the target, or of the source, that `(summed)` equations add up into. */
  readonly sums?: readonly { readonly node: string; readonly port: string }[];
}

/**
 * Joins two nodes, or one node to several.
 * @throws {ModelError} `unknown-name` for an option; when the network is made: `unknown-name`, `shape-mismatch`, `out-of-range`, `unit-mismatch`
 */
export function connect(from: string, to: string | readonly string[], options: ConnectOptions = {}): ConnectionSpec[] {
  requireKnown(`connect('${from}', …)`, options, OPTIONS);
  const { synapse } = options;
  if (synapse !== undefined && !Array.isArray(synapse?.pathways))
    throw new ModelError(
      "type-mismatch",
      `connect('${from}', …).synapse`,
      "must be what synapse({ … }) or a rule such as pairStdp({ … }) gives",
    );
  const targets = typeof to === "string" ? [to] : to;
  const summed = (options.synapse && dynamicsOf(options.synapse)?.summed) ?? [];
  return targets.map((target) => ({
    build: (net) => build(from, target, options, net),
    ...(summed.length > 0 && { sums: summed.map(({ port, of }) => ({ port, node: of === "pre" ? from : target })) }),
  }));
}

function build(from: string, to: string, o: ConnectOptions, net: Nodes & { dt: number }): Connection {
  const name = o.name ?? `${from}>${to}${o.port ? `.${o.port}` : ""}`;
  for (const node of [from, to])
    if (![net.inputs, net.populations, net.transforms].some((group) => Object.hasOwn(group, node)))
      throw new ModelError(
        "unknown-name",
        `connection ${name}`,
        `no node called '${node}'; known: ${listNames([net.inputs, net.populations, net.transforms].flatMap((g) => Object.keys(g)))}`,
      );
  if (to in net.inputs)
    throw new ModelError("unsupported", `connection ${name}`, `'${to}' is an input: nothing can be connected to it`);
  const transform = net.transforms[to];
  if (transform && !takesConnections(transform))
    throw new ModelError("unsupported", `connection ${name}`, `'${to}' is a transform: it takes what its 'of' names`);
  if (transform && o.synapse)
    throw new ModelError("unsupported", `connection ${name}`, `'${to}' is a sum, which takes plain weights alone`);
  if (o.synapse) checkTriggers(o.synapse, { from, to, name }, net);
  const connectivity = o.connectivity ?? dense;
  requireConnectivity(connectivity, `connection ${name}.connectivity`);
  requireNumbers(o.weight, `connection ${name}.weight`, true);
  requireNumbers(o.bias, `connection ${name}.bias`);
  // Lists of pairs may be long, and are looked at when they are sorted.
  if (connectivity.kind !== "pairs")
    checkConnectivity(connectivity, connectedSizes(net, from, to), `connection ${name}.connectivity`);
  if (isWindow(connectivity)) checkWindowed(o, name);
  const text = textsOf(o, from, to, net);
  const weight = weightOf(connectivity, text.weight(`connection ${name}.weight`), name);
  const initial = text.initial(`connection ${name}.initial`);
  const bias = o.bias === undefined ? undefined : toInitializer(o.bias);
  requireOfSynapses(weight, `connection ${name}.weight`);
  if (weight.kind === "pairwise" && isWindow(connectivity))
    throw new ModelError(
      "unsupported",
      `connection ${name}.weight`,
      "weights of windows are shared: no synapse has ends",
    );
  if (bias) requireOfSynapses(bias, `connection ${name}.bias`);
  if (connectivity.kind !== "dense") requireNoMatrix(weight, `connection ${name}.weight`);
  if (bias) requireNoMatrix(bias, `connection ${name}.bias`);
  const built: Connection = {
    name,
    from: { node: from, port: outputOf(from, o.output, name, net) },
    to: { node: to, port: portOf(to, o.port ?? (o.synapse && portOfSynapse(o.synapse, to, net)), name, net) },
    connectivity,
    weight,
    ...(bias && { bias }),
    ...delaysOf(text.delay(`connection ${name}.delay`), `connection ${name}.delay`, net.dt),
    ...(initial && { initial }),
    trainable: connectivity.kind !== "pooling" && (o.trainable ?? true),
    ...(o.storage && { storage: o.storage }),
    ...(o.procedural && { procedural: true }),
    ...(o.synapse && { synapse: inStepsOf(o.synapse, net.dt) }),
  };
  if (o.weight === undefined && connectivity.kind !== "pooling") requireGivenWeight(built, net);
  if (built.storage) checkStorage(built, connectedSizes(net, from, to).sources);
  if (built.procedural) checkProcedural(built, net.dt);
  if (built.learned) checkLearned(built);
  if (built.delays && bias)
    throw new ModelError(
      "unsupported",
      `connection ${name}.bias`,
      "where each synapse has its own delay; give the bias to another connection to the same port",
    );
  return built;
}

/** Types are not checked in JavaScript. @throws {ModelError} `type-mismatch` */
function requireNumbers(x: unknown, path: string, text = false): void {
  if (x === undefined || typeof x === "number") return;
  if (typeof x === "string" && text) return;
  if (typeof x === "object" && x !== null && ("kind" in x || "length" in x)) return;
  const also = text ? ", an expression such as 'rand()*nS'" : "";
  const words = `must be a number in SI units, a list of numbers${also}, or a law such as uniform(0, 1) or normal(0, 1)`;
  throw new ModelError("type-mismatch", path, `${words}, got ${shown(x)}`);
}
function requireConnectivity(x: unknown, path: string): void {
  if (typeof x === "object" && x !== null && isKind((x as { kind?: unknown }).kind)) return;
  const words = "must be dense, oneToOne, or what pairs(...), probability(0.1) or another connectivity gives";
  throw new ModelError("type-mismatch", path, `${words}, got ${shown(x)}`);
}
const shown = (x: unknown): string => {
  if (typeof x === "string") return `'${x}'`;
  if (typeof x === "function") return `the function ${x.name || "without a name"}; call it`;
  return typeof x === "object" && x !== null ? `an object with ${listNames(Object.keys(x))}` : String(x);
};

/** What windows share, no synapse can have for itself. */
function checkWindowed({ synapse, storage, procedural, delay }: ConnectOptions, name: string): void {
  const own = delay !== undefined && typeof delay !== "number" && typeof delay !== "string";
  const [option] = [synapse && "synapse", storage && "storage", procedural && "procedural", own && "delay"].filter(
    (x) => x,
  );
  if (option === undefined) return;
  const problem =
    option === "delay"
      ? "all synapses of windows have one delay"
      : "the weights of windows are shared, not of each synapse";
  throw new ModelError("unsupported", `connection ${name}.${option}`, problem);
}
/** Weights as they were given; of a pooling what it says itself. */
function weightOf(c: Connectivity, given: Exclude<ConnectOptions["weight"], string>, name: string): Initializer {
  if (c.kind !== "pooling") return toInitializer(given ?? fanIn());
  const own = poolingWeight(c);
  const asked = given === undefined ? constantOf(own) : toInitializer(given);
  if (asked.kind === "constant" && asked.value === own) return asked;
  const path = `connection ${name}.weight`;
  throw new ModelError("unsupported", path, `a pooling over ${c.over} has weights of ${own}, and no others`);
}

function checkStorage(c: Connection, sources: number): void {
  const path = `connection ${c.name}.storage`;
  if (!STORAGES.includes(c.storage!))
    throw new ModelError("unknown-name", path, `no storage '${c.storage}'; known: ${listNames(STORAGES)}`);
  const matrix =
    hasMatrix(c) && "the weights of this dense connection are a matrix; give it delays or another connectivity";
  const plastic = c.synapse && "synapses with pathways have variables of the network's type";
  const graded = c.from.port !== "spike" && `'${c.from.port}' leaves by value; only spikes are delivered so`;
  const problem = matrix || plastic || graded;
  if (problem) throw new ModelError("unsupported", path, problem);
  requireKept(c, sources);
}

function checkLearned(c: Connection): void {
  const problem =
    (c.synapse && "synapses with equations or pathways of their own have no adjoint") ||
    (c.storage && "'storage' is for weights that do not learn") ||
    (c.procedural && "delays of each synapse must be stored");
  if (problem) throw new ModelError("unsupported", `connection ${c.name}.delay`, `cannot learn: ${problem}`);
}
function checkProcedural(c: Connection, dt: number): void {
  const path = `connection ${c.name}.procedural`;
  const problem =
    (c.synapse && "synapses with pathways have numbers of their own, which must be stored") ||
    (c.storage && "'storage' says how weights are stored, and none is") ||
    (c.from.port !== "spike" && `'${c.from.port}' leaves by value, in every step; only rows of spikes are drawn`);
  if (problem) throw new ModelError("unsupported", path, problem);
  requireProcedural(c.connectivity, path);
  requireDrawnAgain(c.weight, "weights", path);
  if (c.delays) requireDelaysAgain(c.delays, c.delay, dt, path);
}

/** Whether the weights are a matrix among the parameters; those of synapses lie with their other variables. */
export const hasMatrix = (c: Connection): boolean => c.connectivity.kind === "dense" && !c.synapse && !c.delays;

/** Whether what source k gives by value is added to target k as it is: there are no synapses to look at. */
export const addsValues = ({ connectivity, weight, synapse, delays, trainable, from }: Connection): boolean =>
  connectivity.kind === "oneToOne" &&
  weight.kind === "constant" &&
  weight.value === 1 &&
  !(trainable || synapse || delays) &&
  from.port !== "spike";

/** Convolution or pooling. */
const isWindow = (c: Connectivity): c is Windowed => c.kind === "convolution" || c.kind === "pooling";
/** A connection through windows: what it brings needs no tables of synapses. */
export interface WindowedConnection extends Connection {
  readonly connectivity: Windowed;
}
export const isWindowed = (c: Connection): c is WindowedConnection => isWindow(c.connectivity);
/** One whose weights train. */
export const isConvolution = (
  c: Connection,
): c is Connection & { readonly connectivity: ConnectivityOf<"convolution"> } => c.connectivity.kind === "convolution";
/** The windows of a connection of a finished network. */
export const windowsIn = (net: Nodes, { connectivity, from, to }: WindowedConnection): Stages =>
  stagesOf(connectivity, connectedSizes(net, from.node, to.node));

/** A block of numbers among the parameters. */
export interface WeightShape {
  readonly rows: number;
  readonly width: number;
  /** Weights that one target sums. */
  readonly fanIn: number;
}
/** The block of a connection's weights; nothing where they are none, or lie with its synapses. */
export function weightShape(net: Nodes, c: Connection): WeightShape | undefined {
  if (isConvolution(c)) {
    const { windows } = windowsIn(net, c);
    return { rows: weightRows(windows), width: windows.targets, fanIn: fanInOf(windows) };
  }
  if (!hasMatrix(c)) return undefined;
  const { sources, targets } = connectedSizes(net, c.from.node, c.to.node);
  return { rows: sources, width: targets, fanIn: sources };
}
/** Biases of a connection: one a target, of windows one a channel. */
export const biasCount = (net: Nodes, c: Connection): number =>
  isWindowed(c) ? windowBias(windowsIn(net, c)).channels : sizeOf(net, c.to.node);
/** Weights that one target sums, for laws that ask. */
export const fanInOfConnection = (net: Nodes, c: Connection): number =>
  isWindowed(c) ? fanInOf(windowsIn(net, c).windows) : sizeOf(net, c.from.node);

/**
 * Whether training may change the weights of a sparse connection, or of one with a delay for each synapse: one number a
 * synapse, or one for all where all start with one. They are then among the parameters.
 */
export const hasSynapseWeights = (c: Connection): boolean =>
  c.trainable && !hasMatrix(c) && !isWindowed(c) && !c.synapse && !c.procedural && !c.storage;

/** Numbers of neurons that a connection joins, and how they lie. */
export const connectedSizes = (net: Nodes, from: string, to: string): Size => ({
  sources: sizeOf(net, from),
  targets: sizeOf(net, to),
  recurrent: from === to,
  sourceShape: shapeOfNode(net, from),
  targetShape: shapeOfNode(net, to),
});

/** A pathway on spikes needs somebody who spikes. */
function checkTriggers(
  { pathways }: SynapseModel,
  { from, to, name }: { from: string; to: string; name: string },
  net: Nodes,
): void {
  const spikes = (node: string): boolean =>
    net.inputs[node]?.signal === "spikes" || net.populations[node]?.model.spike !== undefined;
  for (const { trigger, event } of pathways) {
    const node = trigger === "pre" ? from : to;
    if (event !== undefined) checkEvent(event, node, name, net);
    else if (trigger !== "step" && !spikes(node))
      throw new ModelError(
        "unsupported",
        `connection ${name}`,
        `a pathway is triggered by spikes of '${node}', which does not spike`,
      );
  }
}

function checkEvent(event: string, node: string, name: string, { populations }: Nodes): void {
  const known = populations[node]?.model.variables.filter((v) => v.kind === "event").map((v) => v.name) ?? [];
  if (!known.includes(event))
    throw new ModelError(
      "unknown-name",
      `connection ${name}`,
      `'${node}' has no event '${event}'; known: ${listNames(known)}`,
    );
}

function outputOf(node: string, asked: string | undefined, name: string, net: Nodes): string {
  const input = net.inputs[node];
  if (input) return input.signal === "spikes" ? "spike" : "value";
  const p = net.populations[node];
  if (!p) return "value";
  const ports = [...(p.model.spike ? ["spike"] : []), ...p.model.outputs];
  const port = asked ?? ports[0]!;
  if (ports.includes(port)) return port;
  throw new ModelError(
    "unknown-name",
    `connection ${name}`,
    `'${node}' (${p.model.name}) has no output '${port}'; known: ${listNames(ports)}`,
  );
}

/** What synapses without a port add to first; then the weight, where nothing declares it, has the dimension of that. */
function portOfSynapse(s: SynapseModel, to: string, { populations }: Nodes): string | undefined {
  const { inputs, variables, port } = populations[to]!.model;
  const known = [...inputs, ...variables].map((v) => v.name);
  const written = actsOf(s).flatMap((a) => writtenBy(s, a, "post"));
  const first = written.find((name) => known.includes(name));
  return (s.equations === undefined ? (port ?? first) : (first ?? port)) ?? known[0];
}

function portOf(node: string, asked: string | undefined, name: string, net: Nodes): string {
  const p = net.populations[node];
  if (!p) {
    if (asked === undefined || asked === "value") return "value";
    throw new ModelError("unknown-name", `connection ${name}`, `'${node}' is a sum: its one port is 'value'`);
  }
  const ports = [...p.model.inputs.map((i) => i.name), ...p.model.variables.map((v) => v.name)];
  const port = asked ?? p.model.port;
  if (port === undefined)
    throw new ModelError(
      "unknown-name",
      `connection ${name}`,
      `'${node}' (${p.model.name}) has no default port; give 'port': ${listNames(ports)}`,
    );
  if (ports.includes(port)) return port;
  throw new ModelError(
    "unknown-name",
    `connection ${name}`,
    `'${node}' (${p.model.name}) has no port '${port}'; known: ${listNames(ports)}`,
  );
}
