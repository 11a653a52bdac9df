/** The main job: a spiking network and its conventional twin, trained on the same data and shown side by side. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import { compareText } from "./compareText.ts";
import { openKeeper } from "./keeper.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { encoderDocument, type Plan, planOf } from "./plan.ts";
import { type PromiseReport, promiseReport } from "./promise.ts";
import { dataDocument, digestOf, type Loaded, loadTask, peakBytes, threadsDocument } from "./run.ts";
import { type Side, sideDocument, spikingSide, type Twin, twinSide } from "./side.ts";
import { type StepReport, stepsIn } from "./steps.ts";
import type { Task } from "./task.ts";
import { taskOf } from "./tasks.ts";
import { type Verdict, verdicts } from "./verdict.ts";

/** Everything that a comparison found. */
export interface Comparison {
  readonly loaded: Loaded;
  readonly plan: Plan;
  readonly spiking: Side;
  readonly twin: Twin;
  /** Of both, where every step has an answer. */
  readonly steps: readonly (StepReport | undefined)[];
  readonly verdict: readonly Verdict[];
  readonly promise?: PromiseReport;
  readonly digest: string;
  readonly seed: number;
  readonly threads: ReturnType<typeof threadsDocument>;
  /** All of it: loading, trials, training, tests. */
  readonly seconds: number;
}

/** @throws {UsageError} `unknown-name` for a task; {DataError} for its data */
export const compare = async (options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> =>
  compareOn(taskOf(options.task), options, onProgress);

export async function compareOn(task: Task, options: TaskOptions, onProgress: OnProgress): Promise<TaskReport> {
  const found = await comparison(task, options, onProgress);
  return { document: documentOf(found), text: compareText(found) };
}

async function comparison(task: Task, options: TaskOptions, onProgress: OnProgress): Promise<Comparison> {
  const { seed } = options;
  using backend = threadedWasm(options.threads);
  const start = performance.now();
  const loaded = await loadTask(task, { ...options, onProgress });
  const { data } = loaded;
  const keeper = await openKeeper("compare", task, data, options);
  const session = { seed, backend, onProgress, keeper };
  const plan = await planOf(loaded, options, session);
  const spiking = await spikingSide(plan.spiking, data, { ...session, stage: "spiking network" });
  const twin = await twinSide(plan.twin, data, { ...session, stage: "twin" });
  const verdict = verdicts(spiking, twin, loaded);
  await keeper?.remove();
  const seconds = (performance.now() - start) / 1000;
  return {
    loaded,
    plan,
    spiking,
    twin,
    steps: [spiking, twin].map(({ result }) => stepsIn(loaded, result.predictions)),
    verdict,
    ...(loaded.kind === "sequences" && { promise: promiseReport(spiking, twin, loaded.task.promise) }),
    digest: digestOf([spiking, twin]),
    seed,
    threads: threadsDocument(options.threads, backend),
    seconds,
  };
}

function documentOf(c: Comparison): Record<string, unknown> {
  return {
    task: c.loaded.task.name,
    seed: c.seed,
    encoder: encoderDocument(c.plan),
    steps: c.spiking.design.net.steps,
    spiking: { ...sideDocument(c.spiking), ...c.steps[0] },
    twin: { ...sideDocument(c.twin), ...c.steps[1], zeroSkipping: c.twin.zeroSkipping },
    ...(c.loaded.kind === "sequences" && { published: c.loaded.task.published }),
    verdict: c.verdict,
    ...(c.promise && { promise: c.promise }),
    data: dataDocument(c.loaded.data),
    threads: c.threads,
    seconds: c.seconds,
    peakBytes: peakBytes(),
    digest: c.digest,
  };
}
