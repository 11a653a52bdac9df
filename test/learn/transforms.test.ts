/**
 * Gradients through transforms. Oracle: finite differences of the loss of the whole network in double precision, where
 * every neuron is smooth, so that the loss is differentiable and its gradient what back-propagation computes.
 */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { type Algorithm, bptt } from "../../src/learn/algorithm.ts";
import { crossEntropy } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { convolution, oneToOne, pairs } from "../../src/model/connectivity.ts";
import { inputNode, type Network, type NetworkSpec, network, population } from "../../src/model/network.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { concat, maxPool, residual, softmax, sum } from "../../src/model/transform.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { simulate } from "../../src/sim/simulate.ts";
import { finiteDifferences } from "./finiteDifferences.ts";
import { expectNear } from "./near.ts";
import { drawSamples } from "./samples.ts";

const [inputs, classes, steps, count] = [5, 3, 4, 6];
const batch = drawSamples({ count, steps, inputs, classes, kind: "values", density: 0.7 }).batch;
const add = { weight: 1, connectivity: oneToOne, trainable: false } as const;
const start = { kind: "uniform", low: -1, high: 1 } as const;

/** Values of two populations through `transforms`, whose node `t` of three values is added to a third population. */
const through = (transforms: Network["transforms"], more: NonNullable<NetworkSpec["connections"]> = []): Network =>
  network({
    name: "through",
    dt: "1 ms",
    steps,
    inputs: { x: inputNode(inputs, { signal: "values" }) },
    populations: {
      a: population(2, leakyIntegrator({ tau: "3 ms" })),
      b: population(3, leakyIntegrator({ tau: "5 ms" })),
      out: population(classes, leakyIntegrator({ tau: "4 ms" })),
    },
    transforms,
    connections: [connect("x", "a", { weight: start }), connect("x", "b", { weight: start }), ...more],
    output: "out",
  });
const a = { node: "a", port: "v" };
const b = { node: "b", port: "v" };

const networks: Record<string, Network> = {
  "a row that is added as it is": through({}, [
    connect("b", "out", { ...add, output: "v" }),
    connect("a", "b", { weight: start }),
  ]),
  "added as it is, late, and beside weights": through({}, [
    connect("b", "out", { ...add, output: "v", delay: 2 }),
    connect("a", "out", { weight: start, bias: 0.1 }),
  ]),
  softmax: through({ t: softmax(3, b) }, [connect("t", "out", { weight: start }), connect("a", "out")]),
  "softmax, added as it is": through({ t: softmax(3, b) }, [connect("t", "out", add), connect("a", "out")]),
  concat: through({ t: concat(5, [a, b]) }, [connect("t", "out", { weight: start })]),
  "one source twice, and through two transforms": through(
    { t: concat(8, [b, a, b]), s: softmax(3, b), u: concat(11, ["s", "t"]) },
    [connect("u", "out", { weight: start, delay: 1 }), connect("t", "out", { weight: start, name: "t2" })],
  ),
  "sums of values and of what connections bring, in a cycle": through({ s: sum(3, [b, "soft"]), soft: softmax(3, b) }, [
    connect("a", "s", { weight: start, bias: 0.3 }),
    connect("out", "s", { weight: start, delay: 1 }),
    connect("soft", "s", { ...add, delay: 2 }),
    connect("s", "out", { weight: start }),
    connect("s", "a", { weight: start, delay: 1 }),
  ]),
  "a bias alone, summed": through({ s: sum(3), t: sum(3, ["s", b]) }, [
    connect("a", "s", { weight: start, bias: 0.3, delay: 1 }),
    connect("t", "out", { weight: start }),
  ]),
  "a product of values, as spikes are joined": through(
    { soft: softmax(3, b), and: residual(3, b, "soft", "and"), iand: residual(3, b, "and", "iand") },
    [connect("iand", "out", { weight: start }), connect("a", "out", { weight: start })],
  ),
  "in a cycle": through({ t: softmax(3, b), u: concat(5, ["t", a]) }, [
    connect("u", "a", { weight: start, delay: 1 }),
    connect("t", "b", { ...add, delay: 1 }),
    connect("u", "out", { weight: start }),
  ]),
};
const algorithms: readonly Algorithm[] = [bptt(), bptt(undefined, { checkpoint: 2 })];

describe.each(Object.entries(networks))("%s", (_name, net) => {
  test.each(algorithms)("gradients equal finite differences: checkpoint $checkpoint", async (algorithm) => {
    using trainer = await createTrainer(net, wasm, {
      ...{ algorithm, loss: crossEntropy("mean"), optimiser: sgd(0.1) },
      ...{ batch: count, chunk: 2, seed: 3, type: "f64" },
    });
    trainer.gradients(batch);
    const found = trainer.gradientBlocks();
    const expected = finiteDifferences(trainer, batch);
    expect(Object.keys(expected).length).toBeGreaterThan(1);
    // Differences over 2h lose 1e-16 / 1e-5 to rounding and h² to curvature.
    expectNear(found, expected, 1e-8);
  });
});

test("a constant input, summed in a row of each step", async () => {
  const net = network({
    ...{ dt: "1 ms", steps, output: "out" },
    inputs: { x: inputNode(inputs, { signal: "values", constant: true }) },
    populations: { out: population(classes, leakyIntegrator({ tau: "4 ms" })) },
    transforms: { s: sum(4), t: softmax(4, "s") },
    connections: [connect("x", "s", { weight: start, bias: 0.3 }), connect("t", "out", { weight: start })],
  });
  const still = drawSamples({ count, steps, inputs, classes, kind: "constant", density: 0.7 }).batch;
  for (const form of ["lists", "rows"] as const) {
    using trainer = await createTrainer(net, wasm, {
      ...{ algorithm: bptt(), loss: crossEntropy("mean"), optimiser: sgd(0.1), form },
      ...{ batch: count, chunk: 2, seed: 3, type: "f64" },
    });
    trainer.gradients(still);
    const found = trainer.gradientBlocks();
    expectNear(found, finiteDifferences(trainer, still), 1e-8);
  }
});

describe("SEW", () => {
  const rows = [0, 1].flatMap((a) => [0, 1].map((b) => [a, b] as const));
  test.each([
    ["add", [0, 1, 1, 2]],
    ["and", [0, 0, 0, 1]],
    ["iand", [0, 1, 0, 0]],
  ] as const)("%s of branch and shortcut (Fang et al. 2021, table 1)", async (how, expected) => {
    const net = network({
      dt: "1 ms",
      inputs: { x: inputNode(8, { signal: "values" }) },
      populations: { branch: population(4, lif()), shortcut: population(4, lif()) },
      transforms: {
        both: residual(4, { node: "branch", port: "spike" }, { node: "shortcut", port: "spike" }, how),
      },
      connections: ["branch", "shortcut"].flatMap((to, of) =>
        connect("x", to, {
          connectivity: pairs(
            [0, 1, 2, 3].map((k) => of * 4 + k),
            [0, 1, 2, 3],
          ),
          weight: 5,
          port: "v",
        }),
      ),
    });
    const values = [...rows.map(([a]) => a), ...rows.map(([, b]) => b)];
    const r = await simulate(net, { steps: 1, record: ["both.value"], inputs: { x: { values } } });
    expect([...r.values["both.value"]!]).toEqual(expected);
  });
});

test("spikes joined end to end weigh as they do one by one, with their neurons' surrogate", async () => {
  const made = (joined: boolean): Network =>
    network({
      name: "spikes",
      dt: "1 ms",
      steps,
      inputs: { x: inputNode(inputs, { signal: "values" }) },
      populations: {
        a: population(2, lif({ tau: "3 ms" })),
        b: population(3, lif({ tau: "5 ms" })),
        out: population(classes, leakyIntegrator({ tau: "4 ms" })),
      },
      ...(joined && {
        transforms: {
          t: concat(
            5,
            ["a", "b"].map((node) => ({ node, port: "spike" })),
          ),
        },
      }),
      connections: [
        connect("x", "a", { weight: { kind: "uniform", low: -1, high: 3 } }),
        connect("x", "b", { weight: { kind: "uniform", low: -1, high: 3 } }),
        ...(joined ? ["t"] : ["a", "b"]).map((node) => connect(node, "out", { weight: start })),
      ].flat(),
      output: "out",
    });
  const gradients = async (net: Network, parameters: Parameters) => {
    using trainer = await createTrainer(net, wasm, {
      ...{ algorithm: bptt(), loss: crossEntropy("mean"), optimiser: sgd(0.1) },
      ...{ batch: count, chunk: 2, seed: 3, type: "f64", parameters },
    });
    const { loss } = trainer.gradients(batch);
    return { loss, ...trainer.gradientBlocks() } as { loss: number } & Record<string, Float64Array>;
  };
  const apart = initialParameters(made(false), 3, "f64");
  const [ofA, ofB] = [apart["a>out.weight"]!, apart["b>out.weight"]!];
  const { "a>out.weight": _a, "b>out.weight": _b, ...shared } = apart;
  const one = await gradients(made(true), { ...shared, "t>out.weight": Float64Array.of(...ofA, ...ofB) });
  const two = await gradients(made(false), apart);
  expect(one.loss).toBeCloseTo(two.loss, 13);
  expectNear(one, { "x>a.weight": two["x>a.weight"]!, "x>b.weight": two["x>b.weight"]! }, 1e-13);
  expectNear(one, { "t>out.weight": Float64Array.of(...two["a>out.weight"]!, ...two["b>out.weight"]!) }, 1e-13);
});

test("what transforms make of spikes is told by lists, and the same as by values", async () => {
  const spike = (node: string) => ({ node, port: "spike" });
  const made = (told: boolean): Network =>
    network({
      ...{ name: "told", dt: "1 ms", steps, output: "out" },
      inputs: { x: inputNode(inputs, { signal: "values" }) },
      populations: {
        a: population([4, 4, 2], lif({ tau: "3 ms" })),
        b: population([4, 4, 2], lif({ tau: "5 ms" })),
        c: population([2, 2, 3], lif({ tau: "5 ms" })),
        out: population(classes, leakyIntegrator({ tau: "4 ms" })),
      },
      transforms: {
        ...{ both: residual(32, spike("a"), spike("b"), "iand"), joined: concat(64, ["both", spike("b")]) },
        pooled: maxPool([2, 2, 2], spike("a"), 2),
        ...(told ? {} : { j: sum(64, ["joined"]), p: sum([2, 2, 2], ["pooled"]) }),
      },
      connections: [
        connect("x", "a", { weight: { kind: "uniform", low: -1, high: 3 } }),
        connect("x", "b", { weight: { kind: "uniform", low: -1, high: 3 } }),
        connect(told ? "pooled" : "p", "c", {
          ...{ name: "conv", weight: { kind: "uniform", low: -0.5, high: 1 }, bias: 0.1 },
          connectivity: convolution({ kernel: 3, padding: 1 }),
        }),
        connect(told ? "joined" : "j", "out", { name: "late", weight: start, delay: 1 }),
        connect(told ? "pooled" : "p", "out", { name: "dense", weight: start }),
        connect("c", "out", { weight: start }),
      ],
    });
  const gradients = async (net: Network) => {
    using trainer = await createTrainer(net, wasm, {
      ...{ algorithm: bptt(), loss: crossEntropy("mean"), optimiser: sgd(0.1) },
      ...{ batch: count, chunk: 2, seed: 3, type: "f64" },
    });
    const { loss } = trainer.gradients(batch);
    return { loss, ...trainer.gradientBlocks() } as { loss: number } & Record<string, Float64Array>;
  };
  const { loss, ...expected } = await gradients(made(false));
  const found = await gradients(made(true));
  expect(found.loss).toBeCloseTo(loss, 14);
  expectNear(found, expected, 1e-13);
});
