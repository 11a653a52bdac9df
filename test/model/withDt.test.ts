import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { synapse } from "../../src/model/synapse.ts";
import { withDt } from "../../src/model/withDt.ts";
import { createEngine } from "../../src/sim/engine.ts";

const plastic = (dt: number) =>
  synapse({ name: "s", pathways: [{ trigger: "pre", body: "v_post += w", delay: Math.round(1e-3 / dt) }] });
const net = (dt: number): Network =>
  network({
    dt,
    steps: Math.round(0.02 / dt),
    populations: { a: population(40, lif(), { initial: { v: uniform(0, 3) } }), b: population(40, lif()) },
    connections: [
      connect("a", "b", { name: "whole", connectivity: probability(0.3), weight: 0.4, delay: "1.5 ms" }),
      connect("a", "b", { name: "each", connectivity: probability(0.3), weight: 0.4, delay: uniform(1e-3, 5e-3) }),
      connect("a", "b", { name: "path", connectivity: probability(0.3), weight: 0.4, synapse: plastic(dt), port: "v" }),
    ],
  });

test("a network with another step is the one that would have been made with it", async () => {
  expect(withDt(net(5e-4), 1e-4)).toEqual(net(1e-4));
  const digest = async (n: Network) => {
    using engine = await createEngine(n, wasm, { seed: 3 });
    return engine.run(200).digest;
  };
  expect(await digest(withDt(net(5e-4), 1e-4))).toBe(await digest(net(1e-4)));
});

test("the same step is the same network", () => {
  const one = net(5e-4);
  expect(withDt(one, 5e-4)).toBe(one);
});

test("what is no whole number of the new steps is refused, and said", () => {
  expect(() => withDt(net(5e-4), 1e-3)).toThrow(
    "connection whole.delay: is 3 steps of 0.0005 s, and that is no whole number of steps of 0.001 s",
  );
  expect(() => withDt(net(5e-4), 0)).toThrow("must be a finite number > 0 s");
});
