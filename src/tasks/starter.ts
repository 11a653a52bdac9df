/** A project to begin with: the files of `template/`, and a package.json that names the versions they were tried with. */
import { DataError, listNames, UsageError } from "../base/errors.ts";
import { fileSystem } from "../base/node.ts";
import { requireFolder } from "../io/file.ts";
import { wrap } from "../report/terminal/layout.ts";
import type { TaskReport } from "./options.ts";

/** What a new project is made of. */
export interface StarterOptions {
  /** Of the package, and of its folder below the working directory. */
  readonly name: string;
  /** What to depend on: a version, or a folder or tarball; by default this very package. */
  readonly rheobase?: string;
  /** Where the folder is made; by default the working directory. */
  readonly within?: string;
}

/** This package, or the clone that it runs in. */
const ROOT = new URL("../../", import.meta.url);
/** Written under the second name: npm would take the first as its own list of what not to pack. */
const RENAMED: ReadonlyMap<string, string> = new Map([["gitignore", ".gitignore"]]);
const NAME_MARK = "{{name}}";
/** Of our own development dependencies, those that the project needs too. */
const TOOLS = ["@types/node", "tsx", "typescript"] as const;

interface Manifest {
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/**
 * Makes the folder, whole or not at all.
 *
 * @throws {UsageError} `usage` for a name that npm or a file system would not take; {DataError} `write-failed` if
 *   something is there already, or cannot be written
 */
export async function starter({ name, rheobase, within }: StarterOptions): Promise<TaskReport> {
  await requireName(name);
  const { join, resolve } = await import("node:path");
  const folder = join(resolve(within ?? "."), name);
  await requireFolder(folder);
  const spec = await specOf(rheobase, folder);
  const files = await projectFiles(name, spec);
  await writeFolder(folder, files);
  const next = [`cd ${name} && npm install`, "npm start"];
  const names = [...files.keys()].sort();
  const text = `${wrap(`${name}/ holds ${names.join(", ")}.`, "  ")}\n\nNext:\n${next.map((line) => `  ${line}`).join("\n")}\n`;
  return { document: { name, folder, files: names, rheobase: spec, next }, text };
}

const LONGEST = 214;
/** The rules of npm for new names (package.json, "name"), without scopes, and such that every file system takes them. */
async function requireName(name: string): Promise<void> {
  const { isBuiltin } = await import("node:module");
  const taken = ["rheobase", ...TOOLS, "node_modules", "favicon.ico"];
  const refuse = (problem: string): never => {
    throw new UsageError("usage", `name '${name}'`, problem);
  };
  if (!/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(name))
    refuse("must be of lower-case letters and digits, with '-', '_' and '.' allowed between them");
  if (name.length > LONGEST) refuse(`has ${name.length} characters; npm allows ${LONGEST}`);
  if (isBuiltin(name)) refuse("is a module of Node's; npm allows no package of that name");
  if (taken.includes(name)) refuse(`would be mistaken for another; not allowed are ${listNames(taken)}`);
}

/** A package that npm has installed is on a registry under its version; a clone is only where it is. */
async function specOf(given: string | undefined, folder: string): Promise<string> {
  const { basename, dirname, relative, resolve } = await import("node:path");
  const { fileURLToPath } = await import("node:url");
  const toFolder = (path: string): string => `file:${relative(folder, path).replaceAll("\\", "/")}`;
  if (given !== undefined) {
    if (!/^(file:|[./\\~]|[A-Za-z]:)|\.tgz$/.test(given)) return given;
    const path = resolve(given.replace(/^file:/, ""));
    const { access } = await fileSystem(path);
    await access(path).catch((cause) => {
      throw new DataError("missing-file", given, "there is no such folder or tarball of rheobase", { cause });
    });
    return toFolder(path);
  }
  const root = fileURLToPath(ROOT);
  const isInstalled = basename(dirname(root)) === "node_modules";
  return isInstalled ? `^${(await manifest()).version}` : toFolder(root);
}

async function manifest(): Promise<Manifest> {
  const { readFile } = await fileSystem("package.json");
  return JSON.parse(await readFile(new URL("package.json", ROOT), "utf8"));
}

/** Texts by path, with `/`. */
async function projectFiles(name: string, spec: string): Promise<Map<string, string>> {
  const { readdir, readFile } = await fileSystem("template");
  const { join, relative } = await import("node:path");
  const { fileURLToPath } = await import("node:url");
  const template = fileURLToPath(new URL("template", ROOT));
  const entries = await readdir(template, { recursive: true, withFileTypes: true });
  const files = new Map([["package.json", await packageJson(name, spec)]]);
  for (const entry of entries.filter((e) => e.isFile())) {
    const full = join(entry.parentPath, entry.name);
    const path = relative(template, full).replaceAll("\\", "/");
    files.set(RENAMED.get(path) ?? path, (await readFile(full, "utf8")).replaceAll(NAME_MARK, name));
  }
  return files;
}

async function packageJson(name: string, spec: string): Promise<string> {
  const { engines, devDependencies } = await manifest();
  const content = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines,
    scripts: {
      start: "tsx src/main.ts",
      test: "node --import tsx --test test/network.test.ts",
      typecheck: "tsc",
    },
    dependencies: { rheobase: spec },
    devDependencies: Object.fromEntries(TOOLS.map((tool) => [tool, devDependencies[tool]])),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** Into a temporary folder beside, which then takes the name. An empty folder may be there. */
async function writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const { mkdir, rename, rm, writeFile } = await fileSystem(folder);
  const { dirname, join } = await import("node:path");
  await requireEmpty(folder);
  const temporary = join(dirname(folder), `.${crypto.randomUUID()}.tmp`);
  try {
    for (const [path, text] of files) {
      const file = join(temporary, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    await makeRoom(folder);
    await rename(temporary, folder);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the first error is the one to tell
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError("write-failed", folder, reason, { cause });
  }
}

async function requireEmpty(folder: string): Promise<void> {
  const { readdir, stat } = await fileSystem(folder);
  const there = await stat(folder).catch(() => undefined);
  if (!there) return;
  const problem = "is there already, and is";
  if (!there.isDirectory()) throw new DataError("write-failed", folder, `${problem} not a folder`);
  if ((await readdir(folder)).length > 0) throw new DataError("write-failed", folder, `${problem} not empty`);
}

/** Removes an empty folder; fails if somebody has put something into it meanwhile. */
async function makeRoom(folder: string): Promise<void> {
  const { rmdir } = await fileSystem(folder);
  await rmdir(folder).catch((error) => {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  });
}
