/** What a network looks like as JSON: the types of `model/`, with each neuron model by name and numbers in lists. */
import { BASE_UNITS, type Dimension } from "../base/dimension.ts";
import type { Connection, Endpoint } from "../model/connection.ts";
import type { Positions, Profile } from "../model/connectivity/space.ts";
import type { Connectivity, WindowNumbers } from "../model/connectivity.ts";
import type { LearnedRange } from "../model/delays.ts";
import type { Initializer } from "../model/initializer.ts";
import { METHOD_NAMES } from "../model/integrate/methods.ts";
import type { InputNode, Population } from "../model/network.ts";
import type { NeuronSpec, ParameterSpec } from "../model/neuronModel.ts";
import type { Range } from "../model/range.ts";
import { SCHEDULES, type ScheduleName } from "../model/schedule.ts";
import { STORAGES } from "../model/storage.ts";
import type { Pathway, SynapseModel } from "../model/synapse.ts";
import type { TimedArraySpec } from "../model/timedArray.ts";
import type { Grain } from "../model/trainable.ts";
import type { NormalisedOver, SpikeJoin, Transform } from "../model/transform.ts";
import {
  either,
  finite,
  flag,
  integer,
  listOf,
  mustBe,
  numbers,
  oneOf,
  optional,
  plainObject,
  type Reader,
  recordOf,
  struct,
  text,
  variant,
} from "./check.ts";

export const FORMAT = "rheobase-network";
export const VERSION = 1;

/** A population as JSON: its model by name. */
export interface PopulationJson extends Omit<Population, "model" | "trainable" | "linked"> {
  /** Key into `models`. */
  readonly model: string;
  /** Each with its grain; a list leaves that to the population. */
  readonly trainable: readonly string[] | Population["trainable"];
}
/** A network as JSON. */
export interface NetworkJson {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  readonly name: string;
  /** Seconds a step. */
  readonly dt: number;
  readonly schedule: ScheduleName;
  readonly steps?: number;
  readonly output?: string;
  readonly models: Readonly<Record<string, NeuronSpec>>;
  readonly inputs: Readonly<Record<string, InputNode>>;
  readonly populations: Readonly<Record<string, PopulationJson>>;
  readonly transforms: Readonly<Record<string, Transform>>;
  readonly connections: readonly Connection[];
}

/** Neurons or channels of one node; also what a buffer index can address. */
const LARGEST = 2 ** 31;
const size = integer(1, LARGEST);
const amount = integer(0, LARGEST);
const LONGEST_DELAY = 2 ** 20;
const MOST_CONNECTIONS = 10_000;
const MOST_DIMENSIONS = 16;

const isObject = (x: unknown): boolean => typeof x === "object";
const quantity = either((x) => typeof x === "number", finite, text);
const parameter = either(
  isObject,
  struct<ParameterSpec>({
    value: quantity,
    unit: optional(text),
    doc: optional(text),
    trainable: optional(flag),
    min: optional(quantity),
    max: optional(quantity),
    range: optional(oneOf<Range>("positive", "not negative")),
  }),
  quantity,
);

const timedArraySpec = struct<TimedArraySpec>({
  ...{ values: numbers, columns: optional(size), dt: quantity, unit: optional(text) },
});

export const neuronSpec = struct<NeuronSpec>({
  name: text,
  doc: optional(text),
  source: optional(text),
  equations: text,
  parameters: optional(recordOf(parameter)),
  initial: optional(recordOf(either((x) => typeof x === "boolean", flag, quantity))),
  spike: optional(text),
  reset: optional(text),
  after: optional(text),
  events: optional(recordOf(text)),
  onEvent: optional(recordOf(text)),
  timedArrays: optional(recordOf(timedArraySpec)),
  functions: optional(recordOf(text)),
  refractory: optional(text),
  port: optional(text),
  method: optional(oneOf(...METHOD_NAMES)),
});

export const initializer: Reader<Initializer> = variant<Initializer>({
  constant: { value: finite },
  values: { values: numbers },
  uniform: { low: finite, high: finite },
  normal: { mean: finite, sd: finite },
  truncatedNormal: { mean: finite, sd: finite, low: finite, high: optional(finite) },
  clippedNormal: { mean: finite, sd: finite, low: finite, high: optional(finite) },
  logNormal: { mu: finite, sigma: finite },
  exponential: { mean: finite },
  fanIn: { gain: finite },
  glorotUniform: { gain: finite },
  orthogonal: { gain: finite },
  pairwise: {
    ...{ text, sources: integer(0, 2 ** 31), targets: integer(0, 2 ** 31), numbers: optional(recordOf(finite)) },
    reads: recordOf(struct({ of: text, size: integer(0, 2 ** 31), from: (x, path) => initializer(x, path) })),
  },
  expression: { text, reads: recordOf(struct({ of: text, from: (x, path) => initializer(x, path) })) },
});

const positions = variant<Positions>({
  grid: { shape: listOf(size, MOST_DIMENSIONS), extent: listOf(finite, MOST_DIMENSIONS) },
  points: { dimensions: integer(1, MOST_DIMENSIONS), coordinates: numbers },
});
const profile = variant<Profile>({
  gaussian: { sigma: finite },
  exponential: { length: finite },
  disc: { radius: finite },
});
const degree = { degree: amount, autapses: flag, multapses: flag };
/** One number a dimension. */
const dimensionsOf = (least: number) => listOf(integer(least, LARGEST), MOST_DIMENSIONS);
const windowNumbers = { kernel: dimensionsOf(1), stride: dimensionsOf(1), padding: dimensionsOf(0) };
const connectivity = variant<Connectivity>({
  dense: {},
  oneToOne: {},
  pairs: { source: numbers, target: numbers },
  probability: { p: finite, autapses: flag },
  inDegree: degree,
  outDegree: degree,
  totalNumber: { total: amount, autapses: flag },
  distance: {
    source: positions,
    target: positions,
    profile,
    p: finite,
    period: optional(listOf(finite, MOST_DIMENSIONS)),
    autapses: flag,
  },
  condition: { condition: text, p: text, source: optional(positions), target: optional(positions) },
  convolution: {
    ...windowNumbers,
    dilation: dimensionsOf(1),
    groups: size,
    maxPool: optional(struct<WindowNumbers>(windowNumbers)),
  },
  pooling: { ...windowNumbers, over: oneOf("average", "sum") },
});

/** A node whose size is the product of its shape. */
const sized =
  <T extends { readonly size: number; readonly shape: readonly number[] }>(reader: Reader<T>): Reader<T> =>
  (x, path) => {
    const node = reader(x, path);
    const product = node.shape.reduce((a, b) => a * b, 1);
    if (node.size !== product) throw mustBe(`${product}, the product of its shape`, node.size, `${path}.size`);
    return node;
  };
const shape = listOf(size, MOST_DIMENSIONS);

const input = sized(
  struct<InputNode>({ size, shape, signal: oneOf("spikes", "values"), constant: flag, encoder: optional(plainObject) }),
);
const population = sized(
  struct<PopulationJson>({
    size,
    shape,
    model: text,
    parameters: recordOf(initializer),
    initial: recordOf(initializer),
    trainable: either(Array.isArray, listOf(text), recordOf(oneOf<Grain>("neuron", "layer"))),
    dropout: finite,
    winners: optional(size),
  }),
);

const endpoint = struct<Endpoint>({ node: text, port: text });
const transform = variant<Transform>({
  concat: { size, shape: optional(shape), of: listOf(endpoint) },
  softmax: { size, shape: optional(shape), of: listOf(endpoint, 1) },
  sum: { size, shape: optional(shape), of: listOf(endpoint) },
  spikeJoin: { size, shape: optional(shape), of: listOf(endpoint, 2), how: oneOf<SpikeJoin>("and", "iand") },
  maxPool: { size, shape: optional(shape), of: listOf(endpoint, 1), ...windowNumbers },
  batchNorm: {
    size,
    shape: optional(shape),
    of: listOf(endpoint, 1),
    channels: size,
    over: oneOf<NormalisedOver>("batch-and-time", "batch"),
    steps: optional(integer(1)),
    ...{ epsilon: finite, momentum: finite, gain: finite, offset: finite, trainable: flag },
  },
});

const pathway = struct<Omit<Pathway, "duration">>({
  trigger: oneOf("pre", "post", "step"),
  event: optional(text),
  delay: integer(0, LONGEST_DELAY),
  order: finite,
  body: text,
});
const exponents = listOf(finite, BASE_UNITS.length);
const dimension: Reader<Dimension> = (x, path) => {
  const read = exponents(x, path);
  if (read.length !== BASE_UNITS.length) throw mustBe(`${BASE_UNITS.length} exponents`, read.length, path);
  return read as unknown as Dimension;
};
export const synapseModel = struct<SynapseModel>({
  name: text,
  variables: recordOf(finite),
  parameters: recordOf(finite),
  pathways: listOf(pathway),
  equations: optional(text),
  method: optional(oneOf(...METHOD_NAMES)),
  dimensions: optional(recordOf(dimension)),
  functions: optional(recordOf(text)),
  timedArrays: optional(recordOf(timedArraySpec)),
});

const learned = struct<LearnedRange>({
  most: integer(1, LONGEST_DELAY),
  interpolation: oneOf("linear", "gaussian"),
});
const connection = struct<Connection>({
  name: text,
  from: endpoint,
  to: endpoint,
  connectivity,
  weight: initializer,
  bias: optional(initializer),
  delay: integer(0, LONGEST_DELAY),
  delays: optional(initializer),
  initial: optional(recordOf(initializer)),
  learned: optional(learned),
  trainable: flag,
  storage: optional(oneOf(...STORAGES)),
  procedural: optional(flag),
  synapse: optional(synapseModel),
});

/** Members and types; what they mean together is checked when the network is rebuilt. */
export const networkJson = struct<NetworkJson>({
  format: oneOf(FORMAT),
  version: integer(VERSION, VERSION) as Reader<typeof VERSION>,
  name: text,
  dt: finite,
  schedule: oneOf(...(Object.keys(SCHEDULES) as ScheduleName[])),
  steps: optional(integer(1)),
  output: optional(text),
  models: recordOf(neuronSpec),
  inputs: recordOf(input),
  populations: recordOf(population),
  transforms: recordOf(transform),
  connections: listOf(connection, MOST_CONNECTIONS),
});
