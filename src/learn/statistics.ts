/** What batch normalisation asks of a batch, whose mean and variance it takes. */
import { DataError, ModelError } from "../base/errors.ts";
import type { Network } from "../model/network.ts";
import { isNorm } from "../model/transform.ts";
import { totalSteps } from "./batch.ts";
import type { Batch } from "./feed.ts";

const FEW = "its variance would be 0, and so every answer the same";

/** Whether a channel has but one number in batches of so many samples and steps. */
function hasOne(net: Network, samples: number, total: number): boolean {
  return Object.values(net.transforms).some(
    (t) => isNorm(t) && t.size === t.channels && (t.over === "batch" ? samples : total) === 1,
  );
}
const needs = (net: Network): string =>
  Object.values(net.transforms).some((t) => isNorm(t) && t.over === "batch")
    ? "more than one sample"
    : "more than one sample of one step";

/** @throws {ModelError} `unsupported`, `out-of-range` */
export function requireWhole(net: Network, samples: number, chunk: number | undefined): void {
  if (chunk !== undefined)
    throw new ModelError(
      "unsupported",
      "trainer.chunk",
      "batch normalisation keeps all samples of a batch at once: leave it out",
    );
  if (hasOne(net, samples, samples * net.steps!))
    throw new ModelError("out-of-range", "trainer.batch", `batch normalisation needs ${needs(net)}: ${FEW}`);
}
/** @throws {DataError} `out-of-range` */
export function requireStatistics(net: Network, batch: Batch): void {
  if (batch.count >= 1 && hasOne(net, batch.count, totalSteps(net, batch)))
    throw new DataError("out-of-range", "batch", `batch normalisation needs ${needs(net)}: ${FEW}`);
}
