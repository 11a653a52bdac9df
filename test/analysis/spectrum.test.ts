import { describe, expect, test } from "vitest";
import { realTransform } from "../../src/base/fourier.ts";
import { coherence, powerSpectrum, spikeSpectrum } from "../../src/analysis/spectrum.ts";
import { synchrony } from "../../src/analysis/synchrony.ts";
import { randomStream, streamOf } from "../../src/base/random.ts";
import { alone, deadTimeTrain, gammaTrain, poissonTrain, regularTrain, together } from "./processes.ts";

const noise = (n: number, seed: number): Float64Array => {
  const out = new Float64Array(n);
  randomStream(seed, streamOf("noise")).fillNormal(out);
  return out;
};

test("the library's transform is the definition's", async () => {
  const transform = await realTransform();
  for (const n of [2, 4, 16, 128]) {
    const x = noise(n, n);
    const [re, im] = transform(x);
    for (let k = 0; k <= n / 2; k++) {
      let [a, b] = [0, 0];
      for (let t = 0; t < n; t++) {
        a += x[t]! * Math.cos((2 * Math.PI * k * t) / n);
        b -= x[t]! * Math.sin((2 * Math.PI * k * t) / n);
      }
      // n products and log2 n stages, each right to 2^-53 of sums of at most 4 n.
      expect(Math.hypot(re[k]! - a, im[k]! - b)).toBeLessThan(n * 4 * n * 2 ** -50);
    }
  }
});

describe("of variables", () => {
  const dt = 1e-3;
  test("a sine in the middle of a bin: its power A²/2 under the peak, nothing far from it", async () => {
    const [segment, cycles, amplitude] = [1024, 100, 3];
    const x = Float64Array.from(
      { length: 8 * segment },
      (_, k) => 5 + amplitude * Math.sin((2 * Math.PI * cycles * k) / segment),
    );
    for (const taper of ["hann", "none"] as const) {
      const { frequencies, power, segments } = await powerSpectrum(x, dt, { segment, taper });
      expect(segments).toBe(15);
      expect(frequencies[cycles]).toBeCloseTo(cycles / (segment * dt), 9);
      const df = frequencies[1]!;
      const near = power.slice(cycles - 1, cycles + 2).reduce((a, b) => a + b, 0) * df;
      expect(near).toBeCloseTo(amplitude ** 2 / 2, 9);
      expect(power.reduce((a, b) => a + b, 0) * df - near).toBeLessThan(1e-9);
    }
  });
  test("Parseval: without taper or overlap the sum is the mean variance of the segments, exactly", async () => {
    const x = noise(4096, 2);
    const { frequencies, power } = await powerSpectrum(x, dt, { segment: 256, taper: "none", overlap: false });
    let expected = 0;
    for (let s = 0; s < 16; s++) {
      const part = x.subarray(256 * s, 256 * (s + 1));
      const m = part.reduce((a, b) => a + b, 0) / 256;
      expected += part.reduce((a, b) => a + (b - m) ** 2, 0) / 256 / 16;
    }
    expect(power.reduce((a, b) => a + b, 0) * frequencies[1]!).toBeCloseTo(expected, 12);
  });
  test("an Ornstein-Uhlenbeck process in steps: 2 σ² dt (1 - a²) / |1 - a e^(-iω dt)|²", async () => {
    const a = Math.exp(-dt / 0.01);
    const [segment, segments] = [512, 512];
    const drive = noise(segment * segments + 1000, 3);
    let v = 0;
    const x = drive.map((xi) => (v = a * v + Math.sqrt(1 - a * a) * xi)).slice(1000);
    const { frequencies, power } = await powerSpectrum(x, dt, { segment, overlap: false });
    let mean = 0;
    for (let k = 4; k < segment / 2; k++) {
      const w = 2 * Math.PI * frequencies[k]! * dt;
      const expected = (2 * dt * (1 - a * a)) / (1 - 2 * a * Math.cos(w) + a * a);
      // Each is an average over the segments of something exponential; leakage through Hann's taper is far below.
      expect(Math.abs(power[k]! / expected - 1)).toBeLessThan(5 / Math.sqrt(segments));
      mean += power[k]! / expected / (segment / 2 - 4);
    }
    // Neighbours share half their noise through the taper.
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(2 / (segments * (segment / 2))));
  });
  test("refused", async () => {
    await expect(powerSpectrum([1, Number.NaN, 2, 3], dt, { segment: 2 })).rejects.toThrow(
      "values[1]: must be finite, got NaN",
    );
    await expect(powerSpectrum([1, 2, 3], dt, { segment: 4 })).rejects.toThrow(
      "segment: 4 samples are more than the record's 3",
    );
    await expect(powerSpectrum([1, 2, 3], dt, { segment: 3 })).rejects.toThrow(
      "segment: must be a power of 2, at least 2, got 3",
    );
    await expect(powerSpectrum([1, 2, 3], 0, { segment: 2 })).rejects.toThrow("dt: must be a finite number of seconds");
    await expect(powerSpectrum([1], dt)).rejects.toThrow("segment: 2 samples are more than the record's 1");
    await expect(powerSpectrum([1, 2], dt, { taper: "hamming" as never })).rejects.toThrow(
      "taper: unknown taper 'hamming'",
    );
  });
});

describe("of spikes", () => {
  const [bin, segment, to] = [1e-3, 512, 1000];
  const segments = Math.floor(to / (segment * bin));
  const spectrum = (train: Float64Array) =>
    spikeSpectrum(alone(train, to), bin, { segment, taper: "none", overlap: false });
  /** Every frequency within five standard errors, and the mean of all within four. */
  const expectNear = (power: Float64Array, expected: (k: number) => number, blur: number, last = segment / 2): void => {
    let mean = 0;
    for (let k = 1; k < last; k++) {
      expect(Math.abs(power[k]! / expected(k) - 1), `bin ${k}`).toBeLessThan(5 / Math.sqrt(segments) + blur);
      mean += power[k]! / expected(k) / (last - 1);
    }
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(segments * (last - 1)) + blur);
  };
  test("Poisson: the rate at every frequency", async () => {
    const train = poissonTrain(40, to, 80);
    const { power } = await spectrum(train);
    expectNear(power, () => 40, 4 / Math.sqrt(40 * to)); // the drawn rate is that far from 40
  });
  // Renewal: λ Re (1 + φ)/(1 - φ), with φ the transform of the intervals' density (Cox and Lewis 1966, 4.6).
  const renewalPower = (rate: number, re: number, im: number): number => {
    const below = (1 - re) ** 2 + im ** 2;
    return (rate * ((1 + re) * (1 - re) - im * im)) / below;
  };
  test.each([2, 5])("gamma of order %i", async (k) => {
    const rate = 40;
    const { power, frequencies } = await spectrum(gammaTrain(k, rate, to, 81 + k));
    const expected = (n: number): number => {
      const w = (2 * Math.PI * frequencies[n]!) / (k * rate);
      const [size, angle] = [(1 + w * w) ** (-k / 2), -k * Math.atan(w)];
      return renewalPower(rate, size * Math.cos(angle), size * Math.sin(angle));
    };
    // Up to 150 Hz binning blurs by 1 - sinc²(0.15) = 7 % of what differs from the rate, which is folded back: less than 5 %.
    expectNear(power, expected, 0.05, Math.round(150 * segment * bin));
    expect(power.slice(1, 4).every((p) => p < 0.75 * rate)).toBe(true);
  });
  test("Poisson with dead time", async () => {
    const [r, d] = [60, 0.01];
    const { power, frequencies } = await spectrum(deadTimeTrain(r, d, to, 85));
    const expected = (n: number): number => {
      const w = 2 * Math.PI * frequencies[n]!;
      // e^(-iwd) / (1 + iw/r)
      const [c, s, x] = [Math.cos(w * d), -Math.sin(w * d), w / r];
      const size = 1 + x * x;
      return renewalPower(1 / (d + 1 / r), (c + s * x) / size, (s - c * x) / size);
    };
    expectNear(power, expected, 0.05, Math.round(150 * segment * bin));
  });
  test("a regular train: all its power at multiples of its rate", async () => {
    const train = regularTrain(0.016, 64);
    const { power, frequencies } = await spikeSpectrum(alone(train, 64), bin, { segment: 1024, taper: "none" });
    const peaks = [...frequencies].filter((_, k) => power[k]! > 1);
    expect(peaks.map((f) => Math.round(f * 10) / 10)).toEqual([62.5, 125, 187.5, 250, 312.5, 375, 437.5, 500]);
  });
  test("neurons are averaged", async () => {
    const trains = [poissonTrain(20, 100, 86), poissonTrain(60, 100, 87)];
    const [both, ...each] = await Promise.all(
      [together(trains, 100), ...trains.map((t) => alone(t, 100))].map((s) => spikeSpectrum(s, bin, { segment })),
    );
    for (const [k, p] of both!.power.entries()) expect(p).toBeCloseTo((each[0]!.power[k]! + each[1]!.power[k]!) / 2, 9);
  });
  test("silence has no power; a record shorter than a segment is refused", async () => {
    expect((await spectrum(new Float64Array(0))).power.every((p) => p === 0)).toBe(true);
    await expect(spikeSpectrum(alone(new Float64Array(0), 0.1), bin, { segment })).rejects.toThrow(
      "512 samples are more than",
    );
    await expect(spikeSpectrum(together([], 1), bin)).rejects.toThrow("trains: there are no neurons");
  });
});

describe("in common", () => {
  test("coherence of a signal with itself and half as much noise: 1/(1 + 1/4)", async () => {
    const [segment, segments] = [128, 512];
    const x = noise(segment * segments, 90);
    const y = noise(segment * segments, 91).map((n, k) => x[k]! + 0.5 * n);
    const c = await coherence(x, y, 1e-3, { segment, overlap: false });
    const inner = c.coherence.slice(1, -1);
    const mean = inner.reduce((a, b) => a + b, 0) / inner.length;
    // Bias (1 - C)²/segments, variance 2 C (1 - C)²/segments a frequency (Carter, Knapp, Nuttall 1973); half are free.
    expect(Math.abs(mean - 0.8)).toBeLessThan(
      4 * Math.sqrt((2 * 0.8 * 0.04) / (segments * (inner.length / 2))) + 0.04 / segments,
    );
    expect((await coherence(x, x, 1e-3, { segment })).coherence.every((v) => Math.abs(v - 1) < 1e-12)).toBe(true);
  });
  test("signals with nothing in common: 1/segments on average", async () => {
    const [x, y] = [noise(2 ** 15, 92), noise(2 ** 15, 93)];
    const { coherence: c, segments } = await coherence(x, y, 1, { segment: 512, overlap: false });
    const mean = c.reduce((a, b) => a + b, 0) / c.length;
    expect(segments).toBe(64);
    expect(Math.abs(mean * 64 - 1)).toBeLessThan(4 * Math.sqrt(2 / c.length));
  });
  test("refused", async () => {
    await expect(coherence([1, 2], [1], 1)).rejects.toThrow("coherence: needs two signals of one length, got 2 and 1");
    await expect(coherence([1, 2], [1, 2], 1, { segment: 2 })).rejects.toThrow(
      "segment: two segments at least must fit",
    );
  });
  test("synchrony: 1 where all do the same, √(1/n) where each does its own, √(c + (1 - c)/n) in between", () => {
    const [n, times] = [50, 4000];
    const shared = noise(times, 94);
    for (const c of [0, 0.3, 1]) {
      const own = noise(n * times, 95);
      const values = own.map((x, k) => Math.sqrt(c) * shared[Math.floor(k / n)]! + Math.sqrt(1 - c) * x);
      // A variance of `times` values is known to √(2/times), its root to half of that.
      expect(Math.abs(synchrony(values, n) / Math.sqrt(c + (1 - c) / n) - 1)).toBeLessThan(
        (4 * Math.sqrt(2 / times)) / 2,
      );
    }
    expect(synchrony([1, 1, 1, 1], 2)).toBeNaN();
    expect(() => synchrony([1, 2, 3], 2)).toThrow("values: needs two whole rows of 2 at least, got 3 values");
    expect(() => synchrony([1, 2, 3, Number.NaN], 2)).toThrow("values[3]: must be finite, got NaN");
  });
});
