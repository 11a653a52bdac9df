/** A simulation in a terminal. */
import type { PopulationDocument, SimulateDocument } from "../document.ts";
import { bytes, NONE, seconds, short, whole } from "../numbers.ts";
import { sparkline } from "./charts.ts";
import {
  asciiOf,
  asciiText,
  harmlessOf,
  heading,
  item,
  PLAIN,
  type StyledRow,
  sections,
  table,
  type View,
  wrap,
} from "./layout.ts";

const CURVE = 40;

export function simulateSections(d: SimulateDocument, view: View): string[] {
  return [
    d.head.map((line) => wrap(line, "", view.width)).join("\n"),
    headlineText(d, view),
    populationTable(d, view),
    knownText(d, view),
    healthSection(d, view),
    workTable(d, view),
    d.notes.map((note) => item(note, view.width)).join("\n"),
    closing(d),
  ];
}
const headlineText = ({ headline }: SimulateDocument, view: View): string =>
  [
    heading(wrap(headline.text, "", view.width), view),
    ...headline.lines.map((line) => wrap(line, "", view.width)),
  ].join("\n");
const closing = (d: SimulateDocument): string => [`Digest of all spikes: ${d.digest}`, ...savedLines(d)].join("\n");
const savedLines = ({ files }: SimulateDocument): string[] => files.map((file) => `saved to ${file}`);

/** What `--quiet` leaves. */
export const simulateLines = (d: SimulateDocument, view: View): string[] => [
  [headlineText(d, view), ...d.health.map((h) => item(h.says, view.width)), ...savedLines(d)].join("\n"),
];

const shown = (x: number | undefined, show: (x: number) => string): string => (x === undefined ? NONE : show(x));
function populationTable({ populations }: SimulateDocument, view: View): string {
  const head: StyledRow = [
    { text: "population", tone: "title" },
    "neurons",
    "spikes",
    "rate Hz",
    "CV",
    "silent",
    "rate over time",
  ];
  const row = (p: PopulationDocument): StyledRow => [
    `  ${p.name}`,
    whole(p.size),
    shown(p.spikes, whole),
    shown(p.rate, short),
    shown(p.cv, short),
    shown(p.silent, whole),
    // From 0 on: else a steady rate would show what rounding leaves of it.
    { text: sparkline(p.rates ?? [], Math.min(CURVE, view.width - 56), view, 0), tone: "spiking" },
  ];
  return table([head, ...populations.map(row)], view);
}

function knownText({ known }: SimulateDocument, view: View): string {
  if (!known) return "";
  const { low, high, source, rate, within } = known;
  const found = `Here ${short(rate)} Hz: ${within ? "as it should be" : "NOT as it should be"}.`;
  return wrap(
    `Known of this network: ${short(low)} to ${short(high)} Hz over all neurons (${source}). ${found}`,
    "",
    view.width,
  );
}

function healthSection({ health }: SimulateDocument, view: View): string {
  if (health.length === 0) return "";
  return [
    heading("What looks wrong", view),
    ...health.flatMap(({ says, advice }) => [item(says, view.width), `  ${wrap(advice, "  ", view.width - 2)}`]),
  ].join("\n");
}

function workTable(d: SimulateDocument, view: View): string {
  const { work } = d;
  return table(
    [
      [{ text: "time and work", tone: "title" }],
      ["  to build", seconds(d.buildSeconds)],
      [`  to run ${seconds(d.simulated)} of model time`, seconds(d.runSeconds)],
      ["  real-time factor", short(d.realTimeFactor)],
      ["  spikes", whole(work.spikes)],
      ...(work.inputSpikes === undefined ? [] : [["  spikes of inputs", whole(work.inputSpikes)]]),
      ["  synaptic events", whole(work.synapticEvents)],
      ["  neuron updates", whole(work.neuronUpdates)],
      ...(d.peakBytes === undefined ? [] : [["  peak of the process", bytes(d.peakBytes)]]),
    ],
    view,
  );
}

/** As `renderText` of other results. */
export function simulateText(document: SimulateDocument, view: View = PLAIN, quiet = false): string {
  const d = harmlessOf(view.unicode ? document : asciiOf(document));
  const text = sections((quiet ? simulateLines : simulateSections)(d, view));
  return view.unicode ? text : asciiText(text);
}
