/**
 * Numbers of neurons as an expression of each one's index, as Brian has `G.v = 'Vr + rand()*(Vt - Vr)'`. Names of the model
 * are resolved when the population is made; what remains is text and the numbers that it reads.
 */
import { DIMENSIONLESS, type Dimension } from "../base/dimension.ts";
import { listNames } from "../base/errors.ts";
import { mapNodes, type Node, namesIn, print, walk } from "./equations/ast.ts";
import { expectType, type ValueType } from "./equations/check.ts";
import { BUILTINS, isNoise, RANDOM } from "./equations/functions.ts";
import { parseExpression } from "./equations/parse.ts";
import { faultAt, type Source } from "./equations/source.ts";
import { evaluatedText, type Input } from "./evaluatedText.ts";
import type { Draw, drawing, Initializer } from "./initializer.ts";
import { isSetByModel, type NeuronModel } from "./neuronModel.ts";
import { initialName } from "./trainable.ts";

type Expression = Extract<Initializer, { kind: "expression" }>;

/** What has been given so far: an expression sees what stands before it, and the model's own values of all else. */
export interface GivenNumbers {
  readonly parameters: Readonly<Record<string, Initializer>>;
  readonly initial: Readonly<Record<string, Initializer>>;
}

/** Whether a text is an expression of the model's names, indices or draws, and no quantity such as "20 ms". */
export function isPerNeuron(text: string, model: NeuronModel): boolean {
  let node: Node;
  try {
    node = parseExpression({ text, path: "" });
  } catch {
    return false; // "20 ms" is no expression, and what is neither is refused as a quantity
  }
  const own = namesOf(model);
  return walk(node).some((n) => (n.tag === "name" && own.has(n.name)) || (n.tag === "call" && RANDOM.has(n.fn)));
}

const SELVES = ["i", "N"] as const;
const namesOf = ({ parameters, variables, subexpressions }: NeuronModel): Set<string> =>
  new Set([
    ...parameters.map((p) => p.name),
    ...variables.filter((v) => !isSetByModel(v)).map((v) => v.name),
    ...subexpressions.map((s) => s.name),
    ...SELVES,
  ]);

/**
 * The numbers that a text means, as plain data.
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `unsupported`, at the place in the text
 */
export function perNeuron(
  text: string,
  expected: ValueType,
  model: NeuronModel,
  given: GivenNumbers,
  path: string,
): Initializer {
  const source: Source = { text, path };
  const node = parseExpression(source);
  refuseOthers(node, model, source);
  expectType(node, expected, "the value", scopeOf(model), source);
  const inlined = withSubexpressions(node, model);
  const reads = [...namesIn(inlined)].flatMap((name) => readOf(name, model, given) ?? []);
  return { kind: "expression", text: print(inlined), reads: Object.fromEntries(reads) };
}

const typed = (x: { readonly type: string; readonly dimension: Dimension }): ValueType =>
  x.type === "boolean" ? "boolean" : x.dimension;
function scopeOf(model: NeuronModel): Map<string, ValueType> {
  return new Map<string, ValueType>([
    ...SELVES.map((name) => [name, DIMENSIONLESS] as const),
    ...model.parameters.map((p) => [p.name, p.dimension] as const),
    ...[...model.variables, ...model.subexpressions].map((v) => [v.name, typed(v)] as const),
  ]);
}

/** Time, noise, inputs and events mean nothing before the first step. */
function refuseOthers(node: Node, model: NeuronModel, source: Source): void {
  const own = namesOf(model);
  const inputs = new Set([...model.inputs, ...model.timedReads.map((x) => ({ name: x.slot }))].map((x) => x.name));
  const refuse = (n: Node): void => {
    if (n.tag === "timed")
      throw faultAt(source, n.span, "unsupported", `'${print(n)}' has no value before the first step`);
    if (n.tag === "call" && n.fn === "poisson")
      throw faultAt(source, n.span, "unsupported", "draws here are rand() and randn()");
    if (n.tag !== "name" || own.has(n.name)) return;
    if (BUILTINS.has(n.name) || isNoise(n.name) || inputs.has(n.name) || model.variables.some((v) => v.name === n.name))
      throw faultAt(
        source,
        n.span,
        "unsupported",
        `'${n.name}' has no value before the first step; known: ${listNames(own)}`,
      );
  };
  for (const n of walk(node)) refuse(n);
  for (const n of walk(withSubexpressions(node, model))) refuse({ ...n, span: node.span });
}
/** Subexpressions are ordered: each after those that it reads. */
function withSubexpressions(node: Node, { subexpressions }: NeuronModel): Node {
  return subexpressions.reduceRight(
    (tree, s) => mapNodes(tree, (n) => (n.tag === "name" && n.name === s.name ? s.value : n)),
    node,
  );
}

function readOf(
  name: string,
  model: NeuronModel,
  given: GivenNumbers,
): [string, Expression["reads"][string]][] | undefined {
  const p = model.parameters.find((x) => x.name === name);
  if (p) return [[name, { of: name, from: given.parameters[name] ?? { kind: "constant", value: p.value } }]];
  const v = model.variables.find((x) => x.name === name);
  if (!v) return undefined;
  return [[name, { of: initialName(name), from: given.initial[name] ?? { kind: "constant", value: v.initial } }]];
}

/**
 * The numbers one by one. `rand()` and `randn()` are drawn anew at each place in the text, and what is read is what its own
 * array holds: streams of a population's arrays are named `population.array`.
 * @throws {ModelError} `not-finite`, when such a number is asked for
 */
export function evaluated(
  { text, reads }: Expression,
  length: number,
  { name, seed }: Draw,
  numbers: typeof drawing,
): (k: number) => number {
  const node = name.split(".")[0]!;
  const inputs: Input[] = [
    ["i", (k) => k],
    ["N", () => length],
    ...Object.entries(reads).map(
      ([x, { of, from }]) => [x, numbers(from, length, { name: `${node}.${of}`, seed })] as const,
    ),
  ];
  return evaluatedText(text, inputs, { name, seed }, (k) => `i = ${k}`);
}
