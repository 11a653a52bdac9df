import type { SynapseModel } from "../synapse.ts";
import { AMPLITUDE, BOUNDS, chosen, type RuleOptions, spikingRule, TIME_CONSTANT, type Value } from "./rule.ts";

/**
 * Which pairs of spikes count (Morrison, Diesmann and Gerstner 2008, Biol. Cybern. 98, 459, section 4.1.2 and figure 7).
 *
 * - `all`: every spike of the source with every one of the target.
 * - `nearest`: each spike with the last one of the other side ("symmetric").
 * - `nearest-pre`: each spike of the source with the last one and with the next one of the target ("presynaptic centred").
 * - `nearest-reduced`: the same, where no other spike of either side lies between ("reduced symmetric").
 */
export type Pairing = "all" | "nearest" | "nearest-pre" | "nearest-reduced";

/** What a spike does to the trace `x` of the source or `y` of the target, and what it leaves of the one that it has read. */
interface Traces {
  readonly pre: string;
  readonly post: string;
}
const TRACES: Readonly<Record<Pairing, Traces>> = {
  all: { pre: "x += 1", post: "y += 1" },
  nearest: { pre: "x = 1", post: "y = 1" },
  "nearest-pre": { pre: "x += 1", post: "y = 1; x = 0" },
  "nearest-reduced": { pre: "x = 1; y = 0", post: "y = 1; x = 0" },
};
/** Of the rules that have these two pairings. */
export const tracesOf = (path: string, pairing: Pairing, known: readonly Pairing[]): Traces =>
  chosen(path, pairing, Object.fromEntries(known.map((name) => [name, TRACES[name]])));

/** Options of `pairStdp`. */
export interface PairStdpOptions extends RuleOptions {
  /** Decay of the trace of the source's spikes; s, > 0; default 20 ms. */
  readonly tauPlus?: Value;
  /** Decay of the trace of the target's spikes; s, > 0; default 20 ms. */
  readonly tauMinus?: Value;
  /** What a pair, source before target, adds at no lag, as a share of `wMax`; default 0.005. */
  readonly aPlus?: Value;
  /** What a pair, target before source, takes off at no lag, as a share of `wMax`; default 0.00525. */
  readonly aMinus?: Value;
  /** Bounds of the weight, in its unit; `wMin` 0 by default. */
  readonly wMin?: Value;
  readonly wMax: Value;
  /** Default `all`. */
  readonly pairing?: Pairing;
}

const PARAMETERS = {
  tauPlus: { ...TIME_CONSTANT, default: "20 ms" },
  tauMinus: { ...TIME_CONSTANT, default: "20 ms" },
  aPlus: { ...AMPLITUDE, default: 0.005 },
  aMinus: { ...AMPLITUDE, default: 0.00525 },
  ...BOUNDS,
} as const;

/**
 * Additive pair STDP: `Δw = wMax·aPlus·exp(-lag/tauPlus)` where the target fires `lag >= 0` after the source's spike
 * arrives, `-wMax·aMinus·exp(lag/tauMinus)` where it fires before.
 *
 * @see Song, Miller and Abbott 2000, Nature Neuroscience 3, 919, Methods, with their values
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const pairStdp = (options: PairStdpOptions): SynapseModel =>
  spikingRule({ rule: "pairStdp", kinds: PARAMETERS, more: ["pairing"] }, options, ({ transmit, pairing = "all" }) => {
    const { pre, post } = tracesOf("pairStdp.pairing", pairing, Object.keys(TRACES) as Pairing[]);
    return {
      equations: `
        dx/dt = -x/tauPlus : 1 (event-driven)
        dy/dt = -y/tauMinus : 1 (event-driven)`,
      onPre: `
        ${transmit}
        w = clip(w - wMax*aMinus*y, wMin, wMax)
        ${pre}`,
      onPost: `
        w = clip(w + wMax*aPlus*x, wMin, wMax)
        ${post}`,
    };
  });
