/** How a side is run: `engine=exact,dtype=f64`, as a table of what each word may be. */
import { listNames, UsageError } from "../../base/errors.ts";
import { secondsOf } from "../subject/quantity.ts";

export interface Settings {
  readonly engine: "clocked" | "exact";
  readonly backend: "wasm" | "interpret";
  readonly dtype: "f32" | "f64";
  readonly threads: number;
  /** The file's own where absent, or 0. */
  readonly seed?: number;
  /** Seconds a step; the network's own where absent. */
  readonly dt?: number;
}
export interface SeededSettings extends Settings {
  readonly seed: number;
}
export const DEFAULTS: Settings = { engine: "clocked", backend: "wasm", dtype: "f32", threads: 1 };

type Read<T> = (text: string, path: string) => T;
const oneOf =
  <T extends string>(...allowed: readonly T[]): Read<T> =>
  (text, path) => {
    if (allowed.includes(text as T)) return text as T;
    throw new UsageError("usage", path, `must be one of ${listNames(allowed)}, got '${text}'`);
  };
const wholeNumber =
  (low: number, high: number): Read<number> =>
  (text, path) => {
    const x = Number(text);
    if (/^\d+$/.test(text) && x >= low && x <= high) return x;
    throw new UsageError("usage", path, `must be a whole number from ${low} to ${high}, got '${text}'`);
  };
const duration: Read<number> = (text, path) => {
  const x = secondsOf(text, path);
  if (x > 0 && Number.isFinite(x)) return x;
  throw new UsageError("usage", path, `must be a duration above 0, got '${text}'`);
};
const KEYS: { readonly [K in keyof Settings]-?: Read<NonNullable<Settings[K]>> } = {
  engine: oneOf("clocked", "exact"),
  backend: oneOf("wasm", "interpret"),
  dtype: oneOf("f32", "f64"),
  threads: wholeNumber(1, 256),
  seed: wholeNumber(0, 2 ** 32 - 1),
  dt: duration,
};

/**
 * @param text such as `engine=exact,seed=3`; what is not named is as in `common`
 * @throws {UsageError} for words that are not known, with those that are
 */
export function settingsOf(text: string, path: string, common: Settings): Settings {
  const given: Record<string, unknown> = {};
  for (const part of text.split(",").filter((x) => x.trim() !== "")) {
    const [key = "", value = "", ...more] = part.trim().split("=");
    const at = `${path} ${part.trim()}`;
    if (!Object.hasOwn(KEYS, key) || value === "" || more.length > 0)
      throw new UsageError("usage", at, `expected NAME=VALUE with a name of ${listNames(Object.keys(KEYS))}`);
    if (key in given) throw new UsageError("usage", at, "is given twice");
    given[key] = KEYS[key as keyof Settings](value, at);
  }
  const settings = { ...common, ...given };
  requireFitting(settings, given, path);
  return settings;
}

/** What means nothing with the engine, if somebody asked for it. */
function requireFitting(
  { engine, backend, threads }: Settings,
  given: Readonly<Record<string, unknown>>,
  path: string,
): void {
  const odd = ["backend", "threads", "dtype"].find((key) => engine === "exact" && key in given);
  if (odd !== undefined && given[odd] !== "f64")
    throw new UsageError("usage", `${path} ${odd}`, "the exact engine has none: it runs in f64, in one thread");
  if (backend === "interpret" && threads > 1)
    throw new UsageError("usage", `${path} threads`, "the interpreter runs in one thread");
}

/** In words: `clocked, wasm, f32, seed 0`. */
export function settingsText({ engine, backend, dtype, threads, seed, dt }: SeededSettings): string {
  const how = engine === "exact" ? "exact" : `${backend}, ${dtype}${threads > 1 ? `, ${threads} threads` : ""}`;
  return `${how}, seed ${seed}${dt === undefined ? "" : `, dt ${dt} s`}`;
}
