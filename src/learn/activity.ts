/** Counters in a population's step: they read what it computes anyway, and change nothing. */
import { RunError } from "../base/errors.ts";
import { and, compare, constant, convert, type Expr, read } from "../ir/expr.ts";
import { along, type Place, place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import { type Slot, type Step, type Store, slotOf } from "../ir/step.ts";
import { isFloat } from "../ir/types.ts";
import { isWindowed } from "../model/connection.ts";
import { namesIn } from "../model/equations/ast.ts";
import type { NeuronModel } from "../model/neuronModel.ts";
import type { Context } from "../sim/lower/context.ts";
import type { Kernel } from "../sim/lower/populations.ts";

/**
 * What a population did over the samples of an evaluation, summed. Nothing is known of one in which neurons compete: who fires
 * is found out between its kernels.
 */
export interface PopulationActivity {
  /** Spikes, or non-zero outputs of a population that answers by value; absent for a membrane that only leaks. */
  readonly active?: number;
  /**
   * NeuroBench's membrane updates: all neurons in step 1, and those whose membrane changed in later steps. Absent without
   * a membrane, and where a schedule moves it several times a step.
   */
  readonly membraneUpdates?: number;
  /** `active` of each neuron, where connections through windows listen: those at a border reach fewer targets. */
  readonly each?: ArrayLike<number>;
}

/** Buffers of the counters, after the population's name. */
const ACTIVE = "count.active";
const CHANGED = "count.changed";
const EACH = "count.each";
export const isCounter = (buffer: string): boolean => [ACTIVE, CHANGED, EACH].some((name) => buffer.endsWith(name));

interface Counter {
  readonly slot: typeof ACTIVE | typeof CHANGED | typeof EACH;
  /** Whether this element counts. */
  readonly value: Expr;
}

/** @throws {RunError} `out-of-range` where a counter might overflow */
export function counting(node: string, kernel: Kernel, c: Context): Kernel {
  const { step, args } = kernel;
  const { steps, batch } = c.options;
  if (c.net.populations[node]!.winners !== undefined) return kernel;
  if (batch * steps * c.size(node) >= 2 ** 31)
    throw new RunError(
      "out-of-range",
      "evaluator.batch",
      `${batch} samples of '${node}' could have more spikes than can be counted; use smaller batches`,
    );
  const counters = [
    ...activeCounter(step),
    ...(hearsWindows(node, c) ? activeCounter(step).map((x) => ({ ...x, slot: EACH }) as const) : []),
    ...changedCounter(step, c.net.populations[node]!.model, c),
  ];
  const added = counters.map(
    ({ slot }): Slot => ({ name: slot, type: "i32", space: slot === EACH ? "element" : "uniform" }),
  );
  const later: Slot = { name: LATER, type: "i32", space: "uniform" };
  const stores = counters.map(({ slot, value }): Store => ({ slot, mode: slot === EACH ? "add" : "sum", value }));
  const places = Object.fromEntries(
    counters.map(({ slot }) => {
      const length = slot === EACH ? c.stride(node) : 1;
      return [slot, place(c.buffer(`${node}.${slot}`, "i32", length, "output"))];
    }),
  );
  return {
    ...kernel,
    step: simplify({ ...step, slots: [...step.slots, ...added, later], stores: [...step.stores, ...stores] }),
    args: { ...args, ...places, [LATER]: laterPlace(c) },
  };
}

const hearsWindows = (node: string, { net }: Context): boolean =>
  net.connections.some((x) => x.from.node === node && isWindowed(x));

/** 0 in the first step of a sample, then 1. */
const LATER = "step.later";
function laterPlace(c: Context): Place {
  const flags = Int32Array.from({ length: c.options.steps }, (_, t) => Number(t > 0));
  return place(c.constant(LATER, flags, "i32"), 0, along("t", 1));
}

/** Who fires, or which outputs by value are not zero, for populations that do not keep a state. */
function activeCounter(step: Step): Counter[] {
  const value = activeValue(step);
  return value ? [{ slot: ACTIVE, value: convert("i32", value) }] : [];
}
function activeValue(step: Step): Expr | undefined {
  const spikes = step.stores.find((s) => s.mode === "append");
  if (spikes) return spikes.value;
  const fired = step.stores.find((s) => s.slot === "out.spike");
  if (fired) return compare("gt", fired.value, constant(fired.value.type, 0));
  if (step.stores.some((s) => s.mode === "set" && !s.slot.startsWith("out."))) return undefined;
  const value = step.stores.find((s) => s.slot.startsWith("out.") && isFloat(s.value.type));
  return value && compare("ne", value.value, constant(value.value.type, 0));
}

function changedCounter(step: Step, model: NeuronModel, c: Context): Counter[] {
  const membrane = membraneOf(model);
  const state = step.stores.find((s) => s.slot === membrane && s.mode === "set");
  if (!state || c.net.schedule.groups.length > 1) return [];
  const changed = compare("ne", state.value, read(slotOf(step, state.slot).type, state.slot));
  const later = compare("ne", read("i32", LATER), constant("i32", 0));
  return [{ slot: CHANGED, value: convert("i32", and(changed, later)) }];
}

/** The variable that the threshold looks at; without a threshold the one that inputs are added to. */
function membraneOf({ spike, port, variables }: NeuronModel): string | undefined {
  const floats = variables.filter((v) => v.type === "float").map((v) => v.name);
  const tested = spike ? [...namesIn(spike)].find((name) => floats.includes(name)) : undefined;
  return tested ?? floats.find((name) => name === port) ?? floats[0];
}

/** Reads a population's counters after a run of so many samples. */
export function activityOf(
  node: string,
  samples: number,
  c: Context,
  sums: (buffer: string) => ArrayLike<number>,
): PopulationActivity {
  const count = (name: string): number | undefined =>
    c.buffers.has(`${node}.${name}`) ? sums(`${node}.${name}`)[0] : undefined;
  const [active, changed] = [count(ACTIVE), count(CHANGED)];
  const each = c.buffers.has(`${node}.${EACH}`) && Array.from(sums(`${node}.${EACH}`)).slice(0, c.size(node));
  return {
    ...(each && { each }),
    ...(active !== undefined && { active }),
    ...(changed !== undefined && { membraneUpdates: changed + samples * c.size(node) }),
  };
}
