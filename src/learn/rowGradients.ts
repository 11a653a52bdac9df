/**
 * Gradients of rows of weights from lists of active rows. Wide rows go by way of lists of steps, one a row
 * (`transposeLists`): each row's errors are then gathered in registers and the row is written once. Both ways add in the
 * same order.
 */
import { along, type Count, invoke, loop, type Node, type Place, place, shifted } from "../ir/program.ts";
import { BYTES } from "../ir/types.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSamples } from "../sim/lower/contributions.ts";

/** Lists of active rows of a chunk: for each group (a sample, or the whole chunk) one a step. */
export interface ActiveRows {
  /** Names the work buffers. */
  readonly name: string;
  /** How many rows there are. */
  readonly rows: number;
  /** Entries of all lists together, at most. */
  readonly room: number;
  readonly list: Place;
  readonly ends: Place;
  readonly values?: Place;
  /** Elements from a group's list, or ends, to the next one's. */
  readonly listStride: number;
  readonly endsStride: number;
  /** Whether there is a group for each sample; else there is one. */
  readonly bySample: boolean;
  readonly steps: Count;
}
/** Rows of errors: `groupRows` rows from a group's first to the next one's. */
export interface ErrorRows {
  readonly first: Place;
  readonly width: number;
  readonly groupRows: number;
}

/** Narrower rows (bytes) are cheaper to read and write for each entry than the sort. Measured: 80 no, 256 yes. */
const WIDE = 256;

/** `out[row] += (value ·) errors[step]` for every entry, each row's additions in order of group and step. */
export function rowGradients(out: Place, active: ActiveRows, errors: ErrorRows, c: Context): Node[] {
  return errors.width * BYTES[c.type] < WIDE ? direct(out, active, errors, c) : sorted(out, active, errors, c);
}

function direct(out: Place, active: ActiveRows, { first, width, groupRows }: ErrorRows, c: Context): Node[] {
  const { list, ends, values, listStride, endsStride, bySample, steps } = active;
  const of = (p: Place, stride: number): Place =>
    bySample && stride > 0 ? { ...p, terms: [...p.terms, along("s", stride)] } : p;
  const kernel = { kind: "outerRows", type: c.type, width, stride: width, deltaStride: width } as const;
  const call = invoke(
    { ...kernel, valued: values !== undefined },
    {
      out,
      list: of(list, listStride),
      ends: of(ends, endsStride),
      delta: of(first, groupRows * width),
      ...(values && { values: of(values, listStride) }),
    },
    { steps },
  );
  return bySample ? overSamples(c, [call]) : [call];
}

function sorted(out: Place, active: ActiveRows, { first, width, groupRows }: ErrorRows, c: Context): Node[] {
  const { name, rows, room, list, ends, values, listStride, endsStride, bySample, steps } = active;
  const starts = place(c.buffer(`${name}.row.start`, "i32", rows + 1, "work"));
  const order = place(c.buffer(`${name}.row.steps`, "u32", room, "work"));
  const taken = values && place(c.buffer(`${name}.row.values`, c.type, room, "work"));
  const valued = values !== undefined;
  const sort = { kind: "transposeLists", type: c.type, rows, listStride, endsStride, numberStride: groupRows } as const;
  const row = { ...out, terms: [...out.terms, along("row", width)] };
  const start = { ...starts, terms: [along("row", 1)] };
  const gather = { kind: "gatherRows", type: c.type, width, stride: width, valued, init: true } as const;
  return [
    invoke(
      { ...sort, valued },
      { list, ends, starts, order, ...(values && taken && { values, sorted: taken }) },
      { groups: bySample ? c.sampleCount : 1, steps },
    ),
    loop("row", rows, [
      invoke(
        gather,
        { out: row, init: row, weights: first, list: order, ...(taken && { values: taken }) },
        { from: start, to: shifted(start, 1) },
      ),
    ]),
  ];
}
