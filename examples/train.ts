/** A spiking network learns which half of its inputs fires more often: training in thirty lines, without any data set. */
import {
  adam,
  bptt,
  createTrainer,
  crossEntropy,
  denseLayer,
  input,
  lif,
  readout,
  sequential,
  triangle,
  wasm,
} from "rheobase";

const [inputs, steps, batch] = [40, 20, 64];
const net = sequential(
  [
    input(inputs),
    denseLayer(32, { weight: { kind: "fanIn", gain: 2 } }),
    lif({ tau: "10 ms" }),
    denseLayer(2),
    readout(),
  ],
  { steps },
);
using trainer = await createTrainer(net, wasm, {
  algorithm: bptt(triangle(1)),
  loss: crossEntropy("mean"),
  optimiser: adam(5e-3),
  batch,
  seed: 1,
});

let state = 1;
const random = () => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) / 2147483647;

/** Spikes as lists: those of sample s in step t are `list[ends[s·steps + t] .. ends[s·steps + t + 1])`. */
function sampleBatch() {
  const labels = Array.from({ length: batch }, () => Math.floor(2 * random()));
  const list: number[] = [];
  const ends = [0];
  for (const label of labels)
    for (let t = 0; t < steps; t++) {
      for (let k = 0; k < inputs; k++)
        if (random() < (Math.floor(k / (inputs / 2)) === label ? 0.14 : 0.1)) list.push(k);
      ends.push(list.length);
    }
  return {
    count: batch,
    labels,
    input: { kind: "events" as const, list: Uint32Array.from(list), ends: Uint32Array.from(ends) },
  };
}

let correct = 0;
for (let update = 1; update <= 200; update++) {
  const result = trainer.step(sampleBatch());
  if (update > 180) correct += result.correct;
}
const accuracy = correct / (20 * batch);
console.log(`accuracy over the last 20 batches: ${(100 * accuracy).toFixed(1)} %`);
if (accuracy < 0.85) throw new Error("the network did not learn");
