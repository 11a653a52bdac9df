/** The backends that a bench compares, by number of threads: a row `NAME@threads` for each. */
import { type ThreadedBackend, threadedWasm } from "../src/backend/wasm/wasm.ts";

export const BACKENDS: ReadonlyMap<number, () => ThreadedBackend> = new Map(
  [1, 2].map((threads) => [threads, () => threadedWasm(threads)]),
);
