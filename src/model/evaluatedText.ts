/** Numbers, one by one, as an expression that is a text, of what it may read and of draws. */
import { ModelError } from "../base/errors.ts";
import { normalOf, uniformOf } from "../base/laws.ts";
import { numberedWords, streamOf } from "../base/random.ts";
import { read } from "../ir/expr.ts";
import { evaluatorOf } from "./connectivity/evaluator.ts";
import { type CallNode, mapNodes, type Node } from "./equations/ast.ts";
import { parseExpression } from "./equations/parse.ts";
import { lower } from "./lower.ts";
import { toFloat } from "./values.ts";

/** A name, and what stands for it at number k. */
export type Input = readonly [name: string, of: (k: number) => number];

/**
 * `rand()` and `randn()` are drawn anew at each place in the text. Names are those of `inputs`: whoever gives the text has
 * checked that.
 * @param where what tells a number apart from others, in an error, such as `i = 3`
 * @throws {ModelError} `not-finite`, when such a number is asked for
 */
export function evaluatedText(
  text: string,
  given: readonly Input[],
  { name, seed }: { readonly name: string; readonly seed: number },
  where: (k: number) => string,
): (k: number) => number {
  const inputs = [...given];
  const drawn = (n: CallNode): Node => {
    const slot = `draw ${inputs.length}`;
    const word = numberedWords(seed, streamOf(`${name} ${slot}`));
    inputs.push([slot, n.fn === "rand" ? (k) => uniformOf(word(k)) : (k) => normalOf(word(k))]);
    return { tag: "name", name: slot, span: n.span };
  };
  const tree = mapNodes(parseExpression({ text, path: name }), (n) =>
    n.tag === "call" && (n.fn === "rand" || n.fn === "randn") ? drawn(n) : n,
  );
  const slots = inputs.map(([x]) => x);
  const lowered = lower(tree, {
    dt: Number.NaN,
    resolve: (x) => (slots.includes(x) ? read("f64", x) : undefined),
    stream: () => {
      throw new Error(`${name}: a draw that is none (was it checked?)`);
    },
  });
  const value = evaluatorOf(toFloat(lowered), slots);
  const row = new Float64Array(slots.length);
  return (k) => {
    for (const [at, [, of]] of inputs.entries()) row[at] = of(k);
    const x = value(row);
    if (Number.isFinite(x)) return x;
    throw new ModelError("not-finite", name, `'${text}' is ${x} for ${where(k)}`);
  };
}
