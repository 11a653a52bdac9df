import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError, ModelError } from "../../src/base/errors.ts";
import { philoxInto } from "../../src/base/philox.ts";
import { philox4x32, streamOf } from "../../src/base/random.ts";
import { batches } from "../../src/data/batch.ts";
import { thresholdOf, trials } from "../../src/data/bernoulli.ts";
import { Examples } from "../../src/data/dataset.ts";
import { type EncodeOptions, encodeEvents, encodeValues, eventBatch, valueBatch } from "../../src/data/encode.ts";
import { bernoulli, current, type EventEncoder, latency, poisson, rate } from "../../src/data/encoder.ts";
import { ROOM, trialMill } from "../../src/data/trialMill.ts";

const examplesOf = (rows: readonly (readonly number[])[], Kind: typeof Uint8Array | typeof Float32Array): Examples =>
  new Examples("x", rows[0]!.length, Kind.from(rows.flat()), new Uint8Array(rows.length));
const grey = (...rows: readonly (readonly number[])[]): Examples => examplesOf(rows, Uint8Array);
const plain = (...rows: readonly (readonly number[])[]): Examples => examplesOf(rows, Float32Array);

/** Spikes as [sample][step] → active features. */
function raster(
  encoder: EventEncoder,
  examples: Examples,
  options: EncodeOptions,
  indices = Array.from({ length: examples.count }, (_, k) => k),
): number[][][] {
  const out = eventBatch();
  encodeEvents(encoder, examples, indices, options, out);
  const { list, ends } = out;
  const at = (s: number, t: number): number => s * options.steps + t;
  return indices.map((_, s) =>
    Array.from({ length: options.steps }, (_, t) => [...list.slice(ends[at(s, t)], ends[at(s, t) + 1])]),
  );
}
/** Steps at which each feature of the first sample spikes. */
const times = (encoder: EventEncoder, examples: Examples, steps: number): number[][] => {
  const [first] = raster(encoder, examples, { steps });
  return Array.from({ length: examples.size }, (_, p) =>
    first!.flatMap((active, t) => (active.includes(p) ? [t] : [])),
  );
};

describe("random words", () => {
  const u32 = fc.nat(0xffffffff);
  test("the fast Philox is the Philox of base", () => {
    const out = new Uint32Array(4);
    fc.assert(
      fc.property(fc.tuple(u32, u32, u32, u32), fc.tuple(u32, u32), (counter, key) => {
        philoxInto(out, ...counter, ...key);
        expect([...out]).toEqual([...philox4x32(counter, key)]);
      }),
      { numRuns: 300 },
    );
  });
  test("trials of many features at once are the trials of each", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(u32, fc.oneof(u32, fc.constantFrom(0, 1, 0x80000000, 0xffffffff))), {
          minLength: 1,
          maxLength: 50,
        }),
        fc.tuple(u32, u32, u32, u32),
        fc.nat(7),
        fc.integer(),
        (features, [seed, stream, epoch, sample], chunk, lanes) => {
          const mill = trialMill();
          features.forEach(([feature, threshold], k) => {
            mill.features[k] = feature;
            mill.thresholds[k] = threshold;
          });
          mill.run(features.length, { sample, epoch, chunk, lanes, seed, stream });
          const one = trials(seed, stream, epoch);
          const expected = features.map(([feature, threshold]) => one(threshold, feature, sample, chunk, lanes) | 0);
          expect([...mill.masks.subarray(0, features.length)]).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
  test("more features than the mill has room for, certain ones among them", () => {
    const size = ROOM + 300;
    const features = Float32Array.from({ length: size }, (_, k) => (k % 5 === 0 ? 1 : (k % 97) / 97));
    const steps = 40;
    const [seed, epoch] = [3, 2];
    const encoded = raster(bernoulli(), new Examples("x", size, features, new Uint8Array(1)), {
      steps,
      seed,
      epoch,
    })[0]!;
    const draw = trials(seed, streamOf("data.encode"), epoch);
    const masks = [0, 1].map((w) =>
      Array.from(features, (x, k) => draw(thresholdOf(x), k, 0, w, w === 0 ? -1 : 2 ** (steps - 32) - 1)),
    );
    const spiking = (t: number): number[] =>
      Array.from(features.keys()).filter((k) => ((masks[t >> 5]![k]! >>> (t & 31)) & 1) === 1);
    for (let t = 0; t < steps; t++) expect(encoded[t]).toEqual(spiking(t));
  });
  test("32 trials are the comparisons u < p·2^32, all bits of u drawn", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        u32,
        u32,
        fc.nat(3),
        fc.integer(),
        (p, feature, sample, chunk, lanes) => {
          const threshold = thresholdOf(p);
          const words = Array.from(
            { length: 32 },
            (_, k) => philox4x32([feature, sample, 9, chunk * 8 + (k >> 2)], [5, 6])[k & 3]!,
          );
          const mask = trials(5, 6, 9)(threshold, feature, sample, chunk, lanes);
          for (let lane = 0; lane < 32; lane++) {
            const u = words.reduce((sum, word) => sum * 2 + ((word >>> lane) & 1), 0);
            expect((mask >>> lane) & 1).toBe(u < threshold ? (lanes >>> lane) & 1 : 0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("spikes by chance", () => {
  const LEVELS = Array.from({ length: 256 }, (_, level) => level);
  const SAMPLES = 200;
  const STEPS = 64;
  const every = grey(...Array.from({ length: SAMPLES }, () => LEVELS));

  test.each<[string, EventEncoder, (x: number) => number]>([
    ["bernoulli", bernoulli(), (x) => x],
    ["bernoulli, gain 2", bernoulli(2), (x) => Math.min(1, 2 * x)],
    ["poisson, 3 a step", poisson(3), (x) => 1 - Math.exp(-3 * x)],
  ])("%s: each grey level spikes at its rate", (_, encoder, chance) => {
    const counts = new Array(256).fill(0);
    for (const sample of raster(encoder, every, { steps: STEPS }))
      for (const active of sample) for (const p of active) counts[p]++;
    const n = SAMPLES * STEPS;
    for (const level of LEVELS) {
      const p = chance(level / 255);
      // Five standard deviations: one level of 256 fails in 7,000 seeds.
      expect(Math.abs(counts[level] - n * p), `level ${level}`).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
    }
  });
  test("neighbours in time, space and samples are independent", () => {
    const size = 64;
    const half = plain(...Array.from({ length: SAMPLES }, () => new Array(size).fill(0.5)));
    const spikes = raster(bernoulli(), half, { steps: STEPS }).map((sample) => sample.map((active) => new Set(active)));
    const joint = (ds: number, dt: number, dp: number): [number, number] => {
      let [both, n] = [0, 0];
      for (let s = 0; s + ds < SAMPLES; s++)
        for (let t = 0; t + dt < STEPS; t++)
          for (let p = 0; p + dp < size; p++) {
            n++;
            if (spikes[s]![t]!.has(p) && spikes[s + ds]![t + dt]!.has(p + dp)) both++;
          }
      return [both, n];
    };
    const shifts: [number, number, number][] = [
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
      [0, 32, 0],
    ];
    for (const shift of shifts) {
      const [both, n] = joint(...shift);
      // Of n pairs a quarter. Neighbouring pairs share a cell: variance 3/16 + 2·(1/8 − 1/16) = 5/16 a pair.
      expect(Math.abs(both - n / 4), shift.join()).toBeLessThan(5 * Math.sqrt(n * (5 / 16)));
    }
  });
  test("0 never spikes and 1 always does", () => {
    expect(times(bernoulli(), grey([0, 255]), 40)).toEqual([[], Array.from({ length: 40 }, (_, t) => t)]);
  });
  test("the same for any order, batch and number of steps; another for another seed, epoch or sample", () => {
    const examples = grey([9, 90, 130, 250], [9, 90, 130, 250], [255, 0, 3, 77]);
    const options = { steps: 50, seed: 3, epoch: 2 };
    const whole = raster(bernoulli(), examples, options);
    fc.assert(
      fc.property(fc.array(fc.nat(2), { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (indices, steps) => {
        expect(raster(bernoulli(), examples, { ...options, steps }, indices)).toEqual(
          indices.map((index) => whole[index]!.slice(0, steps)),
        );
      }),
      { numRuns: 50 },
    );
    expect(whole[0]).not.toEqual(whole[1]);
    for (const other of [{ seed: 4 }, { epoch: 3 }])
      expect(raster(bernoulli(), examples, { ...options, ...other })).not.toEqual(whole);
  });
});

describe("spikes at fixed steps", () => {
  test("latency: from 0 at full brightness to the last step at the threshold, silent below", () => {
    expect(times(latency({ threshold: 0.25 }), plain([1, 0.25, 0.625, 0.2, 0]), 5)).toEqual([[0], [4], [2], [], []]);
  });
  test("latency within the first steps of the run", () => {
    expect(times(latency({ threshold: 0, steps: 3 }), plain([1, 0.5, 1e-6, 0]), 40)).toEqual([[0], [1], [2], []]);
  });
  test("latency of a leaky integrator: tau·ln(x/(x − threshold)), too late is silent", () => {
    const at = (x: number): number => Math.floor(2 * Math.log(x / (x - 0.5)));
    expect([at(1), at(0.625)]).toEqual([1, 3]);
    expect(times(latency({ threshold: 0.5, tau: 2 }), plain([1, 0.625, 0.501, 0.5, 0]), 8)).toEqual([
      [1],
      [3],
      [],
      [],
      [],
    ]);
  });
  test("latency: of two grey levels the brighter is never later", () => {
    const spikes = times(latency({ threshold: 0.1 }), grey(Array.from({ length: 256 }, (_, level) => level)), 20);
    expect(spikes.findIndex((at) => at.length === 1)).toBe(26); // 26/255 is the first above 0.1
    for (let level = 27; level < 256; level++) expect(spikes[level]![0]).toBeLessThanOrEqual(spikes[level - 1]![0]!);
  });
  test("rate: evenly spaced, floor(steps·p) of them, over several words of steps", () => {
    expect(times(rate(), plain([0.5, 0.25, 1, 0]), 8)).toEqual([[1, 3, 5, 7], [3, 7], [0, 1, 2, 3, 4, 5, 6, 7], []]);
    expect(times(rate(0.5), plain([1, 0.5]), 70).map((at) => at.length)).toEqual([35, 17]);
    expect(times(rate(), plain([1]), 100)[0]).toHaveLength(100);
  });
  test("each sample of plain numbers is worked out afresh", () => {
    expect(raster(latency(), plain([1, 0], [0, 1], [0.02, 1]), { steps: 2 })).toEqual([
      [[0], []],
      [[1], []],
      [[1], [0]],
    ]);
  });
  test("grey levels and the same numbers give the same spikes", () => {
    expect(times(latency(), grey([0, 51, 255]), 6)).toEqual(times(latency(), plain([0, 51 / 255, 1]), 6));
  });
});

describe("batches of events", () => {
  test("lists ascend within a step and ends never fall, whatever the batch held before", () => {
    const out = eventBatch();
    const rows = fc.array(fc.array(fc.nat(255), { minLength: 7, maxLength: 7 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom(bernoulli(), latency(), rate()),
        (features, steps, encoder) => {
          encodeEvents(
            encoder,
            grey(...features),
            features.map((_, k) => k),
            { steps },
            out,
          );
          expect(out.ends[0]).toBe(0);
          for (let k = 0; k < features.length * steps; k++) {
            const active = [...out.list.slice(out.ends[k], out.ends[k + 1])];
            expect(out.ends[k + 1]).toBe(out.ends[k]! + active.length);
            expect(active).toEqual([...new Set(active)].sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
  test("arrays are kept while they are large enough", () => {
    const out = eventBatch();
    encodeEvents(rate(), grey([255, 255]), [0, 0, 0], { steps: 4 }, out);
    const { list, ends } = out;
    encodeEvents(rate(), grey([255, 0]), [0], { steps: 4 }, out);
    expect([out.list === list, out.ends === ends, [...ends.slice(0, 5)]]).toEqual([true, true, [0, 1, 2, 3, 4]]);
  });
  test("no samples, no spikes", () => expect(raster(bernoulli(), grey([1]), { steps: 3 }, [])).toEqual([]));
});

describe("values", () => {
  test("non-zero features, as fractions of 255 or as they are, times the gain", () => {
    const out = valueBatch();
    encodeValues(current(2), grey([0, 51, 0, 255], [0, 0, 0, 0], [255, 0, 0, 0]), [2, 1, 0], out);
    expect([[...out.ends.slice(0, 4)], [...out.list.slice(0, 3)], [...out.values.slice(0, 3)]]).toEqual([
      [0, 1, 1, 3],
      [0, 1, 3],
      [2, Math.fround(0.4), 2],
    ]);
    encodeValues(current(), plain([0, -1.5]), [0], out);
    expect([out.ends[1], out.list[0], out.values[0]]).toEqual([1, 1, -1.5]);
  });
  test("levels: whole parts of 1, halves upwards; what rounds to 0 is not listed", () => {
    const out = valueBatch();
    encodeValues(current(2, { levels: 3 }), grey([0, 42, 43, 127, 128, 255]), [0], out);
    expect([out.ends[1], [...out.list.slice(0, 4)], [...out.values.slice(0, 4)]]).toEqual([
      4,
      [2, 3, 4, 5],
      [2 / 3, 2 / 3, 4 / 3, 2].map(Math.fround),
    ]);
    expect(() => encodeValues(current(1, { levels: 0.5 }), grey([1]), [0], out)).toThrow("encoder.levels");
  });
});

describe("refuses", () => {
  const steps = { steps: 10 };
  test.each<[string, EventEncoder, string]>([
    ["bernoulli", bernoulli(-1), "encoder.gain"],
    ["bernoulli", bernoulli(NaN), "encoder.gain"],
    ["poisson", poisson(0), "encoder.rate"],
    ["rate", rate(Infinity), "encoder.gain"],
    ["latency", latency({ threshold: 1 }), "encoder.threshold"],
    ["latency", latency({ steps: 11 }), "encoder.steps"],
    ["latency", latency({ tau: 0 }), "encoder.tau"],
    ["latency", latency({ tau: 1, threshold: 0 }), "encoder.threshold"],
  ])("%s %o", (_, encoder, path) => {
    expect(() => raster(encoder, grey([1]), steps)).toThrow(expect.objectContaining({ path, code: "out-of-range" }));
    expect(() => raster(encoder, grey([1]), steps)).toThrow(ModelError);
  });
  test.each([{ seed: -1 }, { seed: 0.5 }, { epoch: NaN }])("%o", (bad) => {
    expect(() => raster(bernoulli(), grey([1]), { ...steps, ...bad })).toThrow(/^(seed|epoch): must be an integer/);
  });
  test.each([[0], [1.5], [NaN]])("%d steps", (count) =>
    expect(() => raster(bernoulli(), grey([1]), { steps: count })).toThrow("steps: must be an integer >= 1"),
  );
  test.each([[1.01], [-0.01], [NaN]])("feature %d", (x) => {
    const examples = plain([0, 0], [0, 0]);
    examples.features[3] = x; // after the check on construction
    for (const encoder of [bernoulli(), latency()])
      expect(() => raster(encoder, examples, steps)).toThrow(
        `features[1][1]: must be from 0 to 1 to be encoded as spikes, got ${examples.features[3]}`,
      );
    if (Number.isNaN(x))
      expect(() => encodeValues(current(), examples, [1], valueBatch())).toThrow(
        "features[1][1]: must be finite, got NaN",
      );
  });
  test.each([[2], [-1], [0.5], [NaN]])("index %d of 2 examples", (index) => {
    expect(() => raster(bernoulli(), grey([1], [2]), steps, [0, index])).toThrow(DataError);
    expect(() => encodeValues(current(), grey([1], [2]), [0, index], valueBatch())).toThrow(
      `indices[1]: must be an integer from 0 to 1, got ${index}`,
    );
  });
});

describe("order of visits", () => {
  const order = (options = {}): number[] => [...batches(10, 4, options)].flatMap((batch) => [...batch]);
  test("every index once, the last batch smaller", () => {
    expect([...batches(10, 4)].map((batch) => batch.length)).toEqual([4, 4, 2]);
    expect(order().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
  test("by seed and epoch; in order unless shuffled", () => {
    expect(order({ seed: 1, epoch: 2 })).toEqual(order({ seed: 1, epoch: 2 }));
    expect(order({ seed: 1 })).not.toEqual(order({ seed: 2 }));
    expect(order({ seed: 1 })).not.toEqual(order({ seed: 1, epoch: 1 }));
    expect(order({ shuffle: false })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
  test("a batch of nothing is refused", () =>
    expect(() => [...batches(10, 0)]).toThrow("batchSize: must be an integer >= 1, got 0"));
});
