/** Oracle: by hand, on two short sequences. */
import { expect, test } from "vitest";
import { Sequences } from "../../src/data/sequences.ts";
import { pairedDifference, stepReport } from "../../src/tasks/steps.ts";

const sequences = new Sequences("two", {
  classes: ["a", "b"],
  inputs: 1,
  steps: 6,
  lengths: Int32Array.of(6, 4),
  list: new Uint32Array(0),
  ends: new Uint32Array(13),
  labels: Uint8Array.of(0, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0),
  annotated: Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0),
});
/** Sequence 1 learns of the change two steps late; sequence 2 is wrong once. */
const answers = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, -1, -1);

test("overall, by class, by annotation, from a step on", () => {
  const r = stepReport(sequences, answers, 1);
  expect(r.confusion).toEqual([
    [3, 1],
    [2, 4],
  ]);
  expect(r.perClass).toEqual([
    { name: "a", steps: 4, recall: 3 / 4, precision: 3 / 5 },
    { name: "b", steps: 6, recall: 4 / 6, precision: 4 / 5 },
  ]);
  expect(r.accuracyPublished).toBe(6 / 8); // without the first step of both
  expect([r.accuracyAnnotated, r.annotated]).toEqual([7 / 9, 9 / 10]);
});

test("against latency: since the change, and if the answer may come later", () => {
  const { latency } = stepReport(sequences, answers, 0);
  expect(latency.sinceChange).toEqual({ counted: [2, 2, 2], accuracy: [1 / 2, 1 / 2, 1] });
  const at = (steps: number) => latency.later.find((l) => l.steps === steps)!.accuracy;
  expect(at(0)).toBe(7 / 10);
  expect(at(1)).toBe(6 / 8); // 0 0 0 | 0 against 0 0 0 1 1: 4 of 5 after the shift is 0 0 0 0 1; and 2 of 3
  expect(at(2)).toBe(5 / 6);
  expect(at(5)).toBe(0); // one pair: label a, answer b
});

test("answers of a class that never is, and of none: shares are 0 and not NaN", () => {
  const never = stepReport(
    sequences,
    new Int32Array(12).map((_, k) => (answers[k]! < 0 ? -1 : 0)),
    0,
  );
  expect(never.perClass[1]).toMatchObject({ recall: 0, precision: 0 });
});

test("two networks are compared sequence by sequence", () => {
  const perfect = Int32Array.from(sequences.labels);
  // right more often by 2 of 6 steps and by 1 of 4
  const { mean, error } = pairedDifference(sequences, perfect, answers);
  expect(mean).toBeCloseTo((2 / 6 + 1 / 4) / 2, 12);
  expect(error).toBeCloseTo((2 / 6 - 1 / 4) / 2, 12); // of two numbers: half of their distance
  expect(pairedDifference(sequences, answers, answers)).toEqual({ mean: 0, error: 0 });
});
