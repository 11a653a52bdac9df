/** Which spiking code suits a task: each is tried for a while, and judged on training data held out of the trial. */
import type { Dataset } from "../data/dataset.ts";
import { type Changes, spikingDesign } from "./networks.ts";
import type { EncoderName } from "./options.ts";
import { evaluateDeployed, type SessionOptions, trainDesign } from "./session.ts";
import type { ImageTask } from "./task.ts";

export interface Candidate {
  readonly encoder: EncoderName;
  /** On the examples held out. */
  readonly accuracy: number;
  /** Into the network and within it, an inference. */
  readonly spikes: number;
}
export interface Choice {
  readonly encoder: EncoderName;
  readonly heldOut: number;
  readonly candidates: readonly Candidate[];
  readonly reason: string;
}
export interface ChoiceOptions extends Omit<SessionOptions, "stage"> {
  readonly changes: Changes;
}

export async function chooseEncoder(task: ImageTask, { train }: Dataset, options: ChoiceOptions): Promise<Choice> {
  const heldOut = Math.min(task.trial.heldOut, Math.floor(train.count / 4));
  const parts = train.split(heldOut, options.seed);
  const examples = { rest: parts.rest.take(task.trial.train), heldOut: parts.heldOut };
  const candidates: Candidate[] = [];
  for (const code of task.trial.codes) candidates.push(await tried(task, code, examples, options));
  return { heldOut, candidates, ...preferred(candidates, heldOut) };
}

type Parts = ReturnType<Dataset["train"]["split"]>;

async function tried(
  task: ImageTask,
  code: EncoderName,
  { rest, heldOut }: Parts,
  options: ChoiceOptions,
): Promise<Candidate> {
  const { changes, ...o } = options;
  const { net, encoder, training } = spikingDesign(task, code, changes);
  const design = { net, encoder, training: { ...training, epochs: Math.min(task.trial.epochs, training.epochs) } };
  const session = { ...o, stage: `trial, ${code} code` };
  const { parameters } = await trainDesign(design, rest, session);
  const judged = { ...session, stage: `${session.stage}, held-out data` };
  const result = await evaluateDeployed({ net, encoder, parameters, loss: training.loss }, heldOut, judged);
  const hidden = Object.keys(result.meanRate).reduce((sum, node) => sum + result.activity[node]!.active!, 0);
  return { encoder: code, accuracy: result.accuracy, spikes: (result.inputEvents + hidden) / result.samples };
}

/**
 * The more accurate code; where the difference is within two standard errors of it, the one with fewer spikes.
 * The error is that of two independent shares, which is more than that of two answers to the same examples.
 */
export function preferred(candidates: readonly Candidate[], samples: number): Pick<Choice, "encoder" | "reason"> {
  const best = candidates.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const error = 2 * Math.sqrt((2 * best.accuracy * (1 - best.accuracy)) / samples);
  const close = candidates.filter((c) => best.accuracy - c.accuracy <= error);
  if (close.length === 1) return { encoder: best.encoder, reason: "more accurate" };
  const sparest = close.reduce((a, b) => (b.spikes < a.spikes ? b : a));
  return { encoder: sparest.encoder, reason: "as accurate within the error, with fewer spikes" };
}
