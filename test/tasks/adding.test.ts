/** The adding problem: its samples, and that a short one is learned by forward propagation through time. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { readArtefact } from "../../src/io/artefact.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { designOf, learnAdding } from "../../src/tasks/adding/learn.ts";
import { addingBatch, addingNetwork, GUESSING } from "../../src/tasks/adding/problem.ts";
import { compare } from "../../src/tasks/compare.ts";
import { explain } from "../../src/tasks/explain.ts";
import { CELLS, LEARNERS } from "../../src/tasks/options.ts";
import { train } from "../../src/tasks/train.ts";

test("a sample marks one number in each half, and its target is their sum; 1 is off by 1/6", () => {
  const [count, steps] = [500, 40];
  const { input, targets } = addingBatch(count, steps, 1, 3);
  if (input.kind !== "sparse") throw new Error("values");
  let error = 0;
  for (let s = 0; s < count; s++) {
    const marked: number[] = [];
    let sum = 0;
    for (let t = 0; t < steps; t++) {
      const row = s * steps + t;
      const entries = input.ends[row + 1]! - input.ends[row]!;
      const x = input.values[input.ends[row]!]!;
      expect(x >= 0 && x < 1).toBe(true);
      if (entries === 2) {
        marked.push(t);
        sum += x;
      }
    }
    expect(marked.length).toBe(2);
    expect([marked[0]! < steps / 2, marked[1]! >= steps / 2]).toEqual([true, true]);
    expect(targets![s]).toBeCloseTo(sum, 12);
    error += (targets![s]! - 1) ** 2 / count;
  }
  expect(error).toBeCloseTo(GUESSING, 1);
  expect(addingBatch(2, 9, 1, 3)).toEqual(addingBatch(2, 9, 1, 3));
  expect(addingBatch(2, 9, 1, 3)).not.toEqual(addingBatch(2, 9, 1, 4));
});

test("networks of all kinds answer with one number", () => {
  for (const cell of CELLS) {
    const net = addingNetwork(cell, 50);
    expect([net.steps, net.populations.hidden!.model.name, net.populations.output!.size]).toEqual([
      50,
      cell === "liquid-alif" ? "liquid" : cell,
      1,
    ]);
    const adapts = net.connections.some((c) => c.to.port === "adaptation");
    expect(adapts).toBe(cell === "liquid-alif");
  }
});

test("50 steps, liquid neurons, forward propagation through time: well below guessing", async () => {
  const options = { cell: "liquid", learner: "fptt", steps: 50, epochs: 8, seed: 1, backend: wasm } as const;
  const { looks, error, spread, near, sequences, meanRate } = await learnAdding(options);
  expect(looks.map((l) => l.batches)).toEqual(Array.from({ length: 8 }, (_, k) => 20 * (k + 1)));
  expect(Math.min(...looks.map((l) => l.error))).toBeLessThan(0.6 * GUESSING);
  expect(error + 3 * spread).toBeLessThan(0.9 * GUESSING);
  expect(sequences).toBe(1280);
  expect(near).toBeGreaterThan(0);
  expect(meanRate["hidden"]).toBeGreaterThan(0);
}, 120_000);

test("rates fall to 0 with the last update: a batch has as many as the trainer counts", async () => {
  for (const steps of [7, 12, 103])
    for (const learner of LEARNERS) {
      const { net, loss, training } = designOf({ cell: "liquid", learner, steps });
      using trainer = await createTrainer(net, wasm, {
        algorithm: training.algorithm,
        loss,
        optimiser: sgd(0),
        batch: 2,
        seed: 1,
      });
      trainer.step(addingBatch(2, steps, 1, 1));
      expect([learner, steps, trainer.snapshot().updates]).toEqual([learner, steps, training.updates]);
    }
});

test("explain shows the network that answers and learns, of as many steps as asked for, and takes nothing else", async () => {
  const asked = { task: "adding", seed: 1, threads: 1, steps: 30 };
  const { document } = await explain(asked, () => {});
  const { network, programs } = document as { network: { steps: number }; programs: object };
  expect(network.steps).toBe(30);
  expect(Object.keys(programs)).toEqual(["inference", "training"]);
  await expect(explain({ ...asked, epochs: 3 }, () => {})).rejects.toThrow("--epochs: adding takes --steps and --seed");
});

describe("as a command, shortened", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rheobase-adding-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const short = { task: "adding", seed: 1, threads: 1, steps: 12, epochs: 1 };
  const quiet = () => {};

  test("train writes network, page, data and a log; any number of threads comes to the same", async () => {
    const out = ["a.h5", "a.html", "a.json"].map((name) => join(folder, name));
    const log = join(folder, "log.jsonl");
    const { document, text } = await train({ ...short, out, watch: { log } }, quiet);
    const [run] = (document as unknown as { runs: { energy: { f32: { total: { low: number } } }; error: number }[] })
      .runs;
    expect(run!.energy.f32.total.low).toBeGreaterThan(0);
    expect(JSON.parse(readFileSync(out[2]!, "utf8")).runs[0].error).toBe(run!.error);
    expect(readFileSync(out[1]!, "utf8")).toContain("Error on fresh sequences");
    const { network, provenance } = await readArtefact(out[0]!);
    expect([network.steps, provenance.metrics.error]).toEqual([12, run!.error]);
    const line = JSON.parse(readFileSync(log, "utf8"));
    expect([line.stage, line.epoch, line.accuracy]).toEqual(["liquid, FPTT", 0, null]);
    expect(Object.keys(line.watch.layers)).toContain("hidden");
    expect(text).toContain("guessing");
    expect((await train({ ...short, threads: 2 }, quiet)).document.digest).toBe(document.digest);
  });
  test("stopped and resumed it comes to the same weights and answers", async () => {
    const whole = await train({ ...short, epochs: 2 }, quiet);
    const file = join(folder, "c");
    const stop = { aborted: false };
    const stopping = ({ done }: { done: number }) => {
      if (done === 27) stop.aborted = true;
    };
    const first = train({ ...short, epochs: 2, checkpoint: { file, every: 1000, resume: false, stop } }, stopping);
    await expect(first).rejects.toThrow("stopped, and saved at update 27 of 'liquid, FPTT'");
    const resumed = { file, every: 10, resume: true };
    await expect(train({ ...short, epochs: 3, checkpoint: resumed }, quiet)).rejects.toThrow("epochs is 2, here 3");
    const stages: number[] = [];
    const { document } = await train({ ...short, epochs: 2, checkpoint: resumed }, (p) => stages.push(p.done));
    expect(stages[0]).toBe(28);
    expect(document.digest).toBe(whole.document.digest);
    expect(readdirSync(folder)).toEqual([]);
  });
  test("compare sets both cells and both learners side by side, and gated units", async () => {
    const { document, text } = await compare({ ...short, out: join(folder, "a.html") }, quiet);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    const { runs } = document as unknown as { runs: { cell: string; learner: string; error: number }[] };
    expect(runs.map((r) => `${r.cell} ${r.learner}`)).toEqual([
      "liquid fptt",
      "liquid bptt",
      "liquid-alif fptt",
      "liquid-alif bptt",
      "alif fptt",
      "alif bptt",
      "gru bptt",
    ]);
    for (const r of runs) expect(Number.isFinite(r.error)).toBe(true);
    await expect(compare({ ...short, cell: "alif" }, quiet)).rejects.toThrow("--cell: adding takes --epochs, --steps");
  });
});
