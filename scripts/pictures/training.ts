/** Pictures of training: surrogates, a loss that falls, and what it does to memory. */
import {
  adam,
  alif,
  arctan,
  bptt,
  createTrainer,
  crossEntropy,
  denseLayer,
  fastSigmoid,
  input,
  lif,
  type Network,
  neurons,
  readout,
  sequential,
  triangle,
  wasm,
} from "rheobase";
import { evaluate, read, type Surrogate } from "rheobase/ir";
import { surrogateDerivative } from "../../src/ir/surrogate.ts";
import { panel, type Tone } from "./plot.ts";

const SURROGATES: readonly (readonly [Tone, string, Surrogate])[] = [
  ["a", "triangle(1)", triangle(1)],
  ["b", "arctan(2)", arctan(2)],
  ["c", "fastSigmoid(10)", fastSigmoid(10)],
];

/** The derivatives as the interpreter computes them from the IR that kernels are made of. */
function surrogates(): string {
  const places = Array.from({ length: 241 }, (_, k) => (k - 120) / 80);
  return panel({
    title: "What stands for the derivative of a spike",
    x: [-1.5, 1.5],
    y: [0, 1.05],
    xTicks: [-1, 0, 1],
    yTicks: [0, 0.5, 1],
    xLabel: "v - threshold",
    height: 220,
    legend: SURROGATES.map(([tone, name]) => [tone, name] as const),
    marks: SURROGATES.map(([tone, , s]) => {
      const derivative = surrogateDerivative(s, read("f64", "u"));
      return { kind: "line", tone, points: places.map((u) => [u, evaluate(derivative, () => u)] as const) };
    }),
  });
}

const [INPUTS, STEPS, BATCH] = [40, 20, 64];
const learner = (): Network =>
  sequential(
    [
      input(INPUTS),
      denseLayer(32, { weight: { kind: "fanIn", gain: 2 } }),
      lif({ tau: "10 ms" }),
      denseLayer(2),
      readout(),
    ],
    { steps: STEPS },
  );

let state = 1;
const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;

/** The batches of "Training". */
function sampleBatch() {
  const labels = Array.from({ length: BATCH }, () => Math.floor(2 * random()));
  const list: number[] = [];
  const ends = [0];
  for (const label of labels)
    for (let t = 0; t < STEPS; t++) {
      for (let k = 0; k < INPUTS; k++)
        if (random() < (Math.floor(k / (INPUTS / 2)) === label ? 0.14 : 0.1)) list.push(k);
      ends.push(list.length);
    }
  const events = { kind: "events" as const, list: Uint32Array.from(list), ends: Uint32Array.from(ends) };
  return { count: BATCH, labels, input: events };
}

async function loss(): Promise<string> {
  state = 1;
  const trainer = await createTrainer(learner(), wasm, {
    algorithm: bptt(triangle(1)),
    loss: crossEntropy("mean"),
    optimiser: adam(5e-3),
    batch: BATCH,
    seed: 1,
  });
  const results = Array.from({ length: 200 }, () => trainer.step(sampleBatch()));
  trainer.dispose();
  const time = { x: [0, 200] as const, xTicks: [0, 50, 100, 150, 200], xLabel: "update" };
  return [
    panel({
      title: "Loss of each batch",
      ...time,
      y: [0, 0.8],
      yTicks: [0, 0.2, 0.4, 0.6, 0.8],
      marks: [
        { kind: "level", tone: "quiet", y: Math.LN2 },
        { kind: "line", tone: "a", points: results.map((r, k) => [k + 1, r.loss] as const) },
      ],
    }),
    panel({
      title: "Right answers of 64",
      ...time,
      y: [0, 64],
      yTicks: [0, 16, 32, 48, 64],
      marks: [
        { kind: "level", tone: "quiet", y: 32 },
        { kind: "line", tone: "b", points: results.map((r, k) => [k + 1, r.correct] as const) },
      ],
    }),
  ].join("\n");
}

/** Bytes of a trainer's memory by steps of a sample, with and without checkpoints: one number a step comes in. */
async function memory(): Promise<string> {
  const lengths = [100, 250, 500, 1000, 1500, 2000];
  const bytes = async (steps: number, checkpoint?: "auto"): Promise<readonly [number, number]> => {
    const net = sequential(
      [
        input(1, { signal: "values" }),
        denseLayer(256, { port: "i" }),
        neurons(alif(), { recurrent: true }),
        denseLayer(10),
        readout(),
      ],
      { steps },
    );
    const trainer = await createTrainer(net, wasm, {
      algorithm: bptt(triangle(1), checkpoint ? { checkpoint } : {}),
      loss: crossEntropy("mean"),
      optimiser: adam(1e-3),
      batch: 32,
      chunk: 4, // else chosen by the size of the cache
    });
    const used = trainer.bytes;
    trainer.dispose();
    return [steps, used / 1e6];
  };
  const all: (readonly [number, number])[] = [];
  const checkpointed: (readonly [number, number])[] = [];
  for (const steps of lengths) {
    all.push(await bytes(steps));
    checkpointed.push(await bytes(steps, "auto"));
  }
  const top = 5 * Math.ceil(Math.max(...all.map(([, y]) => y)) / 5);
  return panel({
    title: "Memory of a trainer: 256 adaptive neurons",
    x: [0, 2000],
    y: [0, top],
    xTicks: [0, 500, 1000, 1500, 2000],
    yTicks: [0, top / 2, { at: top, text: `${top} MB` }],
    xLabel: "steps of a sample",
    height: 200,
    legend: [
      ["a", "all steps"],
      ["b", 'checkpoint: "auto"'],
    ],
    marks: [
      { kind: "line", tone: "a", points: all },
      { kind: "dots", tone: "a", points: all },
      { kind: "line", tone: "b", points: checkpointed },
      { kind: "dots", tone: "b", points: checkpointed },
    ],
  });
}

export const pictures = { surrogates, loss, memory };
