/** Inhibitory plasticity against its sums, its drift, and the rate that it keeps. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { inhibitoryStdp } from "../../../src/model/plasticity/inhibitoryStdp.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { poissonSource } from "../../../src/sim/spikeSource.ts";
import { type Case, dt, ensembleAfter, meanOf, train, weightsAfter } from "./tools.ts";

test("trains: every pair by its distance, every spike of the source by alpha", async () => {
  const rule = inhibitoryStdp({ transmit: "ge -= w", eta: 0.003, rho0: "12 Hz", tau: "25 ms" });
  const cases = [1, 2, 3].map((k): Case => ({ pre: train(k, 60, 9000), post: train(k + 5, 60, 9000) }));
  const found = await weightsAfter(rule, cases);
  cases.forEach(({ pre, post }, k) => {
    const pairs = pre.flatMap((s) => post.map((t) => Math.exp((-Math.abs(t - s) * dt) / 0.025)));
    const expected = 0.5 + 0.003 * (pairs.reduce((a, b) => a + b, 0) - pre.length * 2 * 12 * 0.025);
    expect(Math.abs(found[k]! - expected)).toBeLessThan(120 * 16 * 2 ** -53);
  });
});
test("bounds", async () => {
  const rule = inhibitoryStdp({ transmit: "ge -= w", eta: 0.4, rho0: "10 Hz", wMax: 1 });
  const cases = [
    { pre: [10, 20], post: [11, 21] },
    { pre: [10, 2000, 4000, 6000, 8000], post: [8001] },
  ];
  // Each lonely spike takes off 0.4 * 2 * 10 Hz * 20 ms = 0.16; then the target's adds what all of them left.
  const [high, low] = await weightsAfter(rule, cases);
  expect(high).toBe(1);
  const left = cases[1]!.pre.map((t) => Math.exp((t - 8001) / 200)).reduce((a, b) => a + b, 0);
  expect(low).toBeCloseTo(0.4 * left, 12);
});

describe("drift of unrelated spikes: 2 tau eta (rate of the source) (rate of the target - rho0)", () => {
  test.each([2, 10, 30])("target at %d Hz, kept at 10", async (post) => {
    const rule = inhibitoryStdp({ transmit: "ge -= w", eta: 1e-3, rho0: "10 Hz" });
    const seconds = 20;
    const { mean, error } = meanOf(await ensembleAfter(rule, { size: 200, seconds, pre: 20, post, w: 5 }));
    const drift = 2 * 0.02 * 1e-3 * 20 * (post - 10) * seconds;
    // Sums of a trace over steps of 1 ms, not an integral: coth(dt/2tau) dt/2tau differs by (dt/tau)^2/12.
    expect(Math.abs(mean - 5 - drift)).toBeLessThan(4 * error + 1e-3 * Math.abs(drift));
  });
});

test("a neuron under strong excitation comes to its target rate", async () => {
  const cell = neuron({
    name: "cell",
    equations: "dv/dt = (ge - gi - v)/(20*ms) : 1\ndge/dt = -ge/(5*ms) : 1\ndgi/dt = -gi/(10*ms) : 1",
    spike: "v > 1",
    reset: "v = 0",
    refractory: "5 ms",
    port: "ge",
  });
  const rule = inhibitoryStdp({ transmit: "gi += w", eta: 2e-3, rho0: "8 Hz" });
  const net = network({
    dt: "0.5 ms",
    schedule: "brian",
    inputs: { exc: inputNode(200), inh: inputNode(50) },
    populations: { cell: population(20, cell) },
    connections: [
      connect("exc", "cell", { weight: 0.15 }),
      connect("inh", "cell", { weight: 0, synapse: rule, port: "gi" }),
    ],
  });
  const sources = { exc: poissonSource(15), inh: poissonSource(15) };
  using engine = await createEngine(net, wasm, { sources, seed: 3 });
  const rate = (seconds: number): number => engine.run(seconds * 2000).spikes.cell!.steps.length / 20 / seconds;
  const before = rate(1);
  engine.run(30 * 2000);
  const after = rate(20);
  expect(before).toBeGreaterThan(60);
  // The weights drift with the rate of the target minus 8 Hz, but for what spikes of a source do to it.
  expect(Math.abs(after - 8)).toBeLessThan(1);
});
