/**
 * Exact gradients of spike times, backwards from event to event (EventProp): between events the adjoint of a neuron's state
 * follows `-λ' = Aᵀ λ` in closed form; at a spike it jumps.
 *
 * A spike at time t is where `c·y` reaches the threshold, so that a change δy of the state before it moves it by
 * δt = -c·δy / (c·A y). Behind it the state changes by δy⁺ = R δy + (R A y - A y⁺) δt, with the reset y⁺ = R y + r, and the
 * state of a neuron that its weight w reaches, at port p, by -w A p δt. So with G, the derivative of the loss by this time
 * and of all that its arrivals change, λ = Rᵀ λ⁺ - c (G + λ⁺·(R A y - A y⁺)) / (c·A y); and λ·p, where a spike arrives,
 * is the derivative by its weight. For a leaky membrane behind an exponential current these are the equations of the paper.
 *
 * @see Wunderlich and Pehle 2021, Sci. Rep. 11:12829, table 1
 */
import { RunError } from "../../base/errors.ts";
import type { Cells } from "../../sim/exact/cells.ts";
import type { Kind } from "../../sim/exact/kind.ts";
import type { Path } from "./paths.ts";

/** A spike of a run: of neuron `neuron` of a population (or an input, without `cells`). */
export interface Fired {
  readonly node: string;
  readonly neuron: number;
  readonly time: number;
  readonly cells?: Cells;
  /** Of the neuron just before it fired. */
  readonly state?: Float64Array;
  /** The derivative of the loss by its time, so far. */
  slope: number;
}

/** `A y`. */
export function rateOf({ cascade }: Kind, y: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(cascade.rates, (r, i) => r * y[i]!);
  for (const { to, from, gain } of cascade.couplings) out[to]! += gain * y[from]!;
  return out;
}

/** `e^{At}` and the like of one set of parameters. */
class Flow {
  readonly kind: Kind;
  readonly width: number;
  readonly #unit: Float64Array;
  readonly #column: Float64Array;
  readonly #matrix: Float64Array;
  #time = Number.NaN;

  constructor(kind: Kind) {
    this.kind = kind;
    this.width = kind.cascade.size;
    this.#unit = new Float64Array(this.width);
    this.#column = new Float64Array(this.width);
    this.#matrix = new Float64Array(this.width ** 2);
  }

  /** `λ` at `at`, `t` seconds earlier. */
  back(λ: Float64Array, at: number, t: number): void {
    const { width } = this;
    if (t !== this.#time) this.#prepare(t);
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += this.#matrix[j * width + i]! * λ[at + i]!;
      this.#column[j] = sum;
    }
    λ.set(this.#column, at);
  }
  /** Row j: how variable j now changes each variable in `t` seconds. */
  #prepare(t: number): void {
    const { width } = this;
    for (let j = 0; j < width; j++) {
      this.#unit.fill(0);
      this.#unit[j] = 1;
      this.kind.cascade.advance(this.#unit, 0, t, this.#matrix, j * width);
    }
    this.#time = t;
  }

  /** `λ·A e`, of the unit vector of a variable. */
  through(λ: Float64Array, at: number, variable: number): number {
    const { rates, couplings } = this.kind.cascade;
    let sum = λ[at + variable]! * rates[variable]!;
    for (const { to, from, gain } of couplings) if (from === variable) sum += λ[at + to]! * gain;
    return sum;
  }
  /** `R x`. */
  reset(x: Float64Array): Float64Array {
    const out = x.slice();
    for (const { variable, factors } of this.kind.resets)
      out[variable] = factors.reduce((sum, k, i) => sum + k * x[i]!, 0);
    return out;
  }
  /** `Rᵀ λ`. */
  resetBack(λ: Float64Array): Float64Array {
    const { resets } = this.kind;
    const out = λ.slice();
    for (const { variable } of resets) out[variable] = 0;
    for (const { variable, factors } of resets)
      for (let i = 0; i < out.length; i++) out[i]! += factors[i]! * λ[variable]!;
    return out;
  }
}

/** Adjoints of all neurons of a population. */
class Course {
  readonly λ: Float64Array;
  readonly flows: readonly Flow[];
  /** To when each has been brought; and whether it is anything but zero. */
  readonly #time: Float64Array;
  readonly #alive: Uint8Array;
  readonly cells: Cells;

  constructor(cells: Cells) {
    this.cells = cells;
    this.λ = new Float64Array(cells.size * cells.width);
    const flows = new Map<Kind, Flow>();
    this.flows = Array.from({ length: cells.size }, (_, n) => {
      const kind = cells.kind(n);
      if (!flows.has(kind)) flows.set(kind, new Flow(kind));
      return flows.get(kind)!;
    });
    this.#time = new Float64Array(cells.size);
    this.#alive = new Uint8Array(cells.size);
  }
  clear(): void {
    this.λ.fill(0);
    this.#alive.fill(0);
  }
  /** Brings a neuron back to a time; false where its adjoint is zero there. */
  bring(n: number, time: number): boolean {
    if (!this.#alive[n]) return false;
    const wait = this.#time[n]! - time;
    if (wait > 0) this.flows[n]!.back(this.λ, n * this.cells.width, wait);
    this.#time[n] = time;
    return true;
  }
  wake(n: number, time: number): void {
    this.#alive[n] = 1;
    this.#time[n] = time;
  }
}

/** Somewhere that the loss looks at a state. */
export interface Look {
  readonly node: string;
  readonly neuron: number;
  readonly time: number;
  /** The place in the state, and the derivative of the loss by what is there. */
  readonly place: number;
  readonly slope: number;
}

/**
 * Kinds of events as they follow backwards at one moment: what a spike brought at once, spikes, what came from before, and
 * looks at a state that nothing of this moment has changed yet.
 */
const ORDER = { echo: 0, spike: 1, arrival: 2, look: 3 } as const;
interface Happening {
  readonly time: number;
  readonly order: number;
  readonly look?: Look;
  readonly fired?: Fired;
  /** Of an arrival: synapses `[from, to)` of a path. */
  readonly path?: Path;
  readonly from: number;
  readonly to: number;
}

export class Adjoint {
  readonly #paths: ReadonlyMap<string, readonly Path[]>;
  readonly #courses: ReadonlyMap<string, Course>;

  constructor(populations: readonly Cells[], paths: readonly Path[]) {
    this.#courses = new Map(populations.map((c) => [c.node, new Course(c)]));
    const nodes = new Set(paths.map((p) => p.source));
    this.#paths = new Map([...nodes].map((node) => [node, paths.filter((p) => p.source === node)]));
  }

  /** Adds the gradients of a run's loss, whose derivatives by spike times the spikes hold, to those of the weights. */
  run(spikes: readonly Fired[], end: number, looks: readonly Look[] = []): void {
    for (const course of this.#courses.values()) course.clear();
    for (const h of this.#happenings(spikes, end, looks)) {
      if (h.look) this.#look(h.look);
      else if (h.path) this.#arrival(h, h.path, h.fired!);
      else this.#spike(h.fired!);
    }
  }
  #look({ node, neuron, time, place, slope }: Look): void {
    const course = this.#courses.get(node)!;
    course.bring(neuron, time);
    course.λ[neuron * course.cells.width + place]! += slope;
    course.wake(neuron, time);
  }

  /** The last first. */
  #happenings(spikes: readonly Fired[], end: number, looks: readonly Look[]): Happening[] {
    const all: Happening[] = looks.map((look) => ({ time: look.time, order: ORDER.look, look, from: 0, to: 0 }));
    for (const fired of spikes) {
      if (fired.cells) all.push({ time: fired.time, order: ORDER.spike, fired, from: 0, to: 0 });
      for (const path of this.#paths.get(fired.node) ?? [])
        for (const { from, to, delay } of path.groups(fired.neuron)) {
          const time = fired.time + delay;
          if (time < end) all.push({ time, order: delay === 0 ? ORDER.echo : ORDER.arrival, fired, path, from, to });
        }
    }
    return all.sort((a, b) => b.time - a.time || a.order - b.order);
  }

  #arrival({ time, from, to }: Happening, path: Path, fired: Fired): void {
    const course = this.#courses.get(path.target)!;
    const { width } = course.cells;
    const { λ } = course;
    let slope = 0;
    for (let k = from; k < to; k++) {
      const n = path.targets[k]!;
      if (!course.bring(n, time)) continue;
      const jumps = path.jumps[course.cells.kindNumber(n)]!;
      const at = n * width;
      let along = 0;
      for (const { variable, factor } of jumps) {
        along += factor * λ[at + variable]!;
        if (fired.cells) slope -= path.weight[k]! * factor * course.flows[n]!.through(λ, at, variable);
      }
      const own = path.parameter[k]!;
      if (own >= 0) path.gradient[own]! += path.sign * along;
    }
    fired.slope += slope;
  }

  #spike({ node, neuron: n, time, cells, state, slope }: Fired): void {
    const course = this.#courses.get(node)!;
    if (!course.bring(n, time) && slope === 0) return;
    const { width } = course.cells;
    const flow = course.flows[n]!;
    const { compared } = flow.kind;
    const before = rateOf(flow.kind, state!);
    const rise = dot(compared, before);
    if (!(rise > 0))
      throw new RunError(
        "unsupported",
        `${node}.spike`,
        `neuron ${n} fires at ${time} s while its membrane does not rise (slope ${rise}), so its time has no derivative`,
      );
    const after = rateOf(flow.kind, cells!.afterReset(n, state!));
    const later = course.λ.slice(n * width, (n + 1) * width);
    const salted = flow.reset(before);
    const whole = slope + later.reduce((sum, l, i) => sum + l * (salted[i]! - after[i]!), 0);
    const earlier = flow.resetBack(later);
    for (let i = 0; i < width; i++) earlier[i]! -= (compared[i]! * whole) / rise;
    course.λ.set(earlier, n * width);
    course.wake(n, time);
  }
}
const dot = (a: ArrayLike<number>, b: Float64Array): number => b.reduce((sum, x, i) => sum + x * a[i]!, 0);
