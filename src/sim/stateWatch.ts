/** Looks after each block whether every state is still a number, so that a run that has gone astray does not go on unnoticed. */
import type { Elements, Executable } from "../backend/backend.ts";
import { isFloat } from "../ir/types.ts";
import type { Lowered } from "./lower/lower.ts";
import { WATCH } from "./lower/watch.ts";
import { notFinite, type Window } from "./recording.ts";

/**
 * @param l its region `watch` has been run
 * @throws {RunError} `not-finite`, naming population, neuron, and the steps of the block (record the variable, or run
 *   blocks of one step, to know which)
 */
export function checkStates(x: Executable, l: Lowered, block: Window): void {
  if (!l.context.buffers.has(WATCH)) return;
  const sums = x.array(WATCH);
  if (sums.every((sum: number) => sum === 0)) return;
  sums.fill(0); // an engine that is restored goes on
  for (const { node, states } of l.populations.values())
    for (const { buffer } of states)
      if (isFloat(l.context.buffers.get(buffer)!.type))
        requireFinite(x.array(buffer), buffer, l.context.stride(node), block);
}

function requireFinite(values: Elements, name: string, stride: number, { now, count }: Window): void {
  const at = values.findIndex((v: number) => !Number.isFinite(v));
  if (at < 0) return;
  const when = count === 1 ? `step ${now}` : `one of the steps ${now} to ${now + count - 1}`;
  throw notFinite(name, at % stride, values[at]!, when, Math.floor(at / stride));
}
