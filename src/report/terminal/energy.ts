/** Energies side by side: bars with their ranges, and what they are made of. */
import { type AccountColumn, componentsOf, type EnergyTable, energyTables, workTitle } from "../accounts.ts";
import type { AccountDocument } from "../document.ts";
import { joules, joulesRange, NONE, percent, short } from "../numbers.ts";
import { rangeBar } from "./charts.ts";
import { fittedTable, heading, item, type StyledRow, table, type View, wrap } from "./layout.ts";

/** @param inference what the energy is of, in words */
export const energySections = (columns: readonly AccountColumn[], inference: string, view: View): string[] =>
  energyTables(columns).flatMap((t) => [barsOf(t, inference, view), partsOf(t, inference, view)]);

const bound = ({ lowerBound }: AccountDocument, { unicode }: View): string =>
  !lowerBound ? "" : unicode ? "≥ " : ">= ";

function barsOf({ title, columns }: EnergyTable, inference: string, view: View): string {
  const most = Math.max(...columns.map((c) => c.account.total.high));
  const label = Math.max(...columns.map((c) => c.title.length));
  const room = Math.max(8, Math.min(30, view.width - label - 32));
  const rows = columns.map(({ title, role, account }): StyledRow => {
    const { low, high } = account.total;
    const bar = rangeBar(low, high, most, room, view);
    const name = { text: `  ${title}`, tone: role };
    return [name, { text: bar.padEnd(room), tone: role }, bound(account, view) + joulesRange(account.total)];
  });
  return [
    heading(wrap(`Energy of ${inference}, ${title}: at least (full), and at most (open)`, "", view.width), view),
    table(rows, view),
  ].join("\n");
}

function partsOf(t: EnergyTable, inference: string, view: View): string {
  const accounts = t.columns.map((c) => c.account);
  const line = (label: string, value: (a: AccountDocument) => number): StyledRow => [
    label,
    ...accounts.map((a) => (value(a) === 0 ? NONE : joules(value(a)))),
  ];
  const part = (key: string) => (a: AccountDocument) => a.components[key]?.typical ?? 0;
  const sum: StyledRow = [inference, ...accounts.map((a) => bound(a, view) + joules(a.total.typical))];
  return fittedTable(
    [
      [
        { text: `energy, ${t.title}`, tone: "title" },
        ...t.columns.map(({ title, role }) => ({ text: title, tone: role })),
      ],
      sum,
      line("  at least", (a) => a.total.low),
      line("  at most", (a) => a.total.high),
      ...unpricedRows(accounts),
      ...componentsOf(t).map(({ key, title }) => line(`  ${title}`, part(key))),
      ...(t.format === "f32" ? [line("the popular figure", (a) => a.popular.value)] : []),
    ],
    view,
  );
}

/** How much of what is missing in a total. */
function unpricedRows(accounts: readonly AccountDocument[]): StyledRow[] {
  const works = [...new Set(accounts.flatMap((a) => a.unpriced.map((u) => u.work)))];
  return works.map((work) => [
    `  no price: ${workTitle(work)}`,
    ...accounts.map((a) => a.unpriced.find((u) => u.work === work)?.count).map((n) => (n ? short(n) : NONE)),
  ]);
}
/** Where a spiking network stands by published rules of thumb. */
export function breakEvenSection(
  { spikesPerSynapse, spikeRate, breakEven, dead }: AccountDocument,
  inference: string,
  { width }: View,
): string {
  if (dead) return "Published rules of thumb: none is for a network that fires no spike.";
  if (breakEven.length === 0) return "";
  const crossed = spikesPerSynapse === undefined ? "" : `${short(spikesPerSynapse)} spikes a synapse ${inference}, `;
  return [
    wrap(`Published rules of thumb: here ${crossed}${percent(spikeRate ?? 0)} of neurons spiking a step`, "", width),
    ...breakEven.map(({ author, line, text }) => item(`${author}: ${line}: ${text}.`, width)),
  ].join("\n");
}
