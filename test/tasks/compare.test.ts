/** The jobs end to end on a small task: what the documents hold, what the text says, and that a seed settles all of it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { writeArtefact } from "../../src/io/artefact.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import { evaluateTask } from "../../src/tasks/evaluate.ts";
import { explain } from "../../src/tasks/explain.ts";
import type { Progress, TaskOptions } from "../../src/tasks/options.ts";
import type { ImageTask } from "../../src/tasks/task.ts";
import { trainTask } from "../../src/tasks/train.ts";
import { ROWS, rows } from "./synthetic.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-tasks-"));
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS: TaskOptions = { task: "rows", seed: 1, threads: 2 };
const silent = (): void => {};
// biome-ignore lint/suspicious/noExplicitAny: documents are plain data of any shape
type Document = any;

describe("compare", () => {
  test("document and text", async () => {
    const seen: Progress[] = [];
    const { document, text } = await compareOn(ROWS, OPTIONS, (p) => seen.push({ ...p }));
    const { spiking, twin, ...rest }: Document = document;
    expect(rest).toMatchObject({ task: "rows", seed: 1, threads: { allowed: 2, used: 2 }, steps: 10 });
    expect(rest.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(rest.encoder.choice.candidates).toHaveLength(2);
    for (const side of [spiking, twin]) {
      expect(side.accuracy).toBeGreaterThan(0.8);
      for (const key of ["loss", "epochs", "trainSeconds", "samplesPerSecond", "inferencePerSecond"])
        expect(side[key]).toBeGreaterThan(0);
      expect(side.energy.f32.total.typical).toBeLessThanOrEqual(side.energy.f32.total.high);
      expect(side.counts.layers.map((l: Document) => l.name)).toEqual(["hidden", "output"]);
    }
    expect([Object.keys(spiking.meanRate), Object.keys(twin.meanRate)]).toEqual([["hidden"], []]);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    expect(rest.verdict.map((v: Document) => v.what)).toEqual(
      expect.arrayContaining(["accuracy", "training time", "operations", "energy, f32, the dense twin"]),
    );
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const part of ["Who wins", "test accuracy", "the popular figure", "Davidson & Furber", rest.digest])
      expect(text).toContain(part);
    expectProgress(seen);
  });

  test("a seed settles weights, answers and counts; threads do not matter", async () => {
    const encoder = { encoder: "rate", epochs: 2 } as const;
    const run = async (change: Partial<TaskOptions>) =>
      (await compareOn(ROWS, { ...OPTIONS, ...encoder, ...change }, silent)).document as Document;
    const [a, b, c] = [await run({}), await run({ threads: 1 }), await run({ seed: 2 })];
    expect(b.digest).toBe(a.digest);
    expect([b.spiking.counts, b.spiking.loss, b.twin.loss]).toEqual([a.spiking.counts, a.spiking.loss, a.twin.loss]);
    expect(c.digest).not.toBe(a.digest);
    expect(a.encoder).toEqual({ name: "rate", kind: "bernoulli", gain: 0.5 }); // asked for: nothing was chosen
  });
});

/** Each stage runs from its start to its end, never backwards. */
function expectProgress(seen: readonly Progress[]): void {
  const stages = new Map<string, Progress[]>();
  for (const p of seen) stages.set(p.stage, [...(stages.get(p.stage) ?? []), p]);
  expect([...stages.keys()]).toEqual(
    expect.arrayContaining(["data", "trial, latency code", "spiking network", "spiking network, test", "twin"]),
  );
  for (const steps of stages.values()) {
    expect(steps.at(-1)!.done).toBe(steps.at(-1)!.total);
    for (let k = 1; k < steps.length; k++) expect(steps[k]!.done).toBeGreaterThanOrEqual(steps[k - 1]!.done);
  }
}

describe("train, then evaluate and explain what was saved", () => {
  const file = join(folder, "rows.h5");
  const save = (out: string) => trainTask(ROWS, { ...OPTIONS, out, encoder: "rate" }, silent);

  test("the file answers as the network did, to the last bit", async () => {
    const { document: trained, text } = await save(file);
    expect(trained).toMatchObject({ task: "rows", file, accuracy: expect.any(Number), peakBytes: expect.any(Number) });
    expect(text).toContain(`saved to ${file}`);
    const { document: tested }: Document = await evaluateTask(ROWS, { file, task: "rows", threads: 1 }, silent);
    for (const key of ["accuracy", "loss", "digest", "meanRate", "counts"])
      expect(tested[key]).toEqual((trained as Document)[key]);
    expect([tested.seed, tested.notes]).toEqual([1, []]);
  });

  test("the same seed saves the same bytes", async () => {
    const again = join(folder, "again.h5");
    await save(again);
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
  });

  test("on other data, the report says that they may have been learned", async () => {
    const other: ImageTask = { ...ROWS, load: async () => rows(200, 80) };
    const { document, text }: Document = await evaluateTask(other, { file, task: "rows", threads: 1 }, silent);
    expect(document.notes[0]).toContain("some test samples may have been learned");
    expect(text).toContain("It was trained on rows");
  });

  test("a task of another shape is refused with both shapes", async () => {
    const wide: ImageTask = { ...ROWS, shape: [9, 9] };
    await expect(evaluateTask(wide, { file, task: "rows", threads: 1 }, silent)).rejects.toThrow(
      `${file}: rows needs 81 inputs and 3 answers, it has 36 inputs and 3 answers`,
    );
  });

  test("explain: every part, as text and as data", async () => {
    const { document, text }: Document = await explain({ ...OPTIONS, task: file }, silent);
    for (const part of ["dv/dt = (i - v) / tau", "schedule layered", "region evaluate", "step hidden", "(module"])
      expect(text).toContain(part);
    const { inference, training } = document.programs;
    expect(training).toBeUndefined(); // a file says what a network is, not how to train it on
    expect(inference.wat).toContain('(export "evaluate.0")');
    const listed = [...inference.program.matchAll(/, (\d+) bytes$/gm)].reduce((sum, m) => sum + Number(m[1]), 0);
    expect(inference.memory.reduce((sum: number, b: Document) => sum + b.bytes, 0)).toBe(listed);
    // by hand: an event adds a row of 20 weights
    expect(inference.work.find((w: Document) => w.kernel === "gatherRows")).toMatchObject({
      once: "step",
      eachEvent: true,
      additions: 20,
      multiplications: 0,
    });
  });
});

test("a network saved without an encoder is explained; a task cannot know how its data enter", async () => {
  const network = sequential([input([6, 6]), denseLayer(4), lif(), denseLayer(3), readout()], { steps: 5 });
  const file = join(folder, "bare.h5");
  const provenance = { version: "0.1.0", seed: 1, dataDigest: "", metrics: {}, trainingOptions: {} };
  const parameters = initialParameters(network, 1);
  await writeArtefact(file, { network, parameters, classes: ["a", "b", "c"], provenance });
  const { text }: Document = await explain({ ...OPTIONS, task: file }, silent);
  expect(text).toMatch(/input +6 x 6 +spikes, as they are/);
  await expect(evaluateTask(ROWS, { file, task: "rows", threads: 1 }, silent)).rejects.toThrow(
    `${file}: does not say how data enter: save it with an encoder, such as latency()`,
  );
});

test("explain of a task shows the learning program too", async () => {
  const { document, text }: Document = await explain({ ...OPTIONS, task: "digits", encoder: "current" }, silent);
  expect(Object.keys(document.programs)).toEqual(["inference", "training"]);
  expect(document.programs.training.program).toContain("step hidden.adjoint");
  expect(text).toContain("with current input");
});

test("a folder that cannot be written to is told before the training, not after", async () => {
  const never: ImageTask = { ...ROWS, load: () => Promise.reject(new Error("loaded")) };
  const out = join(folder, "nowhere", "x.h5");
  await expect(trainTask(never, { ...OPTIONS, out }, silent)).rejects.toThrow(`${out}: there is no folder`);
});
