/** The task `unsupervised`, shortened: that it learns, and that what it stands on holds. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assignLabels, predictByProportion } from "../../src/analysis/labels.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { type Dataset, dataset, type Examples } from "../../src/data/dataset.ts";
import { digits } from "../../src/data/sets/digits.ts";
import { readArtefact } from "../../src/io/artefact.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import type { Batch } from "../../src/learn/feed.ts";
import type { CompareDocument } from "../../src/report/document.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { readerOf } from "../../src/tasks/batches.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import { deployedFrom, evaluateTask } from "../../src/tasks/evaluate.ts";
import { explain } from "../../src/tasks/explain.ts";
import { evaluateDeployed } from "../../src/tasks/session.ts";
import { train, trainTask } from "../../src/tasks/train.ts";
import { ENCODER, Learner, learn, responses } from "../../src/tasks/unsupervised/learn.ts";
import { answeringNetwork, learningNetwork, STEPS, TOTAL } from "../../src/tasks/unsupervised/network.ts";
import { unsupervisedTask } from "../../src/tasks/unsupervised/unsupervised.ts";

let data: Dataset;
beforeAll(async () => {
  const all = await digits({ seed: 1 });
  data = dataset({ ...all, train: all.train.take(1500), test: all.test.take(400) });
});
const quiet = { seed: 1, backend: wasm, onProgress: () => {} };

/** Spikes of each sample. */
function inputsOf(samples: Examples): { list: Uint32Array; ends: Uint32Array }[] {
  const reader = readerOf(samples, { encoder: ENCODER, steps: STEPS, seed: 1 });
  const [{ input }] = [...reader.pass({ batch: samples.count, epoch: 0, shuffle: false })] as [Batch];
  const list = Uint32Array.from(input.list);
  const ends = Uint32Array.from(input.ends);
  return Array.from({ length: samples.count }, (_, s) => ({
    list,
    ends: ends.subarray(s * STEPS, (s + 1) * STEPS + 1),
  }));
}

describe("the network", () => {
  test("each inhibitory neuron fires one step after its excitatory one, and never else", async () => {
    using engine = await createEngine(learningNetwork({ inputs: 784, neurons: 30 }), wasm, { seed: 1, block: 256 });
    let spikes = 0;
    for (const input of inputsOf(data.train.take(3))) {
      const { e, i } = engine.run(STEPS, { in: input }).spikes;
      spikes += e!.steps.length;
      const late = [...e!.steps].map((t, k) => [t + 1, e!.indices[k]]).filter(([t]) => t! < STEPS);
      expect([...i!.steps].map((t, k) => [t, i!.indices[k]])).toEqual(late);
      engine.reset({ keep: ["e.theta", "e.eta"] });
    }
    expect(spikes).toBeGreaterThan(30);
  });

  test("the answering network fires as one that learns, with nothing to learn, does", async () => {
    const json = networkToJson(learningNetwork({ inputs: 784, neurons: 40 }));
    const still = JSON.parse(
      JSON.stringify(json).replace('"raise":0.05', '"raise":0').replace('"depression":0.0001', '"depression":0'),
    );
    expect(still).not.toEqual(JSON.parse(JSON.stringify(json)));
    using learning = await createEngine(networkFromJson(still), wasm, { seed: 1, block: 256 });
    learning.state("e.eta").fill(0);
    // Multiples of 2^-10, so that every sum is exact in whatever order.
    const weights = Float32Array.from({ length: 784 * 40 }, (_, k) => ((k * 7919) % 205) / 1024);
    const theta = Float32Array.from({ length: 40 }, (_, k) => ((k * 5) % 9) / 4);
    learning.synapses("in>e").w!.set(weights);
    learning.state("e.theta").set(theta);
    const { net, parameters } = answeringNetwork({ inputs: 784, neurons: 40, weights, theta });
    using answering = await createEngine(net, wasm, { block: 256, parameters });
    const spikes = [learning, answering].map((engine) =>
      inputsOf(data.test.take(10)).map((input) => {
        const { e } = engine.run(STEPS, { in: input }).spikes;
        engine.reset({ keep: ["e.theta"].concat(engine === learning ? ["e.eta"] : []) });
        return e!;
      }),
    );
    expect(spikes[0]!.every((e) => e.steps.length > 5)).toBe(true);
    expect(spikes[1]).toEqual(spikes[0]);
  });

  test("weights stay within bounds, add up to the same for all, and thresholds rise by each spike", async () => {
    using learner = await Learner.of({ inputs: 784, neurons: 20 }, wasm, 1);
    const spikes = inputsOf(data.train.take(30)).reduce((sum, input) => sum + learner.show(input), 0);
    const { weights, theta } = learner.learned;
    const sums = Array.from({ length: 20 }, (_, n) => weights.reduce((sum, w, k) => (k % 20 === n ? sum + w : sum), 0));
    for (const s of sums) expect(s).toBeCloseTo(TOTAL, 2); // 784 additions in f32, each rounded at 2^-18 of the sum at most
    expect(weights.every((w) => w >= 0)).toBe(true);
    const raised = theta.reduce((a, b) => a + b, 0);
    // What decays in 30 samples of 250 ms is 7.5 s of 10,000 s; f32 rounds e^(-1e-7) by a fifth of its distance from 1.
    expect(raised / (0.05 * spikes)).toBeGreaterThan(0.998);
    expect(raised / (0.05 * spikes)).toBeLessThan(1.0001);
  });

  test("with one winner a step no two fire together, and all that cross are raised", async () => {
    const options = { inputs: 784, neurons: 30, winners: "one" } as const;
    using engine = await createEngine(learningNetwork(options), wasm, { seed: 1, block: 256 });
    const { e } = engine.run(STEPS, { in: inputsOf(data.train.take(1))[0]! }).spikes;
    expect(new Set(e!.steps).size).toBe(e!.steps.length);
    const raised = Float64Array.from(engine.state("e.theta")).reduce((a, b) => a + b, 0) / 0.05;
    expect(raised).toBeGreaterThan(e!.steps.length + 1);
  });
});

/** Share of right answers, by votes in proportion. */
async function accuracyAfter(samples: number, seed: number): Promise<number> {
  const shown = data.train.take(samples);
  const learned = await learn(shown, { ...quiet, seed, neurons: 100, epochs: 1 });
  const labelled = data.train.take(1000);
  const heard = await responses(learned, labelled, { ...quiet, stage: "" });
  const a = assignLabels(heard, labelled.labels, { neurons: 100, classes: 10 });
  const tested = await responses(learned, data.test, { ...quiet, stage: "" });
  return predictByProportion(tested, a).filter((c, k) => c === data.test.labels[k]).length / data.test.count;
}

test("it learns: far above chance, and above what it reads before it has learned", async () => {
  const [before, after] = [await accuracyAfter(1, 1), await accuracyAfter(1500, 1)];
  const largest = Math.max(...Array.from({ length: 10 }, (_, c) => data.test.labels.filter((x) => x === c).length));
  const error = (p: number): number => Math.sqrt((p * (1 - p)) / data.test.count);
  const chance = largest / data.test.count;
  expect(after).toBeGreaterThan(chance + 5 * error(chance));
  expect(after - before).toBeGreaterThan(3 * Math.hypot(error(before), error(after)));
});

describe("as a command", () => {
  const task = () =>
    unsupervisedTask({
      name: "unsupervised",
      load: async () => data,
      neurons: 50,
      epochs: 1,
      labelled: 400,
      published: [],
    });
  const options = { task: "unsupervised", seed: 3, threads: 1, samples: 200 };

  const folder = mkdtempSync(join(tmpdir(), "rheobase-unsupervised-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const [file, json, page] = ["u.h5", "u.json", "u.html"].map((name) => join(folder, name)) as [string, string, string];

  test("gives the same on any number of threads, and what it saves answers as it did", async () => {
    const one = await trainTask(task(), { ...options, out: [file, json, page] }, () => {});
    const two = await trainTask(task(), { ...options, threads: 2 }, () => {});
    expect(two.document.digest).toBe(one.document.digest);
    const { accuracy, interval, accuracyByLabel, meanRate } = JSON.parse(readFileSync(json, "utf8"));
    expect(accuracy).toBe(one.document.accuracy);
    expect(interval.low).toBeLessThan(accuracy);
    expect(interval.high).toBeGreaterThan(accuracy);
    expect(Math.abs(accuracy - accuracyByLabel)).toBeLessThan(0.25);
    expect(meanRate.e).toBeGreaterThan(0);
    expect(readFileSync(page, "utf8")).toContain("Inside the spiking network");
    const artefact = await readArtefact(file);
    const { net, encoder, parameters, loss } = deployedFrom(artefact, file);
    const again = await evaluateDeployed({ net, encoder, parameters, loss }, data.test, {
      ...quiet,
      seed: 3,
      stage: "",
    });
    expect(again.accuracy).toBe(accuracy);
    expect(artefact.provenance.metrics.accuracy).toBe(accuracy);
    const evaluated = await evaluateTask(task(), { task: "unsupervised", file, threads: 1 }, () => {});
    expect(evaluated.document.accuracy).toBe(accuracy);
  });

  test("stopped in the middle and gone on with it comes to the same", async () => {
    const whole = await trainTask(task(), options, () => {});
    const stop = { aborted: false };
    const checkpoint = { file: join(folder, "c"), every: 1000, resume: false, stop };
    const first = trainTask(task(), { ...options, checkpoint }, ({ stage, done }) => {
      if (stage === "training" && done === 100) stop.aborted = true;
    });
    await expect(first).rejects.toThrow("stopped, and saved at update 100 of 'training'");
    const resumed = { file: checkpoint.file, every: 50, resume: true };
    await expect(trainTask(task(), { ...options, neurons: 60, checkpoint: resumed }, () => {})).rejects.toThrow(
      "neurons is not given, here 60",
    );
    const { document } = await trainTask(task(), { ...options, checkpoint: resumed }, () => {});
    expect(document.digest).toBe(whole.document.digest);
  });

  test("a twin that learns with labels stands beside it", async () => {
    const { document, text } = await compareOn(task(), { ...options, samples: 600 }, () => {});
    const { spiking, twin } = document as unknown as CompareDocument;
    expect(twin.counts.total.macs).toBe(784 * 50 + 50 * 10);
    expect(twin.accuracy).toBeGreaterThan(0.4);
    expect(spiking.energy.f32!.total.low).toBeGreaterThan(0);
    expect(text).toContain("learn with labels, by back-propagation");
  });

  test.each([
    ["an option of others", { steps: 5 }, "--steps: unsupervised says itself"],
    ["another option of others", { cell: "alif" as const }, "--cell: unsupervised has no such option"],
    ["a budget of memory", { memory: 1e9 }, "--memory: diehl-cook learns without gradients"],
    ["a watch", { watch: { terminal: true } }, "--watch: unsupervised learns without losses"],
    ["too few neurons", { neurons: 3 }, "--neurons"],
  ])("%s is refused", async (_what, more, message) => {
    await expect(trainTask(task(), { ...options, ...more }, () => {})).rejects.toThrow(message);
  });
  test("and tasks with gradients do not take its options", async () => {
    await expect(train({ task: "digits", seed: 1, threads: 1, neurons: 100 }, () => {})).rejects.toThrow(
      "--neurons: digits has no such option",
    );
  });
  test("explain shows the network that answers, and no training that there is not", async () => {
    const { document } = await explain({ task: "unsupervised", seed: 1, threads: 1 }, () => {});
    expect(Object.keys(document["programs"] as object)).toEqual(["inference"]);
  });
});
