/** Rows can be built in any pieces, and work follows the synapses. */
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LineStream } from "../../src/base/lineStream.ts";
import type { Size } from "../../src/model/connectivity/kind.ts";
import {
  divideRows,
  fillColumnSource,
  fillColumnStart,
  fillColumnSynapse,
  rowsOf,
} from "../../src/model/connectivity/rows.ts";
import { gaussianProfile, grid } from "../../src/model/connectivity/space.ts";
import {
  type Connectivity,
  condition,
  dense,
  distanceDependent,
  inDegree,
  outDegree,
  pairs,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import { built, expectCount } from "./built.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const positions = (n: number) => grid([n], [1]);
const any = ({
  sources,
  targets,
  recurrent,
}: Required<Pick<Size, "sources" | "targets" | "recurrent">>): fc.Arbitrary<Connectivity> => {
  const flags = { autapses: fc.boolean(), multapses: fc.boolean() };
  const most = (n: number): number => n - Number(recurrent);
  const p = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
  return fc.oneof(
    fc.constant(dense),
    fc.record({ p, ...flags }).map(({ p, autapses }) => probability(p, { autapses })),
    fc.record({ k: fc.nat(most(sources)), ...flags }).map(({ k, ...f }) => inDegree(k, f)),
    fc.record({ k: fc.nat(most(targets)), ...flags }).map(({ k, ...f }) => outDegree(k, f)),
    fc
      .record({ k: fc.nat(most(targets) > 0 ? 60 : 0), ...flags })
      .map(({ k, autapses }) => totalNumber(k, { autapses })),
    fc.array(fc.tuple(fc.nat(sources - 1), fc.nat(targets - 1)), { maxLength: 40 }).map((list) =>
      pairs(
        list.map(([s]) => s),
        list.map(([, t]) => t),
      ),
    ),
    fc
      .record({ p, scale: fc.double({ min: 0.05, max: 2, noNaN: true }), periodic: fc.boolean(), ...flags })
      .map(({ p, scale, periodic, autapses }) =>
        distanceDependent({
          source: positions(sources),
          target: positions(targets),
          profile: gaussianProfile(scale),
          p,
          autapses,
          ...(periodic && { period: [1] }),
        }),
      ),
    fc.constantFrom(condition("(i + j) % 3 != 0", { p: 0.4 }), condition("i <= j", { p: "1 / (1 + j)" })),
  );
};
const sized = fc
  .record({
    sources: fc.integer({ min: 1, max: 40 }),
    targets: fc.integer({ min: 1, max: 40 }),
    recurrent: fc.boolean(),
  })
  .map((s) => (s.recurrent ? { ...s, targets: s.sources } : s))
  .chain((size) => fc.tuple(fc.constant(size), any(size), fc.nat(999)));

describe("pieces", () => {
  test("rows of any ranges, in any order and from new, are those of the whole", () => {
    fc.assert(
      fc.property(sized, fc.array(fc.nat(40), { maxLength: 4 }), fc.boolean(), ([size, c, seed], cuts, backwards) => {
        const whole = built(c, size, seed);
        const ends = [...new Set([0, ...cuts.map((k) => Math.min(k, size.sources)), size.sources])].sort(
          (a, b) => a - b,
        );
        const ranges = ends.slice(1).map((to, k) => [ends[k]!, to] as const);
        const target = new Uint32Array(whole.count).fill(2 ** 32 - 1);
        for (const [from, to] of backwards ? ranges.reverse() : ranges)
          rowsOf(c, size, { name: "a>b", seed }).fill(target, from, to);
        expect(target).toEqual(whole.target);
      }),
    );
  });
  test("in order of source, then target; parts divide them; columns have them in order of source", () => {
    fc.assert(
      fc.property(sized, fc.array(fc.nat(40), { maxLength: 3 }), ([size, c, seed], cuts) => {
        const { source, target, into } = built(c, size, seed);
        const { start } = rowsOf(c, size, { name: "a>b", seed });
        for (let k = 1; k < target.length; k++)
          expect(source[k]! > source[k - 1]! || (source[k] === source[k - 1] && target[k]! >= target[k - 1]!)).toBe(
            true,
          );
        const inner = cuts.map((k) => Math.min(k, size.targets)).sort((a, b) => a - b);
        const starts = [0, ...inner, size.targets];
        const P = starts.length - 1;
        const divided = new Int32Array(size.sources * P + 1);
        divideRows(divided, start, target, starts);
        for (let row = 0; row < size.sources; row++)
          for (let p = 0; p < P; p++)
            for (let k = divided[row * P + p]!; k < divided[row * P + p + 1]!; k++) {
              expect(source[k]).toBe(row);
              expect(target[k]! >= starts[p]! && target[k]! < starts[p + 1]!).toBe(true);
            }
        expect([divided[0], divided[size.sources * P]]).toEqual([0, target.length]);
        const [columnStart, columnSynapse] = [new Int32Array(size.targets + 1), new Uint32Array(target.length)];
        fillColumnStart(columnStart, target);
        fillColumnSynapse(columnSynapse, columnStart, target);
        const columnSource = new Uint32Array(target.length);
        fillColumnSource(columnSource, columnStart, target, rowsOf(c, size, { name: "a>b", seed }).start);
        expect([...columnSource]).toEqual([...columnSynapse].map((k) => source[k]));
        for (let t = 0; t < size.targets; t++) {
          const own = columnSynapse.subarray(columnStart[t], columnStart[t + 1]);
          expect(own.length).toBe(into[t]);
          own.forEach((k, n) => expect(target[k] === t && (n === 0 || k > own[n - 1]!)).toBe(true));
        }
      }),
    );
  });
  test("a row does not depend on how many rows there are", () => {
    const some = built(probability(0.2), { sources: 3, targets: 90 });
    const more = built(probability(0.2), { sources: 30, targets: 90 });
    expect(more.target.subarray(0, some.count)).toEqual(some.target);
  });
  test("another seed and another name draw others", () => {
    const draw = (name: string, seed: number): Uint32Array => {
      const rows = rowsOf(inDegree(3), { sources: 50, targets: 50 }, { name, seed });
      const out = new Uint32Array(150);
      rows.fill(out);
      return out;
    };
    expect(draw("a", 1)).toEqual(draw("a", 1));
    expect(draw("a", 1)).not.toEqual(draw("a", 2));
    expect(draw("a", 1)).not.toEqual(draw("b", 1));
  });
});

describe("work follows the synapses", () => {
  const wordsOf = (c: Connectivity, size: Size): { words: number; count: number } => {
    const word = vi.spyOn(LineStream.prototype, "word");
    const { count } = built(c, size);
    const words = word.mock.calls.length;
    word.mockRestore();
    return { words, count };
  };
  test("probability: two words a synapse and two a row, to count and to fill, whatever the number of pairs", () => {
    for (const n of [1_000, 4_000]) {
      const { words, count } = wordsOf(probability(10 / n), { sources: n, targets: n });
      expect(words).toBe(4 * (count + n));
    }
  });
  test("degrees: a word a synapse and pass, and now and then one more", () => {
    const { words, count } = wordsOf(inDegree(20), { sources: 1_000, targets: 900 });
    expect(words).toBeGreaterThanOrEqual(2 * count);
    expect(words).toBeLessThan(2 * count + 20);
    expect(wordsOf(outDegree(900, { multapses: false }), { sources: 20, targets: 1_000 }).words).toBeLessThan(18_020);
  });
  test("distance: four times the neurons, sixteen times the pairs, and less than eight times the work", () => {
    const [few, many] = [30, 60].map((side) => {
      const plane = grid([side, side]);
      const space = { source: plane, target: plane, period: [side, side] };
      const n = side * side;
      const { words, count } = wordsOf(distanceDependent({ ...space, profile: gaussianProfile(1), p: 0.5 }), {
        sources: n,
        targets: n,
      });
      // The sum of a Gaussian over the unit grid is 2 π σ², within 1e-7 at σ = 1.
      expectCount(count, Math.PI * n);
      return words;
    }) as [number, number];
    expect(many / few).toBeLessThan(8);
    expect(many).toBeLessThan(0.1 * 2 * 3_600 ** 2);
  });
});

test("shares of a total are multinomial: chi-square of the rows", () => {
  const [sources, total] = [400, 40_000];
  const { start } = rowsOf(totalNumber(total), { sources, targets: 10 }, { name: "c", seed: 2 });
  const mean = total / sources;
  let chi = 0;
  for (let k = 0; k < sources; k++) chi += (start[k + 1]! - start[k]! - mean) ** 2 / mean;
  expect(start[sources]).toBe(total);
  // Mean sources - 1, variance twice that.
  expect(Math.abs(chi - (sources - 1))).toBeLessThan(5 * Math.sqrt(2 * (sources - 1)));
});
