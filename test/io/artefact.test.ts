import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import { type Artefact, decodeArtefact, encodeArtefact } from "../../src/io/artefact.ts";
import { decodeHdf5, encodeHdf5, isNumbers, type Leaf, type Tree } from "../../src/io/hdf5.ts";
import { seal, unseal } from "../../src/io/seal.ts";
import { connect, hasMatrix } from "../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { batchNormLayer, denseLayer, input, readout, residualLayer, sequential } from "../../src/model/sequential.ts";
import { initialParameters, type Parameters } from "../../src/sim/lower/parameters.ts";
import { readGraph } from "./nirGraph.ts";
import { networks, normal } from "./randomNetwork.ts";

const provenance = {
  version: "0.1.0",
  seed: 7,
  task: "digits",
  dataDigest: "0123456789abcdef",
  metrics: { accuracy: 0.98, loss: 1e-3 },
  trainingOptions: { epochs: 3, optimiser: { kind: "adam", rate: 1e-3 } },
};
const small = sequential([input(3), denseLayer(4), lif(), denseLayer(2), readout()], { steps: 5, name: "small" });
const artefactOf = (net: Network, parameters: Parameters, more: Partial<Artefact> = {}): Artefact => ({
  network: net,
  parameters,
  classes: ["no", "yés"],
  provenance,
  ...more,
});
const artefact = artefactOf(small, initialParameters(small, 1), {
  encoder: { kind: "latency", tau: 5, steps: undefined },
});

/** Every bit: `toEqual` takes -0 for 0 in some matchers and not in others. */
const bitsOf = (parameters: Parameters): unknown =>
  Object.entries(parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, x]) => [name, x.constructor.name, Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString("hex")]);

async function refusal(bytes: Uint8Array): Promise<DataError> {
  try {
    await decodeArtefact(bytes);
  } catch (error) {
    if (error instanceof DataError && error.code === "bad-file") return error;
    throw error;
  }
  throw new Error("accepted");
}

describe("round trip", () => {
  test("an artefact with everything", async () => {
    const back = await decodeArtefact(await encodeArtefact(artefact));
    expect(normal(back.network)).toEqual(normal(small));
    expect(bitsOf(back.parameters)).toEqual(bitsOf(artefact.parameters));
    expect({ ...back, network: 0, parameters: 0 }).toEqual({
      network: 0,
      parameters: 0,
      classes: ["no", "yés"],
      encoder: { kind: "latency", tau: 5 },
      provenance,
    });
  });
  test("any network, its weights bit for bit, in f32 and f64", async () => {
    const double = fc.double({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(networks, fc.boolean(), fc.infiniteStream(double), async (net, single, numbers) => {
        const blocks = Object.entries(shapesOf(net));
        const take = (length: number): number[] => Array.from({ length }, () => numbers.next().value as number);
        const parameters = Object.fromEntries(
          blocks.map(([name, length]) => [
            name,
            single
              ? Float32Array.from(take(length), (x) => Math.sign(x) * Math.min(Math.abs(x), 1e38))
              : Float64Array.from(take(length)),
          ]),
        );
        const back = await decodeArtefact(await encodeArtefact(artefactOf(net, parameters)));
        expect(bitsOf(back.parameters)).toEqual(bitsOf(parameters));
        expect(normal(back.network)).toEqual(normal(net));
      }),
      { numRuns: 40 },
    );
  });
  test("equal artefacts are equal files, whenever they are made", async () => {
    const first = await encodeArtefact(artefact);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // HDF5 counts in seconds
    expect(Buffer.compare(first, await encodeArtefact(structuredClone({ ...artefact })))).toBe(0);
    const dated = await encodeArtefact({ ...artefact, provenance: { ...provenance, created: "2025-01-31T12:00:00Z" } });
    expect((await decodeArtefact(dated)).provenance.created).toBe("2025-01-31T12:00:00Z");
  });
  test("names of connections that are no names of files", async () => {
    const names = ["a/b", "a>b", ".", "..", "", "a%2Fb", "ä", "x.bias", "weight"];
    const net = network({
      dt: 1e-3,
      inputs: { a: inputNode(1) },
      populations: { b: population(1, lif()) },
      connections: names.map((name) => connect("a", "b", { name, bias: 1 })),
      output: "b",
    });
    const parameters = initialParameters(net, 1);
    expect(bitsOf((await decodeArtefact(await encodeArtefact(artefactOf(net, parameters)))).parameters)).toEqual(
      bitsOf(parameters),
    );
  });
  test("batch normalisation with its running statistics, sums and residuals", async () => {
    const block = [denseLayer(4), batchNormLayer({ threshold: 1 }), lif(), denseLayer(4), batchNormLayer(), lif()];
    const each = batchNormLayer({ over: "batch", momentum: 0.3 });
    const few = batchNormLayer({ over: "batch", steps: 2 });
    const net = sequential(
      [input(3), denseLayer(4), each, lif(), residualLayer(block, { how: "iand" }), denseLayer(2), few, readout()],
      { steps: 5 },
    );
    const start = initialParameters(net, 1);
    expect(start["hidden1Norm.mean"]!.length).toBe(5 * 4); // a row for each step
    expect(start["outputNorm.mean"]!.length).toBe(2 * 2);
    const parameters = { ...start, "hidden1Norm.mean": Float32Array.from({ length: 20 }, (_, k) => k / 7) };
    const back = await decodeArtefact(await encodeArtefact(artefactOf(net, parameters)));
    expect(normal(back.network)).toEqual(normal(net));
    expect(bitsOf(back.parameters)).toEqual(bitsOf(parameters));
  });
  test("twenty at once", async () => {
    const all = Array.from({ length: 20 }, (_, seed) => artefactOf(small, initialParameters(small, seed)));
    const back = await Promise.all(all.map(async (a) => decodeArtefact(await encodeArtefact(a))));
    expect(back.map((a) => bitsOf(a.parameters))).toEqual(all.map((a) => bitsOf(a.parameters)));
  });
  test("nothing stays in the library's file system, nor in its table of streams", async () => {
    const { FS } = await import("h5wasm");
    const { streams } = FS as unknown as { streams: unknown[] };
    const count = () => [FS!.readdir("/").length, streams.filter(Boolean).length];
    const before = count();
    await decodeArtefact(await encodeArtefact(artefact));
    await refusal(await forged((root) => root.set("network", "{")));
    expect(count()).toEqual(before);
  });
});

/** Numbers of each array that a network's connections need. */
function shapesOf(net: Network): Record<string, number> {
  const size = (node: string) => (net.inputs[node] ?? net.populations[node] ?? net.transforms[node])!.size;
  const all = net.connections.flatMap((c) => [
    ...(hasMatrix(c) ? [[`${c.name}.weight`, size(c.from.node) * size(c.to.node)] as const] : []),
    ...(c.bias ? [[`${c.name}.bias`, size(c.to.node)] as const] : []),
  ]);
  const trained = Object.entries(net.populations).flatMap(([node, p]) =>
    Object.entries(p.trainable).map(([name, grain]) => [`${node}.${name}`, grain === "neuron" ? p.size : 1] as const),
  );
  return Object.fromEntries([...all, ...trained]);
}

describe("saving refuses", () => {
  const weight = "input>hidden.weight";
  const without = (name: string): Parameters =>
    Object.fromEntries(Object.entries(artefact.parameters).filter(([key]) => key !== name));
  const spoilt = (value: number): Parameters => ({
    ...artefact.parameters,
    [weight]: Float32Array.from({ length: 12 }, (_, k) => (k === 5 ? value : k)),
  });
  test.each<[string, Partial<Artefact>, string, string]>([
    [
      "NaN",
      { parameters: spoilt(Number.NaN) },
      "not-finite",
      `artefact.parameters.${weight}[5]: must be finite, got NaN`,
    ],
    [
      "infinity",
      { parameters: spoilt(Infinity) },
      "not-finite",
      `artefact.parameters.${weight}[5]: must be finite, got Infinity`,
    ],
    ["a missing array", { parameters: without(weight) }, "unknown-name", `artefact.parameters.${weight}: is missing`],
    [
      "an array of the wrong size",
      { parameters: { ...artefact.parameters, [weight]: new Float32Array(11) } },
      "shape-mismatch",
      `artefact.parameters.${weight}: must have 3 x 4 numbers, got 11`,
    ],
    [
      "an array too many",
      { parameters: { ...artefact.parameters, extra: new Float32Array(1) } },
      "unknown-name",
      "artefact.parameters.extra: not a parameter of the network; known: hidden>output.bias,",
    ],
    [
      "a metric that is NaN",
      { provenance: { ...provenance, metrics: { loss: Number.NaN } } },
      "unsupported",
      "artefact.provenance.metrics.loss: cannot be saved: must be a finite number, got NaN",
    ],
    [
      "a date that is none",
      { provenance: { ...provenance, created: "yesterday" } },
      "unsupported",
      "artefact.provenance.created: cannot be saved: must be an ISO date such as '2025-01-31T12:00:00Z', got 'yesterday'",
    ],
    [
      "options with a function",
      { provenance: { ...provenance, trainingOptions: { loss: () => 0 } } },
      "unsupported",
      "artefact.provenance.trainingOptions.loss: cannot be saved: must be plain data (as JSON can hold), got a value of type function",
    ],
    [
      "a class that is no text",
      { classes: [3 as unknown as string] },
      "unsupported",
      "artefact.classes[0]: cannot be saved: must be text, got 3",
    ],
  ])("%s", async (_, change, code, message) => {
    const error = await encodeArtefact({ ...artefact, ...change }).catch((e: unknown) => e as DataError);
    expect(error).toBeInstanceOf(DataError);
    expect([(error as DataError).code, (error as DataError).message.slice(0, message.length)]).toEqual([code, message]);
  });
});

const MEMBERS = ["network", "classes", "encoder", "provenance", "parameters", "nir"];
const group = (tree: Tree, ...path: string[]): Map<string, Tree | Leaf> =>
  path.reduce((t, name) => t.get(name) as Tree, tree) as Map<string, Tree | Leaf>;

type Change = (root: Map<string, Tree | Leaf>, attributes: Map<string, string | number>) => unknown;
/** The artefact with changed contents, well-formed and sealed anew: what only a wrong writer makes. */
async function forged(change: Change): Promise<Uint8Array> {
  const { root, attributes } = await decodeHdf5(unseal(await encodeArtefact(artefact), "f"), MEMBERS, "f");
  const changed = { root: new Map(root), attributes: new Map(attributes) };
  change(changed.root, changed.attributes);
  return seal(await encodeHdf5(changed));
}
// biome-ignore lint/suspicious/noExplicitAny: any member may be set to anything
const edit = (root: Map<string, Tree | Leaf>, name: string, change: (json: any) => unknown): void => {
  const json = JSON.parse(root.get(name) as string);
  change(json);
  root.set(name, JSON.stringify(json));
};

describe("reading refuses", () => {
  test.each<[string, Uint8Array | string, string]>([
    ["nothing", "", "artefact: not an HDF5 file (0 bytes that do not start with its signature)"],
    ["text", "{}", "artefact: not an HDF5 file (2 bytes that do not start with its signature)"],
    [
      "HDF5 without the seal",
      Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
      "artefact: not an artefact, or cut short: an artefact ends in the line of its checksum",
    ],
    [
      "a seal around nothing",
      seal(Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)),
      "artefact: its HDF5 structure is damaged (",
    ],
  ])("%s", async (_, bytes, message) => {
    const error = await refusal(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    expect(error.message.slice(0, message.length)).toBe(message);
  });

  const weight = "input%3Ehidden.weight";
  const numbers = (root: Tree, ...path: string[]): { data: Float32Array } =>
    group(root, ...path.slice(0, -1)).get(path.at(-1)!) as never;
  test.each<[string, Change, string]>([
    ["another format", (_, a) => a.set("format", "x"), "artefact.format: must be 'rheobase-artefact', got 'x'"],
    ["the future", (_, a) => a.set("version", 2), "artefact.version: is 2, from a newer Rheobase; this one reads 1"],
    [
      "a version that is text",
      (_, a) => a.set("version", "1"),
      "artefact.version: must be an integer from 1 to 1, got '1'",
    ],
    ["no network", (r) => r.delete("network"), "artefact.network: is missing"],
    [
      "a network that is a number",
      (r) => r.set("network", { data: Float64Array.of(1), shape: [] }),
      "artefact.network: must be text",
    ],
    ["a network that is not JSON", (r) => r.set("network", "{"), "artefact.network: is not JSON ("],
    ["JSON nested without end", (r) => r.set("network", "[".repeat(1e6)), "artefact.network: is not JSON ("],
    [
      "a network of the future",
      (r) => edit(r, "network", (j) => (j.version = 9)),
      "artefact.network.version: is 9, from a newer Rheobase",
    ],
    [
      "a size that is text",
      (r) => edit(r, "network", (j) => (j.populations.hidden.size = "4")),
      "artefact.network.populations.hidden.size: must be an integer from 1 to 2147483648, got '4'",
    ],
    [
      "a size that the file cannot hold",
      (r) =>
        edit(r, "network", (j) => (j.populations.big = { ...j.populations.hidden, size: 2 ** 31, shape: [2 ** 31] })),
      "artefact.nir: must show all 2147483648 neurons of 'big', got a file of",
    ],
    ["no provenance", (r) => r.delete("provenance"), "artefact.provenance: is missing"],
    [
      "a seed that is a fraction",
      (r) => edit(r, "provenance", (j) => (j.seed = 0.5)),
      "artefact.provenance.seed: must be an integer",
    ],
    [
      "a reserved name in metrics",
      (r) => r.set("provenance", (r.get("provenance") as string).replace("accuracy", "__proto__")),
      "artefact.provenance.metrics: '__proto__' cannot be a name",
    ],
    [
      "classes that are an object",
      (r) => r.set("classes", "{}"),
      "artefact.classes: must be a list, got a value of type object",
    ],
    ["no parameters", (r) => r.delete("parameters"), "artefact.parameters: must be a group"],
    [
      "a missing array",
      (r) => group(r, "parameters").delete(weight),
      "artefact.parameters.input>hidden.weight: must be an array of f32 or f64, got nothing",
    ],
    [
      "an array too many",
      (r) => group(r, "parameters").set("extra", "x"),
      "artefact.parameters.extra: not a parameter of the network; known: hidden%3Eoutput.bias,",
    ],
    [
      "an array of the wrong shape",
      (r) => group(r, "parameters").set(weight, { data: new Float32Array(12), shape: [4, 3] }),
      "artefact.parameters.input>hidden.weight: must be of shape 3 x 4, got 4 x 3",
    ],
    [
      "an array of integers",
      (r) => group(r, "parameters").set(weight, { data: new BigInt64Array(12), shape: [3, 4] }),
      "artefact.parameters.input>hidden.weight: must be an array of f32 or f64",
    ],
    [
      "a weight that is NaN",
      (r) => numbers(r, "parameters", weight).data.fill(Number.NaN, 7),
      "artefact.parameters.input>hidden.weight[7]: must be finite, got NaN",
    ],
    [
      "a projection with another weight",
      (r) => (numbers(r, "nir", "node", "nodes", "input_hidden", "weight").data[3]! += 1e-6),
      "artefact.nir.node.nodes.input_hidden.weight: differs from the network that it should show",
    ],
    [
      "weights that the projection does not have",
      (r) => (numbers(r, "parameters", weight).data[3]! += 1e-6),
      "artefact.nir.node.nodes.input_hidden.weight: differs",
    ],
    [
      "a projection with another threshold",
      (r) => (numbers(r, "nir", "node", "nodes", "hidden", "v_threshold").data[1]! += 1e-3),
      "artefact.nir.node.nodes.hidden.v_threshold: differs",
    ],
    [
      "a projection with another neuron",
      (r) => group(r, "nir", "node", "nodes", "output").set("type", "I"),
      "artefact.nir.node.nodes.output.type: differs",
    ],
    [
      "a projection without a node",
      (r) => group(r, "nir", "node", "nodes").delete("hidden"),
      "artefact.nir.node.nodes.hidden: differs",
    ],
    [
      "a projection with a node too many",
      (r) => group(r, "nir", "node", "nodes").set("more", new Map([["type", "Input"]])),
      "artefact.nir.node.nodes.more: differs",
    ],
    [
      "a projection without an edge",
      (r) => group(r, "nir", "node").set("edges", { strings: ["input", "input_hidden"], shape: [1, 2] }),
      "artefact.nir.node.edges: differs",
    ],
    [
      "a projection of a network that has none",
      (r) => edit(r, "network", (j) => (j.schedule = "brian")),
      "artefact.nir: holds a network that NIR cannot express: schedule 'brian'",
    ],
  ])("%s", async (_, change, message) => {
    const error = await refusal(await forged(change));
    expect(error.message.slice(0, message.length)).toBe(message);
  });
  test("a file without a projection, or with other remarks in it, is read", async () => {
    const changes: Change[] = [
      (r) => r.delete("nir"),
      (r) => group(r, "nir", "node").delete("metadata"),
      (r) => group(r, "nir", "node", "nodes", "hidden", "metadata").set("note", "x"),
    ];
    for (const change of changes)
      expect(bitsOf((await decodeArtefact(await forged(change))).parameters)).toEqual(bitsOf(artefact.parameters));
  });
});

describe("damage is found", () => {
  test("cut at any length", async () => {
    const whole = await encodeArtefact(artefact);
    const lengths = [
      ...Array(64).keys(),
      ...Array.from({ length: 300 }, (_, k) => Math.floor((k * whole.length) / 300)),
      whole.length - 1,
    ];
    for (const length of lengths) await refusal(whole.subarray(0, length));
  });
  test("bytes added", async () => {
    await refusal(new Uint8Array([...(await encodeArtefact(artefact)), 0]));
  });
  test("any bit flipped", async () => {
    const whole = await encodeArtefact(artefact);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async (bit) => {
        await refusal(whole.map((byte, k) => (k === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
      }),
      { numRuns: 500 },
    );
  });
});

describe("for NIR tools", () => {
  test("the file is a NIR file as it stands: `version` and `node` at its root", async () => {
    const { root, attributes } = await decodeHdf5(
      unseal(await encodeArtefact(artefact), "f"),
      ["version", "node", "nir"],
      "f",
    );
    expect(readGraph(root)).toEqual(readGraph(group(root, "nir")));
    expect([...attributes]).toEqual([
      ["format", "rheobase-artefact"],
      ["version", 1],
    ]);
    const weights = group(root, "node", "nodes", "input_hidden").get("weight");
    expect(isNumbers(weights) && [weights.data.constructor.name, weights.shape]).toEqual(["Float32Array", [4, 3]]);
  });
  test("where NIR cannot say it, the file says why", async () => {
    const net = sequential([input(3), denseLayer(2), lif({ reset: "subtract" })], { steps: 5 });
    const { root, attributes } = await decodeHdf5(
      unseal(await encodeArtefact(artefactOf(net, initialParameters(net, 1))), "f"),
      MEMBERS,
      "f",
    );
    expect([root.has("nir"), attributes.get("nir")]).toEqual([
      false,
      "absent: population 'output': its reset does not set 'v' to a value",
    ]);
  });
});
