/** Tables and curves of a task of its own kind, as a page. */
import type { FindingsDocument, FindingsPlot, FindingsTable } from "../findingsDocument.ts";
import { exactAxis, linearAxis } from "./axis.ts";
import { grid } from "./learning.ts";
import { html, type Markup, tied } from "./markup.ts";
import { type LegendEntry, legendList, lineMarks, place, plotFigure, type Series } from "./plot.ts";
import { list, section } from "./sections.ts";

export function findingsBody(d: FindingsDocument): readonly (Markup | undefined)[] {
  const { tables, plots, published, notes, provenance, digest } = d;
  const options = Object.entries(provenance.options).map(
    ([name, value]) => html`<code>--${name} ${String(value)}</code> `,
  );
  return [
    ...tables.map((t) => section(t.title, tableOf(t))),
    plots.length > 0 ? section("Learning", grid(plots.map(figureOf), "wide")) : undefined,
    published.length > 0
      ? section("Published", list(published.map((p) => tied(`${p.says}: ${p.network} (${p.source}).`))))
      : undefined,
    notes.length > 0 ? section("Beside the numbers", list(notes.map(tied))) : undefined,
    section(
      "Where this comes from",
      html`<dl><dt>version</dt><dd>Rheobase ${provenance.version}</dd><dt>runtime</dt><dd>${provenance.runtime}</dd>
<dt>machine</dt><dd>${provenance.cpu ?? "unknown"}</dd><dt>date</dt><dd>${provenance.date}</dd>
<dt>digest</dt><dd><code>${digest}</code></dd><dt>options</dt><dd>${options}</dd></dl>
<p>To have it again:</p><pre class="command"><code>${provenance.command}</code></pre>`,
    ),
  ];
}

function tableOf({ rows: [head = [], ...rows] }: FindingsTable): Markup {
  const cells = (row: readonly string[]): Markup =>
    html`<tr><th scope="row">${row[0]}</th>${row.slice(1).map((x) => html`<td>${tied(x)}</td>`)}</tr>`;
  return html`<div class="scroll"><table class="numbers"><thead><tr>${head.map((x) => html`<th scope="col">${x}</th>`)}</tr></thead><tbody>${rows.map(cells)}</tbody></table></div>`;
}

/** Two colours that the page has for two networks, then others; each plain, then dashed. */
const TONES = ["spiking", "twin", "other"] as const;
const styleOf = (k: number): Pick<Series, "tone" | "style"> => ({
  tone: TONES[k % TONES.length]!,
  style: k < TONES.length ? "solid" : "dashed",
});

function figureOf({ title, x, y, lines, level }: FindingsPlot): Markup {
  const points = lines.flatMap((l) => l.points);
  const [at, values] = [points.map((p) => p[0]), [...points.map((p) => p[1]), ...(level ? [level.value] : [])]];
  const axes = { x: exactAxis(Math.min(...at), Math.max(...at), x), y: linearAxis(0, Math.max(...values), y) };
  const series = lines.map((l, k): Series => ({ ...l, ...styleOf(k), dots: false }));
  const across =
    level &&
    html`<path class="line threshold" d="M${place(axes, axes.x.low, level.value)}L${place(axes, axes.x.high, level.value)}"/>`;
  const entries = series.map(({ name, tone, style }): LegendEntry => ({ name, tone, sign: style }));
  const named = level ? `${title}; dotted: ${level.name}` : title;
  return plotFigure({
    title: named,
    ...axes,
    height: 190,
    marks: [across, ...lineMarks(axes, series)],
    legend: legendList(entries),
  });
}
