/**
 * Gradients of what trains in populations, once a batch. The backward pass has added up, for each neuron, the gradients of
 * the slots that these parameters decide; the adjoint of what computes the slots turns them into gradients of the
 * parameters, and where one value serves a layer its neurons are summed.
 */
import { ModelError } from "../base/errors.ts";
import { adjointStep, incoming, outgoing } from "../ir/adjoint.ts";
import { expand } from "../ir/expand.ts";
import { add, type Expr, read } from "../ir/expr.ts";
import { copyStride } from "../ir/parallel.ts";
import { type Node, type Place, place, shifted } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import { pruneSlots, readSlot, rewriteStep, type Slot, type Step } from "../ir/step.ts";
import { initialName } from "../model/trainable.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { PopulationKernels } from "../sim/lower/populations.ts";
import type { BackwardPass } from "./backward.ts";
import { GRADIENTS } from "./windowGradients.ts";

/**
 * For all populations, after all chunks of a batch: writes into the first copy of `gradients`.
 * @throws {ModelError} `not-differentiable` for a parameter that no gradient reaches
 */
export const neuronGradients = (l: Lowered, backward: BackwardPass): Node[] =>
  [...l.populations.values()].flatMap((p) => gradientsOf(p, l, backward));

function gradientsOf(p: PopulationKernels, l: Lowered, backward: BackwardPass): Node[] {
  const { names, source, args } = sourceOf(p, l);
  if (names.length === 0) return [];
  const c = l.context;
  const gathered = backward.gathered(p.node, l);
  const known = names.filter((name) => source.slots.some((s) => s.name === name));
  const derived = adjointStep(source, { wrt: known, from: gathered });
  for (const name of names) requireGradient(derived, name, p.node);
  const { step, sums } = overShards(derived, gathered, c.options.shards);
  const places: Record<string, Place> = { ...args };
  for (const name of names) {
    const { offset } = l.parameters.blocks.get(`${p.node}.${name}`)!;
    places[outgoing(name)] = place(GRADIENTS, offset);
  }
  for (const { slot, shard, name } of sums)
    places[name] = shifted(backward.gradientSum(p.node, slot), shard * copyStride(c.stride(p.node)));
  return [elementCall(simplify(expand(step)), places, c.size(p.node))];
}

/** What sets the slots, initial states among them. */
function sourceOf({ node, kernels: [kernel], states }: PopulationKernels, l: Lowered) {
  const { names, source, args } = kernel!.trained;
  const starts = states.flatMap(({ name, trained }) => (trained ? [{ ...trained, name: initialName(name) }] : []));
  const slots = starts.map(
    ({ name, shared }): Slot => ({ name, type: l.context.type, space: shared ? "uniform" : "element" }),
  );
  return {
    names: [...names, ...starts.map((s) => s.name)],
    args: { ...args, ...Object.fromEntries(starts.map((s) => [s.name, s.place])) },
    source: {
      name: `${node}.trained`,
      slots: [...source.slots, ...slots],
      stores: [...source.stores, ...slots.map((s) => ({ slot: s.name, mode: "set", value: readSlot(s) }) as const)],
    },
  };
}

/** Training would leave it where it is without a word. */
function requireGradient({ stores }: Step, name: string, node: string): void {
  const value = stores.find((s) => s.slot === outgoing(name))?.value;
  if (value && (value.tag !== "const" || value.value !== 0)) return;
  throw new ModelError(
    "not-differentiable",
    `${node}.${name}`,
    "no gradient reaches it: nothing that is differentiable depends on it",
  );
}

interface ShardSum {
  readonly name: string;
  readonly slot: string;
  readonly shard: number;
}
/** The adjoint with the gradient of each slot as the sum of its shards' sums, in their order. */
function overShards(step: Step, slots: readonly string[], shards: number): { step: Step; sums: ShardSum[] } {
  const sums = slots.flatMap((slot) =>
    Array.from({ length: shards }, (_, shard): ShardSum => ({ slot, shard, name: `${incoming(slot)}.${shard}` })),
  );
  const all = new Set(slots.map(incoming));
  const total = (e: Extract<Expr, { tag: "read" }>): Expr =>
    sums
      .filter((s) => incoming(s.slot) === e.slot)
      .map((s): Expr => read(e.type, s.name))
      .reduce(add);
  const rewritten = rewriteStep(step, (e) => (e.tag === "read" && all.has(e.slot) ? total(e) : e));
  const kept = step.slots.filter((s) => !all.has(s.name));
  const type = step.slots.find((s) => all.has(s.name))!.type;
  const added = sums.map(({ name }): Slot => ({ name, type, space: "element" }));
  return { step: pruneSlots({ ...rewritten, slots: [...kept, ...added] }), sums };
}
