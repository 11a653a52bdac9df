/** What can go in either of two forms: analog inputs as lists or as rows, errors of windows to listed sources or to all. */
import { wasm } from "../src/backend/wasm/wasm.ts";
import { triangle } from "../src/ir/surrogate.ts";
import { bptt } from "../src/learn/algorithm.ts";
import type { Batch } from "../src/learn/feed.ts";
import { crossEntropy } from "../src/learn/loss.ts";
import { adam } from "../src/learn/optimiser.ts";
import { createTrainer, type Trainer } from "../src/learn/trainer.ts";
import type { Network } from "../src/model/network.ts";
import { lif } from "../src/model/neuron/lif.ts";
import { linear } from "../src/model/neuron/linear.ts";
import { denseLayer, input, readout, sequential } from "../src/model/sequential.ts";
import { convLayer } from "../src/model/windowLayers.ts";
import { FORMS } from "../src/sim/lower/forms.ts";
import { batchOf, constantValues, images } from "./workloads/draw.ts";

/** A training step with either form, and with the one that is chosen. */
export interface FormWorkload {
  readonly name: string;
  readonly forms: readonly string[];
  readonly batch: Batch;
  /** @param form none where it is to be chosen */
  trainer(form: string | undefined): Promise<Trainer>;
}

interface Inputs {
  readonly shape: readonly number[];
  /** Units of a dense layer, or channels of windows. */
  readonly width: number;
  readonly kernel?: number;
  readonly constant: boolean;
  readonly steps: number;
  readonly batch: number;
}
const INPUTS: readonly Inputs[] = [
  { shape: [784], width: 1000, constant: true, steps: 1, batch: 32 },
  { shape: [700], width: 256, constant: false, steps: 25, batch: 32 },
  { shape: [40], width: 64, constant: false, steps: 100, batch: 32 },
  { shape: [32, 32, 3], width: 128, kernel: 3, constant: true, steps: 1, batch: 8 },
  { shape: [28, 28, 1], width: 32, kernel: 5, constant: true, steps: 1, batch: 16 },
  { shape: [16, 16, 16], width: 32, kernel: 3, constant: false, steps: 5, batch: 4 },
];
const DENSITIES = [0.05, 0.2, 0.5, 0.7, 0.8, 0.9, 1];
const CLASSES = 10;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b);
/** The input and as little behind it as can be, so that its form is what the time goes to. */
function inputNetwork({ shape, width, kernel, constant, steps }: Inputs): Network {
  const first = input(shape, { signal: "values", constant });
  if (!kernel) return sequential([first, denseLayer(width), linear()], { steps });
  const layers = [convLayer(width, { kernel, padding: 1 }), linear(), denseLayer(CLASSES), readout()];
  return sequential([first, ...layers], { steps });
}
function ofInputs(w: Inputs, density: number): FormWorkload {
  const net = inputNetwork(w);
  const size = sizeOf(w.shape);
  const rows = w.batch * (w.constant ? 1 : w.steps);
  const name = `${w.shape.join("x")} to ${w.width}${w.kernel ? ` by ${w.kernel}x${w.kernel}` : ""}`;
  return {
    name: `${name}${w.constant ? "" : `, ${w.steps} steps`}, ${density}`,
    forms: FORMS,
    batch: batchOf(w.batch, w.kernel ? CLASSES : w.width, constantValues(rows, size, images(rows, size, density))),
    trainer: (form) => trainerOf(net, w.batch, 1, { form }),
  };
}

interface Errors {
  readonly side: number;
  readonly from: number;
  readonly to: number;
}
const ERRORS: readonly Errors[] = [
  { side: 32, from: 32, to: 32 },
  { side: 32, from: 128, to: 128 },
  { side: 16, from: 256, to: 256 },
  { side: 8, from: 64, to: 128 },
];
/** Half-widths of the triangle: how many neurons are within reach of it. */
const WIDTHS = [0.02, 0.04, 0.06, 0.1, 0.2, 0.5];
const [ERROR_STEPS, ERROR_BATCH] = [3, 2];

function ofErrors({ side, from, to }: Errors, width: number): FormWorkload {
  const windows = { kernel: 3, padding: 1, bias: false, weight: { kind: "uniform", low: -0.1, high: 0.15 } } as const;
  const net = sequential(
    [
      ...[
        input([side, side, 2], { signal: "values", constant: true }),
        convLayer(from, { ...windows, kernel: 1, padding: 0 }),
      ],
      ...[
        lif({ tau: "3 ms", vTh: 0.15 }),
        convLayer(to, windows),
        lif({ tau: "3 ms" }),
        denseLayer(CLASSES),
        readout(),
      ],
    ],
    { steps: ERROR_STEPS },
  );
  const size = side * side * 2;
  return {
    name: `errors ${side}x${side}x${from} from ${to}, width ${width}`,
    forms: ["listed", "all"],
    batch: batchOf(ERROR_BATCH, CLASSES, constantValues(ERROR_BATCH, size, images(ERROR_BATCH, size, 1))),
    trainer: (errors) => trainerOf(net, ERROR_BATCH, width, { errors, watch: true }),
  };
}

const trainerOf = (
  net: Network,
  batch: number,
  width: number,
  { form, errors, watch }: { form?: string | undefined; errors?: string | undefined; watch?: boolean },
): Promise<Trainer> =>
  createTrainer(net, wasm, {
    ...{ algorithm: bptt(triangle(width)), loss: crossEntropy("mean"), optimiser: adam(() => 0), batch },
    ...(form && { form: form as "lists" | "rows" }),
    ...(errors && { errors: errors as "listed" | "all" }),
    ...(watch && { watch }),
  });

/** One after the other, since each holds its batch. */
export function* formWorkloads(): Generator<FormWorkload> {
  for (const w of INPUTS) for (const density of DENSITIES) yield ofInputs(w, density);
  for (const w of ERRORS) for (const width of WIDTHS) yield ofErrors(w, width);
}
