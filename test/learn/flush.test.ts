/**
 * Errors that have shrunk to nothing on their way back become zero; nothing else about a gradient changes. A leak of one half
 * makes the error of the last step, k steps back, 2^-k to the last place.
 */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { meanSquaredValues } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { neuron } from "../../src/model/neuron.ts";

const halving = neuron({
  name: "halving",
  equations: "x[t+1] = x/2 + i : 1\ni : 1 (input)",
  port: "i",
});

/** The gradient of the first weight, where the input is 1 in one step of the sample and 0 in all others. */
async function gradient(steps: number, at: number, backend = wasm): Promise<number> {
  const net = network({
    name: "chain",
    dt: "1 ms",
    steps,
    inputs: { in: inputNode(1, { signal: "values" }) },
    populations: { h: population(1, halving), out: population(1, linear()) },
    connections: [connect("in", "h", { port: "i", weight: 1 }), connect("h", "out", { output: "x", weight: 1 })],
    output: "out",
  });
  using trainer = await createTrainer(net, backend, {
    algorithm: bptt(),
    loss: meanSquaredValues("last"),
    optimiser: sgd(1),
    batch: 1,
  });
  const ends = Uint32Array.from({ length: steps + 1 }, (_, row) => Number(row > at));
  const input = { kind: "sparse", list: Uint32Array.of(0), values: Float32Array.of(1), ends } as const;
  trainer.gradients({ count: 1, input, targets: [-0.5] });
  return trainer.gradientBlocks()["in>h.i.weight"]![0]!;
}
/** (y - target)^2 has slope 2·(y - target) = 1 where y is too small to be seen beside the target. */
const closed = (steps: number, at: number): number => 2 ** -(steps - 1 - at);

describe.each([
  ["wasm", wasm],
  ["interpreter", interpret],
] as const)("%s", (_, backend) => {
  test.each([
    [100, 0],
    [400, 399 - 30],
    [400, 399 - 99],
  ])("of %i steps, step %i: to the last place", async (steps, at) => {
    expect(await gradient(steps, at, backend)).toBe(closed(steps, at));
  });
  test.each([
    [400, 399 - 117],
    [400, 0],
  ])("of %i steps, step %i: nothing", async (steps, at) => {
    expect(await gradient(steps, at, backend)).toBe(0);
  });
});
