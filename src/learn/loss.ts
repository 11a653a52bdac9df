/** Losses as plain data, and as kernels over the rows of the output. */
import { ModelError, requireFinite, requireInteger, requirePositive } from "../base/errors.ts";
import { add, call, compare, constant, convert, div, type Expr, index, mul, read, select, sub } from "../ir/expr.ts";
import { type Node, type Place, place } from "../ir/program.ts";
import { overSteps } from "../sim/lower/contributions.ts";
import { COUNTED_SHARE, LOSS, LOSS_SCALE, LossKernels, type LossPlaces, put } from "./lossKernels.ts";
import { poolNodes, spreadNodes } from "./pooling.ts";
import { exponentials, fromEnd, startNode, topNode } from "./softmax.ts";

/**
 * How the output of all steps becomes one answer: membranes, or spikes counted, or the sum of each step's
 * softmax(membrane) from step `from` on, counted from 0.
 */
export type Pooling = "sum" | "mean" | "last" | "max" | "count" | SoftmaxSum;
/** `Σ softmax(membrane)` over the steps from `from` on. `softmaxSum` makes it. */
export interface SoftmaxSum {
  readonly kind: "softmaxSum";
  readonly from: number;
}
/**
 * `crossEntropy` of softmax(answer) with the label; `meanSquared`: the mean over the classes of the squared difference
 * of the answer and the one-hot label, scaled by `target`; `squaredError`: the mean over the outputs of the squared
 * difference of the answer and the sample's `targets`, which counts as right where no output is off by more than `within`.
 */
export type Measure =
  | { readonly kind: "crossEntropy" }
  | { readonly kind: "meanSquared"; readonly target: number }
  | SquaredError;
/** Distance to numbers that each sample gives. */
export type SquaredError = { readonly kind: "squaredError"; readonly within: number };
/** Compares one answer a sample. */
export type PooledLoss = Measure & { readonly pooling: Pooling };
/**
 * Compares the membrane in each step of a sample with that step's label, and adds up the steps that have one, or takes
 * their mean; a sample without labelled steps adds nothing. Where it is `rising`, every step of a sample is compared with the
 * sample's one label, or with its targets, and the answer is that of the last step.
 */
export type StepLoss = Measure & { readonly each: "step"; readonly reduce: Reduction; readonly rising?: Rising };
/** Step t of T (counted from 1) counts t/T; what is missing of 1 is a cross-entropy with equal shares, times `prior`. */
export interface Rising {
  readonly prior: number;
}
/** Whether a loss of each step adds the steps up or takes their mean. */
export type Reduction = "mean" | "sum";
/** What training makes small: one comparison a sample, or one a step. Plain data. */
export type Loss = PooledLoss | StepLoss;

export const isStepLoss = (loss: Loss): loss is StepLoss => "each" in loss;
/** Whether each step has an answer of its own, and not each sample. */
export const answersSteps = (loss: Loss): boolean => isStepLoss(loss) && !loss.rising;
/** Whether samples give numbers to be met, and not labels. */
export const hasTargets = (loss: Loss): loss is Loss & SquaredError => loss.kind === "squaredError";

/**
 * `-log softmax(answer)[label]`, where `pooling` makes one answer of all steps: the mean of the membrane unless
 * said.
 */
export const crossEntropy = (pooling: Pooling = "mean"): PooledLoss => ({ kind: "crossEntropy", pooling });
/**
 * Mean over the classes of the squared difference of the answer and `target` at the label, 0 elsewhere.
 * @throws {ModelError} `not-finite`
 */
export function meanSquared(pooling: Pooling = "mean", target = 1): PooledLoss {
  requireFinite("meanSquared.target", [target]);
  return { kind: "meanSquared", pooling, target };
}
/** Cross-entropy of the membrane in each step that has a label. With `sum` snnTorch's loss of membranes (Eshraghian et al. 2023, Proc. IEEE 111:1016, section IV-A). */
export const crossEntropyEachStep = (reduce: Reduction = "mean"): StepLoss => ({
  kind: "crossEntropy",
  each: "step",
  reduce,
});
/**
 * `meanSquared` of the membrane in each step that has a label.
 * @throws {ModelError} `not-finite`
 */
export function meanSquaredEachStep(reduce: Reduction = "mean", target = 1): StepLoss {
  requireFinite("meanSquaredEachStep.target", [target]);
  return { kind: "meanSquared", each: "step", reduce, target };
}
/**
 * Cross-entropy of the membrane in every step with the sample's one label, `t/T` times in step t of T, and
 * `prior·(1 - t/T)` times that with equal shares for all classes: early answers may be open, late ones must be right.
 *
 * @throws {ModelError} `out-of-range`
 * @see Kag and Saligrama 2021, ICML, and Yin et al. 2023, Nat. Mach. Intell. 5:518, who train with it by FPTT; their
 *   oracle is an estimate that begins as equal shares
 */
export function crossEntropyRising({ prior = 1 }: { readonly prior?: number } = {}): StepLoss {
  if (!(prior >= 0 && Number.isFinite(prior)))
    throw new ModelError("out-of-range", "crossEntropyRising.prior", `must be a finite number >= 0, got ${prior}`);
  return { kind: "crossEntropy", each: "step", reduce: "sum", rising: { prior } };
}
const distance = (within: number): SquaredError => {
  requirePositive("squaredError.within", within);
  return { kind: "squaredError", within };
};
/**
 * Mean over the outputs of the squared difference of the answer and the sample's `targets`. A sample counts as answered
 * rightly where no output is off by more than `within`.
 * @throws {ModelError} `out-of-range`
 */
export const squaredError = (pooling: Pooling = "last", within = 0.04): PooledLoss => ({
  ...distance(within),
  pooling,
});
/**
 * `squaredError` of the membrane in every step, `t/T` times in step t of T.
 * @throws {ModelError} `out-of-range`
 */
export const squaredErrorRising = (within = 0.04): StepLoss => ({
  ...distance(within),
  each: "step",
  reduce: "sum",
  rising: { prior: 0 },
});
/**
 * `Σ softmax(membrane)` over the steps from `from` on, counted from 0.
 *
 * @throws {RheobaseError} `out-of-range`
 * @see Yin, Corradi and Bohté 2021, Nat. Mach. Intell. 3:905, whose code sums the steps t > 10
 */
export function softmaxSum(from = 0): SoftmaxSum {
  requireInteger("softmaxSum.from", from, 0);
  return { kind: "softmaxSum", from };
}

/** @throws {ModelError} `out-of-range` if no step of the network's samples could count */
export function requireSteps(loss: Loss, steps: number): void {
  const from = firstStep(loss);
  if (from >= steps)
    throw new ModelError("out-of-range", "loss.pooling.from", `samples have ${steps} steps, and none from ${from} on`);
}
/** The first step of a sample that the loss looks at. */
export const firstStep = (loss: Loss): number =>
  !isStepLoss(loss) && typeof loss.pooling === "object" ? loss.pooling.from : 0;

/** Kernel calls for one sample: its answers, its loss, and if asked the gradient of every step's row. */
export function lossNodes(loss: Loss, places: LossPlaces): Node[] {
  const k = new LossKernels(places);
  const { gradient, output, context } = places;
  if (isStepLoss(loss)) {
    if (loss.rising) {
      const at = { answer: output.row(), label: k.label, slope: gradient, rise: k.rise, prior: loss.rising.prior };
      return overSteps(context, [...measured(loss, k, at), k.copy(output.row(), k.answer)]);
    }
    const share = loss.reduce === "mean" ? { share: context.ofSample(COUNTED_SHARE) } : {};
    const at = { answer: output.row(), label: k.stepLabel, slope: gradient, best: k.stepBest, ...share };
    return overSteps(context, measured(loss, k, at));
  }
  const { answer, label } = k;
  return [
    ...poolNodes(loss.pooling, k),
    ...measured(loss, k, { answer, label, slope: gradient && k.slope }),
    ...(gradient ? spreadNodes(loss.pooling, k, gradient) : []),
  ];
}

/** An answer, its label, and where its gradient goes. */
interface Compared {
  readonly answer: Place;
  readonly label: Place;
  readonly slope: Place | undefined;
  /** Of an answer that may have no label (-1): where the best class is noted. */
  readonly best?: Place;
  /** What the loss is multiplied by. */
  readonly share?: Place;
  /** The step's number, counted from 1, and one over the steps of the sample: their product is what the label counts. */
  readonly rise?: { readonly number: Place; readonly share: Place };
  /** What equal shares of all classes count where the label does not. */
  readonly prior?: number;
}
const measured = (loss: Measure, k: LossKernels, at: Compared): Node[] => {
  if (loss.kind === "crossEntropy") return crossEntropyNodes(k, at);
  if (loss.kind === "meanSquared") return squaredNodes(k, at, select(isLabel(), k.number(loss.target), k.number(0)));
  return squaredNodes(k, at, k.read("target"));
};

const label = (): Expr => read("i32", "label");
const isLabel = (): Expr => compare("eq", convert("i32", index()), label());
/** Slots and places that the share and a label which may be missing need, and what they make of a term of the loss. */
function weighting(k: LossKernels, { best, share, label: at, rise }: Compared) {
  const shared = (x: Expr): Expr => (share ? mul(x, k.read("share")) : x);
  const counted = (x: Expr): Expr => (best ? select(compare("ge", label(), constant("i32", 0)), x, k.number(0)) : x);
  return {
    slots: "u:share u:label u:scale u:number",
    args: { label: at, scale: place(LOSS_SCALE), ...(share && { share }), ...rise },
    /** What the label counts, where later steps count more. */
    risen: mul(k.read("number"), k.read("share")),
    weighted: (x: Expr): Expr => counted(shared(x)),
  };
}

/** -log softmax(answer)[label], and (softmax - one-hot) · scale. */
function crossEntropyNodes(k: LossKernels, at: Compared): Node[] {
  const { answer, slope, best, rise, prior = 0 } = at;
  const { slots, args, weighted, risen } = weighting(k, at);
  const own = k.scratch("own", 1);
  // What the label has of the target distribution, and what is left for each class.
  const left = mul(k.number(prior), sub(k.number(1), risen));
  const each = mul(left, k.number(1 / k.places.classes));
  const target = rise ? add(select(isLabel(), risen, k.number(0)), each) : select(isLabel(), k.number(1), k.number(0));
  const { nodes, row, sum, top } = exponentials(k, answer, {
    slots: "u:own u:best u:label u:number u:share",
    stores: [
      put.sum("own", rise ? mul(target, k.read("x")) : select(isLabel(), k.read("x"), k.number(0))),
      ...(best ? [put.max("best", fromEnd(k))] : []),
    ],
    zeros: { own, ...(best && { best }) },
    args: { label: at.label, ...rise },
  });
  const all = add(risen, left);
  const whole = (x: Expr): Expr => (rise ? mul(all, x) : x);
  const loss = sub(whole(add(k.read("top"), call("log", k.read("sum")))), k.read("own"));
  const error = mul(sub(whole(div(k.read("x"), k.read("sum"))), target), k.read("scale"));
  return [
    ...nodes,
    k.call(
      "crossEntropy",
      { slots: `u:top u:sum u:own e:out ${slots}`, stores: [put.add("out", weighted(loss))], n: 1 },
      { top, sum, own, out: place(LOSS), ...args },
    ),
    ...(slope
      ? [
          k.call(
            "crossEntropy.slope",
            { slots: `e:x u:sum e:out ${slots}`, stores: [put.set("out", weighted(error))] },
            { x: row, sum, out: slope, ...args },
          ),
        ]
      : []),
  ];
}

/** Σ (answer - target)² / classes, and 2 (answer - target) / classes · scale. */
function squaredNodes(k: LossKernels, at: Compared, target: Expr): Node[] {
  const { answer, slope, best, rise } = at;
  const { slots: own, args, weighted: counted, risen } = weighting(k, at);
  const given = { x: answer, ...args, ...(target.tag === "read" && { target: k.target }) };
  const slots = `${own} e:target`;
  const weighted = (x: Expr): Expr => counted(rise ? mul(risen, x) : x);
  const difference = sub(k.read("x"), target);
  const share = k.number(1 / k.places.classes);
  const error = mul(mul(mul(k.number(2), difference), share), k.read("scale"));
  return [
    ...(best ? bestNodes(k, answer, best) : []),
    k.call(
      "square",
      {
        slots: `e:x u:out ${slots}`,
        stores: [put.sum("out", weighted(mul(mul(difference, difference), share)))],
      },
      { ...given, out: place(LOSS) },
    ),
    ...(slope
      ? [
          k.call(
            "square.slope",
            { slots: `e:x e:out ${slots}`, stores: [put.set("out", weighted(error))] },
            { ...given, out: slope },
          ),
        ]
      : []),
  ];
}

function bestNodes(k: LossKernels, x: Place, best: Place): Node[] {
  const top = k.scratch("top", 1);
  const find = { slots: "e:x u:top u:best", stores: [put.max("best", fromEnd(k))] };
  return [startNode(k, { best, top }), topNode(k, x, top), k.call("best", find, { x, top, best })];
}
