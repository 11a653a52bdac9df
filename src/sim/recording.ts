/** What a run leaves behind: spikes of every population, and the values that were asked for. */
import type { Executable } from "../backend/backend.ts";
import { listNames, ModelError, RunError } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import type { SpikeDigest } from "./digest.ts";
import type { Lowered } from "./lower/lower.ts";
import type { RecordedSeries } from "./records/memorySink.ts";
import { type SpikeLists, spikingNodes } from "./spikeLists.ts";

/** Spike k: neuron `indices[k]` in step `steps[k]` (from the start of the run) of trial `samples[k]`. */
export interface Spikes {
  readonly steps: Uint32Array;
  readonly indices: Uint32Array;
  readonly samples: Uint32Array;
}

/** What a run leaves behind. */
export interface Recording {
  readonly steps: number;
  /** By population, in order of step, trial and neuron. */
  readonly spikes: Readonly<Record<string, Spikes>>;
  /** `[samples][steps][size]` by `population.variable`: what it is at the end of each step. */
  readonly values: Readonly<Record<string, Float64Array>>;
  /** Where the run was told what to record: that, by its name, and neither spikes nor values beside it. */
  readonly records: RecordedSeries;
  /** Of all spikes since the engine began. */
  readonly digest: string;
}

/** `count` steps from absolute step `now`; `done` steps of the run came before. */
export interface Window {
  readonly now: number;
  readonly count: number;
  readonly done: number;
}

/** @throws {ModelError} `unknown-name` unless each is `population.variable` or `transform.value` */
export function checkRecord({ populations, transforms }: Network, record: readonly string[]): void {
  const names = Object.entries(populations).flatMap(([node, { model }]) =>
    [...(model.spike ? ["spike"] : []), ...model.outputs].map((port) => `${node}.${port}`),
  );
  const known = new Set([...names, ...Object.keys(transforms).map((node) => `${node}.value`)]);
  const wrong = record.find((r) => !known.has(r));
  if (wrong !== undefined)
    throw new ModelError("unknown-name", "record", `cannot record '${wrong}'; known: ${listNames(known)}`);
}

/** A list of numbers that grows. */
class Column {
  #data = new Uint32Array(16);
  #length = 0;

  add(x: number): void {
    if (this.#length === this.#data.length) this.#grow();
    this.#data[this.#length++] = x;
  }
  #grow(): void {
    const larger = new Uint32Array(2 * this.#data.length);
    larger.set(this.#data);
    this.#data = larger;
  }
  done(): Uint32Array {
    return this.#data.slice(0, this.#length);
  }
}
interface Columns {
  readonly steps: Column;
  readonly indices: Column;
  readonly samples: Column;
}

/** Keeps the spikes of every population and all values that the engine hands out. */
export class WholeRecorder {
  readonly #l: Lowered;
  /** Populations that spike, in the order of the network. */
  readonly #spiking: readonly string[];
  readonly #spikes = new Map<string, Columns>();
  readonly #values = new Map<string, Float64Array>();
  #steps = 0;

  constructor(lowered: Lowered) {
    this.#l = lowered;
    this.#spiking = spikingNodes(lowered);
  }

  begin(steps: number): void {
    const { record, samples } = this.#l.context.options;
    this.#steps = steps;
    for (const node of this.#spiking)
      this.#spikes.set(node, { steps: new Column(), indices: new Column(), samples: new Column() });
    for (const name of record.filter((r) => !r.endsWith(".spike")))
      this.#values.set(name, new Float64Array(samples * steps * this.#sizeOf(name)));
  }
  #sizeOf(name: string): number {
    return this.#l.context.size(name.split(".")[0]!);
  }

  /** @throws {RunError} `not-finite`, naming the first neuron and step where a value is not */
  take(x: Executable, spikes: SpikeLists, block: Window, digest: SpikeDigest): void {
    this.#takeSpikes(spikes, block, digest);
    for (const name of this.#values.keys()) this.#takeValues(x, name, block);
  }

  /** Step by step, so that the digest does not depend on how steps were grouped into blocks. */
  #takeSpikes(spikes: SpikeLists, block: Window, digest: SpikeDigest): void {
    const columns = this.#spiking.map((node) => this.#spikes.get(node)!);
    const first = block.now - block.done;
    spikes.visit(block, (population, sample, step, { list, from, end }) => {
      const { steps, indices, samples } = columns[population]!;
      // A few at a time: so many calls on arrays would cost more than the numbers.
      for (let k = from; k < end; k++) {
        const neuron = list[k]!;
        steps.add(step - first);
        indices.add(neuron);
        samples.add(sample);
        digest.add(population, sample, step, neuron);
      }
    });
  }

  #takeValues(x: Executable, name: string, { now, count, done }: Window): void {
    const signal = this.#l.sources.values.get(name)!;
    const [from, to, size] = [x.array(signal.name), this.#values.get(name)!, this.#sizeOf(name)];
    for (let s = 0; s < this.#l.context.options.samples; s++)
      for (let t = 0; t < count; t++) {
        const row = (s * signal.rows + ((now + t) % signal.rows)) * signal.stride;
        const at = (s * this.#steps + done + t) * size;
        for (let k = 0; k < size; k++) {
          const value = from[row + k]!;
          if (!Number.isFinite(value)) throw notFinite(name, k, value, `step ${now + t}`, s);
          to[at + k] = value;
        }
      }
  }

  end(digest: string): Recording {
    const arrays = ({ steps, indices, samples }: Columns): Spikes => ({
      steps: steps.done(),
      indices: indices.done(),
      samples: samples.done(),
    });
    return {
      steps: this.#steps,
      spikes: Object.fromEntries([...this.#spikes].map(([node, columns]) => [node, arrays(columns)])),
      values: Object.fromEntries(this.#values),
      records: {},
      digest,
    };
  }
}

export const notFinite = (name: string, neuron: number, value: number, when: string, sample: number): RunError =>
  new RunError("not-finite", name, `neuron ${neuron} became ${value} in ${when}${sample ? ` of trial ${sample}` : ""}`);
