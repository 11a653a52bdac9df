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

/** All properties of `T` by name: with `satisfies`, the compiler sees that a table of them lacks none. */
export type Every<T> = Readonly<Record<keyof T & string, true>>;

/**
 * @param known the names, or a table that has them as properties
 * @throws {ModelError} `unknown-name` for a property that none reads, such as one misspelt; `type-mismatch` for no object
 */
export function requireKnown(
  path: string,
  options: object,
  known: readonly string[] | Readonly<Record<string, true>>,
): void {
  if (typeof options !== "object" || options === null)
    throw new ModelError("type-mismatch", path, `takes its options as an object, got ${String(options)}`);
  const names = Array.isArray(known) ? (known as readonly string[]) : Object.keys(known);
  for (const key of Object.keys(options))
    if (!names.includes(key))
      throw new ModelError(
        "unknown-name",
        `${path}.${key}`,
        `unknown property; known: ${listNames(names)}${hint(key, names)}`,
      );
}
/**
 * For what takes no options, and would ignore what it is given.
 * @throws {ModelError} `unknown-name` for a property, `type-mismatch` for anything else
 */
export function requireNone(path: string, given: readonly unknown[]): void {
  const [first] = given;
  if (first === undefined) return;
  if (typeof first !== "object" || first === null)
    throw new ModelError("type-mismatch", path, `takes no options, got ${String(first)}`);
  const [key] = Object.keys(first);
  if (key !== undefined)
    throw new ModelError("unknown-name", `${path}.${key}`, `unknown property: ${path} takes no options`);
}
/** The one name that is written so in another way, with a slip of the hand, or with something in front or behind. */
function hint(key: string, names: readonly string[]): string {
  const plain = (name: string): string => name.toLowerCase().replaceAll("_", "");
  const given = plain(key);
  const rules: readonly ((name: string) => boolean)[] = [
    (name) => name === given,
    (name) => [...name].sort().join("") === [...given].sort().join(""),
    (name) => isOneOff(name, given) || isOneShort(name, given) || isOneShort(given, name),
    (name) => Math.min(name.length, given.length) > 3 && (given.includes(name) || name.includes(given)),
  ];
  for (const rule of rules) {
    const [meant, ...others] = names.filter((name) => rule(plain(name)));
    if (meant !== undefined && others.length === 0) return `; did you mean '${meant}'?`;
  }
  return "";
}
const isOneOff = (a: string, b: string): boolean =>
  a.length === b.length && [...a].filter((letter, k) => letter !== b[k]).length === 1;
const isOneShort = (short: string, name: string): boolean =>
  [...name].some((_, k) => name.slice(0, k) + name.slice(k + 1) === short);

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
