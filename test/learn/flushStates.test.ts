/**
 * States that have shrunk to nothing become zero in training and evaluation. What a leak of one half leaves of an impulse is
 * 2^-k to the last place after k steps, so what is left in which step is known in closed form.
 */
import { afterAll, describe, expect, test } from "vitest";
import type { Backend, Executable } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, eprop, fptt, ottt, truncatedBptt } from "../../src/learn/algorithm.ts";
import { createEvaluator } from "../../src/learn/evaluator.ts";
import { type Loss, meanSquaredValues, meanSquaredValuesRising } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer, type TrainerOptions } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { liquidCell } from "../../src/model/neuron/liquid.ts";
import { neuron } from "../../src/model/neuron.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";

const [equations, port] = ["x[t+1] = x/2 + i : 1\ni : 1 (input)", "i"];
const halving = neuron({ name: "halving", equations, port });
/** The same with spikes, of which there are none. */
const silent = neuron({ name: "silent", equations, port, spike: "x > 2" });
const chain = (steps: number, { spikes = false, weight = 1 } = {}): Network =>
  network({
    ...{ name: "chain", dt: "1 ms", steps, output: "out" },
    inputs: { in: inputNode(1, { signal: "values" }) },
    populations: { h: population(1, spikes ? silent : halving), out: population(1, linear()) },
    connections: [
      connect("in", "h", { port: "i", weight: 1 }),
      connect("h", "out", { ...(!spikes && { output: "x" }), weight }),
    ],
  });
/** 1 in one step of each sample, 0 in all others. */
const impulses = (steps: number, at: readonly number[]) => ({
  count: at.length,
  input: {
    kind: "sparse",
    list: new Uint32Array(at.length),
    values: new Float32Array(at.length).fill(1),
    ends: Uint32Array.from({ length: at.length * steps + 1 }, (_, row) => {
      const sample = Math.floor((row - 1) / steps);
      return row === 0 ? 0 : sample + Number((row - 1) % steps >= at[sample]!);
    }),
  } as const,
  targets: at.map(() => 0),
});
/** After a step: what is less than 2^-100 is gone at the end of every 16th. */
function left(at: number, after: number, f64 = false): number {
  let x = 0;
  for (let t = 0; t <= after; t++) {
    x = x / 2 + Number(t === at);
    if (t % 16 === 15 && t < after && x < (f64 ? 2 ** -990 : 2 ** -100)) x = 0; // the answer is read before
  }
  return x;
}
const answersAt = async (steps: number, at: readonly number[], backend = wasm, type: "f32" | "f64" = "f32") => {
  const net = chain(steps);
  const parameters = initialParameters(net, 0, type);
  const loss = meanSquaredValues("last");
  using evaluator = await createEvaluator(net, backend, { loss, parameters, batch: at.length, type });
  return [...evaluator.evaluate(impulses(steps, at)).answers!];
};

const AT = [0, 5, 250, 282, 283, 284, 285, 289, 300, 399];
describe.each([
  ["wasm", wasm],
  ["interpreter", interpret],
] as const)("%s", (_, backend) => {
  test("what is left of an impulse, in closed form", async () => {
    const expected = AT.map((at) => left(at, 399));
    expect(await answersAt(400, AT, backend)).toEqual(expected);
    expect(expected.filter((x) => x === 0).length).toBe(4);
    expect(expected).toContain(2 ** -(399 - 283)); // it is nothing only by the next look
  });
  test("in samples of few steps everything, down to denormal numbers", async () => {
    expect(await answersAt(128, [0, 1, 20], backend)).toEqual([2 ** -127, 2 ** -126, 2 ** -107]);
  });
  test("double precision goes down to 2^-990", async () => {
    const at = [0, 100, 150];
    const expected = at.map((k) => left(k, 1103, true));
    expect(await answersAt(1104, at, backend, "f64")).toEqual(expected);
    expect(expected).toEqual([0, 2 ** -1003, 2 ** -953]);
  });
});

const surrogate = triangle(1);
const teams = [2, 3].map((n) => threadedWasm(n));
afterAll(() => {
  for (const team of teams) team.dispose();
});
/** Impulses that are nothing, or nearly so, after 192 steps, when states are looked at for the last time. */
const FADED = [89, 90, 92, 95, 98];
/** The weight of the answer, so that squares and errors stay far from nothing. */
const LOUD = 2 ** 60;
/** Loss and gradient of the first weight. */
async function trained(algorithm: Algorithm, more: Partial<TrainerOptions> = {}, backend = wasm) {
  const [steps, at] = [200, FADED];
  using trainer = await createTrainer(chain(steps, { weight: LOUD }), backend, {
    ...{ algorithm, loss: meanSquaredValues("last"), optimiser: sgd(0), batch: at.length, type: "f32" },
    ...more,
  });
  const { loss } = trainer.gradients(impulses(steps, at));
  return { loss, gradient: trainer.gradientBlocks()["in>h.i.weight"]![0]! };
}
test("checkpoints, chunks and threads change no bit", async () => {
  const whole = await trained(bptt(surrogate));
  const squares = FADED.map((at) => (LOUD * left(at, 199)) ** 2);
  expect(squares.filter((x) => x === 0).length).toBe(2);
  const mean = squares.reduce((sum, x) => sum + x) / 5;
  expect(whole.loss / mean).toBeCloseTo(1, 6); // single precision; what is gone would be more
  expect(whole.gradient / (2 * mean)).toBeCloseTo(1, 6); // of x ~ w
  for (const checkpoint of [7, 16, 64, 150])
    expect(await trained(bptt(surrogate, { checkpoint })), `checkpoint ${checkpoint}`).toEqual(whole);
  for (const chunk of [1, 2, 5]) expect(await trained(bptt(surrogate), { chunk }), `chunk ${chunk}`).toEqual(whole);
  for (const backend of [...teams, interpret]) expect(await trained(bptt(surrogate), {}, backend)).toEqual(whole);
});
/** The state at the end of the last sample, whose memory is the backend's. */
async function stateAfter(use: (backend: Backend) => Promise<void>): Promise<number> {
  let found: Executable | undefined;
  await use({ ...wasm, load: async (program) => (found = await wasm.load(program)) });
  const state = found!.array("h.x")[0]!;
  found!.dispose();
  return state;
}
describe("an impulse 107 steps ago is nothing at the end of step 208", () => {
  const [steps, batch] = [208, impulses(208, [100])];
  const rising = meanSquaredValuesRising();
  const last = meanSquaredValues("last");
  test.each<[string, Algorithm, Loss]>([
    ["whole samples", bptt(surrogate), last],
    ["with checkpoints", bptt(surrogate, { checkpoint: 30 }), last],
    ["errors cut", truncatedBptt(surrogate, { segment: 50 }), last],
    ["an update every step", fptt(surrogate), rising],
    ["an update every 9 steps", fptt(surrogate, { every: 9 }), rising],
    ["OTTT", ottt(surrogate), rising],
    ["e-prop", eprop(surrogate), last],
  ])("%s", async (_, algorithm, loss) => {
    const options = { algorithm, loss, optimiser: sgd(0), batch: 1 };
    const net = chain(steps, { spikes: ["ottt", "eprop"].includes(algorithm.kind) });
    const run = async (backend: Backend) => void (await createTrainer(net, backend, options)).step(batch);
    expect(await stateAfter(run)).toBe(0);
  });
  test("evaluation", async () => {
    const options = { loss: last, batch: 1, parameters: initialParameters(chain(steps), 0) };
    const run = async (backend: Backend) =>
      void (await createEvaluator(chain(steps), backend, options)).evaluate(batch);
    expect(await stateAfter(run)).toBe(0);
  });
  test("and where it was 99 steps ago, it is there", async () => {
    const options = { loss: last, batch: 1, parameters: initialParameters(chain(steps), 0) };
    const run = async (backend: Backend) =>
      void (await createEvaluator(chain(steps), backend, options)).evaluate(impulses(208, [108]));
    expect(await stateAfter(run)).toBe(2 ** -99);
  });
});

test("the trace of a liquid neuron that has fired once is 0 in the end", async () => {
  const steps = 256;
  const net = network({
    ...{ name: "liquid", dt: "1 ms", steps, output: "out" },
    inputs: { in: inputNode(1, { signal: "values" }) },
    populations: { h: population(1, liquidCell()), out: population(1, linear()) },
    connections: [connect("in", "h", { port: "i", weight: 20 }), connect("h", "out", { output: "b", weight: 1 })],
  });
  const parameters = initialParameters(net, 0);
  const loss = meanSquaredValues("last");
  const trace = async (at: number) => {
    using evaluator = await createEvaluator(net, wasm, { loss, parameters, batch: 1 });
    return evaluator.evaluate(impulses(steps, [at])).answers![0]!;
  };
  // The gate is 1/2: what a spike adds in the step after it halves in each step.
  expect(await trace(255 - 60)).toBe(2 ** -60);
  expect(await trace(255 - 99)).toBe(2 ** -99);
  expect(await trace(0)).toBe(0);
});
