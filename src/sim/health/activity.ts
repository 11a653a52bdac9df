/** Whether neurons fire as they should: not at all, as fast as they can, or faster and faster. */
import { requireInteger } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { ExactRecording } from "../exact/recording.ts";
import type { Recording } from "../recording.ts";
import { duration, type HealthFinding, short } from "./finding.ts";
import { refractoryOf } from "./numbers.ts";

/** Spikes of each population, counted in windows of equal length that follow each other. */
export interface Activity {
  /** Of all windows together. */
  readonly seconds: number;
  readonly counts: Readonly<Record<string, readonly number[]>>;
  /** Trials side by side that were counted together; default 1. */
  readonly samples?: number;
  /** Inputs that were given nothing. */
  readonly silentInputs?: readonly string[];
  /** Whether the run was exact: a neuron may then fire more often than once a step. */
  readonly exact?: boolean;
}

/** Windows that a recording is looked at in. */
export const WINDOWS = 8;

/** Counts the spikes of a run. @param samples trials side by side; default 1 */
export function activityOf(net: Network, run: Recording | ExactRecording, samples = 1): Activity {
  requireInteger("activity.samples", samples, 1);
  const exact = "duration" in run;
  const [begin, length] = exact ? [run.start, run.duration] : [0, run.steps];
  const counts = Object.entries(run.spikes).map(([node, spikes]) => {
    const own = new Array<number>(WINDOWS).fill(0);
    const times = "times" in spikes ? spikes.times : spikes.steps;
    for (const t of times) own[Math.min(WINDOWS - 1, Math.floor(((t - begin) / length) * WINDOWS))]!++;
    return [node, own] as const;
  });
  return { seconds: exact ? length : length * net.dt, counts: Object.fromEntries(counts), samples, exact };
}

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

/** What is odd about the spikes of a run. Populations that do not spike are not looked at. */
export function checkActivity(net: Network, a: Activity): HealthFinding[] {
  if (a.seconds === 0) return [];
  return Object.entries(a.counts).flatMap(([node, counts]) => {
    if (sum(counts) === 0) return [silent(net, node, a)];
    return [saturated(net, node, counts, a) ?? growing(net, node, counts, a) ?? []].flat();
  });
}

function silent(net: Network, node: string, a: Activity): HealthFinding {
  const says = `No neuron of '${node}' fired in ${duration(a.seconds)}.`;
  return { code: "silent", where: node, says, advice: silenceAdvice(net, node, a) };
}

/** From what can be seen without looking at its states. */
function silenceAdvice(net: Network, node: string, { counts, silentInputs = [] }: Activity): string {
  const { model } = net.populations[node]!;
  const watch = model.variables[0];
  const look = `Look at its state${watch ? ` (record ${node}.${watch.name})` : ""} beside its condition to fire, '${model.spec.spike}'.`;
  const sources = [...new Set(net.connections.filter((c) => c.to.node === node).map((c) => c.from.node))];
  const others = sources.filter((s) => s !== node);
  if (sources.length === 0)
    return `Nothing is connected to it: unless its equations drive it, connect an input. ${look}`;
  const quiet = (s: string): boolean => silentInputs.includes(s) || (s in counts && sum(counts[s]!) === 0);
  if (others.length > 0 && others.every(quiet)) {
    const inputs = others.filter((s) => silentInputs.includes(s));
    const given = inputs.length > 0 ? ` Give input to ${inputs.map((s) => `'${s}'`).join(", ")}.` : "";
    return `All that is connected to it is silent: ${others.join(", ")}.${given} ${look}`;
  }
  return `Try larger weights, more input or a lower threshold. ${look}`;
}

/** Of the most that is possible: from there on neurons fire because nothing else is left to them. */
const SATURATED = 0.8;

/**
 * Spikes a second that a neuron can fire at most, and what it is that allows no more. Without steps nothing does, but the
 * step of the network says what it was made to tell apart: so one rule holds for both engines.
 */
function most(net: Network, node: string, exact: boolean): { readonly rate: number; readonly why: string } {
  const refractory = refractoryOf(net, net.populations[node]!);
  if (exact && refractory !== undefined && refractory >= net.dt)
    return { rate: 1 / refractory, why: refractoryWords(refractory) };
  const steps = refractory === undefined ? 1 : Math.max(1, Math.floor(refractory / net.dt + 0.001));
  const each = `one spike in each step of ${duration(net.dt)}`;
  const why = steps > 1 ? refractoryWords(refractory!) : exact ? `${each}, were there steps,` : each;
  return { rate: 1 / (steps * net.dt), why };
}
const refractoryWords = (seconds: number): string => `a refractory period of ${duration(seconds)}`;

function saturated(net: Network, node: string, counts: readonly number[], a: Activity): HealthFinding | undefined {
  const late = counts.slice(counts.length >> 1);
  const seconds = (a.seconds * late.length) / counts.length;
  const rate = sum(late) / (net.populations[node]!.size * (a.samples ?? 1) * seconds);
  const { rate: highest, why } = most(net, node, a.exact ?? false);
  if (rate < SATURATED * highest) return undefined;
  return {
    code: "saturated",
    where: node,
    says: `'${node}' runs away: its neurons fire at ${short(rate)} Hz on average, ${short((100 * rate) / highest)} % of what ${why} allows.`,
    advice:
      "Try smaller excitatory or larger inhibitory weights, less input, or a reset that takes the neuron below its threshold; check the units of weights.",
  };
}

/** Windows that are left out, because networks start in all ways; and what the rate must then have grown by. */
const FIRST = 2;
const GROWTH = 4;
const ENOUGH = 100;

function growing(net: Network, node: string, counts: readonly number[], a: Activity): HealthFinding | undefined {
  const later = counts.slice(FIRST);
  const [first, last] = [later[0]!, later[later.length - 1]!];
  const rises = later.every((n, k) => k === 0 || n > later[k - 1]!);
  if (later.length < 4 || !rises || last < ENOUGH || last < GROWTH * first) return undefined;
  const { size } = net.populations[node]!;
  const rate = (n: number): string => `${short(n / (size * (a.samples ?? 1) * (a.seconds / counts.length)))} Hz`;
  return {
    code: "growing",
    where: node,
    says: `'${node}' fires faster and faster: ${rate(first)} at first, ${rate(last)} at last.`,
    advice:
      "If its input does not grow, excitation feeds itself: try smaller excitatory or larger inhibitory weights; run longer to see where it ends.",
  };
}
