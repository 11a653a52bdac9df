/** The tasks with a way of their own, by name. */
import { ADDING } from "./adding/adding.ts";
import type { OwnTask } from "./ownTask.ts";
import { REWARDED } from "./rewarded/rewarded.ts";

/** The tasks by name. */
export const OWN_TASKS = { adding: ADDING, "r-stdp": REWARDED } as const satisfies Readonly<Record<string, OwnTask>>;

export const ownTask = (name: string): OwnTask | undefined =>
  Object.hasOwn(OWN_TASKS, name) ? OWN_TASKS[name as keyof typeof OWN_TASKS] : undefined;
