/** Times a workload's training step with both surrogates, and its forward pass, on every backend. */
import type { Backend } from "../src/backend/backend.ts";
import type { ThreadedBackend } from "../src/backend/wasm/wasm.ts";
import type { Surrogate } from "../src/ir/surrogate.ts";
import { type BpttOptions, bptt } from "../src/learn/algorithm.ts";
import { createEvaluator, type Evaluator } from "../src/learn/evaluator.ts";
import { meanRates } from "../src/learn/fit.ts";
import { adam } from "../src/learn/optimiser.ts";
import { createTrainer, type Trainer } from "../src/learn/trainer.ts";
import { sizeOf } from "../src/model/nodes.ts";
import { needsStages } from "../src/sim/lower/lower.ts";
import { initialParameters, type ParameterLayout, type Parameters } from "../src/sim/lower/parameters.ts";
import { type KernelLimits, leastOf, measureBeside, phasesOf, phaseTable } from "./limits.ts";
import { duration, fact, type Result } from "./measure.ts";
import { BACKENDS } from "./threads.ts";
import { type CallWork, CountingBackend } from "./work.ts";
import type { Workload } from "./workloads/workload.ts";

export interface TrainingOptions {
  readonly log: (text: string) => void;
  /** ms on two threads, by metric without threads. */
  readonly peers?: Readonly<Record<string, number>>;
  /** Tells the metrics of several workloads of one bench apart. */
  readonly rename?: (metric: string) => string;
  readonly repeats?: number;
  /** Whether the forward pass is timed too; default true. */
  readonly forward?: boolean;
  /** Whether training with checkpoints in time is timed too; default false. */
  readonly checkpoint?: boolean;
  /** Which of these are timed, by metric before it is renamed and threads; default all. What is not is not counted either. */
  readonly timed?: (metric: string, threads: number) => boolean;
}

/**
 * A trainer as users have it, but for the rate of the optimiser, which is 0: all is computed, and the weights stay, so that each
 * step does the same work.
 */
export const stillTrainer = (
  w: Workload,
  backend: Backend,
  surrogate: Surrogate,
  options: BpttOptions = {},
): Promise<Trainer> =>
  createTrainer(w.network, backend, {
    algorithm: w.algorithm?.(surrogate) ?? bptt(surrogate, options),
    loss: w.loss,
    optimiser: w.optimiser ?? adam(() => 0),
    batch: w.batch.count,
    seed: w.seed,
  });

export const evaluatorOf = async (w: Workload, backend: Backend): Promise<Evaluator> =>
  createEvaluator(w.network, backend, { loss: w.loss, batch: w.batch.count, parameters: await startOf(w, backend) });
/** Where batch normalisation has running statistics, those after a step. */
async function startOf(w: Workload, backend: Backend): Promise<Parameters> {
  if (!needsStages(w.network)) return initialParameters(w.network, w.seed);
  using trainer = await stillTrainer(w, backend, w.surrogates.compact);
  trainer.step(w.batch);
  return trainer.deployed();
}

/** The training step with the compact surrogate has the plain name. */
const metricOf = (surrogate: string): string => (surrogate === "compact" ? "train-step" : `train-step-${surrogate}`);
const FORWARD = "forward";

type Backends = ReadonlyMap<number, ThreadedBackend>;
interface Candidate {
  readonly metric: string;
  readonly threads: number;
  readonly run: () => unknown;
  readonly bytes: number;
  readonly dispose: () => void;
}

/** A way to train a workload. */
interface Variant {
  readonly metric: string;
  readonly surrogate: Surrogate;
  readonly options: BpttOptions;
}
const CHECKPOINT = "train-step-checkpoint";
function variantsOf({ surrogates }: Workload, { checkpoint = false, timed = all }: TrainingOptions): Variant[] {
  const variants: Variant[] = [
    ...Object.entries(surrogates).map(([name, surrogate]) => ({ metric: metricOf(name), surrogate, options: {} })),
    ...(checkpoint
      ? [{ metric: CHECKPOINT, surrogate: surrogates.compact, options: { checkpoint: "auto" } as const }]
      : []),
  ];
  return variants.filter(({ metric }) => [...BACKENDS.keys()].some((threads) => timed(metric, threads)));
}
const all = (): boolean => true;

async function candidatesOf(w: Workload, backends: Backends, options: TrainingOptions): Promise<Candidate[]> {
  const { forward = true, timed = all } = options;
  const made: Candidate[] = [];
  for (const [threads, backend] of backends) {
    for (const { metric, surrogate, options: how } of variantsOf(w, options)) {
      if (!timed(metric, threads)) continue;
      const t = await stillTrainer(w, backend, surrogate, how);
      made.push({
        metric,
        threads,
        bytes: t.bytes,
        run: () => t.step(w.batch),
        dispose: () => t.dispose(),
      });
    }
    if (!forward) continue;
    const e = await evaluatorOf(w, backend);
    made.push({ metric: FORWARD, threads, bytes: e.bytes, run: () => e.evaluate(w.batch), dispose: () => e.dispose() });
  }
  return made;
}

/**
 * Rows `train-step@k`, `train-step-full@k`, `forward@k`, in ms; then what the network did (`rate-NODE`; the share of neurons
 * within a surrogate's support, `support-SURROGATE-NODE`) and the trainers' memory.
 */
export async function trainingResults(w: Workload, options: TrainingOptions): Promise<Result[]> {
  const { rename = (metric) => metric, repeats = 15 } = options;
  const counts = await countsOf(w, options);
  if (w.differs) options.log(`${w.network.name}: ${w.differs}`);
  const backends = new Map([...BACKENDS].map(([threads, open]) => [threads, open()]));
  const candidates = await candidatesOf(w, backends, options);
  const key = (c: Candidate): string => `${c.metric}@${c.threads}`;
  const runs = Object.fromEntries(candidates.map((c) => [key(c), c.run]));
  const { seconds, limits } = await measureBeside(runs, { repeats });
  const least = leastSeconds(w, counts, limits, options);
  const times = candidates.map((c) => {
    const peer = options.peers?.[c.metric];
    const than = { limit: (1e3 * least[c.metric]!) / c.threads, ...(peer !== undefined && { peer }) };
    return duration(`${rename(c.metric)}@${c.threads}`, "ms", 1e3, seconds[key(c)]!, than);
  });
  for (const c of candidates) c.dispose();
  for (const b of backends.values()) b.dispose();
  return [...times, ...factsOf(w, counts, rename), ...memoryOf(candidates, rename)];
}

/** What one run of each metric does. */
interface Counts {
  readonly work: Readonly<Record<string, readonly CallWork[]>>;
  readonly layout: ParameterLayout;
  readonly rates: Readonly<Record<string, number>>;
}

async function countsOf(w: Workload, options: TrainingOptions): Promise<Counts> {
  const work: Record<string, readonly CallWork[]> = {};
  const counting = new CountingBackend(BACKENDS.get(1)!());
  for (const { metric, surrogate, options: how } of variantsOf(w, options)) {
    using trainer = await stillTrainer(w, counting, surrogate, how);
    counting.clear();
    trainer.step(w.batch);
    trainer.requireFinite(); // 0 times an error that has grown without bound is not 0
    work[metric] = counting.work();
  }
  using evaluator = await evaluatorOf(w, counting);
  counting.clear();
  const evaluation = evaluator.evaluate(w.batch);
  work[FORWARD] = counting.work();
  return { work, layout: evaluator.lowered.parameters, rates: meanRates(w.network, evaluation) };
}

/** What one thread needs at least, by metric; prints how that comes about. */
function leastSeconds(
  { surrogates }: Workload,
  { work, layout }: Counts,
  limits: KernelLimits,
  { log, rename = (metric) => metric }: TrainingOptions,
): Record<string, number> {
  const used = new Map(Object.entries(surrogates).map(([name, surrogate]) => [metricOf(name), surrogate]));
  return Object.fromEntries(
    Object.entries(work).map(([metric, calls]) => {
      const phases = phasesOf(calls, layout, limits);
      log(`\n${phaseTable(rename(metric), phases)}`);
      if (used.has(metric)) log(`surrogate ${JSON.stringify(used.get(metric))}`);
      return [metric, leastOf(phases)];
    }),
  );
}

function factsOf(w: Workload, { work, rates }: Counts, rename: (metric: string) => string): Result[] {
  const rows = Object.entries(rates).map(([node, rate]) => fact(rename(`rate-${node}`), "spikes/neuron/step", rate));
  const support = Object.keys(w.surrogates).flatMap((name) =>
    supportOf(w, work[metricOf(name)] ?? []).map(([node, share]) =>
      fact(rename(`support-${name}-${node}`), "share", share),
    ),
  );
  return [...rows, ...support];
}

/**
 * The share of neurons within the surrogate's support, by population, and of maxima whose spikes are; nothing where all are.
 */
function supportOf({ network }: Workload, work: readonly CallWork[]): [node: string, share: number][] {
  return work.flatMap(({ kernel, args, events, calls }): [string, number][] => {
    if (kernel.kind !== "perElement" || !args.support || calls === 0) return [];
    const nodes = Object.keys({ ...network.populations, ...network.transforms });
    const node = nodes.find((name) => args.support!.buffer.startsWith(`${name}.`))!;
    return [[node, events / (calls * sizeOf(network, node))]];
  });
}

/** Linear memory: a trainer allocates nothing else that grows with network or batch. */
const memoryOf = (candidates: readonly Candidate[], rename: (metric: string) => string): Result[] =>
  candidates
    .filter((c) => c.metric !== FORWARD)
    .map((c) => fact(`${rename(c.metric.replace("train-step", "memory"))}@${c.threads}`, "MB", c.bytes / 1e6));
