/** What a population must be so that its model's timed arrays can be read: a column for every neuron, and times that do not train. */
import { ModelError } from "../base/errors.ts";
import { UNITS } from "../base/units.ts";
import { i32, read } from "../ir/expr.ts";
import { evaluatorOf } from "./connectivity/evaluator.ts";
import { type Node, namesIn, print, type TimedNode, walk } from "./equations/ast.ts";
import { CONSTANTS, RANDOM } from "./equations/functions.ts";
import { lower } from "./lower.ts";
import { expressionsOf } from "./meaning.ts";
import type { NeuronModel } from "./neuronModel.ts";
import { shiftParameters } from "./timedRead.ts";
import { toFloat } from "./values.ts";

const lookups = (m: NeuronModel): TimedNode[] =>
  expressionsOf(m)
    .flatMap(walk)
    .flatMap((n) => (n.tag === "timed" ? [n] : []));

/** @throws {ModelError} `shape-mismatch`, `out-of-range` where a neuron has no column */
export function checkColumns(m: NeuronModel, size: number, path: string): void {
  const missing = (slot: string, columns: number): ModelError =>
    new ModelError("shape-mismatch", path, `'${slot}' has values for ${columns} neurons, and there are ${size}`);
  for (const { slot, array, column } of m.timedReads)
    if (column && array.columns !== size) throw missing(slot, array.columns!);
  for (const n of lookups(m)) {
    const { columns } = n.array;
    if (!n.column || columns === undefined) continue;
    if (n.column.tag === "name" && n.column.name === "i" && columns !== size) throw missing(print(n), columns);
    checkColumn(n.column, columns, size, `'${print(n)}'`, path);
  }
}
/** A column that is made of the neuron's number can be told beforehand. */
function checkColumn(column: Node, columns: number, size: number, what: string, path: string): void {
  const told = walk(column).every((n) =>
    n.tag === "name"
      ? n.name === "i" || n.name === "N" || UNITS.has(n.name) || CONSTANTS.has(n.name)
      : n.tag !== "timed" && !(n.tag === "call" && RANDOM.has(n.fn)),
  );
  if (!told) return;
  const resolve = (name: string) => (name === "i" ? read("i32", "i") : name === "N" ? i32(size) : undefined);
  const stream = (): number => {
    throw new Error("a draw in a column (was it looked for?)");
  };
  const value = evaluatorOf(toFloat(lower(column, { dt: Number.NaN, resolve, stream })), ["i"]);
  for (let i = 0; i < size; i++) {
    const k = Math.trunc(value([i]));
    if (k >= 0 && k < columns) continue;
    const problem = `${what}: the table has columns 0 to ${columns - 1}, and neuron ${i} asks for ${k}`;
    throw new ModelError("out-of-range", path, problem);
  }
}

/** @throws {ModelError} `unsupported` for a number that is to be trained, and says at what time an array is read */
export function checkTimes(m: NeuronModel, trainable: readonly string[], path: string): void {
  const refuse = (name: string, slot: string, why: string): never => {
    throw new ModelError(
      "unsupported",
      `${path}.trainable.${name}`,
      `'${slot}' ${why}, so '${name}' cannot be trained: leave it out of 'trainable'`,
    );
  };
  for (const x of m.timedReads)
    for (const name of shiftParameters(x, trainable)) refuse(name, x.slot, "is read at a time that does not change");
  for (const n of lookups(m)) {
    const names = reached(n, m);
    for (const name of trainable) if (names.has(name)) refuse(name, print(n), "has no derivative by its time");
  }
}
/** Names in an expression, and in the subexpressions that it leads to. */
function reached(n: Node, m: NeuronModel): Set<string> {
  const names = namesIn(n);
  for (const s of [...m.subexpressions].reverse())
    if (names.has(s.name)) for (const x of namesIn(s.value)) names.add(x);
  return names;
}
