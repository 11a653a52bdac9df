/** Targets of rows, some rows at a time, in order. */
import type { Rows } from "../../model/connectivity/rows.ts";

/** Synapses that are drawn at a time, as a rule. */
const SOME = 2 ** 16;
/** Where lines belong to targets, each range of rows draws all of them, 4 bytes a synapse. */
const MANY = 2 ** 24;

export class RowWindow {
  readonly #rows: Rows;
  readonly #draw: Rows["fill"];
  #target = new Uint32Array(0);
  #from = 0;
  #to = 0;

  /** @param draw what fills rows, as their own `fill` does */
  constructor(rows: Rows, draw: Rows["fill"] = rows.fill) {
    this.#rows = rows;
    this.#draw = draw;
  }

  /** Draws the rows from one on, unless they are there; returns where those that are there end. */
  reach(from: number): number {
    if (from < this.#from || from >= this.#to) this.#fill(from, from + 1);
    return this.#to;
  }
  /** Those of rows `[from, to)`, until the next call. */
  of(from: number, to: number): Uint32Array {
    if (from < this.#from || to > this.#to) this.#fill(from, to);
    const { start } = this.#rows;
    const begin = start[this.#from]!;
    return this.#target.subarray(start[from]! - begin, start[to]! - begin);
  }

  #fill(from: number, to: number): void {
    const { start, byTarget } = this.#rows;
    const most = byTarget ? MANY : SOME;
    let end = to;
    while (end + 1 < start.length && start[end + 1]! - start[from]! <= most) end++;
    const count = start[end]! - start[from]!;
    if (this.#target.length < count) this.#target = new Uint32Array(count + Math.ceil(count / 8));
    this.#draw(this.#target, from, end, start[from]);
    [this.#from, this.#to] = [from, end];
  }
}
