/** What a result says in whole sentences: on task, network and input before the numbers, and beside them. */
import type { Account } from "../energy/account.ts";
import { WORK_LABELS } from "../energy/prices.ts";
import { answersSteps } from "../learn/loss.ts";
import type { Network } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import { percent, short, whole } from "../report/numbers.ts";
import type { EncoderName } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { Side } from "./side.ts";
import type { Task, TaskData } from "./task.ts";

/** Sizes of inputs and populations, in order. */
export const shapeOf = (net: Network): string =>
  [...Object.keys(net.inputs), ...Object.keys(net.populations)].map((node) => sizeOf(net, node)).join("-");

export const networkSentence = (net: Network, seed: number): string =>
  `Network ${shapeOf(net)}, ${net.steps} steps, seed ${seed}.`;

const INPUTS: Readonly<Record<EncoderName, string>> = {
  latency: "latency code",
  rate: "rate code",
  current: "constant current",
};
/** Nothing where spikes enter as they are. */
function inputSentences({ code }: Plan): string[] {
  if (!code) return [];
  const { name, choice } = code;
  if (!choice) return [`Input: ${INPUTS[name]}, as asked for.`];
  const tried = choice.candidates.map((c) => `${c.encoder} ${percent(c.accuracy)} with ${whole(c.spikes)} spikes`);
  const where = `${whole(choice.heldOut)} training samples held out of a short trial`;
  return [`Input: ${INPUTS[name]}, chosen on ${where} (${tried.join(", ")}: ${choice.reason}).`];
}

/** A twin of the same shape needs no word. */
export const twinSentences = ({ code, twin: { net, doc } }: Plan): string[] =>
  code ? [] : [`Twin ${shapeOf(net)}${doc ? `: ${doc}` : ""}.`];

export const headOf = (task: Task, plan: Plan, seed: number): string[] => [
  `${task.name}: ${task.doc}`,
  networkSentence(plan.spiking.net, seed),
  ...inputSentences(plan),
];

export const threadsNotes = (used: number): string[] =>
  used > 1 ? [`${used} threads shared the work; the results do not depend on how many.`] : [];

/** What stands beside the numbers of an account. */
export const energyNotes = ({ notes, popular, prices }: Account): string[] => [
  `Prices: ${prices} (2014); ranges span what the source leaves open. Each memory is as large as its data.`,
  ...notes,
  `The popular figure: ${popular.label.replace(/^the popular figure: /, "")}.`,
];

/** Work of a twin that has no price makes its energy a lower bound. */
const unpricedNotes = ({ energy }: Side): string[] =>
  energy.f32.unpriced.map(
    ({ work, count, reason }) => `The twin's ${WORK_LABELS[work]}: ${short(count)} ${NO_PRICE} (${reason}).`,
  );
const NO_PRICE = "without a price, so that its energy is a lower bound";

/** Sigmoids and the like are counted as what they are made of here. */
function gateNotes({ counts, design }: Side): string[] {
  const { neuronUpdates, additions, multiplications } = counts.total;
  if (!answersSteps(design.training.loss)) return [];
  const each = [additions, multiplications].map((n) => short(n / neuronUpdates));
  return [
    `Sigmoids and hyperbolic tangents are counted as the operations that the kernels here do for them: an update of a ` +
      `unit of the twin takes ${each[0]} additions and ${each[1]} multiplications on average. Hardware may have tables for them.`,
  ];
}

/** Why it was trained so, where a budget of memory chose. */
const memoryNotes = ({ design }: Side): string[] => {
  const { memory } = design.training;
  return memory ? [memory.reason] : [];
};

const skippedNotes = ({ trained: { skipped } }: Side): string[] =>
  skipped
    ? [`Of ${skipped.of} updates ${skipped.updates} were left out: their gradients were beyond what a number can hold.`]
    : [];

const dataNote = ({ source, licence }: TaskData): string => `Data: ${source}. Licence: ${licence}.`;

export const compareNotes = (spiking: Side, twin: Side, threads: number, data: TaskData): string[] => [
  ...[spiking, twin].flatMap((s) => [...s.result.warnings, ...skippedNotes(s)]),
  ...(spiking.told?.notes ?? []),
  ...memoryNotes(spiking),
  ...energyNotes(spiking.energy.f32),
  ...unpricedNotes(twin),
  ...gateNotes(twin),
  `Operations are those of the test set, averaged over its ${answersSteps(spiking.design.training.loss) ? "steps" : "samples"}.`,
  "Times are of this run, one network after the other: what else ran meanwhile may have made one of them slower.",
  ...threadsNotes(threads),
  dataNote(data),
];
export const trainNotes = (side: Side, threads: number, saved: boolean): string[] => [
  ...side.result.warnings,
  ...skippedNotes(side),
  ...(side.told?.notes ?? []),
  ...memoryNotes(side),
  ...(saved ? [] : ["The network is not saved: no --out ends in .h5."]),
  ...threadsNotes(threads),
];
