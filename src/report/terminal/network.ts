/** One network in a terminal: what training it or testing it found. */
import { accountColumns } from "../accounts.ts";
import type { CountsDocument, EvaluateDocument, TestedDocument, TrainDocument } from "../document.ts";
import { bytes, percent, seconds, whole } from "../numbers.ts";
import { headline } from "./compare.ts";
import { confusionSection } from "./confusion.ts";
import { besideSections, deadSection } from "./elsewhere.ts";
import { breakEvenSection, energySections } from "./energy.ts";
import { heading, item, type StyledRow, table, type View, wrap } from "./layout.ts";
import { learningSection } from "./learning.ts";
import { publishedSection, stepColumns, stepRows, stepSections } from "./steps.ts";
import { watchSections } from "./watch.ts";

const TITLE = { title: "this network", tone: "spiking" } as const;
const stepsOf = (side: TestedDocument) => stepColumns([{ ...TITLE, side }]);
const confusionOf = (d: TrainDocument | EvaluateDocument, view: View): string =>
  confusionSection({ ...TITLE, confusion: d.confusion }, d.classes, view);
const rateRows = ({ meanRate }: TestedDocument): StyledRow[] =>
  Object.entries(meanRate).map(([node, rate]) => [`${node}, spikes a neuron and step`, rate.toFixed(3)]);

export function trainSections(t: TrainDocument, view: View): string[] {
  const steps = stepsOf(t);
  return [
    t.head.map((line) => wrap(line, "", view.width)).join("\n"),
    headline(t, view),
    table(
      [
        ["test accuracy", percent(t.accuracy, 2)],
        ...judgedRows(t),
        ...stepRows(steps),
        ...selectedRows(t),
        ["test loss", t.loss.toFixed(3)],
        ["training time", seconds(t.trainSeconds)],
        ["training, samples/s", whole(t.samplesPerSecond)],
        ["memory to train", bytes(t.memory.trainingBytes)],
        ...(t.peakBytes === undefined ? [] : [["peak of the process", bytes(t.peakBytes)]]),
        ...rateRows(t),
      ],
      view,
    ),
    learningSection([{ ...TITLE, curves: t.curves }], view),
    ...watchSections(t.watch, view),
    publishedSection(t, t.perClass !== undefined, view),
    ...stepSections(steps, view),
    confusionOf(t, view),
    t.notes.map((note) => item(note, view.width)).join("\n"),
    closing(t),
  ];
}
const closing = (t: TrainDocument): string =>
  [`Digest of weights and answers: ${t.digest}`, ...savedLines(t)].join("\n");
export const savedLines = ({ files }: TrainDocument): string[] => files.map((file) => `saved to ${file}`);

/** How sure the accuracy is, and what it is where classes count alike. */
const judgedRows = ({ interval, balancedAccuracy }: TestedDocument): StyledRow[] => [
  ...(interval ? [["  95 % interval", `${percent(interval.low, 2)} to ${percent(interval.high, 2)}`]] : []),
  ...(balancedAccuracy === undefined ? [] : [["  classes alike", percent(balancedAccuracy, 2)]]),
];

/** Which epoch was kept, where one was chosen. */
const selectedRows = ({ selected }: TrainDocument): StyledRow[] =>
  selected
    ? [
        ["kept: epoch", `${selected.epoch + 1}`],
        ["  its held-out accuracy", percent(selected.accuracy, 2)],
      ]
    : [];

export function evaluateSections(e: EvaluateDocument, view: View): string[] {
  const steps = stepsOf(e);
  const [first] = Object.values(e.energy ?? {});
  return [
    e.head.map((line) => wrap(line, "", view.width)).join("\n"),
    headline(e, view),
    table(
      [
        ["test accuracy", percent(e.accuracy, 2)],
        ...judgedRows(e),
        ...stepRows(steps),
        ["test loss", e.loss.toFixed(3)],
        ["test samples", whole(e.samples)],
        ["inference, samples/s", whole(e.inferencePerSecond)],
        ...rateRows(e),
        ...(e.counts ? workRows(e.counts, e.inference) : []),
      ],
      view,
    ),
    ...stepSections(steps, view),
    confusionOf(e, view),
    deadSection(first?.dead, view),
    ...energySections(accountColumns(e), e.inference, view),
    ...besideSections(e, view),
    first ? breakEvenSection(first, e.inference, view) : "",
    [
      heading("Beside the numbers", view),
      ...[...e.notes, ...(e.beside ?? [])].map((note) => item(note, view.width)),
    ].join("\n"),
  ];
}
const workRows = ({ total }: CountsDocument, inference: string): StyledRow[] => [
  [`${inference}: additions`, whole(total.acs)],
  ["  multiply-additions", whole(total.macs)],
  ["  neuron updates", whole(total.neuronUpdates)],
];
