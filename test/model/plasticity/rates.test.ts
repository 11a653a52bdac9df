/** Rules between rates: where the weights of a linear neuron go. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { bcm } from "../../../src/model/plasticity/bcm.ts";
import { oja } from "../../../src/model/plasticity/oja.ts";
import type { SynapseModel } from "../../../src/model/synapse.ts";
import { createEngine } from "../../../src/sim/engine.ts";

const STEP = 1e-3;
const linear = neuron({ name: "linear", equations: "y[t+1] = s : 1\ns : 1 (input)", port: "s" });
/** Presents patterns in turn, each for `hold` steps. */
async function present(
  synapse: SynapseModel,
  patterns: readonly (readonly number[])[],
  { hold, rounds, w }: { hold: number; rounds: number; w: readonly number[] },
) {
  const n = patterns[0]!.length;
  const net = network({
    dt: STEP,
    schedule: "brian",
    inputs: { x: inputNode(n, { signal: "values" }) },
    populations: { cell: population(1, linear) },
    connections: [connect("x", "cell", { name: "s", weight: w, synapse })],
  });
  const round = patterns.flatMap((x) => Array.from({ length: hold }, () => x).flat());
  const values = Float64Array.from({ length: round.length }, (_, k) => round[k]!);
  using engine = await createEngine(net, wasm, { type: "f64" });
  for (let k = 0; k < rounds; k++) engine.run(patterns.length * hold, { x: { values } });
  const s = engine.synapses("s");
  return { w: [...s.w!], theta: s.theta && [...s.theta] };
}
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, k) => s + x * b[k]!, 0);
const length = (a: readonly number[]): number => Math.sqrt(dot(a, a));

describe("Oja", () => {
  const rule = oja({ port: "s", source: "value", eta: "2 Hz" });
  test("of one pattern: w = x/|x|, from either side", async () => {
    const x = [1.2, -0.5, 0.9];
    const { w } = await present(rule, [x], { hold: 20_000, rounds: 1, w: [0.1, 0.2, 0.3] });
    w.forEach((v, k) => expect(v).toBeCloseTo(x[k]! / length(x), 12));
    const { w: opposite } = await present(rule, [x], { hold: 20_000, rounds: 1, w: [-3, 0, 0] });
    opposite.forEach((v, k) => expect(v).toBeCloseTo(-x[k]! / length(x), 12));
  });
  test("of one pattern, before it is there: the closed form of the length along it", async () => {
    // With u = w·x/|x| and L = |x|²: du/dt = eta L u (1 - u²), so u² = 1/(1 + (1/u0² - 1) exp(-2 eta L t)).
    const x = [0.6, 0.8];
    const slow = oja({ port: "s", source: "value", eta: "0.5 Hz" });
    const { w } = await present(slow, [x], { hold: 2001, rounds: 1, w: [0.12, 0.16] });
    const u = 1 / Math.sqrt(1 + (1 / 0.04 - 1) * Math.exp(-2 * 0.5 * 2));
    // y lags by a step, in which u grows by at most eta·dt: a thousandth of 0.5.
    expect(Math.abs(dot(w, x) - u)).toBeLessThan(1e-3);
  });
  test("of several: the principal eigenvector of their mean outer product, of length 1", async () => {
    const patterns = [
      [1, 0.4, 0],
      [0.8, -0.2, 0.5],
      [-0.9, -0.5, 0.1],
      [0.2, 0.6, -0.7],
    ];
    const C = [0, 1, 2].map((i) => [0, 1, 2].map((j) => patterns.reduce((s, x) => s + (x[i]! * x[j]!) / 4, 0)));
    let v = [1, 0, 0];
    for (let k = 0; k < 500; k++) {
      v = C.map((row) => dot(row, v));
      v = v.map((x) => x / length(v));
    }
    const slow = oja({ port: "s", source: "value", eta: "0.2 Hz" });
    const { w } = await present(slow, patterns, { hold: 100, rounds: 500, w: [0.3, 0.3, 0.3] });
    const sign = Math.sign(dot(w, v));
    // A round moves weights by eta times 0.4 s times products up to 1; of 100 steps of a pattern, one still answers the last.
    w.forEach((x, k) => expect(Math.abs(x - sign * v[k]!)).toBeLessThan(0.2 * 0.4 * 0.5 + 0.01));
    expect(Math.abs(length(w) - 1)).toBeLessThan(0.03);
  });
});

describe("BCM", () => {
  // y = w·x for linearly independent patterns, as likely as each other: fixed points have y of n·y0 for one and 0 else.
  const patterns = [
    [1, 0.3],
    [0.4, 0.9],
  ];
  test.each([
    [0, 1],
    [1, 1],
    [0, 2],
  ])("comes to answer pattern %i alone, with n y0 = 2 · %d", async (chosen, y0) => {
    const rule = bcm({ port: "s", source: "value", eta: "0.1 Hz", tau: "0.5 s", y0 });
    const first = chosen === 0 ? [0.6, 0.1] : [0.1, 0.6];
    const { w, theta } = await present(rule, patterns, { hold: 10, rounds: 20_000, w: first.map((x) => x * y0) });
    const answers = patterns.map((x) => dot(w, x));
    // At the fixed point y(y - theta)x is 0 for each pattern; theta still moves by hold·dt/tau = 2 percent of itself, and one
    // step in ten answers the pattern before.
    expect(Math.abs(answers[chosen]! - 2 * y0)).toBeLessThan(0.2 * y0);
    expect(Math.abs(answers[1 - chosen]!)).toBeLessThan(0.2 * y0);
    expect(Math.abs(theta![0]! - 2 * y0)).toBeLessThan(0.2 * y0);
  });
  test("of one pattern: y = y0, theta = y0", async () => {
    const rule = bcm({ port: "s", source: "value", eta: "1 Hz", tau: "0.1 s", y0: 1.5 });
    const { w, theta } = await present(rule, [[1, 0.5]], { hold: 40_000, rounds: 1, w: [0.5, 0.2] });
    expect(dot(w, [1, 0.5])).toBeCloseTo(1.5, 10);
    expect(theta![0]).toBeCloseTo(1.5, 10);
    // What is at a right angle to the pattern stays.
    expect(dot(w, [-0.5, 1])).toBeCloseTo(dot([0.5, 0.2], [-0.5, 1]), 12);
  });
});
