/**
 * Batch normalisation as kernels (Ioffe & Szegedy 2015, arXiv:1502.03167). Element k of a row is of channel k mod channels,
 * so that a row is a run of positions of all channels.
 *
 * With statistics of the batch, each sample notes the mean and the squares around it of its own rows while they are near.
 * When all samples are there these meet in the order of the samples, on one thread: so neither chunks, shards nor threads
 * change a bit, and no second pass over the rows is needed. Where all samples take a step together, `stepNorms.ts` says how.
 */
import { constant, convert, div, type Expr, mul, read } from "../../ir/expr.ts";
import { along, loop, type Node, type Place, place, type Term } from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import type { BatchNorm } from "../../model/transform.ts";
import { elementCall } from "./bodies.ts";
import { SAMPLE_STEPS } from "./context.ts";
import { overSteps } from "./contributions.ts";
import { type NormLowered, NormParts, type Notes, type Rows } from "./normParts.ts";
import type { ParameterBlock } from "./parameters.ts";

/** The kernels of one node. */
export class NormKernels {
  readonly #p: NormParts;

  constructor(name: string, t: BatchNorm, l: NormLowered) {
    this.#p = new NormParts(name, t, l);
  }

  get name(): string {
    return this.#p.name;
  }
  /** What each sample notes, a number for each channel (and step). */
  #ofSample(name: string, terms: readonly Term[] = this.#p.inStep): Place {
    const { context: c } = this.#p.l;
    const each = this.#p.rows * this.#p.stride;
    const buffer = c.buffer(`${this.name}.${name}`, this.#p.type, c.batchRoom * each, "work");
    return place(buffer, 0, along("chunk", c.options.samples * each), along("s", each), ...terms);
  }
  /** All steps that have statistics. */
  get #all(): Rows {
    return { terms: [], n: this.#p.rows * this.#p.stride };
  }
  /** One of them after the other. */
  #eachRow(body: (row: readonly Term[]) => readonly Node[]): Node {
    return loop("row", this.#p.rows, body([along("row", this.#p.stride)]));
  }

  /** The row of the step at hand, from statistics that are there. */
  normalise(): Node[] {
    return this.#p.normalise();
  }
  /** Gain over deviation, from running statistics: when parameters have been written. */
  prepare(): Node[] {
    if (this.#p.ofBatch) return [];
    return [this.#eachRow((row) => this.#p.scales(this.#p.parameter("variance", row), row))];
  }

  /** Of the sample at hand, when all its steps are there: how many numbers a channel has, their mean, and squares around it. */
  notes(): Node[] {
    const { context: c } = this.#p.l;
    const { mean, squares, count } = this.#notes();
    const divided = div(this.#p.read("out"), this.#p.read("count"));
    const divide = this.#p.step("divide", "e:out u:count", "out", "set", divided);
    const start = [this.#p.clear(mean), this.#p.clear(squares)];
    const sums = this.#p.total(this.#p.x, mean);
    const middle = elementCall(divide, { out: mean, count }, this.#p.t.channels);
    const around = this.#p.squares(mean, squares);
    if (this.#p.t.over === "batch") return [this.#count(), ...overSteps(c, [...start, sums, middle, around])];
    return [this.#count(), ...start, ...overSteps(c, [sums]), middle, ...overSteps(c, [around])];
  }
  #notes(): Notes {
    const [mean, squares] = [this.#ofSample("sample.mean"), this.#ofSample("sample.squares")];
    return { mean, squares, count: this.#countOfSample() };
  }
  /** Numbers that a sample has of each channel: in a step, or in all its steps. */
  #countOfSample(): Place {
    return this.#p.l.context.ofSample(`${this.name}.sample.count`);
  }
  #count(): Node {
    const { context: c } = this.#p.l;
    const { type, t } = this.#p;
    const positions = constant(type, t.size / t.channels);
    const steps = convert(type, read("i32", "steps"));
    const value: Expr = t.over === "batch" ? positions : mul(steps, positions);
    const step: Step = {
      name: `${this.name}.count`,
      slots: [
        { name: "steps", type: "i32", space: "uniform" },
        { name: "out", type, space: "element" },
      ],
      stores: [{ slot: "out", mode: "set", value }],
    };
    return elementCall(step, { steps: c.ofSample(SAMPLE_STEPS, "i32"), out: this.#countOfSample() }, 1);
  }

  /** Over all samples of the batch in their order, and where steps have their own statistics over those of the sample. */
  #overBatch(body: readonly Node[]): Node[] {
    const { context: c } = this.#p.l;
    const inSample = this.#p.t.over === "batch" ? [loop("t", c.ofSample(SAMPLE_STEPS, "i32"), body)] : body;
    return [loop("chunk", c.chunks, [loop("s", c.sampleCount, inSample)])];
  }
  /** When all samples are there: mean, variance and scale of the batch. */
  meet(): Node[] {
    const met = this.#p.meet(this.#notes(), (body) => this.#overBatch(body), this.#all, this.#p.inStep);
    return [...met, this.#eachRow((row) => this.#p.scales(this.#p.shared("variance", row), row))];
  }
  /** After an update: running statistics. */
  note(): Node[] {
    const running = this.#p.t.over === "batch" ? [this.#p.ofStep("row")] : [];
    return [this.#eachRow((row) => this.#p.note(row, running))];
  }

  /**
   * Of the sample at hand, going backwards: sums of the errors, and of the errors times the distance from the mean.
   * @param error of the value in the step at hand
   */
  errorNotes(error: Place): { start: Node[]; steps: Node[] } {
    const sums = { errors: this.#ofSample("sample.errors"), slopes: this.#ofSample("sample.slopes") };
    const start = [this.#p.clear(sums.errors), this.#p.clear(sums.slopes)];
    const steps = [this.#p.slopes(error, this.#p.shared("mean", this.#p.inStep), sums)];
    return this.#p.t.over === "batch" ? { start: [], steps: [...start, ...steps] } : { start, steps };
  }
  /**
   * When the errors of all samples are there: the gradients of offset and gain, and what the errors at the source need.
   * @param gradient where the gradient of a block lies
   */
  errorsMeet(gradient: (block: ParameterBlock) => Place): Node[] {
    const { channels: n } = this.#p.t;
    const [errors, slopes] = [this.#p.shared("errors"), this.#p.shared("slopes")];
    const total = this.#p.step("sum", "e:x e:out", "out", "add", this.#p.read("x"));
    const sum = (name: string): Node =>
      elementCall(total, { x: this.#ofSample(`sample.${name}`), out: this.#p.shared(name, this.#p.inStep) }, n);
    const into = (name: string, x: string): Node[] => {
      const out = gradient(this.#p.block(name));
      return [this.#p.clear(out), this.#eachRow((row) => [elementCall(total, { x: this.#p.shared(x, row), out }, n)])];
    };
    return [
      this.#p.clear(errors, this.#all.n),
      this.#p.clear(slopes, this.#all.n),
      ...this.#overBatch([sum("errors"), sum("slopes")]),
      this.#p.standard(slopes, this.#p.shared("inverse"), this.#all.n),
      ...into("offset", "errors"),
      ...into("gain", "slopes"),
      ...this.#p.errorsMet(this.#all),
    ];
  }
  errorsBack(error: Place, out: Place): Node {
    return this.#p.errorsBack(error, out);
  }
}
