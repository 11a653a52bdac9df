import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vanRossumDistance, victorPurpuraDistance } from "../../src/analysis/distance.ts";
import { poissonTrain } from "./processes.ts";

const train = fc
  .array(fc.integer({ min: 0, max: 40 }), { maxLength: 7 })
  .map((xs) => xs.map((x) => x / 10).sort((a, b) => a - b));

describe("van Rossum", () => {
  const tau = 0.7;
  const d2 = (a: number[], b: number[]): number => vanRossumDistance(a, b, tau) ** 2;
  test("one spike more: 1/2; two spikes d apart: 1 - e^(-d/tau); the same: 0", () => {
    expect(d2([1], [])).toBeCloseTo(0.5, 12);
    expect(d2([], [])).toBe(0);
    for (const d of [0.01, 0.5, 3]) expect(d2([1], [1 + d])).toBeCloseTo(1 - Math.exp(-d / tau), 12);
    expect(d2([1, 2, 2.5], [1, 2, 2.5])).toBeCloseTo(0, 12);
    expect(d2([1, 1], [])).toBeCloseTo(2, 12); // twice the course, four times the square
  });
  test("any trains: the sums over all pairs, and the integral that they stand for", () => {
    const pairs = (a: number[], b: number[]): number =>
      a.reduce((s, t) => s + b.reduce((r, u) => r + Math.exp(-Math.abs(t - u) / tau), 0), 0);
    fc.assert(
      fc.property(train, train, (a, b) => {
        const slow = (pairs(a, a) + pairs(b, b)) / 2 - pairs(a, b);
        expect(d2(a, b)).toBeCloseTo(slow, 10);
      }),
    );
    const [a, b] = [
      [0.3, 0.9, 1],
      [0.5, 1.4],
    ];
    const course = (s: number[], t: number): number =>
      s.reduce((v, u) => v + (t >= u ? Math.exp(-(t - u) / tau) : 0), 0);
    const h = 1e-4;
    let integral = 0;
    for (let t = h / 2; t < 20; t += h) integral += (h * (course(a!, t) - course(b!, t)) ** 2) / tau;
    expect(d2(a!, b!)).toBeCloseTo(integral, 3); // five jumps, each within a step
  });
  test("long trains take as long as they are", () => {
    const [a, b] = [poissonTrain(100, 500, 1), poissonTrain(100, 500, 2)];
    // Of independent Poisson trains the pairs cancel on average, and D² is λT = 50,000. Each of the four sums over some λ²Tτ
    // pairs varies by √(λ²Tτ/2) = 158, the numbers of spikes by as much: 0.7 % together.
    const expected = 100 * 500;
    expect(Math.abs(vanRossumDistance(a, b, 0.01) ** 2 / expected - 1)).toBeLessThan(4 * 0.007);
  });
});

describe("Victor and Purpura", () => {
  const cost = 2;
  const d = (a: number[], b: number[], q = cost): number => victorPurpuraDistance(a, b, q);
  test("one spike moved: its cost, but at most one removed and one added", () => {
    expect(d([1], [1.25])).toBe(0.5);
    expect(d([1], [5])).toBe(2);
    expect(d([1], [])).toBe(1);
    expect(d([], [])).toBe(0);
  });
  test("at cost 0 the difference of the numbers, at a great cost what has no partner", () => {
    fc.assert(
      fc.property(train, train, (a, b) => {
        expect(d(a, b, 0)).toBe(Math.abs(a.length - b.length));
        const left = [...b];
        for (const t of a) if (left.includes(t)) left.splice(left.indexOf(t), 1);
        expect(d(a, b, 1e9)).toBe(a.length - (b.length - left.length) + left.length);
        expect(d(a, b, Number.POSITIVE_INFINITY)).toBe(d(a, b, 1e9));
      }),
    );
  });
  test("by trying every way", () => {
    const slow = (a: number[], b: number[]): number => {
      if (a.length === 0 || b.length === 0) return a.length + b.length;
      const [t, ...more] = a;
      const [u, ...others] = b;
      return Math.min(1 + slow(more, b), 1 + slow(a, others), cost * Math.abs(t! - u!) + slow(more, others));
    };
    fc.assert(
      fc.property(train, train, (a, b) => {
        expect(d(a, b)).toBeCloseTo(slow(a, b), 10);
      }),
      { numRuns: 40 },
    );
  });
});

test.each([
  ["van Rossum", (a: number[], b: number[]) => vanRossumDistance(a, b, 0.7)],
  ["Victor and Purpura", (a: number[], b: number[]) => victorPurpuraDistance(a, b, 2)],
] as const)("%s: symmetric, and no way round is shorter", (_, d) => {
  fc.assert(
    fc.property(train, train, train, (a, b, c) => {
      expect(d(a, b)).toBeCloseTo(d(b, a), 10);
      expect(d(a, c)).toBeLessThanOrEqual(d(a, b) + d(b, c) + 1e-6);
    }),
  );
});
test("refused", () => {
  expect(() => vanRossumDistance([1], [2], 0)).toThrow("tau: must be a finite number of seconds above 0, got 0");
  expect(() => vanRossumDistance([2, 1], [2], 1)).toThrow("a[1]: times must be in order");
  expect(() => victorPurpuraDistance([1], [Number.NaN], 1)).toThrow("b[0]: must be a finite time");
  expect(() => victorPurpuraDistance([1], [2], -1)).toThrow("cost: must be at least 0 a second, got -1");
});
