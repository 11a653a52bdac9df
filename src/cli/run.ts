/** Runs one command's work: progress on stderr, the result on stdout, and the exit code of a failure. */
import { CommanderError } from "commander";
import { RheobaseError, UsageError } from "../base/errors.ts";
import type { OnProgress, TaskReport } from "../tasks/options.ts";
import { openProgress } from "./progress.ts";

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

export interface PrintFlags {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Prints what `work` hands back, as JSON if asked. */
export async function print(
  { json = false, quiet = false }: PrintFlags,
  work: (onProgress: OnProgress) => Promise<TaskReport>,
): Promise<void> {
  const progress = await openProgress(quiet);
  try {
    const report = await work(progress.update);
    progress.close();
    const text = json ? JSON.stringify(report.document, null, 2) : await textFor(report, quiet);
    process.stdout.write(`${text.trimEnd()}\n`);
  } finally {
    progress.close();
  }
}
async function textFor({ text, show }: TaskReport, quiet: boolean): Promise<string> {
  if (!show) return text;
  const { viewOf } = await import("./view.ts"); // not at the start: help needs none of it
  return show(viewOf(process.env, process.stdout), quiet);
}

/** Says on stderr what went wrong, unless commander has said it, and gives the exit code. */
export function failure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  // Read leniently here: an error about the variable itself must print as well.
  const debug = Number(process.env.RHEOBASE_DEBUG ?? 0) >= 1;
  if (error instanceof RheobaseError) {
    process.stderr.write(`rheobase: ${error.message}\n${debug ? `${error.stack}\n` : ""}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  }
  // Not the caller's mistake but ours: the stack is what a report needs.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`rheobase: internal error, please report it: ${detail}\n`);
  return EXIT.failed;
}
