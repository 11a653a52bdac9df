import { describe, expect, test } from "vitest";
import { LineStream } from "../../src/base/lineStream.ts";
import { checkConnectivity, synapseCount } from "../../src/model/connectivity/kinds.ts";
import { rowsOf } from "../../src/model/connectivity/rows.ts";
import {
  coordinatesOf,
  discProfile,
  exponentialProfile,
  gaussianProfile,
  grid,
  type Profile,
  points,
} from "../../src/model/connectivity/space.ts";
import {
  type Connectivity,
  condition,
  dense,
  distanceDependent,
  inDegree,
  oneToOne,
  outDegree,
  pairs,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import { type Built, built, even, expectChiSquare, expectCount, loops, repeats, sum } from "./built.ts";

describe("closed forms", () => {
  const recurrent = { sources: 30, targets: 30, recurrent: true };
  test("fixed in-degree: every target has exactly as many, with and without multapses and autapses", () => {
    expect(built(inDegree(7), { sources: 20, targets: 50 }).into).toEqual(even(50, 350));
    const plain = built(inDegree(40), recurrent);
    expect(plain.into).toEqual(even(30, 1200));
    expect(repeats(plain)).toBeGreaterThan(0);
    expect(loops(plain)).toBeGreaterThan(0);
    const all = built(inDegree(29, { autapses: false, multapses: false }), recurrent);
    expect([all.into, all.out]).toEqual([even(30, 870), even(30, 870)]);
    expect([repeats(all), loops(all)]).toEqual([0, 0]);
    const few = built(inDegree(5, { autapses: false, multapses: false }), recurrent);
    expect([few.into, repeats(few), loops(few)]).toEqual([even(30, 150), 0, 0]);
  });
  test("fixed out-degree: the same of sources", () => {
    expect(built(outDegree(7), { sources: 20, targets: 50 }).out).toEqual(even(20, 140));
    const few = built(outDegree(5, { autapses: false, multapses: false }), recurrent);
    expect([few.out, repeats(few), loops(few)]).toEqual([even(30, 150), 0, 0]);
    expect(loops(built(outDegree(40, { autapses: false }), recurrent))).toBe(0);
  });
  test("fixed total number: exactly as many", () => {
    expect(built(totalNumber(12_345), { sources: 20, targets: 50 }).count).toBe(12_345);
    const plain = built(totalNumber(2_000, { autapses: false }), recurrent);
    expect([plain.count, loops(plain)]).toEqual([2_000, 0]);
    expect(repeats(plain)).toBeGreaterThan(0);
  });
  test("probability 0 and 1; one to one; all to all; given pairs", () => {
    expect(built(probability(0), recurrent).count).toBe(0);
    expect(built(probability(1), recurrent).count).toBe(900);
    expect(built(probability(1, { autapses: false }), recurrent).count).toBe(870);
    expect([...built(oneToOne, recurrent).target]).toEqual([...Array(30).keys()]);
    expect([...built(dense, { sources: 2, targets: 3 }).target]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...built(pairs([1, 0, 1], [2, 1, 0]), { sources: 2, targets: 3 }).target]).toEqual([1, 0, 2]);
  });
  test("an autapse joins a neuron to itself: equal numbers of two populations are none", () => {
    const two = { sources: 30, targets: 30 };
    expect(built(probability(1, { autapses: false }), two).count).toBe(900);
    expect(built(inDegree(30, { autapses: false, multapses: false }), two).count).toBe(900);
  });
  test("a disc on a grid: Gauss's numbers of grid points in a circle, everywhere where space is periodic", () => {
    const plane = grid([12, 12]);
    const disc = (radius: number, period?: number[]) =>
      built(
        distanceDependent({ source: plane, target: plane, profile: discProfile(radius), ...(period && { period }) }),
        { sources: 144, targets: 144, recurrent: true },
      );
    // Points of the unit grid within r = 1, 2, 3 of one of them: 5, 13, 29.
    for (const [r, n] of [
      [1, 5],
      [2, 13],
      [3, 29],
    ] as const)
      expect(disc(r, [12, 12]).out).toEqual(even(144, 144 * n));
    expect(disc(1).out[0]).toBe(3); // a corner has two neighbours
    expect(disc(1).out[13]).toBe(5);
  });
  test("positions of a grid: middles of cells, the last dimension fastest", () => {
    const [x, y] = coordinatesOf(grid([2, 3], [4, 30]), 6);
    expect([[...x!], [...y!]]).toEqual([
      [1, 1, 1, 3, 3, 3],
      [5, 15, 25, 5, 15, 25],
    ]);
  });
});

describe("statistics", () => {
  const size = { sources: 400, targets: 500 };
  test("probability: counts of rows and columns are binomial, columns evenly hit", () => {
    for (const p of [0.003, 0.1, 0.7]) {
      const b = built(probability(p), size);
      expectCount(b.count, p * 200_000, p * (1 - p) * 200_000);
      const variance = (n: number): number => n * p * (1 - p);
      // Squares of standardised counts: for binomial numbers their variance is below 2 + 1 / (n p (1 - p)).
      for (const [list, n] of [
        [b.out, size.targets],
        [b.into, size.sources],
      ] as const) {
        const chi = sum(list.map((x) => (x - n * p) ** 2 / variance(n)));
        expect(Math.abs(chi - list.length)).toBeLessThan(5 * Math.sqrt(list.length * (2 + 1 / variance(n))));
      }
    }
  });
  test("probability: rows are independent, of their neighbours and of other seeds and names", () => {
    const p = 0.2;
    const matrix = ({ source, target }: Built): Uint8Array => {
      const m = new Uint8Array(200_000);
      source.forEach((s, k) => (m[s * 500 + target[k]!] = 1));
      return m;
    };
    const m = matrix(built(probability(p), size));
    const other = matrix(built(probability(p), size, 2));
    const shared = (a: Uint8Array, b: Uint8Array, shift: number): [number, number] => {
      let both = 0;
      for (let k = 0; k + shift < a.length; k++) both += a[k]! & b[k + shift]!;
      return [both, a.length - shift];
    };
    // Both are set with probability p². Products of neighbours overlap, which adds 2 p³ (1 - p) to the variance of each.
    for (const [both, n] of [shared(m, m, 500), shared(m, m, 1), shared(m, m, 501), shared(m, other, 0)])
      expectCount(both, n * p * p, n * (p * p * (1 - p * p) + 2 * p ** 3 * (1 - p)));
  });
  test("gaps between successes are geometric, down to probabilities that 1 - p cannot tell from 0", () => {
    const p = 0.3;
    const { target, source } = built(probability(p), { sources: 500, targets: 1_000 });
    const gaps = new Array<number>(12).fill(0);
    // Gaps from synapses early in a row, so that its end cuts none of those counted.
    for (let k = 1; k < target.length; k++)
      if (source[k] === source[k - 1] && target[k - 1]! < 980) gaps[Math.min(11, target[k]! - target[k - 1]! - 1)]!++;
    const n = sum(gaps);
    expectChiSquare(
      gaps,
      gaps.map((_, g) => n * (g < 11 ? p * (1 - p) ** g : (1 - p) ** 11)),
    );
    // 300 rows of 2^31 - 1 targets: 6.4e11 pairs.
    const few = rowsOf(probability(1e-9), { sources: 300, targets: 2 ** 31 - 1 }, { name: "x", seed: 3 });
    expectCount(few.count, 300 * (2 ** 31 - 1) * 1e-9);
  });
  test("fixed in-degree with multapses: sources are multinomial", () => {
    const b = built(inDegree(80), size);
    expectChiSquare(b.out, even(400, 40_000));
  });
  test("fixed out-degree: targets are multinomial; without multapses hypergeometric, so less spread", () => {
    expectChiSquare(built(outDegree(100), size).into, even(500, 40_000));
    const b = built(outDegree(100, { multapses: false }), size);
    // A target is in a row with probability 1/5: variance 400 · 1/5 · 4/5, where the multinomial has 80.
    const chi = sum(b.into.map((x) => (x - 80) ** 2 / 64));
    expect(Math.abs(chi - 499)).toBeLessThan(5 * Math.sqrt(2 * 499));
  });
  test("without multapses every set is equally likely", () => {
    const b = built(inDegree(2, { multapses: false, autapses: true }), { sources: 5, targets: 20_000 });
    const sets = new Map<string, number>();
    const lists = Array.from({ length: 20_000 }, (): number[] => []);
    b.source.forEach((s, k) => lists[b.target[k]!]!.push(s));
    for (const l of lists) sets.set(l.join(), (sets.get(l.join()) ?? 0) + 1);
    expect(sets.size).toBe(10);
    expectChiSquare([...sets.values()], even(10, 20_000));
  });
  test("fixed total number: pairs are evenly drawn, rows vary as multinomial counts do", () => {
    const b = built(totalNumber(40_000), { sources: 40, targets: 50 });
    expectChiSquare(b.out, even(40, 40_000));
    const cells = new Array<number>(2_000).fill(0);
    b.source.forEach((s, k) => cells[s * 50 + b.target[k]!]!++);
    expectChiSquare(cells, even(2_000, 40_000));
    const loopless = built(totalNumber(40_000, { autapses: false }), { sources: 41, targets: 41, recurrent: true });
    const off = new Array<number>(1_681).fill(0);
    loopless.source.forEach((s, k) => off[s * 41 + loopless.target[k]!]!++);
    expectChiSquare(
      off.filter((_, k) => k % 42 !== 0),
      even(1_640, 40_000),
    );
  });
  const cloud = (n: number, seed: number): Float64Array => {
    const draws = new LineStream(seed, 77);
    draws.begin(0);
    return Float64Array.from({ length: 2 * n }, () => 3 * draws.uniform() - 1);
  };
  test.each<[string, Profile, number[] | undefined]>([
    ["gaussian", gaussianProfile(0.25), undefined],
    ["gaussian, periodic", gaussianProfile(0.25), [3, 3]],
    ["exponential", exponentialProfile(0.2), undefined],
    ["exponential, periodic", exponentialProfile(0.2), [3, 3]],
    ["disc, periodic", discProfile(0.8), [3, 3]],
  ])("distance, %s: in each range of distances as many as the probabilities add up to", (_name, profile, period) => {
    const [from, to, p] = [cloud(300, 1), cloud(700, 2), 0.8];
    const c = distanceDependent({
      source: points(2, from),
      target: points(2, to),
      profile,
      p,
      ...(period && { period }),
    });
    const b = built(c, { sources: 300, targets: 700 });
    const distance = (i: number, j: number): number => {
      const way = (k: number): number => {
        const d = Math.abs(from[2 * i + k]! - to[2 * j + k]!);
        return period ? Math.min(d, 3 - d) : d;
      };
      return Math.hypot(way(0), way(1));
    };
    const chance = (d: number): number =>
      p *
      {
        gaussian: () => Math.exp(-(d * d) / (2 * 0.25 ** 2)),
        exponential: () => Math.exp(-d / 0.2),
        disc: () => Number(d <= 0.8),
      }[profile.kind]();
    const bins = 40;
    const binOf = (d: number): number => Math.min(bins - 1, Math.floor(d * 20));
    const [mean, variance, got] = [0, 0, 0].map(() => new Array<number>(bins).fill(0)) as [
      number[],
      number[],
      number[],
    ];
    for (let i = 0; i < 300; i++)
      for (let j = 0; j < 700; j++) {
        const [bin, q] = [binOf(distance(i, j)), chance(distance(i, j))];
        mean[bin]! += q;
        variance[bin]! += q * (1 - q);
      }
    b.source.forEach((s, k) => got[binOf(distance(s, b.target[k]!))]!++);
    mean.forEach((m, k) => expectCount(got[k]!, m, variance[k]));
    expectCount(b.count, sum(mean), sum(variance));
    // An estimate from 61 x 61 pairs of 300 x 700.
    expect(synapseCount(c, { sources: 300, targets: 700 }) / sum(mean)).toBeCloseTo(1, 0);
    expect(repeats(b)).toBe(0);
  });
  test("a condition with a probability: of a row alike, of each pair its own", () => {
    const even = built(condition("i % 2 == 0 and j >= 100", { p: "0.1 + 0.4*i/N_pre" }), size);
    expectCount(even.count, sum(Array.from({ length: 200 }, (_, k) => 400 * (0.1 + (0.8 * k) / 400))));
    expect(even.source.every((s) => s % 2 === 0) && even.target.every((t) => t >= 100)).toBe(true);
    const own = built(condition("True", { p: "j / N_post" }), size);
    expectCount(own.count, (400 * 499) / 2);
    own.into.forEach((n, j) => expectCount(n, (400 * j) / 500, 400 * (j / 500) * (1 - j / 500)));
  });
});

describe("conditions", () => {
  test("against a plain double loop", () => {
    const size = { sources: 24, targets: 30, recurrent: false };
    const [source, target] = [
      grid([4, 6]),
      points(
        1,
        Float64Array.from({ length: 30 }, (_, k) => k / 10),
      ),
    ];
    const rules: [Connectivity, (i: number, j: number) => boolean][] = [
      [condition("i != j"), (i, j) => i !== j],
      [condition("abs(i - j) <= 2 or j == N_post - 1"), (i, j) => Math.abs(i - j) <= 2 || j === 29],
      [
        condition("i // 4 == j // 5 and not (j % 5 == 0)"),
        (i, j) => Math.floor(i / 4) === Math.floor(j / 5) && j % 5 > 0,
      ],
      [
        condition("(x_pre - x_post)**2 + y_pre < 4", { source, target }),
        (i, j) => (Math.floor(i / 6) + 0.5 - j / 10) ** 2 + ((i % 6) + 0.5) < 4,
      ],
    ];
    for (const [c, holds] of rules) {
      const { source, target } = built(c, size);
      const expected: number[][] = [];
      for (let i = 0; i < 24; i++) for (let j = 0; j < 30; j++) if (holds(i, j)) expected.push([i, j]);
      expect([...source].map((s, k) => [s, target[k]])).toEqual(expected);
    }
  });
  test.each<[string, Connectivity, string]>([
    ["an unknown name", condition("i == k"), "c.condition: line 1: unknown name 'k'; known: N_post, N_pre, i, j"],
    ["positions that were not given", condition("x_pre < 1"), "unknown name 'x_pre'"],
    ["time", condition("i < t/(1*ms)"), "'t' has no meaning here; known: N_pre, N_post, i, j"],
    ["draws", condition("rand() < 0.1"), "no draws here: give the probability as 'p' instead of rand()"],
    ["a number as condition", condition("i - j"), "condition needs a condition, but 'i - j' has dimension 1"],
    ["a condition as p", condition("True", { p: "i < j" }), "p needs dimension 1, but 'i < j' has a condition"],
    ["a number above 1", condition("True", { p: 1.5 }), "c.p: probability must be from 0 to 1, got 1.5"],
    ["something else", condition("i <"), "c.condition: line 1"],
  ])("refused: %s", (_name, c, message) => {
    expect(() => checkConnectivity(c, { sources: 3, targets: 3 }, "c")).toThrow(message);
  });
  test("a probability that is not a number names its pair", () => {
    const c = condition("True", { p: "sqrt(0.5 - j)" });
    expect(() => built(c, { sources: 2, targets: 2 })).toThrow("a>b.p: is not a number for i = 0, j = 1");
  });
});
