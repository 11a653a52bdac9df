/** Checks names and dimensions of an expression and says what type it has. */
import {
  DIMENSIONLESS,
  type Dimension,
  formatDimension,
  isDimensionless,
  NAMED,
  power,
  product,
  quotient,
  sameDimension,
} from "../../base/dimension.ts";
import { listNames } from "../../base/errors.ts";
import { UNITS } from "../../base/units.ts";
import {
  type ArithmeticNode,
  type CallNode,
  type CompareNode,
  dispatchNode,
  type Node,
  type NodeTable,
  print,
  type TimedNode,
} from "./ast.ts";
import {
  BUILTINS,
  CONSTANTS,
  type DimensionRule,
  FUNCTIONS,
  isFunction,
  isNoise,
  NOISE_DIMENSION,
  type Signature,
  USUAL,
} from "./functions.ts";
import { faultAt, type Source } from "./source.ts";

/** A number of some dimension, or a condition. */
export type ValueType = Dimension | "boolean";
/** What a model's own names mean. */
export type Scope = ReadonlyMap<string, ValueType>;
interface Context {
  readonly scope: Scope;
  readonly source: Source;
}

export const formatType = (t: ValueType): string =>
  t === "boolean" ? "a condition" : `dimension ${formatDimension(t)}`;
const sameType = (a: ValueType, b: ValueType): boolean =>
  a === "boolean" || b === "boolean" ? a === b : sameDimension(a, b);

const mismatch = (n: Node, c: Context, problem: string): Error => faultAt(c.source, n.span, "unit-mismatch", problem);

function number(n: Node, c: Context, where: string): Dimension {
  const type = check(n, c);
  if (type === "boolean")
    throw mismatch(n, c, `expected a number ${where}, but '${print(n)}' is a condition (int(…) makes it 0 or 1)`);
  return type;
}
function condition(n: Node, c: Context, where: string): "boolean" {
  const type = check(n, c);
  if (type !== "boolean")
    throw mismatch(n, c, `expected a condition ${where}, but '${print(n)}' is a number of ${formatType(type)}`);
  return type;
}
function dimensionless(n: Node, c: Context, where: string): Dimension {
  const type = number(n, c, where);
  if (isDimensionless(type)) return type;
  throw mismatch(n, c, `expected a number without dimension ${where}, but '${print(n)}' has ${formatType(type)}`);
}
/** Both sides must have one dimension; the caret goes below the second. */
function alike(a: Node, b: Node, c: Context, where: string): Dimension {
  const [left, right] = [number(a, c, `for ${where}`), number(b, c, `for ${where}`)];
  if (sameDimension(left, right)) return left;
  throw mismatch(
    b,
    c,
    `${where} needs one dimension on both sides, but '${print(a)}' has ${formatType(left)} and '${print(b)}' has ${formatType(right)}`,
  );
}

/** The result has no dimension, whatever the checked operands had. */
const plain = (_checked: unknown): Dimension => DIMENSIONLESS;

function arithmetic(n: ArithmeticNode, c: Context): Dimension {
  const where = `beside '${n.op}'`;
  switch (n.op) {
    case "+":
    case "-":
    case "%":
      return alike(n.a, n.b, c, `'${n.op}'`);
    case "//":
      return plain(alike(n.a, n.b, c, "'//'"));
    case "*":
      return product(number(n.a, c, where), number(n.b, c, where));
    case "/":
      return quotient(number(n.a, c, where), number(n.b, c, where));
    case "**":
      return raised(n, c);
    default:
      return n.op satisfies never;
  }
}
function raised(n: ArithmeticNode, c: Context): Dimension {
  const base = number(n.a, c, "before '**'");
  dimensionless(n.b, c, "as exponent");
  if (isDimensionless(base)) return base;
  const exponent = literal(n.b);
  if (exponent !== undefined) return power(base, exponent);
  throw mismatch(n.b, c, `the exponent of '${print(n.a)}' (${formatType(base)}) must be written as a number`);
}
/** The value of an exponent made of numbers alone, such as `-1/2`. */
export function literal(n: Node): number | undefined {
  if (n.tag === "number") return n.value;
  if (n.tag === "negate") return literalMap(n.a, undefined, (a) => -a);
  return n.tag === "arithmetic" && n.op === "/" ? literalMap(n.a, n.b, (a, b) => a / b) : undefined;
}
function literalMap(a: Node, b: Node | undefined, f: (a: number, b: number) => number): number | undefined {
  const [x, y] = [literal(a), b ? literal(b) : 0];
  return x === undefined || y === undefined ? undefined : f(x, y);
}

function compare(n: CompareNode, c: Context): "boolean" {
  const equality = n.op === "==" || n.op === "!=";
  if (equality && check(n.a, c) === "boolean") return condition(n.b, c, `beside '${n.op}'`);
  alike(n.a, n.b, c, `'${n.op}'`);
  return "boolean";
}

const CALL: Readonly<Record<DimensionRule, (n: CallNode, c: Context) => Dimension>> = {
  pure: (n, c) => plain(n.args.map((a) => dimensionless(a, c, `in ${n.fn}(…)`))),
  sign: (n, c) => plain(number(n.args[0]!, c, "in sign(…)")),
  same: (n, c) => {
    const [first, ...others] = n.args as [Node, ...Node[]];
    return others.map((a) => alike(first, a, c, `${n.fn}(…)`))[0] ?? number(first, c, `in ${n.fn}(…)`);
  },
  root: (n, c) => power(number(n.args[0]!, c, "in sqrt(…)"), 0.5),
  where: (n, c) => {
    condition(n.args[0]!, c, "as first argument of where(…)");
    return alike(n.args[1]!, n.args[2]!, c, "where(…)");
  },
  timestep: (n, c) => plain(alike(n.args[0]!, n.args[1]!, c, "timestep(…)")),
  int: (n, c) => (check(n.args[0]!, c) === "boolean" ? DIMENSIONLESS : dimensionless(n.args[0]!, c, "in int(…)")),
};
function call(n: CallNode, c: Context): Dimension {
  if (!isFunction(n.fn))
    throw faultAt(
      c.source,
      n.span,
      "unknown-name",
      `unknown function '${n.fn}'; known: ${Object.keys(FUNCTIONS).sort().join(", ")}`,
    );
  const { rule, args, most = args }: Signature = FUNCTIONS[n.fn];
  if (n.args.length < args || n.args.length > most)
    throw faultAt(
      c.source,
      n.span,
      "syntax",
      `${n.fn} takes ${args}${most > args ? " or more" : ""} argument${args === 1 ? "" : "s"}, got ${n.args.length}`,
    );
  return CALL[rule](n, c);
}

function timed({ array, time, column }: TimedNode, c: Context): Dimension {
  const type = number(time, c, `as time of ${array.name}(…)`);
  if (!sameDimension(type, NAMED.second!))
    throw mismatch(
      time,
      c,
      `${array.name}(…) is read at a time, in seconds, but '${print(time)}' has ${formatType(type)}`,
    );
  if (column) dimensionless(column, c, `as column of ${array.name}(…)`);
  return array.dimension;
}

/** What a name means: the model's own names first. */
function typeOf(name: string, scope: Scope): ValueType | undefined {
  const own = scope.get(name) ?? BUILTINS.get(name) ?? UNITS.get(name)?.dimension;
  if (own) return own;
  if (CONSTANTS.has(name) || USUAL.has(name)) return DIMENSIONLESS;
  return isNoise(name) ? NOISE_DIMENSION : undefined;
}

const CHECK: NodeTable<ValueType, Context> = {
  number: () => DIMENSIONLESS,
  boolean: () => "boolean",
  name: (n, c) => {
    const type = typeOf(n.name, c.scope);
    if (type) return type;
    throw faultAt(
      c.source,
      n.span,
      "unknown-name",
      `unknown name '${n.name}'; known: ${listNames(c.scope.keys())}, and units such as mV, nS, ms`,
    );
  },
  negate: (n, c) => number(n.a, c, "after '-'"),
  not: (n, c) => condition(n.a, c, "after 'not'"),
  arithmetic,
  compare,
  call,
  timed,
  logic: (n, c) => {
    condition(n.a, c, `beside '${n.op}'`);
    return condition(n.b, c, `beside '${n.op}'`);
  },
};
const check = (n: Node, c: Context): ValueType => dispatchNode(CHECK, n, c);

/**
 * The type of an expression.
 *
 * @throws {ModelError} `unknown-name`, `unit-mismatch` or `syntax`, showing the line with a caret
 */
export const typeOfExpression = (n: Node, scope: Scope, source: Source): ValueType => check(n, { scope, source });

/** @throws {ModelError} `unit-mismatch` unless the expression has the type that `what` needs */
export function expectType(n: Node, expected: ValueType, what: string, scope: Scope, source: Source): void {
  const type = typeOfExpression(n, scope, source);
  if (sameType(type, expected)) return;
  throw faultAt(
    source,
    n.span,
    "unit-mismatch",
    `${what} needs ${formatType(expected)}, but '${print(n)}' has ${formatType(type)}`,
  );
}
