/** Sums of synapses that go to their source (`x_pre = … (summed)`). Figures are those of Brian 2.5.1. */
import { describe, expect, test } from "vitest";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { dense, pairs, probability } from "../../src/model/connectivity.ts";
import { inputNode, type Network, type NetworkSpec, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { BACKENDS, message, run } from "./run.ts";

const b = neuron({ name: "b", equations: "dv/dt = (1+i-tot-v)/(4*ms) : 1\ntot : 1", method: "euler", port: "v" });
const c = neuron({ name: "c", equations: "dv/dt = (1-v)/(2*ms) : 1", method: "euler", port: "v" });
const populations = { b: population(3, b), c: population(2, c) };
const equations = "w : 1\ntot_pre = w*v_post : 1 (summed)";
const joined = (
  options: ConnectOptions = {},
  spec = equations,
  nodes: NetworkSpec["populations"] = populations,
): Network =>
  network({
    ...{ dt: "1 ms", schedule: "brian", populations: nodes },
    connections: [
      connect("b", "c", {
        ...{ connectivity: pairs([0, 1, 2, 2], [0, 0, 0, 1]), weight: "1.0+i", ...options },
        synapse: synapse({ name: "s", equations: spec }),
      }),
    ],
  });
const brian = [
  [0.25, 0.5, 0.75],
  [0.3125, 0.625, 0.5625],
  [0.296875, 0.59375, 0.046875],
  [0.25390625, 0.5078125, -0.52734375],
  [0.2060546875, 0.412109375, -1.0517578125],
  [0.162353515625, 0.32470703125, -1.491943359375],
];

describe("into the source", () => {
  test("what Brian gives, whichever population comes first, with delays of spikes and after a round trip", async () => {
    const one = joined();
    for (const net of [
      one,
      joined({}, equations, { c: populations.c, b: populations.b }),
      joined({ delay: [0, 3, 1, 2] }), // sums take no delay
      networkFromJson(JSON.parse(JSON.stringify(networkToJson(one)))),
    ]) {
      const { values } = await run(net, 6, { type: "f64", record: ["b.v"] });
      Array.from(values["b.v"]!).forEach((x, k) => expect(x).toBeCloseTo(brian.flat()[k]!, 12));
    }
    const parted = createEngine(one, BACKENDS[1]!, { parts: 2 });
    await expect(parted).rejects.toThrow("connection b>c changes its source: one part only, got 2");
  });

  test("and into the target at once: each end hears the difference, all that flows in flows out", async () => {
    const cell = neuron({
      name: "cell",
      equations: "dv/dt = (in_ + out)/(20*ms) : 1\nin_ : 1\nout : 1",
      method: "euler",
      port: "v",
    });
    const both = "w : 1\nin__post = w*(v_pre - v_post) : 1 (summed)\nout_pre = w*(v_post - v_pre) : 1 (summed)";
    for (const connectivity of [dense, probability(0.3)]) {
      const net = network({
        ...{ dt: "1 ms", schedule: "brian" },
        populations: { a: population(30, cell, { initial: { v: "i" } }), z: population(20, cell) },
        connections: ["a", "z"].map((to) =>
          connect("a", to, { connectivity, weight: "0.01*rand()", synapse: synapse({ name: "s", equations: both }) }),
        ),
      });
      const found = await run(net, 50, { type: "f64", seed: 2, record: ["a.v", "z.v"] });
      const total = [...found.values["a.v"]!.slice(-30), ...found.values["z.v"]!.slice(-20)].reduce((x, y) => x + y);
      expect(total).toBeCloseTo((30 * 29) / 2, 9);
      expect(Math.max(...found.values["z.v"]!.slice(-20))).toBeGreaterThan(1);
    }
  });

  test("refused, at the place", async () => {
    const build = (net: Network) => createEngine(net, BACKENDS[1]!);
    await expect(build(joined({}, "tot_pre = v_post*mV : 1 (summed)"))).rejects.toThrow("'tot_pre' needs dimension 1");
    await expect(build(joined({}, "u_pre = v_post : 1 (summed)"))).rejects.toThrow("b has no 'u'");
    const of = (schedule: "brian" | "nest", from: string) =>
      network({
        ...{ dt: "1 ms", schedule, populations, inputs: { x: inputNode(3) } },
        connections: [connect(from, "c", { weight: 1, delay: 1, synapse: synapse({ name: "s", equations }) })],
      });
    await expect(build(of("nest", "b"))).rejects.toThrow(
      "'tot_pre': a sum goes to the source under schedule 'brian', in simulations; elsewhere connect the other way round",
    );
    await expect(build(of("brian", "x"))).rejects.toThrow("'tot_pre': an input takes no sums");
    expect(message(() => synapse({ name: "s", equations: "tot = w : 1 (summed)" }))).toContain(
      "'tot': the name of a summed variable ends in _post or _pre, as in 'tot_post'",
    );
  });
});
