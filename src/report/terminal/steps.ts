/** Answers in every step, side by side. */

import { formatTitle } from "../accounts.ts";
import type { CompareDocument, PromiseDocument, StepsDocument, TestedDocument } from "../document.ts";
import { NONE, percent, short, times, timesRange, whole } from "../numbers.ts";
import { boundText, keptText } from "../promise.ts";
import { sparkline } from "./charts.ts";
import { heading, item, type StyledRow, type Tone, table, type View, wrap } from "./layout.ts";

export interface StepColumn {
  readonly title: string;
  readonly tone: Tone;
  readonly report: StepsDocument;
}

/** Networks whose every step has an answer. */
export const stepColumns = (sides: readonly { title: string; tone: Tone; side: TestedDocument }[]): StepColumn[] =>
  sides.flatMap(({ side, ...rest }) => (side.perClass ? [{ ...rest, report: side as StepsDocument }] : []));

const each = (columns: readonly StepColumn[], value: (report: StepsDocument) => string): string[] =>
  columns.map((c) => value(c.report));
const titles = (columns: readonly StepColumn[]) => columns.map(({ title, tone }) => ({ text: title, tone }));

/** Rows that belong below the accuracy. */
export const stepRows = (columns: readonly StepColumn[]): StyledRow[] =>
  columns.length === 0
    ? []
    : [
        [
          `  as published, from step ${columns[0]!.report.scoredFrom}`,
          ...each(columns, (r) => percent(r.accuracyPublished, 2)),
        ],
        ["  of steps that the files label", ...each(columns, (r) => percent(r.accuracyAnnotated, 2))],
      ];

export const stepSections = (columns: readonly StepColumn[], view: View): string[] =>
  columns.length === 0 ? [] : [classTable(columns, view), laterTable(columns, view), changeTable(columns, view)];

function classTable(columns: readonly StepColumn[], view: View): string {
  const lines = columns[0]!.report.perClass.map(
    ({ name, steps }, k): StyledRow => [
      `  ${name}`,
      whole(steps),
      ...columns.flatMap(({ report }) => {
        const { recall, precision } = report.perClass[k]!;
        return [percent(recall), percent(precision)];
      }),
    ],
  );
  const head = columns.flatMap(({ title, tone }) => [{ text: `${title}: recall`, tone }, "precision"]);
  return table([[{ text: "by class", tone: "title" }, "steps", ...head], ...lines], view);
}

function laterTable(columns: readonly StepColumn[], view: View): string {
  const lines = columns[0]!.report.latency.later.map(
    ({ steps }, k): StyledRow => [
      `  ${steps} steps later`,
      ...each(columns, (r) => percent(r.latency.later[k]!.accuracy)),
    ],
  );
  return table([[{ text: "accuracy, if the answer may come", tone: "title" }, ...titles(columns)], ...lines], view);
}

/** Steps after a change that the table shows. */
const SHOWN = [0, 1, 2, 5, 10, 25];
const CURVE = 20;

function changeTable(columns: readonly StepColumn[], view: View): string {
  const shareAt = (k: number) => (r: StepsDocument) => {
    const share = r.latency.sinceChange.accuracy[k];
    return share === undefined ? NONE : percent(share);
  };
  const curve = (r: StepsDocument): string => sparkline(r.latency.sinceChange.accuracy, CURVE, view);
  const lines = SHOWN.map((k): StyledRow => [`  ${k} steps`, ...each(columns, shareAt(k))]);
  const curves: StyledRow = ["  up to the longest", ...columns.map((c) => ({ text: curve(c.report), tone: c.tone }))];
  return table(
    [[{ text: "accuracy, since the label changed", tone: "title" }, ...titles(columns)], ...lines, curves],
    view,
  );
}

export const publishedTitle = (ofSteps: boolean): string => (ofSteps ? "Published, of the same steps" : "Beside it");
export const publishedSection = (
  { published = [] }: Pick<CompareDocument, "published">,
  ofSteps: boolean,
  view: View,
): string =>
  published.length === 0
    ? ""
    : [
        heading(publishedTitle(ofSteps), view),
        ...published.map(({ source, network, accuracy }) =>
          item(`${percent(accuracy)}: ${network} (${source}).`, view.width),
        ),
      ].join("\n");

export function promiseSection(p: PromiseDocument | undefined, { width }: View): string {
  if (!p) return "";
  const lines = p.ratios.map((r) => {
    const popular = r.format === "f32" ? `${times(r.popular)} times by sums of weights alone, ` : "";
    return (
      `${r.twin}, ${formatTitle(r.format)}: ${popular}${boundText(r)}${timesRange(r.arithmetic)} by all arithmetic, ` +
      `${boundText(r)}${timesRange(r.total)} with memory; ${timesRange(r.freeGates)} if the arithmetic of its units were free.`
    );
  });
  const intro =
    `The promise, ${p.low} to ${short(p.high)} times less energy (${p.source}): ${keptText(p)} ` +
    (p.dead ? "" : "A step needs, in units of the spiking network's energy:");
  return [wrap(intro, "", width), ...lines.map((line) => item(line, width))].join("\n");
}
