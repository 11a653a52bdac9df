/** Shows what a network becomes: schedule, program, kernels, memory, and the work of a step. */
import { wasm } from "../backend/wasm/wasm.ts";
import { DataError, UsageError } from "../base/errors.ts";
import { type Artefact, readArtefact } from "../io/artefact.ts";
import { bptt, type SegmentSteps } from "../learn/algorithm.ts";
import { createEvaluator } from "../learn/evaluator.ts";
import { adam } from "../learn/optimiser.ts";
import { createTrainer } from "../learn/trainer.ts";
import { sections, wrap } from "../report/terminal/layout.ts";
import { initialParameters } from "../sim/lower/parameters.ts";
import { AS_EVENTS } from "./batches.ts";
import { deployedFrom } from "./evaluate.ts";
import { choicesOf, choicesText } from "./explainChoices.ts";
import { networkDocument, networkText, scheduleText } from "./explainNetwork.ts";
import { type Compiled, compiledDocument, compiledText } from "./explainProgram.ts";
import { sharedNames } from "./names.ts";
import { type Design, recurrentDesign, requireNoCode, sampleDesign, spikingDesign } from "./networks.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import type { Deployed } from "./session.ts";
import type { Training } from "./task.ts";
import { isTask, taskOf } from "./tasks.ts";

/** A network with numbers to start from, and how it learns where that is known. */
interface Subject extends Deployed {
  readonly from: string;
  readonly training?: Training;
}

/**
 * What a network becomes: schedule, program, kernels, memory, and the work of a step.
 *
 * @throws {UsageError} if the target is neither a task nor a file
 * @throws {DataError} for the file
 */
export async function explain(options: TaskOptions, _onProgress: OnProgress): Promise<TaskReport> {
  const subject = await subjectOf(options);
  const programs = [
    await answering(subject),
    ...(subject.training ? [await learning(subject, subject.training, options.segment)] : []),
  ];
  const { net, encoder, from, training } = subject;
  const document = {
    target: options.task,
    from,
    network: networkDocument(net, encoder),
    schedule: net.schedule,
    kernels: choicesOf(net, training?.surrogate),
    programs: Object.fromEntries(programs.map((p) => [p.name, compiledDocument(p)])),
  };
  const text = sections([
    wrap(from),
    networkText(net, encoder),
    scheduleText(net),
    choicesText(net, training?.surrogate),
    ...programs.flatMap(compiledText),
  ]);
  return { document, text };
}

async function subjectOf({ task: target, encoder: asked, steps, seed }: TaskOptions): Promise<Subject> {
  if (!isTask(target))
    return { from: `The network in ${target}.`, ...deployedFrom(await artefactAt(target), target, AS_EVENTS) };
  const task = taskOf(target);
  if (task.kind === "sequences") {
    requireNoCode(task, { ...(asked && { encoder: asked }), ...(steps !== undefined && { steps }) });
    return started(
      recurrentDesign(task.spiking),
      `The spiking network of ${task.name}, as it starts with seed ${seed}.`,
      seed,
    );
  }
  if (task.kind === "samples") {
    requireNoCode(task, { ...(asked && { encoder: asked }), ...(steps !== undefined && { steps }) });
    return started(
      sampleDesign(task.spiking),
      `The spiking network of ${task.name}, as it starts with seed ${seed}.`,
      seed,
    );
  }
  const code = asked ?? task.trial.codes[0]!;
  const chosen = asked ? "" : ` A comparison chooses among ${task.trial.codes.join(" and ")}; --encoder asks for one.`;
  const from = `The spiking network of ${task.name} with ${code} input, as it starts with seed ${seed}.${chosen}`;
  return started(spikingDesign(task, code, { steps }), from, seed);
}
function started({ net, encoder, training, learn }: Design, from: string, seed: number): Subject {
  const { loss } = training;
  return { from, net, encoder, ...(!learn && { training }), loss, parameters: initialParameters(net, seed) };
}

const artefactAt = (target: string): Promise<Artefact> =>
  readArtefact(target).catch((cause) => {
    const absent = cause instanceof DataError && cause.code === "missing-file";
    throw absent ? new UsageError("unknown-name", target, `neither a task (${sharedNames()}) nor a file`) : cause;
  });

/** Samples side by side in the programs shown: the least that shows all loops. */
const BATCH = 4;

async function answering({ net, loss, parameters }: Subject): Promise<Compiled> {
  using x = await createEvaluator(net, wasm, { loss, parameters, batch: BATCH });
  return { name: "inference", program: x.program, wat: x.text, context: x.lowered.context };
}

async function learning(
  { net, loss, parameters }: Subject,
  { surrogate, rate, algorithm: own = bptt(surrogate) }: Training,
  segment: SegmentSteps | undefined,
): Promise<Compiled> {
  const algorithm = segment === undefined ? own : bptt(surrogate, { checkpoint: segment });
  const made = { algorithm, loss, optimiser: adam(rate), batch: BATCH, parameters };
  using x = await createTrainer(net, wasm, made);
  return { name: "training", program: x.program, wat: x.text, context: x.lowered.context };
}
