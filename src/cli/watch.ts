/** Options that say where a training tells how it learns. */
import { Option } from "commander";
import type { WatchOptions } from "../tasks/options.ts";

export interface WatchFlags {
  readonly watch?: boolean;
  readonly log?: string;
  readonly tensorboard?: string;
}
export const watchOption = {
  watch: () => new Option("--watch", "tell on stderr, epoch by epoch, how each layer learns"),
  log: () => new Option("--log <file>", "add a line of JSON an epoch to this file, with how each layer learns"),
  tensorboard: () => new Option("--tensorboard <dir>", "write an event file for TensorBoard into this folder"),
};

/** What the flags ask for, and the others. */
export function watchOf<F extends WatchFlags>({
  watch,
  log,
  tensorboard,
  ...rest
}: F): { readonly watch: WatchOptions; readonly rest: Omit<F, keyof WatchFlags> } {
  const asked = {
    ...(watch && { terminal: true }),
    ...(log !== undefined && { log }),
    ...(tensorboard !== undefined && { tensorboard }),
  };
  return { watch: asked, rest };
}
