/** What a task is judged by beyond its accuracy: classes alike, and what others reach. */
import type { ResultDocument, TestedDocument } from "../report/document.ts";
import { CONFIDENCE, wilson } from "./interval.ts";
import { balancedOf } from "./judge.ts";
import type { Loaded } from "./run.ts";
import type { Evaluated } from "./session.ts";

/** How sure the accuracy is, where samples need nothing of one another; and what it is where classes count alike. */
export function judgement(
  loaded: Loaded,
  { accuracy, counted, confusion }: Evaluated,
): Pick<TestedDocument, "interval" | "balancedAccuracy"> {
  const { overlapping = false, balanced = false } = loaded.kind === "samples" ? loaded.task : {};
  const dependent = loaded.kind === "sequences" || overlapping;
  return {
    ...(!dependent && {
      interval: { ...wilson(Math.round(accuracy * counted), counted), typical: accuracy, confidence: CONFIDENCE },
    }),
    ...(balanced && { balancedAccuracy: balancedOf(confusion) }),
  };
}

/** Figures from elsewhere, and from something simpler on the same data. */
export async function published({ kind, task, data }: Loaded): Promise<Pick<ResultDocument, "published">> {
  const baseline = kind === "samples" ? await task.baseline?.(data) : undefined;
  const all = [...(baseline ? [baseline] : []), ...(task.published ?? [])];
  return all.length > 0 ? { published: all } : {};
}
