/** What a task is judged by beyond its accuracy: classes alike, and what others reach. */
import type { ResultDocument } from "../report/document.ts";
import type { Loaded } from "./run.ts";
import type { Evaluated } from "./session.ts";
import { balancedOf } from "./side.ts";

/** Of a task that counts classes alike. */
export const balanced = (loaded: Loaded, { confusion }: Evaluated): { readonly balancedAccuracy?: number } =>
  loaded.kind === "samples" && loaded.task.balanced ? { balancedAccuracy: balancedOf(confusion) } : {};

/** Figures from elsewhere, and from something simpler on the same data. */
export async function published({ kind, task, data }: Loaded): Promise<Pick<ResultDocument, "published">> {
  if (kind === "images") return {};
  const baseline = kind === "samples" ? await task.baseline?.(data) : undefined;
  const all = [...(baseline ? [baseline] : []), ...task.published];
  return all.length > 0 ? { published: all } : {};
}
