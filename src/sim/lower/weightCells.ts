/** Weights as they lie in blocks of synapses (`ir/blocks.ts`). */
import type { WeightForm } from "../../ir/program.ts";
import { unitsOf } from "../../model/storage.ts";

/** Of a quad whose weights begin at word `at`, that of a lane. */
export class WeightCells {
  readonly #words: Uint32Array;
  readonly #bytes: Int8Array;
  readonly #halves: Int16Array;
  readonly #floats: Float32Array;
  readonly #double = new Float64Array(1);
  readonly #doubleWords = new Uint32Array(this.#double.buffer);
  readonly #form: WeightForm;
  readonly #unit: number;
  readonly #rule: Rule;

  /** @param unit what a whole number stands for, or the weight of all */
  constructor(
    words: Uint32Array,
    { weight, unit = 0 }: { readonly weight: WeightForm; readonly unit: number | undefined },
  ) {
    const { buffer, byteOffset, length } = words;
    this.#words = words;
    this.#bytes = new Int8Array(buffer, byteOffset, 4 * length);
    this.#halves = new Int16Array(buffer, byteOffset, 2 * length);
    this.#floats = new Float32Array(buffer, byteOffset, length);
    this.#form = weight;
    this.#unit = unit;
    this.#rule = this.#rules[weight];
  }

  write(at: number, lane: number, weight: number): void {
    this.#rule.write(at, lane, weight);
  }
  /** Like `write`, of whole numbers of the unit where such are stored. */
  put(at: number, lane: number, number: number): void {
    if (this.#form === "i8") this.#bytes[4 * at + lane] = number;
    else if (this.#form === "i16") this.#halves[2 * at + lane] = number;
    else if (this.#form === "f32") this.#floats[at + lane] = number;
    else this.#rule.write(at, lane, number);
  }
  /** What is delivered, before it is rounded to the network's type. */
  read(at: number, lane: number): number {
    return this.#rule.read(at, lane);
  }

  get #rules(): { readonly [F in WeightForm]: Rule } {
    return {
      one: { write: () => undefined, read: () => this.#unit },
      i8: {
        write: (at, lane, weight) => (this.#bytes[4 * at + lane] = unitsOf(weight, "i8", this.#unit)),
        read: (at, lane) => this.#bytes[4 * at + lane]! * this.#unit,
      },
      i16: {
        write: (at, lane, weight) => (this.#halves[2 * at + lane] = unitsOf(weight, "i16", this.#unit)),
        read: (at, lane) => this.#halves[2 * at + lane]! * this.#unit,
      },
      f32: {
        write: (at, lane, weight) => (this.#floats[at + lane] = weight),
        read: (at, lane) => this.#floats[at + lane]!,
      },
      f64: {
        write: (at, lane, weight) => {
          this.#double[0] = weight;
          this.#words.set(this.#doubleWords, at + 2 * lane);
        },
        read: (at, lane) => {
          this.#doubleWords.set(this.#words.subarray(at + 2 * lane, at + 2 * lane + 2));
          return this.#double[0]!;
        },
      },
    };
  }
}
interface Rule {
  readonly write: (at: number, lane: number, weight: number) => void;
  readonly read: (at: number, lane: number) => number;
}
