/**
 * Batch normalisation as kernels (Ioffe & Szegedy 2015, arXiv:1502.03167). Element k of a row is of channel k mod channels,
 * so that a row is a run of positions of all channels.
 *
 * With statistics of the batch, each sample notes the mean and the squares around it of its own rows while they are near.
 * When all samples are there these meet in the order of the samples, on one thread: so neither chunks, shards nor threads
 * change a bit, and no second pass over the rows is needed (Chan et al. 1983, doi:10.1080/00031305.1983.10483115).
 */
import { add, compare, constant, convert, div, type Expr, max, mul, read, select, sqrt, sub } from "../../ir/expr.ts";
import { along, invoke, loop, type Node, type Place, place, type Term } from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import type { FloatType } from "../../ir/types.ts";
import type { BatchNorm } from "../../model/transform.ts";
import { elementCall } from "./bodies.ts";
import { SAMPLE_STEPS } from "./context.ts";
import { overSteps } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import type { ParameterBlock } from "./parameters.ts";
import { stepOf } from "./stepOf.ts";

type Parts = Pick<Lowered, "context" | "sources" | "parameters">;
type Args = Readonly<Record<string, Place>>;

/** The kernels of one node. */
export class NormKernels {
  readonly name: string;
  readonly #t: BatchNorm;
  readonly #l: Parts;
  /** Elements of a row of channels. */
  readonly #stride: number;

  constructor(name: string, t: BatchNorm, l: Parts) {
    this.name = name;
    this.#t = t;
    this.#l = l;
    this.#stride = this.#block("mean").stride;
  }

  get #type(): FloatType {
    return this.#l.context.type;
  }
  get #ofBatch(): boolean {
    return this.#l.context.options.statistics === "batch";
  }
  #block(name: string): ParameterBlock {
    return this.#l.parameters.blocks.get(`${this.name}.${name}`)!;
  }
  #read(slot: string): Expr {
    return read(this.#type, slot);
  }
  /** Steps that have statistics of their own. */
  get #rows(): number {
    return this.#block("mean").rows;
  }
  get #inStep(): Term[] {
    return this.#t.over === "batch" ? [along("t", this.#stride)] : [];
  }
  /** A row of channels of the parameters; of running statistics that of the step at hand, or the first of all. */
  #parameter(name: string, terms: readonly Term[] = []): Place {
    return place("parameters", this.#block(name).offset, ...terms);
  }
  /** What all samples share, a number for each channel (and step). */
  shared(name: string, terms: readonly Term[] = []): Place {
    return place(
      this.#l.context.buffer(`${this.name}.${name}`, this.#type, this.#rows * this.#stride, "work"),
      0,
      ...terms,
    );
  }
  /** What each sample notes, a number for each channel (and step). */
  ofSample(name: string, terms: readonly Term[] = this.#inStep): Place {
    const { context: c } = this.#l;
    const each = this.#rows * this.#stride;
    const buffer = c.buffer(`${this.name}.${name}`, this.#type, c.batchRoom * each, "work");
    return place(buffer, 0, along("chunk", c.options.samples * each), along("s", each), ...terms);
  }

  /** A body of the channels at one position after the other; `rows` are those that have all positions. */
  #positions(step: Step, rows: Args, channels: Args): Node {
    const { size, channels: n } = this.#t;
    const at = (p: Place): Place => ({ ...p, terms: [...p.terms, along("position", n)] });
    if (size === n) return elementCall(step, { ...rows, ...channels }, n);
    const moved = Object.fromEntries(Object.entries(rows).map(([slot, p]) => [slot, at(p)]));
    return loop("position", size / n, [elementCall(step, { ...moved, ...channels }, n)]);
  }
  /** A body of all channels, of every step that has statistics. */
  #everywhere(step: Step, args: Args): Node {
    return elementCall(step, args, this.#rows * this.#stride);
  }
  #step(what: string, slots: string, store: string, mode: "set" | "add", value: Expr): Step {
    return stepOf(`${this.name}.${what}`, this.#type, slots, store, mode, value);
  }
  #clear(out: Place, n: number): Node {
    return invoke({ kind: "zero", type: this.#type }, { out }, { n });
  }

  get #x(): Place {
    const { node, port } = this.#t.of[0]!;
    return this.#l.sources.values.get(`${node}.${port}`)!.row();
  }
  /** Where the mean, and the gain over the deviation, lie. */
  #means(terms: readonly Term[]): Place {
    return this.#ofBatch ? this.shared("mean", terms) : this.#parameter("mean", terms);
  }

  /** The row of the step at hand, from statistics that are there. */
  normalise(): Node[] {
    const [r, t] = [(slot: string) => this.#read(slot), this.#inStep];
    const value = add(mul(sub(r("x"), r("mean")), r("scale")), r("offset"));
    const step = this.#step("normalise", "e:x e:mean e:scale e:offset e:out", "out", "set", value);
    const rows = { x: this.#x, out: this.#l.sources.values.get(`${this.name}.value`)!.row() };
    const channels = { mean: this.#means(t), scale: this.shared("scale", t), offset: this.#parameter("offset") };
    return [this.#positions(step, rows, channels)];
  }
  /** Gain over deviation, from running statistics: when parameters have been written. */
  prepare(): Node[] {
    if (this.#ofBatch) return [];
    return this.#scales(this.#parameter("variance", [along("row", this.#stride)]));
  }
  /** `scale = gain / sqrt(variance + epsilon)`, row by row, and one over that root. */
  #scales(variance: Place): Node[] {
    const r = (slot: string): Expr => this.#read(slot);
    const row = [along("row", this.#stride)];
    const root = sqrt(add(r("variance"), constant(this.#type, this.#t.epsilon)));
    const inverse = this.#step("inverse", "e:variance e:out", "out", "set", div(constant(this.#type, 1), root));
    const scale = this.#step("scale", "e:inverse e:gain e:out", "out", "set", mul(r("gain"), r("inverse")));
    const out = this.shared("inverse", row);
    const of = { inverse: out, gain: this.#parameter("gain"), out: this.shared("scale", row) };
    const n = this.#t.channels;
    return [loop("row", this.#rows, [elementCall(inverse, { variance, out }, n), elementCall(scale, of, n)])];
  }

  /** Of the sample at hand, when all its steps are there: how many numbers a channel has, their mean, and squares around it. */
  notes(): Node[] {
    const { context: c } = this.#l;
    const r = (slot: string): Expr => this.#read(slot);
    const [mean, squares, count] = [
      this.ofSample("sample.mean"),
      this.ofSample("sample.squares"),
      this.#countOfSample(),
    ];
    const n = this.#t.channels;
    const total = this.#step("total", "e:x e:out", "out", "add", r("x"));
    const divide = this.#step("divide", "e:out u:count", "out", "set", div(r("out"), r("count")));
    const centred = sub(r("x"), r("mean"));
    const square = this.#step("square", "e:x e:mean e:out", "out", "add", mul(centred, centred));
    const start = [this.#clear(mean, this.#stride), this.#clear(squares, this.#stride)];
    const sums = this.#positions(total, { x: this.#x }, { out: mean });
    const middle = elementCall(divide, { out: mean, count }, n);
    const around = this.#positions(square, { x: this.#x }, { mean, out: squares });
    if (this.#t.over === "batch") return [this.#count(), ...overSteps(c, [...start, sums, middle, around])];
    return [this.#count(), ...start, ...overSteps(c, [sums]), middle, ...overSteps(c, [around])];
  }
  /** Numbers that a sample has of each channel: in a step, or in all its steps. */
  #countOfSample(): Place {
    return this.#l.context.ofSample(`${this.name}.sample.count`);
  }
  #count(): Node {
    const { context: c } = this.#l;
    const positions = constant(this.#type, this.#t.size / this.#t.channels);
    const steps = convert(this.#type, read("i32", "steps"));
    const value = this.#t.over === "batch" ? positions : mul(steps, positions);
    const step: Step = {
      name: `${this.name}.count`,
      slots: [
        { name: "steps", type: "i32", space: "uniform" },
        { name: "out", type: this.#type, space: "element" },
      ],
      stores: [{ slot: "out", mode: "set", value }],
    };
    return elementCall(step, { steps: c.ofSample(SAMPLE_STEPS, "i32"), out: this.#countOfSample() }, 1);
  }

  /** Over all samples of the batch in their order, and where steps have their own statistics over those of the sample. */
  #overBatch(body: readonly Node[]): Node {
    const { context: c } = this.#l;
    const inSample = this.#t.over === "batch" ? [loop("t", c.ofSample(SAMPLE_STEPS, "i32"), body)] : body;
    return loop("chunk", c.chunks, [loop("s", c.sampleCount, inSample)]);
  }
  /** When all samples are there: mean, variance and scale of the batch. */
  meet(): Node[] {
    const r = (slot: string): Expr => this.#read(slot);
    const [all, n, t] = [this.#rows * this.#stride, this.#t.channels, this.#inStep];
    const own = {
      mean: this.ofSample("sample.mean"),
      squares: this.ofSample("sample.squares"),
      count: this.#countOfSample(),
    };
    const names = ["count", "mean", "variance"] as const;
    const at = Object.fromEntries(names.map((name) => [name, this.shared(name, t)])) as Record<
      (typeof names)[number],
      Place
    >;
    const of = Object.fromEntries(names.map((name) => [name, this.shared(name)])) as Record<
      (typeof names)[number],
      Place
    >;
    const numbers = this.#step("numbers", "u:count e:out", "out", "add", r("count"));
    const weighed = this.#step("weighed", "e:mean u:count e:out", "out", "add", mul(r("mean"), r("count")));
    const apart = sub(r("own"), r("mean"));
    const around = add(r("squares"), mul(r("count"), mul(apart, apart)));
    const squares = this.#step("around", "e:own e:mean e:squares u:count e:out", "out", "add", around);
    const each = this.#step(
      "each",
      "e:out e:count",
      "out",
      "set",
      div(r("out"), max(r("count"), constant(this.#type, 1))),
    );
    return [
      ...names.map((name) => this.#clear(of[name], all)),
      this.#overBatch([
        elementCall(numbers, { count: own.count, out: at.count }, n),
        elementCall(weighed, { ...own, out: at.mean }, n),
      ]),
      this.#everywhere(each, { out: of.mean, count: of.count }),
      this.#overBatch([
        elementCall(
          squares,
          { own: own.mean, squares: own.squares, count: own.count, mean: at.mean, out: at.variance },
          n,
        ),
      ]),
      this.#everywhere(each, { out: of.variance, count: of.count }),
      ...this.#scales(this.shared("variance", [along("row", this.#stride)])),
    ];
  }
  /**
   * After an update: running statistics come nearer to those of the batch by the share `momentum`; the variance is the
   * unbiased one, of n - 1 (alg. 2). Steps that no sample of the batch reached stay as they were.
   */
  note(): Node[] {
    const r = (slot: string): Expr => this.#read(slot);
    const k = (x: number): Expr => constant(this.#type, x);
    const { momentum, channels: n } = this.#t;
    const nearer = (to: Expr): Expr => add(mul(k(1 - momentum), r("running")), mul(k(momentum), to));
    const seen = compare("gt", r("count"), k(0));
    const unbiased = mul(r("of"), div(r("count"), max(sub(r("count"), k(1)), k(1))));
    const noted = (to: Expr): Expr => select(seen, nearer(to), r("running"));
    const row = [along("row", this.#stride)];
    const run = (name: string, to: Expr): Node => {
      const step = this.#step(`note.${name}`, "e:of e:count e:running", "running", "set", noted(to));
      const args = {
        of: this.shared(name, row),
        count: this.shared("count", row),
        running: this.#parameter(name, row),
      };
      return elementCall(step, args, n);
    };
    return [loop("row", this.#rows, [run("mean", r("of")), run("variance", unbiased)])];
  }

  /**
   * Of the sample at hand, going backwards: sums of the errors, and of the errors times the distance from the mean.
   * @param error of the value in the step at hand
   */
  errorNotes(error: Place): { start: Node[]; steps: Node[] } {
    const r = (slot: string): Expr => this.#read(slot);
    const [errors, slopes] = [this.ofSample("sample.errors"), this.ofSample("sample.slopes")];
    const start = [this.#clear(errors, this.#stride), this.#clear(slopes, this.#stride)];
    const slope = mul(r("dy"), sub(r("x"), r("mean")));
    const weighed = this.#step("errors", "e:dy e:x e:mean e:slopes", "slopes", "add", slope);
    const both: Step = {
      ...weighed,
      slots: [...weighed.slots, { name: "errors", type: this.#type, space: "element" }],
      stores: [...weighed.stores, { slot: "errors", mode: "add", value: r("dy") }],
    };
    const mean = this.shared("mean", this.#inStep);
    const steps = [this.#positions(both, { dy: error, x: this.#x }, { mean, errors, slopes })];
    return this.#t.over === "batch" ? { start: [], steps: [...start, ...steps] } : { start, steps };
  }
  /**
   * When the errors of all samples are there: the gradients of offset and gain, and what the errors at the source need.
   * @param gradient where the gradient of a block lies
   */
  errorsMeet(gradient: (block: ParameterBlock) => Place): Node[] {
    const r = (slot: string): Expr => this.#read(slot);
    const [all, n, t] = [this.#rows * this.#stride, this.#t.channels, this.#inStep];
    const [errors, slopes] = [this.shared("errors"), this.shared("slopes")];
    const total = this.#step("sum", "e:x e:out", "out", "add", r("x"));
    const standard = this.#step("standard", "e:out e:inverse", "out", "set", mul(r("out"), r("inverse")));
    const each = this.#step(
      "each",
      "e:out e:count",
      "out",
      "set",
      div(r("out"), max(r("count"), constant(this.#type, 1))),
    );
    const row = [along("row", this.#stride)];
    const into = (name: string, x: string): Node[] => {
      const out = gradient(this.#block(name));
      return [
        this.#clear(out, this.#stride),
        loop("row", this.#rows, [elementCall(total, { x: this.shared(x, row), out }, n)]),
      ];
    };
    const count = this.shared("count");
    return [
      this.#clear(errors, all),
      this.#clear(slopes, all),
      this.#overBatch([
        elementCall(total, { x: this.ofSample("sample.errors"), out: this.shared("errors", t) }, n),
        elementCall(total, { x: this.ofSample("sample.slopes"), out: this.shared("slopes", t) }, n),
      ]),
      this.#everywhere(standard, { out: slopes, inverse: this.shared("inverse") }),
      ...into("offset", "errors"),
      ...into("gain", "slopes"),
      this.#everywhere(each, { out: errors, count }),
      this.#everywhere(each, { out: slopes, count }),
      // What a number's distance from the mean is multiplied with.
      this.#everywhere(standard, { out: slopes, inverse: this.shared("inverse") }),
    ];
  }
  /** `dx = scale (dy - mean of dy - (x - mean) / variance · mean of dy (x - mean))`, in the step at hand. */
  errorsBack(error: Place, out: Place): Node {
    const r = (slot: string): Expr => this.#read(slot);
    const t = this.#inStep;
    const rest = sub(sub(r("dy"), r("errors")), mul(sub(r("x"), r("mean")), r("slopes")));
    const step = this.#step(
      "back",
      "e:dy e:x e:mean e:scale e:errors e:slopes e:out",
      "out",
      "set",
      mul(r("scale"), rest),
    );
    const names = ["mean", "scale", "errors", "slopes"] as const;
    const channels = Object.fromEntries(names.map((name) => [name, this.shared(name, t)]));
    return this.#positions(step, { dy: error, x: this.#x, out }, channels);
  }
}
