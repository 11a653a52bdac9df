/**
 * The twin of equal precision: T steps of spikes tell T + 1 levels apart, so the twin that a spiking network is fairly set
 * beside has inputs and activations of `ceil(log2(T + 1))` bits (Yan et al. 2024, arXiv:2409.08290). It is not assumed to
 * answer as well as the one in floating point: it runs on the test samples. So does the spiking network with weights as
 * narrow as those of the twin.
 */
import { type Account, energy } from "../energy/account.ts";
import { type Comparison, compareAcross } from "../energy/compare.ts";
import type { Counts } from "../energy/counts.ts";
import { equalBits } from "../energy/notes.ts";
import { equalPrecision, prices } from "../energy/prices.ts";
import { joulesRange } from "../report/numbers.ts";
import { countDeployed, type Execution } from "./count.ts";
import { narrowWeights, quantised } from "./quantised.ts";
import type { Loaded } from "./run.ts";
import { type Deployed, type Evaluated, evaluateDeployed, type SessionOptions } from "./session.ts";
import { NAMES, resultDocument } from "./side.ts";

/** Of both networks. */
const WEIGHT_BITS = 8;
/** The widest that a table has prices for. */
const MOST_BITS = 8;
/** Training samples on which the scales of activations are chosen. */
const CALIBRATION = 1000;

interface Priced {
  readonly counts: Counts;
  readonly account: Account;
}
export interface EqualPrecision {
  readonly steps: number;
  /** Of inputs and activations of the twin. */
  readonly bits: number;
  readonly weightBits: number;
  /** Samples that chose the scales, and by layer the value that the largest answer stands for. */
  readonly calibration: { readonly samples: number; readonly clips: Readonly<Record<string, number>> };
  readonly twin: { readonly result: Evaluated; readonly dense: Priced; readonly zeroSkipping: Priced };
  readonly spiking: { readonly result: Evaluated } & Priced;
  /** The spiking network against the twin that forms all products, and against the one that skips zeros. */
  readonly comparisons: readonly Comparison[];
}

/** @returns why there is none, where there is none */
export async function equalPrecisionOf(
  spiking: Deployed,
  twin: Deployed,
  loaded: Loaded,
  options: Omit<SessionOptions, "stage">,
): Promise<EqualPrecision | { readonly refused: string }> {
  if (loaded.kind === "sequences")
    return { refused: "a step of a stream has no number of levels: its neurons keep a state from step to step" };
  if (loaded.kind === "samples") return { refused: "only twins of dense layers and rectified units are made narrow" };
  const { data } = loaded;
  const steps = spiking.net.steps!;
  const bits = Math.min(MOST_BITS, equalBits(steps));
  const calibrate = data.train.take(CALIBRATION);
  const { backend } = options;
  const narrow = await quantised(twin, { activationBits: bits, weightBits: WEIGHT_BITS, calibrate, backend });
  const test = (d: Deployed, stage: string) => evaluateDeployed(d, data.test, { ...options, stage });
  const result = await test(narrow.deployed, `twin, ${bits} bits, test`);
  const fewer = { ...spiking, parameters: narrowWeights(spiking.parameters, WEIGHT_BITS) };
  const spikingResult = await test(fewer, `spiking network, ${WEIGHT_BITS}-bit weights, test`);
  const counted = (name: string, execution: Execution): Priced => {
    const counts = countDeployed(name, narrow.deployed, result, execution);
    return { counts, account: energy(counts, equalPrecision(bits)) };
  };
  const [dense, zeroSkipping] = [counted(NAMES.twin, "dense"), counted(NAMES.zeroSkipping, "event")];
  const counts = countDeployed(NAMES.spiking, fewer, spikingResult, "event");
  const account = energy(counts, prices.int8);
  return {
    steps,
    bits,
    weightBits: WEIGHT_BITS,
    calibration: { samples: calibrate.count, clips: narrow.clips },
    twin: { result, dense, zeroSkipping },
    spiking: { result: spikingResult, counts, account },
    comparisons: [dense, zeroSkipping].map((other) => compared(account, other.account)),
  };
}

function compared(a: Account, b: Account): Comparison {
  const found = compareAcross(a, b);
  return { ...found, says: `${found.says} ${joulesRange(a.total)} against ${joulesRange(b.total)}.` };
}

/** As plain data; `accuracyInFloats` is of the same weights before they were rounded. */
export function equalPrecisionDocument(
  found: EqualPrecision | { readonly refused: string },
  floats: { readonly spiking: number; readonly twin: number },
) {
  if ("refused" in found) return found;
  const { twin, spiking, ...rest } = found;
  return {
    ...rest,
    twin: { ...resultDocument(twin.result), accuracyInFloats: floats.twin, ...only(twin) },
    spiking: {
      ...resultDocument(spiking.result),
      accuracyInFloats: floats.spiking,
      counts: spiking.counts,
      energy: spiking.account,
    },
  };
}
const only = ({ dense, zeroSkipping }: EqualPrecision["twin"]) => ({
  counts: dense.counts,
  energy: dense.account,
  zeroSkipping: { counts: zeroSkipping.counts, energy: zeroSkipping.account },
});
