/**
 * STDP that balances what it drives (Song, Miller & Abbott 2000; the network of Brian's and GeNN's benchmarks): a thousand
 * Poisson inputs at 15 Hz onto each of some neurons. From weights that are spread evenly, ten seconds later they have a mean
 * of 0.0049 and a standard deviation of 0.0030, as in Brian and GeNN.
 *
 *   npx tsx examples/song-abbott.ts          40 neurons
 *   npx tsx examples/song-abbott.ts 1000     the whole benchmark, a million synapses
 */
import { connect, createEngine, inputNode, network, neuron, pairStdp, population, uniform, wasm } from "rheobase";
import { poissonSource } from "rheobase/sim";

const targets = Number(process.argv[2] ?? 40);
const wMax = 0.01;

const cell = neuron({
  name: "cell",
  equations: `
    dv/dt = (ge*(0*mV - v) + (-74*mV - v))/(10*ms) : volt
    dge/dt = -ge/(5*ms) : 1`,
  spike: "v > -54*mV",
  reset: "v = -60*mV",
  method: "euler",
});
const stdp = pairStdp({ transmit: "ge += w", tauPlus: "20 ms", tauMinus: "20 ms", aPlus: 0.01, aMinus: 0.0105, wMax });
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  inputs: { in: inputNode(1000) },
  populations: { out: population(targets, cell, { initial: { v: uniform(-0.074, -0.06) } }) },
  connections: [connect("in", "out", { name: "s", weight: uniform(0, wMax), synapse: stdp })],
});

using engine = await createEngine(net, wasm, { seed: 1, sources: { in: poissonSource(15) } });
const start = performance.now();
const { spikes } = engine.run(100_000);
const took = (performance.now() - start) / 1000;

const w = Float64Array.from(engine.synapses("s").w!);
const mean = w.reduce((a, b) => a + b, 0) / w.length;
const spread = Math.sqrt(w.reduce((a, b) => a + (b - mean) ** 2, 0) / w.length);
const rate = spikes.out!.steps.length / targets / 10;
console.log(`10 s of ${w.length} plastic synapses in ${took.toFixed(2)} s; outputs fire at ${rate.toFixed(1)} Hz`);
console.log(`weights: mean ${mean.toFixed(5)}, standard deviation ${spread.toFixed(5)}`);
if (Math.abs(mean - 0.0049) > 0.0003 || Math.abs(spread - 0.003) > 0.0003)
  throw new Error("weights should have a mean of 0.0049 ± 0.0003 and a standard deviation of 0.0030 ± 0.0003");
if (rate < 28 || rate > 42) throw new Error("the outputs should fire at 36 Hz or so");
