/**
 * How a step changes what it finds: derivatives of states and outputs after it with respect to states before it and to what
 * arrives, derived from the step. They decide what an eligibility trace must remember (Bellec et al. 2020, Nat. Commun.
 * 11:3625, eq. 13): states that no output depends on fall away; a state whose course has the same constant coefficients for
 * all neurons follows the source alone, so that one trace a source serves all its synapses.
 */
import { adjointStep, incoming, outgoing } from "../ir/adjoint.ts";
import { constant, type Expr, operands, topological, withOperands } from "../ir/expr.ts";
import { simplify } from "../ir/simplify.ts";
import { rewriteStep, type Step, type Store } from "../ir/step.ts";
import type { Surrogate } from "../ir/surrogate.ts";
import type { Reverse } from "./reverse.ts";

/** A derivative: a number where it is the same for every neuron at any time, else `varies`. */
export type Slope = number | "varies";

export interface Transition {
  /** States that an output depends on, at once or later, in the order of the step. */
  readonly states: readonly string[];
  /** Those of them whose derivatives with respect to a weight depend on the source alone. */
  readonly shared: readonly string[];
  /** The others: they depend on what the target does. */
  readonly own: readonly string[];
  /** Of a state or an output after the step, with respect to a state before it or a port (`in.v`). */
  slope(of: string, to: string): Slope;
  /** Whether a state now can change another later on, itself included. */
  reaches(from: string, to: string): boolean;
}

/** @param outputs stored slots that somebody listens to, as `out.spike` */
export function transitionOf(
  step: Step,
  { carried, sums }: Pick<Reverse, "carried" | "sums">,
  outputs: readonly string[],
  surrogate: Surrogate,
): Transition {
  const ports = sums.map((p) => `in.${p}`);
  const wrt = [...carried, ...ports];
  const rows = new Map([...carried, ...outputs].map((of) => [of, slopesOf(step, of, wrt, surrogate)]));
  const slope = (of: string, to: string): Slope => rows.get(of)!.get(to)!;
  const reach = closure(carried, (of, to) => slope(of, to) !== 0);
  const states = carried.filter((s) =>
    carried.some((via) => reach.get(s)!.has(via) && outputs.some((o) => slope(o, via) !== 0)),
  );
  const shared = sharedAmong(states, ports, slope);
  return {
    states,
    shared,
    own: states.filter((s) => !shared.includes(s)),
    slope,
    reaches: (from, to) => reach.get(from)!.has(to),
  };
}

/** Of one stored slot, with respect to each of those that are read. */
function slopesOf(step: Step, of: string, wrt: readonly string[], surrogate: Surrogate): Map<string, Slope> {
  const derived = adjointStep(step, { wrt, from: [of], surrogate });
  const seeded = (e: Expr): Expr => (e.tag === "read" && e.slot === incoming(of) ? constant(e.type, 1) : e);
  const { stores } = simplify(rewriteStep(derived, seeded));
  return new Map(
    wrt.map((to) => {
      const { value } = stores.find((s) => s.slot === outgoing(to))!;
      return [to, slopeOf(value)];
    }),
  );
}

/** More conditions than that in one slope are not looked into. */
const MOST_TESTS = 6;
/**
 * The number that an expression has whatever its conditions say, if there is one: a reset by subtraction takes the same
 * slope on both sides.
 */
function slopeOf(value: Expr): Slope {
  const tests = [...new Set(topological([value]).flatMap((e) => (e.tag === "select" ? [e.test] : [])))];
  if (tests.length > MOST_TESTS) return "varies";
  const found = new Set<Slope>();
  for (let k = 0; k < 2 ** tests.length; k++)
    found.add(valueWhere(value, new Set(tests.filter((_, n) => (k >> n) & 1))));
  const [only = "varies", ...others] = found;
  return others.length === 0 ? only : "varies";
}
/** With these conditions true, and no others. */
function valueWhere(value: Expr, holding: ReadonlySet<Expr>): Slope {
  const taken = new Map<Expr, Expr>();
  for (const e of topological([value])) {
    const own = operands(e).map((o) => taken.get(o)!);
    taken.set(e, e.tag === "select" ? own[holding.has(e.test) ? 1 : 2]! : withOperands(e, own));
  }
  const slot = { name: "slope", type: value.type, space: "element" } as const;
  const step = simplify({
    name: "slope",
    slots: [slot],
    stores: [{ slot: "slope", mode: "set", value: taken.get(value)! }],
  });
  const [{ value: simple }] = step.stores as [Store];
  return simple.tag === "const" ? simple.value : "varies";
}

/** Of each state those that it reaches, itself among them. */
function closure(states: readonly string[], depends: (of: string, on: string) => boolean): Map<string, Set<string>> {
  const reach = new Map(states.map((s) => [s, new Set([s])]));
  for (let grown = true; grown; ) {
    grown = false;
    for (const found of reach.values())
      for (const to of states)
        if (!found.has(to) && [...found].some((via) => depends(to, via))) {
          found.add(to);
          grown = true;
        }
  }
  return reach;
}

/** The largest set of states that need constants and each other alone. */
function sharedAmong(
  states: readonly string[],
  ports: readonly string[],
  slope: (of: string, to: string) => Slope,
): string[] {
  let found = states.filter((s) => [...states, ...ports].every((to) => slope(s, to) !== "varies"));
  for (;;) {
    const kept = found.filter((s) => states.every((to) => found.includes(to) || slope(s, to) === 0));
    if (kept.length === found.length) return found;
    found = kept;
  }
}
