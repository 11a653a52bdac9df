/** What a training tells while it runs, where it is asked to. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Progress } from "../../src/tasks/options.ts";
import { train } from "../../src/tasks/train.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "learning-log-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const OPTIONS = { task: "digits", epochs: 2, seed: 1, threads: 1, encoder: "latency" } as const;

test("lines, JSON lines and event files tell each epoch, and the result tells it again", async () => {
  const log = join(folder, "run.jsonl");
  const tensorboard = join(folder, "board");
  await writeFile(log, "what was there\n");
  const lines: string[] = [];
  const onProgress = (p: Progress): unknown => p.lines && lines.push(...p.lines);
  const { document, text } = await train({ ...OPTIONS, watch: { terminal: true, log, tensorboard } }, onProgress);

  const [before, ...told] = (await readFile(log, "utf8")).trimEnd().split("\n");
  expect(before).toBe("what was there");
  const epochs = told.map((line) => JSON.parse(line));
  expect(epochs.map((e) => [e.command, e.task, e.stage, e.seed, e.epoch])).toEqual([
    ["train", "digits", "training", 1, 0],
    ["train", "digits", "training", 1, 1],
  ]);
  expect(document.watch).toEqual(epochs.map((e) => e.watch));
  expect(epochs[1].watch.updates).toBe(125); // 8,000 samples, 64 an update
  expect(lines.filter((l) => l.startsWith("training, epoch"))).toHaveLength(2);
  expect(lines.some((l) => /^ {2}hidden: rate 0\.\d{4}, support/.test(l))).toBe(true);
  expect(text).toContain("layers, first epoch to last");

  const [name, ...others] = await readdir(tensorboard);
  expect(others).toEqual([]);
  expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
  const events = await readFile(join(tensorboard, name!), "latin1");
  for (const tag of ["training/loss", "training/rate/hidden", "training/support/hidden", "training/dead/hidden"])
    expect(events).toContain(tag);
  for (const tag of ["training/gradient/input>hidden.weight", "training/change/input>hidden.weight"])
    expect(events.split(tag)).toHaveLength(3); // once an epoch

  const unwatched = await train(OPTIONS, () => {});
  expect(unwatched.document.digest).toBe(document.digest);
  expect(unwatched.document).not.toHaveProperty("watch");
});

test("a log that cannot be written ends the work before it begins", async () => {
  const nowhere = join(folder, "no", "such", "run.jsonl");
  await expect(train({ ...OPTIONS, watch: { log: nowhere } }, () => {})).rejects.toThrow(/run\.jsonl/);
  const file = join(folder, "a file");
  await writeFile(file, "");
  await expect(train({ ...OPTIONS, watch: { tensorboard: file } }, () => {})).rejects.toThrow(/a file.*cannot be made/);
});
