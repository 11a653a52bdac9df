/** Quantities that stand in options: what is wrong with one is wrong usage. */
import type { Dimension } from "../../base/dimension.ts";
import { RheobaseError, UsageError } from "../../base/errors.ts";
import { parseQuantity, quantityOf } from "../../base/quantity.ts";
import type { Quantity } from "../../base/units.ts";

export const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
export const HERTZ: Dimension = [0, 0, -1, 0, 0, 0, 0];

function usage<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RheobaseError)) throw cause;
    throw new UsageError(cause.code, path, cause.message.replace(`${cause.path}: `, ""), { cause });
  }
}

/** @throws {UsageError} `unit-mismatch`, `syntax`, `unknown-name` */
export function secondsOf(text: string, path: string): number {
  if (/^\s*[\d.]+\s*$/.test(text))
    throw new UsageError("unit-mismatch", path, `'${text}' needs a unit, such as ${text}s or ${text}ms`);
  return usage(path, () => quantityOf(text, SECOND, path));
}
/** @throws {UsageError} `syntax`, `unknown-name` */
export const anyQuantity = (text: string, path: string): Quantity => usage(path, () => parseQuantity(text, path));
