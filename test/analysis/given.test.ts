/** Nonsense is named where it stands: no analysis answers it with a number, or with an error of its inside. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as analysis from "../../src/analysis/index.ts";
import { RheobaseError } from "../../src/base/errors.ts";

const { autoCorrelogram, binnedRate, coherence, crossCorrelogram, cv, fanoFactors, intervalHistogram } = analysis;
const { assignLabels, meanRates, oneTrain, powerSpectrum, predictByLabel, psth, smoothedRate, spikeCounts } = analysis;
const { spikeSpectrum, spikeTrains, synchrony, vanRossumDistance, victorPurpuraDistance } = analysis;

type Spikes = analysis.SpikeTrains;
const record = (...trains: (readonly number[])[]): Spikes => ({
  trains: trains.map((t) => Float64Array.from(t)),
  from: 0,
  to: 1,
});
const good = record([0.1, 0.2, 0.7], [0.3]);
const unsorted = record([0.1], [0.7, 0.2]);
const holed = record([0.1, Number.NaN]);
const given = (x: unknown): never => x as never;

/** Of spikes of neurons; each with what else it needs. */
const OF_SPIKES: Readonly<Record<string, (spikes: Spikes) => unknown>> = {
  meanRates,
  binnedRate: (s) => binnedRate(s, 0.1),
  smoothedRate: (s) => smoothedRate(s, { width: 0.1, step: 0.1 }),
  psth: (s) => psth(s, [0.5], { before: 0.1, after: 0.1, bin: 0.1 }),
  spikeCounts: (s) => spikeCounts(s, 0.1),
  fanoFactors: (s) => fanoFactors(s, 0.1),
  countCorrelations: (s) => analysis.countCorrelations(s, 0.1),
  spikeSpectrum: (s) => spikeSpectrum(s, 0.01),
  autoCorrelogram: (s) => autoCorrelogram(s, s?.trains?.length - 1, { bin: 0.1, longest: 0.5 }),
  crossCorrelogram: (s) => crossCorrelogram(s, 0, s?.trains?.length - 1, { bin: 0.1, longest: 0.5 }),
};
describe.each(Object.entries(OF_SPIKES))("%s", (_name, of) => {
  const run = async (spikes: unknown) => of(given(spikes));
  test("takes what spikeTrains gives", async () => expect(await run(good)).toBeDefined());
  test.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^spikes: must be what spikeTrains\(\.\.\.\) gives, got undefined/],
    ["a list of times", [0.1, 0.2], /^spikes\.trains: must be a list of trains, got undefined/],
    [
      "a hole in the trains",
      { ...good, trains: [null] },
      /^(spikes\.trains\[0\]: must be a list of times|neuron: must be)/,
    ],
    ["times that go back", unsorted, /^spikes\.trains\[1\]\[1\]: times must be in order: 0\.2 follows 0\.7/],
    ["a time that is none", holed, /^spikes\.trains\[0\]\[1\]: must be a finite time, got NaN/],
    [
      "a stretch that ends before it begins",
      { ...good, from: 2 },
      /^spikes: must cover some finite time, got 2 to 1 s/,
    ],
    ["a stretch without an end", { ...good, to: Number.NaN }, /^spikes: must cover some finite time/],
  ])("refuses %s", async (_what, spikes, says) => {
    await expect(run(spikes)).rejects.toThrow(says);
    await expect(run(spikes)).rejects.toBeInstanceOf(RheobaseError);
  });
});

describe("lengths of bins", () => {
  const WITH_BIN: Readonly<Record<string, (bin: number) => unknown>> = {
    binnedRate: (bin) => binnedRate(good, bin),
    smoothedRate: (step) => smoothedRate(good, { width: 0.1, step }),
    psth: (bin) => psth(good, [0.5], { before: 0.1, after: 0.1, bin }),
    spikeCounts: (bin) => spikeCounts(good, bin),
    fanoFactors: (bin) => fanoFactors(good, bin),
    spikeSpectrum: (bin) => spikeSpectrum(good, bin),
    powerSpectrum: (dt) => powerSpectrum([1, 2, 3, 4], dt),
    autoCorrelogram: (bin) => autoCorrelogram(good, 0, { bin, longest: 0.5 }),
    intervalHistogram: (bin) => intervalHistogram([[0.1, 0.2]], bin, 0.5),
  };
  test.each(Object.entries(WITH_BIN))("%s: above 0, and finite", async (_name, of) => {
    for (const bin of [0, -0.1, Number.NaN, Number.POSITIVE_INFINITY, given("0.1 s"), given(undefined)])
      await expect((async () => of(bin))()).rejects.toThrow(/must be a finite number of seconds above 0, got/);
  });
  test.each(Object.entries(WITH_BIN).filter(([name]) => name !== "powerSpectrum"))(
    "%s: no more bins than memory holds",
    async (_name, of) => {
      await expect((async () => of(1e-12))()).rejects.toThrow(/1e-12 s makes \d+ bins, and 100000000 are the most/);
    },
  );
});

test.each<[string, () => unknown, RegExp]>([
  ["no recording", () => spikeTrains(given(null), { size: 1, to: 1 }), /^spikes: must be spikes of a recording/],
  [
    "no options",
    () => spikeTrains({ times: [], indices: [] }, given(3)),
    /^spikeTrains: takes its options as an object/,
  ],
  ["no size", () => spikeTrains({ times: [], indices: [] }, given({ to: 1 })), /^size: must be an integer >= 0|from 0/],
  [
    "times that are no list",
    () => spikeTrains(given({ times: 3, indices: [] }), { size: 1, to: 1 }),
    /^spikes\.times: /,
  ],
  [
    "no indices",
    () => spikeTrains(given({ times: [] }), { size: 1, to: 1 }),
    /^spikes\.indices: must be a list of numb/,
  ],
  [
    "one train that is none",
    () => oneTrain(given("abc"), 0, 1),
    /^train: must be a list of times in seconds, got 'abc'/,
  ],
  ["a number for a train", () => cv(given(3)), /^train: must be a list of times in seconds, got 3/],
  ["an object for trains", () => intervalHistogram(given({}), 0.1, 1), /^trains: must be a list of trains/],
  ["a train for trains", () => intervalHistogram(given([0.1, 0.2]), 0.1, 1), /^train: must be a list of times in sec/],
  [
    "a misspelt option",
    () => smoothedRate(good, given({ widht: 1, step: 1 })),
    /^smoothedRate\.widht: unknown property/,
  ],
  [
    "events that are none",
    () => psth(good, given(0.5), { before: 0, after: 1, bin: 0.1 }),
    /^events: must be a list of/,
  ],
  [
    "a time before of less",
    () => psth(good, [0.5], { before: -1, after: 1, bin: 0.1 }),
    /^before: must be a finite number/,
  ],
  ["no end after", () => psth(good, [0.5], { before: 0, after: 1 / 0, bin: 0.1 }), /^after: must be a finite number/],
  ["a neuron that is none", () => autoCorrelogram(good, 2, { bin: 0.1, longest: 0.5 }), /^neuron: must be from 0 to 1/],
  ["values that are none", () => synchrony(given(undefined), 2), /^values: must be a list of numbers, got undefined/],
  ["rows that are not whole", () => synchrony([1, 2, 3], 2), /^values: needs two whole rows of 2/],
  ["trains that are none", () => vanRossumDistance([0.1], given({}), 0.1), /^b: must be a list of times/],
  ["times that go back", () => victorPurpuraDistance([0.2, 0.1], [], 1), /^a\[1\]: times must be in order/],
  ["a cost that is no number", () => victorPurpuraDistance([], [], given("1")), /^cost: must be at least 0/],
  ["no counts", () => assignLabels(given(null), [0], { neurons: 1, classes: 1 }), /^counts: must be a list of numbers/],
  ["no sizes", () => assignLabels([1], [0], given(undefined)), /^sizes: must be { neurons, classes }/],
  ["no assignment", () => predictByLabel([1], given({})), /^assignment\.label: must be a list of numbers/],
  [
    "an assignment of another shape",
    () => predictByLabel([1], { ...assignLabels([1], [0], { neurons: 1, classes: 1 }), classes: 2 }),
    /^assignment\.proportion: needs 2 numbers for 1 neurons and 2 classes, got 1/,
  ],
])("refuses %s", (_what, run, says) => {
  expect(run).toThrow(says);
  expect(run).toThrow(RheobaseError);
});
test("a number of one signal that is none is found, in the first and the second", async () => {
  const signal = (f: (k: number) => number) => Float64Array.from({ length: 64 }, (_, k) => f(k));
  const [xs, ys] = [signal(Math.sin), signal(Math.cos)];
  ys[7] = Number.NaN;
  await expect(coherence(xs, ys, 1)).rejects.toThrow("ys[7]: must be finite, got NaN");
  await expect(coherence(ys, xs, 1)).rejects.toThrow("xs[7]: must be finite, got NaN");
});

test("whatever is given, the answer is a result or an error that says where", async () => {
  const anything = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, Number.NaN, -1, 0, 1, 0.1, "x", true, [], {}, [1, 0], ["a"], [[1]]),
    fc.constantFrom<unknown>(good, unsorted, holed, { trains: [] }, { trains: [3], from: 0, to: 1 }, [0.1, 0.2]),
    fc.constantFrom<unknown>({ bin: 0.1, longest: 0.2 }, { width: 0.1, step: 0.1 }, { neurons: 1, classes: 2 }),
    fc.constantFrom<unknown>({ times: [0.1], indices: [0] }, { size: 1, to: 1 }, { size: 1, to: 1, dt: 1 }),
  );
  const functions = Object.values(analysis) as ((...args: unknown[]) => unknown)[];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...functions), fc.array(anything, { maxLength: 4 }), async (of, args) => {
      try {
        await of(...args);
      } catch (error) {
        expect(error).toBeInstanceOf(RheobaseError);
      }
    }),
    { numRuns: 3000 },
  );
});
