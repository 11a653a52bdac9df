/** Timed arrays as equations read them: at `t`, or at a time that is later or earlier by what does not change in a run. */
import { NAMED } from "../base/dimension.ts";
import { listNames } from "../base/errors.ts";
import { UNITS } from "../base/units.ts";
import { read } from "../ir/expr.ts";
import { evaluatorOf } from "./connectivity/evaluator.ts";
import { type CallNode, mapNodes, type Node, namesIn, print, walk } from "./equations/ast.ts";
import { expectType, type Scope } from "./equations/check.ts";
import { CONSTANTS, RANDOM } from "./equations/functions.ts";
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
/** A read as it was met in a text; its shift is checked once all names are known (`settledRead`). */
export interface AskedRead extends TimedRead {
  readonly source: Source;
}

/**
 * What a call of a timed array asks for.
 * @param columns names by which a table's column may be given
 * @throws {ModelError} `unsupported`
 */
export function readOf(array: TimedArray, call: CallNode, columns: readonly ("i" | "j")[], source: Source): AskedRead {
  const [time, column, ...more] = call.args;
  const named = column?.tag === "name" ? columns.find((x) => x === column.name) : undefined;
  const fits = array.columns === undefined ? column === undefined : named !== undefined && more.length === 0;
  const moved = time && fits ? shiftOf(time) : undefined;
  if (moved) return { slot: print(call), array, ...(named && { column: named }), ...moved, source };
  const rest = array.columns === undefined ? [""] : columns.map((x) => `, ${x}`);
  const forms = rest.flatMap((x) => [`'${array.name}(t${x})'`, `'${array.name}(t - d${x})'`]);
  const problem = `a timed array of this shape is read as ${forms.join(" or ")}, and in no other way`;
  throw faultAt(source, call.span, "unsupported", problem);
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
  readonly parameters: ReadonlySet<string>;
  /** Each after those that it reads. */
  readonly subexpressions: readonly { readonly name: string; readonly value: Node }[];
  /** Types of all names, where they are known. */
  readonly scope: Scope | undefined;
}
/**
 * The read with a shift of numbers and parameters alone.
 * @throws {ModelError} `unit-mismatch`, `unsupported` for what changes in a run, `unknown-name`
 */
export function settledRead(
  { source, ...asked }: AskedRead,
  { parameters, subexpressions, scope }: Surroundings,
): TimedRead {
  const { shift } = asked;
  if (!shift) return asked;
  if (scope) expectType(shift, NAMED.second!, `what is added to t in '${asked.slot}'`, scope, source);
  const whole = subexpressions.reduceRight<Node>(
    (tree, s) => mapNodes(tree, (n) => (n.tag === "name" && n.name === s.name ? { ...s.value, span: n.span } : n)),
    shift,
  );
  for (const n of walk(whole)) {
    const draws = n.tag === "call" && RANDOM.has(n.fn);
    if (!draws && (n.tag !== "name" || parameters.has(n.name) || isNumber(n.name))) continue;
    const problem = `'${asked.slot}': by how much a timed array is shifted does not change in a run, and '${print(n)}' may; it is made of numbers and parameters; known: ${listNames(parameters)}`;
    throw faultAt(source, shift.span, "unsupported", problem);
  }
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
