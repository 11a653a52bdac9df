/** A network that learns: forward, backward and update as regions of one program; everything stays in one memory. */
import type { Backend, Elements, Executable } from "../backend/backend.ts";
import { loadProgram, requireBackend } from "../backend/load.ts";
import { ModelError, RunError, requireChoice, requireInteger, requireKnown } from "../base/errors.ts";
import type { Program } from "../ir/program.ts";
import type { FloatType } from "../ir/types.ts";
import type { Network } from "../model/network.ts";
import { drawnBy } from "../sim/drawnBy.ts";
import { ERROR_FORMS, type ErrorForm } from "../sim/lower/context.ts";
import { FORMS, type Form } from "../sim/lower/forms.ts";
import { type Lowered, lower, needsStages } from "../sim/lower/lower.ts";
import { type Parameters, parameterLayout, readBlock, writeInitial, writeParameters } from "../sim/lower/parameters.ts";
import { samplesAbreast, samplesOfChunk, shardsAbreast, shardsFor } from "../sim/lower/shards.ts";
import { Memory } from "../sim/memory.ts";
import { answersOf, type Score, scoreOf } from "./answers.ts";
import { totalSteps } from "./batch.ts";
import { brokenBlock, culprit } from "./culprit.ts";
import { widthAt } from "./delayGradients.ts";
import { heardShares, scaled } from "./dropout.ts";
import { GAP } from "./dynamicRegulariser.ts";
import { type EventPropTrainerOptions, eventTrainerOf, isEventProp } from "./eventprop/algorithm.ts";
import type { EventTrainer } from "./eventprop/trainer.ts";
import { type Batch, type Given, writeBatch, writeStretch } from "./feed.ts";
import { requireGiven, requireLoss } from "./given.ts";
import { Liveness } from "./liveness.ts";
import { answersSteps } from "./loss.ts";
import { LOSS, LOSS_SCALE } from "./lossKernels.ts";
import { AVERAGE } from "./optimiser.ts";
import { type Learning, ONWARD, TrainingPlan } from "./plan.ts";
import { PENALTY } from "./regularise.ts";
import { copyChanging, type TrainerSnapshot, writeChanging } from "./snapshot.ts";
import { stepsOf } from "./start.ts";
import { requireStatistics, requireWhole } from "./statistics.ts";
import { type Stretch, segmentsOf, stagedSegments, stretchesOf, windowAt } from "./stretches.ts";
import { numberBuffer, SKIPPED, stateBuffer } from "./update.ts";
import { Watch, type Watched, type WatchReport } from "./watch.ts";
import { GRADIENTS } from "./windowGradients.ts";

/** Options of `createTrainer`. */
export interface TrainerOptions extends Learning {
  /** Samples of one update, at most. */
  readonly batch: number;
  /**
   * Samples that go forward and backward together; where absent, from 1 to 4, as many as the cache is likely to hold, and
   * with an update every step up to 64.
   */
  readonly chunk?: number;
  readonly seed?: number;
  readonly type?: FloatType;
  /** The form of analog inputs, where it is not to be chosen by what each batch holds. The result is the same. */
  readonly form?: Form;
  /**
   * The form of errors that go back through windows of 3x3, where it is not to be chosen by how many there are in each step:
   * one by one to sources that are `listed`, or to `all`. The result differs in rounding.
   */
  readonly errors?: ErrorForm;
  /** Weights to start from, as `Trainer.parameters` gives them; drawn by `seed` where absent. */
  readonly parameters?: Parameters;
}
const NEEDED: readonly (keyof TrainerOptions)[] = ["algorithm", "loss", "optimiser", "batch"];
const OPTIONS: readonly (keyof TrainerOptions)[] = [
  ...NEEDED,
  "groups",
  "regularisers",
  "watch",
  "delayWidth",
  "chunk",
  "seed",
  "type",
  "form",
  "errors",
  "parameters",
];
/** What came of one update. */
export interface StepResult {
  /** Mean over the samples of the batch. */
  readonly loss: number;
  /** What regularisers add to it. */
  readonly penalty: number;
  /** Answers that had a label: samples, or with a loss of each step their steps. */
  readonly counted: number;
  /** Those that were right. */
  readonly correct: number;
}

/**
 * Makes a network learn by the exact times of its spikes. The exact engine runs it, and the backend has no part in that.
 *
 * @throws {ModelError} `unsupported` for options that have no meaning without steps; as `createEventTrainer`
 */
export function createTrainer(net: Network, backend: Backend, options: EventPropTrainerOptions): Promise<EventTrainer>;
/**
 * Compiles a network together with its backward pass and its optimiser.
 *
 * @throws {ModelError} `not-differentiable`, `unsupported` where the network cannot be trained so; `out-of-range`, `unknown-name`, `usage` for an option
 */
export function createTrainer(net: Network, backend: Backend, options: TrainerOptions): Promise<Trainer>;
export async function createTrainer(
  net: Network,
  backend: Backend,
  options: TrainerOptions | EventPropTrainerOptions,
): Promise<Trainer | EventTrainer> {
  if (options && isEventProp(options)) return eventTrainerOf(net, options);
  requireBackend(backend);
  requireOptions(options);
  const { lowered, plan, program } = trainingProgram(net, options);
  const { parameters, ...others } = options;
  return new Trainer(lowered, program, await loadProgram(backend, program), { ...others, plan }, parameters);
}
/** @throws {ModelError} `unknown-name`, `usage`, `type-mismatch`, `out-of-range` */
export function requireOptions(options: Partial<TrainerOptions>): asserts options is TrainerOptions {
  requireKnown("trainer", options, OPTIONS);
  if (isEventProp(options))
    throw new ModelError(
      "unsupported",
      "trainer.algorithm",
      "EventProp has no program: what it keeps are the spikes there are",
    );
  requireGiven("trainer", options, NEEDED);
  requireLoss("trainer", options.loss);
  requireChoice("trainer.form", options.form, FORMS);
  requireChoice("trainer.errors", options.errors, ERROR_FORMS);
}

/** What a trainer of these options runs, before any backend has compiled it. */
export function trainingProgram(
  net: Network,
  options: TrainerOptions,
): { readonly lowered: Lowered; readonly plan: TrainingPlan; readonly program: Program } {
  const { batch, seed = 0, type = "f32" } = options;
  requireInteger("trainer.batch", batch, 1, 2 ** 20);
  const steps = stepsOf(net);
  const plan = new TrainingPlan(net, options);
  const { output, segment } = plan;
  const sums = parameterLayout(net, type, { seed }).learnedLength;
  const isAbreast = plan.isOnward && segment === 1;
  const usual = isAbreast ? samplesAbreast(batch, sums, type) : samplesOfChunk(net, segment ?? steps, type);
  const { chunk = Math.min(usual, plan.mostSamples), form, errors } = options;
  requireInteger("trainer.chunk", chunk, 1, Math.min(2 ** 20, plan.mostSamples));
  const record = output.port === "spike" ? [] : [`${output.node}.${output.port}`];
  const wide = needsStages(net);
  if (wide) requireWhole(net, batch, options.chunk);
  const samples = wide ? Math.ceil(batch / wideShards(batch, sums, type, isAbreast)) : Math.min(chunk, batch);
  const chunks = Math.ceil(batch / samples);
  const shards = wide ? chunks : shardsFor(chunks, sums, type);
  const statistics = wide ? "batch" : "running";
  const staged = plan.isOnward ? stagedSegments(net, batch, segment!, type) : undefined;
  const lowered = lower(
    net,
    {
      ...{ type, mode: "samples", samples, steps, segment, staged, batch, shards, record, seed, statistics },
      ...(form && { form }),
      ...(errors && { errors }),
    },
    plan.hooks(),
  );
  return { lowered, plan, program: plan.program(lowered) };
}

/** Shards of a batch each of which has all its samples in one chunk. */
const wideShards = (batch: number, sums: number, type: FloatType, isAbreast: boolean): number =>
  isAbreast ? shardsAbreast(batch, sums, type) : shardsFor(batch, sums, type);

/** Options with what follows from them. */
interface PlannedOptions extends Omit<TrainerOptions, "parameters"> {
  readonly plan: TrainingPlan;
}

/**
 * A network that learns, with all that it needs in one memory. Make it with `createTrainer`; give the memory back
 * with `dispose`.
 */
export class Trainer implements Disposable {
  readonly program: Program;
  readonly lowered: Lowered;
  readonly #x: Executable;
  readonly #memory: Memory;
  readonly #options: PlannedOptions;
  #updates = 0;
  #watch: Watch | undefined;
  readonly #liveness: Liveness;

  /** Use `createTrainer`. */
  constructor(
    lowered: Lowered,
    program: Program,
    executable: Executable,
    options: PlannedOptions,
    parameters: Parameters | undefined,
  ) {
    this.lowered = lowered;
    this.program = program;
    this.#x = executable;
    this.#options = options;
    this.#memory = new Memory(executable, program);
    this.#memory.fill(lowered.context.contents);
    if (parameters) this.setParameters(parameters);
    else this.#start();
    this.#liveness = new Liveness(lowered, (buffer) => this.#memory.sum(buffer));
    if (options.watch) this.#watch = new Watch(this.#toWatch());
  }

  /** What learns. */
  get network(): Network {
    return this.lowered.net;
  }
  /** Linear memory: all there is, because nothing is allocated while training. */
  get bytes(): number {
    return this.#x.bytes;
  }
  /** What the backend generated. */
  get text(): string {
    return this.#x.text();
  }
  /** Updates done so far. */
  get updates(): number {
    return this.#updates;
  }

  /** Forward and backward; the gradients of the mean loss stay in memory until the next call. @throws {DataError} for a batch that does not fit */
  gradients(batch: Batch): StepResult {
    return this.#run(this.#write(batch), "gradients");
  }
  #write(batch: Batch): Given {
    if (this.lowered.context.options.statistics === "batch") requireStatistics(this.lowered.net, batch);
    const given = { batch, loss: this.#options.loss, update: this.#updates };
    writeBatch(this.#x, this.lowered, given);
    this.#x.array(LOSS_SCALE)[0] = 1 / batch.count;
    return given;
  }
  /** @param before each stretch of a batch */
  #run(given: Given, region: string, before?: (stretch: Stretch) => void): StepResult {
    const { batch, loss } = given;
    let score: Score = { counted: 0, correct: 0 };
    for (const stretch of stretchesOf(this.lowered, batch)) {
      writeStretch(this.#x, this.lowered, given, stretch);
      before?.(stretch);
      this.#x.run(region);
      if (answersSteps(loss)) score = this.#scored(score, given, stretch);
    }
    if (!answersSteps(loss)) score = answersOf(this.#x, this.lowered, batch, loss);
    const mean = (name: string): number =>
      this.lowered.context.buffers.has(name) ? this.#memory.sum(name) / batch.count : 0;
    return { loss: mean(LOSS), penalty: mean(PENALTY), counted: score.counted, correct: score.correct };
  }
  #scored(before: Score, { batch, loss }: Given, { first }: Stretch): Score {
    const { counted, correct } = scoreOf(this.#x, this.lowered, batch, loss, windowAt(this.lowered, first));
    return { counted: before.counted + counted, correct: before.correct + correct };
  }

  /**
   * One update, or with `fptt` those of all segments of time of a batch.
   * @throws {RunError} `not-finite` if the loss is not, with the update's number and what is to blame
   */
  step(batch: Batch): StepResult {
    return this.#options.plan.isOnward ? this.#onward(batch) : this.#once(batch);
  }
  #once(batch: Batch): StepResult {
    const result = this.gradients(batch);
    if (!Number.isFinite(result.loss + result.penalty)) this.#refuse(batch, result.loss + result.penalty);
    this.#watch?.after(totalSteps(this.lowered.net, batch));
    this.#liveness.after();
    this.#updates++;
    this.#writeNumbers(this.#updates, 1);
    this.#narrow();
    this.#x.run("update");
    return result;
  }
  #onward(batch: Batch): StepResult {
    const given = this.#write(batch);
    const update = ++this.#updates;
    this.#narrow();
    const result = this.#run(given, ONWARD, ({ first, count }) => this.#writeNumbers(update + first, count));
    this.#updates += segmentsOf(this.lowered, batch) - 1;
    this.#watch?.after(totalSteps(this.lowered.net, batch));
    this.#liveness.after();
    if (!Number.isFinite(result.loss)) this.#refuse(batch, result.loss);
    return result;
  }
  /** Numbers of an update, and of so many from there on. */
  #writeNumbers(update: number, count: number): void {
    this.#options.plan.optimiser.forEach((t, k) => {
      for (const [name, value] of Object.entries(t.numbers)) {
        const numbers = this.#x.array(numberBuffer(k, name));
        for (let j = 0; j < count; j++) numbers[j] = value(update + j);
      }
    });
  }
  /** With the update that follows, weights are spread over steps anew. */
  #narrow(): void {
    const { delayWidth } = this.#options;
    if (delayWidth === undefined) return;
    const width = widthAt(delayWidth, this.#updates);
    const parameters = this.#x.array("parameters");
    for (const b of this.lowered.parameters.blocks.values()) if (b.kind === "width") parameters[b.offset] = width;
  }
  /** A gradient that is not finite shows in the weights first. @throws {RunError} `not-finite` */
  requireFinite(): void {
    const broken = brokenBlock(this.parameters());
    if (broken) throw new RunError("not-finite", `update ${this.#updates}`, broken);
  }
  #refuse(batch: Batch, loss: number): never {
    const run = (b: Batch): unknown => this.gradients(b);
    const { loss: kind } = this.#options;
    const cause = culprit({
      x: this.#x,
      lowered: this.lowered,
      parameters: this.parameters(),
      batch,
      loss: kind,
      update: this.#updates,
      run,
    });
    throw new RunError("not-finite", `update ${this.#updates + 1}`, `the loss became ${loss}: ${cause}`);
  }

  /** Updates that were left out because their gradients were not finite; see `clipByNorm`. */
  get skipped(): number {
    return this.lowered.context.buffers.has(SKIPPED) ? this.#x.array(SKIPPED)[0]! : 0;
  }

  /** Weights and biases as they are while training. */
  parameters(): Parameters {
    return this.#drawn(this.#blocks(this.#x.array("parameters")));
  }
  /**
   * Weights for use: their averages where the optimiser keeps some; those out of a population with dropout are scaled by the
   * share that was heard.
   */
  deployed(): Parameters {
    return this.#drawn(scaled(this.lowered.described, this.#averaged(), (keep) => keep));
  }
  /** They are of the synapses that this seed draws. */
  #drawn(parameters: Parameters): Parameters {
    return drawnBy(parameters, this.lowered.context.options.seed);
  }
  #averaged(): Parameters {
    const behind = this.#behindAverages();
    return behind ? this.#blocks(this.#x.array("parameters").map((w, k) => w + (behind[k] ?? 0))) : this.parameters();
  }
  /** By how much averages of weights are above these. */
  #behindAverages(): Elements | undefined {
    const at = this.#options.plan.optimiser.findIndex((t) => t.states.includes(AVERAGE));
    return at < 0 ? undefined : this.#x.array(stateBuffer(at, AVERAGE));
  }
  /** The gradients that the last `gradients` or `step` left, by the names of `parameters`; 0 of running statistics. */
  gradientBlocks(): Parameters {
    return this.#blocks(this.#memory.summed(GRADIENTS), this.lowered.parameters.learnedLength);
  }
  /**
   * What happened since the last call, or since the trainer was made. Neurons are counted in the samples that they learn
   * from, with dropout.
   * @throws {RunError} `unsupported` unless the trainer was made with `watch: true`
   */
  watched(): WatchReport {
    if (this.#watch) return this.#watch.look();
    throw new RunError("unsupported", "trainer", "nothing was counted: make it with watch: true");
  }
  /** Spikes a neuron and step of each layer that spikes, in the samples of the updates since the last call, with dropout. */
  rates(): Readonly<Record<string, number>> {
    return this.#liveness.look();
  }
  /** Whether it counts what `watched` tells. */
  get watches(): boolean {
    return this.#watch !== undefined;
  }
  #toWatch(): Watched {
    const has = (buffer: string): boolean => this.lowered.context.buffers.has(buffer);
    return {
      net: this.lowered.net,
      counts: (buffer) => (has(buffer) ? this.#memory.summed(buffer) : undefined),
      clear: (buffer) => {
        if (has(buffer)) this.#x.array(buffer).fill(0);
      },
      parameters: () => this.parameters(),
      gradients: () => this.gradientBlocks(),
    };
  }
  /** @param length numbers that there are; others are 0 */
  #blocks(from: ArrayLike<number>, length = from.length): Parameters {
    const arrayOf = this.lowered.context.type === "f32" ? Float32Array : Float64Array;
    const out: Record<string, Float32Array | Float64Array> = {};
    for (const b of this.lowered.parameters.blocks.values()) {
      const values = (out[b.name] = new arrayOf(b.rows * b.width));
      if (b.offset < length) readBlock(from, b, values);
    }
    return out;
  }
  /** Draws the weights to start from where they are used: those of large networks need no second room. */
  #start(): void {
    const { described, parameters, context } = this.lowered;
    const to = this.#x.array("parameters") as Float32Array | Float64Array;
    writeInitial(to, parameters, described, context.options.seed);
    for (const [name, keep] of heardShares(described)) {
      const block = parameters.blocks.get(name);
      const values = block && to.subarray(block.offset, block.offset + block.rows * block.stride);
      values?.set(values.map((w) => w * (1 / keep)));
    }
    this.#narrow();
    this.#x.run("prepare");
  }
  /**
   * Goes on from these weights; averages start anew from them, otherwise the optimiser knows nothing of it.
   * @throws {ModelError} `unknown-name`, `shape-mismatch`
   */
  setParameters(parameters: Parameters): void {
    writeParameters(this.#x.array("parameters"), this.lowered.parameters, parameters);
    this.#behindAverages()?.fill(0);
    this.#x.run("prepare");
  }

  /**
   * Ends an epoch: with `fptt` weights are put to their running averages, as published code does before it evaluates; with
   * other algorithms there is nothing to do. `fit` calls it.
   */
  settle(): void {
    const at = this.#options.plan.optimiser.findIndex((t) => t.states.includes(GAP));
    if (at < 0) return;
    const [weights, gaps] = [this.#x.array("parameters"), this.#x.array(stateBuffer(at, GAP))];
    for (let k = 0; k < gaps.length; k++) weights[k]! += gaps[k]!; // running statistics have none
    gaps.fill(0);
    this.#x.run("prepare");
  }

  /** A copy of all that training changes; a trainer of the same network and options goes on from it bit for bit. */
  snapshot(): TrainerSnapshot {
    return { updates: this.#updates, buffers: copyChanging(this.#x, this.program) };
  }
  /** @throws {RunError} `shape-mismatch` if the snapshot is of another network or optimiser; then nothing changes */
  restore({ updates, buffers }: TrainerSnapshot): void {
    writeChanging(this.#x, this.program, buffers);
    this.#updates = updates;
    this.#x.run("prepare");
    if (this.#watch) this.#watch = new Watch(this.#toWatch());
  }

  /** Gives the memory back; every later call throws. */
  dispose(): void {
    this.#x.dispose();
  }
  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
