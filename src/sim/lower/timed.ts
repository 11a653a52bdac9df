/** Timed arrays as tables of a run's steps: one value a step, or a row of one a neuron. */
import { ModelError } from "../../base/errors.ts";
import { along, type Place, place } from "../../ir/program.ts";
import type { Type } from "../../ir/types.ts";
import { drawing } from "../../model/initializer.ts";
import type { Population } from "../../model/network.ts";
import type { SynapseModel } from "../../model/synapse.ts";
import { rowAt, stepStart, type TimedArray } from "../../model/timedArray.ts";
import { isSameForAll, shiftIn, shiftParameters, type TimedRead } from "../../model/timedRead.ts";
import { type TableSlot, tableSlots } from "../../model/timedTable.ts";
import type { Context, TableRow } from "./context.ts";

/** What of an array has a new row in each step, and how the row of a step is written. */
export interface TimedTable {
  /** How far the rows of two steps are apart. */
  readonly width: number;
  readonly write: TableRow;
}

/** Where a population's step reads a timed array; undefined for any other slot. In `samples` mode it is written down here. */
export function timedPlace(node: string, slot: string, c: Context): Place | undefined {
  const p = c.net.populations[node];
  if (!p) return undefined;
  const looked = p.model.timedArrays.find((x) => tableSlots(x).includes(slot));
  if (looked) return lookedPlace(looked, slot.slice(looked.name.length + 1) as TableSlot, node, c);
  const read = p.model.timedReads.find((x) => x.slot === slot);
  if (!read) return undefined;
  const parameters = shiftParameters(
    read,
    p.model.parameters.map((x) => x.name),
  );
  const own = parameters.filter((name) => givenTo(p, name).kind !== "constant");
  const same = isSameForAll(read, new Set(own));
  const numbers = new Map(
    parameters.map((name) => {
      const draw = { name: `${node}.${name}`, seed: c.options.seed };
      return [name, drawing(givenTo(p, name), p.size, draw)] as const;
    }),
  );
  const shiftOf = shiftIn(read, c.net.dt, numbers);
  const shift = Float64Array.from({ length: own.length > 0 ? p.size : 1 }, (_, k) => shiftOf(k));
  return tablePlace(`${node}.timed.${slot}`, valuesOf(read, shift, same ? undefined : node, c), c);
}
const givenTo = ({ model, parameters }: Population, name: string) =>
  parameters[name] ?? ({ kind: "constant", value: model.parameters.find((x) => x.name === name)!.value } as const);

/** Where a synapse reads one: the same for all, or a number a source or a target. */
export function synapseTimedPlace(name: string, read: TimedRead, s: SynapseModel, node: string, c: Context): Place {
  const { columns } = read.array;
  if (columns !== undefined && columns !== c.size(node)) {
    const problem = `'${read.slot}' has values for ${columns} neurons, and there are ${c.size(node)} in '${node}'`;
    throw new ModelError("shape-mismatch", `synapse ${s.name}`, problem);
  }
  const numbers = new Map(Object.entries(s.parameters).map(([x, value]) => [x, () => value] as const));
  const shift = Float64Array.of(shiftIn(read, c.net.dt, numbers)(0));
  return tablePlace(`${name}.timed.${read.slot}`, valuesOf(read, shift, read.column && node, c), c);
}

/** Where an array lies as a whole, and where a step begins in it: what a lookup needs. */
export function lookedPlace(array: TimedArray, what: TableSlot, name: string, c: Context): Place {
  const buffer = `${name}.timed.${array.name}.${what}`;
  if (what === "values") return place(c.buffers.has(buffer) ? buffer : c.constant(buffer, array.values));
  const write: TableRow = (step, to, at) => void (to[at] = stepStart(array, step, c.net.dt)[what]);
  return tablePlace(buffer, { width: 1, write }, c, what === "row" ? "i32" : c.type);
}

/**
 * What one way of reading an array gives in each step: a row with one number a neuron of `node`, or a single number.
 * @param shift what is added to `t`, in seconds: of each number, or the same of all
 */
function valuesOf({ array }: TimedRead, shift: Float64Array, node: string | undefined, c: Context): TimedTable {
  const [count, width] = node === undefined ? [1, 1] : [c.size(node), c.stride(node)];
  const { columns = 1, values } = array;
  return {
    width,
    write: (step, to, at) => {
      let row = rowAt(array, step, c.net.dt, shift[0]) * columns;
      for (let k = 0; k < count; k++) {
        if (k > 0 && shift.length > 1) row = rowAt(array, step, c.net.dt, shift[k]) * columns;
        to[at + k] = values[columns > 1 ? row + k : row]!;
      }
    },
  };
}

/** The row of the step at hand in a table of that name. */
function tablePlace(buffer: string, table: TimedTable, c: Context, type: Type = c.type): Place {
  const { width, write } = table;
  if (c.options.mode === "stream") {
    const rows = c.rows(0);
    c.timed.set(buffer, table);
    return place(c.buffer(buffer, type, rows * width, "argument"), 0, along("t", width, { modulo: rows }));
  }
  return c.stepTable(buffer, width, write, type);
}

/** `stream` mode: the rows of the steps that come. */
export function fillTimed(
  c: Context,
  array: (name: string) => { [k: number]: number },
  first: number,
  count: number,
): void {
  const rows = c.rows(0);
  for (const [buffer, { width, write }] of c.timed) {
    const to = array(buffer);
    for (let step = first; step < first + count; step++) write(step, to, (step % rows) * width);
  }
}
