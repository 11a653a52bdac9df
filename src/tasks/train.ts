/** Trains the spiking network of a task, tests it once, and saves it. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import { type Artefact, writeArtefact } from "../io/artefact.ts";
import { resultText } from "../report/terminal/result.ts";
import { trainHeadline } from "./headline.ts";
import { judgement, published } from "./judged.ts";
import { openKeeper } from "./keeper.ts";
import { openLearningLog, requireUnwatched } from "./learningLog.ts";
import { requireTaken } from "./networks.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { filesOf, isReported, outputsOf, writeReports } from "./outputs.ts";
import { ownTask } from "./ownTasks.ts";
import { encoderDocument, planOf } from "./plan.ts";
import { provenanceOf } from "./provenance.ts";
import { dataDocument, digestOf, loadTask, peakBytes, threadsDocument, version } from "./run.ts";
import { overSeeds } from "./seeds.ts";
import { energyNotes, headOf, trainNotes } from "./sentences.ts";
import { shownOf } from "./shown.ts";
import { deployedOf, inferenceOf, type Side, sideDocument, spikingSide } from "./side.ts";
import { stepsIn } from "./steps.ts";
import type { Task } from "./task.ts";
import { taskOf } from "./tasks.ts";

/** @throws {UsageError} `unknown-name` for a task, or for `out`; {DataError} for its data, or `write-failed` for `out` */
export async function train(options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { seeds, ...rest } = options;
  if (seeds) return overSeeds("train", train, { ...rest, seeds }, onProgress);
  const own = ownTask(options.task);
  if (own) return own.train(options, onProgress);
  return trainTask(taskOf(options.task), options, onProgress);
}

export async function trainTask(task: Task, options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { seed } = options;
  requireTaken(task, options);
  if (task.kind === "samples" && task.spiking.learn) requireUnwatched(task.name, options.watch);
  const outputs = await outputsOf(options.out, ["network", "page", "data"]); // before an hour of training, not after it
  using backend = threadedWasm(options.threads);
  const loaded = await loadTask(task, { ...options, onProgress });
  const { data } = loaded;
  const keeper = await openKeeper("train", task, data, options);
  using log = await openLearningLog(options.watch ?? {}, { command: "train", task: task.name, seed }, onProgress);
  const session = { seed, backend, onProgress, keeper, log };
  const plan = await planOf(loaded, options, session);
  const side = await spikingSide(plan.spiking, data, { ...session, stage: "training" });
  const measured = { peakBytes: peakBytes() ?? side.trained.bytes };
  const networks = outputs.filter((o) => o.kind === "network").map((o) => o.file);
  for (const file of networks) await writeArtefact(file, await artefactOf(task, side, data, seed));
  const shown = isReported(outputs)
    ? await shownOf(loaded, deployedOf(side.design, side.trained), side.result, session)
    : undefined;
  const document = {
    kind: "train" as const,
    task: task.name,
    seed,
    ...(networks[0] !== undefined && { file: networks[0] }),
    files: filesOf(options.out),
    head: headOf(task, plan, seed),
    headline: trainHeadline(side),
    inference: inferenceOf(side.design.training),
    classes: data.classes,
    encoder: encoderDocument(plan),
    steps: side.design.net.steps,
    ...sideDocument(side),
    ...judgement(loaded, side.result),
    ...stepsIn(loaded, side.result.predictions),
    ...(await published(loaded)),
    notes: trainNotes(side, backend.threads, outputs.length === 0 || networks.length > 0),
    beside: energyNotes(side.energy.f32),
    data: dataDocument(data),
    threads: threadsDocument(options.threads, backend),
    ...measured,
    provenance: await provenanceOf("train", options, filesOf(options.out)),
    digest: digestOf([side]),
    ...(shown && { shown }),
  };
  await writeReports(outputs, document);
  await keeper?.remove();
  return { document, ...resultText(document) };
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
