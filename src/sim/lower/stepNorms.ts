/**
 * Batch normalisation where all samples of a batch take a step together: each step has statistics of its own, which meet
 * within the step, so that it may stand in a cycle. A chunk notes mean, squares and number of its samples, in their order,
 * and those that take no more steps are left out; every shard then puts the notes of all chunks together for itself, in the
 * order of the chunks. How many chunks there are follows from the network and the batch: no thread changes a bit.
 */
import { div, max, mul } from "../../ir/expr.ts";
import { along, loop, type Node, type Place, place } from "../../ir/program.ts";
import type { BatchNorm } from "../../model/transform.ts";
import { addStep, elementCall } from "./bodies.ts";
import { overSamples } from "./contributions.ts";
import { type Meeting, takingPart } from "./meetings.ts";
import { type NormLowered, NormParts, type Notes, type Rows } from "./normParts.ts";
import type { ParameterBlock } from "./parameters.ts";

/** Chunks that the batch at hand has. The host writes it. */
export const CHUNKS_RUN = "chunks.run";

/** The kernels of one node. */
export class StepNorm {
  readonly #p: NormParts;

  constructor(name: string, t: BatchNorm, l: NormLowered) {
    this.#p = new NormParts(name, t, l);
  }

  /** What a chunk notes: of the chunk at hand, or of any in the loop over all of them. */
  #ofChunk(name: string, each = this.#p.stride, by: "chunk" | "part" = "chunk"): Place {
    const { context: c } = this.#p.l;
    const buffer = c.buffer(`${this.#p.name}.chunk.${name}`, this.#p.type, c.chunks * each, "work");
    return place(buffer, 0, along(by, each));
  }
  #notes(by: "chunk" | "part"): Notes {
    return {
      mean: this.#ofChunk("mean", undefined, by),
      squares: this.#ofChunk("squares", undefined, by),
      count: this.#ofChunk("count", 1, by),
    };
  }
  #overChunks(body: readonly Node[]): Node[] {
    const run = place(this.#p.l.context.buffer(CHUNKS_RUN, "i32", 1, "argument"));
    return [loop("part", run, body)];
  }
  #overSamples(body: readonly Node[]): Node[] {
    return overSamples(this.#p.l.context, takingPart(this.#p.l.context, body));
  }
  get #row(): Rows {
    return { terms: this.#p.inStep, n: this.#p.stride };
  }

  /** What needs all samples before any can be normalised. */
  statistics(): Meeting {
    const p = this.#p;
    const notes = this.#notes("chunk");
    const { mean, squares, count } = notes;
    const positions = p.constant(p.t.size / p.t.channels);
    const counted = p.step("count", "e:out", "out", "add", positions);
    const divided = div(p.read("out"), max(p.read("count"), p.constant(1)));
    const divide = p.step("divide", "e:out u:count", "out", "set", divided);
    return {
      chunk: [
        ...[p.clear(mean), p.clear(squares), p.clear(count, 1)],
        ...this.#overSamples([elementCall(counted, { out: count }, 1), p.total(p.x, mean)]),
        elementCall(divide, { out: mean, count }, p.t.channels),
        ...this.#overSamples([p.squares(mean, squares)]),
      ],
      batch: [
        ...p.meet(this.#notes("part"), (body) => this.#overChunks(body), this.#row, p.inStep),
        ...p.scales(p.shared("variance", p.inStep), p.inStep),
      ],
    };
  }
  normalise(): Node[] {
    return this.#p.normalise();
  }
  /**
   * What needs the errors of all samples before any can go back; gradients of offset and gain are those of the chunk.
   * @param error of the value in the step at hand
   * @param gradient where the gradient of a block lies
   */
  errorsMeet(error: Place, gradient: (block: ParameterBlock) => Place): Meeting {
    const p = this.#p;
    const { channels: n } = p.t;
    const [errors, slopes] = [this.#ofChunk("errors"), this.#ofChunk("slopes")];
    const shared = (name: string): Place => p.shared(name, p.inStep);
    const gained = p.step("gained", "e:x e:inverse e:out", "out", "add", mul(p.read("x"), p.read("inverse")));
    const sum = (name: string): Node =>
      elementCall(addStep(p.type), { x: this.#ofChunk(name, undefined, "part"), out: shared(name) }, n);
    return {
      chunk: [
        ...[p.clear(errors), p.clear(slopes)],
        ...this.#overSamples([p.slopes(error, shared("mean"), { errors, slopes })]),
        elementCall(addStep(p.type), { x: errors, out: gradient(p.block("offset")) }, n),
        elementCall(gained, { x: slopes, inverse: shared("inverse"), out: gradient(p.block("gain")) }, n),
      ],
      batch: [
        ...["errors", "slopes"].map((name) => p.clear(shared(name))),
        ...this.#overChunks([sum("errors"), sum("slopes")]),
        p.standard(shared("slopes"), shared("inverse"), n),
        ...p.errorsMet(this.#row),
      ],
    };
  }
  errorsBack(error: Place, out: Place): Node {
    return this.#p.errorsBack(error, out);
  }
  /** Running statistics of the step at hand, after its update. */
  note(): Node[] {
    const atHand = this.#p.inAll.filter((t) => t.loop !== "t");
    return this.#p.note([], atHand);
  }
}
