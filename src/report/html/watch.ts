/** How layers learned, epoch by epoch: a small plot each. */
import type { WatchDocument } from "../document.ts";
import { linearAxis } from "./axis.ts";
import { epochAxis, grid } from "./learning.ts";
import { html, type Markup, num } from "./markup.ts";
import { legendList, lineMarks, plotFigure, type Series } from "./plot.ts";

interface Shown {
  readonly title: string;
  readonly label: string;
  readonly series: readonly Series[];
}
const HEIGHT = 120;

/** Nothing where nobody watched. */
export function watchFigures(watch: readonly WatchDocument[] | undefined, tone: string): Markup | undefined {
  const last = watch?.at(-1);
  if (!watch || !last) return undefined;
  const line = (name: string, style: Series["style"], of: (w: WatchDocument) => number): Series => ({
    ...{ name, tone, style },
    points: watch.map((w, epoch) => [epoch + 1, of(w)] as const),
  });
  const layers = Object.keys(last.layers).map(
    (node): Shown => ({
      title: node,
      label: "share of neurons and steps",
      series: [
        line("spikes", "solid", (w) => w.layers[node]!.rate),
        line("within the support", "dashed", (w) => w.layers[node]!.support),
      ],
    }),
  );
  const parameters = Object.keys(last.parameters).map(
    (name): Shown => ({
      title: name,
      label: "norm of the gradient",
      series: [line("gradient", "solid", (w) => w.parameters[name]!.gradient)],
    }),
  );
  return html`${grid([...layers, ...parameters].map(figure))}${deadTable(last)}`;
}

function figure({ title, label, series }: Shown): Markup {
  const values = series.flatMap((s) => s.points.map((p) => p[1]));
  const axes = {
    x: epochAxis(Math.max(...series.flatMap((s) => s.points.map((p) => p[0])))),
    y: linearAxis(0, Math.max(...values), label),
  };
  const legend = series.length > 1 && legendList(series.map(({ name, tone, style }) => ({ name, tone, sign: style })));
  return plotFigure({ title, ...axes, height: HEIGHT, marks: lineMarks(axes, series), ...(legend && { legend }) });
}

const deadTable = ({ layers }: WatchDocument): Markup =>
  html`<div class="scroll"><table class="numbers"><caption>Neurons in the last epoch</caption><thead><tr><th scope="col">layer</th><th scope="col">neurons</th><th scope="col">never fired</th><th scope="col">fired in more than nine steps of ten</th></tr></thead><tbody>${Object.entries(
    layers,
  ).map(
    ([node, { neurons, dead, saturated }]) =>
      html`<tr><th scope="row">${node}</th>${[neurons, dead, saturated].map((n) => html`<td>${num(n, String(n))}</td>`)}</tr>`,
  )}</tbody></table></div>`;
