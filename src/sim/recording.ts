/** What a run leaves behind: spikes of every population, and the values that were asked for. */
import type { Executable } from "../backend/backend.ts";
import { listNames, ModelError, RunError } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import type { SpikeDigest } from "./digest.ts";
import type { Lowered } from "./lower/lower.ts";
import type { RecordedSeries } from "./records/memorySink.ts";
import { type Fired, type SpikeLists, spikingNodes } from "./spikeLists.ts";

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

/** @throws {ModelError} `type-mismatch`; `unknown-name` unless each is `population.variable` or `transform.value` */
export function checkRecord({ populations, transforms }: Network, record: readonly string[]): void {
  if (!Array.isArray(record))
    throw new ModelError("type-mismatch", "record", `must be a list of names such as ["a.v"], got ${record}`);
  const names = Object.entries(populations).flatMap(([node, { model }]) =>
    [...(model.spike ? ["spike"] : []), ...model.outputs].map((port) => `${node}.${port}`),
  );
  const known = new Set([...names, ...Object.keys(transforms).map((node) => `${node}.value`)]);
  const wrong = record.find((r) => !known.has(r));
  if (wrong !== undefined)
    throw new ModelError("unknown-name", "record", `cannot record '${wrong}'; known: ${listNames(known)}`);
}

/** Numbers of a piece: what grows piece by piece need never be moved. */
const PIECE = 2 ** 14;
/** The first piece begins with so many, for runs of a step or two; four times this, again and again, comes to a whole piece. */
const LEAST = 2 ** 6;

/** A list of numbers that grows. */
class Column {
  readonly #pieces: Uint32Array[] = [];
  #last = new Uint32Array(0);
  #filled = 0;

  get length(): number {
    return Math.max(0, this.#pieces.length - 1) * PIECE + this.#filled;
  }
  add(x: number): void {
    if (this.#filled === this.#last.length) this.#grow();
    this.#last[this.#filled++] = x;
  }
  #grow(): void {
    const { length } = this.#last;
    if (length === PIECE) {
      this.#last = new Uint32Array(PIECE);
      this.#pieces.push(this.#last);
      this.#filled = 0;
      return;
    }
    const larger = new Uint32Array(Math.max(LEAST, 4 * length));
    larger.set(this.#last);
    this.#pieces[0] = this.#last = larger;
  }
  done(): Uint32Array {
    const all = new Uint32Array(this.length);
    this.#pieces.forEach((piece, k) => {
      all.set(piece.subarray(0, all.length - k * PIECE), k * PIECE);
    });
    return all;
  }
}

/** The spikes of a population. Many come at a time, all of one step and trial. */
class SpikeColumn {
  readonly #indices = new Column();
  readonly #steps = new Column();
  readonly #samples = new Column();
  /** How many there were when those of a time had come. */
  readonly #ends = new Column();

  add(step: number, sample: number, { list, from, end }: Fired): void {
    // A few at a time: so many calls on arrays would cost more than the numbers.
    for (let k = from; k < end; k++) this.#indices.add(list[k]!);
    this.#steps.add(step);
    this.#samples.add(sample);
    this.#ends.add(this.#indices.length);
  }
  done(): Spikes {
    const ends = this.#ends.done();
    return {
      steps: repeated(this.#steps.done(), ends),
      indices: this.#indices.done(),
      samples: repeated(this.#samples.done(), ends),
    };
  }
}
/** Each number up to the place where it ends. */
function repeated(numbers: Uint32Array, ends: Uint32Array): Uint32Array {
  const out = new Uint32Array(ends.at(-1) ?? 0);
  let at = 0;
  for (let k = 0; k < numbers.length; k++) for (const end = ends[k]!; at < end; at++) out[at] = numbers[k]!;
  return out;
}

/** Keeps the spikes of every population and all values that the engine hands out. */
export class WholeRecorder {
  readonly #l: Lowered;
  /** Populations that spike, in the order of the network. */
  readonly #spiking: readonly string[];
  readonly #spikes = new Map<string, SpikeColumn>();
  readonly #values = new Map<string, Float64Array>();
  #steps = 0;

  constructor(lowered: Lowered) {
    this.#l = lowered;
    this.#spiking = spikingNodes(lowered);
  }

  begin(steps: number): void {
    const { record, samples } = this.#l.context.options;
    this.#steps = steps;
    for (const node of this.#spiking) this.#spikes.set(node, new SpikeColumn());
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
    spikes.visit(block, (population, sample, step, fired) => {
      columns[population]!.add(step - first, sample, fired);
      digest.addAll(population, sample, step, fired);
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
    return {
      steps: this.#steps,
      spikes: Object.fromEntries([...this.#spikes].map(([node, column]) => [node, column.done()])),
      values: Object.fromEntries(this.#values),
      records: {},
      digest,
    };
  }
}

export const notFinite = (name: string, neuron: number, value: number, when: string, sample: number): RunError =>
  new RunError("not-finite", name, `neuron ${neuron} became ${value} in ${when}${sample ? ` of trial ${sample}` : ""}`);
