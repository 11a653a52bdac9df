/** What the rules of plasticity have in common: their options, checked, and what a spike of the source sends. */
import { DIMENSIONLESS, type Dimension, formatDimension, NAMED, sameDimension } from "../../base/dimension.ts";
import { listNames, ModelError, requireKnown } from "../../base/errors.ts";
import { parseQuantity } from "../../base/quantity.ts";
import type { Quantity } from "../../base/units.ts";
import { namesIn } from "../equations/ast.ts";
import { parseStatements } from "../equations/statements.ts";
import { dynamicsOf, type SynapseModel, type SynapseSpec, synapse } from "../synapse.ts";

/** A quantity such as "20 ms", or a number in SI units. */
export type Value = string | number;

/** Options that every rule has. */
export interface RuleOptions {
  /** Of the synapse model; default the rule's. */
  readonly name?: string;
  /**
   * What a spike of the source does at the target, as statements: "ge += w", or "I_post -= w". It runs before that spike
   * changes the weight.
   */
  readonly transmit: string;
}

const RANGES = {
  any: { text: "a finite number", holds: () => true },
  positive: { text: "a finite number > 0", holds: (x: number) => x > 0 },
  notNegative: { text: "a finite number >= 0", holds: (x: number) => x >= 0 },
  share: { text: "a number from 0 to 1", holds: (x: number) => x >= 0 && x <= 1 },
} as const;

/** What a parameter of a rule may be. */
export interface Kind {
  /** Its unit; `weight`: that of the weight, which is the same in all of a rule's parameters. */
  readonly in: "second" | "hertz" | "1" | "weight";
  readonly range: keyof typeof RANGES;
  /** Its value where none is given; without one it must be given. */
  readonly default?: Value;
  /** Whether the rule does without it. */
  readonly optional?: true;
}
export type Kinds = Readonly<Record<string, Kind>>;

export const TIME_CONSTANT = { in: "second", range: "positive" } as const satisfies Kind;
export const AMPLITUDE = { in: "1", range: "any" } as const satisfies Kind;
/** The bounds of a weight. */
export const BOUNDS = {
  wMin: { in: "weight", range: "any", default: 0 },
  wMax: { in: "weight", range: "any" },
} as const satisfies Kinds;

/** @throws {ModelError} `type-mismatch`, `syntax`, `unit-mismatch`, `out-of-range` */
function quantity(path: string, value: Value, kind: Kind): Quantity {
  if (typeof value !== "string" && typeof value !== "number")
    throw new ModelError("type-mismatch", path, `must be a quantity such as "20 ms" or a number, got ${value}`);
  const read = parseQuantity(value, path);
  const { text, holds } = RANGES[kind.range];
  if (!Number.isFinite(read.value) || !holds(read.value))
    throw new ModelError("out-of-range", path, `must be ${text}, got ${value}`);
  const plain = typeof value === "number";
  const expected = kind.in === "weight" ? undefined : kind.in === "1" ? DIMENSIONLESS : NAMED[kind.in]!;
  if (!expected || sameDimension(read.dimension, expected)) return read;
  if (plain) return { ...read, dimension: expected };
  const [want, got] = [formatDimension(expected), formatDimension(read.dimension)];
  throw new ModelError("unit-mismatch", path, `must be in ${want}, got '${value}' in ${got}`);
}

/** The dimension of the weight: that of the first parameter which has one. */
function weightDimension(path: string, read: readonly (readonly [string, Quantity])[], kinds: Kinds): Dimension {
  const weights = read.filter(([name]) => kinds[name]!.in === "weight");
  const [first, ...others] = weights.filter(([, q]) => !sameDimension(q.dimension, DIMENSIONLESS));
  if (!first) return DIMENSIONLESS;
  const other = others.find(([, q]) => !sameDimension(q.dimension, first[1].dimension));
  if (!other) return first[1].dimension;
  throw new ModelError(
    "unit-mismatch",
    `${path}.${other[0]}`,
    `must be in ${formatDimension(first[1].dimension)}, as '${first[0]}' is, got ${formatDimension(other[1].dimension)}`,
  );
}

/** Parameters by name, in SI units, with their dimensions. */
function parametersOf(path: string, given: Readonly<Record<string, unknown>>, kinds: Kinds) {
  const read = Object.entries(kinds).flatMap(([name, kind]) => {
    const value = (given[name] ?? kind.default) as Value | undefined;
    if (value !== undefined) return [[name, quantity(`${path}.${name}`, value, kind)] as const];
    if (kind.optional) return [];
    throw new ModelError("unknown-name", `${path}.${name}`, "is a parameter without a value; give one");
  });
  const weight = weightDimension(path, read, kinds);
  const parameters = Object.fromEntries(read.map(([name, q]) => [name, q.value]));
  const { wMin, wMax } = parameters;
  if (wMin !== undefined && wMax !== undefined && !(wMin < wMax))
    throw new ModelError("out-of-range", `${path}.wMax`, `must be above wMin (${wMin}), got ${wMax}`);
  const dimensions = read.map(([name, q]) => [name, kinds[name]!.in === "weight" ? weight : q.dimension] as const);
  return { parameters, dimensions: Object.fromEntries(dimensions) };
}

/** What a rule takes: its parameters, and options of other kinds. */
export interface Rule {
  /** As users call it; the default name of its synapse model. */
  readonly rule: string;
  readonly kinds: Kinds;
  readonly more?: readonly string[];
}
/** What a rule is, beside its parameters. */
type Definition = Omit<SynapseSpec, "name" | "parameters" | "dimensions">;

/**
 * The synapse model of a rule.
 *
 * @throws {ModelError} `unknown-name` for an option that the rule has not, or a parameter without a value; `unit-mismatch`;
 *   `out-of-range`; `type-mismatch`; `syntax`
 */
export function ruleOf<O extends { readonly name?: string }>(
  { rule, kinds, more = [] }: Rule,
  options: O,
  define: (options: O) => Definition,
): SynapseModel {
  if (typeof options !== "object" || options === null)
    throw new ModelError("type-mismatch", rule, `takes its options as an object, got ${options}`);
  requireKnown(rule, options, [...Object.keys(kinds), ...more, "name"]);
  const { name = rule } = options;
  return synapse({ name, ...define(options), ...parametersOf(rule, { ...options }, kinds) });
}

/**
 * The same of a rule whose synapses send something on a spike of the source.
 *
 * @throws {ModelError} as `ruleOf`, and `duplicate-name` where `transmit` names a variable of the rule
 */
export function spikingRule<O extends RuleOptions>(
  { rule, kinds, more = [] }: Rule,
  options: O,
  define: (options: O) => Definition,
): SynapseModel {
  const checked = (o: O): Definition => {
    requireTransmit(rule, o.transmit);
    return define(o);
  };
  const made = ruleOf({ rule, kinds, more: [...more, "transmit"] }, options, checked);
  checkHidden(rule, options.transmit, made);
  return made;
}
function requireTransmit(rule: string, transmit: unknown): void {
  const path = `${rule}.transmit`;
  if (typeof transmit === "string" && parseStatements({ text: transmit, path }).length > 0) return;
  const problem = `must say what a spike does at the target, such as "ge += w", got ${JSON.stringify(transmit)}`;
  throw new ModelError("type-mismatch", path, problem);
}
/** A rule's own variables hide variables of the target that have the same name. */
function checkHidden(rule: string, transmit: string, made: SynapseModel): void {
  const path = `${rule}.transmit`;
  const subexpressions = dynamicsOf(made)?.subexpressions.map((s) => s.name) ?? [];
  const variables = new Set([...Object.keys(made.variables), ...subexpressions]);
  const kept = new Set(["w", ...variables, ...Object.keys(made.parameters)]);
  for (const { target, value } of parseStatements({ text: transmit, path })) {
    const hidden = kept.has(target) ? target : [...namesIn(value)].find((name) => variables.has(name));
    if (hidden === undefined) continue;
    const problem = `'${hidden}' is the rule's own; a variable of the target with that name is '${hidden}_post'`;
    throw new ModelError("duplicate-name", path, problem);
  }
}

/** @throws {ModelError} `syntax` for what is not the name of a variable */
export function nameOf(path: string, name: unknown): string {
  if (typeof name === "string" && /^[A-Za-z_]\w*$/.test(name)) return name;
  throw new ModelError("syntax", path, `must be the name of a variable, got ${JSON.stringify(name)}`);
}
/**
 * An entry of a table, by the name that an option gives.
 *
 * @throws {ModelError} `unknown-name`
 */
export function chosen<T>(path: string, name: string, table: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(table, name)) return table[name]!;
  throw new ModelError("unknown-name", path, `unknown '${name}'; known: ${listNames(Object.keys(table))}`);
}
