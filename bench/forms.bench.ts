/**
 * Analog inputs as lists and as rows, at several shares of values that are not zero: what a training step takes with
 * either form, and with the one that is chosen for the batch.
 */
import { wasm } from "../src/backend/wasm/wasm.ts";
import { triangle } from "../src/ir/surrogate.ts";
import { bptt } from "../src/learn/algorithm.ts";
import type { SparseValueInput } from "../src/learn/feed.ts";
import { crossEntropy } from "../src/learn/loss.ts";
import { adam } from "../src/learn/optimiser.ts";
import { createTrainer } from "../src/learn/trainer.ts";
import { linear } from "../src/model/neuron/linear.ts";
import { denseLayer, input, sequential } from "../src/model/sequential.ts";
import { FORMS, type Form } from "../src/sim/lower/forms.ts";
import { type Bench, duration, measure, type Result, summary } from "./measure.ts";
import { batchOf } from "./workloads/draw.ts";

interface Shape {
  readonly inputs: number;
  readonly width: number;
  readonly constant: boolean;
  readonly steps: number;
}
const SHAPES: readonly Shape[] = [
  { inputs: 784, width: 1000, constant: true, steps: 1 },
  { inputs: 700, width: 256, constant: false, steps: 25 },
  { inputs: 40, width: 64, constant: false, steps: 100 },
];
const DENSITIES = [0.05, 0.2, 0.5, 0.7, 0.8, 0.9, 1];
const BATCH = 32;

/** The input and nothing behind it, so that its form is what the time goes to. */
const networkOf = ({ inputs, width, constant, steps }: Shape) =>
  sequential([input(inputs, { signal: "values", constant }), denseLayer(width), linear()], { steps });

function valuesOf({ inputs, constant, steps }: Shape, density: number): SparseValueInput {
  const rows = BATCH * (constant ? 1 : steps);
  const [list, values, ends] = [[] as number[], [] as number[], [0]];
  let state = 1;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inputs; i++)
      if (next() < density) {
        list.push(i);
        values.push(next());
      }
    ends.push(list.length);
  }
  return {
    kind: "sparse",
    list: Uint32Array.from(list),
    values: Float32Array.from(values),
    ends: Int32Array.from(ends),
  };
}

async function rowsOf(shape: Shape, density: number): Promise<Result[]> {
  const net = networkOf(shape);
  const options = { algorithm: bptt(triangle(1)), loss: crossEntropy("mean"), optimiser: adam(() => 0), batch: BATCH };
  const trainers = new Map<Form | "chosen", Awaited<ReturnType<typeof createTrainer>>>();
  for (const form of FORMS) trainers.set(form, await createTrainer(net, wasm, { ...options, form }));
  trainers.set("chosen", await createTrainer(net, wasm, options));
  const batch = batchOf(BATCH, shape.width, valuesOf(shape, density));
  const runs = Object.fromEntries([...trainers].map(([name, t]) => [name, () => t.step(batch)]));
  const seconds = await measure(runs, { repeats: 9, warmUp: 0.1 });
  for (const t of trainers.values()) t.dispose();
  const name = `${shape.inputs}x${shape.width}${shape.constant ? "" : ` ${shape.steps} steps`}, ${density}`;
  const best = FORMS.map((f) => seconds[f]!).reduce((a, b) => (summary(a).median <= summary(b).median ? a : b));
  const ratio = seconds.chosen!.map((s, k) => s / best[k]!);
  return [
    ...[...trainers.keys()].map((form) => duration(`${form} ${name}@1`, "ms", 1e3, seconds[form]!)),
    { metric: `chosen / better ${name}@1`, unit: "times", ...summary(ratio) },
  ];
}

export const bench: Bench = {
  name: "forms",
  about: "analog inputs as lists or as rows: the chosen form beside the better one",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const shape of SHAPES)
      for (const density of DENSITIES) {
        log(`${shape.inputs} x ${shape.width}, ${density}`);
        results.push(...(await rowsOf(shape, density)));
      }
    return results;
  },
};
