/** Convolution and pooling as plain data: shapes, what is refused, layers, and the way through JSON. */
import { describe, expect, test } from "vitest";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { connect } from "../../src/model/connection.ts";
import {
  averagePooling,
  type Connectivity,
  convolution,
  convolution1d,
  oneToOne,
} from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { pairStdp } from "../../src/model/plasticity/pairStdp.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { maxPool } from "../../src/model/transform.ts";
import {
  avgPoolLayer,
  conv1dLayer,
  convLayer,
  flattenLayer,
  maxPoolLayer,
  sumPoolLayer,
} from "../../src/model/windowLayers.ts";
import { initialParameters, parameterLayout } from "../../src/sim/lower/parameters.ts";

const joined = (
  from: readonly number[],
  to: readonly number[],
  connectivity: Connectivity,
  more: Parameters<typeof connect>[2] = {},
): Network =>
  network({
    dt: "1 ms",
    inputs: { in: inputNode(from) },
    populations: { out: population(to, lif()) },
    connections: connect("in", "out", { connectivity, ...more }),
  });

describe("refused, in words of shapes", () => {
  const five = convolution({ kernel: 5 });
  test.each<[string, () => unknown, string]>([
    [
      "another target",
      () => joined([28, 28, 1], [24, 23, 12], five),
      "connection in>out.connectivity: what comes of [28, 28, 1] has shape [24, 24, channels]; the target has [24, 23, 12]",
    ],
    [
      "other channels of a pooling",
      () => joined([4, 4, 3], [2, 2, 4], averagePooling(2)),
      "what comes of [4, 4, 3] has shape [2, 2, 3]; the target has [2, 2, 4]",
    ],
    [
      "a source without rows and columns",
      () => joined([784], [24, 24, 12], five),
      "connection in>out.connectivity: the source: a 2-d convolution takes [height, width, channels] or [height, width], got [784]",
    ],
    [
      "a window that does not fit",
      () => joined([3, 9], [1, 1, 1], convolution({ kernel: 3, dilation: 2 })),
      "a window of 5 does not fit into a height of 3",
    ],
    [
      "groups that divide nothing",
      () => joined([6, 6, 3], [2, 2, 4], convolution({ kernel: 5, groups: 2 })),
      "connection in>out.connectivity.groups: 2 groups do not divide 3 source channels",
    ],
    ["a stride of 0", () => joined([6, 6], [2, 2], convolution({ kernel: 5, stride: 0 })), ".stride: must be integers"],
    [
      "one number too many",
      () => joined([6, 6], [2, 2], convolution({ kernel: 5, padding: [0, 0, 0] })),
      ".padding: must have 2 numbers, one a dimension, got 3",
    ],
    [
      "maxima that see nothing",
      () => joined([6, 6], [2, 2], convolution({ kernel: 5, maxPool: { kernel: 1, padding: 1 } })),
      "maxPool.padding: must be below the window",
    ],
    [
      "synapses of their own",
      () => joined([6, 6], [2, 2], five, { synapse: pairStdp({ wMax: 1, transmit: "v += w" }) }),
      "connection in>out.synapse: the weights of windows are shared",
    ],
    [
      "a delay for each synapse",
      () => joined([6, 6], [2, 2], five, { delay: { kind: "uniform", low: 0, high: 1 } }),
      "connection in>out.delay: all synapses of windows have one delay",
    ],
    [
      "weights of a pooling",
      () => joined([4, 4], [2, 2], averagePooling(2), { weight: 0.5 }),
      "connection in>out.weight: a pooling over average has weights of 0.25, and no others",
    ],
    [
      "a transform of another shape",
      () =>
        network({
          dt: "1 ms",
          inputs: { in: inputNode([4, 4, 2], { signal: "values" }) },
          populations: { out: population([2, 1, 2], lif()) },
          transforms: { t: maxPool([2, 1, 2], "in", 2) },
          connections: connect("t", "out", { connectivity: oneToOne, weight: 1, trainable: false }),
        }),
      "transform t: what comes of [4, 4, 2] has shape [2, 2, 2]; the target has [2, 1, 2]",
    ],
  ])("%s", (_name, make, message) => {
    expect(make).toThrow(message);
  });
});

test("one block of weights, [position][source channel of the group][target channel], and a bias a channel", () => {
  const net = joined([9, 4], [7, 6], convolution1d({ kernel: 3, groups: 2 }), { bias: 0.5 });
  const { blocks } = parameterLayout(net, "f32");
  expect(blocks.get("in>out.weight")).toMatchObject({ rows: 3 * 2, width: 6, stride: 8 });
  expect(blocks.get("in>out.bias")).toMatchObject({ rows: 1, width: 6 });
});
test("weights start by what a window sees: U(±1/√(positions x channels of the group))", () => {
  const net = joined([30, 30, 8], [26, 26, 40], convolution({ kernel: 5, groups: 2 }));
  const drawn = initialParameters(net, 1)["in>out.weight"]!;
  const bound = 1 / Math.sqrt(25 * 4);
  const largest = Math.max(...Array.from(drawn, Math.abs));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.99 * bound); // of 4,000 numbers
});

const digits = sequential(
  [
    input([28, 28], { signal: "values", constant: true }),
    convLayer(12, { kernel: 5 }),
    maxPoolLayer(2),
    lif(),
    convLayer(64, { kernel: 5, bias: false }),
    maxPoolLayer(2),
    lif(),
    flattenLayer(),
    denseLayer(10),
    readout(),
  ],
  { steps: 5 },
);
describe("layer by layer", () => {
  const shapesOf = (net: Network) =>
    Object.fromEntries(Object.entries(net.populations).map(([name, p]) => [name, p.shape]));
  test("maxima right behind a convolution are its own", () => {
    expect(shapesOf(digits)).toEqual({ hidden1: [12, 12, 12], hidden2: [4, 4, 64], output: [10] });
    expect(digits.transforms).toEqual({});
    expect(digits.connections.map((c) => c.connectivity.kind)).toEqual(["convolution", "convolution", "dense"]);
    expect(digits.connections.map((c) => c.bias !== undefined)).toEqual([true, false, true]);
  });
  test("behind neurons they are a node of their own, and averages a connection", () => {
    const net = sequential(
      [
        input([12, 12, 2]),
        convLayer(4, { kernel: 3, stride: 2, padding: 1 }),
        lif(),
        maxPoolLayer(2),
        convLayer(3, { kernel: 2 }),
        avgPoolLayer(2),
        lif(),
        sumPoolLayer([1, 1]),
        lif(),
        denseLayer(2),
        readout(),
      ],
      { steps: 5 },
    );
    expect(shapesOf(net)).toEqual({ hidden1: [6, 6, 4], hidden2: [1, 1, 3], hidden3: [1, 1, 3], output: [2] });
    expect(net.transforms).toMatchObject({
      hidden2Max: { kind: "maxPool", shape: [3, 3, 4], of: [{ node: "hidden1", port: "spike" }] },
      hidden2Sum: { kind: "sum", shape: [2, 2, 3] },
    });
    expect(networkFromJson(JSON.parse(JSON.stringify(networkToJson(net))))).toEqual(net);
  });
  test("in one dimension", () => {
    const net = sequential(
      [input([16, 2]), conv1dLayer(4, { kernel: 3 }), maxPoolLayer(2), lif(), denseLayer(2), readout()],
      { steps: 5 },
    );
    expect(shapesOf(net).hidden).toEqual([7, 4]);
  });
  test("what does not fit is refused where it stands", () => {
    const made = () =>
      sequential([input([3, 3]), convLayer(4, { kernel: 5 }), lif(), denseLayer(2), readout()], { steps: 5 });
    expect(made).toThrow("sequential, layer 2: a window of 5 does not fit into a height of 3");
  });
  test("there and back through JSON", () => {
    expect(networkFromJson(JSON.parse(JSON.stringify(networkToJson(digits))))).toEqual(digits);
  });
});
