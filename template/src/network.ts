/**
 * A spiking network, and what it has to learn: two groups of inputs fire one after the other, and it is to say which
 * was first. Both fire equally often, so only a network with a memory can tell.
 */
import {
  adam,
  bptt,
  createTrainer,
  crossEntropy,
  denseLayer,
  input,
  lif,
  neurons,
  readout,
  sequential,
  triangle,
  wasm,
} from "rheobase";

const GROUP = 10;
const INPUTS = 2 * GROUP;
const STEPS = 40;

/** 20 inputs, 32 leaky integrate-and-fire neurons that hear one another, 2 answers; 40 steps of 1 ms. */
export const net = sequential(
  [
    input(INPUTS),
    denseLayer(32, { weight: { kind: "fanIn", gain: 2 } }),
    neurons(lif({ tau: "10 ms" }), { recurrent: true }),
    denseLayer(2),
    readout(),
  ],
  { steps: STEPS, dt: "1 ms" },
);

export const createNetworkTrainer = (seed: number) =>
  createTrainer(net, wasm, {
    algorithm: bptt(triangle(1)),
    loss: crossEntropy("mean"),
    optimiser: adam(5e-3),
    batch: 64,
    seed,
  });

/** Numbers from 0 to 1, the same for the same seed (Park and Miller 1988). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/**
 * Samples with their labels: 0 if the first group fires first, 1 if the second does.
 * Spikes are lists of inputs: those of step t of sample s are `list[ends[s·STEPS + t] .. ends[s·STEPS + t + 1])`.
 *
 * @param seed from 1 to 2147483646; other seeds give other samples
 */
export function samples(count: number, seed: number) {
  const random = randomNumbers(seed);
  const labels = Array.from({ length: count }, () => (random() < 0.5 ? 0 : 1));
  const list: number[] = [];
  const ends = [0];
  for (const label of labels) {
    const start = Math.floor(10 * random());
    for (let step = 0; step < STEPS; step++) {
      const burst = Math.floor((step - start) / 10); // 0 and 1 while a group fires, the second after the first
      const active = burst === 0 ? label : burst === 1 ? 1 - label : undefined;
      for (let k = 0; k < INPUTS; k++) if (random() < (Math.floor(k / GROUP) === active ? 0.2 : 0.01)) list.push(k);
      ends.push(list.length);
    }
  }
  const events = { kind: "events" as const, list: Uint32Array.from(list), ends: Uint32Array.from(ends) };
  return { count, labels, input: events };
}
