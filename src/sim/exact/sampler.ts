/** Values at times that a run asks for. */
import { DataError } from "../../base/errors.ts";
import type { Cells } from "./cells.ts";
import type { Recorded } from "./recording.ts";

/** @throws {DataError} `out-of-range` */
export function sampleTimes(times: ArrayLike<number>, from: number, to: number): Float64Array {
  for (let k = 0; k < times.length; k++) {
    const least = k > 0 ? times[k - 1]! : from;
    if (times[k]! >= least && times[k]! <= to) continue;
    throw new DataError(
      "out-of-range",
      `sampleAt[${k}]`,
      `must be from ${from} to ${to} s, in ascending order, got ${times[k]}${k > 0 ? ` after ${least}` : ""}`,
    );
  }
  return Float64Array.from(times);
}

/** Takes values at given times; those of a moment at which something happens are taken after it. */
export class Sampler {
  readonly times: Float64Array;
  readonly values: Record<string, Float64Array> = {};
  readonly #record: readonly (Recorded & { readonly cells: Cells; readonly place: number })[];
  #next = 0;

  constructor(record: readonly Recorded[], cells: readonly Cells[], times: Float64Array) {
    this.times = times;
    this.#record = record.map((r) => {
      const own = cells.find((c) => c.node === r.node)!;
      this.values[r.name] = new Float64Array(times.length * own.size);
      return { ...r, cells: own, place: own.placeOf(r.variable) };
    });
  }
  /** All samples before a time. */
  before(time: number): void {
    for (; this.#next < this.times.length && this.times[this.#next]! < time; this.#next++)
      for (const { name, cells, place } of this.#record)
        for (let n = 0; n < cells.size; n++)
          this.values[name]![this.#next * cells.size + n] = cells.value(n, place, this.times[this.#next]!);
  }
}
