/**
 * Looking inside. The level comes from `setDebug`, else from the environment variable `RHEOBASE_DEBUG`, else from a
 * global of that name (in a browser: `globalThis.RHEOBASE_DEBUG = 2`). Each level includes those below.
 *
 * | level | prints |
 * |---|---|
 * | 0 | nothing |
 * | 1 | programs that are compiled, and how long that took |
 * | 2 | their regions and memory plan |
 * | 3 | their loops, with kernels as IR |
 * | 4 | kernels as the backend generates them (WAT) |
 */
import { UsageError } from "./errors.ts";

export type DebugLevel = 0 | 1 | 2 | 3 | 4;
export const VARIABLE = "RHEOBASE_DEBUG";

let chosen: DebugLevel | undefined;

/** Sets the level for this process or page; `undefined` returns to the environment's. */
export function setDebug(level: DebugLevel | undefined): void {
  chosen = level;
}
/** @throws {UsageError} `usage` if the variable is set to anything but 0 to 4 */
export const debugLevel = (): DebugLevel => chosen ?? fromEnvironment();

/** Prints to stderr (in a browser: the console) at this level and above. The text is made only if it is printed. */
export function debug(level: Exclude<DebugLevel, 0>, text: () => string): void {
  if (debugLevel() >= level) console.error(text());
}

interface Surroundings {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly [VARIABLE]?: unknown;
}
function fromEnvironment(): DebugLevel {
  const around = globalThis as Surroundings;
  const given = around.process?.env?.[VARIABLE] ?? around[VARIABLE] ?? "";
  const text = String(given).trim();
  if (text === "") return 0;
  if (/^[0-4]$/.test(text)) return Number(text) as DebugLevel;
  throw new UsageError("usage", VARIABLE, `must be a level from 0 to 4, got '${text}'`);
}
