/**
 * Energy of an inference: counts times prices, by component, as a range. Work without a price makes the total a lower
 * bound, and says so. Static power is charged for as long as the inference takes. The popular figure stands beside it
 * under its own label.
 */
import { DataError, ModelError } from "../base/errors.ts";
import { type BreakEven, breakEven, isDead, spikeRate, spikesPerSynapse } from "./breakeven.ts";
import type { Counts, Sums } from "./counts.ts";
import { exactly, type Grade, type Price, type Range } from "./horowitz.ts";
import { notes } from "./notes.ts";
import {
  type Component,
  type Duration,
  POPULAR,
  type PriceOptions,
  type PriceTable,
  type Pricing,
  type Work,
} from "./prices.ts";

/** Options of `energy`. */
export interface EnergyOptions extends PriceOptions {
  /** Duration of one inference, s, for static power; where absent, the table's own. */
  readonly seconds?: number;
}

/** One line of the account: so much work at so much, in joules an inference. */
export interface AccountLine {
  readonly work: Work;
  readonly component: Component;
  readonly count: number;
  readonly price: Price;
  readonly energy: Range;
}

/** Joules by component, each as a range. */
export type Components = Readonly<Partial<Record<Component, Range>>>;

/** Work that costs something, nobody says what. */
export interface Unpriced {
  readonly work: Work;
  readonly count: number;
  readonly reason: string;
  /** The layers whose work it is, where the price holds for others. */
  readonly layers?: readonly string[];
}

/** All energies in joules an inference. */
export interface Account {
  readonly name: string;
  readonly prices: string;
  /** Of tables whose bounds are the same settings. */
  readonly family?: string;
  readonly lines: readonly AccountLine[];
  readonly components: Components;
  readonly layers: readonly { readonly name: string; readonly components: Components; readonly total: Range }[];
  readonly total: Range;
  /** Some work has no price: `total` is a lower bound. */
  readonly lowerBound: boolean;
  readonly unpriced: readonly Unpriced[];
  /** For how long static power was charged, and why so long. */
  readonly duration?: Duration;
  /** What the prices used are, each grade once. */
  readonly grades: readonly Grade[];
  /** Spiking neurons that never fired: no energy of such a network means anything. */
  readonly dead: boolean;
  readonly popular: { readonly value: number; readonly label: string };
  /** Mean spikes that cross a synapse in an inference; undefined for a conventional network. */
  readonly spikesPerSynapse: number | undefined;
  /** Spikes a neuron a step. */
  readonly spikeRate: number | undefined;
  readonly breakEven: readonly BreakEven[];
  readonly notes: readonly string[];
}

const JOULES: Readonly<Record<Price["unit"], number>> = { pJ: 1e-12, W: 1 };
const NOTHING: Range = { low: 0, typical: 0, high: 0 };

/**
 * @throws {DataError} `out-of-range` if a count is negative or not finite
 * @throws {ModelError} `unsupported` for a network that cannot run where the table holds, with every reason
 */
export function energy(counts: Counts, table: PriceTable, options: EnergyOptions = {}): Account {
  requireRunnable(counts, table);
  const duration = durationOf(counts, table, options);
  const { lines, unpriced } = price(counts, table, options, duration?.seconds ?? NOTHING);
  return {
    name: counts.name,
    prices: table.title,
    ...(table.family !== undefined && { family: table.family }),
    lines,
    unpriced,
    components: byComponent(lines),
    layers: counts.layers.map((layer) => layerAccount(layer, table, lines)),
    total: sumOf(lines.map((line) => line.energy)),
    lowerBound: unpriced.length > 0,
    ...(duration && { duration }),
    grades: [...new Set(lines.map((line) => line.price.grade))],
    dead: isDead(counts),
    popular: { value: popular(counts.total), label: POPULAR.label },
    spikesPerSynapse: spikesPerSynapse(counts),
    spikeRate: spikeRate(counts),
    breakEven: breakEven(counts),
    notes: notes(counts, table, unpriced, duration),
  };
}

/** Why a network cannot run where a table holds; empty where it can. */
export const refusals = (counts: Counts, table: PriceTable): readonly string[] => table.refuses?.(counts) ?? [];

function requireRunnable(counts: Counts, table: PriceTable): void {
  const reasons = refusals(counts, table);
  if (reasons.length) throw new ModelError("unsupported", `${counts.name} on ${table.title}`, reasons.join("; "));
}

function durationOf(counts: Counts, table: PriceTable, options: EnergyOptions): Duration | undefined {
  const { seconds } = options;
  if (seconds === undefined) return table.duration?.(counts, options);
  if (seconds >= 0 && Number.isFinite(seconds)) return { seconds: exactly(seconds), text: `${seconds} s, as given` };
  throw new DataError("out-of-range", "energy.seconds", `must be a finite number >= 0, got ${seconds}`);
}

/** A layer's share at the network's prices. Static power belongs to no layer. */
function layerAccount(
  layer: Counts["layers"][number],
  table: PriceTable,
  lines: readonly AccountLine[],
): Account["layers"][number] {
  const own = lines.filter(({ work }) => work !== "seconds" && refusal(table.lines[work], layer) === undefined);
  const components = byComponent(
    own.map(({ work, component, price }) => ({ component, energy: charge(price, exactly(workIn(layer, work))) })),
  );
  return { name: layer.name, components, total: sumOf(Object.values(components)) };
}

const refusal = (pricing: Pricing, layer: Counts["layers"][number]): string | undefined =>
  "refuses" in pricing ? pricing.refuses?.(layer) : undefined;

function price(
  counts: Counts,
  table: PriceTable,
  options: EnergyOptions,
  seconds: Range,
): Pick<Account, "lines" | "unpriced"> {
  const lines: AccountLine[] = [];
  const unpriced: Unpriced[] = [];
  for (const work of Object.keys(table.lines) as Work[]) {
    const pricing = table.lines[work];
    const all = work === "seconds" ? seconds.typical : workIn(counts.total, work);
    requireWork(`${counts.name}.${work}`, all);
    if (all === 0) continue;
    const without = work === "seconds" ? [] : withoutPrice(counts, work, pricing);
    const count = without.length ? acceptedWork(counts, work, pricing) : all;
    unpriced.push(...without);
    if ("includedIn" in pricing || (without.length > 0 && count === 0)) continue;
    const cost = "price" in pricing ? pricing.price(counts, options) : undefined;
    if (cost && "component" in pricing) {
      const amount = work === "seconds" ? seconds : exactly(count);
      lines.push({ work, component: pricing.component, count, price: cost, energy: charge(cost, amount) });
    } else unpriced.push({ work, count, reason: "unpriced" in pricing ? pricing.unpriced : NO_ENTRY });
  }
  return { lines, unpriced };
}
const NO_ENTRY = "the source has no such entry";

function requireWork(path: string, count: number): void {
  if (!(count >= 0 && Number.isFinite(count)))
    throw new DataError("out-of-range", path, `must be a finite number >= 0, got ${count}`);
}

/** Work of layers that the price does not hold for, by reason. */
function withoutPrice(counts: Counts, work: Exclude<Work, "seconds">, pricing: Pricing): Unpriced[] {
  const found = new Map<string, { count: number; layers: string[] }>();
  for (const layer of counts.layers) {
    const reason = layer[work] === 0 ? undefined : refusal(pricing, layer);
    if (reason === undefined) continue;
    const entry = found.get(reason) ?? { count: 0, layers: [] };
    found.set(reason, { count: entry.count + layer[work], layers: [...entry.layers, layer.name] });
  }
  return [...found].map(([reason, { count, layers }]) => ({ work, count, reason, layers }));
}

const acceptedWork = (counts: Counts, work: Work, pricing: Pricing): number =>
  counts.layers.reduce((sum, layer) => sum + (refusal(pricing, layer) === undefined ? workIn(layer, work) : 0), 0);

const workIn = (sums: Sums, work: Work): number => (work === "seconds" ? 0 : sums[work]);
/** Bound by bound: low work at the low price. */
const charge = ({ value, unit }: Price, amount: Range): Range => ({
  low: value.low * JOULES[unit] * amount.low,
  typical: value.typical * JOULES[unit] * amount.typical,
  high: value.high * JOULES[unit] * amount.high,
});

function byComponent(lines: readonly Pick<AccountLine, "component" | "energy">[]): Components {
  const result: Partial<Record<Component, Range>> = {};
  for (const { component, energy } of lines) result[component] = add(result[component] ?? NOTHING, energy);
  return result;
}

const add = (a: Range, b: Range): Range => ({
  low: a.low + b.low,
  typical: a.typical + b.typical,
  high: a.high + b.high,
});
const sumOf = (ranges: readonly Range[]): Range => ranges.reduce(add, NOTHING);
const popular = (sums: Sums): number =>
  charge(POPULAR.acs, exactly(sums.acs)).typical + charge(POPULAR.macs, exactly(sums.macs)).typical;
