import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { run } from "./run.ts";

const net = network({
  dt: "0.1 ms",
  inputs: { x: inputNode(2) },
  populations: { n: population(3, lif()) },
  connections: [connect("x", "n", { weight: 0.7 })],
});
const inputs = { x: { steps: [3, 3, 90], indices: [0, 1, 0] } };

test("one call: the recording of an engine, and what it belongs to", async () => {
  const options = { seed: 5, inputs, record: ["n.v", "n.spike"] };
  const result = await simulate(net, { duration: "10 ms", ...options });
  const { network: of, dt, seed, seconds, ...recording } = result;
  expect([of, dt, seed]).toEqual([net, 1e-4, 5]);
  expect(seconds).toBeCloseTo(0.01, 15);
  expect(recording).toEqual(await run(net, 100, options));
  expect([...recording.spikes.n!.indices]).toEqual([0, 1, 2]);
});
test("a number is in seconds; steps; another backend; the seed", async () => {
  const [a, b, c] = await Promise.all([
    simulate(net, { duration: 0.01, inputs }),
    simulate(net, { steps: 100, inputs }),
    simulate(net, { steps: 100, inputs, backend: interpret }),
  ]);
  expect(a.steps).toBe(100);
  expect(a).toEqual(b);
  expect(b).toEqual(c);
  expect(a.seed).toBe(0);
});
test("long and short durations are whole numbers of steps in spite of rounding", async () => {
  const empty = network({ dt: "0.1 ms", populations: {} });
  for (const [duration, steps] of [
    ["100 s", 1_000_000],
    ["0.3 ms", 3],
    ["0 s", 0],
  ] as const)
    expect((await simulate(empty, { duration })).steps).toBe(steps);
});
test.each([
  [{}, "simulate.duration: give a duration or steps"],
  [{ duration: "1 s", steps: 3 }, "simulate.duration: give a duration or steps"],
  [{ duration: "0.15 ms" }, "simulate.duration: must be a whole number of steps of 0.0001 s, got 0.15 ms"],
  [{ duration: "-1 ms" }, "simulate.duration: must be a whole number of steps of 0.0001 s, got -1 ms"],
  [
    { duration: Number.POSITIVE_INFINITY },
    "simulate.duration: must be a whole number of steps of 0.0001 s, got Infinity",
  ],
  [{ duration: "3 mV" }, "simulate.duration: "],
  [{ steps: 0.5 }, "simulate.steps: must be an integer >= 0, got 0.5"],
])("refuses %o", async (options, message) => {
  await expect(simulate(net, options)).rejects.toThrow(message);
});
