/** What a run trains: the networks of a task, after the choice of a spiking code where there is one to make. */
import { type Choice, chooseEncoder } from "./choose.ts";
import { type Design, recurrentDesign, requireNoCode, sampleDesign, spikingDesign, twinDesign } from "./networks.ts";
import type { EncoderName, TaskOptions } from "./options.ts";
import type { Loaded } from "./run.ts";
import type { SessionOptions } from "./session.ts";

export interface Plan {
  readonly spiking: Design;
  readonly twin: Design;
  /** How samples become spikes; absent where they are. */
  readonly code?: { readonly name: EncoderName; readonly choice: Choice | undefined };
}

/** @throws {UsageError} for options that the task does not have */
export async function planOf(
  loaded: Loaded,
  options: TaskOptions,
  session: Omit<SessionOptions, "stage">,
): Promise<Plan> {
  if (loaded.kind === "sequences") {
    const { task } = loaded;
    requireNoCode(task, options);
    return { spiking: recurrentDesign(task.spiking, options), twin: recurrentDesign(task.twin, options) };
  }
  if (loaded.kind === "samples") {
    const { task } = loaded;
    requireNoCode(task, options);
    return { spiking: sampleDesign(task.spiking, options), twin: sampleDesign(task.twin, options) };
  }
  const { task, data } = loaded;
  const choice = options.encoder ? undefined : await chooseEncoder(task, data, { ...session, changes: options });
  const name = options.encoder ?? choice!.encoder;
  return {
    spiking: spikingDesign(task, name, options),
    twin: twinDesign(task, options),
    code: { name, choice },
  };
}

/** Of how samples enter the spiking network. */
export const encoderDocument = ({ code, spiking }: Plan) => ({
  ...(code && { name: code.name }),
  ...spiking.encoder,
  ...(code?.choice && { choice: code.choice }),
});
