/**
 * Everything that training may change lies in one buffer, `parameters`: gradients and an optimiser's moments are
 * buffers of the same shape. Rows of weights are padded to whole vectors; the padding is zero and stays zero.
 */
import { NAMED, sameDimension } from "../../base/dimension.ts";
import { listNames, ModelError, requireFinite } from "../../base/errors.ts";
import { padded } from "../../ir/program.ts";
import type { FloatType } from "../../ir/types.ts";
import { sourceCount } from "../../ir/windows.ts";
import {
  biasCount,
  fanInOfConnection,
  type WindowedConnection,
  weightShape,
  windowsIn,
} from "../../model/connection.ts";
import { synapsesOf } from "../../model/connectivity/windowed.ts";
import { constantOf, type Initializer, initialise } from "../../model/initializer.ts";
import type { Network, Population } from "../../model/network.ts";
import { initialName } from "../../model/trainable.ts";
import { type BatchNorm, isNorm } from "../../model/transform.ts";

/** One array of parameters: `rows` rows of `width` numbers, `stride` apart, from `offset`. */
export interface ParameterBlock {
  readonly name: string;
  readonly offset: number;
  readonly rows: number;
  readonly width: number;
  readonly stride: number;
  readonly trainable: boolean;
  /**
   * `neuron`: a parameter or an initial state of a population, one value a neuron or, with width 1, one for all. `norm`: of
   * batch normalisation, one value a channel; running statistics of each step have a row each.
   */
  readonly kind: "weight" | "bias" | "neuron" | "norm";
  /** Training keeps the numbers at or above `low` and at or below `high`. */
  readonly low: number;
  readonly high: number;
}
export interface ParameterLayout {
  readonly blocks: ReadonlyMap<string, ParameterBlock>;
  readonly length: number;
}

/** Arrays by name (`input>hidden.weight`), dense, without padding: what is saved and exchanged. */
export type Parameters = Readonly<Record<string, Float32Array | Float64Array>>;

type Bounds = Pick<ParameterBlock, "low" | "high">;
const FREE: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
/** What a type holds of a number. */
const rounded = (type: FloatType): ((x: number) => number) => (type === "f32" ? Math.fround : (x) => x);

/** Weights and biases of dense connections and convolutions, then what trains in populations, then what batch normalisation has. */
export function parameterLayout(net: Network, type: FloatType): ParameterLayout {
  const blocks = new Map<string, ParameterBlock>();
  let offset = 0;
  const block = (b: Pick<ParameterBlock, "name" | "rows" | "width" | "trainable" | "kind"> & Bounds): void => {
    const stride = padded(b.width, type);
    blocks.set(b.name, { ...b, offset, stride });
    offset += b.rows * stride;
  };
  for (const c of net.connections) {
    const { trainable } = c;
    const shape = weightShape(net, c);
    if (shape) {
      const { rows, width } = shape;
      block({ name: `${c.name}.weight`, kind: "weight", rows, width, trainable, ...FREE });
    }
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
  for (const { start: _, ...array } of normArrays(net)) block({ ...array, kind: "norm", ...FREE });
  return { blocks, length: Math.max(offset, padded(1, type)) };
}

/** What batch normalisation has: what trains, and what training notes. */
const normArrays = (net: Network) =>
  Object.entries(net.transforms).flatMap(([node, t]) => (isNorm(t) ? arraysOf(node, t, net) : []));
function arraysOf(node: string, { channels: width, gain, offset, over, trainable }: BatchNorm, { steps }: Network) {
  const rows = over === "batch" ? steps! : 1;
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
 * and at 0 a decay such as exp(-dt/tau) has no derivative.
 */
function boundsOf({ min, max, dimension }: Population["model"]["parameters"][number], dt: number): Bounds {
  const least = sameDimension(dimension, NAMED.second!) ? dt : FREE.low;
  return { low: min ?? least, high: max ?? FREE.high };
}

/** The numbers that a network starts with: the same for a seed on every machine. */
export function initialParameters(net: Network, seed: number, type: FloatType = "f32"): Parameters {
  const out: Record<string, Float32Array | Float64Array> = {};
  const arrayOf = type === "f32" ? Float32Array : Float64Array;
  for (const c of net.connections) {
    const shape = weightShape(net, c);
    const draw = (name: string) => ({ name, seed, fanIn: fanInOfConnection(net, c) });
    if (shape)
      out[`${c.name}.weight`] = arrayOf.from(initialise(c.weight, shape.rows * shape.width, draw(`${c.name}.weight`)));
    if (c.bias) out[`${c.name}.bias`] = arrayOf.from(initialise(c.bias, biasCount(net, c), draw(`${c.name}.bias`)));
  }
  const own = Object.entries(net.populations).flatMap(([node, p]) =>
    trainedIn(p, net.dt).map((t) => ({ ...t, name: `${node}.${t.name}` })),
  );
  for (const { name, start, width } of own) out[name] = arrayOf.from(initialise(start, width, { name, seed }));
  for (const { name, rows, width, start } of normArrays(net)) out[name] = new arrayOf(rows * width).fill(start);
  return out;
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

/**
 * Writes all blocks.
 * @throws {ModelError} `unknown-name` for one that is missing or not here, `shape-mismatch`, `not-finite`, `out-of-range`
 */
export function writeParameters(
  to: { [k: number]: number },
  { blocks }: ParameterLayout,
  parameters: Parameters,
): void {
  for (const name of Object.keys(parameters))
    if (!blocks.has(name))
      throw new ModelError("unknown-name", `parameters.${name}`, `no such array; known: ${listNames(blocks.keys())}`);
  for (const b of blocks.values()) {
    const from = parameters[b.name];
    if (!from) throw new ModelError("unknown-name", `parameters.${b.name}`, "is missing");
    if (from.length !== b.rows * b.width)
      throw new ModelError(
        "shape-mismatch",
        `parameters.${b.name}`,
        `needs ${b.rows} x ${b.width} numbers, got ${from.length}`,
      );
    requireFinite(`parameters.${b.name}`, from);
    writeBlock(to, b, from);
    requireWithin(b, to);
    if (b.kind === "norm" && b.name.endsWith(".variance")) requireNotNegative(b, from);
  }
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
/** As they lie in memory, because bounds are rounded to its type too. */
function requireWithin(b: ParameterBlock, values: { [k: number]: number }): void {
  for (let k = 0; k < b.width && b.kind === "neuron"; k++) {
    const x = values[b.offset + k]!;
    if (x >= b.low && x <= b.high) continue;
    const allowed = `from ${b.low} to ${b.high} (SI units; the model's parameter may say other bounds: min, max)`;
    throw new ModelError("out-of-range", `parameters.${b.name}[${k}]`, `is trained, so must be ${allowed}, got ${x}`);
  }
}

/** Copies between padded rows and dense arrays. */
export function writeBlock(to: { [k: number]: number }, block: ParameterBlock, from: ArrayLike<number>): void {
  for (let r = 0; r < block.rows; r++)
    for (let c = 0; c < block.width; c++) to[block.offset + r * block.stride + c] = from[r * block.width + c]!;
}
export function readBlock(from: ArrayLike<number>, block: ParameterBlock, to: Float32Array | Float64Array): void {
  for (let r = 0; r < block.rows; r++)
    for (let c = 0; c < block.width; c++) to[r * block.width + c] = from[block.offset + r * block.stride + c]!;
}
