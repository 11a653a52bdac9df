/** Nodes as this project's inputs and populations, and where each node went. */
import { DataError, listNames } from "../../base/errors.ts";
import type { Initializer } from "../../model/initializer.ts";
import { type InputNode, inputNode, type Population, population } from "../../model/network.ts";
import { neuron } from "../../model/neuron.ts";
import type { NeuronModel, NeuronSpec } from "../../model/neuronModel.ts";
import { badFile, mustBe } from "../check.ts";
import { neuronSpec } from "../networkSchema.ts";
import { rebuilt } from "../rebuilt.ts";
import type { Circuit } from "./config.ts";
import { joined, jsonOf, type SonataFiles } from "./files.ts";
import type { NodePart, NodePopulation } from "./nodes.ts";
import type { Section } from "./section.ts";
import { OWN_SCHEMA, scaled, type Template, type TemplateParameter, templateOf } from "./templates.ts";

/** What nodes of one model became. */
export interface Placed {
  /** The input's or population's name. */
  readonly node: string;
  readonly size: number;
  /** Of the table; undefined of inputs and of neurons that are described here. */
  readonly template?: Template;
  /** A model of this project's own. */
  readonly own: boolean;
  readonly isInput: boolean;
}
export interface Populations {
  readonly inputs: Readonly<Record<string, InputNode>>;
  readonly populations: Readonly<Record<string, Population>>;
  /** By SONATA's population and the number of the part. */
  readonly placed: ReadonlyMap<string, readonly Placed[]>;
}

/** @throws {DataError} `unsupported`, `bad-file`, with the file and what is wrong */
export async function populationsOf(
  nodes: readonly NodePopulation[],
  circuit: Circuit,
  section: Section | undefined,
  files?: SonataFiles,
): Promise<Populations> {
  const inputs: Record<string, InputNode> = {};
  const populations: Record<string, Population> = {};
  const placed = new Map<string, readonly Placed[]>();
  const models = new OwnModels(circuit, files);
  const names = new NodeNames();
  for (const p of nodes) {
    const parts: Placed[] = [];
    for (const [k, part] of p.parts.entries()) {
      const node = names.of(p.parts.length > 1 ? `${p.name}_${k}` : p.name);
      const own = part.template?.startsWith(OWN_SCHEMA) ?? false;
      const size = part.ids.length;
      if (part.template === undefined) inputs[node] = inputOf(p, node, size, section);
      else if (own) populations[node] = ownPopulation(p, part, node, await models.model(part.template), section);
      else populations[node] = foreignPopulation(p, part, node, section);
      const template = part.template === undefined || own ? undefined : templateOf(part.template, p.path);
      parts.push({ node, size, own, isInput: part.template === undefined, ...(template && { template }) });
    }
    placed.set(p.name, parts);
  }
  return { ...inOrder({ inputs, populations }, section, circuit.path), placed };
}

/** A node's name is a letter followed by letters, digits and _. */
class NodeNames {
  readonly #taken = new Set<string>();

  of(name: string): string {
    const word = name.replace(/\W/g, "_");
    const base = /^[A-Za-z]/.test(word) && !(word in Object.prototype) ? word : `n_${word}`;
    let free = base;
    for (let k = 2; this.#taken.has(free); k++) free = `${base}_${k}`;
    this.#taken.add(free);
    return free;
  }
}

/** Descriptions of neurons among the components, each read once. */
class OwnModels {
  readonly #folder: string | undefined;
  readonly #path: string;
  readonly #files: SonataFiles | undefined;
  readonly #known = new Map<string, NeuronModel>();

  constructor({ components, path }: Circuit, files?: SonataFiles) {
    [this.#folder, this.#path, this.#files] = [components["point_neuron_models_dir"], path, files];
  }
  async model(template: string): Promise<NeuronModel> {
    const known = this.#known.get(template);
    if (known) return known;
    if (this.#folder === undefined)
      throw badFile(`${this.#path}.components`, `has no point_neuron_models_dir, where '${template}' would be`);
    const file = joined(this.#folder, template.slice(OWN_SCHEMA.length));
    const spec: NeuronSpec = neuronSpec(await jsonOf(file, this.#files), file);
    const model = rebuilt(file, () => neuron(spec));
    this.#known.set(template, model);
    return model;
  }
}

function inputOf({ path, name }: NodePopulation, node: string, size: number, section?: Section): InputNode {
  const said = section?.inputs[node];
  const { shape = [size], signal = "spikes", constant = false, encoder } = said ?? {};
  requireShape(shape, size, `${path}: nodes/${name}`);
  return inputNode(shape, { signal, constant, ...(encoder && { encoder }) });
}
function requireShape(shape: readonly number[], size: number, path: string): void {
  const product = shape.reduce((a, b) => a * b, 1);
  if (product !== size) throw mustBe(`${product} nodes, as the section 'rheobase' says`, size, path);
}

/** Parameters by the model's own names, in SI units; states before the first step as `NAME.initial`. */
function ownPopulation(
  { path, name }: NodePopulation,
  { ids, given, each }: NodePart,
  node: string,
  model: NeuronModel,
  section?: Section,
): Population {
  const at = `${path}: nodes/${name}`;
  const values: Given = { parameters: {}, initial: {} };
  for (const [key, column] of given) {
    const isInitial = key.endsWith(INITIAL);
    const to = isInitial ? key.slice(0, -INITIAL.length) : key;
    const known = (isInitial ? model.variables : model.parameters).find((x) => x.name === to);
    if (!known)
      throw unknownParameter(key, at, [
        ...model.parameters.map((x) => x.name),
        ...model.variables.map((x) => x.name + INITIAL),
      ]);
    const fallback = "value" in known && !isInitial ? (known.value as number) : (known as { initial: number }).initial;
    const filled = column.map((x) => (Number.isNaN(x) ? fallback : x));
    (isInitial ? values.initial : values.parameters)[to] = initializerOf(filled, each.has(key));
  }
  return built(ids.length, model, values, node, at, section);
}
/** What follows the name of a state whose first value is given. */
export const INITIAL = ".initial";

interface Given {
  readonly parameters: Record<string, Initializer>;
  readonly initial: Record<string, Initializer>;
}

function foreignPopulation(
  { path, name }: NodePopulation,
  { ids, given, template: kind }: NodePart,
  node: string,
  section?: Section,
): Population {
  const at = `${path}: nodes/${name}`;
  const template = templateOf(kind!, at);
  for (const key of given.keys())
    if (!Object.hasOwn(template.parameters, key) && !template.idle.includes(key))
      throw unknownParameter(key, `${at} (${kind})`, Object.keys(template.parameters));
  const model = neuron(template.spec);
  const values: Given = { parameters: {}, initial: {} };
  for (const [key, p] of Object.entries(template.parameters)) {
    const column = filled(given.get(key), p, ids.length, `${at}: ${kind}: ${key}`);
    (p.initial ? values.initial : values.parameters)[p.to] = initializerOf(column, false);
  }
  for (const [state, parameter] of Object.entries(template.startsAt ?? {}))
    values.initial[state] ??= values.parameters[parameter]!;
  return built(ids.length, model, values, node, at, section);
}
const unknownParameter = (name: string, path: string, known: readonly string[]): DataError =>
  new DataError("unsupported", path, `has no parameter '${name}' here; known: ${listNames(known)}`);

/** In SI units. What is the same for all becomes one number: steps know more closed forms then. */
function filled(
  column: Float64Array | undefined,
  { value, exponent }: TemplateParameter,
  size: number,
  path: string,
): Float64Array {
  const out = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const x = column === undefined || Number.isNaN(column[k]!) ? value : column[k]!;
    if (x === undefined) throw new DataError("bad-file", path, "must be given: the template has no default for it");
    out[k] = scaled(x, exponent);
  }
  return out;
}
const initializerOf = (column: Float64Array, each: boolean): Initializer =>
  !each && column.every((x) => x === column[0])
    ? { kind: "constant", value: column[0]! }
    : { kind: "values", values: column };

function built(
  size: number,
  model: NeuronModel,
  given: Given,
  node: string,
  path: string,
  section?: Section,
): Population {
  const said = section?.populations[node];
  const shape = said?.shape ?? [size];
  requireShape(shape, size, path);
  const { dropout, trainable, winners } = said ?? {};
  return rebuilt(path, () =>
    population(shape, model, {
      ...given,
      ...(dropout !== undefined && { dropout }),
      ...(winners !== undefined && { winners }),
      trainable: trainable ?? [],
    }),
  );
}

type Groups = Pick<Populations, "inputs" | "populations">;
/** As the section has them, which must name them all. */
function inOrder(groups: Groups, section: Section | undefined, path: string): Groups {
  if (!section) return groups;
  const ordered = <T>(group: Readonly<Record<string, T>>, said: Readonly<Record<string, unknown>>, what: string) => {
    const [here, there] = [Object.keys(group), Object.keys(said)];
    const odd = here.find((n) => !there.includes(n)) ?? there.find((n) => !here.includes(n));
    if (odd !== undefined)
      throw badFile(
        `${path}.rheobase.${what}`,
        `must name what the nodes' files have (${listNames(here)}); differs in '${odd}'`,
      );
    return Object.fromEntries(there.map((n) => [n, group[n]!]));
  };
  return {
    inputs: ordered(groups.inputs, section.inputs, "inputs"),
    populations: ordered(groups.populations, section.populations, "populations"),
  };
}
