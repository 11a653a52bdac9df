import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { integrateAndFire } from "../../src/model/neuron/integrateAndFire.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { denseLayer, input, readout, sequential } from "../../src/model/sequential.ts";
import { networks, normal } from "./randomNetwork.ts";

const small = sequential(
  [
    input([2, 2], { encoder: { kind: "latency", tau: 5 } }),
    denseLayer(3),
    lif({ refractory: "2 ms" }),
    denseLayer(2, { bias: false }),
    readout(),
  ],
  { steps: 10, name: "small" },
);
/** Of `small`, to be spoilt. */
// biome-ignore lint/suspicious/noExplicitAny: any member may be set to anything
const fresh = (): any => structuredClone(networkToJson(small));

const refusal = (json: unknown): DataError => {
  try {
    networkFromJson(json, "artefact.network");
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error("accepted");
};

describe("round trip", () => {
  test("a competition comes back, and one for nobody is refused", () => {
    const net = network({ dt: "1 ms", populations: { p: population(4, lif(), { winners: 2 }) } });
    const json = JSON.parse(JSON.stringify(networkToJson(net)));
    expect(networkFromJson(json)).toEqual(net);
    json.populations.p.winners = 0;
    expect(refusal(json).message).toContain("artefact.network.populations.p.winners");
  });
  test("any network comes back from its JSON text as it was", () => {
    fc.assert(
      fc.property(networks, (net) => {
        const json = networkToJson(net);
        const back = networkFromJson(JSON.parse(JSON.stringify(json)));
        expect(normal(back)).toEqual(normal(net));
        expect(networkToJson(back)).toEqual(json);
      }),
      { numRuns: 100 },
    );
  });
  test("numbers keep all their bits, in new objects", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const net = network({ dt: 1e-3, populations: { a: population(1, lif(), { parameters: { vTh: value } }) } });
        const text = JSON.stringify(networkToJson(net));
        expect(networkFromJson(JSON.parse(text)).populations["a"]!.parameters["vTh"]).toEqual({
          kind: "constant",
          value: value + 0,
        });
      }),
    );
  });
  test("populations that shared a model share it again; models of one name are told apart", () => {
    const [slow, fast] = [lif(), lif({ tau: "1 ms" })];
    const net = network({
      dt: 1e-3,
      populations: { a: population(1, slow), b: population(1, fast), c: population(1, slow) },
    });
    const json = networkToJson(net);
    expect(Object.entries(json.populations).map(([name, p]) => [name, p.model])).toEqual([
      ["a", "lif"],
      ["b", "lif-2"],
      ["c", "lif"],
    ]);
    const { a, b, c } = networkFromJson(json).populations;
    expect(a!.model).toBe(c!.model);
    expect([a!.model.parameters[0]!.value, b!.model.parameters[0]!.value]).toEqual([0.02, 1e-3]);
  });
});

test("the text of version 1", () => {
  const net = network({
    name: "n",
    dt: 1e-3,
    inputs: { x: inputNode(2) },
    populations: { y: population(2, integrateAndFire()) },
    output: "y",
  });
  expect(JSON.stringify(networkToJson(net))).toBe(
    '{"format":"rheobase-network","version":1,"name":"n","dt":0.001,"schedule":"layered","output":"y","models":{"integrate-and-fire":' +
      '{"name":"integrate-and-fire","doc":"Integrate-and-fire without leak","source":"Lapicque 1907, without leak; Gerstner et al. 2014, Neuronal Dynamics, sec. 1.3",' +
      '"equations":"\\n      v[t+1] = v + i : 1 (unless refractory)\\n      i : 1 (input)","parameters":{"vTh":{"value":1,"doc":"threshold","min":0}},"spike":"v > vTh","reset":"v = 0","port":"v"}},' +
      '"inputs":{"x":{"size":2,"shape":[2],"signal":"spikes","constant":false}},' +
      '"populations":{"y":{"size":2,"shape":[2],"model":"integrate-and-fire","parameters":{},"initial":{},"trainable":{},"dropout":0}},"transforms":{},"connections":[]}',
  );
});

test("what trains: with its grain, or as a list, which leaves that to the population", () => {
  const own = { parameters: { tau: [0.01, 0.02] }, trainable: { tau: "layer", "v.initial": "neuron" } } as const;
  const net = network({ dt: 1e-3, populations: { y: population(2, lif(), own) } });
  const json = networkToJson(net);
  expect(networkFromJson(json).populations.y!.trainable).toEqual(own.trainable);
  const listed = structuredClone(json) as { populations: Record<string, { trainable: unknown }> };
  listed.populations.y!.trainable = ["tau", "v.initial"];
  expect(networkFromJson(listed).populations.y!.trainable).toEqual({ tau: "neuron", "v.initial": "layer" });
  listed.populations.y!.trainable = { tau: "column" };
  expect(() => networkFromJson(listed)).toThrow(
    "populations.y.trainable.tau: must be one of layer, neuron, got 'column'",
  );
});

describe("saving refuses", () => {
  test.each<[string, unknown, string]>([
    ["NaN", { gain: Number.NaN }, "artefact"],
    ["a function", { f: () => 0 }, "artefact"],
    ["an object with a class", { when: new Date(0) }, "artefact"],
    ["half a character", { text: "\ud800" }, "artefact"],
  ])("an encoder with %s", (_, encoder) => {
    const net = network({
      dt: 1e-3,
      inputs: { x: inputNode(1, { encoder: encoder as Record<string, unknown> }) },
      populations: { y: population(1, lif()) },
    });
    expect(() => networkToJson(net)).toThrow(DataError);
    expect(() => networkToJson(net)).toThrow(/^network\.inputs\.x\.encoder\.\w+: cannot be saved: must be/);
  });
});

describe("reading refuses", () => {
  const cases: readonly [string, (json: ReturnType<typeof fresh>) => unknown, string][] = [
    ["another format", (j) => (j.format = "onnx"), "format: must be 'rheobase-network', got 'onnx'"],
    ["the future", (j) => (j.version = 2), "version: is 2, from a newer Rheobase; this one reads 1"],
    ["no version", (j) => delete j.version, "version: must be an integer from 1 to 1, got nothing"],
    ["a missing member", (j) => delete j.dt, "dt: must be a finite number, got nothing"],
    ["an unknown member", (j) => (j.colour = 1), "colour: unknown; known: connections, dt,"],
    ["NaN", (j) => (j.dt = Number.NaN), "dt: must be a finite number, got NaN"],
    ["a negative step", (j) => (j.dt = -1), "small.dt: must be a finite number > 0 s, got -1"],
    [
      "an unknown schedule",
      (j) => (j.schedule = "constructor"),
      "schedule: must be one of brian, layered, loihi, nest, got 'constructor'",
    ],
    [
      "a size that is text",
      (j) => (j.populations.hidden.size = "3"),
      "populations.hidden.size: must be an integer from 1 to 2147483648, got '3'",
    ],
    [
      "a huge size",
      (j) => (j.populations.hidden.size = 1e300),
      "populations.hidden.size: must be an integer from 1 to 2147483648, got 1e+300",
    ],
    [
      "a size that is not its shape",
      (j) => (j.inputs.input.shape = [2, 3]),
      "inputs.input.size: must be 6, the product of its shape, got 4",
    ],
    [
      "a huge shape",
      (j) => (j.populations.hidden.shape = [2 ** 31, 2 ** 31]),
      "populations.hidden.size: must be 4611686018427388000, the product of its shape, got 3",
    ],
    [
      "a thousand dimensions",
      (j) => (j.populations.hidden.shape = Array(1000).fill(1)),
      "populations.hidden.shape: must be a list of at most 16, got a list of 1000",
    ],
    [
      "a model that is not there",
      (j) => (j.populations.hidden.model = "toString"),
      "populations.hidden.model: must be one of leaky-integrator, lif, got 'toString'",
    ],
    [
      "a parameter that the model lacks",
      (j) => (j.populations.hidden.parameters.tua = { kind: "constant", value: 1 }),
      "populations.hidden: population of lif.parameters: no parameter called 'tua'",
    ],
    [
      "an initialiser of an unknown kind",
      (j) => (j.connections[0].weight = { kind: "magic" }),
      "connections[0].weight.kind: must be one of clippedNormal, constant, exponential, expression, fanIn,",
    ],
    [
      "an initialiser with a member too many",
      (j) => (j.connections[0].weight = { kind: "constant", value: 1, gain: 1 }),
      "connections[0].weight.gain: unknown; known: kind, value",
    ],
    [
      "too few weights",
      (j) => (j.connections[0].weight = { kind: "values", values: [1, 2] }),
      "connections[0].weight.values: must be a list of 12, got a list of 2",
    ],
    [
      "a weight that is null",
      (j) => (j.connections[0].weight = { kind: "values", values: [1, null] }),
      "connections[0].weight.values[1]: must be a finite number, got null",
    ],
    [
      "pairs out of range",
      (j) => (j.connections[0].connectivity = { kind: "pairs", source: [0, 4], target: [0, 0] }),
      "connections[0].connectivity.source[1]: must be an integer from 0 to 3, got 4",
    ],
    [
      "pairs of unequal length",
      (j) => (j.connections[0].connectivity = { kind: "pairs", source: [0], target: [] }),
      "connections[0].connectivity.target: must be a list of 1, as 'source' is, got a list of 0",
    ],
    [
      "a connection from nowhere",
      (j) => (j.connections[0].from.node = "valueOf"),
      "connections[0].from.node: must be the name of a node, got 'valueOf'",
    ],
    [
      "a port that the source does not have",
      (j) => (j.connections[0].from.port = "v"),
      "connections[0].from.port: must be 'spike', got 'v'",
    ],
    [
      "a port that the target does not have",
      (j) => (j.connections[0].to.port = "w"),
      "connection input>hidden: 'hidden' (lif) has no port 'w'",
    ],
    [
      "a fractional delay",
      (j) => (j.connections[0].delay = 0.5),
      "connections[0].delay: must be an integer from 0 to 1048576, got 0.5",
    ],
    [
      "two connections of one name",
      (j) => (j.connections[1].name = j.connections[0].name),
      "connection input>hidden: two connections have this name",
    ],
    [
      "an output that is no node",
      (j) => (j.output = "__proto__"),
      "output: must be the name of a node, got '__proto__'",
    ],
    [
      "a transform of nothing",
      (j) => (j.transforms.t = { kind: "softmax", size: 3, of: [] }),
      "transform t: size 3, but what it takes has 0",
    ],
    [
      "a node with a name of JavaScript's",
      (j) => (j.populations.constructor = j.populations.hidden),
      "populations: 'constructor' cannot be a name",
    ],
    ["equations that are none", (j) => (j.models.lif.equations = "dv/dt = = v"), "models.lif: lif.equations: line 1:"],
    [
      "equations nested without end",
      (j) => (j.models.lif.equations = `dv/dt = ${"(".repeat(60_000)} : 1`),
      "models.lif: is nested too deeply",
    ],
    [
      "a sum without end",
      (j) => (j.models.lif.equations = `dv/dt = ${"v+".repeat(30_000)}v : 1`),
      "models.lif: is nested too deeply",
    ],
    [
      "text without end",
      (j) => (j.models.lif.equations = "v".repeat(1e6)),
      "models.lif.equations: must be text of at most 65536 characters",
    ],
    ["a method that does not exist", (j) => (j.models.lif.method = "magic"), "models.lif.method: must be one of"],
    [
      "too many nodes",
      (j) => (j.inputs = Object.fromEntries(Array.from({ length: 20_000 }, (_, k) => [`n${k}`, j.inputs.input]))),
      "inputs: must have at most 10000 members, got 20000",
    ],
    ["a list for an object", (j) => (j.populations = []), "populations: must be an object, got a list of 0"],
  ];
  test.each(cases)("%s", (_, spoil, message) => {
    const json = fresh();
    spoil(json);
    const error = refusal(json);
    expect(error.code).toBe("bad-file");
    expect(error.path).toMatch(/^artefact\.network/);
    expect(error.message).toContain(message);
  });
  test.each([null, undefined, 3, "text", [], { __proto__: null }])("%o instead of a network", (json) => {
    expect(refusal(json).path).toBe("artefact.network.format");
  });

  test("the prototype is out of reach", () => {
    const text = JSON.stringify(fresh()).replace('"encoder":{', '"encoder":{"__proto__":{"polluted":1},');
    expect(refusal(JSON.parse(text)).message).toBe(
      "artefact.network.inputs.input.encoder: '__proto__' cannot be a name: JavaScript gives it a meaning of its own",
    );
    expect("polluted" in {}).toBe(false);
  });
  test("encoders nested without end, and in a circle", () => {
    const [deep, circle] = [fresh(), fresh()];
    deep.inputs.input.encoder = JSON.parse(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`);
    circle.inputs.input.encoder.self = circle.inputs.input.encoder;
    for (const json of [deep, circle]) expect(refusal(json).message).toContain("is nested deeper than 32 levels");
  });
  test("a long chain of squares does not take for ever", () => {
    const json = fresh();
    const chain = Array.from({ length: 300 }, (_, k) => `x${k + 1} = x${k} * x${k} : 1`).join("\n");
    json.models.lif.equations = `dv/dt = x300 / tau : 1\ni : 1 (input)\nx0 = v : 1\n${chain}`;
    json.models.lif.method = "rk4";
    const start = performance.now();
    expect(() => networkFromJson(json)).not.toThrow();
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test("any member replaced by anything: read or refused, never another error", () => {
    const strange = fc.oneof(
      fc.constantFrom(undefined, null, -1, 0.5, 1e300, Number.NaN, "", "__proto__", "toString", [], {}, [[]], () => 0),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(networks, fc.nat(), strange, (net, choice, value) => {
        const json = structuredClone(networkToJson(net));
        const places = membersOf(json);
        const [owner, name] = places[choice % places.length]!;
        owner[name] = value;
        try {
          networkFromJson(json);
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          expect((error as DataError).code).toBe("bad-file");
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Every member of a tree: its owner and its name. */
function membersOf(x: unknown): [Record<string, unknown>, string][] {
  if (typeof x !== "object" || x === null) return [];
  const owner = x as Record<string, unknown>;
  return Object.keys(owner).flatMap((name) => [
    [owner, name] as [Record<string, unknown>, string],
    ...membersOf(owner[name]),
  ]);
}
