/** Tasks with a way of their own to learn or to be judged, and the same commands, options and outputs as the others. */
import { UsageError } from "../base/errors.ts";
import type { Loss } from "../learn/loss.ts";
import type { Network } from "../model/network.ts";
import type { Input } from "./batches.ts";
import type { HowTrained } from "./explainProgram.ts";
import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";

/** Options that not every task has, as the command line calls them. */
export type OwnOption = "data" | "epochs" | "neurons" | "samples" | "steps" | "cell" | "learner";

type Work = (options: TaskOptions, onProgress: OnProgress) => Promise<TaskReport>;
export interface OwnTask {
  readonly name: string;
  readonly doc: string;
  /** Which of the options that not every task has are its own. */
  readonly takes: readonly OwnOption[];
  readonly train: Work;
  /** Where it has networks to set side by side. */
  readonly compare?: Work;
  /** What `explain` shows of it. */
  readonly explained: (options: Pick<TaskOptions, "steps">) => OwnNetwork;
}
/** The network that learns: with a loss, one that answers samples; else one that runs as long as it is let. */
export interface OwnNetwork {
  readonly net: Network;
  readonly encoder: Input;
  readonly answers?: { readonly loss: Loss; readonly training: HowTrained };
}

/** Where data lie an environment variable may say, whatever the task. */
const NOT_FOR_ALL = [
  "epochs",
  "neurons",
  "samples",
  "steps",
  "cell",
  "learner",
  "encoder",
  "segment",
  "memory",
] as const;
/** @throws {UsageError} `usage` for an option that the task has not */
export function requireOwn({ name, takes }: Pick<OwnTask, "name" | "takes">, options: TaskOptions): void {
  const odd = NOT_FOR_ALL.find((o) => options[o] !== undefined && !(takes as readonly string[]).includes(o));
  if (!odd) return;
  const own = takes.length > 0 ? `${takes.map((o) => `--${o}`).join(", ")} and ` : "";
  throw new UsageError("usage", `--${odd}`, `${name} takes ${own}--seed`);
}
