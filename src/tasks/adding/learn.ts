/** One training on fresh sequences, looked at every few batches, and tested in the end. */
import type { Backend } from "../../backend/backend.ts";
import { requireInteger } from "../../base/errors.ts";
import { finite, integer, listOf, struct } from "../../io/check.ts";
import type { FloatArrays, SavedTraining } from "../../io/checkpoint.ts";
import { multiGaussian } from "../../ir/surrogate.ts";
import { type Algorithm, bptt, fptt } from "../../learn/algorithm.ts";
import { createEvaluator, type Evaluation, type Evaluator } from "../../learn/evaluator.ts";
import type { Batch } from "../../learn/feed.ts";
import { meanRates, summaryOf } from "../../learn/fit.ts";
import { type Loss, meanSquaredValues, meanSquaredValuesRising } from "../../learn/loss.ts";
import { adam, cosine } from "../../learn/optimiser.ts";
import { createTrainer, type Trainer } from "../../learn/trainer.ts";
import type { Network } from "../../model/network.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";
import type { KeptWork } from "../keeper.ts";
import type { LearningLog } from "../learningLog.ts";
import type { CellName, LearnerName } from "../options.ts";
import { addingBatch, addingNetwork } from "./problem.ts";

/** Which training it is: the same for equal ones. */
export interface AddingRun {
  readonly cell: CellName;
  readonly learner: LearnerName;
  readonly steps: number;
  /** Each of `EPOCH` batches of fresh sequences, after which it is looked at. */
  readonly epochs: number;
  readonly seed: number;
  readonly batch?: number;
}
export interface AddingOptions extends AddingRun {
  readonly backend: Backend;
  readonly onLook?: (look: AddingLook) => void;
  readonly onBatch?: (done: number, total: number) => void;
  readonly kept?: KeptWork | undefined;
  readonly log?: LearningLog | undefined;
  /** What the log calls it. */
  readonly stage?: string;
}
/** How it stands after some batches, on as many sequences that were never learned. */
export interface AddingLook {
  readonly batches: number;
  /** Mean square. */
  readonly error: number;
  /** Share of the answers nearer than `NEAR`. */
  readonly near: number;
  readonly seconds: number;
}
/** What came of it, on sequences that nobody has seen before. */
export interface AddingResult {
  readonly net: Network;
  readonly parameters: Parameters;
  readonly loss: Loss;
  readonly looks: readonly AddingLook[];
  readonly sequences: number;
  readonly error: number;
  /** Standard error of the mean square. */
  readonly spread: number;
  readonly near: number;
  /** Training alone. */
  readonly seconds: number;
  readonly bytes: number;
  readonly meanRate: Readonly<Record<string, number>>;
  /** What operations are counted from. */
  readonly did: Pick<Evaluation, "samples" | "steps" | "activity"> & { readonly inputActivity: Uint32Array };
  readonly answers: Float64Array;
}

/** Batches between two looks. */
export const EPOCH = 20;
const BATCH = 128;
/** Batches of the test. */
const TESTED = 10;
/** What counts as right, as Hochreiter and Schmidhuber have it. */
export const NEAR = 0.04;
/** Steps from one update to the next, as published of 1,000, and how many updates shorter sequences have at least. */
const [SEGMENT, PARTS] = [100, 5];
/** As published of MNIST; with 0.5, as published of this task, it learns later and less. */
const ALPHA = 0.1;
/** What averages of weights forget in a batch. */
const FORGOTTEN = 0.03;
const SURROGATE = multiGaussian({ sigma: 0.3 });
interface Learner {
  readonly algorithm: Algorithm;
  /** Updates a batch. */
  readonly updates: number;
}
const LEARNERS: Readonly<Record<LearnerName, (steps: number) => Learner>> = {
  bptt: () => ({ algorithm: bptt(SURROGATE), updates: 1 }),
  fptt: (steps) => {
    const every = Math.min(SEGMENT, Math.ceil(steps / PARTS));
    return { algorithm: fptt(SURROGATE, { every, alpha: ALPHA }), updates: Math.ceil(steps / every) };
  },
};
/**
 * Back-propagation has the error of the last step, as published. Gated units, which nothing was published of here, have that of
 * all steps as `fptt` has: of the last one nothing is left after 500 steps back.
 */
const lossOf = ({ cell, learner }: Pick<AddingRun, "cell" | "learner">): Loss =>
  learner === "bptt" && cell !== "gru" ? meanSquaredValues("last") : meanSquaredValuesRising();
const LAST = meanSquaredValues("last");
const RATE = 3e-3;
/** What is trained, and how. */
export const designOf = ({ cell, learner, steps }: Pick<AddingRun, "cell" | "learner" | "steps">) => ({
  net: addingNetwork(cell, steps),
  loss: lossOf({ cell, learner }),
  training: { rate: RATE, ...LEARNERS[learner](steps) },
});
/** Batches of looks, and those of the test, have numbers that no batch of training has. */
const lookNumber = (batches: number): number => -batches;
const testNumber = (k: number): string => `test.${k}`;

/**
 * Trains on fresh sequences, with Adam from 0.003 on and gradients clipped to 1, as published. So that the error does not go up
 * and down in the end as it does there, the rate falls to 0 along half a cosine, and averages of weights answer.
 *
 * @throws {RunError} `not-finite` where training breaks down, which back-propagation over 1,000 steps may; `interrupted`
 * @see Yin, Corradi and Bohté 2023, Nature Machine Intelligence 5:518, for neurons and numbers
 */
export async function learnAdding(options: AddingOptions): Promise<AddingResult> {
  const { steps, epochs, seed, backend, batch = BATCH } = options;
  requireInteger("adding.epochs", epochs, 1);
  const { net, loss, training } = designOf(options);
  const { algorithm, rate, updates } = training;
  using trainer = await createTrainer(net, backend, {
    algorithm,
    loss,
    optimiser: adam(cosine(rate, epochs * EPOCH * updates), { clip: 1, average: 1 - FORGOTTEN / updates }),
    batch,
    seed,
    watch: options.log !== undefined,
  });
  const parameters = trainer.deployed();
  using evaluator = await createEvaluator(net, backend, { loss: LAST, batch, parameters, seed });
  const { looks, seconds } = await trained(trainer, evaluator, { ...options, batch });
  const deployed = trainer.deployed();
  evaluator.setParameters(deployed);
  const test = Array.from({ length: TESTED }, (_, k) => addingBatch(batch, steps, seed, testNumber(k)));
  return {
    net,
    parameters: deployed,
    loss: LAST,
    looks,
    seconds,
    bytes: trainer.bytes,
    ...tested(net, evaluator, test),
  };
}

interface Progress {
  readonly looks: readonly AddingLook[];
  readonly seconds: number;
}
async function trained(
  trainer: Trainer,
  evaluator: Evaluator,
  { steps, epochs, seed, batch = BATCH, onLook, onBatch, kept, log, stage = "training" }: AddingOptions,
): Promise<Progress> {
  const total = epochs * EPOCH;
  const from = kept?.saved && progressIn(kept.saved);
  if (from) trainer.restore(from.snapshot);
  let { looks, seconds, loss } = from ?? { looks: [] as readonly AddingLook[], seconds: 0, loss: 0 };
  for (let k = (from?.batches ?? 0) + 1; k <= total; k++) {
    const start = performance.now();
    loss += trainer.step(addingBatch(batch, steps, seed, k)).loss / EPOCH;
    seconds += (performance.now() - start) / 1000;
    onBatch?.(k, total);
    if (k % EPOCH === 0) {
      trainer.requireFinite();
      evaluator.setParameters(trainer.deployed());
      const answered = evaluator.evaluate(addingBatch(batch, steps, seed, lookNumber(k)));
      const look = {
        batches: k,
        error: answered.loss,
        near: nearOf(answered, addingBatch(batch, steps, seed, lookNumber(k))),
        seconds,
      };
      looks = [...looks, look];
      onLook?.(look);
      const epoch = k / EPOCH - 1;
      log?.epoch({
        stage,
        report: reportOf(trainer, epoch, loss, batch, seconds),
        look: { epoch, accuracy: look.near, loss: look.error },
      });
      loss = 0;
    }
    await kept?.after(k, () => savedProgress(trainer, { batches: k, looks, seconds, loss }));
  }
  return { looks, seconds };
}

/** Nothing is right or wrong while it learns: an accuracy is told of looks alone. */
const reportOf = (trainer: Trainer, epoch: number, loss: number, batch: number, seconds: number) => ({
  ...{ epoch, loss, penalty: 0, accuracy: Number.NaN, seconds, samples: EPOCH * batch, warnings: [] },
  ...(trainer.watches && { watch: trainer.watched() }),
});

interface Saved extends Progress {
  readonly batches: number;
  /** Of the epoch so far. */
  readonly loss: number;
}
const count = integer(0);
const savedState = struct<Saved & { updates: number }>({
  updates: count,
  batches: count,
  looks: listOf(struct<AddingLook>({ batches: count, error: finite, near: finite, seconds: finite })),
  seconds: finite,
  loss: finite,
});
function savedProgress(trainer: Trainer, progress: Saved): SavedTraining {
  trainer.requireFinite(); // broken weights must not take the place of good ones
  const { updates, buffers } = trainer.snapshot();
  return { state: { updates, ...progress }, arrays: buffers as FloatArrays };
}
function progressIn({ state, arrays }: SavedTraining) {
  const { updates, ...progress } = savedState(state, "checkpoint.state");
  return { ...progress, snapshot: { updates, buffers: arrays } };
}

const errorsOf = ({ answers }: Evaluation, { targets }: Batch): number[] =>
  Array.from(answers!, (x, k) => x - targets![k]!);
function nearOf(answered: Evaluation, batch: Batch): number {
  const errors = errorsOf(answered, batch);
  return errors.filter((e) => Math.abs(e) < NEAR).length / errors.length;
}

function tested(net: Network, evaluator: Evaluator, test: readonly Batch[]) {
  const answered = test.map((batch) => evaluator.evaluate(batch));
  const errors = answered.flatMap((a, k) => errorsOf(a, test[k]!));
  const squares = errors.map((e) => e ** 2);
  const error = squares.reduce((a, b) => a + b, 0) / squares.length;
  const variance = squares.reduce((sum, x) => sum + (x - error) ** 2, 0) / (squares.length - 1);
  const inputActivity = new Uint32Array(2);
  for (const { input } of test) for (const k of input.list.subarray(0, input.ends.at(-1)!)) inputActivity[k]!++;
  const { samples, steps, activity } = summaryOf(answered);
  return {
    sequences: errors.length,
    error,
    spread: Math.sqrt(variance / squares.length),
    near: errors.filter((e) => Math.abs(e) < NEAR).length / errors.length,
    meanRate: meanRates(net, { activity, steps }),
    did: { samples, steps, activity, inputActivity },
    answers: Float64Array.from(answered.flatMap((a) => [...a.answers!])),
  };
}
