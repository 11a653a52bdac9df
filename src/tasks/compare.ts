/** The main job: a spiking network and its conventional twin, trained on the same data and shown side by side. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Choice, chooseEncoder } from "./choose.ts";
import { compareText } from "./compareText.ts";
import { openKeeper } from "./keeper.ts";
import { spikingDesign, twinDesign } from "./networks.ts";
import type { EncoderName, OnProgress, TaskOptions, TaskReport } from "./options.ts";
import { dataDocument, digestOf, loadData, peakBytes, threadsDocument } from "./run.ts";
import { type Side, sideDocument, spikingSide, type Twin, twinSide } from "./side.ts";
import { type Task, taskOf } from "./tasks.ts";
import { type Verdict, verdicts } from "./verdict.ts";

/** Everything that a comparison found. */
export interface Comparison {
  readonly task: Task;
  readonly data: Dataset;
  readonly code: EncoderName;
  /** Absent where the code was given. */
  readonly choice: Choice | undefined;
  readonly spiking: Side;
  readonly twin: Twin;
  readonly verdict: readonly Verdict[];
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
  const data = await loadData(task, { ...options, onProgress });
  const keeper = await openKeeper("compare", task, data, options);
  const session = { seed, backend, onProgress, keeper };
  const choice = options.encoder ? undefined : await chooseEncoder(task, data, { ...session, changes: options });
  const code = options.encoder ?? choice!.encoder;
  const spiking = await spikingSide(spikingDesign(task, code, options), data, { ...session, stage: "spiking network" });
  const twin = await twinSide(twinDesign(task, options), data, { ...session, stage: "twin" });
  const verdict = verdicts(spiking, twin, data.test.labels);
  await keeper?.remove();
  const seconds = (performance.now() - start) / 1000;
  return {
    task,
    data,
    code,
    choice,
    spiking,
    twin,
    verdict,
    digest: digestOf([spiking, twin]),
    seed,
    threads: threadsDocument(options.threads, backend),
    seconds,
  };
}

function documentOf(c: Comparison): Record<string, unknown> {
  return {
    task: c.task.name,
    seed: c.seed,
    encoder: { name: c.code, ...c.spiking.design.encoder, ...(c.choice && { choice: c.choice }) },
    steps: c.spiking.counts.steps,
    spiking: sideDocument(c.spiking),
    twin: { ...sideDocument(c.twin), zeroSkipping: c.twin.zeroSkipping },
    verdict: c.verdict,
    data: dataDocument(c.data),
    threads: c.threads,
    seconds: c.seconds,
    peakBytes: peakBytes(),
    digest: c.digest,
  };
}
