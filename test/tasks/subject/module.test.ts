/** Modules as a user writes them, in folders where nothing is installed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModule } from "../../../src/tasks/subject/module.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-modules-"));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const load = (name: string, text: string, options = {}) => loadModule(write(name, text), { seed: 7, ...options });

/** What stands for a network where only its shape is looked at. */
const SHAPE = "{ name: 'n', dt: 1e-3, populations: {}, connections: [], schedule: {}, inputs: {}, transforms: {} }";

describe("TypeScript without a build", () => {
  beforeAll(() => {
    mkdirSync(join(folder, "parts"));
    write(
      "parts/cell.ts",
      `import { type NeuronModel, lif } from "rheobase/model";
       export enum Kind { Fast, Slow }
       export const cell = (kind: Kind): NeuronModel => lif({ tau: kind === Kind.Fast ? "5 ms" : "20 ms" });`,
    );
  });

  test("types go, enums work, other files are found with either ending, and the package by its name", async () => {
    const { network, duration, record } = await load(
      "net.ts",
      `import { type Network, network as make, population } from "rheobase/model";
       import { cell, Kind } from "./parts/cell.js";
       interface Sizes { readonly e: number }
       const sizes: Sizes = { e: await Promise.resolve(3) };
       export const network: Network = make({ dt: "1 ms", populations: { e: population(sizes.e, cell(Kind.Slow)) } });
       export const duration = "50 ms" as const;
       export const record = ["e.v"] satisfies string[];
       export const unused: unknown = 3;`,
    );
    expect(network.populations.e!.size).toBe(3);
    expect(network.populations.e!.model.parameters.find((p) => p.name === "tau")!.value).toBe(0.02);
    expect([duration, record]).toEqual(["50 ms", ["e.v"]]);
  });

  test("a default function is called with what was asked for", async () => {
    const { network, duration } = await load(
      "made.ts",
      `import { lif, network, population } from "rheobase/model";
       export const duration = "1 s";
       export default ({ dt = 1e-3, seed }: { dt?: number; seed: number }) =>
         ({ network: network({ dt, populations: { e: population(seed, lif()) } }) });`,
      { dt: 5e-4 },
    );
    expect([network.dt, network.populations.e!.size, duration]).toEqual([5e-4, 7, "1 s"]);
  });
});

describe("what a module may export", () => {
  test.each([
    ["under its name", `export const network = ${SHAPE};`],
    ["under another, alone", `export const mine = ${SHAPE}; export const other = 3;`],
    ["by default", `export default ${SHAPE};`],
    ["as a member of the default", `export default { network: ${SHAPE} };`],
    ["made by a function", `export default () => (${SHAPE});`],
    ["made by a function that waits", `export default async () => ({ network: ${SHAPE} });`],
  ])("a network %s", async (name, text) => {
    expect((await load(`${name.replaceAll(/\W/g, "-")}.mjs`, text)).network.dt).toBe(1e-3);
  });

  test("CommonJS", async () => {
    expect((await load("old.cjs", `module.exports = { network: ${SHAPE}, duration: 2 };`)).network.dt).toBe(1e-3);
  });

  test.each([
    ["nothing", "", "exports nothing; a module to run exports 'network'"],
    [
      "no network",
      "export const net = 3; export function f() {} export const list = []; export const none = null;",
      "exports f (a function), list (a list), net (a number), none (null), and no network; a module to run exports 'network'",
    ],
    ["something else of that name", "export const network = { dt: 3 };", "exports network (an object), and no network"],
    [
      "two",
      `export const a = ${SHAPE}, b = ${SHAPE};`,
      "exports several networks, a, b: call the one that is meant 'network'",
    ],
    ["a function that makes none", "export default () => 3;", "and no network"],
  ])("%s is refused", async (name, text, problem) => {
    await expect(load(`${name.replaceAll(/\W/g, "-")}-bad.mjs`, text)).rejects.toThrow(problem);
  });
});

describe("a module that fails says where", () => {
  test.each([
    [
      "throws.mjs",
      "const x = 1;\nthrow new Error('no luck');",
      /throws\.mjs: cannot be loaded: no luck \(at .*throws\.mjs:2:\d+\)/,
    ],
    [
      "throws.ts",
      "const x: number = 1;\n\nthrow new Error('no luck');",
      /cannot be loaded: no luck \(at .*throws\.ts:3:\d+\)/,
    ],
    ["function.mjs", "export default () => { throw new TypeError('not so'); };", /its default function failed: not so/],
    [
      "syntax.ts",
      "export const network = ;",
      /syntax\.ts: cannot be loaded: .*Unexpected token.* \(at .*syntax\.ts:1:23\)/,
    ],
    [
      "missing.ts",
      "import { x } from './nowhere'; export const network = x;",
      /Cannot find module '.\/nowhere'.*paths need their ending/,
    ],
    [
      "package.ts",
      "import x from 'no-such-package'; export const network = x;",
      /no-such-package.*packages must be installed/,
    ],
  ])("%s", async (name, text, problem) => {
    await expect(load(name, text)).rejects.toThrow(problem);
  });

  test("an error of this package keeps its words", async () => {
    const text = `import { lif, network, population } from "rheobase/model";
      export const net = network({ dt: "1 mV", populations: { e: population(1, lif()) } });`;
    await expect(load("unit.ts", text)).rejects.toThrow(
      "unit.ts: cannot be loaded: network.dt: expected a quantity in s",
    );
  });

  test("a file that is not there, and a folder", async () => {
    await expect(loadModule(join(folder, "nowhere.ts"), { seed: 1 })).rejects.toThrow("there is no such file");
    mkdirSync(join(folder, "folder.ts"));
    await expect(loadModule(join(folder, "folder.ts"), { seed: 1 })).rejects.toThrow("is not a file");
  });
});
