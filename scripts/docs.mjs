/**
 * The guide as a site: installs its tools (docs/package.json), draws its pictures, makes the reference from the
 * docstrings, builds docs/.vitepress/dist and checks its links. Plain JavaScript, as `prepare.mjs`.
 *
 *   node scripts/docs.mjs         builds and checks
 *   node scripts/docs.mjs dev     serves the pages and shows edits at once
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DOCS = join(ROOT, "docs");

function run(/** @type {string} */ command, /** @type {string[]} */ args, /** @type {string} */ cwd) {
  const start = performance.now();
  const { status } = spawnSync(command, args, { cwd, stdio: ["ignore", 1, 2], shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
  console.error(`docs: ${args.slice(0, 3).join(" ")}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
const node = (/** @type {string[]} */ args, cwd = DOCS) => run(process.execPath, args, cwd);

/** True when every package of docs/package-lock.json that this platform needs is there in its version. */
function installed() {
  const receipt = join(DOCS, "node_modules/.package-lock.json");
  if (!existsSync(receipt)) return false;
  const packages = (/** @type {string} */ path) => JSON.parse(readFileSync(path, "utf8")).packages;
  const present = packages(receipt);
  return Object.entries(packages(join(DOCS, "package-lock.json"))).every(
    ([path, { version, optional }]) => path === "" || optional || present[path]?.version === version,
  );
}

if (!installed()) run("npm", ["install", "--no-save", "--ignore-scripts", "--no-fund", "--no-audit"], DOCS);
node(["--import", "tsx", "scripts/guide-pictures.ts"], ROOT);
rmSync(join(DOCS, "api"), { recursive: true, force: true });
node(["node_modules/typedoc/bin/typedoc", "--options", "typedoc.config.js"]);
if (process.argv.includes("dev")) node(["node_modules/vitepress/bin/vitepress.js", "dev"]);
else {
  node(["node_modules/vitepress/bin/vitepress.js", "build"]);
  node(["--import", "tsx", "scripts/check-site.ts"], ROOT);
}
