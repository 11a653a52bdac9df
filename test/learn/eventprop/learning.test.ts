/** Training by exact spike times: on the Yin-Yang set, and what its optimiser and its engine do over and over. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { yinYang } from "../../../src/data/sets/yinYang.ts";
import { ALGORITHMS } from "../../../src/learn/algorithms.ts";
import { eventProp } from "../../../src/learn/eventprop/algorithm.ts";
import { firstSpikeCrossEntropy, squaredTimes } from "../../../src/learn/eventprop/timeLoss.ts";
import { createEventTrainer, type EventBatch } from "../../../src/learn/eventprop/trainer.ts";
import { fit as train } from "../../../src/learn/fit.ts";
import { crossEntropy } from "../../../src/learn/loss.ts";
import { adam, chain, clipByNorm, sgd } from "../../../src/learn/optimiser.ts";
import { createTrainer } from "../../../src/learn/trainer.ts";
import { trainingMemory } from "../../../src/learn/trainingMemory.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { cubaLif } from "../../../src/model/neuron/cubaLif.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";

const cell = cubaLif({ tau: "20 ms", tauSyn: "5 ms" });
const layers = (hidden: number) =>
  network({
    dt: "1 ms",
    inputs: { input: inputNode(5) },
    populations: { hidden: population(hidden, cell), output: population(3, cell) },
    connections: [
      connect("input", "hidden", { weight: { kind: "normal", mean: 2, sd: 1 } }),
      connect("hidden", "output", { weight: { kind: "normal", mean: 0.9, sd: 0.9 } }),
    ],
    output: "output",
  });
function batches(count: number, size: number, seed: number): EventBatch[] {
  const { values, labels } = yinYang({ count, seed });
  const spikes = Array.from({ length: count }, (_, k) => ({
    times: [...Array.from(values.subarray(4 * k, 4 * k + 4), (x) => 0.01 + 0.03 * x), 0.02],
    indices: [0, 1, 2, 3, 4],
  }));
  return Array.from({ length: count / size }, (_, b) => ({
    count: size,
    spikes: spikes.slice(b * size, (b + 1) * size),
    labels: labels.slice(b * size, (b + 1) * size),
  }));
}

test("a network learns Yin-Yang through fit", { timeout: 60_000 }, () => {
  const trainer = createEventTrainer(layers(40), {
    loss: firstSpikeCrossEntropy(),
    optimiser: adam(1e-2),
    duration: "80 ms",
    seed: 1,
    raise: { hidden: { share: 0.3, by: 5e-3 }, output: { share: 0.15, by: 1e-4 } },
  });
  const [own, others] = [batches(400, 20, 1), batches(300, 100, 2)];
  const reports = train(trainer, {
    epochs: 7,
    batches: () => own,
    validate: { evaluator: trainer, batches: () => others },
  });
  expect(trainer.updates).toBe(140);
  expect(reports.at(-1)!.loss).toBeLessThan(reports[0]!.loss - 0.2);
  expect(reports.at(-1)!.validation!.accuracy).toBeGreaterThan(0.55); // a third by chance; a straight line gets to 64 %
});

describe("as an algorithm of createTrainer", () => {
  const raise = { hidden: { share: 0.01, by: 5e-3 } };
  const algorithm = eventProp({ duration: "80 ms", raise });
  const options = { algorithm, loss: firstSpikeCrossEntropy(), optimiser: adam(1e-2), seed: 1, batch: 20 };

  test("it learns the same as createEventTrainer does, bit for bit", async () => {
    const trainer = await createTrainer(layers(12), wasm, options);
    const { algorithm: _, ...rest } = options;
    const own = createEventTrainer(layers(12), { ...rest, duration: "80 ms", raise });
    const plain = await createTrainer(layers(12), wasm, { ...options, algorithm: eventProp({ duration: "80 ms" }) });
    for (const batch of batches(100, 20, 1)) {
      expect(trainer.step(batch)).toEqual(own.step(batch));
      plain.step(batch);
    }
    expect(trainer.parameters()).toEqual(own.parameters());
    expect(trainer.parameters()).not.toEqual(plain.parameters()); // what raises has been heard
    expect(JSON.parse(JSON.stringify(algorithm))).toEqual(algorithm);
    expect(ALGORITHMS[algorithm.kind]).toHaveLength(1);
  });
  test.each<[string, object, string]>([
    ["regularisers", { regularisers: [] }, "trainer.regularisers: EventProp has no steps and takes algorithm, loss"],
    ["a watch", { watch: true }, "trainer.watch: EventProp has no steps"],
    ["a loss of steps", { loss: crossEntropy("mean") }, "trainer.loss: EventProp learns by firstSpikeCrossEntropy"],
    ["no loss", { loss: undefined }, "eventTrainer.loss: is missing"],
    ["a batch of nothing", { batch: 0 }, "trainer.batch: must be an integer"],
  ])("%s is refused", async (_what, more, problem) => {
    const asked = { ...options, ...more } as typeof options;
    await expect(createTrainer(layers(4), wasm, asked)).rejects.toThrow(problem);
  });
  test("more samples than were asked for, and what counts memory in a program, are refused", async () => {
    const trainer = await createTrainer(layers(4), wasm, { ...options, batch: 10 });
    expect(() => trainer.step(batches(20, 20, 1)[0]!)).toThrow("batch: holds 20 samples, at most 10 were asked for");
    expect(() => trainingMemory(layers(4), options as never)).toThrow("trainer.algorithm: EventProp has no program");
  });
});

test("the optimiser does what its formula says", () => {
  const net = layers(6);
  const loss = squaredTimes(1e-2);
  const batch = {
    ...batches(4, 4, 5)[0]!,
    trains: Array.from({ length: 4 }, () => [[0.03], [0.035], [0.04]]),
  };
  const make = (optimiser: ReturnType<typeof adam>) =>
    createEventTrainer(net, { loss, optimiser, duration: 0.08, seed: 2 });
  const [plain, momentum, clipped] = [make(sgd(0.1)), make(adam(0.01)), make(chain(clipByNorm(1e-3), sgd(1)))];
  const before = plain.parameters();
  plain.step(batch);
  const g = plain.gradientBlocks();
  const norm = Math.sqrt(
    Object.values(g)
      .flatMap((x) => Array.from(x))
      .reduce((sum, x) => sum + x * x, 0),
  );
  expect(norm).toBeGreaterThan(1e-3);
  momentum.step(batch);
  clipped.step(batch);
  for (const [name, w] of Object.entries(before))
    w.forEach((x, k) => {
      const slope = g[name]![k]!;
      expect(plain.parameters()[name]![k]).toBeCloseTo(x - 0.1 * slope, 14);
      // Of the first step of Adam both moments are the gradient's own.
      expect(momentum.parameters()[name]![k]).toBeCloseTo(x - (0.01 * slope) / (Math.abs(slope) + 1e-8), 12);
      expect(clipped.parameters()[name]![k]).toBeCloseTo(x - (slope * 1e-3) / norm, 14);
    });
});

test("an engine that begins anew is one just made", () => {
  const net = layers(8);
  const engine = createExactEngine(net, { seed: 3, sources: { input: { kind: "poisson", rate: 200 } } });
  const first = engine.run(0.1).digest;
  engine.restart();
  expect(engine.now).toBe(0);
  expect(engine.run(0.1).digest).toBe(first);
  const weights = {
    "input>hidden.weight": new Float64Array(40).fill(1.5),
    "hidden>output.weight": new Float64Array(24).fill(0.7),
  };
  engine.restart(weights);
  const other = createExactEngine(net, {
    seed: 3,
    sources: { input: { kind: "poisson", rate: 200 } },
    parameters: weights,
  });
  expect(engine.run(0.1).digest).toBe(other.run(0.1).digest);
  expect(() => engine.restart({ ...weights, "input>hidden.weight": new Float64Array(3) })).toThrow(
    "input>hidden.weight",
  );
});
