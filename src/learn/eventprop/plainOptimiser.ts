/** An optimiser over plain arrays: the same expressions that trainers compile, evaluated number by number. */
import { evaluate } from "../../ir/scalar.ts";
import type { Optimiser } from "../optimiser.ts";
import { CLIP } from "../optimiser.ts";
import { gradientSlot, numberSlot, type UpdateStep, USUAL, updateStep } from "../update.ts";

type Arrays = ReadonlyMap<string, Float64Array>;

export class PlainOptimiser {
  readonly #optimiser: Optimiser;
  readonly #step: UpdateStep;
  /** By array and slot. */
  readonly #states: ReadonlyMap<string, Arrays>;
  #updates = 0;

  constructor(optimiser: Optimiser, sizes: ReadonlyMap<string, number>) {
    this.#optimiser = optimiser;
    this.#step = updateStep(optimiser, "f64", 1, USUAL);
    const { states } = this.#step;
    this.#states = new Map(
      [...sizes].map(([name, n]) => [name, new Map(states.map((slot) => [slot, new Float64Array(n)]))]),
    );
  }
  get updates(): number {
    return this.#updates;
  }

  /** One update of the weights, in place. */
  update(weights: Arrays, gradients: Arrays): void {
    this.#updates++;
    const numbers = this.#numbers(gradients);
    for (const [name, w] of weights) {
      const gradient = gradients.get(name)!;
      const slots: Arrays = new Map([...this.#states.get(name)!, ["w", w], [gradientSlot(0), gradient]]);
      for (let k = 0; k < w.length; k++) this.#one(slots, numbers, k);
    }
  }
  #one(slots: Arrays, numbers: ReadonlyMap<string, number>, k: number): void {
    const memo = new Map();
    const read = (slot: string): number => numbers.get(slot) ?? slots.get(slot)![k]!;
    const { stores } = this.#step.step;
    const values = stores.map((s) => evaluate(s.value, (e) => (e.tag === "read" ? read(e.slot) : k), memo));
    stores.forEach((s, i) => {
      slots.get(s.slot)![k] = values[i]!;
    });
  }
  #numbers(gradients: Arrays): ReadonlyMap<string, number> {
    return new Map(
      this.#optimiser.flatMap((t, k) => [
        ...Object.entries(t.numbers).map(([name, of]) => [numberSlot(k, name), of(this.#updates)] as const),
        ...(t.clipLimit === undefined ? [] : [[numberSlot(k, CLIP), clip(gradients, t.clipLimit)] as const]),
      ]),
    );
  }
}

function clip(gradients: Arrays, limit: number): number {
  let squares = 0;
  for (const g of gradients.values()) for (const x of g) squares += x * x;
  if (!Number.isFinite(squares)) return 0;
  return squares > limit ** 2 ? limit / Math.sqrt(squares) : 1;
}
