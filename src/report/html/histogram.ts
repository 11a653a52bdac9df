/** How many values lie where. */
import type { HistogramDocument } from "../document.ts";
import { short, whole } from "../numbers.ts";
import { exactAxis, linearAxis, shareOf } from "./axis.ts";
import { coordinate, html, type Markup, num } from "./markup.ts";
import { type LegendEntry, legendList, type Plot, place, plotFigure, SIDE } from "./plot.ts";

/** @param what is counted, such as "neurons" */
export function histogramFigure(h: HistogramDocument, tone: string, what: string): Markup {
  const x = exactAxis(h.edges[0]!, h.edges.at(-1)!, h.of);
  const y = wholeAxis(Math.max(1, ...h.counts, ...(h.before?.counts ?? [])), what);
  const bars = h.counts.map((n, k) => bar({ x, y }, tone, h.edges[k]!, h.edges[k + 1]!, n));
  const marks = h.before ? [...bars, outline({ x, y }, h.edges, h.before.counts)] : bars;
  const legend = h.before && legendList(entries(tone));
  return plotFigure({ title: titleOf(h, what), x, y, height: 150, marks, legend });
}
const entries = (tone: string): LegendEntry[] => [
  { name: "at the end", tone, sign: "box" },
  { name: "at the beginning", tone: "ink", sign: "solid" },
];

function titleOf({ name, count, mean, sd, beyond = 0, before }: HistogramDocument, what: string): Markup {
  const moved =
    before && html`; at the beginning ${num(before.mean, short(before.mean))} ± ${num(before.sd, short(before.sd))}`;
  const more = beyond > 0 && html`; ${num(beyond, whole(beyond))} lie beyond`;
  return html`${name}: ${num(count, whole(count))} ${what}, mean ${num(mean, short(mean))} ± ${num(sd, short(sd))}${moved}${more}`;
}

function wholeAxis(most: number, label: string): Plot["y"] {
  const axis = linearAxis(0, most, label, 4);
  return { ...axis, ticks: axis.ticks.filter(Number.isInteger), format: whole };
}

type Axes = Pick<Plot, "x" | "y">;
function bar({ x, y }: Axes, tone: string, from: number, to: number, count: number): Markup | false {
  if (count === 0) return false;
  const left = SIDE * shareOf(x, from);
  const width = SIDE * shareOf(x, to) - left;
  const height = SIDE * shareOf(y, count);
  return html`<rect class="fill ${tone}" x="${coordinate(left + 0.06 * width)}" y="${coordinate(SIDE - height)}" width="${coordinate(0.88 * width)}" height="${coordinate(height)}"/>`;
}
function outline(axes: Axes, edges: readonly number[], counts: readonly number[]): Markup {
  const path = counts.map(
    (n, k) => `${k === 0 ? "M" : "L"}${place(axes, edges[k]!, n)}L${place(axes, edges[k + 1]!, n)}`,
  );
  return html`<path class="line ink" d="${path.join("")}"/>`;
}
