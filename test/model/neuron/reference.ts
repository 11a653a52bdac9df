/** Neurons written out by hand, in plain numbers: what the models of the library are compared with. */

import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import type { MethodName } from "../../../src/model/integrate/methods.ts";
import type { Network } from "../../../src/model/network.ts";
import { inputNode, network, type PopulationOptions, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import type { NeuronModel } from "../../../src/model/neuronModel.ts";
import { createEngine } from "../../../src/sim/engine.ts";

export type Slope = (x: readonly number[], t: number) => number[];

/** One classical Runge-Kutta step. */
export function rungeKutta(slope: Slope, x: readonly number[], t: number, h: number): number[] {
  const moved = (k: readonly number[], c: number): number[] => x.map((xi, i) => xi + c * k[i]!);
  const a = slope(x, t);
  const b = slope(moved(a, h / 2), t + h / 2);
  const c = slope(moved(b, h / 2), t + h / 2);
  const d = slope(moved(c, h), t + h);
  return x.map((xi, i) => xi + (h / 6) * (a[i]! + 2 * b[i]! + 2 * c[i]! + d[i]!));
}

export interface Cell {
  readonly start: readonly number[];
  readonly slope: Slope;
  /** What a state above threshold becomes, or nothing below it. */
  readonly reset: (x: readonly number[]) => number[] | undefined;
}
/** Steps whose end is above threshold. */
export function spikeSteps({ start, slope, reset }: Cell, dt: number, steps: number): number[] {
  let x: readonly number[] = start;
  const spikes: number[] = [];
  for (let k = 0; k < steps; k++) {
    x = rungeKutta(slope, x, k * dt, dt);
    const next = reset(x);
    if (next) spikes.push(k);
    x = next ?? x;
  }
  return spikes;
}

/** Simpson's rule. */
export function integral(f: (x: number) => number, from: number, to: number, parts = 20_000): number {
  const h = (to - from) / parts;
  let sum = f(from) + f(to);
  for (let k = 1; k < parts; k++) sum += (k % 2 === 1 ? 4 : 2) * f(from + k * h);
  return (sum * h) / 3;
}

export const withMethod = (model: NeuronModel, method: MethodName): NeuronModel => neuron({ ...model.spec, method });

/** A population whose neurons take currents that stand still. */
export function drivenBy(
  model: NeuronModel,
  currents: readonly number[],
  dt: number,
  options: PopulationOptions = {},
): Network {
  const size = currents.length;
  return network({
    dt,
    inputs: { x: inputNode(size, { signal: "values", constant: true }) },
    populations: { cell: population(size, model, options) },
    connections: [connect("x", "cell", { connectivity: oneToOne, weight: 1, port: "i" })],
  });
}
/** By neuron: steps in which it fires, in double precision. */
export async function firing(
  model: NeuronModel,
  currents: readonly number[],
  dt: number,
  steps: number,
  options: PopulationOptions = {},
): Promise<number[][]> {
  using engine = await createEngine(drivenBy(model, currents, dt, options), wasm, { type: "f64" });
  const { cell } = engine.run(steps, { x: { values: currents } }).spikes;
  return currents.map((_, n) => [...cell!.steps].filter((_s, k) => cell!.indices[k] === n));
}
/** A state of one neuron after some steps, in double precision. */
export async function stateAfter(
  model: NeuronModel,
  state: string,
  [current, dt, steps]: readonly [number, number, number],
  options: PopulationOptions = {},
): Promise<number> {
  using engine = await createEngine(drivenBy(model, [current], dt, options), wasm, { type: "f64" });
  engine.run(steps, { x: { values: [current] } });
  return engine.state(`cell.${state}`)[0]!;
}
export const intervals = (steps: readonly number[]): number[] => steps.slice(1).map((s, k) => s - steps[k]!);
