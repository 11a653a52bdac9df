/**
 * The network of Diehl and Cook: inputs that excite all of a layer, whose neurons inhibit one another, and learn by
 * spike-timing-dependent plasticity whatever they fire for. Constants are BindsNET's, in mV and with weights in mV a spike.
 *
 * @see Diehl and Cook 2015, Frontiers in Computational Neuroscience 9:99; BindsNET (github.com/BindsNET/bindsnet) for currents
 *   instead of conductances, and constants
 */
import { connect } from "../../model/connection.ts";
import { oneToOne } from "../../model/connectivity.ts";
import { uniform } from "../../model/initializer.ts";
import { inputNode, type Network, network, population } from "../../model/network.ts";
import { neuron } from "../../model/neuron.ts";
import type { NeuronModel, NeuronSpec } from "../../model/neuronModel.ts";
import { type SynapseModel, synapse } from "../../model/synapse.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";

/** Steps of 1 ms for which each sample is shown. */
export const STEPS = 250;
/** What the weights that arrive at each neuron add up to after each sample, over 784 inputs. */
export const TOTAL = 78.4;
/** The plastic connection, and the adaptive thresholds: what has been learned. */
export const PLASTIC = "in>e";
export const THRESHOLDS = "e.theta";
/** How much a spike adds to the weight of an input that has just spiked: what it begins with, and where it lies. */
export const POTENTIATION = 1e-2;
export const RATE = "e.eta";

export interface NetworkOptions {
  readonly inputs: number;
  /** Neurons that learn. */
  readonly neurons: number;
  /**
   * `one`: of the neurons above threshold in a step the one furthest above it fires, and the others are reset and tire as if
   * they had fired, as in BindsNET. By default all fire, as in the paper.
   */
  readonly winners?: "one" | "all";
}

const DECAYS = "v[t+1] = rest + (v - rest)*exp(-dt/tau) + i*int(cool <= 0) : 1";
/** Steps for which nothing is heard after a spike are counted down by the neuron itself, since they may begin without one. */
const COOLS = "cool[t+1] = max(cool - 1, 0) : 1";

/** What a neuron does when it has crossed its threshold: with a competition whether or not it fires. */
const crossing = (then: string, winners: "one" | "all"): Pick<NeuronSpec, "reset" | "events" | "onEvent"> =>
  winners === "all" ? { reset: then } : { events: { crossed: "v > vt + theta" }, onEvent: { crossed: then } };

/** Excitatory: each spike raises its threshold for a long time, so that others get their turn. */
const excitatory = (winners: "one" | "all"): NeuronModel =>
  neuron({
    name: "excitatory",
    source: "Diehl and Cook 2015, Frontiers in Computational Neuroscience 9:99",
    equations: `
      ${DECAYS}
      theta[t+1] = theta*exp(-dt/tauTheta) : 1
      ${COOLS}
      eta : 1
      i : 1 (input)`,
    parameters: { rest: -65, vReset: -60, vt: -52, tau: "100 ms", tauTheta: "10000 s", raise: 0.05 },
    initial: { v: "rest", eta: POTENTIATION },
    spike: "v > vt + theta",
    ...crossing("v = vReset; theta += raise; cool = 5", winners),
    port: "i",
  });

/** The same when nothing is learned any more: thresholds stand still. */
const answering = neuron({
  name: "answering",
  equations: `
    ${DECAYS}
    theta : 1
    ${COOLS}
    i : 1 (input)`,
  parameters: { rest: -65, vReset: -60, vt: -52, tau: "100 ms" },
  initial: { v: "rest" },
  spike: "v > vt + theta",
  reset: "v = vReset; cool = 5",
  port: "i",
});

/** Inhibitory: one for each excitatory neuron, which makes it fire, and silences all others. */
const inhibitory = neuron({
  name: "inhibitory",
  equations: `
    ${DECAYS}
    ${COOLS}
    i : 1 (input)`,
  parameters: { rest: -60, vReset: -45, vt: -40, tau: "10 ms" },
  initial: { v: "rest" },
  spike: "v > vt",
  reset: "v = vReset; cool = 2",
  port: "i",
});
const INHIBITION = 120;
const EXCITATION = 22.5;

/** Traces that a spike sets to 1. A spike of the source counts when it arrives. How fast weights grow, neurons say. */
const plastic: SynapseModel = synapse({
  name: "postPre",
  equations: `
    dx/dt = -x/tau : 1 (event-driven)
    dy/dt = -y/tau : 1 (event-driven)`,
  parameters: { tau: "20 ms", depression: 1e-4 },
  onPre: `
    i += w
    w = clip(w - depression*y, 0, 1)
    x = 1`,
  onPost: `
    w = clip(w + eta_post*x, 0, 1)
    y = 1`,
});
/** A synapse that adds its weight, which is the same for all: nothing is stored. */
const plain = synapse({ name: "plain", onPre: "i += w" });

const SHAPE = { dt: "1 ms", steps: STEPS } as const;

/** The network that learns. What is inhibited is everybody, and nobody by themselves. */
export function learningNetwork({ inputs, neurons, winners = "all" }: NetworkOptions): Network {
  return network({
    ...SHAPE,
    name: "diehl-cook",
    inputs: { in: inputNode(inputs) },
    populations: {
      e: population(neurons, excitatory(winners), winners === "one" ? { winners: 1 } : {}),
      i: population(neurons, inhibitory),
    },
    connections: [
      connect("in", "e", { name: PLASTIC, weight: uniform(0, 0.3), synapse: plastic, delay: 1 }),
      connect("e", "i", { connectivity: oneToOne, weight: EXCITATION, delay: 1 }),
      connect("i", "e", { name: "i>e", weight: -INHIBITION, synapse: plain, delay: 1 }),
      connect("i", "e", { name: "i>self", connectivity: oneToOne, weight: INHIBITION, delay: 1 }),
    ],
  });
}

/** What has been learned: weights `[inputs][neurons]`, and a threshold a neuron above that which all have. */
export interface Learned {
  readonly inputs: number;
  readonly neurons: number;
  readonly weights: Float32Array;
  readonly theta: Float32Array;
}

/** Adds up what arrives in a step. */
const votes = neuron({ name: "votes", equations: "sum = i : 1\ni : 1 (input)", port: "i" });

/** How spikes vote: proportions `[neurons][classes]`. */
export interface Voting {
  readonly classes: number;
  readonly proportions: ArrayLike<number>;
}
/** A network, and what its weights are: too many to stand in a description. */
export interface Answering {
  readonly net: Network;
  readonly parameters: Parameters;
}

/**
 * The network that answers. An inhibitory neuron fires whenever its excitatory one has, so here these inhibit one another
 * themselves, as much later as it took; spikes vote for classes.
 */
export function answeringNetwork({ inputs, neurons, weights, theta }: Learned, voting?: Voting): Answering {
  const lateral = new Float32Array(neurons * neurons).fill(-INHIBITION);
  for (let k = 0; k < neurons; k++) lateral[k * neurons + k] = 0;
  const net = network({
    ...SHAPE,
    name: "diehl-cook",
    inputs: { in: inputNode(inputs) },
    populations: {
      e: population(neurons, answering, { initial: { theta } }),
      ...(voting && { votes: population(voting.classes, votes) }),
    },
    connections: [
      connect("in", "e", { name: PLASTIC, weight: 0, delay: 1 }),
      connect("e", "e", { name: "e>e", weight: 0, delay: 2 }),
      ...(voting ? [connect("e", "votes", { weight: 0 })] : []),
    ],
    ...(voting && { output: "votes" }),
  });
  const parameters = {
    [`${PLASTIC}.weight`]: weights,
    "e>e.weight": lateral,
    ...(voting && { "e>votes.weight": Float32Array.from(voting.proportions) }),
  };
  return { net, parameters };
}
