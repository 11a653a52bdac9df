import type { SynapseModel } from "../synapse.ts";
import {
  AMPLITUDE,
  BOUNDS,
  chosen,
  type Kinds,
  type RuleOptions,
  spikingRule,
  TIME_CONSTANT,
  type Value,
} from "./rule.ts";

/** Measurements that parameters were fitted to; `minimal`: with the two amplitudes that they need beside a time constant. */
export type TripletFit = "visual-cortex" | "visual-cortex-minimal" | "hippocampus" | "hippocampus-minimal";
/** Whether traces add up over spikes, or tell of the last one alone. */
export type TripletPairing = "all" | "nearest";

type Fit = readonly [aPlus2: number, aPlus3: number, aMinus2: number, aMinus3: number, tauX: string, tauY: string];
/** A minimal fit has no use for tauX; then it is that of the full one. */
const FITS: Readonly<Record<TripletFit, Readonly<Record<TripletPairing, Fit>>>> = {
  "visual-cortex": {
    all: [5e-10, 6.2e-3, 7e-3, 2.3e-4, "101 ms", "125 ms"],
    nearest: [8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, "714 ms", "40 ms"],
  },
  "visual-cortex-minimal": {
    all: [0, 6.5e-3, 7.1e-3, 0, "101 ms", "114 ms"],
    nearest: [0, 5e-2, 8e-3, 0, "714 ms", "40 ms"],
  },
  hippocampus: {
    all: [6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, "946 ms", "27 ms"],
    nearest: [4.6e-3, 9.1e-3, 3e-3, 7.5e-9, "575 ms", "47 ms"],
  },
  "hippocampus-minimal": {
    all: [5.3e-3, 8e-3, 3.5e-3, 0, "946 ms", "40 ms"],
    nearest: [4.6e-3, 9.1e-3, 3e-3, 0, "575 ms", "48 ms"],
  },
};

/** Options of `tripletStdp`. What is not given is that of the fit. */
export interface TripletStdpOptions extends RuleOptions {
  /** Default `visual-cortex`. */
  readonly fit?: TripletFit;
  /** Whether traces add up over spikes, or tell of the last one alone; default `all`. */
  readonly pairing?: TripletPairing;
  /** Decay of the source's traces r1 and r2; s, > 0; default 16.8 ms, and of the fit. */
  readonly tauPlus?: Value;
  readonly tauX?: Value;
  /** Decay of the target's traces o1 and o2; s, > 0; default 33.7 ms, and of the fit. */
  readonly tauMinus?: Value;
  readonly tauY?: Value;
  /** Amplitudes of pairs and of triplets, as a share of `w0`. */
  readonly aPlus2?: Value;
  readonly aPlus3?: Value;
  readonly aMinus2?: Value;
  readonly aMinus3?: Value;
  /** The weight that amplitudes are shares of; default `wMax`. */
  readonly w0?: Value;
  /** Bounds of the weight, in its unit; `wMin` 0 by default. */
  readonly wMin?: Value;
  readonly wMax: Value;
}

function kindsFor(options: TripletStdpOptions): Kinds {
  const { fit = "visual-cortex", pairing = "all", wMax } = options ?? {};
  const fitted = chosen("tripletStdp.fit", fit, FITS);
  const [aPlus2, aPlus3, aMinus2, aMinus3, tauX, tauY] = chosen("tripletStdp.pairing", pairing, fitted);
  return {
    tauPlus: { ...TIME_CONSTANT, default: "16.8 ms" },
    tauX: { ...TIME_CONSTANT, default: tauX },
    tauMinus: { ...TIME_CONSTANT, default: "33.7 ms" },
    tauY: { ...TIME_CONSTANT, default: tauY },
    aPlus2: { ...AMPLITUDE, default: aPlus2 },
    aPlus3: { ...AMPLITUDE, default: aPlus3 },
    aMinus2: { ...AMPLITUDE, default: aMinus2 },
    aMinus3: { ...AMPLITUDE, default: aMinus3 },
    ...BOUNDS,
    w0: { in: "weight", range: "positive", ...(wMax !== undefined && { default: wMax }) },
  };
}

/**
 * The triplet rule: what a spike of the target adds grows with its spikes before (`o2`), and what one of the source takes
 * off with the source's (`r2`). It follows how STDP depends on the frequency of pairs.
 *
 * @see Pfister and Gerstner 2006, Journal of Neuroscience 26, 9673, equations 2 to 4; fits: table 3 (visual cortex) and
 *   table 4 (hippocampal culture)
 * @throws {ModelError} `out-of-range`, `unit-mismatch`, `unknown-name`, `type-mismatch`, `duplicate-name`, `syntax`
 */
export const tripletStdp = (options: TripletStdpOptions): SynapseModel =>
  spikingRule(
    { rule: "tripletStdp", kinds: kindsFor(options), more: ["fit", "pairing"] },
    options,
    ({ transmit, pairing = "all" }) => {
      const set = { all: "+=", nearest: "=" }[pairing];
      return {
        equations: `
          dr1/dt = -r1/tauPlus : 1 (event-driven)
          dr2/dt = -r2/tauX : 1 (event-driven)
          do1/dt = -o1/tauMinus : 1 (event-driven)
          do2/dt = -o2/tauY : 1 (event-driven)`,
        onPre: `
          ${transmit}
          w = clip(w - w0*o1*(aMinus2 + aMinus3*r2), wMin, wMax)
          r1 ${set} 1
          r2 ${set} 1`,
        onPost: `
          w = clip(w + w0*r1*(aPlus2 + aPlus3*o2), wMin, wMax)
          o1 ${set} 1
          o2 ${set} 1`,
      };
    },
  );
