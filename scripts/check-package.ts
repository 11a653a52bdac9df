/**
 * Installs the packed tarball into an empty folder, as a user would, and looks at what they get. dist/ must be built.
 *
 *   tsx scripts/check-package.ts [PART...]    all parts, or those that are named
 *
 * Other versions of Node, and the tools of a new project, come from the npm registry or its cache.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkBundles } from "./package/bundles.ts";
import { checkCommandLine } from "./package/commandLine.ts";
import { checkManifest, install, pack } from "./package/contents.ts";
import { checkImports } from "./package/imports.ts";
import { checkNodes } from "./package/nodes.ts";
import type { Subject } from "./package/process.ts";
import { checkStarter } from "./package/starter.ts";

const PARTS: Readonly<Record<string, (subject: Subject) => void | Promise<void>>> = {
  manifest: checkManifest,
  command: checkCommandLine,
  imports: checkImports,
  bundles: checkBundles,
  nodes: checkNodes,
  starter: checkStarter,
};

const problems: string[] = [];
function expect(holds: boolean, problem: string): void {
  if (!holds) problems.push(problem);
}

/** @throws Error with what must be there before anything can be checked: a part of that name, a registry */
async function check(asked: readonly string[], temporary: string): Promise<void> {
  const unknown = asked.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new Error(`no part '${unknown.join("', '")}'; known: ${Object.keys(PARTS).join(", ")}`);
  const user = join(temporary, "user");
  mkdirSync(user);
  const tarball = pack(temporary, expect);
  install(user, tarball, expect);
  for (const [name, part] of Object.entries(PARTS))
    if (asked.length === 0 || asked.includes(name)) await part({ user, tarball, expect });
}

const temporary = realpathSync(mkdtempSync(join(tmpdir(), "rheobase-package-")));
try {
  await check(process.argv.slice(2), temporary);
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
for (const problem of problems) console.error(`package: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
