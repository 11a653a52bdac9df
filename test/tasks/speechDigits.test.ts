/** The task on the real recordings, shortened: it learns, and pictures of sound are what they should be. */
import { expect, test } from "vitest";
import type { Dataset } from "../../src/data/dataset.ts";
import type { CompareDocument } from "../../src/report/document.ts";
import { compare } from "../../src/tasks/compare.ts";
import { SPEECH_DIGITS } from "../../src/tasks/speechDigits.ts";
import { dataFolder, hasData, NEEDS } from "../data/shared.ts";

test("features begin with silence, are standardised, and hold their own differences", async ({ skip }) => {
  skip(!hasData("fsdd"), NEEDS);
  const {
    train: examples,
    test: unknown,
    shape,
  } = (await SPEECH_DIGITS.load({ directory: dataFolder, seed: 1 })) as Dataset;
  expect([examples.count, unknown.count, shape]).toEqual([2700, 300, [64, 64]]);
  const at = (s: number, t: number, k: number): number => examples.features[(s * 64 + t) * 64 + k]!;
  let [sum, squares, frames] = [0, 0, 0];
  for (let s = 0; s < examples.count; s += 50) {
    for (let t = 0; t < 3; t++) for (let k = 0; k < 64; k++) expect(at(s, t, k)).toBe(0);
    for (let t = 1; t < 64; t++)
      for (let b = 0; b < 32; b++) {
        expect(at(s, t, 32 + b)).toBeCloseTo(at(s, t, b) - at(s, t - 1, b), 5);
        if (at(s, t, b) === 0) continue;
        sum += at(s, t, b);
        squares += at(s, t, b) ** 2;
        frames++;
      }
  }
  expect(Math.abs(sum / frames)).toBeLessThan(0.2); // of 54 recordings, as all together have mean 0 and variance 1
  expect(Math.abs(squares / frames - 1)).toBeLessThan(0.2);
});
test("three epochs tell most digits, of spikes and of the convolutions beside them", { timeout: 240_000 }, async ({
  skip,
}) => {
  skip(!hasData("fsdd"), NEEDS);
  const options = { task: "speech-digits", data: dataFolder, seed: 1, threads: 1, epochs: 3 };
  const { document, text } = await compare(options, () => {});
  const { spiking, twin } = document as unknown as CompareDocument;
  expect(spiking.accuracy).toBeGreaterThan(0.6); // by chance 0.1
  expect(twin.accuracy).toBeGreaterThan(0.6);
  // 60 and 26 windows of 5 frames, 64 to 64 channels; maxima halve both to 13 x 64 values, which 128 units and ten answers read
  expect(twin.counts.total.macs).toBe((60 + 26) * 5 * 64 * 64 + 13 * 64 * 128 + 128 * 10);
  expect(twin.energy.f32!.total.low).toBeGreaterThan(0);
  expect(text).toContain("two convolutions over time");
});
