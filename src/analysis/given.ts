/** What analyses are given by hand: anything else than lists and objects is named where it stands. */
import { DataError } from "../base/errors.ts";

const wordsOf = (x: unknown): string =>
  typeof x === "string" ? `'${x}'` : typeof x === "object" && x ? "an object" : String(x);

/** @throws {DataError} `type-mismatch` unless it is an array or a typed array */
export function requireList(path: string, x: unknown, of = "numbers"): void {
  if (Array.isArray(x) || (ArrayBuffer.isView(x) && "length" in x)) return;
  throw new DataError("type-mismatch", path, `must be a list of ${of}, got ${wordsOf(x)}`);
}

/** @throws {DataError} `type-mismatch` unless it has properties at all */
export function requireObject(path: string, x: unknown, what: string): void {
  if (typeof x === "object" && x !== null) return;
  throw new DataError("type-mismatch", path, `must be ${what}, got ${wordsOf(x)}`);
}
