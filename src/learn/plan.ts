/** What training adds to the forward pass of a network, and the regions that it runs. */
import { ModelError } from "../base/errors.ts";
import { along, invoke, type Node, type Place, place, type Region } from "../ir/program.ts";
import type { Network } from "../model/network.ts";
import type { Context } from "../sim/lower/context.ts";
import { inputsInEitherForm } from "../sim/lower/forms.ts";
import { forwardNodes, type Lowered, type LowerHooks, renewNodes } from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import { overChunks } from "../sim/lower/shards.ts";
import { type Algorithm, segmentSteps } from "./algorithm.ts";
import { BackwardPass } from "./backward.ts";
import { delayGradients, requireWidth } from "./delayGradients.ts";
import { keepProbability, maskNodes } from "./dropout.ts";
import type { ParameterGroup } from "./groups.ts";
import { isStepLoss, type Loss, lossNodes, requireSteps } from "./loss.ts";
import { LOSS } from "./lossKernels.ts";
import { neuronGradients } from "./neuronGradients.ts";
import type { Optimiser, Rate } from "./optimiser.ts";
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
import { bitsPlace, GRADIENTS, TAP_GRADIENTS, weightGradients } from "./weightGradients.ts";

/** How a network learns. */
export interface Learning {
  readonly algorithm: Algorithm;
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  /** Rates and decay of parameters that are not like the others. */
  readonly groups?: readonly ParameterGroup[];
  readonly regularisers?: readonly Regulariser[];
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
    this.#penalties = penaltiesOf(net, learning.regularisers ?? []);
    this.#backward = new BackwardPass(net, learning.algorithm.surrogate);
    checkPopulations(net, this.output.node);
    requireWidth(net, learning.delayWidth);
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
    const chunk = this.#chunk(l);
    const sums = [LOSS, ...(this.#penalties.length > 0 ? [PENALTY] : [])];
    const start = [
      clear(GRADIENTS, l.parameters.length),
      ...(l.learned.length > 0 ? [clear(TAP_GRADIENTS, l.parameters.tapsLength)] : []),
      ...sums.map((s) => clear(s, 1)),
      ...this.#backward.clearSums(l),
    ];
    const { optimiser, groups } = this.#learning;
    return [
      {
        name: "gradients",
        body: [...overChunks(c, start, chunk), ...neuronGradients(l, this.#backward), ...delayGradients(l)],
      },
      { name: "update", body: [...updateNodes(l, optimiser, groups), ...renewNodes(l)] },
      ...(c.hasSegments ? [lookRegion(l)] : []),
    ];
  }

  /** A chunk of samples, forwards and backwards. */
  #chunk(l: Lowered): Node[] {
    const backward = this.#backward;
    const loss = this.#loss(l);
    const penalties = this.#penalties.flatMap((p) => penaltyNodes(p, l.context));
    if (!l.context.hasSegments) {
      const sample = [...loss, ...penalties, ...backward.nodes(l)];
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
}
