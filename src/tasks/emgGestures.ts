/**
 * The task `emg-gestures`: which of seven gestures, or none, a forearm makes, by the muscles of its owner. Four people were
 * recorded in three sessions; seed s holds out session 1 + (s - 1) mod 3, so that seeds 1, 2 and 3 leave each out once.
 *
 * A frame is 200 ms of eight electrodes, described by five features each, every 100 ms; people differ, so each has inputs of
 * their own. What is judged are frames at least half a second from any change of what was asked for, as a person lags behind.
 * The linear discriminant knows a frame, the networks hear it and the seven before it: a stream is what they are made for.
 * One layer of 256 spiking neurons: 93.6, 91.3 and 87.9 % of the classes alike with seeds 1 to 3, the discriminant 91.0, 90.9
 * and 86.2.
 */
import { DataError } from "../base/errors.ts";
import { type Dataset, dataset, Examples } from "../data/dataset.ts";
import { stream } from "../data/encoder.ts";
import { emgFeatures, standardised, standardOf, windowsOf } from "../data/frontend/windows.ts";
import { type EmgRecording, emgMyo } from "../data/sets/emgMyo.ts";
import { triangle } from "../ir/surrogate.ts";
import { discriminate, linearDiscriminant } from "../learn/linearDiscriminant.ts";
import { crossEntropy } from "../learn/loss.ts";
import { connect } from "../model/connection.ts";
import { gatedLayer, gru } from "../model/gated.ts";
import { fanIn } from "../model/initializer.ts";
import { inputNode, type Network, network, population } from "../model/network.ts";
import { leakyIntegrator } from "../model/neuron/leakyIntegrator.ts";
import { lif } from "../model/neuron/lif.ts";
import { linear } from "../model/neuron/linear.ts";
import { balancedOf, confusionOf } from "./judge.ts";
import type { LoadOptions, Published, SampleTask, TaskData, Training } from "./task.ts";

const [SESSIONS, CLASSES, PEOPLE] = [3, 8, 4];
/** Samples, 200 a second: of a frame, from one frame to the next, and from a change of the label. */
const [FRAME, HOP, MARGIN] = [40, 20, 100];
/** Frames that a network hears. */
const STEPS = 8;
const FEATURES = 40;
const WIDTH = PEOPLE * FEATURES;
/** There is as much rest as there are gestures together; of it training takes every fourth frame. */
const REST_EVERY = 4;

/** Features of one recording, frame by frame, and which frames are judged. */
interface Framed {
  readonly recording: EmgRecording;
  /** Shape [frames][FEATURES]. */
  readonly features: Float32Array;
  /** Frames and their labels. */
  readonly judged: readonly (readonly [frame: number, label: number])[];
}

function framed(recording: EmgRecording): Framed {
  const all = windowsOf({ ...recording, labels: new Uint8Array(recording.steps) }, { length: FRAME, hop: HOP });
  const features = emgFeatures(all).values.map(withoutScale);
  const { starts, labels } = windowsOf(recording, { length: FRAME, hop: HOP, margin: MARGIN });
  const judged = Array.from(starts, (start, k) => [start / HOP, labels[k]!] as const);
  return { recording, features, judged: judged.filter(([frame]) => frame >= STEPS - 1) };
}
/** Amplitudes grow with force by factors; counts, the last two features of a channel, do not. */
const withoutScale = (x: number, k: number): number => (k % 5 < 3 ? Math.log(1 + x) : x);

async function load({ directory, seed }: LoadOptions): Promise<Dataset> {
  const { recordings, ...set } = await emgMyo({ directory });
  const people = [...new Set(recordings.map((r) => r.participant))];
  if (people.length !== PEOPLE)
    throw new DataError("shape-mismatch", set.name, `expected ${PEOPLE} participants, found ${people.length}`);
  const heldOut = 1 + ((seed + SESSIONS - 1) % SESSIONS);
  const parts = people.flatMap((who, person) => {
    const own = recordings.filter((r) => r.participant === who).map(framed);
    const standard = standardOf(
      joined(own.filter((f) => f.recording.session !== heldOut).map((f) => f.features)),
      FEATURES,
    );
    return own.map((f) => ({ ...f, person, features: standardised(f.features, standard) }));
  });
  const isTest = ({ recording }: Framed): boolean => recording.session === heldOut;
  const test = examplesOf("test", parts.filter(isTest), 1);
  const train = examplesOf(
    "train",
    parts.filter((p) => !isTest(p)),
    REST_EVERY,
  );
  const { name, classes, source, licence } = set;
  return dataset({ name, classes, shape: [STEPS, WIDTH], train, test, source, licence });
}

function examplesOf(
  path: string,
  parts: readonly (Framed & { readonly person: number })[],
  restEvery: number,
): Examples {
  const chosen = parts.flatMap(({ judged, features, person }) =>
    judged
      .filter(([frame, label]) => label !== 0 || frame % restEvery === 0)
      .map(([frame, label]) => ({ frame, label, features, person })),
  );
  const values = new Float32Array(chosen.length * STEPS * WIDTH);
  chosen.forEach(({ frame, features, person }, k) => {
    for (let t = 0; t < STEPS; t++) {
      const row = (frame - STEPS + 1 + t) * FEATURES;
      values.set(features.subarray(row, row + FEATURES), (k * STEPS + t) * WIDTH + person * FEATURES);
    }
  });
  return new Examples(
    path,
    STEPS * WIDTH,
    values,
    Uint8Array.from(chosen, ({ label }) => label),
  );
}

/** A linear discriminant for each person, on the frame itself. */
function baseline({ train, test }: TaskData): Published {
  const [known, unknown] = [lastFrames(train as Examples), lastFrames(test as Examples)];
  const confusion = new Uint32Array(CLASSES * CLASSES);
  for (let person = 0; person < PEOPLE; person++) {
    const own = known[person]!;
    const fitted = linearDiscriminant(own.features, own.labels, { classes: CLASSES, prior: "even" });
    const { features, labels } = unknown[person]!;
    confusionOf(labels, discriminate(fitted, features), CLASSES).forEach((n, k) => {
      confusion[k]! += n;
    });
  }
  return {
    source: "the same data in this run, classes alike",
    network: "a linear discriminant of each frame, one a person",
    accuracy: balancedOf(confusion),
  };
}
/** The last frames of the examples, by person: the one whose inputs are not all 0. */
function lastFrames({ features, labels, count, size }: Examples): { features: number[]; labels: number[] }[] {
  const found = Array.from({ length: PEOPLE }, () => ({ features: [] as number[], labels: [] as number[] }));
  for (let k = 0; k < count; k++) {
    const row = features.subarray((k + 1) * size - WIDTH, (k + 1) * size);
    const person = Math.floor(row.findIndex((x) => x !== 0) / FEATURES);
    found[person]!.features.push(...row.subarray(person * FEATURES, (person + 1) * FEATURES));
    found[person]!.labels.push(labels[k]!);
  }
  return found;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

const SHAPE = { dt: "100 ms", steps: STEPS, inputs: { input: inputNode(WIDTH, { signal: "values" }) } } as const;

const spikingNetwork = (): Network =>
  network({
    ...SHAPE,
    name: "emg-gestures-spiking",
    populations: {
      hidden: population(256, lif({ tau: "300 ms", reset: "subtract" }), { dropout: 0.5 }),
      output: population(CLASSES, leakyIntegrator({ tau: "400 ms" })),
    },
    connections: [
      connect("input", "hidden", { weight: fanIn(2), bias: fanIn() }),
      connect("hidden", "output", { weight: fanIn(), bias: fanIn() }),
    ],
    output: "output",
  });

function twinNetwork(): Network {
  const { populations, connections } = gatedLayer("hidden", "input", gru(64, { dropout: 0.5 }));
  return network({
    ...SHAPE,
    name: "emg-gestures-twin",
    populations: { ...populations, output: population(CLASSES, linear()) },
    connections: [...connections, connect("hidden", "output", { output: "h", weight: fanIn(), bias: fanIn() })],
    output: "output",
  });
}

const TRAINING: Training = {
  epochs: 10,
  batch: 128,
  rate: 2e-3,
  warmup: 100,
  dropout: 0.5,
  loss: crossEntropy("last"),
  surrogate: triangle(1),
  clip: 1,
  decay: 0.05,
};

export const EMG_GESTURES: SampleTask = {
  kind: "samples",
  name: "emg-gestures",
  doc: "which gesture a forearm makes, by eight electrodes; a session is left out (classes count alike)",
  load,
  inputs: WIDTH,
  classes: CLASSES,
  balanced: true,
  overlapping: true,
  spiking: { network: spikingNetwork, training: TRAINING, input: stream(WIDTH) },
  twin: { doc: "gated units", network: twinNetwork, training: TRAINING, input: stream(WIDTH) },
  published: [],
  baseline,
};
