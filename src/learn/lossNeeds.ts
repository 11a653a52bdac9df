/** What each kind of loss asks of a batch. */
import type { Loss, Measure } from "./loss.ts";

export interface Needs {
  /** Classes: of samples, or of their steps. */
  readonly labels: boolean;
  /** Numbers: a row for each sample, or for each of its steps. */
  readonly targets: "samples" | "steps" | undefined;
}

const WANTS: {
  readonly [K in Measure["kind"]]: (m: Extract<Measure, { kind: K }>) => readonly ("labels" | "targets")[];
} = {
  crossEntropy: () => ["labels"],
  meanSquared: () => ["labels"],
  meanSquaredValues: () => ["targets"],
};
const wantsOf = (m: Measure): readonly ("labels" | "targets")[] =>
  (WANTS[m.kind] as (m: Measure) => readonly ("labels" | "targets")[])(m);

export function needsOfLoss(loss: Loss): Needs {
  const wants = wantsOf(loss);
  const rows = "each" in loss ? "steps" : "samples";
  return { labels: wants.includes("labels"), targets: wants.includes("targets") ? rows : undefined };
}
