/** Whether all numbers that a reader sees stand in a document. Pictures' own scales are no results, and do not count. */
import { amount, bytes, joulesUnit, percent, seconds, short, times, whole } from "../../src/report/numbers.ts";

/** Lists of a look inside that are longer than this are no facts, but pictures. */
const LONGEST = 64;

export interface Known {
  readonly numbers: ReadonlySet<number>;
  readonly texts: readonly string[];
}
export function known(document: unknown): Known {
  const numbers = new Set<number>();
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === "number") numbers.add(value);
    else if (typeof value === "string") texts.push(value);
    else if (Array.isArray(value)) {
      if (value.length <= LONGEST || typeof value[0] !== "number") value.forEach(visit);
    } else if (typeof value === "object" && value !== null)
      for (const [key, x] of Object.entries(value)) {
        texts.push(key);
        visit(x);
      }
  };
  visit(JSON.parse(JSON.stringify(document)));
  return { numbers, texts };
}

const inUnit = (x: number, factor: number): string => short(x / factor);
/** All that may be said of a number. */
export function sayings(x: number): string[] {
  const digits = [0, 1, 2].map((d) => percent(x, d));
  const energies = [1, 1e-3, 1e-6, 1e-9, 1e-12].map((factor) => inUnit(x, factor));
  const [factor, unit] = joulesUnit(x);
  const plain = [whole(x), short(x), amount(x), times(x), seconds(x), bytes(x), x.toFixed(3), `${x}`, String(x + 1)];
  plain.push(`${short(1e3 * x)} ms`, `${short(1e6 * x)} µs`, `${short(100 * Number(x.toPrecision(2)))} %`);
  return [...plain, ...digits, ...energies, `${inUnit(x, factor)} ${unit}`];
}

/** Words with a digit in them, without the marks around them. */
export const wordsOf = (text: string): string[] =>
  (text.replaceAll("\u00a0", " ").match(/\S*\d\S*/g) ?? []).map((w) => w.replace(/^[^\w-]+|[^\w]+$/g, ""));

/** Names of price tables, which renderers know. */
const NAMES = /^(32|8)-bit$/;
export const isSaid = (word: string, { texts }: Known): boolean =>
  NAMES.test(word) || texts.some((text) => text.includes(word));
