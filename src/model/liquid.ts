/**
 * Layers with liquid time constants: what arrives in a step is summed first (`NODE_drive`), because the gates of all neurons
 * hear the drive of all, and then moves the membranes by as much as the gates say.
 */
import { type ConnectionSpec, connect } from "./connection.ts";
import { oneToOne } from "./connectivity.ts";
import { glorotUniform, normal, orthogonal } from "./initializer.ts";
import { type Population, population } from "./network.ts";
import { linear } from "./neuron/linear.ts";
import { type LiquidOptions, liquidCell, liquidIntegrator } from "./neuron/liquid.ts";

/** Options of `liquid`. */
export interface LiquidLayerOptions extends LiquidOptions {
  /** Of the population, in `sequential`. */
  readonly name?: string;
  /** Whole steps from below; default 0. From the layer to itself it takes one step. */
  readonly delay?: number;
  readonly dropout?: number;
}
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

/**
 * `size` adaptive spiking neurons with liquid time constants, recurrent, for `sequential` or `liquidLayer`.
 *
 * @see Yin, Corradi and Bohté 2023, Nature Machine Intelligence 5:518
 */
export const liquid = (size: number, options: LiquidLayerOptions = {}): LiquidLayer => ({
  layer: "liquid",
  spikes: true,
  size,
  options,
});
/** `size` membranes that never fire, with liquid time constants: reads a layer of `liquid` neurons out. */
export const liquidReadout = (size: number, options: LiquidReadoutOptions = {}): LiquidLayer => ({
  layer: "liquid",
  spikes: false,
  size,
  options,
});

/** What brings the drive of a layer together. */
export const driveOf = (node: string): string => `${node}_drive`;

/**
 * A layer as parts of a network; it answers with spikes, or with `v` where it does not spike. Weights start as published:
 * Glorot's variance, with the two matrices of a gate as one; orthogonal from the layer to itself; biases 0.
 *
 * @param node name of the population
 * @param from what is below: an input, a population or a transform
 */
export function liquidLayer(
  node: string,
  from: string,
  { spikes, size, options }: LiquidLayer,
): { populations: Record<string, Population>; connections: ConnectionSpec[] } {
  const { delay = 0, dropout = 0, name: _name, ...cell } = options;
  const drive = driveOf(node);
  const weight = normal(0, Math.sqrt(2 / (3 * size)));
  const gate = (port: string, output: string): ConnectionSpec[] => [
    ...connect(drive, node, { port, weight, bias: 0 }),
    ...connect(node, node, { port, output, weight, delay: 1 }),
  ];
  return {
    populations: {
      [drive]: population(size, linear()),
      [node]: population(size, spikes ? liquidCell(cell) : liquidIntegrator(), { dropout }),
    },
    connections: [
      ...connect(from, drive, { delay, weight: glorotUniform(), bias: 0 }),
      ...(spikes ? connect(node, drive, { weight: orthogonal(), delay: 1 }) : []),
      ...connect(drive, node, { port: "i", connectivity: oneToOne, weight: 1, trainable: false }),
      ...gate("membrane", "v"),
      ...(spikes ? gate("adaptation", "b") : []),
    ],
  };
}
