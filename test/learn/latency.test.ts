/** Accuracy by the time since a sample began, and since its label changed, of sequences counted by hand. */
import { expect, test } from "vitest";
import { latencyCurves } from "../../src/learn/latency.ts";

const plain = (o: Parameters<typeof latencyCurves>[0]) => {
  const { sinceStart, sinceChange } = latencyCurves(o);
  return [sinceStart, sinceChange].map((s) => [[...s.counted], [...s.correct]]);
};

test("a change that is noticed two steps late", () => {
  const [labels, predictions] = [
    [0, 0, 0, 1, 1, 1, 1, 0],
    [1, 0, 0, 0, 0, 1, 1, 1],
  ];
  expect(plain({ steps: 8, labels, predictions })).toEqual([
    [
      [1, 1, 1, 1, 1, 1, 1, 1],
      [0, 1, 1, 0, 0, 1, 1, 0],
    ],
    [
      [2, 1, 1, 1],
      [0, 0, 1, 1],
    ],
  ]);
});

test("samples are rows: nothing changes from one to the next, and each may end early", () => {
  const labels = [0, 1, 1, 1, 2, 0, 0, 0];
  const predictions = [0, 1, 0, -1, 2, 0, 0, 1];
  expect(plain({ steps: 4, labels, predictions })).toEqual([
    [
      [2, 2, 2, 1],
      [2, 2, 1, 0],
    ],
    [
      [2, 2, 1],
      [2, 1, 0],
    ],
  ]);
});

test("a step without a label does not count, and is no change; time goes on", () => {
  const labels = [-1, 2, -1, 2, 0, -1, 0, -1, 1];
  const predictions = [0, 2, 2, 1, 0, 0, 1, 1, 1];
  expect(plain({ steps: 9, labels, predictions })).toEqual([
    [
      [0, 1, 0, 1, 1, 0, 1, 0, 1],
      [0, 1, 0, 0, 1, 0, 0, 0, 1],
    ],
    [
      [2, 0, 1],
      [2, 0, 0],
    ],
  ]);
});

test("shares, and NaN where nothing counted", () => {
  const { sinceStart, sinceChange } = latencyCurves({ steps: 2, labels: [-1, 0, -1, 0], predictions: [0, 0, 0, 1] });
  expect([...sinceStart.accuracy]).toEqual([Number.NaN, 0.5]);
  expect(sinceChange.accuracy.length).toBe(0);
});

test("rows that do not fit are refused", () => {
  const uneven = { steps: 2, labels: [0, 1, 0], predictions: [0, 1, 0] };
  expect(() => latencyCurves(uneven)).toThrow("latency: needs as many labels as predictions, in rows of 2");
  expect(() => latencyCurves({ ...uneven, labels: [0, 1] })).toThrow("got 2 and 3");
  expect(() => latencyCurves({ ...uneven, steps: 0 })).toThrow("latency.steps");
});
