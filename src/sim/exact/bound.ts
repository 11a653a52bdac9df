/**
 * A time before which no crossing can be, for the price of one logarithm: most neurons receive something else first, and
 * then nobody needs to know when they would have fired. (The idea: D'Haene, Schrauwen, Van Campenhout and Stroobandt 2009,
 * Neural Comput. 21, 1068.)
 *
 * The membrane follows v' = λ v + drive(t), and drive never exceeds D = Σ_i |y_i| · (the largest response of the drive to
 * variable i, of the sign of y_i). So v stays below the membrane that D drives, whose crossing has a closed form.
 */
import { log } from "../../base/elementary.ts";
import type { Cascade } from "./cascade.ts";
import { Crossing } from "./crossing.ts";

/** By how much a bound is lowered, so that rounding does not raise it above the crossing. */
const SLACK = 1e-9;
/** Time constants after which nothing changes any more. */
const ENDLESS = 1000;

export class Bound {
  /** The one variable that is compared. */
  readonly #membrane: number;
  readonly #sign: number;
  readonly #scale: number;
  readonly #rate: number;
  /** Largest responses of the drive to 1 and to -1 of each variable before the membrane. */
  readonly #up: Float64Array;
  readonly #down: Float64Array;

  private constructor(membrane: number, c: number, rate: number, up: Float64Array, down: Float64Array) {
    this.#membrane = membrane;
    this.#sign = Math.sign(c);
    this.#scale = Math.abs(c);
    this.#rate = rate;
    [this.#up, this.#down] = c > 0 ? [up, down] : [down, up];
  }

  /** Nothing where several variables are compared, or the drive may grow. */
  static of(cascade: Cascade, c: Float64Array): Bound | undefined {
    const compared = Array.from(c, (x, i) => (x === 0 ? [] : [i])).flat();
    const [membrane] = compared;
    if (compared.length !== 1 || membrane === undefined) return undefined;
    const { rates, couplings } = cascade;
    const sees = (i: number): boolean => couplings.some((x) => x.to === i && x.gain !== 0);
    if (rates.some((rate, i) => i !== membrane && rate === 0 && sees(i))) return undefined;
    const drive = new Float64Array(cascade.size);
    for (const { to, from, gain } of couplings) if (to === membrane) drive[from]! += gain;
    const [up, down] = [new Float64Array(cascade.size), new Float64Array(cascade.size)];
    for (let i = 0; i < membrane; i++) [up[i], down[i]] = range(cascade, drive, i);
    return new Bound(membrane, c[membrane]!, rates[membrane]!, up, down);
  }

  /** Seconds, at most those to the first crossing of `level` from below; 0 where `y[at ..]` is at it or above; NaN where that is not finite. */
  before(y: Float64Array, at: number, level: number): number {
    const v = this.#sign * y[at + this.#membrane]!;
    const goal = level / this.#scale;
    if (v >= goal && v < Number.POSITIVE_INFINITY) return 0;
    let drive = 0;
    for (let i = 0; i < this.#membrane; i++) {
      const x = y[at + i]!;
      drive += x > 0 ? x * this.#up[i]! : -x * this.#down[i]!;
    }
    if (!Number.isFinite(v - drive)) return Number.NaN;
    drive *= 1 + SLACK;
    if (this.#rate === 0) return drive > 0 ? ((goal - v) / drive) * (1 - SLACK) : Number.POSITIVE_INFINITY;
    const end = drive / -this.#rate;
    if (end < goal || (end === goal && drive === 0)) return Number.POSITIVE_INFINITY;
    if (end === goal) return 0;
    const share = (end - v) / (end - goal);
    return share < 1e300 ? (log(share) / -this.#rate) * (1 - SLACK) : 0;
  }
}

/** The largest of `drive · y(t)` after y_i = 1, and the largest of its negative; at least 0. */
function range(cascade: Cascade, drive: Float64Array, i: number): [number, number] {
  const start = new Float64Array(cascade.size);
  start[i] = 1;
  const response = (t: number): number => {
    const y = new Float64Array(cascade.size);
    cascade.advance(start, 0, t, y, 0);
    return y.reduce((sum, x, k) => sum + drive[k]! * x, 0);
  };
  // What stands still drives a filter towards a value that it never reaches, or to rounding after long.
  const end = ENDLESS * Math.max(0, ...Array.from(cascade.rates, (rate) => (rate === 0 ? 0 : -1 / rate)));
  const values = [0, ...new Crossing(cascade, drive).extrema(start, 0), end].map(response);
  return [Math.max(0, ...values), Math.max(0, ...values.map((x) => -x))];
}
