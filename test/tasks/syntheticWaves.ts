/** A task of sequences that trains in a blink: of three inputs one at a time is lively, for a while, and is the class. */
import { randomStream } from "../../src/base/random.ts";
import { type SequenceDataset, Sequences, sequenceDataset } from "../../src/data/sequences.ts";
import { connect } from "../../src/model/connection.ts";
import { gatedLayer, gru } from "../../src/model/gated.ts";
import { fanIn } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import type { SequenceTask, Training } from "../../src/tasks/task.ts";
import { TASKS } from "../../src/tasks/tasks.ts";

const CLASSES = ["low", "middle", "high"];
const STEPS = 40;

/** One sequence in four is shorter; one step in ten has no class of its own. */
function waves(count: number, stream: number): Sequences {
  const random = randomStream(7, stream);
  const [list, ends]: [number[], number[]] = [[], [0]];
  const lengths = Int32Array.from({ length: count }, (_, s) => (s % 4 === 3 ? STEPS - 5 : STEPS));
  const labels = new Uint8Array(count * STEPS);
  const annotated = new Uint8Array(count * STEPS);
  for (let row = 0; row < count * STEPS; row++) {
    const [s, t] = [Math.floor(row / STEPS), row % STEPS];
    if (t < lengths[s]!) {
      labels[row] = t % 10 === 0 ? random.below(CLASSES.length) : labels[row - 1]!;
      annotated[row] = Number(random.uniform() < 0.9);
      for (let k = 0; k < CLASSES.length; k++) if (random.uniform() < (k === labels[row] ? 0.8 : 0.05)) list.push(k);
    }
    ends.push(list.length);
  }
  const spikes = { list: Uint32Array.from(list), ends: Uint32Array.from(ends) };
  return new Sequences("waves", { classes: CLASSES, inputs: 3, steps: STEPS, lengths, labels, annotated, ...spikes });
}

export const wavesData = (train = 64, test = 24): SequenceDataset =>
  sequenceDataset({
    name: "waves",
    dt: 1e-3,
    train: waves(train, 1),
    test: waves(test, 2),
    source: "test/tasks",
    licence: "none",
  });

const SHAPE = { dt: "1 ms", steps: STEPS, inputs: { input: inputNode(3) }, output: "output" } as const;
export const spikingWaves = (): Network =>
  network({
    ...SHAPE,
    populations: {
      hidden: population(8, seAdLif({ tauU: "5 ms" })),
      output: population(3, leakyIntegrator({ tau: "4 ms" })),
    },
    connections: [
      connect("input", "hidden", { port: "i", weight: fanIn(20), bias: fanIn() }),
      connect("hidden", "hidden", { port: "i", weight: fanIn(2), delay: 1 }),
      connect("hidden", "output", { port: "i", weight: fanIn(), bias: fanIn() }),
    ],
  });
export function gatedWaves(): Network {
  const { populations, connections } = gatedLayer("hidden", "input", gru(5));
  return network({
    ...SHAPE,
    populations: { ...populations, output: population(3, linear()) },
    connections: [...connections, connect("hidden", "output", { output: "h", weight: fanIn(), bias: fanIn() })],
  });
}

const { ecg } = TASKS;
const quick: Training = { ...ecg.twin.training, epochs: 6, batch: 8, rate: 0.03, selection: { heldOut: 12, every: 2 } };

export const WAVES: SequenceTask = {
  ...ecg,
  name: "waves",
  doc: "which input is lively",
  load: async () => wavesData(),
  inputs: 3,
  classes: CLASSES.length,
  spiking: { network: spikingWaves, training: { ...quick, groups: [{ match: "*.bias", rate: 0.5 }], clip: 1 } },
  twin: { network: gatedWaves, training: quick },
};
