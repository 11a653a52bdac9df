/**
 * T4: 128-128-MP-256-256-MP-FC10 on 3x32x32 images, each shown for 4 steps, as SpikingJelly and snnTorch do it: convolutions
 * of 3x3 with padding 1 and without a bias, each followed by batch norm and LIF neurons (τ of 2 steps, the input decays too,
 * reset to 0), maxima of spikes over 2x2, the answer is the mean over the steps of a linear layer. Weights U(±1/√fan-in).
 */
import { arctan, triangle } from "../../src/ir/surrogate.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { type ConnectionSpec, connect } from "../../src/model/connection.ts";
import { convolution, oneToOne } from "../../src/model/connectivity.ts";
import { fanIn } from "../../src/model/initializer.ts";
import { inputNode, network, type Population, population } from "../../src/model/network.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { neuron } from "../../src/model/neuron.ts";
import { batchNorm, maxPool, sum, type Transform } from "../../src/model/transform.ts";
import { batchOf, constantValues, images } from "./draw.ts";
import type { Workload } from "./workload.ts";

const [SIDE, COLOURS, CLASSES, STEPS, BATCH] = [32, 3, 10, 4, 32];

/** `v[t] = v[t-1] + (x[t] - v[t-1])/τ`, a spike from 1 on, then 0 (SpikingJelly `LIFNode`). */
const lifNode = () =>
  neuron({
    name: "lif-node",
    equations: "v[t+1] = v + (x - v)/2 : 1\nx : 1 (input)",
    parameters: { vTh: 1 },
    spike: "v > vTh",
    reset: "v = 0",
    port: "x",
  });

/** @param width of the four layers, as parts of the published ones */
function cifarNetwork(width: number) {
  const [few, many] = [128 * width, 256 * width];
  const populations: Record<string, Population> = { output: population(CLASSES, linear()) };
  const transforms: Record<string, Transform> = {};
  const connections: (readonly ConnectionSpec[])[] = [];
  const layer = (k: number, below: string, shape: readonly number[]): string => {
    const [summed, normed, node] = [`conv${k}`, `norm${k}`, `layer${k}`];
    transforms[summed] = sum(shape);
    // Running statistics are those of the last batch, so that the forward pass alone does the same work.
    transforms[normed] = batchNorm(shape, summed, { momentum: 1 });
    populations[node] = population(shape, lifNode());
    const windows = convolution({ kernel: 3, padding: 1 });
    connections.push(connect(below, summed, { weight: fanIn(), connectivity: windows }));
    connections.push(connect(normed, node, { weight: 1, connectivity: oneToOne, trainable: false }));
    return node;
  };
  const pooled = (k: number, of: string, shape: readonly number[]): string => {
    transforms[`pool${k}`] = maxPool(shape, { node: of, port: "spike" }, 2);
    return `pool${k}`;
  };
  const [half, quarter] = [SIDE / 2, SIDE / 4];
  const first = layer(2, layer(1, "input", [SIDE, SIDE, few]), [SIDE, SIDE, few]);
  const below = pooled(1, first, [half, half, few]);
  const second = layer(4, layer(3, below, [half, half, many]), [half, half, many]);
  connections.push(connect(pooled(2, second, [quarter, quarter, many]), "output", { weight: fanIn(), bias: fanIn() }));
  return network({
    ...{ name: "cifar", dt: "1 ms", steps: STEPS, output: "output" },
    inputs: { input: inputNode([SIDE, SIDE, COLOURS], { signal: "values", constant: true }) },
    ...{ populations, transforms, connections },
  });
}

const PIXELS = SIDE * SIDE * COLOURS;
export const cifar = ({ batch = BATCH, width = 1 } = {}): Workload => ({
  network: cifarNetwork(width),
  seed: 1,
  batch: batchOf(batch, CLASSES, constantValues(batch, PIXELS, images(batch, PIXELS, 1))),
  loss: crossEntropy("mean"),
  rate: 1e-3,
  surrogates: { compact: triangle(0.5), full: arctan(2) },
});
