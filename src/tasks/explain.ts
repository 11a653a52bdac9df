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
import { type Compiled, compiledDocument, compiledText, type Explained, type HowTrained } from "./explainProgram.ts";
import { explainedEngine, explainedSimulation, isSimulated } from "./explainSimulation.ts";
import { trainNames } from "./names.ts";
import { type Design, recurrentDesign, requireNoCode, sampleDesign, spikingDesign } from "./networks.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { type OwnTask, requireOwn } from "./ownTask.ts";
import { ownTask } from "./ownTasks.ts";
import type { Deployed } from "./session.ts";
import { simulationNames } from "./subject/catalogue.ts";
import { isTask, taskOf } from "./tasks.ts";

/** A network that answers, with numbers to start from. */
interface Answering extends Deployed {
  readonly from: string;
  readonly training?: HowTrained;
}

/**
 * What a network becomes: schedule, program, kernels, memory, and the work of a step.
 *
 * @throws {UsageError} if the target is neither a task nor a file
 * @throws {DataError} for the file
 */
export async function explain(options: TaskOptions, _onProgress: OnProgress): Promise<TaskReport> {
  const { net, encoder, from, training, programs } = await explainedBy(options);
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

async function explainedBy(options: TaskOptions): Promise<Explained> {
  const { task: target, segment } = options;
  const own = ownTask(target);
  if (own) return ofOwn(own, options);
  if (isTask(target)) return answered(ofTask(options), segment);
  if (isSimulated(target)) return explainedSimulation(options);
  const artefact = await artefactAt(target);
  if (artefact.network.steps === undefined) return explainedSimulation(options);
  return answered({ from: `The network in ${target}.`, ...deployedFrom(artefact, target, AS_EVENTS) }, segment);
}

function ofOwn(task: OwnTask, options: TaskOptions): Promise<Explained> {
  const { name, takes } = task;
  requireOwn({ name, takes: takes.filter((o) => o === "steps") }, options);
  const { net, encoder, answers } = task.explained(options);
  const from = startOf(name, options.seed);
  return answers
    ? answered({ from, net, encoder, ...answers, parameters: initialParameters(net, options.seed) }, undefined)
    : explainedEngine({ from, net, encoder }, options);
}
const startOf = (name: string, seed: number, code = ""): string =>
  `The spiking network of ${name}${code}, as it starts with seed ${seed}.`;

function ofTask({ task: name, encoder: asked, steps, seed }: TaskOptions): Answering {
  const task = taskOf(name);
  if (task.kind === "images") {
    const code = asked ?? task.trial.codes[0]!;
    const chosen = asked
      ? ""
      : ` A comparison chooses among ${task.trial.codes.join(" and ")}; --encoder asks for one.`;
    const from = `${startOf(name, seed, ` with ${code} input`)}${chosen}`;
    return started(spikingDesign(task, code, { steps }), from, seed);
  }
  requireNoCode(task, { ...(asked && { encoder: asked }), ...(steps !== undefined && { steps }) });
  const design = task.kind === "sequences" ? recurrentDesign(task.spiking) : sampleDesign(task.spiking);
  return started(design, startOf(name, seed), seed);
}
function started({ net, encoder, training, learn }: Design, from: string, seed: number): Answering {
  const { loss } = training;
  return { from, net, encoder, ...(!learn && { training }), loss, parameters: initialParameters(net, seed) };
}

const artefactAt = (target: string): Promise<Artefact> =>
  readArtefact(target).catch((cause) => {
    const absent = cause instanceof DataError && cause.code === "missing-file";
    throw absent
      ? new UsageError(
          "unknown-name",
          target,
          `neither a task (${trainNames()}), a simulation (${simulationNames()}), nor a file`,
        )
      : cause;
  });

async function answered(subject: Answering, segment: SegmentSteps | undefined): Promise<Explained> {
  const { training } = subject;
  const programs = [await answering(subject), ...(training ? [await learning(subject, training, segment)] : [])];
  return { ...subject, programs };
}

/** Samples side by side in the programs shown: the least that shows all loops. */
const BATCH = 4;

async function answering({ net, loss, parameters }: Answering): Promise<Compiled> {
  using x = await createEvaluator(net, wasm, { loss, parameters, batch: BATCH });
  return { name: "inference", program: x.program, wat: x.text, context: x.lowered.context };
}

async function learning(
  { net, loss, parameters }: Answering,
  { surrogate, rate, algorithm: own = bptt(surrogate) }: HowTrained,
  segment: SegmentSteps | undefined,
): Promise<Compiled> {
  const algorithm = segment === undefined ? own : bptt(surrogate, { checkpoint: segment });
  const made = { algorithm, loss, optimiser: adam(rate), batch: BATCH, parameters };
  using x = await createTrainer(net, wasm, made);
  return { name: "training", program: x.program, wat: x.text, context: x.lowered.context };
}
