/** Brian's `IF_curve_Hodgkin_Huxley`: a hundred Hodgkin-Huxley cells (Traub and Miles), each with a current of its own. */
import { network, neuron, population } from "rheobase";
import { simulate } from "rheobase/sim";
import { must, option } from "../support/check.ts";

const numNeurons = 100;
const duration = option("duration", 0.5);
const area = "20000*umetre**2";
const eqs = `
dv/dt = (gl*(El-v) - g_na*(m*m*m)*h*(v-ENa) - g_kd*(n*n*n*n)*(v-EK) + I)/Cm : volt
dm/dt = 0.32*(mV**-1)*4*mV/exprel((13.*mV-v+VT)/(4*mV))/ms*(1-m)-0.28*(mV**-1)*5*mV/exprel((v-VT-40.*mV)/(5*mV))/ms*m : 1
dn/dt = 0.032*(mV**-1)*5*mV/exprel((15.*mV-v+VT)/(5*mV))/ms*(1.-n)-.5*exp((10.*mV-v+VT)/(40.*mV))/ms*n : 1
dh/dt = 0.128*exp((17.*mV-v+VT)/(18.*mV))/ms*(1.-h)-4./(1+exp((40.*mV-v+VT)/(5.*mV)))/ms*h : 1
I : amp
`;
const group = neuron({
  name: "hh",
  equations: eqs,
  parameters: {
    Cm: `1*ufarad*cm**-2 * ${area}`,
    gl: `5e-5*siemens*cm**-2 * ${area}`,
    El: "-65*mV",
    EK: "-90*mV",
    ENa: "50*mV",
    g_na: `100*msiemens*cm**-2 * ${area}`,
    g_kd: `30*msiemens*cm**-2 * ${area}`,
    VT: "-63*mV",
  },
  initial: { v: "El" },
  spike: "v > -40*mV",
  refractory: "v > -40*mV", // for counting alone
  method: "exponentialEuler",
});
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { group: population(numNeurons, group, { initial: { I: "0.7*nA * i / N" } }) },
});
const { spikes } = await simulate(net, { duration, type: "f64" });

const count = new Float64Array(numNeurons);
for (const i of spikes.group!.indices) count[i]!++;
// Brian 2.5.1 with the same code: spikes of every tenth cell, in half a second and in two seconds.
const brian: Readonly<Record<number, readonly number[]>> = {
  0.5: [0, 9, 14, 19, 23, 27, 31, 35, 38, 42],
  2: [0, 35, 57, 76, 93, 109, 125, 139, 153, 166],
};
brian[duration]?.forEach((k, tenth) => must(`spikes at ${(0.07 * tenth).toFixed(2)} nA`, count[10 * tenth]!, k, 0));
// Below 0.02 nA nothing happens; above the rate grows with the current.
must("cells that fire less than the one before", count.filter((k, i) => i > 0 && k < count[i - 1]!).length, 0, 0);
