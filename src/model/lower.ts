/** Lowers checked syntax trees to IR. All floats are f64 here; `neuronStep` changes them to its type at the end. */
import { scale, UNITS, unitValue } from "../base/units.ts";
import {
  and,
  type BinaryOp,
  binary,
  bool,
  type CompareOp,
  compare,
  convert,
  draw,
  type Expr,
  f64,
  index,
  not,
  or,
  read,
} from "../ir/expr.ts";
import { fold, isConst, minus, negate, over, plus, raise, times } from "./algebra.ts";
import {
  type ArithmeticNode,
  type ArithmeticOp,
  type CallNode,
  type ComparisonOp,
  dispatchNode,
  type NameNode,
  type Node,
  type NodeTable,
  type TimedHead,
  type TimedNode,
} from "./equations/ast.ts";
import { CONSTANTS, type FunctionName, isNoise } from "./equations/functions.ts";
import { LOWER_CALL } from "./lowerCall.ts";
import { ACTIVE, STEP_NUMBER, TIME } from "./slots.ts";
import { lookedUp, readTable, type TableSlot } from "./timedTable.ts";
import { coerce, toFloat } from "./values.ts";

export interface Lowering {
  /** What a model's own name stands for. */
  readonly resolve: (name: string) => Expr | undefined;
  /** The random stream of a call to `rand` and the like, or of white noise. */
  readonly stream: (n: Node) => number;
  /** Seconds a step. */
  readonly dt: number;
  /** Neurons of the population. */
  readonly count?: number;
  /** What a timed array is read as where it is not a neuron's own. */
  readonly table?: (array: TimedHead, slot: TableSlot) => Expr;
}

const floorOf = (a: Expr): Expr => LOWER_CALL.floor([a], () => 0);
const ARITHMETIC: Readonly<Record<ArithmeticOp, (a: Expr, b: Expr) => Expr>> = {
  "+": plus,
  "-": minus,
  "*": times,
  "/": over,
  "**": raise,
  "//": (a, b) => floorOf(over(a, b)),
  "%": (a, b) => minus(a, times(b, floorOf(over(a, b)))), // the sign of b, as in Python
};
const INTEGER: Partial<Record<ArithmeticOp, BinaryOp>> = { "+": "add", "-": "sub", "*": "mul" };

function arithmetic(n: ArithmeticNode, c: Lowering): Expr {
  const quantity = literalQuantity(n, c);
  if (quantity) return quantity;
  const [a, b] = coerce(lower(n.a, c), lower(n.b, c));
  const whole = INTEGER[n.op];
  if (a.type === "i32" && whole) return fold(binary(whole, a, b));
  return ARITHMETIC[n.op](toFloat(a), toFloat(b));
}
/** `1.62*mV` as the double nearest to 0.00162. */
function literalQuantity(n: ArithmeticNode, c: Lowering): Expr | undefined {
  const unit = n.op === "*" && n.b.tag === "name" && !c.resolve(n.b.name) ? UNITS.get(n.b.name) : undefined;
  const a = unit && lower(n.a, c);
  return a && isConst(a) ? f64(scale(a.value, unit.exponent)) : undefined;
}

/** The model's own names, then the built-in ones, units, constants and noise; the check has seen to it that one fits. */
function name(n: NameNode, c: Lowering): Expr {
  const own = c.resolve(n.name);
  if (own) return own;
  if (n.name === TIME) return read("f64", TIME);
  if (n.name === "dt") return f64(c.dt);
  if (n.name === ACTIVE) return read("bool", ACTIVE);
  const unit = UNITS.get(n.name);
  if (unit) return f64(unitValue(unit));
  if (isNoise(n.name)) return times(f64(1 / Math.sqrt(c.dt)), draw("normal", "f64", c.stream(n)));
  if (n.name === "i") return fold(convert("i32", index("element")));
  if (n.name === "N" && c.count !== undefined) return f64(c.count);
  if (n.name === STEP_NUMBER) return read("i32", STEP_NUMBER);
  const value = CONSTANTS.get(n.name);
  if (value === undefined) throw new Error(`lower: no meaning for '${n.name}' (was the expression checked?)`);
  return f64(value);
}

const call = (n: CallNode, c: Lowering): Expr =>
  LOWER_CALL[n.fn as FunctionName](
    n.args.map((a) => lower(a, c)),
    () => c.stream(n),
  );

function timed(n: TimedNode, c: Lowering): Expr {
  const time = toFloat(lower(n.time, c));
  const column = n.column && lower(n.column, c);
  return lookedUp(n, time, column, c.dt, (slot) => (c.table ?? readTable)(n.array, slot));
}

export function both(a: Expr, b: Expr): Expr {
  if (isConst(a)) return a.value ? b : bool(false);
  return isConst(b) ? both(b, a) : and(a, b);
}
function either(a: Expr, b: Expr): Expr {
  if (isConst(a)) return a.value ? bool(true) : b;
  return isConst(b) ? either(b, a) : or(a, b);
}

const COMPARE: Readonly<Record<ComparisonOp, CompareOp>> = {
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  "==": "eq",
  "!=": "ne",
};

const LOWER: NodeTable<Expr, Lowering> = {
  number: (n) => f64(n.value),
  boolean: (n) => bool(n.value),
  name,
  negate: (n, c) => negate(toFloat(lower(n.a, c))),
  arithmetic,
  compare: (n, c) => fold(compare(COMPARE[n.op], ...coerce(lower(n.a, c), lower(n.b, c)))),
  logic: (n, c) => (n.op === "and" ? both : either)(lower(n.a, c), lower(n.b, c)),
  not: (n, c) => fold(not(lower(n.a, c))),
  call,
  timed,
};
/** The expression as IR. */
export const lower = (n: Node, c: Lowering): Expr => dispatchNode(LOWER, n, c);
