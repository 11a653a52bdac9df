/** What is known of energy beside the accounts: on other hardware, as the machine measured it, and where it breaks even. */
import { formatTitle } from "./accounts.ts";
import type { EnergyBeside, MeasuredDocument, PricedSide, PricesDocument, Range, ResultDocument } from "./document.ts";
import { short, times } from "./numbers.ts";

const SHORT: Readonly<Record<string, string>> = {
  "the spiking network": "spiking",
  "the dense twin": "twin",
  "the twin that skips zeros": "twin, zeros skipped",
};
/** A network as columns call it. */
export const sideTitle = (name: string): string => SHORT[name] ?? name.replace(/^the /, "");

/** A price table as lines call it: those of accounts by what they hold, others by their titles without their process. */
export const tableTitle = (name: string, tables: readonly PricesDocument[] = []): string => {
  const found = tables.find((t) => t.name === name);
  return formatTitle(name) !== name || !found ? formatTitle(name) : found.title.split(",")[0]!;
};

/** Tables of other hardware: those that price several networks, and those that price the first alone. */
export function elsewhere(d: ResultDocument): { readonly shared: PricesDocument[]; readonly alone: PricesDocument[] } {
  const own = new Set(Object.keys((d.kind === "compare" ? d.spiking.energy : d.energy) ?? {}));
  const others = (d.energyTables ?? []).filter((t) => !own.has(t.name));
  const priced = (t: PricesDocument): number => t.sides.filter((s) => s.total).length;
  const several = (t: PricesDocument): boolean => priced(t) > 1 || (t.sides.length === 1 && isProcessor(t));
  return { shared: others.filter(several), alone: others.filter((t) => !several(t)) };
}
/** What any network could run on. */
const isProcessor = ({ name }: PricesDocument): boolean => name === "processor";

/** What a reader must know of a chip: that it cannot run the network, that it could not as it is, what has no price. */
export const remarksOf = (t: PricesDocument, { refused, total, strains = [] }: PricedSide): string[] => {
  const name = tableTitle(t.name, [t]);
  return [
    ...(refused ? [`${name} cannot run it: ${refused.join("; ")}.`] : []),
    ...(strains.length > 0 ? [`${name}: not as it is. ${strains.join(" ")}`] : []),
    ...(total?.atLeast ? [`${name}: no price for ${total.unpriced.join("; ")}.`] : []),
  ];
};

/** Under ratios of a chip's table and a twin's. */
export const NO_VERDICT =
  "A chip of spikes cannot run the twin. These ratios are across tables, with every bound free: circuits of different " +
  "years and processes, with the static power of the chip and without that of the other. They rank machines, not networks.";

/** Before energies of a network that says nothing. */
export const DEAD =
  "The spiking network is dead: not one neuron fired on the test set. Its energies are those of doing nothing, and prove nothing.";

export const isMeasured = (m: MeasuredDocument): m is Exclude<MeasuredDocument, { available: false }> => "seconds" in m;
/** By network. */
export function measuredOf({ measured }: EnergyBeside): readonly (readonly [name: string, MeasuredDocument])[] {
  if (!measured) return [];
  const one = measured as MeasuredDocument;
  if ("available" in one || typeof (one as { seconds?: unknown }).seconds === "number") return [["this network", one]];
  return Object.entries(measured as Readonly<Record<string, MeasuredDocument>>);
}

export const lasting = (s: number): string =>
  s >= 1 ? `${short(s)} s` : s >= 1e-3 ? `${short(s * 1e3)} ms` : `${short(s * 1e6)} µs`;
/** No spike rate is below 0. */
export const fromZero = ({ low, high }: Range): Pick<Range, "low" | "high"> => ({ low: Math.max(0, low), high });
export const percentTimes = (x: number): string => `${short(100 * Number(x.toPrecision(2)))} %`;
export const rangeText = ({ low, high }: Pick<Range, "low" | "high">, say: (x: number) => string = times): string =>
  say(low) === say(high) ? say(low) : `${say(low)} to ${say(high)}`;
