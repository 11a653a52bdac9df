/**
 * The adding problem: two numbers of a long sequence are marked, one in each half; when it is over, the network answers with
 * their sum. Whoever answers 1 always is off by 1/6 (mean square).
 *
 * @see Hochreiter and Schmidhuber 1997, Neural Computation 9:1735
 */

import { randomStream, streamOf } from "../../base/random.ts";
import type { Batch } from "../../learn/feed.ts";
import { connect } from "../../model/connection.ts";
import { gru } from "../../model/gated.ts";
import { fanIn, glorotUniform, orthogonal, truncatedNormal } from "../../model/initializer.ts";
import { liquid, liquidLayer } from "../../model/liquid.ts";
import { inputNode, type Network, network, population } from "../../model/network.ts";
import { alif } from "../../model/neuron/alif.ts";
import { linear } from "../../model/neuron/linear.ts";
import { denseLayer, input, sequential } from "../../model/sequential.ts";
import type { CellName } from "../options.ts";

/** Mean squared error of an answer of 1: two variances of U(0, 1). */
export const GUESSING = 1 / 6;
const HIDDEN = 128;

/** As in the published code: a threshold of 0.5 that stays, so that liquid membranes alone hold what was heard. */
const LIQUID = { b0: 0.5, beta: 0 };

type Layer = Pick<Parameters<typeof network>[0], "populations" | "connections">;
const LAYERS: Readonly<Record<Exclude<CellName, "gru">, () => Layer>> = {
  liquid: () => liquidLayer("hidden", "input", liquid(HIDDEN, LIQUID)),
  "liquid-alif": () => liquidLayer("hidden", "input", liquid(HIDDEN)), // as in the paper: spikes raise a threshold of 0.1
  alif: () => {
    const tau = (mean: number, sd: number) => truncatedNormal(mean * 1e-3, sd * 1e-3, { low: 1e-3 });
    const hidden = population(HIDDEN, alif(), {
      parameters: { tauM: tau(20, 5), tauA: tau(200, 50) },
      trainable: ["tauM", "tauA"],
    });
    return {
      populations: { hidden },
      connections: [
        connect("input", "hidden", { weight: fanIn(), bias: fanIn() }),
        connect("hidden", "hidden", { weight: orthogonal(), delay: 1 }),
      ],
    };
  },
};

/** A layer, of whose membranes the answer is a weighted sum; of gated units, which do not spike, of their outputs. */
export function addingNetwork(cell: CellName, steps: number): Network {
  const name = `adding-${cell}`;
  if (cell === "gru")
    return sequential([input(2, { signal: "values" }), gru(HIDDEN), denseLayer(1), linear()], { name, steps });
  const { populations, connections } = LAYERS[cell]();
  return network({
    name,
    dt: "1 ms",
    steps,
    inputs: { input: inputNode(2, { signal: "values" }) },
    populations: { ...populations, output: population(1, linear()) },
    connections: [
      ...connections!,
      connect("hidden", "output", { output: "v", weight: glorotUniform(), bias: fanIn() }),
    ],
    output: "output",
  });
}

/** Numbers from U(0, 1), a mark in either half, and the sum of what is marked: the same for equal seed and number. */
export function addingBatch(count: number, steps: number, seed: number, number: number | string): Batch {
  const random = randomStream(seed, streamOf(`adding.${number}`));
  const [list, values, ends] = [[] as number[], [] as number[], [0]];
  const targets = new Float64Array(count);
  for (let s = 0; s < count; s++) {
    const half = Math.floor(steps / 2);
    const marked = [random.below(half), half + random.below(steps - half)];
    for (let t = 0; t < steps; t++) {
      const x = Math.fround(random.uniform());
      list.push(0);
      values.push(x);
      if (marked.includes(t)) {
        list.push(1);
        values.push(1);
        targets[s]! += x;
      }
      ends.push(list.length);
    }
  }
  const input = {
    kind: "sparse",
    list: Uint32Array.from(list),
    values: Float32Array.from(values),
    ends: Int32Array.from(ends),
  };
  return { count, input: input as Batch["input"], targets };
}
