/** Two accounts side by side: the ratio under each setting of the prices, and who wins in plain words. */
import { UsageError } from "../base/errors.ts";
import type { Account } from "./account.ts";
import type { Range } from "./horowitz.ts";

/** Which of two accounts is smaller, and by how much. */
export interface Comparison {
  /** Energy of `a` in units of that of `b`, low to high. What the prices leave open is set alike for both. */
  readonly ratio: Range;
  /** The same by the popular figure. */
  readonly popular: number;
  readonly winner: "a" | "b" | "undecided";
  readonly text: string;
  /** The same without the names of the tables. */
  readonly says: string;
}

/**
 * Sets the accounts of two networks side by side.
 *
 * @throws {UsageError} `usage` if the accounts do not share a price table
 */
export function compare(a: Account, b: Account): Comparison {
  if (a.prices !== b.prices)
    throw new UsageError("usage", `${a.name}, ${b.name}`, `must be priced alike, got "${a.prices}" and "${b.prices}"`);
  return compared(a, b, ratios(a.total, b.total));
}

/**
 * The same for accounts by different tables. Within a family of tables one setting holds for both; otherwise each
 * total may lie anywhere in its range, and what the one table prices the other may leave out: the text says whose is whose.
 */
export function compareAcross(a: Account, b: Account): Comparison {
  const together = a.prices === b.prices || (a.family !== undefined && a.family === b.family);
  const found = compared(a, b, together ? ratios(a.total, b.total) : independent(a.total, b.total));
  return { ...found, text: `${a.name} by "${a.prices}", ${b.name} by "${b.prices}": ${found.says}` };
}

function compared(a: Account, b: Account, ratio: Range): Comparison {
  const winner = judge(a, b, ratio);
  const text = describe(a, b, ratio, winner);
  return { ratio, popular: a.popular.value / b.popular.value, winner, text, says: text };
}

const independent = (a: Range, b: Range): Range => ({
  low: a.low / b.high,
  typical: a.typical / b.typical,
  high: a.high / b.low,
});

/** One setting holds for both networks: a memory access is no dearer for one than for the other. */
function ratios(a: Range, b: Range): Range {
  const typical = a.typical / b.typical;
  const all = [a.low / b.low, typical, a.high / b.high];
  return { low: Math.min(...all), typical, high: Math.max(...all) };
}

/** A winner needs less under every setting, and nothing of its own without a price; and it is alive. */
function judge(a: Account, b: Account, { low, high }: Range): Comparison["winner"] {
  if (a.dead || b.dead) return "undecided";
  if (high < 1 && !a.lowerBound) return "a";
  if (low > 1 && !b.lowerBound) return "b";
  return "undecided";
}

function describe(a: Account, b: Account, ratio: Range, winner: Comparison["winner"]): string {
  const dead = [a, b].filter((account) => account.dead).map((account) => account.name);
  if (dead.length) return `${dead.join(" and ")} is dead, not one neuron fired: its energy proves nothing, no verdict.`;
  const least = a.lowerBound === b.lowerBound ? "" : a.lowerBound ? "at least " : "at most ";
  const needs = `${a.name} needs ${least}${span(ratio)} times the energy of ${b.name}`;
  if (winner !== "undecided")
    return `${needs}: ${winner === "a" ? a.name : b.name} wins under every price of the table.`;
  const open = [a, b].filter((account) => account.lowerBound).map((account) => account.name);
  if (open.length) return `${needs} so far, but some work of ${open.join(" and ")} has no price: no verdict.`;
  return `${needs}: the winner depends on the price of memory.`;
}

/** Both ends, or one number where they read the same. */
function span({ low, high }: Range): string {
  const [a, b] = [times(low), times(high)];
  return a === b ? a : `${a} to ${b}`;
}
const times = (x: number): string => String(Number(x.toPrecision(2)));
