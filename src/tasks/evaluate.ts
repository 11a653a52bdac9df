/** Tests a saved network on a task's test data: accuracy, rates, counts and energy. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import { DataError } from "../base/errors.ts";
import { powerCounters } from "../energy/rapl.ts";
import { type Artefact, readArtefact } from "../io/artefact.ts";
import { crossEntropy, type Loss } from "../learn/loss.ts";
import { LOSSES, parseLoss } from "../learn/parseLoss.ts";
import { sizeOf } from "../model/nodes.ts";
import { percent, whole } from "../report/numbers.ts";
import { resultText } from "../report/terminal/result.ts";
import { encoderFrom, type Input } from "./batches.ts";
import { isCounted } from "./count.ts";
import { judgement } from "./judged.ts";
import { allTables, machines } from "./machines.ts";
import { measuredDocument } from "./measured.ts";
import type { EvaluateOptions, OnProgress, TaskReport } from "./options.ts";
import { dataDocument, digestOf, loadTask, paceOf, peakBytes, threadsDocument } from "./run.ts";
import { energyNotes, networkSentence, threadsNotes } from "./sentences.ts";
import { type Deployed, evaluateDeployed } from "./session.ts";
import { account, inferenceOf, NAMES, resultDocument } from "./side.ts";
import { stepsIn } from "./steps.ts";
import type { Task, TaskData } from "./task.ts";
import { taskOf } from "./tasks.ts";

/**
 * Measures a saved network on the test data of a task.
 *
 * @throws {UsageError} for a task
 * @throws {DataError} for the file, the data, or a file that does not fit the task
 */
export const evaluate = async (options: EvaluateOptions, onProgress: OnProgress): Promise<TaskReport> =>
  evaluateTask(taskOf(options.task), options, onProgress);

export async function evaluateTask(task: Task, options: EvaluateOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { file } = options;
  using backend = threadedWasm(options.threads);
  const artefact = await readArtefact(file);
  const deployed = deployedFrom(artefact, file);
  requireFit(task, artefact, file);
  const seed = options.seed ?? artefact.provenance.seed;
  const loaded = await loadTask(task, { ...options, seed, onProgress });
  const { data } = loaded;
  const power = await powerCounters();
  const result = await evaluateDeployed(deployed, data.test, { seed, backend, onProgress, stage: "test", power });
  const accounted = isCounted(deployed.net) ? account(NAMES.spiking, deployed, result, "event") : undefined;
  const elsewhere = accounted && machines([accounted.counts], paceOf(loaded));
  const steps = stepsIn(loaded, result.predictions);
  const notes = [...result.warnings, ...otherData(task, artefact, data), ...threadsNotes(backend.threads)];
  const document = {
    kind: "evaluate" as const,
    task: task.name,
    file,
    seed,
    head: [`${file}, tested on ${task.name}: ${task.doc}`, networkSentence(artefact.network, seed)],
    headline: { text: `${percent(result.accuracy, 2)} of ${whole(result.counted)} test answers are right.`, lines: [] },
    inference: inferenceOf(deployed),
    classes: data.classes,
    ...resultDocument(result),
    ...judgement(loaded, result),
    ...steps,
    ...accounted,
    ...(elsewhere && { energyTables: allTables(elsewhere) }),
    measured: measuredDocument(power, deployed.loss, { result }).result,
    notes,
    beside: accounted ? energyNotes(accounted.energy.f32) : [NO_COUNTS],
    provenance: artefact.provenance,
    data: dataDocument(data),
    threads: threadsDocument(options.threads, backend),
    peakBytes: peakBytes(),
    digest: digestOf([{ trained: deployed, result }]),
  };
  return { document, ...resultText(document) };
}
const NO_COUNTS = "Operations are counted where all connections are dense; here it is not so.";

/**
 * What an artefact says of its use.
 * @param usual how data enter where it does not say
 * @throws {DataError} `bad-file`
 */
export function deployedFrom(
  { network, parameters, encoder, provenance }: Artefact,
  file: string,
  usual?: Input,
): Deployed {
  const { loss } = provenance.trainingOptions as { loss?: unknown };
  return { net: network, parameters, encoder: encoderFrom(encoder ?? usual, file), loss: lossFrom(loss, file) };
}

/** The loss it was trained with, which says how the output of all steps becomes an answer; by default the mean. */
function lossFrom(found: unknown, file: string): Loss {
  if (found === undefined) return crossEntropy("mean");
  const loss = parseLoss(found);
  if (loss) return loss;
  throw new DataError("bad-file", `${file}.provenance.trainingOptions.loss`, `must be ${LOSSES}`);
}

/** @throws {DataError} `shape-mismatch` if the network does not take the task's examples or does not name its classes */
export function requireFit(task: Task, { network }: Artefact, file: string): void {
  const wanted = task.kind === "images" ? task.shape.reduce((a, b) => a * b, 1) : task.inputs;
  const inputs = Object.values(network.inputs).map((x) => x.size);
  const answers = network.output === undefined ? 0 : sizeOf(network, network.output);
  if (inputs.length === 1 && inputs[0] === wanted && answers === task.classes) return;
  const found = `${inputs.join(" and ") || "no"} inputs and ${answers || "no"} answers`;
  throw new DataError(
    "shape-mismatch",
    file,
    `${task.name} needs ${wanted} inputs and ${task.classes} answers, it has ${found}`,
  );
}

/** A test on data of another digest may hold samples that the network was trained on. */
function otherData(task: Task, { provenance }: Artefact, data: TaskData): string[] {
  if (provenance.dataDigest === data.digest) return [];
  const digest = provenance.dataDigest && `, ${provenance.dataDigest}`;
  const trained = `trained on ${provenance.task ?? "other data"} (seed ${provenance.seed}${digest})`;
  return [`It was ${trained}, and these are other data of ${task.name}: some test samples may have been learned.`];
}
