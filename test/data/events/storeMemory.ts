/** For `store.test.ts`, in a process of its own: reads a large set of recordings whole, trains on some of it, and says how much memory that took. */
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { batches } from "../../../src/data/batch.ts";
import { binStore } from "../../../src/data/events/store.ts";
import { nMnist } from "../../../src/data/sets/nMnist.ts";
import { selection } from "../../../src/data/stored.ts";
import { bptt } from "../../../src/learn/algorithm.ts";
import { fitStream } from "../../../src/learn/fitStream.ts";
import { crossEntropy } from "../../../src/learn/loss.ts";
import { adam } from "../../../src/learn/optimiser.ts";
import { createTrainer } from "../../../src/learn/trainer.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../../src/model/sequential.ts";
import { storedReader } from "../../../src/tasks/stored.ts";

const { train } = await nMnist({ directory: process.argv[2]! });
const binned = binStore(train, { dt: "20 ms", steps: 15, square: 2 });
const net = sequential([input(binned.inputs), denseLayer(32), neurons(lif()), denseLayer(10), readout()], {
  steps: 15,
});
const options = { algorithm: bptt(), loss: crossEntropy("mean"), optimiser: adam(5e-3), batch: 32 };
using trainer = await createTrainer(net, wasm, options);

/** The most that the process has held so far, in bytes. */
const peak = (): number => process.resourceUsage().maxRSS * 1024;
const before = peak();

let read = 0;
for (const numbers of batches(train.count, 32, { shuffle: false }))
  for (const { count } of await train.read(numbers)) read += count;

// From all over the set.
const some = selection(
  binned,
  Uint32Array.from({ length: 10 * 32 }, (_, k) => (k * 7919) % train.count),
);
const reader = storedReader(some, { encoder: { kind: "events", labelled: "samples" }, steps: 15, seed: 1 });
const reports = await fitStream(trainer, {
  epochs: 2,
  batches: (epoch, first) => reader.pass({ batch: 32, epoch, shuffle: true, first }),
});
const trained = reports.reduce((sum, { samples }) => sum + samples, 0);
process.stdout.write(
  JSON.stringify({ read, trained, growth: peak() - before, losses: reports.map(({ loss }) => loss) }),
);
