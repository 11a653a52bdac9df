import type { OnProgress, TaskOptions, TaskReport } from "./options.ts";

export function train(_options: TaskOptions, _onProgress: OnProgress): Promise<TaskReport> {
  throw new Error("not built yet");
}
