/** For `stored.test.ts`, in a process of its own: reads a large set whole, trains on some of it, and says how much memory that took. */
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { batches } from "../../src/data/batch.ts";
import { latency } from "../../src/data/encoder.ts";
import { openIdxStore, selection } from "../../src/data/stored.ts";
import { bptt } from "../../src/learn/algorithm.ts";
import { fitStream } from "../../src/learn/fitStream.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { adam } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { storedReader } from "../../src/tasks/stored.ts";

const [images, labels] = process.argv.slice(2);
await using store = await openIdxStore(images!, labels!, [28, 28], 10);
const net = sequential([input(784), denseLayer(16), neurons(lif()), denseLayer(10), readout()], { steps: 5 });
const options = { algorithm: bptt(), loss: crossEntropy(), optimiser: adam(1e-3), batch: 128 };
using trainer = await createTrainer(net, wasm, options);

/** The most that the process has held so far, in bytes. */
const peak = (): number => process.resourceUsage().maxRSS * 1024;
const before = peak();

let [read, marked] = [0, 0];
for (const numbers of batches(store.count, 512, { shuffle: false })) {
  const { count, features } = await store.read(numbers);
  read += count;
  for (const level of features) if (level !== 0) marked++;
}

// From all over the file.
const some = selection(
  store,
  Uint32Array.from({ length: 20 * 128 }, (_, k) => (k * 7919) % store.count),
);
const reader = storedReader(some, { encoder: latency(), steps: 5, seed: 1 });
const [report] = await fitStream(trainer, {
  epochs: 1,
  batches: (epoch, first) => reader.pass({ batch: 128, epoch, shuffle: true, first }),
});
process.stdout.write(JSON.stringify({ read, marked, trained: report!.samples, growth: peak() - before }));
