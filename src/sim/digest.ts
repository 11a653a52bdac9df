/** A digest of the spikes of a run: FNV-1a over (population, sample, step, neuron) in the order of the run. */
import { absorbWords, START, type State, textOf } from "../base/hash.ts";
import type { Fired } from "./spikeLists.ts";

/** Spikes taken up before they are digested together. */
const ROOM = 1024;

export class SpikeDigest {
  #state: State = START;
  #waiting = 0;
  readonly #words = new Uint32Array(4 * ROOM);

  get state(): State {
    this.#digest();
    return this.#state;
  }
  set state(state: State) {
    this.#state = state;
    this.#waiting = 0;
  }
  #digest(): void {
    this.#state = absorbWords(this.#state, this.#words.subarray(0, 4 * this.#waiting));
    this.#waiting = 0;
  }
  /** Sixteen hexadecimal digits. */
  get text(): string {
    return textOf(this.state);
  }
  addAll(population: number, sample: number, step: number, { list, from, end }: Fired): void {
    for (let k = from; k < end; k++) this.add(population, sample, step, list[k]!);
  }
  add(population: number, sample: number, step: number, neuron: number): void {
    if (this.#waiting === ROOM) this.#digest();
    const at = 4 * this.#waiting++;
    const words = this.#words;
    words[at] = population;
    words[at + 1] = sample;
    words[at + 2] = step;
    words[at + 3] = neuron;
  }
}
