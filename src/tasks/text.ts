/** Numbers and tables for people, within 80 columns. */
import type { Range } from "../energy/horowitz.ts";

export const WIDTH = 80;

/** Breaks text at spaces; every line but the first starts with `indent`. */
export function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= WIDTH || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line].join("\n");
}

/** A line of a list. */
export const item = (text: string): string => wrap(`- ${text}`, "  ");
/** Sections with an empty line between them; empty ones are left out. */
export const sections = (parts: readonly string[]): string => `${parts.filter((p) => p !== "").join("\n\n")}\n`;

export type Row = readonly string[];

/** Columns two spaces apart: the first to the left, the others to the right. */
export function table(rows: readonly Row[]): string {
  const columns = Math.max(...rows.map((r) => r.length));
  const widths = Array.from({ length: columns }, (_, k) => Math.max(...rows.map((r) => r[k]?.length ?? 0)));
  const cell = (text: string, k: number): string => (k === 0 ? text.padEnd(widths[k]!) : text.padStart(widths[k]!));
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}

/** A number that does not exist for this network. */
export const NONE = "-";

const GROUPS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
export const whole = (n: number): string => GROUPS.format(n);
/** Three digits that count, without exponents. */
export const short = (n: number): string => (Math.abs(n) >= 1000 ? whole(n) : String(Number(n.toPrecision(3))));
export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
export const seconds = (s: number): string => `${short(s)} s`;
export const bytes = (n: number): string => (n >= 1e6 ? `${short(n / 1e6)} MB` : `${short(n / 1e3)} kB`);

const PREFIXES: readonly (readonly [factor: number, unit: string])[] = [
  [1, "J"],
  [1e-3, "mJ"],
  [1e-6, "µJ"],
  [1e-9, "nJ"],
  [1e-12, "pJ"],
];
const prefixOf = (joules: number) => PREFIXES.find(([factor]) => joules >= factor) ?? PREFIXES[PREFIXES.length - 1]!;

export function joules(x: number): string {
  const [factor, unit] = prefixOf(x);
  return `${short(x / factor)} ${unit}`;
}
/** Where something has no price, the energy is at least so much. */
export const statedJoules = (x: number, atLeast: boolean): string => `${atLeast ? "≥ " : ""}${joules(x)}`;
/** The value to quote, and its bounds in the same unit. */
export function joulesRange({ low, typical, high }: Range, atLeast = false): string {
  const [factor, unit] = prefixOf(typical);
  const bounds = `${short(low / factor)} to ${short(high / factor)}`;
  return `${atLeast ? "≥ " : ""}${short(typical / factor)} ${unit} (${bounds})`;
}

/** A table of words in three columns, all to the left. */
export function leftTable(rows: readonly Row[]): string {
  const width = (k: number): number => Math.max(...rows.map((r) => r[k]!.length));
  return table(rows.map(([a, b, c]) => [a!, b!.padEnd(width(1)), c!.padEnd(width(2))]));
}
