/** Random samples for tests, as plain arrays and as batches; and a backend that lets a test look into its memory. */
import type { Backend, Executable } from "../../src/backend/backend.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import type { Batch } from "../../src/learn/feed.ts";
import { values } from "../backend/cases.ts";
import type { Samples } from "./simulate.ts";

export interface SampleOptions {
  readonly count: number;
  readonly steps: number;
  readonly inputs: number;
  readonly classes: number;
  /** `events`: 0 and 1; `values`: numbers that change from step to step; `constant`: the same in every step. */
  readonly kind: "events" | "values" | "constant";
  /** Share of inputs that are not zero. */
  readonly density?: number;
  readonly seed?: number;
}
export interface Drawn {
  readonly samples: Samples;
  readonly labels: Int32Array;
  readonly batch: Batch;
}

export function drawSamples({ count, steps, inputs, classes, kind, density = 0.3, seed = 1 }: SampleOptions): Drawn {
  const next = values(seed * 7919);
  for (let k = 0; k < 20; k++) next(); // the first numbers of small seeds are small
  const one = (): number => (next() < density ? (kind === "events" ? 1 : Math.fround(0.2 + next())) : 0);
  const row = (): number[] => Array.from({ length: inputs }, one);
  const samples = Array.from({ length: count }, () => {
    const first = row();
    return Array.from({ length: steps }, (_, t) => (kind === "constant" || t === 0 ? first : row()));
  });
  const labels = Int32Array.from({ length: count }, () => Math.floor(next() * classes));
  return { samples, labels, batch: batchOf(samples, labels, kind) };
}

export function batchOf(samples: Samples, labels: Int32Array, kind: SampleOptions["kind"]): Batch {
  const rows = samples.flatMap((s) => (kind === "constant" ? [s[0]!] : s));
  const active = rows.map((row) => row.flatMap((x, i) => (x ? [i] : [])));
  let end = 0;
  const ends = Int32Array.from([0, ...active.map((row) => (end += row.length))]);
  const list = Uint32Array.from(active.flat());
  const count = samples.length;
  if (kind === "events") return { count, labels, input: { kind: "events", list, ends } };
  const numbers = Float32Array.from(rows.flatMap((row) => row.filter((x) => x)));
  return { count, labels, input: { kind: "sparse", list, values: numbers, ends } };
}

/** A backend that keeps what it last loaded. */
export function watched(backend: Backend = wasm): Backend & { loaded: Executable } {
  const spy = {
    name: backend.name,
    loaded: undefined as unknown as Executable,
    load: async (program: Parameters<Backend["load"]>[0]) => (spy.loaded = await backend.load(program)),
  };
  return spy;
}

/** The batch with samples that end early; what lies behind their end stays, and must not matter. */
export function shortened({ samples, labels, batch }: Drawn, lengths: readonly number[]): Drawn {
  return { samples: samples.map((s, k) => s.slice(0, lengths[k])), labels, batch: { ...batch, lengths } };
}

/** A label for each sample and step, some of them -1, also as rows; labels behind a sample's end are no classes. */
export function labelSteps(drawn: Drawn, steps: number, classes: number, seed = 1) {
  const next = values(seed * 7907);
  for (let k = 0; k < 20; k++) next();
  const rows = drawn.samples.map((s, k) =>
    Array.from({ length: steps }, (_, t) => {
      if (t >= s.length) return 99;
      return t !== k % s.length && next() < 0.3 ? -1 : Math.floor(next() * classes); // one step at least counts
    }),
  );
  const batch: Batch = { ...drawn.batch, labelled: "steps", labels: Int32Array.from(rows.flat()) };
  return { ...drawn, stepLabels: rows, batch };
}
