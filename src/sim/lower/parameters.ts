/**
 * Everything that training may change lies in one buffer, `parameters`: gradients and an optimiser's moments are
 * buffers of the same shape. Rows of weights are padded to whole vectors; the padding is zero and stays zero.
 */
import { listNames, ModelError, requireFinite } from "../../base/errors.ts";
import { padded } from "../../ir/program.ts";
import type { FloatType } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import { initialise } from "../../model/initializer.ts";
import type { Network } from "../../model/network.ts";
import { sizeOf } from "../../model/nodes.ts";

/** One array of parameters: `rows` rows of `width` numbers, `stride` apart, from `offset`. */
export interface ParameterBlock {
  readonly name: string;
  readonly offset: number;
  readonly rows: number;
  readonly width: number;
  readonly stride: number;
  readonly trainable: boolean;
}
export interface ParameterLayout {
  readonly blocks: ReadonlyMap<string, ParameterBlock>;
  readonly length: number;
}

/** Arrays by name (`input>hidden.weight`), dense, without padding: what is saved and exchanged. */
export type Parameters = Readonly<Record<string, Float32Array | Float64Array>>;

/** Whether the weights of a connection are a matrix among the parameters; those of synapses lie with their other variables. */
const hasMatrix = (c: Connection): boolean => c.connectivity.kind === "dense" && !c.synapse;

/** Weights and biases of dense connections. */
export function parameterLayout(net: Network, type: FloatType): ParameterLayout {
  const blocks = new Map<string, ParameterBlock>();
  let offset = 0;
  const block = (name: string, rows: number, width: number, trainable: boolean): void => {
    const stride = padded(width, type);
    blocks.set(name, { name, offset, rows, width, stride, trainable });
    offset += rows * stride;
  };
  for (const c of net.connections) {
    const targets = sizeOf(net, c.to.node);
    if (hasMatrix(c)) block(`${c.name}.weight`, sizeOf(net, c.from.node), targets, c.trainable);
    if (c.bias) block(`${c.name}.bias`, 1, targets, c.trainable);
  }
  return { blocks, length: Math.max(offset, padded(1, type)) };
}

/** The numbers that a network starts with: the same for a seed on every machine. */
export function initialParameters(net: Network, seed: number, type: FloatType = "f32"): Parameters {
  const out: Record<string, Float32Array | Float64Array> = {};
  const arrayOf = type === "f32" ? Float32Array : Float64Array;
  for (const c of net.connections) {
    const [sources, targets] = [sizeOf(net, c.from.node), sizeOf(net, c.to.node)];
    if (hasMatrix(c))
      out[`${c.name}.weight`] = arrayOf.from(
        initialise(c.weight, sources * targets, { name: `${c.name}.weight`, seed, fanIn: sources }),
      );
    if (c.bias)
      out[`${c.name}.bias`] = arrayOf.from(
        initialise(c.bias, targets, { name: `${c.name}.bias`, seed, fanIn: sources }),
      );
  }
  return out;
}

/** Writes all blocks. @throws {ModelError} `unknown-name` for one that is missing or not here, `shape-mismatch`, `not-finite` */
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
