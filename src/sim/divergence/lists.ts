/** Spikes of the same steps on two sides. */
import type { Spikes } from "../recording.ts";

export interface SpikeDifference {
  readonly population: string;
  /** Within what was compared. */
  readonly step: number;
  readonly neuron: number;
  readonly trial: number;
  /** Who fired. */
  readonly by: "a" | "b";
  /** Neurons of the population that differ in this step. */
  readonly count: number;
}
type ByPopulation = Readonly<Record<string, Spikes>>;

/** The first step in which lists differ, and there the first population and neuron; in order of step, trial, neuron. */
export function spikeDifference(a: ByPopulation, b: ByPopulation): SpikeDifference | undefined {
  let first: SpikeDifference | undefined;
  for (const population of Object.keys(a)) {
    const found = differenceIn(population, a[population]!, b[population]!);
    if (found && (!first || found.step < first.step)) first = found;
  }
  return first;
}

function differenceIn(population: string, a: Spikes, b: Spikes): SpikeDifference | undefined {
  let k = 0;
  while (k < a.steps.length && k < b.steps.length && same(a, b, k)) k++;
  if (k === a.steps.length && k === b.steps.length) return undefined;
  const step = Math.min(a.steps[k] ?? Number.POSITIVE_INFINITY, b.steps[k] ?? Number.POSITIVE_INFINITY);
  const [own, other] = [inStep(a, k, step), inStep(b, k, step)];
  const lone = (from: readonly string[], to: readonly string[], by: "a" | "b") => {
    const there = new Set(to);
    return from.filter((x) => !there.has(x)).map((x) => ({ by, place: x.split(":").map(Number) as [number, number] }));
  };
  const all = [...lone(own, other, "a"), ...lone(other, own, "b")];
  all.sort((x, y) => x.place[0] - y.place[0] || x.place[1] - y.place[1]);
  const [{ by, place }] = all as [(typeof all)[number]];
  return { population, step, trial: place[0], neuron: place[1], by, count: all.length };
}
const same = (a: Spikes, b: Spikes, k: number): boolean =>
  a.steps[k] === b.steps[k] && a.indices[k] === b.indices[k] && a.samples[k] === b.samples[k];
/** Trial and neuron of what fires in a step, from entry `k` on. */
function inStep({ steps, indices, samples }: Spikes, k: number, step: number): string[] {
  const out: string[] = [];
  for (let n = k; n < steps.length && steps[n] === step; n++) out.push(`${samples[n]}:${indices[n]}`);
  return out;
}

/** How many spikes. */
export const countOf = (spikes: ByPopulation): number =>
  Object.values(spikes).reduce((sum, { steps }) => sum + steps.length, 0);
