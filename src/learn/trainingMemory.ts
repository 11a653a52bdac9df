/**
 * What training needs in memory, counted in the program that would run, and the algorithm that fits a budget.
 *
 * Of a parallel program each thread has working memory of its own. So that a choice is the same on any number of threads,
 * all shards are counted as if they ran at the same time.
 */
import { layout } from "../backend/layout.ts";
import { ModelError, RheobaseError, requireInteger } from "../base/errors.ts";
import type { Role } from "../ir/program.ts";
import { BYTES } from "../ir/types.ts";
import type { Network } from "../model/network.ts";
import { type Algorithm, bptt, eprop, ottt, truncatedBptt } from "./algorithm.ts";
import { stepsOf } from "./start.ts";
import { requireOptions, type TrainerOptions, trainingProgram } from "./trainer.ts";

/** Bytes of linear memory that a trainer needs. */
export interface TrainingMemory {
  /** All together, with as many threads as are of use; with fewer it may be less. */
  readonly bytes: number;
  /** Weights, and the optimiser's and neurons' states. */
  readonly states: number;
  /** What the host writes and reads: inputs, labels, answers. */
  readonly host: number;
  /** What is kept of the forward pass. */
  readonly tape: number;
  /** The rest: sums, errors, gradients. */
  readonly work: number;
}

/** More threads than shards have nothing to do. */
const ALL = Number.POSITIVE_INFINITY;
const GROUP: Readonly<Record<Role, keyof TrainingMemory>> = {
  parameter: "states",
  state: "states",
  argument: "host",
  output: "host",
  tape: "tape",
  constant: "work",
  work: "work",
};

/**
 * Counts the memory of a trainer without making it.
 *
 * @param options those of `createTrainer`; `threads`: at most so many, by default all that are of use
 * @throws {ModelError} as `createTrainer`
 */
export function trainingMemory(
  net: Network,
  { threads = ALL, ...options }: TrainerOptions & { readonly threads?: number },
): TrainingMemory {
  requireOptions(options);
  if (threads !== ALL) requireInteger("threads", threads, 1);
  const { program } = trainingProgram(net, options);
  const { buffers, bytes } = layout(program, threads);
  const sums = { states: 0, host: 0, tape: 0, work: 0 };
  for (const b of buffers.values()) sums[GROUP[b.role] as keyof typeof sums] += b.length * BYTES[b.type];
  return { bytes, ...sums };
}

/** An algorithm that fits, and why it was taken. */
export interface FittedAlgorithm {
  readonly algorithm: Algorithm;
  /** Samples that go forward and backward together, where they are fewer than usual. */
  readonly chunk?: number;
  /** What it needs, and the most it may. */
  readonly bytes: number;
  readonly budget: number;
  /** What it is, why it was taken, and what it costs, in words. */
  readonly reason: string;
  /** All that were looked at, in order: what they would need, or why they do not train this network. */
  readonly tried: readonly Tried[];
}
/** An algorithm that was looked at. */
export interface Tried {
  readonly name: string;
  readonly bytes?: number;
  readonly refused?: string;
}

interface Candidate {
  readonly name: string;
  readonly algorithm: Algorithm;
  readonly chunk?: number;
  /** What it costs beside BPTT, and whether its gradient is another one. */
  readonly cost: string;
}

const ONE = "one sample at a time";
const AGAIN = "the same gradient; a sample runs forwards twice";
/** Shorter segments are not worth their name: errors would hardly go back. */
const LEAST_SEGMENT = 8;
/**
 * In the order in which they are taken. First all that find the same gradient, cheapest in time first. Where not even
 * checkpoints fit, segments are shorter than the root of all steps, so that e-prop comes before truncated errors: it leaves out
 * paths between hidden neurons, but what synapses carry spans the whole sample. Then segments, the longest first; at last
 * OTTT, whose errors go through neurons in one step alone.
 */
function* candidates(net: Network, { algorithm: { surrogate }, loss }: TrainerOptions): Generator<Candidate> {
  const steps = stepsOf(net);
  const twice = "each" in loss ? "" : "; a sample runs forwards twice";
  yield { name: "BPTT", algorithm: bptt(surrogate), cost: "the exact gradient of the surrogate, in one pass each way" };
  yield { name: `BPTT, ${ONE}`, algorithm: bptt(surrogate), chunk: 1, cost: "the same gradient; a little slower" };
  for (const checkpoint of segments(steps, Math.ceil(Math.sqrt(steps))))
    yield {
      name: `BPTT with checkpoints every ${checkpoint} steps, ${ONE}`,
      algorithm: bptt(surrogate, { checkpoint }),
      chunk: 1,
      cost: AGAIN,
    };
  if (isOneLayer(net))
    yield {
      name: "e-prop",
      algorithm: eprop(surrogate),
      chunk: 1,
      cost: `the same gradient, because no connection leads from one hidden neuron to another${twice}`,
    };
  yield {
    name: "e-prop",
    algorithm: eprop(surrogate),
    chunk: 1,
    cost: `another gradient: no error goes from one hidden neuron to another${twice}`,
  };
  for (const segment of segments(steps, LEAST_SEGMENT))
    yield {
      name: `truncated BPTT in segments of ${segment} steps, ${ONE}`,
      algorithm: truncatedBptt(surrogate, { segment }),
      chunk: 1,
      cost: `another gradient: no error goes back behind the start of a segment${twice}`,
    };
  yield {
    name: "OTTT",
    algorithm: ottt(surrogate),
    chunk: 1,
    cost: `another gradient: errors go through the layers of one step alone${twice}`,
  };
}

/** Steps of segments, halved from one to the next: from half of all to about `least`. */
function* segments(steps: number, least: number): Generator<number> {
  for (let k = Math.ceil(steps / 2); k >= least && k < steps; k = k === least ? 0 : Math.max(least, Math.ceil(k / 2)))
    yield k;
}

/** Whether no connection leads from one hidden neuron to another. */
const isOneLayer = (net: Network): boolean =>
  net.connections.every((c) => !(c.from.node in net.populations) || c.to.node === net.output);

/**
 * The best algorithm that trains a network within a budget of memory: an exact one if any fits.
 *
 * @param options those of `createTrainer`; of its algorithm only the surrogate counts
 * @param budget bytes
 * @throws {ModelError} `out-of-range` where none fits, with what each would need
 */
export function fitToMemory(net: Network, options: TrainerOptions, budget: number): FittedAlgorithm {
  requireInteger("memory", budget, 1);
  requireOptions(options);
  const tried: Tried[] = [];
  for (const { cost, name, ...how } of candidates(net, options)) {
    const found = lookAt(net, { ...options, ...how }, name);
    if (tried.some((t) => t.name === name && t.bytes === found.bytes)) continue;
    tried.push(found);
    if (found.bytes === undefined || found.bytes > budget) continue;
    return { ...how, bytes: found.bytes, budget, tried, reason: reasonOf(tried, cost, budget) };
  }
  throw new ModelError(
    "out-of-range",
    "memory",
    `no algorithm trains ${net.name} within ${sizeInWords(budget)}: ${tried.map(inWords).join("; ")}. A smaller batch needs less`,
  );
}

/** Bytes, or why it refuses the network. */
function lookAt(net: Network, options: TrainerOptions, name: string): Tried {
  try {
    return { name, bytes: trainingMemory(net, options).bytes };
  } catch (cause) {
    if (cause instanceof RheobaseError && ["unsupported", "not-differentiable"].includes(cause.code))
      return { name, refused: cause.message };
    throw cause;
  }
}

function reasonOf(tried: readonly Tried[], cost: string, budget: number): string {
  const [taken] = tried.slice(-1) as [Tried];
  const before = tried.slice(0, -1);
  const first = `Trained by ${taken.name}: at most ${sizeInWords(taken.bytes!)} of ${sizeInWords(budget)}; ${cost}.`;
  return before.length === 0 ? first : `${first} Looked at before: ${before.map(inWords).join("; ")}.`;
}
const inWords = ({ name, bytes, refused }: Tried): string =>
  refused === undefined ? `${name} needs ${sizeInWords(bytes!)}` : `${name} does not train it (${refused})`;

/** As memory is asked for: a million bytes are a MB. */
export function sizeInWords(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  if (bytes < 1e5) return `${(bytes / 1e3).toFixed(1)} kB`;
  const megabytes = bytes / 1e6;
  return `${megabytes < 10 ? megabytes.toFixed(2) : megabytes < 100 ? megabytes.toFixed(1) : Math.round(megabytes)} MB`;
}
