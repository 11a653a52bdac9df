import type * as Rheobase from "../../src/index.ts";
import type * as Io from "../../src/io/index.ts";

/** What the cases need: the package, what they run on, and a digest. */
export interface Tools {
  readonly rheobase: typeof Rheobase;
  readonly backend: typeof Rheobase.wasm;
  hash64(...parts: readonly (ArrayBufferView | string)[]): string;
}
/** Plain data, by case. */
export type Results = Readonly<Record<string, unknown>>;

export const cases: Readonly<
  Record<"simulated" | "random" | "trained" | "evaluated", (tools: Tools) => Promise<Results>>
>;
export function runCases(tools: Tools): Promise<Results>;
export function saved(
  tools: Tools & { readonly io: typeof Io },
): Promise<{ readonly file: string; readonly same: boolean }>;
