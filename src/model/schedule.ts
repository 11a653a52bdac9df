/**
 * The order of things within one step of time, as data.
 *
 * Phases of a population: `update` (integrate the equations), `receive` (add what arrives to state variables),
 * `threshold` (decide who fires), `reset`. An `(input)` variable is a current: it is read by `update`, so its sum is
 * formed before the population's first phase.
 */
import { listNames, ModelError } from "../base/errors.ts";

/** A part of a neuron's step. */
export type Phase = "update" | "receive" | "threshold" | "reset";

/** The order of things within a step of time. Plain data; `SCHEDULES` holds those that there are. */
export interface Schedule {
  readonly name: string;
  /**
   * Groups of phases. With one group, each population runs all its phases in turn, in the order of the delay-0
   * edges. With several, all populations run the first group, then connections deliver, then all run the second.
   */
  readonly groups: readonly (readonly Phase[])[];
  /** Steps added to every connection's delay. */
  readonly latency: number;
  /** The least delay (before latency) that a connection may have. */
  readonly minimumDelay: number;
  readonly doc: string;
}

/**
 * - `layered`: what deep-learning libraries do. A layer sees the spikes of the layer below in the same step.
 * - `brian`: all thresholds, then synapses, then resets (Brian 2's default: groups, thresholds, synapses, resets). A
 *   spike arrives at the end of its own step; a reset overrides what arrived in the same step.
 * - `nest`: spikes take at least one step (NEST's minimal delay); input arrives before the threshold is tested.
 * - `loihi`: a spike is seen in the next step, and every delay adds to that.
 */
export const SCHEDULES = {
  layered: {
    name: "layered",
    groups: [["update", "receive", "threshold", "reset"]],
    latency: 0,
    minimumDelay: 0,
    doc: "spikes cross layers within a step; delay-0 edges must form no cycle",
  },
  brian: {
    name: "brian",
    groups: [
      ["update", "threshold"],
      ["receive", "reset"],
    ],
    latency: 0,
    minimumDelay: 0,
    doc: "update, threshold, synapses, reset, each for all populations",
  },
  nest: {
    name: "nest",
    groups: [["update", "receive", "threshold", "reset"]],
    latency: 0,
    minimumDelay: 1,
    doc: "spikes arrive a whole number of steps later, at least one",
  },
  loihi: {
    name: "loihi",
    groups: [["update", "receive", "threshold", "reset"]],
    latency: 1,
    minimumDelay: 0,
    doc: "spikes arrive in the next step, plus their delay",
  },
} as const satisfies Record<string, Schedule>;

/** The name of a schedule: `layered`, `brian`, `nest` or `loihi`. */
export type ScheduleName = keyof typeof SCHEDULES;

/** @throws {ModelError} `unknown-name` */
export function scheduleOf(name: string, path = "network.schedule"): Schedule {
  const found = (SCHEDULES as Record<string, Schedule>)[name];
  if (found) return found;
  throw new ModelError("unknown-name", path, `unknown schedule '${name}'; known: ${listNames(Object.keys(SCHEDULES))}`);
}
