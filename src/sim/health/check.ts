/** All that can be said of a run that has ended. */
import { ModelError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import { requireNetwork } from "../../model/requireNetwork.ts";
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
 * @throws {ModelError} `type-mismatch` for what is no network, or no recording of a run
 */
export function checkHealth(
  net: Network,
  run: Recording | ExactRecording,
  options: HealthOptions = {},
): HealthFinding[] {
  requireNetwork("checkHealth", net);
  requireRecording(run);
  const { samples = 1, silentInputs = [] } = options;
  const steps = "duration" in run ? [] : checkStep(net);
  return [...steps, ...checkActivity(net, { ...activityOf(net, run, samples), silentInputs })];
}

function requireRecording(run: Partial<Record<"spikes" | "steps" | "duration", unknown>> | undefined): void {
  const isRun = typeof run === "object" && run !== null;
  if (isRun && run.spikes && (run.steps !== undefined || run.duration !== undefined)) return;
  const got = isRun ? "an object without spikes and steps" : String(run);
  throw new ModelError(
    "type-mismatch",
    "checkHealth",
    `takes what a run gives back, such as engine.run(…); got ${got}`,
  );
}
