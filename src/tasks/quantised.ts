/**
 * A conventional network made of narrow numbers, and run: inputs and rectified units round to as many levels as the bits
 * tell apart, weights to theirs, and sums stay wide. The scale of a unit moves into the weights behind it, so
 * that what leaves a unit is a whole number.
 *
 * After training, no weight is trained again. The largest answer of each layer is chosen on training samples, by the least
 * mean squared error of rounding.
 */
import type { Backend } from "../backend/backend.ts";
import { ModelError, requireInteger } from "../base/errors.ts";
import type { Examples } from "../data/dataset.ts";
import { encodeValues, valueBatch } from "../data/encode.ts";
import { current } from "../data/encoder.ts";
import { type Network, population } from "../model/network.ts";
import { quantisedRelu } from "../model/neuron/quantisedRelu.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import { simulate } from "../sim/simulate.ts";
import type { Deployed } from "./session.ts";

export interface QuantiseOptions {
  /** Of inputs and units, 1 to 16. */
  readonly activationBits: number;
  /** Of weights, sign included, 2 to 16. */
  readonly weightBits: number;
  /** Training samples on which scales are chosen. */
  readonly calibrate: Examples;
  readonly backend: Backend;
}

export interface Quantised {
  readonly deployed: Deployed;
  /** By layer, the value of x that the largest answer stands for. */
  readonly clips: Readonly<Record<string, number>>;
}

/** @throws {ModelError} `unsupported` for a network with other units than rectified ones; `out-of-range` for the bits */
export async function quantised(d: Deployed, options: QuantiseOptions): Promise<Quantised> {
  requireInteger("quantised.activationBits", options.activationBits, 1, 16);
  const layers = rectified(d);
  const most = 2 ** options.activationBits - 1;
  const { gain = 1 } = d.encoder as { gain?: number };
  const rounded = {
    ...d,
    encoder: current(gain, { levels: most }),
    parameters: narrowWeights(d.parameters, options.weightBits),
  };
  const clips: Record<string, number> = {};
  const net: Network = { ...d.net, populations: { ...d.net.populations } };
  const populations = net.populations as Record<string, Network["populations"][string]>;
  let parameters = rounded.parameters;
  for (const [layer, answers] of await answersOf(layers, rounded, options)) {
    const clip = bestClip(answers, most);
    clips[layer] = clip;
    const { shape, dropout } = d.net.populations[layer]!;
    populations[layer] = population(shape, quantisedRelu(), { parameters: { scale: most / clip, most }, dropout });
    parameters = scaledBehind(d.net, layer, parameters, clip / most);
  }
  return { deployed: { ...rounded, net, parameters }, clips };
}

/** Names of the layers of rectified units. */
function rectified({ net, encoder }: Deployed): string[] {
  if (encoder.kind !== "current") throw new ModelError("unsupported", net.name, "its input is no values to round");
  const names = Object.keys(net.populations);
  const other = names.find((name) => !["relu", "linear"].includes(net.populations[name]!.model.name));
  if (other === undefined) return names.filter((name) => net.populations[name]!.model.name === "relu");
  const model = net.populations[other]!.model.name;
  throw new ModelError("unsupported", `${net.name}.${other}`, `only relu and linear units are rounded, not ${model}`);
}

/** Weights rounded to whole parts of the largest of their array; what is added once a sum (biases) stays wide. */
export function narrowWeights(parameters: Parameters, bits: number): Parameters {
  requireInteger("quantised.weightBits", bits, 2, 16);
  const most = 2 ** (bits - 1) - 1;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => {
      const largest = largestOf(values, Math.abs);
      if (!name.endsWith(".weight") || largest === 0) return [name, values];
      const unit = largest / most;
      return [name, values.map((x) => Math.round(x / unit) * unit)];
    }),
  );
}

function largestOf(values: ArrayLike<number>, size: (x: number) => number): number {
  let largest = 0;
  for (let k = 0; k < values.length; k++) largest = Math.max(largest, size(values[k]!));
  return largest;
}

function scaledBehind(net: Network, layer: string, parameters: Parameters, factor: number): Parameters {
  const behind = new Set(net.connections.filter((c) => c.from.node === layer).map((c) => `${c.name}.weight`));
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [
      name,
      behind.has(name) ? values.map((x) => x * factor) : values,
    ]),
  );
}

/** What the units of each layer answer to the samples, before they round. */
async function answersOf(
  layers: readonly string[],
  { net, parameters, encoder }: Deployed,
  { calibrate, backend }: QuantiseOptions,
): Promise<[string, Float64Array][]> {
  const samples = calibrate.count;
  const record = layers.map((layer) => `${layer}.y`);
  const values = dense(calibrate, encoder);
  const [input] = Object.keys(net.inputs);
  const run = await simulate(net, {
    steps: net.steps ?? 1,
    samples,
    parameters,
    record,
    backend,
    inputs: { [input!]: { values } },
  });
  return layers.map((layer) => [layer, run.values[`${layer}.y`]!]);
}

function dense(examples: Examples, encoder: Deployed["encoder"]): Float32Array {
  const { count, size } = examples;
  const batch = valueBatch();
  encodeValues(
    encoder as ReturnType<typeof current>,
    examples,
    Uint32Array.from({ length: count }, (_, k) => k),
    batch,
  );
  const values = new Float32Array(count * size);
  for (let s = 0; s < count; s++)
    for (let k = batch.ends[s]!; k < batch.ends[s + 1]!; k++) values[s * size + batch.list[k]!] = batch.values[k]!;
  return values;
}

/** Parts of the largest answer that are tried. */
const TRIED = 64;
/** The upper end of the range with the least squared error, among equal parts of the largest value; 1 for a silent layer. */
export function bestClip(values: ArrayLike<number>, most: number): number {
  const largest = largestOf(values, (x) => x);
  if (largest === 0) return 1;
  let best = { clip: largest, error: Number.POSITIVE_INFINITY };
  for (let part = 1; part <= TRIED; part++) {
    const clip = (largest * part) / TRIED;
    const error = squaredError(values, clip / most, most);
    if (error < best.error) best = { clip, error };
  }
  return best.clip;
}

function squaredError(values: ArrayLike<number>, unit: number, most: number): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) {
    const x = values[k]!;
    const d = x - unit * Math.min(most, Math.floor(x / unit + 0.5));
    sum += d * d;
  }
  return sum;
}
