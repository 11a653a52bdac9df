import { describe, expect, test } from "vitest";
import { connect } from "../../../src/model/connection.ts";
import { pairs } from "../../../src/model/connectivity.ts";
import { type Network, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { run } from "../run.ts";
import { outlineOf } from "./tools.ts";

describe("a gap junction", () => {
  const [tau, g, start] = [0.02, 30, [1, -0.4]] as const;
  const passive = neuron({
    name: "passive",
    equations: "dv/dt = -v/tau + i : 1\ni : hertz (input)",
    parameters: { tau: "20 ms" },
  });
  const junction = synapse({
    name: "gap",
    parameters: { g: "30 Hz" },
    pathways: [{ trigger: "step", body: "i_post += g*(v_pre - v_post)" }],
  });
  const cell = (v: number | readonly number[]) =>
    population(typeof v === "number" ? 1 : v.length, passive, { initial: { v: v as number } });
  /** Two cells of one population, or of two; joined in both directions. */
  const joined = (dt: number, apart: boolean, schedule: "layered" | "brian" = "layered"): Network => {
    const delay = schedule === "layered" ? 1 : 0;
    return network({
      name: "gap",
      dt,
      schedule,
      populations: apart ? { a: cell(start[0]), b: cell(start[1]) } : { a: cell(start) },
      connections: apart
        ? [connect("a", "b", { synapse: junction, delay }), connect("b", "a", { synapse: junction, delay })]
        : [connect("a", "a", { connectivity: pairs([0, 1], [1, 0]), synapse: junction, delay })],
    });
  };
  /** Difference and sum of the two voltages after each step. */
  const modes = async (net: Network, steps: number): Promise<{ difference: number[]; sum: number[] }> => {
    const names = Object.keys(net.populations).map((p) => `${p}.v`);
    const { values } = await run(net, steps, { type: "f64", record: names });
    const v = Array.from({ length: steps }, (_, t) =>
      names.flatMap((name) => [...values[name]!].slice((t * 2) / names.length, ((t + 1) * 2) / names.length)),
    );
    return { difference: v.map(([a, b]) => a! - b!), sum: v.map(([a, b]) => a! + b!) };
  };

  // D' = -D/tau - 2 g D, S' = -S/tau. A step holds the current: D_k = (a - 2 g b)^k D_0 with a = e^(-h/tau), b = tau (1 - a).
  test.each([
    ["one population", false, "layered"],
    ["two populations", true, "layered"],
    ["one population, brian", false, "brian"],
    ["two populations, brian", true, "brian"],
  ] as const)("%s: the difference decays faster than the sum", async (_what, apart, schedule) => {
    const h = 1e-3;
    const { difference, sum } = await modes(joined(h, apart, schedule), 60);
    const a = Math.exp(-h / tau);
    const b = tau * (1 - a);
    for (const k of [1, 2, 10, 60]) {
      expect(Math.abs(difference[k - 1]! - (a - 2 * g * b) ** k * 1.4)).toBeLessThan(1e-15 * 3);
      expect(Math.abs(sum[k - 1]! - a ** k * 0.6)).toBeLessThan(1e-15 * 3);
    }
  });
  test("to first order in the step, the difference is D_0 e^(-(1/tau + 2g) t)", async () => {
    const exact = 1.4 * Math.exp(-(1 / tau + 2 * g) * 0.02);
    const errors = await Promise.all(
      [20, 40, 80].map(async (n) => Math.abs((await modes(joined(0.02 / n, true), n)).difference[n - 1]! - exact)),
    );
    for (const k of [1, 2]) expect(Math.abs(Math.log2(errors[k - 1]! / errors[k]!) - 1)).toBeLessThan(0.08);
  });
  test("the program", async () => expect(await outlineOf(joined(1e-3, false))).toMatchSnapshot());
});
