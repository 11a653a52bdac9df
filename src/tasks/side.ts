/** One network of a comparison: trained, tested and accounted for. */
import type { Counts } from "../energy/counts.ts";
import { answersSteps } from "../learn/loss.ts";
import type { CurvesDocument, SideDocument } from "../report/document.ts";
import { type Energies, energies, storedBytes } from "./account.ts";
import { isSpikes } from "./batches.ts";
import { countDeployed, type Execution } from "./count.ts";
import type { Design } from "./networks.ts";
import {
  type Deployed,
  type Evaluated,
  evaluateDeployed,
  type SessionOptions,
  type Trained,
  trainDesign,
} from "./session.ts";
import type { TaskData, Told } from "./task.ts";

export interface Accounted {
  readonly counts: Counts;
  readonly energy: Energies;
}
export interface Side extends Accounted {
  readonly design: Design;
  readonly trained: Trained;
  readonly result: Evaluated;
  /** Where it learned in a way of its own. */
  readonly told?: Told;
}
/** The twin is also accounted for as if it skipped zeros, as the spiking network does. */
export interface Twin extends Side {
  readonly zeroSkipping: Accounted;
}

export const NAMES = {
  spiking: "the spiking network",
  twin: "the dense twin",
  zeroSkipping: "the twin that skips zeros",
} as const;

/** What counts are an average of, in words. */
export const inferenceOf = ({ loss }: Pick<Deployed, "loss">): string =>
  answersSteps(loss) ? "a step" : "an inference";

export function account(name: string, d: Deployed, result: Evaluated, execution: Execution): Accounted {
  const counts = countDeployed(name, d, result, execution);
  return { counts, energy: energies(counts) };
}

async function trainAndTest(asked: Design, data: TaskData, options: SessionOptions) {
  const { view = (samples) => samples } = asked;
  const { design, ...done } = await learned(asked, data, options);
  const deployed = deployedOf(design, done.trained);
  const testing = { ...options, stage: `${options.stage}, test` };
  return { ...done, design, deployed, result: await evaluateDeployed(deployed, view(data.test), testing) };
}
/** By gradients, or in a way of its own, which may find another network to answer with. */
async function learned(
  design: Design,
  data: TaskData,
  options: SessionOptions,
): Promise<Pick<Side, "design" | "trained" | "told">> {
  if (design.learn) {
    const { net, ...found } = await design.learn(design, data, options);
    return { ...found, design: { ...design, net } };
  }
  const { view = (samples) => samples, samples } = design;
  const shown = samples === undefined ? data.train : data.train.take(samples);
  return { design, trained: await trainDesign(design, view(shown), options) };
}
export const deployedOf = ({ net, encoder, training }: Design, { parameters }: Trained): Deployed => ({
  net,
  encoder,
  parameters,
  loss: training.loss,
});

export async function spikingSide(design: Design, data: TaskData, options: SessionOptions): Promise<Side> {
  const { deployed, ...done } = await trainAndTest(design, data, options);
  return { ...done, ...account(NAMES.spiking, deployed, done.result, "event") };
}

export async function twinSide(design: Design, data: TaskData, options: SessionOptions): Promise<Twin> {
  const { deployed, ...done } = await trainAndTest(design, data, options);
  const zeroSkipping = account(NAMES.zeroSkipping, deployed, done.result, "event");
  return { ...done, ...account(NAMES.twin, deployed, done.result, "dense"), zeroSkipping };
}

/** What was measured, as plain data. */
export function sideDocument(side: Side) {
  const { design, trained, result, counts, energy } = side;
  const { epochs, rate, batch, dropout } = design.training;
  return {
    ...resultDocument(result),
    epochs,
    trainSeconds: trained.seconds,
    epochSeconds: trained.epochs.map((e) => e.seconds),
    samplesPerSecond: trained.samplesPerSecond,
    trainLoss: trained.epochs.map((e) => e.loss),
    curves: curvesOf(trained),
    ...watchOf(trained),
    spikes: spikesOf(side),
    ...(trained.selected && { selected: trained.selected }),
    memory: { trainingBytes: trained.bytes, inferenceBytes: storedBytes(counts), testBytes: result.bytes },
    training: { rate, batch, dropout },
    counts,
    energy,
    ...side.told?.numbers,
  };
}

const curvesOf = ({ epochs, selected }: Trained): CurvesDocument => ({
  train: epochs.map(({ epoch, loss, accuracy }) => ({ epoch, loss, accuracy })),
  heldOut: selected?.looks ?? [],
});

/** Nothing where nobody watched. */
function watchOf({ epochs }: Trained): Pick<SideDocument, "watch"> {
  const watched = epochs.flatMap(({ watch }) => watch ?? []);
  return watched.length > 0 ? { watch: watched } : {};
}

/** Of an inference, input included. */
function spikesOf({ counts, design, result }: Side): number {
  const inferences = answersSteps(design.training.loss) ? result.steps : result.samples;
  return counts.total.spikes + (isSpikes(design.encoder) ? result.inputEvents / inferences : 0);
}

export function resultDocument(result: Evaluated) {
  const { accuracy, loss, meanRate, warnings, samples, passSeconds, samplesPerSecond } = result;
  const confusion = matrixOf(result.confusion);
  const speed = { inferencePerSecond: samplesPerSecond, passSeconds };
  return { accuracy, loss, meanRate, samples, warnings, confusion, ...speed };
}
function matrixOf(square: Uint32Array): number[][] {
  const size = Math.round(Math.sqrt(square.length));
  return Array.from({ length: size }, (_, k) => Array.from(square.subarray(k * size, (k + 1) * size)));
}
