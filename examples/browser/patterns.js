/** Four kinds of pattern with equally many spikes: only their timing tells them apart. */
export const KINDS = ["rising", "falling", "together", "apart"];
export const INPUTS = 32;
export const STEPS = 50;

const RELIABILITY = 0.85; // of an input's spike
const BACKGROUND = 0.008; // spikes of an input in a step, whatever the pattern
const JITTER = 2; // steps

/** The step in which input k (0 to 1) spikes, for a sweep of some duration that begins at some step. */
const TIMES = {
  rising: (k, { start, duration }) => start + k * duration,
  falling: (k, { start, duration }) => start + (1 - k) * duration,
  together: (_k, { start, duration }) => start + duration / 2,
  apart: (_k, _sweep, random) => random() * STEPS,
};

/** Numbers from 0 to 1, equal for equal seeds (Marsaglia 2003, xorshift with shifts 13, 17, 5). */
export function randomFrom(seed) {
  let x = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bf03635) | 0 || 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** Inputs that spike, by step. */
export function pattern(kind, random) {
  const duration = 15 + 20 * random();
  const sweep = { duration, start: random() * (STEPS - duration) };
  const steps = Array.from({ length: STEPS }, () => new Set());
  for (let k = 0; k < INPUTS; k++) {
    const time = TIMES[kind](k / (INPUTS - 1), sweep, random) + JITTER * (random() - 0.5);
    if (random() < RELIABILITY) steps[Math.min(STEPS - 1, Math.max(0, Math.round(time)))].add(k);
  }
  for (const active of steps) for (let k = 0; k < INPUTS; k++) if (random() < BACKGROUND) active.add(k);
  return steps.map((active) => [...active].sort((a, b) => a - b));
}

/** Patterns as a batch: the spikes of pattern s in step t are `list[ends[s·STEPS + t] … ends[s·STEPS + t + 1])`. */
export function batchOf(patterns, labels) {
  const rows = patterns.flat();
  const ends = new Uint32Array(rows.length + 1);
  rows.forEach((row, k) => {
    ends[k + 1] = ends[k] + row.length;
  });
  return { count: patterns.length, labels, input: { kind: "events", list: Uint32Array.from(rows.flat()), ends } };
}

export function randomBatch(count, random) {
  const labels = Array.from({ length: count }, () => Math.floor(random() * KINDS.length));
  return batchOf(
    labels.map((label) => pattern(KINDS[label], random)),
    labels,
  );
}

/** Patterns as events of a running network, one trial each. */
export function eventsOf(patterns) {
  const events = patterns.flatMap((steps, sample) =>
    steps.flatMap((active, step) => active.map((index) => ({ sample, step, index }))),
  );
  return {
    steps: events.map((e) => e.step),
    indices: events.map((e) => e.index),
    samples: events.map((e) => e.sample),
  };
}
