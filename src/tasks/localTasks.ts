/** The tasks that learn without gradients, by name. */
import type { LocalTask } from "./localTask.ts";
import { REWARDED } from "./rewarded/rewarded.ts";
import { UNSUPERVISED } from "./unsupervised/unsupervised.ts";

/** The tasks by name. */
export const LOCAL_TASKS = { unsupervised: UNSUPERVISED, "r-stdp": REWARDED } as const satisfies Readonly<
  Record<string, LocalTask>
>;

export const localTask = (name: string): LocalTask | undefined =>
  Object.hasOwn(LOCAL_TASKS, name) ? LOCAL_TASKS[name as keyof typeof LOCAL_TASKS] : undefined;
