/** Losses of exact spike times: plain data, their values, and their derivatives by each time. */
import { DataError, ModelError, requireFinite } from "../../base/errors.ts";

/** Cross-entropy of the outputs' first spike times. `firstSpikeCrossEntropy` makes it. */
export interface FirstSpikeCrossEntropy {
  readonly kind: "firstSpikeCrossEntropy";
  readonly tau: number;
  readonly late: { readonly strength: number; readonly tau: number };
}
/** Squared differences of spike times. `squaredTimes` makes it. */
export interface SquaredTimes {
  readonly kind: "squaredTimes";
  readonly unit: number;
}
/** Van Rossum's distance of whole trains. `trainDistance` makes it. */
export interface TrainDistance {
  readonly kind: "trainDistance";
  readonly tau: number;
}
/** Cross-entropy of the highest voltages of outputs that do not spike. `highestVoltage` makes it. */
export interface HighestVoltage {
  readonly kind: "highestVoltage";
  readonly unit: number;
}
/** What training by exact spike times makes small. Plain data. */
export type TimeLoss = SpikeLoss | HighestVoltage;
type SpikeLoss = FirstSpikeCrossEntropy | SquaredTimes | TrainDistance;

function requireSeconds(path: string, x: number): void {
  if (!(x > 0 && Number.isFinite(x)))
    throw new ModelError("out-of-range", path, `must be a number of seconds above 0, got ${x}`);
}
/** Options of `firstSpikeCrossEntropy`. */
export interface FirstSpikeOptions {
  /** Seconds by which a first spike is earlier at a factor of e; default 2 ms. */
  readonly tau?: number;
  /** What late spikes of the label's output cost; default a strength of 0.01 and a tau of 10 ms. */
  readonly late?: { readonly strength: number; readonly tau: number };
}
/**
 * `-log(e^(-t_l/tau) / Σ_k e^(-t_k/tau)) + strength (e^(t_l/tau_late) - 1)`, of the first spike times t_k of the outputs and
 * that of the label's. A silent output other than the label's adds nothing to the sum.
 *
 * @see Wunderlich and Pehle 2021, Sci. Rep. 11:12829, equation 5
 * @throws {ModelError} `out-of-range`
 */
export function firstSpikeCrossEntropy(options: FirstSpikeOptions = {}): FirstSpikeCrossEntropy {
  const { tau = 2e-3, late = { strength: 0.01, tau: 10e-3 } } = options;
  requireSeconds("firstSpikeCrossEntropy.tau", tau);
  requireSeconds("firstSpikeCrossEntropy.late.tau", late.tau);
  requireFinite("firstSpikeCrossEntropy.late.strength", [late.strength]);
  return { kind: "firstSpikeCrossEntropy", tau, late };
}
/**
 * `Σ ((t - target) / unit)²` over the given trains, the first spike of an output with the first of its train, and so on.
 * A spike too many adds nothing; one that is missing counts as if at the sample's end, and has no gradient.
 *
 * @param unit seconds
 * @throws {ModelError} `out-of-range`
 */
export function squaredTimes(unit = 1e-3): SquaredTimes {
  requireSeconds("squaredTimes.unit", unit);
  return { kind: "squaredTimes", unit };
}
/**
 * The sum over the outputs of D², van Rossum's distance to the given train (`vanRossumDistance`).
 *
 * @param tau seconds
 * @throws {ModelError} `out-of-range`
 */
export function trainDistance(tau: number): TrainDistance {
  requireSeconds("trainDistance.tau", tau);
  return { kind: "trainDistance", tau };
}

/**
 * Cross-entropy of softmax(v / unit) with the label, of the highest voltages v that outputs without spikes have in a sample.
 *
 * @see Wunderlich and Pehle 2021, Sci. Rep. 11:12829, equation 6
 * @throws {ModelError} `out-of-range`
 */
export function highestVoltage(unit = 1): HighestVoltage {
  if (!(unit > 0 && Number.isFinite(unit)))
    throw new ModelError("out-of-range", "highestVoltage.unit", `must be above 0, got ${unit}`);
  return { kind: "highestVoltage", unit };
}

/** Spike times of each output, in order. */
export type Trains = readonly (readonly number[])[];
/** What a sample is compared with. */
export interface Wanted {
  readonly label: number | undefined;
  readonly trains: Trains | undefined;
}
export interface Judged {
  readonly loss: number;
  /** The derivative of the loss by each spike's time. */
  readonly slopes: number[][];
  /** Whether an output that must spike did not, so that the sample teaches nothing. */
  readonly silent: boolean;
}

type Rule<L> = (loss: L, found: Trains, wanted: Wanted, end: number) => Judged;
const RULES: { readonly [K in SpikeLoss["kind"]]: Rule<Extract<SpikeLoss, { kind: K }>> } = {
  firstSpikeCrossEntropy: firstSpikes,
  squaredTimes: squares,
  trainDistance: distances,
};
/** @param end of the sample, in seconds: where a silent output is taken to spike, for the loss's value alone */
export const judge: Rule<SpikeLoss> = (loss, ...rest) => (RULES[loss.kind] as Rule<SpikeLoss>)(loss, ...rest);

/** The loss of highest voltages, and its derivative by each. */
export function judgeVoltages({ unit }: HighestVoltage, voltages: readonly number[], label: number) {
  const top = Math.max(...voltages);
  const e = voltages.map((v) => Math.exp((v - top) / unit));
  const sum = e.reduce((a, b) => a + b, 0);
  const slopes = e.map((x, k) => (x / sum - Number(k === label)) / unit);
  return { loss: Math.log(sum) - (voltages[label]! - top) / unit, slopes };
}
/** Whether a loss asks for labels, so that an answer is right or wrong. */
export const isOfClasses = ({ kind }: TimeLoss): boolean =>
  kind === "firstSpikeCrossEntropy" || kind === "highestVoltage";

const none = (found: Trains): number[][] => found.map((t) => t.map(() => 0));

function firstSpikes({ tau, late }: FirstSpikeCrossEntropy, found: Trains, { label }: Wanted, end: number): Judged {
  const own = found[label!]![0];
  const first = found.map((t, k) => t[0] ?? (k === label ? end : Number.POSITIVE_INFINITY));
  const least = Math.min(...first);
  const shares = first.map((t) => Math.exp((least - t) / tau));
  const sum = shares.reduce((a, b) => a + b, 0);
  const loss = (first[label!]! - least) / tau + Math.log(sum) + late.strength * Math.expm1(first[label!]! / late.tau);
  const slopes = none(found);
  if (own === undefined) return { loss, slopes, silent: true };
  for (const [k, train] of found.entries()) if (train.length > 0) slopes[k]![0] = -shares[k]! / sum / tau;
  slopes[label!]![0]! += 1 / tau + (late.strength / late.tau) * Math.exp(own / late.tau);
  return { loss, slopes, silent: false };
}

function squares({ unit }: SquaredTimes, found: Trains, { trains }: Wanted, end: number): Judged {
  const slopes = none(found);
  let [loss, partners] = [0, 0];
  for (const [k, wanted] of trains!.entries())
    for (const [n, target] of wanted.entries()) {
      const time = found[k]![n];
      loss += (((time ?? end) - target) / unit) ** 2;
      if (time === undefined) continue;
      partners++;
      slopes[k]![n] = (2 * (time - target)) / unit ** 2;
    }
  return { loss, slopes, silent: partners === 0 && trains!.some((t) => t.length > 0) };
}

/** D² = ½ Σ over all pairs of their signs times e^(-|t - u| / tau). */
function distances({ tau }: TrainDistance, found: Trains, { trains }: Wanted): Judged {
  let loss = 0;
  const slopes = found.map((own, k) => {
    const all = [...own.map((t) => [t, 1] as const), ...trains![k]!.map((t) => [t, -1] as const)];
    for (const [t, s] of all) for (const [u, r] of all) loss += 0.5 * s * r * Math.exp(-Math.abs(t - u) / tau);
    return own.map((t) =>
      all.reduce((sum, [u, r]) => sum - (r * Math.sign(t - u) * Math.exp(-Math.abs(t - u) / tau)) / tau, 0),
    );
  });
  return { loss, slopes, silent: false };
}

/** @throws {DataError} where what the loss compares with is missing */
export function requireWanted(loss: TimeLoss, wanted: Wanted, outputs: number, path: string): void {
  const { label, trains } = wanted;
  if (isOfClasses(loss)) {
    if (Number.isInteger(label) && label! >= 0 && label! < outputs) return;
    throw new DataError("out-of-range", `batch.labels${path}`, `is ${label}; there are ${outputs} classes`);
  }
  if (trains?.length !== outputs)
    throw new DataError(
      "shape-mismatch",
      `batch.trains${path}`,
      `needs ${outputs} trains, got ${trains?.length ?? "none"}`,
    );
  for (const [k, t] of trains.entries()) {
    const odd = t.findIndex((x, n) => !Number.isFinite(x) || (n > 0 && x < t[n - 1]!));
    if (odd >= 0)
      throw new DataError(
        "out-of-range",
        `batch.trains${path}[${k}][${odd}]`,
        `times are finite and ascend, got ${t[odd]}`,
      );
  }
}
