import { describe, expect, test } from "vitest";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { initialParameters, type Parameters } from "../../../src/sim/lower/parameters.ts";
import { numbers, run } from "../run.ts";
import { largest, outlineOf, sigmoid, times } from "./tools.ts";

describe("a gated recurrent unit", () => {
  const [inputs, n, steps] = [3, 4, 12];
  const x = Array.from({ length: inputs * steps }, numbers(21));
  const row = (t: number): number[] => x.slice(t * inputs, (t + 1) * inputs);
  const dense = { weight: uniform(-1, 1), bias: uniform(-0.5, 0.5) };
  const weightsOf = (net: Network): ((name: string) => ArrayLike<number>) => {
    const p: Parameters = initialParameters(net, 5, "f64");
    return (name) => p[name]!;
  };
  const outputs = async (net: Network): Promise<number[]> => {
    const r = await run(net, steps, { type: "f64", seed: 5, record: ["h.h"], inputs: { x: { values: x } } });
    return [...r.values["h.h"]!];
  };

  /** The candidate takes U h, gated: the first version of Cho et al. 2014, and torch.nn.GRUCell. */
  const afterwards = network({
    name: "gru",
    dt: 1,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      h: population(
        n,
        neuron({
          name: "gru",
          equations: `
            r = sigmoid(xr + hr) : 1
            z = sigmoid(xz + hz) : 1
            new = tanh(xn + r*hn) : 1
            h[t+1] = z*h + (1 - z)*new : 1
            xr : 1 (input)
            hr : 1 (input)
            xz : 1 (input)
            hz : 1 (input)
            xn : 1 (input)
            hn : 1 (input)`,
        }),
      ),
    },
    connections: [
      ...["xr", "xz", "xn"].map((port) => connect("x", "h", { port, ...dense })),
      ...["hr", "hz", "hn"].map((port) => connect("h", "h", { port, output: "h", delay: 1, ...dense })),
    ],
  });
  test("one population with six ports", async () => {
    const p = weightsOf(afterwards);
    const arrive = (port: string, from: string, v: readonly number[]): number[] =>
      times(v, p(`${from}>h.${port}.weight`), n).map((sum, k) => sum + p(`${from}>h.${port}.bias`)[k]!);
    let h: number[] = new Array(n).fill(0);
    const expected = Array.from({ length: steps }, (_, t) => {
      const [xr, xz, xn] = ["xr", "xz", "xn"].map((port) => arrive(port, "x", row(t)));
      const [hr, hz, hn] = ["hr", "hz", "hn"].map((port) => arrive(port, "h", h));
      h = h.map((old, k) => {
        const r = sigmoid(xr![k]! + hr![k]!);
        const z = sigmoid(xz![k]! + hz![k]!);
        return z * old + (1 - z) * Math.tanh(xn![k]! + r * hn![k]!);
      });
      return h;
    }).flat();
    // A few dozen operations a step, each rounded by 2^-53, and errors do not grow: |h| < 1 and the gates are averages.
    expect(largest(await outputs(afterwards), expected)).toBeLessThan(1e-14);
  });

  /** The candidate takes U (r h): equations 5 to 8 of Cho et al. 2014 (arXiv 1406.1078v3), without biases. */
  const before = network({
    name: "gru3",
    dt: 1,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      gate: population(
        n,
        neuron({
          name: "gate",
          equations: `
            rh = sigmoid(r)*h : 1
            z = sigmoid(u) : 1
            r : 1 (input)
            u : 1 (input)
            h : 1 (input)`,
        }),
      ),
      h: population(
        n,
        neuron({
          name: "unit",
          equations: `
            h[t+1] = z*h + (1 - z)*tanh(new) : 1
            new : 1 (input)
            z : 1 (input)`,
        }),
      ),
    },
    connections: [
      connect("x", "gate", { port: "r", weight: uniform(-1, 1) }),
      connect("x", "gate", { port: "u", weight: uniform(-1, 1) }),
      connect("h", "gate", { port: "r", delay: 1, weight: uniform(-1, 1) }),
      connect("h", "gate", { port: "u", delay: 1, weight: uniform(-1, 1) }),
      connect("h", "gate", { port: "h", delay: 1, connectivity: oneToOne, weight: 1 }),
      connect("x", "h", { port: "new", weight: uniform(-1, 1) }),
      connect("gate", "h", { port: "new", output: "rh", weight: uniform(-1, 1) }),
      connect("gate", "h", { port: "z", output: "z", connectivity: oneToOne, weight: 1 }),
    ],
  });
  test("the published equations, two populations", async () => {
    const p = weightsOf(before);
    const w = (name: string): ArrayLike<number> => p(`${name}.weight`);
    const sum = (...parts: number[][]): number[] => parts[0]!.map((_, k) => parts.reduce((s, q) => s + q[k]!, 0));
    let h: number[] = new Array(n).fill(0);
    const expected = Array.from({ length: steps }, (_, t) => {
      const r = sum(times(row(t), w("x>gate.r"), n), times(h, w("h>gate.r"), n)).map(sigmoid); // eq. 5
      const z = sum(times(row(t), w("x>gate.u"), n), times(h, w("h>gate.u"), n)).map(sigmoid); // eq. 6
      const gated = times(
        h.map((old, k) => r[k]! * old),
        w("gate>h.new"),
        n,
      );
      const candidate = sum(times(row(t), w("x>h.new"), n), gated).map(Math.tanh); // eq. 8
      h = h.map((old, k) => z[k]! * old + (1 - z[k]!) * candidate[k]!); // eq. 7
      return h;
    }).flat();
    expect(largest(await outputs(before), expected)).toBeLessThan(1e-14);
  });
  test("the program", async () => expect(await outlineOf(afterwards)).toMatchSnapshot());
});
