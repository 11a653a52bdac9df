/** Trains the spiking network of a task, tests it once, and saves it. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import { type Artefact, writeArtefact } from "../io/artefact.ts";
import { requireFolder } from "../io/file.ts";
import { chooseEncoder } from "./choose.ts";
import { inputLine, networkLine, threadsNote } from "./compareText.ts";
import { openKeeper } from "./keeper.ts";
import { spikingDesign } from "./networks.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { dataDocument, digestOf, loadData, peakBytes, threadsDocument, version } from "./run.ts";
import { type Side, sideDocument, spikingSide } from "./side.ts";
import { type Task, taskOf } from "./tasks.ts";
import { bytes, item, percent, seconds, sections, table, whole, wrap } from "./text.ts";

/** @throws {UsageError} `unknown-name` for a task; {DataError} for its data, or `write-failed` for `out` */
export const train = async (options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> =>
  trainTask(taskOf(options.task), options, onProgress);

export async function trainTask(task: Task, options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { seed, out } = options;
  if (out !== undefined) await requireFolder(out); // before an hour of training, not after it
  using backend = threadedWasm(options.threads);
  const data = await loadData(task, { ...options, onProgress });
  const keeper = await openKeeper("train", task, data, options);
  const session = { seed, backend, onProgress, keeper };
  const choice = options.encoder ? undefined : await chooseEncoder(task, data, { ...session, changes: options });
  const code = options.encoder ?? choice!.encoder;
  const side = await spikingSide(spikingDesign(task, code, options), data, { ...session, stage: "training" });
  if (out !== undefined) await writeArtefact(out, await artefactOf(task, side, data, seed));
  await keeper?.remove();
  const digest = digestOf([side]);
  const document = {
    task: task.name,
    seed,
    ...(out !== undefined && { file: out }),
    encoder: { name: code, ...side.design.encoder, ...(choice && { choice }) },
    steps: side.counts.steps,
    ...sideDocument(side),
    data: dataDocument(data),
    threads: threadsDocument(options.threads, backend),
    peakBytes: peakBytes() ?? side.trained.bytes,
    digest,
  };
  const head = [wrap(`${task.name}: ${task.doc}`), networkLine(side.design.net, seed), inputLine(code, choice)];
  const saved = out === undefined ? [] : [`saved to ${out}`];
  return {
    document,
    text: trainText(head, side, [...side.result.warnings, ...threadsNote(backend.threads)], digest, saved),
  };
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

function trainText(head: string[], side: Side, notes: readonly string[], digest: string, saved: string[]): string {
  const { trained, result } = side;
  const rates = Object.entries(result.meanRate);
  const peak = peakBytes();
  return sections([
    head.join("\n"),
    table([
      ["test accuracy", percent(result.accuracy, 2)],
      ["test loss", result.loss.toFixed(3)],
      ["training time", seconds(trained.seconds)],
      ["training, samples/s", whole(trained.samplesPerSecond)],
      ["memory to train", bytes(trained.bytes)],
      ...(peak === undefined ? [] : [["peak of the process", bytes(peak)]]),
      ...rates.map(([node, rate]) => [`${node}, spikes a neuron and step`, rate.toFixed(3)]),
    ]),
    notes.map(item).join("\n"),
    [`Digest of weights and answers: ${digest}`, ...saved].join("\n"),
  ]);
}
