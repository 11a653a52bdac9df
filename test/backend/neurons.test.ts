import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { Recording } from "../../src/sim/recording.ts";
import { NEURON_CASES, type NeuronCase } from "./neurons.cases.ts";

async function run(backend: Backend, type: "f32" | "f64", c: NeuronCase): Promise<Recording> {
  using engine = await createEngine(c.net, backend, { type, seed: 6, record: c.record, block: c.block ?? 64 });
  return engine.run(c.steps, { [Object.keys(c.net.inputs)[0]!]: { values: c.drive } });
}

/** Zeros of different signs differ. */
function firstDifference(a: Float64Array, b: Float64Array): number {
  const bytes = (x: Float64Array): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  return Buffer.compare(bytes(a), bytes(b)) === 0 ? -1 : a.findIndex((x, k) => !Object.is(x, b[k]));
}

describe.each(["f32", "f64"] as const)("wasm equals the interpreter in %s", (type) => {
  test.each(NEURON_CASES.map((c) => [c.name, c] as const))("%s", async (_name, c) => {
    const [defined, fast] = await Promise.all([run(interpret, type, c), run(wasm, type, c)]);
    for (const [name, values] of Object.entries(defined.values))
      expect(firstDifference(values, fast.values[name]!)).toBe(-1);
    expect({ spikes: fast.spikes, digest: fast.digest }).toEqual({ spikes: defined.spikes, digest: defined.digest });
    // Agreement about nothing would prove nothing.
    for (const { steps } of Object.values(defined.spikes)) expect(steps.length).toBeGreaterThan(5);
    for (const values of Object.values(defined.values)) expect(values.some((x) => x !== values[0])).toBe(true);
  });
});
