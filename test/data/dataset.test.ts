import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dataset, Examples } from "../../src/data/dataset.ts";

/** Example k has features [k, k + 100] and label k mod 3. */
const numbered = (count: number): Examples =>
  new Examples(
    "x",
    2,
    Uint8Array.from({ length: 2 * count }, (_, k) => (k >> 1) + 100 * (k & 1)),
    Uint8Array.from({ length: count }, (_, k) => k % 3),
  );
const ids = (examples: Examples): number[] =>
  Array.from({ length: examples.count }, (_, k) => examples.features[2 * k]!);

describe("examples", () => {
  test("take: the first n, at most all", () => {
    expect([0, 2, 99].map((n) => ids(numbered(3).take(n)))).toEqual([[], [0, 1], [0, 1, 2]]);
  });
  test("subset: in the order given, features and labels together", () => {
    const some = numbered(6).subset([5, 0, 5]);
    expect([[...some.features], [...some.labels]]).toEqual([
      [5, 105, 0, 100, 5, 105],
      [2, 0, 2],
    ]);
  });
  test.each([[-1], [6], [1.5], [NaN]])("subset refuses index %d", (index) => {
    expect(() => numbered(6).subset([0, index])).toThrow(`indices[1]: must be an integer from 0 to 5, got ${index}`);
  });
  test("split: disjoint, complete, in order, by seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), (count, seed) => {
        const n = 1 + (seed % (count - 1));
        const { rest, heldOut } = numbered(count).split(n, seed);
        expect([heldOut.count, rest.count]).toEqual([n, count - n]);
        expect([...ids(heldOut), ...ids(rest)].sort((a, b) => a - b)).toEqual(ids(numbered(count)));
        expect(ids(rest)).toEqual(ids(rest).sort((a, b) => a - b));
        expect(ids(numbered(count).split(n, seed).heldOut)).toEqual(ids(heldOut));
      }),
      { numRuns: 50 },
    );
  });
  test("split by fraction; another seed holds out others", () => {
    const [a, b] = [1, 2].map((seed) => numbered(60).split(0.25, seed).heldOut);
    expect(a!.count).toBe(15);
    expect(ids(a!)).not.toEqual(ids(b!));
  });
  test.each([[0], [60], [-0.5], [2.5], [NaN]])("split refuses %d of 60", (part) => {
    expect(() => numbered(60).split(part, 0)).toThrow("split: must hold out a fraction in (0, 1) or 1 to 59 examples");
  });
  test("a NaN or infinite feature is refused by place", () => {
    expect(() => new Examples("x", 2, Float32Array.of(0, 1, 2, NaN), Uint8Array.of(0, 1))).toThrow(
      "x.features[1][1]: must be finite, got NaN",
    );
    expect(() => new Examples("x", 2, Float32Array.of(Infinity, 1), Uint8Array.of(0))).toThrow(
      "x.features[0][0]: must be finite, got Infinity",
    );
  });
  test("features that do not fit the labels are refused", () => {
    expect(() => new Examples("x", 2, new Uint8Array(5), new Uint8Array(2))).toThrow(
      "x: expected 2 labels × 2 = 4 features, found 5",
    );
  });
});

describe("data set", () => {
  const parts = (test: Examples, classes = ["a", "b", "c"], shape = [2]) => ({
    name: "toy",
    classes,
    shape,
    train: numbered(4),
    test,
    source: "here",
    licence: "none",
  });

  test("the digest changes with any feature, label or shape, and with nothing else", () => {
    const digest = dataset(parts(numbered(3))).digest;
    const relabelled = new Examples("x", 2, numbered(3).features, Uint8Array.of(0, 1, 0));
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect(dataset({ ...parts(numbered(3)), source: "there" }).digest).toBe(digest);
    for (const other of [parts(numbered(2)), parts(relabelled), parts(numbered(3), ["a", "b", "c"], [1, 2])])
      expect(dataset(other).digest).not.toBe(digest);
  });
  test("labels need a class, examples the shape", () => {
    const negative = new Examples("x", 2, new Uint8Array(2), Int32Array.of(-1));
    expect(() => dataset(parts(negative))).toThrow("toy.test.labels[0]: must be a class from 0 to 2, got -1");
    expect(() => dataset(parts(numbered(3), ["a", "b"]))).toThrow(
      "toy.train.labels[2]: must be a class from 0 to 1, got 2",
    );
    expect(() => dataset(parts(numbered(3), ["a", "b", "c"], [3]))).toThrow(
      "toy.train: shape 3 has 3 features, the examples 2",
    );
  });
});
