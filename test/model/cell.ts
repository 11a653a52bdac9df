/** Runs the steps of one neuron, one store after another, with the definition of every operation (`ir/scalar.ts`). */
import { expandExpr } from "../../src/ir/expand.ts";
import { type Expr } from "../../src/ir/expr.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { type NeuronModel } from "../../src/model/neuronModel.ts";
import { type Phase } from "../../src/model/schedule.ts";
import { neuronStep, type NeuronStepOptions } from "../../src/model/step.ts";

export type CellOptions = Partial<Omit<NeuronStepOptions, "phases">> & {
  readonly dt: number;
  readonly groups?: readonly (readonly Phase[])[];
  readonly values?: Readonly<Record<string, number>>;
};

export const LAYERED: readonly (readonly Phase[])[] = [["update", "receive", "threshold", "reset"]];
export const BRIAN: readonly (readonly Phase[])[] = [["update", "threshold"], ["receive", "reset"]];

export interface Cell {
  readonly state: Record<string, number>;
  /** One step; returns whether it fired. */
  step(inputs?: Readonly<Record<string, number>>): boolean;
}

const expanded = (e: Expr): Expr => expandExpr(e);

export function cell(model: NeuronModel, options: CellOptions): Cell {
  const { groups = LAYERED, values = {}, ...rest } = options;
  const parts = groups.map((phases) => {
    const { step, spike } = neuronStep(model, { type: "f64", ...rest, phases });
    return { stores: step.stores.map((s) => ({ slot: s.slot, value: expanded(s.value) })), spike: spike && expanded(spike) };
  });
  const state: Record<string, number> = { refractory: 0, spike: 0, ...values };
  for (const p of model.parameters) state[p.name] ??= p.value;
  for (const v of model.variables) state[v.name] ??= v.initial;
  const step = (inputs: Readonly<Record<string, number>> = {}): boolean => {
    for (const { stores, spike } of parts) {
      const memo = new Map<Expr, number>();
      const of = (e: Expr): number => evaluate(e, (leaf) => leafValue(leaf, state, inputs), memo);
      const next = stores.map((s) => [s.slot, of(s.value)] as const);
      if (spike) state.spike = of(spike);
      for (const [slot, value] of next) state[slot] = value;
    }
    return state.spike === 1;
  };
  return { state, step };
}

function leafValue(leaf: Expr, state: Readonly<Record<string, number>>, inputs: Readonly<Record<string, number>>): number {
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
