/**
 * The twenty kinds of neurons of Izhikevich 2004, figure 1: one model, twenty rows of numbers. Each has a line with its
 * spikes, and each must have as many as the published program gives.
 */
import { connect, inputNode, izhikevich, network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { currentsOf, PATTERNS, type Pattern, parametersOf } from "./izhikevich/patterns.ts";

/** Spike times in milliseconds. */
async function spikesOf(p: Pattern): Promise<number[]> {
  // The published program takes Euler's step for v, and then for u with the new v.
  const model = neuron({ ...izhikevich(parametersOf(p)).spec, method: "symplecticEuler" });
  const net = network({
    dt: `${p.dt} ms`,
    inputs: { current: inputNode(1, { signal: "values" }) },
    populations: { cell: population(1, model, { initial: { v: p.v / 1000, u: p.u ?? p.b * p.v } }) },
    connections: [connect("current", "cell", { weight: 1 })],
  });
  const values = currentsOf(p);
  const { spikes } = await simulate(net, { steps: values.length, inputs: { current: { values } }, type: "f64" });
  return Array.from(spikes.cell!.steps, (k) => k * p.dt);
}

const EXPECTED = [5, 1, 28, 6, 6, 6, 10, 14, 1, 1, 1, 1, 1, 7, 1, 5, 1, 1, 3, 12];
for (const [k, p] of PATTERNS.entries()) {
  const times = await spikesOf(p);
  const raster = Array.from({ length: 60 }, (_, x) =>
    times.some((t) => Math.floor((60 * t) / (p.until + p.dt)) === x) ? "|" : ".",
  ).join("");
  console.log(`${p.name.padEnd(29)}${raster} ${String(times.length).padStart(2)} in ${p.until} ms`);
  if (times.length !== EXPECTED[k])
    throw new Error(`${p.name}: ${times.length} spikes, the published program has ${EXPECTED[k]}`);
}
