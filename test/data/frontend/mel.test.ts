import { describe, expect, test } from "vitest";
import { hertzOf, melFilters, melOf, melSpectrogram } from "../../../src/data/frontend/mel.ts";

describe("mel", () => {
  test("1,000 Hz are 1,000 mel, and back", () => {
    expect(melOf(1000)).toBeCloseTo(1000, 1); // 999.99, as the HTK book's formula gives it
    for (const hz of [0, 60, 440, 4000]) expect(hertzOf(melOf(hz))).toBeCloseTo(hz, 9);
  });
});

describe("bands", () => {
  test("are triangles: between two centres, the weights of neighbours add up to 1", () => {
    const [rate, frame, bands] = [8000, 256, 20];
    const filters = melFilters({ rate, frame, bands });
    const total = new Float64Array(frame / 2 + 1);
    for (const { from, weights } of filters)
      weights.forEach((w, k) => {
        total[from + k]! += w;
      });
    const edge = (k: number): number => (hertzOf((melOf(rate / 2) * k) / (bands + 1)) * frame) / rate;
    for (let bin = Math.ceil(edge(1)); bin <= edge(bands); bin++) expect(total[bin]).toBeCloseTo(1, 12);
    expect(total[0]).toBe(0);
  });
  test("say when they are too narrow to hear anything", () => {
    expect(() => melFilters({ rate: 8000, frame: 64, bands: 32 })).toThrow(/band 1 of 32 lies between two bins/);
    expect(() => melFilters({ rate: 8000, frame: 100, bands: 8 })).toThrow(/power of 2/);
    expect(() => melFilters({ rate: 8000, frame: 256, bands: 8, high: 5000 })).toThrow(/4000 Hz/);
  });
});

describe("spectrogram", () => {
  const [rate, frame, hop, bands] = [8000, 256, 128, 12];
  test("of a sine at a bin: a Hann window spreads it over three bins with amplitudes N/8, N/4, N/8", async () => {
    const bin = 32;
    const amplitude = 0.5;
    const samples = Float64Array.from({ length: 600 }, (_, n) => amplitude * Math.sin((2 * Math.PI * bin * n) / frame));
    const floor = 1e-9;
    const { frames, values } = await melSpectrogram(samples, { rate, frame, hop, bands, floor });
    expect(frames).toBe(3);
    const power = new Map([
      [bin - 1, ((amplitude * frame) / 8) ** 2],
      [bin, ((amplitude * frame) / 4) ** 2],
      [bin + 1, ((amplitude * frame) / 8) ** 2],
    ]);
    const filters = melFilters({ rate, frame, bands });
    for (let f = 0; f < frames; f++)
      filters.forEach(({ from, weights }, b) => {
        const energy = weights.reduce((sum, w, k) => sum + w * (power.get(from + k) ?? 0), 0);
        if (energy > 0) expect(values[f * bands + b]).toBeCloseTo(Math.log(energy), 5);
        else expect(values[f * bands + b]).toBeLessThan(-15); // rounding, far below the floor's neighbourhood of the sine
      });
  });
  test("of silence is the floor, and what is shorter than a frame has none", async () => {
    const { values } = await melSpectrogram(new Float32Array(frame), { rate, frame, hop, bands, floor: 1e-3 });
    for (const v of values) expect(v).toBeCloseTo(Math.log(1e-3), 5);
    const none = await melSpectrogram(new Float32Array(frame - 1), { rate, frame, hop, bands });
    expect(none.frames).toBe(0);
    await expect(melSpectrogram([Number.NaN], { rate, frame, hop, bands })).rejects.toThrow(/finite/);
  });
});
