/** Energies as bars: what they are made of, the range that prices leave open, and where the spiking network breaks even. */

import {
  type AccountColumn,
  componentsOf,
  type EnergyTable,
  energyTables,
  formatTitle,
  workTitle,
} from "../accounts.ts";
import type { AccountDocument, PromiseDocument, Range, RatiosDocument } from "../document.ts";
import { joulesUnit, percent, short, times } from "../numbers.ts";
import { keptText } from "../promise.ts";
import { type Axis, linearAxis, shareOf } from "./axis.ts";
import { type Content, coordinate, html, type Markup, num } from "./markup.ts";
import { legendList, picture, SIDE, xAxis } from "./plot.ts";

/** Colours of components; others share the last. */
const TONES = ["part0", "part1", "part2", "part3", "part4", "part5", "part6"];
const toneAt = (k: number): string => TONES[Math.min(k, TONES.length - 1)]!;

export const energyFigures = (columns: readonly AccountColumn[], inference: string): Markup[] =>
  energyTables(columns).map((t) => energyFigure(t, inference));

/** An energy in its unit. */
export const joules = (value: number): Markup => {
  const [factor, unit] = joulesUnit(value);
  return html`${num(value, short(value / factor))} ${unit}`;
};
const bound = ({ lowerBound }: AccountDocument): string => (lowerBound ? "≥ " : "");

/** A table of numbers that may be wider than a phone. */
export const scrolled = (table: Markup): Markup =>
  html`<div class="scroll"><table class="numbers">${table}</table></div>`;

function energyFigure(t: EnergyTable, inference: string): Markup {
  const { title, columns } = t;
  const most = Math.max(...columns.map((c) => c.account.total.high));
  const [factor, unit] = joulesUnit(most);
  const axis = linearAxis(0, most / factor, `energy of ${inference}, ${unit}`, 6);
  const x: Axis = {
    ...axis,
    ticks: axis.ticks.map((v) => v * factor),
    low: 0,
    high: axis.high * factor,
    format: (v) => axis.format(v / factor),
  };
  const parts = componentsOf(t);
  const lines = columns.filter((c) => c.role !== "spiking");
  const legend = legendList([
    ...parts.map(({ title: name }, k) => ({ name, tone: toneAt(k), sign: "box" as const })),
    { name: "from least to most, by what prices leave open", tone: "ink", sign: "solid" },
    ...(columns.length > lines.length ? lines : []).map((c) => ({
      name: `break-even with ${c.title}`,
      tone: c.role,
      sign: "dashed" as const,
    })),
  ]);
  const rows = columns.map(({ title: name, role, account }) => {
    const marks = [
      stack(account, parts, x),
      columns.length > lines.length ? lines.map((c) => breakEvenLine(c.account, c.role, x)) : "",
      whisker(account.total, x),
    ];
    return html`<div class="bar"><span class="bar-name ${role}">${name}</span><span class="bar-value">${bound(account)}${joules(account.total.typical)} <span class="range">(${joules(account.total.low)} to ${joules(account.total.high)})</span></span><div class="area">${picture(marks)}</div></div>`;
  });
  return html`<figure class="energy"><figcaption>Energy of ${inference}, ${title}</figcaption>${legend}${rows}${xAxis(x)}</figure>`;
}

function stack({ components }: AccountDocument, parts: readonly { readonly key: string }[], x: Axis): Markup[] {
  let left = 0;
  return parts.flatMap(({ key }, k) => {
    const width = components[key]?.typical ?? 0;
    const from = left;
    left += width;
    if (width === 0) return [];
    return [html`<rect class="fill ${toneAt(k)}" x="${at(x, from)}" y="180" width="${at(x, width)}" height="640"/>`];
  });
}
const at = (x: Axis, value: number): string => coordinate(SIDE * shareOf(x, value));
function whisker({ low, high }: Range, x: Axis): Markup {
  const [a, b] = [at(x, low), at(x, high)];
  return html`<path class="line ink" d="M${a} 500H${b}M${a} 340V660M${b} 340V660"/>`;
}
const breakEvenLine = ({ total }: AccountDocument, role: string, x: Axis): Markup =>
  html`<path class="line dashed ${role}" d="M${at(x, total.typical)} 0V${SIDE}"/>`;

export function energyTable(columns: readonly AccountColumn[], inference: string): Markup[] {
  return energyTables(columns).map((t) => {
    const accounts = t.columns.map((c) => c.account);
    const row = (name: Content, value: (a: AccountDocument) => number | undefined, kind = ""): Markup =>
      html`<tr class="${kind}"><th scope="row">${name}</th>${accounts.map((a) => {
        const x = value(a);
        return html`<td>${x === undefined || x === 0 ? "–" : html`${kind === "sum" && bound(a)}${joules(x)}`}</td>`;
      })}</tr>`;
    const missing = (work: string): Markup =>
      html`<tr><th scope="row">no price: ${workTitle(work)}</th>${accounts.map((a) => {
        const count = a.unpriced.find((u) => u.work === work)?.count;
        return html`<td>${count ? num(count, short(count)) : "–"}</td>`;
      })}</tr>`;
    return html`<div class="scroll"><table class="numbers"><caption>${t.title}</caption><thead><tr><th scope="col"></th>${t.columns.map((c) => html`<th scope="col" class="${c.role}">${c.title}</th>`)}</tr></thead><tbody>
${row(inference, (a) => a.total.typical, "sum")}${row("at least", (a) => a.total.low)}${row("at most", (a) => a.total.high)}
${unpricedWorks(accounts).map((work) => missing(work))}
${componentsOf(t).map(({ key, title }) => row(title, (a) => a.components[key]?.typical))}
${t.format === "f32" && row("the popular figure", (a) => a.popular.value)}</tbody></table></div>`;
  });
}

const unpricedWorks = (accounts: readonly AccountDocument[]): string[] => [
  ...new Set(accounts.flatMap((a) => a.unpriced.map((u) => u.work))),
];

/** Published lines, and on which side of each the spiking network is. */
export function breakEvenTable(
  { spikesPerSynapse, spikeRate, breakEven, dead }: AccountDocument,
  inference: string,
): Markup | undefined {
  if (dead) return html`<p>Published rules of thumb: none is for a network that fires no spike.</p>`;
  if (breakEven.length === 0) return undefined;
  const crossed =
    spikesPerSynapse !== undefined &&
    html`${num(spikesPerSynapse, short(spikesPerSynapse))} spikes a synapse ${inference}`;
  const rate = spikeRate !== undefined && html`${num(spikeRate, percent(spikeRate))} of neurons spiking a step`;
  return html`<p>Published rules of thumb, for other networks and other hardware. Here: ${crossed}${crossed && rate && ", "}${rate}.</p>
<div class="scroll"><table class="words"><thead><tr><th scope="col">line</th><th scope="col">here</th><th scope="col">source</th></tr></thead><tbody>${breakEven.map(
    (b) => html`<tr><td>${b.line}</td><td>${b.text}</td><td>${b.author}</td></tr>`,
  )}</tbody></table></div>`;
}

/** How many times less energy, the more is counted; the band is what is promised. */
export function promiseFigure(p: PromiseDocument): Markup {
  if (p.ratios.length === 0) return html`<p>${promiseHead(p)}</p>`;
  const all = p.ratios.flatMap((r) => MEASURES.flatMap(({ key }) => [rangeOf(r[key]).low, rangeOf(r[key]).high]));
  const [low, high] = [Math.min(1, p.low, ...all), Math.max(p.high, ...all)].map(Math.log10) as [number, number];
  const x: Axis = {
    low: Math.floor(3 * low) / 3,
    high: Math.ceil(high),
    ticks: Array.from({ length: Math.ceil(high) - Math.ceil(low) + 1 }, (_, k) => Math.ceil(low) + k),
    format: (power) => short(Number(`1e${power}`)),
    label: "energy of the twin, in units of that of the spiking network",
  };
  const ground = promiseGround(p, x);
  const measures = (r: RatiosDocument) => MEASURES.filter((m) => m.key !== "popular" || r.format === "f32");
  const rows = p.ratios.map((r) => {
    const marks = measures(r).map(({ key, tone, level }) => span(rangeOf(r[key]), tone, level, x));
    const values = measures(r).map(
      ({ key, tone }) => html`<span class="toned ${tone}">${timesOf(rangeOf(r[key]))}</span> `,
    );
    return html`<div class="bar tall"><span class="bar-name">${r.twin}, ${formatTitle(r.format)}</span><span class="bar-value">${values}</span><div class="area">${picture([ground, marks])}</div></div>`;
  });
  const entries = MEASURES.map(({ name, tone }) => ({ name, tone, sign: "solid" as const }));
  return html`<figure class="energy"><figcaption>${promiseHead(p)}</figcaption>
${legendList([...entries, { name: "promised", tone: "band", sign: "box" }])}${rows}${xAxis(x)}</figure>`;
}

const promiseHead = (p: PromiseDocument): Markup =>
  html`The promise, ${num(p.low, short(p.low))} to ${num(p.high, short(p.high))} times less energy (${p.source}): ${keptText(p)}`;

/** From the popular figure on, each counts more; `level` is where its mark lies. */
const MEASURES = [
  { key: "popular", name: "by sums of weights alone", tone: "other-class", level: 150 },
  { key: "arithmetic", name: "by all arithmetic", tone: "right", level: 380 },
  { key: "total", name: "with memory", tone: "spiking", level: 620 },
  { key: "freeGates", name: "if the arithmetic of its units were free", tone: "other", level: 850 },
] as const;

const rangeOf = (x: number | Range): Pick<Range, "low" | "high"> => (typeof x === "number" ? { low: x, high: x } : x);
const logAt = (x: Axis, value: number): string => at(x, Math.log10(value));
const span = ({ low, high }: Pick<Range, "low" | "high">, tone: string, level: number, x: Axis): Markup =>
  html`<path class="span ${tone}" d="M${logAt(x, low)} ${level}H${logAt(x, high)}"/>`;
function promiseGround({ low, high }: PromiseDocument, x: Axis): Markup {
  const width = coordinate(SIDE * (Math.log10(high / low) / (x.high - x.low)));
  return html`<rect class="band" x="${logAt(x, low)}" y="0" width="${width}" height="${SIDE}"/><path class="line threshold" d="M${logAt(x, 1)} 0V${SIDE}"/>`;
}
function timesOf({ low, high }: Pick<Range, "low" | "high">): Markup {
  if (times(low) === times(high)) return num(low, times(low));
  return html`${num(low, times(low))} to ${num(high, times(high))}`;
}
