/**
 * T5: Diehl and Cook's network, with one winner a step as BindsNET has it, learns from one sample after the other. What is timed
 * is all of it: encoding, 250 steps, normalising the weights, going back to rest.
 */
import type { Backend } from "../src/backend/backend.ts";
import type { Examples } from "../src/data/dataset.ts";
import { digits } from "../src/data/sets/digits.ts";
import type { Batch } from "../src/learn/feed.ts";
import { type BatchSource, readerOf } from "../src/tasks/batches.ts";
import { ENCODER, Learner } from "../src/tasks/unsupervised/learn.ts";
import { STEPS } from "../src/tasks/unsupervised/network.ts";
import { limitOf, limitRuns } from "./machine.ts";
import { type Bench, fact, measure, type Result, rate } from "./measure.ts";
import { countsOf, LIMITS, type Limits, runWork } from "./stepLimits.ts";
import { BACKENDS } from "./threads.ts";
import { CountingBackend } from "./work.ts";

/** BindsNET 34ee292 on PyTorch, samples a second on this kind of machine: 4.6 at batch 1, 8.3 at batch 16, its best. */
const PEER = 8.3;
const NEURONS = 400;
/** Samples before anything is measured: at first hardly any threshold has risen, and many neurons fire. */
const WARM_UP = 1000;
const BATCH = 50;
const SEED = 1;

/** A network that has begun to learn, and goes on with another batch each time. */
class Learning implements Disposable {
  readonly learner: Learner;
  readonly #reader: BatchSource;
  #batches: Iterator<Batch> | undefined;
  #epoch = 1;
  spikes = 0;
  entered = 0;

  private constructor(learner: Learner, examples: Examples) {
    this.learner = learner;
    this.#reader = readerOf(examples, { encoder: ENCODER, steps: STEPS, seed: SEED });
  }
  static async of(backend: Backend, examples: Examples): Promise<Learning> {
    const options = { inputs: examples.size, neurons: NEURONS, winners: "one" } as const;
    const made = new Learning(await Learner.of(options, backend, SEED), examples);
    for (let k = 0; k < WARM_UP; k += BATCH) made.batch();
    return made;
  }
  batch(): void {
    const { input } = this.#next();
    this.spikes = 0;
    for (let s = 0; s < BATCH; s++)
      this.spikes += this.learner.show({ list: input.list, ends: input.ends.subarray(s * STEPS, (s + 1) * STEPS + 1) });
    this.entered = input.ends[BATCH * STEPS]!;
  }
  #next(): Batch {
    const next = this.#batches?.next();
    if (next && !next.done && next.value.count === BATCH) return next.value;
    this.#batches = this.#reader.pass({ batch: BATCH, epoch: this.#epoch++, shuffle: true });
    return this.#next();
  }
  [Symbol.dispose](): void {
    this.learner[Symbol.dispose]();
  }
}

export const bench: Bench = {
  name: "stdp-mnist",
  about: "Diehl and Cook's network learns by STDP: 784 inputs, 400 + 400 neurons, 250 steps a sample, samples a second",
  run: async ({ log }) => {
    const { train } = await digits({ seed: SEED });
    log("counting");
    const counting = new CountingBackend(BACKENDS.get(1)!());
    using counted = await Learning.of(counting, train);
    counting.clear();
    counted.batch();
    const work = counting.work();

    const backends = new Map([...BACKENDS].map(([threads, open]) => [threads, open()]));
    const all: [number, Learning][] = [];
    for (const [threads, backend] of backends) all.push([threads, await Learning.of(backend, train)]);
    const runs = Object.fromEntries(all.map(([threads, learning]) => [`@${threads}`, () => learning.batch()]));
    log("timing");
    const seconds = await measure<string>({ ...runs, ...(await machineRuns()) }, { repeats: 15 });
    const limits = Object.fromEntries(LIMITS.map((l) => [l, limitOf(l, seconds[l]!)])) as Limits;
    const did = runWork(work, counted.learner.program, limits);
    const least = did.neurons.least + did.synapses.least;
    const times = [...backends.keys()].map((threads): Result => {
      const than = { limit: (BATCH / least) * threads, peer: PEER, ...(threads === 1 && { counts: countsOf(did) }) };
      return rate(`samples-per-second@${threads}`, "samples/s", BATCH, seconds[`@${threads}`]!, than);
    });
    const bytes = all[0]![1].learner.bytes;
    for (const [, learning] of all) learning[Symbol.dispose]();
    for (const backend of backends.values()) backend.dispose();
    return [
      ...times,
      fact("input-spikes", "spikes/step", counted.entered / BATCH / STEPS),
      fact("rate-e", "spikes/neuron/step", counted.spikes / BATCH / STEPS / NEURONS),
      fact("memory", "MB", bytes / 1e6),
    ];
  },
};

const machineRuns = async () => {
  const { mulAdd, divide, update, scatter, copy } = await limitRuns();
  return { mulAdd, divide, update, scatter, copy } satisfies Record<keyof Limits, unknown>;
};
