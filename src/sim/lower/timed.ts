/** Timed arrays as tables of a run's steps: one value a step, or a row of one a neuron. */
import { along, type Place, place } from "../../ir/program.ts";
import { rowAt, type TimedArray } from "../../model/timedArray.ts";
import type { Context } from "./context.ts";

const bufferOf = (node: string, { name }: TimedArray): string => `${node}.timed.${name}`;
const widthOf = (node: string, x: TimedArray, c: Context): number => (x.columns === undefined ? 1 : c.stride(node));

/** Where a population's step reads a timed array; undefined for any other slot. In `samples` mode it is written down here. */
export function timedPlace(node: string, slot: string, c: Context): Place | undefined {
  const array = c.net.populations[node]?.model.timedArrays.find((x) => x.slot === slot);
  if (!array) return undefined;
  const [buffer, width] = [bufferOf(node, array), widthOf(node, array, c)];
  if (c.options.mode === "stream") {
    const rows = c.rows(0);
    return place(c.buffer(buffer, c.type, rows * width, "argument"), 0, along("t", width, { modulo: rows }));
  }
  if (!c.buffers.has(buffer)) {
    const all = new Float64Array(c.options.steps * width);
    for (let step = 0; step < c.options.steps; step++) writeRow(array, step, c.net.dt, all, step * width);
    c.constant(buffer, all);
  }
  return place(buffer, 0, ...c.inSample(width));
}

/** `stream` mode: the rows of the steps that come. */
export function fillTimed(
  c: Context,
  array: (name: string) => { [k: number]: number },
  first: number,
  count: number,
): void {
  const rows = c.rows(0);
  for (const [node, { model }] of Object.entries(c.net.populations))
    for (const x of model.timedArrays) {
      if (!c.buffers.has(bufferOf(node, x))) continue;
      const to = array(bufferOf(node, x));
      const width = widthOf(node, x, c);
      for (let step = first; step < first + count; step++) writeRow(x, step, c.net.dt, to, (step % rows) * width);
    }
}
function writeRow(x: TimedArray, step: number, dt: number, to: { [k: number]: number }, at: number): void {
  const columns = x.columns ?? 1;
  const row = rowAt(x, step, dt) * columns;
  for (let k = 0; k < columns; k++) to[at + k] = x.values[row + k]!;
}
