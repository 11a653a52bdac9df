/** What the kernels of a loss have in common: their buffers, and a short way to write an element-wise call. */
import { expand } from "../ir/expand.ts";
import { constant, type Expr, read } from "../ir/expr.ts";
import { along, type Node, type Place, place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import type { Slot, StoreMode } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import type { ValueSignal } from "../sim/lower/signals.ts";

/** Everything the kernels of a loss touch. */
export interface LossPlaces {
  readonly context: Context;
  readonly classes: number;
  /** Rows of the output, by step; for `count` the rows of its spikes as numbers. */
  readonly output: ValueSignal;
  /** Gradient with respect to each row; absent when only evaluating. */
  readonly gradient: Place | undefined;
}

/** Buffers that the host reads or writes. */
export const LABELS = "labels";
export const ANSWERS = "answers";
export const LOSS = "loss";
export const LOSS_SCALE = "loss.scale";

interface Call {
  /** Slots of the step: `e:NAME` (element) and `u:NAME` (uniform) of the float type; `label` is i32. */
  readonly slots: string;
  /** Where the value goes: a slot, default `out`, and how, default `set`. */
  readonly store?: string;
  readonly mode?: StoreMode;
  readonly value: Expr;
  /** Elements; default the classes. */
  readonly n?: number;
}

export class LossKernels {
  readonly places: LossPlaces;
  readonly context: Context;
  readonly steps: number;
  /** The answer of the sample. */
  readonly answer: Place;
  readonly label: Place;
  /** Its gradient. */
  readonly slope: Place;
  readonly #type: FloatType;

  constructor(places: LossPlaces) {
    const c = places.context;
    const { samples, steps } = c.options;
    const { stride } = places.output;
    this.places = places;
    this.context = c;
    this.steps = steps;
    this.#type = c.type;
    const batch = c.chunks * samples;
    const answers = c.buffer(ANSWERS, c.type, batch * stride, "output");
    this.answer = place(answers, 0, along("chunk", samples * stride), along("s", stride));
    this.label = place(c.buffer(LABELS, "i32", batch, "argument"), 0, along("chunk", samples), along("s", 1));
    this.slope = this.scratch("gradient");
    c.buffer(LOSS, c.type, 1, "output");
    c.buffer(LOSS_SCALE, c.type, 1, "argument");
  }

  scratch(name: string, length = this.places.output.stride): Place {
    return place(this.context.buffer(`loss.${name}`, this.#type, length, "work"));
  }
  read(slot: string): Expr {
    return read(this.#type, slot);
  }
  number(x: number): Expr {
    return constant(this.#type, x);
  }

  call(
    name: string,
    { slots, store = "out", mode = "set", value, n = this.places.classes }: Call,
    args: Record<string, Place>,
  ): Node {
    const list = slots.split(" ").map((s): Slot => {
      const slot = s.slice(2);
      return { name: slot, type: slot === "label" ? "i32" : this.#type, space: s[0] === "u" ? "uniform" : "element" };
    });
    const step = simplify(expand({ name: `loss.${name}`, slots: list, stores: [{ slot: store, mode, value }] }));
    return elementCall(step, args, n);
  }
  set(out: Place, x: number, n = this.places.classes): Node {
    return this.call("start", { slots: "e:out", value: this.number(x), n }, { out });
  }
}
