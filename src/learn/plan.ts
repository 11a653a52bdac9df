/** What training adds to the forward pass of a network, and the regions that it runs. */
import { ModelError } from "../base/errors.ts";
import { along, invoke, type Node, type Place, place, type Region } from "../ir/program.ts";
import type { Network } from "../model/network.ts";
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
  renewNodes,
  type Stage,
} from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import { overChunks } from "../sim/lower/shards.ts";
import { type Algorithm, segmentSteps } from "./algorithm.ts";
import { BackwardPass, type BackwardStage } from "./backward.ts";
import { keepProbability, maskNodes } from "./dropout.ts";
import type { ParameterGroup } from "./groups.ts";
import { isStepLoss, type Loss, lossNodes, requireSteps } from "./loss.ts";
import { LOSS } from "./lossKernels.ts";
import { neuronGradients } from "./neuronGradients.ts";
import type { Optimiser } from "./optimiser.ts";
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
import { updateNodes } from "./update.ts";
import { bitsPlace, weightGradients } from "./weightGradients.ts";
import { GRADIENTS, turnedWeights } from "./windowGradients.ts";

/** How a network learns. */
export interface Learning {
  readonly algorithm: Algorithm;
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  /** Rates and decay of parameters that are not like the others. */
  readonly groups?: readonly ParameterGroup[];
  readonly regularisers?: readonly Regulariser[];
}

export class TrainingPlan {
  readonly output: OutputPort;
  /** Steps of a segment of time; undefined where all steps are kept. */
  readonly segment: number | undefined;
  readonly #net: Network;
  readonly #learning: Learning;
  readonly #penalties: readonly Penalty[];
  readonly #backward: BackwardPass;

  /** @throws {ModelError} `not-differentiable`, `unsupported` where the network cannot be trained so */
  constructor(net: Network, learning: Learning) {
    this.#net = net;
    this.#learning = learning;
    this.output = outputPort(net, learning.loss);
    requireSteps(learning.loss, stepsOf(net));
    this.segment = segmentSteps(learning.algorithm, stepsOf(net));
    if (needsStages(net) && (learning.algorithm.kind !== "bptt" || this.segment !== undefined))
      throw new ModelError(
        "unsupported",
        "algorithm",
        "batch normalisation needs all steps of all samples at once: train with bptt() without checkpoint",
      );
    this.#penalties = penaltiesOf(net, learning.regularisers ?? []);
    this.#backward = new BackwardPass(net, learning.algorithm.surrogate);
    checkPopulations(net, this.output.node);
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
    return this.#backward.kernel(node, this.#isCounted(node) ? countingSpikes(node, kept, c) : kept, c);
  }
  #isCounted(node: string): boolean {
    return this.#penalties.some((p) => p.node === node);
  }

  /** `gradients` of all chunks of a batch, and the `update` of the parameters. */
  regions(l: Lowered): Region[] {
    const c = l.context;
    const clear = (name: string, n: number): Node =>
      invoke({ kind: "zero", type: c.type }, { out: place(name) }, { n });
    const sums = [LOSS, ...(this.#penalties.length > 0 ? [PENALTY] : [])];
    const start = (): Node[] => [
      clear(GRADIENTS, l.parameters.length),
      ...sums.map((s) => clear(s, 1)),
      ...this.#backward.clearSums(l),
    ];
    const { optimiser, groups } = this.#learning;
    const noted = c.options.statistics === "batch" ? normsOf(l).flatMap((n) => n.note()) : [];
    const batch = this.#batch(l, start);
    return [
      { name: "gradients", body: [...turnedWeights(l), ...batch, ...neuronGradients(l, this.#backward)] },
      { name: "update", body: [...updateNodes(l, optimiser, groups), ...noted, ...renewNodes(l)] },
      ...(c.hasSegments ? [lookRegion(l)] : []),
    ];
  }

  /** All chunks of a batch, forwards and backwards. @param start once a shard, before all */
  #batch(l: Lowered, start: () => Node[]): Node[] {
    const c = l.context;
    if (c.options.statistics !== "batch") {
      const chunk = this.#chunk(l);
      return overChunks(c, start(), chunk);
    }
    const [first, ...later] = this.#backward.stages(l);
    const stage = ({ members, meet }: BackwardStage, before: readonly Node[] = []): Stage => ({
      chunk: [...before, ...weightGradients(l, this.#backward, members)],
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
  /** A chunk of samples, forwards and backwards. */
  #chunk(l: Lowered): Node[] {
    const backward = this.#backward;
    const loss = this.#loss(l);
    const penalties = this.#penalties.flatMap((p) => penaltyNodes(p, l.context));
    if (!l.context.hasSegments) {
      const sample = [...this.#ofSample(l), ...backward.nodes(l)];
      return [...forwardNodes(l, sample), ...weightGradients(l, backward)];
    }
    const { loss: kind, algorithm } = this.#learning;
    const [whole, each] = isStepLoss(kind) ? [penalties, loss] : [[...loss, ...penalties], []];
    return segmentedNodes(l, { backward, whole, each, cut: algorithm.kind === "truncated-bptt" });
  }
  #loss(l: Lowered): Node[] {
    const c = l.context;
    const { node, port } = this.output;
    const output = l.sources.values.get(`${node}.${port}`)!;
    return lossNodes(this.#learning.loss, {
      context: c,
      classes: c.size(node),
      output,
      gradient: this.#answerGradient(c),
    });
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
