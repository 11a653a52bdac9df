/** A comparison as text: the facts in columns, then who wins at what, then what a reader must know beside them. */
import { WORK_LABELS } from "../energy/prices.ts";
import { isStepLoss, type Loss } from "../learn/loss.ts";
import type { Network } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import { storedBytes } from "./account.ts";
import type { Comparison } from "./compare.ts";
import { breakEvenText, energyNotes, energyTables } from "./energyText.ts";
import { equalPrecisionText } from "./equalPrecision.ts";
import { deadText, machinesText } from "./machines.ts";
import { type MeasuredColumn, measuredText } from "./measured.ts";
import type { EncoderName } from "./options.ts";
import { breakEvenLinesText } from "./ownBreakEven.ts";
import type { Plan } from "./plan.ts";
import { promiseText } from "./promise.ts";
import { inferenceOf, type Side } from "./side.ts";
import { publishedText, type StepColumn, stepRows, stepTables } from "./stepsText.ts";
import { bytes, item, NONE, percent, type Row, seconds, sections, short, table, whole, wrap } from "./text.ts";

export function compareText(c: Comparison): string {
  return sections([
    heading(c),
    table([["", "spiking", "twin"], ...learningRows(c), ...workRows(c)]),
    ...stepSections(c),
    deadText(c.spiking.energy.f32.dead),
    ...energyTables(columns(c), inferenceOf(c.plan.spiking.training)),
    equalPrecisionText(c.equalPrecision, accuraciesOf(c)),
    measuredText(c.power, measuredColumns(c), inferenceOf(c.plan.spiking.training)),
    machinesText(c.machines, inferenceOf(c.plan.spiking.training)),
    breakEvenText(c.spiking.energy.f32),
    breakEvenLinesText(c.breakEven, inferenceOf(c.plan.spiking.training)),
    ["Who wins", ...c.verdict.map((v) => item(v.text))].join("\n"),
    c.promise ? promiseText(c.promise) : "",
    ["Beside the numbers", ...notes(c).map(item)].join("\n"),
    `Digest of weights and answers: ${c.digest}   (${seconds(c.seconds)} in all)`,
  ]);
}

/** In floating point. */
export const accuraciesOf = ({ spiking, twin }: Comparison): { spiking: number; twin: number } => ({
  spiking: spiking.result.accuracy,
  twin: twin.result.accuracy,
});

const measuredColumns = ({ spiking, twin, plan }: Comparison): MeasuredColumn[] =>
  [spiking, twin].map(({ result }, k) => ({
    title: TITLES[k]!,
    measured: result.measured,
    inferences: inferencesIn(result, plan.spiking.training.loss),
  }));

const columns = ({ spiking, twin }: Comparison) => [
  { title: "spiking", ...spiking },
  { title: "twin", ...twin },
  { title: "twin, zeros skipped", ...twin.zeroSkipping },
];

const TITLES = ["spiking", "twin"] as const;
const stepColumns = ({ steps }: Comparison): StepColumn[] =>
  steps.flatMap((report, k) => (report ? [{ title: TITLES[k]!, report }] : []));
function stepSections(c: Comparison): string[] {
  const { loaded } = c;
  return loaded.kind === "sequences" ? [publishedText(loaded.task.published), ...stepTables(stepColumns(c))] : [];
}

function heading({ loaded: { task }, plan, twin, seed }: Comparison): string {
  const lines = [wrap(`${task.name}: ${task.doc}`), networkLine(plan.spiking.net, seed), ...inputLine(plan)];
  return [...lines, ...(plan.code ? [] : [twinLine(twin.design.net)])].join("\n");
}
/** A twin whose shape is its own. */
const twinLine = (net: Network): string =>
  wrap(`Twin ${shapeOf(net)}, sized by accuracy on training sequences held out.`);

const shapeOf = (net: Network): string =>
  [...Object.keys(net.inputs), ...Object.keys(net.populations)].map((node) => sizeOf(net, node)).join("-");

export function networkLine(net: Network, seed: number): string {
  return wrap(`Network ${shapeOf(net)}, ${net.steps} steps, seed ${seed}.`);
}

const INPUTS: Readonly<Record<EncoderName, string>> = {
  latency: "latency code",
  rate: "rate code",
  current: "constant current",
};
/** Nothing where spikes enter as they are. */
export function inputLine({ code }: Pick<Plan, "code">): string[] {
  if (!code) return [];
  const { name, choice } = code;
  if (!choice) return [wrap(`Input: ${INPUTS[name]}, as asked for.`)];
  const tried = choice.candidates.map((c) => `${c.encoder} ${percent(c.accuracy)} with ${whole(c.spikes)} spikes`);
  const where = `${whole(choice.heldOut)} training samples held out of a short trial`;
  return [wrap(`Input: ${INPUTS[name]}, chosen on ${where} (${tried.join(", ")}: ${choice.reason}).`)];
}
export const threadsNote = (used: number): string[] =>
  used > 1 ? [`${used} threads shared the work; the results do not depend on how many.`] : [];

const row = (label: string, { spiking, twin }: Comparison, value: (side: Side) => string): Row => [
  label,
  value(spiking),
  value(twin),
];

const learningRows = (c: Comparison): Row[] => [
  row("test accuracy", c, (s) => percent(s.result.accuracy, 2)),
  ...(c.loaded.kind === "sequences" ? stepRows(stepColumns(c)) : []),
  row("test loss", c, (s) => s.result.loss.toFixed(3)),
  row("epochs", c, (s) => whole(s.design.training.epochs)),
  ...(c.spiking.trained.selected ? [row("  kept, by held-out accuracy", c, keptEpoch)] : []),
  row("training time", c, (s) => seconds(s.trained.seconds)),
  row("training, samples/s", c, (s) => whole(s.trained.samplesPerSecond)),
  row("inference, samples/s", c, (s) => whole(s.result.samplesPerSecond)),
  row("memory to train", c, (s) => bytes(s.trained.bytes)),
  row("memory to answer", c, (s) => bytes(storedBytes(s.counts))),
];

const keptEpoch = ({ trained: { selected } }: Side): string =>
  selected ? `${selected.epoch + 1} (${percent(selected.accuracy, 2)})` : NONE;

const workRows = (c: Comparison): Row[] => [
  ...Object.entries(c.spiking.result.meanRate).map(
    ([node, rate]): Row => [`${node}, spikes a neuron and step`, rate.toFixed(3), NONE],
  ),
  [`${inferenceOf(c.plan.spiking.training)}: spikes, input included`, amount(spikesOf(c.spiking)), NONE],
  row("  additions", c, (s) => amount(s.counts.total.acs)),
  row("  multiply-additions", c, (s) => amount(s.counts.total.macs)),
  ["    if zeros are skipped", amount(c.spiking.counts.total.macs), amount(c.twin.counts.total.effectiveMacs)],
  row("  neuron updates", c, (s) => amount(s.counts.total.neuronUpdates)),
];
const amount = (n: number): string => (n === 0 ? NONE : n < 100 ? short(n) : whole(n));
const inferencesIn = (result: Side["result"], loss: Loss): number => (isStepLoss(loss) ? result.steps : result.samples);
const spikesOf = ({ counts, design, result }: Side): number => {
  const inferences = inferencesIn(result, design.training.loss);
  return counts.total.spikes + (design.encoder.kind === "current" ? 0 : result.inputEvents / inferences);
};

/** Work of a twin that has no price makes its energy a lower bound. */
const unpricedNotes = ({ energy }: Side): string[] =>
  energy.f32.unpriced.map(
    ({ work, count, reason }) => `The twin's ${WORK_LABELS[work]}: ${short(count)} ${NO_PRICE} (${reason}).`,
  );
const NO_PRICE = "without a price, so that its energy is a lower bound";

/** Sigmoids and the like are counted as what they are made of here. */
function gateNotes({ counts, design }: Side): string[] {
  const { neuronUpdates, additions, multiplications } = counts.total;
  if (!isStepLoss(design.training.loss)) return [];
  const each = [additions, multiplications].map((n) => short(n / neuronUpdates));
  return [
    `Sigmoids and hyperbolic tangents are counted as the operations that the kernels here do for them: an update of a ` +
      `unit of the twin takes ${each[0]} additions and ${each[1]} multiplications on average. Hardware may have tables for them.`,
  ];
}

function notes({ spiking, twin, threads, loaded: { data } }: Comparison): string[] {
  return [
    ...[spiking, twin].flatMap((s) => s.result.warnings),
    ...energyNotes(spiking.energy.f32),
    ...unpricedNotes(twin),
    ...gateNotes(twin),
    `Operations are those of the test set, averaged over its ${isStepLoss(spiking.design.training.loss) ? "steps" : "samples"}.`,
    ...threadsNote(threads.used),
    `Data: ${data.source}. Licence: ${data.licence}.`,
  ];
}
