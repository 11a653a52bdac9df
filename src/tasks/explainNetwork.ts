/** A network in words: its nodes, its connections, its schedule. */
import { DIMENSIONLESS, type Dimension, NAMED } from "../base/dimension.ts";
import type { Connection } from "../model/connection.ts";
import type { Connectivity, WindowNumbers } from "../model/connectivity.ts";
import type { Initializer } from "../model/initializer.ts";
import type { Network, Population } from "../model/network.ts";
import { storedIn } from "../model/sharedUnits.ts";
import { whole } from "../report/numbers.ts";
import { leftTable, type Row, wrap } from "../report/terminal/layout.ts";
import { type ParameterBlock, parameterLayout } from "../sim/lower/parameters.ts";
import type { Input } from "./batches.ts";
import { codeText, quantityText, secondsText } from "./explainQuantity.ts";

export function networkDocument(net: Network, encoder: Input) {
  return {
    name: net.name,
    dt: net.dt,
    steps: net.steps,
    output: net.output,
    encoder,
    inputs: net.inputs,
    populations: Object.fromEntries(
      Object.entries(net.populations).map(([node, p]) => [node, { ...p, model: p.model.spec }]),
    ),
    transforms: net.transforms,
    connections: net.connections,
    parameters: blocksOf(net).map(({ name, kind, rows, width, trainable, low, high }) => ({
      ...{ name, kind, trainable, shape: kind === "weight" || rows > 1 ? [rows, width] : [width] },
      ...(low > Number.NEGATIVE_INFINITY && { min: low }),
      ...(high < Number.POSITIVE_INFINITY && { max: high }),
    })),
  };
}
/** Of networks that answer samples, what training may change; a simulation's synapses are not drawn for that. */
const blocksOf = (net: Network): ParameterBlock[] => [
  ...parameterLayout(net, "f64", { synapses: net.steps !== undefined }).blocks.values(),
];

export function networkText(net: Network, encoder: Input): string {
  const inputs = Object.entries(net.inputs).map(
    ([name, x]): Row => [name, x.shape.join(" x "), inputDoc(x.signal, encoder)],
  );
  const populations = Object.entries(net.populations).map(
    ([name, p]): Row => [name, p.shape.join(" x "), p.model.name],
  );
  const transforms = Object.entries(net.transforms).map(([name, t]): Row => [name, whole(t.size), t.kind]);
  return [
    `network ${net.name}: ${net.steps ?? "any number of"} steps of ${secondsText(net.dt)}`,
    "",
    leftTable([["node", "shape", "what"], ...inputs, ...populations, ...transforms]),
    ...(encoder.kind === "events" ? [] : ["", wrap(`encoded as ${codeText(encoder)}`, "  ")]),
    "",
    ...connectionLines(net),
    "",
    ...parameterTable(net),
    ...models(net).flatMap(modelLines),
  ].join("\n");
}

const inputDoc = (signal: string, encoder: Input): string =>
  `${signal}, ${encoder.kind === "events" ? "as they are" : "encoded as below"}`;

/** Of a parameter of a population, and of delays; weights and the like have none of their own. */
function dimensionOf({ populations }: Network, { name: block, kind }: ParameterBlock): Dimension {
  if (kind === "delay") return NAMED.second!;
  const all = Object.entries(populations).flatMap(([node, { model }]) =>
    model.parameters.map(({ name, dimension }) => [`${node}.${name}`, dimension] as const),
  );
  return new Map<string, Dimension>(all).get(block) ?? DIMENSIONLESS;
}

function parameterTable(net: Network): string[] {
  const blocks = blocksOf(net);
  if (blocks.length === 0) return [];
  return [
    leftTable([["parameters", "shape", "training"], ...blocks.map((b) => parameterRow(b, dimensionOf(net, b)))]),
    "",
  ];
}
const SHARED: ReadonlySet<ParameterBlock["kind"]> = new Set(["neuron", "synapse"]);
function parameterRow({ name, kind, rows, width, trainable, low, high }: ParameterBlock, d: Dimension): Row {
  const bounds = [
    ...(low > Number.NEGATIVE_INFINITY ? [`at least ${quantityText(low, d)}`] : []),
    ...(high < Number.POSITIVE_INFINITY ? [`at most ${quantityText(high, d)}`] : []),
  ];
  const shape =
    kind === "weight" || rows > 1 ? `${rows} x ${width}` : SHARED.has(kind) && width === 1 ? "1, for all" : `${width}`;
  const isNoted = kind === "norm" && /\.(mean|variance)$/.test(name);
  const still = kind === "width" ? "set by the trainer" : isNoted ? "noted in training" : "stays";
  return [name, shape, trainable ? ["trains", ...bounds].join(", ") : still];
}

function connectionLines(net: Network): string[] {
  return net.connections.map((c) => {
    const bias = c.bias ? `, bias ${initialDoc(c.bias)}` : "";
    const from = `${c.from.node}.${c.from.port} -> ${c.to.node}.${c.to.port}`;
    return wrap(
      `connection ${from}: ${connectivityDoc(c.connectivity)}, weights ${initialDoc(c.weight)}${storageDoc(c, net)}${bias}${delayDoc(c)}${c.procedural ? ", drawn again for each spike" : ""}`,
      "  ",
    );
  });
}
function delayDoc({ delay, delays, learned }: Connection): string {
  if (learned)
    return `, delays that learn (${learned.interpolation}) from ${delay} to ${learned.most} steps, at first ${initialDoc(delays!)} s`;
  if (delays) return `, delays ${initialDoc(delays)} s`;
  return delay === 0 ? "" : `, delay ${delay} ${delay === 1 ? "step" : "steps"}`;
}
/** What storing them narrowly costs. */
function storageDoc(c: Connection, net: Network): string {
  if (!c.storage) return "";
  const stored = storedIn(net, c, "f32");
  const lost =
    "unit" in stored && stored.form !== "one" ? ` of ${stored.unit}, each off by at most ${stored.unit / 2}` : "";
  return ` stored as ${stored.form}${lost}`;
}
/** The kind, and what is said of it in a word or number. */
function connectivityDoc({ kind, ...details }: Connectivity): string {
  const said = Object.entries(details).flatMap(([name, value]) => {
    if (isShort(value)) return [`${name} ${value.join(" x ")}`];
    if (name === "maxPool") return [`maxima of ${(value as WindowNumbers).kernel.join(" x ")}`];
    return typeof value === "object" ? [] : [`${name} ${value}`];
  });
  return said.length === 0 ? kind : `${kind}(${said.join(", ")})`;
}
/** Numbers of a window, one a dimension. */
const isShort = (value: unknown): value is readonly number[] => Array.isArray(value) && value.length <= 2;
function initialDoc(from: Initializer): string {
  if (from.kind === "values") return "given";
  const { kind, ...numbers } = from;
  return `${kind}(${Object.values(numbers).join(", ")})`;
}

/** Each model once. */
function models(net: Network): Population[] {
  const bySpec = new Map(Object.values(net.populations).map((p) => [JSON.stringify(p.model.spec), p]));
  return [...bySpec.values()];
}

function modelLines({ model }: Population): string[] {
  const { doc, source, equations, spike, reset, after, refractory } = model.spec;
  const given = { spike, reset, after, refractory };
  const lines = equations.split("\n").map((line) => line.trim());
  return [
    wrap(`model ${model.name}${doc ? `: ${doc}` : ""}${source ? ` (${source})` : ""}`, "  "),
    ...lines.filter((line) => line !== "").map((line) => `  ${line}`),
    ...model.parameters.map((p) => `  ${p.name} = ${quantityText(p.value, p.dimension)}`),
    ...Object.entries(given).flatMap(([name, text]) => (text === undefined ? [] : [`  ${name}: ${text}`])),
  ];
}

export function scheduleText({ schedule }: Network): string {
  const groups = schedule.groups.map((phases) => phases.join(", ")).join("; then ");
  const latency = schedule.latency === 0 ? "" : ` Every connection takes ${schedule.latency} step more.`;
  return wrap(`schedule ${schedule.name}: ${schedule.doc}. Phases of a population: ${groups}.${latency}`, "  ");
}
