/**
 * Neurons that are made for training, against their published updates written out as plain loops, in f64: the same numbers in
 * the same order but for how products are associated, so what differs is rounding.
 */
import { expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { gatedLayer, spikingLstm } from "../../../src/model/gated.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { balancedResonateAndFire } from "../../../src/model/neuron/balancedResonateAndFire.ts";
import { synapseFilter } from "../../../src/model/neuron/synapseFilter.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { initialParameters } from "../../../src/sim/lower/parameters.ts";
import { values } from "../../backend/cases.ts";

test("balanced resonate and fire is the published update (Higuchi et al. 2024, algorithm of the BRF neuron)", async () => {
  const [steps, size, dt] = [400, 3, 0.01];
  const [omega, offset] = [
    [5, 8, 30],
    [1, 0.5, 3],
  ];
  const parameters = { omega: omega!, offset: offset! };
  const net = network({
    dt,
    inputs: { x: inputNode(size, { signal: "values" }) },
    populations: { a: population(size, balancedResonateAndFire(), { parameters }) },
    connections: [connect("x", "a", { weight: [1, 0, 0, 0, 1, 0, 0, 0, 1] })],
  });
  const next = values(8);
  const drive = Float64Array.from({ length: steps * size }, () => 120 * (next() - 0.35));
  using engine = await createEngine(net, wasm, { type: "f64", record: ["a.x"] });
  const { spikes } = engine.run(steps, { x: { values: drive } });
  const theirs: string[] = [];
  const [u, v, q] = [0, 1, 2].map(() => new Array<number>(size).fill(0));
  for (let t = 0; t < steps; t++)
    for (let k = 0; k < size; k++) {
      const b = (-1 + Math.sqrt(1 - (dt * omega![k]!) ** 2)) / dt - offset![k]! - q![k]!;
      const before = u![k]!;
      u![k] = before + dt * (b * before - omega![k]! * v![k]! + drive[t * size + k]!);
      v![k] = v![k]! + dt * (omega![k]! * before + b * v![k]!);
      const z = Number(u![k]! > 1 + q![k]!);
      q![k] = 0.9 * q![k]! + z;
      if (z) theirs.push(`${t}:${k}`);
    }
  expect(theirs.length).toBeGreaterThan(20);
  expect(Array.from(spikes.a!.steps, (t, n) => `${t}:${spikes.a!.indices[n]}`)).toEqual(theirs);
  for (let k = 0; k < size; k++) expect(Number(engine.state("a.x")[k])).toBeCloseTo(u![k]!, 10);
});

test("a spiking LSTM is torch.nn.LSTMCell with snnTorch's reset: SLSTM, 'subtract'", async () => {
  const [steps, inputs, size, vTh] = [200, 4, 8, 0.5];
  const { populations, connections } = gatedLayer("a", "x", spikingLstm(size));
  const net = network({
    dt: 1e-3,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations,
    connections,
  });
  const parameters = Object.fromEntries(
    Object.entries(initialParameters(net, 3, "f64")).map(([name, w]) => [name, w.map((x) => 6 * x)]),
  );
  const next = values(9);
  const drive = Float64Array.from({ length: steps * inputs }, () => 8 * (next() - 0.5));
  using engine = await createEngine(net, wasm, { type: "f64", parameters });
  const { spikes } = engine.run(steps, { x: { values: drive } });
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  let [h, c] = [new Array<number>(size).fill(0), new Array<number>(size).fill(0)];
  const theirs: string[] = [];
  for (let t = 0; t < steps; t++) {
    const gate = (port: string, k: number): number => {
      let sum = parameters[`x>a.${port}.bias`]![k]!;
      for (let i = 0; i < inputs; i++) sum += drive[t * inputs + i]! * parameters[`x>a.${port}.weight`]![i * size + k]!;
      for (let j = 0; j < size; j++) sum += h[j]! * parameters[`a>a.${port}.weight`]![j * size + k]!;
      return sum;
    };
    const [next, memory] = [[...h], [...c]];
    for (let k = 0; k < size; k++) {
      memory[k] = sigmoid(gate("forget", k)) * c[k]! + sigmoid(gate("store", k)) * Math.tanh(gate("candidate", k));
      next[k] = sigmoid(gate("output", k)) * Math.tanh(memory[k]!) - (h[k]! > vTh ? vTh : 0);
      if (next[k]! > vTh) theirs.push(`${t}:${k}`);
    }
    [h, c] = [next, memory];
  }
  expect(theirs.length).toBeGreaterThan(10);
  expect(Array.from(spikes.a!.steps, (t, n) => `${t}:${spikes.a!.indices[n]}`)).toEqual(theirs);
});

test.each([
  [synapseFilter({ tau: "6 ms" }), (t: number) => Math.exp(-t / 6)],
  [
    synapseFilter({ tau: "6 ms", tauRise: "2 ms" }),
    (t: number) => (6 / (6 - 2)) * (Math.exp(-t / 6) - Math.exp(-t / 2)),
  ],
])("a synapse filter answers a spike with its closed form, whose integral is tau", async (model, closed) => {
  const net = network({
    dt: 1e-3,
    inputs: { x: inputNode(1) },
    populations: { a: population(1, model) },
    connections: [connect("x", "a", { weight: 1 })],
  });
  using engine = await createEngine(net, wasm, { type: "f64" });
  let sum = 0;
  for (let t = 0; t < 120; t++) {
    engine.run(1, t === 0 ? { x: { steps: [0], indices: [0] } } : {});
    const i = Number(engine.state("a.i")[0]);
    expect(i).toBeCloseTo(closed(t), 12);
    sum += i;
  }
  expect(Math.abs(sum - 6)).toBeLessThan(0.6); // a sum of steps of 1 ms
});
