/** Oracle: quartiles and ratios worked out by hand. */
import { describe, expect, test } from "vitest";
import { timePasses } from "../../src/tasks/session.ts";
import { faster, quantile, type Times, trainingTimes } from "../../src/tasks/times.ts";
import { timeVerdicts } from "../../src/tasks/verdict.ts";

test("quantiles, linear between samples in any order", () => {
  expect([0, 1 / 4, 1 / 2, 3 / 4, 1].map((q) => quantile([4, 1, 3, 2], q))).toEqual([1, 1.75, 2.5, 3.25, 4]);
  expect(quantile([7], 1 / 4)).toBe(7);
});

test("a training lies between as many epochs of each quartile, and what is not of epochs", () => {
  expect(trainingTimes(12, [4, 1, 3, 2])).toEqual({ total: 12, low: 2 + 7, high: 2 + 13, count: 4 });
});

const sum = (epochs: readonly number[]): number => epochs.reduce((a, b) => a + b, 0);
type Sides = Parameters<typeof timeVerdicts>;
const side = (epochs: readonly number[], low = 1, high = 1, count = 3): Sides[0] =>
  ({
    trained: { seconds: sum(epochs), epochs: epochs.map((seconds) => ({ seconds })) },
    result: {
      seconds: (low + high) / 2,
      samplesPerSecond: 200 / (low + high),
      samples: 100,
      passSeconds: { low, high, count },
    },
  }) as unknown as Sides[0];

describe("training time", () => {
  test.each<[string, readonly number[], readonly number[], string, RegExp]>([
    [
      "far apart",
      [1, 1, 1.4, 1],
      [2, 2, 2.4, 2],
      "spiking",
      /4.4 s against 8.4 s, 1.91 times; .* 1 to 1.1 s against 2 to 2.1 s/,
    ],
    ["the other way", [2, 2, 2], [1, 1, 1], "twin", /the twin trains faster/],
    ["one epoch each, far apart", [1], [9], "undecided", /one epoch tells no difference in time \(1 s against 9 s\)/],
    ["one epoch of one", [1], [9, 9, 9], "undecided", /one epoch/],
    [
      "narrow, but only 1.2 times",
      [1, 1, 1],
      [1.2, 1.2, 1.2],
      "undecided",
      /no difference beyond the spread of epochs/,
    ],
    ["1.25 times", [4, 4, 4], [5, 5, 5], "spiking", /1.25 times/],
    ["one epoch disturbed", [1, 1, 1, 1, 9], [1, 1, 1, 1, 1], "undecided", /beyond the spread/],
    ["quartiles overlap", [1, 1, 3, 3], [2, 2, 4, 4], "undecided", /beyond the spread/],
    ["alike", [1, 1], [1.05, 1.05], "undecided", /about the same/],
  ])("%s", (_, spiking, twin, winner, text) => {
    const verdict = timeVerdicts(side(spiking), side(twin))[0]!;
    expect(verdict).toMatchObject({ what: "training time", winner, text: expect.stringMatching(text) });
  });

  test("more epochs take longer, as sure as each epoch", () => {
    expect(timeVerdicts(side([1, 1, 1]), side([1, 1, 1, 1, 1, 1]))[0]!.winner).toBe("spiking");
  });
});

describe("inference speed", () => {
  test.each<[string, Sides[0], Sides[0], string, RegExp]>([
    [
      "ranges apart",
      side([1], 1, 1.2),
      side([1], 2, 2.5),
      "spiking",
      /91 samples\/s against 44 .* 83 to 100 against 40 to 50\)/,
    ],
    ["ranges overlap", side([1], 1, 2.1), side([1], 2, 4), "undecided", /no difference beyond the spread of passes/],
    ["one pass", side([1], 1, 1, 1), side([1], 9, 9, 1), "undecided", /one pass tells no difference/],
  ])("%s", (_, spiking, twin, winner, text) => {
    const verdict = timeVerdicts(spiking, twin)[1]!;
    expect(verdict).toMatchObject({ what: "inference speed", winner, text: expect.stringMatching(text) });
  });
});

test("either way round it is the same", () => {
  const [a, b]: Times[] = [
    { total: 2, low: 1, high: 3, count: 2 },
    { total: 9, low: 4, high: 9, count: 2 },
  ];
  expect([faster(a!, b!), faster(b!, a!)]).toEqual(["first", "second"]);
});

test.each([
  [0.01, 9, 0.01],
  [0.2, 3, 0.2],
  [0.1, 5, 0.1], // 0.5 s are enough
  [9, 3, 9],
  [11, 1, 11],
])("passes of %f s are timed %i times", (each, count, seconds) => {
  const times = timePasses(each, () => each);
  expect(times).toEqual({ seconds, passSeconds: { low: each, high: each, count } });
});

test("the median of passes, and their ends", () => {
  const later = [3, 1];
  expect(timePasses(2, () => later.pop()!)).toEqual({ seconds: 2, passSeconds: { low: 1, high: 3, count: 3 } });
});
