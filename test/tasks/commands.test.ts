/** The commands as child processes on the real digits: exit codes, and a stdout that holds the document alone. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { trainNames } from "../../src/tasks/names.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function rheobase(...args: string[]): { code: number | null; out: string; err: string } {
  const { RHEOBASE_DATA: _, ...env } = process.env;
  const child = spawnSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], {
    cwd: ROOT,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

describe("what cannot be done: nothing on stdout, one line that says why", () => {
  test.each<[string[], number, string]>([
    [["compare", "cifar"], 2, `rheobase: cifar: unknown task; known: ${trainNames()}\n`],
    [["train", "cifar", "--out", "x.h5"], 2, `rheobase: cifar: unknown task; known: ${trainNames()}\n`],
    [["evaluate", "x.h5", "cifar"], 2, `rheobase: cifar: unknown task; known: ${trainNames()}\n`],
    [
      ["explain", "nothing"],
      2,
      `rheobase: nothing: neither a task (${trainNames()}), a simulation (cuba, coba, cobahh, brunel), nor a file\n`,
    ],
    [["explain", "cuba", "--encoder", "rate"], 2, "rheobase: --encoder: is for tasks; cuba is simulated"],
    [["explain", "nothing.ts"], 1, "rheobase: nothing.ts: there is no such file\n"],
    [["evaluate", "nothing.h5", "digits"], 1, "rheobase: nothing.h5: there is no such file\n"],
    [["evaluate", "README.md", "digits"], 1, "rheobase: README.md: not an HDF5 file"],
    [["compare", "mnist", "--data", "/nowhere"], 1, "rheobase: mnist: needs train-images-idx3-ubyte"],
    [["compare", "digits", "--seed", "4294967296"], 2, "It must be a whole number from 0 to 4294967295."],
  ])("%j: %i", (args, code, message) => {
    const ran = rheobase(...args);
    expect([ran.code, ran.out]).toEqual([code, ""]);
    expect(ran.err).toContain(message);
  });
});

test("compare digits --json: one document, both networks far above chance after one epoch", () => {
  const { code, out, err } = rheobase("compare", "digits", "--epochs", "1", "--encoder", "latency", "--json");
  expect([code, err]).toEqual([0, ""]);
  const { task, seed, spiking, twin, data } = JSON.parse(out);
  expect([task, seed, data.train, data.test]).toEqual(["digits", 1, 8000, 2000]);
  for (const side of [spiking, twin]) expect(side.accuracy).toBeGreaterThan(0.85);
});

test("train digits --quiet: the result lines alone; FORCE_COLOR colours them, and a page is written beside the network", () => {
  const folder = mkdtempSync(join(tmpdir(), "rheobase-commands-"));
  const [network, page] = [join(folder, "d.h5"), join(folder, "d.html")];
  const args = ["train", "digits", "--epochs", "1", "--encoder", "latency", "--quiet", "--out", network, "--out", page];
  const child = spawnSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], {
    cwd: ROOT,
    env: { ...process.env, FORCE_COLOR: "1", LC_ALL: "C" },
    encoding: "utf8",
  });
  const written = readdirSync(folder).sort();
  const head = readFileSync(page, "utf8").slice(0, 15);
  rmSync(folder, { recursive: true });
  expect([child.status, child.stderr, written, head]).toEqual([0, "", ["d.h5", "d.html"], "<!doctype html>"]);
  const lines = child.stdout.trimEnd().split("\n");
  expect(lines[0]!.startsWith("\u001b[1m")).toBe(true);
  expect(lines[0]).toContain("test answers are right");
  expect(lines.slice(-2)).toEqual([`saved to ${network}`, `saved to ${page}`]);
  expect(lines.length).toBeLessThan(7);
  expect(child.stdout).toMatch(/^\p{ASCII}*$/u);
});

test("explain digits | head: a reader that leaves early is no failure", () => {
  const child = spawnSync(
    "sh",
    ["-c", `"${process.execPath}" --import tsx src/cli/main.ts explain digits | head -n 3`],
    {
      cwd: ROOT,
      encoding: "utf8",
    },
  );
  expect([child.status, child.stderr]).toEqual([0, ""]);
  expect(child.stdout).toContain("The spiking network of digits");
});
