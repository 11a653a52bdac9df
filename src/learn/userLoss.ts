/** A loss that a user writes: an expression of one output's answer and what it should be, differentiated as expressions. */
import { DIMENSIONLESS } from "../base/dimension.ts";
import { listNames, ModelError } from "../base/errors.ts";
import { gradients } from "../ir/differentiate.ts";
import { convert, type Expr, f64, index, read } from "../ir/expr.ts";
import { type Node, namesIn, print, walk } from "../model/equations/ast.ts";
import { expectType } from "../model/equations/check.ts";
import { RANDOM } from "../model/equations/functions.ts";
import { parseExpression } from "../model/equations/parse.ts";
import { faultAt, type Source } from "../model/equations/source.ts";
import { finish } from "../model/finish.ts";
import { lower } from "../model/lower.ts";
import type { ExpressionMeasure } from "./loss.ts";

const ANSWER = "answer";
/** What an expression may read, besides its parameters: a slot, or something made of one. */
const NAMES: Readonly<Record<string, (classes: number) => Expr>> = {
  answer: () => read("f64", "x"),
  target: () => read("f64", "target"),
  label: () => convert("f64", read("i32", "label")),
  output: () => convert("f64", index("element")),
  outputs: (classes) => f64(classes),
  step: () => read("f64", "step"),
};
const PATH = "loss.equation";

/** Names of an expression, which must be known. */
export function namesOfLoss(m: ExpressionMeasure): ReadonlySet<string> {
  return namesIn(checked(m));
}

/** The term of one output and its derivative by the answer, as expressions of slots `x`, `target`, `label` and `step`. */
export function termOf(m: ExpressionMeasure, classes: number, type: "f32" | "f64"): { term: Expr; slope: Expr } {
  const { parameters = {} } = m;
  const term = lower(checked(m), {
    resolve: (name) => (Object.hasOwn(parameters, name) ? f64(parameters[name]!) : NAMES[name]?.(classes)),
    stream: () => 0,
    dt: Number.NaN,
  });
  const [whole] = finish([convertIfNeeded(term)], "f64");
  const [slope] = gradients([{ value: whole!, seed: f64(1) }], [read("f64", "x")], undefined);
  if (!slope) throw constantIn(m);
  const [a, b] = finish([whole!, slope], type);
  return { term: a!, slope: b! };
}
const convertIfNeeded = (e: Expr): Expr => (e.type === "f64" ? e : convert("f64", e));

const constantIn = ({ equation }: ExpressionMeasure): ModelError =>
  new ModelError(
    "not-differentiable",
    PATH,
    `'${equation}' does not change with 'answer', so nothing can be learned from it`,
  );

/** @throws {ModelError} `syntax`, `unknown-name`, `unit-mismatch`, `not-differentiable` with the place in the text */
function checked({ equation, parameters = {} }: ExpressionMeasure): Node {
  const source: Source = { text: equation, path: PATH };
  const node = parseExpression(source);
  const known = [...Object.keys(NAMES), ...Object.keys(parameters)];
  for (const n of walk(node)) {
    if (n.tag === "name" && !known.includes(n.name) && !CONSTANT.has(n.name))
      throw faultAt(source, n.span, "unknown-name", `unknown name '${n.name}'; known: ${listNames(known)}`);
    if (n.tag === "call" && RANDOM.has(n.fn))
      throw faultAt(source, n.span, "unsupported", `'${n.fn}' is random; a loss must be the same each time`);
    const jump = jumpOf(n);
    if (jump) throw faultAt(source, n.span, "not-differentiable", jump);
  }
  expectType(node, DIMENSIONLESS, "a loss", new Map(known.map((name) => [name, DIMENSIONLESS])), source);
  if (!namesIn(node).has(ANSWER)) throw constantIn({ kind: "expression", equation });
  return node;
}
const CONSTANT: ReadonlySet<string> = new Set(["pi", "e", "inf"]);

/** Functions whose derivative is 0 wherever there is one. */
const FLAT: ReadonlySet<string> = new Set(["floor", "ceil", "sign", "int", "timestep"]);
/** In words, why what a node makes of the answer has no useful derivative. */
function jumpOf(n: Node): string | undefined {
  const flat = n.tag === "call" ? FLAT.has(n.fn) : n.tag === "arithmetic" && n.op === "//";
  if (!flat || !namesIn(n).has(ANSWER)) return undefined;
  return `'${print(n)}' jumps with 'answer' and is flat between, so its derivative is 0; where(condition, a, b), max, min and clip may be used`;
}
