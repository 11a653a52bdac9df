/** A task that trains in a blink: three classes of 6 x 6 images, each with a bright row of its own, and noise. */

import { wasm } from "../../src/backend/wasm/wasm.ts";
import { randomStream } from "../../src/base/random.ts";
import { type Dataset, dataset, Examples } from "../../src/data/dataset.ts";
import type { ImageTask, Training } from "../../src/tasks/task.ts";
import { TASKS } from "../../src/tasks/tasks.ts";

const SIDE = 6;
const CLASSES = ["top", "middle", "bottom"];

function examples(count: number, stream: number): Examples {
  const random = randomStream(5, stream);
  const features = new Uint8Array(count * SIDE * SIDE);
  const labels = new Uint8Array(count);
  for (let s = 0; s < count; s++) {
    labels[s] = random.below(CLASSES.length);
    for (let p = 0; p < SIDE * SIDE; p++) {
      const bright = Math.floor(p / (2 * SIDE)) === labels[s] ? 200 : 0;
      features[s * SIDE * SIDE + p] = random.uniform() < 0.3 ? random.below(120) : bright;
    }
  }
  return new Examples("synthetic", SIDE * SIDE, features, labels);
}

export const rows = (train = 300, test = 120): Dataset =>
  dataset({
    name: "rows",
    classes: CLASSES,
    shape: [SIDE, SIDE],
    train: examples(train, 1),
    test: examples(test, 2),
    source: "test/tasks",
    licence: "none",
  });

const quick = <T extends Training>(recipe: T): T => ({ ...recipe, epochs: 4, batch: 16, rate: 0.01 });
const { digits } = TASKS;

export const ROWS: ImageTask = {
  ...digits,
  name: "rows",
  doc: "bright rows",
  load: async () => rows(),
  shape: [SIDE, SIDE],
  classes: CLASSES.length,
  hidden: 20,
  spiking: {
    latency: quick(digits.spiking.latency),
    rate: quick(digits.spiking.rate),
    current: quick(digits.spiking.current),
  },
  twin: quick(digits.twin),
  trial: { codes: ["latency", "rate"], train: 200, heldOut: 60, epochs: 2 },
};

export const QUIET = { backend: wasm, seed: 1, stage: "test", onProgress: () => {} };
