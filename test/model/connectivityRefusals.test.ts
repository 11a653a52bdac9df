import { describe, expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import type { Size } from "../../src/model/connectivity/kind.ts";
import { rowsOf } from "../../src/model/connectivity/rows.ts";
import { gaussianProfile, grid } from "../../src/model/connectivity/space.ts";
import {
  type Connectivity,
  dense,
  distanceDependent,
  inDegree,
  oneToOne,
  outDegree,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";

const rows = (c: Connectivity, size: Size) => rowsOf(c, size, { name: "a>b", seed: 1 });

describe("refused where it is impossible, when the network is made", () => {
  const plane = grid([3, 2]);
  const space = { source: plane, target: plane, profile: gaussianProfile(1) };
  test.each<[string, Connectivity, string]>([
    ["probability", probability(1.5), "a>a.connectivity: probability must be from 0 to 1, got 1.5"],
    ["NaN", probability(Number.NaN), "probability must be from 0 to 1, got NaN"],
    [
      "in-degree",
      inDegree(7, { multapses: false }),
      "a>a.connectivity.degree: without multapses it can be at most 6, for there are 6 sources; got 7",
    ],
    [
      "in-degree without autapses",
      inDegree(6, { multapses: false, autapses: false }),
      "without multapses it can be at most 5, for there are 5 sources other than the neuron itself; got 6",
    ],
    ["out-degree", outDegree(7, { multapses: false }), "for there are 6 targets; got 7"],
    ["a fraction", inDegree(1.5), "degree: must be an integer from 0 to 2147483647, got 1.5"],
    ["a negative total", totalNumber(-1), "total: must be an integer from 0 to 2147483647, got -1"],
    ["positions", distanceDependent({ ...space, source: grid([5]) }), "connectivity.source: needs 6 positions, got 5"],
    ["dimensions", distanceDependent({ ...space, source: grid([6]) }), "positions of as many dimensions, got 1 and 2"],
    ["four dimensions", distanceDependent({ ...space, source: grid([1, 1, 2, 3]) }), "from 1 to 3, got 4"],
    [
      "an extent",
      distanceDependent({ ...space, source: grid([3, 2], [1]) }),
      "needs 2 lengths, as the shape has, got 1",
    ],
    [
      "a width",
      distanceDependent({ ...space, profile: gaussianProfile(0) }),
      "profile.sigma: must be a finite number > 0",
    ],
    ["a period", distanceDependent({ ...space, period: [1] }), "period: needs 2 lengths > 0, got [1]"],
  ])("%s", (_name, connectivity, message) => {
    const make = () =>
      network({
        dt: "1 ms",
        populations: { a: population(6, lif()) },
        connections: [connect("a", "a", { connectivity, weight: 1, delay: 1 })],
      });
    expect(make).toThrow(message);
    expect(make).toThrow("connection a>a.connectivity");
  });
  test("one to one of unequal sizes", () => {
    expect(() =>
      network({
        dt: "1 ms",
        inputs: { x: inputNode(3) },
        populations: { a: population(6, lif()) },
        connections: [connect("x", "a", { connectivity: oneToOne })],
      }),
    ).toThrow("connection x>a.connectivity: one-to-one needs equal sizes, got 3 and 6");
  });
  test("nobody to choose, or more synapses than a table holds", () => {
    const alone = { sources: 1, targets: 1, recurrent: true };
    expect(() => rows(inDegree(1, { autapses: false }), alone)).toThrow(
      "a>b.degree: must be 0, for there are 0 sources other than the neuron itself; got 1",
    );
    expect(() => rows(totalNumber(1, { autapses: false }), alone)).toThrow("there is no pair to join; got 1");
    const many = { sources: 2 ** 12, targets: 2 ** 20 };
    expect(() => rows(dense, many)).toThrow("can have at most 2147483647 synapses, got 4294967296");
  });
});
