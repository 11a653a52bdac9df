/** Runs a network on each backend, and asks that they agree in every bit before anything else is looked at. */
import { expect } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import type { Network } from "../../src/model/network.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import type { Recording } from "../../src/sim/recording.ts";

export const BACKENDS: readonly Backend[] = [interpret, wasm];

export async function runOn(
  backend: Backend,
  net: Network,
  steps: number,
  { inputs = {}, ...options }: EngineOptions & { inputs?: Inputs } = {},
): Promise<Recording> {
  using engine = await createEngine(net, backend, options);
  return engine.run(steps, inputs);
}

/** The recording, the same on the interpreter and in WebAssembly. */
export async function run(
  net: Network,
  steps: number,
  options: EngineOptions & { inputs?: Inputs } = {},
): Promise<Recording> {
  const [defined, fast] = await Promise.all(BACKENDS.map((b) => runOn(b, net, steps, options)));
  expect(fast).toEqual(defined);
  return defined!;
}

/** Steps in which one neuron fired. */
export const spikesOf = (r: Recording, node: string, neuron = 0, sample = 0): number[] => {
  const { steps, indices, samples } = r.spikes[node]!;
  return [...steps].filter((_, k) => indices[k] === neuron && samples[k] === sample);
};

/** Small reproducible numbers from -1/2 to 1/2. */
export function numbers(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32 - 0.5;
  };
}

/** What is said of a network that cannot be made. */
export function message(make: () => unknown): string {
  try {
    make();
    return "accepted";
  } catch (e) {
    return (e as Error).message;
  }
}
