/** Runs every program in examples/ and examples/brian/, one after the other, and fails if one fails or if there is none. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TIMEOUT_MS = 300_000;

const examples = ["examples", join("examples", "brian")].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(folder, entry.name))
    .sort(),
);

function run(example: string): boolean {
  console.log(`--- ${example}`);
  const start = performance.now();
  const args = ["--import", "tsx", example];
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", 1, 2],
    timeout: TIMEOUT_MS,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`--- ${example}: ${status === 0 ? "done" : `failed (${signal ?? `exit code ${status}`})`}, ${seconds} s`);
  return status === 0;
}

const failed = examples.filter((example) => !run(example));
console.log(`examples: ${examples.length - failed.length} done, ${failed.length} failed`);
if (examples.length === 0 || failed.length > 0) process.exitCode = 1;
