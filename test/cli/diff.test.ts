/** `rheobase diff` as a child process: exit codes, and a module that is a network. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rheobase-diff-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "net.mjs");
writeFileSync(
  file,
  `import { connect, inDegree, network, neuron, population, uniform } from ${JSON.stringify(pathToFileURL(join(ROOT, "src/index.ts")).href)};
const cell = neuron({ name: "cell", equations: "dv/dt = (1.3 - v) / (10*ms) : 1", spike: "v > 1", reset: "v = 0" });
export const duration = "30 ms";
export default ({ seed, dt = 1e-3 }) =>
  network({
    dt,
    populations: { a: population(5, cell, { initial: { v: uniform(0, 1) } }) },
    connections: [connect("a", "a", { connectivity: inDegree(2), port: "v", weight: 0.01, delay: "1 ms" })],
  });
`,
);

function rheobase(...args: string[]): { code: number | null; out: string; err: string } {
  const child = spawnSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", "diff", ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

test("0: equal", () => {
  const { code, out } = rheobase(file, "--b", "backend=interpret");
  expect([code, out]).toEqual([0, expect.stringContaining("The runs are equal: 30 steps, ")]);
});
test("1: they part; --json is one document", () => {
  const { code, out } = rheobase(file, "--b", "seed=2", "--json");
  const document = JSON.parse(out);
  expect([code, document.equal, document.parting.step, document.parting.variable]).toEqual([1, false, -1, "v"]);
});
test("1: with a step of its own, by the times of spikes", () => {
  const { code, out } = rheobase(file, "--b", "dt=0.5 ms", "--within", "0.1 ms");
  expect([code, out]).toEqual([1, expect.stringContaining("The first spike that differs by more than 0.1 ms")]);
});
test("2: bad usage; 1: a module that is none", () => {
  expect(rheobase(file, "--b", "seed=x")).toMatchObject({ code: 2, out: "" });
  expect(rheobase(file, "--tolerance", "2").err).toContain("It must be a number from 0 to below 1.");
  const broken = join(folder, "broken.mjs");
  writeFileSync(broken, "throw new Error('no luck');\n");
  expect(rheobase(broken)).toMatchObject({
    code: 1,
    err: expect.stringContaining("broken.mjs: cannot be loaded: no luck"),
  });
  const empty = join(folder, "empty.mjs");
  writeFileSync(empty, "export const x = 1;\n");
  expect(rheobase(empty).err).toContain("empty.mjs: exports x (a number), and no network");
});
