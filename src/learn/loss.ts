/** Losses as plain data, and as kernels over the rows of the output. */
import { requireFinite } from "../base/errors.ts";
import { add, call, compare, convert, div, type Expr, index, mul, read, select, sub } from "../ir/expr.ts";
import { type Node, type Place, place } from "../ir/program.ts";
import { LOSS, LOSS_SCALE, LossKernels, type LossPlaces } from "./lossKernels.ts";
import { poolNodes, spreadNodes } from "./pooling.ts";

/** How the output of all steps becomes one answer: membranes, or spikes counted. */
export type Pooling = "sum" | "mean" | "last" | "max" | "count";
/** `crossEntropy` of softmax(answer) with the label; `meanSquared` of the answer with the one-hot label scaled by `target`. */
export type Loss =
  | { readonly kind: "crossEntropy"; readonly pooling: Pooling }
  | { readonly kind: "meanSquared"; readonly pooling: Pooling; readonly target: number };

export const crossEntropy = (pooling: Pooling = "mean"): Loss => ({ kind: "crossEntropy", pooling });
/** @throws {ModelError} `not-finite` */
export function meanSquared(pooling: Pooling = "mean", target = 1): Loss {
  requireFinite("meanSquared.target", [target]);
  return { kind: "meanSquared", pooling, target };
}

/** Kernel calls for one sample: its answer, its loss, and if asked the gradient of every step's row. */
export function lossNodes(loss: Loss, places: LossPlaces): Node[] {
  const k = new LossKernels(places);
  const { gradient } = places;
  return [
    ...poolNodes(loss.pooling, k),
    ...(loss.kind === "crossEntropy" ? crossEntropyNodes(k) : meanSquaredNodes(k, loss.target)),
    ...(gradient ? spreadNodes(loss.pooling, k, gradient) : []),
  ];
}

const isLabel = (): Expr => compare("eq", convert("i32", index()), read("i32", "label"));

/** -log softmax(answer)[label], and (softmax - one-hot) · scale. */
function crossEntropyNodes(k: LossKernels): Node[] {
  const { answer, label } = k;
  const x = k.read("x");
  const [top, sum, own] = ["top", "sum", "own"].map((name) => k.scratch(name, 1)) as [Place, Place, Place];
  const e = k.scratch("exp");
  const oneHot = select(isLabel(), k.number(1), k.number(0));
  const loss = sub(add(k.read("top"), call("log", k.read("sum"))), k.read("own"));
  const slope = mul(sub(div(x, k.read("sum")), oneHot), k.read("scale"));
  return [
    k.set(top, Number.NEGATIVE_INFINITY, 1),
    k.call("top", { slots: "e:x u:out", mode: "max", value: x }, { x: answer, out: top }),
    k.call("exp", { slots: "e:x u:top e:out", value: call("exp", sub(x, k.read("top"))) }, { x: answer, top, out: e }),
    k.set(sum, 0, 1),
    k.call("sum", { slots: "e:x u:out", mode: "sum", value: x }, { x: e, out: sum }),
    k.set(own, 0, 1),
    k.call(
      "own",
      { slots: "e:x u:label u:out", mode: "sum", value: select(isLabel(), x, k.number(0)) },
      { x: answer, label, out: own },
    ),
    k.call(
      "crossEntropy",
      { slots: "u:top u:sum u:own e:out", mode: "add", value: loss, n: 1 },
      { top, sum, own, out: place(LOSS) },
    ),
    k.call(
      "crossEntropy.slope",
      { slots: "e:x u:sum u:label u:scale e:out", value: slope },
      { x: e, sum, label, scale: place(LOSS_SCALE), out: k.slope },
    ),
  ];
}

/** Σ (answer - target)² / classes, and 2 (answer - target) / classes · scale. */
function meanSquaredNodes(k: LossKernels, target: number): Node[] {
  const difference = sub(k.read("x"), select(isLabel(), k.number(target), k.number(0)));
  const share = k.number(1 / k.places.classes);
  const slope = mul(mul(mul(k.number(2), difference), share), k.read("scale"));
  const args = { x: k.answer, label: k.label };
  return [
    k.call(
      "square",
      { slots: "e:x u:label u:out", mode: "sum", value: mul(mul(difference, difference), share) },
      { ...args, out: place(LOSS) },
    ),
    k.call(
      "square.slope",
      { slots: "e:x u:label u:scale e:out", value: slope },
      { ...args, scale: place(LOSS_SCALE), out: k.slope },
    ),
  ];
}
