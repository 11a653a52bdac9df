/**
 * The task `adding`: 128 hidden neurons add two marked numbers of 500 steps, or of as many as `--steps` says (1,000 is the
 * other published length). `train` trains one network one way; `compare` trains neurons that are liquid, adaptive, or both, each
 * by forward propagation through time and by back-propagation, and gated units beside them. What is to be seen is who learns it.
 */
import { type ThreadedBackend, threadedWasm } from "../../backend/wasm/wasm.ts";
import { RunError } from "../../base/errors.ts";
import { hash64 } from "../../base/hash.ts";
import { stream } from "../../data/encoder.ts";
import { writeArtefact } from "../../io/artefact.ts";
import type { FindingsDocument, FindingsPlot } from "../../report/findingsDocument.ts";
import { bytes, joulesRange, percent, seconds, short, whole } from "../../report/numbers.ts";
import { findingsText } from "../../report/terminal/findings.ts";
import { energies } from "../account.ts";
import { countDeployed } from "../count.ts";
import { type Keeper, openKeeper } from "../keeper.ts";
import { type LearningLog, openLearningLog } from "../learningLog.ts";
import {
  type CellName,
  LEARNERS,
  type LearnerName,
  type OnProgress,
  type TaskOptions,
  type TaskReport,
} from "../options.ts";
import { filesOf, outputsOf, writeReports } from "../outputs.ts";
import { type OwnTask, requireOwn } from "../ownTask.ts";
import { provenanceOf } from "../provenance.ts";
import { peakBytes, threadsDocument, version } from "../run.ts";
import { energyNotes } from "../sentences.ts";
import { type AddingResult, designOf, EPOCH, learnAdding, NEAR } from "./learn.ts";
import { GUESSING } from "./problem.ts";

const [STEPS, EPOCHS] = [500, 40];
/** What `train` trains, unless asked for another. */
const USUAL: Way = { cell: "liquid", learner: "fptt" };
const YIN = "Yin, Corradi and Bohté 2023, Nature Machine Intelligence 5:518";
const PUBLISHED = [
  { source: YIN, network: "128 liquid neurons by FPTT, 1,000 steps", says: "learned" },
  {
    source: YIN,
    network: "128 adaptive neurons by FPTT, and either by back-propagation, 1,000 steps",
    says: "no better than guessing",
  },
];

interface Way {
  readonly cell: CellName;
  readonly learner: LearnerName;
}
/** What `compare` sets side by side. */
const WAYS: readonly Way[] = [
  ...(["liquid", "liquid-alif", "alif"] as const).flatMap((cell) => LEARNERS.map((learner) => ({ cell, learner }))),
  { cell: "gru", learner: "bptt" },
];
const CELL_WORDS: Readonly<Record<CellName, string>> = {
  liquid: "liquid",
  "liquid-alif": "liquid and adaptive",
  alif: "adaptive",
  gru: "gated units (no spikes)",
};
const LEARNER_WORDS: Readonly<Record<LearnerName, string>> = { fptt: "FPTT", bptt: "BPTT" };
const nameOf = ({ cell, learner }: Way): string => `${CELL_WORDS[cell]}, ${LEARNER_WORDS[learner]}`;

/** Answers 1 always, or better: by more than three of its standard errors and a tenth. */
const learned = ({ error, spread }: AddingResult): boolean => error + 3 * spread < 0.9 * GUESSING;

export const ADDING: OwnTask = {
  name: "adding",
  doc: "adds two marked numbers of a long sequence: 500 steps, or 1,000 (Hochreiter and Schmidhuber 1997)",
  takes: ["epochs", "steps", "cell", "learner"],
  train: (options, onProgress) => {
    requireOwn(ADDING, options);
    const { cell = USUAL.cell, learner = USUAL.learner } = options;
    return run("train", [{ cell, learner }], options, onProgress);
  },
  compare: (options, onProgress) => {
    requireOwn({ ...ADDING, takes: ["epochs", "steps"] }, options);
    return run("compare", WAYS, options, onProgress);
  },
  explained: ({ steps = STEPS }) => {
    const { net, ...answers } = designOf({ ...USUAL, steps });
    return { net, encoder: stream(2), answers };
  },
};

/** A training, or at which update it broke down. */
type Outcome = { readonly way: Way } & ({ readonly result: AddingResult } | { readonly broken: string });

async function run(
  command: "train" | "compare",
  ways: readonly Way[],
  options: TaskOptions,
  onProgress: OnProgress,
): Promise<TaskReport> {
  const { seed } = options;
  const outputs = await outputsOf(options.out, command === "train" ? ["network", "page", "data"] : ["page", "data"]);
  using backend = threadedWasm(options.threads);
  const keeper = await openKeeper(command, ADDING, { digest: "generated" }, options);
  using log = await openLearningLog(options.watch ?? {}, { command, task: ADDING.name, seed }, onProgress);
  const outcomes: Outcome[] = [];
  for (const way of ways) outcomes.push(await tried(way, options, { backend, onProgress, keeper, log }, command));
  for (const { file } of outputs.filter((o) => o.kind === "network")) await save(file, outcomes[0]!, options);
  const document = await documentOf(command, outcomes, options, backend);
  await writeReports(outputs, document);
  await keeper?.remove();
  return { document, ...findingsText(document) };
}

interface Session {
  readonly backend: ThreadedBackend;
  readonly onProgress: OnProgress;
  readonly keeper: Keeper | undefined;
  readonly log: LearningLog | undefined;
}
/** @throws {RunError} `not-finite` of the one training of `train` */
async function tried(
  way: Way,
  { steps = STEPS, epochs = EPOCHS, seed }: TaskOptions,
  { backend, onProgress, keeper, log }: Session,
  command: "train" | "compare",
): Promise<Outcome> {
  const stage = nameOf(way);
  const origin = { ...way, steps, epochs, seed };
  let note = "";
  try {
    const result = await learnAdding({
      ...{ ...origin, backend, stage, log, kept: keeper?.work(stage, origin) },
      onLook: ({ error }) => {
        note = `error ${error.toFixed(4)}`;
      },
      onBatch: (done, total) => onProgress({ stage, done, total, note }),
    });
    return { way, result };
  } catch (error) {
    if (command === "train" || !(error instanceof RunError && error.code === "not-finite")) throw error;
    return { way, broken: error.message };
  }
}

async function save(file: string, outcome: Outcome, { seed, epochs = EPOCHS }: TaskOptions): Promise<void> {
  if (!("result" in outcome)) throw new Error("what broke down is not saved");
  const { net, parameters, error, near, sequences } = outcome.result;
  await writeArtefact(file, {
    ...{ network: net, parameters, encoder: stream(2), classes: [] },
    provenance: {
      version: await version(),
      ...{ seed, task: ADDING.name, dataDigest: "generated" },
      metrics: { error, near, testSamples: sequences },
      trainingOptions: { ...outcome.way, epochs },
    },
  });
}

const countsOf = ({ way, result: { net, parameters, loss, did } }: Extract<Outcome, { result: AddingResult }>) =>
  countDeployed(
    nameOf(way),
    { net, parameters, loss, encoder: stream(2) },
    did,
    way.cell === "gru" ? "dense" : "event",
  );

/** Everything of one training as numbers. */
function runDocument(outcome: Outcome) {
  if (!("result" in outcome)) return { ...outcome.way, name: nameOf(outcome.way), broken: outcome.broken };
  const { looks, sequences, error, spread, near, seconds: took, bytes: memory, meanRate } = outcome.result;
  const counts = countsOf(outcome);
  return {
    ...outcome.way,
    ...{ name: nameOf(outcome.way), learned: learned(outcome.result), error, standardError: spread, near, sequences },
    ...{ looks, trainSeconds: took, trainingBytes: memory, meanRate, counts, energy: energies(counts) },
  };
}

type RunDocument = ReturnType<typeof runDocument>;
type Done = Exclude<RunDocument, { broken: string }>;
const isDone = (r: RunDocument): r is Done => !("broken" in r);

async function documentOf(
  command: "train" | "compare",
  outcomes: readonly Outcome[],
  options: TaskOptions,
  backend: ThreadedBackend,
) {
  const { steps = STEPS, epochs = EPOCHS, seed } = options;
  const runs = outcomes.map(runDocument);
  const done = runs.filter(isDone);
  const document = {
    kind: "findings" as const,
    task: ADDING.name,
    seed,
    head: [
      `${ADDING.name}: ${ADDING.doc}`,
      `128 hidden neurons, ${whole(steps)} steps, ${whole(epochs * EPOCH)} batches of 128 fresh sequences, seed ${seed}.`,
    ],
    headline: headlineOf(runs),
    ...{ steps, epochs, guessing: GUESSING, runs },
    tables: [
      { title: "What was learned", rows: learnedRows(runs) },
      { title: "What it took", rows: costRows(done) },
    ],
    figures: runs.map((r) => ({ name: `${r.name}: error`, value: isDone(r) ? r.error : Number.POSITIVE_INFINITY })),
    plots: done.length > 0 ? [plotOf(done)] : [],
    published: PUBLISHED,
    notes: [
      `The error is the mean square on ${whole(done[0]?.sequences ?? 0)} sequences that nobody has seen before; always answering 1 has ${GUESSING.toFixed(4)}. Near are answers within ${NEAR}, as Hochreiter and Schmidhuber count.`,
      ...runs.flatMap((r) => ("broken" in r ? [`${r.name} broke down: ${r.broken}.`] : [])),
      ...(done[0] ? [`Energies are of one sequence, with 32-bit floats. ${energyNotes(done[0].energy.f32)[0]}`] : []),
      `One seed: another one may come out otherwise. Times are of this run.`,
    ],
    threads: threadsDocument(options.threads, backend),
    peakBytes: peakBytes(),
    files: filesOf(options.out),
    provenance: await provenanceOf(command, options, filesOf(options.out)),
    digest: hash64(
      ...outcomes.flatMap((o): (string | ArrayBufferView)[] =>
        "result" in o ? [...Object.values(o.result.parameters), o.result.answers] : [o.broken],
      ),
    ),
  } satisfies FindingsDocument & Record<string, unknown>;
  return document;
}

function headlineOf(runs: readonly RunDocument[]) {
  const [only] = runs;
  if (runs.length === 1 && only && isDone(only))
    return {
      text: `${only.learned ? "Learned" : "Not learned"}: the error is ${short(only.error)} ± ${short(only.standardError)}, where guessing has ${GUESSING.toFixed(3)}.`,
      lines: [],
    };
  const good = runs.filter((r) => isDone(r) && r.learned);
  const names = good.map((r) => `${r.name} (error ${short((r as { error: number }).error)})`);
  const found = names.length === 0 ? "None learns" : `Learned by ${names.join("; ")}`;
  return { text: `${found}, of ${runs.length} ways; guessing has an error of ${GUESSING.toFixed(3)}.`, lines: [] };
}

function learnedRows(runs: readonly RunDocument[]): string[][] {
  const row = (r: RunDocument): string[] =>
    isDone(r)
      ? [
          r.name,
          `${r.error.toFixed(4)} ± ${r.standardError.toFixed(4)}`,
          percent(r.near),
          r.meanRate["hidden"]?.toFixed(4) ?? "-",
        ]
      : [r.name, "broke down", "", ""];
  return [["", "error", "near", "spikes a neuron and step"], ...runs.map(row)];
}
const costRows = (runs: readonly Done[]): string[][] => [
  ["", "time", "memory", "energy"],
  ...runs.map((r) => [
    r.name,
    seconds(r.trainSeconds),
    bytes(r.trainingBytes),
    joulesRange(r.energy.f32.total, r.energy.f32.lowerBound),
  ]),
];

const plotOf = (runs: readonly Done[]): FindingsPlot => ({
  title: "Error on fresh sequences",
  x: "batches",
  y: "mean square",
  lines: runs.map(({ name, looks }) => ({ name, points: looks.map((l) => [l.batches, l.error] as const) })),
  level: { name: "guessing", value: GUESSING },
});
