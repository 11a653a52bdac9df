import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { pairs } from "../../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { gapJunction } from "../../../src/model/synapses/gapJunction.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { run } from "../../sim/run.ts";

const [C, g, w] = [200e-12, 10e-9, 4e-9];
const passive = neuron({
  name: "passive",
  equations: "dv/dt = (-gL*v + i) / C : volt\ni : amp (input)",
  parameters: { C: "200 pF", gL: "10 nS" },
});
/** Two cells, and a current into the first of them. */
const pair = (dt: number, schedule: "layered" | "brian", initial: readonly number[] = [0, 0]): Network =>
  network({
    dt,
    schedule,
    inputs: { drive: inputNode(1, { signal: "values", constant: true }) },
    populations: { cells: population(2, passive, { initial: { v: initial } }) },
    connections: [
      connect("cells", "cells", {
        connectivity: pairs([0, 1], [1, 0]),
        weight: w,
        synapse: gapJunction(),
        delay: schedule === "layered" ? 1 : 0,
      }),
      connect("drive", "cells", { connectivity: pairs([0], [0]), weight: 1 }),
    ],
  });
async function course(net: Network, steps: number, current: number): Promise<[number, number][]> {
  const inputs = { drive: { values: [current] } };
  const { values } = await run(net, steps, { type: "f64", inputs, record: ["cells.v"] });
  const v = values["cells.v"]!;
  return Array.from({ length: steps }, (_, k) => [v[2 * k]!, v[2 * k + 1]!]);
}

describe.each(["layered", "brian"] as const)("two passive cells, %s", (schedule) => {
  test("a steady current: the other cell moves w/(g + w) times as far", async () => {
    const [a, b] = (await course(pair(1e-4, schedule), 5000, 20e-12)).at(-1)!; // 25 time constants
    expect(b / a).toBeCloseTo(w / (g + w), 9);
    // Both cells are one of conductance 2g for their sum: it takes all of the current.
    expect((a + b) / (20e-12 / g)).toBeCloseTo(1, 9);
  });
  test("left alone: the mean decays with C/g, exactly, the difference with C/(g + 2w), to first order", async () => {
    const error = async (parts: number): Promise<{ mean: number; difference: number }> => {
      const [a, b] = (await course(pair(0.01 / parts, schedule, [8e-3, 2e-3]), parts, 0)).at(-1)!;
      return {
        mean: Math.abs((a + b) / 2 - 5e-3 * Math.exp((-0.01 * g) / C)),
        difference: Math.abs(a - b - 6e-3 * Math.exp((-0.01 * (g + 2 * w)) / C)),
      };
    };
    const errors = await Promise.all([50, 100, 200].map(error));
    for (const { mean } of errors) expect(mean).toBeLessThan(1e-16);
    for (const k of [1, 2])
      expect(Math.abs(Math.log2(errors[k - 1]!.difference / errors[k]!.difference) - 1)).toBeLessThan(0.03);
  });
});

test("other names for the port and the voltage", async () => {
  const cell = neuron({ name: "cell", equations: "du/dt = (gap - u)/(10*ms) : 1\ngap : 1 (input)" });
  const net = network({
    dt: "1 ms",
    schedule: "brian",
    populations: { c: population(2, cell, { initial: { u: [1, 0] } }) },
    connections: [
      connect("c", "c", {
        connectivity: pairs([0, 1], [1, 0]),
        weight: 1,
        synapse: gapJunction({ port: "gap", variable: "u" }),
      }),
    ],
  });
  const { values } = await run(net, 1, { type: "f64", record: ["c.u"] });
  const a = Math.exp(-0.1);
  expect([...values["c.u"]!]).toEqual([a - (1 - a), 1 - a].map((x) => expect.closeTo(x, 14)));
});
test("an engine names a port that the cells have not", async () => {
  const net = network({
    dt: "1 ms",
    schedule: "brian",
    populations: { c: population(2, passive) },
    connections: [connect("c", "c", { weight: 1, synapse: gapJunction({ port: "current" }) })],
  });
  await expect(createEngine(net, wasm)).rejects.toThrow("current");
});
