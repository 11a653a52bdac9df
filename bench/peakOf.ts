/**
 * Runs `peak.ts` in a process of its own, compiled as it is published: what loads TypeScript while it runs has memory of its
 * own, and leaves a larger heap behind.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** MB by which the process grew. */
export type PeakOf = (steps: string, ...options: string[]) => Promise<number>;

/** Compiles once for all that `use` asks. */
export async function withPeaks<T>(use: (peakOf: PeakOf) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "rheobase-peak-"));
  try {
    await run(process.execPath, [
      here("../node_modules/typescript/bin/tsc"),
      "-p",
      here("tsconfig.peak.json"),
      "--outDir",
      folder,
    ]);
    await symlink(here("../node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    return await use(async (steps, ...options) => {
      const { stdout } = await run(process.execPath, [join(folder, "bench", "peak.js"), steps, ...options]);
      return Number(stdout);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
