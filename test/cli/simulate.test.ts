/** `rheobase simulate` as a child process: stdout, stderr, exit codes and signals. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMMAND = ["--import", "tsx", "src/cli/main.ts", "simulate"];
const folder = mkdtempSync(join(tmpdir(), "rheobase-simulate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

/** A network that says when it is loaded. Its file finds the sources by their place: nothing is installed there. */
function module(name: string, equations: string, size = 3): string {
  const file = at(name);
  writeFileSync(
    file,
    `import { network as make, neuron, population } from "rheobase/model";
     const cell = neuron({ name: "cell", equations: ${JSON.stringify(equations)}, spike: "v > 1", reset: "v -= 1", method: "euler" });
     console.error("loaded");
     export const network = make({ dt: "1 ms", populations: { e: population(${size}, cell) } });`,
  );
  return file;
}

function rheobase(...args: string[]) {
  const child = spawnSync(process.execPath, [...COMMAND, ...args], { cwd: ROOT, encoding: "utf8" });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

test("a result on stdout, nothing on stderr, and files beside", () => {
  const [h5, csv] = [at("s.h5"), at("s.csv")];
  const { code, out, err } = rheobase("cuba", "--duration", "20ms", "--out", h5, "--out", csv);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toMatch(/^cuba: 4,000 integrate-and-fire neurons/);
  expect(out).toContain(`saved to ${h5}\nsaved to ${csv}\n`);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80 + folder.length);
  expect(existsSync(h5) && existsSync(csv)).toBe(true);
});

test("--json is one document, and --quiet a line or two", () => {
  const { code, out } = rheobase("cuba", "--duration", "5ms", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ kind: "simulate", target: "cuba", simulated: 0.005 });
  const quiet = rheobase("cuba", "--duration", "5ms", "--quiet").out.trimEnd().split("\n");
  expect(quiet.length).toBeLessThanOrEqual(2);
});

test("a run that goes wrong is told on stdout, with code 1", () => {
  const { code, out } = rheobase(module("wrong.ts", "dv/dt = v/(0.1*ms) + 1*Hz : 1"));
  expect(code).toBe(1);
  expect(out).toMatch(/What looks wrong\n- e\.v of neuron 0 became -?(Infinity|NaN) in step \d+/);
});

test("Ctrl-C stops it: what there is is told and written, with code 130", async () => {
  const out = at("stopped.csv");
  const file = module("long.ts", "dv/dt = 100*Hz : 1");
  const args = [...COMMAND, file, "--duration", "1000000 s", "--out", out];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let [said, heard] = ["", ""];
  child.stdout.on("data", (text) => (said += text));
  await new Promise<void>((resolve) =>
    child.stderr.on("data", (text) => {
      heard += text;
      if (heard.includes("loaded")) resolve();
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code).toBe(130);
  expect(said).toMatch(/interrupted/i);
  expect(said).toContain(`saved to ${out}`);
  expect(readFileSync(out, "utf8")).toMatch(/^population,neuron,time\n/);
});

test("ten times the spikes take no more memory: they go to files while the run goes on", () => {
  const file = module("many.ts", "dv/dt = 1500*Hz : 1", 1000); // v = 1.5, 2, 2.5 …: each neuron in every step
  const run = (duration: string) => {
    const [h5, csv] = [at("many.h5"), at("many.csv")];
    const { code, out } = rheobase(file, "--duration", duration, "--out", h5, "--out", csv, "--json");
    expect(code).toBe(0);
    const { peakBytes, work } = JSON.parse(out);
    expect(statSync(csv).size).toBeGreaterThan(8 * work.spikes); // "e,0,0.1\n"
    return { peakBytes, spikes: work.spikes };
  };
  const [few, many] = [run("1s"), run("10s")];
  expect(few.spikes).toBeGreaterThan(990_000);
  expect(many.spikes / few.spikes).toBeCloseTo(10, 1);
  // Lists of ten million spikes would take 120 MB, and room to grow into.
  expect(many.peakBytes / few.peakBytes).toBeLessThan(1.2);
}, 120_000);
