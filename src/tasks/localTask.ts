/** Tasks that learn without gradients: each with a way of its own, and the same commands, options and outputs as the others. */
import { UsageError } from "../base/errors.ts";
import { writeBytes } from "../io/file.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";
import type { Output, OutputKind } from "./outputs.ts";

/** Options that not every task has, as the command line calls them. */
export type OwnOption = "data" | "epochs" | "neurons" | "samples";

export interface LocalTask {
  readonly name: string;
  readonly doc: string;
  /** Which of the options that not every task has are its own. */
  readonly takes: readonly OwnOption[];
  readonly writes: readonly OutputKind[];
  readonly train: (options: TaskOptions, onProgress: OnProgress) => Promise<TaskReport>;
}

/** Where data lie an environment variable may say, whatever the task. */
const NOT_FOR_ALL = ["epochs", "neurons", "samples", "steps", "encoder", "segment"] as const;
/** @throws {UsageError} `usage` for an option that the task has not, and for checkpoints */
export function requireOwn({ name, takes }: LocalTask, options: TaskOptions): void {
  const odd = NOT_FOR_ALL.find((o) => options[o] !== undefined && !(takes as readonly string[]).includes(o));
  if (odd)
    throw new UsageError("usage", `--${odd}`, `${name} takes ${takes.map((o) => `--${o}`).join(", ")} and --seed`);
  if (options.checkpoint)
    throw new UsageError("usage", "--checkpoint", `${name} learns in one go and is saved when it is done`);
}

/** Writes the result as data. @throws {DataError} `write-failed` */
export async function writeData(outputs: readonly Output[], document: object): Promise<void> {
  const text = new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
  for (const { file, kind } of outputs) if (kind === "data") await writeBytes(file, text);
}
