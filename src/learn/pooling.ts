/** How the rows of all steps of a sample become one answer, and how the answer's gradient goes back to the rows. */
import { listNames, ModelError } from "../base/errors.ts";
import { compare, convert, div, type Expr, max, mul, neg, read, select, sub } from "../ir/expr.ts";
import { along, loop, type Node, type Place, place } from "../ir/program.ts";
import { bySampleStep, overWholeSample } from "../sim/lower/segments.ts";
import type { FirstSpike, Pooling, SoftmaxSum } from "./loss.ts";
import { LAST_STEP, type LossKernels, put, SHARE } from "./lossKernels.ts";
import { exponentials } from "./softmax.ts";

interface Rule {
  /** Rows to answer. */
  pool(k: LossKernels, row: Place): Node[];
  /** The answer's gradient (`k.slope`) to the rows' gradients. */
  spread(k: LossKernels, row: Place, gradient: Place): Node[];
}

const everyStep = (k: LossKernels, ...body: Node[]): Node[] => overWholeSample(k.context, body);

const summed = (k: LossKernels, row: Place): Node[] => [
  k.set(k.answer, 0),
  ...everyStep(
    k,
    k.call("add", { slots: "e:x e:out", stores: [put.add("out", k.read("x"))] }, { x: row, out: k.answer }),
  ),
];
const sum: Rule = {
  pool: summed,
  spread: (k, _row, gradient) => everyStep(k, k.copy(k.slope, gradient)),
};

const mean: Rule = {
  pool: (k, row) => [...summed(k, row), share(k, k.answer, k.answer)],
  spread: (k, _row, gradient) => everyStep(k, share(k, k.slope, gradient)),
};

const RULES: Readonly<Record<Extract<Pooling, string>, Rule>> = {
  sum,
  count: sum,
  mean,
  rate: mean,
  last: {
    pool: (k, row) => [inLastStep(k, (place) => k.copy(place(row), k.answer))],
    spread: (k, _row, gradient) => [
      ...everyStep(k, k.set(gradient, 0)),
      inLastStep(k, (place) => k.copy(k.slope, place(gradient))),
    ],
  },
  max: { pool: largest, spread: toFirstLargest },
};
function ruleOf(pooling: Pooling): Rule {
  if (typeof pooling !== "string") return pooling.kind === "firstSpike" ? firstSpike(pooling) : softmaxSum(pooling);
  if (Object.hasOwn(RULES, pooling)) return RULES[pooling];
  const known = `${listNames(Object.keys(RULES))}, softmaxSum(from) and firstSpike()`;
  throw new ModelError("unknown-name", "loss.pooling", `unknown pooling '${pooling}'; known: ${known}`);
}
/** Rows of all steps, whatever segments there are. */
const outputRow = (k: LossKernels): Place => bySampleStep(k.places.output.row());
export const poolNodes = (pooling: Pooling, k: LossKernels): Node[] => ruleOf(pooling).pool(k, outputRow(k));
export const spreadNodes = (pooling: Pooling, k: LossKernels, gradient: Place): Node[] =>
  ruleOf(pooling).spread(k, outputRow(k), bySampleStep(gradient));

/** `out = from / steps of the sample` */
function share(k: LossKernels, from: Place, out: Place): Node {
  const value = mul(k.read("x"), k.read("share"));
  const args = { x: from, share: k.context.ofSample(SHARE), out };
  return k.call("mean", { slots: "e:x u:share e:out", stores: [put.set("out", value)] }, args);
}

/** The row of the sample's last step: a loop of one round, which starts there. */
function inLastStep(k: LossKernels, body: (place: (row: Place) => Place) => Node): Node {
  const last = (row: Place): Place => ({
    ...row,
    terms: row.terms.map((t) => (t.loop === "t" ? { ...t, loop: "last" } : t)),
  });
  return loop("last", 1, [body(last)], { from: k.context.ofSample(LAST_STEP, "i32") });
}

function largest(k: LossKernels, row: Place): Node[] {
  const stores = [put.set("out", max(k.read("out"), k.read("x")))];
  const step = k.call("max", { slots: "e:x e:out", stores }, { x: row, out: k.answer });
  return [k.set(k.answer, Number.NEGATIVE_INFINITY), ...everyStep(k, step)];
}

/** The first step that reaches the maximum gets it all: `open` is 1 until then. */
function toFirstLargest(k: LossKernels, row: Place, gradient: Place): Node[] {
  const open = k.scratch("open");
  const zero = k.number(0);
  const hit = compare("eq", k.read("y"), k.read("answer"));
  const isOpen = compare("gt", k.read("open"), zero);
  const taken: Expr = select(hit, select(isOpen, k.read("x"), zero), zero);
  const args = { y: row, answer: k.answer, open };
  const take = k.call(
    "take",
    { slots: "e:x e:y e:answer e:open e:out", stores: [put.set("out", taken)] },
    { ...args, x: k.slope, out: gradient },
  );
  const closed = select(hit, zero, k.read("open"));
  const close = k.call("close", { slots: "e:y e:answer e:open", stores: [put.set("open", closed)] }, args);
  return [k.set(open, 1), ...everyStep(k, take, close)];
}

/** `Σ c·p` with `p = softmax(row)`, and `c·p·(g - Σ g·p)`; c is 1 in the steps that count, else 0. */
function softmaxSum({ from }: SoftmaxSum): Rule {
  return {
    pool: (k, row) => {
      const { nodes, row: e, sum } = exponentials(k, row);
      const p = div(k.read("x"), k.read("sum"));
      const add = k.call(
        "softmax",
        {
          slots: "e:x u:sum u:counts e:p e:out",
          stores: [put.set("p", p), put.add("out", mul(p, k.read("counts")))],
        },
        { x: e, sum, counts: counts(k, from), p: softmaxRow(k), out: k.answer },
      );
      return [k.set(k.answer, 0), ...everyStep(k, ...nodes, add)];
    },
    spread: (k, _row, gradient) => {
      const [p, inner] = [softmaxRow(k), k.scratch("inner", 1)];
      const value = mul(mul(k.read("p"), sub(k.read("x"), k.read("inner"))), k.read("counts"));
      return everyStep(
        k,
        k.set(inner, 0, 1),
        k.call(
          "inner",
          { slots: "e:x e:p u:inner", stores: [put.sum("inner", mul(k.read("x"), k.read("p")))] },
          { x: k.slope, p, inner },
        ),
        k.call(
          "softmax.slope",
          { slots: "e:x e:p u:inner u:counts e:out", stores: [put.set("out", value)] },
          { x: k.slope, p, inner, counts: counts(k, from), out: gradient },
        ),
      );
    },
  };
}
/** The softmax of each step of the sample at hand. */
function softmaxRow(k: LossKernels): Place {
  const { stride } = k.places.output;
  const { buffer } = k.scratch("softmax", k.context.options.steps * stride);
  return place(buffer, 0, along("t", stride));
}
const counts = (k: LossKernels, from: number): Place => k.ofSteps("counts", (t) => Number(t >= from));

/** `-t·unit` of the first step t with a spike, or of the last; its gradient goes to the spike of that step. */
function firstSpike({ unit }: FirstSpike): Rule {
  const slots = "u:time u:share u:last";
  const args = (k: LossKernels): Record<string, Place> => ({
    time: k.ofSteps("step", (t) => t),
    last: k.context.ofSample(LAST_STEP, "i32"),
    ...(unit === "sample" && { share: k.context.ofSample(SHARE) }),
  });
  const early = (k: LossKernels, step: Expr): Expr =>
    neg(mul(step, unit === "sample" ? k.read("share") : k.number(1 / unit)));
  return {
    pool: (k, row) => {
      const silent = early(k, convert(k.context.type, read("i32", "last")));
      const found = select(compare("gt", k.read("x"), k.number(0)), early(k, k.read("time")), k.read("out"));
      return [
        k.call("silent", { slots: `e:out ${slots}`, stores: [put.set("out", silent)] }, { ...args(k), out: k.answer }),
        ...everyStep(
          k,
          k.call(
            "first",
            { slots: `e:x e:out ${slots}`, stores: [put.set("out", max(k.read("out"), found))] },
            { ...args(k), x: row, out: k.answer },
          ),
        ),
      ];
    },
    spread: (k, _row, gradient) => {
      const isFirst = compare("eq", k.read("answer"), early(k, k.read("time")));
      const value = select(isFirst, k.read("x"), k.number(0));
      return everyStep(
        k,
        k.call(
          "first.slope",
          { slots: `e:x e:answer e:out ${slots}`, stores: [put.set("out", value)] },
          { ...args(k), x: k.slope, answer: k.answer, out: gradient },
        ),
      );
    },
  };
}
