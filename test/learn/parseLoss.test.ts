/** A loss that went into a file comes out as it was; anything else is no loss. */
import { expect, test } from "vitest";
import {
  crossEntropy,
  crossEntropyEachStep,
  crossEntropyRising,
  meanSquared,
  meanSquaredEachStep,
  softmaxSum,
  squaredError,
  squaredErrorRising,
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
  squaredError(),
  squaredError("mean", 0.1),
  squaredErrorRising(0.2),
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
  { kind: "squaredError", pooling: "last" },
  { kind: "squaredError", pooling: "last", within: 0 },
  { kind: "squaredError", each: "step", reduce: "sum", within: 1 },
])("%o is no loss", (found) => {
  expect(parseLoss(found)).toBeUndefined();
});
