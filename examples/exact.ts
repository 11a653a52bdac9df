/**
 * Spike times without a grid: one description, run by the exact engine and by the clocked one with ever shorter steps,
 * whose times close in on the exact ones as the step shrinks.
 */
import { connect, createEngine, inputNode, network, neuron, population, wasm } from "rheobase";
import { createExactEngine } from "rheobase/sim";

const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (a - v) / tau : 1
    da/dt = (x - a) / tauA : 1
    dx/dt = -x / tauA : 1`,
  parameters: { tau: "20 ms", tauA: "4 ms" },
  spike: "v > 1",
  reset: "v = 0",
});
/** Three cells in a ring, set going by one input spike. */
const ring = (dt: number) =>
  network({
    dt,
    schedule: "nest",
    inputs: { start: inputNode(1) },
    populations: { a: population(1, cell), b: population(1, cell), c: population(1, cell) },
    connections: [
      connect("start", "a", { port: "x", weight: 10, delay: "1 ms" }),
      connect("a", "b", { port: "x", weight: 9, delay: "2 ms" }),
      connect("b", "c", { port: "x", weight: 9, delay: "2 ms" }),
      connect("c", "a", { port: "x", weight: 9, delay: "2 ms" }),
    ],
  });

const seconds = 0.08;
const exact = createExactEngine(ring(1e-3)).run(seconds, { inputs: { start: { times: [1e-3], indices: [0] } } });
const last = exact.spikes.c!.times.at(-1)!;
console.log(`exact: cell c last fires at ${(1000 * last).toFixed(12)} ms; ${exact.counts.evaluations} states computed`);

for (const steps of [1, 4, 16, 64]) {
  const dt = 1e-3 / steps;
  using engine = await createEngine(ring(dt), wasm, { type: "f64" });
  const run = engine.run(Math.round(seconds / dt), { start: { steps: [steps - 1], indices: [0] } });
  const spikes = run.spikes.c!.steps;
  const time = (spikes.at(-1)! + 1) * dt; // a step runs from `step · dt` to `(step + 1) · dt`
  console.log(`steps of ${(1000 * dt).toFixed(4)} ms: ${(1000 * time).toFixed(4)} ms, ${spikes.length} spikes`);
  const hops = 3 * spikes.length;
  if (time < last || time - last > hops * 3 * dt)
    throw new Error("the clocked engine does not converge to the exact one");
}
