/** Runs `peak.ts` in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** MB by which the process grew. */
export async function peakOf(steps: string, ...options: string[]): Promise<number> {
  const file = fileURLToPath(new URL("peak.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", file, steps, ...options]);
  return Number(stdout);
}
