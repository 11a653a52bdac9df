/** One sample on one thread, from the hand-over of its input to its answer. */
import { leastOf, measureBeside, phasesOf, phaseTable } from "./limits.ts";
import { type Bench, duration, type Result } from "./measure.ts";
import { BACKENDS } from "./threads.ts";
import { evaluatorOf } from "./training.ts";
import { CountingBackend } from "./work.ts";
import { mlp } from "./workloads/mlp.ts";
import { rsnn } from "./workloads/rsnn.ts";
import type { Workload } from "./workloads/workload.ts";

/** ms on one thread of this kind of machine: SpikingJelly 2.0.0.dev1, its first layer of the images formed once. */
const WORKLOADS: Readonly<Record<string, { readonly workload: () => Workload; readonly peer: number }>> = {
  rsnn: { workload: () => rsnn({ batch: 1 }), peer: 3.8 },
  mlp: { workload: () => mlp("static", { batch: 1 }), peer: 0.57 },
};

async function infer(name: string, log: (text: string) => void): Promise<Result> {
  const { workload, peer } = WORKLOADS[name]!;
  const w = workload();
  const backend = BACKENDS.get(1)!();
  const counting = new CountingBackend(backend);
  using counted = await evaluatorOf(w, counting);
  counting.clear();
  counted.evaluate(w.batch);
  using evaluator = await evaluatorOf(w, backend);
  const { seconds, limits } = await measureBeside({ sample: () => evaluator.evaluate(w.batch) });
  const phases = phasesOf(counting.work(), counted.lowered.parameters, limits);
  log(`\n${phaseTable(name, phases)}`);
  return duration(`${name}@1`, "ms", 1e3, seconds.sample, { limit: 1e3 * leastOf(phases), peer });
}

export const bench: Bench = {
  name: "infer",
  about: "one sample on one thread: the recurrent network on events, and the images as a current",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const name of Object.keys(WORKLOADS)) results.push(await infer(name, log));
    return results;
  },
};
