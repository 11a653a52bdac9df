/** Tasks with a label a step, end to end on small sequences: documents, texts, selection, resumption, the saved file. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { RheobaseError } from "../../src/base/errors.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import { evaluateTask } from "../../src/tasks/evaluate.ts";
import { explain } from "../../src/tasks/explain.ts";
import { recurrentDesign } from "../../src/tasks/networks.ts";
import type { OnProgress, TaskOptions } from "../../src/tasks/options.ts";
import { evaluateDeployed, trainDesign } from "../../src/tasks/session.ts";
import { deployedOf } from "../../src/tasks/side.ts";
import { trainTask } from "../../src/tasks/train.ts";
import { QUIET } from "./synthetic.ts";
import { WAVES, wavesData } from "./syntheticWaves.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-waves-"));
afterAll(() => rmSync(folder, { recursive: true }));
const OPTIONS: TaskOptions = { task: "waves", seed: 2, threads: 2 };
const silent: OnProgress = () => {};
// biome-ignore lint/suspicious/noExplicitAny: documents are plain data of any shape
type Document = any;
const timeless = (document: object): Document =>
  JSON.parse(
    JSON.stringify(document, (key, x) =>
      /seconds|PerSecond|peakBytes|^files?$|^headline$|^provenance$/i.test(key) ? undefined : x,
    ),
  );

describe("compare", () => {
  test("document and text", async () => {
    const { document, text } = await compareOn(WAVES, OPTIONS, silent);
    const { spiking, twin, ...rest }: Document = document;
    expect(rest).toMatchObject({ task: "waves", steps: 40, encoder: { kind: "events" }, seed: 2 });
    for (const side of [spiking, twin]) {
      expect(side.accuracy).toBeGreaterThan(0.6); // three classes
      expect(side.perClass.map((c: Document) => c.name)).toEqual(["low", "middle", "high"]);
      expect(side.confusion.flat().reduce((a: number, b: number) => a + b)).toBe(24 * 40 - 6 * 5);
      expect(side.latency.later.map((l: Document) => l.steps)).toEqual([0, 1, 2, 5, 10, 25]);
      expect(side.latency.later[0].accuracy).toBeCloseTo(side.accuracy, 12);
      expect(side.selected).toMatchObject({ heldOut: 12, accuracy: expect.any(Number) });
      expect([1, 3, 5]).toContain(side.selected.epoch);
      expect(side.counts.steps).toBe(1);
    }
    expectRatios(rest.promise, spiking, twin);
    const loihi = rest.energyTables.find((t: Document) => t.name === "loihi").sides[0];
    expect(loihi.duration.seconds.typical).toBe(1e-3); // the pace of the data
    expect(loihi.total).toMatchObject({
      atLeast: true,
      unpriced: [expect.stringContaining("neuron updates of hidden")],
    });
    expect(text).toMatch(/^a step +[\d.]+ .J +≥ [\d.]+ .J +≥ /m); // gates divide
    expect(rest.equalPrecision.refused).toContain("a stream");
    expect(rest.promise.ratios.map((r: Document) => r.bound)).toEqual(Array(4).fill("at least"));
    expectBounds(rest.headline);
    expect(rest.verdict.map((v: Document) => v.what)).toContain("accuracy");
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const part of ["since the label changed", "The promise, 20 to 1,000 times", "precision", "a step: spikes"])
      expect(text).toContain(part);
  });

  test("a seed settles all, threads do not matter", async () => {
    const run = async (o: Partial<TaskOptions>) =>
      (await compareOn(WAVES, { ...OPTIONS, epochs: 2, ...o }, silent)).document.digest;
    const [a, b, c] = [await run({}), await run({ threads: 1 }), await run({ seed: 3 })];
    expect(b).toBe(a);
    expect(c).not.toBe(a);
  });

  test.each([{ encoder: "rate" }, { steps: 5 }] as const)("%j is refused: nothing is encoded", async (o) => {
    await expect(compareOn(WAVES, { ...OPTIONS, ...o }, silent)).rejects.toThrow("says itself how its samples enter");
  });
});

/** Gates of the twin have no price: it may need more, and the spiking network less in units of it. */
function expectBounds({ text, lines, energy }: Document): void {
  expect(energy.map((e: Document) => e.bound)).toEqual(Array(4).fill("at least"));
  const said = (e: Document): RegExp => (e.winner === "spiking" ? /at least [\d.]+ / : /at most [\d.]+ /);
  expect(text).toMatch(said(energy[0]));
  for (const k of [0, 1]) expect(lines[k]).toMatch(said(energy[2 * k]));
}

/** Worked out from the accounts in the document. */
function expectRatios(promise: Document, spiking: Document, twin: Document): void {
  expect([promise.low, promise.high, promise.kept, promise.ratios.length]).toEqual([20, 1000, false, 4]);
  const arithmetic = (lines: Document[], kinds: readonly string[]): number =>
    lines.filter((l) => kinds.includes(l.work)).reduce((sum, l) => sum + l.energy.typical, 0);
  const updates = ["additions", "multiplications"];
  const sums = ["acs", "macs"];
  for (const [k, [side, format]] of [
    [twin, "f32"] as const,
    [twin, "int8"] as const,
    [twin.zeroSkipping, "f32"] as const,
    [twin.zeroSkipping, "int8"] as const,
  ].entries()) {
    const [a, b] = [spiking.energy[format], side.energy[format]];
    const found = promise.ratios[k];
    expect(found.format).toBe(format);
    expect(found.popular).toBeCloseTo(b.popular.value / a.popular.value, 9);
    const all = [...updates, ...sums];
    expect(found.arithmetic.typical).toBeCloseTo(arithmetic(b.lines, all) / arithmetic(a.lines, all), 9);
    expect(found.total.typical).toBeCloseTo(b.total.typical / a.total.typical, 9);
    expect(found.freeGates.typical).toBeCloseTo((b.total.typical - arithmetic(b.lines, updates)) / a.total.typical, 9);
  }
}

describe("selection", () => {
  test("keeps the weights of the epoch that was best on the sequences held out of training", async () => {
    const design = recurrentDesign(WAVES.spiking);
    const { train } = wavesData();
    const trained = await trainDesign(design, train, QUIET);
    const { rest, heldOut } = train.split(12, QUIET.seed);
    expect(trained.epochs.every((e) => e.samples === rest.count)).toBe(true);
    const again = await evaluateDeployed(deployedOf(design, trained), heldOut, QUIET);
    expect(trained.selected!.accuracy).toBe(again.accuracy);
    expect(trained.selected!.loss).toBeCloseTo(again.loss, 6);
  });

  test("a training stopped after any batch and resumed keeps the same weights", async () => {
    const whole = await trainTask(WAVES, { ...OPTIONS, epochs: 3, out: join(folder, "whole.h5") }, silent);
    const out = join(folder, "out.h5");
    let stops = 0;
    for (let resume = false; ; resume = true) {
      const stop = { aborted: false };
      const onProgress: OnProgress = (p) => {
        if (p.stage === "training") stop.aborted = true;
      };
      const checkpoint = { file: join(folder, "c"), every: 1000, resume, stop };
      const run = trainTask(WAVES, { ...OPTIONS, epochs: 3, out, checkpoint }, onProgress);
      const done = await run.catch((error: RheobaseError) => error.code);
      if (typeof done !== "string") {
        expect(timeless(done.document)).toEqual(timeless(whole.document));
        break;
      }
      expect(done).toBe("interrupted");
      stops++;
    }
    expect(stops).toBe(3 * 7 + 1);
    // the times that a file holds differ, its network and numbers do not
    expect(readFileSync(out).length).toBe(readFileSync(join(folder, "whole.h5")).length);
    expect(Buffer.compare(readFileSync(out), readFileSync(join(folder, "whole.h5")))).toBe(0);
  });
});

test("the saved file answers as the network did; images refuse it", async () => {
  const out = join(folder, "waves.h5");
  const { document: trained, text }: Document = await trainTask(WAVES, { ...OPTIONS, epochs: 2, out }, silent);
  const { document: tested }: Document = await evaluateTask(WAVES, { task: "waves", file: out, threads: 1 }, silent);
  expect([tested.digest, tested.accuracy, tested.perClass]).toEqual([
    trained.digest,
    trained.accuracy,
    trained.perClass,
  ]);
  expect(tested.energy).toEqual(trained.energy);
  expect(text).toContain("of steps that the files label");
  const { document: shown }: Document = await explain({ task: out, seed: 1, threads: 1 }, silent);
  expect(Object.keys(shown.programs)).toEqual(["inference"]);
});
