/** Energy beside the accounts, on a page. */
import type { EqualPrecisionDocument, PricedSide, PricesDocument, Range, ResultDocument } from "../document.ts";
import {
  DEAD,
  elsewhere,
  fromZero,
  isMeasured,
  lasting,
  measuredOf,
  NO_VERDICT,
  percentTimes,
  rangeText,
  remarksOf,
  sideTitle,
  tableTitle,
} from "../elsewhere.ts";
import { capital, percent, seconds, times, whole } from "../numbers.ts";
import { joules, scrolled } from "./energy.ts";
import { type Content, html, type Markup, NOTHING, num, tied } from "./markup.ts";

const bound = (atLeast: boolean): string => (atLeast ? "≥ " : "");
const total = ({ total: found }: PricedSide): Content =>
  found ? html`${bound(found.atLeast)}${joules(found.value.typical)}` : "–";

/** Before all energies. */
export const deadNote = (dead: boolean | undefined): Content => dead && html`<p><strong>${DEAD}</strong></p>`;

export const besideEnergy = (d: ResultDocument): Markup =>
  html`${equalPrecision(d.equalPrecision)}${measured(d)}${hardware(d)}`;

function hardware(d: ResultDocument): Markup {
  const { shared, alone } = elsewhere(d);
  if (shared.length + alone.length === 0) return NOTHING;
  const remarks = alone.flatMap((t) => remarksOf(t, t.sides[0]!));
  return html`<h3>On other hardware</h3>${shared.map((t) => sharedTable(t, d.inference))}${alone.length > 0 && chipsTable(alone, d.inference)}${list(remarks)}${across(d)}`;
}
const list = (items: readonly string[]): Content =>
  items.length > 0 && html`<ul class="plain small">${items.map((text) => html`<li>${tied(text)}</li>`)}</ul>`;

const sharedTable = (t: PricesDocument, inference: string): Markup =>
  scrolled(html`<caption>${t.title}</caption><thead><tr><th scope="col"></th>${t.sides.map((s) => html`<th scope="col">${sideTitle(s.side)}</th>`)}</tr></thead><tbody>
<tr class="sum"><th scope="row">${inference}</th>${t.sides.map((s) => html`<td>${total(s)}</td>`)}</tr>
<tr><th scope="row">at least</th>${t.sides.map((s) => html`<td>${s.total ? joules(s.total.value.low) : "–"}</td>`)}</tr>
<tr><th scope="row">at most</th>${t.sides.map((s) => html`<td>${s.total ? joules(s.total.value.high) : "–"}</td>`)}</tr></tbody>`);

/** One row a chip: there only the spiking network runs. */
function chipsTable(tables: readonly PricesDocument[], inference: string): Markup {
  const parts = [
    ...new Map(tables.flatMap((t) => t.sides[0]!.parts.map((p) => [p.component, p.label] as const))).entries(),
  ];
  const row = (t: PricesDocument): Markup => {
    const side = t.sides[0]!;
    const part = (component: string): Content => {
      const found = side.parts.find((p) => p.component === component)?.value.typical;
      return found ? joules(found) : "–";
    };
    const range =
      side.total &&
      html` <span class="range">(${joules(side.total.value.low)} to ${joules(side.total.value.high)})</span>`;
    const time = side.duration && num(side.duration.seconds.typical, lasting(side.duration.seconds.typical));
    return html`<tr><th scope="row">${t.title}</th><td>${total(side)}${range}</td>${parts.map(([c]) => html`<td>${part(c)}</td>`)}<td>${time ?? "–"}</td></tr>`;
  };
  return scrolled(
    html`<caption>The spiking network on a chip, ${inference}</caption><thead><tr><th scope="col"></th><th scope="col">total</th>${parts.map(([, label]) => html`<th scope="col">${label}</th>`)}<th scope="col">time</th></tr></thead><tbody>${tables.map(row)}</tbody>`,
  );
}

function across({ acrossTables: found = [], energyTables }: ResultDocument): Content {
  if (found.length === 0) return undefined;
  const chips = [...new Set(found.map((a) => a.chip))];
  const twins = [...new Set(found.map((a) => a.twinBy))];
  const cell = (chip: string, twinBy: string): Content => {
    const one = found.find((a) => a.chip === chip && a.twinBy === twinBy);
    if (!one) return "–";
    return one.atLeast ? html`≥ ${num(one.ratio.low, times(one.ratio.low))}` : spanOf(one.ratio);
  };
  return html`${scrolled(
    html`<caption>Times the energy of the dense twin elsewhere</caption><thead><tr><th scope="col"></th>${twins.map((t) => html`<th scope="col">by ${tableTitle(t, energyTables)}</th>`)}</tr></thead><tbody>${chips.map(
      (chip) =>
        html`<tr><th scope="row">${tableTitle(chip, energyTables)}</th>${twins.map((twin) => html`<td>${cell(chip, twin)}</td>`)}</tr>`,
    )}</tbody>`,
  )}<p class="small">${NO_VERDICT}</p>`;
}
function spanOf(range: Pick<Range, "low" | "high">, say: (x: number) => string = times): Markup {
  if (rangeText(range, say) === say(range.low)) return num(range.low, say(range.low));
  return html`${num(range.low, say(range.low))} to ${num(range.high, say(range.high))}`;
}

function equalPrecision(found: EqualPrecisionDocument | undefined): Content {
  if (!found) return undefined;
  if ("refused" in found) return html`<p class="small">Twin of equal precision: none (${found.refused}).</p>`;
  const { steps, bits, weightBits, calibration, twin, spiking, comparisons } = found;
  const sides = [spiking, twin, twin];
  const accounts = [spiking.energy, twin.energy, twin.zeroSkipping.energy];
  const row = (name: string, cells: readonly Content[]): Markup =>
    html`<tr><th scope="row">${name}</th>${cells.map((c) => html`<td>${c}</td>`)}</tr>`;
  const share = (x: number): Markup => num(x, percent(x, 2));
  return html`<h3>Twin of equal precision</h3>
<p>${num(steps, whole(steps))} steps of spikes tell as many levels apart and one more, so inputs and activations of this twin have ${num(bits, whole(bits))} bits, its weights ${num(weightBits, whole(weightBits))}, and so have those of the spiking network. Both ran on the test set; the ranges were chosen on ${num(calibration.samples, whole(calibration.samples))} training samples, no weight was trained again.</p>
${scrolled(html`<thead><tr><th scope="col"></th><th scope="col" class="spiking">spiking</th><th scope="col" class="twin">twin</th><th scope="col" class="other">twin, zeros skipped</th></tr></thead><tbody>
${row(
  "test accuracy",
  sides.map((s) => share(s.accuracy)),
)}${row(
  "in 32-bit floats",
  sides.map((s) => share(s.accuracyInFloats)),
)}
${row(
  "energy",
  accounts.map((a) => html`${bound(a.lowerBound)}${joules(a.total.typical)}`),
)}${row(
  "at least",
  accounts.map((a) => joules(a.total.low)),
)}
${row(
  "at most",
  accounts.map((a) => (a.lowerBound ? "–" : joules(a.total.high))),
)}</tbody>`)}${list(comparisons.map((c) => capital(c.says)))}`;
}

function measured(d: ResultDocument): Content {
  const all = measuredOf(d);
  if (all.length === 0) return undefined;
  const read = all.flatMap(([title, m]) => (isMeasured(m) ? [[title, m] as const] : []));
  const [, first] = all[0]!;
  if (read.length === 0)
    return html`<p class="small">Measured energy: not available (${"reason" in first ? first.reason : "not read"}).</p>`;
  const row = (name: string, cell: (m: (typeof read)[number][1]) => Content): Markup =>
    html`<tr><th scope="row">${name}</th>${read.map(([, m]) => html`<td>${cell(m) ?? "–"}</td>`)}</tr>`;
  const per = (x: number | undefined): Content => (x === undefined ? undefined : joules(x));
  return html`<h3>As this machine measured it</h3>
${scrolled(html`<thead><tr><th scope="col"></th>${read.map(([title]) => html`<th scope="col" class="${title}">${title}</th>`)}</tr></thead><tbody>
${row(`${d.inference}, encoding included`, (m) => per(m.perInference?.total))}${row("package", (m) => per(m.perInference?.package))}${row("memory", (m) => per(m.perInference?.dram))}
${row("time", (m) => num(m.seconds, seconds(m.seconds)))}${row("others' share of busy time", (m) => m.otherLoad !== undefined && num(m.otherLoad, percent(m.otherLoad)))}</tbody>`)}${list([...new Set(read.flatMap(([, m]) => m.notes))])}`;
}

/** At which spike rate it would need as much as a twin. */
export function ownBreakEvenTable({ ownBreakEven = [], energyTables, inference }: ResultDocument): Content {
  if (ownBreakEven.length === 0) return undefined;
  const cell = (range: Range | undefined, say: (x: number) => string): Content =>
    range ? spanFromZero(range, say) : "–";
  return html`<p>By its own counts, with other things as they are, the spiking network would need as much as its twins at these rates:</p>
${scrolled(
  html`<thead><tr><th scope="col">twin, prices</th><th scope="col">times its spikes</th><th scope="col">spikes a synapse ${inference}</th><th scope="col">neurons spiking a step</th></tr></thead><tbody>${ownBreakEven.map(
    (b) =>
      html`<tr><th scope="row">${b.twin}, ${tableTitle(b.table, energyTables)}</th>${
        b.factor.high <= 0
          ? html`<td colspan="3">at no rate: it needs more even without a spike</td>`
          : html`<td>${cell(b.factor, times)}</td><td>${cell(b.spikesPerSynapse, times)}</td><td>${cell(b.spikeRate, percentTimes)}</td>`
      }</tr>`,
  )}</tbody>`,
)}`;
}
/** Below 0 there is no rate. */
const spanFromZero = (range: Range, say: (x: number) => string): Markup =>
  range.low < 0 ? html`up to ${num(range.high, say(range.high))}` : spanOf(fromZero(range), say);
