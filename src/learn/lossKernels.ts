/** What the kernels of a loss have in common: their buffers, and a short way to write an element-wise call. */
import { expand } from "../ir/expand.ts";
import { add, constant, type Expr, mul, read, sub } from "../ir/expr.ts";
import { along, type Node, type Place, place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import type { Slot, Store, StoreMode } from "../ir/step.ts";
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
/** One row a sample, of losses that compare one answer a sample. */
export const ANSWERS = "answers";
/** Of losses that compare an answer in each step: labels, and how far the best class lies from the end of all classes. */
export const STEP_LABELS = "step.labels";
export const STEP_BEST = "step.best";
/** Numbers that a batch gives: a row for each sample, or for each of its steps; and the answers in each step. */
export const TARGETS = "targets";
export const STEP_TARGETS = "step.targets";
export const STEP_ANSWERS = "step.answers";
export const LOSS = "loss";
export const LOSS_SCALE = "loss.scale";
/** One over the steps of each sample, those steps, and one over those that count. */
export const SHARE = "sample.share";
export const LENGTH = "sample.length";
export const COUNTED_SHARE = "sample.share.counted";
/** Of each sample, its last step. */
export const LAST_STEP = "sample.last";

const INTEGERS: ReadonlySet<string> = new Set(["label", "last"]);
interface Call {
  /** Slots of the step: `e:NAME` (element) and `u:NAME` (uniform) of the float type; `label` and `last` are i32. */
  readonly slots: string;
  readonly stores: readonly Store[];
  /** Elements; default the classes. */
  readonly n?: number;
}
const into =
  (mode: StoreMode) =>
  (slot: string, value: Expr): Store => ({ slot, mode, value });
/** Stores by mode: `put.set("out", value)`. */
export const put = { set: into("set"), add: into("add"), sum: into("sum"), max: into("max") } as const;

export class LossKernels {
  readonly places: LossPlaces;
  readonly context: Context;
  readonly #type: FloatType;

  constructor(places: LossPlaces) {
    const c = places.context;
    this.places = places;
    this.context = c;
    this.#type = c.type;
    c.buffer(LOSS, c.type, 1, "output");
    c.buffer(LOSS_SCALE, c.type, 1, "argument");
  }

  /** The answer of the sample, its label, and the answer's gradient. */
  get answer(): Place {
    return this.#rowOfSample(ANSWERS, "output");
  }
  get label(): Place {
    return this.context.ofSample(LABELS, "i32");
  }
  get slope(): Place {
    return this.scratch("gradient");
  }
  get stepLabel(): Place {
    return this.#ofStep(STEP_LABELS, "i32", "argument");
  }
  get stepBest(): Place {
    return this.#ofStep(STEP_BEST, this.#type, "output");
  }
  /** Numbers that the batch gives. */
  get target(): Place {
    return this.#rowOfSample(TARGETS, "argument");
  }
  get stepTarget(): Place {
    return this.#rowOfStep(STEP_TARGETS, "argument");
  }
  /** Where the answer in each step goes. */
  get stepAnswer(): Place {
    return this.#rowOfStep(STEP_ANSWERS, "output");
  }
  #rowOfSample(name: string, role: "argument" | "output"): Place {
    const { stride } = this.places.output;
    const c = this.context;
    const buffer = c.buffer(name, c.type, c.batchRoom * stride, role);
    return place(buffer, 0, along("chunk", c.options.samples * stride), along("s", stride));
  }
  #rowOfStep(name: string, role: "argument" | "output"): Place {
    const { stride } = this.places.output;
    const c = this.context;
    const sample = c.stepsStaged * stride;
    const buffer = c.buffer(name, c.type, c.batchRoom * sample, role);
    return place(buffer, 0, along("chunk", c.options.samples * sample), along("s", sample), ...c.inStaged(stride));
  }
  #ofStep(name: string, type: FloatType | "i32", role: "argument" | "output"): Place {
    const c = this.context;
    const sample = c.stepsStaged;
    const buffer = c.buffer(name, type, c.batchRoom * sample, role);
    return place(buffer, 0, along("chunk", c.options.samples * sample), along("s", sample), ...c.inStaged(1));
  }

  /** A table of all steps of a sample, for the loop over them, with or without segments. */
  ofSteps(name: string, value: (step: number) => number): Place {
    const values = Float64Array.from({ length: this.context.options.steps }, (_, t) => value(t));
    return place(this.context.constant(`loss.${name}`, values), 0, along("t", 1));
  }
  /** The step at hand, from 0, in a loop over the steps of a segment. */
  get stepNumber(): Place {
    return this.context.stepTable("loss.step", 1, (step, to, at) => void (to[at] = step));
  }
  /** What the step at hand is of the steps of its sample, from above 0 to 1, and what that lacks of 1. */
  get rise(): { nodes: Node[]; share: Place; rest: Place } {
    const [share, rest] = [this.scratch("rise", 1), this.scratch("rest", 1)];
    const risen = mul(add(this.read("step"), this.number(1)), this.read("length"));
    const node = this.call(
      "rise",
      {
        slots: "u:step u:length e:share e:rest",
        stores: [put.set("share", risen), put.set("rest", sub(this.number(1), risen))],
        n: 1,
      },
      { step: this.stepNumber, length: this.context.ofSample(SHARE), share, rest },
    );
    return { nodes: [node], share, rest };
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

  call(name: string, { slots, stores, n = this.places.classes }: Call, args: Record<string, Place>): Node {
    const list = [...new Set(slots.split(" "))].map((s): Slot => {
      const slot = s.slice(2);
      return { name: slot, type: INTEGERS.has(slot) ? "i32" : this.#type, space: s[0] === "u" ? "uniform" : "element" };
    });
    return elementCall(simplify(expand({ name: `loss.${name}`, slots: list, stores })), args, n);
  }
  copy(from: Place, to: Place): Node {
    return this.call("copy", { slots: "e:x e:out", stores: [put.set("out", this.read("x"))] }, { x: from, out: to });
  }
  set(out: Place, x: number, n = this.places.classes): Node {
    return this.call("start", { slots: "e:out", stores: [put.set("out", this.number(x))], n }, { out });
  }
}
