/** The network of Vogels and Abbott 2005 with currents, as Brian 2's example has it: design.md, section 4. */
import { describe, expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import { probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { run } from "./run.ts";

const cuba = neuron({
  name: "cuba",
  equations: `
    dv/dt = (ge + gi - (v - El)) / taum : volt (unless refractory)
    dge/dt = -ge / taue : volt
    dgi/dt = -gi / taui : volt`,
  parameters: { taum: "20 ms", taue: "5 ms", taui: "10 ms", El: "-49 mV" },
  spike: "v > -50*mV",
  reset: "v = -60*mV",
  refractory: "5 ms",
});

const start = { initial: { v: uniform(-0.06, -0.05) } };
const populations = (scale: number) => ({
  e: population(3200 / scale, cuba, start),
  i: population(800 / scale, cuba, start),
});
function cubaNetwork(scale = 1): Network {
  const connectivity = probability(0.02 * scale);
  return network({
    name: "cuba",
    dt: "0.1 ms",
    schedule: "brian",
    populations: populations(scale),
    connections: [
      connect("e", ["e", "i"], { connectivity, port: "ge", weight: 1.62e-3 }),
      connect("i", ["e", "i"], { connectivity, port: "gi", weight: -9e-3 }),
    ],
  });
}

describe("CUBA", () => {
  test("4,000 neurons for 1 s: rates as Brian, NEST and GeNN have them", async () => {
    const { spikes, digest, seconds } = await simulate(cubaNetwork(), {
      duration: "1 s",
      seed: 1,
      record: ["e.spike"],
    });
    const rate = (spikes.e!.steps.length + spikes.i!.steps.length) / 4000 / seconds;
    // Over 10 s: Brian2 5.5 to 5.9 Hz, NEST 5.6 to 5.7, GeNN 5.9 (shared/facts/peers-simulation.md, W1).
    expect(rate).toBeGreaterThan(5.3);
    expect(rate).toBeLessThan(6.3);
    expect(digest).toBe((await simulate(cubaNetwork(), { steps: 10_000, seed: 1, block: 1000 })).digest);
  });
  // 200 neurons with the same number of synapses each: 0.02 · 3200 = 0.4 · 160.
  test("wasm and the interpreter agree bit for bit, in f32 and f64", async () => {
    for (const type of ["f32", "f64"] as const) {
      const r = await run(cubaNetwork(20), 250, { seed: 2, type, record: ["e.v", "i.ge"] });
      expect(r.spikes.e!.steps.length).toBeGreaterThan(10);
    }
  });
  test("written with a pathway, `ge_post += w`, it is the same network", async () => {
    const arrive = (sign: "+" | "-", port: string) =>
      synapse({ name: "arrive", pathways: [{ trigger: "pre", body: `${port}_post ${sign}= w` }] });
    const connectivity = probability(0.4);
    const same = network({
      name: "cuba",
      dt: "0.1 ms",
      schedule: "brian",
      populations: populations(20),
      connections: [
        connect("e", ["e", "i"], { connectivity, port: "ge", weight: 1.62e-3, synapse: arrive("+", "ge") }),
        connect("i", ["e", "i"], { connectivity, port: "gi", weight: 9e-3, synapse: arrive("-", "gi") }),
      ],
    });
    const [a, b] = await Promise.all(
      [cubaNetwork(20), same].map((net) => simulate(net, { steps: 2000, seed: 2, record: ["e.v"] })),
    );
    expect(a!.spikes.e!.steps.length).toBeGreaterThan(100);
    expect({ ...b, network: undefined }).toEqual({ ...a, network: undefined });
  });
});
