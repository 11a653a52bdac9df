import type { NeuronModel } from "../neuronModel.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  omega: ["10/second", "angular frequency: below 1 a step", "positive"],
  offset: ["1/second", "by how much it is damped more than needed to stay bounded", "positive"],
  vTh: [1, "threshold of x", "positive"],
  gamma: [0.9, "what is left of the refractory trace after a step"],
} as const;
/** Options of `balancedResonateAndFire`: other values of its parameters. */
export type BalancedResonateAndFireOptions = TableOptions<typeof PARAMETERS>;

/**
 * Balanced resonate-and-fire: an oscillator of Euler steps that is damped just enough for these to stay bounded, without a
 * reset. A spike adds 1 to a trace `q`, which raises the threshold and damps for a while. Weights are drives, in 1/second,
 * at `i`. The published step is `dt = 0.01`, with frequencies from 5 to 10.
 *
 * In a step, damping and threshold see the trace as it was, and a spike of the step enters it after that. The spike has the
 * surrogate's derivative there, as in the published code.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function balancedResonateAndFire(options: BalancedResonateAndFireOptions = {}): NeuronModel {
  return tabled(
    {
      name: "balanced-resonate-and-fire",
      doc: "Balanced resonate-and-fire",
      source: "Higuchi, Kairat, Bohte and Otte 2024, Balanced Resonate-and-Fire Neurons, ICML, arXiv:2402.14603",
      equations: `
        x[t+1] = x + dt*(b*x - omega*y + i) : 1
        y[t+1] = y + dt*(omega*x + b*y) : 1
        q : 1
        b = (sqrt(1 - (dt*omega)**2) - 1)/dt - offset - q/second : Hz
        i : Hz (input)`,
      spike: "x > vTh + q",
      after: "q = gamma*q + spike",
      port: "i",
    },
    PARAMETERS,
    options,
  );
}
