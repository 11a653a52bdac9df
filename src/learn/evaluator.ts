/** A network that answers batches, and counts what it did: the forward pass alone, with weights as deployed. */
import { type Backend, type Executable } from "../backend/backend.ts";
import { ModelError, RunError } from "../base/errors.ts";
import { compare, convert, constant, type Expr, i32, mul, read } from "../ir/expr.ts";
import { along, invoke, loop, place, type Program } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import { type Slot, slotOf, type Step, type Store } from "../ir/step.ts";
import { type FloatType, isFloat } from "../ir/types.ts";
import { verifyProgram } from "../ir/verify.ts";
import { type Network, type Population } from "../model/network.ts";
import { type Context, runNumber } from "../sim/lower/context.ts";
import { forwardNodes, lower, type Lowered, type LowerHooks, programOf } from "../sim/lower/lower.ts";
import { type Parameters, writeBlock } from "../sim/lower/parameters.ts";
import { type Kernel } from "../sim/lower/populations.ts";
import { type Batch, inputOf, writeBatch } from "./feed.ts";
import { ANSWERS, type Loss, LOSS, lossNodes } from "./loss.ts";
import { outputPort } from "./readout.ts";
import { argmax } from "./trainer.ts";

export interface EvaluatorOptions {
  readonly loss: Loss;
  readonly batch: number;
  readonly parameters: Parameters;
  readonly type?: FloatType;
  /** Keys random draws of the network's own equations. */
  readonly seed?: number;
}

/** What a population did over the samples of an evaluation, summed. */
export interface PopulationActivity {
  /** Spikes, or non-zero outputs of a population that answers by value; absent for a membrane that only leaks. */
  readonly active?: number;
  /** NeuroBench's membrane updates: all neurons in step 1, and those whose state changed in later steps. */
  readonly membraneUpdates?: number;
}
export interface Evaluation {
  readonly samples: number;
  readonly loss: number;
  readonly correct: number;
  readonly predictions: Uint32Array;
  readonly activity: Readonly<Record<string, PopulationActivity>>;
  /** Events or non-zero values that entered. */
  readonly inputEvents: number;
}

const CHUNK = 4;

export async function createEvaluator(net: Network, backend: Backend, options: EvaluatorOptions): Promise<Evaluator> {
  const { batch, type = "f32", seed = 0 } = options;
  if (net.steps === undefined) throw new RunError("usage", net.name, "a network that answers samples needs 'steps'");
  const output = outputPort(net, options.loss.pooling);
  const input = inputOf({ net });
  const hooks: LowerHooks = {
    ...(net.inputs[input]!.signal === "values" && { sparseInputs: new Set([input]) }),
    ...(output.port === "spike" && { spikeRows: new Set([output.node]) }),
    kernel: (node, kernel, c) => counting(node, net.populations[node]!, kernel, c),
  };
  const record = output.port === "spike" ? [] : [`${output.node}.${output.port}`];
  const lowered = lower(net, { type, mode: "samples", samples: Math.min(CHUNK, batch), steps: net.steps, batch, record, seed }, hooks);
  const program = programOf(`${net.name}.evaluate`, lowered, [{ name: "evaluate", body: evaluateNodes(lowered, output, options.loss) }]);
  verifyProgram(program);
  return new Evaluator(lowered, program, await backend.load(program), options);
}

function evaluateNodes(l: Lowered, output: { node: string; port: string }, loss: Loss) {
  const c = l.context;
  const places = { context: c, classes: c.size(output.node), output: l.sources.values.get(`${output.node}.${output.port}`)!, gradient: undefined };
  return [
    invoke({ kind: "zero", type: c.type }, { out: place(LOSS) }, { n: 1 }),
    loop("chunk", runNumber("chunks"), [...forwardNodes(l), loop("s", c.sampleCount, lossNodes(loss, places))]),
  ];
}

const ACTIVE = "count.active";
const CHANGED = "count.changed";

/** Adds counters to a population's step: they read what it computes anyway, and change nothing. */
function counting(node: string, p: Population, { step, args }: Kernel, c: Context): Kernel {
  const active = activeValue(step);
  const membrane = p.model.variables.find((v) => v.name === p.model.port) ?? p.model.variables.find((v) => v.type === "float");
  const state = membrane && step.stores.find((s) => s.slot === membrane.name && s.mode === "set");
  const stores: Store[] = [];
  if (active) stores.push({ slot: ACTIVE, mode: "sum", value: convert("i32", active) });
  if (state) {
    const changed = compare("ne", state.value, read(slotOf(step, state.slot).type, state.slot));
    stores.push({ slot: CHANGED, mode: "sum", value: mul(convert("i32", changed), read("i32", "later")) });
  }
  const slots: Slot[] = [...step.slots, ...stores.map((s): Slot => ({ name: s.slot, type: "i32", space: "uniform" })), ...(state ? [{ name: "later", type: "i32", space: "uniform" } as const] : [])];
  const steps = c.options.steps;
  const places = {
    ...(active && { [ACTIVE]: place(c.buffer(`${node}.${ACTIVE}`, "i32", 1, "output")) }),
    ...(state && { [CHANGED]: place(c.buffer(`${node}.${CHANGED}`, "i32", 1, "output")), later: place(c.constant("step.later", Int32Array.from({ length: steps }, (_, t) => Number(t > 0)), "i32"), 0, along("t", 1)) }),
  };
  return { step: simplify({ ...step, slots, stores: [...step.stores, ...stores] }), args: { ...args, ...places } };
}

/** Who fires, or which outputs by value are not zero, for populations that do not keep a state. */
function activeValue(step: Step): Expr | undefined {
  const spikes = step.stores.find((s) => s.mode === "append");
  if (spikes) return spikes.value;
  const fired = step.stores.find((s) => s.slot === "out.spike");
  if (fired) return compare("gt", fired.value, constant(fired.value.type, 0));
  if (step.stores.some((s) => s.mode === "set" && !s.slot.startsWith("out."))) return undefined;
  const value = step.stores.find((s) => s.slot.startsWith("out.") && isFloat(s.value.type));
  return value && compare("ne", value.value, constant(value.value.type, 0));
}

export class Evaluator implements Disposable {
  readonly lowered: Lowered;
  readonly program: Program;
  readonly #x: Executable;
  readonly #options: EvaluatorOptions;

  /** Use `createEvaluator`. */
  constructor(lowered: Lowered, program: Program, executable: Executable, options: EvaluatorOptions) {
    this.lowered = lowered;
    this.program = program;
    this.#x = executable;
    this.#options = options;
    for (const [name, values] of lowered.context.contents) executable.array(name).set(values);
    this.setParameters(options.parameters);
  }

  get bytes(): number {
    return this.#x.bytes;
  }
  get text(): string {
    return this.#x.text();
  }

  /** @throws {ModelError} `unknown-name`, `shape-mismatch` */
  setParameters(parameters: Parameters): void {
    for (const b of this.lowered.parameters.blocks.values()) {
      const from = parameters[b.name];
      if (!from) throw new ModelError("unknown-name", `parameters.${b.name}`, "is missing");
      if (from.length !== b.rows * b.width) throw new ModelError("shape-mismatch", `parameters.${b.name}`, `needs ${b.rows} x ${b.width} numbers, got ${from.length}`);
      writeBlock(this.#x.array("parameters"), b, from);
    }
    this.#x.run("prepare");
  }

  /** Answers a batch. @throws {DataError} for a batch that does not fit, {RunError} `not-finite` */
  evaluate(batch: Batch): Evaluation {
    const x = this.#x;
    writeBatch(x, this.lowered, batch);
    const counters = [...this.lowered.context.buffers.keys()].filter((b) => b.endsWith(ACTIVE) || b.endsWith(CHANGED));
    for (const b of counters) x.array(b)[0] = 0;
    x.run("evaluate");
    const loss = x.array(LOSS)[0]! / batch.count;
    if (!Number.isFinite(loss)) throw new RunError("not-finite", this.lowered.net.name, `the loss is ${loss}`);
    const predictions = this.#predictions(batch.count);
    const { input } = batch;
    return {
      samples: batch.count, loss, predictions,
      correct: predictions.reduce((sum, p, s) => sum + Number(p === batch.labels[s]), 0),
      activity: Object.fromEntries(Object.keys(this.lowered.net.populations).map((node) => [node, this.#activity(node, batch.count)])),
      inputEvents: input.ends[batch.count * (input.kind === "events" ? this.lowered.context.options.steps : 1)]!,
    };
  }

  #predictions(count: number): Uint32Array {
    const { node } = outputPort(this.lowered.net, this.#options.loss.pooling);
    const [stride, classes] = [this.lowered.context.stride(node), this.lowered.context.size(node)];
    const answers = this.#x.array(ANSWERS);
    return Uint32Array.from({ length: count }, (_, s) => argmax(answers, s * stride, classes));
  }

  #activity(node: string, samples: number): PopulationActivity {
    const count = (name: string): number | undefined => (this.lowered.context.buffers.has(`${node}.${name}`) ? this.#x.array(`${node}.${name}`)[0]! : undefined);
    const [active, changed] = [count(ACTIVE), count(CHANGED)];
    return {
      ...(active !== undefined && { active }),
      ...(changed !== undefined && { membraneUpdates: changed + samples * this.lowered.context.size(node) }),
    };
  }

  dispose(): void {
    this.#x.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}
