/** The softmax of a row, as kernels: `exp(x - top) / Σ exp(x - top)`. */
import { call, compare, convert, type Expr, index, select, sub } from "../ir/expr.ts";
import type { Node, Place } from "../ir/program.ts";
import type { Store } from "../ir/step.ts";
import { type LossKernels, put } from "./lossKernels.ts";

/** What else is summed or found on the way through the row `x`: more stores, their slots and places. */
export interface Besides {
  readonly slots?: string;
  /** Those that start at 0. */
  readonly zeros?: Readonly<Record<string, Place>>;
  readonly stores?: readonly Store[];
  readonly args?: Record<string, Place>;
}
export interface Exponentials {
  readonly nodes: Node[];
  /** `exp(x - top)`, its sum, and the largest `x`. */
  readonly row: Place;
  readonly sum: Place;
  readonly top: Place;
}

/** @param x the row; `besides` may read it as `x`, and its largest number as `top` */
export function exponentials(
  k: LossKernels,
  x: Place,
  { slots, zeros = {}, stores = [], args = {} }: Besides = {},
): Exponentials {
  const [row, sum, top] = [k.scratch("exp"), k.scratch("sum", 1), k.scratch("top", 1)];
  const e = call("exp", sub(k.read("x"), k.read("top")));
  const nodes = [
    startNode(k, { sum, ...zeros, top }),
    topNode(k, x, top),
    k.call(
      "exp",
      {
        slots: `e:x u:top e:out u:sum${slots ? ` ${slots}` : ""}`,
        stores: [put.set("out", e), put.sum("sum", e), ...stores],
      },
      { x, top, out: row, sum, ...zeros, ...args },
    ),
  ];
  return { nodes, row, sum, top };
}

/** Sets numbers to 0, and `top` below all numbers. */
export function startNode(k: LossKernels, numbers: Readonly<Record<string, Place>>): Node {
  const names = Object.keys(numbers);
  const stores = names.map((name) => put.set(name, k.number(name === "top" ? Number.NEGATIVE_INFINITY : 0)));
  return k.call("start", { slots: names.map((name) => `e:${name}`).join(" "), stores, n: 1 }, numbers);
}
export const topNode = (k: LossKernels, x: Place, top: Place): Node =>
  k.call("top", { slots: "e:x u:top", stores: [put.max("top", k.read("x"))] }, { x, top });

/** How far the first of the largest numbers lies from the end of the row: its maximum tells which one that is. */
export function fromEnd(k: LossKernels): Expr {
  const place = sub(k.number(k.places.classes), convert(k.context.type, convert("i32", index())));
  return select(compare("eq", k.read("x"), k.read("top")), place, k.number(0));
}
