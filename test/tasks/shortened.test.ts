/** Every task, shortened: both of its networks are trained on a few real samples, and judged and priced side by side. */
import { describe, expect, test } from "vitest";
import type { CompareDocument } from "../../src/report/document.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import { labelEach } from "../../src/tasks/samples.ts";
import type { Task, TaskData } from "../../src/tasks/task.ts";
import { TASKS, type TaskName } from "../../src/tasks/tasks.ts";
import { dataFolder, hasData, NEEDS } from "../data/shared.ts";

interface Short {
  readonly data: string;
  /** Samples, drawn at random. */
  readonly train: number;
  readonly test: number;
  readonly epochs: number;
  /** Instead of the task's: few samples want small batches. */
  readonly batch?: number;
  /** That it learns, another file checks, with more samples than a comparison of both takes. */
  readonly learns?: string;
}
/** Each task once: what it is shortened to, or which file shortens it. */
const SHORT: Readonly<Record<TaskName, Short | string>> = {
  digits: "commands.test.ts",
  mnist: { data: "mnist", train: 2000, test: 500, epochs: 2 },
  "fashion-mnist": { data: "fashion-mnist", train: 2000, test: 500, epochs: 2 },
  "mnist-conv": { data: "mnist", train: 1200, test: 300, epochs: 2, batch: 32 },
  "fashion-conv": { data: "fashion-mnist", train: 1200, test: 300, epochs: 2, batch: 32 },
  "speech-digits": "speechDigits.test.ts",
  "emg-gestures": { data: "emg-myo", train: 500, test: 100, epochs: 1, learns: "emgGestures.test.ts" },
  ecg: { data: "ecg-qtdb", train: 40, test: 10, epochs: 1, learns: "ecg.test.ts" },
  nmnist: { data: "nmnist-small", train: 500, test: 99, epochs: 4, batch: 16 },
  smnist: { data: "mnist", train: 64, test: 20, epochs: 1, batch: 16, learns: "smnist.test.ts" },
  "smnist-rows": { data: "mnist", train: 128, test: 100, epochs: 1, batch: 32, learns: "smnist.test.ts" },
  unsupervised: "unsupervised.test.ts",
};

const drawn = <D extends TaskData>(data: D, { train, test }: Short): D => ({
  ...data,
  train: data.train.split(train, 1).heldOut,
  test: data.test.split(Math.min(test, data.test.count - 1), 1).heldOut,
});
function shortened(task: Task, short: Short): Task {
  const { batch } = short;
  const quick = (recipe: { training: object }) => ({
    ...recipe,
    training: { ...recipe.training, ...(batch && { batch }) },
  });
  let loaded: Promise<TaskData> | undefined;
  const load = (options: { seed: number }) =>
    (loaded ??= task.load({ ...options, directory: dataFolder }).then((data) => drawn(data, short)));
  if (task.kind === "images") return { ...task, load } as Task;
  return { ...task, load, spiking: quick(task.spiking), twin: quick(task.twin) } as Task;
}

/** Of answers that are right by chance, four standard errors above the share of the most frequent class. */
function above(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const share = Math.max(...counts.values()) / labels.length;
  return share + 4 * Math.sqrt((share * (1 - share)) / labels.length);
}

describe("both networks are trained, learn where they can, and stand side by side", () => {
  for (const [name, short] of Object.entries(SHORT)) {
    if (typeof short === "string") continue;
    test(name, { timeout: 300_000 }, async ({ skip }) => {
      skip(!hasData(short.data), NEEDS);
      const task = shortened(TASKS[name as TaskName], short);
      const options = { task: name, seed: 1, threads: 2, epochs: short.epochs };
      const encoder = task.kind === "images" ? { encoder: "current" as const } : {};
      const { document, text } = await compareOn(task, { ...options, ...encoder }, () => {});
      const d = document as unknown as CompareDocument;
      const { test: tested } = await task.load({ seed: 1 });
      const least = task.kind === "sequences" ? above(tested.labels) : above(labelEach(tested));
      for (const side of [d.spiking, d.twin]) {
        if (!short.learns) expect(side.accuracy).toBeGreaterThan(least);
        expect(side.energy.f32!.total.low).toBeGreaterThan(0);
        expect(side.trainSeconds).toBeGreaterThan(0);
        expect(side.memory.trainingBytes).toBeGreaterThan(0);
      }
      expect(Object.keys(d.spiking.meanRate).length).toBeGreaterThan(0);
      expect(text).toContain("Who wins");
    });
  }
});
