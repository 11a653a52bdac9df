/** A digest of the spikes of a run: FNV-1a over (population, sample, step, neuron) in the order of the run. */
import { absorb, START, type State, textOf } from "../base/hash.ts";

export class SpikeDigest {
  state: State = START;
  readonly #words = new Uint32Array(4);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  /** Sixteen hexadecimal digits. */
  get text(): string {
    return textOf(this.state);
  }
  add(population: number, sample: number, step: number, neuron: number): void {
    this.#words.set([population, sample, step, neuron]);
    this.state = absorb(this.state, this.#bytes);
  }
}
