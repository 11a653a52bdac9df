/**
 * All algorithms in one table: what each keeps in memory, what it is exact for, which networks it refuses, and where it comes
 * from. What they need in bytes is not written down here: `trainingMemory` counts it in the program that would run.
 */
import type { Algorithm } from "./algorithm.ts";
import type { EventProp } from "./eventprop/algorithm.ts";

/** A way to train, in words. `T` is the steps of a sample. */
export interface AlgorithmEntry {
  readonly name: string;
  /** How it is asked for. */
  readonly call: string;
  /** What it keeps, beyond weights, gradients, the optimiser's moments, and what the host gives. */
  readonly keeps: string;
  /** How that grows with the steps of a sample. */
  readonly growth: string;
  /** Passes through the steps of a sample. */
  readonly time: string;
  /** For which networks its gradient is that of back-propagation through time. */
  readonly exact: string;
  readonly refuses: string;
  readonly source: string;
}

const TWICE =
  "forwards and backwards; forwards once more where the answer is pooled over the steps, or rates are regularised";
const SYNAPSES =
  "transforms, convolutions, sparse connections in training, trained parameters of neurons, values between populations";

const ENGINE = "forwards, by an engine in which weights change as it runs";

/** Rules of plasticity: synapses of a network, which no trainer takes. */
type Rule = "reward-stdp" | "stdp";
/** All algorithms: those that are exact for every network first, those that follow no gradient last. */
export const ALGORITHMS: { readonly [K in (Algorithm | EventProp)["kind"] | Rule]: readonly AlgorithmEntry[] } = {
  bptt: [
    {
      name: "BPTT",
      call: "bptt(surrogate)",
      keeps:
        "of each neuron and step what its adjoint needs (a LIF neuron: its membrane and its spike), its error and what arrived",
      growth: "T",
      time: "forwards and backwards",
      exact: "every network",
      refuses: "neurons without a surrogate",
      source: "Werbos 1990, Proc. IEEE 78:1550; Neftci et al. 2019, IEEE Signal Process. Mag. 36:51",
    },
    {
      name: "BPTT with checkpoints",
      call: "bptt(surrogate, { checkpoint: k })",
      keeps: "that of k steps, and each neuron's state at the start of every k-th step",
      growth: "k + T/k; √T at its least",
      time: "forwards twice, and backwards",
      exact: "every network",
      refuses: "synapses with variables of their own",
      source: "Chen et al. 2016, arXiv:1604.06174; Gruslys et al. 2016, arXiv:1606.03401",
    },
  ],
  "truncated-bptt": [
    {
      name: "truncated BPTT",
      call: "truncatedBptt(surrogate, { segment: k })",
      keeps: "that of k steps; where the answer is pooled, states as with checkpoints too",
      growth: "k; k + T/k where the answer is pooled",
      time: "forwards and backwards; forwards twice where the answer is pooled",
      exact: "networks in which no error goes back further than where a segment begins",
      refuses: "as with checkpoints",
      source: "Williams and Peng 1990, Neural Computation 2:490",
    },
  ],
  fptt: [
    {
      name: "FPTT",
      call: "fptt(surrogate, { every: k })",
      keeps:
        "the states of all samples of a batch, and that of k steps; a running average and an estimate of the gradient for each weight",
      growth: "1",
      time: "forwards and backwards, with an update after every k steps",
      exact: "samples of k steps, with alpha 0; else it minimises another loss on the way",
      refuses: "losses that need a whole sample, regularisers of rates, synapses with variables of their own",
      source: "Kag and Saligrama 2021, ICML; Yin, Corradi and Bohté 2023, Nature Machine Intelligence 5:518",
    },
  ],
  eprop: [
    {
      name: "e-prop",
      call: "eprop(surrogate, { feedback })",
      keeps:
        "of each source, or synapse where the target's own course matters (a reset to zero, an adaptation), one number a state; one number a synapse for each state of the readout; k = 32 steps as in BPTT",
      growth: "1",
      time: TWICE,
      exact: "one layer of hidden neurons, or several side by side, without recurrent connections, symmetric feedback",
      refuses: `${SYNAPSES}; readouts that are not a linear filter, or hear spikes late; symmetric: layers that the readout does not hear`,
      source: "Bellec et al. 2020, Nat. Commun. 11:3625",
    },
  ],
  ottt: [
    {
      name: "OTTT",
      call: "ottt(surrogate, { update })",
      keeps:
        "of each source and target population one number; one step as in BPTT; with an update each step, of all samples of a batch",
      growth: "1",
      time: TWICE,
      exact: "one layer of hidden neurons without recurrent connections, and a readout without memory",
      refuses: `${SYNAPSES}; neurons that are not one leaking membrane, reset by subtraction`,
      source: "Xiao et al. 2022, NeurIPS, arXiv:2210.04195",
    },
  ],
  eventprop: [
    {
      name: "EventProp",
      call: "eventProp({ duration })",
      keeps: "of each spike of one sample its time, and how far its neuron was from its threshold",
      growth: "spikes",
      time: "forwards by the exact engine, and backwards from spike to spike; one thread, double precision",
      exact: "none: it is the gradient of the times of spikes themselves, without a surrogate and without steps",
      refuses:
        "neurons that are not linear with a synaptic current between weight and threshold, or have a refractory period; trained parameters of neurons; losses of steps; groups, regularisers, watch, snapshots",
      source: "Wunderlich and Pehle 2021, Sci. Rep. 11:12829",
    },
  ],
  "reward-stdp": [
    {
      name: "reward-modulated STDP",
      call: "rewardStdp({ transmit, wMax })",
      keeps:
        "of each synapse its eligibility, the reward as it fades, their product, what it owes its weight, and when it was last touched; of each neuron a trace of its spikes",
      growth: "1",
      time: ENGINE,
      exact: "none: weights follow pairs of spikes and a reward, and no gradient",
      refuses: "batches and losses: samples run one after the other, and the reward is an input",
      source: "Florian 2007, Neural Computation 19:1468; Izhikevich 2007, Cerebral Cortex 17:2443",
    },
  ],
  stdp: [
    {
      name: "STDP, labels assigned afterwards",
      call: "pairStdp({ transmit, wMax })",
      keeps: "of each neuron a trace of its spikes",
      growth: "1",
      time: `${ENGINE}; once more for \`assignLabels\`, which says what each neuron answers to`,
      exact: "none: weights follow pairs of spikes, and no gradient",
      refuses: "batches and losses: samples run one after the other",
      source: "Diehl and Cook 2015, Front. Comput. Neurosci. 9:99",
    },
  ],
};
