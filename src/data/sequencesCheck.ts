/** What sequences must be: addresses are computed from what they hold, so nothing in them is believed. */
import { DataError } from "../base/errors.ts";
import type { SequenceParts } from "./sequences.ts";

/** Labels are bytes. */
const MAX_CLASSES = 256;

/** @throws {DataError} `shape-mismatch`, `out-of-range` */
export function checkSequences(path: string, parts: SequenceParts): void {
  const { classes, inputs, steps } = parts;
  requireRange(`${path}.classes`, classes.length, 1, MAX_CLASSES);
  requireRange(`${path}.inputs`, inputs, 1, 2 ** 32);
  requireRange(`${path}.steps`, steps, 1, 2 ** 31 - 1);
  checkLengths(path, parts);
  checkEnds(path, parts);
  checkSpikes(path, parts);
  checkLabels(path, parts);
}

/** The k-th of some numbers of sequences. @throws {DataError} `out-of-range` */
export function requireNumber(numbers: ArrayLike<number>, k: number, count: number): number {
  requireRange(`indices[${k}]`, numbers[k]!, 0, count - 1);
  return numbers[k]!;
}

function requireRange(path: string, value: number, low: number, high: number): void {
  if (!(Number.isInteger(value) && value >= low && value <= high))
    throw new DataError("out-of-range", path, `must be an integer from ${low} to ${high}, got ${value}`);
}

function checkLengths(path: string, { steps, lengths, ends, labels, annotated = labels }: SequenceParts): void {
  const rows = lengths.length * steps;
  if (ends.length !== rows + 1)
    throw new DataError("shape-mismatch", `${path}.ends`, `needs ${rows + 1} numbers, got ${ends.length}`);
  if (labels.length !== rows)
    throw new DataError("shape-mismatch", `${path}.labels`, `needs ${rows} numbers, got ${labels.length}`);
  if (annotated.length !== rows)
    throw new DataError("shape-mismatch", `${path}.annotated`, `needs ${rows} numbers, got ${annotated.length}`);
  lengths.forEach((length, s) => requireRange(`${path}.lengths[${s}]`, length, 1, steps));
}

function checkEnds(path: string, { steps, lengths, list, ends }: SequenceParts): void {
  requireRange(`${path}.ends[0]`, ends[0]!, 0, 0);
  for (let row = 0; row + 1 < ends.length; row++) {
    const padding = row % steps >= lengths[Math.floor(row / steps)]!;
    if (ends[row + 1]! < ends[row]! || (padding && ends[row + 1] !== ends[row]))
      throw new DataError(
        "out-of-range",
        `${path}.ends[${row + 1}]`,
        `must be ${padding ? "" : "at least "}${ends[row]}${padding ? ", as this step is past the end of its sequence" : ""}, got ${ends[row + 1]}`,
      );
  }
  if (ends.at(-1) !== list.length)
    throw new DataError("shape-mismatch", `${path}.list`, `needs ${ends.at(-1)} numbers, got ${list.length}`);
}

function checkSpikes(path: string, { inputs, list, ends }: SequenceParts): void {
  for (let row = 0; row + 1 < ends.length; row++)
    for (let k = ends[row]!, least = 0; k < ends[row + 1]!; least = list[k++]! + 1)
      if (!(list[k]! >= least && list[k]! < inputs)) requireRange(`${path}.list[${k}]`, list[k]!, least, inputs - 1);
}

function checkLabels(path: string, { classes, steps, lengths, labels, annotated }: SequenceParts): void {
  for (let s = 0; s < lengths.length; s++)
    for (let t = 0, row = s * steps; t < steps; t++, row++) {
      const inside = t < lengths[s]!;
      requireAtMost(`${path}.labels`, labels, row, inside ? classes.length - 1 : 0);
      if (annotated) requireAtMost(`${path}.annotated`, annotated, row, inside ? 1 : 0);
    }
}

/** Names the place only when it must: this is asked for every step. */
function requireAtMost(path: string, values: Uint8Array, k: number, most: number): void {
  if (values[k]! > most) requireRange(`${path}[${k}]`, values[k]!, 0, most);
}
