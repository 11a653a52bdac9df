/** What a network becomes that is simulated: the program of the clocked engine. */
import { threadedWasm } from "../backend/wasm/wasm.ts";
import { UsageError } from "../base/errors.ts";
import { createEngine } from "../sim/engine.ts";
import type { EngineOptions } from "../sim/engineOptions.ts";
import { AS_EVENTS } from "./batches.ts";
import type { Explained } from "./explainProgram.ts";
import type { TaskOptions } from "./options.ts";
import { isSimulation, simulationNames } from "./subject/catalogue.ts";
import { MODULES } from "./subject/module.ts";
import { subjectOf } from "./subject/subject.ts";

/** Whether a target is run by `simulate` alone: by its name, a module, or a SONATA configuration. */
export const isSimulated = (target: string): boolean =>
  isSimulation(target) || [...MODULES, ".json"].some((ending) => target.toLowerCase().endsWith(ending));

/** Options that belong to networks which answer samples. */
const OF_TASKS = ["encoder", "steps", "segment"] as const;

/** @throws {UsageError} for options of tasks; as `subjectOf` for the target, as `createEngine` for its network */
export async function explainedSimulation({ task: target, ...options }: TaskOptions): Promise<Explained> {
  const odd = OF_TASKS.find((o) => options[o] !== undefined);
  if (odd)
    throw new UsageError(
      "usage",
      `--${odd}`,
      `is for tasks; ${target} is simulated (as ${simulationNames()} and files are)`,
    );
  const { given, parameters, seed = options.seed, ...subject } = await subjectOf(target, { seed: options.seed });
  const drawn = { seed, threads: options.threads };
  return explainedEngine(subject, drawn, { sources: given.sources, ...(parameters && { parameters }) });
}

/** The program that runs a network from one step to the next. */
export async function explainedEngine(
  { net, from, encoder = AS_EVENTS }: Pick<Explained, "net" | "from"> & Partial<Pick<Explained, "encoder">>,
  { seed, threads }: Pick<TaskOptions, "seed" | "threads">,
  given: Pick<EngineOptions, "sources" | "parameters"> = {},
): Promise<Explained> {
  using backend = threadedWasm(threads);
  using engine = await createEngine(net, backend, { seed, ...given });
  const { program, text: wat, lowered } = engine;
  return { from, net, encoder, programs: [{ name: "simulation", program, wat, context: lowered.context }] };
}
