/**
 * Two clocked runs side by side: in stretches of steps that double as long as all is equal, from one pair of snapshots to the
 * next; where a stretch ends apart, both go back to its beginning and walk through it step by step. So what is found is the
 * first step in which any variable differs, or any spike.
 *
 * Equal states run on equally, so that with a tolerance of 0 nothing that lasts is missed between two looks; what differs and
 * is equal again before the next look, without a spike or a synapse that tells, is seen with `stretch: 1`. With a tolerance
 * states are looked at after each step.
 */
import { RunError, requireInteger } from "../../base/errors.ts";
import type { Recording } from "../recording.ts";
import type { Snapshot } from "../snapshot.ts";
import { type Sameness, Scales } from "./column.ts";
import { type Found, foundIn, foundInParameters, foundInSynapses, requireComparable } from "./compare.ts";
import type { Divergence, Earlier, Parting, SpikeParting } from "./divergence.ts";
import { countOf, type SpikeDifference, spikeDifference } from "./lists.ts";
import type { ClockedSide } from "./side.ts";

/** Options of `firstDivergence`. */
export interface DivergenceOptions {
  /** How many are compared. */
  readonly steps: number;
  /**
   * 0 (default): numbers must have the same bits, or be equal where their types differ. Else what may differ, as a share of the
   * largest value that the variable has had in its population.
   */
  readonly tolerance?: number;
  /** Steps before the parting that are shown; default 3. */
  readonly context?: number;
  /** Steps from one look to the next at most; default 256. With a tolerance it is 1. */
  readonly stretch?: number;
  /** Hears how many steps have been compared. */
  readonly onProgress?: (done: number) => void;
}

const STRETCH = 256;

/**
 * Runs two engines of networks with the same populations, both from where they stand, and finds where they part.
 *
 * @throws {ModelError} `shape-mismatch` for networks whose variables are not the same; `out-of-range` for options
 */
export function firstDivergence(a: ClockedSide, b: ClockedSide, options: DivergenceOptions): Divergence {
  const { steps, tolerance = 0, context = 3, stretch = STRETCH } = options;
  requireInteger("steps", steps, 0);
  requireInteger("context", context, 0, 1000);
  requireInteger("stretch", stretch, 1, 2 ** 16);
  return new Lockstep(a, b, { ...options, tolerance, context, stretch }).run();
}

type Settings = Required<Omit<DivergenceOptions, "onProgress">> & Pick<DivergenceOptions, "onProgress">;
type Pair = readonly [Snapshot, Snapshot];

class Lockstep {
  readonly #a: ClockedSide;
  readonly #b: ClockedSide;
  readonly #options: Settings;
  readonly #same: Sameness;
  readonly #scales = new Scales();
  readonly #plastic: readonly string[];
  readonly #sizes: Readonly<Record<string, number>>;
  readonly #spikes = { a: 0, b: 0 };
  /** By population: spikes of each neuron so far. */
  readonly #fired: Readonly<Record<string, Uint32Array>>;

  constructor(a: ClockedSide, b: ClockedSide, options: Settings) {
    [this.#a, this.#b, this.#options] = [a, b, options];
    this.#same = { tolerance: options.tolerance };
    this.#plastic = a.plastic.filter((name) => b.plastic.includes(name));
    const { populations } = a.engine.network;
    this.#sizes = Object.fromEntries(Object.entries(populations).map(([node, p]) => [node, p.size]));
    this.#fired = Object.fromEntries(Object.entries(this.#sizes).map(([node, size]) => [node, new Uint32Array(size)]));
  }

  run(): Divergence {
    const { steps, stretch, tolerance, onProgress } = this.#options;
    requireComparable(this.#a.columns(), this.#b.columns());
    const both = this.#a.sparse.filter((name) => this.#b.sparse.includes(name));
    const atStart = this.#look(undefined, both) ?? foundInParameters(this.#a, this.#b, this.#same, this.#scales);
    if (atStart) return this.#rest({ ...atStart, step: -1, time: 0, before: [] }, 0);
    // Step by step from one pair of snapshots to the next, or to the end of a stretch at once.
    const walks = tolerance > 0 || stretch === 1;
    let earlier: Pair | undefined;
    let length = 1;
    for (let done = 0; done < steps; ) {
      const begin = this.#snapshots();
      const count = Math.min(length, steps - done);
      const found = walks ? this.#walk(count) : this.#leap(count, begin);
      if (found) {
        const parting = this.#withContext(found, earlier ?? begin, begin);
        return this.#rest(parting, done + found.step + 1);
      }
      earlier = begin;
      done += count;
      onProgress?.(done);
      length = Math.min(walks ? STRETCH : stretch, 2 * length);
    }
    return { steps, spikes: this.#spikes };
  }

  #snapshots(): Pair {
    return [this.#a.snapshot(), this.#b.snapshot()];
  }
  #restore([a, b]: Pair): void {
    this.#a.restore(a);
    this.#b.restore(b);
  }
  #advance(count: number): Advanced {
    const [a, b] = [this.#a.advance(count), this.#b.advance(count)];
    const apart = spikeDifference(a.spikes, b.spikes);
    return { apart, count: (before) => this.#count(a, b, before) };
  }
  /** @param before a step of the stretch: what comes then or later is not counted */
  #count(a: Recording, b: Recording, before = Number.POSITIVE_INFINITY): void {
    const earlier = ({ spikes }: Recording): number =>
      before === Number.POSITIVE_INFINITY
        ? countOf(spikes)
        : Object.values(spikes).reduce((sum, { steps }) => sum + steps.filter((k) => k < before).length, 0);
    this.#spikes.a += earlier(a);
    this.#spikes.b += earlier(b);
    for (const [population, { steps, indices }] of Object.entries(a.spikes))
      for (let k = 0; k < steps.length && steps[k]! < before; k++) this.#fired[population]![indices[k]!]!++;
  }

  #look(spike: SpikeDifference | undefined, connections: readonly string[]): Found | undefined {
    return (
      foundIn(this.#a.columns(), this.#b.columns(), spike, this.#same, this.#scales, this.#sizes) ??
      foundInSynapses(this.#a, this.#b, connections, this.#same, this.#scales)
    );
  }

  /** To the end of a stretch at once; back, and step by step, where it ends apart. */
  #leap(count: number, begin: Pair): Stepped | undefined {
    const { apart, count: counted } = this.#advance(count);
    if (!apart && !this.#look(undefined, this.#plastic)) {
      counted();
      return undefined;
    }
    this.#restore(begin);
    const found = this.#walk(count);
    if (found) return found;
    throw new RunError(
      "unsupported",
      "diff",
      `the runs part between steps ${this.#a.done - count} and ${this.#a.done - 1}, but not when they run there again: one of them is not the same twice`,
    );
  }
  #walk(count: number): Stepped | undefined {
    for (let step = 0; step < count; step++) {
      const { apart, count: counted } = this.#advance(1);
      const found = this.#look(apart && { ...apart, step: 0 }, this.#plastic);
      counted(apart && 0);
      if (found) return { ...found, step, ...(apart && { spike: { ...apart, step: this.#a.done - 1 } }) };
    }
    return undefined;
  }

  /** The variable in the steps before, by running there again. */
  #withContext(found: Stepped, earlier: Pair, begin: Pair): Parting & Pick<Stepped, "spike"> {
    const last = this.#a.done - 1;
    const here = this.#snapshots();
    const first = last - this.#options.context;
    this.#restore(first >= begin[0].step - this.#firstStep() ? begin : earlier);
    const before: Earlier[] = [];
    const take = (): void => {
      const values = this.#valuesOf(found);
      if (values && this.#a.done - 1 >= first) before.push({ step: this.#a.done - 1, ...values });
    };
    take();
    while (this.#a.done < last) {
      const fired = this.#a.advance(1).spikes[found.population ?? ""];
      this.#b.advance(1);
      if (found.variable !== "spike") take();
      else if (this.#a.done - 1 >= first) {
        const value = Number(fired?.indices.includes(found.neuron!) ?? false);
        before.push({ step: this.#a.done - 1, a: value, b: value });
      }
    }
    this.#restore(here);
    return { ...found, step: last, time: last * this.#a.engine.network.dt, before };
  }
  #firstStep(): number {
    return this.#a.engine.stepsDone - this.#a.done;
  }
  #valuesOf({
    population,
    variable,
    neuron,
    trial = 0,
    connection,
    synapse,
  }: Found): { a: number; b: number } | undefined {
    const [a, b] = [this.#a, this.#b].map((side) => {
      if (connection !== undefined)
        return synapse === undefined ? undefined : side.synapses(connection)[variable]![synapse];
      const values = side.columns().find((c) => c.population === population && c.variable === variable)?.values;
      return values?.[trial * this.#sizes[population!]! + neuron!];
    });
    return a === undefined || b === undefined ? undefined : { a, b };
  }

  /** On to the first spike that differs. */
  #rest(parting: Parting & Pick<Stepped, "spike">, done: number): Divergence {
    const { spike: here, ...found } = parting;
    const { steps, stretch, onProgress } = this.#options;
    let apart = here;
    let at = done;
    for (; !apart && at < steps; ) {
      const count = Math.min(stretch, steps - at);
      const first = this.#a.done;
      const { apart: difference, count: counted } = this.#advance(count);
      counted(difference?.step);
      if (difference) apart = { ...difference, step: first + difference.step };
      at += count;
      onProgress?.(at);
    }
    const spike = apart && this.#spikeOf(apart);
    return { parting: found, ...(spike && { spike }), steps: at, spikes: this.#spikes };
  }
  #spikeOf({ population, neuron, step, by }: SpikeDifference): SpikeParting {
    const time = step * this.#a.engine.network.dt;
    return { population, neuron, [by]: time, number: this.#fired[population]![neuron]! };
  }
}

/** Spikes of a stretch on both sides: whether they differ, and what counts them. */
interface Advanced {
  readonly apart: SpikeDifference | undefined;
  readonly count: (before?: number) => void;
}
/** What was found in a step of a stretch. */
interface Stepped extends Found {
  readonly step: number;
  readonly spike?: SpikeDifference;
}
