/**
 * What entries pass through on their way to a sink, one after another in order of time: around a trigger, the newest of
 * all, then chunks. An entry is a tick and `width` numbers, whatever they mean.
 */

/** Takes entries; keeps none of the arrays. */
export interface Stage {
  push(tick: number, numbers: ArrayLike<number>): void;
  /** Everything before this tick has been pushed. */
  settle(end: number): void;
  /** Nothing more will come. */
  finish(): void;
}

/** Gives chunks on when they are full. */
export class Chunks implements Stage {
  readonly #ticks: Float64Array;
  readonly #numbers: Float64Array;
  readonly #width: number;
  readonly #write: (ticks: Float64Array, numbers: Float64Array) => void;
  #count = 0;

  /** @param room numbers of a chunk; a wider entry is a chunk of its own */
  constructor(width: number, write: (ticks: Float64Array, numbers: Float64Array) => void, room = 2 ** 13) {
    const entries = Math.max(1, Math.floor(room / Math.max(1, width)));
    this.#ticks = new Float64Array(entries);
    this.#numbers = new Float64Array(entries * width);
    this.#width = width;
    this.#write = write;
  }
  push(tick: number, numbers: ArrayLike<number>): void {
    if (this.#count === this.#ticks.length) this.flush();
    this.#ticks[this.#count] = tick;
    this.#numbers.set(numbers, this.#count * this.#width);
    this.#count++;
  }
  settle(): void {}
  finish(): void {
    this.flush();
  }
  flush(): void {
    if (this.#count === 0) return;
    const [ticks, numbers] = [
      this.#ticks.subarray(0, this.#count),
      this.#numbers.subarray(0, this.#count * this.#width),
    ];
    this.#count = 0;
    this.#write(ticks, numbers);
  }
}

/** A queue of entries in arrays that grow with what waits in it, and no further. */
class Waiting {
  #ticks = new Float64Array(64);
  #numbers: Float64Array;
  readonly #width: number;
  #first = 0;
  #end = 0;

  constructor(width: number) {
    this.#width = width;
    this.#numbers = new Float64Array(64 * width);
  }
  get length(): number {
    return this.#end - this.#first;
  }
  get tick(): number {
    return this.#ticks[this.#first]!;
  }
  get numbers(): Float64Array {
    return this.#numbers.subarray(this.#first * this.#width, (this.#first + 1) * this.#width);
  }
  push(tick: number, numbers: ArrayLike<number>): void {
    if (this.#end === this.#ticks.length) this.#make();
    this.#ticks[this.#end] = tick;
    this.#numbers.set(numbers, this.#end * this.#width);
    this.#end++;
  }
  drop(): void {
    this.#first++;
    if (this.#first === this.#end) this.#first = this.#end = 0;
  }
  /** Room: that of what has gone, or as much again. */
  #make(): void {
    const { length } = this;
    const larger = 2 * length > this.#ticks.length ? 2 * this.#ticks.length : this.#ticks.length;
    const [ticks, numbers] = [new Float64Array(larger), new Float64Array(larger * this.#width)];
    ticks.set(this.#ticks.subarray(this.#first, this.#end));
    numbers.set(this.#numbers.subarray(this.#first * this.#width, this.#end * this.#width));
    [this.#ticks, this.#numbers, this.#first, this.#end] = [ticks, numbers, 0, length];
  }
}

/**
 * Gives on what lies from `before` ticks before a trigger to `after` ticks after it. An entry waits until no trigger that
 * is still to come can reach back to it, so that what is given on is in order.
 */
export class AroundTrigger implements Stage {
  readonly #before: number;
  readonly #after: number;
  readonly #next: Stage;
  readonly #waiting: Waiting;
  /** Triggers whose reach is not over, in order. */
  #triggers: number[] = [];

  constructor(width: number, { before, after }: { before: number; after: number }, next: Stage) {
    this.#waiting = new Waiting(width);
    this.#before = before;
    this.#after = after;
    this.#next = next;
  }
  /** In order; before the tick is settled. */
  trigger(tick: number): void {
    const last = this.#triggers.at(-1);
    if (tick !== last) this.#triggers.push(tick);
  }
  push(tick: number, numbers: ArrayLike<number>): void {
    this.#waiting.push(tick, numbers);
  }
  settle(end: number): void {
    this.#decide(end - this.#before);
    this.#next.settle(end - this.#before);
  }
  finish(): void {
    this.#decide(Number.POSITIVE_INFINITY);
    this.#next.finish();
  }
  /** Entries before this tick. */
  #decide(end: number): void {
    let k = 0;
    const waiting = this.#waiting;
    while (waiting.length > 0 && waiting.tick < end) {
      const { tick } = waiting;
      while (k < this.#triggers.length && this.#triggers[k]! + this.#after < tick) k++;
      if (k < this.#triggers.length && this.#triggers[k]! - this.#before <= tick)
        this.#next.push(tick, waiting.numbers);
      waiting.drop();
    }
    this.#triggers = this.#triggers.filter((t) => t + this.#after >= end);
  }
}

/** Keeps the newest entries in fixed memory, and gives them on at the end. */
export class Newest implements Stage {
  readonly #ticks: Float64Array;
  readonly #numbers: Float64Array;
  readonly #width: number;
  readonly #next: Stage;
  #count = 0;

  constructor(width: number, last: number, next: Stage) {
    this.#ticks = new Float64Array(last);
    this.#numbers = new Float64Array(last * width);
    this.#width = width;
    this.#next = next;
  }
  push(tick: number, numbers: ArrayLike<number>): void {
    const at = this.#count++ % this.#ticks.length;
    this.#ticks[at] = tick;
    this.#numbers.set(numbers, at * this.#width);
  }
  settle(): void {}
  finish(): void {
    const room = this.#ticks.length;
    for (let k = Math.max(0, this.#count - room); k < this.#count; k++) {
      const at = k % room;
      this.#next.push(this.#ticks[at]!, this.#numbers.subarray(at * this.#width, (at + 1) * this.#width));
    }
    this.#count = 0;
    this.#next.finish();
  }
}
