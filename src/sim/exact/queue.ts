/** Events in order of time, and of a number where times are equal: a binary heap in typed arrays. */

export class EventHeap {
  pushed = 0;
  popped = 0;
  #length = 0;
  #times = new Float64Array(64);
  #orders = new Float64Array(64);
  #bases = new Float64Array(64);
  #places = new Int32Array(64);
  /** The event last taken. */
  time = 0;
  order = 0;
  /** Two numbers that came with it. */
  base = 0;
  place = 0;

  get length(): number {
    return this.#length;
  }
  /** Of the first event; `Infinity` where there is none. */
  get nextTime(): number {
    return this.#length > 0 ? this.#times[0]! : Number.POSITIVE_INFINITY;
  }
  get nextOrder(): number {
    return this.#length > 0 ? this.#orders[0]! : Number.POSITIVE_INFINITY;
  }

  clear(): void {
    this.#length = 0;
  }

  push(time: number, order: number, base = 0, place = 0): void {
    this.pushed++;
    if (this.#length === this.#times.length) this.#grow();
    let k = this.#length++;
    while (k > 0) {
      const parent = (k - 1) >> 1;
      if (!this.#isBefore(time, order, parent)) break;
      this.#copy(parent, k);
      k = parent;
    }
    this.#put(k, time, order, base, place);
  }

  /** Takes the first event out; it lies in `time`, `order`, `base` and `place` then. */
  pop(): void {
    this.popped++;
    this.time = this.#times[0]!;
    this.order = this.#orders[0]!;
    this.base = this.#bases[0]!;
    this.place = this.#places[0]!;
    const last = --this.#length;
    const [time, order] = [this.#times[last]!, this.#orders[last]!];
    let k = 0;
    for (let child = 1; child < last; child = 2 * k + 1) {
      if (child + 1 < last && this.#isBefore(this.#times[child + 1]!, this.#orders[child + 1]!, child)) child++;
      if (!this.#isBefore(this.#times[child]!, this.#orders[child]!, -1, time, order)) break;
      this.#copy(child, k);
      k = child;
    }
    this.#put(k, time, order, this.#bases[last]!, this.#places[last]!);
  }

  #isBefore(time: number, order: number, k: number, t = this.#times[k]!, o = this.#orders[k]!): boolean {
    return time < t || (time === t && order < o);
  }
  #put(k: number, time: number, order: number, base: number, place: number): void {
    this.#times[k] = time;
    this.#orders[k] = order;
    this.#bases[k] = base;
    this.#places[k] = place;
  }
  #copy(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#bases[from]!, this.#places[from]!);
  }
  #grow(): void {
    const room = 2 * this.#times.length;
    [this.#times, this.#orders, this.#bases] = [this.#times, this.#orders, this.#bases].map((old) => {
      const larger = new Float64Array(room);
      larger.set(old);
      return larger;
    }) as [Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>, Float64Array<ArrayBuffer>];
    const places = new Int32Array(room);
    places.set(this.#places);
    this.#places = places;
  }
}
