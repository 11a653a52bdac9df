import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binEvents, inputsOf } from "../../../src/data/events/bin.ts";
import { binSequences, spikesOf } from "../../../src/data/events/binned.ts";
import type { EventRecording } from "../../../src/data/events/recording.ts";
import type { Event } from "./files.ts";

const recording = (width: number, height: number, events: readonly Event[]): EventRecording => ({
  ...{ width, height, count: events.length },
  t: Float64Array.from(events, ({ t }) => t),
  x: Uint16Array.from(events, ({ x }) => x),
  y: Uint16Array.from(events, ({ y }) => y),
  polarity: Uint8Array.from(events, ({ p }) => p),
});
const E = (t: number, x: number, y: number, p: number): Event => ({ t, x, y, p });
/** Entries of each row. */
const rowsOf = ({ list, ends }: { list: Uint32Array; ends: Uint32Array }): number[][] =>
  Array.from({ length: ends.length - 1 }, (_, r) => [...list.subarray(ends[r], ends[r + 1])]);

describe("by hand", () => {
  const one = recording(3, 2, [
    E(1000, 0, 0, 0),
    E(1999, 2, 1, 1),
    E(1999, 2, 1, 1),
    E(2000, 1, 1, 0),
    E(4000, 0, 0, 1),
  ]);
  const options = { dt: "1 ms", steps: 3 };

  test("input (polarity · height + y) · width + x; a step includes its first µs and not its last", () => {
    const { input, ...rest } = binEvents([one], options);
    expect(rowsOf(input)).toEqual([[0, 11], [4], []]);
    expect(rest).toEqual({ count: 1, steps: 3, inputs: 12, outside: 1 });
  });
  test("duplicates are counted where that is asked for", () => {
    const { input } = binEvents([one], { ...options, duplicates: "count" });
    expect(input.kind).toBe("sparse");
    expect([rowsOf(input), [...input.values]]).toEqual([
      [[0, 11], [4], []],
      [1, 2, 1],
    ]);
  });
  test("merged polarities, squares of pixels with a smaller one at the border, a start", () => {
    const { input, inputs, outside } = binEvents([one], {
      ...{ dt: 1e-3, steps: 4, start: 0, square: 2, polarity: "merged", duplicates: "count" },
    });
    expect([inputs, outside]).toEqual([2, 1]); // the last event is at the end of the window
    expect([rowsOf(input), [...input.values]]).toEqual([
      [[], [0, 1], [0], []],
      [1, 2, 1],
    ]);
  });
  test("several samples follow one another; one may be empty", () => {
    const { input, count } = binEvents([one, recording(3, 2, []), recording(3, 2, [E(9, 1, 0, 0)])], options);
    expect(count).toBe(3);
    expect(rowsOf(input)).toEqual([[0, 11], [4], [], [], [], [], [1], [], []]);
    expect(spikesOf(binEvents([one, one], { ...options, steps: 2 }))).toEqual({
      steps: Uint32Array.of(0, 0, 1, 0, 0, 1),
      indices: Uint32Array.of(0, 11, 4, 0, 11, 4),
      samples: Uint32Array.of(0, 0, 0, 1, 1, 1),
    });
  });
  test("0.123 ms is 123 µs, although 123e-6 times 1e6 is a little more", () => {
    expect(123e-6 * 1e6).toBeGreaterThan(123);
    const { input } = binEvents([recording(1, 1, [E(0, 0, 0, 0), E(369, 0, 0, 0)])], { dt: 123e-6, steps: 4 });
    expect(rowsOf(input)).toEqual([[0], [], [], [0]]);
  });
});

const events = fc.array(
  fc.record({ t: fc.nat(20_000), x: fc.nat(10), y: fc.nat(6), p: fc.nat(1) }),
  { maxLength: 60, size: "max" }, // in any order
);
test("the same as a dense table filled event by event, for any options", () => {
  const options = fc.record({
    dt: fc.constantFrom(1e-3, 2.5e-4, 0.007),
    steps: fc.integer({ min: 1, max: 40 }),
    start: fc.option(fc.nat(5000), { nil: undefined }),
    square: fc.integer({ min: 1, max: 4 }),
    polarity: fc.constantFrom("channels" as const, "merged" as const),
  });
  fc.assert(
    fc.property(fc.array(events, { minLength: 1, maxLength: 3 }), options, (samples, { start, ...rest }) => {
      const given = { ...rest, ...(start === undefined ? {} : { start }) };
      const recordings = samples.map((sample) => recording(11, 7, sample));
      const [clip, counted] = [binEvents(recordings, given), binEvents(recordings, { ...given, duplicates: "count" })];
      const [columns, lines] = [Math.ceil(11 / given.square), Math.ceil(7 / given.square)];
      const inputs = columns * lines * (given.polarity === "merged" ? 1 : 2);
      expect([clip.inputs, inputsOf(recordings[0]!, given)]).toEqual([inputs, inputs]);
      const table = Array.from({ length: samples.length * given.steps }, () => new Array<number>(inputs).fill(0));
      let outside = 0;
      samples.forEach((sample, s) => {
        const first = start ?? Math.min(...sample.map(({ t }) => t));
        for (const { t, x, y, p } of sample) {
          const step = Math.floor((t - first) / Math.round(given.dt * 1e6));
          const plane = given.polarity === "merged" ? 0 : p;
          const input = (plane * lines + Math.floor(y / given.square)) * columns + Math.floor(x / given.square);
          if (step < 0 || step >= given.steps) outside++;
          else table[s * given.steps + step]![input]!++;
        }
      });
      const active = table.map((row) => row.flatMap((n, k) => (n > 0 ? [k] : [])));
      expect([rowsOf(clip.input), rowsOf(counted.input)]).toEqual([active, active]);
      expect([...counted.input.values]).toEqual(table.flatMap((row) => row.filter((n) => n > 0)));
      expect([clip.outside, counted.outside]).toEqual([outside, outside]);
    }),
    { numRuns: 150, seed: 4 },
  );
});

describe("refuses", () => {
  const one = recording(3, 2, [E(0, 0, 0, 0)]);
  const good = { dt: 1e-3, steps: 2 };
  test.each<[string, () => unknown, string]>([
    ["no recordings", () => binEvents([], good), "recordings: there must be at least one"],
    [
      "sensors that differ",
      () => binEvents([one, recording(2, 3, [])], good),
      "recordings[1]: has a sensor of 2 x 3, the first of 3 x 2",
    ],
    ["no steps", () => binEvents([one], { ...good, steps: 0 }), "steps: must be an integer"],
    ["a step of no time", () => binEvents([one], { ...good, dt: 0 }), "dt: must be a finite number > 0 s"],
    ["a step in volts", () => binEvents([one], { ...good, dt: "1 mV" }), "dt: "],
    ["squares of no size", () => binEvents([one], { ...good, square: 0 }), "square: must be an integer"],
    ["a start at no time", () => binEvents([one], { ...good, start: Number.NaN }), "start: must be a time in µs"],
    [
      "labels for other recordings",
      () => binSequences("s", [one], [1, 2], ["a", "b"], good),
      "s: 1 recordings have 2 labels",
    ],
    [
      "a label without a class",
      () => binSequences("s", [one], [2], ["a", "b"], good),
      "s.labels[0]: must be a class from 0 to 1, got 2",
    ],
  ])("%s", (_, use, message) => expect(use).toThrow(message));
});

test("as labelled sequences", () => {
  const samples = [recording(2, 1, [E(0, 0, 0, 1)]), recording(2, 1, [E(0, 1, 0, 0), E(1500, 0, 0, 0)])];
  const sequences = binSequences("s", samples, [1, 0], ["a", "b"], { dt: 1e-3, steps: 2 });
  expect([sequences.count, sequences.inputs, sequences.steps]).toEqual([2, 4, 2]);
  expect([...sequences.labels]).toEqual([1, 1, 0, 0]);
  expect(rowsOf(sequences.batch([1, 0]).input)).toEqual([[1], [0], [2], []]);
});
