/** Pair STDP against its window, and against loops over all pairs of spikes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Pairing, pairStdp } from "../../../src/model/plasticity/pairStdp.ts";
import { SCHEDULES } from "../../../src/model/schedule.ts";
import { type Arrival, arrivals, type Case, dt, train, weightsAfter } from "./tools.ts";

const [tauPlus, tauMinus, aPlus, aMinus] = [0.017, 0.034, 0.008, 0.006];
const rule = (pairing: Pairing) =>
  pairStdp({ transmit: "ge += w", tauPlus: "17 ms", tauMinus: "34 ms", aPlus, aMinus, wMax: 2, pairing });

/** Which pairs count, by their places in the order of arrival: the definitions, pair by pair, without traces. */
const COUNTS: Readonly<Record<Pairing, (all: readonly Arrival[], first: number, second: number) => boolean>> = {
  all: () => true,
  // The first spike is the last of its side before the second.
  nearest: (all, first, second) => !all.slice(first + 1, second).some((x) => x.of === all[first]!.of),
  // Of a spike of the source: the last of the target before it, the next after it.
  "nearest-pre": (all, first, second) => !all.slice(first + 1, second).some((x) => x.of === "post"),
  "nearest-reduced": (_, first, second) => second === first + 1,
};
function byPairs(pairing: Pairing, c: Case, delay = 0): number {
  const all = arrivals(c, delay);
  let w = c.w ?? 0.5;
  for (let second = 0; second < all.length; second++)
    for (let first = 0; first < second; first++) {
      if (all[first]!.of === all[second]!.of || !COUNTS[pairing](all, first, second)) continue;
      const lag = (all[second]!.step - all[first]!.step) * dt;
      w += all[first]!.of === "pre" ? 2 * aPlus * Math.exp(-lag / tauPlus) : -2 * aMinus * Math.exp(-lag / tauMinus);
    }
  return w;
}

const PAIRINGS: readonly Pairing[] = ["all", "nearest", "nearest-pre", "nearest-reduced"];
/** Every event rounds the decay of two traces, and a sum: numbers below 1, a few halves of 2^-52 each. */
const tolerance = (events: number): number => events * 8 * 2 ** -53;

const LAGS = [-1000, -340, -50, -1, 0, 1, 50, 340, 1000];

describe.each(PAIRINGS)("%s", (pairing) => {
  test("the window: one pair at lags from -100 to 100 ms", async () => {
    const cases = LAGS.map((lag): Case => ({ pre: [1500], post: [1500 + lag] }));
    const found = await weightsAfter(rule(pairing), cases);
    LAGS.forEach((lag, k) => {
      const s = Math.abs(lag) * dt;
      const expected = lag >= 0 ? 2 * aPlus * Math.exp(-s / tauPlus) : -2 * aMinus * Math.exp(-s / tauMinus);
      expect(Math.abs(found[k]! - 0.5 - expected)).toBeLessThan(tolerance(2));
    });
  });
  test.each([
    ["brian", 0],
    ["brian", 7],
    ["layered", 3],
    ["nest", 5],
    ["loihi", 2],
  ] as const)("trains under %s, delay %i: the sum over the pairs that count", async (schedule, delay) => {
    const cases = [1, 2, 3].map((k): Case => ({ pre: train(k, 40, 4000), post: train(7 + k, 40, 4000) }));
    const found = await weightsAfter(rule(pairing), cases, { delay, schedule, steps: 4100 });
    cases.forEach((c, k) => {
      const expected = byPairs(pairing, c, delay + SCHEDULES[schedule].latency);
      expect(Math.abs(expected - 0.5)).toBeGreaterThan(1e-4);
      expect(Math.abs(found[k]! - expected)).toBeLessThan(tolerance(80));
    });
  });
  test("the same where a spike drives an (input), which the update reads", async () => {
    const cases = [1, 2].map((k): Case => ({ pre: train(k, 40, 4000), post: train(7 + k, 40, 4000) }));
    const driving = pairStdp({
      ...{ transmit: "dopamine += w", tauPlus: "17 ms", tauMinus: "34 ms", aPlus, aMinus, wMax: 2, pairing },
    });
    const found = await weightsAfter(driving, cases, { port: "dopamine" });
    cases.forEach((c, k) => expect(Math.abs(found[k]! - byPairs(pairing, c))).toBeLessThan(tolerance(80)));
  });
  test("any trains", async () => {
    const spikes = fc
      .uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 12 })
      .map((x) => x.sort((a, b) => a - b));
    const cases = fc.array(fc.record({ pre: spikes, post: spikes }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(cases, async (all) => {
        const found = await weightsAfter(rule(pairing), all);
        all.forEach((c, k) => expect(Math.abs(found[k]! - byPairs(pairing, c))).toBeLessThan(tolerance(24)));
      }),
      { numRuns: 5 },
    );
  });
});

test("bounds: a weight stays where it comes to them", async () => {
  const strong = pairStdp({ transmit: "ge += w", aPlus: 0.3, aMinus: 0.3, wMin: 0.25, wMax: 1 });
  const cases = [
    { pre: [10, 20, 30], post: [11, 21, 31], w: 0.9 },
    { post: [10, 20, 30], pre: [19, 29, 39], w: 0.3 },
  ];
  expect(await weightsAfter(strong, cases)).toEqual([1, 0.25]);
});
