/** What the kernels of batch normalisation have in common: where their numbers lie, and how rows of channels are gone over. */
import { add, compare, constant, div, type Expr, max, mul, read, select, sqrt, sub } from "../../ir/expr.ts";
import { along, invoke, loop, type Node, type Place, place, type Term } from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import type { FloatType } from "../../ir/types.ts";
import type { BatchNorm } from "../../model/transform.ts";
import { elementCall } from "./bodies.ts";
import { SEGMENT } from "./context.ts";
import type { Lowered } from "./lower.ts";
import type { ParameterBlock } from "./parameters.ts";
import { stepOf } from "./stepOf.ts";

export type NormLowered = Pick<Lowered, "context" | "sources" | "parameters">;
export type Args = Readonly<Record<string, Place>>;

/** Numbers that some have noted, rows of channels: how many, their mean, and the squares around it. */
export interface Notes {
  readonly count: Place;
  readonly mean: Place;
  readonly squares: Place;
}
/** A row of channels of the batch, or all of its rows at once. */
export interface Rows {
  readonly terms: readonly Term[];
  readonly n: number;
}

export class NormParts {
  readonly name: string;
  readonly t: BatchNorm;
  readonly l: NormLowered;
  /** Elements of a row of channels. */
  readonly stride: number;

  constructor(name: string, t: BatchNorm, l: NormLowered) {
    this.name = name;
    this.t = t;
    this.l = l;
    this.stride = this.block("mean").stride;
  }

  get type(): FloatType {
    return this.l.context.type;
  }
  block(name: string): ParameterBlock {
    return this.l.parameters.blocks.get(`${this.name}.${name}`)!;
  }
  read(slot: string): Expr {
    return read(this.type, slot);
  }
  constant(x: number): Expr {
    return constant(this.type, x);
  }
  step(what: string, slots: string, store: string, mode: "set" | "add", value: Expr): Step {
    return stepOf(`${this.name}.${what}`, this.type, slots, store, mode, value);
  }
  clear(out: Place, n = this.stride): Node {
    return invoke({ kind: "zero", type: this.type }, { out }, { n });
  }

  get ofBatch(): boolean {
    return this.l.context.options.statistics === "batch";
  }
  /** Steps at hand that have statistics of their own. */
  get rows(): number {
    if (this.t.over !== "batch") return 1;
    return this.ofBatch ? this.l.context.stepsKept : this.block("mean").rows;
  }
  /** The step at hand among those that have statistics here, and among all of a sample. */
  get inStep(): Term[] {
    return this.t.over === "batch" && this.rows > 1 ? [along("t", this.stride)] : [];
  }
  get inAll(): Term[] {
    const c = this.l.context;
    if (this.t.over !== "batch") return [];
    return this.#hasAll ? c.inSample(this.stride) : [this.ofStep(c.hasSegments ? SEGMENT : "t")];
  }
  /** The row of running statistics of a step, counted by a loop. */
  ofStep(loop: string): Term {
    return along(loop, this.stride, this.#hasAll ? {} : { most: this.block("mean").rows - 1 });
  }
  /** Whether each step has running statistics of its own. Where it has not, segments are of one step, if there are any. */
  get #hasAll(): boolean {
    return this.block("mean").rows >= this.l.context.options.steps;
  }
  /** A row of channels of the parameters. */
  parameter(name: string, terms: readonly Term[] = []): Place {
    return place("parameters", this.block(name).offset, ...terms);
  }
  /** What all samples share, a number for each channel (and step at hand). */
  shared(name: string, terms: readonly Term[] = []): Place {
    const buffer = this.l.context.buffer(`${this.name}.${name}`, this.type, this.rows * this.stride, "work");
    return place(buffer, 0, ...terms);
  }
  get x(): Place {
    const { node, port } = this.t.of[0]!;
    return this.l.sources.values.get(`${node}.${port}`)!.row();
  }

  /** A body of the channels at one position after the other; `rows` are those that have all positions. */
  positions(step: Step, rows: Args, channels: Args): Node {
    const { size, channels: n } = this.t;
    const at = (p: Place): Place => ({ ...p, terms: [...p.terms, along("position", n)] });
    if (size === n) return elementCall(step, { ...rows, ...channels }, n);
    const moved = Object.fromEntries(Object.entries(rows).map(([slot, p]) => [slot, at(p)]));
    return loop("position", size / n, [elementCall(step, { ...moved, ...channels }, n)]);
  }

  /** The row of the step at hand, from statistics that are there. */
  normalise(): Node[] {
    const r = (slot: string): Expr => this.read(slot);
    const value = add(mul(sub(r("x"), r("mean")), r("scale")), r("offset"));
    const step = this.step("normalise", "e:x e:mean e:scale e:offset e:out", "out", "set", value);
    const rows = { x: this.x, out: this.l.sources.values.get(`${this.name}.value`)!.row() };
    const terms = this.ofBatch ? this.inStep : this.inAll;
    const mean = this.ofBatch ? this.shared("mean", terms) : this.parameter("mean", terms);
    return [this.positions(step, rows, { mean, scale: this.shared("scale", terms), offset: this.parameter("offset") })];
  }
  /** `scale = gain / sqrt(variance + epsilon)`, and one over that root, of one row. */
  scales(variance: Place, terms: readonly Term[]): Node[] {
    const r = (slot: string): Expr => this.read(slot);
    const root = sqrt(add(r("variance"), this.constant(this.t.epsilon)));
    const inverse = this.step("inverse", "e:variance e:out", "out", "set", div(this.constant(1), root));
    const scale = this.step("scale", "e:inverse e:gain e:out", "out", "set", mul(r("gain"), r("inverse")));
    const out = this.shared("inverse", terms);
    const of = { inverse: out, gain: this.parameter("gain"), out: this.shared("scale", terms) };
    const n = this.t.channels;
    return [elementCall(inverse, { variance, out }, n), elementCall(scale, of, n)];
  }

  /** Adds a row at hand to the sums of its channels. */
  total(x: Place, out: Place): Node {
    return this.positions(this.step("total", "e:x e:out", "out", "add", this.read("x")), { x }, { out });
  }
  /** Adds the squares around a mean. */
  squares(mean: Place, out: Place): Node {
    const centred = sub(this.read("x"), this.read("mean"));
    const step = this.step("square", "e:x e:mean e:out", "out", "add", mul(centred, centred));
    return this.positions(step, { x: this.x }, { mean, out });
  }
  /** Adds the errors, and the errors times the distance from the mean, in one pass. */
  slopes(error: Place, mean: Place, out: { readonly errors: Place; readonly slopes: Place }): Node {
    const r = (slot: string): Expr => this.read(slot);
    const slope = mul(r("dy"), sub(r("x"), r("mean")));
    const weighed = this.step("errors", "e:dy e:x e:mean e:slopes", "slopes", "add", slope);
    const step: Step = {
      ...weighed,
      slots: [...weighed.slots, { name: "errors", type: this.type, space: "element" }],
      stores: [...weighed.stores, { slot: "errors", mode: "add", value: r("dy") }],
    };
    return this.positions(step, { dy: error, x: this.x }, { mean, ...out });
  }
  /** `out /= count`, where there are any; of as many numbers. */
  each(out: Place, count: Place, n: number): Node {
    const value = div(this.read("out"), max(this.read("count"), this.constant(1)));
    return elementCall(this.step("each", "e:out e:count", "out", "set", value), { out, count }, n);
  }
  /** `out *= inverse` */
  standard(out: Place, inverse: Place, n: number): Node {
    const value = mul(this.read("out"), this.read("inverse"));
    return elementCall(this.step("standard", "e:out e:inverse", "out", "set", value), { out, inverse }, n);
  }

  /**
   * How many numbers the batch has, their mean and their variance, from what was noted (Chan et al. 1983,
   * doi:10.1080/00031305.1983.10483115).
   * @param notes one of the notes, a row
   * @param over nodes for each of them, in their order
   * @param rows the rows that this is about, and `terms` where a note belongs among them
   */
  meet(notes: Notes, over: (body: readonly Node[]) => Node[], rows: Rows, terms: readonly Term[]): Node[] {
    const r = (slot: string): Expr => this.read(slot);
    const { channels: n } = this.t;
    const at = (name: string): Place => this.shared(name, terms);
    const of = (name: string): Place => this.shared(name, rows.terms);
    const numbers = this.step("numbers", "u:count e:out", "out", "add", r("count"));
    const weighed = this.step("weighed", "e:mean u:count e:out", "out", "add", mul(r("mean"), r("count")));
    const apart = sub(r("own"), r("mean"));
    const around = add(r("squares"), mul(r("count"), mul(apart, apart)));
    const squares = this.step("around", "e:own e:mean e:squares u:count e:out", "out", "add", around);
    const { mean, count } = notes;
    const own = { own: mean, squares: notes.squares, count, mean: at("mean"), out: at("variance") };
    return [
      ...["count", "mean", "variance"].map((name) => this.clear(of(name), rows.n)),
      ...over([
        elementCall(numbers, { count, out: at("count") }, n),
        elementCall(weighed, { mean, count, out: at("mean") }, n),
      ]),
      this.each(of("mean"), of("count"), rows.n),
      ...over([elementCall(squares, own, n)]),
      this.each(of("variance"), of("count"), rows.n),
    ];
  }
  /** From sums over the batch, of errors and of errors times distances, to what `errorsBack` takes. */
  errorsMet(rows: Rows): Node[] {
    const of = (name: string): Place => this.shared(name, rows.terms);
    return [
      this.each(of("errors"), of("count"), rows.n),
      this.each(of("slopes"), of("count"), rows.n),
      // What a number's distance from the mean is multiplied with.
      this.standard(of("slopes"), of("inverse"), rows.n),
    ];
  }
  /** `dx = scale (dy - mean of dy - (x - mean) / variance · mean of dy (x - mean))`, in the step at hand. */
  errorsBack(error: Place, out: Place): Node {
    const r = (slot: string): Expr => this.read(slot);
    const rest = sub(sub(r("dy"), r("errors")), mul(sub(r("x"), r("mean")), r("slopes")));
    const slots = "e:dy e:x e:mean e:scale e:errors e:slopes e:out";
    const step = this.step("back", slots, "out", "set", mul(r("scale"), rest));
    const names = ["mean", "scale", "errors", "slopes"] as const;
    const channels = Object.fromEntries(names.map((name) => [name, this.shared(name, this.inStep)]));
    return this.positions(step, { dy: error, x: this.x, out }, channels);
  }

  /**
   * Running statistics come nearer to those of the batch by the share `momentum`; the variance is the unbiased one, of n - 1
   * (alg. 2). Steps that no sample of the batch reached stay as they were.
   * @param terms of the row among those at hand, and `inAll` among those of all steps
   */
  note(terms: readonly Term[], inAll: readonly Term[]): Node[] {
    const r = (slot: string): Expr => this.read(slot);
    const k = (x: number): Expr => this.constant(x);
    const { momentum, channels: n } = this.t;
    const nearer = (to: Expr): Expr => add(mul(k(1 - momentum), r("running")), mul(k(momentum), to));
    const seen = compare("gt", r("count"), k(0));
    const unbiased = mul(r("of"), div(r("count"), max(sub(r("count"), k(1)), k(1))));
    const noted = (to: Expr): Expr => select(seen, nearer(to), r("running"));
    const run = (name: string, to: Expr): Node => {
      const step = this.step(`note.${name}`, "e:of e:count e:running", "running", "set", noted(to));
      const args = {
        of: this.shared(name, terms),
        count: this.shared("count", terms),
        running: this.parameter(name, inAll),
      };
      return elementCall(step, args, n);
    };
    return [run("mean", r("of")), run("variance", unbiased)];
  }
}
