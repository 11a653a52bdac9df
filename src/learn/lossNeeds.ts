/** What each kind of loss asks of a batch. */
import type { Loss, Measure } from "./loss.ts";
import { namesOfLoss } from "./userLoss.ts";

/** Classes, or numbers. */
type Want = "labels" | "targets";
export interface Needs {
  /** Classes: of samples, or of their steps. */
  readonly labels: boolean;
  /** Numbers: a row for each sample, or for each of its steps. */
  readonly targets: "samples" | "steps" | undefined;
}

type Kinds = Exclude<Loss, { each: "step" }>["kind"];
const WANTS: { readonly [K in Kinds]: (loss: Extract<Measure, { kind: K }>) => readonly Want[] } = {
  crossEntropy: () => ["labels"],
  meanSquared: () => ["labels"],
  meanSquaredValues: () => ["targets"],
  distillation: () => ["targets"],
  expression: (m) => {
    const names = namesOfLoss(m);
    return [...(names.has("label") ? ["labels" as const] : []), ...(names.has("target") ? ["targets" as const] : [])];
  },
  mixed: ({ parts }) => parts.flatMap((p) => wantsOf(p.measure)),
  vanRossum: () => ["targets"],
};
const wantsOf = (m: Measure | Loss): readonly Want[] => (WANTS[m.kind] as (m: Measure | Loss) => readonly Want[])(m);

export function needsOfLoss(loss: Loss): Needs {
  const wants = wantsOf(loss);
  const ofSteps = "each" in loss ? !loss.rising : loss.kind === "vanRossum";
  const rows = ofSteps ? "steps" : "samples";
  return { labels: wants.includes("labels"), targets: wants.includes("targets") ? rows : undefined };
}
