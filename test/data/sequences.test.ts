import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { type SequenceParts, Sequences, sequenceDataset } from "../../src/data/sequences.ts";
import type { EventInput } from "../../src/learn/feed.ts";

const STEPS = 4;
/** A sequence as plain lists: the spikes and the label of each valid step. */
type Plain = { spikes: number[][]; labels: number[] };
/** Sequence k of the numbered ones has length 1 + k mod 4; each step spikes input k mod 5, odd ones also input 7. */
const plain = (k: number): Plain => {
  const steps = Array.from({ length: 1 + (k % STEPS) }, (_, t) => t);
  return { spikes: steps.map((t) => (t % 2 ? [k % 5, 7] : [k % 5])), labels: steps.map((t) => (k + t) % 3) };
};
function parts(all: readonly Plain[]): SequenceParts {
  const rows = all.flatMap(({ spikes }) => Array.from({ length: STEPS }, (_, t) => spikes[t] ?? []));
  let end = 0;
  return {
    classes: ["a", "b", "c"],
    inputs: 8,
    steps: STEPS,
    lengths: Int32Array.from(all, ({ labels }) => labels.length),
    list: Uint32Array.from(rows.flat()),
    ends: Uint32Array.from([0, ...rows.map((row) => (end += row.length))]),
    labels: Uint8Array.from(all.flatMap(({ labels }) => Array.from({ length: STEPS }, (_, t) => labels[t] ?? 0))),
  };
}
const numbered = (count: number): Sequences =>
  new Sequences("x", parts(Array.from({ length: count }, (_, k) => plain(k))));

/** Back into plain lists, by the definition of the form. */
function unpack({ lengths, labels, list, ends }: Pick<SequenceParts, "lengths" | "labels" | "list" | "ends">): Plain[] {
  return Array.from(lengths, (length, s) => ({
    spikes: Array.from({ length }, (_, t) => [...list.subarray(ends[s * STEPS + t], ends[s * STEPS + t + 1])]),
    labels: [...labels.subarray(s * STEPS, s * STEPS + length)],
  }));
}
const plains = (indices: readonly number[]): Plain[] => indices.map(plain);

describe("sequences", () => {
  test("take: the first n, at most all", () => {
    for (const [n, left] of [
      [0, 0],
      [2, 2],
      [99, 3],
      [-1, 0],
    ] as const)
      expect(unpack(numbered(3).take(n))).toEqual(plains([0, 1, 2].slice(0, left)));
  });
  test("subset and batch: those of the indices, in that order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8), { maxLength: 12 }), (indices) => {
        const all = numbered(9);
        expect(unpack(all.subset(indices))).toEqual(plains(indices));
        const batch = all.batch(indices);
        expect(unpack({ ...batch, ...batch.input })).toEqual(plains(indices));
        expect([batch.count, [...batch.numbers], batch.labels.length]).toEqual([
          indices.length,
          indices,
          STEPS * indices.length,
        ]);
      }),
      { numRuns: 100 },
    );
  });
  test("a batch's input is what training takes; its padding is empty", () => {
    const input: EventInput = numbered(2).batch([0, 1]).input;
    expect(input).toEqual({
      kind: "events",
      list: Uint32Array.of(0, 1, 1, 7),
      ends: Uint32Array.of(0, 1, 1, 1, 1, 2, 4, 4, 4),
    });
  });
  test("a batch of a part of the sequences: its ends begin at 0", () => {
    expect(numbered(9).take(8).subset([7, 3]).batch([1]).input.ends[0]).toBe(0);
  });
  test.each([[-1], [6], [1.5], [NaN]])("index %d is refused", (index) => {
    expect(() => numbered(6).batch([0, index])).toThrow(`indices[1]: must be an integer from 0 to 5, got ${index}`);
    expect(() => numbered(6).subset([0, index])).toThrow(DataError);
  });
  test("split: disjoint, complete, in order, by seed", () => {
    const ids = (all: Sequences): string[] => unpack(all).map((one) => JSON.stringify(one));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (count, seed) => {
        const n = 1 + (seed % (count - 1));
        const { rest, heldOut } = numbered(count).split(n, seed);
        expect([heldOut.count, rest.count]).toEqual([n, count - n]);
        expect([...ids(heldOut), ...ids(rest)].sort()).toEqual(ids(numbered(count)).sort());
        expect(numbered(count).split(n, seed).heldOut.digest()).toBe(heldOut.digest());
      }),
      { numRuns: 50 },
    );
    const [a, b] = [1, 2].map((seed) => numbered(60).split(0.25, seed).heldOut);
    expect(a!.count).toBe(15);
    expect(a!.digest()).not.toBe(b!.digest());
    expect(() => numbered(60).split(60, 0)).toThrow("split: must hold out a fraction in (0, 1) or 1 to 59 examples");
  });
  test("annotation goes with the labels; by default it is every step up to the end", () => {
    const annotated = Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0);
    const some = new Sequences("x", { ...parts(plains([0, 1, 2])), annotated });
    expect([...some.batch([2, 1]).annotated]).toEqual([1, 1, 0, 0, 1, 0, 0, 0]);
    expect([...some.subset([1]).annotated, ...some.take(1).annotated]).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    expect([...numbered(3).annotated]).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0]);
    expect([some.classCounts(), some.classCounts("annotated")]).toEqual([
      [2, 2, 2],
      [1, 1, 1],
    ]);
  });
  test("classes are counted without the padding", () => {
    const count = [0, 0, 0];
    for (const { labels } of plains([0, 1, 2, 3, 4])) for (const label of labels) count[label]!++;
    expect(numbered(5).classCounts()).toEqual(count);
  });
});

describe("refuses", () => {
  const good = parts(plains([0, 1])); // list 0 1 1 7, ends 0 1 1 1 1 2 4 4 4, lengths 1 2
  test.each<[string, Partial<SequenceParts>, string]>([
    ["no steps", { steps: 0 }, "x.steps: must be an integer from 1 to"],
    ["no inputs", { inputs: 0 }, "x.inputs: must be an integer from 1 to"],
    ["no classes", { classes: [] }, "x.classes: must be an integer from 1 to 256, got 0"],
    ["ends of another number of steps", { ends: new Uint32Array(8) }, "x.ends: needs 9 numbers, got 8"],
    ["labels of another number of steps", { labels: new Uint8Array(7) }, "x.labels: needs 8 numbers, got 7"],
    ["an empty sequence", { lengths: Int32Array.of(1, 0) }, "x.lengths[1]: must be an integer from 1 to 4, got 0"],
    [
      "a sequence longer than a row",
      { lengths: Int32Array.of(5, 2) },
      "x.lengths[0]: must be an integer from 1 to 4, got 5",
    ],
    [
      "a first end that is not 0",
      { ends: Uint32Array.of(1, 1, 1, 1, 1, 2, 4, 4, 4) },
      "x.ends[0]: must be an integer from 0 to 0, got 1",
    ],
    [
      "ends that go down",
      { ends: Uint32Array.of(0, 2, 1, 1, 1, 2, 4, 4, 4) },
      "x.ends[2]: must be 2, as this step is past the end of its sequence, got 1",
    ],
    [
      "ends that go down inside a sequence",
      { ends: Uint32Array.of(0, 3, 3, 3, 3, 2, 4, 4, 4) },
      "x.ends[5]: must be at least 3, got 2",
    ],
    [
      "a spike past the end",
      { ends: Uint32Array.of(0, 1, 1, 1, 1, 2, 3, 4, 4) },
      "x.ends[7]: must be 3, as this step is past the end",
    ],
    ["more spikes than ends say", { list: Uint32Array.of(0, 1, 1, 7, 7) }, "x.list: needs 4 numbers, got 5"],
    ["fewer", { list: Uint32Array.of(0, 1, 1) }, "x.list: needs 4 numbers, got 3"],
    [
      "an input that is not there",
      { list: Uint32Array.of(0, 8, 1, 7) },
      "x.list[1]: must be an integer from 0 to 7, got 8",
    ],
    [
      "an input twice in a step",
      { list: Uint32Array.of(0, 1, 7, 7) },
      "x.list[3]: must be an integer from 8 to 7, got 7",
    ],
    ["inputs out of order", { list: Uint32Array.of(0, 1, 7, 1) }, "x.list[3]"],
    [
      "a label without a class",
      { labels: Uint8Array.of(0, 0, 0, 0, 1, 3, 0, 0) },
      "x.labels[5]: must be an integer from 0 to 2, got 3",
    ],
    [
      "a label past the end",
      { labels: Uint8Array.of(0, 1, 0, 0, 1, 2, 0, 0) },
      "x.labels[1]: must be an integer from 0 to 0, got 1",
    ],
  ])("%s", (_, wrong, message) => {
    const build = () => new Sequences("x", { ...good, ...wrong });
    expect(build).toThrow(DataError);
    expect(build).toThrow(message);
  });
});

describe("data set", () => {
  const of = (test: Sequences) =>
    sequenceDataset({ name: "toy", dt: 1e-3, train: numbered(4), test, source: "here", licence: "none" });
  test("the digest changes with any length, spike or label, and with nothing else", () => {
    const { digest, classes, inputs, steps } = of(numbered(3));
    expect([digest, classes, inputs, steps]).toEqual([
      expect.stringMatching(/^[0-9a-f]{16}$/),
      ["a", "b", "c"],
      8,
      STEPS,
    ]);
    expect(of(numbered(5).take(3)).digest).toBe(digest);
    const base = parts(plains([0, 1, 2]));
    const changes: Partial<SequenceParts>[] = [
      { lengths: Int32Array.of(1, 3, 3) },
      { list: base.list.map((x, k) => (k === 0 ? 4 : x)) },
      {
        ends: base.ends.map((x, k) => (k === 5 ? 3 : x)),
        list: Uint32Array.of(0, 1, 7, 1, 2, 2, 7, 2).subarray(0, base.list.length),
      },
      { labels: base.labels.map((x, k) => (k === 0 ? 2 : x)) },
      { annotated: new Uint8Array(base.labels.length) },
    ];
    for (const change of changes)
      expect(of(new Sequences("x", { ...base, ...change })).digest, Object.keys(change).join()).not.toBe(digest);
  });
  test("both parts need the same inputs, steps and classes", () => {
    const other = new Sequences("x", { ...parts(plains([0])), inputs: 9 });
    expect(() => of(other)).toThrow(
      "toy.test: has 9 inputs, 4 steps, classes a, b, c; the training sequences have 8 inputs, 4 steps, classes a, b, c",
    );
  });
});
