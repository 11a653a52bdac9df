/** The result in plain words: who wins at what, by how much, and with what range. */
import type { HeadlineDocument, Range } from "../report/document.ts";
import { capital, joules, percent, short, timesRange, whole } from "../report/numbers.ts";
import { boundText } from "../report/promise.ts";
import { compareEnergies, FORMATS, type Format } from "./account.ts";
import { boundOf, type Ratios } from "./promise.ts";
import { type Accounted, inferenceOf, type Side, type Twin } from "./side.ts";
import type { Verdict } from "./verdict.ts";

/** Energies of one twin and of the spiking network, by one price table. */
export interface EnergyRatio {
  readonly twin: string;
  readonly format: Format;
  /** Energy of the twin in units of that of the spiking network. */
  readonly ratio: Range;
  readonly winner: Verdict["winner"];
  /** Where work has no price: which way the ratio is off, or that nobody knows. */
  readonly bound?: Ratios["bound"];
}
export interface CompareHeadline extends HeadlineDocument {
  readonly energy: readonly EnergyRatio[];
}

const FORMAT_WORDS: Readonly<Record<Format, string>> = { f32: "32-bit floats", int8: "8-bit weights" };
const ACCURACY: Readonly<Record<Verdict["winner"], string>> = {
  undecided: "as accurate as its twin",
  spiking: "more accurate than its twin",
  twin: "less accurate than its twin",
};

export function compareHeadline(spiking: Side, twin: Twin, verdict: readonly Verdict[]): CompareHeadline {
  const twins: readonly Accounted[] = [twin, twin.zeroSkipping];
  const energy = twins.map((t) => FORMATS.map((format) => ratioOf(format, spiking, t)));
  const accuracy = verdict.find((v) => v.what === "accuracy")!;
  const sides = [spiking, twin].map((s) => percent(s.result.accuracy, 2)).join(" against ");
  const [first] = energy[0]!;
  return {
    text:
      `The spiking network is ${ACCURACY[accuracy.winner]} (${sides}) and needs ${timesOf(first!)} ` +
      `${LONG[first!.winner]} ${first!.twin}, with ${FORMAT_WORDS[first!.format]}.`,
    lines: energy.map(lineOf),
    energy: energy.flat(),
  };
}

function ratioOf(format: Format, spiking: Accounted, twin: Accounted): EnergyRatio {
  const { ratio, winner } = compareEnergies(twin.energy, spiking.energy)[format];
  const winners = { a: "twin", b: "spiking", undecided: "undecided" } as const;
  const bound = boundOf(spiking.energy[format], twin.energy[format]);
  return { twin: twin.energy[format].name, format, ratio, winner: winners[winner], ...bound };
}

const lineOf = (ratios: readonly EnergyRatio[]): string =>
  `Energy against ${ratios[0]!.twin}: ${ratios.map((r) => `${timesOf(r)} ${SHORT[r.winner]} with ${FORMAT_WORDS[r.format]}`).join(", ")}.`;

/** A winner needs so many times less; else it is so many times as much, or a range around it. */
const timesOf = ({ ratio, winner, bound }: EnergyRatio): string =>
  winner === "spiking"
    ? boundText({ bound }) + timesRange(ratio)
    : boundText({ bound: bound && TURNED[bound] }) + timesRange({ low: 1 / ratio.high, high: 1 / ratio.low });
const TURNED = { "at least": "at most", "at most": "at least", unknown: "unknown" } as const;
type Words = Readonly<Record<Verdict["winner"], string>>;
const SHORT: Words = { spiking: "less", twin: "as much", undecided: "as much (no verdict)" };
const LONG: Words = { spiking: "less energy than", twin: "as much energy as", undecided: "the energy of" };

export function trainHeadline({ result, energy, design, trained }: Side): HeadlineDocument {
  const { total, lowerBound } = energy.f32;
  const counted = `${percent(result.accuracy, 2)} of ${whole(result.counted)} test answers are right`;
  const bound = lowerBound ? "at least " : "";
  return {
    text: `${counted}, after ${short(trained.seconds)} s of training.`,
    lines: [
      `${capital(inferenceOf(design.training))} needs ${bound}${joules(total.low)} to ${joules(total.high)}, with 32-bit floats.`,
    ],
  };
}
