/** What a run leaves behind: spikes of every population, and the values that were asked for. */
import { type Executable } from "../backend/backend.ts";
import { RunError } from "../base/errors.ts";
import { type SpikeDigest } from "./digest.ts";
import { type Lowered } from "./lower/lower.ts";

/** Spike k: neuron `indices[k]` in step `steps[k]` (from the start of the run) of trial `samples[k]`. */
export interface Spikes { readonly steps: Uint32Array; readonly indices: Uint32Array; readonly samples: Uint32Array }

export interface Recording {
  readonly steps: number;
  readonly spikes: Readonly<Record<string, Spikes>>;
  /** `[samples][steps][size]` by `population.variable`. */
  readonly values: Readonly<Record<string, Float64Array>>;
  readonly digest: string;
}

/** A list of numbers that grows. */
class Column {
  #data = new Uint32Array(64);
  length = 0;
  push(x: number): void {
    if (this.length === this.#data.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.length++] = x;
  }
  done(): Uint32Array {
    return this.#data.slice(0, this.length);
  }
}

export class Recorder {
  readonly #l: Lowered;
  readonly #spikes = new Map<string, { steps: Column; indices: Column; samples: Column }>();
  readonly #values = new Map<string, Float64Array>();
  #steps = 0;

  constructor(lowered: Lowered) {
    this.#l = lowered;
  }

  begin(steps: number): void {
    this.#steps = steps;
    for (const node of this.#l.sources.spikes.keys()) this.#spikes.set(node, { steps: new Column(), indices: new Column(), samples: new Column() });
    for (const name of this.#valueNames()) this.#values.set(name, new Float64Array(this.#l.context.options.samples * steps * this.#l.context.size(name.split(".")[0]!)));
  }
  #valueNames(): string[] {
    return this.#l.context.options.record.filter((r) => !r.endsWith(".spike"));
  }

  /** Copies what `count` steps from absolute step `now` left; `done` steps of this run came before. */
  take(x: Executable, now: number, count: number, done: number, digest: SpikeDigest): void {
    let population = 0;
    for (const node of this.#l.sources.spikes.keys()) this.#takeSpikes(x, node, population++, { now, count, done }, digest);
    for (const name of this.#values.keys()) this.#takeValues(x, name, { now, count, done });
  }

  #takeSpikes(x: Executable, node: string, population: number, { now, count, done }: Window, digest: SpikeDigest): void {
    const signal = this.#l.sources.spikes.get(node)!;
    const [list, counts, to] = [x.array(signal.list), x.array(signal.counts), this.#spikes.get(node)!];
    for (let t = 0; t < count; t++)
      for (let s = 0; s < this.#l.context.options.samples; s++) {
        const row = s * signal.rows + ((now + t) % signal.rows);
        for (let k = 0; k < counts[row]!; k++) {
          const index = list[row * signal.room + k]!;
          to.steps.push(done + t);
          to.indices.push(index);
          to.samples.push(s);
          digest.add(population, s, now + t, index);
        }
      }
  }

  #takeValues(x: Executable, name: string, { now, count, done }: Window): void {
    const signal = this.#l.sources.values.get(name)!;
    const [from, to] = [x.array(signal.name), this.#values.get(name)!];
    const size = this.#l.context.size(name.split(".")[0]!);
    for (let s = 0; s < this.#l.context.options.samples; s++)
      for (let t = 0; t < count; t++) {
        const row = (s * signal.rows + ((now + t) % signal.rows)) * signal.stride;
        const at = (s * this.#steps + done + t) * size;
        for (let k = 0; k < size; k++) {
          const value = from[row + k]!;
          if (!Number.isFinite(value)) throw new RunError("not-finite", name, `neuron ${k} became ${value} in step ${now + t}${s ? ` of trial ${s}` : ""}`);
          to[at + k] = value;
        }
      }
  }

  end(digest: string): Recording {
    return {
      steps: this.#steps,
      spikes: Object.fromEntries([...this.#spikes].map(([node, c]) => [node, { steps: c.steps.done(), indices: c.indices.done(), samples: c.samples.done() }])),
      values: Object.fromEntries(this.#values),
      digest,
    };
  }
}
interface Window { readonly now: number; readonly count: number; readonly done: number }
