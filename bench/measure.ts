/** What a bench hands back; how it times is `src/tasks/measure.ts`. */
import { type Summary, summary } from "../src/tasks/measure.ts";

export { type MeasureOptions, measure, type Run, summary } from "../src/tasks/measure.ts";

/** One line of a bench. `limit` and `peer` have the unit of `median`. */
export interface Result extends Summary {
  /** What is measured; ends in `@1` or `@2` where it depends on the number of threads. */
  readonly metric: string;
  readonly unit: string;
  /** What this machine could do at best. */
  readonly limit?: number;
  /** What another library reaches. */
  readonly peer?: number;
  /** What it does, by name with its unit: a row of a table of its own. */
  readonly counts?: Readonly<Record<string, number>>;
  /** What was varied, and how much of it there was: results along one thing are plotted. */
  readonly sweep?: { readonly over: string; readonly at: number };
}

export interface BenchContext {
  /** Says how far it is, on stderr. */
  readonly log: (text: string) => void;
}

/** What a file `bench/NAME.bench.ts` exports under the name `bench`. */
export interface Bench {
  readonly name: string;
  /** One line, for the list of names. */
  readonly about: string;
  /** Whether something is measured along a line, so that there is a page of plots. */
  readonly swept?: boolean;
  readonly run: (context: BenchContext) => Promise<readonly Result[]>;
}

export type Comparison = Pick<Result, "limit" | "peer" | "counts">;

/** One number, without a spread. */
export const fact = (metric: string, unit: string, value: number): Result => ({
  ...{ metric, unit, median: value, min: value, max: value, n: 1 },
});

/** A duration as a result; `scale` turns s into `unit`, 1e6 for µs. */
export function duration(
  metric: string,
  unit: string,
  scale: number,
  seconds: readonly number[],
  than: Comparison = {},
): Result {
  return { metric, unit, ...summary(seconds.map((s) => s * scale)), ...than };
}

/** Work by time as a result: `work` in units of `unit`·s, so 2e-9·bytes for a copy in GB/s. */
export function rate(
  metric: string,
  unit: string,
  work: number,
  seconds: readonly number[],
  than: Comparison = {},
): Result {
  return { metric, unit, ...summary(seconds.map((s) => work / s)), ...than };
}
