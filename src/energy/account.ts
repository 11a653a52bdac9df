/**
 * Energy of an inference: counts times prices, by component, as a range. Work without a price makes the total a lower
 * bound, and says so. The popular figure stands beside it under its own label.
 */
import { DataError } from "../base/errors.ts";
import { type BreakEven, breakEven, spikeRate, spikesPerSynapse } from "./breakeven.ts";
import type { Counts, Sums } from "./counts.ts";
import { mapRange, type Price, type Range } from "./horowitz.ts";
import { notes } from "./notes.ts";
import { type Component, POPULAR, type PriceOptions, type PriceTable, type Work } from "./prices.ts";

/** Options of `energy`. */
export interface EnergyOptions extends PriceOptions {
  /** Duration of one inference, s, where static power is to be charged. */
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

/** All energies in joules an inference. */
export interface Account {
  readonly name: string;
  readonly prices: string;
  readonly lines: readonly AccountLine[];
  readonly components: Components;
  readonly layers: readonly { readonly name: string; readonly components: Components; readonly total: Range }[];
  readonly total: Range;
  /** Some work has no price: `total` is a lower bound. */
  readonly lowerBound: boolean;
  readonly unpriced: readonly { readonly work: Work; readonly count: number; readonly reason: string }[];
  readonly popular: { readonly value: number; readonly label: string };
  /** Mean spikes that cross a synapse in an inference; undefined for a conventional network. */
  readonly spikesPerSynapse: number | undefined;
  /** Spikes a neuron a step. */
  readonly spikeRate: number | undefined;
  readonly breakEven: readonly BreakEven[];
  readonly notes: readonly string[];
}

const PICO = 1e-12;
const NOTHING: Range = { low: 0, typical: 0, high: 0 };

/**
 * What an inference costs: counts times prices.
 *
 * @throws {DataError} `out-of-range` if a count is negative or not finite
 */
export function energy(counts: Counts, table: PriceTable, options: EnergyOptions = {}): Account {
  const { lines, unpriced } = price(counts, table, options);
  return {
    name: counts.name,
    prices: table.title,
    lines,
    unpriced,
    components: byComponent(lines),
    layers: counts.layers.map((layer) => layerAccount(layer.name, layer, lines)),
    total: sumOf(lines.map((line) => line.energy)),
    lowerBound: unpriced.length > 0,
    popular: { value: popular(counts.total), label: POPULAR.label },
    spikesPerSynapse: spikesPerSynapse(counts),
    spikeRate: spikeRate(counts),
    breakEven: breakEven(counts),
    notes: notes(counts, table, unpriced),
  };
}

/** A layer's share at the network's prices. Static power belongs to no layer. */
function layerAccount(name: string, sums: Sums, lines: readonly AccountLine[]): Account["layers"][number] {
  const components = byComponent(
    lines.map(({ work, component, price }) => ({ component, energy: charge(price, workIn(sums, work, 0)) })),
  );
  return { name, components, total: sumOf(Object.values(components)) };
}

function price(counts: Counts, table: PriceTable, options: EnergyOptions): Pick<Account, "lines" | "unpriced"> {
  const lines: AccountLine[] = [];
  const unpriced: { work: Work; count: number; reason: string }[] = [];
  for (const work of Object.keys(table.lines) as Work[]) {
    const count = workIn(counts.total, work, options.seconds ?? 0);
    if (!(count >= 0 && Number.isFinite(count)))
      throw new DataError("out-of-range", `${counts.name}.${work}`, `must be a finite number >= 0, got ${count}`);
    const pricing = table.lines[work];
    if (count === 0 || "includedIn" in pricing) continue;
    const cost = "price" in pricing ? pricing.price(counts, options) : undefined;
    if (cost && "component" in pricing)
      lines.push({ work, component: pricing.component, count, price: cost, energy: charge(cost, count) });
    else
      unpriced.push({ work, count, reason: "unpriced" in pricing ? pricing.unpriced : "the source has no such entry" });
  }
  return { lines, unpriced };
}

const workIn = (sums: Sums, work: Work, seconds: number): number => (work === "seconds" ? seconds : sums[work]);
const charge = (cost: Price, count: number): Range => mapRange(cost.value, (picojoules) => picojoules * PICO * count);

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
const popular = (sums: Sums): number => charge(POPULAR.acs, sums.acs).typical + charge(POPULAR.macs, sums.macs).typical;
