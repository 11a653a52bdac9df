/** Tests a saved network on a task's test data: accuracy, rates, counts and energy. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import { DataError } from "../base/errors.ts";
import { type Artefact, readArtefact } from "../io/artefact.ts";
import { crossEntropy, type Loss } from "../learn/loss.ts";
import { LOSSES, parseLoss } from "../learn/parseLoss.ts";
import { sizeOf } from "../model/nodes.ts";
import { encoderFrom } from "./batches.ts";
import { networkLine, threadsNote } from "./compareText.ts";
import { isCounted } from "./count.ts";
import { breakEvenText, energyNotes, energyTables } from "./energyText.ts";
import type { EvaluateOptions, OnProgress, TaskReport } from "./options.ts";
import { dataDocument, digestOf, loadTask, peakBytes, threadsDocument } from "./run.ts";
import { type Deployed, type Evaluated, evaluateDeployed } from "./session.ts";
import { type Accounted, account, inferenceOf, NAMES, resultDocument } from "./side.ts";
import { type StepReport, stepsIn } from "./steps.ts";
import { stepRows, stepTables } from "./stepsText.ts";
import type { Task, TaskData } from "./task.ts";
import { taskOf } from "./tasks.ts";
import { item, percent, type Row, sections, table, whole, wrap } from "./text.ts";

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
  const result = await evaluateDeployed(deployed, data.test, { seed, backend, onProgress, stage: "test" });
  const accounted = isCounted(deployed.net) ? account(NAMES.spiking, deployed, result, "event") : undefined;
  const steps = stepsIn(loaded, result.predictions);
  const notes = [...result.warnings, ...otherData(task, artefact, data), ...threadsNote(backend.threads)];
  const document = {
    task: task.name,
    file,
    seed,
    ...resultDocument(result),
    ...steps,
    inferencePerSecond: result.samplesPerSecond,
    ...accounted,
    notes,
    provenance: artefact.provenance,
    data: dataDocument(data),
    threads: threadsDocument(options.threads, backend),
    peakBytes: peakBytes(),
    digest: digestOf([{ trained: deployed, result }]),
  };
  const head = [`${file}, tested on ${task.name}: ${task.doc}`, networkLine(artefact.network, seed)];
  return { document, text: evaluateText({ head, deployed, result, steps, accounted, notes }) };
}

/** What an artefact says of its use. @throws {DataError} `bad-file` */
export function deployedFrom({ network, parameters, encoder, provenance }: Artefact, file: string): Deployed {
  const { loss } = provenance.trainingOptions as { loss?: unknown };
  return { net: network, parameters, encoder: encoderFrom(encoder, file), loss: lossFrom(loss, file) };
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
  const trained = `trained on ${provenance.task ?? "other data"} (seed ${provenance.seed}, ${provenance.dataDigest})`;
  return [`It was ${trained}, and these are other data of ${task.name}: some test samples may have been learned.`];
}

interface Told {
  readonly head: readonly string[];
  readonly deployed: Deployed;
  readonly result: Evaluated;
  readonly steps: StepReport | undefined;
  readonly accounted: Accounted | undefined;
  readonly notes: readonly string[];
}
function evaluateText({ head, deployed, result, steps, accounted, notes }: Told): string {
  const columns = steps ? [{ title: "this network", report: steps }] : [];
  const inference = inferenceOf(deployed);
  const rates = Object.entries(result.meanRate).map(
    ([node, rate]): Row => [`${node}, spikes a neuron and step`, rate.toFixed(3)],
  );
  return sections([
    head.map((line) => wrap(line)).join("\n"),
    table([
      ["test accuracy", percent(result.accuracy, 2)],
      ...(steps ? stepRows(columns) : []),
      ["test loss", result.loss.toFixed(3)],
      ["test samples", whole(result.samples)],
      ["inference, samples/s", whole(result.samplesPerSecond)],
      ...rates,
      ...(accounted ? workRows(accounted, inference) : []),
    ]),
    ...(steps ? stepTables(columns) : []),
    ...(accounted ? energyTables([{ title: "this network", energy: accounted.energy }], inference) : []),
    accounted ? breakEvenText(accounted.energy.f32) : "",
    [
      "Beside the numbers",
      ...[...notes, ...(accounted ? energyNotes(accounted.energy.f32) : [NO_COUNTS])].map(item),
    ].join("\n"),
  ]);
}
const NO_COUNTS = "Operations are counted where all connections are dense; here it is not so.";

const workRows = ({ counts }: Accounted, inference: string): Row[] => [
  [`${inference}: additions`, whole(counts.total.acs)],
  ["  multiply-additions", whole(counts.total.macs)],
  ["  neuron updates", whole(counts.total.neuronUpdates)],
];
