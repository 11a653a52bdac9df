/** What a population's step leaves behind beside its state, as stores added to the step. */
import { and, compare, constant, convert, type Expr, mul, read } from "../../ir/expr.ts";
import type { Slot, Store } from "../../ir/step.ts";
import { SPIKE } from "../../model/slots.ts";
import type { Context } from "./context.ts";

export interface Emission {
  /** Spikes as lists. */
  readonly spikes: boolean;
  /** Custom events as lists. */
  readonly events: readonly string[];
  /** Outputs by value; `spike` is the spike as 0 or 1. */
  readonly values: readonly string[];
  /** For training: the spike as a number (`out.spike`, to be differentiated), its bits, and a mask that silences neurons. */
  readonly training?: { readonly bits: boolean; readonly mask: boolean };
}

/** What one group of phases finds out. */
interface Part {
  readonly spike?: Expr;
  readonly spikeValue?: Expr;
  /** Where neurons compete, how far it is above threshold: who fires is told by slot `spike` when it has been found out. */
  readonly excess?: Expr;
  readonly outputs: ReadonlyMap<string, Expr>;
}

/** Events are found with the threshold, in the first group of phases. */
const eventStores = ({ outputs }: Part, { events }: Emission): Store[] =>
  events.map((name) => ({ slot: `events.${name}`, mode: "append", value: outputs.get(name)! }));

/** A group of phases: which of them it is, whether it ends the step, and whether neurons compete for who fires. */
interface Group {
  readonly number: number;
  readonly last: boolean;
  readonly contested: boolean;
}

export function emissionStores(part: Part, emission: Emission, group: Group, c: Context): Store[] {
  const mask = emission.training?.mask ? read(c.type, "mask") : undefined;
  const { number, last, contested } = group;
  return [
    ...(contested ? contestedStores(part, emission, last, c) : spikeStores(part, emission, mask, c)),
    ...(number === 0 ? eventStores(part, emission) : []),
    ...(last ? valueStores(part, emission, mask, c) : []),
    // Tells the next group of phases who fired.
    ...(part.spike && !last ? [{ slot: SPIKE, mode: "set", value: convert(c.type, part.spike) } as const] : []),
  ];
}

function spikeStores(part: Part, { spikes, values, training }: Emission, mask: Expr | undefined, c: Context): Store[] {
  if (!part.spike || !part.spikeValue) return [];
  const heard = mask ? and(part.spike, compare("gt", mask, constant(c.type, 0))) : part.spike;
  const value = mask ? mul(part.spikeValue, mask) : part.spikeValue;
  const stores: Store[] = [];
  if (spikes) stores.push({ slot: "spikes", mode: "append", value: heard, ...(c.rareSpikes && { rare: true }) });
  if (training?.bits) stores.push({ slot: "bits", mode: "bits", value: heard });
  if (training || values.includes("spike")) stores.push({ slot: "out.spike", mode: "set", value });
  return stores;
}

/** Those above threshold, and how far; in the end, who of them fired. */
function contestedStores({ spike, excess }: Part, { values }: Emission, last: boolean, c: Context): Store[] {
  const told = last && values.includes(SPIKE);
  return [
    ...(spike && excess ? [{ slot: "spikes", mode: "append", value: spike } as const, setTo(EXCESS, excess)] : []),
    ...(told ? [setTo(`out.${SPIKE}`, read(c.type, SPIKE))] : []),
  ];
}
const setTo = (slot: string, value: Expr): Store => ({ slot, mode: "set", value });
/** How far each neuron is above threshold. */
export const EXCESS = `${SPIKE}.excess`;

function valueStores(part: Part, { values }: Emission, mask: Expr | undefined, c: Context): Store[] {
  return values
    .filter((v) => v !== SPIKE)
    .map((name) => {
      const value = convert(c.type, part.outputs.get(name)!);
      return { slot: `out.${name}`, mode: "set", value: mask ? mul(value, mask) : value };
    });
}

/** Slots for added stores, and for what they read. */
export function emissionSlots(stores: readonly Store[], known: readonly Slot[], c: Context): Slot[] {
  const names = new Set(known.map((s) => s.name));
  const added = stores
    .filter((s) => !names.has(s.slot))
    .map((s): Slot => {
      const list = s.mode === "append" || s.mode === "bits";
      return { name: s.slot, type: list ? "u32" : s.value.type, space: list ? "uniform" : "element" };
    });
  return [...added, { name: "mask", type: c.type, space: "element" }];
}
