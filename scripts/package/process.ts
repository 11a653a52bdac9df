/** Child processes as a user would start them. */
import { spawnSync } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of the `npm run` that we are in, and of tools that ran in this process: a user's shell has none of it. */
const OURS = /^(npm_(?!config_)|NODE_OPTIONS$|NODE_ENV$)/;

/** No settings of ours, no commands of our own node_modules, no colours, no stdin. */
export function run(cwd: string, command: string, ...args: string[]): Ran {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const PATH = [dirname(process.execPath), ...folders].join(delimiter); // `node` is the one that runs this
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const env = { ...Object.fromEntries(kept), NO_COLOR: "1", PATH };
  return spawnSync(command, args, { cwd, stdio, encoding: "utf8", env });
}

/** Runs what must succeed, or nothing after it makes sense. */
export function must(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = run(cwd, command, ...args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: exit code ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** `npm install` of what is named, from the cache where it can be, without scripts of strangers. */
export function npmInstall(cwd: string, ...what: string[]): void {
  const options = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const { status, stdout, stderr } = run(cwd, "npm", "install", ...options, ...what);
  if (status === 0) return;
  const reason = /E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT|CONNRESET|NETUNREACH)|network/.test(stderr)
    ? "the npm registry cannot be reached, and npm's cache has not everything"
    : `exit code ${status}`;
  throw new Error(`npm install ${what.join(" ")} in ${cwd}: ${reason}\n${stdout}${stderr}`);
}

/** What a check is given. */
export interface Subject {
  /** Folder of a project that has the tarball installed, and nothing else. */
  readonly user: string;
  readonly tarball: string;
  /** Notes a problem, unless something holds. */
  expect(holds: boolean, problem: string): void;
}
