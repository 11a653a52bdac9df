/**
 * MATLAB 5 MAT-files (versions 5 to 7): numeric arrays by name. Cells, structures, text, sparse and complex arrays are
 * listed, and refused when asked for.
 *
 * Nothing in a file is believed: sizes are checked against the bytes that are there before anything is allocated,
 * inflation stops where the data say that they end, and a file may not make us hold more than `maxBytes`.
 *
 * @see The MathWorks, MAT-File Format, "Level 5 MAT-File Format"
 */
import { DataError, listNames } from "../../base/errors.ts";
import type { NamedBytes } from "./bytes.ts";
import { matrices } from "./matlabFile.ts";
import type { MatlabVariable } from "./matlabMatrix.ts";
import { type MatlabArray, readValues, requireNumeric } from "./matlabValues.ts";

/** Options of `readMatlab`. */
export interface MatlabOptions {
  /** Variables to read; by default all. Of the others only class, shape and name are looked at. */
  readonly names?: readonly string[];
  /** Most bytes that are inflated and held, all variables together; by default 1 GiB. */
  readonly maxBytes?: number;
}
const MAX_BYTES = 2 ** 30;

/**
 * Reads arrays of numbers, in the order of the file. A file that is gzipped as a whole is inflated first.
 *
 * @throws {DataError} `bad-file` with the byte; `unsupported` for a variable that is no array of real numbers;
 * `unknown-name` for one that is not there; `out-of-range` for a value that its class does not hold exactly
 */
export async function readMatlab(
  file: NamedBytes,
  { names, maxBytes = MAX_BYTES }: MatlabOptions = {},
): Promise<Map<string, MatlabArray>> {
  const budget = { left: maxBytes, most: maxBytes };
  const arrays = new Map<string, MatlabArray>();
  const seen: string[] = [];
  for await (const { head, body } of matrices(file, budget)) {
    seen.push(head.name);
    if (names && !names.includes(head.name)) continue;
    requireNumeric(file.path, head);
    const { span, end } = await body();
    arrays.set(head.name, readValues(span, head, end, budget));
  }
  const missing = names?.find((name) => !arrays.has(name));
  if (missing !== undefined)
    throw new DataError("unknown-name", `${file.path}.${missing}`, `no such variable; known: ${listNames(seen)}`);
  return arrays;
}

/** What is in a file, readable or not. @throws {DataError} `bad-file` with the byte */
export async function listMatlab(
  file: NamedBytes,
  { maxBytes = MAX_BYTES }: Pick<MatlabOptions, "maxBytes"> = {},
): Promise<MatlabVariable[]> {
  const variables: MatlabVariable[] = [];
  for await (const { head } of matrices(file, { left: maxBytes, most: maxBytes })) {
    const { next: _, ...variable } = head;
    variables.push(variable);
  }
  return variables;
}
