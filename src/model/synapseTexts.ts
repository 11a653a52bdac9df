/** Options of a connection that are text: quantities, and expressions of each synapse's ends. */
import type { Dimension } from "../base/dimension.ts";
import { listNames, ModelError } from "../base/errors.ts";
import { parseQuantity, quantityOf } from "../base/quantity.ts";
import type { ConnectOptions, Nodes } from "./connection.ts";
import type { DelayOption } from "./delays.ts";
import type { ValueType } from "./equations/check.ts";
import { constantOf, type Initializer, requireNoMatrix, requireOfSynapses, toInitializer } from "./initializer.ts";
import { sizeOf } from "./nodes.ts";
import { type End, type Ends, isExpression, perSynapse } from "./perSynapse.ts";
import { dynamicsOf, type SynapseModel } from "./synapse.ts";
import { valueTypeOf } from "./synapseEquations.ts";

type Numbers = number | ArrayLike<number> | Initializer;
interface Texts {
  weight(path: string): Numbers | undefined;
  delay(path: string): DelayOption;
  initial(path: string): Record<string, Initializer> | undefined;
}

/**
 * What the options of a connection mean, in a network of these nodes.
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `unsupported` at the place in a text; `syntax` for what is none
 */
export function textsOf(o: ConnectOptions, from: string, to: string, net: Nodes): Texts {
  const ends = (): Ends => ({
    pre: endOf(from, net),
    post: endOf(to, net),
    parameters: parametersOf(o.synapse),
  });
  const numbers = (x: string | Numbers, type: ValueType | undefined, path: string): Numbers => {
    if (typeof x !== "string") return x;
    if (isExpression(x)) return perSynapse(x, type, ends(), path);
    if (type === undefined) return constantOf(parseQuantity(x, path).value);
    return constantOf(quantityOf(x, type === "boolean" ? NONE : type, path));
  };
  return {
    weight: (path) => (o.weight === undefined ? undefined : numbers(o.weight, typeOfWeight(o, to, net), path)),
    delay: (path) => {
      const { delay = 0 } = o;
      return typeof delay === "string" && isExpression(delay) ? perSynapse(delay, SECOND, ends(), path) : delay;
    },
    initial: (path) => o.initial && initialOf(o.initial, o.synapse, numbers, path),
  };
}
const NONE: Dimension = [0, 0, 0, 0, 0, 0, 0];
const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

function endOf(node: string, net: Nodes): End {
  const p = net.populations[node];
  const size = sizeOf(net, node);
  return { node, size, ...(p && { model: p.model, parameters: p.parameters, initial: p.initial }) };
}
function parametersOf(s: SynapseModel | undefined): Ends["parameters"] {
  const dimensions = s?.dimensions ?? {};
  return Object.fromEntries(
    Object.entries(s?.parameters ?? {}).map(([name, value]) => [
      name,
      { value, ...(dimensions[name] && { dimension: dimensions[name] }) },
    ]),
  );
}
/** As the equations declare it, or of the port that it is added to; statements without equations have no units. */
function typeOfWeight({ synapse, port }: ConnectOptions, to: string, { populations }: Nodes): ValueType | undefined {
  if (synapse) return dynamicsOf(synapse)?.weight;
  const model = populations[to]?.model;
  const name = port ?? model?.port;
  return model && [...model.inputs, ...model.variables].find((x) => x.name === name)?.dimension;
}

function initialOf(
  given: NonNullable<ConnectOptions["initial"]>,
  synapse: SynapseModel | undefined,
  numbers: (x: string | Numbers, type: ValueType | undefined, path: string) => Numbers,
  path: string,
): Record<string, Initializer> {
  if (!synapse) throw new ModelError("unsupported", path, "synapses that just add their weight have no variables");
  const states = dynamicsOf(synapse)?.states;
  const known = Object.keys(synapse.variables);
  return Object.fromEntries(
    Object.entries(given).map(([name, x]) => {
      const at = `${path}.${name}`;
      if (!known.includes(name))
        throw new ModelError("unknown-name", at, `no variable called '${name}'; known: ${listNames(known)}`);
      const state = states?.find((s) => s.name === name);
      const from = toInitializer(numbers(x, state && valueTypeOf(state), at));
      requireOfSynapses(from, at);
      requireNoMatrix(from, at);
      return [name, from];
    }),
  );
}
