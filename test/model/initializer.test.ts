import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";
import { hash64 } from "../../src/base/hash.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import {
  clippedNormal,
  drawing,
  exponential,
  glorotUniform,
  type Initializer,
  initialise,
  logNormal,
  normal,
  orthogonal,
  truncatedNormal,
  uniform,
} from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { chiSquareExcess } from "../base/statistics.ts";

const matrix = (from: Initializer, rows: number, columns: number, seed = 1): Float64Array =>
  initialise(from, rows * columns, { name: "w", seed, fanIn: rows });
/** The largest entry of A Aᵀ - gain² I, A with `rows` rows or its transpose. */
function defect(a: Float64Array, rows: number, columns: number, gain: number): number {
  const [few, many] = rows <= columns ? [rows, columns] : [columns, rows];
  const at = (i: number, k: number): number => (rows <= columns ? a[i * columns + k]! : a[k * columns + i]!);
  let most = 0;
  for (let i = 0; i < few; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? -gain * gain : 0;
      for (let k = 0; k < many; k++) sum += at(i, k) * at(j, k);
      most = Math.max(most, Math.abs(sum));
    }
  return most;
}

describe("orthogonal", () => {
  test("rows or columns, whichever are fewer, are orthonormal", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 24 }),
        fc.nat(999),
        (rows, columns, seed) => {
          // Sums of up to 24 products below 1, each rounded to 2^-53, of vectors cleared to a few 2^-53.
          expect(defect(matrix(orthogonal(), rows, columns, seed), rows, columns, 1)).toBeLessThan(1e-14);
        },
      ),
    );
  });
  test("as large as a layer, with a gain", () => {
    expect(defect(matrix(orthogonal(3), 256, 256), 256, 256, 3)).toBeLessThan(1e-12);
    expect(defect(matrix(orthogonal(3), 140, 36), 140, 36, 3)).toBeLessThan(1e-12);
  });
  // Of an evenly distributed orthogonal matrix of size n, an entry has mean 0, variance 1/n, and the trace mean 0, variance 1.
  test("every orientation is equally likely", () => {
    const [n, draws] = [4, 4000];
    const all = Array.from({ length: draws }, (_, seed) => matrix(orthogonal(), n, n, seed));
    const mean = (f: (q: Float64Array) => number): number => all.reduce((sum, q) => sum + f(q), 0) / draws;
    const trace = (q: Float64Array): number => q[0]! + q[5]! + q[10]! + q[15]!;
    for (const k of [0, 5, 6, 15]) {
      expect(Math.abs(mean((q) => q[k]!))).toBeLessThan(4 * Math.sqrt(1 / n / draws));
      // The square of an entry, Beta(1/2, 3/2), has variance 1/32 below 1/16.
      expect(Math.abs(mean((q) => q[k]! ** 2) - 1 / n)).toBeLessThan(4 * Math.sqrt(1 / 16 / draws));
    }
    expect(Math.abs(mean(trace))).toBeLessThan(4 / Math.sqrt(draws));
    expect(Math.abs(mean((q) => trace(q) ** 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / draws));
  });
  test("the same bits on every machine, and for another seed or name others", () => {
    const q = matrix(orthogonal(), 9, 7);
    expect(hash64(q)).toMatchInlineSnapshot(`"e40b8323d0d89d1b"`);
    expect(matrix(orthogonal(), 9, 7)).toEqual(q);
    expect(matrix(orthogonal(), 9, 7, 2)).not.toEqual(q);
    expect(initialise(orthogonal(), 63, { name: "v", seed: 1, fanIn: 9 })).not.toEqual(q);
  });
});

describe("distributions", () => {
  const n = 100_000;
  const drawn = (from: Initializer): Float64Array => initialise(from, n, { name: "w", seed: 3 });
  const mean = (x: Float64Array, f: (x: number) => number = (v) => v): number => x.reduce((s, v) => s + f(v), 0) / n;
  /** Within five standard errors. */
  const near = (got: number, expected: number, sd: number): void =>
    expect(Math.abs(got - expected)).toBeLessThan((5 * sd) / Math.sqrt(n));

  test("exponential: mean and deviation m, and e^-1 of the numbers above m", () => {
    const x = drawn(exponential(0.2));
    near(mean(x), 0.2, 0.2);
    // The fourth moment of an exponential number is 24 m^4: x² has variance 20 m^4.
    near(
      mean(x, (v) => v * v),
      2 * 0.04,
      Math.sqrt(20) * 0.04,
    );
    near(
      mean(x, (v) => Number(v > 0.2)),
      1 / Math.E,
      0.5,
    );
    expect(Math.min(...x.subarray(0, 1000))).toBeGreaterThan(0);
  });
  test("logNormal: its logarithm is normal, its mean e^(mu + sigma²/2)", () => {
    const x = drawn(logNormal(-1, 0.5));
    near(mean(x, Math.log), -1, 0.5);
    near(
      mean(x, (v) => (Math.log(v) + 1) ** 2),
      0.25,
      Math.SQRT2 * 0.25,
    );
    near(mean(x), Math.exp(-1 + 0.125), Math.exp(-1 + 0.125) * Math.sqrt(Math.exp(0.25) - 1));
  });
  test("clippedNormal: what lies outside piles up at the bounds", () => {
    const x = drawn(clippedNormal(1, 1, { low: 0, high: 2 }));
    // Φ(-1) = 0.15866 at each bound; the mean stays, by symmetry.
    for (const bound of [0, 2])
      near(
        mean(x, (v) => Number(v === bound)),
        0.158655,
        0.3654,
      );
    near(mean(x), 1, 1);
    expect(drawn(clippedNormal(-1, 0.1, { low: 0 })).every((v) => v === 0)).toBe(true);
  });
  test.each<[string, Initializer]>([
    ["uniform", uniform(1, 3)],
    ["normal", normal(1, 3)],
    ["truncatedNormal", truncatedNormal(0, 1, { low: 0.5 })],
    ["clippedNormal", clippedNormal(0, 1, { low: 0.5 })],
    ["logNormal", logNormal(0, 1)],
    ["exponential", exponential(2)],
    ["glorotUniform", glorotUniform()],
    ["orthogonal", orthogonal()],
  ])("%s: the same numbers in any order", (_name, from) => {
    const draw = { name: "w", seed: 3, fanIn: 20 };
    const number = drawing(from, 400, draw);
    const backwards = Array.from({ length: 400 }, (_, k) => number(399 - k)).reverse();
    expect(backwards).toEqual([...initialise(from, 400, draw)]);
  });
  test("refused: bounds the wrong way round, and numbers beyond all numbers", () => {
    expect(() => drawn(clippedNormal(0, 1, { low: 2, high: 1 }))).toThrow("w: low must not be above high, got 2 and 1");
    expect(() => drawn(logNormal(0, 200))).toThrow("must be a number, got mu 0, sigma 200");
  });
});

test("glorotUniform fills ±gain·√(6 / (sources + targets)) evenly", () => {
  const [rows, columns, gain] = [60, 90, 2];
  const w = matrix(glorotUniform(gain), rows, columns);
  const limit = gain * Math.sqrt(6 / 150);
  const n = w.length;
  expect(Math.max(...w)).toBeLessThanOrEqual(limit);
  expect(Math.min(...w)).toBeGreaterThanOrEqual(-limit);
  // Uniform: variance limit²/3, fourth moment limit⁴/5.
  const variance = w.reduce((sum, x) => sum + x * x, 0) / n;
  expect(Math.abs(variance - limit ** 2 / 3)).toBeLessThan(4 * limit ** 2 * Math.sqrt((1 / 5 - 1 / 9) / n));
  expect(Math.abs(w.reduce((a, b) => a + b) / n)).toBeLessThan((4 * limit) / Math.sqrt(3 * n));
});

describe("truncatedNormal", () => {
  const draw = { name: "tau", seed: 3 };
  test("draws again what falls outside: a normal number's share of each range, and the rest as it was", () => {
    const n = 4000;
    const cut = initialise(truncatedNormal(20, 5, { low: 15, high: 27 }), n, draw);
    expect(cut.every((x) => x >= 15 && x <= 27)).toBe(true);
    const plain = initialise(normal(20, 5), n, draw);
    expect(cut.every((x, k) => x === plain[k] || plain[k]! < 15 || plain[k]! > 27)).toBe(true);
    const edges = [15, 17.5, 20, 22.5, 25, 27];
    const got = edges.slice(1).map((to, k) => cut.filter((x) => x >= edges[k]! && x < to).length);
    // The normal distribution function at -1, -1/2, 0, 1/2, 1 and 1.4 (Abramowitz and Stegun, table 26.1).
    const phi = [0.158655, 0.308538, 0.5, 0.691462, 0.841345, 0.919243];
    const expected = phi.slice(1).map((p, k) => (n * (p - phi[k]!)) / (phi[5]! - phi[0]!));
    expect(chiSquareExcess(got, expected)).toBeLessThan(0);
  });
  test("has no upper bound unless it is given one", () => {
    expect(Math.max(...initialise(truncatedNormal(0, 1, { low: 0 }), 4000, draw))).toBeGreaterThan(3);
  });
  test("refuses bounds that leave no room", () => {
    const bad = (bounds: { low: number; high?: number }) => () => initialise(truncatedNormal(0, 1, bounds), 1, draw);
    expect(bad({ low: 2, high: 1 })).toThrow(ModelError);
    expect(bad({ low: 40 })).toThrow(/^tau: 10000 normal numbers .* all fell outside 40 to Infinity$/);
  });
});

describe("what fills a matrix is refused elsewhere", () => {
  const net = (options: Parameters<typeof connect>[2]) =>
    network({
      dt: "1 ms",
      inputs: { x: inputNode(3) },
      populations: { y: population(3, alif()) },
      connections: [connect("x", "y", options)],
    });
  test.each<[string, () => unknown]>([
    ["a bias", () => net({ bias: orthogonal() })],
    ["a sparse connection", () => net({ connectivity: oneToOne, weight: glorotUniform() })],
    ["a parameter", () => population(3, alif(), { parameters: { tauM: orthogonal() } })],
    ["an initial value", () => population(3, alif(), { initial: { v: glorotUniform() } })],
    ["numbers without sources", () => initialise(orthogonal(), 9, { name: "w", seed: 1 })],
  ])("%s", (_name, make) => {
    expect(make).toThrow(ModelError);
    expect(make).toThrow("starts the weights of dense connections, and nothing else");
  });
  test("and taken there", () => expect(net({ weight: orthogonal() }).connections[0]!.weight).toEqual(orthogonal()));
});
