/** The main job: a spiking network and its conventional twin, trained on the same data and shown side by side. */
import { type ThreadedBackend, threadedWasm } from "../backend/wasm/wasm.ts";
import { type PowerCounters, powerCounters } from "../energy/rapl.ts";
import type { ShownDocument } from "../report/document.ts";
import { resultText } from "../report/terminal/result.ts";
import { type EqualPrecision, equalPrecisionDocument, equalPrecisionOf } from "./equalPrecision.ts";
import { compareHeadline } from "./headline.ts";
import { judgement, published } from "./judged.ts";
import { openKeeper } from "./keeper.ts";
import { openLearningLog } from "./learningLog.ts";
import { allTables, type Machines, machines } from "./machines.ts";
import { measuredDocument } from "./measured.ts";
import { requireTaken } from "./networks.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { filesOf, isReported, outputsOf, writeReports } from "./outputs.ts";
import { type BreakEvenLine, breakEvenLines } from "./ownBreakEven.ts";
import { ownTask } from "./ownTasks.ts";
import { encoderDocument, type Plan, planOf } from "./plan.ts";
import { type PromiseReport, promiseReport } from "./promise.ts";
import { provenanceOf } from "./provenance.ts";
import { dataDocument, digestOf, type Loaded, loadTask, paceOf, peakBytes, threadsDocument } from "./run.ts";
import { overSeeds } from "./seeds.ts";
import { compareNotes, headOf, twinSentences } from "./sentences.ts";
import type { Deployed } from "./session.ts";
import { shownOf } from "./shown.ts";
import { deployedOf, inferenceOf, type Side, sideDocument, spikingSide, type Twin, twinSide } from "./side.ts";
import { type StepReport, stepsIn } from "./steps.ts";
import type { Task } from "./task.ts";
import { taskOf } from "./tasks.ts";
import { type Verdict, verdicts } from "./verdict.ts";

/** Everything that a comparison found. */
interface Comparison {
  readonly loaded: Loaded;
  readonly plan: Plan;
  readonly spiking: Side;
  readonly twin: Twin;
  /** Of both, where every step has an answer. */
  readonly steps: readonly (StepReport | undefined)[];
  readonly verdict: readonly Verdict[];
  readonly promise?: PromiseReport;
  /** The twin at the precision that spikes have, or why there is none. */
  readonly equalPrecision: EqualPrecision | { readonly refused: string };
  /** Energy on other hardware. */
  readonly machines: Machines;
  /** Where its energy would be that of a twin. */
  readonly breakEven: readonly BreakEvenLine[];
  /** What this machine has to count its own energy with. */
  readonly power: PowerCounters;
  readonly digest: string;
  readonly options: TaskOptions;
  readonly threads: ReturnType<typeof threadsDocument>;
  /** All of it: loading, trials, training, tests. A look inside comes after it. */
  readonly seconds: number;
  readonly peak: number | undefined;
  readonly shown: ShownDocument | undefined;
}

/** @throws {UsageError} `unknown-name` for a task, or for `out`; {DataError} for its data, or `write-failed` for `out` */
export async function compare(options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const { seeds, ...rest } = options;
  if (seeds) return overSeeds("compare", compare, { ...rest, seeds }, onProgress);
  const own = ownTask(options.task);
  if (own?.compare) return own.compare(options, onProgress);
  return compareOn(taskOf(options.task), options, onProgress);
}

export async function compareOn(task: Task, options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  requireTaken(task, options);
  const outputs = await outputsOf(options.out, ["page", "data"]); // before an hour of training, not after it
  using backend = threadedWasm(options.threads);
  const start = performance.now();
  const loaded = await loadTask(task, { ...options, onProgress });
  const keeper = await openKeeper("compare", task, loaded.data, options);
  const power = await powerCounters();
  const run = { command: "compare", task: task.name, seed: options.seed };
  using log = await openLearningLog(options.watch ?? {}, run, onProgress);
  const session = { seed: options.seed, backend, onProgress, keeper, power, log };
  const found = await comparison(loaded, options, session, { start, look: isReported(outputs) });
  const document = await documentOf(found);
  await writeReports(outputs, document);
  await keeper?.remove();
  return { document, ...resultText(document) };
}

type Session = Omit<Parameters<typeof spikingSide>[2], "stage" | "backend" | "power"> & {
  readonly backend: ThreadedBackend;
  readonly power: PowerCounters;
};
async function comparison(
  loaded: Loaded,
  options: TaskOptions,
  session: Session,
  { start, look }: { readonly start: number; readonly look: boolean },
): Promise<Comparison> {
  const { data } = loaded;
  const plan = await planOf(loaded, options, session);
  const spiking = await spikingSide(plan.spiking, data, { ...session, stage: "spiking network" });
  const twin = await twinSide(plan.twin, data, { ...session, stage: "twin" });
  const verdict = verdicts(spiking, twin, loaded);
  const deployed = [spiking, twin].map((side) => deployedOf(side.design, side.trained)) as [Deployed, Deployed];
  const equalPrecision = await equalPrecisionOf(...deployed, loaded, session);
  const measured = { seconds: (performance.now() - start) / 1000, peak: peakBytes() };
  return {
    loaded,
    plan,
    spiking,
    twin,
    steps: [spiking, twin].map(({ result }) => stepsIn(loaded, result.predictions)),
    verdict,
    ...(loaded.kind === "sequences" && { promise: promiseReport(spiking, twin, loaded.task.promise) }),
    equalPrecision,
    power: session.power,
    breakEven: breakEvenLines(spiking.counts, [twin.counts, twin.zeroSkipping.counts]),
    machines: machines([spiking.counts, twin.counts, twin.zeroSkipping.counts], paceOf(loaded)),
    digest: digestOf([spiking, twin]),
    options,
    threads: threadsDocument(options.threads, session.backend),
    ...measured,
    shown: look ? await shownOf(loaded, deployed[0], spiking.result, session) : undefined,
  };
}

async function documentOf(c: Comparison) {
  const { loaded, plan, spiking, twin, options } = c;
  return {
    kind: "compare" as const,
    task: loaded.task.name,
    seed: options.seed,
    head: [...headOf(loaded.task, plan, options.seed), ...twinSentences(plan)],
    headline: compareHeadline(spiking, twin, c.verdict),
    inference: inferenceOf(spiking.design.training),
    classes: loaded.data.classes,
    encoder: encoderDocument(plan),
    steps: spiking.design.net.steps,
    spiking: { ...sideDocument(spiking), ...judgement(loaded, spiking.result), ...c.steps[0] },
    twin: { ...sideDocument(twin), ...judgement(loaded, twin.result), ...c.steps[1], zeroSkipping: twin.zeroSkipping },
    ...(await published(loaded)),
    verdict: c.verdict,
    ...(c.promise && { promise: c.promise }),
    notes: compareNotes(spiking, twin, c.threads.used, loaded.data),
    equalPrecision: equalPrecisionDocument(c.equalPrecision, {
      spiking: spiking.result.accuracy,
      twin: twin.result.accuracy,
    }),
    energyTables: allTables(c.machines),
    ownBreakEven: c.breakEven,
    acrossTables: c.machines.across,
    measured: measuredDocument(c.power, spiking.design.training.loss, { spiking: spiking.result, twin: twin.result }),
    data: dataDocument(loaded.data),
    threads: c.threads,
    seconds: c.seconds,
    peakBytes: c.peak,
    provenance: await provenanceOf("compare", options, filesOf(options.out)),
    digest: c.digest,
    ...(c.shown && { shown: c.shown }),
  };
}
