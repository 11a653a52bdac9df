/**
 * Numbers of synapses as an expression of each one's ends, as Brian has `S.w = '(1 + cos(i - j))*2*nS'`. Names are resolved
 * when the connection is made; what remains is text and the numbers that it reads.
 */
import { DIMENSIONLESS, type Dimension } from "../base/dimension.ts";
import { listNames } from "../base/errors.ts";
import { UNITS } from "../base/units.ts";
import { fullEnds } from "./connectivity/ends.ts";
import { type Node, namesIn, walk } from "./equations/ast.ts";
import { expectType, typeOfExpression, type ValueType } from "./equations/check.ts";
import { BUILTINS, isNoise } from "./equations/functions.ts";
import { parseExpression } from "./equations/parse.ts";
import { faultAt, type Source } from "./equations/source.ts";
import { evaluatedText, type Input } from "./evaluatedText.ts";
import type { Draw, drawing, Initializer } from "./initializer.ts";
import { isSetByModel, type NeuronModel } from "./neuronModel.ts";
import { N_INCOMING, N_OUTGOING } from "./slots.ts";
import { initialName } from "./trainable.ts";

type Pairwise = Extract<Initializer, { kind: "pairwise" }>;

/** One end of a connection, as an expression sees it. */
export interface End {
  readonly node: string;
  readonly size: number;
  /** Of a population: its model, and the numbers that its neurons start with. */
  readonly model?: NeuronModel;
  readonly parameters?: Readonly<Record<string, Initializer>>;
  readonly initial?: Readonly<Record<string, Initializer>>;
}
export interface Ends {
  readonly pre: End;
  readonly post: End;
  /** Parameters of the synapse, with their dimensions where they have any. */
  readonly parameters: Readonly<Record<string, { readonly value: number; readonly dimension?: Dimension }>>;
}

const SELVES = ["i", "j", "N", "N_pre", "N_post", N_INCOMING, N_OUTGOING] as const;

/** Whether a text is an expression, and no quantity such as "20 ms". */
export function isExpression(text: string): boolean {
  try {
    return walk(parseExpression({ text, path: "" })).some(
      (n) => n.tag === "call" || (n.tag === "name" && !UNITS.has(n.name)),
    );
  } catch {
    return false; // "20 ms" is no expression, and what is neither is refused as a quantity
  }
}

/**
 * The numbers that a text means, as plain data.
 * @param expected undefined where nothing says what unit they have
 * @throws {ModelError} `unknown-name`, `unit-mismatch`, `unsupported`, at the place in the text
 */
export function perSynapse(text: string, expected: ValueType | undefined, ends: Ends, path: string): Initializer {
  const source: Source = { text, path };
  const node = parseExpression(source);
  const variables = new Map([...variablesOf("pre", ends.pre), ...variablesOf("post", ends.post)]);
  const scope = new Map<string, ValueType>([
    ...SELVES.map((name) => [name, DIMENSIONLESS] as const),
    ...Object.entries(ends.parameters).map(([name, p]) => [name, p.dimension ?? DIMENSIONLESS] as const),
    ...[...variables].map(([name, v]) => [name, v.type] as const),
  ]);
  refuseOthers(node, scope, source);
  if (expected) expectType(node, expected, "the value", scope, source);
  else typeOfExpression(node, scope, source);
  const names = namesIn(node);
  const numbers = Object.entries(ends.parameters).filter(([name]) => names.has(name));
  const reads = [...variables].filter(([name]) => names.has(name)).map(([name, v]) => [name, v.read] as const);
  return {
    ...{ kind: "pairwise", text, sources: ends.pre.size, targets: ends.post.size },
    ...(numbers.length > 0 && { numbers: Object.fromEntries(numbers.map(([name, p]) => [name, p.value])) }),
    reads: Object.fromEntries(reads),
  };
}

/** `x_pre` and `x_post`: parameters, and states as they are before the first step. */
function variablesOf(suffix: "pre" | "post", { node, size, model, parameters = {}, initial = {} }: End) {
  const at = (name: string, of: string, type: ValueType, from: Initializer) =>
    [`${name}_${suffix}`, { type, read: { of: `${node}.${of}`, size, from } }] as const;
  return [
    ...(model?.parameters ?? []).map((p) =>
      at(p.name, p.name, p.dimension, parameters[p.name] ?? { kind: "constant", value: p.value }),
    ),
    ...(model?.variables ?? [])
      .filter((v) => !isSetByModel(v))
      .map((v) =>
        at(
          v.name,
          initialName(v.name),
          v.type === "boolean" ? "boolean" : v.dimension,
          initial[v.name] ?? { kind: "constant", value: v.initial },
        ),
      ),
  ];
}

/** Time and noise mean nothing before the first step. */
function refuseOthers(node: Node, scope: ReadonlyMap<string, unknown>, source: Source): void {
  for (const n of walk(node)) {
    if (n.tag === "call" && n.fn === "poisson")
      throw faultAt(source, n.span, "unsupported", "draws here are rand() and randn()");
    if (n.tag !== "name" || scope.has(n.name) || UNITS.has(n.name)) continue;
    if (BUILTINS.has(n.name) || isNoise(n.name))
      throw faultAt(
        source,
        n.span,
        "unsupported",
        `'${n.name}' has no value before the first step; known: ${listNames(scope.keys())}`,
      );
  }
}

/**
 * The numbers one by one, in order of source, then of target. `rand()` and `randn()` are drawn anew at each place in the text.
 * @throws {ModelError} `not-finite`, when such a number is asked for
 */
export function evaluatedPairs(from: Pairwise, { name, seed, ends }: Draw, numbers: typeof drawing) {
  const { text, sources, targets, reads, numbers: constants = {} } = from;
  const { count, source, target, incoming, outgoing } = ends?.() ?? fullEnds(sources, targets);
  const of = (at: (k: number) => number, values: (n: number) => number) => (k: number) => values(at(k));
  const inputs: Input[] = [
    ["i", source],
    ["j", target],
    ["N", () => count],
    ["N_pre", () => sources],
    ["N_post", () => targets],
    [N_INCOMING, of(target, incoming)],
    [N_OUTGOING, of(source, outgoing)],
    ...Object.entries(constants).map(([x, value]) => [x, () => value] as const),
    ...Object.entries(reads).map(([x, r]) => {
      const start = numbers(r.from, r.size, { name: r.of, seed });
      return [x, of(x.endsWith("_pre") ? source : target, start)] as const;
    }),
  ];
  return evaluatedText(text, inputs, { name, seed }, (k) => `i = ${source(k)}, j = ${target(k)}`);
}
