/** `(linked)` variables: each is an input that one connection of weight 1 brings from the variable it stands for. */
import { formatDimension, sameDimension } from "../base/dimension.ts";
import { listNames, ModelError, requireKnown } from "../base/errors.ts";
import { type ConnectionSpec, connect } from "./connection.ts";
import { oneToOne, pairs } from "./connectivity.ts";
import type { Link, Network, Population, PopulationOptions } from "./network.ts";
import type { NeuronModel } from "./neuronModel.ts";

/** @throws {ModelError} `unknown-name`, `syntax` */
export function linksOf(
  model: NeuronModel,
  given: NonNullable<PopulationOptions["linked"]>,
  path: string,
): Record<string, Link> | undefined {
  const known = model.inputs.filter((i) => i.linked).map((i) => i.name);
  const links = Object.entries(given).map(([name, x]): [string, Link] => {
    if (!known.includes(name))
      throw new ModelError(
        "unknown-name",
        `${path}.linked`,
        `no (linked) variable called '${name}'; known: ${listNames(known)}`,
      );
    const text = typeof x === "string" ? x : variableOf(x, `${path}.linked.${name}`);
    const [node, variable, ...more] = text.split(".");
    if (!node || !variable || more.length > 0)
      throw new ModelError("syntax", `${path}.linked.${name}`, `expected 'population.variable', got '${text}'`);
    return [name, { node, variable, ...(typeof x !== "string" && { index: x.index }) }];
  });
  return links.length > 0 ? Object.fromEntries(links) : undefined;
}

const LINK = ["variable", "index"];
function variableOf(x: { readonly variable: string }, path: string): string {
  requireKnown(path, x, LINK);
  if (typeof x.variable === "string") return x.variable;
  throw new ModelError(
    "usage",
    `${path}.variable`,
    `is missing: give 'population.variable', or { variable: 'population.variable', index }`,
  );
}

export const withoutLinks = (populations: Readonly<Record<string, Population>>): Record<string, Population> =>
  Object.fromEntries(
    Object.entries(populations).map(([name, { linked: _taken, ...p }]): [string, Population] => [name, p]),
  );

/** @throws {ModelError} `shape-mismatch` */
export const linkConnections = (populations: Readonly<Record<string, Population>>): ConnectionSpec[] =>
  Object.entries(populations).flatMap(([to, { size, linked = {} }]) =>
    Object.entries(linked).flatMap(([port, { node, variable, index }]) => {
      if (index && index.length !== size)
        throw new ModelError("shape-mismatch", `${to}.linked.${port}`, `needs ${size} indices, got ${index.length}`);
      const own = index ?? (size > 1 && populations[node]?.size === 1 ? new Uint32Array(size) : undefined);
      const connectivity = own
        ? pairs(
            Array.from(own),
            Array.from({ length: size }, (_, k) => k),
          )
        : oneToOne;
      return connect(node, to, { output: variable, port, connectivity, weight: 1, trainable: false });
    }),
  );

const several = (path: string, node: string): ModelError =>
  new ModelError(
    "unsupported",
    path,
    `a shared subexpression reads it, so that it must be one neuron's variable, and it is that of several of '${node}'`,
  );

/**
 * @throws {ModelError} `unknown-name` for a linked variable that stands for nothing; `unit-mismatch`; `unsupported` where
 *   what is shared reads the variables of several neurons
 */
export function checkLinks({ populations, connections }: Network): void {
  for (const [node, { model }] of Object.entries(populations))
    for (const { name, dimension, shared } of model.inputs.filter((i) => i.linked)) {
      const path = `${node}.linked.${name}`;
      const into = connections.filter((c) => c.to.node === node && c.to.port === name);
      if (into.length !== 1)
        throw new ModelError("unknown-name", path, `stands for one variable of another population, got ${into.length}`);
      const { from, connectivity } = into[0]!;
      if (shared && connectivity.kind === "pairs" && new Set(Array.from(connectivity.source)).size > 1)
        throw several(path, from.node);
      if (shared && connectivity.kind === "oneToOne" && populations[node]!.size > 1) throw several(path, from.node);
      const other = populations[from.node]?.model;
      const source = other && [...other.variables, ...other.subexpressions].find((v) => v.name === from.port);
      if (!source || sameDimension(source.dimension, dimension)) continue;
      const [own, given] = [formatDimension(dimension), formatDimension(source.dimension)];
      throw new ModelError("unit-mismatch", path, `is in ${own}, but ${from.node}.${from.port} is in ${given}`);
    }
}
