/** The same task with several seeds: each is the run that it would be alone, and the spread is that of its figures. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compareOn } from "../../src/tasks/compare.ts";
import type { OnProgress, TaskOptions } from "../../src/tasks/options.ts";
import { fileOfSeed, overSeeds, spreadOf } from "../../src/tasks/seeds.ts";
import type { ImageTask } from "../../src/tasks/task.ts";
import { train, trainTask } from "../../src/tasks/train.ts";
import { ROWS, rows } from "./synthetic.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-seeds-"));
afterAll(() => rmSync(folder, { recursive: true }));
const SMALL: ImageTask = { ...ROWS, load: async () => rows(80, 30) };
const trainRows = (options: TaskOptions, onProgress: OnProgress) => trainTask(SMALL, options, onProgress);
const OPTIONS = { task: "rows", seed: 1, threads: 1, encoder: "current", epochs: 2 } as const;

test("mean and standard deviation of a sample", () => {
  // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, sum of squares 32
  expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, sd: Math.sqrt(32 / 7) });
  expect(spreadOf([3])).toEqual({ mean: 3, sd: undefined });
});

test("each seed is the run that it is alone; a network a seed, and one page and one file of data for all", async () => {
  const out = ["n.h5", "n.html", "n.json"].map((name) => join(folder, name));
  const stages = new Set<string>();
  const { document, text } = await overSeeds("train", trainRows, { ...OPTIONS, seeds: [3, 5], out }, (p) =>
    stages.add(p.stage),
  );
  const alone = [];
  for (const seed of [3, 5]) alone.push((await trainRows({ ...OPTIONS, seed }, () => {})).document);
  const { runs, spreads, provenance } = document as unknown as {
    runs: { digest: string }[];
    spreads: { name: string; values: number[]; mean: number; sd: number }[];
    provenance: { command: string };
  };
  expect(runs.map((r) => r.digest)).toEqual(alone.map((d) => d.digest));
  const accuracies = alone.map((d) => d.accuracy as number);
  expect(spreads[0]).toEqual({ name: "accuracy", values: accuracies, ...spreadOf(accuracies) });
  expect(readdirSync(folder).sort()).toEqual(["n.html", "n.json", "n.seed3.h5", "n.seed5.h5"]);
  expect(JSON.parse(readFileSync(out[2]!, "utf8")).runs[1].digest).toBe(alone[1]!.digest);
  expect(readFileSync(out[1]!, "utf8")).toContain("Over all seeds");
  expect(provenance.command).toContain("--seeds 3,5");
  expect(provenance.command).not.toContain("--seed ");
  expect([...stages]).toContain("seed 5, training");
  expect(text).toMatch(/^accuracy +\d/m);
});

test("of a comparison both sides are told; of a task of its own what it comes to", async () => {
  const compareRows = (o: TaskOptions, p: OnProgress) => compareOn(SMALL, o, p);
  const { text } = await overSeeds("compare", compareRows, { ...OPTIONS, seeds: [1, 2] }, () => {});
  for (const line of ["spiking: accuracy", "twin: accuracy", "twin: energy"]) expect(text).toContain(line);
  const rewarded = await train({ task: "r-stdp", seed: 1, seeds: [1, 9], threads: 1, samples: 1, epochs: 1 }, () => {});
  expect(rewarded.text).toMatch(/^experiments that learn +/m);
});

test("what cannot be is refused", async () => {
  const run = (more: Partial<TaskOptions>) =>
    overSeeds("train", trainRows, { ...OPTIONS, seeds: [1, 1], ...more } as never, () => {});
  await expect(run({})).rejects.toThrow("--seeds: names 1 twice");
  const checkpoint = { file: "c", every: 1, resume: false };
  await expect(run({ seeds: [1, 2], checkpoint })).rejects.toThrow("--checkpoint: is of one seed");
  expect(fileOfSeed("a.b/net.h5", 3)).toBe("a.b/net.seed3.h5");
});
