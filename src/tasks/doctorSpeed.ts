/** How fast this machine is, in some three seconds: its limits on one thread and on two, a simulation, a training step. */
import type { Backend } from "../backend/backend.ts";
import { limitRate, limitRuns, type MachineLimits } from "../backend/wasm/limits.ts";
import { threadedWasm, wasm } from "../backend/wasm/wasm.ts";
import { randomStream, streamOf } from "../base/random.ts";
import { triangle } from "../ir/surrogate.ts";
import { bptt } from "../learn/algorithm.ts";
import { crossEntropy } from "../learn/loss.ts";
import { adam } from "../learn/optimiser.ts";
import { createTrainer } from "../learn/trainer.ts";
import { connect } from "../model/connection.ts";
import { oneToOne, probability } from "../model/connectivity.ts";
import { inputNode, network, population } from "../model/network.ts";
import { lif } from "../model/neuron/lif.ts";
import { denseLayer, input, neurons, readout, sequential } from "../model/sequential.ts";
import { createEngine } from "../sim/engine.ts";
import { type MeasureOptions, measure, summary } from "./measure.ts";
import type { OnProgress } from "./options.ts";

/** Medians. */
export interface ThreadSpeed extends MachineLimits {
  readonly threads: number;
  /** s of one update of `TRAINING`. */
  readonly trainingStep: number;
}
export interface Speed {
  readonly threads: readonly ThreadSpeed[];
  /** s that `SIMULATION` takes, on one thread. */
  readonly simulation: number;
}

const LIMIT_TIMES: MeasureOptions = { repeats: 9, warmUp: 0.1, turn: 0.01 };
const RUN_TIMES: MeasureOptions = { repeats: 7, warmUp: 0.2, turn: 0.01 };

/** @param counts numbers of threads to measure, powers of two */
export async function speed(counts: readonly number[], onProgress: OnProgress): Promise<Speed> {
  const stage = "measuring";
  const total = 2 * counts.length + 1;
  let done = 0;
  const told = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    onProgress({ stage, done: ++done, total });
    return result;
  };
  onProgress({ stage, done, total });
  const threads: ThreadSpeed[] = [];
  for (const count of counts) {
    const limits = await told(limitsOf(count));
    threads.push({ threads: count, ...limits, trainingStep: await told(trainingStep(count)) });
  }
  return { threads, simulation: await told(simulation(wasm)) };
}

async function limitsOf(threads: number): Promise<MachineLimits> {
  using limits = await limitRuns(threads);
  const { copy, mulAdd, loadAdd } = limits.runs;
  const seconds = await measure({ copy, mulAdd, loadAdd }, LIMIT_TIMES);
  const rate = (name: keyof MachineLimits): number => limitRate(name, summary(seconds[name]).median, threads);
  return { copy: rate("copy"), mulAdd: rate("mulAdd"), loadAdd: rate("loadAdd") };
}

/** What is simulated: leaky neurons under steady currents that inhibit one another, at random. */
export const SIMULATION = { neurons: 4000, density: 0.02, dt: 1e-4, steps: 1000 } as const;

async function simulation(backend: Backend): Promise<number> {
  const { neurons: count, density, dt, steps } = SIMULATION;
  const net = network({
    dt,
    inputs: { drive: inputNode(count, { signal: "values", constant: true }) },
    populations: { cell: population(count, lif({ refractory: "2 ms" })) },
    connections: [
      connect("drive", "cell", { connectivity: oneToOne, port: "i", weight: 1 }),
      connect("cell", "cell", { connectivity: probability(density), weight: -0.005, delay: "1.5 ms" }),
    ],
  });
  using engine = await createEngine(net, backend, { seed: 1 });
  const values = Float32Array.from({ length: count }, (_, k) => 1 + k / count);
  const { run } = await measure({ run: () => engine.run(steps, { drive: { values } }) }, RUN_TIMES);
  return summary(run).median;
}

/** What is trained: a recurrent network on spikes that are drawn at random. */
export const TRAINING = { inputs: 128, hidden: 128, classes: 10, steps: 50, batch: 64, rate: 0.05 } as const;

async function trainingStep(threads: number): Promise<number> {
  const { inputs, hidden, classes, steps, batch } = TRAINING;
  using backend = threadedWasm(threads);
  const layers = [
    input(inputs),
    denseLayer(hidden),
    neurons(lif(), { recurrent: true }),
    denseLayer(classes),
    readout(),
  ];
  using trainer = await createTrainer(sequential(layers, { steps }), backend, {
    algorithm: bptt(triangle(1)),
    loss: crossEntropy("mean"),
    optimiser: adam(1e-3),
    batch,
    seed: 1,
  });
  const samples = randomBatch();
  const { step } = await measure({ step: () => trainer.step(samples) }, RUN_TIMES);
  return summary(step).median;
}

function randomBatch() {
  const { inputs, classes, steps, batch, rate } = TRAINING;
  const random = randomStream(1, streamOf("doctor"));
  const labels = Array.from({ length: batch }, () => random.below(classes));
  const list: number[] = [];
  const ends = [0];
  for (let row = 0; row < batch * steps; row++) {
    for (let k = 0; k < inputs; k++) if (random.uniform() < rate) list.push(k);
    ends.push(list.length);
  }
  const events = { kind: "events", list: Uint32Array.from(list), ends: Uint32Array.from(ends) } as const;
  return { count: batch, labels, input: events };
}
