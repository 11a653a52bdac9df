/** Energy as the machine itself counted it while networks answered the test samples, where it can. */
import type { Measured, PowerCounters } from "../energy/rapl.ts";
import { item, joules, NONE, percent, type Row, seconds, table, wrap } from "./text.ts";

/** Of one network. */
export interface MeasuredColumn {
  readonly title: string;
  readonly measured: Measured | undefined;
  /** Answers given in that time. */
  readonly inferences: number;
}

type Stated = Measured | { readonly available: false; readonly reason: string };
/** As plain data, by network. */
export const measuredDocument = <K extends string>(
  power: PowerCounters,
  results: Readonly<Record<K, { readonly measured?: Measured }>>,
): Readonly<Record<K, Stated>> =>
  Object.fromEntries(
    Object.entries<{ readonly measured?: Measured }>(results).map(([name, { measured }]): [string, Stated] => [
      name,
      measured ?? { available: false, reason: power.available ? "not read" : power.reason },
    ]),
  ) as Record<K, Stated>;

/** @param inference what it is an average of, in words */
export function measuredText(power: PowerCounters, columns: readonly MeasuredColumn[], inference: string): string {
  if (!power.available) return wrap(`Measured energy: not available (${power.reason}).`);
  const row = (label: string, value: (c: MeasuredColumn) => string | undefined): Row => [
    label,
    ...columns.map((c) => value(c) ?? NONE),
  ];
  const per = (c: MeasuredColumn, part: "total" | "package" | "dram"): string | undefined => {
    const found = c.measured?.joules?.[part];
    return found === undefined ? undefined : joules(found / c.inferences);
  };
  const notes = new Set(columns.flatMap((c) => c.measured?.notes ?? []));
  return [
    table([
      ["measured, whole machine", ...columns.map((c) => c.title)],
      row(`${inference}, encoding included`, (c) => per(c, "total")),
      row("  package", (c) => per(c, "package")),
      row("  memory", (c) => per(c, "dram")),
      row("time", (c) => c.measured && seconds(c.measured.seconds)),
      row("others' share of busy time", (c) => share(c.measured)),
    ]),
    ...[...notes].map(item),
  ].join("\n");
}
const share = (measured: Measured | undefined): string | undefined =>
  measured?.otherLoad === undefined ? undefined : percent(measured.otherLoad);
