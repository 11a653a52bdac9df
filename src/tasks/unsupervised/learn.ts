/** Shows samples to the network one after the other, and sees which neurons they made fire. */
import type { Backend } from "../../backend/backend.ts";
import type { Examples } from "../../data/dataset.ts";
import { type Bernoulli, bernoulli } from "../../data/encoder.ts";
import { badFile, finite, integer, struct } from "../../io/check.ts";
import type { SavedTraining } from "../../io/checkpoint.ts";
import type { Program } from "../../ir/program.ts";
import { createEngine, type Engine } from "../../sim/engine.ts";
import type { ListData } from "../../sim/feed.ts";
import { readerOf, TEST_EPOCH } from "../batches.ts";
import type { KeptWork } from "../keeper.ts";
import type { OnProgress } from "../options.ts";
import {
  answeringNetwork,
  type Learned,
  learningNetwork,
  type NetworkOptions,
  PLASTIC,
  POTENTIATION,
  RATE,
  STEPS,
  THRESHOLDS,
  TOTAL,
} from "./network.ts";

/** Pixels spike with up to 128 Hz. */
export const ENCODER: Bernoulli = bernoulli(0.128);
/** Samples that are encoded together; nothing depends on it. */
const TOGETHER = 50;

interface Showing {
  readonly seed: number;
  readonly backend: Backend;
  readonly onProgress: OnProgress;
}
export interface LearnOptions extends Showing, Pick<NetworkOptions, "neurons" | "winners"> {
  readonly epochs: number;
  /** What the progress calls it. */
  readonly stage?: string;
  /** Saves it on its way. */
  readonly kept?: KeptWork | undefined;
}
export interface LearnResult extends Learned {
  /** Encoding included, compiling not. */
  readonly seconds: number;
  readonly samples: number;
  /** Spikes of the neurons that learn, a sample: of all, and of the last tenth of them. */
  readonly spikes: number;
  readonly spikesInTheEnd: number;
  /** Linear memory. */
  readonly bytes: number;
}

/** An engine that learns a sample at a time. */
export class Learner implements Disposable {
  readonly #engine: Engine;
  readonly #size: Pick<Learned, "inputs" | "neurons">;

  private constructor(engine: Engine, size: Pick<Learned, "inputs" | "neurons">) {
    this.#engine = engine;
    this.#size = size;
  }
  static async of(options: NetworkOptions, backend: Backend, seed: number): Promise<Learner> {
    const normalise = { [PLASTIC]: TOTAL * (options.inputs / 784) };
    const engine = await createEngine(learningNetwork(options), backend, { seed, block: 256, normalise });
    return new Learner(engine, { inputs: options.inputs, neurons: options.neurons });
  }
  /** Linear memory. */
  get bytes(): number {
    return this.#engine.bytes;
  }
  get program(): Program {
    return this.#engine.program;
  }
  /** What has been learned so far, copied. */
  get learned(): Learned {
    return {
      ...this.#size,
      weights: Float32Array.from(this.#engine.synapses(PLASTIC).w!),
      theta: Float32Array.from(this.#engine.state(THRESHOLDS)).slice(0, this.#size.neurons),
    };
  }

  /** How much weights grow from now on, as a share of `POTENTIATION`. */
  set rate(share: number) {
    this.#engine.state(RATE).fill(share * POTENTIATION);
  }

  /**
   * Shows a sample, with neurons at rest, and normalises what it has made of the weights.
   * @param ends of the spikes of each step in `list`, and before them where they begin
   * @returns spikes of the neurons that learn
   */
  show({ list, ends }: ListData): number {
    const { spikes } = this.#engine.run(STEPS, { in: { list, ends } });
    this.#engine.normalise();
    this.#engine.reset({ keep: [THRESHOLDS, RATE] });
    return spikes.e!.steps.length;
  }
  /** Goes on from what was learned before: between samples nothing else is kept. */
  set learned({ weights, theta }: Pick<Learned, "weights" | "theta">) {
    this.#engine.synapses(PLASTIC).w!.set(weights);
    this.#engine.state(THRESHOLDS).set(theta);
  }
  [Symbol.dispose](): void {
    this.#engine.dispose();
  }
}

/** What is left of the rate in the end. It falls in a straight line, because with the full rate neurons forget what they know. */
const LEFT = 0.05;

/** Where learning stands between two batches. */
interface Progress {
  readonly done: number;
  readonly spikes: number;
  /** Of them in the last tenth. */
  readonly late: number;
  readonly seconds: number;
}
const count = integer(0);
const progressOf = struct<Progress>({ done: count, spikes: count, late: count, seconds: finite });
const savedIn = (learner: Learner, state: Progress): SavedTraining => {
  const { weights, theta } = learner.learned;
  return { state, arrays: new Map(Object.entries({ weights, theta })) };
};
function goOn(learner: Learner, { state, arrays }: SavedTraining): Progress {
  const [weights, theta] = [arrays.get("weights"), arrays.get("theta")];
  if (!(weights instanceof Float32Array && theta instanceof Float32Array))
    throw badFile("checkpoint", "lacks weights or thresholds");
  learner.learned = { weights, theta };
  return progressOf(state, "checkpoint.state");
}

/**
 * Learns without labels.
 * @throws {RunError} `interrupted` where it was asked to stop, and is saved
 */
export async function learn(train: Examples, options: LearnOptions): Promise<LearnResult> {
  const { neurons, winners = "all", epochs, seed, backend, onProgress, stage = "learning", kept } = options;
  using learner = await Learner.of({ inputs: train.size, neurons, winners }, backend, seed);
  const reader = readerOf(train, { encoder: ENCODER, steps: STEPS, seed });
  const total = epochs * train.count;
  let { done, spikes, late, seconds }: Progress = kept?.saved
    ? goOn(learner, kept.saved)
    : { done: 0, spikes: 0, late: 0, seconds: 0 };
  const before = done;
  let at = 0;
  for (let epoch = 0; epoch < epochs; epoch++)
    for (const { input, count } of reader.pass({ batch: TOGETHER, epoch, shuffle: true })) {
      at += count;
      if (at <= before) continue;
      const start = performance.now();
      let fired = 0;
      learner.rate = 1 - (1 - LEFT) * (done / total);
      for (let s = 0; s < count; s++, done++) {
        const own = learner.show({ list: input.list, ends: input.ends.subarray(s * STEPS, (s + 1) * STEPS + 1) });
        fired += own;
        if (done >= 0.9 * total) late += own;
      }
      spikes += fired;
      seconds += (performance.now() - start) / 1000;
      onProgress({ stage, done, total, note: `${(fired / count).toFixed(0)} spikes a sample` });
      await kept?.after(done, () => savedIn(learner, { done, spikes, late, seconds }));
    }
  const last = total - Math.ceil(0.9 * total);
  const counts = { spikes: spikes / total, spikesInTheEnd: last > 0 ? late / last : spikes / total };
  return { ...learner.learned, seconds, samples: total, ...counts, bytes: learner.bytes };
}

/** Trials side by side: what each needs of memory is small. */
const TRIALS = 20;
/** Spikes of each neuron in each sample, `[samples][neurons]`, when nothing is learned any more. */
export async function responses(
  learned: Learned,
  samples: Examples,
  { seed, backend, onProgress, stage }: Showing & { readonly stage: string },
): Promise<Uint16Array> {
  const { neurons } = learned;
  const trials = Math.min(TRIALS, samples.count);
  const { net, parameters } = answeringNetwork(learned);
  using engine = await createEngine(net, backend, { seed, samples: trials, block: 256, parameters });
  const reader = readerOf(samples, { encoder: ENCODER, steps: STEPS, seed });
  const out = new Uint16Array(samples.count * neurons);
  let done = 0;
  for (const { input, count } of reader.pass({ batch: trials, epoch: TEST_EPOCH, shuffle: false })) {
    const { indices, samples: of } = engine.run(STEPS, { in: filled(input, count, trials) }).spikes.e!;
    for (let k = 0; k < indices.length; k++) if (of[k]! < count) out[(done + of[k]!) * neurons + indices[k]!]!++;
    engine.reset({ keep: [THRESHOLDS] });
    done += count;
    onProgress({ stage, done, total: samples.count });
  }
  return out;
}
/** The last batch may be smaller: the trials behind it hear nothing. */
function filled({ list, ends }: Pick<ListData, "list" | "ends">, count: number, trials: number): ListData {
  if (count === trials) return { list, ends };
  const all = new Uint32Array(trials * STEPS + 1).fill(ends[count * STEPS]!);
  for (let k = 0; k <= count * STEPS; k++) all[k] = ends[k]!;
  return { list, ends: all };
}
