/**
 * What `npm start` and `npm test` need, done once: dependencies as the lockfile says, and dist/ built from src/.
 * Plain JavaScript without dependencies, because it runs before there are any. Says what it does on stderr only,
 * so that stdout stays clean for `--json`; when nothing is to be done it is silent and takes some 60 ms.
 *
 *   node scripts/prepare.mjs           install and build if something changed; the build does not check types
 *   node scripts/prepare.mjs --build   the same, but always build, and check types
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
const STAMP = join(DIST, ".stamp");
/** Lives in dist/ only after a whole build: the first thing that anyone runs. */
const ENTRY = join(DIST, "cli/main.js");

const readJson = (/** @type {string} */ path) => JSON.parse(readFileSync(path, "utf8"));
const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

/** Stops with a reason; a child's own messages are on stderr already. */
function fail(/** @type {string} */ reason) {
  say(`prepare: ${reason}`);
  process.exit(1);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  if (!fits) fail(`Node.js 20.19 or newer is needed, this is ${process.versions.node}`);
}

/** Runs with the child's stdout on our stderr. */
function run(/** @type {string} */ command, /** @type {string[]} */ args, options = {}) {
  const child = spawnSync(command, args, { cwd: ROOT, stdio: ["ignore", 2, 2], ...options });
  if (child.error) fail(`cannot run ${command}: ${child.error.message}`);
  return child.status ?? 1;
}

/** True when every package of the lockfile that this platform needs is there in its version. */
function installed() {
  const receipt = join(ROOT, "node_modules/.package-lock.json"); // npm writes it after each install
  if (!existsSync(receipt)) return false;
  const wanted = readJson(join(ROOT, "package-lock.json")).packages;
  const present = readJson(receipt).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional, link }]) =>
      path === "" || optional || link || (present[path]?.version === version && existsSync(join(ROOT, path))),
  );
}

/**
 * `npm install --no-save` and not `npm ci`: the versions are the lockfile's all the same and the lockfile stays as it
 * is, but where a registry lacks a binary of some other platform, `npm ci` gives up.
 */
function install() {
  say("prepare: installing dependencies (npm install)");
  // --include=dev because NODE_ENV=production would leave the compiler out. No dependency needs its install script.
  const args = ["install", "--no-save", "--include=dev", "--ignore-scripts", "--no-fund", "--no-audit"];
  const npm = process.env.npm_execpath; // the npm that called us, if one did
  const status = npm?.endsWith("npm-cli.js")
    ? run(process.execPath, [npm, ...args])
    : run("npm", args, { shell: process.platform === "win32" });
  if (status !== 0) fail("npm install failed; its messages are above");
}

/** A digest of all that the build reads. By content: a checkout changes times and nothing else. */
function sourceDigest() {
  const hash = createHash("sha256");
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[jt]s$/.test(name))
    .sort()
    .map((name) => join("src", name));
  for (const name of ["tsconfig.json", "tsconfig.build.json", "node_modules/typescript/package.json", ...sources])
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(ROOT, name)))
      .update("\0");
  return hash.digest("hex");
}

const built = (/** @type {string} */ digest) =>
  existsSync(ENTRY) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === digest;

/** Builds beside dist/ and swaps, so that a reader never meets half a build and no file of yesterday stays. */
function build(/** @type {string} */ digest, /** @type {boolean} */ checkTypes) {
  const next = `${DIST}.${process.pid}`;
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const args = [tsc, "-p", "tsconfig.build.json", "--outDir", next, ...(checkTypes ? [] : ["--noCheck"])];
  say(`prepare: building dist${checkTypes ? " and checking types" : ""}`);
  if (run(process.execPath, args) !== 0) {
    rmSync(next, { recursive: true, force: true });
    fail("the build failed; the compiler's messages are above");
  }
  writeFileSync(join(next, ".stamp"), digest);
  chmodSync(join(next, "cli/main.js"), 0o755);
  rmSync(DIST, { recursive: true, force: true });
  try {
    renameSync(next, DIST);
  } catch (error) {
    // Another process has put its own build there meanwhile; if it is of the same sources, it will do.
    rmSync(next, { recursive: true, force: true });
    if (!built(digest)) throw error;
  }
}

checkNode();
if (!installed()) install();
const digest = sourceDigest();
const forced = process.argv.includes("--build");
if (forced || !built(digest)) build(digest, forced);
