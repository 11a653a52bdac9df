/** Kernels that compare one answer with what it should be: its share of the loss, and if asked its gradient. */
import { ModelError } from "../base/errors.ts";
import { add, call, compare, constant, convert, div, type Expr, index, mul, read, select, sub } from "../ir/expr.ts";
import { type Node, type Place, place } from "../ir/program.ts";
import type { CrossEntropyMeasure, DistillationMeasure, Measure } from "./loss.ts";
import { LOSS, LOSS_SCALE, type LossKernels, put } from "./lossKernels.ts";
import { exponentials, fromEnd, startNode, topNode } from "./softmax.ts";
import { termOf } from "./userLoss.ts";

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
  readonly factor?: number;
  /** Whether the gradient is added to what is there. */
  readonly adds?: boolean;
}

type Rule<M> = (measure: M, k: LossKernels, at: Compared) => Node[];
const RULES: { readonly [K in Measure["kind"]]: Rule<Extract<Measure, { kind: K }>> } = {
  crossEntropy: crossEntropyNodes,
  meanSquared: ({ target, wrong = 0 }, k, at) =>
    squareNodes(k, at, select(isLabel(), k.number(target), k.number(wrong))),
  meanSquaredValues: (_, k, at) => squareNodes(k, at, k.read("target")),
  distillation: distillationNodes,
  expression: (measure, k, at) => {
    const { term, slope } = termOf(measure, k.places.classes, k.context.type);
    return elementNodes("expression", k, at, { term, slope, args: { step: k.stepNumber } });
  },
  mixed: ({ parts }, k, at) => {
    const { best, factor = 1, adds = false, ...each } = at;
    return [
      ...(best ? bestNodes(k, at.answer, best) : []),
      ...parts.flatMap(({ share, measure }, p) =>
        measureNodes(measure, k, { ...each, factor: factor * share, adds: adds || p > 0 }),
      ),
    ];
  },
};
export const measureNodes: Rule<Measure> = (measure, k, at) => (RULES[measure.kind] as Rule<Measure>)(measure, k, at);

const label = (): Expr => read("i32", "label");
const isLabel = (): Expr => compare("eq", convert("i32", index()), label());

/** Slots and places that share, factor and a label which may be missing need, and what they make of a term of the loss. */
function weighting(k: LossKernels, { missing, share, factor = 1, label: at, target }: Compared) {
  const scaled = (x: Expr): Expr => (factor === 1 ? x : mul(x, k.number(factor)));
  const shared = (x: Expr): Expr => (share ? mul(x, k.read("share")) : x);
  const counted = (x: Expr): Expr => (missing ? select(compare("ge", label(), constant("i32", 0)), x, k.number(0)) : x);
  return {
    slots: "u:share u:scale u:label e:target",
    args: { scale: place(LOSS_SCALE), ...(at && { label: at }), ...(target && { target }), ...(share && { share }) },
    weighted: (x: Expr): Expr => counted(shared(scaled(x))),
  };
}
/** How the gradient is stored. */
const stored = ({ adds }: Compared, value: Expr) => (adds ? put.add : put.set)("out", value);

/** `-Σ q log softmax(answer)`, and `(softmax - q) · scale`, where q is the label, smoothed. */
function crossEntropyNodes({ smoothing = 0, weights }: CrossEntropyMeasure, k: LossKernels, at: Compared): Node[] {
  const { answer, slope, best } = at;
  const { slots, args, weighted } = weighting(k, at);
  const [own, weight] = [k.scratch("own", 1), k.scratch("weight", 1)];
  const low = smoothing / k.places.classes;
  const wanted = select(isLabel(), k.number(1 - smoothing + low), k.number(low));
  const share = smoothing === 0 ? select(isLabel(), k.read("x"), k.number(0)) : mul(wanted, k.read("x"));
  const table = weights && { table: tableOf(k, weights) };
  const { nodes, row, sum, top } = exponentials(k, answer, {
    slots: "u:own u:best u:label u:weight e:table",
    stores: [
      put.sum("own", share),
      ...(best ? [put.max("best", fromEnd(k))] : []),
      ...(weights ? [put.sum("weight", select(isLabel(), k.read("table"), k.number(0)))] : []),
    ],
    zeros: { own, ...(best && { best }), ...(weights && { weight }) },
    args: { label: at.label!, ...table },
  });
  const ofClass = (x: Expr): Expr => (weights ? mul(x, k.read("weight")) : x);
  const loss = sub(add(k.read("top"), call("log", k.read("sum"))), k.read("own"));
  const error = mul(sub(div(k.read("x"), k.read("sum")), wanted), k.read("scale"));
  return [
    ...nodes,
    k.call(
      "crossEntropy",
      { slots: `u:top u:sum u:own u:weight e:out ${slots}`, stores: [put.add("out", weighted(ofClass(loss)))], n: 1 },
      { top, sum, own, weight, out: place(LOSS), ...args },
    ),
    ...(slope
      ? [
          k.call(
            "crossEntropy.slope",
            { slots: `e:x u:sum u:weight e:out ${slots}`, stores: [stored(at, weighted(ofClass(error)))] },
            { x: row, sum, weight, out: slope, ...args },
          ),
        ]
      : []),
  ];
}
/** @throws {ModelError} `shape-mismatch` */
function tableOf(k: LossKernels, weights: readonly number[]): Place {
  const { classes } = k.places;
  if (weights.length === classes) return place(k.context.constant("loss.weights", weights));
  throw new ModelError("shape-mismatch", "loss.weights", `${weights.length} weights for ${classes} classes`);
}

/** Σ (answer - wanted)² / classes, and 2 (answer - wanted) / classes · scale. */
function squareNodes(k: LossKernels, at: Compared, wanted: Expr): Node[] {
  const difference = sub(k.read("x"), wanted);
  const share = k.number(1 / k.places.classes);
  const term = mul(mul(difference, difference), share);
  return elementNodes("square", k, at, { term, slope: mul(mul(k.number(2), difference), share) });
}

/** What each output adds to the loss by itself, and its derivative. */
interface Element {
  readonly term: Expr;
  readonly slope: Expr;
  readonly args?: Record<string, Place>;
}
function elementNodes(name: string, k: LossKernels, at: Compared, { term, slope, args: more }: Element): Node[] {
  const { answer, best } = at;
  const { slots, args, weighted } = weighting(k, at);
  const given = { x: answer, ...args, ...more };
  const value = { slots: `e:x u:out u:step ${slots}`, stores: [put.sum("out", weighted(term))] };
  const error = {
    slots: `e:x e:out u:step ${slots}`,
    stores: [stored(at, weighted(mul(slope, k.read("scale"))))],
  };
  return [
    ...(best ? bestNodes(k, answer, best) : []),
    k.call(name, value, { ...given, out: place(LOSS) }),
    ...(at.slope ? [k.call(`${name}.slope`, error, { ...given, out: at.slope })] : []),
  ];
}

/** `T² Σ q log (q / p)` with q = softmax(target / T), p = softmax(answer / T); and `T (p - q)`. */
function distillationNodes({ temperature }: DistillationMeasure, k: LossKernels, at: Compared): Node[] {
  const { slots, args, weighted } = weighting(k, at);
  const [q, logQ, cool] = [k.scratch("teacher"), k.scratch("teacher.log"), k.scratch("cool")];
  const cooled = (x: Place): Node =>
    k.call(
      "cool",
      { slots: "e:x e:out", stores: [put.set("out", mul(k.read("x"), k.number(1 / temperature)))] },
      { x, out: cool },
    );
  const teacher = exponentials(k, cool);
  const logOf = sub(sub(k.read("x"), k.read("top")), call("log", k.read("sum")));
  const student = exponentials(k, cool);
  const divergence = mul(mul(k.read("q"), sub(k.read("logQ"), logOf)), k.number(temperature ** 2));
  const p = div(k.read("row"), k.read("sum"));
  const error = mul(mul(sub(p, k.read("q")), k.number(temperature)), k.read("scale"));
  const found = { x: cool, row: student.row, sum: student.sum, top: student.top, q, logQ };
  const shape = "e:x e:row u:sum u:top e:q e:logQ";
  return [
    ...(at.best ? bestNodes(k, at.answer, at.best) : []),
    cooled(at.target!),
    ...teacher.nodes,
    k.call(
      "teacher",
      { slots: shape, stores: [put.set("q", p), put.set("logQ", logOf)] },
      { ...found, row: teacher.row, sum: teacher.sum, top: teacher.top },
    ),
    cooled(at.answer),
    ...student.nodes,
    k.call(
      "divergence",
      { slots: `${shape} u:out ${slots}`, stores: [put.sum("out", weighted(divergence))] },
      { ...found, ...args, out: place(LOSS) },
    ),
    ...(at.slope
      ? [
          k.call(
            "divergence.slope",
            { slots: `${shape} e:out ${slots}`, stores: [stored(at, weighted(error))] },
            { ...found, ...args, out: at.slope },
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
