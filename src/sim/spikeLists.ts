/** Walks over the spikes of a block of steps, as the compiled loop left them. */
import type { Elements, Executable } from "../backend/backend.ts";
import type { Lowered } from "./lower/lower.ts";
import { partStarts } from "./lower/parts.ts";
import type { Window } from "./recording.ts";

/**
 * Called in order of step, population, trial and part, where any fired.
 * @param population number among those that spike
 * @param step absolute
 * @param fired where their neurons are, in memory that is used again
 */
export type SpikeVisit = (population: number, sample: number, step: number, fired: Fired) => void;
/** Neurons `list[from]` to `list[end - 1]`. */
export interface Fired {
  readonly list: Elements;
  readonly from: number;
  readonly end: number;
}

/** Populations that spike, in the order of the network. */
export const spikingNodes = ({ net, sources }: Lowered): string[] =>
  Object.keys(net.populations).filter((node) => sources.spikes.has(node));

export function visitSpikes(x: Executable, l: Lowered, { now, count }: Window, visit: SpikeVisit): void {
  const { context, sources } = l;
  const { samples } = context.options;
  const { parts } = context;
  const lists = spikingNodes(l).map((node, population) => {
    const signal = sources.spikes.get(node)!;
    const { list, counts, rows, room } = signal;
    const starts = partStarts(context.size(node), parts);
    return { population, signal, first: now % rows, rows, room, starts, list: x.array(list), counts: x.array(counts) };
  });
  for (let t = 0; t < count; t++)
    for (const { population, signal, first, rows, room, starts, list, counts } of lists)
      for (let s = 0; s < samples; s++) {
        const row = s * rows + ((first + t) & (rows - 1)); // rings are as long as a power of two
        for (let p = 0; p < parts; p++) {
          const [from, end] = [starts[p]!, counts[signal.endAt(row, p)]!];
          const at = row * room;
          if (end !== from) visit(population, s, now + t, { list, from: at + from, end: at + end });
        }
      }
}
