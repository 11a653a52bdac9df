/**
 * Exact gradients of spike times (EventProp) on the Yin-Yang set: each coordinate of a point is the time of a spike, and the
 * output that spikes first is the answer. Shortened; in full, with the paper's sizes and rates, it reaches 96.2 % (published:
 * 98.1 %): `node --import tsx examples/yin-yang.ts --epochs 100 --samples 5000 --hidden 200 --batch 32 --rate 0.005`.
 *
 * @see Wunderlich and Pehle 2021, Sci. Rep. 11:12829; Kriener, Göltz and Petrovici 2022, doi:10.1145/3517343.3517380
 */
import { parseArgs } from "node:util";
import { adam, connect, cubaLif, inputNode, network, population } from "rheobase";
import { yinYang } from "rheobase/data";
import { createEventTrainer, type EventBatch, firstSpikeCrossEntropy, fit as run } from "rheobase/learn";

const { values: given } = parseArgs({
  options: {
    epochs: { type: "string", default: "12" },
    samples: { type: "string", default: "800" },
    hidden: { type: "string", default: "60" },
    batch: { type: "string", default: "16" },
    rate: { type: "string", default: "0.015" },
    seed: { type: "string", default: "1" },
  },
});
const number = (name: keyof typeof given): number => Number(given[name]);
const [epochs, samples, hidden, seed] = [number("epochs"), number("samples"), number("hidden"), number("seed")];
const size = number("batch");

/** Coordinates as times from 10 to 40 ms, and a fifth spike at 20 ms. */
function batchesOf(set: ReturnType<typeof yinYang>, order: readonly number[]): EventBatch[] {
  const spikesOf = (k: number) => {
    const times = [...set.values.subarray(4 * k, 4 * k + 4)].map((x) => 0.01 + 0.03 * x);
    return { times: [...times, 0.02], indices: [0, 1, 2, 3, 4] };
  };
  return Array.from({ length: Math.ceil(order.length / size) }, (_, b) => {
    const own = order.slice(b * size, (b + 1) * size);
    return { count: own.length, spikes: own.map(spikesOf), labels: own.map((k) => set.labels[k]!) };
  });
}
const [train, test] = [yinYang({ count: samples, seed }), yinYang({ count: 1000, seed: seed + 1000 })];
let state = seed;
const random = () => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) / 2147483647;
function shuffled(n: number): number[] {
  const order = Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) {
    const j = Math.floor(random() * (k + 1));
    [order[k], order[j]] = [order[j]!, order[k]!];
  }
  return order;
}

const cell = cubaLif({ tau: "20 ms", tauSyn: "5 ms" });
const fewer = 200 / hidden; // the paper's weights are of 200 hidden neurons
const batches = Math.ceil(samples / size);
const trainer = createEventTrainer(
  network({
    dt: "1 ms", // nothing goes in steps
    inputs: { input: inputNode(5) },
    populations: { hidden: population(hidden, cell), output: population(3, cell) },
    connections: [
      connect("input", "hidden", { weight: { kind: "normal", mean: 1.5, sd: 0.78 } }),
      connect("hidden", "output", { weight: { kind: "normal", mean: 0.93 * fewer, sd: 0.1 * fewer } }),
    ],
    output: "output",
  }),
  {
    loss: firstSpikeCrossEntropy({ tau: 0.5e-3, late: { strength: 0.003, tau: 6.4e-3 } }),
    optimiser: adam((update) => number("rate") * 0.95 ** Math.floor(update / batches)),
    duration: "80 ms",
    raise: { output: { share: 0, by: 1e-3 } }, // an output that stays silent has no gradient to come back by
    seed,
  },
);
const reports = run(trainer, {
  epochs,
  batches: () => batchesOf(train, shuffled(samples)),
  validate: { evaluator: trainer, batches: () => batchesOf(test, [...test.labels.keys()]) },
  onEpoch: ({ epoch, loss, accuracy, validation, seconds }) =>
    console.log(
      `epoch ${epoch + 1}: loss ${loss.toFixed(3)}, right ${(100 * accuracy).toFixed(1)} %, of new points ${(100 * validation!.accuracy).toFixed(1)} %, ${seconds.toFixed(1)} s`,
    ),
});
const reached = reports.at(-1)!.validation!.accuracy;
if (reached < 0.75) throw new Error(`the network did not learn: ${reached}`);
