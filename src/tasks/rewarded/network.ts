/**
 * A network that learns by reward: STDP whose pairs leave an eligibility at each synapse, and a reward that makes of it a change
 * of weight. It hears two inputs, and is told how good its spikes are.
 *
 * @see Florian 2007, Neural Computation 19, 1468: the rule MSTDPET, and the network for XOR with rate-coded input
 */
import { connect } from "../../model/connection.ts";
import { uniform } from "../../model/initializer.ts";
import { inputNode, type Network, network, population } from "../../model/network.ts";
import { linear } from "../../model/neuron/linear.ts";
import { relu } from "../../model/neuron/relu.ts";
import { neuron } from "../../model/neuron.ts";
import { denseLayer, input, neurons, sequential } from "../../model/sequential.ts";
import { type SynapseModel, synapse } from "../../model/synapse.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";

/** Input neurons of each sign for each of the two inputs, and hidden neurons. */
export const GROUP = 15;
const HIDDEN = 60;
/** Steps of 1 ms that a pattern is shown. */
export const STEPS = 500;
/** Spikes of an input neuron in a step, where its input is on: 40 Hz. */
export const CHANCE = 0.04;

/** In V: largest weights, and what one unit of eligibility and reward adds. */
const LARGEST = 5e-3;
const [TAU_Z, GAMMA] = [25, 0.625];

/**
 * `target` is what a spike of the answering neuron is worth; `spikes` tells of one, and the product is the reward of the step.
 */
const cell = neuron({
  name: "cell",
  source: "Florian 2007, Neural Computation 19, 1468, section 4.1",
  equations: `
    dv/dt = (rest - v)/tau : volt
    target : 1 (input)
    told : 1 (input)
    reward = told*target : 1 (constant over dt)`,
  parameters: { rest: "-70 mV", threshold: "-54 mV", tau: "20 ms" },
  initial: { v: "rest" },
  spike: "v > threshold",
  reset: "v = rest",
  events: { rewarded: "reward != 0" },
  port: "v",
});

/** Each pair of spikes adds to the eligibility `z`, which decays; a reward adds it to the weight. */
const modulated = (low: number, high: number): SynapseModel =>
  synapse({
    name: "modulated",
    equations: `
      dx/dt = -x/tau : 1 (event-driven)
      dy/dt = -y/tau : 1 (event-driven)
      dz/dt = -z/tauZ : 1 (clock-driven)
      w : volt`,
    parameters: { tau: "20 ms", tauZ: `${TAU_Z} ms`, step: `${GAMMA / TAU_Z} mV`, low: `${low} V`, high: `${high} V` },
    pathways: [
      { trigger: "pre", body: "v_post += w; z -= y; x += 1" },
      { trigger: "post", body: "z += x; y += 1" },
      { trigger: "post", event: "rewarded", body: "w = clip(w + step*reward_post*z, low, high)" },
    ],
  });

/** Half of the inputs excite and half inhibit, and stay so. */
export function rewardedNetwork(): Network {
  const excites = { weight: uniform(0, LARGEST), synapse: modulated(0, LARGEST) };
  const inhibits = { weight: uniform(-LARGEST, 0), synapse: modulated(-LARGEST, 0) };
  const told = { port: "told", weight: 1, delay: 1, trainable: false };
  const target = { port: "target", weight: 1, trainable: false };
  return network({
    name: "xor",
    dt: "1 ms",
    inputs: {
      excitatory: inputNode(2 * GROUP),
      inhibitory: inputNode(2 * GROUP),
      target: inputNode(1, { signal: "values", constant: true }),
    },
    populations: { hidden: population(HIDDEN, cell), out: population(1, cell) },
    connections: [
      connect("excitatory", "hidden", excites),
      connect("inhibitory", "hidden", inhibits),
      connect("hidden", "out", excites),
      connect("target", "hidden", target),
      connect("target", "out", target),
      connect("out", "hidden", told),
      connect("out", "out", told),
    ],
  });
}

/** Connections that learn. */
export const PLASTIC = ["excitatory>hidden", "inhibitory>hidden", "hidden>out"] as const;
/** What they learned: weights `[source][target]` in V. */
export type Learned = Readonly<Record<(typeof PLASTIC)[number], Float32Array>>;

/** The same cell when nothing is learned any more. */
const answering = neuron({
  name: "answering",
  equations: `
    v[t+1] = rest + (v - rest)*exp(-dt/tau) + i : volt
    i : volt (input)`,
  parameters: { rest: "-70 mV", threshold: "-54 mV", tau: "20 ms" },
  initial: { v: "rest" },
  spike: "v > threshold",
  reset: "v = rest",
  port: "i",
});
/** Adds up what arrives in a step. */
const votes = neuron({ name: "votes", equations: "sum = i : 1\ni : 1 (input)", port: "i" });

/**
 * The network that answers: the inputs of both signs are one, and `1` wins where the answering neuron has more spikes than so
 * many in the time of a pattern.
 */
export function answeringNetwork(
  learned: Learned,
  spikes: number,
): { readonly net: Network; readonly parameters: Parameters } {
  const net = network({
    ...{ name: "xor", dt: "1 ms", steps: STEPS },
    inputs: { input: inputNode(4 * GROUP) },
    populations: { hidden: population(HIDDEN, answering), out: population(1, answering), votes: population(2, votes) },
    connections: [
      connect("input", "hidden", { weight: 0 }),
      connect("hidden", "out", { weight: 0 }),
      connect("out", "votes", { weight: 0, bias: 0 }),
    ],
    output: "votes",
  });
  const parameters = {
    "input>hidden.weight": Float32Array.from([...learned["excitatory>hidden"], ...learned["inhibitory>hidden"]]),
    "hidden>out.weight": learned["hidden>out"],
    "out>votes.weight": Float32Array.of(0, 1),
    "out>votes.bias": Float32Array.of(spikes / STEPS, 0),
  };
  return { net, parameters };
}

/** A conventional network of the same shape, which has the inputs as numbers, at once. */
export const twinNetwork = (): Network =>
  sequential(
    [
      input([4 * GROUP], { signal: "values", constant: true }),
      denseLayer(HIDDEN),
      neurons(relu()),
      denseLayer(2),
      neurons(linear(), { name: "output" }),
    ],
    { steps: 1, name: "xor-twin" },
  );
