/**
 * Timed arrays as equations read them at `t`, or at a time that is later or earlier by what does not change in a run: a number
 * a step, or a row of them, which is there when the step begins. What is read in any other way is looked up (`timedTable.ts`).
 */
import { NAMED } from "../base/dimension.ts";
import { UNITS } from "../base/units.ts";
import { read } from "../ir/expr.ts";
import { evaluatorOf } from "./connectivity/evaluator.ts";
import { type CallNode, mapNodes, type Node, namesIn, print, type TimedHead, walk } from "./equations/ast.ts";
import { expectType, type Scope } from "./equations/check.ts";
import { CONSTANTS, isFunction, RANDOM } from "./equations/functions.ts";
import { faultAt, type Source } from "./equations/source.ts";
import { lower } from "./lower.ts";
import { TIME } from "./slots.ts";
import type { TimedArray } from "./timedArray.ts";
import { toFloat } from "./values.ts";

/** One way in which a timed array is read. */
export interface TimedRead {
  /** The call as text, such as `stimulus(t - 2 * ms, i)`: the name of its values in a step. */
  readonly slot: string;
  readonly array: TimedArray;
  /** Of a table: whose number the column is (`i`; in synapses that of the source, or `j` of the target). */
  readonly column?: "i" | "j";
  /** What is added to `t`, in seconds, of numbers and parameters; absent: nothing. */
  readonly shift?: Node;
}
/** A read as it was met in a text; its shift is settled once all names are known (`settledRead`). */
export interface AskedRead extends TimedRead {
  readonly source: Source;
}

/**
 * What a call of a timed array asks for, where its time moves with `t` alone; else undefined.
 * @param columns names by which a table's column may be given
 * @param still names of what does not change in a run
 * @throws {ModelError} `syntax` for arguments that do not fit
 */
export function readOf(
  array: TimedArray,
  call: CallNode,
  columns: readonly ("i" | "j")[],
  still: ReadonlySet<string>,
  source: Source,
): AskedRead | undefined {
  const { args, span } = call;
  const wanted = array.columns === undefined ? ["a time"] : ["a time", "a column"];
  if (args.length !== wanted.length)
    throw faultAt(
      source,
      span,
      "syntax",
      `${array.name}(…) takes ${wanted.join(" and ")}, got ${args.length} arguments`,
    );
  const [time, column] = args as [Node, Node?];
  const named = column?.tag === "name" ? columns.find((x) => x === column.name) : undefined;
  const moved = column && !named ? undefined : shiftOf(time);
  if (!moved || (moved.shift && !isStill(moved.shift, still))) return undefined;
  return { slot: print(call), array, ...(named && { column: named }), ...moved, source };
}
const isStill = (n: Node, still: ReadonlySet<string>): boolean =>
  walk(n).every((m) => {
    if (m.tag === "name") return still.has(m.name) || isNumber(m.name);
    return m.tag === "call" ? isFunction(m.fn) && !RANDOM.has(m.fn) : m.tag !== "timed";
  });

/** What an expression needs to know of an array. */
export const headOf = ({ name, values, columns, dt, dimension }: TimedArray): TimedHead => ({
  ...{ name, rows: values.length / (columns ?? 1), ...(columns !== undefined && { columns }), dt, dimension },
});

/**
 * Names that stand for the same number all through a run: parameters, and subexpressions that are made of such.
 * @param subexpressions right sides by name
 */
export function stillNames(parameters: Iterable<string>, subexpressions: ReadonlyMap<string, Node>): Set<string> {
  const still = new Set(parameters);
  for (let before = -1; before !== still.size; ) {
    before = still.size;
    for (const [name, value] of subexpressions) if (isStill(value, still)) still.add(name);
  }
  return still;
}

/** What an expression adds to `t`; undefined where it does not say `t`, plus or minus something, and no other. */
function shiftOf(n: Node): { readonly shift?: Node } | undefined {
  if (n.tag === "name" && n.name === TIME) return {};
  if (n.tag !== "arithmetic" || (n.op !== "+" && n.op !== "-")) return undefined;
  const [first, second] = [n.a, n.b].map((x) => namesIn(x).has(TIME));
  if (first === second || (second && n.op === "-")) return undefined;
  const [timed, other] = first ? [n.a, n.b] : [n.b, n.a];
  const inner = shiftOf(timed);
  if (!inner) return undefined;
  const { span } = n;
  if (inner.shift) return { shift: { tag: "arithmetic", op: n.op, a: inner.shift, b: other, span } };
  return { shift: n.op === "+" ? other : { tag: "negate", a: other, span } };
}

/** What a model knows besides. */
interface Surroundings {
  /** Each after those that it reads. */
  readonly subexpressions: readonly { readonly name: string; readonly value: Node }[];
  /** Types of all names, where they are known. */
  readonly scope: Scope | undefined;
}
/**
 * The read with a shift of numbers and parameters alone.
 * @throws {ModelError} `unit-mismatch`
 */
export function settledRead({ source, ...asked }: AskedRead, { subexpressions, scope }: Surroundings): TimedRead {
  const { shift } = asked;
  if (!shift) return asked;
  if (scope) expectType(shift, NAMED.second!, `what is added to t in '${asked.slot}'`, scope, source);
  const whole = subexpressions.reduceRight<Node>(
    (tree, s) => mapNodes(tree, (n) => (n.tag === "name" && n.name === s.name ? { ...s.value, span: n.span } : n)),
    shift,
  );
  return { ...asked, shift: whole };
}
const isNumber = (name: string): boolean => UNITS.has(name) || CONSTANTS.has(name) || name === "dt";

/**
 * Whether all neurons read one number.
 * @param perNeuron parameters of which neurons have their own
 */
export const isSameForAll = (x: TimedRead, perNeuron: ReadonlySet<string>): boolean =>
  x.column === undefined && !(x.shift && [...namesIn(x.shift)].some((name) => perNeuron.has(name)));

/** Parameters that a read's shift asks for. */
export const shiftParameters = ({ shift }: TimedRead, parameters: Iterable<string>): string[] => {
  const names = shift ? namesIn(shift) : new Set<string>();
  return [...parameters].filter((x) => names.has(x));
};

/**
 * What is added to `t`, in seconds.
 * @param dt seconds a step
 * @param numbers of parameters: of each neuron k, or the same for all
 */
export function shiftIn(
  { shift }: TimedRead,
  dt: number,
  numbers: ReadonlyMap<string, (k: number) => number>,
): (k: number) => number {
  if (!shift) return () => 0;
  const names = [...numbers.keys()];
  const lowered = lower(shift, {
    dt,
    resolve: (x) => (numbers.has(x) ? read("f64", x) : undefined),
    stream: () => {
      throw new Error("a draw in a shift (was it checked?)");
    },
  });
  const value = evaluatorOf(toFloat(lowered), names);
  return (k) => value(names.map((x) => numbers.get(x)!(k)));
}
