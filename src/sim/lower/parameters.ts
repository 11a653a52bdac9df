/**
 * Everything that training may change lies in one buffer, `parameters`: gradients and an optimiser's moments are
 * buffers of the same shape. Rows of weights are padded to whole vectors; the padding is zero and stays zero.
 */
import type { Elements } from "../../backend/backend.ts";
import { NAMED, sameDimension } from "../../base/dimension.ts";
import { listNames, ModelError, requireFinite } from "../../base/errors.ts";
import { type Place, padded, place } from "../../ir/program.ts";
import type { FloatType } from "../../ir/types.ts";
import { sourceCount } from "../../ir/windows.ts";
import {
  biasCount,
  type Connection,
  connectedSizes,
  fanInOfConnection,
  hasSynapseWeights,
  type WindowedConnection,
  weightShape,
  windowsIn,
} from "../../model/connection.ts";
import { endsOf } from "../../model/connectivity/ends.ts";
import { rowsOf } from "../../model/connectivity/rows.ts";
import { synapsesOf } from "../../model/connectivity/windowed.ts";
import type { LearnedRange } from "../../model/delays.ts";
import { constantOf, drawing, type Initializer, initialise } from "../../model/initializer.ts";
import type { Network, Population } from "../../model/network.ts";
import { initialName } from "../../model/trainable.ts";
import { type BatchNorm, isNorm } from "../../model/transform.ts";
import { drawnBy } from "../drawnBy.ts";

/** One array of parameters: `rows` rows of `width` numbers, `stride` apart, from `offset`. */
export interface ParameterBlock {
  readonly name: string;
  readonly offset: number;
  readonly rows: number;
  readonly width: number;
  readonly stride: number;
  readonly trainable: boolean;
  /**
   * `synapse`: weights of a sparse connection, one a synapse in order of source, then of target, or one for all.
   * `delay`: delays that learn, in seconds, in the shape of their weights; `width`: that of their interpolation, in steps.
   * `neuron`: a parameter or an initial state of a population, one value a neuron or, with width 1, one for all. `norm`: of
   * batch normalisation, one value a channel; running statistics of steps have a row each.
   */
  readonly kind: "weight" | "synapse" | "bias" | "delay" | "width" | "neuron" | "norm";
  /** Where the numbers lie in another order than their own: the place among them of each. */
  readonly order?: Uint32Array;
  /** Training keeps the numbers at or above `low` and at or below `high`. */
  readonly low: number;
  readonly high: number;
}
export interface ParameterLayout {
  readonly blocks: ReadonlyMap<string, ParameterBlock>;
  readonly length: number;
  /** Numbers in front of those that training only notes: gradients and what an optimiser keeps are no longer than that. */
  readonly learnedLength: number;
  /** Where the weights of each connection lie, by its name; of one that was taken apart, those of each part. */
  readonly weights: ReadonlyMap<string, WeightPlace>;
  /** Numbers of the buffer `taps`, which are made of weights and delays (`taps.ts`). */
  readonly tapsLength: number;
}
export interface WeightPlace {
  readonly place: Place;
  /** Of a sparse connection: whether each synapse has a weight, or all have one. */
  readonly each: boolean;
}
/** The weights of connections whose delays learn, one array a step. */
export const TAPS = "taps";
/** What of a network is laid out, and how. */
export interface LayoutOptions {
  /** By which sparse connections are drawn; default 0. */
  readonly seed?: number;
  /** Whether weights of sparse connections are parameters, as in training; an engine has them in tables. Default true. */
  readonly synapses?: boolean;
  /** The synapses of each part of a connection that was taken apart by delay. */
  readonly groups?: ReadonlyMap<string, readonly { readonly name: string; readonly index: Uint32Array }[]>;
  /** What each connection whose delays learn became. */
  readonly taps?: ReadonlyMap<string, readonly string[]>;
}

/** Arrays by name (`input>hidden.weight`), dense, without padding: what is saved and exchanged. */
export type Parameters = Readonly<Record<string, Float32Array | Float64Array>>;

type Bounds = Pick<ParameterBlock, "low" | "high">;
const FREE: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
/** What a type holds of a number. */
const rounded = (type: FloatType): ((x: number) => number) => (type === "f32" ? Math.fround : (x) => x);

/** Weights and biases of connections, then what trains in populations, then what batch normalisation has: statistics last. */
export function parameterLayout(net: Network, type: FloatType, options: LayoutOptions = {}): ParameterLayout {
  const { seed = 0, synapses = true, groups, taps } = options;
  const blocks = new Map<string, ParameterBlock>();
  const weights = new Map<string, WeightPlace>();
  let [offset, tapsLength] = [0, 0];
  const block = (b: Omit<ParameterBlock, "offset" | "stride">): void => {
    const stride = padded(b.width, type);
    blocks.set(b.name, { ...b, offset, stride });
    offset += b.rows * stride;
  };
  const sparse = (c: Connection): void => {
    const parts = groups?.get(c.name) ?? [];
    const each = c.weight.kind !== "constant";
    let at = offset;
    weights.set(c.name, { place: place("parameters", at), each });
    for (const { name, index } of parts) {
      weights.set(name, { place: place("parameters", at), each });
      if (each) at += index.length;
    }
    const width = each ? rowsOf(c.connectivity, sizes(net, c), { name: c.name, seed }).count : 1;
    const order = each && parts.length > 0 && { order: concatenated(parts.map((p) => p.index)) };
    block({ name: `${c.name}.weight`, kind: "synapse", rows: 1, width, trainable: true, ...order, ...FREE });
  };
  const learned = (c: Connection, { most, interpolation }: LearnedRange): void => {
    const matrix = c.connectivity.kind === "dense";
    const { sources, targets } = sizes(net, c);
    const shape = matrix
      ? { rows: sources, width: targets }
      : { rows: 1, width: rowsOf(c.connectivity, sizes(net, c), { name: c.name, seed }).count };
    const kind = matrix ? "weight" : "synapse";
    block({ name: `${c.name}.weight`, kind, ...shape, trainable: c.trainable, ...FREE });
    const [low, high] = [rounded(type)(c.delay * net.dt), rounded(type)(most * net.dt)];
    block({ name: `${c.name}.delay`, kind: "delay", ...shape, trainable: true, low, high });
    if (interpolation === "gaussian")
      block({ name: `${c.name}.delay.width`, kind: "width", rows: 1, width: 1, trainable: false, ...FREE, low: 0 });
    for (const name of taps?.get(c.name) ?? []) {
      weights.set(name, { place: place(TAPS, tapsLength), each: true });
      tapsLength += shape.rows * padded(shape.width, type);
    }
  };
  for (const c of net.connections) {
    const { trainable } = c;
    const shape = weightShape(net, c);
    if (shape) {
      const { rows, width } = shape;
      weights.set(c.name, { place: place("parameters", offset), each: true });
      block({ name: `${c.name}.weight`, kind: "weight", rows, width, trainable, ...FREE });
    }
    if (synapses && c.learned) learned(c, c.learned);
    else if (synapses && hasSynapseWeights(c)) sparse(c);
    if (c.bias) {
      const width = biasCount(net, c);
      block({ name: `${c.name}.bias`, kind: "bias", rows: 1, width, trainable, ...FREE });
    }
  }
  for (const [node, p] of Object.entries(net.populations))
    for (const { name, width, low, high } of trainedIn(p, net.dt)) {
      const bounds = { low: rounded(type)(low), high: rounded(type)(high) };
      block({ name: `${node}.${name}`, kind: "neuron", rows: 1, width, trainable: true, ...bounds });
    }
  const norms = normArrays(net).map(({ start: _, ...array }) => array);
  for (const array of norms.filter((a) => !isNoted(a.name))) block({ ...array, kind: "norm", ...FREE });
  const learnedLength = Math.max(offset, padded(1, type));
  for (const array of norms.filter((a) => isNoted(a.name))) block({ ...array, kind: "norm", ...FREE });
  return { blocks, length: Math.max(offset, padded(1, type)), learnedLength, weights, tapsLength };
}
const sizes = (net: Network, c: Connection) => connectedSizes(net, c.from.node, c.to.node);
function concatenated(lists: readonly Uint32Array[]): Uint32Array {
  const out = new Uint32Array(lists.reduce((sum, l) => sum + l.length, 0));
  let at = 0;
  for (const list of lists) {
    out.set(list, at);
    at += list.length;
  }
  return out;
}

/** Whether an array of batch normalisation is what training notes: running statistics. */
const isNoted = (name: string): boolean => /\.(mean|variance)$/.test(name);
/** What batch normalisation has: what trains, and what training notes. */
const normArrays = (net: Network) =>
  Object.entries(net.transforms).flatMap(([node, t]) => (isNorm(t) ? arraysOf(node, t, net) : []));
function arraysOf(node: string, { channels: width, gain, offset, over, steps, trainable }: BatchNorm, net: Network) {
  const rows = over === "batch" ? (steps ?? net.steps!) : 1;
  return [
    { name: `${node}.gain`, rows: 1, width, start: gain, trainable },
    { name: `${node}.offset`, rows: 1, width, start: offset, trainable },
    { name: `${node}.mean`, rows, width, start: 0, trainable: false },
    { name: `${node}.variance`, rows, width, start: 1, trainable: false },
  ];
}

/** A parameter or an initial state that trains. */
interface Trained extends Bounds {
  readonly name: string;
  /** The population's neurons, or 1 where one value serves all. */
  readonly width: number;
  readonly start: Initializer;
}
/** In the order of the model: parameters, then states. */
function trainedIn(p: Population, dt: number): Trained[] {
  const found = (name: string, start: Initializer, bounds: Bounds): Trained[] => {
    const grain = p.trainable[name];
    return grain === undefined ? [] : [{ name, start, width: grain === "neuron" ? p.size : 1, ...bounds }];
  };
  return [
    ...p.model.parameters.flatMap((x) => found(x.name, p.parameters[x.name] ?? constantOf(x.value), boundsOf(x, dt))),
    ...p.model.variables.flatMap((v) => found(initialName(v.name), p.initial[v.name] ?? constantOf(v.initial), FREE)),
  ];
}

/**
 * What was declared. A duration is kept at or above one step unless something else was said: no step resolves shorter ones,
 * and at 0 a decay such as exp(-dt/tau) has no derivative. What may not be negative is kept at or above 0.
 */
function boundsOf({ min, max, dimension, range }: Population["model"]["parameters"][number], dt: number): Bounds {
  const ofRange = range === undefined ? FREE.low : 0;
  const least = sameDimension(dimension, NAMED.second!) ? dt : ofRange;
  return { low: min ?? least, high: max ?? FREE.high };
}

type Numbers = Float32Array | Float64Array;
/** An array that a network starts with: its name, how many numbers it has, and what writes them, rounded to the array's type. */
interface Start {
  readonly name: string;
  readonly length: number;
  readonly write: (out: Numbers) => void;
}
function* startsOf(net: Network, seed: number, synapses: boolean): Generator<Start> {
  const drawn = (name: string, from: Initializer, length: number, fanIn?: number): Start => {
    const draw = { name, seed, ...(fanIn !== undefined && { fanIn }) };
    return { name, length, write: (out) => void initialise(from, length, draw, out) };
  };
  const given = (name: string, values: Float64Array): Start => ({
    ...{ name, length: values.length },
    write: (out) => out.set(values),
  });
  for (const c of net.connections) {
    const shape = weightShape(net, c);
    const fanIn = fanInOfConnection(net, c);
    if (shape) yield drawn(`${c.name}.weight`, c.weight, shape.rows * shape.width, fanIn);
    if (synapses && c.learned) {
      yield given(`${c.name}.weight`, synapseNumbers(c, c.weight, "weight", net, seed));
      yield given(`${c.name}.delay`, synapseNumbers(c, c.delays!, "delay", net, seed));
      if (c.learned.interpolation === "gaussian")
        yield given(`${c.name}.delay.width`, Float64Array.of(widthAtStart(c, c.learned)));
    } else if (synapses && hasSynapseWeights(c)) yield given(`${c.name}.weight`, synapseWeights(c, net, seed));
    if (c.bias) yield drawn(`${c.name}.bias`, c.bias, biasCount(net, c), fanIn);
  }
  for (const [node, p] of Object.entries(net.populations))
    for (const { name, start, width } of trainedIn(p, net.dt)) yield drawn(`${node}.${name}`, start, width);
  for (const { name, rows, width, start } of normArrays(net))
    yield { name, length: rows * width, write: (out) => void out.fill(start) };
}

/**
 * The numbers that a network starts with: the same for a seed on every machine.
 * @param synapses whether weights of sparse connections in training are among them
 */
export function initialParameters(net: Network, seed: number, type: FloatType = "f32", synapses = true): Parameters {
  const out: Record<string, Numbers> = {};
  const arrayOf = type === "f32" ? Float32Array : Float64Array;
  for (const { name, length, write } of startsOf(net, seed, synapses)) write((out[name] = new arrayOf(length)));
  return drawnBy(out, seed);
}

/**
 * Writes what `initialParameters` gives, one block after the other: there is never a second copy of all.
 * @throws {ModelError} as `writeParameters`
 */
export function writeInitial(to: Numbers, { blocks }: ParameterLayout, net: Network, seed: number): void {
  const arrayOf = to instanceof Float32Array ? Float32Array : Float64Array;
  for (const { name, length, write } of startsOf(net, seed, true)) {
    const b = blocks.get(name)!;
    const inPlace = b.stride === b.width && !b.order;
    const values = inPlace ? to.subarray(b.offset, b.offset + length) : new arrayOf(length);
    write(values);
    requireFinite(`parameters.${name}`, values);
    if (!inPlace) writeBlock(to, b, values);
    requireWithin(b, to);
  }
}

/** Of a connection through windows the weight of each synapse, in order of source, then of target. */
export function weightsWrittenOut(c: WindowedConnection, net: Network, parameters: Parameters): Float64Array {
  const { windows } = windowsIn(net, c);
  const shared = parameters[`${c.name}.weight`];
  const all = c.weight.kind === "constant" ? c.weight.value : Number.NaN;
  const out: number[] = [];
  for (let s = 0; s < sourceCount(windows); s++)
    for (const [, weight] of synapsesOf(windows, s)) out.push(shared ? shared[weight]! : all);
  return Float64Array.from(out);
}
/** Of a sparse connection, in order of source, then of target; or one for all. */
const synapseWeights = (c: Connection, net: Network, seed: number): Float64Array =>
  synapseNumbers(c, c.weight, "weight", net, seed).subarray(0, c.weight.kind === "constant" ? 1 : undefined);
function synapseNumbers(c: Connection, from: Initializer, what: string, net: Network, seed: number): Float64Array {
  const rows = rowsOf(c.connectivity, sizes(net, c), { name: c.name, seed });
  const { count, start, origin } = rows;
  const ends = () => endsOf(rows, sizes(net, c).targets);
  const number = drawing(from, count, { name: `${c.name}.${what}`, seed, fanIn: start.length - 1, ends });
  const given = from.kind === "values" ? origin : undefined;
  return Float64Array.from({ length: count }, (_, k) => number(given ? given[k]! : k));
}
/** Half of the range (Hammouamri et al. 2024, section 4), so that errors reach all of it. */
const widthAtStart = ({ delay }: Connection, { most }: LearnedRange): number => Math.max(0.5, (most - delay) / 2);

/**
 * Writes all blocks.
 * @throws {ModelError} `unknown-name` for one that is missing or not here, `shape-mismatch`, `not-finite`, `out-of-range`
 */
export function writeParameters(to: Elements, { blocks }: ParameterLayout, parameters: Parameters): void {
  for (const name of Object.keys(parameters))
    if (!blocks.has(name))
      throw new ModelError("unknown-name", `parameters.${name}`, `no such array; known: ${listNames(blocks.keys())}`);
  for (const b of blocks.values()) {
    const from = parameters[b.name];
    if (!from) throw new ModelError("unknown-name", `parameters.${b.name}`, "is missing");
    requireBlock(b, from);
    writeBlock(to, b, from);
    requireWithin(b, to);
  }
}
function requireBlock(b: ParameterBlock, from: ArrayLike<number>): void {
  const { name, rows, width, kind } = b;
  if (from.length !== rows * width)
    throw new ModelError(
      "shape-mismatch",
      `parameters.${name}`,
      `needs ${rows} x ${width} numbers, got ${from.length}`,
    );
  requireFinite(`parameters.${name}`, from);
  if (kind === "norm" && name.endsWith(".variance")) requireNotNegative(b, from);
}
function requireNotNegative({ name }: ParameterBlock, values: ArrayLike<number>): void {
  for (let k = 0; k < values.length; k++)
    if (values[k]! < 0)
      throw new ModelError(
        "out-of-range",
        `parameters.${name}[${k}]`,
        `is a variance, so must be >= 0, got ${values[k]}`,
      );
}
const BOUNDED: ReadonlySet<ParameterBlock["kind"]> = new Set(["neuron", "delay", "width"]);
/** As they lie in memory, because bounds are rounded to its type too. */
function requireWithin(b: ParameterBlock, values: { [k: number]: number }): void {
  for (let k = 0; k < b.rows * b.width && BOUNDED.has(b.kind); k++) {
    const x = values[b.offset + Math.floor(k / b.width) * b.stride + (k % b.width)]!;
    if (x >= b.low && x <= b.high) continue;
    const whose = b.kind === "neuron" ? "; the model's parameter may say other bounds: min, max" : "";
    const allowed = `from ${b.low} to ${b.high} (SI units${whose})`;
    throw new ModelError("out-of-range", `parameters.${b.name}[${k}]`, `is trained, so must be ${allowed}, got ${x}`);
  }
}

/** Copies between padded rows and dense arrays. */
export function writeBlock(to: Elements, block: ParameterBlock, from: ArrayLike<number>): void {
  const { order, offset } = block;
  if (order) for (let k = 0; k < order.length; k++) to[offset + k] = from[order[k]!]!;
  else if (block.stride === block.width) to.set(from, offset);
  else
    for (let r = 0; r < block.rows; r++)
      for (let c = 0; c < block.width; c++) to[block.offset + r * block.stride + c] = from[r * block.width + c]!;
}
export function readBlock(from: ArrayLike<number>, block: ParameterBlock, to: Float32Array | Float64Array): void {
  const { order, offset } = block;
  if (order) for (let k = 0; k < order.length; k++) to[order[k]!] = from[offset + k]!;
  else
    for (let r = 0; r < block.rows; r++)
      for (let c = 0; c < block.width; c++) to[r * block.width + c] = from[block.offset + r * block.stride + c]!;
}
