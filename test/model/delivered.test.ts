import { expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { dense, inDegree, probability } from "../../src/model/connectivity.ts";
import { isDelivered } from "../../src/model/delivered.ts";
import { network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";

test("delivered by groups of delays: what differs in delay, is stored narrowly, or is very many, and no others", () => {
  const delivered = (options: ConnectOptions): boolean => {
    const net = network({
      dt: "0.1 ms",
      populations: { a: population(2000, lif({ tau: "20 ms" })) },
      connections: [connect("a", "a", { port: "v", weight: 1, delay: "1 ms", ...options })],
    });
    return isDelivered(net.connections[0]!, net);
  };
  expect(delivered({ connectivity: inDegree(80) })).toBe(false);
  expect(delivered({ connectivity: inDegree(999) })).toBe(false);
  expect(delivered({ connectivity: inDegree(1000) })).toBe(true);
  expect(delivered({ connectivity: inDegree(80), delay: [10, 11].flatMap((d) => Array<number>(80_000).fill(d)) })).toBe(
    true,
  );
  expect(delivered({ connectivity: inDegree(80), storage: "i8", weight: { kind: "uniform", low: 0, high: 1 } })).toBe(
    true,
  );
  for (const connectivity of [dense, probability(1)]) expect(delivered({ connectivity })).toBe(false);
});
test("many of several connections to a port, though each has few", () => {
  const options: ConnectOptions = { port: "v", weight: 1, delay: "1 ms" };
  const delivered = (degrees: readonly number[], port = "v"): boolean[] => {
    const net = network({
      dt: "0.1 ms",
      populations: { a: population(2000, lif({ tau: "20 ms" })), b: population(2000, lif({ tau: "20 ms" })) },
      connections: degrees.map((degree, k) =>
        connect(k % 2 ? "a" : "b", k === 2 && port !== "v" ? "b" : "a", {
          ...options,
          name: `c${k}`,
          connectivity: inDegree(degree),
        }),
      ),
    });
    return net.connections.map((c) => isDelivered(c, net));
  };
  expect(delivered([800, 199])).toEqual([false, false]);
  expect(delivered([800, 200])).toEqual([true, true]);
  expect(delivered([800, 100, 150], "of b")).toEqual([false, false, false]);
  expect(delivered([800, 100, 150])).toEqual([true, true, true]);
});
