/** What ends every step of a neuron that does not spike: a passive membrane under Poisson kicks. */
import { expect, test } from "vitest";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { createExactEngine } from "../../src/sim/exact/engine.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { BACKENDS } from "./run.ts";

const [tau, rate, kick] = [10e-3, 500, 0.2e-3];
const membrane = neuron({
  name: "membrane",
  equations: "dv/dt = -v/tau : volt",
  parameters: { tau: "10 ms", rate: "500 Hz", kick: "0.2 mV" },
  after: "v += kick*poisson(rate*dt)",
});
const count = 500;
const netOf = (schedule: ScheduleName) =>
  network({ dt: "0.1 ms", schedule, populations: { cells: population(count, membrane) } });

/**
 * Campbell's theorem: mean `kick·rate·tau`, variance `kick²·rate·tau/2`, but for terms of dt/tau = 1 % of the sampling at the
 * end of a step, right after the kicks: sums of geometric series instead of integrals. Means of n values are off by 5 σ/√n at
 * most; for a variance of a nearly normal value σ²√(2/n), and 1.5 times that for the kurtosis of 2.5 kicks a variance.
 */
test.each(BACKENDS.flatMap((b) => (["layered", "brian"] as const).map((s) => [b.name, s, b] as const)))(
  "Campbell's theorem: %s, %s",
  async (_name, schedule, backend) => {
    const { values } = await simulate(netOf(schedule), { backend, duration: "100 ms", seed: 4, record: ["cells.v"] });
    const last = values["cells.v"]!.slice(-count);
    const mean = last.reduce((a, b) => a + b, 0) / count;
    const variance = last.reduce((a, b) => a + (b - mean) ** 2, 0) / (count - 1);
    const e = Math.exp(-0.1e-3 / tau);
    const expected = { mean: (kick * rate * 0.1e-3) / (1 - e), variance: (kick ** 2 * rate * 0.1e-3) / (1 - e * e) };
    expect(expected.mean / (kick * rate * tau)).toBeCloseTo(1, 1);
    expect(Math.abs(mean - expected.mean)).toBeLessThan(5 * Math.sqrt(expected.variance / count));
    expect(Math.abs(variance / expected.variance - 1)).toBeLessThan(5 * 1.5 * Math.sqrt(2 / count));
  },
);

test("the exact engine has no steps that could end so", () => {
  expect(() => createExactEngine(netOf("brian"))).toThrow("membrane");
});
