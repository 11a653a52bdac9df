/**
 * A network from a file of the user's: a module in JavaScript, which Node loads by itself, or in TypeScript, which `jiti`
 * does on every Node that we support (it takes types away, and checks none). What the module exports is looked at, not
 * believed.
 */
import { DataError, listNames } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";
import type { Network } from "../../model/network.ts";
import type { BuildOptions } from "./catalogue.ts";

/** What a default function of a module is called with. */
export interface ModuleOptions extends BuildOptions {
  readonly seed: number;
}

/** What a module may say beside its network. */
export interface ModuleContent {
  readonly network: Network;
  readonly inputs?: unknown;
  readonly sources?: unknown;
  readonly record?: unknown;
  readonly duration?: unknown;
  readonly parameters?: unknown;
}

/** Endings of files that are modules. */
const TYPED = [".ts", ".mts", ".cts"];
const PLAIN = [".js", ".mjs", ".cjs"];
export const MODULES: readonly string[] = [...TYPED, ...PLAIN];
const MEMBERS = ["network", "inputs", "sources", "record", "duration", "parameters"] as const;

const WANTED =
  "a module to run exports 'network' (made by network(…) or sequential(…)), and may export 'inputs', 'sources', 'record', 'duration' and 'parameters'; or its default export is a function that returns these";

/** @throws {DataError} `missing-file`; `bad-file` for a module that fails, or that exports no network */
export async function loadModule(file: string, options: ModuleOptions): Promise<ModuleContent> {
  const { stat } = await fileSystem(file);
  const found = await stat(file).catch(() => undefined);
  if (!found) throw new DataError("missing-file", file, "there is no such file");
  if (!found.isFile()) throw new DataError("bad-file", file, "is not a file");
  const exported = await within(file, "cannot be loaded", () => evaluated(file));
  return contentOf(exported, file, options);
}

/** Errors of the user's code are told as such, with their place; ours that it met keep their words. */
async function within<T>(file: string, what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw new DataError("bad-file", file, `${what}: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [first = "", second = ""] = cause.message.split("\n").map((line) => line.trim());
  const missing =
    (cause as { code?: string }).code === "ERR_MODULE_NOT_FOUND" || /^Cannot find (module|package)/.test(first);
  const hint = missing
    ? " (paths need their ending, such as './cells.ts'; packages must be installed where the file is)"
    : "";
  const place = /:\d+:\d+$/.test(second) ? ` (at ${second})` : placeIn(cause);
  return `${first}${hint}${place}`;
}
/** The first line of the stack that is a place in a file of the user's. */
function placeIn({ stack = "" }: Error): string {
  const line = stack
    .split("\n")
    .find((l) => /^\s+at /.test(l) && !/node:|node_modules|[\\/](dist|src)[\\/]\w+[\\/]/.test(l));
  const place = line && /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/.exec(line)?.[1];
  return place ? ` (at ${place.replace(/^file:\/\//, "")})` : "";
}

type Exports = Readonly<Record<string, unknown>>;

async function evaluated(file: string): Promise<Exports> {
  const [{ resolve }, { pathToFileURL }] = await Promise.all([import("node:path"), import("node:url")]);
  const path = resolve(file);
  const own = await isResolved(path);
  const { createJiti } = await import("jiti");
  const jiti = createJiti(pathToFileURL(path).href, {
    fsCache: false,
    interopDefault: false,
    tryNative: own && PLAIN.some((ending) => file.toLowerCase().endsWith(ending)),
    ...(own ? {} : { alias: await ownEntries() }),
  });
  return jiti.import(path);
}

/** Whether a file finds this package by its name, as it does in a project that has installed it. */
async function isResolved(path: string): Promise<boolean> {
  const { createRequire } = await import("node:module");
  try {
    createRequire(path).resolve("rheobase/package.json");
    return true;
  } catch {
    return false;
  }
}

/** This very package by its names, for files outside any project. */
async function ownEntries(): Promise<Record<string, string>> {
  const { readFile } = await fileSystem("package.json");
  const { fileURLToPath } = await import("node:url");
  const root = new URL("../../../", import.meta.url);
  const fromSources = import.meta.url.endsWith(".ts");
  const { exports } = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as {
    exports: Readonly<Record<string, { readonly default?: string }>>;
  };
  const entries = Object.entries(exports).flatMap(([name, { default: target }]) => {
    if (target === undefined) return [];
    const at = fromSources ? target.replace("./dist/", "./src/").replace(/\.js$/, ".ts") : target;
    return [[`rheobase${name.slice(1)}`, fileURLToPath(new URL(at, root))] as const];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => b.length - a.length));
}

/** Another copy of this package makes networks too, so shape alone tells. */
export function isNetwork(x: unknown): x is Network {
  if (typeof x !== "object" || x === null) return false;
  const { dt, populations, connections, schedule, inputs, transforms } = x as Partial<Network>;
  return (
    typeof dt === "number" &&
    Array.isArray(connections) &&
    [populations, schedule, inputs, transforms].every((part) => typeof part === "object" && part !== null)
  );
}

async function contentOf(exported: Exports, file: string, options: ModuleOptions): Promise<ModuleContent> {
  const { default: main } = exported;
  if (typeof main !== "function")
    return chosen(typeof main === "object" && main !== null ? { ...exported, ...membersOf(main) } : exported, file);
  const made = await within(file, "its default function failed", async () => main(options));
  return chosen({ ...exported, ...membersOf(made) }, file);
}
const membersOf = (x: object): Exports => (isNetwork(x) ? { network: x } : (x as Exports));

function chosen(exported: Exports, file: string): ModuleContent {
  const network = exported.network ?? onlyNetwork(exported, file);
  if (!isNetwork(network)) throw new DataError("bad-file", file, `${said(exported)}; ${WANTED}`);
  return { ...Object.fromEntries(MEMBERS.map((name) => [name, exported[name]])), network };
}
/** A network under another name will do, if there is one alone. */
function onlyNetwork(exported: Exports, file: string): unknown {
  const all = Object.entries(exported).filter(([, x]) => isNetwork(x));
  if (all.length < 2) return all[0]?.[1];
  throw new DataError(
    "bad-file",
    file,
    `exports several networks, ${listNames(all.map(([name]) => name))}: call the one that is meant 'network'`,
  );
}
function said(exported: Exports): string {
  const all = Object.entries(exported).map(([name, x]) => `${name} (${typeOf(x)})`);
  return all.length === 0 ? "exports nothing" : `exports ${listNames(all)}, and no network`;
}
function typeOf(x: unknown): string {
  if (x === null || x === undefined) return String(x);
  return Array.isArray(x) ? "a list" : `a${/^[aeiou]/.test(typeof x) ? "n" : ""} ${typeof x}`;
}
