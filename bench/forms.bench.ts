/**
 * What can go in either of two forms, at several shares of what is not zero or is wanted: what a training step takes with
 * either, and with the one that is chosen.
 */
import type { Trainer } from "../src/learn/trainer.ts";
import { type FormWorkload, formWorkloads } from "./formWorkloads.ts";
import { type Bench, duration, fact, measure, type Result, summary } from "./measure.ts";

const CHOSEN = "chosen";

async function rowsOf(w: FormWorkload): Promise<Result[]> {
  const trainers = new Map<string, Trainer>();
  for (const form of w.forms) trainers.set(form, await w.trainer(form));
  trainers.set(CHOSEN, await w.trainer(undefined));
  const runs = Object.fromEntries([...trainers].map(([name, t]) => [name, () => t.step(w.batch)]));
  const seconds = await measure(runs, { repeats: 9, warmUp: 0.1 });
  const support = supportOf(trainers.get(CHOSEN)!);
  for (const t of trainers.values()) t.dispose();
  const best = w.forms.map((f) => seconds[f]!).reduce((a, b) => (summary(a).median <= summary(b).median ? a : b));
  const ratio = seconds[CHOSEN]!.map((s, k) => s / best[k]!);
  return [
    ...[...trainers.keys()].map((form) => duration(`${form} ${w.name}@1`, "ms", 1e3, seconds[form]!)),
    { metric: `chosen / better ${w.name}@1`, unit: "times", ...summary(ratio) },
    ...support.map((share) => fact(`support ${w.name}`, "share", share)),
  ];
}
/** The share of the first layer's neurons that want their errors, where it is watched. */
function supportOf(t: Trainer): number[] {
  if (!t.watches) return [];
  return Object.values(t.watched().layers)
    .slice(0, 1)
    .map((layer) => layer.support);
}

export const bench: Bench = {
  name: "forms",
  about:
    "analog inputs as lists or as rows, errors of windows to listed sources or to all: the chosen form beside the better",
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const w of formWorkloads()) {
      log(w.name);
      results.push(...(await rowsOf(w)));
    }
    return results;
  },
};
