/** Networks that nobody thought of: gradients of random ones equal those of the naive simulation. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { boxcar, fastSigmoid, triangle } from "../../src/ir/surrogate.ts";
import { type Algorithm, bptt, truncatedBptt } from "../../src/learn/algorithm.ts";
import {
  crossEntropy,
  crossEntropyEachStep,
  meanSquared,
  meanSquaredEachStep,
  type Pooling,
  type Reduction,
  softmaxSum,
} from "../../src/learn/loss.ts";
import { sgd } from "../../src/learn/optimiser.ts";
import { rate } from "../../src/learn/regularise.ts";
import { createTrainer } from "../../src/learn/trainer.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import { drawSamples, labelSteps, shortened } from "./samples.ts";
import { simulate } from "./simulate.ts";

const MODELS: readonly NeuronModel[] = [
  lif({ tau: "4 ms" }),
  lif({ tau: "9 ms", reset: "subtract", vTh: 0.7 }),
  lif({ tau: "6 ms", refractory: "3 ms" }),
  integrateAndFire({ reset: "subtract" }),
  leakyIntegrator({ tau: "5 ms" }),
  relu(),
];
const [inputs, steps] = [5, 6];
const size = fc.integer({ min: 1, max: 7 });
const model = fc.constantFrom(...MODELS);

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly delay: number;
  readonly byValue: boolean;
  readonly current: boolean;
  readonly bias: boolean;
}
/** Node 0 is the input. Edges that do not lead forwards are late by a step. */
const edge = (nodes: number): fc.Arbitrary<Edge> =>
  fc.record({
    from: fc.nat(nodes),
    to: fc.integer({ min: 1, max: nodes }),
    delay: fc.nat(2),
    byValue: fc.boolean(),
    current: fc.boolean(),
    bias: fc.boolean(),
  });

const kind = fc.constantFrom("events" as const, "values" as const, "constant" as const);
const schedule = fc.constantFrom("layered" as const, "nest" as const, "loihi" as const);
const cases = fc
  .record({
    populations: fc.array(fc.record({ size, model }), { minLength: 1, maxLength: 3 }),
    classes: fc.integer({ min: 2, max: 4 }),
    answer: model,
    kind,
    schedule,
    pooling: fc.constantFrom<Pooling>("sum", "mean", "last", "max", "count", softmaxSum()),
    surrogate: fc.constantFrom(triangle(1), boxcar(0.6), fastSigmoid(5)),
    squared: fc.boolean(),
    regularised: fc.boolean(),
    seed: fc.nat(1000),
    lengths: fc.array(fc.integer({ min: 1, max: steps }), { minLength: 1, maxLength: 5 }),
    eachStep: fc.option(fc.constantFrom<Reduction>("mean", "sum"), { freq: 2 }),
    chunk: fc.integer({ min: 1, max: 6 }),
    segment: fc.option(fc.integer({ min: 1, max: steps + 1 }), { freq: 3 }),
    cut: fc.boolean(),
  })
  .chain((c) => fc.record({ c: fc.constant(c), edges: fc.array(edge(c.populations.length + 1), { maxLength: 5 }) }));
type Case = typeof cases extends fc.Arbitrary<infer C> ? C : never;

function networkOf({ c, edges }: Case): Network {
  const nodes = [...c.populations, { size: c.classes, model: c.answer }];
  const names = ["input", ...nodes.map((_, k) => `n${k + 1}`)];
  const chain = names
    .slice(1)
    .map((_, k): Edge => ({ from: k, to: k + 1, delay: 0, byValue: false, current: false, bias: true }));
  const unique = new Map([...edges, ...chain].map((e) => [`${e.from}>${e.to}`, e]));
  return network({
    name: "random",
    dt: "1 ms",
    steps,
    schedule: c.schedule,
    output: names.at(-1)!,
    inputs: {
      input: inputNode(inputs, c.kind === "events" ? {} : { signal: "values", constant: c.kind === "constant" }),
    },
    populations: Object.fromEntries(nodes.map((n, k) => [names[k + 1]!, population(n.size, n.model)])),
    connections: [...unique.values()].map((e) =>
      connect(names[e.from]!, names[e.to]!, optionsOf(e, c.schedule, nodes)),
    ),
  });
}
function optionsOf(e: Edge, schedule: string, nodes: readonly { readonly model: NeuronModel }[]): ConnectOptions {
  const [source, target] = [nodes[e.from - 1]?.model, nodes[e.to - 1]!.model];
  const least = schedule === "nest" || (schedule === "layered" && e.from >= e.to) ? 1 : 0;
  const has = (name: string): boolean => target.inputs.some((i) => i.name === name);
  return {
    weight: { kind: "uniform", low: -0.5, high: 1 },
    delay: Math.max(e.delay, least),
    ...(e.bias && { bias: { kind: "uniform", low: 0.05, high: 0.2 } }),
    ...(e.byValue && source?.spike && { output: "v" }),
    ...(e.current && has("i") && { port: "i" }),
  };
}

/** All steps at once, in segments, or with errors that end where a segment begins. */
function algorithmOf({ surrogate, segment, cut }: Case["c"]): Algorithm {
  if (segment === null) return bptt(surrogate);
  return cut ? truncatedBptt(surrogate, { segment }) : bptt(surrogate, { checkpoint: segment });
}

test("random networks", async () => {
  let [spikes, differentiated] = [0, 0];
  await fc.assert(
    fc.asyncProperty(cases, async (drawn) => {
      const { c } = drawn;
      const net = networkOf(drawn);
      const pooling = c.pooling === "count" && !c.answer.spike ? "mean" : c.pooling;
      const pooled = c.squared ? meanSquared(pooling, 2) : crossEntropy(pooling);
      const stepwise = (reduce: Reduction) =>
        c.squared ? meanSquaredEachStep(reduce, 2) : crossEntropyEachStep(reduce);
      const loss = c.eachStep ? stepwise(c.eachStep) : pooled;
      const spiking = Object.keys(net.populations).filter((n) => net.populations[n]!.model.spike);
      const regularisers = c.regularised ? [rate(0.3, { strength: 2 })] : [];
      const penalties = c.regularised
        ? spiking.map((node) => ({ kind: "rate" as const, target: 0.3, strength: 2, population: node }))
        : [];
      const count = c.lengths.length;
      const { seed, classes } = c;
      const whole = drawSamples({ count, steps, inputs, classes, kind: c.kind, seed: seed + 1, density: 0.5 });
      const ragged = shortened(whole, c.lengths);
      const { samples, labels, batch, stepLabels } = c.eachStep
        ? labelSteps(ragged, steps, classes, seed + 1)
        : { ...ragged, stepLabels: undefined };
      using trainer = await createTrainer(net, wasm, {
        algorithm: algorithmOf(c),
        loss,
        optimiser: sgd(0),
        regularisers,
        batch: 5,
        chunk: c.chunk,
        seed: c.seed,
        type: "f64",
      });
      trainer.gradients(whole.batch); // leftovers
      const found = trainer.gradients(batch);
      const expected = simulate(net, trainer.parameters(), samples, labels, {
        loss,
        surrogate: c.surrogate,
        penalties,
        ...(c.segment && c.cut && { cut: c.segment }),
        ...(stepLabels && { stepLabels }),
      });
      const scale = Math.max(1, expected.loss);
      expect(Math.abs(found.loss + found.penalty - expected.loss) / scale).toBeLessThan(1e-12);
      for (const [name, gradient] of Object.entries(trainer.gradientBlocks())) {
        const largest = Math.max(scale, ...expected.gradients[name]!.map(Math.abs));
        gradient.forEach((g, k) =>
          expect(Math.abs(g - expected.gradients[name]![k]!) / largest, `${name}[${k}]`).toBeLessThan(1e-11),
        );
        differentiated += Number(expected.gradients[name]!.some((g) => g !== 0));
      }
      for (const node of spiking) spikes += expected.active[node]!;
    }),
    { numRuns: 60, ...(process.env.FC_SEED && { seed: Number(process.env.FC_SEED), path: process.env.FC_PATH! }) },
  );
  expect(spikes).toBeGreaterThan(300); // the silent prove nothing
  expect(differentiated).toBeGreaterThan(100);
});
