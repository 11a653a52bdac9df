/** Small steps that the lowering needs over and over. */
import { constant, mul, read } from "../../ir/expr.ts";
import { signatureOf } from "../../ir/kernelArguments.ts";
import { type Invoke, invoke, type Place } from "../../ir/program.ts";
import type { Step, StoreMode } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";

/** Makes each body once a type and variant, so that equal kernels are compiled once. */
function once<A extends readonly (string | undefined)[]>(make: (...variant: A) => Step): (...variant: A) => Step {
  const made = new Map<string, Step>();
  return (...variant) => {
    const key = variant.join(" ");
    let step = made.get(key);
    if (!step) made.set(key, (step = make(...variant)));
    return step;
  };
}

const transfer = (name: string, mode: StoreMode): ((type: Type) => Step) =>
  once((type: Type) => ({
    name,
    slots: [
      { name: "x", type, space: "element" },
      { name: "out", type, space: "element" },
    ],
    stores: [{ slot: "out", mode, value: read(type, "x") }],
  }));

/** `out = x` */
export const copyStep = transfer("copy", "set");
/** `out += x` */
export const addStep = transfer("add", "add");

/** `out += x; x = 0` */
export const drainStep = once(
  (type: Type): Step => ({
    name: "drain",
    slots: [
      { name: "x", type, space: "element" },
      { name: "out", type, space: "element" },
    ],
    stores: [
      { slot: "out", mode: "add", value: read(type, "x") },
      { slot: "x", mode: "set", value: constant(type, 0) },
    ],
  }),
);

/** `out = 0` */
export const clearStep = once(
  (type: Type): Step => ({
    name: "clear",
    slots: [{ name: "out", type, space: "element" }],
    stores: [{ slot: "out", mode: "set", value: constant(type, 0) }],
  }),
);

/** Whether each synapse has a weight, or all have one. */
type Weights = "synapse" | "uniform";

/** `out_post += w` */
export const deliverStep = once(
  (type: Type, space: Weights = "synapse"): Step => ({
    name: "deliver",
    slots: [
      { name: "w", type, space },
      { name: "in", type, space: "post" },
    ],
    stores: [{ slot: "in", mode: "add", value: read(type, "w") }],
  }),
);
/** `out_post += w · x_pre` */
export const deliverValueStep = once(
  (type: Type, space: Weights = "synapse"): Step => ({
    name: "deliverValue",
    slots: [
      { name: "w", type, space },
      { name: "x", type, space: "pre" },
      { name: "in", type, space: "post" },
    ],
    stores: [{ slot: "in", mode: "add", value: mul(read(type, "w"), read(type, "x")) }],
  }),
);
/** Runs a step over `n` elements, bound to those of the places that it uses. */
export function elementCall(step: Step, places: Readonly<Record<string, Place>>, n: number): Invoke {
  const kernel = { kind: "perElement", step } as const;
  const { args } = signatureOf(kernel);
  return invoke(kernel, Object.fromEntries(args.flatMap((name) => (places[name] ? [[name, places[name]]] : []))), {
    n,
  });
}
