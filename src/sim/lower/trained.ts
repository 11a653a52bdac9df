/** How what trains in a population acts on its step: itself, and through what is computed from it before a run. */
import { topological } from "../../ir/expr.ts";
import { type Place, place } from "../../ir/program.ts";
import { readSlot, readsOf, type Slot, type Step, slotOf } from "../../ir/step.ts";
import { isFloat } from "../../ir/types.ts";
import type { Population } from "../../model/network.ts";
import { initialName } from "../../model/trainable.ts";
import type { Fixed } from "./fixed.ts";
import type { ParameterLayout } from "./parameters.ts";

export interface TrainedSlots {
  /** Slots of the population's step that parameters in training decide. */
  readonly slots: readonly string[];
  /** Sets those slots from the parameters. A parameter that the step reads itself sets its own slot. */
  readonly source: Step;
  /** Parameters in training. */
  readonly names: readonly string[];
  /** Where the parameters lie that `source` reads, in training or not. */
  readonly args: Readonly<Record<string, Place>>;
}

/** Where a population's parameter or initial state lies among the parameters; undefined where it does not train. */
export function trainedPlace(node: string, name: string, layout: ParameterLayout): Place | undefined {
  const block = layout.blocks.get(`${node}.${name}`);
  return block?.kind === "neuron" ? place("parameters", block.offset) : undefined;
}

/** The initial value of a state in training: where it lies, and whether each neuron has its own. */
export interface TrainedStart {
  readonly place: Place;
  readonly shared: boolean;
}
export function trainedStart(
  node: string,
  p: Population,
  state: string,
  layout: ParameterLayout,
): TrainedStart | undefined {
  const name = initialName(state);
  const at = trainedPlace(node, name, layout);
  return at && { place: at, shared: p.trainable[name] === "layer" };
}

/** @param fixed where all parameters lie that are not numbers in the step */
export function trainedSlots(
  { step, computed }: Fixed,
  names: readonly string[],
  fixed: ReadonlyMap<string, Place>,
): TrainedSlots {
  const read = readsOf(step);
  const own = names.filter((name) => read.has(name));
  const through = computed.stores.filter(({ slot, value }) => read.has(slot) && isFloat(value.type));
  const decided = through.filter(({ value }) =>
    topological([value]).some((e) => e.tag === "read" && names.includes(e.slot)),
  );
  const slot = (name: string): Slot => slotOf(computed.slots.some((s) => s.name === name) ? computed : step, name);
  const kept = new Map([...computed.slots, ...own.map(slot)].map((s) => [s.name, s]));
  const itself = own.map((name) => ({ slot: name, mode: "set", value: readSlot(slot(name)) }) as const);
  return {
    slots: [...decided.map((s) => s.slot), ...own],
    source: { name: computed.name, slots: [...kept.values()], stores: [...decided, ...itself] },
    names,
    args: Object.fromEntries(fixed),
  };
}
