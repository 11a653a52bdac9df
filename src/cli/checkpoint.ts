/** Trainings that survive: the options, and what a signal does to them. */
import { Option } from "commander";
import { RunError, UsageError } from "../base/errors.ts";
import { type CheckpointOptions, quoted } from "../tasks/options.ts";
import { wholeNumber } from "./options.ts";
import { listen, SIGNALS } from "./signals.ts";

export interface CheckpointFlags {
  readonly checkpoint?: string;
  readonly every: number;
  readonly resume?: boolean;
}
export const checkpointOption = {
  checkpoint: (fallback: string) =>
    new Option("--checkpoint <file>", `where training is saved on its way (default: ${fallback})`),
  every: () =>
    new Option("--every <n>", "updates from one checkpoint to the next")
      .argParser(wholeNumber(1, 2 ** 31))
      .default(500),
  resume: () => new Option("--resume", "go on from the checkpoint"),
};

/** Runs what saves checkpoints. A signal makes it stop at the next one, and says how to go on; a second one ends it at once. */
export async function resumable(
  { checkpoint: file, every, resume = false }: CheckpointFlags,
  work: (checkpoint?: CheckpointOptions) => Promise<void>,
): Promise<void> {
  if (file === undefined) {
    if (resume) throw new UsageError("usage", "--resume", "needs --checkpoint, the file to go on from");
    return work();
  }
  const heard = listen();
  try {
    await work({ file, every, resume, stop: heard });
  } catch (error) {
    if (!(error instanceof RunError && error.code === "interrupted")) throw error;
    process.stderr.write(`rheobase: ${error.message}; to go on: ${commandToResume(process.argv.slice(2))}\n`);
    process.exitCode = SIGNALS[heard.signal ?? "SIGINT"];
  } finally {
    heard.end();
  }
}

/** The same command, going on. */
export function commandToResume(args: readonly string[]): string {
  const all = ["rheobase", ...args, ...(args.includes("--resume") ? [] : ["--resume"])];
  return all.map(quoted).join(" ");
}
