/**
 * The neurons of a population between events. A neuron's state is kept as of its last event, as the distance from where it
 * would come to rest: y' = A y, without a constant.
 */
import { initialise } from "../../model/initializer.ts";
import type { Population } from "../../model/network.ts";
import { requireRange } from "../../model/range.ts";
import { initialName } from "../../model/trainable.ts";
import type { Parameters } from "../lower/parameters.ts";
import { type ExactForm, exactForm } from "./form.ts";
import { type Jump, type Kind, kindOf, type Layout, layoutOf } from "./kind.ts";

/** What no neuron has done yet. */
const NEVER = Number.POSITIVE_INFINITY;

export class Cells {
  readonly node: string;
  readonly size: number;
  readonly form: ExactForm;
  /** Number of the first neuron among those of all populations. */
  readonly first: number;
  /** When each was brought up to date. */
  readonly last: Float64Array;
  /** 1 while refractory. */
  readonly refractory: Uint8Array;
  /** When it fires next (`certain`), or before when it does not; and the earliest test in the queue. */
  readonly due: Float64Array;
  readonly certain: Uint8Array;
  readonly queued: Float64Array;
  /** When it began to fire without a pause, and how many spikes it has fired since. */
  readonly burst: Float64Array;
  readonly repeats: Uint32Array;
  /** States brought up to date. */
  updates = 0;
  readonly #layout: Layout;
  readonly #kinds: readonly Kind[];
  readonly #kindOf: Uint32Array;
  readonly #held: Uint8Array;
  readonly #y: Float64Array;
  /** Where each variable comes to rest, and the level that the compared sum of distances must exceed. */
  readonly #rest: Float64Array;
  readonly #level: Float64Array;
  /** By input. */
  readonly #currents: ReadonlyMap<string, Float64Array>;
  readonly #scratch: Float64Array;
  /** States, places of rest and levels as they were before anything had happened. */
  readonly #beginning: readonly Float64Array[];

  constructor(node: string, p: Population, first: number, parameters: Parameters, seed: number) {
    this.node = node;
    this.size = p.size;
    this.first = first;
    this.form = exactForm(p.model);
    const { kinds, kindOf: numbers } = kindsOf(node, p, parameters, seed);
    this.#layout = layoutOf(this.form, kinds);
    this.#kinds = kinds.map((numbers) => kindOf(this.form, this.#layout, numbers));
    this.#kindOf = numbers;
    const { size } = this.#layout;
    this.#held = new Uint8Array(size);
    for (const name of this.form.held) this.#held[this.placeOf(name)] = 1;
    this.#scratch = new Float64Array(size);
    this.#y = new Float64Array(p.size * size);
    this.#rest = new Float64Array(p.size * size);
    this.#level = new Float64Array(p.size);
    this.#currents = new Map([...this.form.currents].map((input) => [input, new Float64Array(p.size)]));
    this.last = new Float64Array(p.size);
    this.refractory = new Uint8Array(p.size);
    this.due = new Float64Array(p.size).fill(NEVER);
    this.certain = new Uint8Array(p.size);
    this.queued = new Float64Array(p.size).fill(NEVER);
    this.burst = new Float64Array(p.size).fill(-NEVER);
    this.repeats = new Uint32Array(p.size);
    for (const v of p.model.variables) {
      const values = initialOf(node, p, v, parameters, seed);
      for (let n = 0; n < p.size; n++) this.#y[n * size + this.placeOf(v.name)] = values[n]!;
    }
    for (let n = 0; n < p.size; n++) this.#settle(n);
    this.#beginning = [this.#y, this.#rest, this.#level].map((x) => x.slice());
  }

  /** As if nothing had happened yet. */
  restart(): void {
    for (const [k, x] of [this.#y, this.#rest, this.#level].entries()) x.set(this.#beginning[k]!);
    for (const currents of this.#currents.values()) currents.fill(0);
    this.last.fill(0);
    this.refractory.fill(0);
    this.due.fill(NEVER);
    this.certain.fill(0);
    this.queued.fill(NEVER);
    this.burst.fill(-NEVER);
    this.repeats.fill(0);
  }
  /** Numbers of a neuron's state. */
  get width(): number {
    return this.#layout.size;
  }
  /** Where a number of a neuron's state comes to rest. */
  restOf(n: number, place: number): number {
    return this.#rest[n * this.width + place]!;
  }
  /** The state of an up-to-date neuron, as distances from rest. */
  distances(n: number): Float64Array {
    return this.#y.slice(n * this.width, (n + 1) * this.width);
  }

  /** Of a variable in a neuron's state. */
  placeOf(variable: string): number {
    return this.#layout.place.get(variable)!;
  }
  kind(n: number): Kind {
    return this.#kinds[this.#kindOf[n]!]!;
  }
  /** What a weight that arrives at a port adds, of each kind; one list where all are alike. */
  jumps(port: string): readonly (readonly Jump[])[] {
    return this.#kinds.map((k) => k.jumps.get(port)!);
  }
  get evaluations(): number {
    return this.#kinds.reduce((sum, k) => sum + (k.crossing?.evaluations ?? 0), 0);
  }

  /** Finds where neuron n comes to rest, from its constant drive; its state holds values, and then distances. */
  #settle(n: number): void {
    const { cascade, rest, inputs, ramps, compared, offset } = this.kind(n);
    const at = n * this.#layout.size;
    const [rests, y] = [this.#rest, this.#y];
    const drive = rest.slice();
    for (const { to, input, factor } of inputs) drive[to]! += factor * this.#currents.get(input)![n]!;
    let level = -offset;
    for (let i = this.#layout.ramp.size; i < cascade.size; i++) {
      let sum = drive[i]!;
      for (const { to, from, gain } of cascade.couplings) if (to === i) sum += gain * rests[at + from]!;
      const ramp = ramps[i]!;
      if (ramp >= 0) y[at + ramp] = sum;
      rests[at + i] = ramp >= 0 ? 0 : sum / -cascade.rates[i]!;
      y[at + i]! -= rests[at + i]!;
      if (compared[i] !== 0) level -= compared[i]! * rests[at + i]!;
    }
    this.#level[n] = level;
  }

  /** Changes the constant currents of an input; all neurons must be up to date. */
  drive(input: string, currents: Float64Array): void {
    this.#currents.get(input)!.set(currents);
    const { size, ramp } = this.#layout;
    for (let n = 0; n < this.size; n++) {
      for (let i = ramp.size; i < size; i++) this.#y[n * size + i]! += this.#rest[n * size + i]!;
      this.#settle(n);
    }
  }
  current(input: string): Float64Array {
    return this.#currents.get(input)!;
  }

  /** Brings neuron n up to date. */
  update(n: number, t: number): void {
    const since = t - this.last[n]!;
    if (since === 0) return;
    this.updates++;
    const at = n * this.#layout.size;
    this.kind(n).cascade.advance(this.#y, at, since, this.#y, at, this.refractory[n] ? this.#held : undefined);
    this.last[n] = t;
  }

  /** A weight arrives at an up-to-date neuron; what stands still takes nothing. */
  receive(n: number, jumps: readonly Jump[], weight: number): void {
    const at = n * this.#layout.size;
    for (const { variable, factor } of jumps)
      if (!(this.refractory[n] && this.#held[variable])) this.#y[at + variable]! += factor * weight;
  }
  kindNumber(n: number): number {
    return this.#kindOf[n]!;
  }

  /** A time before which an up-to-date neuron does not fire if nothing arrives; `undefined` where none is known. */
  earliest(n: number): number | undefined {
    const wait = this.kind(n).bound?.before(this.#y, n * this.#layout.size, this.#level[n]!);
    return wait === undefined ? undefined : this.last[n]! + wait;
  }
  /** The same, seen from a later time, before which it does not fire either: later, as drives have decayed. */
  earliestFrom(n: number, t: number): number {
    const { bound, cascade } = this.kind(n);
    if (!bound || t === this.last[n]) return t;
    cascade.advance(this.#y, n * this.#layout.size, t - this.last[n]!, this.#scratch, 0);
    return t + bound.before(this.#scratch, 0, this.#level[n]!);
  }
  /** When neuron n fires if nothing arrives; `Infinity` if never. */
  crossing(n: number): number {
    const { crossing } = this.kind(n);
    const wait = crossing!.first(this.#y, n * this.#layout.size, this.#level[n]!, this.form.reaching);
    return this.last[n]! + wait;
  }

  /** What a spike does to an up-to-date neuron. */
  reset(n: number): void {
    const [at, { size }] = [n * this.#layout.size, this.#layout];
    this.#scratch.set(this.#y.subarray(at, at + size));
    this.#reset(n, this.#scratch, this.#y, at);
  }
  /** What a spike makes of a state of neuron n, given and returned as distances from rest. */
  afterReset(n: number, state: Float64Array): Float64Array {
    const after = state.slice();
    this.#reset(n, state, after, 0);
    return after;
  }
  #reset(n: number, before: Float64Array, after: Float64Array, to: number): void {
    const { resets } = this.kind(n);
    const [at, { size }] = [n * this.#layout.size, this.#layout];
    for (const { variable, factors, rest } of resets) {
      let sum = rest - this.#rest[at + variable]!;
      for (let i = 0; i < size; i++) if (factors[i] !== 0) sum += factors[i]! * (before[i]! + this.#rest[at + i]!);
      after[to + variable] = sum;
    }
  }

  /** A variable of neuron n at a time after its last event; nothing changes. */
  value(n: number, place: number, t: number): number {
    const at = n * this.#layout.size;
    const held = this.refractory[n] ? this.#held : undefined;
    this.kind(n).cascade.advance(this.#y, at, t - this.last[n]!, this.#scratch, 0, held);
    return this.#scratch[place]! + this.#rest[at + place]!;
  }
  /** Whether all numbers of neuron n are finite; else the variable that is not. */
  notFinite(n: number): string | undefined {
    const at = n * this.#layout.size;
    return this.form.variables.find((name) => !Number.isFinite(this.#y[at + this.placeOf(name)]!));
  }
}

/** Sets of parameters that differ, and which neuron has which. */
function kindsOf(node: string, p: Population, parameters: Parameters, seed: number) {
  const arrays = p.model.parameters.map((parameter): readonly [string, ArrayLike<number>] => {
    const { name, value } = parameter;
    const given = p.parameters[name] ?? { kind: "constant", value };
    const trained = parameters[`${node}.${name}`];
    if (trained) return [name, trained];
    if (given.kind === "constant") return [name, [given.value]];
    const numbers = initialise(given, p.size, { name: `${node}.${name}`, seed });
    requireRange(`${node}.${name}`, parameter, numbers);
    return [name, numbers];
  });
  const known = new Map<string, number>();
  const kinds: ReadonlyMap<string, number>[] = [];
  const alike = arrays.every(([, values]) => values.length === 1);
  const kindOf = Uint32Array.from({ length: p.size }, (_, n) => {
    if (alike && n > 0) return 0;
    const own = arrays.map(([name, values]) => [name, values[values.length === 1 ? 0 : n]!] as const);
    const key = own.map(([, x]) => x).join();
    if (!known.has(key)) {
      known.set(key, kinds.length);
      kinds.push(new Map(own));
    }
    return known.get(key)!;
  });
  return { kinds, kindOf };
}

function initialOf(
  node: string,
  p: Population,
  { name, initial }: { name: string; initial: number },
  parameters: Parameters,
  seed: number,
): ArrayLike<number> {
  const key = `${node}.${initialName(name)}`;
  const trained = parameters[key];
  if (trained) return trained.length === p.size ? trained : new Float64Array(p.size).fill(trained[0]!);
  return initialise(p.initial[name] ?? { kind: "constant", value: initial }, p.size, { name: key, seed });
}
