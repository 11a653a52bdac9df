/** A loss that went into a file comes out as it was; anything else is no loss. */
import { expect, test } from "vitest";
import {
  crossEntropy,
  crossEntropyEachStep,
  crossEntropyRising,
  meanSquared,
  meanSquaredEachStep,
  meanSquaredValuesRising,
  softmaxSum,
} from "../../src/learn/loss.ts";
import { parseLoss } from "../../src/learn/parseLoss.ts";

test.each([
  ...(["sum", "mean", "last", "max", "count"] as const).map((p) => crossEntropy(p)),
  crossEntropy(softmaxSum(11)),
  meanSquared("mean", 3),
  meanSquared(softmaxSum(), 2),
  crossEntropyEachStep("sum"),
  crossEntropyEachStep("mean"),
  meanSquaredEachStep("mean", 2),
  crossEntropyRising(),
  crossEntropyRising({ prior: 0 }),
  meanSquaredValuesRising(),
])("%o", (loss) => {
  expect(parseLoss(JSON.parse(JSON.stringify(loss)))).toEqual(loss);
});

test.each([
  null,
  7,
  {},
  { kind: "hinge", pooling: "mean" },
  { kind: "crossEntropy" },
  { kind: "crossEntropy", pooling: "median" },
  { kind: "crossEntropy", pooling: { kind: "softmaxSum", from: -1 } },
  { kind: "crossEntropy", pooling: { kind: "softmaxSum" } },
  { kind: "crossEntropy", each: "sample", pooling: "mean" },
  { kind: "crossEntropy", each: "step", reduce: "max" },
  { kind: "meanSquared", pooling: "mean", target: "1" },
  { kind: "crossEntropy", each: "step", reduce: "sum", rising: { prior: -1 } },
  { kind: "crossEntropy", each: "step", reduce: "sum", rising: null },
])("%o is no loss", (found) => {
  expect(parseLoss(found)).toBeUndefined();
});
