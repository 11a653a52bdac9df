import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expm } from "../../../src/model/integrate/expm.ts";
import { Bound } from "../../../src/sim/exact/bound.ts";
import { Cascade, type Coupling } from "../../../src/sim/exact/cascade.ts";
import { Crossing } from "../../../src/sim/exact/crossing.ts";
import { difference } from "../../../src/sim/exact/differences.ts";
import { exponential, precise, product, ratio, toNumber, UNIT, zeroOf } from "./precise.ts";

/** Rates that differ, nearly meet, and are equal. */
const rate = fc.oneof(
  fc.constantFrom(-50, -50 - 1e-9, -50.001, -100, -200, -200.5),
  fc.double({ min: -1000, max: -1, noNaN: true }),
);
/** Products of smaller ones are no longer normal numbers, whose roundings have a size. */
const LEAST = 1e-100;
const gain = fc.oneof(
  fc.constantFrom(0, 1, -1, 50),
  fc.double({ min: -200, max: 200, noNaN: true }).map((x) => (Math.abs(x) < LEAST ? 0 : x)),
);
const level = fc.double({ min: -2, max: 2, noNaN: true }).map((x) => (Math.abs(x) < LEAST ? 0 : x));

/** A cascade of n variables, its matrix, and a state. */
const cascadesOf = (rate: fc.Arbitrary<number>) =>
  fc.integer({ min: 1, max: 4 }).chain((n) =>
    fc
      .record({
        rates: fc.array(rate, { minLength: n, maxLength: n }),
        gains: fc.array(gain, { minLength: n * n, maxLength: n * n }),
        y: fc.array(fc.oneof(fc.constantFrom(0, 0, 1), level), { minLength: n, maxLength: n }),
      })
      .map(({ rates, gains, y }) => {
        const couplings: Coupling[] = [];
        for (let to = 0; to < n; to++)
          for (let from = 0; from < to; from++) couplings.push({ to, from, gain: gains[to * n + from]! });
        const matrix = rates.map((r, i) => rates.map((_, j) => (i === j ? r : j < i ? gains[i * n + j]! : 0)));
        return { cascade: new Cascade(Float64Array.from(rates), couplings), matrix, y: Float64Array.from(y), n };
      }),
  );

const cascades = cascadesOf(rate);

describe("divided differences of exp", () => {
  test("over equal rates: t^n e^{x t} / n!; over any: within a few roundings of 240-place arithmetic", () => {
    expect(difference([-50, -50, -50], 0.02)).toBeCloseTo((0.02 ** 2 / 2) * Math.exp(-1), 18);
    const exact = (rates: readonly number[], t: number): bigint => {
      if (rates.length === 1) return exponential(product(precise(rates[0]!), precise(t)));
      const [a, b] = [exact(rates.slice(1), t), exact(rates.slice(0, -1), t)];
      return ratio(a - b, precise(rates.at(-1)!) - precise(rates[0]!));
    };
    for (const rates of [
      [-200, -50],
      [-50.001, -50],
      [-1000, -300, -50],
      [-50.25, -50.125, -50],
      [-300, -50.5, -50, -1],
    ])
      for (const t of [1e-6, 1e-3, 0.0199, 0.4]) {
        const oracle = toNumber(exact(rates, t));
        // A rounding of an exponent of size x changes e^x by x of 2^-53; each level of the recursion may lose two bits.
        const roundings = (4 + Math.abs(rates[0]!) * t) * 4 ** (rates.length - 1);
        expect(Math.abs(difference(rates, t) / oracle - 1)).toBeLessThan(roundings * 2 ** -53);
      }
  });
});

describe("cascades", () => {
  test("against the matrix exponential (Padé), rates equal, near and far", () => {
    fc.assert(
      fc.property(cascades, fc.double({ min: 1e-6, max: 0.05, noNaN: true }), ({ cascade, matrix, y, n }, t) => {
        const got = new Float64Array(n);
        cascade.advance(y, 0, t, got, 0);
        const e = expm(matrix.map((row) => row.map((a) => a * t)));
        const sizes = expm(matrix.map((row) => row.map((a) => Math.abs(a) * t)));
        for (let i = 0; i < n; i++) {
          const expected = e[i]!.reduce((sum, x, j) => sum + x * y[j]!, 0);
          // Scaling and squaring errs by some 2^-53 of e^|A|.
          const scale = Math.max(...sizes[i]!.map(Math.abs)) * 8;
          expect(Math.abs(got[i]! - expected)).toBeLessThan(1e-13 * Math.max(1, scale));
        }
      }),
      { numRuns: 200 },
    );
  });
  test("in place, twice half a step is one step, to rounding", () => {
    const c = new Cascade(Float64Array.of(-200, -100, -50), [
      { to: 1, from: 0, gain: 30 },
      { to: 2, from: 1, gain: 40 },
    ]);
    const [once, twice] = [Float64Array.of(1, -0.5, 0.25), Float64Array.of(1, -0.5, 0.25)];
    c.advance(once, 0, 0.01, once, 0);
    for (let k = 0; k < 2; k++) c.advance(twice, 0, 0.005, twice, 0);
    for (let i = 0; i < 3; i++) expect(twice[i]).toBeCloseTo(once[i]!, 15);
  });
});

/** v' = (i - v)/tau, i' = -i/tauSyn: u as a function of time, with 240 places. */
function cuba(tau: number, tauSyn: number, v: number, i: number) {
  const [a, b] = [-1 / tau, -1 / tauSyn];
  const cascade = new Cascade(Float64Array.of(b, a), [{ to: 1, from: 0, gain: -a }]);
  const [A, B] = [precise(a), precise(b)];
  const u = (t: bigint): bigint => {
    const [ea, eb] = [A, B].map((r) => exponential(product(r, t))) as [bigint, bigint];
    return product(precise(v), ea) + product(precise(i), ratio(product(-A, ea - eb), A - B));
  };
  return { cascade, u, y: Float64Array.of(i, v), c: Float64Array.of(0, 1), a, b };
}

/** Seconds: some last places of the logarithm beside 1, times the slowest time constants here. */
const ROUNDING = 1e-14;
describe("crossings", () => {
  test("one decay towards a rest above the level: the logarithm", () => {
    const crossing = new Crossing(new Cascade(Float64Array.of(-50), []), Float64Array.of(1));
    // From 1.5 below its rest to 0.5 below it.
    expect(crossing.first(Float64Array.of(-1.5), 0, -0.5, false)).toBeCloseTo(Math.log(3) / 50, 17);
    expect(crossing.first(Float64Array.of(-1.5), 0, 0, false)).toBe(Number.POSITIVE_INFINITY);
    expect(crossing.first(Float64Array.of(-0.4), 0, -0.5, false)).toBe(0);
  });
  test("a membrane behind an exponential current, against halving with 240 places", () => {
    for (const [tau, tauSyn, i] of [
      [0.02, 0.005, 8],
      [0.01, 0.005, 4.1],
      [0.005, 0.02, 3],
      [0.01, 0.0100001, 3],
    ] as const) {
      const { cascade, u, y, c } = cuba(tau, tauSyn, 0.1, i);
      const found = new Crossing(cascade, c).first(y, 0, 1, false);
      const oracle = zeroOf((t) => u(t) - UNIT, 0, found + 1e-4);
      // Rounding of u, some 4 of 2^-53 of terms that add up to at most i, over its slope (here above 20 a second).
      expect(Math.abs(found - oracle)).toBeLessThan((8 * i * 2 ** -53) / 20);
    }
  });
  test("an alpha current: t e^{-t/tau}, against halving with 240 places", () => {
    const [tau, s] = [0.015, 0.004];
    const [a, b] = [-1 / tau, -1 / s];
    const cascade = new Cascade(Float64Array.of(b, b, a), [
      { to: 1, from: 0, gain: -b },
      { to: 2, from: 1, gain: -a },
    ]);
    const y = Float64Array.of(12, 0, 0);
    const found = new Crossing(cascade, Float64Array.of(0, 0, 1)).first(y, 0, 1, false);
    // v = 12 a b ∫ e^{a(t-x)} x e^{b x} dx, d = b - a: e^{at} [(x/d - 1/d²) e^{d x}] from 0 to t.
    const [A, B] = [precise(a), precise(b)];
    const d = B - A;
    const v = (t: bigint): bigint => {
      const inner =
        product(ratio(t, d) - ratio(UNIT, product(d, d)), exponential(product(d, t))) + ratio(UNIT, product(d, d));
      return product(product(product(12n * A, B), exponential(product(A, t))), inner);
    };
    const oracle = zeroOf((t) => v(t) - UNIT, 1e-4, found + 1e-4);
    expect(Math.abs(found - oracle)).toBeLessThan((8 * 12 * 2 ** -53) / 20);
  });

  describe("tangent to the level", () => {
    const [tau, s, i] = [0.02, 0.005, 4];
    const { cascade, y, c, a, b } = cuba(tau, s, 0, i);
    // u' = 0 where a e^{at} = b e^{bt}.
    const top = Math.log(b / a) / (a - b);
    const peak = (i * -a * (Math.exp(a * top) - Math.exp(b * top))) / (a - b);
    const crossing = new Crossing(cascade, c);
    test("a hair below the peak it crosses, just before the peak; a hair above it never does", () => {
      for (const hair of [1e-6, 1e-9, 1e-12, 1e-14]) {
        const found = crossing.first(y, 0, peak * (1 - hair), false);
        // u ≈ peak + u''/2 (t - top)²: the crossing is sqrt(2 hair peak / |u''|) before the top.
        const bend = i * -a * ((a * a * Math.exp(a * top) - b * b * Math.exp(b * top)) / (a - b));
        const ahead = Math.sqrt((2 * hair * peak) / -bend);
        expect(found).toBeLessThan(top);
        // The cubic term bends the parabola by |u'''/u''| ahead; rounding of u moves the crossing as 2^-51 of a hair would.
        const bent = 1000 * ahead + 2 ** -50 / hair;
        expect(Math.abs((top - found) / ahead - 1)).toBeLessThan(bent);
        expect(crossing.first(y, 0, peak * (1 + hair), false)).toBe(Number.POSITIVE_INFINITY);
      }
    });
    test("at the very peak, `>=` fires and `>` does not", () => {
      const [at] = crossing.extrema(y, 0);
      const state = new Float64Array(2);
      cascade.advance(y, 0, at!, state, 0);
      expect(at).toBeCloseTo(top, 14);
      expect(crossing.first(y, 0, state[1]!, false)).toBe(Number.POSITIVE_INFINITY);
      expect(Math.abs(crossing.first(y, 0, state[1]!, true) - at!)).toBeLessThan(1e-9);
    });
  });

  test("without leak: linear for a constant drive, and the charge of a current that decays", () => {
    const linear = new Crossing(
      new Cascade(Float64Array.of(0, 0), [{ to: 1, from: 0, gain: 1 }]),
      Float64Array.of(0, 1),
    );
    expect(linear.first(Float64Array.of(4, 0), 0, 1, false)).toBeCloseTo(0.25, 15);
    expect(linear.first(Float64Array.of(1e-9, 0), 0, 1, false) / 1e9).toBeCloseTo(1, 14);
    expect(linear.first(Float64Array.of(-4, 0), 0, 1, false)).toBe(Number.POSITIVE_INFINITY);
    // v = i tau (1 - e^{-t/tau}) reaches at most i tau.
    const charge = new Crossing(
      new Cascade(Float64Array.of(-100, 0), [{ to: 1, from: 0, gain: 1 }]),
      Float64Array.of(0, 1),
    );
    expect(charge.first(Float64Array.of(200, 0), 0, 1, false)).toBeCloseTo(Math.log(2) / 100, 16);
    expect(charge.first(Float64Array.of(99.999, 0), 0, 1, false)).toBe(Number.POSITIVE_INFINITY);
  });

  test("none is missed and none is false: against a fine scan, and no bound comes after the crossing", () => {
    let [found, missed] = [0, 0];
    fc.assert(
      fc.property(cascades, level, ({ cascade, y, n }, goal) => {
        const c = new Float64Array(n);
        c[n - 1] = 1;
        const t = new Crossing(cascade, c).first(y, 0, goal, false);
        const scale = 1e-13 * (1 + Math.abs(goal) + 200 * Math.max(...y.map(Math.abs)));
        const certain = new Crossing(cascade, c).first(y, 0, goal + scale, false);
        expect(Bound.of(cascade, c)!.before(y, 0, goal)).toBeLessThanOrEqual(certain + ROUNDING);
        const state = new Float64Array(n);
        const u = (at: number): number => {
          cascade.advance(y, 0, at, state, 0);
          return state[n - 1]!;
        };
        let [peak, when] = [u(0), 0];
        for (let k = 0; k <= 2000; k++) {
          const at = 1e-5 * 1.0075 ** k - 1e-5; // to 30 s
          const value = u(at);
          if (at < t && value > goal + scale) throw new Error(`missed: ${value} at ${at} s`);
          if (value > peak) [peak, when] = [value, at];
        }
        // A level that only the highest of these values exceeds, by a hair: next to a tangent.
        expect(new Crossing(cascade, c).first(y, 0, peak - scale, false)).toBeLessThanOrEqual(when);
        if (t < Number.POSITIVE_INFINITY) {
          found++;
          if (t > 0) expect(Math.abs(u(t) - goal)).toBeLessThan(scale);
          else expect(u(0)).toBeGreaterThanOrEqual(goal);
        } else missed++;
      }),
      { numRuns: 300 },
    );
    expect(Math.min(found, missed)).toBeGreaterThan(30); // both happen
  });
  test("a ramp that is at the level exactly where it is looked at", () => {
    const ramp = new Crossing(new Cascade(Float64Array.of(0, 0), [{ to: 1, from: 0, gain: 1 }]), Float64Array.of(0, 1));
    for (const level of [0.25, 0.5, 1, 2, 4, 1024])
      expect(ramp.first(Float64Array.of(1, 0), 0, level, false)).toBe(level);
  });
  test("the same where some variables have no leak and grow by sums of sums", () => {
    fc.assert(
      fc.property(cascadesOf(fc.oneof(fc.constantFrom(0, 0, -50), rate)), level, ({ cascade, y, n }, goal) => {
        const c = new Float64Array(n);
        c[n - 1] = 1;
        const crossing = new Crossing(cascade, c);
        const t = crossing.first(y, 0, goal, false);
        const scale = 1 + Math.abs(goal) + 200 * Math.max(...y.map(Math.abs));
        // Where u stands next to the level, it is above it or not by rounding: what is certain comes a hair later.
        const certain = crossing.first(y, 0, goal + 1e-13 * scale, false);
        const bound = Bound.of(cascade, c)?.before(y, 0, goal) ?? 0;
        expect(bound).toBeLessThanOrEqual(certain + ROUNDING);
        const state = new Float64Array(n);
        const values = Array.from({ length: 1000 }, (_, k): [number, number] => {
          const at = 1e-5 * 1.015 ** k - 1e-5;
          cascade.advance(y, 0, at, state, 0);
          return [at, state[n - 1]!];
        });
        // Up to each moment: rounding of terms that are as large as what has been, and then may cancel.
        let size = scale;
        for (const [at, u] of values) {
          size = Math.max(size, Math.abs(u) * 200);
          if (at < t && u > goal + 1e-12 * size) throw new Error(`missed: ${u} at ${at} s`);
        }
      }),
      { numRuns: 300 },
    );
  });
  test("a decay that begins next to nothing, as slow as others, hides no extremum", () => {
    const couplings = [
      { to: 1, from: 0, gain: 2.2e-100 },
      { to: 3, from: 1, gain: 50 },
    ];
    const cascade = new Cascade(Float64Array.of(-50, -50.00500050005001, -50, -50), couplings);
    const y = Float64Array.of(-1e-150, 1, 0, 0);
    const crossing = new Crossing(cascade, Float64Array.of(0, 0, 0, 1));
    expect(crossing.extrema(y, 0)[0]).toBeCloseTo(0.02, 5);
    expect(crossing.first(y, 0, 0, false)).toBe(0);
  });
  test("rates that nearly meet: a sign that rounding hides costs no crossing", () => {
    // As the rates -100 meet, u is e^{-100 t} times a polynomial; without regard to rounding each of these was lost.
    const rates = Float64Array.of(-100, -100.0000001, -50, -100.00000005);
    for (const [gains, expected] of [
      [[50, 0, 1, 50, 0, 1], 0],
      [[50, 0, -1, 0, 1, 1], 2 / 51],
      [[50, 0, 1, -1, 1, 1], 4 / 49],
    ] as const) {
      const pairs = [1, 2, 3].flatMap((to) => Array.from({ length: to }, (_, from) => [to, from] as const));
      const couplings = pairs.map(([to, from], k) => ({ to, from, gain: gains[k]! }));
      const crossing = new Crossing(new Cascade(rates, couplings), Float64Array.of(0, 0, 0, 1));
      expect(crossing.first(Float64Array.of(1, -1, 0, 0), 0, 0, false)).toBeCloseTo(expected, 6);
    }
  });
  test("one variable without leak behind another: t²/2 - 2t falls until 2 and rises above 0 at 4", () => {
    const parabola = new Crossing(
      new Cascade(Float64Array.of(0, 0, 0), [
        { to: 1, from: 0, gain: 1 },
        { to: 2, from: 1, gain: 1 },
      ]),
      Float64Array.of(0, 0, 1),
    );
    const y = Float64Array.of(1, -2, 0);
    expect(parabola.extrema(y, 0)[0]).toBeCloseTo(2, 14);
    expect(parabola.first(y, 0, 0, false)).toBeCloseTo(4, 12);
  });
  test("a short excursion between two inhibitions is found", () => {
    // Fast excitation, faster and slower inhibition: u rises, falls and rises again.
    const rates = Float64Array.of(-1000, -200, -20, -50);
    const cascade = new Cascade(
      rates,
      [0, 1, 2].map((from) => ({ to: 3, from, gain: 50 })),
    );
    const y = Float64Array.of(-60, 30, -6, 0);
    const crossing = new Crossing(cascade, Float64Array.of(0, 0, 0, 1));
    const extrema = crossing.extrema(y, 0);
    const state = new Float64Array(4);
    const values = extrema.map((t) => {
      cascade.advance(y, 0, t, state, 0);
      return state[3]!;
    });
    const peak = Math.max(...values);
    expect(extrema.length).toBe(3);
    const t = crossing.first(y, 0, peak * (1 - 1e-10), false);
    expect(Math.abs(t - extrema[values.indexOf(peak)]!)).toBeLessThan(1e-6);
    expect(crossing.first(y, 0, peak * (1 + 1e-10), false)).toBe(Number.POSITIVE_INFINITY);
  });
});
