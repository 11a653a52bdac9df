/** Synaptic scaling against the integral of its equation, and the rate that it keeps. */
import { expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapticScaling } from "../../../src/model/plasticity/synapticScaling.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { regularSource } from "../../../src/sim/spikeSource.ts";
import { type Case, dt, train, variablesAfter } from "./tools.ts";

test.each(["0 Hz", "0.7 Hz"])("trains, gamma %s: the two integrals, spike by spike", async (gamma) => {
  const rule = synapticScaling({ transmit: "ge += w", tau: "50 ms", beta: 0.3, gamma, aGoal: "40 Hz" });
  const cases = [1, 2, 3].map((k): Case => ({ pre: train(k, 20, 6000), post: train(k + 5, 40, 6000) }));
  const { w, a } = await variablesAfter(rule, cases, ["w", "a"]);
  cases.forEach(({ pre, post }, k) => {
    // As the last event of the synapse left it. Synapses start at step 0.
    const last = Math.max(...pre, ...post) * dt;
    const ages = post.map((t) => last - t * dt);
    const over = (f: (age: number) => number): number => ages.map(f).reduce((x, y) => x + y, 0);
    // A spike of the target adds 1/tau to a; the integral of that is 1 - exp(-age/tau), and of this age - tau (1 - exp(-age/tau)).
    const once = 40 * last - over((s) => 1 - Math.exp(-s / 0.05));
    const twice = (40 * last ** 2) / 2 - over((s) => s - 0.05 * (1 - Math.exp(-s / 0.05)));
    const expected = 0.5 * Math.exp(0.3 * once + Number.parseFloat(gamma) * twice);
    expect(Math.abs(w[k]! / expected - 1)).toBeLessThan(1e-12);
    const rate = over((s) => Math.exp(-s / 0.05) / 0.05);
    expect(Math.abs(a[k]! / rate - 1)).toBeLessThan(1e-12);
  });
});

test("all weights of a neuron change in proportion, and bring it to its rate", async () => {
  // A perfect integrator under n regular inputs at f fires at f · (sum of weights).
  const integrator = neuron({ name: "integrator", equations: "v : 1", spike: "v >= 1", reset: "v -= 1", port: "v" });
  const rule = synapticScaling({ transmit: "v_post += w", tau: "1 s", beta: 0.02, aGoal: "12 Hz" });
  const first = [0.02, 0.04, 0.06, 0.08];
  const net = network({
    dt: "1 ms",
    schedule: "brian",
    inputs: { x: inputNode(4) },
    populations: { cell: population(1, integrator) },
    connections: [connect("x", "cell", { name: "s", weight: first, synapse: rule, port: "v" })],
  });
  using engine = await createEngine(net, wasm, { type: "f64", sources: { x: regularSource("10 ms") } });
  const rate = (seconds: number): number => engine.run(seconds * 1000).spikes.cell!.steps.length / seconds;
  const before = rate(2);
  expect(Math.abs(before - 100 * 0.2)).toBeLessThan(2);
  engine.run(60_000);
  expect(rate(10)).toBeCloseTo(12, 0);
  const w = engine.synapses("s").w!;
  // beta is small against 1: what a period of the sensor leaves is of order beta.
  expect(w[0]! + w[1]! + w[2]! + w[3]!).toBeCloseTo(12 / 100, 2);
  for (const k of [1, 2, 3]) expect(w[k]! / w[0]!).toBeCloseTo(first[k]! / first[0]!, 12);
});
