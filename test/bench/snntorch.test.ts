/** The benches' neurons against snnTorch's equations, written out in double precision. */
import { expect, test } from "vitest";
import { integrator, leaky, leakyMembrane } from "../../bench/workloads/snntorch.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { randomStream } from "../../src/base/random.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { createEngine } from "../../src/sim/engine.ts";

const [INPUTS, HIDDEN, OUTPUTS, STEPS] = [6, 8, 3, 60];
const random = randomStream(7, 1);
const normals = (length: number, sd: number): number[] => Array.from({ length }, () => sd * random.normal());
const w = {
  input: normals(INPUTS * HIDDEN, 0.5).map((x) => x + 0.1),
  recurrent: normals(HIDDEN * HIDDEN, 0.6),
  output: normals(HIDDEN * OUTPUTS, 0.7).map((x) => x + 0.3),
  bias: [normals(HIDDEN, 0.1), normals(HIDDEN, 0.1), normals(OUTPUTS, 0.1)] as const,
};
const values = Array.from({ length: STEPS * INPUTS }, () => random.uniform());

const net = network({
  dt: "1 ms",
  inputs: { x: inputNode(INPUTS, { signal: "values" }) },
  populations: {
    hidden: population(HIDDEN, leaky(0.9)),
    membrane: population(OUTPUTS, leakyMembrane(0.95)),
    silent: population(OUTPUTS, integrator(0.9)),
  },
  connections: [
    connect("x", "hidden", { weight: w.input, bias: w.bias[0] }),
    connect("hidden", "hidden", { weight: w.recurrent, bias: w.bias[1], delay: 1 }),
    connect("hidden", "membrane", { weight: w.output, bias: w.bias[2] }),
    connect("hidden", "silent", { weight: w.output, bias: w.bias[2] }),
  ],
});

/** `out[j] = bias[j] + Σ_i x[i]·weights[i][j]` */
const affine = (x: readonly number[], weights: readonly number[], bias: readonly number[]): number[] =>
  bias.map((b, j) => x.reduce((sum, v, i) => sum + v * weights[i * bias.length + j]!, b));

/** m = β m + I - r, r = (m before > 1), s = (m > 1): the reset acts one step after the spike. */
function reference() {
  let [m, s] = [new Array<number>(HIDDEN).fill(0), new Array<number>(HIDDEN).fill(0)];
  let [membrane, silent] = [new Array<number>(OUTPUTS).fill(0), new Array<number>(OUTPUTS).fill(0)];
  const out = { spikes: [] as string[], membrane: [] as number[], silent: [] as number[] };
  for (let t = 0; t < STEPS; t++) {
    const fromInput = affine(values.slice(t * INPUTS, (t + 1) * INPUTS), w.input, w.bias[0]);
    const fromSelf = affine(s, w.recurrent, w.bias[1]);
    m = m.map((v, j) => 0.9 * v + fromInput[j]! + fromSelf[j]! - Number(v > 1));
    s = m.map((v) => Number(v > 1));
    const current = affine(s, w.output, w.bias[2]);
    membrane = membrane.map((v, j) => 0.95 * v + current[j]! - Number(v > 1));
    silent = silent.map((v, j) => 0.9 * v + current[j]!);
    s.forEach((fired, j) => fired && out.spikes.push(`${t}:${j}`));
    out.membrane.push(...membrane);
    out.silent.push(...silent);
  }
  return out;
}

test("a subtraction at once of threshold/beta is snnTorch's subtraction one step later", async () => {
  using engine = await createEngine(net, wasm, { type: "f64", record: ["membrane.v", "silent.v"] });
  const run = engine.run(STEPS, { x: { values } });
  const expected = reference();
  const { steps, indices } = run.spikes.hidden!;
  expect(Array.from(steps, (t, k) => `${t}:${indices[k]}`)).toEqual(expected.spikes);
  expect(expected.spikes.length).toBeGreaterThan(0.1 * STEPS * HIDDEN);
  expect(expected.membrane.filter((v) => v > 1).length).toBeGreaterThan(10);
  for (const node of ["membrane", "silent"] as const) {
    const trace = run.values[`${node}.v`]!;
    // Sums in another order: some 15 terms of order 1 a step, and the leak forgets what is 20 steps old.
    expected[node].forEach((v, k) => expect(Math.abs(trace[k]! - v)).toBeLessThan(1e-12));
  }
});
