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

/** Bits of the exponent, all of which are set in infinities and NaN alone, and what then carries into the sign. */
const [EXPONENT_F32, CARRY_F32] = [0x7f800000, 0x00800000];
const [EXPONENT_F64, CARRY_F64] = [0x7ff00000, 0x00100000];
/** Whether words that hold f64 have the one with the exponent second: in the order of this machine's bytes. */
const HIGH = new Uint32Array(new Float64Array([1]).buffer)[1] === 0 ? 0 : 1;

/** By bits, since numbers would be converted one by one; in turns of four words, which a processor does side by side. */
function allFinite(values: Elements): boolean {
  const wide = values instanceof Float64Array;
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
  return wide
    ? noneCarries(words, HIGH, 2, EXPONENT_F64, CARRY_F64)
    : noneCarries(words, 0, 1, EXPONENT_F32, CARRY_F32);
}
function noneCarries(words: Int32Array, first: number, by: 1 | 2, exponent: number, carry: number): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = words.length - 4 * by + 1;
  let k = first;
  for (; k < whole; k += 4 * by) {
    a |= (words[k]! & exponent) + carry;
    b |= (words[k + by]! & exponent) + carry;
    c |= (words[k + 2 * by]! & exponent) + carry;
    d |= (words[k + 3 * by]! & exponent) + carry;
  }
  for (; k < words.length; k += by) a |= (words[k]! & exponent) + carry;
  return (a | b | c | d) >= 0;
}
