/** What training adds to the forward pass of a network, and the regions that it runs. */
import { ModelError } from "../base/errors.ts";
import { along, invoke, type Node, type Place, type Program, place, type Region } from "../ir/program.ts";
import type { Network } from "../model/network.ts";
import { isNorm } from "../model/transform.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSamples } from "../sim/lower/contributions.ts";
import { inputsInEitherForm } from "../sim/lower/forms.ts";
import {
  forwardNodes,
  forwardStages,
  type Lowered,
  type LowerHooks,
  needsStages,
  normsOf,
  programOf,
  renewNodes,
  type Stage,
  stepNormsOf,
} from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import { overChunks } from "../sim/lower/shards.ts";
import { type Algorithm, isOnward, segmentSteps } from "./algorithm.ts";
import { BackwardPass, type BackwardStage } from "./backward.ts";
import { delayGradients, requireWidth } from "./delayGradients.ts";
import { keepProbability, maskNodes } from "./dropout.ts";
import { dynamicRegulariser } from "./dynamicRegulariser.ts";
import { EpropPass } from "./eprop.ts";
import { errorsAbreast } from "./errorsAbreast.ts";
import type { ParameterGroup } from "./groups.ts";
import { livenessNodes, livenessSums } from "./liveness.ts";
import { isStepLoss, type Loss, lossNodes, requireSteps } from "./loss.ts";
import { LOSS } from "./lossKernels.ts";
import { neuronGradients } from "./neuronGradients.ts";
import { type OnlinePass, onlineNodes } from "./online.ts";
import type { Optimiser, Rate } from "./optimiser.ts";
import { OtttPass } from "./ottt.ts";
import { type OutputPort, outputPort } from "./readout.ts";
import {
  clearCount,
  countingSpikes,
  PENALTY,
  type Penalty,
  penaltiesOf,
  penaltyGradient,
  penaltyNodes,
  type Regulariser,
} from "./regularise.ts";
import { lookRegion, segmentedNodes } from "./segmented.ts";
import { stepsOf } from "./start.ts";
import { keptByChunk, onwardLook, onwardNodes, onwardParts, onwardPass } from "./timeOutermost.ts";
import { updateNodes } from "./update.ts";
import { watchingSpikes } from "./watch.ts";
import { bitsPlace, TAP_GRADIENTS, weightGradients } from "./weightGradients.ts";
import { GRADIENTS, turnedWeights } from "./windowGradients.ts";

/** How a network learns. */
export interface Learning {
  readonly algorithm: Algorithm;
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  /** Rates and decay of parameters that are not like the others. */
  readonly groups?: readonly ParameterGroup[];
  readonly regularisers?: readonly Regulariser[];
  /** Whether to count, while it learns, what `Trainer.watched` tells. The result is the same. */
  readonly watch?: boolean;
  /**
   * Of delays that learn with a Gaussian between steps: its width after so many updates, in steps, above 0. It must become
   * narrow, because delays are whole steps in the end: `narrowing(12, 0.5, updates)`.
   */
  readonly delayWidth?: Rate;
}

export class TrainingPlan {
  readonly output: OutputPort;
  /** Steps of a segment of time; undefined where all steps are kept. */
  readonly segment: number | undefined;
  /** Whether weights change after each segment, and not once a batch. */
  readonly isOnward: boolean;
  /** What is done with gradients: the optimiser, and in front of it what the algorithm adds to the loss. */
  readonly optimiser: Optimiser;
  readonly #net: Network;
  readonly #learning: Learning;
  readonly #penalties: readonly Penalty[];
  readonly #backward: BackwardPass | OnlinePass;

  /** @throws {ModelError} `not-differentiable`, `unsupported` where the network cannot be trained so */
  constructor(net: Network, learning: Learning) {
    this.#net = net;
    this.#learning = learning;
    this.output = outputPort(net, learning.loss);
    requireSteps(learning.loss, stepsOf(net));
    this.segment = segmentSteps(learning.algorithm, stepsOf(net));
    this.isOnward = isOnward(learning.algorithm) && this.segment !== undefined;
    if (needsStages(net)) requireStatistics(net, learning.algorithm, this.segment);
    this.optimiser = [...regulariserOf(learning.algorithm), ...learning.optimiser];
    this.#penalties = penaltiesOf(net, learning.regularisers ?? []);
    if (this.isOnward) requireEachStep(learning, this.#penalties);
    this.#backward = passOf(net, learning, this.output);
    checkPopulations(net, this.output.node);
    requireWidth(net, learning.delayWidth);
  }

  /** The most samples of a chunk: what synapses carry is of one sample. */
  get mostSamples(): number {
    return this.#backward instanceof BackwardPass ? Number.POSITIVE_INFINITY : 1;
  }

  hooks(): LowerHooks {
    const { node, port } = this.output;
    return {
      eitherForm: inputsInEitherForm(this.#net),
      ...(port === "spike" && { spikeRows: new Set([node]) }),
      ...(!isStepLoss(this.#learning.loss) && { allSteps: new Set([`${node}.${port}`]) }),
      emission: (n, plain) => ({ ...plain, training: { bits: plain.spikes, mask: keepProbability(this.#net, n) < 1 } }),
      kernel: (n, kernel, c) => this.#kernel(n, kernel, c),
      beforeSample: (n, c) => [...maskNodes(n, c), ...(this.#isCounted(n) ? [clearCount(n, c)] : [])],
    };
  }

  #kernel(node: string, kernel: Kernel, c: Context): Kernel {
    const { step, args } = kernel;
    if (node === this.output.node) this.#backward.give(node, this.output.port, this.#answerGradient(c));
    for (const p of this.#penalties) if (p.node === node) this.#backward.give(node, "spike", penaltyGradient(p, c));
    const bits = step.stores.some((s) => s.mode === "bits");
    const kept: Kernel = { ...kernel, args: { ...args, ...(bits && { bits: bitsPlace(node, c) }) } };
    const counted = this.#isCounted(node) ? countingSpikes(node, kept, c) : kept;
    return this.#backward.kernel(node, this.#learning.watch ? watchingSpikes(node, counted, c) : counted, c);
  }
  #isCounted(node: string): boolean {
    return this.#penalties.some((p) => p.node === node);
  }

  /** The program of these regions. */
  program(l: Lowered): Program {
    const regions = this.isOnward ? this.#onwardRegions(l) : this.#regions(l);
    return programOf(
      l.net.name,
      l,
      regions,
      this.isOnward ? (program) => keptByChunk(program, l, this.#kept(l)) : undefined,
    );
  }

  /** `gradients` of all chunks of a batch, and the `update` of the parameters. */
  #regions(l: Lowered): Region[] {
    const c = l.context;
    const start = (): Node[] => [...this.#clearGradients(l), ...this.#clearSums(l)];
    const noted = c.options.statistics === "batch" ? normsOf(l).flatMap((n) => n.note()) : [];
    const batch = this.#batch(l, start);
    return [
      { name: "gradients", body: [...turnedWeights(l), ...batch, ...this.#neuronGradients(l), ...delayGradients(l)] },
      { name: "update", body: this.#update(l, noted) },
      ...(c.hasSegments ? [lookRegion(l)] : []),
    ];
  }
  /** `gradients` without an update, of all segments together, and `onward` with one after each. */
  #onwardRegions(l: Lowered): Region[] {
    const backward = this.#backward;
    const pass = backward instanceof BackwardPass ? onwardPass(backward) : backward;
    const parts = onwardParts(l, { pass, each: this.#loss(l) });
    const [sums, clear] = [this.#clearSums(l), this.#clearGradients(l)];
    const neurons = [...this.#neuronGradients(l), ...delayGradients(l)];
    const turned = turnedWeights(l);
    const once = { before: turned, start: [...sums, ...clear], clear: [], end: [], after: neurons };
    const noted = stepNormsOf(l).flatMap((n) => n.note());
    const end = [...noted, ...neurons, ...this.#update(l), ...turned];
    const each = { before: turned, start: sums, clear, end, after: [] };
    return [
      { name: "gradients", body: onwardNodes(l, parts, once) },
      { name: ONWARD, body: onwardNodes(l, parts, each) },
      ...(noted.length > 0 ? [] : [onwardLook(l)]),
    ];
  }
  /** What samples keep from one segment to the next besides states and late rows. */
  #kept(l: Lowered): readonly string[] {
    return this.#backward instanceof BackwardPass ? [] : this.#backward.kept(l);
  }
  /** @param noted what an update leaves beside the parameters */
  #update(l: Lowered, noted: readonly Node[] = []): Node[] {
    const { groups } = this.#learning;
    const update = updateNodes(l, { optimiser: this.optimiser, groups, eachSegment: this.isOnward });
    return [...update, ...noted, ...renewNodes(l)];
  }

  #clearGradients(l: Lowered): Node[] {
    const taps = l.learned.length > 0 ? [cleared(l, TAP_GRADIENTS, l.parameters.tapsLength)] : [];
    return [cleared(l, GRADIENTS, l.parameters.learnedLength), ...taps, ...this.#backward.clearSums(l)];
  }
  #clearSums(l: Lowered): Node[] {
    const sums = [LOSS, ...(this.#penalties.length > 0 ? [PENALTY] : []), ...livenessSums(l)];
    return sums.map((s) => invoke({ kind: "zero", type: l.context.buffers.get(s)!.type }, { out: place(s) }, { n: 1 }));
  }

  /** All chunks of a batch, forwards and backwards. @param start once a shard, before all */
  #batch(l: Lowered, start: () => Node[]): Node[] {
    const c = l.context;
    if (c.options.statistics !== "batch") {
      const chunk = this.#chunk(l);
      return overChunks(c, start(), chunk);
    }
    const backward = this.#whole;
    const [first, ...later] = backward.stages(l);
    const stage = ({ members, meet }: BackwardStage, before: readonly Node[] = []): Stage => ({
      chunk: [...before, ...weightGradients(l, backward, members)],
      meet,
    });
    const forwards = forwardStages(l, [...this.#ofSample(l), ...first!.sample]);
    const turn = forwards.at(-1)!;
    const stages: Stage[] = [
      ...forwards.slice(0, -1),
      stage(first!, turn.chunk),
      ...later.map((s) => stage(s, overSamples(c, s.sample))),
    ];
    return stages.flatMap(({ chunk, meet }, k) => [...overChunks(c, k === 0 ? start() : [], chunk), ...meet]);
  }
  /** Of a sample that has answered: loss, and what regularisers add. */
  #ofSample(l: Lowered): Node[] {
    return [...this.#loss(l), ...this.#penalties.flatMap((p) => penaltyNodes(p, l.context))];
  }
  /** Where errors go back through time, or through the whole batch, nothing else does. */
  get #whole(): BackwardPass {
    if (this.#backward instanceof BackwardPass) return this.#backward;
    throw new Error(`${this.#learning.algorithm.kind}: has no backward pass`);
  }
  /** What trains in neurons; online algorithms refuse networks where something does. */
  #neuronGradients(l: Lowered): Node[] {
    return this.#backward instanceof BackwardPass ? neuronGradients(l, this.#backward) : [];
  }

  /** A chunk of samples, forwards and backwards. */
  #chunk(l: Lowered): Node[] {
    const backward = this.#backward;
    const loss = this.#loss(l);
    const penalties = this.#penalties.flatMap((p) => penaltyNodes(p, l.context));
    const { loss: kind, algorithm } = this.#learning;
    const [whole, each] = isStepLoss(kind) ? [penalties, loss] : [[...loss, ...penalties], []];
    if (!(backward instanceof BackwardPass)) return onlineNodes(l, { pass: backward, whole, each });
    if (!l.context.hasSegments) {
      const sample = [...this.#ofSample(l), ...backward.nodes(l)];
      return [...errorsAbreast(forwardNodes(l, sample), l.context), ...weightGradients(l, backward)];
    }
    return segmentedNodes(l, { backward, whole, each, cut: algorithm.kind === "truncated-bptt" });
  }
  /** Of a sample that has answered, and where each step is an answer of a segment of time: its loss, and who fired. */
  #loss(l: Lowered): Node[] {
    const c = l.context;
    const { node, port } = this.output;
    const output = l.sources.values.get(`${node}.${port}`)!;
    const loss = { context: c, classes: c.size(node), output, gradient: this.#answerGradient(c) };
    return [...lossNodes(this.#learning.loss, loss), ...livenessNodes(l)];
  }

  /** The loss's gradient with respect to each step's row of the answer. */
  #answerGradient(c: Context): Place {
    const { node, port } = this.output;
    const stride = c.stride(node);
    const [steps, terms] = isStepLoss(this.#learning.loss)
      ? [c.stepsKept, [along("t", stride)]]
      : [c.options.steps, c.inSample(stride)];
    const buffer = c.buffer(`${node}.loss.${port}`, c.type, c.options.samples * steps * stride, "work");
    return place(buffer, 0, along("s", steps * stride), ...terms);
  }
}

/** The region that updates after each segment. */
export const ONWARD = "onward";

const cleared = ({ context: { type } }: Lowered, name: string, n: number): Node =>
  invoke({ kind: "zero", type }, { out: place(name) }, { n });

/** Statistics of the batch need all of its samples at once, in the steps that have them in common. */
function requireStatistics(net: Network, { kind }: Algorithm, segment: number | undefined): void {
  if (kind === "bptt" && segment === undefined) return;
  const over = Object.values(net.transforms).find((t) => isNorm(t) && t.over !== "batch");
  if (kind === "fptt" && (segment ?? 1) === 1 && !over) return;
  const why =
    "batch normalisation needs all samples of its statistics at once: train with bptt() without checkpoint, or give each step " +
    'statistics of its own (over: "batch") and train with fptt(), an update after every step';
  throw new ModelError("unsupported", "algorithm", why);
}

const regulariserOf = (algorithm: Algorithm): Optimiser =>
  algorithm.kind === "fptt" && algorithm.alpha > 0 ? [dynamicRegulariser(algorithm)] : [];

/** Weights change before a sample is over: nothing can be compared that needs all its steps. */
function requireEachStep({ loss, algorithm }: Learning, [penalty]: readonly Penalty[]): void {
  const why = `${algorithm.kind} changes weights while samples run`;
  if (!isStepLoss(loss))
    throw new ModelError(
      "unsupported",
      "loss",
      `${why}, so it needs a loss of each step, such as crossEntropyRising()`,
    );
  if (penalty)
    throw new ModelError("unsupported", "regularisers", `${why}: none that looks at whole samples goes with it`);
}

function passOf(net: Network, { algorithm, watch }: Learning, output: OutputPort): BackwardPass | OnlinePass {
  if (algorithm.kind === "eprop") return new EpropPass(net, algorithm, output, watch);
  if (algorithm.kind === "ottt") return new OtttPass(net, algorithm, output, watch);
  return new BackwardPass(net, algorithm.surrogate, watch);
}

function checkPopulations(net: Network, output: string): void {
  if (keepProbability(net, output) < 1)
    throw new ModelError("unsupported", `${output}.dropout`, "the population that answers must be heard");
  for (const [name, t] of Object.entries(net.transforms)) {
    const dropped = t.of.find((e) => keepProbability(net, e.node) < 1)?.node;
    if (dropped !== undefined)
      throw new ModelError(
        "unsupported",
        `${dropped}.dropout`,
        `transform '${name}' takes what '${dropped}' gives, and only weights right behind a population are scaled for its dropout`,
      );
  }
}
