/** Counts of a network from what it is, what it did, and what its kernels do. */
import { ModelError } from "../base/errors.ts";
import { type Counts, countNetwork, type LayerCounts } from "../energy/counts.ts";
import { countLayer, type LayerActivity, type LayerDescription, type UpdateCost } from "../energy/layer.ts";
import { countZeros, effectiveFanOut } from "../energy/neurobench.ts";
import { countStep, type Operation } from "../ir/count.ts";
import { readsOf, type Step } from "../ir/step.ts";
import { groupTargets, pairCount, reachCount, sourceCount } from "../ir/windows.ts";
import { answersSteps } from "../learn/loss.ts";
import {
  addsValues,
  biasCount,
  type Connection,
  hasMatrix,
  isConvolution,
  isWindowed,
  windowsIn,
} from "../model/connection.ts";
import { synapsesOf } from "../model/connectivity/windowed.ts";
import type { Network, Population } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import { type Lowered, lower } from "../sim/lower/lower.ts";
import type { Deployed, Evaluated } from "./session.ts";

/** `event`: active inputs alone cost something. `dense`: every product is formed. */
export type Execution = LayerDescription["execution"];
type Active = Pick<Evaluated, "samples" | "steps" | "activity" | "inputActivity">;

/** An inference is a sample, in so many steps; where every step has an answer it is a step. */
interface Inferences {
  readonly count: number;
  readonly steps: number;
}
const inferencesOf = ({ net, loss }: Deployed, did: Active): Inferences =>
  answersSteps(loss) ? { count: did.steps, steps: 1 } : { count: did.samples, steps: stepsOf(net) };

/** Everything that a layer is counted from. */
interface Counting {
  readonly d: Deployed;
  readonly did: Active;
  readonly execution: Execution;
  readonly plain: Lowered;
  readonly inferences: Inferences;
}

/**
 * One layer a connection. The first into a population is called like it and has its neurons; others, such as those of a
 * layer to itself, have the name of the connection and its synapses alone.
 *
 * @throws {ModelError} `unsupported` unless `isCounted`
 */
export function countDeployed(name: string, d: Deployed, did: Active, execution: Execution): Counts {
  if (!isCounted(d.net))
    throw new ModelError("unsupported", d.net.name, "counts need dense connections and convolutions alone");
  const inferences = inferencesOf(d, did);
  const c: Counting = { d, did, execution, plain: plainProgram(d.net), inferences };
  const layers = Object.keys(d.net.populations).flatMap((node) => layersOf(node, c));
  return countNetwork(name, inferences.steps, layers);
}

const stepsOf = (net: Network): number => net.steps ?? 1;
/** An input that is constant over a sample is multiplied once. */
const repeats = (c: Connection, net: Network): boolean => !net.inputs[c.from.node]?.constant;

/**
 * Counts are made where every population is fed, and by dense connections from inputs and populations. How often neurons fire
 * that compete nobody counts.
 */
export function isCounted(net: Network): boolean {
  if (Object.values(net.populations).some((p) => p.winners !== undefined)) return false;
  const fed = new Set(net.connections.filter((c) => !addsValues(c)).map((c) => c.to.node));
  const plain = net.connections.every(
    (c) =>
      (hasMatrix(c) || isConvolution(c) || addsValues(c)) &&
      !(c.from.node in net.transforms) &&
      !(c.to.node in net.transforms),
  );
  return plain && Object.keys(net.populations).every((node) => fed.has(node));
}

/** The network as it is without counters and recordings. */
function plainProgram(net: Network): Lowered {
  const eitherForm = new Set(Object.keys(net.inputs).filter((name) => net.inputs[name]!.signal === "values"));
  const once = { samples: 1, batch: 1, shards: 1, steps: stepsOf(net), seed: 0 };
  return lower(net, { type: "f32", mode: "samples", record: [], ...once }, { eitherForm });
}

function layersOf(node: string, c: Counting): LayerCounts[] {
  const [first, ...more] = weightedInto(node, c.d.net);
  const whole = countLayer(
    { ...synapses(first!, c), ...neurons(node, c), name: node },
    { ...activityOf(first!, c), ...outputOf(node, c) },
  );
  return [whole, ...more.map((x) => countLayer({ ...synapses(x, c), ...NO_NEURONS }, activityOf(x, c)))];
}

/** Connections with weights. What is added as it is needs no synapse: the update reads it, and has been counted. */
const weightedInto = (node: string, { connections }: Network): Connection[] =>
  connections.filter((x) => x.to.node === node && !addsValues(x));

const callsOf = (x: Connection, { d, inferences }: Counting): number => (repeats(x, d.net) ? inferences.steps : 1);

type Synapses = Omit<LayerDescription, keyof Neurons>;
function synapses(x: Connection, { d, execution }: Counting): Synapses & { readonly otherParameters: number } {
  const inputs = sizeOf(d.net, x.from.node);
  const weights = d.parameters[`${x.name}.weight`]!;
  const zeroWeights = countZeros(weights);
  if (isWindowed(x)) {
    const { windows } = windowsIn(d.net, x);
    const fanOut = Float64Array.from({ length: inputs }, (_, k) => reachCount(windows, k) * groupTargets(windows));
    const effective = (): Float64Array =>
      Float64Array.from({ length: inputs }, (_, k) =>
        [...synapsesOf(windows, k)].reduce((sum, [, weight]) => sum + Number(weights[weight] !== 0), 0),
      );
    return {
      ...{ name: x.name, inputs, execution, fanOut, weights: weights.length, zeroWeights },
      ...(zeroWeights > 0 && { effectiveFanOut: effective() }),
      otherParameters: x.bias ? biasCount(d.net, x) : 0,
    };
  }
  const fanOut = sizeOf(d.net, x.to.node);
  return {
    name: x.name,
    inputs,
    execution,
    fanOut,
    ...(zeroWeights > 0 && { effectiveFanOut: fanWithoutZeros(x, d.net, weights) }),
    weights: weights.length,
    zeroWeights,
    otherParameters: x.bias ? fanOut : 0,
  };
}

/** By input where the activity of each is known, else the mean. */
function fanWithoutZeros(x: Connection, net: Network, weights: ArrayLike<number>): number | ArrayLike<number> {
  const inputs = sizeOf(net, x.from.node);
  return x.from.node in net.inputs ? effectiveFanOut(weights, inputs) : (weights.length - countZeros(weights)) / inputs;
}

type Neurons = Pick<
  LayerDescription,
  "neurons" | "neuron" | "otherParameters" | "stateVariables" | "spiking" | "update"
>;
function neurons(node: string, c: Counting): Neurons {
  const population = c.d.net.populations[node]!;
  const [first] = weightedInto(node, c.d.net);
  const own = population.model.parameters.map(({ name }) => widthOf(population, name));
  return {
    neurons: population.size,
    neuron: population.model.name,
    otherParameters: own.reduce((a, b) => a + b, first!.bias ? biasCount(c.d.net, first!) : 0),
    stateVariables: c.plain.populations.get(node)!.states.length,
    spiking: population.model.spike !== undefined,
    update: updateCost(node, c),
  };
}
/** Values that a parameter has: one a neuron where they differ. */
function widthOf({ size, parameters, trainable }: Population, name: string): number {
  const from = parameters[name];
  return trainable[name] === "neuron" || (from !== undefined && from.kind !== "constant") ? size : 1;
}

function activityOf(x: Connection, c: Counting): LayerActivity {
  const { d, did, inferences } = c;
  const calls = callsOf(x, c);
  // A state that leaves by value has no counter: it is hardly ever exactly zero.
  const all = sizeOf(d.net, x.from.node) * calls * inferences.count;
  const own = x.from.node in d.net.inputs ? undefined : did.activity[x.from.node]!;
  const counted = x.from.port === "spike" || !d.net.populations[x.from.node]?.model.spike;
  const everyone = (): Float64Array => new Float64Array(sizeOf(d.net, x.from.node)).fill(calls * inferences.count);
  return {
    samples: inferences.count,
    steps: inferences.steps,
    calls,
    binaryInputs: x.from.port === "spike",
    activeInputs: !own
      ? did.inputActivity
      : isWindowed(x)
        ? (own.each ?? everyone())
        : ((counted ? own.active : undefined) ?? all),
  };
}
function outputOf(node: string, { did }: Counting): Pick<LayerActivity, "activeOutputs" | "membraneUpdates"> {
  const { active, membraneUpdates } = did.activity[node]!;
  return {
    ...(active !== undefined && { activeOutputs: active }),
    ...(membraneUpdates !== undefined && { membraneUpdates }),
  };
}

/**
 * One update of one neuron, from its kernels. By event, sums live in memory: each starts as its biases, once a time that
 * something arrives, and the kernel reads it. Dense, they stay in a register. What depends on parameters alone, such as
 * the exponential of a time constant, was computed before the first step, and is read.
 */
function updateCost(node: string, c: Counting): UpdateCost {
  const { kernels, states } = c.plain.populations.get(node)!;
  const own = new Set(states.map((s) => s.name));
  const inMemory = c.execution === "event" ? 1 : 0;
  const cost = kernels.map(({ step }) => {
    const words = wordsOf(step, own);
    return {
      additions: operations(step, "add", "compare"),
      multiplications: operations(step, "multiply"),
      otherOperations: operations(step, "divide", "special"),
      parameterReads: words.parameters,
      stateReads: words.states + inMemory * words.sums,
      stateWrites: words.written,
    };
  });
  const { biases, sums } = startOfSums(node, c);
  const begin = { ...NOTHING, parameterReads: biases, stateWrites: inMemory * sums };
  return [begin, maxima(node, c), ...cost].reduce(added, NOTHING);
}
/** In front of maxima lie sums of their own: each begins as 0, is read once, and compared with the largest so far. */
function maxima(node: string, c: Counting): Cost {
  const size = c.d.net.populations[node]!.size;
  const costs = c.d.net.connections
    .filter((x) => x.to.node === node)
    .filter(isWindowed)
    .map((x): Cost => {
      const { pool } = windowsIn(c.d.net, x);
      if (!pool) return NOTHING;
      const share = callsOf(x, c) / c.inferences.steps / size;
      const [seen, sums] = [pairCount(pool) * pool.sources, sourceCount(pool)];
      return { ...NOTHING, additions: (seen - size) * share, stateReads: seen * share, stateWrites: sums * share };
    });
  return costs.reduce(added, NOTHING);
}
/** Biases read and sums written a neuron and step. */
function startOfSums(node: string, c: Counting): { biases: number; sums: number } {
  const incoming = weightedInto(node, c.d.net);
  const share = (x: Connection): number => callsOf(x, c) / c.inferences.steps;
  const ports = new Map<string, number>();
  for (const x of incoming) ports.set(x.to.port, Math.max(ports.get(x.to.port) ?? 0, share(x)));
  const total = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);
  return { biases: total(incoming.filter((x) => x.bias).map(share)), sums: total(ports.values()) };
}
type Cost = Required<UpdateCost>;
const NOTHING: Cost = {
  additions: 0,
  multiplications: 0,
  otherOperations: 0,
  parameterReads: 0,
  stateReads: 0,
  stateWrites: 0,
};
const NO_NEURONS = { neurons: 0, stateVariables: 0, spiking: false, update: NOTHING } as const;
const added = (a: Cost, b: Cost): Cost =>
  Object.fromEntries((Object.keys(a) as (keyof Cost)[]).map((k) => [k, a[k] + b[k]])) as unknown as Cost;

/** Words an element: states read and written, sums of what arrives, parameters that differ between neurons. */
function wordsOf(step: Step, states: ReadonlySet<string>) {
  const element = new Set(step.slots.filter((s) => s.space === "element").map((s) => s.name));
  const read = [...readsOf(step)].filter((slot) => element.has(slot));
  const written = new Set(step.stores.map((s) => s.slot));
  const own = read.filter((slot) => states.has(slot)).length;
  const sums = read.filter((slot) => slot.startsWith("in.")).length;
  return {
    states: own,
    sums,
    parameters: read.length - own - sums,
    written: [...written].filter((slot) => states.has(slot)).length,
  };
}

/** Of numbers, an element. Selections and conversions are wires beside them, and not counted. */
function operations(step: Step, ...kinds: readonly Operation[]): number {
  const counts = countStep(step).operations;
  return kinds.reduce((sum, kind) => sum + counts[kind].f32 + counts[kind].f64, 0);
}
