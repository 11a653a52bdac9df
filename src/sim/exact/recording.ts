/** What an exact run leaves behind. */
import { listNames, ModelError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import { SpikeDigest } from "../digest.ts";
import type { RecordedSeries } from "../records/memorySink.ts";

/** Spike k: neuron `indices[k]` at `times[k]`, in seconds since the engine began. */
export interface ExactSpikes {
  readonly times: Float64Array;
  readonly indices: Uint32Array;
}

/** Work that was done, since the engine began. */
export interface ExactCounts {
  /** Spikes of populations. */
  readonly spikes: number;
  /** Spikes of inputs. */
  readonly inputSpikes: number;
  /** Weights that arrived at a neuron. */
  readonly synapticEvents: number;
  /** States brought up to date. */
  readonly updates: number;
  /** Times before which a neuron cannot fire, by a bound. */
  readonly bounds: number;
  /** Next crossings computed, and states that were computed in search of them. */
  readonly crossings: number;
  readonly evaluations: number;
  /** Events put into the queue, taken from it, and of these the tests that had been overtaken by other events. */
  readonly pushed: number;
  readonly popped: number;
  readonly stale: number;
}

/** What a run of the exact engine leaves behind. */
export interface ExactRecording {
  /** When the run began, and how long it was, in seconds. */
  readonly start: number;
  readonly duration: number;
  /** By population that spikes, in order of time and neuron. */
  readonly spikes: Readonly<Record<string, ExactSpikes>>;
  /** The times asked for. */
  readonly times: Float64Array;
  /** `[times][size]` by `population.variable`. */
  readonly values: Readonly<Record<string, Float64Array>>;
  /** Where the run was told what to record: that, by its name, and no spikes beside it. */
  readonly records: RecordedSeries;
  readonly counts: ExactCounts;
  /** Of all spikes since the engine began: population, neuron, and the bits of the time. */
  readonly digest: string;
}

/** Of values to record: the population and its variable. */
export interface Recorded {
  readonly name: string;
  readonly node: string;
  readonly variable: string;
}

/** @throws {ModelError} `unknown-name` unless each is `population.variable`, or `population.spike`, which always is */
export function recordedOf({ populations }: Network, record: readonly string[]): Recorded[] {
  const known = Object.entries(populations).flatMap(([node, { model }]) =>
    model.variables.map(({ name }): Recorded => ({ name: `${node}.${name}`, node, variable: name })),
  );
  const spiking = Object.entries(populations).flatMap(([node, { model }]) => (model.spike ? [`${node}.spike`] : []));
  const names = known.map((r) => r.name);
  const wrong = record.find((r) => !names.includes(r) && !spiking.includes(r));
  if (wrong === undefined) return known.filter((r) => record.includes(r.name));
  throw new ModelError(
    "unknown-name",
    "record",
    `cannot record '${wrong}'; known: ${listNames([...names, ...spiking])}`,
  );
}

/** Spikes of one population, as they come. */
export class SpikeColumns {
  #length = 0;
  #times = new Float64Array(64);
  #indices = new Uint32Array(64);

  add(time: number, index: number): void {
    if (this.#length === this.#times.length) this.#grow();
    this.#times[this.#length] = time;
    this.#indices[this.#length++] = index;
  }
  #grow(): void {
    const [times, indices] = [new Float64Array(2 * this.#length), new Uint32Array(2 * this.#length)];
    times.set(this.#times);
    indices.set(this.#indices);
    [this.#times, this.#indices] = [times, indices];
  }
  /** What came since the last call. */
  take(): ExactSpikes {
    const taken = { times: this.#times.slice(0, this.#length), indices: this.#indices.slice(0, this.#length) };
    this.#length = 0;
    return taken;
  }
}

/** A digest of (population, neuron, bits of the time). */
export class TimeDigest {
  readonly #digest = new SpikeDigest();
  readonly #time = new Float64Array(1);
  readonly #words = new Uint32Array(this.#time.buffer);

  add(population: number, neuron: number, time: number): void {
    this.#time[0] = time;
    this.#digest.add(population, neuron, this.#words[0]!, this.#words[1]!);
  }
  get text(): string {
    return this.#digest.text;
  }
}
