/** A comparison in a terminal: who wins, the facts in columns, and what a reader must know beside them. */
import { accountColumns } from "../accounts.ts";
import type { CompareDocument, SideDocument } from "../document.ts";
import { amount, bytes, NONE, percent, seconds, whole } from "../numbers.ts";
import { confusionSection } from "./confusion.ts";
import { besideSections, deadSection, ownBreakEvenSection } from "./elsewhere.ts";
import { breakEvenSection, energySections } from "./energy.ts";
import { heading, item, paint, type StyledRow, table, type View, wrap } from "./layout.ts";
import { learningSection } from "./learning.ts";
import { promiseSection, publishedSection, type StepColumn, stepColumns, stepRows, stepSections } from "./steps.ts";
import { watchSections } from "./watch.ts";

const ROLES = ["spiking", "twin"] as const;
const columnsOf = (c: CompareDocument) => ROLES.map((role) => ({ title: role, tone: role, side: c[role] }));

export function compareSections(c: CompareDocument, view: View): string[] {
  const { width } = view;
  const steps = stepColumns(columnsOf(c));
  const head = ROLES.map((role) => ({ text: role, tone: role }));
  return [
    c.head.map((line) => wrap(line, "", width)).join("\n"),
    ...winnerLines(c, view),
    table([["", ...head], ...learningRows(c, steps), ...workRows(c)], view),
    learningSection(
      columnsOf(c).map(({ side, ...rest }) => ({ ...rest, curves: side.curves })),
      view,
    ),
    ...columnsOf(c).flatMap(({ side }) => watchSections(side.watch, view)),
    publishedSection(c, c.spiking.perClass !== undefined, view),
    ...stepSections(steps, view),
    ...columnsOf(c).map(({ side, ...rest }) =>
      confusionSection({ ...rest, confusion: side.confusion }, c.classes, view),
    ),
    deadSection(Object.values(c.spiking.energy)[0]!.dead, view),
    ...energySections(accountColumns(c), c.inference, view),
    ...besideSections(c, view),
    breakEvenSection(Object.values(c.spiking.energy)[0]!, c.inference, view),
    ownBreakEvenSection(c, view),
    promiseSection(c.promise, view),
    [heading("Beside the numbers", view), ...c.notes.map((note) => item(note, width))].join("\n"),
    wrap(`Digest of weights and answers: ${c.digest}   (${seconds(c.seconds)} in all)`, "  ", width),
  ];
}

/** The result alone. */
export const winnerLines = (c: CompareDocument, view: View): string[] => [
  headline(c, view),
  [heading("Who wins", view), ...c.verdict.map((v) => verdictLine(v, view))].join("\n"),
];
export function headline({ headline: { text, lines } }: Pick<CompareDocument, "headline">, view: View): string {
  const first = wrap(text, "", view.width).split("\n");
  return [
    ...first.map((line) => paint({ text: line, tone: "title" }, view)),
    ...lines.map((l) => wrap(l, "", view.width)),
  ].join("\n");
}
/** The winner stands before the sentence, so that the eye finds it. */
function verdictLine({ winner, text }: CompareDocument["verdict"][number], view: View): string {
  const name = winner === "undecided" ? "neither" : winner;
  const lines = wrap(text, "", view.width - NAMES).replaceAll("\n", `\n${"".padEnd(NAMES)}`);
  const tone = winner === "undecided" ? "dim" : winner;
  return `  ${paint({ text: name.padEnd(NAMES - 2), tone }, view)}${lines}`;
}
/** Columns of a winner's name. */
const NAMES = 11;

const row = (label: string, { spiking, twin }: CompareDocument, value: (side: SideDocument) => string): StyledRow => [
  label,
  value(spiking),
  value(twin),
];

const learningRows = (c: CompareDocument, steps: readonly StepColumn[]): StyledRow[] => [
  row("test accuracy", c, (s) => percent(s.accuracy, 2)),
  ...stepRows(steps),
  row("test loss", c, (s) => s.loss.toFixed(3)),
  row("epochs", c, (s) => whole(s.epochs)),
  ...(c.spiking.selected ? [row("  kept, by held-out accuracy", c, keptEpoch)] : []),
  row("training time", c, (s) => seconds(s.trainSeconds)),
  row("training, samples/s", c, (s) => whole(s.samplesPerSecond)),
  row("inference, samples/s", c, (s) => whole(s.inferencePerSecond)),
  row("memory to train", c, (s) => bytes(s.memory.trainingBytes)),
  row("memory to answer", c, (s) => bytes(s.memory.inferenceBytes)),
];
const keptEpoch = ({ selected }: SideDocument): string =>
  selected ? `${selected.epoch + 1} (${percent(selected.accuracy, 2)})` : NONE;

const workRows = (c: CompareDocument): StyledRow[] => [
  ...Object.entries(c.spiking.meanRate).map(
    ([node, rate]): StyledRow => [`${node}, spikes a neuron and step`, rate.toFixed(3), NONE],
  ),
  [`${c.inference}: spikes, input included`, amount(c.spiking.spikes), NONE],
  row("  additions", c, (s) => amount(s.counts.total.acs)),
  row("  multiply-additions", c, (s) => amount(s.counts.total.macs)),
  ["    if zeros are skipped", amount(c.spiking.counts.total.macs), amount(c.twin.counts.total.effectiveMacs)],
  row("  neuron updates", c, (s) => amount(s.counts.total.neuronUpdates)),
];
