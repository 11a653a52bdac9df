/** Trainings that survive, as child processes: killed at any moment, asked to stop, asked twice. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { randomStream } from "../../src/base/random.ts";
import { commandToResume, resumable } from "../../src/cli/checkpoint.ts";
import { readCheckpoint } from "../../src/io/checkpoint.ts";
import { writeIdx } from "./idx.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NODE = ["--import", "tsx"];
const MAIN = "src/cli/main.ts";

let folder: string;
let data: string;
/** The network of a run that nothing interrupts. */
let whole: Promise<Buffer>;
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), "rheobase-"));
  writeIdx(data, 600, 50); // 5 updates an epoch
  const file = join(data, "whole.h5");
  const run = start(training(file)).end;
  whole = run.then(({ code, err }) => {
    expect([code, err]).toEqual([0, ""]);
    return readFileSync(file);
  });
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
});
const children = new Set<ChildProcess>();
afterEach(() => {
  vi.restoreAllMocks();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}
/** Starts a child; `end` settles with all that it said. */
function start(args: readonly string[]): { child: ChildProcess; end: Promise<Ended>; said(): string } {
  const child = spawn(process.execPath, [...NODE, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let [out, err] = ["", ""];
  child.stdout!.on("data", (text) => (out += text));
  child.stderr!.on("data", (text) => (err += text));
  const end = new Promise<Ended>((resolve) =>
    child.on("close", (code, signal) => {
      children.delete(child);
      resolve({ code, signal, out, err });
    }),
  );
  return { child, end, said: () => out };
}
const training = (out: string, ...more: string[]): string[] => [
  MAIN,
  "train",
  "mnist",
  "--data",
  data,
  "--encoder",
  "latency",
  "--epochs",
  "5",
  "--out",
  out,
  ...more,
];
/** Until something holds, or the child is gone. */
async function until(child: ChildProcess, holds: () => boolean): Promise<void> {
  while (!holds() && child.exitCode === null && child.signalCode === null) await setTimeout(2);
}
const writtenAt = (file: string): number => (existsSync(file) ? statSync(file).mtimeMs : 0);

test("killed at random moments: each leaves a whole checkpoint, and the network is that of one run", async () => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
  const out = join(folder, "out.h5");
  const random = randomStream(11, 1);
  const file = `${out}.checkpoint`;
  let kills = 0;
  const updates = [0];
  for (; ; kills++) {
    const resume = existsSync(file) ? ["--resume"] : [];
    const { child, end } = start(training(out, "--every", "2", ...resume));
    const before = writtenAt(file);
    if (kills < 3) {
      await until(child, () => writtenAt(file) > before);
      await setTimeout(random.below(120));
      child.kill("SIGKILL");
    }
    const { code, signal, err } = await end;
    if (code === 0) break;
    expect([signal, err]).toEqual(["SIGKILL", ""]);
    const { going, trained } = (await readCheckpoint(file)).trainings.get("training")!.state as {
      going?: { updates: number };
      trained?: object;
    };
    updates.push(going?.updates ?? (trained ? 25 : Number.NaN));
    expect(updates.at(-1)).toBeGreaterThan(updates.at(-2)!);
  }
  expect(kills).toBeGreaterThan(1);
  expect(Buffer.compare(readFileSync(out), await whole)).toBe(0);
  expect(readdirSync(folder)).toEqual(["out.h5"]); // no temporary file of a killed writer either
});

test("interrupted: the batch is finished, one line says how to go on, and that command does", async () => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
  const out = join(folder, "it's mine.h5");
  const file = `${out}.checkpoint`;
  const { child, end } = start(training(out, "--every", "3", "--json"));
  await until(child, () => existsSync(file));
  child.kill("SIGINT");
  const { code, signal, out: printed, err } = await end;
  expect([code, signal, printed]).toEqual([130, null, ""]);
  const line =
    /^rheobase: (.*): stopped, and saved at (?:update (\d+)|the end) of 'training'; to go on: (rheobase .*)\n$/;
  expect(err).toMatch(line);
  const [, saved, , command] = err.match(line)!;
  expect(saved).toBe(file);
  const fake = `rheobase() { "${process.execPath}" ${NODE.join(" ")} ${MAIN} "$@"; }`;
  const again = spawnSync("sh", ["-c", `${fake}; ${command}`], { cwd: ROOT, encoding: "utf8" });
  expect([again.status, again.stderr]).toEqual([0, ""]);
  expect(JSON.parse(again.stdout).file).toBe(out);
  expect(Buffer.compare(readFileSync(out), await whole)).toBe(0);
  expect(readdirSync(folder)).toEqual(["it's mine.h5"]);
});

describe("signals", () => {
  const file = "test/cli/signalled.ts";
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s: told, and the exit code that shells expect, %i", async (name, code) => {
    const { child, end, said } = start([file, "obeys"]);
    await until(child, () => said().includes("ready"));
    child.kill(name);
    expect(await end).toEqual({
      code,
      signal: null,
      out: "ready\n",
      err: "rheobase: c: stopped; to go on: rheobase obeys --resume\n",
    });
  });
  test("a second one ends it at once, even where it does not yield", async () => {
    const { child, end, said } = start([file, "deaf"]);
    await until(child, () => said().includes("ready"));
    child.kill("SIGINT");
    await until(child, () => said().includes("deaf"));
    child.kill("SIGINT");
    expect((await end).signal).toBe("SIGINT");
  });
  test("two that arrive together", async () => {
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    await resumable({ checkpoint: "c", every: 1 }, async () => {
      process.emit("SIGINT", "SIGINT");
      expect(exit).not.toHaveBeenCalled();
      process.emit("SIGINT", "SIGINT");
    });
    expect(exit).toHaveBeenCalledWith(130);
    expect([process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")]).toEqual([0, 0]);
  });
  test("without a checkpoint nothing listens; --resume needs one", async () => {
    await resumable({ every: 1 }, async (checkpoint) => {
      expect([checkpoint, process.listenerCount("SIGINT")]).toEqual([undefined, 0]);
    });
    await expect(resumable({ every: 1, resume: true }, async () => {})).rejects.toThrow("--resume: needs --checkpoint");
  });
});

test("the command to go on is quoted for a shell, and resumes once", () => {
  expect(commandToResume(["train", "digits", "--out", "a b.h5"])).toBe("rheobase train digits --out 'a b.h5' --resume");
  expect(commandToResume(["train", "x", "--resume", "--out", "it's"])).toBe(
    "rheobase train x --resume --out 'it'\\''s'",
  );
  expect(commandToResume([""])).toBe("rheobase '' --resume");
});
