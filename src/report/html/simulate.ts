/** A simulation as a page: who fired when and how often, what variables did, and whether anything looks wrong. */
import type { PopulationDocument, SampledDocument, SimulateDocument } from "../document.ts";
import { bytes, NONE, percent, seconds, short, whole } from "../numbers.ts";
import { type Axis, linearAxis } from "./axis.ts";
import { histogramFigure } from "./histogram.ts";
import { grid } from "./learning.ts";
import { type Content, html, type Markup, num, tied } from "./markup.ts";
import { type LegendEntry, legendList, lineMarks, type Plot, place, plotFigure } from "./plot.ts";
import { MOST_IN_PATH, rasterFigure, zoom } from "./raster.ts";
import { timeAxis } from "./samples.ts";
import { list, section } from "./sections.ts";

/** Colours that lie far apart first. */
const TONES = [5, 3, 2, 4, 0, 1, 6, 7].map((k) => `class${k}`);
const toneOf = (d: SimulateDocument, name: string): string =>
  TONES[d.populations.findIndex((p) => p.name === name) % TONES.length] ?? TONES[0]!;

export function simulateBody(d: SimulateDocument): readonly (Markup | undefined)[] {
  const spiking = d.populations.some((p) => p.spiking);
  return [
    section(d.health.length > 0 ? "What looks wrong" : "Health", health(d)),
    section("Populations", populationTable(d), known(d)),
    spiking ? section("Activity", rasters(d), rates(d)) : undefined,
    d.traces.length > 0 ? section("Variables", traces(d)) : undefined,
    d.neuronRates.length > 0 ? section("How often neurons fire", histograms(d, "neuronRates", "neurons")) : undefined,
    d.intervals.length > 0 ? section("Intervals between spikes", histograms(d, "intervals", "intervals")) : undefined,
    d.weights.length > 0 ? section("Weights", histograms(d, "weights", "synapses")) : undefined,
    section("Time and work", workTable(d)),
    d.notes.length > 0 ? section("Beside the numbers", list(d.notes)) : undefined,
    section("Where this comes from", provenance(d)),
  ];
}

function health({ health }: SimulateDocument): Content {
  if (health.length === 0) return html`<p>Nothing looks wrong: neurons fire, and not all the time.</p>`;
  return html`<ul class="findings">${health.map(
    ({ says, advice }) => html`<li><strong>${tied(says)}</strong> ${tied(advice)}</li>`,
  )}</ul>`;
}

interface Column {
  readonly title: string;
  readonly value: (p: PopulationDocument) => number | undefined;
  readonly show: (x: number) => string;
}
const COLUMNS: readonly Column[] = [
  { title: "neurons", value: (p) => p.size, show: whole },
  { title: "spikes", value: (p) => p.spikes, show: whole },
  { title: "rate, Hz", value: (p) => p.rate, show: short },
  { title: "highest, Hz", value: (p) => p.highest, show: short },
  { title: "silent", value: (p) => p.silent, show: whole },
  { title: "CV of intervals", value: (p) => p.cv, show: short },
];
function populationTable({ populations }: SimulateDocument): Markup {
  const cell = (p: PopulationDocument, { value, show }: Column): Markup => {
    const x = value(p);
    return html`<td>${x === undefined ? NONE : num(x, show(x))}</td>`;
  };
  const row = (p: PopulationDocument): Markup =>
    html`<tr><th scope="row">${p.name} <span class="why">${p.model}</span></th>${COLUMNS.map((c) => cell(p, c))}</tr>`;
  return html`<div class="scroll"><table class="numbers"><thead><tr><th scope="col">population</th>${COLUMNS.map((c) => html`<th scope="col">${c.title}</th>`)}</tr></thead><tbody>${populations.map(row)}</tbody></table></div>`;
}
function known({ known }: SimulateDocument): Markup | undefined {
  if (!known) return undefined;
  const { low, high, source, rate, within } = known;
  return html`<p>Known of this network: ${num(low, short(low))} to ${num(high, short(high))} Hz over all neurons (${source}). Here ${num(rate, short(rate))} Hz: ${within ? "as it should be" : html`<strong>not as it should be</strong>`}.</p>`;
}

function rasters(d: SimulateDocument): Content {
  if (!d.rasters) return undefined;
  const { ticks, tickSeconds, rasters } = d.rasters;
  const time = timeAxis(ticks, tickSeconds);
  const canvas = rasters.reduce((sum, r) => sum + r.count, 0) > MOST_IN_PATH;
  const last = rasters.at(-1);
  const figures = rasters.map((r) =>
    rasterFigure(r, ticks, time, { tone: toneOf(d, r.name), bottom: r === last, canvas, linked: true }),
  );
  return [zoom({ steps: ticks, scale: time.high / ticks }), figures];
}

function rates(d: SimulateDocument): Markup | undefined {
  const shown = d.populations.filter((p) => p.rates && p.rates.length > 1);
  if (shown.length === 0) return undefined;
  const x = timeAxis(1, d.simulated);
  const unit = x.high / d.simulated;
  const y = linearAxis(0, Math.max(1e-9, ...shown.flatMap((p) => p.rates!)), "spikes a second and neuron", 4);
  const series = shown.map(({ name, rates }) => ({
    name,
    tone: toneOf(d, name),
    style: "solid" as const,
    points: rates!.map((r, k) => [(k + 0.5) * d.binSeconds * unit, r] as const).filter(([t]) => t <= x.high),
    dots: false,
  }));
  const legend = legendList(series.map(({ name, tone }): LegendEntry => ({ name, tone, sign: "solid" })));
  const title = html`Rate in bins of ${num(d.binSeconds, durationText(d.binSeconds))}`;
  return plotFigure({ title, x, y, height: 150, marks: lineMarks({ x, y }, series), legend, linked: true });
}
const durationText = (s: number): string => (s >= 1 ? `${short(s)} s` : `${short(1e3 * s)} ms`);

/** Traces above each other in groups of one variable, as they were recorded. */
function traces(d: SimulateDocument): Markup[] {
  const x = timeAxis(1, d.simulated);
  return d.traces.map((t, k) => traceFigure(t, x, x.high / d.simulated, toneOf(d, t.name), k === d.traces.length - 1));
}
function traceFigure(t: SampledDocument, x: Axis, unit: number, tone: string, bottom: boolean): Markup {
  const { name, variable, neuron, threshold, spikes, times, values } = t;
  const [factor, prefix] = scaleOf(values, t.unit);
  const scaled = values.map((v) => v * factor);
  const bar = threshold === undefined ? [] : [threshold * factor];
  const [low, high] = [Math.min(...scaled, ...bar), Math.max(...scaled, ...bar)];
  // A tick above the threshold, or above all, is a spike: it needs room.
  const y = linearAxis(low, spikes.length > 0 ? high + HEADROOM * (high - low) : high, variable, 3);
  const axes: Pick<Plot, "x" | "y"> = { x, y };
  const top = bar[0] ?? high;
  const points = times.map((time, k) => [time * unit, scaled[k]!] as const);
  const marks: Content[] = [
    bar.length > 0 && html`<path class="line threshold" d="M${place(axes, x.low, bar[0]!)}H1000"/>`,
    spikes.length > 0 &&
      html`<path class="line spikes-up ${tone}" d="${spikes.map((s) => `M${place(axes, s * unit, top)}V0`).join("")}"/>`,
    ...lineMarks(axes, [{ name, tone, style: "solid", points, dots: false }]),
  ];
  const said = t.unit === "" ? "" : `, ${prefix}${t.unit}`;
  const until = t.spikesUntil !== undefined && html` up to ${num(t.spikesUntil, `${short(t.spikesUntil)} s`)}`;
  const title = html`${name}, neuron ${num(neuron, whole(neuron))}: ${variable}${said}; ${num(spikes.length, whole(spikes.length))} ${spikes.length === 1 ? "spike" : "spikes"}${until}`;
  return plotFigure({ title, ...axes, height: 80, marks, stacked: { bottom }, linked: true });
}
const HEADROOM = 0.15;
/** So that the largest number has one to three digits before the point. */
function scaleOf(values: readonly number[], unit: string): readonly [factor: number, prefix: string] {
  if (unit === "") return [1, ""];
  const most = values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return SCALES.find(([factor]) => most * factor >= 1) ?? [1, ""];
}
const SCALES: readonly (readonly [factor: number, prefix: string])[] = [
  [1, ""],
  [1e3, "m"],
  [1e6, "µ"],
  [1e9, "n"],
  [1e12, "p"],
];

const histograms = (d: SimulateDocument, what: "neuronRates" | "intervals" | "weights", counted: string): Markup =>
  grid(d[what].map((h) => histogramFigure(h, what === "weights" ? "ink" : toneOf(d, h.name), counted)));

function workTable(d: SimulateDocument): Markup {
  const { work, runSeconds, realTimeFactor } = d;
  const rows: readonly (readonly [name: string, value: number | undefined, show: (x: number) => string])[] = [
    ["model time", d.simulated, seconds],
    ["time to build", d.buildSeconds, seconds],
    ["time to run", runSeconds, seconds],
    ["real-time factor (below 1: faster than real time)", realTimeFactor, short],
    ["spikes", work.spikes, whole],
    ["spikes of inputs", work.inputSpikes, whole],
    ["synaptic events", work.synapticEvents, whole],
    ["neuron updates", work.neuronUpdates, whole],
    ["synaptic events a second", work.synapticEvents / runSeconds, whole],
  ];
  const shown = rows.filter(([, value]) => value !== undefined && Number.isFinite(value));
  return html`<div class="scroll"><table class="numbers"><tbody>${shown.map(
    ([name, value, show]) => html`<tr><th scope="row">${name}</th><td>${num(value!, show(value!))}</td></tr>`,
  )}</tbody></table></div>`;
}

function provenance(d: SimulateDocument): Content {
  const p = d.provenance;
  const facts: readonly (readonly [string, Content])[] = [
    ["version", `Rheobase ${p.version}`],
    ["runtime", [p.runtime, p.platform && html` on ${p.platform}`]],
    ["machine", p.cpu && html`${p.cpu}, ${p.cores !== undefined && html`${num(p.cores, whole(p.cores))} cores`}`],
    ["engine", `${d.engine}, ${d.type}`],
    ["step", d.engine === "clocked" && num(d.dt, durationText(d.dt))],
    ["seed", num(d.seed, String(d.seed))],
    [
      "threads",
      html`${num(d.threads.used, whole(d.threads.used))} at work, ${num(d.threads.allowed, whole(d.threads.allowed))} allowed`,
    ],
    ["date", p.date],
    ["most memory of the process", d.peakBytes !== undefined && num(d.peakBytes, bytes(d.peakBytes))],
    ["run", d.simulated < d.duration && html`${percent(d.simulated / d.duration)} of what was asked for`],
    ["digest of all spikes", html`<code>${d.digest}</code>`],
  ];
  const rows = facts.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`);
  return html`<dl>${rows}</dl><p>To have it again:</p><pre class="command"><code>${p.command}</code></pre>`;
}
