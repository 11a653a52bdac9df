/** Answers in every step: by class, and against the time that an answer may take. */
import type { StepsDocument } from "../document.ts";
import { percent, whole } from "../numbers.ts";
import { type Axis, exactAxis, linearAxis } from "./axis.ts";
import { html, type Markup, num } from "./markup.ts";
import { legendList, lineMarks, plotFigure } from "./plot.ts";

export interface SteppedSide {
  readonly title: string;
  readonly tone: string;
  readonly report: StepsDocument;
}

const share = (x: number, digits = 1): Markup => num(x, percent(x, digits));

export function classTable(sides: readonly SteppedSide[]): Markup {
  const rows = sides[0]!.report.perClass.map(
    ({ name, steps }, k) =>
      html`<tr><th scope="row">${name}</th><td>${num(steps, whole(steps))}</td>${sides.map(({ report }) => {
        const { recall, precision } = report.perClass[k]!;
        return html`<td>${share(recall)}</td><td>${share(precision)}</td>`;
      })}</tr>`,
  );
  const head = sides.map(
    ({ title, tone }) => html`<th scope="col" class="${tone}">${title}: recall</th><th scope="col">precision</th>`,
  );
  return html`<div class="scroll"><table class="numbers"><caption>By class</caption><thead><tr><th scope="col"></th><th scope="col">steps</th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

export function latencyFigures(sides: readonly SteppedSide[]): Markup[] {
  const legend = legendList(sides.map(({ title, tone }) => ({ name: title, tone, sign: "solid" })));
  const since = sides.map(({ title, tone, report }) => ({
    name: title,
    tone,
    style: "solid" as const,
    points: report.latency.sinceChange.accuracy.map((a, k) => [k, a] as const),
  }));
  const later = sides.map(({ title, tone, report }) => ({
    name: title,
    tone,
    style: "solid" as const,
    points: report.latency.later.map((p) => [p.steps, p.accuracy] as const),
    dots: true,
  }));
  const y = shareAxis("right answers, %");
  const last = (series: typeof since): number => Math.max(1, ...series.flatMap((s) => s.points.map((p) => p[0])));
  const figure = (title: string, series: typeof since, label: string): Markup => {
    const x = exactAxis(0, last(series), label);
    return plotFigure({ title, x, y, height: 190, legend, marks: lineMarks({ x, y }, series) });
  };
  return [
    figure("Accuracy since the label changed", since, "steps since the change"),
    figure("Accuracy if the answer may come later", later, "steps later"),
  ];
}
function shareAxis(label: string): Axis {
  const { ticks, format } = linearAxis(0, 100, label, 5);
  return { low: 0, high: 1, ticks: ticks.map((t) => t / 100), format: (x) => format(100 * x), label };
}
