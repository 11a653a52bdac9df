/**
 * E-prop on networks that nobody thought of: in segments of one step eligibilities are brought forward as the paper writes it,
 * and every other length of segments must find the same gradient; so it must on any chunk of samples that lasts less.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { fastSigmoid, triangle } from "../../src/ir/surrogate.ts";
import { eprop } from "../../src/learn/algorithm.ts";
import { crossEntropy, crossEntropyEachStep } from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { connect } from "../../src/model/connection.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { cubaLif } from "../../src/model/neuron/cubaLif.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { linear } from "../../src/model/neuron/linear.ts";
import { resonateAndFire } from "../../src/model/neuron/resonateAndFire.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import { drawSamples, labelSteps, shortened } from "./samples.ts";

const MODELS = [
  lif({ tau: "4 ms" }),
  lif({ tau: "9 ms", reset: "subtract", vTh: 0.7 }),
  lif({ tau: "6 ms", refractory: "3 ms" }),
  alif({ tauM: "5 ms", tauA: "20 ms", b0: 0.3 }),
  seAdLif({ tauU: "8 ms", tauW: "30 ms", q: 2, vTh: 0.2 }),
  cubaLif({ reset: "subtract", vTh: 0.2 }),
  resonateAndFire(),
];
const [inputs, steps, classes] = [5, 9, 3];
const cases = fc
  .record({
    populations: fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), model: fc.constantFrom(...MODELS) }), {
      minLength: 1,
      maxLength: 3,
    }),
    answer: fc.constantFrom(leakyIntegrator({ tau: "7 ms" }), linear()),
    kind: fc.constantFrom("events" as const, "values" as const, "constant" as const),
    surrogate: fc.constantFrom(triangle(1), fastSigmoid(5)),
    regularised: fc.boolean(),
    eachStep: fc.boolean(),
    dropout: fc.constantFrom(0, 0.3),
    seed: fc.nat(1000),
    lengths: fc.array(fc.integer({ min: 1, max: steps }), { minLength: 1, maxLength: 4 }),
    segment: fc.integer({ min: 2, max: steps }),
  })
  .chain((c) =>
    fc.record({
      c: fc.constant(c),
      edges: fc.array(
        fc.record({
          from: fc.nat(c.populations.length),
          to: fc.integer({ min: 1, max: c.populations.length }),
          delay: fc.nat(4),
          bias: fc.boolean(),
        }),
        { maxLength: 5 },
      ),
    }),
  );
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function made({ c, edges }: Case): Network {
  const name = (k: number): string => (k === 0 ? "input" : `p${k}`);
  const hidden = c.populations.map((_, k) => name(k + 1));
  const strong = { weight: uniform(-0.4, 1) };
  return network({
    name: "random",
    dt: "1 ms",
    steps,
    output: "out",
    inputs: {
      input: inputNode(inputs, { signal: c.kind === "events" ? "spikes" : "values", constant: c.kind === "constant" }),
    },
    populations: {
      ...Object.fromEntries(
        c.populations.map(({ size, model }, k) => [name(k + 1), population(size, model, { dropout: c.dropout })]),
      ),
      out: population(classes, c.answer),
    },
    connections: [
      connect("input", "p1", { ...strong, bias: 0.1 }),
      ...hidden.map((node) => connect(node, "out", { weight: uniform(-1, 1) })),
      ...edges.map(({ from, to, delay, bias }, k) =>
        connect(name(from), name(to), {
          ...strong,
          name: `edge${k}`,
          delay: from > 0 && from >= to ? Math.max(1, delay) : from === 0 && c.kind === "constant" ? 0 : delay,
          ...(bias && { bias: 0.05 }),
        }),
      ),
    ],
  });
}

test("any segments: the gradient of segments of one step", async () => {
  let learned = 0;
  await fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      const { c } = drawn;
      const loss = c.eachStep ? crossEntropyEachStep("sum") : crossEntropy("mean");
      const net = made(drawn);
      const count = c.lengths.length;
      const some = shortened(
        drawSamples({ count, steps, inputs, classes, kind: c.kind, seed: c.seed + 1, density: 0.5 }),
        c.lengths,
      );
      const { batch } = c.eachStep ? labelSteps(some, steps, classes, c.seed + 1) : some;
      const run = async (segment: number) => {
        using trainer = await createTrainer(net, wasm, {
          algorithm: eprop(c.surrogate, { feedback: c.seed % 2 === 0 ? "random" : "symmetric", seed: c.seed, segment }),
          loss,
          optimiser: sgd(0.1),
          batch: count,
          seed: c.seed,
          type: "f64",
          ...(c.regularised && { regularisers: [rate(0.2, { strength: 2 })] }),
        });
        return { result: trainer.gradients(batch), blocks: trainer.gradientBlocks() };
      };
      const [one, many] = [await run(1), await run(c.segment)];
      expect(many.result.correct).toBe(one.result.correct);
      for (const [name, expected] of Object.entries(one.blocks)) {
        const scale = Math.max(...Array.from(expected, Math.abs));
        if (scale > 0) learned++;
        expected.forEach((x, k) => {
          expect(Math.abs(x - many.blocks[name]![k]!), name).toBeLessThanOrEqual(1e-12 * scale);
        });
      }
    }),
    { numRuns: 40 },
  );
  expect(learned).toBeGreaterThan(60);
});
