import type { NeuronModel } from "../neuronModel.ts";
import { type Gate, gateEquations, settled } from "./gates.ts";
import { type TableOptions, tabled } from "./tabled.ts";

const PARAMETERS = {
  C: ["1 uF/cm**2", "membrane capacitance", "positive"],
  gNa: ["120 mS/cm**2", "sodium conductance, all gates open", "not negative"],
  gK: ["36 mS/cm**2", "potassium conductance, all gates open", "not negative"],
  gL: ["0.3 mS/cm**2", "leak conductance", "not negative"],
  ENa: ["50 mV", "sodium reversal: 115 mV above rest"],
  EK: ["-77 mV", "potassium reversal: 12 mV below rest"],
  EL: ["-54.387 mV", "leak reversal: 10.613 mV above rest"],
  vRest: ["-65 mV", "rest, from which gates count"],
  vTh: ["-20 mV", "a spike is counted when v rises above it"],
  pace: [1, "of the gates: 1 at 6.3 degrees, 3 for each 10 degrees more", "positive"],
} as const;
/** Options of `hodgkinHuxley`: other values of its parameters. */
export type HodgkinHuxleyOptions = TableOptions<typeof PARAMETERS>;

/** `exprel(x) = (exp(x) - 1)/x`: no hole where a rate's exponent is 0. */
const GATES: Readonly<Record<string, Gate>> = {
  m: {
    opens: (u) => `1/exprel((25*mV - ${u})/(10*mV))/ms`,
    closes: (u) => `4*exp(-${u}/(18*mV))/ms`,
  },
  h: {
    opens: (u) => `0.07*exp(-${u}/(20*mV))/ms`,
    closes: (u) => `1/(exp((30*mV - ${u})/(10*mV)) + 1)/ms`,
  },
  n: {
    opens: (u) => `0.1/exprel((10*mV - ${u})/(10*mV))/ms`,
    closes: (u) => `0.125*exp(-${u}/(80*mV))/ms`,
  },
};

/**
 * The squid's giant axon, a patch of membrane: Hodgkin and Huxley's equations with today's sign of the voltage and a rest
 * of -65 mV. A current density, in ampere per square metre (1 A/m² is 100 µA/cm²), goes to `i`; so do weights where no port
 * is named. It starts at rest with settled gates.
 *
 * The exponential midpoint rule integrates it: second order, stable in long steps. In steps of 0.025 ms its rate is right to two
 * thousandths.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `out-of-range`
 */
export function hodgkinHuxley(options: HodgkinHuxleyOptions = {}): NeuronModel {
  return tabled(
    {
      name: "hodgkin-huxley",
      doc: "The squid's giant axon",
      source: "Hodgkin and Huxley 1952, J. Physiol. 117, 500, eq. 26, 7, 15, 16 and table 3",
      equations: `
        dv/dt = (gNa*m**3*h*(ENa - v) + gK*n**4*(EK - v) + gL*(EL - v) + i) / C : volt
        ${gateEquations(GATES, "u", "pace*")}
        u = v - vRest : volt
        i : amp/meter**2 (input)`,
      initial: { v: "vRest", ...settled(GATES, "(0*mV)") },
      spike: "v > vTh",
      refractory: "v > vTh",
      method: "exponentialMidpoint",
    },
    PARAMETERS,
    options,
  );
}
