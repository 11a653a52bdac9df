/**
 * A neuron of one's own trains: a dendrite that amplifies, a membrane, and a slow current that spikes feed, as equations. The
 * task is to tell which of two groups of inputs came first, 20 ms before the other. Rates tell nothing, so it takes time
 * constants that bridge the gap: they learn, one for each neuron, together with the weights.
 */
import {
  adam,
  bptt,
  connect,
  createTrainer,
  crossEntropy,
  inputNode,
  leakyIntegrator,
  network,
  neuron,
  normal,
  population,
  triangle,
  truncatedNormal,
  uniform,
  wasm,
} from "rheobase";

const cell = neuron({
  name: "dendrite-and-adaptation",
  equations: `
    dv/dt = (d - w - v)/tauM : 1
    dd/dt = (gain*tanh(d) - d)/tauD : 1
    dw/dt = -w/tauW : 1`,
  parameters: {
    tauM: "5 ms",
    tauD: "10 ms",
    tauW: "50 ms",
    gain: { value: 0.5, doc: "how far the dendrite amplifies", min: 0, max: 0.95 },
    jump: { value: 0.2, doc: "what a spike adds to w" },
    vTh: 1,
  },
  spike: "v > vTh",
  reset: "v = 0; w += jump",
  port: "d",
  method: "rk2",
});

const [inputs, steps, batch] = [20, 40, 64];
const taus = (mean: number) => truncatedNormal(mean, mean / 4, { low: 2e-3 });
const net = network({
  dt: "1 ms",
  steps,
  output: "output",
  inputs: { input: inputNode(inputs) },
  populations: {
    hidden: population(24, cell, {
      parameters: { tauM: taus(5e-3), tauD: taus(10e-3), tauW: taus(50e-3) },
      trainable: { tauM: "neuron", tauD: "neuron", tauW: "neuron", gain: "layer", jump: "layer" },
    }),
    output: population(2, leakyIntegrator()),
  },
  connections: [
    connect("input", "hidden", { weight: uniform(-0.3, 0.6) }),
    connect("hidden", "hidden", { weight: normal(0, 0.1), delay: "1 ms", port: "d" }),
    connect("hidden", "output", { weight: normal(0, 0.3), bias: 0 }),
  ],
});
using trainer = await createTrainer(net, wasm, {
  algorithm: bptt(triangle(1)),
  loss: crossEntropy("mean"),
  optimiser: adam(5e-3),
  groups: [{ match: "hidden.tau*", rate: 0.05 }],
  batch,
  seed: 1,
});

let state = 1;
const random = () => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) / 2147483647;

/** Each group fires for 5 ms, 20 ms apart; the label says which half was first. */
function sampleBatch() {
  const labels = Array.from({ length: batch }, () => Math.floor(2 * random()));
  const list: number[] = [];
  const ends = [0];
  for (const label of labels) {
    const begin = Math.floor(8 * random());
    for (let t = 0; t < steps; t++) {
      for (let k = 0; k < inputs; k++) {
        const late = Math.floor(k / (inputs / 2)) === label ? 0 : 20;
        const inside = t >= begin + late && t < begin + late + 5;
        if (random() < (inside ? 0.4 : 0.01)) list.push(k);
      }
      ends.push(list.length);
    }
  }
  return {
    count: batch,
    labels,
    input: { kind: "events" as const, list: Uint32Array.from(list), ends: Uint32Array.from(ends) },
  };
}

const before = trainer.parameters()["hidden.tauM"]!;
let correct = 0;
for (let update = 1; update <= 300; update++) {
  const result = trainer.step(sampleBatch());
  if (update > 280) correct += result.correct;
}
const after = trainer.parameters()["hidden.tauM"]!;
const mean = (x: ArrayLike<number>) => (1000 * Array.from(x).reduce((a, b) => a + b, 0)) / x.length;
console.log(`membranes: ${mean(before).toFixed(1)} ms on average, then ${mean(after).toFixed(1)} ms`);
const accuracy = correct / (20 * batch);
console.log(`accuracy over the last 20 batches: ${(100 * accuracy).toFixed(1)} %`);
if (accuracy < 0.9) throw new Error("the network did not learn");
