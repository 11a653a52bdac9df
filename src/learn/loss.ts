/** Losses as plain data, and as kernels over the rows of the output. */
import { add, call, compare, constant, convert, div, type Expr, index, max, mul, read, select, sub } from "../ir/expr.ts";
import { expand } from "../ir/expand.ts";
import { invoke, type Node, type Place, place, along, shifted } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import { type Slot, type Step, type StoreMode } from "../ir/step.ts";
import { type FloatType, type Type } from "../ir/types.ts";
import { type Context } from "../sim/lower/context.ts";
import { overSteps } from "../sim/lower/contributions.ts";
import { type ValueSignal } from "../sim/lower/signals.ts";

/** How the output of all steps becomes one answer: membranes, or spikes counted. */
export type Pooling = "sum" | "mean" | "last" | "max" | "count";
/** `crossEntropy` of softmax(answer) with the label; `meanSquared` of the answer with the one-hot label scaled by `target`. */
export type Loss =
  | { readonly kind: "crossEntropy"; readonly pooling: Pooling }
  | { readonly kind: "meanSquared"; readonly pooling: Pooling; readonly target: number };

export const crossEntropy = (pooling: Pooling = "mean"): Loss => ({ kind: "crossEntropy", pooling });
export const meanSquared = (pooling: Pooling = "mean", target = 1): Loss => ({ kind: "meanSquared", pooling, target });

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

/** Kernel calls for one sample: its answer, its loss, and if asked the gradient of every step's row. */
export function lossNodes(loss: Loss, p: LossPlaces): Node[] {
  return new LossBuilder(loss, p).nodes();
}

class LossBuilder {
  readonly #loss: Loss;
  readonly #p: LossPlaces;
  readonly #c: Context;
  readonly #type: FloatType;
  readonly #answer: Place;

  constructor(loss: Loss, p: LossPlaces) {
    this.#loss = loss;
    this.#p = p;
    this.#c = p.context;
    this.#type = this.#c.type;
    const { samples } = this.#c.options;
    const stride = this.#p.output.stride;
    const batch = this.#c.chunks * samples;
    this.#answer = place(this.#c.buffer(ANSWERS, this.#type, batch * stride, "output"), 0, along("chunk", samples * stride), along("s", stride));
    this.#c.buffer(LABELS, "i32", batch, "argument");
    this.#c.buffer(LOSS, this.#type, 1, "output");
    this.#c.buffer(LOSS_SCALE, this.#type, 1, "argument");
  }

  nodes(): Node[] {
    const row = this.#p.output.row();
    const local = this.#scratch("gradient");
    return [
      ...this.#pool(row),
      ...(this.#loss.kind === "crossEntropy" ? this.#crossEntropy(local) : this.#meanSquared(local, this.#loss.target)),
      ...(this.#p.gradient ? this.#spread(row, local, this.#p.gradient) : []),
    ];
  }

  get #steps(): number {
    return this.#c.options.steps;
  }
  get #label(): Place {
    return place(LABELS, 0, along("chunk", this.#c.options.samples), along("s", 1));
  }
  #scratch(name: string, length = this.#p.output.stride, type: Type = this.#type): Place {
    return place(this.#c.buffer(`loss.${name}`, type, length, "work"));
  }
  #read(slot: string): Expr {
    return read(this.#type, slot);
  }
  #number(x: number): Expr {
    return constant(this.#type, x);
  }
  /** A kernel over slots `e:NAME` (element) and `u:NAME` (uniform) of the float type; `label` is i32. */
  #run(name: string, slots: string, store: string, mode: StoreMode, value: Expr, args: Record<string, Place>, n = this.#p.classes): Node {
    const list = slots.split(" ").map((s): Slot => ({ name: s.slice(2), type: s === "u:label" ? "i32" : this.#type, space: s[0] === "u" ? "uniform" : "element" }));
    const step: Step = simplify(expand({ name: `loss.${name}`, slots: list, stores: [{ slot: store, mode, value }] }));
    return invoke({ kind: "perElement", step }, args, { n });
  }
  #set(out: Place, x: number, n = this.#p.classes): Node {
    return this.#run("start", "e:out", "out", "set", this.#number(x), { out }, n);
  }

  /** The answer of a sample from the rows of its steps. */
  #pool(row: Place): Node[] {
    const { pooling } = this.#loss;
    const answer = this.#answer;
    const [x, out] = [this.#read("x"), this.#read("out")];
    if (pooling === "last") return [this.#run("last", "e:x e:out", "out", "set", x, { x: this.#rowAt(this.#steps - 1), out: answer })];
    if (pooling === "max")
      return [this.#set(answer, Number.NEGATIVE_INFINITY), ...overSteps(this.#c, [this.#run("max", "e:x e:out", "out", "set", max(out, x), { x: row, out: answer })])];
    const sum = [this.#set(answer, 0), ...overSteps(this.#c, [this.#run("add", "e:x e:out", "out", "add", x, { x: row, out: answer })])];
    if (pooling !== "mean") return sum;
    return [...sum, this.#run("mean", "e:out", "out", "set", mul(out, this.#number(1 / this.#steps)), { out: answer })];
  }
  #rowAt(step: number): Place {
    return shifted(this.#p.output.rowsOfSample(), step * this.#p.output.stride);
  }

  /** -log softmax(answer)[label], and (softmax - one-hot) · scale. */
  #crossEntropy(gradient: Place): Node[] {
    const answer = this.#answer;
    const [x, out] = [this.#read("x"), this.#read("out")];
    const [top, sum, e, own] = [this.#scratch("top", 4), this.#scratch("sum", 4), this.#scratch("exp"), this.#scratch("own", 4)];
    const isLabel = compare("eq", convert("i32", index()), read("i32", "label"));
    const label = this.#label;
    const scaled = mul(sub(div(x, this.#read("sum")), select(isLabel, this.#number(1), this.#number(0))), this.#read("scale"));
    return [
      this.#set(top, Number.NEGATIVE_INFINITY, 1),
      this.#run("top", "e:x u:out", "out", "max", x, { x: answer, out: top }),
      this.#run("exp", "e:x u:top e:out", "out", "set", call("exp", sub(x, this.#read("top"))), { x: answer, top, out: e }),
      this.#set(sum, 0, 1),
      this.#run("sum", "e:x u:out", "out", "sum", x, { x: e, out: sum }),
      this.#set(own, 0, 1),
      this.#run("own", "e:x u:label u:out", "out", "sum", select(isLabel, x, this.#number(0)), { x: answer, label, out: own }),
      this.#run("crossEntropy", "u:top u:sum u:own e:out", "out", "add", sub(add(this.#read("top"), call("log", this.#read("sum"))), this.#read("own")),
        { top, sum, own, out: place(LOSS) }, 1),
      this.#run("crossEntropy.gradient", "e:x u:sum u:label u:scale e:out", "out", "set", scaled, { x: e, sum, label, scale: place(LOSS_SCALE), out: gradient }),
    ];
  }

  /** Σ (answer - target)² / classes, and 2 (answer - target) / classes · scale. */
  #meanSquared(gradient: Place, target: number): Node[] {
    const isLabel = compare("eq", convert("i32", index()), read("i32", "label"));
    const difference = sub(this.#read("x"), select(isLabel, this.#number(target), this.#number(0)));
    const share = this.#number(1 / this.#p.classes);
    return [
      this.#run("square", "e:x u:label u:out", "out", "sum", mul(mul(difference, difference), share), { x: this.#answer, label: this.#label, out: place(LOSS) }),
      this.#run("square.gradient", "e:x u:label u:scale e:out", "out", "set", mul(mul(mul(this.#number(2), difference), share), this.#read("scale")),
        { x: this.#answer, label: this.#label, scale: place(LOSS_SCALE), out: gradient }),
    ];
  }

  /** The answer's gradient to the rows it came from. */
  #spread(row: Place, local: Place, gradient: Place): Node[] {
    const { pooling } = this.#loss;
    const x = this.#read("x");
    const copy = (name: string, value: Expr): Node => this.#run(name, "e:x e:out", "out", "set", value, { x: local, out: gradient });
    if (pooling === "sum" || pooling === "count") return overSteps(this.#c, [copy("spread", x)]);
    if (pooling === "mean") return overSteps(this.#c, [copy("spread.mean", mul(x, this.#number(1 / this.#steps)))]);
    if (pooling === "last") {
      const last = shifted({ ...gradient, terms: gradient.terms.filter((t) => t.loop !== "t") }, (this.#steps - 1) * this.#p.output.stride);
      return [...overSteps(this.#c, [this.#set(gradient, 0)]), this.#run("spread", "e:x e:out", "out", "set", x, { x: local, out: last })];
    }
    // The first step that reaches the maximum gets it all.
    const open = this.#scratch("open");
    const hit = compare("eq", this.#read("y"), this.#read("answer"));
    const isOpen = compare("gt", this.#read("open"), this.#number(0));
    const args = { y: row, answer: this.#answer, open };
    return [
      this.#set(open, 1),
      ...overSteps(this.#c, [
        this.#run("spread.max", "e:x e:y e:answer e:open e:out", "out", "set", select(hit, select(isOpen, x, this.#number(0)), this.#number(0)), { ...args, x: local, out: gradient }),
        this.#run("close", "e:y e:answer e:open", "open", "set", select(hit, this.#number(0), this.#read("open")), args),
      ]),
    ];
  }
}
