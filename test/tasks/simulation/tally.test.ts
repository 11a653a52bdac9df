/** Running sums against the lists that they stand for: closed forms, and definitions written out. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { intervals as intervalsOf, cv as variationOf } from "../../../src/analysis/intervals.ts";
import { mean, variance } from "../../../src/analysis/moments.ts";
import { thinned } from "../../../src/tasks/simulation/analysis.ts";
import { Curve, DrawnSpikes, Marks, MOST_MARKS } from "../../../src/tasks/simulation/drawn.ts";
import { IntervalTally, Occurrences, TimeBins } from "../../../src/tasks/simulation/tally.ts";

type Spike = readonly [tick: number, neuron: number];
function tallied(size: number, spikes: readonly Spike[]): IntervalTally {
  const tally = new IntervalTally(size);
  tally.add(
    spikes.map((s) => s[0]),
    spikes.map((s) => s[1]),
  );
  return tally;
}
/** Trains in order of time: steps from one spike to the next, and who fires. */
const trains = fc.array(fc.tuple(fc.nat(40), fc.nat(3)), { maxLength: 300 }).map((all) => {
  let now = 0;
  return all.map(([after, n]): Spike => [(now += after), n]);
});

describe("intervals", () => {
  test("regular neurons have a CV of 0, and one interval that occurs", () => {
    const spikes = Array.from({ length: 300 }, (_, k) => [10 * k + (k % 3), k % 3] as const);
    const { variation, occurrences } = tallied(4, spikes);
    expect([...occurrences]).toEqual([[30, 297]]);
    expect(variation.cvNeurons).toBe(3);
    expect(variation.cv).toBeCloseTo(0, 6);
  });
  test("two intervals in turn, a and b: CV = |a - b| / (a + b)", () => {
    const spikes = Array.from({ length: 2001 }, (_, k) => [10 * (k >> 1) + (k % 2 ? 2 : 0), 0] as const);
    expect(tallied(1, spikes).variation.cv).toBeCloseTo(6 / 10, 3); // 2 and 8
  });
  test("a Poisson process has a CV of 1", () => {
    let x = 1;
    const random = () => (x = (x * 48271) % 2147483647) / 2147483647;
    let t = 0;
    const { variation, all } = tallied(
      1,
      Array.from({ length: 20_000 }, () => [(t -= Math.log(random())), 0] as const),
    );
    // The CV's standard error is about 1/√n for exponential intervals; five of them.
    expect(Math.abs(variation.cv! - 1)).toBeLessThan(5 / Math.sqrt(20_000));
    expect(Math.abs(all.mean - 1)).toBeLessThan(5 / Math.sqrt(20_000));
  });
  test("too few intervals have no CV", () => {
    const tally = tallied(2, [
      [0, 0],
      [3, 0],
      [5, 0],
    ]);
    expect([...tally.occurrences]).toEqual([
      [2, 1],
      [3, 1],
    ]);
    expect(tally.variation).toEqual({ cvNeurons: 0 });
  });
  test("as from the whole trains, however they are cut into pieces", () => {
    fc.assert(
      fc.property(trains, fc.array(fc.nat(300), { maxLength: 5 }), (spikes, cuts) => {
        const tally = new IntervalTally(4);
        const ends = [0, ...cuts.filter((c) => c < spikes.length).sort((a, b) => a - b), spikes.length];
        for (let k = 1; k < ends.length; k++) {
          const some = spikes.slice(ends[k - 1], ends[k]);
          tally.add(
            some.map((s) => s[0]),
            some.map((s) => s[1]),
          );
        }
        const own = [0, 1, 2, 3].map((n) => spikes.filter((s) => s[1] === n).map((s) => s[0]));
        const all = own.flatMap((train) => [...intervalsOf(train)]).sort((a, b) => a - b);
        expect([...tally.occurrences].flatMap(([x, n]) => new Array<number>(n).fill(x))).toEqual(all);
        if (all.length > 0) {
          expect(tally.all.mean).toBeCloseTo(mean(all), 9);
          expect(tally.all.sd).toBeCloseTo(Math.sqrt(variance(all, 0)), 9);
          for (const share of [0, 0.5, 0.99, 1])
            expect(tally.occurrences.quantile(share)).toBe(
              all[Math.min(all.length - 1, Math.floor(share * all.length))],
            );
        }
        // 0 by 0 where all spikes of a neuron come at once.
        const cvs = own.filter((train) => train.length > 5).map(variationOf);
        expect(tally.variation.cvNeurons).toBe(cvs.length);
        if (cvs.length > 0) expect(tally.variation.cv!).toBeCloseTo(mean(cvs), 9);
      }),
    );
  });
  test("what occurs is known as it is, or to a share of 1/16,384", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e12, noNaN: true, noDefaultInfinity: true }), fc.nat(32_767), (x, n) => {
        const occurrences = new Occurrences();
        occurrences.add(x);
        const [[found]] = [...occurrences] as [[number, number]];
        expect(found).toBeLessThanOrEqual(x);
        // Below the least normal number there are fewer bits.
        if (x > 1e-300) expect(x - found).toBeLessThanOrEqual(x / 16_384);
        const whole = new Occurrences();
        whole.add(n);
        expect([...whole]).toEqual([[n, 1]]);
      }),
    );
  });
});

describe("bins of time", () => {
  const counted = (ticks: readonly number[], width: number, count: number) => {
    const bins = new Array<number>(count).fill(0);
    for (const t of ticks) bins[Math.min(count - 1, Math.floor(t / width))]!++;
    return bins;
  };
  test("a whole run has at most 400, one that was stopped has not many fewer", () => {
    const total = 100_000;
    for (const done of [30, 700, 5000, 49_999, 50_001, 100_000]) {
      const ticks = Array.from({ length: done }, (_, k) => k).filter((k) => (k * 48271) % 7 < 3);
      const bins = new TimeBins(["e", "i"], total, true);
      bins.add("e", Float64Array.from(ticks));
      const { width, counts } = bins.after(done);
      expect([...counts.get("e")!]).toEqual(counted(ticks, width, counts.get("e")!.length));
      expect(counts.get("i")!.every((n) => n === 0)).toBe(true);
      const used = Math.ceil(done / width);
      expect(used).toBeLessThanOrEqual(800);
      expect(used).toBeGreaterThanOrEqual(Math.min(done, 200));
      if (done > total / 2) expect(width).toBe(250);
    }
  });
  test("without a grid", () => {
    const bins = new TimeBins(["e"], 1000, false);
    const ticks = Array.from({ length: 1000 }, (_, k) => (k * 0.618) % 1).sort((a, b) => a - b);
    bins.add("e", Float64Array.from(ticks));
    const { width, counts } = bins.after(1);
    expect(Math.ceil(1 / width)).toBeGreaterThan(200);
    expect([...counts.get("e")!]).toEqual(counted(ticks, width, 800));
  });
});

describe("what is drawn", () => {
  const spikes = Array.from({ length: 5000 }, (_, k) => [Math.floor(k / 10), (k * 7) % 10] as const);
  const drawn = (most: number, pieces: number, size = 10) => {
    const d = new DrawnSpikes(new Map([["e", size]]), 1000, most);
    for (let k = 0; k < pieces; k++) {
      const some = spikes.slice((k * spikes.length) / pieces, ((k + 1) * spikes.length) / pieces);
      d.add(
        "e",
        some.map((s) => s[0]),
        some.map((s) => s[1]),
      );
    }
    const [{ ticks, indices }] = d.trains as [ReturnType<typeof Object>];
    return { every: d.every, until: d.until, spikes: [...ticks].map((t: number, k: number) => [t, indices[k]]) };
  };
  test("all spikes while there is room, then those of every second neuron, then the beginning", () => {
    expect(drawn(5000, 1)).toEqual({ every: 1, until: Number.POSITIVE_INFINITY, spikes });
    expect(drawn(4999, 1)).toMatchObject({ every: 2, spikes: spikes.filter((s) => s[1] % 2 === 0) });
    // Neuron 0 alone has 500 spikes, in steps 0 to 499 of 1,000.
    expect(drawn(100, 1)).toMatchObject({
      every: 16,
      until: 62.5,
      spikes: spikes.filter((s) => s[1] === 0 && s[0] < 62.5),
    });
  });
  test("however they come", () => {
    for (const most of [4999, 1200, 100]) expect(drawn(most, 37)).toEqual(drawn(most, 1));
  });
  test("marks: the first of a neuron's spikes", () => {
    const marks = new Marks([3]);
    for (let k = 0; k < MOST_MARKS + 10; k++) marks.add([k, k], [2, 3]);
    expect(marks.kept.get(3)).toEqual(Array.from({ length: MOST_MARKS }, (_, k) => k));
  });

  test("a curve that has room is thinned as the list of its samples", () => {
    const values = Float64Array.from({ length: 9000 }, (_, k) => Math.sin(k / 50) * ((k * 48271) % 11));
    const curve = new Curve(10_000);
    values.forEach((v, k) => curve.push(k, v));
    expect(curve.points).toEqual(
      thinned(
        Float64Array.from(values, (_, k) => k),
        values,
        4000,
      ),
    );
  });
  test("one that has none keeps its extremes, its order and its times", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 1000 }), (length, seed) => {
        const values = Array.from({ length }, (_, k) => (k * 48271 * seed) % 1009);
        const curve = new Curve(64);
        values.forEach((v, k) => curve.push(k, v));
        const { ticks, values: kept } = curve.points;
        expect(curve.samples).toBe(length);
        expect(kept.length).toBeLessThanOrEqual(128);
        if (length >= 64) expect(kept.length).toBeGreaterThanOrEqual(32);
        expect(Math.max(...kept)).toBe(Math.max(...values));
        expect(Math.min(...kept)).toBe(Math.min(...values));
        ticks.forEach((t, k) => {
          expect(kept[k]).toBe(values[t]);
          if (k > 0) expect(t).toBeGreaterThan(ticks[k - 1]!);
        });
      }),
    );
  });
});
