/**
 * Published lines below which a spiking network is said to need less energy than its conventional twin. They are rules
 * of thumb from abstracts, for other networks and other hardware: a second opinion beside the account, not a proof.
 */
import type { Counts, LayerCounts } from "./counts.ts";

/** Where a network lies, seen from a published line. */
export type Verdict = "below" | "between" | "above" | "not applicable";

/** One published line, and where the network lies. */
export interface BreakEven {
  readonly author: string;
  /** What the line says, in words. */
  readonly line: string;
  readonly value: number;
  readonly verdict: Verdict;
  readonly text: string;
}

interface Line {
  readonly author: string;
  readonly line: string;
  readonly low: number;
  readonly high: number;
  readonly measure: (counts: Counts) => number | undefined;
  /** Steps for which it was derived. */
  readonly steps?: readonly [low: number, high: number];
}

const LINES: readonly Line[] = [
  {
    author: "Davidson & Furber 2021, Front. Neurosci. 15:651141",
    line: "1.72 spikes a synapse an inference (rate code, equal accuracy)",
    low: 1.72,
    high: 1.72,
    measure: spikesPerSynapse,
  },
  {
    author: "Dampfhoffer et al. 2023, IEEE TETCI 7(3):731",
    line: "0.15 to 1.38 spikes a synapse an inference, by hardware, with memory",
    low: 0.15,
    high: 1.38,
    measure: spikesPerSynapse,
  },
  {
    author: "Yan et al. 2024, arXiv:2409.08290",
    line: "6.4 % of neurons spiking a step, for 5 to 10 steps, against a twin of equal precision",
    low: 0.064,
    high: 0.064,
    measure: spikeRate,
    steps: [5, 10],
  },
];

/** Mean spikes that cross a synapse in an inference, over connections fed by spikes; undefined for a conventional network. */
export function spikesPerSynapse(counts: Counts): number | undefined {
  return isSpiking(counts)
    ? ratio(
        counts.layers.filter((layer) => layer.binaryInputs),
        "synapticEvents",
        "synapses",
      )
    : undefined;
}

/** Spikes a neuron a step, over spiking layers; undefined for a conventional network. */
export function spikeRate(counts: Counts): number | undefined {
  return ratio(
    counts.layers.filter((layer) => layer.spiking),
    "spikes",
    "neuronUpdates",
  );
}

export const isSpiking = (counts: Counts): boolean => counts.layers.some((layer) => layer.spiking);

/** Spiking neurons, and not one spike from any of them. */
export const isDead = (counts: Counts): boolean =>
  isSpiking(counts) && counts.layers.every((layer) => !layer.spiking || layer.spikes === 0);

type Key = "synapticEvents" | "synapses" | "spikes" | "neuronUpdates";
function ratio(layers: readonly LayerCounts[], part: Key, whole: Key): number | undefined {
  const sum = (key: Key): number => layers.reduce((n, layer) => n + layer[key], 0);
  return sum(whole) === 0 ? undefined : sum(part) / sum(whole);
}

/** Where a network stands by each line; empty for a conventional one. */
export function breakEven(counts: Counts): BreakEven[] {
  return LINES.flatMap((line) => {
    const value = line.measure(counts);
    if (value === undefined) return [];
    const verdict = judge(line, value, counts.steps);
    return [{ author: line.author, line: line.line, value, verdict, text: TEXT[verdict] }];
  });
}

function judge({ low, high, steps }: Line, value: number, taken: number): Verdict {
  if (steps && !(taken >= steps[0] && taken <= steps[1])) return "not applicable";
  return value < low ? "below" : value > high ? "above" : "between";
}

const TEXT: Readonly<Record<Verdict, string>> = {
  below: "below the line: spiking may need less",
  between: "on or between the lines: depends on the hardware",
  above: "above the line: spiking needs more",
  "not applicable": "derived for another number of steps",
};
