/** Where the error of a spike can matter at all: with a surrogate of compact support, close to the threshold. */
import { incoming } from "../ir/adjoint.ts";
import { gradients } from "../ir/differentiate.ts";
import { expand } from "../ir/expand.ts";
import { compare, constant, type Expr, operands, or, read, rewrite, select } from "../ir/expr.ts";
import { simplify } from "../ir/simplify.ts";
import { nodes, pruneSlots, type Step, type Store } from "../ir/step.ts";
import { type Surrogate, surrogateSupport } from "../ir/surrogate.ts";
import type { FloatType } from "../ir/types.ts";

export interface Support {
  /** Lists the elements whose error a spike's adjoint can change. */
  readonly list: Step;
  /** The adjoint, which takes the error of all others as zero, whatever memory holds. */
  readonly adjoint: Step;
}

/**
 * The adjoint is linear in the spike's adjoint; where its coefficient is zero, that adjoint need not be formed. With a
 * surrogate of compact support that is most of the neurons. Nothing where the error matters everywhere.
 */
export function supportOf(adjoint: Step, surrogate: Surrogate): Support | undefined {
  if (!Number.isFinite(surrogateSupport(surrogate))) return undefined;
  const spike = nodes(adjoint).find(isSpikeError);
  const coefficients = spike && (factors(adjoint) ?? slopes(adjoint, spike));
  if (!spike || !coefficients || coefficients.length === 0) return undefined;
  const test = coefficients.map((e): Expr => compare("ne", e, constant(e.type, 0))).reduce(or);
  const list: Step = {
    name: `${adjoint.name}.support`,
    slots: [...adjoint.slots, { name: "support", type: "u32", space: "uniform" }],
    stores: [{ slot: "support", mode: "append", value: test }],
  };
  const masked = select(test, spike, constant(spike.type, 0));
  const values = rewrite(
    adjoint.stores.map((s) => s.value),
    (e) => (isSpikeError(e) ? masked : e),
  );
  const stores = adjoint.stores.map((s, k) => ({ ...s, value: values[k]! }));
  return { list: pruneSlots(simplify(expand(list))), adjoint: { ...adjoint, stores } };
}

const isSpikeError = (e: Expr): boolean => e.tag === "read" && e.slot === incoming("out.spike");

/**
 * What the error is multiplied by before anything else but sums: the surrogate's derivative, as a rule. One test of it
 * says as much as one of each coefficient. Nothing where the error, or a sum with it, goes elsewhere.
 */
function factors(adjoint: Step): Expr[] | undefined {
  const order = nodes(adjoint);
  const stored = new Set(adjoint.stores.map((s) => s.value));
  const sums = new Set(order.filter(isSpikeError));
  const found = new Set<Expr>();
  for (const e of order) {
    const from = operands(e).filter((o) => sums.has(o));
    if (from.length === 0) continue;
    if (e.tag === "binary" && e.op === "mul" && from.length === 1) found.add(e.a === from[0] ? e.b : e.a);
    else if (isSum(e)) sums.add(e);
    else return undefined;
  }
  return [...sums].some((e) => stored.has(e)) ? undefined : [...found];
}
const isSum = (e: Expr): boolean =>
  (e.tag === "binary" && (e.op === "add" || e.op === "sub")) || (e.tag === "unary" && e.op === "neg");

/** The coefficient in everything that is stored. */
const slopes = (adjoint: Step, spike: Expr): Expr[] =>
  adjoint.stores
    .flatMap((s) => gradients([{ value: s.value, seed: constant(s.value.type, 1) }], [spike], undefined))
    .filter((e) => e !== undefined);

/** 1 where a step lists an element, else 0. */
export function maskStep(list: Step, type: FloatType): Step {
  const [{ value }] = list.stores as [Store];
  return pruneSlots({
    name: `${list.name}.mask`,
    slots: [...list.slots.filter((s) => s.name !== "support"), { name: "mask", type, space: "element" }],
    stores: [{ slot: "mask", mode: "set", value: select(value, constant(type, 1), constant(type, 0)) }],
  });
}
/** Lists the elements of such a row that are 1. */
export const listStep = (type: FloatType): Step => ({
  name: "support",
  slots: [
    { name: "x", type, space: "element" },
    { name: "support", type: "u32", space: "uniform" },
  ],
  stores: [{ slot: "support", mode: "append", value: compare("gt", read(type, "x"), constant(type, 0)) }],
});
