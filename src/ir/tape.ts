/**
 * What the forward pass must keep for the backward pass, and both steps rewritten accordingly.
 *
 * The adjoint of a step uses some forward values (the frontier). Constants, uniform slots, and slots that the caller
 * has at hand anyway (`available`) cost nothing, and a value can be computed again from kept ones. So what to keep is a
 * minimum vertex cut, weighted by bytes, between what is lost (element slots, random draws) and the frontier; as in
 * Chen et al. 2016 (arXiv:1604.06174) memory is bought with arithmetic, here only inside one element's step. Of equal
 * cuts the one nearest to the adjoint is taken, which computes least again.
 */
import { minimumCut } from "./cut.ts";
import { type Expr, operands, read, topological, withOperands } from "./expr.ts";
import { simplify } from "./simplify.ts";
import { pruneSlots, roots, type Slot, type Step } from "./step.ts";
import { BYTES } from "./types.ts";

export interface TapeOptions {
  /** Element slots of the forward step whose old values the adjoint may read, because the caller keeps them anyway. */
  readonly available?: readonly string[];
}
export interface TapePlan {
  /** Forward step, which also stores each kept value into its `tape.k` slot. */
  readonly forward: Step;
  /** Adjoint step, which reads `tape.k` in place of the kept values. */
  readonly adjoint: Step;
  /** The `tape.k` slots, one value an element each. */
  readonly tape: readonly Slot[];
}

/** Uniform slots must still have their value when the adjoint runs. */
export function tapePlan(forward: Step, adjoint: Step, { available = [] }: TapeOptions = {}): TapePlan {
  requireElements(forward);
  const joint = together(forward, adjoint);
  const [kept, count] = [keep(joint, forward, new Set(available)), forward.stores.length];
  const tape = kept.map((e, k): Slot => ({ name: `tape.${k}`, type: e.type, space: "element" }));
  const reads = new Map(kept.map((e, k) => [e, read(e.type, `tape.${k}`)]));
  const tapeStores = kept.map((value, k) => ({ slot: `tape.${k}`, mode: "set" as const, value }));
  const later = joint.stores.slice(count);
  const values = replace(
    later.map((s) => s.value),
    reads,
  );
  return {
    forward: pruneSlots({
      name: forward.name,
      slots: [...joint.slots, ...tape],
      stores: [...joint.stores.slice(0, count), ...tapeStores],
    }),
    adjoint: simplify({
      name: adjoint.name,
      slots: [...joint.slots, ...tape],
      stores: later.map((s, k) => ({ ...s, value: values[k]! })),
    }),
    tape,
  };
}

function requireElements(step: Step): void {
  const odd = step.slots.find((s) => s.space !== "element" && s.space !== "uniform");
  if (odd) throw new Error(`step ${step.name}: a tape is for elements, and '${odd.name}' is ${odd.space}`);
}

/** Both steps as one, so that equal values are one node; the stores of the forward step come first. */
function together(forward: Step, adjoint: Step): Step {
  const slots = new Map([...forward.slots, ...adjoint.slots].map((s) => [s.name, s]));
  return simplify({ name: forward.name, slots: [...slots.values()], stores: [...forward.stores, ...adjoint.stores] });
}

/** The forward values to keep, in topological order. */
function keep(joint: Step, forward: Step, available: ReadonlySet<string>): Expr[] {
  const [count, values] = [forward.stores.length, roots(joint)];
  const [before, after] = [values.slice(0, count), values.slice(count)];
  const ours = new Set(forward.slots.map((s) => s.name));
  const computed = topological([...before, ...topological(after).filter((e) => e.tag === "read" && ours.has(e.slot))]);
  const stored = new Set(forward.stores.map((s) => s.slot));
  const free = new Set(
    joint.slots.flatMap((s) =>
      available.has(s.name) || (s.space === "uniform" && !stored.has(s.name)) ? [s.name] : [],
    ),
  );
  const lost = (e: Expr): boolean => e.tag === "draw" || (e.tag === "read" && !free.has(e.slot));
  const tainted = new Set<Expr>();
  for (const e of computed) if (lost(e) || operands(e).some((o) => tainted.has(o))) tainted.add(e);
  const vertices = [...tainted];
  const number = new Map(vertices.map((e, k) => [e, k]));
  const numbers = (list: readonly Expr[]): number[] => list.flatMap((e) => number.get(e) ?? []);
  const cut = minimumCut({
    weights: vertices.map((e) => BYTES[e.type]),
    edges: vertices.flatMap((e) => numbers(operands(e)).map((o) => [o, number.get(e)!] as const)),
    sources: numbers(vertices.filter(lost)),
    sinks: numbers(frontier(after, new Set(computed))),
  });
  return cut.map((k) => vertices[k]!);
}

/** Forward values that the adjoint uses directly. */
function frontier(adjointValues: readonly Expr[], computed: ReadonlySet<Expr>): Expr[] {
  const used = topological(adjointValues)
    .filter((e) => !computed.has(e))
    .flatMap(operands);
  return [...new Set([...adjointValues, ...used].filter((e) => computed.has(e)))];
}

function replace(values: readonly Expr[], by: ReadonlyMap<Expr, Expr>): Expr[] {
  const done = new Map<Expr, Expr>();
  for (const e of topological(values))
    done.set(
      e,
      by.get(e) ??
        withOperands(
          e,
          operands(e).map((o) => done.get(o)!),
        ),
    );
  return values.map((e) => done.get(e)!);
}
