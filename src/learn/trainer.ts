/** A network that learns: forward, backward and update as regions of one program; everything stays in one memory. */
import { type Backend, type Executable } from "../backend/backend.ts";
import { requireInteger, RunError } from "../base/errors.ts";
import { add, compare, constant, div, draw, f32, min, mul, read, select, sqrt } from "../ir/expr.ts";
import { expand } from "../ir/expand.ts";
import { along, invoke, loop, type Node, place, type Program, type Region } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import { type Slot, type Step } from "../ir/step.ts";
import { type FloatType } from "../ir/types.ts";
import { verifyProgram } from "../ir/verify.ts";
import { type Network } from "../model/network.ts";
import { streamOf } from "../base/random.ts";
import { type Context, KEY, runNumber } from "../sim/lower/context.ts";
import { forwardNodes, lower, type Lowered, type LowerHooks, programOf } from "../sim/lower/lower.ts";
import { initialParameters, type Parameters, readBlock, writeBlock } from "../sim/lower/parameters.ts";
import { type Bptt } from "./algorithm.ts";
import { BackwardPass } from "./backward.ts";
import { type Batch, inputOf, writeBatch } from "./feed.ts";
import { ANSWERS, type Loss, LOSS, LOSS_SCALE, lossNodes } from "./loss.ts";
import { applyOptimiser, clipLimit, type Optimiser } from "./optimiser.ts";
import { outputPort, scaled } from "./readout.ts";
import { bitsPlace, GRADIENTS, weightGradients } from "./weightGradients.ts";

export interface TrainerOptions {
  readonly algorithm: Bptt;
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  /** Samples of one update, at most. */
  readonly batch: number;
  /** Samples that go forward and backward together: what is kept of them should fit the cache. */
  readonly chunk?: number;
  readonly seed?: number;
  readonly type?: FloatType;
  readonly parameters?: Parameters;
}
export interface StepResult { readonly loss: number; readonly correct: number }

const CHUNK = 4;

export async function createTrainer(net: Network, backend: Backend, options: TrainerOptions): Promise<Trainer> {
  const { batch, chunk = CHUNK, seed = 0, type = "f32" } = options;
  requireInteger("trainer.batch", batch, 1, 2 ** 20);
  requireInteger("trainer.chunk", chunk, 1, 2 ** 20);
  if (net.steps === undefined) throw new RunError("usage", net.name, "a network to be trained needs 'steps', the steps of a sample");
  const backward = new BackwardPass(net, options.algorithm.surrogate);
  const output = outputPort(net, options.loss.pooling);
  const hooks = trainingHooks(net, output, backward, options);
  const lowered = lower(net, { type, mode: "samples", samples: Math.min(chunk, batch), steps: net.steps, batch, record: output.port === "spike" ? [] : [`${output.node}.${output.port}`], seed }, hooks);
  const program = programOf(net.name, lowered, regionsOf(lowered, backward, output, options));
  verifyProgram(program);
  return new Trainer(lowered, program, await backend.load(program), options, options.parameters ?? startingParameters(net, seed, type));
}

/** Weights out of a population with dropout start larger, because part of their inputs is silent while training. */
const startingParameters = (net: Network, seed: number, type: FloatType): Parameters => scaled(net, initialParameters(net, seed, type), (keep) => 1 / keep);

function trainingHooks(net: Network, output: { node: string; port: string }, backward: BackwardPass, options: TrainerOptions): LowerHooks {
  return {
    ...(net.inputs[inputOf({ net })]!.signal === "values" && { sparseInputs: new Set([inputOf({ net })]) }),
    ...(output.port === "spike" && { spikeRows: new Set([output.node]) }),
    emission: (node, plain) => ({ ...plain, training: { bits: plain.spikes, mask: net.populations[node]!.dropout > 0 } }),
    kernel: (node, kernel, c) => {
      if (node === output.node) backward.lossGradient(node, output.port, c);
      const bits = kernel.step.stores.some((s) => s.mode === "bits");
      const withBits = bits ? { ...kernel, args: { ...kernel.args, bits: bitsPlace(node, { context: c }) } } : kernel;
      return backward.kernel(node, withBits, c);
    },
    beforeSample: (node, c) => (net.populations[node]!.dropout > 0 ? [maskNode(node, net.populations[node]!.dropout, c)] : []),
  };
}

/** Which neurons are heard in this sample: drawn anew for each sample and update. */
function maskNode(node: string, dropout: number, c: Context): Node {
  const step = simplify(expand({
    name: `${node}.dropout`,
    slots: [{ name: "mask", type: c.type, space: "element" }, ...["seed", "sample", "stepLow", "stepHigh"].map((name): Slot => ({ name, type: "u32", space: "uniform" }))],
    stores: [{ slot: "mask", mode: "set", value: select(compare("lt", draw("uniform", "f32", streamOf(`${node}.dropout`)), f32(1 - dropout)), constant(c.type, 1), constant(c.type, 0)) }],
  }));
  const { samples } = c.options;
  const stride = c.stride(node);
  c.buffer("sample.number", "u32", c.chunks * samples, "argument");
  return invoke({ kind: "perElement", step }, {
    mask: place(c.buffer(`${node}.mask`, c.type, samples * stride, "state"), 0, along("s", stride)),
    seed: place("key", KEY.seed),
    sample: place("sample.number", 0, along("chunk", samples), along("s", 1)),
    stepLow: place("key", KEY.stepLow),
    stepHigh: place("key", KEY.stepHigh),
  }, { n: c.size(node) });
}

function regionsOf(l: Lowered, backward: BackwardPass, output: { node: string; port: string }, options: TrainerOptions): Region[] {
  const c = l.context;
  const signal = l.sources.values.get(`${output.node}.${output.port}`)!;
  const gradient = backward.lossGradient(output.node, output.port, c);
  const loss = loopSamples(l, lossNodes(options.loss, { context: c, classes: c.size(output.node), output: signal, gradient }));
  const chunk = [...forwardNodes(l), ...loss, ...backward.nodes(l), ...weightGradients(l, backward)];
  const clear = [
    invoke({ kind: "zero", type: c.type }, { out: place(GRADIENTS) }, { n: l.parameters.length }),
    invoke({ kind: "zero", type: c.type }, { out: place(LOSS) }, { n: 1 }),
  ];
  return [{ name: "gradients", body: [...clear, loop("chunk", runNumber("chunks"), chunk)] }, { name: "update", body: updateNodes(l, options.optimiser) }];
}
const loopSamples = (l: Lowered, body: Node[]): Node[] => [loop("s", l.context.sampleCount, body)];

/** The optimiser over every trainable run of parameters. */
function updateNodes(l: Lowered, optimiser: Optimiser): Node[] {
  const { type } = l.context;
  const { weight, states } = applyOptimiser(optimiser, type);
  const numbers = optimiser.flatMap((t, k) => Object.keys(t.numbers).map((n) => `${k}.number.${n}`));
  const clips = optimiser.flatMap((t, k) => (clipLimit(t) === undefined ? [] : [{ slot: `${k}.clip`, limit: clipLimit(t)! }]));
  const element = (name: string): Slot => ({ name, type, space: "element" });
  const uniform = (name: string): Slot => ({ name, type, space: "uniform" });
  const step: Step = simplify({
    name: "update",
    slots: [element("w"), element("grad"), ...[...states.keys()].map(element), ...[...numbers, ...clips.map((x) => x.slot)].map(uniform)],
    stores: [{ slot: "w", mode: "set", value: weight }, ...[...states].map(([slot, value]) => ({ slot, mode: "set" as const, value }))],
  });
  for (const s of states.keys()) l.context.buffer(`optimiser.${s}`, type, l.parameters.length, "state");
  for (const u of [...numbers, ...clips.map((x) => x.slot)]) l.context.buffer(`optimiser.${u}`, type, 1, "argument");
  const used = new Set(step.slots.map((s) => s.name));
  const run = ({ offset, length }: { offset: number; length: number }): Node => {
    const all: Record<string, ReturnType<typeof place>> = { w: place("parameters", offset), grad: place(GRADIENTS, offset) };
    for (const s of states.keys()) all[s] = place(`optimiser.${s}`, offset);
    for (const u of [...numbers, ...clips.map((x) => x.slot)]) all[u] = place(`optimiser.${u}`);
    return invoke({ kind: "perElement", step }, Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name))), { n: length });
  };
  const runs = trainableRuns(l);
  return [...clips.flatMap(({ slot, limit }) => clipNodes(l, slot, limit, runs)), ...runs.map(run)];
}

interface Run { readonly offset: number; readonly length: number }
/** Blocks that training changes, neighbours joined. */
function trainableRuns(l: Lowered): Run[] {
  const runs: { offset: number; length: number }[] = [];
  for (const b of l.parameters.blocks.values()) {
    if (!b.trainable) continue;
    const last = runs.at(-1);
    if (last && last.offset + last.length === b.offset) last.length += b.rows * b.stride;
    else runs.push({ offset: b.offset, length: b.rows * b.stride });
  }
  return runs;
}

/** `factor = min(1, limit / norm)` */
function clipNodes(l: Lowered, slot: string, limit: number, runs: readonly Run[]): Node[] {
  const { type } = l.context;
  const norm = place(l.context.buffer("optimiser.norm", type, 1, "work"));
  const g = read(type, "g");
  const square: Step = { name: "norm", slots: [{ name: "g", type, space: "element" }, { name: "norm", type, space: "uniform" }], stores: [{ slot: "norm", mode: "sum", value: mul(g, g) }] };
  const factor: Step = simplify({
    name: "clip", slots: [{ name: "norm", type, space: "uniform" }, { name: "out", type, space: "element" }],
    stores: [{ slot: "out", mode: "set", value: min(constant(type, 1), div(constant(type, limit), add(sqrt(read(type, "norm")), constant(type, 1e-12)))) }],
  });
  return [
    invoke({ kind: "zero", type }, { out: norm }, { n: 1 }),
    ...runs.map((r) => invoke({ kind: "perElement", step: square }, { g: place(GRADIENTS, r.offset), norm }, { n: r.length })),
    invoke({ kind: "perElement", step: factor }, { norm, out: place(`optimiser.${slot}`) }, { n: 1 }),
  ];
}

export class Trainer implements Disposable {
  readonly program: Program;
  readonly lowered: Lowered;
  readonly #x: Executable;
  readonly #options: TrainerOptions;
  #updates = 0;

  /** Use `createTrainer`. */
  constructor(lowered: Lowered, program: Program, executable: Executable, options: TrainerOptions, parameters: Parameters) {
    this.lowered = lowered;
    this.program = program;
    this.#x = executable;
    this.#options = options;
    for (const [name, values] of lowered.context.contents) executable.array(name).set(values);
    this.setParameters(parameters);
  }

  get bytes(): number {
    return this.#x.bytes;
  }
  get text(): string {
    return this.#x.text();
  }
  get updates(): number {
    return this.#updates;
  }

  /** Forward and backward; the gradients of the mean loss stay in memory until the next call. */
  gradients(batch: Batch): StepResult {
    const x = this.#x;
    writeBatch(x, this.lowered, batch);
    x.array("key")[KEY.stepLow] = this.#updates;
    x.array(LOSS_SCALE)[0] = 1 / batch.count;
    x.run("gradients");
    return { loss: x.array(LOSS)[0]! / batch.count, correct: this.#correct(batch) };
  }

  /** One update. @throws {RunError} `not-finite` if the loss is, with the update's number */
  step(batch: Batch): StepResult {
    const result = this.gradients(batch);
    if (!Number.isFinite(result.loss)) throw new RunError("not-finite", `update ${this.#updates + 1}`, `the loss became ${result.loss}; ${this.#culprit()}`);
    this.#updates++;
    this.#options.optimiser.forEach((t, k) => {
      for (const [n, value] of Object.entries(t.numbers)) this.#x.array(`optimiser.${k}.number.${n}`)[0] = value(this.#updates);
    });
    this.#x.run("update");
    return result;
  }
  /** The first layer whose weights are no longer numbers, or what else to try. */
  #culprit(): string {
    for (const [name, values] of Object.entries(this.parameters())) if (values.some((w) => !Number.isFinite(w))) return `${name} holds values that are not finite; try a lower rate or clip the gradients`;
    return "the weights are finite; look at the inputs, or lower the rate";
  }

  #correct(batch: Batch): number {
    const answers = this.#x.array(ANSWERS);
    const { node } = outputPort(this.lowered.net, this.#options.loss.pooling);
    const [stride, classes] = [this.lowered.context.stride(node), this.lowered.context.size(node)];
    let correct = 0;
    for (let s = 0; s < batch.count; s++) if (argmax(answers, s * stride, classes) === batch.labels[s]) correct++;
    return correct;
  }

  /** Weights and biases as they are while training. */
  parameters(): Parameters {
    return this.#blocks("parameters");
  }
  /** Weights for use without dropout: those out of a population with dropout are scaled by the share that was heard. */
  deployed(): Parameters {
    return scaled(this.lowered.net, this.parameters(), (keep) => keep);
  }
  gradientBlocks(): Parameters {
    return this.#blocks(GRADIENTS);
  }
  #blocks(buffer: string): Parameters {
    const from = this.#x.array(buffer);
    const arrayOf = this.lowered.context.type === "f32" ? Float32Array : Float64Array;
    const out: Record<string, Float32Array | Float64Array> = {};
    for (const b of this.lowered.parameters.blocks.values()) readBlock(from, b, (out[b.name] = new arrayOf(b.rows * b.width)));
    return out;
  }
  setParameters(parameters: Parameters): void {
    for (const b of this.lowered.parameters.blocks.values()) writeBlock(this.#x.array("parameters"), b, parameters[b.name]!);
    this.#x.run("prepare");
  }

  dispose(): void {
    this.#x.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}

export function argmax(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[from + k]! > values[from + best]!) best = k;
  return best;
}
