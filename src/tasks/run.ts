/** What all commands share: the data with its seed, the trace of where a result comes from, and what the process took. */
import type { ThreadedBackend } from "../backend/wasm/wasm.ts";
import { hash64 } from "../base/hash.ts";
import { fileSystem } from "../base/node.ts";
import type { Dataset } from "../data/dataset.ts";
import type { SequenceDataset } from "../data/sequences.ts";
import type { PriceOptions } from "../energy/prices.ts";
import type { Parameters } from "../sim/lower/parameters.ts";
import type { OnProgress, TaskOptions } from "./options.ts";
import type { Trained } from "./session.ts";
import type { ImageTask, SampleTask, SequenceTask, Task, TaskData } from "./task.ts";

export interface LoadRequest extends Pick<TaskOptions, "data" | "seed"> {
  readonly onProgress: OnProgress;
}

/** A task with its data. */
export type Loaded =
  | { readonly kind: "images"; readonly task: ImageTask; readonly data: Dataset }
  | { readonly kind: "sequences"; readonly task: SequenceTask; readonly data: SequenceDataset }
  | { readonly kind: "samples"; readonly task: SampleTask; readonly data: TaskData };

export async function loadTask(task: Task, { data, seed, onProgress }: LoadRequest): Promise<Loaded> {
  const stage = "data";
  const from = { directory: data, seed };
  onProgress({ stage, done: 0, total: 1 });
  const loaded = { kind: task.kind, task, data: await task.load(from) } as Loaded; // the kind says which data a task loads
  onProgress({ stage, done: 1, total: 1 });
  return loaded;
}

/** A stream comes at its own pace, and a chip that waits for it has power at rest. */
export const paceOf = ({ data }: Loaded): PriceOptions => ("dt" in data ? { stepSeconds: data.dt } : {});

/** What of a data set a result depends on, and whom to thank. */
export const dataDocument = ({ name, digest, train, test, source, licence }: TaskData) => ({
  name,
  digest,
  train: train.count,
  test: test.count,
  source,
  licence,
});

export interface Learned {
  readonly trained: Pick<Trained, "parameters">;
  readonly result: { readonly predictions: Int32Array };
}
/** Of trained weights and the answers they give: equal for equal seeds, on every machine. */
export const digestOf = (networks: readonly Learned[]): string =>
  hash64(...networks.flatMap(({ trained, result }) => [...weightsOf(trained.parameters), result.predictions]));

const weightsOf = (parameters: Parameters): (string | ArrayBufferView)[] =>
  Object.keys(parameters)
    .sort()
    .flatMap((name) => [name, parameters[name]!]);

interface NodeProcess {
  resourceUsage?(): { readonly maxRSS: number };
}
/** The most memory that the whole process has held, data and runtime included; outside Node unknown. */
export function peakBytes(): number | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  const kilobytes = process?.resourceUsage?.().maxRSS;
  return kilobytes === undefined ? undefined : kilobytes * 1024;
}

/** Of this package. Node only. */
export async function version(): Promise<string> {
  const { readFile } = await fileSystem("package.json");
  const manifest = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  return String(manifest.version);
}

/** What was asked for at most, and how many worked; results do not depend on it. */
export const threadsDocument = (allowed: number, { threads }: ThreadedBackend) => ({ allowed, used: threads });
