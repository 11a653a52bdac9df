/**
 * One neuron under constant current: the time of its first spike, beside the closed form
 * `tau · ln(i / (i - vTh))` (Gerstner et al. 2014, Neuronal Dynamics, sec. 1.3).
 */
import { connect, createEngine, inputNode, lif, network, population, wasm } from "rheobase";

const dt = 1e-4;
const drive = [1.01, 1.5, 3];
const net = network({
  dt,
  inputs: { current: inputNode(3, { signal: "values", constant: true }) },
  populations: { cell: population(3, lif({ tau: "20 ms" })) },
  connections: [connect("current", "cell", { weight: [1, 0, 0, 0, 1, 0, 0, 0, 1], port: "i" })],
});
using engine = await createEngine(net, wasm);
const { spikes } = engine.run(2000, { current: { values: drive } });
for (const [k, i] of drive.entries()) {
  const first = (spikes.cell!.steps[spikes.cell!.indices.indexOf(k)]! + 1) * dt;
  const exact = 0.02 * Math.log(i / (i - 1));
  console.log(`drive ${i}: first spike at ${(first * 1e3).toFixed(1)} ms, closed form ${(exact * 1e3).toFixed(2)} ms`);
  if (Math.abs(first - exact) > 2 * dt)
    throw new Error("the first spike is further from the closed form than two steps");
}
