/** The backends that a bench compares, by number of threads: a row `NAME@threads` for each. */
import type { Backend } from "../src/backend/backend.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";

export const BACKENDS: ReadonlyMap<number, () => Promise<Backend>> = new Map([[1, async () => wasm]]);
