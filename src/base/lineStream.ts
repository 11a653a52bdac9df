/**
 * Random numbers of one line of a table after the other, such as the synapses of one neuron: each line has a sequence of
 * its own, so that lines can be drawn by any thread, in any order, and drawn again.
 */
import { requireInteger } from "./errors.ts";
import { mulHigh, philoxInto } from "./philox.ts";

/** Steps that neither a simulation nor `randomStream` reaches. */
export const LINE_STEP = 2 ** 32 - 2;

export class LineStream {
  /** Words taken so far, of all lines: the work done. */
  words = 0;
  readonly #seed: number;
  readonly #stream: number;
  readonly #block = new Uint32Array(4);
  #line = 0;
  #purpose = 0;
  #next = 0;

  /** @throws {ModelError} `out-of-range` unless `seed` is an integer from 0 to 2^32 - 1 */
  constructor(seed: number, stream: number) {
    requireInteger("seed", seed, 0, 2 ** 32 - 1);
    this.#seed = seed;
    this.#stream = stream;
  }

  /** Goes to the start of a line. Lines of different purpose share nothing. */
  begin(line: number, purpose = 0): void {
    this.#line = line;
    this.#purpose = purpose;
    this.#next = 0;
  }

  word(): number {
    const at = this.#next & 3;
    if (at === 0)
      philoxInto(this.#block, this.#next / 4, this.#line, this.#purpose, LINE_STEP, this.#seed, this.#stream);
    this.#next++;
    this.words++;
    return this.#block[at]!;
  }
  /** In (0, 1], on a grid of 2^-53. */
  uniform(): number {
    const high = this.word() >>> 5;
    return (high * 2 ** 26 + (this.word() >>> 6) + 0.5) * 2 ** -53;
  }
  /** A whole number from 0 to n - 1, each exactly as likely: Lemire 2019, ACM TOMACS 29:3; n from 1 to 2^32 - 1. */
  below(n: number): number {
    const [high, low] = [n >>> 16, n & 0xffff];
    for (;;) {
      const word = this.word();
      const rest = Math.imul(word, n) >>> 0;
      if (rest >= n || rest >= 2 ** 32 % n) return mulHigh(word, high, low) >>> 0;
    }
  }
}
