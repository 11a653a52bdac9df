/** JavaScript checks no types: what makes parts of a network refuses options that it does not know, and says what it does. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModelError, requireKnown } from "../../src/base/errors.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import * as model from "../../src/model/index.ts";
import { simulate } from "../../src/sim/simulate.ts";

const { connect, lif, network, neuron, population, synapse } = model;
const soma = { a: population(3, lif()), b: population(4, lif()) };
const made = (spec: object) => network({ dt: "1 ms", populations: soma, ...spec } as never);

/** What each is called with, beside its options; and one slip with the name that was meant. */
const TAKERS: readonly (readonly [
  name: string,
  call: (options: object) => unknown,
  slip: Readonly<Record<string, unknown>>,
  meant?: string,
])[] = [
  ["synapse", (o) => synapse({ name: "s", ...o }), { on_pre: "v_post += w" }, "onPre"],
  ["synapse", (o) => synapse({ name: "s", ...o }), { timedArray: {} }, "timedArrays"],
  [
    "synapse.pathways",
    (o) => synapse({ name: "s", pathways: [{ trigger: "pre", body: "v += w", ...o }] }),
    { dealy: 3 },
    "delay",
  ],
  ["synapse.onPre", (o) => synapse({ name: "s", onPre: { body: "v += w", ...o } }), { dealy: 3 }, "delay"],
  [
    "synapse.onPre, by name",
    (o) => synapse({ name: "s", onPre: { x: { body: "v += w", ...o } } }),
    { ordr: 3 },
    "order",
  ],
  ["network", made, { scheduel: "layered" }, "schedule"],
  ["network", made, { conections: [] }, "connections"],
  ["population", (o) => population(3, lif(), o), { intial: { v: 1 } }, "initial"],
  ["inputNode", (o) => model.inputNode(3, o), { signl: "values" }, "signal"],
  ["connect", (o) => connect("a", "b", o), { wieght: 1 }, "weight"],
  ["gapJunction", (o) => model.gapJunction(o), { prot: "i" }, "port"],
  ["tsodyksMarkram", (o) => model.tsodyksMarkram({ port: "v", ...o }), { tau_rec: "1 s" }, "tauRec"],
  ["probability", (o) => model.probability(0.5, o), { autapse: false }, "autapses"],
  ["inDegree", (o) => model.inDegree(2, o), { multapse: false }, "multapses"],
  ["outDegree", (o) => model.outDegree(2, o), { multapse: false }, "multapses"],
  ["totalNumber", (o) => model.totalNumber(2, o), { autapse: false }, "autapses"],
  ["condition", (o) => model.condition("i != j", o), { P: 0.5 }, "p"],
  [
    "distanceDependent",
    (o) => model.distanceDependent({ source: [], target: [], ...o } as never),
    { perod: [1] },
    "period",
  ],
  ["convolution", (o) => model.convolution({ kernel: 3, ...o }), { pading: 1 }, "padding"],
  ["convolution1d", (o) => model.convolution1d({ kernel: 3, ...o }), { strid: 1 }, "stride"],
  [
    "convolution.maxPool",
    (o) => model.convolution({ kernel: 3, maxPool: { kernel: 2, ...o } }),
    { strid: 1 },
    "stride",
  ],
  ["averagePooling", (o) => model.averagePooling(2, o), { strid: 1 }, "stride"],
  ["sumPooling1d", (o) => model.sumPooling1d(2, o), { strid: 1 }, "stride"],
  [
    "sequential",
    (o) => model.sequential([model.input(2), model.denseLayer(2), lif()], { steps: 3, ...o }),
    { Dt: 1 },
    "dt",
  ],
  ["input", (o) => model.input(3, o), { singal: "values" }, "signal"],
  ["denseLayer", (o) => model.denseLayer(3, o), { bais: false }, "bias"],
  ["convLayer", (o) => model.convLayer(3, { kernel: 3, ...o }), { pading: 1 }, "padding"],
  ["conv1dLayer", (o) => model.conv1dLayer(3, { kernel: 3, ...o }), { maxPool: 2 }],
  ["avgPoolLayer", (o) => model.avgPoolLayer(2, o), { strid: 1 }, "stride"],
  ["maxPoolLayer", (o) => model.maxPoolLayer(2, o), { strid: 1 }, "stride"],
  ["batchNormLayer", (o) => model.batchNormLayer(o), { gian: 1 }, "gain"],
  ["residualLayer", (o) => model.residualLayer([], o), { shortcuts: [] }, "shortcut"],
  ["neurons", (o) => model.neurons(lif(), o), { reccurent: true }],
  ["readout", (o) => model.readout(o), { taum: "5 ms" }, "tau"],
  ["gru", (o) => model.gru(3, o), { dropot: 0.1 }, "dropout"],
  ["lstm", (o) => model.lstm(3, o), { dropot: 0.1 }, "dropout"],
  ["spikingLstm", (o) => model.spikingLstm(3, o), { dropot: 0.1 }, "dropout"],
  ["liquid", (o) => model.liquid(3, o), { nrom: true }, "norm"],
  ["liquidReadout", (o) => model.liquidReadout(3, o), { norm: true }],
];

describe("options that are none", () => {
  test.each(TAKERS.map(([name, call, slip, meant = ""]) => ({ name, call, slip, meant })))(
    "$name: $slip",
    ({ call, slip, meant }) => {
      expect(() => call({})).not.toThrow(/unknown property/);
      const [key] = Object.keys(slip);
      const act = () => call(slip);
      expect(act).toThrow(ModelError);
      expect(act).toThrow(`.${key}: unknown property; known: `);
      if (meant) expect(act).toThrow(`did you mean '${meant}'?`);
    },
  );

  test("exactly those that are not known are refused, and the hint names one that is", () => {
    const name = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constantFrom("delay", "dealy", "de_lay", "delays", "toString"),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name), name, (known, key) => {
        const act = () => requireKnown("here", { [key]: 1 }, known);
        if (known.includes(key)) {
          expect(act).not.toThrow();
          return;
        }
        expect(act).toThrow(ModelError);
        const meant = known.filter((x) => messageOf(act).endsWith(`; did you mean '${x}'?`));
        expect(meant.length).toBe(messageOf(act).includes("; did you mean '") ? 1 : 0);
      }),
    );
  });
});
const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (e) {
    return (e as Error).message;
  }
  return "";
};

const linkedTo = (x: unknown) => population(3, reader, { linked: { x } as never });
const reader = model.neuron({ name: "reader", equations: "dv/dt = (x - v)/(10*ms) : 1\nx : 1 (linked)" });
const joined = (options: object) => made({ connections: [connect("a", "b", options)] });

describe("parts that are none", () => {
  const cases: readonly (readonly [string, () => unknown, string])[] = [
    ["no populations", () => network({ dt: "1 ms" } as never), "network.populations: is missing"],
    [
      "population for populations",
      () => network({ dt: "1 ms", population: {} } as never),
      "did you mean 'populations'?",
    ],
    ["no dt", () => network({ populations: soma } as never), 'network.dt: is missing: a duration such as "0.1 ms"'],
    [
      "a model for a population",
      () => made({ populations: { a: lif() } }),
      "network.populations.a: must be what population(...) gives, got an object with",
    ],
    [
      "a number for an input",
      () => made({ inputs: { x: 3 } }),
      "network.inputs.x: must be what inputNode(...) gives, got 3",
    ],
    [
      "a text for a connection",
      () => made({ connections: ["a>b"] }),
      "network.connections[0]: must be what connect(...) gives, got a>b",
    ],
    ["a function for a model", () => population(3, lif as never), "got the function lif; call it"],
    [
      "no model",
      () => population(3, undefined as never),
      "population: its model must be what lif() or neuron(...) gives, got undefined",
    ],
    [
      "another signal",
      () => model.inputNode(3, { signal: "current" as never }),
      "input.signal: must be 'spikes' or 'values', got 'current'",
    ],
    [
      "a pathway without body",
      () => synapse({ name: "s", pathways: [{ trigger: "pre" } as never] }),
      "synapse s.pathways[0].body: must be statements",
    ],
    [
      "another trigger",
      () => synapse({ name: "s", pathways: [{ trigger: "spike" as never, body: "v += w" }] }),
      "must be 'pre', 'post' or 'step', got 'spike'",
    ],
    [
      "a condition for a weight",
      () => joined({ weight: true }),
      "connection a>b.weight: must be a number in SI units, a list of numbers, an expression such as 'rand()*nS', or a law such as uniform(0, 1) or normal(0, 1), got true",
    ],
    [
      "a text for a bias",
      () => joined({ bias: "0.1*i" }),
      "connection a>b.bias: must be a number in SI units, a list of numbers, or a law such as uniform(0, 1) or normal(0, 1), got '0.1*i'",
    ],
    ["null for a bias", () => joined({ bias: null }), "connection a>b.bias: must be a number in SI units"],
    ["a law that was not called", () => joined({ weight: model.fanIn }), "got the function fanIn; call it"],
    [
      "a text for a connectivity",
      () => joined({ connectivity: "all" }),
      "connection a>b.connectivity: must be dense, oneToOne, or what pairs(...), probability(0.1) or another connectivity gives, got 'all'",
    ],
    [
      "a connectivity that was not called",
      () => joined({ connectivity: model.probability }),
      "got the function probability; call it",
    ],
    ["a kind that is none", () => joined({ connectivity: { kind: "toString" } }), "got an object with kind"],
    ["a link to nothing", () => linkedTo({}), "linked.x.variable: is missing: give 'population.variable'"],
    ["a link with a slip", () => linkedTo({ variable: "a.v", idnex: [0, 0, 0] }), "did you mean 'index'?"],
    ["a number for a link", () => linkedTo(3), "linked.x: takes its options as an object, got 3"],
    [
      "concat of names alone",
      () => model.concat(["a", "b"] as never, undefined as never),
      "concat.size: must be a number of values, before the names, got the list [a, b]",
    ],
    [
      "concat of two names",
      () => model.concat("a" as never, "b" as never),
      "concat.size: must be a number of values, before the names, got 'a'",
    ],
    [
      "concat of one name",
      () => model.concat(3, "a" as never),
      `concat.of: must be a list of nodes, such as ["a", "b"], got 'a'`,
    ],
    ["sum of one name", () => model.sum(3, "a" as never), "sum.of: must be a list of nodes"],
    [
      "softmax without size",
      () => model.softmax("a" as never, undefined as never),
      "softmax.size: must be a number of values",
    ],
    ["a number for a node", () => model.concat(3, [7 as never]), "takes names of nodes, or { node, port }, got 7"],
    [
      "the options of a pool for its kernel",
      () => model.maxPoolLayer({ kernel: 3 } as never),
      "maxPoolLayer.kernel: must be a number, or a list of one a dimension, got an object with kernel",
    ],
    [
      "the options of a mean for its kernel",
      () => model.averagePooling({ kernel: 3 } as never),
      "averagePooling.kernel: must be a number",
    ],
    [
      "a text for a kernel",
      () => model.convolution({ kernel: "3" as never }),
      "convolution.kernel: must be a number, or a list of one a dimension, got 3",
    ],
  ];
  test.each(cases)("%s", (_name, act, message) => {
    expect(act).toThrow(ModelError);
    expect(act).toThrow(message);
  });
});

describe("numbers of a population", () => {
  const flip = neuron({
    name: "flip",
    equations: "on : boolean\ndv/dt = int(on)*100*Hz : 1",
    initial: { on: true },
    spike: "v > 0.55 and on",
    reset: "v = 0; on = not on",
  });
  test("may be true or false where a variable is", async () => {
    expect(neuron(JSON.parse(JSON.stringify(flip.spec)))).toEqual(flip);
    const net = network({
      dt: "1 ms",
      populations: { a: population(2, flip), b: population(2, flip, { initial: { on: false } }) },
    });
    expect(networkFromJson(networkToJson(net))).toEqual(net);
    const { spikes } = await simulate(net, { duration: "50 ms" });
    expect([[...spikes.a!.steps], [...spikes.b!.steps]]).toEqual([[5, 5], []]);
  });
  test.each<[string, unknown, string]>([
    ["a function", () => 1, "got function"],
    ["a boolean of a number", true, "got boolean true"],
    ["nothing", null, "got object"],
  ])("%s is refused", (_name, v, words) => {
    const make = () => population(2, lif(), { initial: { v: v as never } });
    expect(make).toThrow(
      "population of lif.initial.v: must be a number in SI units, a quantity or an expression as text",
    );
    expect(make).toThrow(words);
    expect(() => neuron({ name: "x", equations: "v : 1", initial: { v: true } })).toThrow("x.initial.v");
  });
});
