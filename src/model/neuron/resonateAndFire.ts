import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  b: ["-0.1/ms", "growth of the oscillation: below 0 it is damped"],
  omega: ["1/ms", "angular frequency: the period is 2 pi/omega"],
  vTh: [1, "threshold of y", "positive"],
} as const;
/** Options of `resonateAndFire`: other values of its parameters. */
export type ResonateAndFireOptions = TableOptions<typeof PARAMETERS>;

/**
 * Resonate-and-fire: a damped oscillator `z' = (b + i omega) z`, z = x + iy, that fires when `y`, its voltage, exceeds
 * the threshold, and starts anew from z = i·vTh. Weights arrive as jumps of its current `x`, so pulses one period apart
 * add up where others cancel; a steady current, in 1/second, goes to `i`. Integrated exactly.
 *
 * `b + i omega` is the paper's -0.1 + i, its unit of time taken as a millisecond.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function resonateAndFire(options: ResonateAndFireOptions = {}): NeuronModel {
  return tabled(
    {
      name: "resonate-and-fire",
      doc: "Resonate-and-fire",
      source: "Izhikevich 2001, Neural Networks 14, 883",
      equations: `
        dx/dt = b*x - omega*y + i : 1
        dy/dt = omega*x + b*y : 1
        i : Hz (input)`,
      spike: "y > vTh",
      reset: "x = 0; y = vTh",
      port: "x",
    },
    PARAMETERS,
    options,
  );
}
