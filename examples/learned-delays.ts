/**
 * Delays learn, and nothing else: all weights are fixed and equal. Eight inputs fire once each, in the order of one of four
 * secret patterns; a neuron for each pattern is to fire when it hears its own, which it can only if all spikes reach it at the
 * same time. Delays learn with a Gaussian between steps that becomes narrow (Hammouamri et al. 2024), and are whole steps in
 * the end; then the network is an ordinary one, which an engine runs.
 */
import {
  adam,
  arctan,
  bptt,
  connect,
  createEngine,
  createEvaluator,
  createTrainer,
  crossEntropy,
  inputNode,
  leakyIntegrator,
  narrowing,
  network,
  population,
  rounded,
  uniform,
  wasm,
} from "rheobase";

const [inputs, classes, most, steps, updates] = [8, 4, 15, 36, 400];
const net = network({
  dt: "1 ms",
  steps,
  output: "output",
  inputs: { input: inputNode(inputs) },
  populations: { output: population(classes, leakyIntegrator({ tau: "2 ms" })) },
  connections: [
    connect("input", "output", {
      name: "input>output",
      port: "v",
      weight: 1,
      trainable: false,
      delay: { trainable: true, max: `${most} ms`, start: uniform(5e-3, 10e-3), interpolation: "gaussian" },
    }),
  ],
});

let state = 1;
const random = () => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) / 2147483647;
const patterns = Array.from({ length: classes }, () =>
  Array.from({ length: inputs }, () => Math.floor(most * random())),
);

/** Each pattern begins anywhere in the first 5 ms, and a spike in five comes 1 ms too late. */
function sampleBatch(count: number) {
  const labels = Array.from({ length: count }, () => Math.floor(classes * random()));
  const list: number[] = [];
  const ends = [0];
  for (const label of labels) {
    const begin = Math.floor(5 * random());
    const times = patterns[label]!.map((t) => begin + t + (random() < 0.2 ? 1 : 0));
    for (let t = 0; t < steps; t++) {
      times.forEach((at, k) => at === t && list.push(k));
      ends.push(list.length);
    }
  }
  return {
    count,
    labels,
    input: { kind: "events" as const, list: Uint32Array.from(list), ends: Uint32Array.from(ends) },
  };
}

const batch = 32;
const loss = crossEntropy("max");
using trainer = await createTrainer(net, wasm, {
  algorithm: bptt(arctan(2)),
  loss,
  optimiser: adam(2e-4), // seconds an update: a fifth of a step
  batch,
  delayWidth: narrowing(most / 2, 0.5, updates / 2),
  seed: 1,
});
const test = sampleBatch(500);
async function accuracy(of: typeof net, parameters: ReturnType<typeof trainer.deployed>) {
  using evaluator = await createEvaluator(of, wasm, { loss, batch: 500, parameters, seed: 1 });
  return evaluator.evaluate(test).correct / 500;
}
const start = await accuracy(net, trainer.deployed());
for (let k = 0; k < updates; k++) trainer.step(sampleBatch(batch));

const whole = rounded(net, trainer.deployed(), 1);
const [between, after] = [await accuracy(net, trainer.deployed()), await accuracy(whole.network, whole.parameters)];
const percent = (x: number) => `${(100 * x).toFixed(1)} %`;
console.log(
  `accuracy: ${percent(start)} before training, ${percent(between)} after, ${percent(after)} with whole steps`,
);

using engine = await createEngine(whole.network, wasm, { parameters: whole.parameters });
const { delay } = engine.synapses("input>output");
const spread = patterns.map((times, c) => {
  const arrivals = times.map((t, k) => t + Number(delay![k * classes + c]));
  return Math.max(...arrivals) - Math.min(...arrivals);
});
console.log(`the spikes of each pattern reach its neuron within ${spread.join(", ")} ms; they left within ${most} ms`);
if (after < 0.95 || Math.max(...spread) > 3) throw new Error("the delays did not learn the patterns");
