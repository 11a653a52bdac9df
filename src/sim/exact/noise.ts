/** Whether the sign of a sum of decays can be told from how it was computed. */
import { Cascade } from "./cascade.ts";

/** Roundings of each term, at most, on the way to the sum: of couplings, coefficients, differences (`differences.ts`). */
const ROUNDINGS = 64 * 2 ** -53;

export class Noise {
  /** Couplings and coefficients without signs: what the terms add up to if none cancels. */
  readonly #sizes: Cascade;
  readonly #chain: readonly Float64Array[];
  readonly #state: Float64Array;

  /** @param rates those that the coefficients f_2, f_3, … lose, after those of u' */
  constructor(cascade: Cascade, c: Float64Array, rates: readonly number[]) {
    const couplings = cascade.couplings.map((x) => ({ ...x, gain: Math.abs(x.gain) }));
    this.#sizes = new Cascade(cascade.rates, couplings);
    const chain = [c.map(Math.abs)];
    for (const rate of [0, ...rates]) {
      const before = chain.at(-1)!;
      const next = before.map((x, i) => x * Math.abs(cascade.rates[i]! - rate));
      for (const { to, from, gain } of couplings) next[from]! += before[to]! * gain;
      chain.push(next);
    }
    this.#chain = chain;
    this.#state = new Float64Array(cascade.size);
  }

  /** Whether f_k, computed as `value` at time t from state `start`, may be zero or of the other sign. */
  hides(value: number, k: number, start: Float64Array, t: number): boolean {
    if (value === 0) return true;
    for (let i = 0; i < start.length; i++) this.#state[i] = Math.abs(start[i]!);
    this.#sizes.advance(this.#state, 0, t, this.#state, 0);
    let size = 0;
    for (let i = 0; i < start.length; i++) size += this.#chain[k]![i]! * this.#state[i]!;
    return Math.abs(value) <= ROUNDINGS * size;
  }
}
