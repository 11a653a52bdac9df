/**
 * Every error a user can meet, in one readable file. `code` is stable, for machines; the message may improve.
 * Our own bugs are plain `Error`.
 */

/** Machine-readable reason. Messages may change, codes may not. */
export type ErrorCode =
  | "unknown-name"
  | "duplicate-name"
  | "syntax"
  | "unit-mismatch"
  | "shape-mismatch"
  | "type-mismatch"
  | "out-of-range"
  | "not-finite"
  | "cycle"
  | "unsupported"
  | "not-differentiable"
  | "dead-network"
  | "bad-file"
  | "missing-file"
  | "write-failed"
  | "download-failed"
  | "interrupted"
  | "usage"
  | "disposed";

/** The caller's mistake: where (a path into the caller's own input), what, and what was allowed or given. */
export class RheobaseError extends Error {
  readonly code: ErrorCode;
  /** Where: a path into the caller's own input, such as `lif.equations.dv/dt` or `train-images.gz`. */
  readonly path: string;

  constructor(code: ErrorCode, path: string, problem: string, options?: ErrorOptions) {
    super(`${path}: ${problem}`, options);
    this.name = new.target.name;
    this.code = code;
    this.path = path;
  }
}

/** A bad model, network or parameter. */
export class ModelError extends RheobaseError {}
/** Bad data: a file, an array, a label. */
export class DataError extends RheobaseError {}
/** A run that went wrong: NaN, dead network, disposed engine. */
export class RunError extends RheobaseError {}
/** A command line or option that cannot be understood. */
export class UsageError extends RheobaseError {}

/** Lists names for "known: …", sorted, at most twenty. */
export function listNames(names: Iterable<string>): string {
  const all = [...names].sort();
  return all.length > 20 ? `${all.slice(0, 20).join(", ")}, … (${all.length} in all)` : all.join(", ") || "(none)";
}

/** @throws {ModelError} `unknown-name` for a property that none reads, such as one misspelt */
export function requireKnown(path: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options))
    if (!known.includes(key))
      throw new ModelError("unknown-name", `${path}.${key}`, `unknown property; known: ${listNames(known)}`);
}

/** @throws {ModelError} `out-of-range` unless `value` is left out, or one of a few names */
export function requireChoice(path: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new ModelError("out-of-range", path, `must be ${choices.map((c) => `'${c}'`).join(" or ")}, got '${value}'`);
}

/** @throws {ModelError} `out-of-range` unless `value` is a finite number > 0 */
export function requirePositive(path: string, value: number, unit = ""): void {
  if (value > 0 && Number.isFinite(value)) return; // NaN fails both
  throw new ModelError("out-of-range", path, `must be a finite number > 0${unit && ` ${unit}`}, got ${value}`);
}

/** @throws {ModelError} `out-of-range` unless `value` is an integer in [low, high] */
export function requireInteger(path: string, value: number, low: number, high = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const allowed = high === Number.MAX_SAFE_INTEGER ? `>= ${low}` : `from ${low} to ${high}`;
  throw new ModelError("out-of-range", path, `must be an integer ${allowed}, got ${value}`);
}

/** @throws {ModelError} `not-finite` naming the first bad entry */
export function requireFinite(path: string, values: ArrayLike<number>): void {
  for (let k = 0; k < values.length; k++)
    if (!Number.isFinite(values[k]))
      throw new ModelError("not-finite", `${path}[${k}]`, `must be finite, got ${values[k]}`);
}
