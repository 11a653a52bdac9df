/** Which connections share the unit of their narrow weights. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import { probability } from "../../src/model/connectivity.ts";
import { clippedNormal, type Initializer, logNormal, normal, uniform } from "../../src/model/initializer.ts";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { storedIn } from "../../src/model/sharedUnits.ts";
import { storedWeight } from "../../src/model/storage.ts";

const cell = neuron({
  name: "cell",
  equations: "dv/dt = -v/tau : 1",
  parameters: { tau: "10 ms" },
  spike: "v > 1",
  reset: "v = 0",
  port: "v",
});
const NODES = ["a", "b", "c"] as const;
type Arc = readonly [from: (typeof NODES)[number], to: (typeof NODES)[number], weight: Initializer];

const netOf = (...arcs: readonly Arc[]) =>
  network({
    dt: "0.1 ms",
    populations: Object.fromEntries(NODES.map((n) => [n, population(10, cell)])),
    connections: arcs.map(([from, to, weight], k) =>
      connect(from, to, { name: `c${k}`, connectivity: probability(0.2), weight, delay: "1 ms", storage: "i8" }),
    ),
  });
/** Units, in those of each connection by itself. */
function ratios(...arcs: readonly Arc[]): number[] {
  const net = netOf(...arcs);
  const unit = (s: ReturnType<typeof storedWeight>): number => ("unit" in s ? s.unit : Number.NaN);
  return net.connections.map((c) => unit(storedIn(net, c, "f64")) / unit(storedWeight(c, "f64", 10)));
}
const of = (mean: number): Initializer =>
  clippedNormal(mean, Math.abs(mean) / 10, mean > 0 ? { low: 0 } : { low: -1000, high: 0 });

test("connections of one source share the larger unit, if it is at most twice theirs", () => {
  expect(ratios(["a", "b", of(1)], ["a", "c", of(2)])).toEqual([2, 1]);
  expect(ratios(["a", "b", of(1)], ["a", "c", of(2.01)])).toEqual([1, 1]);
});
test("those of one source come first: what is twice theirs and half another's goes with theirs", () => {
  expect(ratios(["a", "b", of(1)], ["a", "c", of(2)], ["b", "a", of(-4)], ["c", "b", of(1)])).toEqual([2, 1, 1, 2]);
});
test("a unit that would lose what weights bring is not shared", () => {
  // Half of such weights are below a quarter of the largest's 127th part.
  const [tail, most] = [logNormal(-2, 0.8), Math.exp(-2 + 0.8 * 6.337)];
  expect(ratios(["a", "b", tail], ["a", "c", uniform(0, 1.95 * most)])).toEqual([1, 1]);
  expect(ratios(["a", "b", logNormal(-2, 0.3)], ["a", "c", uniform(0, 1.5)])[0]).toBeGreaterThan(1);
});
test("weights without a unit of their own share none", () => {
  expect(ratios(["a", "b", { kind: "values", values: new Float64Array(20) }], ["a", "c", of(1)])[1]).toBe(1);
});
test("units are from once to twice the connection's own", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.constantFrom(...NODES), fc.constantFrom(...NODES), fc.double({ min: 0.01, max: 100, noNaN: true })),
        { minLength: 1, maxLength: 8 },
      ),
      (arcs) => {
        for (const r of ratios(...arcs.map(([from, to, mean]): Arc => [from, to, normal(mean, mean / 20)]))) {
          expect(r).toBeGreaterThanOrEqual(1);
          expect(r).toBeLessThanOrEqual(2 * (1 + 1e-9));
        }
      },
    ),
    { numRuns: 50 },
  );
});
