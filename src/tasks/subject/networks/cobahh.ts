/** The COBAHH benchmark of Brette et al. 2007 (J. Comput. Neurosci. 23): Hodgkin-Huxley neurons with synaptic conductances. */
import { connect } from "../../../model/connection.ts";
import { probability } from "../../../model/connectivity.ts";
import { normal } from "../../../model/initializer.ts";
import { type Network, network, population } from "../../../model/network.ts";
import { neuron } from "../../../model/neuron.ts";
import type { BuildOptions } from "../catalogue.ts";

const model = neuron({
  name: "cobahh",
  doc: "Hodgkin-Huxley with the channels of Traub & Miles and two exponential conductances",
  source: "Traub & Miles 1991; Brette et al. 2007, benchmark 3",
  equations: `
    dv/dt = (gl*(El-v) + ge*(Ee-v) + gi*(Ei-v) - gNa*(m*m*m)*h*(v-ENa) - gK*(n*n*n*n)*(v-EK))/Cm : volt
    dm/dt = alpham*(1-m) - betam*m : 1
    dn/dt = alphan*(1-n) - betan*n : 1
    dh/dt = alphah*(1-h) - betah*h : 1
    dge/dt = -ge/taue : siemens
    dgi/dt = -gi/taui : siemens
    alpham = 0.32*4/exprel((13*mV - v + VT)/(4*mV))/ms : Hz
    betam = 0.28*5/exprel((v - VT - 40*mV)/(5*mV))/ms : Hz
    alphah = 0.128*exp((17*mV - v + VT)/(18*mV))/ms : Hz
    betah = 4/(1 + exp((40*mV - v + VT)/(5*mV)))/ms : Hz
    alphan = 0.032*5/exprel((15*mV - v + VT)/(5*mV))/ms : Hz
    betan = 0.5*exp((10*mV - v + VT)/(40*mV))/ms : Hz`,
  parameters: {
    ...{ Cm: "200 pF", gl: "10 nS", El: "-60 mV", EK: "-90 mV", ENa: "50 mV", gNa: "20 uS", gK: "6 uS", VT: "-63 mV" },
    ...{ taue: "5 ms", taui: "10 ms", Ee: "0 mV", Ei: "-80 mV" },
  },
  spike: "v > -20*mV",
  refractory: "3 ms",
  method: "exponentialEuler",
});

/** 3,200 excitatory and 800 inhibitory neurons, each joined to 2 % of all. */
export function cobahh({ dt = 1e-4 }: BuildOptions = {}): Network {
  const initial = { v: normal(-0.065, 0.005), ge: normal(40e-9, 15e-9), gi: normal(200e-9, 120e-9) };
  const connectivity = probability(0.02);
  return network({
    name: "cobahh",
    dt,
    schedule: "brian",
    populations: { e: population(3200, model, { initial }), i: population(800, model, { initial }) },
    connections: [
      connect("e", ["e", "i"], { connectivity, port: "ge", weight: 6e-9 }),
      connect("i", ["e", "i"], { connectivity, port: "gi", weight: 67e-9 }),
    ],
  });
}
