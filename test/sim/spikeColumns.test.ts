/** Spikes of a run are told whole and in order, however many there are: pieces of 64 to 16,384 numbers hold them. */
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";

test.each([
  [1, 3],
  [1, 64],
  [1, 65],
  [64, 256],
  [64, 257],
  [1000, 33],
  [1000, 70],
])("%i neurons that fire in each of %i steps", async (neurons, steps) => {
  const always = neuron({ name: "always", equations: "v : 1", spike: "True" });
  const net = network({ dt: "1 ms", populations: { p: population(neurons, always) } });
  using engine = await createEngine(net, wasm);
  const { indices, steps: at } = engine.run(steps).spikes["p"]!;
  const all = Array.from({ length: neurons * steps }, (_, k) => k);
  expect([...indices]).toEqual(all.map((k) => k % neurons));
  expect([...at]).toEqual(all.map((k) => Math.floor(k / neurons)));
});
