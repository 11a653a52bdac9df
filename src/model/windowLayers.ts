/** Layers of windows for `sequential`: convolutions, pooling, and what makes a shape flat. */
import { type Every, ModelError, requireKnown } from "../base/errors.ts";
import { shapeThrough } from "./connectivity/windowed.ts";
import {
  type ConvolutionOptions,
  convolutionIn,
  type PerDimension,
  type PoolOptions,
  poolNumbers,
  requirePool,
  type Windowed,
  type WindowNumbers,
} from "./connectivity.ts";
import type { DenseOptions } from "./sequential.ts";

/** How the windows of a convolution lie, and its weights. */
export interface ConvOptions extends DenseOptions, Omit<ConvolutionOptions, "maxPool"> {}
/** A convolution as plain data: what `convLayer` and `conv1dLayer` make. */
export interface ConvLayer {
  readonly layer: "conv";
  readonly dimensions: 1 | 2;
  readonly channels: number;
  readonly options: ConvOptions;
}
/** Pooling as plain data: what `avgPoolLayer`, `sumPoolLayer` and `maxPoolLayer` make. */
export interface PoolLayer {
  readonly layer: "pool";
  readonly over: "average" | "sum" | "max";
  readonly kernel: PerDimension;
  readonly options: PoolOptions;
}
/** What `flattenLayer` makes. */
export interface FlattenLayer {
  readonly layer: "flatten";
}
export type WindowLayer = ConvLayer | PoolLayer | FlattenLayer;

const CONV = {
  ...{ bias: true, weight: true, delay: true, port: true },
  ...{ kernel: true, stride: true, padding: true, dilation: true, groups: true },
} as const satisfies Every<ConvOptions>;

/**
 * Windows of weights over [height, width, channels], to `channels` of them, each with a bias unless `bias: false`. Weights
 * start as U(±1/√fan-in), where fan-in is what one window sees. Neurons follow it, or pooling and then neurons.
 */
export function convLayer(channels: number, options: ConvOptions): ConvLayer {
  requireKnown("convLayer", options ?? {}, CONV);
  return { layer: "conv", dimensions: 2, channels, options };
}
/** The same over [length, channels]. */
export function conv1dLayer(channels: number, options: ConvOptions): ConvLayer {
  requireKnown("conv1dLayer", options ?? {}, CONV);
  return { layer: "conv", dimensions: 1, channels, options };
}
const pool =
  (over: PoolLayer["over"], maker: string) =>
  (kernel: PerDimension, options: PoolOptions = {}): PoolLayer => {
    requirePool(maker, kernel, options);
    return { layer: "pool", over, kernel, options };
  };
/** The mean of each window, channel by channel: of what weights bring, or of spikes. By default windows lie side by side. */
export const avgPoolLayer: (kernel: PerDimension, options?: PoolOptions) => PoolLayer = pool("average", "avgPoolLayer");
/** The sum of each window, channel by channel. */
export const sumPoolLayer: (kernel: PerDimension, options?: PoolOptions) => PoolLayer = pool("sum", "sumPoolLayer");
/** The largest of each window, channel by channel; behind neurons whether any of them spikes. Errors go to the first of equals. */
export const maxPoolLayer: (kernel: PerDimension, options?: PoolOptions) => PoolLayer = pool("max", "maxPoolLayer");
/** Rows and columns of channels as one row of values, which a `denseLayer` takes as they are anyway. */
export const flattenLayer = (): FlattenLayer => ({ layer: "flatten" });

/** A connection through windows, and the shape that it leads to. */
export interface Through {
  readonly connectivity: Windowed;
  readonly shape: readonly number[];
}
export function convThrough(
  { dimensions, channels, options }: ConvLayer,
  from: readonly number[],
  path: string,
): Through {
  if (options?.kernel === undefined) throw new ModelError("usage", `${path}.kernel`, "a convolution needs its size");
  const { kernel, stride, padding, dilation, groups } = options;
  const connectivity = convolutionIn(dimensions, {
    kernel,
    ...(stride !== undefined && { stride }),
    ...(padding !== undefined && { padding }),
    ...(dilation !== undefined && { dilation }),
    ...(groups !== undefined && { groups }),
  });
  return { connectivity, shape: shapeThrough(connectivity, from, channels, path) };
}
/** @param dimensions of the windows */
export function poolThrough(layer: PoolLayer, dimensions: number, from: readonly number[], path: string): Through {
  const over = layer.over === "average" ? "average" : "sum";
  const connectivity = { kind: "pooling", over, ...windowOf(layer, dimensions) } as const;
  return { connectivity, shape: shapeThrough(connectivity, from, undefined, path) };
}
export const windowOf = ({ kernel, options }: PoolLayer, dimensions: number): WindowNumbers =>
  poolNumbers(kernel, options, dimensions);
