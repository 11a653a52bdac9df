/** Trainings that survive: the options, and what a signal does to them. */
import { Option } from "commander";
import { RunError, UsageError } from "../base/errors.ts";
import { type CheckpointOptions, quoted } from "../tasks/options.ts";
import { wholeNumber } from "./options.ts";

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

/** Signals that ask a process to end, and its exit code then: 128 and the signal's number, as shells have it. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof SIGNALS;

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

interface Heard {
  readonly signal: Signal | undefined;
  readonly aborted: boolean;
  end(): void;
}
function listen(): Heard {
  let signal: Signal | undefined;
  const names = Object.keys(SIGNALS) as Signal[];
  const end = (): void => {
    for (const name of names) process.off(name, hear);
  };
  const hear = (name: Signal): void => {
    if (signal) process.exit(SIGNALS[name]);
    signal = name;
    setImmediate(end); // from then on the system's own handler is back, which ends even what never yields
  };
  for (const name of names) process.on(name, hear);
  return {
    get signal() {
      return signal;
    },
    get aborted() {
      return signal !== undefined;
    },
    end,
  };
}

/** The same command, going on. */
export function commandToResume(args: readonly string[]): string {
  const all = ["rheobase", ...args, ...(args.includes("--resume") ? [] : ["--resume"])];
  return all.map(quoted).join(" ");
}
