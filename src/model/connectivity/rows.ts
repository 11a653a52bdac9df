/**
 * The tables of a sparse connection: synapses in order of source, then of target, then as drawn or given. They are drawn
 * twice, first to be counted and then into their place, so that nothing is kept beside the tables but a number a row.
 */
import { ModelError } from "../../base/errors.ts";
import { sortNumbers } from "../../base/radixSort.ts";
import { firstAtLeast } from "../../base/sorted.ts";
import type { DrawnRows } from "../../ir/drawnRows.ts";
import type { Connectivity } from "../connectivity.ts";
import type { Draw, Lines, Size } from "./kind.ts";
import { kindOf } from "./kinds.ts";

export interface Rows {
  readonly count: number;
  /** Row k has the synapses `[start[k], start[k + 1])`. */
  readonly start: Int32Array;
  /** Of given synapses: where each came from, so that numbers given for each can follow. */
  readonly origin?: Uint32Array | undefined;
  /** Whether lines belong to targets, so that each call of `fill` draws all of them. */
  readonly byTarget: boolean;
  /** Whether every source has one synapse to every target. */
  readonly full: boolean;
  /** Whether there are certainly no multapses. */
  readonly distinct: boolean;
  /**
   * Writes the targets of rows `[from, to)` into their place among all, `before` of which the array leaves out. Any division
   * into ranges gives the same.
   */
  fill(target: Uint32Array, from?: number, to?: number, before?: number): void;
  /** Where a kernel can draw the same row by row, how; by choices rows are then to be sorted. */
  readonly drawn?: DrawnRows | undefined;
  /** Where it can draw them target by target, of each of which there are as many. */
  readonly columns?: Columns | undefined;
}
/** Lines that belong to targets: as many sources of each. */
export interface Columns {
  readonly drawn: DrawnRows;
  readonly count: number;
  readonly degree: number;
}

/** Counts synapses on many threads: those of row k at k + 1. */
export interface RowCounter {
  ofTrials(drawn: DrawnRows, sources: number): Int32Array;
  ofColumns(columns: Columns, sources: number): Int32Array;
}

/**
 * @throws {ModelError} `shape-mismatch`, `out-of-range` with the connection's name, also where there are 2^31 synapses
 *   or more
 */
export function rowsOf(connectivity: Connectivity, size: Size, draw: Draw, counter?: RowCounter): Rows {
  const kind = kindOf(connectivity);
  kind.check(connectivity, size, draw.name);
  const lines = kind.lines(connectivity, size, draw);
  const start = countedOf(lines, size, counter);
  let total = 0;
  for (let k = 0; k < size.sources; k++) total += start[k + 1]!;
  if (total >= 2 ** 31)
    throw new ModelError("out-of-range", draw.name, `can have at most ${2 ** 31 - 1} synapses, got ${total}`);
  for (let k = 0; k < size.sources; k++) start[k + 1]! += start[k]!;
  const fill = lines.by === "source" ? fillBySource : fillByTarget;
  return {
    count: total,
    start,
    origin: lines.origin,
    byTarget: lines.by === "target",
    fill: (target, from = 0, to = size.sources, before = 0) => fill({ lines, size, start, before }, target, from, to),
    ...(lines.by === "source" ? { drawn: lines.drawn } : { columns: columnsOf(lines, size) }),
    distinct: lines.distinct,
    full: total === size.sources * size.targets && isFull(lines, size),
  };
}

/** How many there are in row k, at k + 1. */
function countedOf(lines: Lines, size: Size, counter: RowCounter | undefined): Int32Array {
  const columns = counter && columnsOf(lines, size);
  if (columns) return counter.ofColumns(columns, size.sources);
  if (lines.by === "target") return countedByTarget(lines, size);
  if (counter && lines.drawn?.law.kind === "trials") return counter.ofTrials(lines.drawn, size.sources);
  return countedBySource(lines, size);
}
function columnsOf({ by, drawn, count }: Lines, { targets }: Size): Columns | undefined {
  return by === "target" && drawn && count && targets > 0 ? { drawn, count: targets, degree: count(0) } : undefined;
}
function countedBySource(lines: Lines, { sources }: Size): Int32Array {
  const counts = new Int32Array(sources + 1);
  let n = 0;
  const count = (): void => {
    n++;
  };
  for (let k = 0; k < sources; k++) {
    n = 0;
    if (lines.count) n = lines.count(k);
    else lines.each(k, count);
    counts[k + 1] = n;
  }
  return counts;
}
function countedByTarget(lines: Lines, { sources, targets }: Size): Int32Array {
  const counts = new Int32Array(sources + 1);
  const count = (source: number): void => {
    counts[source + 1]!++;
  };
  for (let k = 0; k < targets; k++) lines.each(k, count);
  return counts;
}

/** Whether every line names every other end once, where there are as many synapses as that makes. */
function isFull(lines: Lines, { sources, targets }: Size): boolean {
  const [count, others] = lines.by === "source" ? [sources, targets] : [targets, sources];
  const seen = new Int32Array(others).fill(-1);
  for (let k = 0; k < count; k++) {
    let n = 0;
    lines.each(k, (other) => {
      if (seen[other] !== k) n++;
      seen[other] = k;
    });
    if (n < others) return false;
  }
  return true;
}

interface Places {
  readonly lines: Lines;
  readonly size: Size;
  readonly start: Int32Array;
  readonly before: number;
}
type Fill = (places: Places, target: Uint32Array, from: number, to: number) => void;

const fillBySource: Fill = ({ lines, size: { targets }, start, before }, target, from, to) => {
  let at = start[from]! - before;
  const take = (other: number): void => {
    target[at++] = other;
  };
  for (let k = from; k < to; k++) {
    lines.each(k, take);
    if (!lines.ascending) sortNumbers(target, start[k]! - before, at, targets);
  }
};
const fillByTarget: Fill = ({ lines, size: { targets }, start, before }, target, from, to) => {
  const next = start.slice(from, to);
  let at = 0;
  const take = (source: number): void => {
    if (source >= from && source < to) target[next[source - from]!++ - before] = at;
  };
  for (at = 0; at < targets; at++) lines.each(at, take);
};

/**
 * Where the synapses of each row and part of the targets begin: those of row k and part p of P are
 * `[out[k·P + p], out[k·P + p + 1])`. Parts are ranges of targets, so that they divide rows without moving anything.
 *
 * @param parts first target of each part, and after the last the number of targets
 */
export function divideRows(
  out: { [index: number]: number },
  start: ArrayLike<number>,
  target: ArrayLike<number>,
  parts: readonly number[],
): void {
  const P = parts.length - 1;
  const rows = start.length - 1;
  for (let k = 0; k < rows; k++) {
    out[k * P] = start[k]!;
    for (let p = 1; p < P; p++) out[k * P + p] = firstAtLeast(target, parts[p]!, out[k * P + p - 1]!, start[k + 1]!);
  }
  out[rows * P] = start[rows]!;
}
/** Where the synapses of each target begin in `columnSynapse`. */
export function fillColumnStart(out: Int32Array, target: ArrayLike<number>): void {
  out.fill(0);
  for (let k = 0; k < target.length; k++) out[target[k]! + 1]!++;
  for (let c = 0; c + 1 < out.length; c++) out[c + 1]! += out[c]!;
}
/** The synapses of each target, in order of source. */
export function fillColumnSynapse(out: Uint32Array, columnStart: Int32Array, target: ArrayLike<number>): void {
  const next = columnStart.slice();
  for (let k = 0; k < target.length; k++) out[next[target[k]!]!++] = k;
}
/** The source of each synapse. */
export function fillSources(out: { [index: number]: number }, start: ArrayLike<number>): void {
  for (let k = 0; k + 1 < start.length; k++) for (let n = start[k]!; n < start[k + 1]!; n++) out[n] = k;
}
/** Their sources, in the same order. */
export function fillColumnSource(
  out: Uint32Array,
  columnStart: Int32Array,
  target: ArrayLike<number>,
  start: ArrayLike<number>,
): void {
  const next = columnStart.slice();
  for (let k = 0; k + 1 < start.length; k++)
    for (let n = start[k]!; n < start[k + 1]!; n++) out[next[target[n]!]!++] = k;
}
