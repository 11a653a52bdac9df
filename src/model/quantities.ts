/** The numbers of a model: parameters, and values of states before the first step. */
import { type Dimension, formatDimension, sameDimension } from "../base/dimension.ts";
import { ModelError, requireChoice } from "../base/errors.ts";
import { parseQuantity } from "../base/quantity.ts";
import type { Quantity } from "../base/units.ts";
import { expandExpr } from "../ir/expand.ts";
import { type Expr, f64, topological } from "../ir/expr.ts";
import { evaluate } from "../ir/scalar.ts";
import { type Node, walk } from "./equations/ast.ts";
import { expectType, type Scope, type ValueType } from "./equations/check.ts";
import { BUILTINS, isNoise, RANDOM, USUAL } from "./equations/functions.ts";
import { parseExpression } from "./equations/parse.ts";
import type { Equation } from "./equations/parseEquations.ts";
import { faultAt, type Source } from "./equations/source.ts";
import { lower } from "./lower.ts";
import { isParameter } from "./names.ts";
import type { NeuronSpec, Parameter, ParameterSpec } from "./neuronModel.ts";
import { RANGES } from "./range.ts";

/** The value of an expression that reads and draws nothing; else undefined. */
export function hostValue(e: Expr): number | undefined {
  if (topological([e]).some((n) => n.tag === "read" || n.tag === "draw" || n.tag === "index")) return undefined;
  return evaluate(expandExpr(e), (leaf) => {
    throw new Error(`hostValue: ${leaf.tag}`);
  });
}

const finite = (value: number, path: string): number => {
  if (Number.isFinite(value)) return value;
  throw new ModelError("not-finite", path, `must be finite, got ${value}`);
};

function quantityIn({ value, unit }: Pick<ParameterSpec, "value" | "unit">, path: string): Quantity {
  if (typeof value === "number") finite(value, path);
  const isBare = unit === undefined || unit === "1"; // as equations write it
  const quantity = parseQuantity(isBare ? value : `${value} ${unit}`, path);
  finite(quantity.value, path);
  return quantity;
}
const isSpec = (x: string | number | ParameterSpec): x is ParameterSpec => typeof x === "object" && x !== null;

/** The parameters with their values; those that the equations declare must fit. */
export function parametersOf(spec: NeuronSpec, equations: readonly Equation[], source: Source): Parameter[] {
  const given = new Map(Object.entries(spec.parameters ?? {}));
  const declared = new Map(equations.filter(isParameter).map((e) => [e.name, e]));
  for (const [name, e] of declared) {
    if (!given.has(name))
      throw faultAt(
        source,
        e.nameSpan,
        "unknown-name",
        `'${name}' is a parameter without a value; give one in 'parameters'`,
      );
    if (e.type === "boolean")
      throw faultAt(
        source,
        e.nameSpan,
        "unsupported",
        `'${name}' is a boolean parameter; use a number, or a declared variable`,
      );
  }
  return [...given].map(([name, x]) =>
    parameter(name, isSpec(x) ? x : { value: x }, declared.get(name)?.dimension, `${spec.name}.parameters.${name}`),
  );
}
function parameter(name: string, x: ParameterSpec, declared: Dimension | undefined, path: string): Parameter {
  const { value, dimension } = quantityIn(x, path);
  if (declared && !sameDimension(dimension, declared))
    throw new ModelError(
      "unit-mismatch",
      path,
      `declared in ${formatDimension(declared)}, but the value is in ${formatDimension(dimension)}`,
    );
  const bounds = boundsIn(x, dimension, path);
  requireOwnRange(x, value, path);
  return {
    name,
    value,
    dimension,
    ...(x.doc !== undefined && { doc: x.doc }),
    trainable: x.trainable ?? false,
    ...bounds,
    ...(x.range !== undefined && { range: x.range }),
  };
}
/** In the words of who gave it: "-10 ms", not -0.01. */
function requireOwnRange({ value: given, unit, range }: ParameterSpec, value: number, path: string): void {
  if (range === undefined) return;
  requireChoice(`${path}.range`, range, Object.keys(RANGES));
  if (RANGES[range].holds(value)) return;
  const words = typeof given === "number" && unit !== undefined && unit !== "1" ? `${given} ${unit}` : given;
  throw new ModelError("out-of-range", path, `must be ${RANGES[range].text}, got ${words}`);
}
function boundsIn({ unit, ...x }: ParameterSpec, dimension: Dimension, path: string): { min?: number; max?: number } {
  const bound = (name: "min" | "max"): { [K in typeof name]?: number } => {
    const given = x[name];
    if (given === undefined) return {};
    const q = quantityIn(
      { value: given, ...(typeof given === "number" && unit !== undefined && { unit }) },
      `${path}.${name}`,
    );
    if (sameDimension(q.dimension, dimension)) return { [name]: q.value };
    const [own, expected] = [formatDimension(q.dimension), formatDimension(dimension)];
    throw new ModelError("unit-mismatch", `${path}.${name}`, `is in ${own}, but the parameter is in ${expected}`);
  };
  const bounds = { ...bound("min"), ...bound("max") };
  if (bounds.min !== undefined && bounds.max !== undefined && bounds.min > bounds.max)
    throw new ModelError("out-of-range", `${path}.min`, `must be at most max, ${bounds.max}, got ${bounds.min}`);
  return bounds;
}

/** What a value before the first step may read: parameters. */
export interface InitialScope {
  readonly types: Scope;
  readonly values: ReadonlyMap<string, number>;
}

const BRIAN = { true: "True", false: "False" } as const;
/**
 * The value of a state before the first step: a quantity, or an expression of parameters.
 * @throws {ModelError} `unit-mismatch`, `not-finite`, or `unsupported` where it is not constant
 */
export function initialValue(
  x: string | number | boolean,
  expected: ValueType,
  { types, values }: InitialScope,
  path: string,
): number {
  const source: Source = { text: typeof x === "boolean" ? BRIAN[`${x}`] : String(x), path };
  const node = parseExpression(source);
  refuseVarying(node, source);
  expectType(node, expected, "the initial value", types, source);
  const lowered = lower(node, {
    resolve: (name) => (values.has(name) ? f64(values.get(name)!) : undefined),
    stream: () => 0,
    dt: Number.NaN,
  });
  return finite(hostValue(lowered)!, path);
}
function refuseVarying(node: Node, source: Source): void {
  for (const n of walk(node)) {
    const varying =
      n.tag === "call"
        ? RANDOM.has(n.fn)
        : n.tag === "name" && (BUILTINS.has(n.name) || USUAL.has(n.name) || isNoise(n.name));
    if (varying)
      throw faultAt(
        source,
        n.span,
        "unsupported",
        "an initial value must be constant (draw one per neuron in the population's 'initial')",
      );
  }
}
