/** Counts of a network from what it is, what it did, and what its kernels do; and their energy. */
import { ModelError } from "../base/errors.ts";
import { type Account, energy } from "../energy/account.ts";
import { type Comparison, compare } from "../energy/compare.ts";
import { type Counts, countNetwork } from "../energy/counts.ts";
import { countLayer, type LayerActivity, type LayerDescription, type UpdateCost } from "../energy/layer.ts";
import { countZeros, effectiveFanOut } from "../energy/neurobench.ts";
import { prices } from "../energy/prices.ts";
import { countStep, type Operation } from "../ir/count.ts";
import { readsOf, type Step } from "../ir/step.ts";
import type { Connection } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import { type Lowered, lower } from "../sim/lower/lower.ts";
import type { Deployed, Evaluated } from "./session.ts";

/** `event`: active inputs alone cost something. `dense`: every product is formed. */
export type Execution = LayerDescription["execution"];
type Active = Pick<Evaluated, "samples" | "activity" | "inputActivity">;

/** @throws {ModelError} `unsupported` unless `isChain` */
export function countDeployed(name: string, d: Deployed, did: Active, execution: Execution): Counts {
  if (!isChain(d.net))
    throw new ModelError("unsupported", d.net.name, "counts need one dense connection into each population");
  const plain = plainProgram(d.net);
  const layers = d.net.connections.map((c) => {
    const calls = repeats(c, d.net) ? stepsOf(d.net) : 1;
    return countLayer(describe(c, d, plain, execution, calls), activityOf(c, d.net, did, calls));
  });
  return countNetwork(name, stepsOf(d.net), layers);
}

const stepsOf = (net: Network): number => net.steps ?? 1;
/** An input that is constant over a sample is multiplied once. */
const repeats = (c: Connection, net: Network): boolean => !net.inputs[c.from.node]?.constant;

/** Counts are made for populations that each have one dense connection, from another. */
export function isChain(net: Network): boolean {
  const fed = new Set(net.connections.map((c) => c.to.node));
  const plain = net.connections.every(
    (c) =>
      c.connectivity.kind === "dense" && !c.synapse && c.from.node !== c.to.node && !(c.from.node in net.transforms),
  );
  return plain && fed.size === net.connections.length && fed.size === Object.keys(net.populations).length;
}

/** The network as it is without counters and recordings. */
function plainProgram(net: Network): Lowered {
  const eitherForm = new Set(Object.keys(net.inputs).filter((name) => net.inputs[name]!.signal === "values"));
  const once = { samples: 1, batch: 1, shards: 1, steps: stepsOf(net), seed: 0 };
  return lower(net, { type: "f32", mode: "samples", record: [], ...once }, { eitherForm });
}

function describe(c: Connection, d: Deployed, plain: Lowered, execution: Execution, calls: number): LayerDescription {
  const [inputs, neurons] = [sizeOf(d.net, c.from.node), sizeOf(d.net, c.to.node)];
  const weights = d.parameters[`${c.name}.weight`]!;
  const population = d.net.populations[c.to.node]!;
  const zeroWeights = countZeros(weights);
  return {
    name: c.to.node,
    inputs,
    neurons,
    execution,
    fanOut: neurons,
    ...(zeroWeights > 0 && { effectiveFanOut: fanWithoutZeros(c, d.net, weights) }),
    weights: weights.length,
    zeroWeights,
    otherParameters: (c.bias ? neurons : 0) + population.model.parameters.length,
    stateVariables: plain.populations.get(c.to.node)!.states.length,
    spiking: population.model.spike !== undefined,
    update: updateCost(c, plain, execution, calls / stepsOf(d.net)),
  };
}

/** By input where the activity of each is known, else the mean. */
function fanWithoutZeros(c: Connection, net: Network, weights: ArrayLike<number>): number | ArrayLike<number> {
  const inputs = sizeOf(net, c.from.node);
  return c.from.node in net.inputs ? effectiveFanOut(weights, inputs) : (weights.length - countZeros(weights)) / inputs;
}

function activityOf(c: Connection, net: Network, did: Active, calls: number): LayerActivity {
  const [from, to] = [did.activity[c.from.node], did.activity[c.to.node]!];
  const isInput = c.from.node in net.inputs;
  return {
    samples: did.samples,
    steps: stepsOf(net),
    calls,
    binaryInputs: c.from.port === "spike",
    activeInputs: isInput ? did.inputActivity : from!.active!,
    ...(to.active !== undefined && { activeOutputs: to.active }),
    ...(to.membraneUpdates !== undefined && { membraneUpdates: to.membraneUpdates }),
  };
}

/**
 * One update of one neuron, from its kernel. By event, sums live in memory: they start as the bias (`sums` times a step),
 * and the kernel reads them. Dense, they stay in a register.
 */
function updateCost(c: Connection, plain: Lowered, execution: Execution, sums: number): UpdateCost {
  const { kernels, states } = plain.populations.get(c.to.node)!;
  const own = new Set(states.map((s) => s.name));
  const inMemory = execution === "event" ? 1 : 0;
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
  const begin = { ...NOTHING, parameterReads: c.bias ? sums : 0, stateWrites: inMemory * sums };
  return [begin, ...cost].reduce(added, NOTHING);
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

/** Parameters, state and values between layers, of one inference in 32-bit numbers. */
export const storedBytes = ({ total }: Counts): number =>
  total.parameterBytes + total.stateBytes + 4 * total.bufferCount;

/** In joules an inference, by how numbers are held. */
export interface Energies {
  readonly f32: Account;
  readonly int8: Account;
}
export type Format = keyof Energies;
export const FORMATS: readonly Format[] = ["f32", "int8"];

export const energies = (counts: Counts): Energies => ({
  f32: energy(counts, prices.f32),
  int8: energy(counts, prices.int8),
});

export interface EnergyComparison extends Comparison {
  /** Some energy lies within both ranges. */
  readonly overlap: boolean;
}
export function compareEnergies(a: Energies, b: Energies): Readonly<Record<Format, EnergyComparison>> {
  const one = (format: Format): EnergyComparison => {
    const [x, y] = [a[format].total, b[format].total];
    return { ...compare(a[format], b[format]), overlap: x.low <= y.high && y.low <= x.high };
  };
  return { f32: one("f32"), int8: one("int8") };
}
