/** Trains the spiking network of a task, tests it once, and saves it. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import { type Artefact, writeArtefact } from "../io/artefact.ts";
import { requireFolder } from "../io/file.ts";
import { inputLine, networkLine, threadsNote } from "./compareText.ts";
import { openKeeper } from "./keeper.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { encoderDocument, planOf } from "./plan.ts";
import { dataDocument, digestOf, loadTask, peakBytes, threadsDocument, version } from "./run.ts";
import type { Trained } from "./session.ts";
import { type Side, sideDocument, spikingSide } from "./side.ts";
import { type StepReport, stepsIn } from "./steps.ts";
import { stepRows, stepTables } from "./stepsText.ts";
import type { Task } from "./task.ts";
import { taskOf } from "./tasks.ts";
import { bytes, item, percent, type Row, seconds, sections, table, whole, wrap } from "./text.ts";

/** @throws {UsageError} `unknown-name` for a task; {DataError} for its data, or `write-failed` for `out` */
export const train = async (options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> =>
  trainTask(taskOf(options.task), options, onProgress);

export async function trainTask(task: Task, options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { seed, out } = options;
  if (out !== undefined) await requireFolder(out); // before an hour of training, not after it
  using backend = threadedWasm(options.threads);
  const loaded = await loadTask(task, { ...options, onProgress });
  const { data } = loaded;
  const keeper = await openKeeper("train", task, data, options);
  const session = { seed, backend, onProgress, keeper };
  const plan = await planOf(loaded, options, session);
  const side = await spikingSide(plan.spiking, data, { ...session, stage: "training" });
  const steps = stepsIn(loaded, side.result.predictions);
  if (out !== undefined) await writeArtefact(out, await artefactOf(task, side, data, seed));
  await keeper?.remove();
  const digest = digestOf([side]);
  const document = {
    task: task.name,
    seed,
    ...(out !== undefined && { file: out }),
    encoder: encoderDocument(plan),
    steps: side.design.net.steps,
    ...sideDocument(side),
    ...steps,
    data: dataDocument(data),
    threads: threadsDocument(options.threads, backend),
    peakBytes: peakBytes() ?? side.trained.bytes,
    digest,
  };
  const head = [wrap(`${task.name}: ${task.doc}`), networkLine(side.design.net, seed), ...inputLine(plan)];
  const saved = out === undefined ? [] : [`saved to ${out}`];
  const notes = [...side.result.warnings, ...threadsNote(backend.threads)];
  return { document, text: trainText(side, { head, steps, notes, digest, saved }) };
}

/** Equal for equal seeds: no times in it. */
async function artefactOf(task: Task, side: Side, data: { digest: string; classes: readonly string[] }, seed: number) {
  const { net, encoder, training } = side.design;
  const { accuracy, loss, samples } = side.result;
  const artefact: Artefact = {
    network: net,
    parameters: side.trained.parameters,
    encoder,
    classes: data.classes,
    provenance: {
      version: await version(),
      seed,
      task: task.name,
      dataDigest: data.digest,
      metrics: { accuracy, loss, testSamples: samples },
      trainingOptions: training,
    },
  };
  return artefact;
}

interface Told {
  readonly head: readonly string[];
  readonly steps: StepReport | undefined;
  readonly notes: readonly string[];
  readonly digest: string;
  readonly saved: readonly string[];
}
function trainText(side: Side, { head, steps, notes, digest, saved }: Told): string {
  const { trained, result } = side;
  const rates = Object.entries(result.meanRate);
  const peak = peakBytes();
  const columns = steps ? [{ title: "this network", report: steps }] : [];
  return sections([
    head.join("\n"),
    table([
      ["test accuracy", percent(result.accuracy, 2)],
      ...(steps ? stepRows(columns) : []),
      ...selectedRows(trained),
      ["test loss", result.loss.toFixed(3)],
      ["training time", seconds(trained.seconds)],
      ["training, samples/s", whole(trained.samplesPerSecond)],
      ["memory to train", bytes(trained.bytes)],
      ...(peak === undefined ? [] : [["peak of the process", bytes(peak)]]),
      ...rates.map(([node, rate]) => [`${node}, spikes a neuron and step`, rate.toFixed(3)]),
    ]),
    ...(steps ? stepTables(columns) : []),
    notes.map(item).join("\n"),
    [`Digest of weights and answers: ${digest}`, ...saved].join("\n"),
  ]);
}

/** Which epoch was kept, where one was chosen. */
export const selectedRows = ({ selected }: Trained): Row[] =>
  selected
    ? [
        ["kept: epoch", `${selected.epoch + 1}`],
        ["  its held-out accuracy", percent(selected.accuracy, 2)],
      ]
    : [];
