/** Times a workload's training step with both surrogates, and its forward pass, on every backend. */
import type { Backend } from "../src/backend/backend.ts";
import type { Surrogate } from "../src/ir/surrogate.ts";
import { bptt } from "../src/learn/algorithm.ts";
import { createEvaluator, type Evaluator } from "../src/learn/evaluator.ts";
import { meanRates } from "../src/learn/fit.ts";
import { adam } from "../src/learn/optimiser.ts";
import { createTrainer, type Trainer } from "../src/learn/trainer.ts";
import { initialParameters } from "../src/sim/lower/parameters.ts";
import { short } from "../src/tasks/text.ts";
import { leastOf, type Phase, phasesOf, phaseTable } from "./limits.ts";
import type { MachineLimits } from "./machine.ts";
import { duration, measure, type Result } from "./measure.ts";
import { BACKENDS } from "./threads.ts";
import { type CallWork, CountingBackend } from "./work.ts";
import type { Workload } from "./workloads/workload.ts";

/** Put before and after the name of a metric. */
export type Rename = (metric: string) => string;
export interface TrainingOptions {
  readonly limits: MachineLimits;
  readonly log: (text: string) => void;
  /** ms, two threads or one, whichever is less, by metric without threads. */
  readonly peers?: Readonly<Record<string, number>>;
  /** Metrics by their usual names, to others: for benches with several workloads. */
  readonly rename?: Rename;
  readonly repeats?: number;
  readonly forward?: boolean;
}

/**
 * A trainer as users have it, but for the rate of Adam, which is 0: all is computed, and the weights stay, so that each
 * step does the same work.
 */
export const stillTrainer = (w: Workload, backend: Backend, surrogate: Surrogate): Promise<Trainer> =>
  createTrainer(w.network, backend, {
    algorithm: bptt(surrogate),
    loss: w.loss,
    optimiser: adam(() => 0),
    batch: w.batch.count,
    parameters: initialParameters(w.network, w.seed),
  });

export const evaluatorOf = (w: Workload, backend: Backend): Promise<Evaluator> =>
  createEvaluator(w.network, backend, {
    loss: w.loss,
    batch: w.batch.count,
    parameters: initialParameters(w.network, w.seed),
  });

interface Candidate {
  readonly metric: string;
  readonly threads: number;
  readonly run: () => unknown;
  readonly bytes: number;
  readonly dispose: () => void;
}

const SURROGATES = { "train-step": "compact", "train-step-full": "full" } as const;

async function candidatesOf(w: Workload, forward: boolean): Promise<Candidate[]> {
  const made: Candidate[] = [];
  for (const [threads, open] of BACKENDS) {
    const backend = await open();
    for (const [metric, which] of Object.entries(SURROGATES)) {
      const t = await stillTrainer(w, backend, w[which]);
      made.push({ metric, threads, bytes: t.bytes, run: () => t.step(w.batch), dispose: () => t.dispose() });
    }
    if (!forward) continue;
    const e = await evaluatorOf(w, backend);
    made.push({
      metric: "forward",
      threads,
      bytes: e.bytes,
      run: () => e.evaluate(w.batch),
      dispose: () => e.dispose(),
    });
  }
  return made;
}

/** Rows `train-step@k`, `train-step-full@k`, `forward@k`, in ms; then what the network did, and memory. */
export async function trainingResults(w: Workload, o: TrainingOptions): Promise<Result[]> {
  const { rename = (metric) => metric, repeats = 15, forward = true } = o;
  const facts = await factsOf(w, o);
  const candidates = await candidatesOf(w, forward);
  const key = (c: Candidate): string => `${c.metric}@${c.threads}`;
  const seconds = await measure(Object.fromEntries(candidates.map((c) => [key(c), c.run])), { repeats });
  const times = candidates.map((c) => {
    const least = facts.least[c.metric];
    const peer = o.peers?.[c.metric];
    return duration(`${rename(c.metric)}@${c.threads}`, "ms", 1e3, seconds[key(c)]!, {
      ...(least !== undefined && { limit: (1e3 * least) / c.threads }),
      ...(peer !== undefined && { peer }),
    });
  });
  for (const c of candidates) c.dispose();
  return [...times, ...facts.results, ...memory(candidates, rename)];
}

export const fact = (metric: string, unit: string, value: number): Result => ({
  ...{ metric, unit, median: value, min: value, max: value, n: 1 },
});

/** Linear memory is all that a trainer allocates beside its batch. */
const memory = (candidates: readonly Candidate[], rename: Rename): Result[] =>
  candidates
    .filter((c) => c.metric !== "forward")
    .map((c) => fact(`${rename(`${c.metric}-memory`)}@${c.threads}`, "MB", c.bytes / 1e6));

interface Facts {
  readonly least: Readonly<Record<string, number>>;
  readonly results: readonly Result[];
}

/** Counts one step of each, and says what the network does. */
async function factsOf(w: Workload, { limits, log, rename = (m) => m }: TrainingOptions): Promise<Facts> {
  const open = BACKENDS.get(1)!;
  const least: Record<string, number> = {};
  const results: Result[] = [];
  const report = (metric: string, phases: readonly Phase[]): void => {
    least[metric] = leastOf(phases);
    log(`\n${phaseTable(rename(metric), phases)}`);
  };
  for (const [metric, which] of Object.entries(SURROGATES)) {
    const counting = new CountingBackend(await open());
    using trainer = await stillTrainer(w, counting, w[which]);
    counting.clear();
    trainer.step(w.batch);
    const work = counting.work();
    report(metric, phasesOf(work, trainer.lowered.parameters, limits));
    const { kind, ...shape } = w[which];
    log(`${rename(metric)}: surrogate ${kind} ${JSON.stringify(shape)}`);
    results.push(...supportOf(work).map(([node, share]) => fact(rename(`support-${which}${node}`), "share", share)));
  }
  const counting = new CountingBackend(await open());
  using evaluator = await evaluatorOf(w, counting);
  counting.clear();
  const evaluation = evaluator.evaluate(w.batch);
  report("forward", phasesOf(counting.work(), evaluator.lowered.parameters, limits));
  const rates = Object.entries(meanRates(w.network, evaluation));
  log(`${evaluation.inputEvents} inputs; rates ${rates.map(([node, rate]) => `${node} ${short(rate)}`).join(", ")}`);
  return {
    least,
    results: [...rates.map(([node, rate]) => fact(rename(`rate-${node}`), "spikes/neuron/step", rate)), ...results],
  };
}

/** The share of neurons that lie within the surrogate's support, by population; nothing where all do. */
function supportOf(work: readonly CallWork[]): [string, number][] {
  return work.flatMap((c): [string, number][] => {
    if (c.kernel.kind !== "perElement" || !c.kernel.step.stores.some((s) => s.slot === "support")) return [];
    const node = c.args.support!.buffer.split(".")[0]!;
    return [[`-${node}`, c.events / (c.calls * c.elements)]];
  });
}
