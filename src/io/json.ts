/** JSON texts among the members of an HDF5 file. */
import { badFile } from "./check.ts";
import type { Tree } from "./hdf5.ts";

/** @throws {DataError} `bad-file` if it is missing, no text, or no JSON */
export function jsonIn(root: Tree, name: string, path: string): unknown {
  const x = root.get(name);
  if (typeof x !== "string") throw badFile(`${path}.${name}`, x === undefined ? "is missing" : "must be text");
  try {
    return JSON.parse(x);
  } catch (cause) {
    throw badFile(`${path}.${name}`, `is not JSON (${cause instanceof Error ? cause.message : cause})`, { cause });
  }
}
