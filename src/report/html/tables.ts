/** The facts of a result as tables: time and memory, work of each layer, and where it comes from. */
import type { AccountColumn } from "../accounts.ts";
import type { LayerDocument, ProvenanceDocument, ResultDocument, SideDocument } from "../document.ts";
import { amount, bytes, percent, seconds, whole } from "../numbers.ts";
import type { Named } from "./learning.ts";
import { type Content, html, type Markup, num } from "./markup.ts";

const head = (sides: readonly Pick<Named, "title" | "tone">[]): Markup =>
  html`<thead><tr><th scope="col"></th>${sides.map((s) => html`<th scope="col" class="${s.tone}">${s.title}</th>`)}</tr></thead>`;

interface Fact {
  readonly name: string;
  readonly value: (side: SideDocument) => number | undefined;
  readonly format: (value: number) => string;
  /** Below the fact before it. */
  readonly minor?: boolean;
}
const FACTS: readonly Fact[] = [
  { name: "test accuracy", value: (s) => s.accuracy, format: (x) => percent(x, 2) },
  { name: "its interval, from", value: (s) => s.interval?.low, format: (x) => percent(x, 2), minor: true },
  { name: "to", value: (s) => s.interval?.high, format: (x) => percent(x, 2), minor: true },
  { name: "classes alike", value: (s) => s.balancedAccuracy, format: (x) => percent(x, 2), minor: true },
  {
    name: "as published, from a later step on",
    value: (s) => s.accuracyPublished,
    format: (x) => percent(x, 2),
    minor: true,
  },
  {
    name: "of steps that the files label",
    value: (s) => s.accuracyAnnotated,
    format: (x) => percent(x, 2),
    minor: true,
  },
  { name: "test loss", value: (s) => s.loss, format: (x) => x.toFixed(3) },
  { name: "epochs", value: (s) => s.epochs, format: whole },
  {
    name: "held-out accuracy of the epoch that was kept",
    value: (s) => s.selected?.accuracy,
    format: (x) => percent(x, 2),
    minor: true,
  },
  { name: "training time", value: (s) => s.trainSeconds, format: seconds },
  { name: "training, samples a second", value: (s) => s.samplesPerSecond, format: whole },
  { name: "inference, samples a second", value: (s) => s.inferencePerSecond, format: whole },
  { name: "memory to train", value: (s) => s.memory.trainingBytes, format: bytes },
  { name: "memory to answer", value: (s) => s.memory.inferenceBytes, format: bytes },
];

export function factsTable(sides: readonly Named[]): Markup {
  const rows = FACTS.filter((f) => sides.some((s) => f.value(s.side) !== undefined)).map(
    ({ name, value, format, minor }) =>
      html`<tr class="${minor ? "minor" : ""}"><th scope="row">${name}</th>${sides.map(({ side }) => {
        const x = value(side);
        return html`<td>${x === undefined ? "–" : num(x, format(x))}</td>`;
      })}</tr>`,
  );
  return html`<div class="scroll"><table class="numbers">${head(sides)}<tbody>${rows}</tbody></table></div>`;
}

const LAYER_COLUMNS: readonly (readonly [name: string, value: (l: LayerDocument) => number])[] = [
  ["synapses", (l) => l.synapses],
  ["neurons", (l) => l.neurons],
  ["spikes", (l) => l.spikes],
  ["synaptic events", (l) => l.synapticEvents],
  ["additions", (l) => l.acs],
  ["multiply-adds", (l) => l.macs],
  ["neuron updates", (l) => l.neuronUpdates],
];

/** What each layer holds and does. */
export const layerTables = (columns: readonly AccountColumn[], inference: string): Markup[] =>
  columns.map(({ title, role, counts }) => {
    const row = (l: LayerDocument, kind: string): Markup =>
      html`<tr class="${kind}"><th scope="row">${l.name}</th>${LAYER_COLUMNS.map(([, value]) => cell(value(l)))}</tr>`;
    const total = { ...counts.total, name: "all", spiking: false, binaryInputs: false };
    return html`<div class="scroll"><table class="numbers"><caption class="${role}">${title}, ${inference}</caption><thead><tr><th scope="col">layer</th>${LAYER_COLUMNS.map(([name]) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${counts.layers.map((l) => row(l, ""))}${row(total, "sum")}</tbody></table></div>`;
  });
const cell = (n: number): Markup => html`<td>${n === 0 ? "–" : num(n, amount(n))}</td>`;

/** Everything that someone needs to have the same again, or to doubt it. */
export function provenanceList(d: ResultDocument, p: ProvenanceDocument): Markup {
  const { data, threads, seed, digest, peakBytes } = d;
  const options = Object.entries(p.options).map(([name, value]) => html`<code>--${name} ${String(value)}</code> `);
  const facts: readonly (readonly [string, Content])[] = [
    ["version", `Rheobase ${p.version}`],
    ["runtime", [p.runtime, p.platform && html` on ${p.platform}`]],
    ["machine", p.cpu && html`${p.cpu}, ${p.cores !== undefined && html`${num(p.cores, whole(p.cores))} cores`}`],
    [
      "threads",
      html`${num(threads.used, whole(threads.used))} at work, ${num(threads.allowed, whole(threads.allowed))} allowed`,
    ],
    ["seed", num(seed, String(seed))],
    ["date", p.date],
    [
      "data",
      html`${data.name}: ${num(data.train, whole(data.train))} to train, ${num(data.test, whole(data.test))} to test; digest <code>${data.digest}</code>`,
    ],
    ["source", html`${data.source}. Licence: ${data.licence}.`],
    ["most memory of the process", peakBytes !== undefined && num(peakBytes, bytes(peakBytes))],
    ["all in all", "seconds" in d && num(d.seconds, seconds(d.seconds))],
    ["digest of weights and answers", html`<code>${digest}</code>`],
    ["options", options],
  ];
  const rows = facts.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`);
  return html`<dl>${rows}</dl><p>To have it again:</p><pre class="command"><code>${p.command}</code></pre>`;
}
