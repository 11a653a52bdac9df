/** Spikes that are still to arrive, in order of step and then of input, however they were added. */

/** Event k arrives at input `indices[k]` of trial `samples[k]` in absolute step `steps[k]`. */
export interface PendingEvents {
  readonly steps: Float64Array;
  readonly samples: Uint32Array;
  readonly indices: Uint32Array;
}

export class EventQueue {
  #events: PendingEvents = emptyEvents(0);
  /** Events before this one have been taken. */
  #next = 0;

  /** @param write writes `count` new events, the first at place `at` */
  add(count: number, write: (events: PendingEvents, at: number) => void): void {
    if (count === 0) return;
    const { steps, samples, indices } = part(this.#events, this.#next, this.#events.steps.length);
    const all = emptyEvents(steps.length + count);
    all.steps.set(steps);
    all.samples.set(samples);
    all.indices.set(indices);
    write(all, steps.length);
    this.#events = isSorted(all) ? all : sorted(all);
    this.#next = 0;
  }

  /** Takes out what arrives before a step. */
  takeBefore(step: number): PendingEvents {
    const from = this.#next;
    const { steps } = this.#events;
    while (this.#next < steps.length && steps[this.#next]! < step) this.#next++;
    return part(this.#events, from, this.#next);
  }

  clear(): void {
    this.#events = emptyEvents(0);
    this.#next = 0;
  }
  /** A copy of what has not been taken. */
  pending(): PendingEvents {
    const { steps, samples, indices } = part(this.#events, this.#next, this.#events.steps.length);
    return { steps: steps.slice(), samples: samples.slice(), indices: indices.slice() };
  }
  restore({ steps, samples, indices }: PendingEvents): void {
    this.#events = { steps: steps.slice(), samples: samples.slice(), indices: indices.slice() };
    this.#next = 0;
  }
}

const emptyEvents = (length: number): PendingEvents => ({
  steps: new Float64Array(length),
  samples: new Uint32Array(length),
  indices: new Uint32Array(length),
});

const part = ({ steps, samples, indices }: PendingEvents, from: number, to: number): PendingEvents => ({
  steps: steps.subarray(from, to),
  samples: samples.subarray(from, to),
  indices: indices.subarray(from, to),
});

function isSorted({ steps, samples, indices }: PendingEvents): boolean {
  for (let k = 1; k < steps.length; k++) {
    const [step, before] = [steps[k]!, steps[k - 1]!];
    if (step > before) continue;
    if (step < before || samples[k]! < samples[k - 1]!) return false;
    if (samples[k] === samples[k - 1] && indices[k]! < indices[k - 1]!) return false;
  }
  return true;
}

/** In order of step, sample, index: sums of what arrives are then the same in whatever order events were given. */
function sorted({ steps, samples, indices }: PendingEvents): PendingEvents {
  const order = Uint32Array.from(steps, (_, k) => k).sort(
    (a, b) => steps[a]! - steps[b]! || samples[a]! - samples[b]! || indices[a]! - indices[b]!,
  );
  const pick = <T extends Float64Array | Uint32Array>(from: T): T => from.map((_, k) => from[order[k]!]!) as T;
  return { steps: pick(steps), samples: pick(samples), indices: pick(indices) };
}
