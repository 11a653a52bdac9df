import { describe, expect, test } from "vitest";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { initialParameters } from "../../../src/sim/lower/parameters.ts";
import { numbers, run } from "../run.ts";
import { largest, outlineOf, sigmoid, times } from "./tools.ts";

describe("a liquid time constant", () => {
  const [inputs, n, steps, theta] = [3, 4, 40, 0.5];
  /** Yin, Corradi and Bohte 2023 (Nature Machine Intelligence 5, 518), eq. 4 to 6: the decay depends on current and membrane. */
  const net = network({
    name: "liquid",
    dt: 1,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      current: population(n, neuron({ name: "current", equations: "y = i : 1\ni : 1 (input)" })),
      m: population(
        n,
        neuron({
          name: "liquid",
          equations: `
            tau = sigmoid(gate) : 1
            m[t+1] = tau*m + (1 - tau)*i : 1
            gate : 1 (input)
            i : 1 (input)`,
          parameters: { theta },
          spike: "m > theta",
          reset: "m -= theta",
        }),
      ),
    },
    connections: [
      connect("x", "current", { weight: uniform(-2, 2), bias: 0.5 }),
      connect("current", "m", { port: "i", connectivity: oneToOne, weight: 1 }),
      connect("current", "m", { port: "gate", weight: uniform(-1, 1), bias: uniform(-1, 1) }),
      connect("m", "m", { port: "gate", output: "m", weight: uniform(-1, 1), delay: 1 }),
    ],
  });
  test("against the equations, step by step", async () => {
    const x = Array.from({ length: inputs * steps }, numbers(41));
    const r = await run(net, steps, { type: "f64", seed: 5, record: ["m.m"], inputs: { x: { values: x } } });
    const p = initialParameters(net, 5, "f64");
    let m: number[] = new Array(n).fill(0);
    const fired: number[][] = [];
    for (let t = 0; t < steps; t++) {
      const i = times(x.slice(t * inputs, (t + 1) * inputs), p["x>current.weight"]!, n).map((s) => s + 0.5);
      const [own, back] = [times(i, p["current>m.gate.weight"]!, n), times(m, p["m>m.gate.weight"]!, n)];
      const tau = own.map((s, k) => sigmoid(s + back[k]! + p["current>m.gate.bias"]![k]!));
      const charged = m.map((old, k) => tau[k]! * old + (1 - tau[k]!) * i[k]!);
      for (const [k, v] of charged.entries()) if (v > theta) fired.push([t, k]);
      m = charged.map((v) => (v > theta ? v - theta : v));
      expect(largest(r.values["m.m"]!.subarray(t * n, (t + 1) * n), m)).toBeLessThan(1e-14);
    }
    expect([...r.spikes.m!.steps].map((t, k) => [t, r.spikes.m!.indices[k]])).toEqual(fired);
    expect(fired.length).toBeGreaterThan(20);
  });
  test("the program", async () => expect(await outlineOf(net)).toMatchSnapshot());
});
