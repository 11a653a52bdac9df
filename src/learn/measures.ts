/** Kernels that compare one answer with what it should be: its share of the loss, and if asked its gradient. */
import { add, call, compare, constant, convert, div, type Expr, index, mul, read, select, sub } from "../ir/expr.ts";
import { type Node, type Place, place } from "../ir/program.ts";
import type { Measure } from "./loss.ts";
import { LOSS, LOSS_SCALE, type LossKernels, put } from "./lossKernels.ts";
import { exponentials, fromEnd, startNode, topNode } from "./softmax.ts";

/** An answer, what it is compared with, and where its gradient goes. */
export interface Compared {
  readonly answer: Place;
  readonly label?: Place;
  /** Whether -1 stands for an answer that does not count. */
  readonly missing?: boolean;
  /** Numbers that the batch gives. */
  readonly target?: Place;
  readonly slope: Place | undefined;
  /** Where the best class is noted. */
  readonly best?: Place;
  /** What the loss is multiplied by. */
  readonly share?: Place;
}

type Rule<M> = (measure: M, k: LossKernels, at: Compared) => Node[];
const RULES: { readonly [K in Measure["kind"]]: Rule<Extract<Measure, { kind: K }>> } = {
  crossEntropy: (_, k, at) => crossEntropyNodes(k, at),
  meanSquared: ({ target }, k, at) => squareNodes(k, at, "u:label", select(isLabel(), k.number(target), k.number(0))),
  meanSquaredValues: (_, k, at) => squareNodes(k, at, "e:target", k.read("target")),
};
export const measureNodes: Rule<Measure> = (measure, k, at) => (RULES[measure.kind] as Rule<Measure>)(measure, k, at);

const label = (): Expr => read("i32", "label");
const isLabel = (): Expr => compare("eq", convert("i32", index()), label());

/** Slots and places that the share and a label which may be missing need, and what they make of a term of the loss. */
function weighting(k: LossKernels, { missing, share, label: at, target }: Compared) {
  const shared = (x: Expr): Expr => (share ? mul(x, k.read("share")) : x);
  const counted = (x: Expr): Expr => (missing ? select(compare("ge", label(), constant("i32", 0)), x, k.number(0)) : x);
  return {
    slots: `u:share u:scale${at ? " u:label" : ""}`,
    args: { scale: place(LOSS_SCALE), ...(at && { label: at }), ...(target && { target }), ...(share && { share }) },
    weighted: (x: Expr): Expr => counted(shared(x)),
  };
}

/** -log softmax(answer)[label], and (softmax - one-hot) · scale. */
function crossEntropyNodes(k: LossKernels, at: Compared): Node[] {
  const { answer, slope, best } = at;
  const { slots, args, weighted } = weighting(k, at);
  const own = k.scratch("own", 1);
  const { nodes, row, sum, top } = exponentials(k, answer, {
    slots: "u:own u:best u:label",
    stores: [
      put.sum("own", select(isLabel(), k.read("x"), k.number(0))),
      ...(best ? [put.max("best", fromEnd(k))] : []),
    ],
    zeros: { own, ...(best && { best }) },
    args: { label: at.label! },
  });
  const loss = sub(add(k.read("top"), call("log", k.read("sum"))), k.read("own"));
  const oneHot = select(isLabel(), k.number(1), k.number(0));
  const error = mul(sub(div(k.read("x"), k.read("sum")), oneHot), k.read("scale"));
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

/** Σ (answer - wanted)² / classes, and 2 (answer - wanted) / classes · scale. */
function squareNodes(k: LossKernels, at: Compared, needed: string, wanted: Expr): Node[] {
  const { answer, slope, best } = at;
  const { slots, args, weighted } = weighting(k, at);
  const difference = sub(k.read("x"), wanted);
  const share = k.number(1 / k.places.classes);
  const error = mul(mul(mul(k.number(2), difference), share), k.read("scale"));
  const given = { x: answer, ...args };
  return [
    ...(best ? bestNodes(k, answer, best) : []),
    k.call(
      "square",
      {
        slots: `e:x u:out ${needed} ${slots}`,
        stores: [put.sum("out", weighted(mul(mul(difference, difference), share)))],
      },
      { ...given, out: place(LOSS) },
    ),
    ...(slope
      ? [
          k.call(
            "square.slope",
            { slots: `e:x e:out ${needed} ${slots}`, stores: [put.set("out", weighted(error))] },
            { ...given, out: slope },
          ),
        ]
      : []),
  ];
}

/** Notes the best class. */
function bestNodes(k: LossKernels, x: Place, best: Place): Node[] {
  const top = k.scratch("top", 1);
  const find = { slots: "e:x u:top u:best", stores: [put.max("best", fromEnd(k))] };
  return [startNode(k, { best, top }), topNode(k, x, top), k.call("best", find, { x, top, best })];
}
