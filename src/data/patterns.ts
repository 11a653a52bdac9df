/**
 * What an encoder makes of each of a few codes: all grey levels, tabulated once, or the features of one sample.
 * Spikes come as masks: bit t mod 32 of word ⌊t/32⌋ is the spike at step t.
 */
import { type Trials, thresholdOf } from "./bernoulli.ts";
import type { Rule } from "./encoder.ts";

export interface Patterns {
  /** 1 for a code that never spikes. */
  readonly silent: Uint8Array;
  /** Works out the rule for each value. */
  tabulate(values: ArrayLike<number>): void;
  /** Spikes of a feature that has this code, in 32 steps; none beyond the last step. */
  mask(code: number, feature: number, sample: number, word: number): number;
}

type Kinds = {
  readonly [K in Rule["tag"]]: (
    rule: Extract<Rule, { tag: K }>,
    codes: number,
    steps: number,
    draw: Trials,
  ) => Patterns;
};

const KINDS: Kinds = {
  chance: ({ chance }, codes, steps, draw) => {
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
    return {
      silent,
      tabulate,
      mask: (code, feature, sample, word) => draw(thresholds[code]!, feature, sample, word, lanes[word]!),
    };
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
    return { silent, tabulate, mask: (code, _feature, _sample, word) => masks[code * words + word]! };
  },
};

/** Words of 32 steps. */
export const wordsOf = (steps: number): number => Math.ceil(steps / 32);

export function patternsOf(rule: Rule, codes: number, steps: number, draw: Trials): Patterns {
  return (KINDS[rule.tag] as (rule: Rule, codes: number, steps: number, draw: Trials) => Patterns)(
    rule,
    codes,
    steps,
    draw,
  );
}
