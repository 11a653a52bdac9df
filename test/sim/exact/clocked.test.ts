/** The clocked engine beside the exact one: the same network, the same draws. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { probability } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { numbers, spikesOf } from "../run.ts";
import { alphaCell, timesOf } from "./networks.ts";

/** A moment at the end of a step, as its number: a step runs from `step · dt` to `(step + 1) · dt`. */
const stepOf = (time: number, dt: number): number => Math.round(time / dt) - 1;

/** Excitation and inhibition behind exponential and alpha currents, delays of 2 and 3.2 ms. */
const recurrent = (dt: number): Network =>
  network({
    dt,
    schedule: "nest",
    inputs: { stim: inputNode(10) },
    populations: {
      e: population(16, alphaCell, { initial: { v: uniform(0, 0.9) }, parameters: { tau: uniform(0.015, 0.025) } }),
      i: population(6, alphaCell, { initial: { v: uniform(0, 0.9) } }),
    },
    connections: [
      connect("stim", ["e", "i"], {
        connectivity: probability(0.5),
        port: "g",
        weight: uniform(0.8, 1.8),
        delay: "2 ms",
      }),
      connect("e", ["e", "i"], { connectivity: probability(0.3), port: "x", weight: 0.2, delay: "3.2 ms" }),
      connect("i", ["e", "i"], { connectivity: probability(0.3), port: "g", weight: -0.2, delay: "2 ms" }),
    ],
  });

describe("the clocked engine", () => {
  test("converges to the exact one at first order: a spike waits for the end of its step", async () => {
    const [coarsest, duration] = [0.4e-3, 0.12];
    const next = numbers(11);
    const indices = Array.from({ length: 150 }, (_, k) => k % 10);
    const times = indices.map(() => coarsest * (1 + Math.floor(250 * (next() + 0.5))));
    const exact = createExactEngine(recurrent(coarsest), { seed: 5 }).run(duration, {
      inputs: { stim: { times, indices } },
    });
    expect(exact.spikes.e!.times.length).toBeGreaterThan(30);
    const steps = [1, 2, 4, 8, 16, 32].map((k) => coarsest / k);
    const errors: number[] = [];
    for (const dt of steps) {
      using engine = await createEngine(recurrent(dt), wasm, { type: "f64", seed: 5 });
      const stim = { steps: times.map((t) => stepOf(t, dt)), indices };
      const r = engine.run(Math.round(duration / dt), { stim });
      let [sum, n] = [0, 0];
      for (const [node, size] of [
        ["e", 16],
        ["i", 6],
      ] as const)
        for (let k = 0; k < size; k++) {
          const [a, b] = [timesOf(exact, node, k), spikesOf(r, node, k).map((s) => (s + 1) * dt)];
          const both = Math.min(a.length, b.length, 3); // later spikes of a coarse run may be others
          for (let s = 0; s < both; s++) sum += Math.abs(a[s]! - b[s]!);
          n += both;
        }
      errors.push(sum / n);
    }
    const orders = errors.slice(1).map((e, k) => Math.log2(errors[k]! / e));
    // Each error is a mean over some fifty spikes, each spread over a step: a tenth of it, so 0.2 of an order; the whole
    // run of five halvings is five times as sharp.
    const overall = Math.log2(errors[0]! / errors.at(-1)!) / (errors.length - 1);
    for (const order of orders.slice(2)) expect(Math.abs(order - 1)).toBeLessThan(0.4);
    expect(Math.abs(overall - 1)).toBeLessThan(0.15);
    expect(errors.at(-1)!).toBeLessThan(3 * steps.at(-1)!);
  });

  test("where spikes lie on the grid both agree: every spike, and the membrane to rounding", async () => {
    const dt = 2 ** -13; // sums of it are exact
    const net = network({
      dt,
      schedule: "nest",
      inputs: { stim: inputNode(40) },
      populations: { n: population(60, lif({ reset: { to: -0.2 } }), { initial: { v: uniform(-0.5, 0.9) } }) },
      connections: [
        connect("stim", "n", { connectivity: probability(0.2), weight: uniform(0.1, 0.5), delay: 3 }),
        connect("n", "n", { connectivity: probability(0.2), weight: uniform(-0.25, 0.2), delay: 7 }),
      ],
    });
    const [steps, next] = [800, numbers(3)];
    const indices = Array.from({ length: 1200 }, (_, k) => k % 40);
    const at = indices.map(() => Math.floor(steps * (next() + 0.5)));
    using engine = await createEngine(net, wasm, { type: "f64", seed: 9, record: ["n.v"] });
    const clocked = engine.run(steps, { stim: { steps: at, indices } });
    const grid = Array.from({ length: steps - 1 }, (_, k) => (k + 1) * dt);
    const exact = createExactEngine(net, { seed: 9, record: ["n.v"] }).run(steps * dt, {
      inputs: { stim: { times: at.map((s) => (s + 1) * dt).map((t) => Math.min(t, (steps - 0.5) * dt)), indices } },
      sampleAt: grid,
    });
    // The last step ends where the exact run does: its spikes are left out.
    const spikes = [...clocked.spikes.n!.steps].flatMap((s, k) =>
      s < steps - 1 ? [[s, clocked.spikes.n!.indices[k]!]] : [],
    );
    expect([...exact.spikes.n!.times].map((t, k) => [stepOf(t, dt), exact.spikes.n!.indices[k]!])).toEqual(spikes);
    expect(spikes.length).toBeGreaterThan(300);
    expect([...exact.spikes.n!.times].every((t) => Number.isInteger(t / dt))).toBe(true);
    const [a, b] = [exact.values["n.v"]!, clocked.values["n.v"]!];
    // 800 steps, each a rounding or two of a membrane below 2; what is forgotten takes its errors with it.
    const worst = a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k]!)), 0);
    expect(worst).toBeLessThan(2 * 2 * 800 * 2 ** -53);
  });

  test("CUBA: the same synapses and the same start; the first spikes agree within a step or two", async () => {
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
    const initial = { v: uniform(-0.06, -0.05) };
    const [dt, connectivity] = [2e-5, probability(0.4)];
    const net = network({
      dt,
      schedule: "brian",
      populations: { e: population(160, cuba, { initial }), i: population(40, cuba, { initial }) },
      connections: [
        connect("e", ["e", "i"], { connectivity, port: "ge", weight: 1.62e-3 }),
        connect("i", ["e", "i"], { connectivity, port: "gi", weight: -9e-3 }),
      ],
    });
    using engine = await createEngine(net, wasm, { type: "f64", seed: 3 });
    const exact = createExactEngine(net, { seed: 3 }).run(0.04);
    const clocked = engine.run(2000);
    let n = 0;
    for (const [node, size] of [
      ["e", 160],
      ["i", 40],
    ] as const)
      for (let k = 0; k < size; k++) {
        const [a, b] = [timesOf(exact, node, k), spikesOf(clocked, node, k)];
        if (a[0]! > 0.0395) continue; // might fall behind the end
        expect(a.length > 0).toBe(b.length > 0);
        if (a.length > 0) expect(Math.abs(a[0]! - (b[0]! + 1) * dt)).toBeLessThan(5 * dt);
        n += Math.min(a.length, 1);
      }
    expect(n).toBeGreaterThan(20);
  });
});
