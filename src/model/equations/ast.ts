/** The syntax tree of Brian's expression language. Nodes are plain data and carry the span they were read from. */
import type { Dimension } from "../../base/dimension.ts";
import type { Span } from "./source.ts";

export type ArithmeticOp = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type ComparisonOp = "<" | "<=" | ">" | ">=" | "==" | "!=";

interface At {
  readonly span: Span;
}
export interface NumberNode extends At {
  readonly tag: "number";
  readonly value: number;
}
export interface BooleanNode extends At {
  readonly tag: "boolean";
  readonly value: boolean;
}
/** A variable, parameter, unit or constant. */
export interface NameNode extends At {
  readonly tag: "name";
  readonly name: string;
}
export interface NegateNode extends At {
  readonly tag: "negate";
  readonly a: Node;
}
export interface ArithmeticNode extends At {
  readonly tag: "arithmetic";
  readonly op: ArithmeticOp;
  readonly a: Node;
  readonly b: Node;
}
export interface CompareNode extends At {
  readonly tag: "compare";
  readonly op: ComparisonOp;
  readonly a: Node;
  readonly b: Node;
}
export interface LogicNode extends At {
  readonly tag: "logic";
  readonly op: "and" | "or";
  readonly a: Node;
  readonly b: Node;
}
export interface NotNode extends At {
  readonly tag: "not";
  readonly a: Node;
}
export interface CallNode extends At {
  readonly tag: "call";
  readonly fn: string;
  readonly args: readonly Node[];
}

/** What an expression needs to know of a timed array. */
export interface TimedHead {
  readonly name: string;
  /** How many times it has values for. */
  readonly rows: number;
  /** Of a table: values of one time. */
  readonly columns?: number;
  /** Seconds. */
  readonly dt: number;
  readonly dimension: Dimension;
}
/** A timed array at a time, and in a column, that are found anew in every step. No text parses to it: models resolve calls. */
export interface TimedNode extends At {
  readonly tag: "timed";
  readonly array: TimedHead;
  readonly time: Node;
  readonly column?: Node;
}

export type Node =
  | NumberNode
  | BooleanNode
  | NameNode
  | NegateNode
  | ArithmeticNode
  | CompareNode
  | LogicNode
  | NotNode
  | CallNode
  | TimedNode;
export type NodeTag = Node["tag"];

/** One entry per tag: a new tag breaks every table at compile time. */
export type NodeTable<R, C = undefined> = { readonly [K in NodeTag]: (n: Extract<Node, { tag: K }>, context: C) => R };
export const dispatchNode = <R, C>(table: NodeTable<R, C>, n: Node, context: C): R =>
  (table[n.tag] as (n: Node, context: C) => R)(n, context);

const CHILDREN: NodeTable<readonly Node[]> = {
  number: () => [],
  boolean: () => [],
  name: () => [],
  negate: (n) => [n.a],
  not: (n) => [n.a],
  arithmetic: (n) => [n.a, n.b],
  compare: (n) => [n.a, n.b],
  logic: (n) => [n.a, n.b],
  call: (n) => n.args,
  timed: (n) => [n.time, ...(n.column ? [n.column] : [])],
};

/** The same tree with each node replaced, from below. */
const MAP: NodeTable<Node, (n: Node) => Node> = {
  number: (n) => n,
  boolean: (n) => n,
  name: (n) => n,
  negate: (n, f) => ({ ...n, a: mapNodes(n.a, f) }),
  not: (n, f) => ({ ...n, a: mapNodes(n.a, f) }),
  arithmetic: (n, f) => ({ ...n, a: mapNodes(n.a, f), b: mapNodes(n.b, f) }),
  compare: (n, f) => ({ ...n, a: mapNodes(n.a, f), b: mapNodes(n.b, f) }),
  logic: (n, f) => ({ ...n, a: mapNodes(n.a, f), b: mapNodes(n.b, f) }),
  call: (n, f) => ({ ...n, args: n.args.map((a) => mapNodes(a, f)) }),
  timed: (n, f) => ({ ...n, time: mapNodes(n.time, f), ...(n.column && { column: mapNodes(n.column, f) }) }),
};
export const mapNodes = (n: Node, f: (n: Node) => Node): Node => f(dispatchNode(MAP, n, f));

/** A node and everything below it, from left to right. */
export function walk(n: Node): Node[] {
  return [n, ...dispatchNode(CHILDREN, n, undefined).flatMap(walk)];
}
/** Names that an expression mentions. */
export const namesIn = (n: Node): Set<string> => new Set(walk(n).flatMap((m) => (m.tag === "name" ? [m.name] : [])));

/** Binding strength, weakest first, as in Python: `-a**b` is `-(a**b)`, and `a**-b` needs no brackets. */
const STRENGTH: NodeTable<number> = {
  logic: (n) => (n.op === "or" ? 1 : 2),
  not: () => 3,
  compare: () => 4,
  arithmetic: (n) => (n.op === "**" ? 8 : n.op === "+" || n.op === "-" ? 5 : 6),
  negate: () => 7,
  number: () => 9,
  boolean: () => 9,
  name: () => 9,
  call: () => 9,
  timed: () => 9,
};
const strength = (n: Node): number => dispatchNode(STRENGTH, n, undefined);

const inside = (n: Node, least: number): string => (strength(n) < least ? `(${print(n)})` : print(n));
/** Left-associative, except `**`, whose right side may be a sign. */
function printArithmetic(n: ArithmeticNode): string {
  if (n.op === "**") return `${inside(n.a, 9)}**${inside(n.b, 7)}`;
  const own = strength(n);
  return `${inside(n.a, own)} ${n.op} ${inside(n.b, own + 1)}`;
}
const PRINT: NodeTable<string> = {
  number: (n) => String(n.value),
  boolean: (n) => (n.value ? "True" : "False"),
  name: (n) => n.name,
  negate: (n) => `-${inside(n.a, 7)}`,
  arithmetic: printArithmetic,
  compare: (n) => `${inside(n.a, 5)} ${n.op} ${inside(n.b, 5)}`,
  logic: (n) => `${inside(n.a, strength(n))} ${n.op} ${inside(n.b, strength(n) + 1)}`,
  not: (n) => `not ${inside(n.a, 3)}`,
  call: (n) => `${n.fn}(${n.args.map(print).join(", ")})`,
  timed: (n) => `${n.array.name}(${[n.time, ...(n.column ? [n.column] : [])].map(print).join(", ")})`,
};
/** The expression as text, with the fewest brackets; parsing it gives the same tree. */
export const print = (n: Node): string => dispatchNode(PRINT, n, undefined);
