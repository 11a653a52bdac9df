/** Reports on answers in every step, side by side, as text. */
import type { StepReport } from "./steps.ts";
import type { Published } from "./task.ts";
import { item, NONE, percent, type Row, table, whole } from "./text.ts";

export interface StepColumn {
  readonly title: string;
  readonly report: StepReport;
}

/** Steps after a change that the table shows. */
const SHOWN = [0, 1, 2, 5, 10, 25];

/** Rows that belong below the accuracy. */
export const stepRows = (columns: readonly StepColumn[]): Row[] => [
  [
    `  as published, from step ${columns[0]!.report.scoredFrom}`,
    ...each(columns, (r) => percent(r.accuracyPublished, 2)),
  ],
  ["  of steps that the files label", ...each(columns, (r) => percent(r.accuracyAnnotated, 2))],
];
const each = (columns: readonly StepColumn[], value: (report: StepReport) => string): string[] =>
  columns.map((c) => value(c.report));

export const stepTables = (columns: readonly StepColumn[]): string[] => [
  classTable(columns),
  laterTable(columns),
  changeTable(columns),
  ...columns.map(confusionTable),
];

function classTable(columns: readonly StepColumn[]): string {
  const [first] = columns;
  const lines = first!.report.perClass.map(
    ({ name, steps }, k): Row => [
      `  ${name}`,
      whole(steps),
      ...columns.flatMap(({ report }) => {
        const { recall, precision } = report.perClass[k]!;
        return [percent(recall), percent(precision)];
      }),
    ],
  );
  return table([["by class", "steps", ...columns.flatMap(({ title }) => [`${title}: recall`, "precision"])], ...lines]);
}

function laterTable(columns: readonly StepColumn[]): string {
  const lines = columns[0]!.report.latency.later.map(
    ({ steps }, k): Row => [`  ${steps} steps later`, ...each(columns, (r) => percent(r.latency.later[k]!.accuracy))],
  );
  return table([["accuracy, if the answer may come", ...columns.map((c) => c.title)], ...lines]);
}

function changeTable(columns: readonly StepColumn[]): string {
  const shareAt = (k: number) => (r: StepReport) => {
    const share = r.latency.sinceChange.accuracy[k];
    return share === undefined ? NONE : percent(share);
  };
  const lines = SHOWN.map((k): Row => [`  ${k} steps`, ...each(columns, shareAt(k))]);
  return table([["accuracy, since the label changed", ...columns.map((c) => c.title)], ...lines]);
}

function confusionTable({ title, report }: StepColumn): string {
  const names = report.perClass.map((c) => c.name);
  const lines = report.confusion.map((row, k): Row => [`  ${names[k]}`, ...row.map(whole)]);
  return table([[`labels (rows) answered as, ${title}`, ...names], ...lines]);
}

export const publishedText = (published: readonly Published[]): string =>
  [
    "Published, of the same steps",
    ...published.map(({ source, network, accuracy }) => item(`${percent(accuracy)}: ${network} (${source}).`)),
  ].join("\n");
