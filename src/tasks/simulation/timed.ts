/** What is simulated, for how long and with which seed: what was asked for goes before what the file says. */
import { UsageError } from "../../base/errors.ts";
import { secondsOf } from "../subject/quantity.ts";
import { DEFAULT_SEED, type Subject, subjectOf } from "../subject/subject.ts";
import type { SimulationOptions } from "./options.ts";

/** Seconds, where nobody says how long. */
const DURATION = 1;

export interface Timed extends Subject {
  /** Seconds. */
  readonly duration: number;
}
export interface SeededOptions extends SimulationOptions {
  readonly seed: number;
}

/** @throws {UsageError} unless it is above 0 and finite */
function lengthOf(text: string, path: string): number {
  const seconds = secondsOf(text, path);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new UsageError("out-of-range", path, `must be a time above 0, got '${text}'`);
}

/** @throws as `subjectOf`, and {UsageError} for what is no duration */
export async function timedSubject(
  asked: SimulationOptions,
): Promise<{ readonly subject: Timed; readonly options: SeededOptions }> {
  const { target, input } = asked;
  const dt = asked.dt === undefined ? undefined : lengthOf(asked.dt, "--dt");
  const { rate, ...found } = await subjectOf(target, {
    seed: asked.seed ?? DEFAULT_SEED,
    ...(dt !== undefined && { dt }),
    ...(input && { input }),
  });
  const own = found.duration ?? DURATION;
  const duration = asked.duration === undefined ? own : lengthOf(asked.duration, "--duration");
  // What is known is known of runs that are long enough.
  const subject = { ...found, duration, ...(rate && duration >= own && { rate }) };
  return { subject, options: { ...asked, seed: asked.seed ?? found.seed ?? DEFAULT_SEED } };
}
