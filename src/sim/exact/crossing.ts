/**
 * When a sum of decays first exceeds a level. No grid is searched and no crossing can be missed.
 *
 * With u = c·y and y' = A y, D = d/dt, let f_1 = u' and f_{k+1} = (D - λ_k) f_k, where λ_k is the rate of the last variable
 * that f_k still depends on: f_{k+1} does not depend on it, so that some f_m is one decay and has no zero. Between two
 * neighbouring zeros of f_{k+1}, e^{-λ_k t} f_k is monotone and has at most one zero, which a sign change shows. So all
 * zeros of f_m, f_{m-1}, …, f_1 = u' are found one after the other, and between these u is monotone. (Rolle's theorem, as
 * in the count of real zeros of exponential sums: Pólya and Szegő, Problems and Theorems in Analysis II, part V, 75.)
 * Splitting at a point that is no zero does no harm, so neither does rounding where all has decayed.
 *
 * That holds of exact numbers. Where a computed one may have either sign (`noise.ts`), its place counts as a zero: if there
 * are two to either side of it instead, what f_{k-1} does between them is within its own rounding.
 */
import { log } from "../../base/elementary.ts";
import type { Cascade } from "./cascade.ts";
import { Noise } from "./noise.ts";
import { type Share, withoutStanding } from "./standing.ts";

/** After this many of the slowest time constants next to nothing is left, yet still a sign (`decay` ends at e^-700). */
const ENDLESS = 690;
/** Within which Newton's method has converged, relative to the time: of a crossing, and of an extremum. */
const [CLOSE, COARSE] = [2 ** -54, 1e-10];
const MOST_STEPS = 400;
/** Of the time until nothing is left: rates may lie a factor of 2^24 apart. */
const MOST_HALVINGS = 24;
/** What decays leave of 1 at the end, and more; and what rounding to denormal numbers cannot have made. */
const [REMNANT, SMALLEST] = [1e-250, 1e-290];
/** Seconds: nothing is looked for later. */
const LONGEST = 1e15;
const LAST = Number.POSITIVE_INFINITY;

export class Crossing {
  /** Times at which states were computed in search of crossings. */
  evaluations = 0;
  readonly #cascade: Cascade;
  /** `#chain[k]`: the coefficients of f_k, f_0 = u. */
  readonly #chain: readonly Float64Array[];
  /** λ_k; 0 for u. */
  readonly #rates: Float64Array;
  /** `#ends[k]`: seconds after which nothing of f_k is left; those of later k, which miss slower variables, are sooner. */
  readonly #ends: Float64Array;
  readonly #fastest: number;
  /** Where the last two variables left can be solved for. */
  readonly #twoDecays: TwoDecays | undefined;
  readonly #shares: readonly Share[];
  readonly #noise: Noise;
  readonly #powers: readonly Powers[];
  /** Where the search starts, and the state moved to. */
  readonly #start: Float64Array;
  readonly #state: Float64Array;

  /** @param given coefficients of u; a crossing is upwards */
  constructor(whole: Cascade, given: Float64Array) {
    const { cascade, c, shares } = withoutStanding(whole, given);
    this.#cascade = cascade;
    this.#shares = shares;
    this.#start = new Float64Array(cascade.size);
    this.#state = new Float64Array(cascade.size);
    const seen = seenBy(c, cascade);
    this.#twoDecays = twoDecaysOf(seen, cascade);
    const rates = [0];
    const chain = [c, minusRate(c, 0, cascade)];
    for (let k = seen.length - 1; k > 0; k--) {
      const last = seen[k]!;
      const next = minusRate(chain.at(-1)!, cascade.rates[last]!, cascade);
      rates.push(cascade.rates[last]!);
      chain.push(next);
    }
    this.#chain = chain;
    this.#rates = Float64Array.from(rates);
    this.#noise = new Noise(cascade, c, rates.slice(1));
    this.#powers = chain.map((of, k) => powersOf(of, seen.slice(0, seen.length - Math.max(0, k - 1)), cascade));
    const taus = seen.map((i) => (cascade.rates[i] === 0 ? 0 : -1 / cascade.rates[i]!));
    const end = (count: number): number => ENDLESS * Math.max(...taus.slice(0, count)) || 1;
    this.#ends = Float64Array.from(chain, (_, k) => end(k === 0 ? seen.length : seen.length - k + 1));
    this.#fastest = Math.min(...taus.filter((tau) => tau > 0), this.#ends[0]!);
  }

  #load(y: Float64Array, at: number): void {
    for (let i = 0; i < this.#start.length; i++) this.#start[i] = y[at + i]!;
    for (const { of, from, factor } of this.#shares) this.#start[of]! -= factor * this.#start[from]!;
  }
  #move(t: number): void {
    if (t === 0) this.#state.set(this.#start);
    else {
      this.evaluations++;
      this.#cascade.advance(this.#start, 0, t, this.#state, 0);
    }
  }
  /** f_k at the time moved to. */
  #value(k: number): number {
    return dot(this.#chain[k]!, this.#state);
  }

  /** The times after 0 at which u has an extremum (or, harmlessly, none), in order. */
  extrema(y: Float64Array, at: number): number[] {
    this.#load(y, at);
    return this.#zeros(1);
  }
  #zeros(k: number): number[] {
    if (k === this.#chain.length - 1) return [];
    if (k === this.#chain.length - 2 && this.#twoDecays) return this.#zeroOfTwo(k);
    const found: number[] = [];
    this.#move(0);
    let [from, before] = [0, this.#value(k)];
    for (const end of [...this.#zeros(k + 1), LAST]) {
      const to = end === LAST ? this.#last(k, 0, from) : end;
      if (end !== LAST) this.#move(to);
      const value = this.#value(k);
      if (end !== LAST && this.#hides(value, k, to)) found.push(this.#fading(k, from, before, to), to);
      else if ((before < 0 && value > 0) || (before > 0 && value < 0)) found.push(this.#solve(k, 0, from, before, to));
      [from, before] = [to, value];
    }
    return found;
  }
  #hides(value: number, k: number, t: number): boolean {
    return this.#noise.hides(value, k, this.#start, t);
  }
  /** From where on f_k, which comes to nothing by `to`, may be zero: by halving. */
  #fading(k: number, from: number, before: number, to: number): number {
    let [low, high] = [from, to];
    for (let halvings = 0; halvings < MOST_STEPS && high - low > COARSE * high; halvings++) {
      const middle = this.#between(low, high);
      this.#move(middle);
      const value = this.#value(k);
      if (value > 0 === before > 0 && !this.#hides(value, k, middle)) low = middle;
      else high = middle;
    }
    return high;
  }
  /** Of p e^{a t} + q e^{b t}: where e^{(b - a) t} = -p / q; of (p + q t) e^{a t}: -p / q. */
  #zeroOfTwo(k: number): number[] {
    const { first, second, gain } = this.#twoDecays!;
    const [c, y] = [this.#chain[k]!, this.#start];
    const [a, b] = [this.#cascade.rates[first]!, this.#cascade.rates[second]!];
    if (a === b) {
      const t = -(c[first]! * y[first]! + c[second]! * y[second]!) / (c[second]! * gain * y[first]!);
      return t > 0 && (a === 0 || t < this.#ends[k]!) && t < LAST ? [t] : [];
    }
    const share = gain / (a - b); // of the first decay in the second variable
    const p = (c[first]! + c[second]! * share) * y[first]!;
    const q = c[second]! * (y[second]! - share * y[first]!);
    const ratio = -p / q;
    if (!(ratio > 1e-300 && ratio < 1e300)) return [];
    const t = log(ratio) / (b - a);
    return t > 0 && t < this.#ends[k]! ? [t] : [];
  }
  /**
   * Moves to where next to nothing is left of f_k, and sooner where nothing is: slow variables may be at rest. What follows
   * is too small to matter.
   */
  #last(k: number, level: number, from: number): number {
    let end = Math.max(this.#ends[k]!, from);
    if (level === 0 && this.#powers[k]!.length > 1) end = this.#beyondZeros(k, end);
    for (let halvings = 0; halvings < MOST_HALVINGS; halvings++) {
      this.#move(end);
      const value = this.#value(k) - level;
      if (level === 0 ? Math.abs(value) > SMALLEST && !this.#hides(value, k, end) : value !== 0) return end;
      end = from + (end - from) / 2;
    }
    return end;
  }

  /** From when on f_k, of which nothing is left at `end` but powers of time, has no zero: Cauchy's bound for polynomials. */
  #beyondZeros(k: number, end: number): number {
    this.#move(end);
    const values = this.#powers[k]!.map((c, j) => dot(c, this.#state) / factorial(j));
    const least = REMNANT * Math.max(...values.map(Math.abs));
    while (values.length > 1 && Math.abs(values.at(-1)!) <= least) values.pop();
    const last = values.pop()!;
    const beyond = end + 1 + Math.max(0, ...values.map((x) => Math.abs(x / last)));
    return Math.min(beyond, LONGEST);
  }

  /**
   * Seconds from `y[at ..]` to where u first exceeds `level` (or reaches it), `Infinity` if never, NaN if the state is not finite.
   * @param reaching whether it is enough to reach it: `>=`
   */
  first(y: Float64Array, at: number, level: number, reaching: boolean): number {
    const above = (f: number): boolean => f > 0 || (reaching && f === 0);
    this.#load(y, at);
    this.#move(0);
    let [from, before] = [0, this.#value(0) - level];
    if (!Number.isFinite(before)) return Number.NaN;
    if (above(before)) return 0;
    if (this.#chain.length === 2) return this.#alone(before + level, level);
    for (const end of [...this.#zeros(1), LAST]) {
      const to = end === LAST ? this.#last(0, level, from) : end;
      if (end !== LAST) this.#move(to);
      const value = this.#value(0) - level;
      if (above(value)) return before === 0 ? from : this.#solve(0, level, from, before, to);
      [from, before] = [to, value];
    }
    return this.#ramp(level, from, before);
  }
  /** One decay alone, below the level: it rises to 0. */
  #alone(u: number, level: number): number {
    const rate = this.#cascade.rates[this.#chain[0]!.findIndex((c) => c !== 0)]!;
    const share = level / u;
    return level < 0 && u <= level && rate < 0 && share > 1e-300 ? log(share) / rate : Number.POSITIVE_INFINITY;
  }
  /** Without leak u may rise for ever: by the last time, steadily. */
  #ramp(level: number, from: number, before: number): number {
    for (let [low, below] = [from, before]; low < LONGEST; ) {
      const high = 2 * low;
      this.#move(high);
      const [value, slope] = [this.#value(0) - level, this.#value(1)];
      if (value > 0) return below === 0 ? low : this.#solve(0, level, low, below, high);
      if (!(slope > 0)) break;
      [low, below] = [high, value];
    }
    return Number.POSITIVE_INFINITY;
  }

  /**
   * The zero of f_k - level between two times, where the sign changes once: Newton's method, kept within the bracket, which
   * is halved whenever three steps have not done as much.
   */
  #solve(k: number, level: number, from: number, f: number, to: number): number {
    const rising = f < 0;
    let [low, high, x, value] = [from, to, from, f];
    let [width, before] = [2 * (to - from), 0];
    this.#move(x);
    for (let step = 0; step < MOST_STEPS; step++) {
      const slope = this.#value(k + 1) + this.#rates[k]! * value;
      let next = x - value / slope;
      const slow = step % 3 === 2 && high - low > width / 2;
      if (step % 3 === 2) width = high - low;
      const halved = slow || !(next > low && next < high);
      if (halved) next = this.#between(low, high);
      if (next <= low || next >= high) return high;
      const change = Math.abs(next - x);
      if (!halved && settled(change, before, k > 0 ? COARSE * next : CLOSE * next)) return next;
      before = halved ? 0 : change;
      this.#move(next);
      value = this.#value(k) - level;
      if (value === 0) return next;
      if (value < 0 === rising) low = next;
      else high = next;
      x = next;
    }
    return high;
  }
  /** The middle; in a bracket much longer than the fastest time constant, nearer to its start. */
  #between(low: number, high: number): number {
    const width = high - low;
    return low + (width > 16 * this.#fastest ? Math.sqrt(width * this.#fastest) : width / 2);
  }
}

/** Whether the change of Newton's method that follows will be within a tolerance: its error is squared by each (to a factor). */
function settled(change: number, before: number, tolerance: number): boolean {
  if (change <= tolerance) return true;
  return change < before / 16 && (change / before) ** 2 * change < tolerance;
}

interface TwoDecays {
  readonly first: number;
  readonly second: number;
  /** Of the first in the derivative of the second. */
  readonly gain: number;
}
/** The first two variables that u depends on, if their rates are equal, or far enough apart to tell their decays apart. */
function twoDecaysOf([first, second]: readonly number[], { rates, couplings }: Cascade): TwoDecays | undefined {
  if (first === undefined || second === undefined) return undefined;
  const [a, b] = [rates[first]!, rates[second]!];
  if (a !== b && Math.abs(a - b) < 1e-4 * Math.max(-a, -b)) return undefined;
  const gain = couplings.reduce((sum, c) => (c.from === first && c.to === second ? sum + c.gain : sum), 0);
  return { first, second, gain };
}

/** Variables that u depends on, in order. */
function seenBy(c: Float64Array, { couplings, size }: Cascade): number[] {
  const seen = new Set<number>();
  for (let i = size - 1; i >= 0; i--)
    if (c[i] !== 0 || couplings.some((x) => x.from === i && x.gain !== 0 && seen.has(x.to))) seen.add(i);
  return [...seen].sort((a, b) => a - b);
}
function dot(c: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < c.length; i++) sum += c[i]! * y[i]!;
  return sum;
}
const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

/** Coefficients of c·y and its derivatives: as many as powers of time are left of it when all has decayed. */
type Powers = readonly Float64Array[];
function powersOf(c: Float64Array, seen: readonly number[], cascade: Cascade): Powers {
  const count = seen.filter((i) => cascade.rates[i] === 0).length;
  const powers = [c];
  while (powers.length < count) powers.push(minusRate(powers.at(-1)!, 0, cascade));
  return powers;
}

/** The coefficients of (D - rate) c·y. */
export function minusRate(c: Float64Array, rate: number, { couplings, rates }: Cascade): Float64Array {
  const out = c.map((x, i) => x * (rates[i]! - rate));
  for (const { to, from, gain } of couplings) out[from]! += c[to]! * gain;
  return out;
}
