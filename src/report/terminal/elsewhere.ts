/** Energy beside the accounts, in a terminal. */
import type { EqualPrecisionDocument, PricedSide, PricesDocument, ResultDocument } from "../document.ts";
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
import { capital, joules, NONE, percent, seconds, times, whole } from "../numbers.ts";
import { fittedTable, heading, item, type Row, type StyledRow, table, type View, wrap } from "./layout.ts";

const sign = ({ unicode }: View): string => (unicode ? "≥ " : ">= ");
const totalOf = ({ total }: PricedSide, view: View): string =>
  total ? `${total.atLeast ? sign(view) : ""}${joules(total.value.typical)}` : NONE;

/** Before all energies. */
export const deadSection = (dead: boolean | undefined, { width }: View): string => (dead ? wrap(DEAD, "", width) : "");

export const besideSections = (d: ResultDocument, view: View): string[] => [
  equalPrecisionSection(d.equalPrecision, view),
  measuredSection(d, view),
  ...elsewhereSections(d, view),
];

function elsewhereSections(d: ResultDocument, view: View): string[] {
  const { shared, alone } = elsewhere(d);
  return [
    ...shared.map((t) =>
      fittedTable(
        [
          [{ text: "energy elsewhere", tone: "title" }, ...t.sides.map((s) => sideTitle(s.side))],
          [`${d.inference}, ${tableTitle(t.name, [t])}`, ...t.sides.map((s) => totalOf(s, view))],
        ],
        view,
      ),
    ),
    alone.length > 0 ? chipsSection(alone, view) : "",
    acrossSection(d, view),
  ];
}

const PARTS: readonly (readonly [component: string, title: string])[] = [
  ["synapses", "events"],
  ["neurons", "updates"],
  ["transport", "transport"],
  ["static", "static"],
];
function chipsSection(tables: readonly PricesDocument[], view: View): string {
  const row = (t: PricesDocument): Row => {
    const side = t.sides[0]!;
    const part = (component: string): string => {
      const found = side.parts.find((p) => p.component === component)?.value.typical;
      return found ? joules(found) : NONE;
    };
    const time = side.duration ? lasting(side.duration.seconds.typical) : NONE;
    return [tableTitle(t.name, [t]), totalOf(side, view), ...PARTS.map(([c]) => part(c)), time];
  };
  const head: StyledRow = [
    { text: "spiking, on a chip", tone: "title" },
    "total",
    ...PARTS.map(([, title]) => title),
    "time",
  ];
  const remarks = tables.flatMap((t) => remarksOf(t, t.sides[0]!));
  return [table([head, ...tables.map(row)], view), ...remarks.map((r) => item(r, view.width))].join("\n");
}

function acrossSection({ acrossTables: found = [], energyTables }: ResultDocument, view: View): string {
  if (found.length === 0) return "";
  const chips = [...new Set(found.map((a) => a.chip))];
  const twins = [...new Set(found.map((a) => a.twinBy))];
  const cell = (chip: string, twinBy: string): string => {
    const one = found.find((a) => a.chip === chip && a.twinBy === twinBy);
    if (!one) return NONE;
    return one.atLeast ? `${sign(view)}${times(one.ratio.low)}` : rangeText(one.ratio);
  };
  const head: StyledRow = [
    { text: "times the dense twin", tone: "title" },
    ...twins.map((t) => `by ${tableTitle(t, energyTables)}`),
  ];
  const rows = chips.map((chip) => [tableTitle(chip, energyTables), ...twins.map((twin) => cell(chip, twin))]);
  return [table([head, ...rows], view), item(NO_VERDICT, view.width)].join("\n");
}

function equalPrecisionSection(found: EqualPrecisionDocument | undefined, view: View): string {
  if (!found) return "";
  if ("refused" in found) return wrap(`Twin of equal precision: none (${found.refused}).`, "", view.width);
  const { steps, bits, weightBits, calibration, twin, spiking, comparisons } = found;
  const sides = [spiking, twin, twin];
  const accounts = [spiking.energy, twin.energy, twin.zeroSkipping.energy];
  const head =
    `Twin of equal precision: ${steps} steps tell ${steps + 1} levels apart, so inputs and activations of this twin have ` +
    `${bits} bits, its weights ${weightBits}, and so have those of the spiking network. Both ran on the test set; the ` +
    `ranges were chosen on ${whole(calibration.samples)} training samples, no weight was trained again.`;
  const bound = (lower: boolean): string => (lower ? sign(view) : "");
  return [
    wrap(head, "", view.width),
    table(
      [
        [`${weightBits}-bit weights`, "spiking", `twin, ${bits} bits`, "zeros skipped"],
        ["test accuracy", ...sides.map((s) => percent(s.accuracy, 2))],
        ["  in 32-bit floats", ...sides.map((s) => percent(s.accuracyInFloats, 2))],
        ["energy", ...accounts.map((a) => bound(a.lowerBound) + joules(a.total.typical))],
        ["  at least", ...accounts.map((a) => joules(a.total.low))],
        ["  at most", ...accounts.map((a) => (a.lowerBound ? NONE : joules(a.total.high)))],
      ],
      view,
    ),
    ...comparisons.map((c) => item(capital(c.says), view.width)),
  ].join("\n");
}

function measuredSection(d: ResultDocument, view: View): string {
  const all = measuredOf(d);
  if (all.length === 0) return "";
  const read = all.flatMap(([title, m]) => (isMeasured(m) ? [[title, m] as const] : []));
  if (read.length === 0) {
    const [, first] = all[0]!;
    return wrap(`Measured energy: not available (${"reason" in first ? first.reason : "not read"}).`, "", view.width);
  }
  const row = (label: string, value: (m: (typeof read)[number][1]) => number | undefined, say = joules): StyledRow => [
    label,
    ...read.map(([, m]) => (value(m) === undefined ? NONE : say(value(m)!))),
  ];
  return [
    table(
      [
        [{ text: "measured, whole machine", tone: "title" }, ...read.map(([title]) => title)],
        row(`${d.inference}, encoding included`, (m) => m.perInference?.total),
        row("  package", (m) => m.perInference?.package),
        row("  memory", (m) => m.perInference?.dram),
        row("time", (m) => m.seconds, seconds),
        row("others' share of busy time", (m) => m.otherLoad, percent),
      ],
      view,
    ),
    ...[...new Set(read.flatMap(([, m]) => m.notes))].map((note) => item(note, view.width)),
  ].join("\n");
}

/** At which spike rate it would need as much as a twin. */
export function ownBreakEvenSection(
  { ownBreakEven = [], energyTables, inference }: ResultDocument,
  view: View,
): string {
  if (ownBreakEven.length === 0) return "";
  const line = (b: (typeof ownBreakEven)[number]): string => {
    const name = `${b.twin}, ${tableTitle(b.table, energyTables)}`;
    if (b.factor.high <= 0) return `${name}: at no rate, it needs more even without a spike.`;
    const synapse = b.spikesPerSynapse && `${rangeText(fromZero(b.spikesPerSynapse))} spikes a synapse ${inference}`;
    const neuron = b.spikeRate && `${rangeText(fromZero(b.spikeRate), percentTimes)} of neurons spiking a step`;
    return `${name}: at ${[synapse, neuron].filter(Boolean).join(", ")}.`;
  };
  return [
    heading(
      wrap(
        "By its own counts, with other things as they are, the spiking network would need as much as",
        "",
        view.width,
      ),
      view,
    ),
    ...ownBreakEven.map((b) => item(line(b), view.width)),
  ].join("\n");
}
