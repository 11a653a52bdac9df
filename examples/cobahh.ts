/**
 * Four thousand Hodgkin-Huxley cells with conductances (benchmark 3 of Brette et al. 2007): the equations are those of Brian's
 * `COBAHH`, pasted in.
 */
import { connect, createEngine, network, neuron, population, probability, wasm } from "rheobase";
import { must, option } from "./support/check.ts";

const area = "20000*umetre**2";
const cobahh = neuron({
  name: "cobahh",
  equations: `
dv/dt = (gl*(El-v)+ge*(Ee-v)+gi*(Ei-v)-
         g_na*(m*m*m)*h*(v-ENa)-
         g_kd*(n*n*n*n)*(v-EK))/Cm : volt
dm/dt = alpha_m*(1-m)-beta_m*m : 1
dn/dt = alpha_n*(1-n)-beta_n*n : 1
dh/dt = alpha_h*(1-h)-beta_h*h : 1
dge/dt = -ge*(1./taue) : siemens
dgi/dt = -gi*(1./taui) : siemens
alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV-v+VT)/(4*mV))/ms : Hz
beta_m = 0.28*(mV**-1)*5*mV/exprel((v-VT-40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV-v+VT)/(18*mV))/ms : Hz
beta_h = 4./(1+exp((40*mV-v+VT)/(5*mV)))/ms : Hz
alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV-v+VT)/(5*mV))/ms : Hz
beta_n = .5*exp((10*mV-v+VT)/(40*mV))/ms : Hz
`,
  parameters: {
    Cm: `1*ufarad*cm**-2 * ${area}`,
    gl: `5e-5*siemens*cm**-2 * ${area}`,
    El: "-60 mV",
    EK: "-90 mV",
    ENa: "50 mV",
    g_na: `100*msiemens*cm**-2 * ${area}`,
    g_kd: `30*msiemens*cm**-2 * ${area}`,
    VT: "-63 mV",
    taue: "5 ms",
    taui: "10 ms",
    Ee: "0 mV",
    Ei: "-80 mV",
  },
  spike: "v > -20*mV",
  refractory: "3 ms",
  method: "exponentialEuler",
});
const initial = {
  v: "El + (randn() * 5 - 5)*mV",
  ge: "(randn() * 1.5 + 4) * 10.*nS",
  gi: "(randn() * 12 + 20) * 10.*nS",
};
const net = network({
  dt: "0.1 ms",
  schedule: "brian",
  populations: { e: population(3200, cobahh, { initial }), i: population(800, cobahh, { initial }) },
  connections: [
    connect("e", ["e", "i"], { connectivity: probability(0.02), port: "ge", weight: 6e-9 }),
    connect("i", ["e", "i"], { connectivity: probability(0.02), port: "gi", weight: 67e-9 }),
  ],
});
using engine = await createEngine(net, wasm, { seed: 1 });
const { spikes, steps } = engine.run(Math.round(option("duration", 0.5) / 1e-4));
const rate = (spikes.e!.steps.length + spikes.i!.steps.length) / 4000 / (steps * 1e-4);
// Over a second Brian has 33 to 37 Hz and NEST 38 to 40: networks, and the steps of two integrators, differ by as much.
must("rate", rate, 36.5, 4, "Hz");
