/** Who wins at what, in plain words. A difference that chance or the prices could explain is called so. */
import type { Sequences } from "../data/sequences.ts";
import { bytes, capital, joulesRange, percent, seconds, short, whole } from "../report/numbers.ts";
import { compareEnergies, type Energies, FORMATS, type Format, storedBytes } from "./account.ts";
import type { Loaded } from "./run.ts";
import { inferenceOf, type Side, type Twin } from "./side.ts";
import { pairedDifference } from "./steps.ts";

export type Winner = "spiking" | "twin" | "undecided";
export interface Verdict {
  readonly what: string;
  readonly winner: Winner;
  readonly text: string;
}

/** Measured times closer than this are called the same. */
const ALIKE = 1.1;

const NAMES = { spiking: "the spiking network", twin: "the twin" } as const;

interface Measure {
  readonly what: string;
  readonly value: (side: Side) => number;
  readonly format: (value: number) => string;
  readonly better: "less" | "more";
  /** How the winner wins. */
  readonly verb: string;
}

const MEASURES: readonly Measure[] = [
  {
    what: "training time",
    value: (s) => s.trained.seconds,
    format: seconds,
    better: "less",
    verb: "trains faster",
  },
  {
    what: "inference speed",
    value: (s) => s.result.samplesPerSecond,
    format: (x) => `${whole(x)} samples/s`,
    better: "more",
    verb: "answers faster",
  },
  {
    what: "training memory",
    value: (s) => s.trained.bytes,
    format: bytes,
    better: "less",
    verb: "needs less memory to train",
  },
  {
    what: "inference memory",
    value: (s) => storedBytes(s.counts),
    format: bytes,
    better: "less",
    verb: "needs less memory to answer",
  },
];

function measured({ what, value, format, better, verb }: Measure, spiking: Side, twin: Side): Verdict {
  const [a, b] = [value(spiking), value(twin)];
  const ratio = Math.max(a, b) / Math.min(a, b);
  const sides = `${format(a)} against ${format(b)}`;
  if (ratio < ALIKE) return { what, winner: "undecided", text: `${capital(what)}: about the same (${sides}).` };
  const winner = a < b === (better === "less") ? "spiking" : "twin";
  return { what, winner, text: `${capital(what)}: ${NAMES[winner]} ${verb} (${sides}, ${short(ratio)} times).` };
}

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
    loaded.kind === "images"
      ? accuracyVerdict(spiking, twin, loaded.data.test.labels)
      : stepsVerdict(spiking, twin, loaded.data.test),
    ...MEASURES.map((m) => measured(m, spiking, twin)),
    operationsVerdict(spiking, twin),
    ...FORMATS.map((format) => energyVerdict(format, spiking.energy, twin.energy)),
    ...FORMATS.map((format) => energyVerdict(format, spiking.energy, twin.zeroSkipping.energy)),
  ];
}
