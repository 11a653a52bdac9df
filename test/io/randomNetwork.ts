/** Networks of every kind for property tests, and what two of them must have in common. */
import fc from "fast-check";
import { connect } from "../../src/model/connection.ts";
import {
  discProfile,
  exponentialProfile,
  gaussianProfile,
  grid,
  type Positions,
  points,
} from "../../src/model/connectivity/space.ts";
import {
  type Connectivity,
  condition,
  dense,
  distanceDependent,
  inDegree,
  outDegree,
  pairs,
  probability,
  totalNumber,
} from "../../src/model/connectivity.ts";
import { type Initializer, normal as normalNumbers, uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, type Population, population } from "../../src/model/network.ts";
import { alif } from "../../src/model/neuron/alif.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { leakyIntegrator } from "../../src/model/neuron/leakyIntegrator.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { relu } from "../../src/model/neuron/relu.ts";
import { seAdLif } from "../../src/model/neuron/seAdLif.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronModel } from "../../src/model/neuronModel.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { synapse } from "../../src/model/synapse.ts";
import { initialName } from "../../src/model/trainable.ts";
import { concat } from "../../src/model/transform.ts";

/** Two variables, units, a named method and parameters of every form. */
const adaptive = neuron({
  name: "adaptive",
  doc: "an ä in the text",
  equations: `
    dv/dt = (El - v + i*ohm - w*ohm) / tau : volt (unless refractory)
    dw/dt = -w / tauw : amp
    i : amp (input)`,
  parameters: {
    tau: { value: 20, unit: "ms", doc: "membrane" },
    tauw: "0.1 s",
    El: "-65 mV",
    b: { value: "1 nA", trainable: true },
  },
  initial: { v: "El" },
  spike: "v > -50*mV",
  reset: "v = -65*mV; w += b",
  refractory: "2 ms",
  port: "i",
  method: "euler",
});
/** Two models of one name. */
const MODELS: readonly NeuronModel[] = [
  lif(),
  lif({ tau: "5 ms", reset: "subtract", refractory: "3 ms" }),
  integrateAndFire(),
  leakyIntegrator(),
  relu(),
  adaptive,
  alif(),
  seAdLif(),
];

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 5e-324, 0.1, -1e308),
);
const numbers = (length: number): fc.Arbitrary<ArrayLike<number>> =>
  fc
    .tuple(fc.array(number, { minLength: length, maxLength: length }), fc.boolean())
    .map(([list, typed]) => (typed ? Float64Array.from(list) : list));

const initializer = (length: number): fc.Arbitrary<Initializer> =>
  fc.oneof(
    number.map((value): Initializer => ({ kind: "constant", value })),
    numbers(length).map((values): Initializer => ({ kind: "values", values })),
    fc.record({ kind: fc.constant("uniform" as const), low: number, high: number }),
    fc.record({ kind: fc.constant("normal" as const), mean: number, sd: number }),
    fc.record(
      { kind: fc.constant("truncatedNormal" as const), mean: number, sd: number, low: number, high: number },
      { requiredKeys: ["kind", "mean", "sd", "low"] },
    ),
    fc.record(
      { kind: fc.constant("clippedNormal" as const), mean: number, sd: number, low: number, high: number },
      { requiredKeys: ["kind", "mean", "sd", "low"] },
    ),
    fc.record({ kind: fc.constant("logNormal" as const), mu: number, sigma: number }),
    fc.record({ kind: fc.constant("exponential" as const), mean: number }),
    fc.record({ kind: fc.constant("fanIn" as const), gain: number }),
  );
/** Time constants that are given must be above 0. */
const above0 = (x: number): number => Math.abs(x) || 5e-324;
function madePositive(from: Initializer): Initializer {
  if (from.kind === "constant") return { ...from, value: above0(from.value) };
  return from.kind === "values" ? { ...from, values: Float64Array.from(from.values, above0) } : from;
}
const matrix = fc.record({ kind: fc.constantFrom("glorotUniform" as const, "orthogonal" as const), gain: number });

const key = fc.string({ maxLength: 8 }).filter((name) => !(name in Object.prototype));
const plainData = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.boolean(),
    number,
    fc.constant(null),
    fc.array(tie("data"), { maxLength: 4 }),
    fc.dictionary(key, tie("data"), { maxKeys: 4 }),
  ),
})).data;
const encoder = fc.dictionary(key, plainData, { maxKeys: 4 });

const populations = fc
  .record({
    size: fc.integer({ min: 1, max: 5 }),
    model: fc.constantFrom(...MODELS),
    dropout: fc.constantFrom(0, 0.25),
  })
  .chain(({ size, model, dropout }) =>
    fc
      .record({
        parameters: fc.dictionary(fc.constantFrom("", ...model.parameters.map((p) => p.name)), initializer(size)),
        initial: fc.dictionary(fc.constantFrom("", ...model.variables.map((v) => v.name)), initializer(size)),
      })
      .map(({ parameters, initial }): Population => {
        const floats = (name: string) => model.variables.find((v) => v.name === name)!.type === "float";
        const named = (record: Record<string, Initializer>) =>
          Object.fromEntries(Object.entries(record).filter(([name]) => name !== ""));
        return population([size, 1], model, {
          parameters: Object.fromEntries(
            Object.entries(named(parameters)).map(([name, from]) => [
              name,
              model.parameters.find((p) => p.name === name)!.range ? madePositive(from) : from,
            ]),
          ),
          initial: named(initial),
          trainable: [
            ...Object.keys(named(parameters)),
            ...Object.keys(named(initial)).filter(floats).map(initialName),
          ],
          dropout,
        });
      }),
  );

const place = (n: number): fc.Arbitrary<Positions> =>
  fc.oneof(
    fc.constant(grid([n, 1], [0.5, 2])),
    numbers(2 * n).map((list) => points(2, list)),
  );
const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
const drawn = (sources: number, targets: number): fc.Arbitrary<Connectivity> =>
  fc.oneof(
    fc.record({ degree: fc.nat(targets), multapses: fc.boolean() }).map(({ degree, ...o }) => outDegree(degree, o)),
    fc.constantFrom(
      inDegree(1, { multapses: false }),
      totalNumber(7),
      condition("i + j < N_pre", { p: "0.5 / (1 + i)" }),
    ),
    fc
      .record(
        {
          source: place(sources),
          target: place(targets),
          profile: fc.oneof(positive.map(gaussianProfile), positive.map(exponentialProfile), positive.map(discProfile)),
          period: fc.tuple(positive, positive),
          p: fc.double({ min: 0, max: 1, noNaN: true }),
        },
        { requiredKeys: ["source", "target", "profile"] },
      )
      .map(distanceDependent),
    fc
      .record({ source: place(sources), target: place(targets) })
      .map((positions) => condition("x_pre < y_post", positions)),
  );
const connectivity = (sources: number, targets: number): fc.Arbitrary<Connectivity> =>
  fc.oneof(
    fc.constant(dense),
    drawn(sources, targets),
    fc
      .record({ p: fc.double({ min: 0, max: 1, noNaN: true }), autapses: fc.boolean() })
      .map(({ p, autapses }) => probability(p, { autapses })),
    fc.array(fc.tuple(fc.nat(sources - 1), fc.nat(targets - 1)), { maxLength: 6 }).map((list) =>
      pairs(
        Uint32Array.from(list, ([s]) => s),
        list.map(([, t]) => t),
      ),
    ),
  );
const stdp = synapse({
  name: "stdp",
  variables: { x: 0.5 },
  parameters: { rate: 1e-3 },
  pathways: [
    { trigger: "pre", body: "v_post += w" },
    { trigger: "post", body: "w += rate*x", delay: 2, order: -1 },
  ],
});

interface End {
  readonly name: string;
  readonly size: number;
  readonly spikes: boolean;
}
const wire = (from: End, to: End) =>
  connectivity(from.size, to.size).chain((kind) => {
    const length = kind.kind === "dense" ? from.size * to.size : kind.kind === "pairs" ? kind.source.length : 1;
    const weight =
      kind.kind === "dense"
        ? fc.oneof(initializer(length), matrix)
        : kind.kind === "pairs"
          ? initializer(length)
          : fc.record({ kind: fc.constant("fanIn" as const), gain: number });
    return fc
      .record({
        weight,
        bias: fc.option(initializer(to.size), { nil: undefined }),
        delay: fc.integer({ min: 1, max: 9 }),
        delays: fc.option(fc.constantFrom(normalNumbers(9, 1), uniform(1, 1.04)), { nil: undefined }),
        trainable: fc.boolean(),
        plastic: fc.boolean(),
      })
      .map(({ weight, bias, delay, delays, trainable, plastic }) =>
        connect(from.name, to.name, {
          connectivity: kind,
          weight,
          delay: delays ?? delay,
          trainable,
          ...(bias && !delays && { bias }),
          ...(plastic && from.spikes && to.spikes && { synapse: stdp }),
        }),
      );
  });

/** Every delay is at least 1, so that any wiring is legal in every schedule. */
export const networks: fc.Arbitrary<Network> = fc
  .record({
    name: fc.string(),
    dt: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    schedule: fc.constantFrom<ScheduleName>("layered", "brian", "nest", "loihi"),
    steps: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
    input: fc.record({
      shape: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      encoder: fc.option(encoder, { nil: undefined }),
      constant: fc.boolean(),
    }),
    nodes: fc.uniqueArray(
      fc.tuple(
        fc
          .stringMatching(/^[A-Za-z]\w{0,5}$/)
          .filter((n) => n !== "input" && n !== "joined" && !(n in Object.prototype)),
        populations,
      ),
      { minLength: 1, maxLength: 3, selector: ([name]) => name },
    ),
  })
  .chain(({ input, nodes, ...rest }) => {
    const entry = inputNode(input.shape, {
      signal: input.constant ? "values" : "spikes",
      constant: input.constant,
      ...(input.encoder && { encoder: input.encoder }),
    });
    const ends = nodes.map(([name, p]): End => ({ name, size: p.size, spikes: p.model.spike !== undefined }));
    const sources = [{ name: "input", size: entry.size, spikes: !input.constant }, ...ends];
    const pairsOfNodes = sources.flatMap((from) => ends.map((to) => [from, to] as const));
    return fc.tuple(...pairsOfNodes.map(([from, to]) => fc.option(wire(from, to), { nil: [] }))).map((connections) => {
      const [[last, p]] = nodes.slice(-1) as [[string, Population]];
      const joined = { joined: concat(p.size, [{ node: last, port: p.model.outputs[0]! }]) };
      const { steps, ...known } = rest;
      return network({
        ...known,
        ...(steps !== undefined && { steps }),
        inputs: { input: entry },
        populations: Object.fromEntries(nodes),
        transforms: joined,
        connections,
        output: "joined",
      });
    });
  });

/** The same data without what JSON does not tell apart: kinds of arrays, signs of zero, members that are undefined. */
export function normal(x: unknown): unknown {
  if (typeof x === "number") return x + 0;
  if (typeof x !== "object" || x === null) return x;
  if (ArrayBuffer.isView(x)) return normal(Array.from(x as Float64Array));
  if (Array.isArray(x)) return x.map(normal);
  return Object.fromEntries(
    Object.entries(x)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, normal(value)]),
  );
}
