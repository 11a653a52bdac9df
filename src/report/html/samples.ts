/** Test samples from inside: what entered, who fired, how membranes moved, and what was answered. */
import type { RasterDocument, ShownDocument, ShownSample, TraceDocument } from "../document.ts";
import { percent, short, whole } from "../numbers.ts";
import { type Axis, exactAxis, linearAxis } from "./axis.ts";
import { type Content, coordinate, html, type Markup, num } from "./markup.ts";
import { legendList, lineMarks, picture, place, plotFigure, xAxis } from "./plot.ts";
import { rasterFigure } from "./raster.ts";

export const sampleFigures = ({ samples, dt }: ShownDocument, classes: readonly string[]): Markup[] =>
  samples.map((s) => sampleFigure(s, dt, classes));

function sampleFigure(s: ShownSample, dt: number, classes: readonly string[]): Markup {
  const time = timeAxis(s.steps, dt);
  const raster = (r: RasterDocument): Markup =>
    rasterFigure(r, s.steps, time, {
      tone: r.of === "inputs" ? "ink" : "spiking",
      bottom: s.traces.length === 0 && r === s.rasters.at(-1),
    });
  return html`<article class="sample">${heading(s)}${s.image && imageOf(s.image)}
${s.labels && strips(s.labels, s.answers!, time, classes)}
${s.rasters.map(raster)}
${membranes(s, time, dt)}${outputs(s, time, dt, classes)}</article>`;
}
function heading({ number, why, label, answer, accuracy, steps }: ShownSample): Markup {
  const said =
    label === undefined
      ? html`${accuracy !== undefined && html`${num(accuracy, percent(accuracy))} of ${num(steps, whole(steps))} steps right`}`
      : html`label ${label}, answered ${answer}`;
  return html`<header><h3>Test sample ${num(number, whole(number))}</h3><p>${said} <span class="why">(${why})</span></p></header>`;
}

/** Milliseconds up to a second, else seconds. */
export function timeAxis(steps: number, dt: number): Axis {
  const end = steps * dt;
  return end < 1 ? exactAxis(0, 1e3 * end, "time, ms") : exactAxis(0, end, "time, s");
}

/** Grey levels in sixteen steps, each one path: as many squares as the picture has, in the page's own ink. */
function imageOf({ width, height, levels }: NonNullable<ShownSample["image"]>): Markup {
  const paths = new Map<number, string>();
  levels.forEach((level, k) => {
    const shade = Math.round((15 * level) / 255);
    if (shade > 0) paths.set(shade, `${paths.get(shade) ?? ""}M${k % width} ${Math.floor(k / width)}h1v1h-1z`);
  });
  const marks = [...paths].map(([shade, d]) => html`<path class="ink" opacity="${coordinate(shade / 15)}" d="${d}"/>`);
  return html`<div class="image" style="aspect-ratio:${width}/${height}">${picture(marks, width, height)}</div>`;
}

/** Labels above answers, a colour and a word a class. */
function strips(labels: readonly number[], answers: readonly number[], time: Axis, classes: readonly string[]): Markup {
  const strip = (title: string, marks: Content, kind = ""): Markup =>
    html`<div class="y strip-name">${title}</div><div class="area strip ${kind}">${picture(marks, labels.length, 1)}</div>`;
  const wrong = runsOf(labels.map((label, t) => (label === answers[t] ? 0 : 1))).filter((r) => r.value === 1);
  const entries = classes.map((name, k) => ({ name, tone: toneOf(k), sign: "box" as const }));
  return html`<figure class="strips"><figcaption>Class of each step, as labelled and as answered</figcaption>${legendList(entries)}<div class="frame">
${strip("label", runsOf(labels).map(run))}${strip("answer", runsOf(answers).map(run))}${strip("wrong", wrong.map(rectOf), "thin")}${xAxis(time)}</div></figure>`;
}
const rectOf = ({ from, to }: Run): Markup =>
  html`<rect class="ink" x="${from}" y="0" width="${to - from}" height="1"/>`;

const CLASS_TONES = 8;
const toneOf = (k: number): string => `class${k % CLASS_TONES}`;
interface Run {
  readonly value: number;
  readonly from: number;
  readonly to: number;
}
function runsOf(row: readonly number[]): Run[] {
  const runs: Run[] = [];
  row.forEach((value, t) => {
    const last = runs.at(-1);
    if (last?.value === value) runs[runs.length - 1] = { ...last, to: t + 1 };
    else runs.push({ value, from: t, to: t + 1 });
  });
  return runs;
}
const run = ({ value, from, to }: Run): Markup =>
  html`<rect class="fill ${toneOf(value)}" x="${from}" y="0" width="${to - from}" height="1"/>`;

/** Of layers that fire: one small plot a neuron, with its threshold and its spikes. */
const membranes = ({ traces }: ShownSample, time: Axis, dt: number): Markup[] =>
  traces.filter((t) => t.threshold !== undefined || t.spikes.length > 0).map((t) => membrane(t, time, dt));

function membrane(
  { name, variable, neuron, why, values, spikes, count, threshold }: TraceDocument,
  time: Axis,
  dt: number,
): Markup {
  const unit = time.high / (values.length * dt);
  const extremes = [...values, ...(threshold === undefined ? [] : [threshold, 1.15 * threshold])];
  const y = linearAxis(Math.min(0, ...extremes), Math.max(...extremes), variable, 3);
  const axes = { x: time, y };
  const points = values.map((v, t) => [(t + 0.5) * dt * unit, v] as const);
  const marks: Content[] = [
    threshold !== undefined && html`<path class="line threshold" d="M${place(axes, 0, threshold)}H1000"/>`,
    html`<path class="line spikes-up spiking" d="${spikes.map((t) => `M${place(axes, (t + 0.5) * dt * unit, threshold ?? y.high)}V0`).join("")}"/>`,
    ...lineMarks(axes, [{ name, tone: "spiking", style: "solid", points, dots: false }]),
  ];
  const fired = html`${num(count, whole(count))} ${count === 1 ? "spike" : "spikes"}`;
  const bar = threshold === undefined ? "" : html`, threshold ${num(threshold, short(threshold))}`;
  const title = html`${name}, neuron ${num(neuron, whole(neuron))} (${why}): ${variable}, ${fired}${bar}`;
  return plotFigure({ title, ...axes, height: 72, marks, stacked: { bottom: false } });
}

/** Of a layer that answers by value: the right class, the one that was answered, and the others in grey. */
function outputs(s: ShownSample, time: Axis, dt: number, classes: readonly string[]): Markup | undefined {
  const traces = s.traces.filter((t) => t.threshold === undefined && t.spikes.length === 0 && t.why === "answer");
  if (traces.length === 0) return undefined;
  const unit = time.high / (s.steps * dt);
  const all = traces.flatMap((t) => t.values);
  const y = linearAxis(Math.min(0, ...all), Math.max(...all), traces[0]!.variable, 4);
  const tone = (k: number): string =>
    s.labels ? toneOf(k) : classes[k] === s.label ? "right" : classes[k] === s.answer ? "wrong" : "other-class";
  const series = traces.map(({ name, neuron, values }) => ({
    name,
    tone: tone(neuron),
    style: "solid" as const,
    points: values.map((v, t) => [(t + 0.5) * dt * unit, v] as const),
    dots: false,
  }));
  const order = ["other-class", "wrong", "right"];
  const sorted = [...series].sort((a, b) => order.indexOf(a.tone) - order.indexOf(b.tone));
  const legend = s.labels ? undefined : outputLegend(s);
  const title = html`${traces[0]!.name}, whose ${traces[0]!.variable} is the answer`;
  return plotFigure({
    title,
    x: time,
    y,
    height: 120,
    marks: lineMarks({ x: time, y }, sorted),
    legend,
    stacked: { bottom: true },
  });
}
const outputLegend = ({ label, answer }: ShownSample): Markup =>
  legendList([
    { name: html`${label}, the label`, tone: "right", sign: "solid" },
    ...(answer === label ? [] : [{ name: html`${answer}, the answer`, tone: "wrong", sign: "solid" as const }]),
    { name: "other classes", tone: "other-class", sign: "solid" },
  ]);
