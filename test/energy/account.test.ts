import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError, UsageError } from "../../src/base/errors.ts";
import { energy } from "../../src/energy/account.ts";
import { compare } from "../../src/energy/compare.ts";
import { type Counts, countNetwork } from "../../src/energy/counts.ts";
import type { Range } from "../../src/energy/horowitz.ts";
import { equalBits } from "../../src/energy/notes.ts";
import { prices } from "../../src/energy/prices.ts";
import { spiking, twin } from "./examples.ts";

const pJ = (range: Range | undefined) =>
  range && [range.low, range.typical, range.high].map((x) => Number((x * 1e12).toPrecision(12)));
const BOUNDS = ["low", "typical", "high"] as const;

describe("by hand, from the table (all memories fit 8 KB: 5 pJ for 32 bits, 1.25 for 8, 10 for a whole access)", () => {
  test("spiking, f32: 9 sums, 12 additions, 6 products; 15 weights; 30 states; 5 events", () => {
    const account = energy(spiking(), prices.f32);
    const arithmetic = 9 * 0.9 + 12 * 0.9 + 6 * 3.7; // 41.1
    expect(pJ(account.components.arithmetic)).toEqual([arithmetic, arithmetic, arithmetic]);
    expect(pJ(account.components.weightMemory)).toEqual([75, 75, 150]);
    expect(pJ(account.components.stateMemory)).toEqual([150, 150, 300]);
    expect(pJ(account.components.activationMemory)).toEqual([25, 25, 50]);
    expect(pJ(account.total)).toEqual([291.1, 291.1, 541.1]);
    expect(account.lowerBound).toBe(false);
  });
  test("spiking, int8: narrow weights, 32-bit state", () => {
    const account = energy(spiking(), prices.int8);
    const neurons = 12 * 0.1 + 6 * 3.1;
    expect(pJ(account.components.arithmetic)).toEqual(
      [0.27 + neurons, 0.9 + neurons, 0.9 + neurons].map((x) => expect.closeTo(x, 9)),
    );
    expect(pJ(account.components.weightMemory)).toEqual([18.75, 18.75, 150]);
    expect(pJ(account.components.stateMemory)).toEqual([150, 150, 300]);
  });
  test("twin, f32: 12 multiply-additions, 3 biases; 15 weights and 15 activations", () => {
    const account = energy(twin(), prices.f32);
    expect(pJ(account.total)).toEqual([12 * 4.6 + 3 * 0.9 + 75 + 75, 207.9, 357.9].map((x) => expect.closeTo(x, 9)));
    expect(account).toMatchObject({ spikesPerSynapse: undefined, spikeRate: undefined, breakEven: [] });
  });
  test("the popular figure reverses the verdict: 8.1 pJ against 55.2 pJ", () => {
    const [a, b] = [energy(spiking(), prices.f32), energy(twin(), prices.f32)];
    expect([a.popular.value * 1e12, b.popular.value * 1e12]).toEqual([expect.closeTo(8.1, 9), expect.closeTo(55.2, 9)]);
    const { winner, popular, text, ratio } = compare(a, b);
    expect(winner).toBe("b");
    expect(popular).toBeCloseTo(8.1 / 55.2, 9);
    expect(ratio.typical).toBeCloseTo(291.1 / 207.9, 9);
    expect(text).toBe("snn needs 1.4 to 1.5 times the energy of twin: twin wins under every price of the table.");
  });
});

describe("what has no price", () => {
  const exotic = (): Counts =>
    spiking(
      {},
      {
        update: {
          additions: 2,
          multiplications: 1,
          otherOperations: 1,
          parameterReads: 1,
          stateReads: 1,
          stateWrites: 1,
        },
      },
    );

  test("makes the total a lower bound, by name", () => {
    const account = energy(exotic(), prices.f32);
    expect(account.lowerBound).toBe(true);
    expect(account.unpriced).toEqual([
      { work: "otherOperations", count: 6, reason: "the table has no division and no exponential" },
    ]);
    expect(account.total).toEqual(energy(spiking(), prices.f32).total);
  });
  test("static power is owed once a duration is known", () => {
    expect(energy(spiking(), prices.f32, { seconds: 1e-3 }).unpriced.map((entry) => entry.work)).toEqual(["seconds"]);
  });
  test("keeps a network from winning, but not from losing", () => {
    const [loser, other] = [energy(exotic(), prices.f32), energy(twin(), prices.f32)];
    expect(compare(loser, other).winner).toBe("b");
    const rare = { activeInputs: 0, steps: 1, calls: 1, activeOutputs: 1 };
    expect(compare(energy(spiking(rare), prices.f32), other).winner).toBe("a");
    expect(compare(energy(spiking(rare, exoticUpdate), prices.f32), other)).toMatchObject({
      winner: "undecided",
      text: expect.stringContaining("no price: no verdict"),
    });
  });
  const exoticUpdate = {
    update: { additions: 2, multiplications: 1, otherOperations: 1, parameterReads: 1, stateReads: 1, stateWrites: 1 },
  };
});

describe("properties", () => {
  const activity = fc.record({ activeInputs: fc.nat(8), activeOutputs: fc.nat(6) });

  test("more spikes never cost less", () => {
    fc.assert(
      fc.property(activity, activity, fc.constantFrom(...Object.values(prices)), (a, b, table) => {
        const less = {
          activeInputs: Math.min(a.activeInputs, b.activeInputs),
          activeOutputs: Math.min(a.activeOutputs, b.activeOutputs),
        };
        const more = {
          activeInputs: Math.max(a.activeInputs, b.activeInputs),
          activeOutputs: Math.max(a.activeOutputs, b.activeOutputs),
        };
        const [cheap, dear] = [energy(spiking(less), table).total, energy(spiking(more), table).total];
        for (const bound of BOUNDS) expect(dear[bound]).toBeGreaterThanOrEqual(cheap[bound]);
      }),
      { numRuns: 100 },
    );
  });
  test("components, layers and lines add up to the total; low <= typical <= high", () => {
    fc.assert(
      fc.property(activity, activity, (a, b) => {
        const counts = countNetwork("two", 2, [...spiking(a).layers, ...spiking(b).layers, ...twin().layers]);
        const { total, components, layers, lines } = energy(counts, prices.int8);
        for (const bound of BOUNDS)
          for (const parts of [
            Object.values(components),
            layers.map((layer) => layer.total),
            lines.map((line) => line.energy),
          ])
            expect(parts.reduce((sum, part) => sum + part[bound], 0)).toBeCloseTo(total[bound], 20);
        expect(total.low).toBeLessThanOrEqual(total.typical);
        expect(total.typical).toBeLessThanOrEqual(total.high);
      }),
      { numRuns: 100 },
    );
  });
  test("a network compared with itself is undecided at 1", () => {
    const account = energy(spiking(), prices.int8);
    expect(compare(account, account)).toMatchObject({ ratio: { low: 1, typical: 1, high: 1 }, winner: "undecided" });
  });
  test("weights beyond 1 MB are paid at the price of DRAM", () => {
    const large = { inputs: 1000, neurons: 1000, fanOut: 1000, weights: 1e6 };
    const { lines } = energy(spiking({ activeInputs: 1, activeOutputs: 0 }, large), prices.f32);
    expect(lines.find((line) => line.work === "weightReads")!.price.value.low).toBe(650);
    expect(lines.find((line) => line.work === "stateReads")!.price.includes).toBe(
      "one 32-bit access to SRAM of 4000 bytes",
    );
  });
});

describe("break-even lines", () => {
  const verdicts = (counts: Counts) =>
    energy(counts, prices.f32).breakEven.map((line) => [line.author.split(" ")[0], line.verdict]);

  test("spikes a synapse = synaptic events / synapses, rate = spikes / updates", () => {
    expect(energy(spiking(), prices.f32)).toMatchObject({ spikesPerSynapse: 9 / 12, spikeRate: 2 / 6 });
  });
  test.each([
    [0, "below", "below"],
    [14, "below", "below"],
    [15, "below", "between"],
    [138, "below", "between"],
    [139, "below", "above"],
    [171, "below", "above"],
    [172, "between", "above"],
    [173, "above", "above"],
  ])("%i spikes into 100 inputs", (activeInputs, davidson, dampfhoffer) => {
    const counts = spiking({ activeInputs }, { inputs: 100, weights: 300 });
    expect(verdicts(counts)).toEqual([
      ["Davidson", davidson],
      ["Dampfhoffer", dampfhoffer],
      ["Yan", "not applicable"],
    ]);
  });
  test.each([
    [5, 0, "below"],
    [10, 1, "below"],
    [10, 2, "above"],
    [11, 0, "not applicable"],
  ])("Yan at %i steps, %i of %# spikes", (steps, activeOutputs, verdict) => {
    expect(verdicts(spiking({ steps, activeOutputs }))[2]).toEqual(["Yan", verdict]);
  });
  test("analog inputs are not spikes across synapses", () => {
    const analog = spiking({ binaryInputs: false });
    const account = energy(analog, prices.f32);
    expect(account.spikesPerSynapse).toBeUndefined();
    expect(account.notes.join()).toContain("hidden is fed analog values: 9 multiplications");
  });
});

test("notes: equal precision, dead layers, what is in no price", () => {
  const { notes } = energy(spiking({ activeOutputs: 0 }), prices.f32);
  expect(notes).toEqual([
    "2 steps carry at most 3 levels: a twin of equal precision has 2-bit activations.",
    "No spikes at all from hidden: the energy of a dead network proves nothing.",
    expect.stringContaining("Not in any price: control and instruction fetch"),
  ]);
  expect([1, 2, 3, 4, 7, 8, 20].map(equalBits)).toEqual([1, 2, 2, 3, 3, 4, 5]);
});

test("notes: a single step, of a stream whose neurons keep a state, has no number of levels", () => {
  const counts = { ...spiking({ activeOutputs: 0 }), steps: 1 };
  expect(energy(counts, prices.f32).notes.join()).not.toContain("levels");
});

test("errors: counts must be finite, accounts must share a table", () => {
  const counts = spiking();
  expect(() => energy({ ...counts, total: { ...counts.total, acs: NaN } }, prices.f32)).toThrow(DataError);
  expect(() => compare(energy(counts, prices.f32), energy(twin(), prices.int8))).toThrow(UsageError);
});
