/** What a constructor refuses is a fault of the file. */
import { DataError, RheobaseError } from "../base/errors.ts";
import { badFile } from "./check.ts";

/** @throws {DataError} `bad-file`, also for nesting that exhausts the stack of the equations' parser */
export function rebuilt<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof DataError) throw cause; // it says where already
    if (cause instanceof RheobaseError) throw badFile(path, cause.message, { cause });
    if (cause instanceof RangeError) throw badFile(path, `is nested too deeply (${cause.message})`, { cause });
    throw cause;
  }
}
