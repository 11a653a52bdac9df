import type { EvaluateOptions, OnProgress, TaskReport } from "./options.ts";

export function evaluate(_options: EvaluateOptions, _onProgress: OnProgress): Promise<TaskReport> {
  throw new Error("not built yet");
}
