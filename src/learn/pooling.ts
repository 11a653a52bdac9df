/** How the rows of all steps become one answer, and how the answer's gradient goes back to the rows. */
import { compare, type Expr, max, mul, select } from "../ir/expr.ts";
import { type Node, type Place, shifted } from "../ir/program.ts";
import { overSteps } from "../sim/lower/contributions.ts";
import type { Pooling } from "./loss.ts";
import type { LossKernels } from "./lossKernels.ts";

interface Rule {
  /** Rows to answer. */
  pool(k: LossKernels, row: Place): Node[];
  /** The answer's gradient (`k.slope`) to the rows' gradients. */
  spread(k: LossKernels, row: Place, gradient: Place): Node[];
}

const copied = (k: LossKernels, from: Place, to: Place): Node =>
  k.call("copy", { slots: "e:x e:out", value: k.read("x") }, { x: from, out: to });
const everyStep = (k: LossKernels, ...body: Node[]): Node[] => overSteps(k.context, body);
const last = (k: LossKernels, row: Place): Place =>
  shifted({ ...row, terms: row.terms.filter((t) => t.loop !== "t") }, (k.steps - 1) * k.places.output.stride);

const summed = (k: LossKernels, row: Place): Node[] => [
  k.set(k.answer, 0),
  ...everyStep(k, k.call("add", { slots: "e:x e:out", mode: "add", value: k.read("x") }, { x: row, out: k.answer })),
];
const sum: Rule = {
  pool: summed,
  spread: (k, _row, gradient) => everyStep(k, copied(k, k.slope, gradient)),
};

const RULES: Readonly<Record<Pooling, Rule>> = {
  sum,
  count: sum,
  mean: {
    pool: (k, row) => [...summed(k, row), share(k, "out", k.answer, k.answer)],
    spread: (k, _row, gradient) => everyStep(k, share(k, "x", k.slope, gradient)),
  },
  last: {
    pool: (k, row) => [copied(k, last(k, row), k.answer)],
    spread: (k, _row, gradient) => [...everyStep(k, k.set(gradient, 0)), copied(k, k.slope, last(k, gradient))],
  },
  max: { pool: largest, spread: toFirstLargest },
};
export const poolNodes = (pooling: Pooling, k: LossKernels): Node[] => RULES[pooling].pool(k, k.places.output.row());
export const spreadNodes = (pooling: Pooling, k: LossKernels, gradient: Place): Node[] =>
  RULES[pooling].spread(k, k.places.output.row(), gradient);

/** `out = from / steps` */
function share(k: LossKernels, name: "x" | "out", from: Place, out: Place): Node {
  const value = mul(k.read(name), k.number(1 / k.steps));
  return k.call("mean", { slots: name === "x" ? "e:x e:out" : "e:out", value }, { x: from, out });
}

function largest(k: LossKernels, row: Place): Node[] {
  const value = max(k.read("out"), k.read("x"));
  const step = k.call("max", { slots: "e:x e:out", value }, { x: row, out: k.answer });
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
    { slots: "e:x e:y e:answer e:open e:out", value: taken },
    { ...args, x: k.slope, out: gradient },
  );
  const closed = select(hit, zero, k.read("open"));
  const close = k.call("close", { slots: "e:y e:answer e:open", store: "open", value: closed }, args);
  return [k.set(open, 1), ...everyStep(k, take, close)];
}
