/**
 * A label in each step: which of two inputs spiked last? Sequences differ in length, adaptive neurons learn their own time
 * constants, and two threads share the samples; the weights are the same bits on one.
 */
import {
  adam,
  alif,
  bptt,
  connect,
  createTrainer,
  crossEntropyEachStep,
  fanIn,
  inputNode,
  leakyIntegrator,
  network,
  population,
  threadedWasm,
  triangle,
  truncatedNormal,
} from "rheobase";

const [inputs, steps, batch] = [2, 60, 64];
const net = network({
  dt: "1 ms",
  steps,
  inputs: { input: inputNode(inputs) },
  populations: {
    hidden: population(24, alif(), {
      parameters: {
        tauM: truncatedNormal(0.02, 0.005, { low: 0.002 }),
        tauA: truncatedNormal(0.1, 0.03, { low: 0.01 }),
      },
      trainable: ["tauM", "tauA"],
    }),
    output: population(2, leakyIntegrator({ tau: "3 ms" })),
  },
  connections: [
    connect("input", "hidden", { weight: fanIn(2) }),
    connect("hidden", "hidden", { weight: fanIn(), delay: 1 }),
    connect("hidden", "output", { weight: fanIn(), bias: fanIn(), port: "i" }),
  ],
  output: "output",
});

let state = 1;
const random = () => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) / 2147483647;

function sampleBatch() {
  const [list, ends, labels, lengths] = [[] as number[], [0], [] as number[], [] as number[]];
  for (let s = 0; s < batch; s++) {
    lengths.push(30 + Math.floor(random() * (steps - 29)));
    let last = -1; // nobody knows yet: such steps do not count
    for (let t = 0; t < steps; t++) {
      if (random() < 0.1) list.push((last = Math.floor(2 * random())));
      ends.push(list.length);
      labels.push(last);
    }
  }
  const input = { kind: "events" as const, list: Uint32Array.from(list), ends: Uint32Array.from(ends) };
  return { count: batch, input, labels, lengths, labelled: "steps" as const };
}

using backend = threadedWasm(2);
using trainer = await createTrainer(net, backend, {
  algorithm: bptt(triangle(0.3, 0.5)),
  loss: crossEntropyEachStep("mean"),
  optimiser: adam(1e-2, { clip: 1 }),
  groups: [{ match: "*.tau*", rate: 0.1 }],
  batch,
  seed: 1,
});
let [correct, counted] = [0, 0];
for (let update = 1; update <= 300; update++) {
  const result = trainer.step(sampleBatch());
  if (update <= 280) continue;
  correct += result.correct;
  counted += result.counted;
}
const taus = trainer
  .parameters()
  ["hidden.tauM"]!.map((x) => 1000 * x)
  .sort();
const accuracy = correct / counted;
console.log(`right in ${(100 * accuracy).toFixed(1)} % of ${counted} steps, on ${backend.threads} threads`);
console.log(`membrane time constants ${taus[0]!.toFixed(0)} to ${taus.at(-1)!.toFixed(0)} ms`);
if (accuracy < 0.9) throw new Error("the network did not learn");
