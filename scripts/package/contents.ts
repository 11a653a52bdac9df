/** What is packed, and what it takes up when it is installed. */
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { must, npmInstall, ROOT, type Subject } from "./process.ts";

/** MB on disk, with all required dependencies. */
const SIZE_LIMIT_MB = 34; // ours among them: dependencies alone stay under 30 (CONTRIBUTING.md)
/** kB that are fetched: twice what it is, so that nothing large slips in. */
const PACKED_LIMIT_KB = 1500;

const ALLOWED = /^(dist\/.*\.(js|d\.ts)|template\/.*|package\.json|README\.md|LICENSE)$/;
const NEEDED = [
  ...["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts", "dist/cli/main.js"],
  ...["template/gitignore", "template/README.md", "template/tsconfig.json"],
  ...["template/src/main.ts", "template/src/network.ts", "template/test/network.test.ts"],
];
/** Nothing of a clone belongs there: neither tests, nor data, nor maps to files that are not packed. */
const FORBIDDEN = /^dist\/(test|bench)|\.(map|tsbuildinfo|h5|mat|gz|idx|tgz)$/;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs into a folder. @returns the tarball */
export function pack(into: string, expect: Subject["expect"]): string {
  const [packed] = JSON.parse(
    must(ROOT, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", into),
  ) as Packed[];
  if (!packed) throw new Error("npm pack reports no package");
  const paths = packed.files.map((file) => file.path);
  for (const path of paths) expect(ALLOWED.test(path) && !FORBIDDEN.test(path), `the package holds '${path}'`);
  for (const path of NEEDED) expect(paths.includes(path), `the package lacks '${path}'`);
  const kilobytes = Math.round(packed.size / 1000);
  expect(kilobytes < PACKED_LIMIT_KB, `${kilobytes} kB packed, the limit is ${PACKED_LIMIT_KB}`);
  console.log(`package: ${paths.length} files, ${kilobytes} kB packed (limit ${PACKED_LIMIT_KB})`);
  return join(into, packed.filename);
}

/** What the package imports it must declare: here nothing else is installed, so a forgotten dependency fails later. */
export function install(user: string, tarball: string, expect: Subject["expect"]): void {
  writeFileSync(join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  npmInstall(user, tarball);
  const modules = join(user, "node_modules");
  const megabytes = sizeOnDisk(modules) / 1e6;
  expect(megabytes < SIZE_LIMIT_MB, `${megabytes.toFixed(1)} MB installed, the limit is ${SIZE_LIMIT_MB}`);
  const names = readdirSync(modules).filter((name) => !name.startsWith("."));
  console.log(`installed: ${megabytes.toFixed(1)} MB on disk (limit ${SIZE_LIMIT_MB}): ${names.join(", ")}`);
}

/** Bytes of disk blocks, as `du` counts; the apparent size where the system has no blocks. */
function sizeOnDisk(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.blocks > 0 ? stat.blocks * 512 : stat.size), 0);
}

/** What publint finds wrong with package.json and the files that it names. */
export async function checkManifest({ user, expect }: Subject): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: join(user, "node_modules/rheobase"), pack: false, strict: true });
  for (const message of messages) expect(false, `publint: ${formatMessage(message, pkg)}`);
  console.log(`publint: ${messages.length} messages`);
}
