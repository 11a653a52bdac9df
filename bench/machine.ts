/** What one thread of WebAssembly can do at best on this machine, measured here and now. */
import { type LimitName, limitRate, limitRuns as loadLimits, type MachineLimits } from "../src/backend/wasm/limits.ts";
import { measure, type Run, summary } from "./measure.ts";

type ByLimit<T> = Record<LimitName, T>;

/** Candidates for `measure`: among others they take turns with them, so that a slow moment falls on both. */
export const limitRuns = async (): Promise<Readonly<ByLimit<Run>>> => (await loadLimits()).runs;
/** Median, from the seconds of each turn. */
export const limitOf = (limit: LimitName, seconds: readonly number[]): number =>
  limitRate(limit, summary(seconds).median);

/** Every turn's rate, in the units of `MachineLimits` and `StepLimits`. Takes 3 to 5 s. */
export async function measureMachine(): Promise<ByLimit<number[]>> {
  const seconds = await measure(await limitRuns());
  const names = Object.keys(seconds) as LimitName[];
  const rates = (limit: LimitName): number[] => seconds[limit].map((s) => limitRate(limit, s));
  return Object.fromEntries(names.map((limit) => [limit, rates(limit)])) as ByLimit<number[]>;
}

/** The limits for a bench to compare with: measure them in its own process, for machines change by the hour. */
export async function machineLimits(): Promise<MachineLimits> {
  const { copy, mulAdd, loadAdd } = await limitRuns();
  return medians(await measure({ copy, mulAdd, loadAdd }));
}
function medians<Name extends LimitName>(seconds: Readonly<Record<Name, number[]>>): Record<Name, number> {
  const names = Object.keys(seconds) as Name[];
  return Object.fromEntries(names.map((name) => [name, limitOf(name, seconds[name])])) as Record<Name, number>;
}
