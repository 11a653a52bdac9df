/** A loss as found in a file. */
import { listNames } from "../base/errors.ts";
import type { Loss, Measure, Pooling, Reduction, SoftmaxSum } from "./loss.ts";

const POOLINGS = new Set<Pooling>(["sum", "mean", "last", "max", "count"]);
const REDUCTIONS = new Set<Reduction>(["mean", "sum"]);

/** What is allowed, in words. */
export const LOSSES = `crossEntropy, meanSquared or meanSquaredValues with a pooling among ${listNames([...(POOLINGS as ReadonlySet<string>), "softmaxSum from a step"])}, or each step, reduced by ${listNames(REDUCTIONS)}`;

/** Undefined for anything else than a loss. */
export function parseLoss(found: unknown): Loss | undefined {
  const { kind, target = 1, each, pooling, reduce } = (found ?? {}) as Record<string, unknown>;
  const measure = measureOf(kind, target);
  if (!measure) return undefined;
  if (each === "step" && REDUCTIONS.has(reduce as Reduction)) return { ...measure, each, reduce: reduce as Reduction };
  return each === undefined && isPooling(pooling) ? { ...measure, pooling } : undefined;
}
function measureOf(kind: unknown, target: unknown): Measure | undefined {
  if (kind === "crossEntropy" || kind === "meanSquaredValues") return { kind };
  if (kind !== "meanSquared" || typeof target !== "number" || !Number.isFinite(target)) return undefined;
  return { kind, target };
}
const isPooling = (x: unknown): x is Pooling => POOLINGS.has(x as Pooling) || isSoftmaxSum(x);
function isSoftmaxSum(x: unknown): x is SoftmaxSum {
  const { kind, from } = (x ?? {}) as Record<string, unknown>;
  return kind === "softmaxSum" && Number.isInteger(from) && (from as number) >= 0;
}
