/** How many neurons fire how often. */
import type { RatesDocument, ShownDocument } from "../document.ts";
import { short, whole } from "../numbers.ts";
import { exactAxis, linearAxis, shareOf } from "./axis.ts";
import { html, type Markup, num } from "./markup.ts";
import { type Plot, plotFigure, SIDE } from "./plot.ts";

export const rateFigures = ({ layers }: ShownDocument["rates"]): Markup[] => layers.map(rateFigure);

function rateFigure({ name, size, edges, counts, silent, mean }: RatesDocument): Markup {
  const x = exactAxis(0, edges.at(-1)!, "spikes a neuron and step");
  const y = wholeAxis(Math.max(...counts));
  const title = html`${name}: ${num(size, whole(size))} neurons, ${num(mean, short(mean))} spikes a neuron and step on average, ${num(silent, whole(silent))} silent`;
  return plotFigure({
    title,
    x,
    y,
    height: 170,
    marks: counts.map((n, k) => bar({ x, y }, edges[k]!, edges[k + 1]!, n)),
  });
}
function wholeAxis(most: number): Plot["y"] {
  const axis = linearAxis(0, most, "neurons", 4);
  return { ...axis, ticks: axis.ticks.filter(Number.isInteger), format: whole };
}

function bar({ x, y }: Pick<Plot, "x" | "y">, from: number, to: number, count: number): Markup {
  const left = SIDE * shareOf(x, from);
  const width = SIDE * shareOf(x, to) - left;
  const height = SIDE * shareOf(y, count);
  return html`<rect class="fill spiking" x="${left + 0.06 * width}" y="${SIDE - height}" width="${0.88 * width}" height="${height}"/>`;
}
