/**
 * What an encoder makes of each of a few codes: all grey levels, tabulated once, or the features of one sample.
 * Spikes come as masks: bit t mod 32 of word ⌊t/32⌋ is the spike at step t.
 */
import { ALWAYS, thresholdOf, trials } from "./bernoulli.ts";
import type { Rule } from "./encoder.ts";
import { ROOM, trialMill } from "./trialMill.ts";

export interface Patterns {
  /** 1 for a code that never spikes. */
  readonly silent: Uint8Array;
  /** Works out the rule for each value. */
  tabulate(values: ArrayLike<number>): void;
  /** Spikes of features: of the k-th in steps 32·w … 32·w + 31 in `masks[w · stride + k]`; none beyond the last step. */
  fill(masks: Int32Array, stride: number, of: Coded, sample: number): void;
}
/** The first `count` of some features, each with its code. */
export interface Coded {
  readonly features: Uint32Array;
  readonly codes: Uint32Array;
  count: number;
}
/** What keys draws beside feature, sample and step. */
export interface DrawKey {
  readonly seed: number;
  readonly stream: number;
  readonly epoch: number;
}

type Kinds = {
  readonly [K in Rule["tag"]]: (
    rule: Extract<Rule, { tag: K }>,
    codes: number,
    steps: number,
    key: DrawKey,
  ) => Patterns;
};
/** Features for which a compiled kernel pays. */
const MANY = 8;

const KINDS: Kinds = {
  chance: ({ chance }, codes, steps, key) => {
    const lanes = Int32Array.from({ length: wordsOf(steps) }, (_, word) =>
      steps - 32 * word >= 32 ? -1 : (1 << (steps - 32 * word)) - 1,
    );
    const thresholds = new Float64Array(codes);
    const silent = new Uint8Array(codes);
    const tabulate = (values: ArrayLike<number>): void => {
      for (let code = 0; code < codes; code++) {
        thresholds[code] = thresholdOf(chance(values[code]!));
        silent[code] = thresholds[code] === 0 ? 1 : 0;
      }
    };
    const draw = trials(key.seed, key.stream, key.epoch);
    const oneByOne: Patterns["fill"] = (masks, stride, of, sample) => {
      for (let w = 0; w < lanes.length; w++)
        for (let k = 0; k < of.count; k++)
          masks[w * stride + k] = draw(thresholds[of.codes[k]!]!, of.features[k]!, sample, w, lanes[w]!);
    };
    const together: Patterns["fill"] = (masks, stride, { features, codes: coded, count }, sample) => {
      const mill = trialMill();
      for (let first = 0; first < count; first += ROOM) {
        const here = Math.min(ROOM, count - first);
        mill.features.set(features.subarray(first, first + here));
        for (let k = 0; k < here; k++) mill.thresholds[k] = Math.min(thresholds[coded[first + k]!]!, ALWAYS - 1);
        for (let w = 0; w < lanes.length; w++) {
          mill.run(here, { ...key, sample, chunk: w, lanes: lanes[w]! });
          masks.set(mill.masks.subarray(0, here), w * stride + first);
        }
      }
      for (let k = 0; k < count; k++)
        if (thresholds[coded[k]!] === ALWAYS) lanes.forEach((all, w) => (masks[w * stride + k] = all));
    };
    const fill: Patterns["fill"] = (masks, stride, of, sample) =>
      (of.count < MANY ? oneByOne : together)(masks, stride, of, sample);
    return { silent, tabulate, fill };
  },
  fixed: ({ times }, codes, steps) => {
    const words = wordsOf(steps);
    const masks = new Int32Array(codes * words);
    const silent = new Uint8Array(codes);
    const tabulate = (values: ArrayLike<number>): void => {
      masks.fill(0);
      for (let code = 0; code < codes; code++) {
        const spikes = times(values[code]!);
        silent[code] = spikes.length === 0 ? 1 : 0;
        for (const t of spikes) masks[code * words + (t >>> 5)]! |= 1 << (t & 31);
      }
    };
    const fill: Patterns["fill"] = (to, stride, of) => {
      for (let w = 0; w < words; w++)
        for (let k = 0; k < of.count; k++) to[w * stride + k] = masks[of.codes[k]! * words + w]!;
    };
    return { silent, tabulate, fill };
  },
};

/** Words of 32 steps. */
export const wordsOf = (steps: number): number => Math.ceil(steps / 32);

export function patternsOf(rule: Rule, codes: number, steps: number, key: DrawKey): Patterns {
  return (KINDS[rule.tag] as (rule: Rule, codes: number, steps: number, key: DrawKey) => Patterns)(
    rule,
    codes,
    steps,
    key,
  );
}
