/**
 * `y' = A y` in closed form, for variables of which each sees only those before it: a membrane behind any filters. Then
 * y_i(t) = Σ over paths from j to i of (product of their gains) · (divided difference of exp over their rates) · y_j(0).
 */
import { decay, difference, firstDifference } from "./differences.ts";

/** `y_to' = … + gain · y_from`, with `from` before `to`. */
export interface Coupling {
  readonly to: number;
  readonly from: number;
  readonly gain: number;
}

interface Path {
  readonly from: number;
  readonly gain: number;
  /** Of the variables along it. */
  readonly rates: readonly number[];
}

export class Cascade {
  readonly size: number;
  /** Of each variable, 1/s: 0 or below. */
  readonly rates: Float64Array;
  readonly couplings: readonly Coupling[];
  /** Rates without repetition, and which is whose. */
  readonly #distinct: Float64Array;
  readonly #rateOf: Uint32Array;
  readonly #decays: Float64Array;
  /** Differences over two rates, as numbers of rates, then those over more. */
  readonly #pairs: Uint32Array;
  readonly #longer: readonly (readonly number[])[];
  readonly #differences: Float64Array;
  /** Terms of variable i: `#start[i]` to `#start[i + 1]`. */
  readonly #start: Uint32Array;
  readonly #source: Uint32Array;
  readonly #gain: Float64Array;
  readonly #difference: Uint32Array;
  /** The time that `#decays` and `#differences` are of. */
  #prepared = Number.NaN;

  constructor(rates: Float64Array, couplings: readonly Coupling[]) {
    this.size = rates.length;
    this.rates = rates;
    this.couplings = couplings;
    this.#distinct = Float64Array.from(new Set(rates));
    this.#rateOf = Uint32Array.from(rates, (x) => this.#distinct.indexOf(x));
    this.#decays = new Float64Array(this.#distinct.length);
    const paths = Array.from(rates, (_, i) => pathsTo(i, rates, couplings));
    const sets = new Map(paths.flat().map((p) => [keyOf(p), p.rates]));
    const two = [...sets].filter(([, r]) => r.length === 2);
    const more = [...sets].filter(([, r]) => r.length > 2);
    this.#pairs = Uint32Array.from(two.flatMap(([, r]) => r.map((x) => this.#distinct.indexOf(x))));
    this.#longer = more.map(([, r]) => r);
    this.#differences = new Float64Array(sets.size);
    const number = new Map([...two, ...more].map(([key], k) => [key, k]));
    this.#start = new Uint32Array(this.size + 1);
    for (const [i, list] of paths.entries()) this.#start[i + 1] = this.#start[i]! + list.length;
    const all = paths.flat();
    this.#source = Uint32Array.from(all, (p) => p.from);
    this.#gain = Float64Array.from(all, (p) => p.gain);
    this.#difference = Uint32Array.from(all, (p) => number.get(keyOf(p))!);
  }

  /** Whoever asks twice in a row for one time, as the neurons that one row of weights reaches often do, pays once. */
  #prepare(t: number): void {
    if (t === this.#prepared) return;
    this.#prepared = t;
    for (let k = 0; k < this.#distinct.length; k++) this.#decays[k] = decay(this.#distinct[k]! * t);
    const pairs = this.#pairs.length / 2;
    for (let k = 0; k < pairs; k++) {
      const [a, b] = [this.#pairs[2 * k]!, this.#pairs[2 * k + 1]!];
      this.#differences[k] = firstDifference(
        this.#distinct[a]!,
        this.#distinct[b]!,
        this.#decays[a]!,
        this.#decays[b]!,
        t,
      );
    }
    for (let k = 0; k < this.#longer.length; k++) this.#differences[pairs + k] = difference(this.#longer[k]!, t);
  }

  /**
   * Writes the state `t` seconds after `from[at ..]` to `to[too ..]`, which may be the same place.
   * @param held variables that stand still: no other may see them
   */
  advance(from: Float64Array, at: number, t: number, to: Float64Array, too: number, held?: Uint8Array): void {
    this.#prepare(t);
    for (let i = this.size - 1; i >= 0; i--) {
      if (held?.[i]) {
        to[too + i] = from[at + i]!;
        continue;
      }
      let sum = this.#decays[this.#rateOf[i]!]! * from[at + i]!;
      for (let k = this.#start[i]!; k < this.#start[i + 1]!; k++)
        sum += this.#gain[k]! * this.#differences[this.#difference[k]!]! * from[at + this.#source[k]!]!;
      to[too + i] = sum;
    }
  }
}

const keyOf = (p: Path): string => p.rates.join();
const ascending = (rates: readonly number[]): number[] => [...rates].sort((a, b) => a - b);

/** All ways by which variables before it reach variable i. */
function pathsTo(i: number, rates: Float64Array, couplings: readonly Coupling[]): Path[] {
  return couplings
    .filter((c) => c.to === i && c.gain !== 0)
    .flatMap(({ from, gain }): Path[] => [
      { from, gain, rates: ascending([rates[i]!, rates[from]!]) },
      ...pathsTo(from, rates, couplings).map((p) => ({
        from: p.from,
        gain: p.gain * gain,
        rates: ascending([...p.rates, rates[i]!]),
      })),
    ]);
}
