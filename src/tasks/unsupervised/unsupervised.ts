/**
 * The task `unsupervised`: digits read by a layer that learned without labels. Labels come in afterwards, and only to find out
 * which digit each neuron stands for.
 */
import { assignLabels, type LabelAssignment, predictByLabel } from "../../analysis/labels.ts";
import { threadedWasm } from "../../backend/wasm/wasm.ts";
import { requireInteger } from "../../base/errors.ts";
import type { Dataset, Examples } from "../../data/dataset.ts";
import { idxDataset } from "../../data/sets/mnist.ts";
import { type Artefact, writeArtefact } from "../../io/artefact.ts";
import { crossEntropy } from "../../learn/loss.ts";
import { bytes, joulesRange, percent, seconds, short, whole } from "../../report/numbers.ts";
import { item, sections, table, wrap } from "../../report/terminal/layout.ts";
import { wilson } from "../interval.ts";
import { type LocalTask, requireOwn, writeData } from "../localTask.ts";
import type { OnProgress, TaskOptions, TaskReport } from "../options.ts";
import { filesOf, outputsOf } from "../outputs.ts";
import { provenanceOf } from "../provenance.ts";
import { dataDocument, digestOf, peakBytes, threadsDocument, version } from "../run.ts";
import { type Deployed, type Evaluated, evaluateDeployed } from "../session.ts";
import { account, NAMES, resultDocument } from "../side.ts";
import type { LoadOptions, Published } from "../task.ts";
import { ENCODER, type LearnOptions, type LearnResult, learn, responses } from "./learn.ts";
import { answeringNetwork } from "./network.ts";

/** What it learns from, and how much. */
export interface UnsupervisedRecipe {
  readonly name: string;
  readonly load: (options: LoadOptions) => Promise<Dataset>;
  readonly neurons: number;
  readonly epochs: number;
  /** Labelled samples that say which class each neuron stands for. */
  readonly labelled: number;
  readonly published: readonly Published[];
}

const SOURCE = "Diehl and Cook 2015, Frontiers in Computational Neuroscience 9:99";
const MNIST: UnsupervisedRecipe = {
  name: "unsupervised",
  load: ({ directory }) => idxDataset("mnist", { directory }),
  neurons: 400,
  epochs: 1,
  labelled: 10_000,
  published: [
    { source: SOURCE, network: "400 neurons", accuracy: 0.87 },
    { source: SOURCE, network: "1,600 neurons", accuracy: 0.919 },
    { source: SOURCE, network: "6,400 neurons", accuracy: 0.95 },
  ],
};

/** The task on MNIST. */
export const UNSUPERVISED: LocalTask = unsupervisedTask(MNIST);

export function unsupervisedTask(recipe: UnsupervisedRecipe): LocalTask {
  const task: LocalTask = {
    name: recipe.name,
    doc: "MNIST without labels: a layer of spiking neurons that inhibit one another and learn by STDP (Diehl and Cook 2015)",
    takes: ["data", "epochs", "neurons", "samples"],
    writes: ["network", "data"],
    train: async (options, onProgress) => {
      requireOwn(task, options);
      return train(recipe, options, onProgress);
    },
  };
  return task;
}

/** What was learned, and what came of it. */
interface Found {
  readonly learned: LearnResult;
  readonly assignment: LabelAssignment;
  readonly deployed: Deployed;
  readonly result: Evaluated;
  /** Right answers by the mean activity of each digit's neurons. */
  readonly byLabel: number;
}

async function train(recipe: UnsupervisedRecipe, options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { seed, neurons = recipe.neurons, epochs = recipe.epochs } = options;
  requireInteger("--neurons", neurons, 10, 10_000);
  const outputs = await outputsOf(options.out, ["network", "data"]); // before minutes of training, not after them
  using backend = threadedWasm(options.threads);
  onProgress({ stage: "data", done: 0, total: 1 });
  const data = await recipe.load({ directory: options.data, seed });
  const shown = data.train.take(options.samples ?? data.train.count);
  const labelled = data.train.take(recipe.labelled);
  const found = await findOut({ shown, labelled, data }, { neurons, epochs, seed, backend, onProgress });
  const amounts = { seed, epochs, samples: shown.count, labelled: labelled.count };
  for (const { file } of outputs.filter((o) => o.kind === "network"))
    await writeArtefact(file, await artefactOf(recipe, found, data, amounts));
  const document = {
    ...documentOf(recipe, found, data, amounts),
    seed,
    files: filesOf(options.out),
    data: dataDocument(data),
    threads: threadsDocument(options.threads, backend),
    peakBytes: peakBytes(),
    provenance: await provenanceOf("train", options, filesOf(options.out)),
  };
  await writeData(outputs, document);
  return { document, text: textOf(document) };
}

interface Given {
  readonly data: Dataset;
  /** What it learns from, and what tells classes apart afterwards. */
  readonly shown: Examples;
  readonly labelled: Examples;
}
/** Learns, asks which class each neuron stands for, and tests it. */
async function findOut({ data, shown, labelled }: Given, options: LearnOptions): Promise<Found> {
  const { neurons } = options;
  const classes = data.classes.length;
  const learned = await learn(shown, options);
  const heard = await responses(learned, labelled, { ...options, stage: "labels" });
  const assignment = assignLabels(heard, labelled.labels, { neurons, classes });
  const deployed = deployedOf(learned, assignment);
  const result = await evaluateDeployed(deployed, data.test, { ...options, stage: "test" });
  const tested = await responses(learned, data.test, { ...options, stage: "test by neuron" });
  const byLabel = predictByLabel(tested, assignment).reduce((n, c, k) => n + Number(c === data.test.labels[k]), 0);
  return { learned, assignment, deployed, result, byLabel };
}

/** How much there was of everything. */
interface Amounts {
  readonly seed: number;
  readonly epochs: number;
  /** Of an epoch. */
  readonly samples: number;
  readonly labelled: number;
}

function deployedOf(learned: LearnResult, { classes, proportion }: LabelAssignment): Deployed {
  const answering = answeringNetwork(learned, { classes, proportions: proportion });
  return { ...answering, encoder: ENCODER, loss: crossEntropy("sum") };
}

async function artefactOf(
  { name }: UnsupervisedRecipe,
  { deployed, result }: Found,
  data: Dataset,
  { seed, epochs, samples }: Amounts,
): Promise<Artefact> {
  const { net: network, encoder, parameters, loss } = deployed;
  return {
    ...{ network, parameters, encoder, classes: data.classes },
    provenance: {
      version: await version(),
      seed,
      task: name,
      dataDigest: data.digest,
      metrics: { accuracy: result.accuracy, testSamples: result.samples },
      trainingOptions: { loss, epochs, samples },
    },
  };
}

function documentOf(
  recipe: UnsupervisedRecipe,
  { learned, assignment, deployed, result, byLabel }: Found,
  data: Dataset,
  { labelled, epochs }: Amounts,
) {
  const { neurons, samples } = learned;
  const right = Math.round(result.accuracy * result.samples);
  const interval = wilson(right, result.samples);
  return {
    kind: "unsupervised" as const,
    task: recipe.name,
    head: [
      `${data.name} without labels: ${whole(neurons)} neurons that inhibit one another learn by STDP, ${whole(samples)} samples one after the other.`,
      `Afterwards ${whole(labelled)} labelled samples tell which class each neuron fires for.`,
    ],
    headline: {
      text: `${percent(result.accuracy, 2)} of ${whole(result.samples)} test samples are read rightly (95 % interval ${percent(interval.low, 2)} to ${percent(interval.high, 2)}).`,
      lines: [],
    },
    neurons,
    epochs,
    interval,
    ...resultDocument(result),
    accuracyByLabel: byLabel / result.samples,
    learning: {
      ...{ samples, seconds: learned.seconds, samplesPerSecond: samples / learned.seconds },
      ...{ spikes: learned.spikes, spikesInTheEnd: learned.spikesInTheEnd, bytes: learned.bytes },
    },
    labels: { samples: labelled, silent: assignment.silent, neurons: Array.from(assignment.size) },
    ...account(NAMES.spiking, deployed, result, "event"),
    published: recipe.published,
    notes: [
      "Each sample is shown once, however few spikes come of it, as in BindsNET; the paper shows such samples again, brighter.",
      "No twin stands beside it: a conventional network that learns without labels is another algorithm, not this one without spikes.",
      "The answering network has no inhibitory neurons: they fire once for each spike of theirs, so neurons inhibit one another two steps later themselves.",
      ...result.warnings,
    ],
    digest: digestOf([{ trained: deployed, result }]),
  };
}

type Document = ReturnType<typeof documentOf> & {
  readonly files: readonly string[];
  readonly peakBytes: number | undefined;
};
function textOf(d: Document): string {
  const { learning, labels } = d;
  return sections([
    d.head.map((line) => wrap(line)).join("\n"),
    wrap(d.headline.text),
    table([
      ["test accuracy, spikes vote by proportion", percent(d.accuracy, 2)],
      ["  by mean activity of a class's neurons", percent(d.accuracyByLabel, 2)],
      ...d.published.map((p) => [`  published, ${p.network}`, percent(p.accuracy)]),
      ["neurons that never fired", whole(labels.silent)],
      ["learning time", seconds(learning.seconds)],
      ["learning, samples/s", whole(learning.samplesPerSecond)],
      ["spikes a sample, on average and in the end", `${short(learning.spikes)}, ${short(learning.spikesInTheEnd)}`],
      ["memory to learn", bytes(learning.bytes)],
      ...(d.peakBytes === undefined ? [] : [["peak of the process", bytes(d.peakBytes)]]),
      ...Object.entries(d.meanRate).map(([node, rate]) => [`${node}, spikes a neuron and step`, rate.toFixed(4)]),
      ["test, samples/s", whole(d.inferencePerSecond)],
      ["energy of an inference, 32-bit arithmetic", joulesRange(d.energy.f32.total)],
    ]),
    d.notes.map((note) => item(note)).join("\n"),
    [`Digest of weights and answers: ${d.digest}`, ...d.files.map((file) => `saved to ${file}`)].join("\n"),
  ]);
}
