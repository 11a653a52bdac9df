/** The two networks of a task: one that spikes, and its conventional twin of the same shape. */
import { UsageError } from "../base/errors.ts";
import { current } from "../data/encoder.ts";
import type { Network } from "../model/network.ts";
import { leakyIntegrator } from "../model/neuron/leakyIntegrator.ts";
import { lif } from "../model/neuron/lif.ts";
import { linear } from "../model/neuron/linear.ts";
import { relu } from "../model/neuron/relu.ts";
import { denseLayer, input, neurons, sequential } from "../model/sequential.ts";
import { AS_EVENTS, type Input } from "./batches.ts";
import type { EncoderName, TaskOptions } from "./options.ts";
import type {
  ImageTask,
  NetworkChanges,
  Recipe,
  SampleRecipe,
  SampleTask,
  SequenceTask,
  Task,
  Training,
} from "./task.ts";
import { withinMemory } from "./withinMemory.ts";

/** A network to be trained: what it is, how data enter it, and how it learns. */
export interface Design extends Pick<SampleRecipe, "doc" | "view" | "renewed" | "learn"> {
  readonly net: Network;
  readonly encoder: Input;
  readonly training: Training;
  /** The first training samples, where not all are learned from. */
  readonly samples?: number | undefined;
}

/** What the command line may change. */
export interface Changes extends NetworkChanges {
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  /** Bytes that training may take: they choose the algorithm. */
  readonly memory?: number | undefined;
  /** Samples of an epoch. */
  readonly samples?: number | undefined;
}

/** LIF neurons that lose their threshold when they fire, read out by membranes that only leak. */
export function spikingDesign(task: ImageTask, code: EncoderName, changes: Changes = {}): Design {
  const recipe = task.spiking[code];
  const { encoder, tau, readoutTau, gain, dropout } = recipe;
  const steps = changes.steps ?? recipe.steps;
  const signal = encoder.kind === "current" ? "values" : "spikes";
  const net = sequential(
    [
      input(task.shape, { signal, constant: signal === "values" }),
      denseLayer(task.hidden, { weight: { kind: "fanIn", gain } }),
      neurons(lif({ tau, reset: "subtract" }), { dropout }),
      denseLayer(task.classes),
      neurons(leakyIntegrator({ tau: readoutTau }), { name: "output" }),
    ],
    { steps, name: `${task.name}-spiking` },
  );
  return { net, encoder, training: changed(net, recipe, changes) };
}

/** Rectified linear units and a linear answer, in one step. */
export function twinDesign(task: ImageTask, changes: Changes = {}): Design {
  const { dropout } = task.twin;
  const net = sequential(
    [
      input(task.shape, { signal: "values", constant: true }),
      denseLayer(task.hidden),
      neurons(relu(), { dropout }),
      denseLayer(task.classes),
      neurons(linear(), { name: "output" }),
    ],
    { steps: 1, name: `${task.name}-twin` },
  );
  return { net, encoder: current(), training: changed(net, task.twin, changes) };
}

function changed(net: Network, training: Training, { epochs = training.epochs, memory }: Changes): Training {
  const asked = { ...training, epochs };
  return memory === undefined ? asked : withinMemory(net, asked, memory);
}

/** The networks of a task whose data are events. */
export function recurrentDesign(recipe: Recipe, changes: Changes = {}): Design {
  const { doc, training } = recipe;
  const net = recipe.network();
  return { ...(doc && { doc }), net, encoder: AS_EVENTS, training: changed(net, training, changes) };
}

/** The networks of a task that gives them itself. */
export function sampleDesign({ network, training, input, ...data }: SampleRecipe, changes: Changes = {}): Design {
  const net = network(changes);
  const { learn } = data;
  if (learn && changes.memory !== undefined)
    throw new UsageError(
      "usage",
      "--memory",
      `${net.name} learns without gradients, in the same memory however it learns`,
    );
  const { samples } = changes;
  return { ...data, net, encoder: input, training: changed(net, training, changes), ...(samples && { samples }) };
}

/** @throws {UsageError} for options of other tasks */
export function requireTaken(task: Task, options: TaskOptions): void {
  const takes: readonly string[] = (task.kind === "samples" && task.takes) || [];
  const odd = (["neurons", "samples", "cell", "learner"] as const).find(
    (o) => options[o] !== undefined && !takes.includes(o),
  );
  if (odd) throw new UsageError("usage", `--${odd}`, `${task.name} has no such option`);
}

/** A task that says how its samples enter leaves nothing to choose. @throws {UsageError} */
export function requireNoCode(
  { name }: SequenceTask | SampleTask,
  { encoder, steps }: Pick<TaskOptions, "encoder" | "steps">,
): void {
  const [option] = [encoder !== undefined && "--encoder", steps !== undefined && "--steps"].filter(Boolean);
  if (option)
    throw new UsageError("usage", String(option), `${name} says itself how its samples enter, and in how many steps`);
}
