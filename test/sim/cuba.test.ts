/** The network of Vogels and Abbott 2005 with currents, as Brian 2's example has it: design.md, section 4. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
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
    // Brian2 5.5 to 5.9 Hz, NEST 5.6 to 5.7, GeNN 5.9 over 10 s (shared/facts/peers-simulation.md, W1). Networks differ: 40
    // of ours, over 10 s each, have 5.55 +- 0.20 (mean and standard deviation); 40 of the plain loop below have 5.60 +- 0.22.
    expect(rate).toBeGreaterThan(5.0);
    expect(rate).toBeLessThan(6.2);
    expect(digest).toBe((await simulate(cubaNetwork(), { steps: 10_000, seed: 1, block: 1000 })).digest);
  });
  // 200 neurons with the same number of synapses each: 0.02 · 3200 = 0.4 · 160.
  test("wasm and the interpreter agree bit for bit, in f32 and f64", async () => {
    for (const type of ["f32", "f64"] as const) {
      const r = await run(cubaNetwork(20), 250, { seed: 2, type, record: ["e.v", "i.ge"] });
      expect(r.spikes.e!.steps.length).toBeGreaterThan(10);
    }
  });
  test("against a plain loop in double precision: the same spikes", async () => {
    const steps = 1500;
    using engine = await createEngine(cubaNetwork(20), wasm, { type: "f64", seed: 3 });
    const [v, ge, gi] = [0, 0, 0].map(() => new Float64Array(200)) as [Float64Array, Float64Array, Float64Array];
    v.set(engine.state("e.v").subarray(0, 160));
    v.set(engine.state("i.v").subarray(0, 40), 160);
    const targets: number[][] = Array.from(v, () => []);
    for (const c of engine.network.connections) {
      const { source, target } = engine.synapses(c.name);
      const [from, to] = [c.from.node, c.to.node].map((node) => (node === "e" ? 0 : 160)) as [number, number];
      source!.forEach((s: number, k: number) => targets[from + s]!.push(to + target![k]!));
    }
    const r = engine.run(steps);
    const got = (["e", "i"] as const).flatMap((node, k) =>
      [...r.spikes[node]!.steps].map((t, n) => [t, 160 * k + r.spikes[node]!.indices[n]!]),
    );
    // Exact integration of the three equations over a step, in closed form.
    const [dt, tm, te, ti, El] = [1e-4, 20e-3, 5e-3, 10e-3, -49e-3];
    const [am, ae, ai] = [tm, te, ti].map((tau) => Math.exp(-dt / tau)) as [number, number, number];
    const [ke, ki] = [(te / (te - tm)) * (ae - am), (ti / (ti - tm)) * (ai - am)];
    const last = new Float64Array(200).fill(Number.NEGATIVE_INFINITY);
    const expected: number[][] = [];
    for (let t = 0; t < steps; t++) {
      const fired: number[] = [];
      for (let k = 0; k < 200; k++) {
        const active = t - last[k]! >= 50;
        if (active) v[k] = El + (v[k]! - El) * am + ke * ge[k]! + ki * gi[k]!;
        ge[k]! *= ae;
        gi[k]! *= ai;
        if (active && v[k]! > -50e-3) fired.push(k);
      }
      for (const k of fired) for (const to of targets[k]!) (k < 160 ? ge : gi)[to]! += k < 160 ? 1.62e-3 : -9e-3;
      for (const k of fired) {
        v[k] = -60e-3;
        last[k] = t;
        expected.push([t, k]);
      }
    }
    const order = (a: number[], b: number[]): number => a[0]! - b[0]! || a[1]! - b[1]!;
    expect(got.sort(order)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(100);
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
