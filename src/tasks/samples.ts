/** What samples of every kind have: one label each, where that is what a task asks for. */
import { Sequences } from "../data/sequences.ts";
import type { Samples } from "./task.ts";

/** Shape [count]; of sequences that of their first step. */
export const labelEach = (samples: Samples): ArrayLike<number> =>
  samples instanceof Sequences
    ? Int32Array.from({ length: samples.count }, (_, s) => samples.labels[s * samples.steps]!)
    : samples.labels;
