/** Runs the steps of one neuron, one store after another, with the definition of every operation (`ir/scalar.ts`). */
import { expand } from "../../src/ir/expand.ts";
import { type Expr, operands, topological } from "../../src/ir/expr.ts";
import { applyNode } from "../../src/ir/scalar.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import type { Phase } from "../../src/model/schedule.ts";
import { type NeuronStepOptions, neuronStep } from "../../src/model/step.ts";

export type CellOptions = Partial<Omit<NeuronStepOptions, "phases">> & {
  readonly dt: number;
  readonly groups?: readonly (readonly Phase[])[];
  readonly values?: Readonly<Record<string, number>>;
};

export const LAYERED: readonly (readonly Phase[])[] = [["update", "receive", "threshold", "reset"]];
export const BRIAN: readonly (readonly Phase[])[] = [
  ["update", "threshold"],
  ["receive", "reset"],
];

export interface Cell {
  readonly state: Record<string, number>;
  /** One step; returns whether it fired. */
  step(inputs?: Readonly<Record<string, number>>): boolean;
}

type Leaf = (leaf: Expr) => number;
/** The roots as a function of their leaves: `evaluate`, with the nodes put in order once. */
function evaluator(roots: readonly Expr[]): (leaf: Leaf) => number[] {
  const order = topological(roots);
  const number = new Map(order.map((e, k) => [e, k]));
  const args = order.map((e) => operands(e).map((o) => number.get(o)!));
  return (leaf) => {
    const values: number[] = [];
    for (const [k, e] of order.entries())
      values.push(
        e.tag === "read" || e.tag === "index"
          ? leaf(e)
          : applyNode(
              e,
              args[k]!.map((o) => values[o]!),
            ),
      );
    return roots.map((r) => values[number.get(r)!]!);
  };
}

export function cell(model: NeuronModel, options: CellOptions): Cell {
  const { groups = LAYERED, values = {}, ...rest } = options;
  const parts = groups.map((phases) => {
    const { step, spike } = neuronStep(model, { type: "f64", ...rest, phases });
    const stores = [...step.stores, ...(spike ? [{ slot: "spike", mode: "set" as const, value: spike }] : [])];
    return { slots: stores.map((s) => s.slot), run: evaluator(expand({ ...step, stores }).stores.map((s) => s.value)) };
  });
  const state: Record<string, number> = { refractory: 0, spike: 0, ...values };
  for (const p of model.parameters) state[p.name] ??= p.value;
  for (const v of model.variables) state[v.name] ??= v.initial;
  const step = (inputs: Readonly<Record<string, number>> = {}): boolean => {
    for (const { slots, run } of parts) {
      const next = run((leaf) => leafValue(leaf, state, inputs));
      slots.forEach((slot, k) => {
        state[slot] = next[k]!;
      });
    }
    return state.spike === 1;
  };
  return { state, step };
}

function leafValue(
  leaf: Expr,
  state: Readonly<Record<string, number>>,
  inputs: Readonly<Record<string, number>>,
): number {
  if (leaf.tag !== "read") return 0;
  const value = leaf.slot.startsWith("in.") ? (inputs[leaf.slot.slice(3)] ?? 0) : state[leaf.slot];
  if (value === undefined) throw new Error(`cell: no value for slot '${leaf.slot}'`);
  return value;
}

/** Units in the last place between two doubles of similar size. */
export function ulps(a: number, b: number): number {
  const size = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(a), Math.abs(b), 2 ** -1000))) - 52);
  return Math.abs(a - b) / size;
}
