import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventRecording } from "../../../src/data/events/recording.ts";
import { differences, fromCrossings, levelCrossings } from "../../../src/data/frontend/crossings.ts";

const rows = (e: EventRecording): number[][] => Array.from(e.t, (t, k) => [t, e.x[k]!, e.polarity[k]!]);

describe("level crossings", () => {
  test("of a ramp come at the times of a straight line", () => {
    // 0, 1, 0 at 1,000 samples a second: crosses 0.25, 0.5, 0.75, 1 on the way up, and leaves 1 by 0.25 four times.
    const events = levelCrossings({ rate: 1000, channels: 1, values: [0, 1, 0] }, { delta: 0.25 });
    expect(rows(events)).toEqual([
      [250, 0, 1],
      [500, 0, 1],
      [750, 0, 1],
      [1000, 0, 1],
      [1250, 0, 0],
      [1500, 0, 0],
      [1750, 0, 0],
      [2000, 0, 0],
    ]);
  });
  test("of several channels are in order of time, then of channel, each with a delta of its own", () => {
    const values = [0, 0, 2, 1, 2, 3];
    const events = levelCrossings({ rate: 1, channels: ["a", "b"], values }, { delta: [2, 1] });
    expect(rows(events)).toEqual([
      [1e6, 0, 1],
      [1e6, 1, 1],
      [1.5e6, 1, 1],
      [2e6, 1, 1],
    ]);
  });
  test("a staircase made of the events stays within delta of every sample", () => {
    const signal = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(signal, fc.double({ min: 0.05, max: 3, noNaN: true }), (values, delta) => {
        const events = levelCrossings({ rate: 250, channels: 1, values }, { delta });
        const back = fromCrossings(events, { delta, rate: 250, start: [values[0]!], steps: values.length });
        // Levels are rounded once in the division: a few units in the last place of the largest value.
        for (let k = 0; k < values.length; k++)
          expect(Math.abs(values[k]! - back[k]!)).toBeLessThanOrEqual(delta + 1e-13);
      }),
    );
  });
  test("says where the signal is not finite, and where delta does not fit it", () => {
    expect(() => levelCrossings({ rate: 1, channels: 2, values: [0, 0, 0, Number.NaN] }, { delta: 1 })).toThrow(
      /sample 1, channel 1.*finite/,
    );
    expect(() => levelCrossings({ rate: 1, channels: 1, values: [0, 1e9] }, { delta: 1e-3 })).toThrow(/larger delta/);
    expect(() => levelCrossings({ rate: 1, channels: 1, values: [0, 1] }, { delta: 0 })).toThrow(/delta/);
    expect(() => levelCrossings({ rate: 1, channels: 2, values: [0, 1] }, { delta: [1] })).toThrow(
      /each of 2 channels/,
    );
    expect(() => levelCrossings({ rate: 1, channels: 2, values: [0, 1, 2] }, { delta: 1 })).toThrow(/no rows of 2/);
  });
});

describe("differences", () => {
  test("are events where two samples differ by the threshold or more", () => {
    // The example of snnTorch's tutorial 1, section 2.3, with threshold 4.
    const values = [0, 1, 0, 2, 8, -20, 20, -5, 0, 1, 0];
    const signal = { rate: 1, channels: 1, values };
    expect(rows(differences(signal, { threshold: 4, off: false }))).toEqual([
      [4e6, 0, 1],
      [6e6, 0, 1],
      [8e6, 0, 1],
    ]);
    expect(rows(differences(signal, { threshold: 4 }))).toEqual([
      [4e6, 0, 1],
      [5e6, 0, 0],
      [6e6, 0, 1],
      [7e6, 0, 0],
      [8e6, 0, 1],
    ]);
  });
});
