/**
 * Layers with liquid time constants: what arrives in a step is summed first (`NODE_drive`), because the gates of all neurons
 * hear the drive of all, and then moves the membranes by as much as the gates say.
 */
import { type Every, requireKnown } from "../base/errors.ts";
import { type ConnectionSpec, type ConnectOptions, connect } from "./connection.ts";
import { oneToOne } from "./connectivity.ts";
import { glorotUniform, normal, orthogonal } from "./initializer.ts";
import { type Population, population } from "./network.ts";
import { linear } from "./neuron/linear.ts";
import { adapts, type LiquidOptions, liquidCell, liquidIntegrator } from "./neuron/liquid.ts";
import { type BatchNormOptions, batchNorm, sum, type Transform } from "./transform.ts";

/** Options of `liquid`. */
export interface LiquidLayerOptions extends LiquidOptions {
  /** Of the population, in `sequential`. */
  readonly name?: string;
  /** Whole steps from below; default 0. From the layer to itself it takes one step. */
  readonly delay?: number;
  readonly dropout?: number;
  /**
   * Batch normalisation of what arrives from below, and apart from it of what arrives from the layer itself, as the published
   * code has it; each step has statistics of its own. `true` stands for its default options. Trains with `fptt`, an update
   * after every step.
   */
  readonly norm?: boolean | LiquidNormOptions;
}
/** Options of the batch normalisation in a layer of `liquid` neurons. */
export type LiquidNormOptions = Pick<
  BatchNormOptions,
  "steps" | "epsilon" | "momentum" | "gain" | "offset" | "trainable"
>;
/** Options of `liquidReadout`. */
export type LiquidReadoutOptions = Pick<LiquidLayerOptions, "name" | "delay">;

/** A layer with liquid time constants as plain data: what `liquid` and `liquidReadout` make. */
export interface LiquidLayer {
  readonly layer: "liquid";
  /** Whether its neurons fire, adapt and hear each other's spikes. */
  readonly spikes: boolean;
  readonly size: number;
  readonly options: LiquidLayerOptions;
}

const READOUT = { name: true, delay: true } as const satisfies Every<LiquidReadoutOptions>;
const LIQUID = {
  ...READOUT,
  b0: true,
  beta: true,
  dropout: true,
  norm: true,
} as const satisfies Every<LiquidLayerOptions>;

/**
 * `size` adaptive spiking neurons with liquid time constants, recurrent, for `sequential` or `liquidLayer`.
 *
 * @see Yin, Corradi and Bohté 2023, Nature Machine Intelligence 5:518
 */
export function liquid(size: number, options: LiquidLayerOptions = {}): LiquidLayer {
  requireKnown("liquid", options, LIQUID);
  return { layer: "liquid", spikes: true, size, options };
}
/** `size` membranes that never fire, with liquid time constants: reads a layer of `liquid` neurons out. */
export function liquidReadout(size: number, options: LiquidReadoutOptions = {}): LiquidLayer {
  requireKnown("liquidReadout", options, READOUT);
  return { layer: "liquid", spikes: false, size, options };
}

/** What brings the drive of a layer together. */
const driveOf = (node: string): string => `${node}_drive`;

/**
 * A layer as parts of a network; it answers with spikes, or with `v` where it does not spike. Weights start as published:
 * Glorot's variance, with the two matrices of a gate as one; orthogonal from the layer to itself; biases 0.
 *
 * @param node name of the population
 * @param from what is below: an input, a population or a transform
 * @throws {ModelError} `unknown-name`, `out-of-range` for options of `norm`
 */
export function liquidLayer(
  node: string,
  from: string,
  { spikes, size, options }: LiquidLayer,
): {
  populations: Record<string, Population>;
  transforms: Record<string, Transform>;
  connections: ConnectionSpec[];
} {
  const { delay = 0, dropout = 0, name: _name, norm = false, ...cell } = options;
  const drive = driveOf(node);
  const weight = normal(0, Math.sqrt(2 / (3 * size)));
  const gate = (port: string, output: string): ConnectionSpec[] => [
    ...connect(drive, node, { port, weight, bias: 0 }),
    ...connect(node, node, { port, output, weight, delay: 1 }),
  ];
  const below: Arrival = { name: `${node}_below`, from, options: { delay, weight: glorotUniform(), bias: 0 } };
  const own: Arrival = { name: `${node}_own`, from: node, options: { delay: 1, weight: orthogonal() } };
  const arrivals = (spikes ? [below, own] : [below]).map((a) => arrival(a, drive, size, norm));
  return {
    populations: {
      [drive]: population(size, linear()),
      [node]: population(size, spikes ? liquidCell(cell) : liquidIntegrator(), { dropout }),
    },
    transforms: Object.assign({}, ...arrivals.map((a) => a.transforms)),
    connections: [
      ...arrivals.flatMap((a) => a.connections),
      ...connect(drive, node, { port: "i", connectivity: oneToOne, weight: 1, trainable: false }),
      ...gate("membrane", "v"),
      ...(spikes && adapts(cell) ? gate("adaptation", "b") : []),
    ],
  };
}

/** What one source brings to the drive. */
interface Arrival {
  /** Of the nodes in between, if any. */
  readonly name: string;
  readonly from: string;
  readonly options: ConnectOptions;
}
/** Straight to the drive, or through a sum that is normalised: then the offset is the bias. */
function arrival({ name, from, options }: Arrival, drive: string, size: number, norm: boolean | LiquidNormOptions) {
  if (norm === false) return { transforms: {}, connections: connect(from, drive, options) };
  const { bias: _bias, ...weights } = options;
  const normed = `${name}Norm`;
  return {
    transforms: {
      [name]: sum(size),
      [normed]: batchNorm(size, name, { ...(norm === true ? {} : norm), over: "batch" }),
    },
    connections: [
      ...connect(from, name, weights),
      ...connect(normed, drive, { connectivity: oneToOne, weight: 1, trainable: false }),
    ],
  };
}
