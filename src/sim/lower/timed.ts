/** Timed arrays as tables of a run's steps: one value a step, or a row of one a neuron. */
import { ModelError } from "../../base/errors.ts";
import { along, type Place, place } from "../../ir/program.ts";
import { drawing } from "../../model/initializer.ts";
import type { Population } from "../../model/network.ts";
import type { SynapseModel } from "../../model/synapse.ts";
import { rowAt } from "../../model/timedArray.ts";
import { isSameForAll, shiftIn, shiftParameters, type TimedRead } from "../../model/timedRead.ts";
import type { Context } from "./context.ts";

/** What one way of reading an array puts into its buffer in each step. */
export interface TimedTable {
  readonly read: TimedRead;
  /** Numbers of a step, and how far the rows of two steps are apart. */
  readonly count: number;
  readonly width: number;
  /** What is added to `t`, in seconds: of each number, or the same of all. */
  readonly shift: Float64Array;
}

/** Where a population's step reads a timed array; undefined for any other slot. In `samples` mode it is written down here. */
export function timedPlace(node: string, slot: string, c: Context): Place | undefined {
  const p = c.net.populations[node];
  const read = p?.model.timedReads.find((x) => x.slot === slot);
  if (!p || !read) return undefined;
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
  return tablePlace(`${node}.timed.${slot}`, { read, shift, ...rowOf(same ? undefined : node, c) }, c);
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
  return tablePlace(`${name}.timed.${read.slot}`, { read, shift, ...rowOf(read.column && node, c) }, c);
}

/** A row with one number a neuron, or a single number. */
const rowOf = (node: string | undefined, c: Context): Pick<TimedTable, "count" | "width"> =>
  node === undefined ? { count: 1, width: 1 } : { count: c.size(node), width: c.stride(node) };

/** The row of the step at hand in a table of that name. */
function tablePlace(buffer: string, table: TimedTable, c: Context): Place {
  const { width } = table;
  if (c.options.mode === "stream") {
    const rows = c.rows(0);
    c.timed.set(buffer, table);
    return place(c.buffer(buffer, c.type, rows * width, "argument"), 0, along("t", width, { modulo: rows }));
  }
  return c.stepTable(buffer, width, (step, to, at) => writeRow(table, step, c.net.dt, to, at));
}

/** `stream` mode: the rows of the steps that come. */
export function fillTimed(
  c: Context,
  array: (name: string) => { [k: number]: number },
  first: number,
  count: number,
): void {
  const rows = c.rows(0);
  for (const [buffer, table] of c.timed) {
    const to = array(buffer);
    for (let step = first; step < first + count; step++)
      writeRow(table, step, c.net.dt, to, (step % rows) * table.width);
  }
}
function writeRow(
  { read: { array }, count, shift }: TimedTable,
  step: number,
  dt: number,
  to: { [k: number]: number },
  at: number,
): void {
  const { columns = 1, values } = array;
  let row = rowAt(array, step, dt, shift[0]) * columns;
  for (let k = 0; k < count; k++) {
    if (k > 0 && shift.length > 1) row = rowAt(array, step, dt, shift[k]) * columns;
    to[at + k] = values[columns > 1 ? row + k : row]!;
  }
}
