/**
 * The trail of a run: a digest of every variable in every step, the spikes, and in every n-th step all values. So a run of one
 * version, machine or backend can be compared with one of another that is not there.
 */
import { ModelError, requireInteger } from "../../base/errors.ts";
import { firstAtLeast } from "../../base/sorted.ts";
import type { Recording, Spikes } from "../recording.ts";
import { type Column, differing, type Sameness, Scales, type Stored } from "./column.ts";
import { type Found, foundIn, requireComparable } from "./compare.ts";
import type { Divergence, Earlier, Parting } from "./divergence.ts";
import { countOf, type SpikeDifference, spikeDifference } from "./lists.ts";
import type { ClockedSide } from "./side.ts";

export interface TrailColumn {
  readonly population: string;
  readonly variable: string;
  readonly stored: Stored;
  /** Numbers in one row: neurons, times trials. */
  readonly length: number;
  /** By moment: 0 before the first step, k + 1 after step k; as 16 hexadecimal digits. */
  readonly digests: readonly string[];
  /** Rows of moments 0, `every`, 2 · `every` … */
  readonly values: Float32Array | Float64Array;
}
export interface Trail {
  /** Of Rheobase. */
  readonly version: string;
  /** What was run, and how: plain data. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Seconds a step. */
  readonly dt: number;
  readonly steps: number;
  readonly every: number;
  /** Neurons of each population. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly columns: readonly TrailColumn[];
  /** By population that spikes. */
  readonly spikes: Readonly<Record<string, Spikes>>;
}

/** Bytes of values in one trail. */
const LARGEST = 2 ** 30;

/** @throws {ModelError} `out-of-range` for a trail whose values would not fit: keep them of fewer steps */
export function recordTrail(
  side: ClockedSide,
  {
    steps,
    every,
    version,
    settings,
    onProgress,
  }: Pick<Trail, "steps" | "every" | "version" | "settings"> & {
    readonly onProgress?: (done: number) => void;
  },
): Trail {
  requireInteger("steps", steps, 0);
  requireInteger("every", every, 1);
  const first = side.columns();
  const rows = Math.floor(steps / every) + 1;
  const bytes = first.reduce((sum, c) => sum + rows * c.values!.length * (c.stored === "f32" ? 4 : 8), 0);
  if (bytes > LARGEST)
    throw new ModelError(
      "out-of-range",
      "every",
      `values of ${rows} steps take ${bytes} bytes, and ${LARGEST} are kept: every ${Math.ceil((every * bytes) / LARGEST)} steps or more`,
    );
  const columns = first.map((c) => ({
    ...{ population: c.population, variable: c.variable, stored: c.stored, length: c.values!.length },
    digests: [] as string[],
    values: new (c.stored === "f32" ? Float32Array : Float64Array)(rows * c.values!.length),
  }));
  const take = (moment: number): void =>
    side.columns().forEach((c, k) => {
      columns[k]!.digests.push(c.digest());
      if (moment % every === 0) columns[k]!.values.set(c.values!, (moment / every) * c.values!.length);
    });
  take(0);
  const spikes = new SpikeLists();
  for (let k = 0; k < steps; k++) {
    spikes.add(side.advance(1).spikes, k);
    take(k + 1);
    onProgress?.(k + 1);
  }
  const { network } = side.engine;
  const sizes = Object.fromEntries(Object.entries(network.populations).map(([node, p]) => [node, p.size]));
  return { ...{ version, settings, dt: network.dt, steps, every, sizes, columns }, spikes: spikes.done() };
}

class SpikeLists {
  readonly #lists = new Map<string, { steps: number[]; indices: number[]; samples: number[] }>();

  add(spikes: Recording["spikes"], step: number): void {
    for (const [node, { indices, samples }] of Object.entries(spikes)) {
      const own = this.#lists.get(node) ?? { steps: [], indices: [], samples: [] };
      this.#lists.set(node, own);
      for (let k = 0; k < indices.length; k++) {
        own.steps.push(step);
        own.indices.push(indices[k]!);
        own.samples.push(samples[k]!);
      }
    }
  }
  done(): Record<string, Spikes> {
    const array = (x: readonly number[]): Uint32Array => Uint32Array.from(x);
    return Object.fromEntries(
      [...this.#lists].map(([node, { steps, indices, samples }]) => [
        node,
        { steps: array(steps), indices: array(indices), samples: array(samples) },
      ]),
    );
  }
}

/** What is walked through one step at a time: a run, or the trail of one. */
export interface Walker {
  /** Seconds a step. */
  readonly dt: number;
  readonly sizes: Readonly<Record<string, number>>;
  /** Goes one step on. @returns its spikes, in step 0 */
  advance(): Readonly<Record<string, Spikes>>;
  /** As they stand; what the walker does later leaves them alone. */
  columns(): Column[];
}

export function liveWalker(side: ClockedSide): Walker {
  const { network } = side.engine;
  return {
    dt: network.dt,
    sizes: Object.fromEntries(Object.entries(network.populations).map(([node, p]) => [node, p.size])),
    advance: () => side.advance(1).spikes,
    columns: () =>
      side.columns().map((c) => {
        const digest = c.digest(); // of now
        return { ...c, values: c.values!.slice(), digest: () => digest };
      }),
  };
}
export function trailWalker(trail: Trail): Walker {
  const { dt, sizes, every, columns, spikes } = trail;
  let moment = 0;
  return {
    ...{ dt, sizes },
    advance: () => Object.fromEntries(Object.entries(spikes).map(([node, list]) => [node, inStep(list, moment)])),
    columns: () => {
      const now = moment++;
      return columns.map(({ population, variable, stored, length, digests, values }): Column => {
        const at = (now / every) * length;
        return {
          ...{ population, variable, stored },
          values: now % every === 0 ? values.subarray(at, at + length) : undefined,
          digest: () => digests[now]!,
        };
      });
    },
  };
}
/** Spikes of step `moment - 1`, in step 0. */
function inStep({ steps, indices, samples }: Spikes, moment: number): Spikes {
  const step = moment - 1;
  const [from, to] = [firstAtLeast(steps, step), firstAtLeast(steps, step + 1)];
  return {
    steps: new Uint32Array(to - from),
    indices: indices.subarray(from, to),
    samples: samples.subarray(from, to),
  };
}
export interface WalkOptions extends Partial<Sameness> {
  readonly steps: number;
  readonly context?: number;
  readonly onProgress?: (done: number) => void;
}

/**
 * Walks through both and finds where they part. Digests say in which step and variable, values in which neuron; where they
 * were kept of a later step only, it says what they are there.
 *
 * @throws {ModelError} `shape-mismatch` for other variables or another step of time; `unsupported` where digests cannot tell
 */
export function walkApart(a: Walker, b: Walker, options: WalkOptions): Divergence {
  const { steps, tolerance = 0, context = 3, onProgress } = options;
  if (a.dt !== b.dt) throw new ModelError("shape-mismatch", "dt", `steps of ${a.dt} s against steps of ${b.dt} s`);
  const walk = new Walk(a, b, { tolerance, context });
  for (let step = -1; step < steps && !walk.isDone; step++) {
    walk.step(step);
    if (step >= 0) onProgress?.(step + 1);
  }
  return walk.result(steps);
}

type Looking = Required<Pick<WalkOptions, "tolerance" | "context">>;
type State = { readonly step: number; readonly a: readonly Column[]; readonly b: readonly Column[] };

/** Looks at one step after the other until it knows all that is asked: where states part, and where spikes do. */
class Walk {
  readonly #a: Walker;
  readonly #b: Walker;
  readonly #options: Looking;
  readonly #scales = new Scales();
  readonly #recent: State[] = [];
  readonly #spikes = { a: 0, b: 0 };
  readonly #fired = new Map<string, number>();
  #parting: Parting | undefined;
  #spike: Divergence["spike"];

  constructor(a: Walker, b: Walker, options: Looking) {
    [this.#a, this.#b, this.#options] = [a, b, options];
  }

  get isDone(): boolean {
    const isTold = this.#parting?.neuron !== undefined || this.#parting?.seen !== undefined;
    return isTold && this.#spike !== undefined;
  }
  result(steps: number): Divergence {
    const [parting, spike] = [this.#parting, this.#spike];
    return { ...(parting && { parting }), ...(spike && { spike }), steps, spikes: this.#spikes };
  }

  step(step: number): void {
    const [x, y] = step < 0 ? [{}, {}] : [this.#a.advance(), this.#b.advance()];
    const state = { step, a: this.#a.columns(), b: this.#b.columns() };
    if (step < 0) {
      requireComparable(state.a, state.b);
      requireTellable(state.a, state.b, this.#options.tolerance);
    }
    const apart = this.#spike ? undefined : spikeDifference(x, y);
    if (!this.#parting) this.#look(state, apart);
    else if (this.#parting.neuron === undefined && !this.#parting.seen) this.#see(state);
    if (apart) this.#spike = this.#spikeOf(apart, step);
    else if (!this.#spike) this.#count(x, y);
    this.#recent.push(state);
    if (this.#recent.length > this.#options.context) this.#recent.shift();
  }

  #look(state: State, apart: SpikeDifference | undefined): void {
    const found = foundIn(state.a, state.b, apart, this.#options, this.#scales, this.#a.sizes);
    if (!found) return;
    const before = found.neuron === undefined ? [] : earlier(this.#recent, found, this.#a.sizes);
    this.#parting = { ...found, step: state.step, time: Math.max(0, state.step) * this.#a.dt, before };
  }
  /** The values that the first digest to differ stood for are gone; those of the next row are there. */
  #see({ step, a, b }: State): void {
    const { population, variable } = this.#parting!;
    const of = (columns: readonly Column[]) =>
      columns.find((c) => c.population === population && c.variable === variable)!.values;
    const [x, y] = [of(a), of(b)];
    const at = x && y ? differing(x, y, 0).first : -1;
    if (at < 0) return;
    const seen = { step, neuron: at % this.#a.sizes[population!]!, a: x![at]!, b: y![at]! };
    this.#parting = { ...this.#parting!, seen };
  }
  #spikeOf({ population, neuron, by }: SpikeDifference, step: number): Divergence["spike"] {
    const number = this.#fired.get(`${population}:${neuron}`) ?? 0;
    return { population, neuron, [by]: step * this.#a.dt, number };
  }
  #count(a: Recording["spikes"], b: Recording["spikes"]): void {
    this.#spikes.a += countOf(a);
    this.#spikes.b += countOf(b);
    for (const [node, { indices }] of Object.entries(a))
      for (const k of indices) this.#fired.set(`${node}:${k}`, (this.#fired.get(`${node}:${k}`) ?? 0) + 1);
  }
}

/** Digests of different types differ always, and know no tolerance. */
function requireTellable(a: readonly Column[], b: readonly Column[], tolerance: number): void {
  const other = b.find((c) =>
    a.some((x) => x.population === c.population && x.variable === c.variable && x.stored !== c.stored),
  );
  if (other)
    throw new ModelError(
      "unsupported",
      "diff",
      `a trail is compared with a run of the same type; '${other.variable}' of '${other.population}' is ${other.stored}`,
    );
  if (tolerance > 0)
    throw new ModelError("unsupported", "tolerance", "a trail's digests tell equal bits and no more: compare two runs");
}

function earlier(recent: readonly State[], found: Found, sizes: Walker["sizes"]): Earlier[] {
  const at = (found.trial ?? 0) * sizes[found.population!]! + found.neuron!;
  return recent.flatMap(({ step, a, b }) => {
    const [x, y] = [a, b].map(
      (columns) =>
        columns.find((c) => c.population === found.population && c.variable === found.variable)?.values?.[at],
    );
    return x === undefined && y === undefined ? [] : [{ step, a: x ?? y!, b: y ?? x! }];
  });
}
