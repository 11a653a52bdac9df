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

  /** @param event the step, sample and index of each of `count` new events */
  add(count: number, event: (k: number) => readonly [step: number, sample: number, index: number]): void {
    if (count === 0) return;
    const old = this.pending();
    const all = emptyEvents(old.steps.length + count);
    all.steps.set(old.steps);
    all.samples.set(old.samples);
    all.indices.set(old.indices);
    for (let k = 0; k < count; k++)
      [all.steps[old.steps.length + k], all.samples[old.steps.length + k], all.indices[old.steps.length + k]] =
        event(k);
    this.#events = sorted(all);
    this.#next = 0;
  }

  /** Takes out what arrives before a step. */
  takeBefore(step: number): PendingEvents {
    const from = this.#next;
    const { steps } = this.#events;
    while (this.#next < steps.length && steps[this.#next]! < step) this.#next++;
    return part(this.#events, from, this.#next);
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

/** In order of step, sample, index: sums of what arrives are then the same in whatever order events were given. */
function sorted({ steps, samples, indices }: PendingEvents): PendingEvents {
  const order = Uint32Array.from(steps, (_, k) => k).sort(
    (a, b) => steps[a]! - steps[b]! || samples[a]! - samples[b]! || indices[a]! - indices[b]!,
  );
  const pick = <T extends Float64Array | Uint32Array>(from: T): T => from.map((_, k) => from[order[k]!]!) as T;
  return { steps: pick(steps), samples: pick(samples), indices: pick(indices) };
}
