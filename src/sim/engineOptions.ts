/** What an engine and its runs may be told, by name. */
import type { Every } from "../base/errors.ts";
import type { FloatType } from "../ir/types.ts";
import type { EngineOptions, RunOptions } from "./engine.ts";

/** Names of the options of an engine. */
export const ENGINE = {
  ...{ type: true, seed: true, samples: true, firstSample: true, firstStep: true, block: true, record: true },
  ...{ records: true, sources: true, parameters: true, parts: true, normalise: true },
} as const satisfies Every<EngineOptions>;
export const FLOATS: readonly FloatType[] = ["f32", "f64"];
/** Names of the options of a run. */
export const RUN_OPTIONS = { hooks: true, records: true } as const satisfies Every<RunOptions>;

/** Names of the options of a reset. */
export const RESET = ["keep"];
