/**
 * Reads untrusted data: each reader takes a value of unknown shape and gives back a checked copy, or says where it is
 * wrong and what was allowed. Schemas are tables of readers, so that a type and its check stand side by side.
 *
 * Depth, lengths and names are bounded: nothing in a file can exhaust the stack, stall a quadratic check, or reach a
 * prototype.
 */
import { DataError, listNames } from "../base/errors.ts";

export type Reader<T> = (value: unknown, path: string) => T;
/** A member that may be missing. */
export interface Optional<T> {
  readonly optional: Reader<T>;
}
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Reader<T[K]>;
};

/** Nodes of a network, members of an object. */
const MOST_MEMBERS = 10_000;
const LONGEST_NAME = 256;
const LONGEST_TEXT = 2 ** 16;
/** Of data that a schema does not describe, such as an encoder. */
const DEEPEST = 32;

export const badFile = (path: string, problem: string, options?: ErrorOptions): DataError =>
  new DataError("bad-file", path, problem, options);

export function mustBe(allowed: string, got: unknown, path: string): DataError {
  return badFile(path, `must be ${allowed}, got ${describe(got)}`);
}

function describe(x: unknown): string {
  if (typeof x === "string") return x.length > 40 ? `'${x.slice(0, 40)}…'` : `'${x}'`;
  if (Array.isArray(x)) return `a list of ${x.length}`;
  if (x === undefined) return "nothing";
  return x === null || typeof x === "number" || typeof x === "boolean" ? String(x) : `a value of type ${typeof x}`;
}

/** Text without halves of characters, which UTF-8 cannot hold. */
export const text: Reader<string> = (x, path) => {
  if (typeof x !== "string") throw mustBe("text", x, path);
  if (x.length > LONGEST_TEXT) throw mustBe(`text of at most ${LONGEST_TEXT} characters`, x, path);
  if (/\p{Surrogate}/u.test(x)) throw mustBe("well-formed text", x, path);
  return x;
};
export const flag: Reader<boolean> = (x, path) => {
  if (typeof x === "boolean") return x;
  throw mustBe("true or false", x, path);
};
/** A finite number. JSON has no negative zero, so that it becomes 0. */
export const finite: Reader<number> = (x, path) => {
  if (typeof x === "number" && Number.isFinite(x)) return x + 0;
  throw mustBe("a finite number", x, path);
};
export const integer =
  (low: number, high = Number.MAX_SAFE_INTEGER): Reader<number> =>
  (x, path) => {
    if (typeof x === "number" && Number.isInteger(x) && x >= low && x <= high) return x + 0;
    throw mustBe(`an integer from ${low} to ${high}`, x, path);
  };
export const oneOf =
  <T extends string>(...allowed: readonly T[]): Reader<T> =>
  (x, path) => {
    if (allowed.includes(x as T)) return x as T;
    throw mustBe(`one of ${listNames(allowed)}`, x, path);
  };
export const either =
  <A, B>(isFirst: (x: unknown) => boolean, first: Reader<A>, second: Reader<B>): Reader<A | B> =>
  (x, path) =>
    isFirst(x) ? first(x, path) : second(x, path);

export const optional = <T>(reader: Reader<T>): Optional<T> => ({ optional: reader });

export const listOf =
  <T>(reader: Reader<T>, most = Number.MAX_SAFE_INTEGER): Reader<T[]> =>
  (x, path) => {
    if (!Array.isArray(x)) throw mustBe("a list", x, path);
    if (x.length > most) throw mustBe(`a list of at most ${most}`, x, path);
    return Array.from(x, (item, k) => reader(item, `${path}[${k}]`));
  };

/** Numbers as a list. A typed array becomes one. */
export const numbers: Reader<number[]> = (x, path) => {
  if (!Array.isArray(x) && !ArrayBuffer.isView(x)) throw mustBe("a list of numbers", x, path);
  const list: unknown[] = Array.from(x as ArrayLike<unknown>);
  for (let k = 0; k < list.length; k++)
    list[k] = Number.isFinite(list[k]) ? (list[k] as number) + 0 : finite(list[k], `${path}[${k}]`);
  return list as number[];
};

/** The members of an object, none of them a name that every object has (`constructor`, `__proto__`). */
function members(x: unknown, path: string): [string, unknown][] {
  if (typeof x !== "object" || x === null || Array.isArray(x) || !isPlain(x)) throw mustBe("an object", x, path);
  const all = Object.entries(x);
  if (all.length > MOST_MEMBERS) throw badFile(path, `must have at most ${MOST_MEMBERS} members, got ${all.length}`);
  for (const [name] of all) {
    if (name.length > LONGEST_NAME) throw mustBe(`a name of at most ${LONGEST_NAME} characters`, name, path);
    if (name in Object.prototype)
      throw badFile(path, `'${name}' cannot be a name: JavaScript gives it a meaning of its own`);
  }
  return all;
}
const isPlain = (x: object): boolean => [Object.prototype, null].includes(Object.getPrototypeOf(x));

export const recordOf =
  <T>(reader: Reader<T>): Reader<Record<string, T>> =>
  (x, path) =>
    Object.fromEntries(members(x, path).map(([name, value]) => [name, reader(value, `${path}.${name}`)]));

/** An object with exactly these members. */
export function struct<T extends object>(fields: Fields<T>): Reader<T> {
  const known = Object.entries<Reader<unknown> | Optional<unknown>>(fields as never);
  return (x, path) => {
    const given = new Map(members(x, path));
    for (const name of given.keys())
      if (!Object.hasOwn(fields, name))
        throw badFile(`${path}.${name}`, `unknown; known: ${listNames(known.map(([k]) => k))}`);
    const read = known.flatMap(([name, field]) => {
      if (typeof field === "function") return [[name, field(given.get(name), `${path}.${name}`)]];
      return given.get(name) === undefined ? [] : [[name, field.optional(given.get(name), `${path}.${name}`)]];
    });
    return Object.fromEntries(read) as T;
  };
}

type Variants<T extends { readonly kind: string }> = {
  readonly [K in T["kind"]]: Fields<Omit<Extract<T, { readonly kind: K }>, "kind">>;
};
/** One of several objects, told apart by `kind`. */
export function variant<T extends { readonly kind: string }>(variants: Variants<T>): Reader<T> {
  const table = Object.entries<Fields<object>>(variants as never);
  const readers = new Map(table.map(([kind, fields]) => [kind, struct({ ...fields, kind: text } as Fields<T>)]));
  const kindOf = oneOf(...readers.keys());
  return (x, path) => {
    const kind = kindOf(new Map(members(x, path)).get("kind"), `${path}.kind`);
    return readers.get(kind)!(x, path);
  };
}

/** Data of any shape that JSON can hold: what other layers give a meaning. */
export const plain: Reader<unknown> = (x, path) => plainTo(DEEPEST, x, path);
export const plainObject: Reader<Record<string, unknown>> = (x, path) => {
  members(x, path);
  return plain(x, path) as Record<string, unknown>;
};

function plainTo(depth: number, x: unknown, path: string): unknown {
  if (depth === 0) throw badFile(path, `is nested deeper than ${DEEPEST} levels`);
  const inside: Reader<unknown> = (value, at) => plainTo(depth - 1, value, at);
  if (x === null || typeof x === "boolean") return x;
  if (typeof x === "number") return finite(x, path);
  if (typeof x === "string") return text(x, path);
  if (Array.isArray(x)) return listOf(inside)(x, path);
  if (typeof x !== "object") throw mustBe("plain data (as JSON can hold)", x, path);
  return Object.fromEntries(
    members(x, path).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, inside(value, `${path}.${name}`)]],
    ),
  );
}

/** To be asked first, so that a file of another kind or of the future is told apart from a damaged one. */
export function requireFormat(
  given: { readonly format?: unknown; readonly version?: unknown },
  own: { readonly format: string; readonly version: number },
  path: string,
): void {
  const { format, version } = given;
  if (format !== own.format) throw mustBe(`'${own.format}'`, format, `${path}.format`);
  if (typeof version === "number" && version > own.version)
    throw badFile(`${path}.version`, `is ${version}, from a newer Rheobase; this one reads ${own.version}`);
  integer(1, own.version)(version, `${path}.version`);
}

/** Runs a reader over what is about to be saved: what could not be read back is refused before it is written. */
export function checkedForSaving<T>(reader: Reader<T>, value: unknown, path: string): T {
  try {
    return reader(value, path);
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause;
    throw new DataError("unsupported", cause.path, `cannot be saved: ${cause.message.slice(cause.path.length + 2)}`, {
      cause,
    });
  }
}
