/** Numbers of a population's model, where one stands for all its neurons: what checks compute with. */
import { expandExpr } from "../../ir/expand.ts";
import { type Expr, f64, rewrite } from "../../ir/expr.ts";
import { evaluate } from "../../ir/scalar.ts";
import type { Initializer } from "../../model/initializer.ts";
import { lower } from "../../model/lower.ts";
import { meaningOf } from "../../model/meaning.ts";
import type { Network, Population } from "../../model/network.ts";
import { inputSlot } from "../../model/slots.ts";
import { toFloat } from "../../model/values.ts";

/** A middle number of what is given or drawn; nothing where a law is for weights alone. */
function middle(from: Initializer): number | undefined {
  if (from.kind === "constant") return from.value;
  if (from.kind === "values") return from.values.length > 0 ? from.values[0] : undefined;
  if (from.kind === "uniform") return (from.low + from.high) / 2;
  if (from.kind === "logNormal") return Math.exp(from.mu);
  return "mean" in from ? from.mean : undefined;
}

/** What every name of a model stands for at the start. */
export function startOf({ model, parameters, initial }: Population): Map<string, number> {
  const numbers = new Map<string, number>(model.inputs.map((i) => [inputSlot(i.name), 0]));
  for (const p of model.parameters) numbers.set(p.name, given(parameters[p.name]) ?? p.value);
  for (const v of model.variables) numbers.set(v.name, given(initial[v.name]) ?? v.initial);
  return numbers;
}
const given = (from: Initializer | undefined): number | undefined => from && middle(from);

export const meaningIn = (net: Network, { model, size }: Population) =>
  meaningOf(model, {
    dt: net.dt,
    connected: new Set(model.inputs.map((i) => i.name)),
    constants: new Map(),
    count: size,
  });

/** What a slot stands for that has no number of its own: time, tables of it, the neuron's index. */
const NOTHING = 0;

/** The value of an expression; random draws count as 0. */
export function valueOf(e: Expr, numbers: ReadonlyMap<string, number>): number {
  const [calm] = rewrite([e], (n) => (n.tag === "draw" ? f64(NOTHING) : n));
  return evaluate(expandExpr(calm!), (leaf) => (leaf.tag === "read" ? (numbers.get(leaf.slot) ?? NOTHING) : NOTHING));
}

/** Seconds of the refractory period, where it is a duration. */
export function refractoryOf(net: Network, p: Population): number | undefined {
  const { refractory } = p.model;
  if (refractory?.kind !== "duration") return undefined;
  return valueOf(toFloat(lower(refractory.value, meaningIn(net, p))), startOf(p));
}
