/** A network that answers batches, and counts what it did: the forward pass alone, with weights as deployed. */
import type { Backend, Executable } from "../backend/backend.ts";
import { loadProgram, requireBackend } from "../backend/load.ts";
import { type Every, RunError, requireChoice, requireInteger, requireKnown } from "../base/errors.ts";
import { invoke, type Node, type Program, place } from "../ir/program.ts";
import type { FloatType } from "../ir/types.ts";
import type { Network } from "../model/network.ts";
import { seedFor } from "../sim/drawnBy.ts";
import { FORMS, type Form, inputsInEitherForm } from "../sim/lower/forms.ts";
import { forwardNodes, type Lowered, type LowerHooks, lower, programOf } from "../sim/lower/lower.ts";
import { type Parameters, writeParameters } from "../sim/lower/parameters.ts";
import { overChunks, samplesOfChunk, shardsAnswering } from "../sim/lower/shards.ts";
import { Memory } from "../sim/memory.ts";
import { activityOf, counting, isCounter, type PopulationActivity } from "./activity.ts";
import { type Answers, answersOf } from "./answers.ts";
import { entriesOf, totalSteps } from "./batch.ts";
import { culprit } from "./culprit.ts";
import { type Batch, writeBatch } from "./feed.ts";
import { requireGiven, requireLoss } from "./given.ts";
import { type Loss, lossNodes, requireSteps } from "./loss.ts";
import { LOSS } from "./lossKernels.ts";
import { type OutputPort, outputPort } from "./readout.ts";
import { stepsOf } from "./start.ts";

/** Options of `createEvaluator`. */
export interface EvaluatorOptions {
  readonly loss: Loss;
  /** Samples of one call, at most. */
  readonly batch: number;
  /** As deployed: `Trainer.deployed()`. */
  readonly parameters: Parameters;
  readonly type?: FloatType;
  /** As in training. */
  readonly form?: Form;
  /**
   * Keys random draws: of synapses, of neuron parameters that are drawn and do not train, and of the equations. Default that of
   * the training that `parameters` come from, else 0.
   */
  readonly seed?: number;
}

const OPTIONS = {
  ...{ loss: true, batch: true, parameters: true, type: true, form: true, seed: true },
} as const satisfies Every<EvaluatorOptions>;
const NEEDED: readonly (keyof EvaluatorOptions)[] = ["loss", "batch", "parameters"];

/** What came of one batch: answers, loss, and what the populations did. */
export interface Evaluation extends Answers {
  readonly samples: number;
  /** Steps of all samples together. */
  readonly steps: number;
  /** Mean over the samples. */
  readonly loss: number;
  readonly activity: Readonly<Record<string, PopulationActivity>>;
  /** Events or non-zero values that entered. */
  readonly inputEvents: number;
}

/**
 * Makes a network that answers batches and counts what it does, without learning.
 *
 * @throws {ModelError} for options or a network that cannot be evaluated so
 */
export async function createEvaluator(net: Network, backend: Backend, options: EvaluatorOptions): Promise<Evaluator> {
  requireBackend(backend);
  requireKnown("evaluator", options, OPTIONS);
  requireGiven("evaluator", options, NEEDED);
  requireLoss("evaluator", options.loss);
  const { batch, type = "f32" } = options;
  const seed = seedFor(net, options.parameters, options.seed, "evaluator");
  requireInteger("evaluator.batch", batch, 1, 2 ** 20);
  requireChoice("evaluator.form", options.form, FORMS);
  const steps = stepsOf(net);
  requireSteps(options.loss, steps);
  const output = outputPort(net, options.loss);
  const hooks: LowerHooks = {
    eitherForm: inputsInEitherForm(net),
    ...(output.port === "spike" && { spikeRows: new Set([output.node]) }),
    kernel: counting,
  };
  const record = output.port === "spike" ? [] : [`${output.node}.${output.port}`];
  const samples = Math.min(samplesOfChunk(net, steps, type), batch);
  const shards = shardsAnswering(Math.ceil(batch / samples));
  const lowered = lower(
    net,
    { type, mode: "samples", samples, steps, batch, shards, record, seed, ...(options.form && { form: options.form }) },
    hooks,
  );
  const region = { name: "evaluate", body: evaluateNodes(lowered, output, options.loss) };
  const program = programOf(`${net.name}.evaluate`, lowered, [region]);
  return new Evaluator(lowered, program, await loadProgram(backend, program), options);
}

function evaluateNodes(l: Lowered, { node, port }: OutputPort, loss: Loss): Node[] {
  const c = l.context;
  const output = l.sources.values.get(`${node}.${port}`)!;
  const places = { context: c, classes: c.size(node), output, gradient: undefined };
  const clear = (name: string): Node =>
    invoke({ kind: "zero", type: c.buffers.get(name)!.type }, { out: place(name) }, { n: c.buffers.get(name)!.length });
  const answers = forwardNodes(l, lossNodes(loss, places));
  const counters = [...c.buffers.keys()].filter(isCounter);
  return overChunks(c, [LOSS, ...counters].map(clear), answers);
}

/** A network that answers batches, and counts what it did. Make it with `createEvaluator`. */
export class Evaluator implements Disposable {
  readonly lowered: Lowered;
  readonly program: Program;
  readonly #x: Executable;
  readonly #memory: Memory;
  readonly #loss: Loss;
  #parameters: Parameters;

  /** Use `createEvaluator`. */
  constructor(lowered: Lowered, program: Program, executable: Executable, { parameters, loss }: EvaluatorOptions) {
    this.lowered = lowered;
    this.program = program;
    this.#x = executable;
    this.#parameters = parameters;
    this.#loss = loss;
    this.#memory = new Memory(executable, program);
    this.#memory.fill(lowered.context.contents);
    this.setParameters(parameters);
  }

  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#x.bytes;
  }
  /** What the backend generated. */
  get text(): string {
    return this.#x.text();
  }

  /**
   * Answers with other weights from now on.
   * @throws {ModelError} `unknown-name`, `shape-mismatch`
   */
  setParameters(parameters: Parameters): void {
    seedFor(this.lowered.described, parameters, this.lowered.context.options.seed, "evaluator");
    writeParameters(this.#x.array("parameters"), this.lowered.parameters, parameters);
    this.#parameters = parameters;
    this.#x.run("prepare");
  }

  /** Answers a batch. @throws {DataError} for a batch that does not fit, {RunError} `not-finite` with what is to blame */
  evaluate(batch: Batch): Evaluation {
    const { net, context } = this.lowered;
    this.#run(batch);
    const loss = this.#memory.sum(LOSS) / batch.count;
    if (!Number.isFinite(loss)) this.#refuse(batch, loss);
    const { predictions, counted, correct, confusion, answers } = answersOf(this.#x, this.lowered, batch, this.#loss);
    const activity = (node: string) => activityOf(node, batch.count, context, (name) => this.#memory.summed(name));
    return {
      samples: batch.count,
      steps: totalSteps(net, batch),
      loss,
      predictions,
      counted,
      correct,
      confusion,
      ...(answers && { answers }),
      activity: Object.fromEntries(Object.keys(net.populations).map((node) => [node, activity(node)])),
      inputEvents: [...entriesOf(net, batch)].reduce((sum, [from, to]) => sum + to - from, 0),
    };
  }

  #run(batch: Batch): void {
    writeBatch(this.#x, this.lowered, { batch, loss: this.#loss });
    this.#x.run("evaluate");
  }

  #refuse(batch: Batch, loss: number): never {
    const { lowered } = this;
    const run = (b: Batch): void => this.#run(b);
    const cause = culprit({ x: this.#x, lowered, parameters: this.#parameters, batch, loss: this.#loss, run });
    throw new RunError("not-finite", lowered.net.name, `the loss is ${loss}: ${cause}`);
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
