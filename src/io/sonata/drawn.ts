/** What a network draws, as numbers: SONATA holds who meets whom, weights and parameters, and no law that they come from. */
import { type Connection, connectedSizes, hasMatrix, isWindowed } from "../../model/connection.ts";
import { endsOf } from "../../model/connectivity/ends.ts";
import { fillSources, rowsOf } from "../../model/connectivity/rows.ts";
import { stepsOf } from "../../model/delays.ts";
import { drawing, type Initializer, initialise } from "../../model/initializer.ts";
import type { Network, Population } from "../../model/network.ts";
import { initialName } from "../../model/trainable.ts";
import { type Parameters, weightsWrittenOut } from "../../sim/lower/parameters.ts";

/** One number for all, or one each. */
export type Numbers = number | Float64Array;

export interface DrawnConnection {
  readonly connection: Connection;
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  /** SI. */
  readonly weight: Numbers;
  /** Whole steps. */
  readonly delay: number | Int32Array;
  readonly bias?: Initializer;
}

/** As an engine of this seed and these parameters would have it. */
export interface Drawing {
  readonly net: Network;
  readonly seed: number;
  readonly parameters: Parameters;
}

/** @throws {ModelError} as building an engine does */
export function drawnConnection(c: Connection, { net, seed, parameters }: Drawing): DrawnConnection {
  const size = connectedSizes(net, c.from.node, c.to.node);
  const { connectivity } = c;
  const rows = rowsOf(connectivity, size, { name: c.name, seed });
  // Given synapses stay in the order in which they were given: so do their weights.
  const given = connectivity.kind === "pairs" ? connectivity : undefined;
  const source = given ? Uint32Array.from(given.source) : new Uint32Array(rows.count);
  const target = given ? Uint32Array.from(given.target) : new Uint32Array(rows.count);
  if (!given) {
    rows.fill(target);
    fillSources(source, rows.start);
  }
  const numbers = (from: Initializer, name: string): Numbers => {
    if (from.kind === "constant") return from.value;
    const draw = { name: `${c.name}.${name}`, seed, fanIn: size.sources, ends: () => endsOf(rows, size.targets) };
    const next = drawing(from, rows.count, draw);
    // What is drawn belongs to the place of a synapse among the rows, what is given to its place in the list.
    if (!given || from.kind === "values") return Float64Array.from({ length: rows.count }, (_, k) => next(k));
    const out = new Float64Array(rows.count);
    for (let k = 0; k < rows.count; k++) out[rows.origin![k]!] = next(k);
    return out;
  };
  const matrix = isWindowed(c)
    ? weightsWrittenOut(c, net, parameters)
    : hasMatrix(c)
      ? parameters[`${c.name}.weight`]
      : undefined;
  const bias = c.bias && parameters[`${c.name}.bias`];
  return {
    connection: c,
    source,
    target,
    weight: matrix && c.weight.kind !== "constant" ? Float64Array.from(matrix) : weightOf(c, matrix, numbers),
    delay: c.delays ? delaysOf(numbers(c.delays, "delay"), net.dt) : c.delay,
    ...(bias && { bias: biasOf(c.bias!, bias, size.targets) }),
  };
}
/** A matrix that training has changed is no constant any more. */
function weightOf(
  c: Connection,
  matrix: Parameters[string] | undefined,
  numbers: (from: Initializer, name: string) => Numbers,
): Numbers {
  const start = numbers(c.weight, "weight");
  if (!matrix || typeof start !== "number") return start;
  const same = matrix.every((x) => x === (matrix instanceof Float32Array ? Math.fround(start) : start));
  return same ? start : Float64Array.from(matrix);
}
/** Of windows there is one a channel. */
const biasOf = (start: Initializer, values: Parameters[string], targets: number): Initializer =>
  start.kind === "constant" && values.every((x) => x === Math.fround(start.value) || x === start.value)
    ? start
    : { kind: "values", values: Array.from({ length: targets }, (_, k) => values[k % values.length]!) };
const delaysOf = (seconds: Numbers, dt: number): number | Int32Array =>
  typeof seconds === "number" ? stepsOf(seconds, dt) : Int32Array.from(seconds, (x) => stepsOf(x, dt));

/** Parameters that a population changes of its model, and first values of states, SI. */
export interface DrawnPopulation {
  readonly parameters: ReadonlyMap<string, Numbers>;
  readonly initial: ReadonlyMap<string, Numbers>;
}

export function drawnPopulation(node: string, p: Population, { seed, parameters }: Drawing): DrawnPopulation {
  const numbers = (name: string, from: Initializer): Numbers => {
    const trained = parameters[`${node}.${name}`];
    if (trained) return trained.length === 1 && p.size > 1 ? trained[0]! : Float64Array.from(trained);
    return from.kind === "constant" ? from.value : initialise(from, p.size, { name: `${node}.${name}`, seed });
  };
  const all = (group: Readonly<Record<string, Initializer>>, nameOf: (x: string) => string): Map<string, Numbers> =>
    new Map(Object.entries(group).map(([x, from]) => [x, numbers(nameOf(x), from)]));
  const drawn = { parameters: all(p.parameters, (x) => x), initial: all(p.initial, initialName) };
  for (const [group, nameOf] of [
    ["parameters", (x: string) => x],
    ["initial", initialName],
  ] as const)
    for (const { name } of group === "parameters" ? p.model.parameters : p.model.variables) {
      const trained = nameOf(name) in p.trainable && !drawn[group].has(name);
      if (trained && !isStart(node, p, nameOf(name), parameters))
        drawn[group].set(name, numbers(nameOf(name), { kind: "constant", value: Number.NaN }));
    }
  return drawn;
}
/** Whether what trains still has its model's value. */
function isStart(node: string, { model }: Population, name: string, parameters: Parameters): boolean {
  const state = model.variables.find((v) => initialName(v.name) === name);
  const value = state ? state.initial : model.parameters.find((x) => x.name === name)!.value;
  const values = parameters[`${node}.${name}`]!;
  return values.every((x) => x === value || x === Math.fround(value));
}
