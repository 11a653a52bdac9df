/** Walks over the spikes of a block of steps, as the compiled loop left them. */
import type { Elements, Executable } from "../backend/backend.ts";
import type { Lowered } from "./lower/lower.ts";
import { partStarts } from "./lower/parts.ts";
import type { SpikeSignal } from "./lower/signals.ts";
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

/** Where the lists of one population lie. */
interface Lists {
  readonly population: number;
  readonly signal: SpikeSignal;
  /** First neuron of each part. */
  readonly starts: readonly number[];
  readonly list: Elements;
  readonly counts: Elements;
}

/** The spikes of an engine's blocks. */
export class SpikeLists {
  readonly #lists: readonly Lists[];
  readonly #samples: number;
  readonly #parts: number;

  constructor(x: Executable, l: Lowered) {
    const { context, sources } = l;
    this.#samples = context.options.samples;
    this.#parts = context.parts;
    this.#lists = spikingNodes(l).map((node, population) => {
      const signal = sources.spikes.get(node)!;
      const starts = partStarts(context.size(node), context.parts);
      return { population, signal, starts, list: x.array(signal.list), counts: x.array(signal.counts) };
    });
  }

  visit({ now, count }: Window, visit: SpikeVisit): void {
    const [samples, parts, all] = [this.#samples, this.#parts, this.#lists];
    for (let t = 0; t < count; t++)
      for (let n = 0; n < all.length; n++) {
        const { population, signal, starts, list, counts } = all[n]!;
        for (let s = 0; s < samples; s++) {
          const row = s * signal.rows + ((now + t) % signal.rows);
          for (let p = 0; p < parts; p++) {
            const [from, end] = [starts[p]!, counts[signal.endAt(row, p)]!];
            if (end === from) continue;
            const at = row * signal.room;
            visit(population, s, now + t, { list, from: at + from, end: at + end });
          }
        }
      }
  }
}
