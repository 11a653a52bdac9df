/** A loss as found in a file. */
import { listNames } from "../base/errors.ts";
import type { Loss, Measure, Pooling, Reduction, SoftmaxSum } from "./loss.ts";

const POOLINGS = new Set<Pooling>(["sum", "mean", "last", "max", "count"]);
const REDUCTIONS = new Set<Reduction>(["mean", "sum"]);

/** What is allowed, in words. */
export const LOSSES = `crossEntropy or meanSquared with a pooling among ${listNames([...(POOLINGS as ReadonlySet<string>), "softmaxSum from a step"])}, or each step, reduced by ${listNames(REDUCTIONS)}, or rising; squaredError instead of either`;

/** Undefined for anything else than a loss. */
export function parseLoss(found: unknown): Loss | undefined {
  const { each, pooling, reduce, rising, ...rest } = (found ?? {}) as Record<string, unknown>;
  const measure = parseMeasure(rest);
  if (!measure) return undefined;
  if (each === "step" && REDUCTIONS.has(reduce as Reduction)) {
    const loss = { ...measure, each, reduce: reduce as Reduction } as const;
    if (rising === undefined) return measure.kind === "squaredError" ? undefined : loss;
    const { prior } = (rising ?? {}) as Record<string, unknown>;
    return isFinite(prior) && prior >= 0 ? { ...loss, rising: { prior } } : undefined;
  }
  return each === undefined && isPooling(pooling) ? { ...measure, pooling } : undefined;
}
function parseMeasure({ kind, target = 1, within }: Record<string, unknown>): Measure | undefined {
  if (kind === "crossEntropy") return { kind };
  if (kind === "meanSquared") return isFinite(target) ? { kind, target } : undefined;
  return kind === "squaredError" && isFinite(within) && within > 0 ? { kind, within } : undefined;
}
const isFinite = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
const isPooling = (x: unknown): x is Pooling => POOLINGS.has(x as Pooling) || isSoftmaxSum(x);
function isSoftmaxSum(x: unknown): x is SoftmaxSum {
  const { kind, from } = (x ?? {}) as Record<string, unknown>;
  return kind === "softmaxSum" && Number.isInteger(from) && (from as number) >= 0;
}
