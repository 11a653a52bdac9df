/** Who wins at what, in plain words. A difference that chance or the prices could explain is called so. */
import type { Sequences } from "../data/sequences.ts";
import { bytes, capital, joulesRange, percent, seconds, short, whole } from "../report/numbers.ts";
import { compareEnergies, type Energies, FORMATS, type Format, storedBytes } from "./account.ts";
import type { Loaded } from "./run.ts";
import { labelEach } from "./samples.ts";
import { inferenceOf, type Side, type Twin } from "./side.ts";
import { pairedDifference } from "./steps.ts";
import { faster, quantile, secondsRange, speedRange, type Times, trainingTimes } from "./times.ts";

export type Winner = "spiking" | "twin" | "undecided";
export interface Verdict {
  readonly what: string;
  readonly winner: Winner;
  readonly text: string;
}

/** Sizes closer than this are called the same. */
const ALIKE = 1.1;

const NAMES = { spiking: "the spiking network", twin: "the twin" } as const;

interface Measure {
  readonly what: string;
  /** In bytes: less is better. */
  readonly value: (side: Side) => number;
  /** How the winner wins. */
  readonly verb: string;
}

const MEASURES: readonly Measure[] = [
  { what: "training memory", value: (s) => s.trained.bytes, verb: "needs less memory to train" },
  { what: "inference memory", value: (s) => storedBytes(s.counts), verb: "needs less memory to answer" },
];

function sizeVerdict({ what, value, verb }: Measure, spiking: Side, twin: Side): Verdict {
  const [a, b] = [value(spiking), value(twin)];
  const ratio = Math.max(a, b) / Math.min(a, b);
  const sides = `${bytes(a)} against ${bytes(b)}`;
  if (ratio < ALIKE) return { what, winner: "undecided", text: `${capital(what)}: about the same (${sides}).` };
  const winner = a < b ? "spiking" : "twin";
  return { what, winner, text: `${capital(what)}: ${NAMES[winner]} ${verb} (${sides}, ${short(ratio)} times).` };
}

interface Timed {
  readonly what: string;
  readonly times: (side: Side) => Times;
  /** What a time is quoted as. */
  readonly said: (side: Side) => string;
  /** How far it spreads, of both. */
  readonly spread: (spiking: Side, twin: Side) => string;
  readonly verb: string;
  readonly within: string;
  readonly once: string;
}

const epochSeconds = ({ trained }: Side): number[] => trained.epochs.map((e) => e.seconds);
const middleHalf = (side: Side): string => {
  const epochs = epochSeconds(side);
  return secondsRange({ low: quantile(epochs, 1 / 4), high: quantile(epochs, 3 / 4) });
};
const speeds = ({ result }: Side): string => speedRange(result.passSeconds, result.samples);

const TIMED: readonly Timed[] = [
  {
    what: "training time",
    times: (s) => trainingTimes(s.trained.seconds, epochSeconds(s)),
    said: (s) => seconds(s.trained.seconds),
    spread: (a, b) => `the middle half of epochs took ${middleHalf(a)} against ${middleHalf(b)}`,
    verb: "trains faster",
    within: "no difference beyond the spread of epochs",
    once: "one epoch tells no difference in time",
  },
  {
    what: "inference speed",
    times: ({ result: { seconds: total, passSeconds } }) => ({ total, ...passSeconds }),
    said: (s) => `${whole(s.result.samplesPerSecond)} samples/s`,
    spread: (a, b) => `passes from ${speeds(a)} against ${speeds(b)}`,
    verb: "answers faster",
    within: "no difference beyond the spread of passes",
    once: "one pass tells no difference in time",
  },
];

/** How fast each is, and whether that is a difference. */
function timeVerdict({ what, times, said, spread, verb, ...neither }: Timed, spiking: Side, twin: Side): Verdict {
  const [a, b] = [times(spiking), times(twin)];
  const sides = `${said(spiking)} against ${said(twin)}`;
  const found = faster(a, b);
  if (found === "first" || found === "second") {
    const winner = found === "first" ? "spiking" : "twin";
    const ratio = short(Math.max(a.total, b.total) / Math.min(a.total, b.total));
    const text = `${capital(what)}: ${NAMES[winner]} ${verb} (${sides}, ${ratio} times; ${spread(spiking, twin)}).`;
    return { what, winner, text };
  }
  const why = found === "alike" ? "about the same" : neither[found];
  return { what, winner: "undecided", text: `${capital(what)}: ${why} (${sides}).` };
}
export const timeVerdicts = (spiking: Side, twin: Side): Verdict[] => TIMED.map((t) => timeVerdict(t, spiking, twin));

/**
 * Accuracy, by the samples that only one of the two answers rightly: if they were equally good, each such sample would be
 * either's by the toss of a coin (McNemar 1947). Two standard deviations decide.
 */
export function accuracyVerdict(spiking: Side, twin: Side, labels: ArrayLike<number>): Verdict {
  let [only, other] = [0, 0];
  for (let k = 0; k < labels.length; k++) {
    const [a, b] = [spiking.result.predictions[k] === labels[k], twin.result.predictions[k] === labels[k]];
    if (a && !b) only++;
    if (b && !a) other++;
  }
  const [a, b] = [spiking.result.accuracy, twin.result.accuracy];
  const sides = `${percent(a, 2)} against ${percent(b, 2)} of ${whole(labels.length)} test samples`;
  const what = "accuracy";
  if (Math.abs(only - other) <= 2 * Math.sqrt(only + other))
    return { what, winner: "undecided", text: `Accuracy: no difference beyond chance (${sides}).` };
  const winner = a > b ? "spiking" : "twin";
  return { what, winner, text: `Accuracy: ${NAMES[winner]} is right more often (${sides}).` };
}

/** Additions and multiply-additions are different things: numbers first, and the twin that skips zeros beside them. */
function operationsVerdict(spiking: Side, twin: Side): Verdict {
  const [a, b] = [spiking.counts.total, twin.counts.total];
  const [mine, dense] = [a.acs + a.macs, b.macs];
  if (spiking.energy.f32.dead)
    return {
      what: "operations",
      winner: "undecided",
      text: "Operations: the spiking network is dead, not one neuron fired.",
    };
  const winner = mine < dense ? "spiking" : "twin";
  const kind = a.macs === 0 ? "additions" : a.acs === 0 ? "multiply-adds" : "additions and multiply-adds";
  const skipping = b.effectiveMacs < mine ? "fewer than the spiking network" : "more";
  return {
    what: "operations",
    winner,
    text:
      `Operations: ${NAMES[winner]} does less (${whole(mine)} ${kind} against ${whole(dense)} multiply-adds ` +
      `${inferenceOf(spiking.design.training)}). A twin that skips zeros does ${whole(b.effectiveMacs)}: ${skipping}.`,
  };
}

const FORMAT_NAMES: Readonly<Record<Format, string>> = { f32: "32-bit floats", int8: "8-bit integers" };

/** `a` is the spiking network's account, `b` that of its twin in one of its executions. */
export function energyVerdict(format: Format, a: Energies, b: Energies): Verdict {
  const { winner, text, overlap } = compareEnergies(a, b)[format];
  const [mine, other] = [a, b].map((e) => joulesRange(e[format].total, e[format].lowerBound));
  const decided = winner === "undecided" ? "" : ", but one setting of the prices holds for both";
  const ranges = overlap ? `the ranges overlap${decided}` : "the ranges do not overlap";
  return {
    what: `energy, ${format}, ${b[format].name}`,
    winner: WINNERS[winner],
    text: `Energy with ${FORMAT_NAMES[format]}: ${text} ${mine} against ${other}; ${ranges}.`,
  };
}
const WINNERS = { a: "spiking", b: "twin", undecided: "undecided" } as const;

/** Steps of a sequence depend on one another: sequences decide, by two standard errors of their mean difference. */
function stepsVerdict(spiking: Side, twin: Side, test: Sequences): Verdict {
  const { mean, error } = pairedDifference(test, spiking.result.predictions, twin.result.predictions);
  const sides = [spiking, twin].map((s) => percent(s.result.accuracy, 2)).join(" against ");
  const found = `${sides} of steps; over ${whole(test.count)} sequences they differ by ${percent(mean, 2)}, standard error ${percent(error, 2)}`;
  const what = "accuracy";
  if (Math.abs(mean) <= 2 * error)
    return { what, winner: "undecided", text: `Accuracy: no difference beyond chance (${found}).` };
  const winner = mean > 0 ? "spiking" : "twin";
  return { what, winner, text: `Accuracy: ${NAMES[winner]} is right more often (${found}).` };
}

export function verdicts(spiking: Side, twin: Twin, loaded: Loaded): Verdict[] {
  return [
    loaded.kind === "sequences"
      ? stepsVerdict(spiking, twin, loaded.data.test)
      : accuracyVerdict(spiking, twin, labelEach(loaded.data.test)),
    ...timeVerdicts(spiking, twin),
    ...MEASURES.map((m) => sizeVerdict(m, spiking, twin)),
    operationsVerdict(spiking, twin),
    ...FORMATS.map((format) => energyVerdict(format, spiking.energy, twin.energy)),
    ...FORMATS.map((format) => energyVerdict(format, spiking.energy, twin.zeroSkipping.energy)),
  ];
}
