import type { SynapseModel } from "../synapse.ts";
import { AMPLITUDE, BOUNDS, nameOf, type RuleOptions, spikingRule, TIME_CONSTANT, type Value } from "./rule.ts";

/** Options of `rewardStdp`. */
export interface RewardStdpOptions extends RuleOptions {
  /** Decay of the traces of the source's and the target's spikes; s, > 0; default 20 ms. */
  readonly tauPlus?: Value;
  readonly tauMinus?: Value;
  /** What a pair adds to the eligibility at no lag; default 0.1, and -0.15 (`aMinus` is taken off). */
  readonly aPlus?: Value;
  readonly aMinus?: Value;
  /** Decay of the eligibility; s, > 0; default 1 s. */
  readonly tauC?: Value;
  /** Decay of the dopamine; s, > 0; default 0.2 s. */
  readonly tauD?: Value;
  /** Dopamine without reward; default 0. */
  readonly tonic?: Value;
  /** Learning rate: how fast a weight grows, as a share of `wMax`, with eligibility and dopamine of 1; Hz; default 1 Hz. */
  readonly eta?: Value;
  /** Bounds of the weight, in its unit; `wMin` 0 by default. */
  readonly wMin?: Value;
  readonly wMax: Value;
  /** The target's custom event that tells of a reward; default `rewarded`. */
  readonly event?: string;
  /** The target's variable that holds how much, when the event happens; default `reward`. It may be below 0. */
  readonly reward?: string;
}

const PARAMETERS = {
  tauPlus: { ...TIME_CONSTANT, default: "20 ms" },
  tauMinus: { ...TIME_CONSTANT, default: "20 ms" },
  aPlus: { ...AMPLITUDE, default: 0.1 },
  aMinus: { ...AMPLITUDE, default: 0.15 },
  tauC: { ...TIME_CONSTANT, default: "1 s" },
  tauD: { ...TIME_CONSTANT, default: "0.2 s" },
  tonic: { ...AMPLITUDE, default: 0 },
  eta: { in: "hertz", range: "positive", default: "1 Hz" },
  ...BOUNDS,
} as const;

/**
 * STDP that dopamine makes lasting: pairs leave an eligibility `c`, a reward raises the dopamine `d` by its amount, both
 * decay, and `dw/dt = eta·wMax·c·(d + tonic)`.
 *
 * A reward reaches synapses through their target, whose model has the event and the amount:
 *
 * ```
 * equations: "… dopamine : 1 (input)
 *             reward = dopamine : 1 (constant over dt)",
 * events: { rewarded: "reward != 0" }
 * ```
 *
 * so that one input, connected to port `dopamine` of all neurons, is a signal to all of them. Everything is solved in
 * closed form from one event to the next: `cd` is the product, and `due` the integral of `eta·c·(d + tonic)`.
 *
 * @see Izhikevich 2007, Cerebral Cortex 17, 2443, "DA-modulated STDP" and figure 1, with its time constants
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const rewardStdp = (options: RewardStdpOptions): SynapseModel =>
  spikingRule(
    { rule: "rewardStdp", kinds: PARAMETERS, more: ["event", "reward"] },
    options,
    ({ transmit, event = "rewarded", reward = "reward" }) => ({
      equations: `
        dx/dt = -x/tauPlus : 1 (event-driven)
        dy/dt = -y/tauMinus : 1 (event-driven)
        dc/dt = -c/tauC : 1 (event-driven)
        dd/dt = -d/tauD : 1 (event-driven)
        dcd/dt = -cd/tauC - cd/tauD : 1 (event-driven)
        ddue/dt = eta*(cd + tonic*c) : 1 (event-driven)`,
      pathways: [
        {
          trigger: "pre",
          body: `
            w = clip(w + wMax*due, wMin, wMax)
            due = 0
            ${transmit}
            c -= aMinus*y
            cd = c*d
            x += 1`,
        },
        {
          trigger: "post",
          body: `
            w = clip(w + wMax*due, wMin, wMax)
            due = 0
            c += aPlus*x
            cd = c*d
            y += 1`,
        },
        {
          trigger: "post",
          event,
          body: `
            w = clip(w + wMax*due, wMin, wMax)
            due = 0
            d += ${nameOf("rewardStdp.reward", reward)}_post
            cd = c*d`,
        },
      ],
    }),
  );
