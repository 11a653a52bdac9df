/** Which template of another simulator says what a population is, and what its numbers are there. */
import type { Network, Population } from "../../model/network.ts";
import type { DrawnConnection, DrawnPopulation, Numbers } from "./drawn.ts";
import { scaled, TEMPLATES, type Template } from "./templates.ts";

export interface Counterpart {
  readonly name: string;
  readonly template: Template;
  /** By the template's names, in its units. */
  readonly parameters: ReadonlyMap<string, Numbers>;
}

/**
 * The template whose equations are a population's and that can say all of it, to the last bit; undefined where there is none.
 * @param arriving the connections that end there
 */
export function counterpartOf(
  net: Network,
  p: Population,
  drawn: DrawnPopulation,
  arriving: readonly DrawnConnection[],
): Counterpart | undefined {
  if (net.schedule.name !== "nest") return undefined;
  const spec = JSON.stringify(p.model.spec);
  for (const [name, template] of Object.entries(TEMPLATES)) {
    if (JSON.stringify(template.spec) !== spec) continue;
    const parameters = parametersOf(p, drawn, template);
    if (parameters && arriving.every((c) => weightsOf(c, template) !== undefined))
      return { name, template, parameters };
  }
  return undefined;
}

function parametersOf(
  { model }: Population,
  { parameters, initial }: DrawnPopulation,
  template: Template,
): Map<string, Numbers> | undefined {
  const out = new Map<string, Numbers>();
  const starts = new Set<string>();
  for (const [name, { to, exponent, initial: isInitial = false }] of Object.entries(template.parameters)) {
    const state = isInitial ? model.variables.find((v) => v.name === to)! : undefined;
    const value = state
      ? (initial.get(to) ?? state.initial)
      : (parameters.get(to) ?? model.parameters.find((x) => x.name === to)!.value);
    const there = inUnit(
      value,
      (x) => scaled(x, -exponent),
      (x) => scaled(x, exponent),
    );
    if (there === undefined) return undefined;
    out.set(name, there);
    if (state) starts.add(to);
  }
  const others = [...initial.keys()].filter((x) => !starts.has(x));
  return others.every((x) => isImplied(x, template, { parameters, initial }, model)) ? out : undefined;
}
/** Whether a state starts where the template has it start. */
function isImplied(
  name: string,
  { startsAt = {} }: Template,
  { parameters, initial }: DrawnPopulation,
  model: Population["model"],
): boolean {
  const start = initial.get(name)!;
  const from = startsAt[name];
  if (from === undefined) return same(start, model.variables.find((v) => v.name === name)!.initial);
  return same(start, parameters.get(from) ?? model.parameters.find((x) => x.name === from)!.value);
}
const same = (a: Numbers, b: Numbers): boolean =>
  typeof a === "number" || typeof b === "number" ? a === b : a.every((x, k) => x === b[k]);

/** Undefined where a number there would be another one when it is read. */
function inUnit(x: Numbers, there: (x: number) => number, back: (x: number) => number): Numbers | undefined {
  if (typeof x === "number") return Object.is(back(there(x)), x) ? there(x) : undefined;
  const out = Float64Array.from(x, there);
  return out.every((y, k) => Object.is(back(y), x[k])) ? out : undefined;
}

/** Weights as an edge of a template has them; undefined where its port takes no such weight, or the edge is more than one. */
export function weightsOf({ connection: c, weight, bias }: DrawnConnection, template: Template): Numbers | undefined {
  const { excitatory, inhibitory, turned } = template.ports;
  const { port } = c.to;
  if (c.synapse || bias || c.from.port !== "spike" || (port !== excitatory && port !== inhibitory)) return undefined;
  const inhibits = port === inhibitory && excitatory !== inhibitory;
  const fits = (x: number): boolean =>
    excitatory === inhibitory || (inhibits && !turned ? x <= 0 && !Object.is(x, -0) : x >= 0 && !Object.is(x, -0));
  if (!(typeof weight === "number" ? fits(weight) : weight.every(fits))) return undefined;
  const power = 10 ** Math.abs(template.weightExponent);
  const sign = inhibits && turned ? -1 : 1;
  const there = (x: number): number => (x === 0 ? x : sign * x * power);
  return inUnit(weight, there, (y) => (y === 0 ? y : (sign * y) / power));
}
