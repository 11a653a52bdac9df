/** Networks of the literature that `rheobase simulate` knows by name, and what is known of how they behave. */
import type { Network } from "../../model/network.ts";
import { brunel } from "./networks/brunel.ts";
import { coba } from "./networks/coba.ts";
import { cobahh } from "./networks/cobahh.ts";
import { cuba } from "./networks/cuba.ts";

/** How a network is built. */
export interface BuildOptions {
  /** Seconds a step. */
  readonly dt?: number;
}

/** What a run is compared with: spikes a second and neuron, over all neurons. */
export interface KnownRate {
  readonly low: number;
  readonly high: number;
  /** Who found it. */
  readonly source: string;
}

/** A network by name. */
export interface NamedSimulation {
  /** What it is, in a line. */
  readonly doc: string;
  /** Who published it. */
  readonly source: string;
  /** Makes the network. */
  readonly build: (options?: BuildOptions) => Network;
  /** How long it runs where nobody says. */
  readonly duration: string;
  /** Of a run that is at least as long as `duration`. */
  readonly rate?: KnownRate;
}

const VOGELS = "Vogels & Abbott 2005; Brette et al. 2007";

const NETWORKS = {
  cuba: {
    doc: "4,000 integrate-and-fire neurons with synaptic currents, active by themselves",
    source: VOGELS,
    build: cuba,
    duration: "10 s",
    rate: { low: 5, high: 6.5, source: "Brian2 5.5 to 5.9, NEST 5.6 to 5.7, GeNN 5.9" },
  },
  coba: {
    doc: "4,000 integrate-and-fire neurons with synaptic conductances, active by themselves",
    source: VOGELS,
    build: coba,
    duration: "1 s",
    rate: { low: 16, high: 22, source: "17.7, 19.2 and 20.5 of three seeds in a direct program of NumPy" },
  },
  cobahh: {
    doc: "4,000 Hodgkin-Huxley neurons with synaptic conductances, active by themselves",
    source: "Brette et al. 2007",
    build: cobahh,
    duration: "1 s",
    rate: { low: 30, high: 43, source: "Brian2 33 to 37, NEST 38 to 40" },
  },
  brunel: {
    doc: "12,500 integrate-and-fire neurons in balance, 15.6 million synapses",
    source: "Brunel 2000",
    build: brunel,
    duration: "1 s",
    rate: { low: 29, high: 35, source: "Brian2, NEST and GeNN 31.5 to 32.1" },
  },
} as const satisfies Readonly<Record<string, NamedSimulation>>;

/** The name of one of them. */
export type SimulationName = keyof typeof NETWORKS;
/** The networks by name. */
export const SIMULATIONS: Readonly<Record<SimulationName, NamedSimulation>> = NETWORKS;

export const isSimulation = (name: string): name is SimulationName => Object.hasOwn(SIMULATIONS, name);
export const simulationNames = (): string => Object.keys(SIMULATIONS).join(", ");
