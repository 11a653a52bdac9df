/** A network as plain, versioned JSON and back. What is read goes through the public constructors, as if a user had written it. */
import { biasCount, type Connection, connect, isConvolution, weightShape } from "../model/connection.ts";
import type { Initializer } from "../model/initializer.ts";
import { inputNode, type Network, network, population } from "../model/network.ts";
import { neuron } from "../model/neuron.ts";
import type { NeuronModel, NeuronSpec } from "../model/neuronModel.ts";
import { sizeOf } from "../model/nodes.ts";
import { synapse } from "../model/synapse.ts";
import { checkedForSaving, mustBe, requireFormat } from "./check.ts";
import { FORMAT, type NetworkJson, networkJson, VERSION } from "./networkSchema.ts";
import { rebuilt } from "./rebuilt.ts";

/**
 * All of a network as JSON, in new plain objects. Neuron models are kept once each, by name. Negative zero becomes 0.
 *
 * @throws {DataError} `unsupported` for what JSON cannot hold, such as NaN or a function in an encoder
 */
export function networkToJson(net: Network): NetworkJson {
  const models = new Models();
  const { name, dt, schedule, steps, output, inputs, populations, transforms, connections } = net;
  const named = mapValues(populations, (p) => ({ ...p, model: models.keyOf(p.model) }));
  const json = {
    format: FORMAT,
    version: VERSION,
    name,
    dt,
    schedule: schedule.name,
    steps,
    output,
    models: models.specs(),
    inputs,
    populations: named,
    transforms,
    connections,
  };
  return checkedForSaving(networkJson, json, "network");
}

/** Each model under its own name, or a numbered one where two models share it. */
class Models {
  readonly #keys = new Map<string, string>();
  readonly #specs = new Map<string, NeuronSpec>();

  keyOf({ name, spec }: NeuronModel): string {
    const content = JSON.stringify(spec);
    const known = this.#keys.get(content);
    if (known !== undefined) return known;
    let key = name;
    for (let n = 2; this.#specs.has(key); n++) key = `${name}-${n}`;
    this.#keys.set(content, key);
    this.#specs.set(key, spec);
    return key;
  }
  specs(): Record<string, NeuronSpec> {
    return Object.fromEntries(this.#specs);
  }
}

/**
 * Reads a network from untrusted JSON.
 *
 * @param path what errors call it, such as `artefact.network`
 * @throws {DataError} `bad-file` with the path of the first fault, such as `artefact.network.populations.hidden.size`
 */
export function networkFromJson(json: unknown, path = "network"): Network {
  requireFormat((json ?? {}) as Partial<NetworkJson>, { format: FORMAT, version: VERSION }, path);
  const data = networkJson(json, path);
  requireNodes(data, path);
  const models = mapValues(data.models, (spec, key) => rebuilt(`${path}.models.${key}`, () => neuron(spec)));
  const inputs = mapValues(data.inputs, ({ size: _, shape, ...x }, name) =>
    rebuilt(`${path}.inputs.${name}`, () => inputNode(shape, x)),
  );
  const populations = mapValues(data.populations, ({ size: _, shape, model, ...p }, name) => {
    const at = `${path}.populations.${name}`;
    if (!Object.hasOwn(models, model))
      throw mustBe(`one of ${Object.keys(models).sort().join(", ")}`, model, `${at}.model`);
    return rebuilt(at, () => population(shape, models[model]!, p));
  });
  const connections = data.connections.map((c, k) => rebuilt(`${path}.connections[${k}]`, () => connectionSpec(c)));
  const { name, dt, schedule, steps, output, transforms } = data;
  const answer = { ...(steps !== undefined && { steps }), ...(output !== undefined && { output }) };
  const net = rebuilt(path, () =>
    network({ name, dt, schedule, inputs, populations, transforms, connections, ...answer }),
  );
  requirePorts(net, data, path);
  requireLists(net, path);
  return net;
}

const connectionSpec = ({ from, to, delays, learned, ...options }: Connection): ReturnType<typeof connect> =>
  connect(from.node, to.node, {
    ...options,
    delay: learned
      ? { trainable: true, min: options.delay, max: learned.most, interpolation: learned.interpolation, start: delays! }
      : (delays ?? options.delay),
    output: from.port,
    port: to.port,
    ...(options.synapse && { synapse: synapse(options.synapse) }),
  });

/** Every name of a node must be a node's: `in`, which the model uses, would also find `toString`. */
function requireNodes(data: NetworkJson, path: string): void {
  const nodes = new Set([data.inputs, data.populations, data.transforms].flatMap((group) => Object.keys(group)));
  const need = (node: string, at: string): void => {
    if (!nodes.has(node)) throw mustBe("the name of a node", node, at);
  };
  data.connections.forEach(({ from, to }, k) => {
    need(from.node, `${path}.connections[${k}].from.node`);
    need(to.node, `${path}.connections[${k}].to.node`);
  });
  for (const [name, t] of Object.entries(data.transforms))
    t.of.forEach((e, k) => need(e.node, `${path}.transforms.${name}.of[${k}].node`));
  if (data.output !== undefined) need(data.output, `${path}.output`);
}

/** Nodes with a single port ignore the name of the port, and delays of each synapse say what the least one is. */
function requirePorts(net: Network, data: NetworkJson, path: string): void {
  net.connections.forEach(({ from, to, delay }, k) => {
    const given = data.connections[k]!;
    if (given.delay !== delay)
      throw mustBe(`${delay}, the least of 'delays'`, given.delay, `${path}.connections[${k}].delay`);
    if (given.from.port !== from.port)
      throw mustBe(`'${from.port}'`, given.from.port, `${path}.connections[${k}].from.port`);
    if (given.to.port !== to.port) throw mustBe(`'${to.port}'`, given.to.port, `${path}.connections[${k}].to.port`);
  });
}

/** Lists have as many numbers as what they belong to, and pairs join neurons that exist. */
function requireLists(net: Network, path: string): void {
  const lengths = (from: Initializer | undefined, length: number, at: string): void => {
    if (from?.kind === "values" && from.values.length !== length)
      throw mustBe(`a list of ${length}`, from.values, `${at}.values`);
  };
  for (const [node, p] of Object.entries(net.populations))
    for (const group of ["parameters", "initial"] as const)
      for (const [name, from] of Object.entries(p[group]))
        lengths(from, p.size, `${path}.populations.${node}.${group}.${name}`);
  net.connections.forEach((c, k) => {
    const at = `${path}.connections[${k}]`;
    const [sources, targets] = [sizeOf(net, c.from.node), sizeOf(net, c.to.node)];
    if (c.connectivity.kind === "dense")
      for (const name of ["weight", "delays"] as const) lengths(c[name], sources * targets, `${at}.${name}`);
    const shared = isConvolution(c) ? weightShape(net, c) : undefined;
    if (shared) lengths(c.weight, shared.rows * shared.width, `${at}.weight`);
    lengths(c.bias, biasCount(net, c), `${at}.bias`);
    if (c.connectivity.kind !== "pairs") return;
    const { source, target } = c.connectivity;
    if (source.length !== target.length)
      throw mustBe(`a list of ${source.length}, as 'source' is`, target, `${at}.connectivity.target`);
    for (const name of ["weight", "delays"] as const) lengths(c[name], source.length, `${at}.${name}`);
    requireIndices(source, sources, `${at}.connectivity.source`);
    requireIndices(target, targets, `${at}.connectivity.target`);
  });
}
function requireIndices(list: ArrayLike<number>, size: number, path: string): void {
  for (let k = 0; k < list.length; k++)
    if (!Number.isInteger(list[k]) || list[k]! < 0 || list[k]! >= size)
      throw mustBe(`an integer from 0 to ${size - 1}`, list[k], `${path}[${k}]`);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, f: (value: A, name: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
}
