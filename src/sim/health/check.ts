/** All that can be said of a run that has ended. */
import type { Network } from "../../model/network.ts";
import type { ExactRecording } from "../exact/recording.ts";
import type { Recording } from "../recording.ts";
import { activityOf, checkActivity } from "./activity.ts";
import type { HealthFinding } from "./finding.ts";
import { checkStep } from "./step.ts";

/** What is known beside the recording. */
export interface HealthOptions {
  /** Trials side by side; default 1. */
  readonly samples?: number;
  /** Inputs that were given nothing. */
  readonly silentInputs?: readonly string[];
}

/**
 * What may be wrong with a run, in plain words, each with what to try: populations that were silent or ran away, and a
 * step that is too large for the fastest time constant. Nothing where all is well.
 */
export function checkHealth(
  net: Network,
  run: Recording | ExactRecording,
  options: HealthOptions = {},
): HealthFinding[] {
  const { samples = 1, silentInputs = [] } = options;
  const steps = "duration" in run ? [] : checkStep(net);
  return [...steps, ...checkActivity(net, { ...activityOf(net, run, samples), silentInputs })];
}
