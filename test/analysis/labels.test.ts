/** Label assignment, by a hand example, and what holds for any. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignLabels, predictByLabel, predictByProportion } from "../../src/analysis/labels.ts";

/*
 * Four neurons, two classes; two samples of class 0, one of class 1. Neuron 0 fires 3 and 1 times for class 0 and 4 times for
 * class 1: 2 on average against 4, though it fired as often for both. Neuron 3 never fires.
 */
const COUNTS = [3, 2, 0, 0, /**/ 1, 4, 1, 0, /**/ 4, 1, 0.5, 0];
const SHAPE = { neurons: 4, classes: 2 };
const assigned = assignLabels(COUNTS, [0, 0, 1], SHAPE);

describe("by hand", () => {
  test("rates are means over the samples of a class, and the largest names the neuron", () => {
    expect([...assigned.rate]).toEqual([2, 4, 3, 1, 0.5, 0.5, 0, 0]);
    expect([...assigned.label]).toEqual([1, 0, 0, -1]); // of equal ones the first; nobody for the silent one
    expect([...assigned.size]).toEqual([2, 1]);
    expect(assigned.silent).toBe(1);
  });
  test("proportions", () => expect([...assigned.proportion]).toEqual([2 / 6, 4 / 6, 0.75, 0.25, 0.5, 0.5, 0, 0]));
  test("all activity: the mean over a class's neurons", () => {
    // (2 + 2)/2 = 2 against 3; then (2 + 4)/2 = 3 against 3: the first; then nobody but the silent one; then nobody.
    const counts = [3, 2, 2, 0, /**/ 3, 2, 4, 0, /**/ 0, 0, 0, 7, /**/ 0, 0, 0, 0];
    expect([...predictByLabel(counts, assigned)]).toEqual([1, 0, -1, -1]);
  });
  test("proportions vote", () => {
    // 3·2/6 + 2·3/4 = 2.5 against 3·4/6 + 2·1/4 = 2.5: the first; 4·2/6 + 3/4 against 4·4/6 + 1/4.
    const counts = [3, 2, 0, 0, /**/ 4, 1, 0, 0, /**/ 0, 0, 0, 7];
    expect([...predictByProportion(counts, assigned)]).toEqual([0, 1, -1]);
  });
});

test("neurons that fire for one class alone are read without fault by both", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 9 }),
      (labels, spikes) => {
        const classes = 5;
        // Two neurons a class, of which the second fires half as often.
        const counts = labels.flatMap((label) =>
          Array.from({ length: 2 * classes }, (_, i) => (i >> 1 === label ? spikes * (2 - (i & 1)) : 0)),
        );
        const a = assignLabels(counts, labels, { neurons: 2 * classes, classes });
        expect([...predictByLabel(counts, a)]).toEqual(labels);
        expect([...predictByProportion(counts, a)]).toEqual(labels);
        expect(a.silent).toBe(2 * (classes - new Set(labels).size));
      },
    ),
  );
});

test("how many samples a class has does not matter", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 8 }),
      (rows) => {
        const labels = rows.map((_, k) => k % 2);
        const once = assignLabels(rows.flat(), labels, { neurons: 3, classes: 2 });
        // All samples of class 1 twice more.
        const more = rows.filter((_, k) => k % 2 === 1);
        const counts = [...rows, ...more, ...more].flat();
        const thrice = assignLabels(counts, [...labels, ...more.map(() => 1), ...more.map(() => 1)], {
          neurons: 3,
          classes: 2,
        });
        thrice.rate.forEach((r, k) => expect(r).toBeCloseTo(once.rate[k]!, 12));
      },
    ),
  );
});

describe("refused", () => {
  test.each([
    ["too few counts", [1, 2, 3], [0, 0], "counts: needs 2 x 4 counts, got 3"],
    ["a label that is none", new Array<number>(4).fill(1), [2], "labels[0]: must be a class from 0 to 1, got 2"],
    ["a count below zero", [0, 0, -1, 0], [1], "counts[2]: must be a finite number from 0 on, got -1"],
    ["a count that is no number", [Number.NaN, 0, 0, 0], [1], "counts[0]: must be a finite number from 0 on, got NaN"],
  ])("%s", (_what, counts, labels, message) => expect(() => assignLabels(counts, labels, SHAPE)).toThrow(message));
  test("rows that are not whole", () =>
    expect(() => predictByLabel([1, 2, 3], assigned)).toThrow("counts: needs 0 x 4 counts, got 3"));
});
