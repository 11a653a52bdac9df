/** Looks after each block whether every state is still a number, so that a run that has gone astray does not go on unnoticed. */
import type { Elements, Executable } from "../backend/backend.ts";
import { isFloat } from "../ir/types.ts";
import type { Lowered } from "./lower/lower.ts";
import { notFinite, type Window } from "./recording.ts";

/**
 * @throws {RunError} `not-finite`, naming population, neuron, and the steps of the block (record the variable, or run
 *   blocks of one step, to know which)
 */
export function checkStates(x: Executable, l: Lowered, block: Window): void {
  for (const { node, states } of l.populations.values())
    for (const { buffer } of states) {
      if (!isFloat(l.context.buffers.get(buffer)!.type) || allFinite(x.array(buffer))) continue;
      report(x.array(buffer), buffer, l.context.stride(node), block);
    }
}

function report(values: Elements, name: string, stride: number, { now, count }: Window): never {
  const at = values.findIndex((v: number) => !Number.isFinite(v));
  const when = count === 1 ? `step ${now}` : `one of the steps ${now} to ${now + count - 1}`;
  throw notFinite(name, at % stride, values[at]!, when, Math.floor(at / stride));
}

/** `0 * x` is NaN for NaN and infinities; four sums keep the processor busier than one. */
function allFinite(values: Elements): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let k = 0; k < whole; k += 4) {
    a += values[k]! * 0;
    b += values[k + 1]! * 0;
    c += values[k + 2]! * 0;
    d += values[k + 3]! * 0;
  }
  for (let k = whole; k < values.length; k++) a += values[k]! * 0;
  return a + b + c + d === 0;
}
