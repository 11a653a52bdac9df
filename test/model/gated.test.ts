/** Layers of gated units. Oracle: torch.nn.GRU and torch.nn.LSTM as their documentation states them, in double precision by hand. */
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";
import { connect } from "../../src/model/connection.ts";
import { type GatedLayer, gatedLayer, gru, lstm } from "../../src/model/gated.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { lstmCell } from "../../src/model/neuron/lstm.ts";
import { denseLayer, input, type Layer, neurons, sequential } from "../../src/model/sequential.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { largest, sigmoid, times } from "../sim/programs/tools.ts";
import { numbers, run } from "../sim/run.ts";

const [inputs, size, steps] = [3, 5, 40];
const x = Array.from({ length: inputs * steps }, numbers(4)).map((v) => 4 * v);
type Row = readonly number[];
type Heard = (port: string, below: Row, own: Row) => number[];

interface Unit {
  readonly layer: GatedLayer;
  /** The documented equations, given what arrives at each port: new h and c. */
  readonly step: (at: (port: string) => Row, h: Row, c: Row) => { h: number[]; c: number[] };
}
const map = (n: number, f: (k: number) => number): number[] => Array.from({ length: n }, (_, k) => f(k));
const UNITS: Record<string, Unit> = {
  GRU: {
    layer: gru(size),
    step: (at, h, c) => ({
      c: [...c],
      h: map(size, (k) => {
        const [r, z] = [sigmoid(at("reset")[k]!), sigmoid(at("update")[k]!)];
        const n = Math.tanh(at("candidate")[k]! + r * at("recurrent")[k]!);
        return (1 - z) * n + z * h[k]!;
      }),
    }),
  },
  LSTM: {
    layer: lstm(size),
    step: (at, _h, before) => {
      const c = map(size, (k) => {
        const [i, f] = [sigmoid(at("store")[k]!), sigmoid(at("forget")[k]!)];
        return f * before[k]! + i * Math.tanh(at("candidate")[k]!);
      });
      return { c, h: map(size, (k) => sigmoid(at("output")[k]!) * Math.tanh(c[k]!)) };
    },
  },
};

describe.each(Object.entries(UNITS))("%s", (_name, { layer, step }) => {
  const net = sequential([input(inputs, { signal: "values" }), layer, denseLayer(2), linear()], { steps });
  const p = initialParameters(net, 5, "f64");

  test("is the documented step, and the layer above hears its h", async () => {
    const heard: Heard = (port, below, own) => {
      const part = (from: string, v: Row): Row => {
        const weight = p[`${from}>hidden.${port}.weight`];
        const bias = p[`${from}>hidden.${port}.bias`];
        return weight ? times(v, weight, size).map((sum, k) => sum + (bias?.[k] ?? 0)) : map(size, () => 0);
      };
      const [a, b] = [part("input", below), part("hidden", own)];
      return a.map((v, k) => v + b[k]!);
    };
    let [h, c] = [map(size, () => 0), map(size, () => 0)];
    const expected = map(steps, (t) => t).map((t) => {
      const [row, own] = [x.slice(t * inputs, (t + 1) * inputs), h];
      ({ h, c } = step((port) => heard(port, row, own), h, c));
      return h;
    });
    const y = expected.flatMap((row) =>
      times(row, p["hidden>output.weight"]!, 2).map((sum, k) => sum + p["hidden>output.bias"]![k]!),
    );
    const options = {
      type: "f64",
      seed: 5,
      record: ["hidden.h", "output.y"],
      inputs: { input: { values: x } },
    } as const;
    const { values } = await run(net, steps, options);
    // A few dozen roundings of 2^-53 a step, on numbers of some units, which gates average away.
    expect(largest(values["hidden.h"]!, expected.flat())).toBeLessThan(1e-14);
    expect(largest(values["output.y"]!, y)).toBeLessThan(1e-14);
    expect(Math.max(...expected.flat()) - Math.min(...expected.flat())).toBeGreaterThan(0.5);
  });

  test("starts as torch does: everything within 1/√size, and only the candidate of a GRU has two biases", () => {
    const own = Object.entries(p).filter(([name]) => name.includes(">hidden."));
    for (const [, values] of own) {
      expect(Math.max(...Array.from(values, Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(size));
      expect(new Set(values).size).toBe(values.length);
    }
    const gates = layer.cell === "gru" ? 3 : 4;
    const total = own.reduce((sum, [, values]) => sum + values.length, 0);
    expect(total).toBe(gates * size * (inputs + size) + 4 * size);
  });

  test("by hand it is the same network", () => {
    const { populations, connections } = gatedLayer("hidden", "input", layer);
    const own = network({
      dt: "1 ms",
      steps,
      inputs: { input: inputNode(inputs, { signal: "values" }) },
      populations,
      connections,
    });
    expect(own.populations.hidden).toEqual(net.populations.hidden);
    expect(own.connections).toEqual(net.connections.filter((c) => c.to.node === "hidden"));
  });
});

test("LSTM: the worked example of Gomez 2016, Backpropogating an LSTM: A Numerical Example", async () => {
  const given: Record<string, readonly [number[], number, number]> = {
    candidate: [[0.45, 0.25], 0.15, 0.2],
    store: [[0.95, 0.8], 0.8, 0.65],
    forget: [[0.7, 0.45], 0.1, 0.15],
    output: [[0.6, 0.4], 0.25, 0.1],
  };
  const net = network({
    dt: "1 ms",
    inputs: { x: inputNode(2, { signal: "values" }) },
    populations: { h: population(1, lstmCell()) },
    connections: Object.entries(given).flatMap(([port, [w, u, b]]) => [
      connect("x", "h", { port, weight: w, bias: b }),
      connect("h", "h", { port, weight: u, delay: 1 }),
    ]),
  });
  const { values } = await run(net, 2, {
    type: "f64",
    record: ["h.h", "h.c"],
    inputs: { x: { values: [1, 2, 0.5, 3] } },
  });
  // Printed with five digits, each worked out from the rounded ones before it.
  expect(largest(values["h.c"]!, [0.78572, 1.5176])).toBeLessThan(5e-5);
  expect(largest(values["h.h"]!, [0.53631, 0.77197])).toBeLessThan(2e-5);
});

describe("in sequential", () => {
  const build = (...layers: Layer[]) => sequential(layers, { steps });
  test("gated layers stack, end a network, and mix with neurons", () => {
    const net = build(input(4), gru(8), denseLayer(6), neurons(lif(), { recurrent: true }), lstm(3, { dropout: 0.25 }));
    expect(Object.entries(net.populations).map(([name, p]) => [name, p.size, p.model.name, p.dropout])).toEqual([
      ["hidden1", 8, "gru", 0],
      ["hidden2", 6, "lif", 0],
      ["output", 3, "lstm", 0.25],
    ]);
    expect(net.output).toBe("output");
    const froms = net.connections.map((c) => `${c.from.node}.${c.from.port}`);
    expect(new Set(froms)).toEqual(new Set(["input.spike", "hidden1.h", "hidden2.spike", "output.h"]));
  });
  test("options: name and delay", () => {
    const net = build(input(4), gru(8, { name: "memory", delay: 2 }), denseLayer(2), linear());
    const delays = net.connections.filter((c) => c.to.node === "memory").map((c) => [c.from.node, c.delay]);
    expect(delays).toEqual([...Array(3).fill(["input", 2]), ...Array(3).fill(["memory", 1])]);
  });
  test.each<[string, Layer[], string]>([
    ["neurons without weights", [input(4), gru(8), linear()], "layers 3 and 4 must be denseLayer(...) and neurons"],
    ["weights without neurons", [input(4), gru(8), denseLayer(2)], "layers 3 and 4"],
    ["weights before a gated layer", [input(4), denseLayer(2), gru(8)], "layers 2 and 3"],
    ["nothing", [input(4)], "or gated units"],
    ["no input", [gru(4)], "the first layer is input(...)"],
  ])("refuses %s", (_name, layers, message) => {
    expect(() => build(...layers)).toThrow(ModelError);
    expect(() => build(...layers)).toThrow(message);
  });
});
