/** The triplet rule against loops over all triplets, and against the measurements that it was fitted to. */
import { describe, expect, test } from "vitest";
import { type TripletFit, type TripletPairing, tripletStdp } from "../../../src/model/plasticity/tripletStdp.ts";
import { arrivals, type Case, dt, train, weightsAfter } from "./tools.ts";

/** Pfister and Gerstner 2006, tables 3 and 4: A2+, A3+, A2-, A3-, tau_x, tau_y in ms; the minimal fits have no tau_x. */
const TABLE: readonly (readonly [TripletFit, TripletPairing, ...number[]])[] = [
  ["visual-cortex", "all", 5e-10, 6.2e-3, 7e-3, 2.3e-4, 101, 125],
  ["visual-cortex", "nearest", 8.8e-11, 5.3e-2, 6.6e-3, 3.1e-3, 714, 40],
  ["visual-cortex-minimal", "all", 0, 6.5e-3, 7.1e-3, 0, Infinity, 114],
  ["visual-cortex-minimal", "nearest", 0, 5e-2, 8e-3, 0, Infinity, 40],
  ["hippocampus", "all", 6.1e-3, 6.7e-3, 1.6e-3, 1.4e-3, 946, 27],
  ["hippocampus", "nearest", 4.6e-3, 9.1e-3, 3e-3, 7.5e-9, 575, 47],
  ["hippocampus-minimal", "all", 5.3e-3, 8e-3, 3.5e-3, 0, Infinity, 40],
  ["hippocampus-minimal", "nearest", 4.6e-3, 9.1e-3, 3e-3, 0, Infinity, 48],
];
const [TAU_PLUS, TAU_MINUS] = [16.8e-3, 33.7e-3];
type Row = (typeof TABLE)[number];

/** Spikes of one side before a place in the order of arrival, that count: their distances in seconds. */
function before(
  all: readonly ReturnType<typeof arrivals>[number][],
  at: number,
  of: "pre" | "post",
  pairing: TripletPairing,
  step: number,
) {
  const lags = all.slice(0, at).flatMap((x) => (x.of === of ? [(all[at]!.step - x.step) * step] : []));
  return pairing === "all" ? lags : lags.slice(-1);
}
const sum = (lags: readonly number[], tau: number): number => lags.reduce((a, lag) => a + Math.exp(-lag / tau), 0);
/** Every pair and every triplet, by itself. */
function byTriplets([, pairing, a2p, a3p, a2m, a3m, tauX, tauY]: Row, c: Case, step = dt): number {
  const all = arrivals(c);
  return all.reduce((w, { of }, k) => {
    const pre = before(all, k, "pre", pairing, step);
    const post = before(all, k, "post", pairing, step);
    return of === "pre"
      ? w - sum(post, TAU_MINUS) * (a2m! + a3m! * sum(pre, tauX! / 1000))
      : w + sum(pre, TAU_PLUS) * (a2p! + a3p! * sum(post, tauY! / 1000));
  }, c.w ?? 0.5);
}
const rule = ([fit, pairing]: Row) => tripletStdp({ transmit: "ge += w", fit, pairing, w0: 1, wMin: -10, wMax: 10 });

const ROWS = TABLE.map((row) => ({ name: `${row[0]}, ${row[1]}`, row }));
describe.each(ROWS)("$name", ({ row }) => {
  test("trains: the sum over triplets", async () => {
    const cases = [1, 2].map((k): Case => ({ pre: train(k, 60, 6000), post: train(5 + k, 60, 6000) }));
    const found = await weightsAfter(rule(row), cases);
    cases.forEach((c, k) => {
      const expected = byTriplets(row, c);
      expect(Math.abs(expected - 0.5)).toBeGreaterThan(1e-3);
      // Traces up to some tens, 120 events, a few roundings each.
      expect(Math.abs(found[k]! - expected)).toBeLessThan(120 * 64 * 2 ** -53);
    });
  });
});

describe("pairs at a frequency (Sjöström, Turrigiano and Nelson 2001, visual cortex)", () => {
  /** Relative changes and their errors, as Pfister and Gerstner fit them: Hz; post 10 ms after pre; pre 10 ms after post. */
  const MEASURED = [
    [0.1, -0.04, 0.05, -0.29, 0.08],
    [10, 0.14, 0.1, -0.41, 0.11],
    [20, 0.29, 0.14, -0.34, 0.1],
    [40, 0.53, 0.11, 0.56, 0.32],
    [50, 0.56, 0.26, 0.75, 0.19],
  ] as const;
  const STEP = 1e-3;
  const PAIRS = 60;
  /** The sum of q^k for k from `from` to n. */
  const geometric = (q: number, n: number, from = 0): number => (n < from ? 0 : (q ** from - q ** (n + 1)) / (1 - q));
  /** All-to-all, in closed form: traces at pair n are geometric sums. `lag` > 0: post after pre. */
  function closedForm([, , a2p, a3p, a2m, a3m, tauX, tauY]: Row, hz: number, lag: number): number {
    const T = 1 / hz;
    const [plus, minus] = [Math.exp(-T / TAU_PLUS), Math.exp(-T / TAU_MINUS)];
    const [x, y] = [Math.exp((-T / tauX!) * 1000), Math.exp((-T / tauY!) * 1000)];
    let w = 0;
    for (let n = 0; n < PAIRS; n++) {
      const r1 =
        lag > 0
          ? Math.exp(-lag / TAU_PLUS) * geometric(plus, n)
          : Math.exp(-(T + lag) / TAU_PLUS) * geometric(plus, n - 1);
      const o1 =
        lag > 0
          ? Math.exp(-(T - lag) / TAU_MINUS) * geometric(minus, n - 1)
          : Math.exp(lag / TAU_MINUS) * geometric(minus, n);
      w += r1 * (a2p! + a3p! * geometric(y, n, 1)) - o1 * (a2m! + a3m! * (tauX === Infinity ? n : geometric(x, n, 1)));
    }
    return w;
  }
  const protocol = (hz: number, lag: number): Case => {
    const steps = Array.from({ length: PAIRS }, (_, k) => 20 + (k * 1000) / hz);
    return { pre: steps, post: steps.map((s) => s + lag * 1000), w: 1 };
  };
  const CASES = MEASURED.filter(([hz]) => hz >= 10).flatMap(([hz]) => [protocol(hz, 0.01), protocol(hz, -0.01)]);

  test.each(ROWS.slice(0, 4))("$name: what is measured, as well as the paper fits it", async ({ row }) => {
    const found = await weightsAfter(rule(row), CASES, { step: STEP });
    CASES.forEach((c, k) => {
      expect(found[k]).toBeCloseTo(byTriplets(row, c, STEP), 10);
      const [hz, lag] = [MEASURED[1 + (k >> 1)]![0], k % 2 === 0 ? 0.01 : -0.01];
      if (row[1] === "all") expect(found[k]! - 1).toBeCloseTo(closedForm(row, hz, lag), 10);
    });
    // The mean of squared differences, in standard errors, over all ten points. At 0.1 Hz pairs do not see each other.
    const slow = [0.01, -0.01].map((lag) => byTriplets(row, protocol(0.1, lag), STEP));
    const model = [...slow, ...found].map((w) => w - 1);
    const error = MEASURED.flatMap(([, up, upError, down, downError], k) => [
      ((model[2 * k]! - up) / upError) ** 2,
      ((model[2 * k + 1]! - down) / downError) ** 2,
    ]).reduce((a, b) => a + b / 10, 0);
    // Table 3 has 0.33, 0.22, 0.34 and 0.34; its parameters have two digits.
    const published = {
      "visual-cortex": { all: 0.33, nearest: 0.22 },
      "visual-cortex-minimal": { all: 0.34, nearest: 0.34 },
    };
    const fitted = published[row[0] as keyof typeof published][row[1]];
    expect(Math.abs(error - fitted)).toBeLessThan(0.02);
  });
  test("pairs alone cannot: without triplets, depression does not turn at high frequencies", async () => {
    const pairs = tripletStdp({
      transmit: "ge += w",
      aPlus2: 6e-3,
      aPlus3: 0,
      aMinus2: 7e-3,
      aMinus3: 0,
      w0: 1,
      wMin: -10,
      wMax: 10,
    });
    const down = await weightsAfter(
      pairs,
      CASES.filter((_, k) => k % 2 === 1),
      { step: STEP },
    );
    for (const w of down) expect(w - 1).toBeLessThan(0.2);
    const [triplets] = (await weightsAfter(rule(TABLE[0]!), CASES, { step: STEP })).slice(-1);
    expect(triplets! - 1).toBeGreaterThan(0.7);
  });
});
