/**
 * Pairs for which a condition holds, with a probability that may be an expression too. Where the probability is the same
 * all along a row, the condition is looked at for those pairs only that it lets through.
 */
import { DIMENSIONLESS } from "../../base/dimension.ts";
import { RunError } from "../../base/errors.ts";
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import { f64, max, min, read, select } from "../../ir/expr.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import { type Node, namesIn, walk } from "../equations/ast.ts";
import { expectType, type Scope } from "../equations/check.ts";
import { BUILTINS, isNoise, RANDOM } from "../equations/functions.ts";
import { parseExpression } from "../equations/parse.ts";
import { faultAt, type Source } from "../equations/source.ts";
import { lower } from "../lower.ts";
import { toFloat } from "../values.ts";
import { meanOfSome } from "./distance.ts";
import { evaluatorOf } from "./evaluator.ts";
import type { Kind, Size } from "./kind.ts";
import { requireProbability, type Skip, skipOf, successes } from "./skip.ts";
import { checkPositions, coordinatesOf, dimensionsOf, type Positions } from "./space.ts";
import { type Table, type Thinned, thinned } from "./thinned.ts";

type Condition = ConnectivityOf<"condition">;

export const conditionKind: Kind<Condition> = {
  check: (c, { sources, targets }, path) => {
    if (c.source) checkPositions(c.source, sources, `${path}.source`);
    if (c.target) checkPositions(c.target, targets, `${path}.target`);
    parsed(c, path);
  },
  expected: (c, size) => {
    const rule = new Rule(c, size, "connectivity");
    return size.sources * size.targets * meanOfSome(size.sources, size.targets, (i, j) => rule.chance(i, j));
  },
  lines: (c, size, { name, seed }) => {
    const rule = new Rule(c, size, name);
    const draws = new LineStream(seed, streamOf(`${name}.pairs`));
    return {
      by: "source",
      ascending: true,
      distinct: true,
      each: (line, take) => {
        draws.begin(line);
        rule.row(line, draws, take);
      },
    };
  },
};

const AXES = ["x", "y", "z"] as const;
const axesOf = (p: Positions | undefined, end: "pre" | "post"): string[] =>
  p ? AXES.slice(0, dimensionsOf(p)).map((axis) => `${axis}_${end}`) : [];
/** Names that are the same all along a row come first. */
const rowNames = (c: Condition): string[] => ["N_pre", "N_post", "i", ...axesOf(c.source, "pre")];
const pairNames = (c: Condition): string[] => ["j", ...axesOf(c.target, "post")];

/** Both expressions, checked. */
function parsed(c: Condition, path: string): Readonly<Record<"condition" | "p", Node>> {
  const scope: Scope = new Map([...rowNames(c), ...pairNames(c)].map((name) => [name, DIMENSIONLESS]));
  const one = (text: string, name: "condition" | "p"): Node => {
    const source = { text, path: `${path}.${name}` };
    const node = parseExpression(source);
    refuseOthers(node, scope, source);
    expectType(node, name === "p" ? DIMENSIONLESS : "boolean", name, scope, source);
    return node;
  };
  const nodes = { condition: one(c.condition, "condition"), p: one(c.p, "p") };
  if (nodes.p.tag === "number") requireProbability(nodes.p.value, `${path}.p`);
  return nodes;
}
/** Time and noise mean nothing when a network is built. */
function refuseOthers(node: Node, scope: Scope, source: Source): void {
  for (const n of walk(node)) {
    if (n.tag === "call" && RANDOM.has(n.fn))
      throw faultAt(source, n.span, "unsupported", `no draws here: give the probability as 'p' instead of ${n.fn}()`);
    if (n.tag === "name" && !scope.has(n.name) && (BUILTINS.has(n.name) || isNoise(n.name)))
      throw faultAt(
        source,
        n.span,
        "unknown-name",
        `'${n.name}' has no meaning here; known: ${[...scope.keys()].join(", ")}`,
      );
  }
}

/** A condition and its probability over the pairs of two groups. */
class Rule {
  readonly #holds: (inputs: Float64Array) => number;
  readonly #p: (inputs: Float64Array) => number;
  /** Whether the probability is the same all along a row. */
  readonly #even: boolean;
  readonly #inputs: Float64Array;
  readonly #pre: readonly Float64Array[];
  readonly #post: readonly Float64Array[];
  readonly #size: Size;
  readonly #path: string;
  /** Of the last probability. */
  #skip: readonly [number, Skip] = [0, skipOf(0)];

  constructor(c: Condition, size: Size, path: string) {
    const nodes = parsed(c, path);
    const names = [...rowNames(c), ...pairNames(c)];
    const meaning = {
      dt: 0,
      resolve: (name: string) => (names.includes(name) ? read("f64", name) : undefined),
      stream: none,
    };
    this.#holds = evaluatorOf(lower(nodes.condition, meaning), names);
    this.#p = evaluatorOf(toFloat(lower(nodes.p, meaning)), names);
    this.#even = isEven(nodes.p, c);
    this.#inputs = new Float64Array(names.length);
    this.#inputs.set([size.sources, size.targets]);
    this.#pre = c.source ? coordinatesOf(c.source, size.sources) : [];
    this.#post = c.target ? coordinatesOf(c.target, size.targets) : [];
    this.#size = size;
    this.#path = path;
  }

  /** The probability of a synapse of a pair. */
  chance(i: number, j: number): number {
    this.#go(i, j);
    return this.#holds(this.#inputs) ? this.#probability(i, j) : 0;
  }
  row(i: number, draws: LineStream, take: (j: number) => void): void {
    const { targets } = this.#size;
    if (targets === 0) return;
    this.#go(i, 0);
    if (this.#even)
      successes(targets, this.#skipOf(this.#probability(i, 0)), draws, (j) => {
        this.#go(i, j);
        if (this.#holds(this.#inputs)) take(j);
      });
    else
      for (let j = 0; j < targets; j++) {
        const p = this.chance(i, j);
        if (p > 0 && (p === 1 || draws.uniform() <= p)) take(j);
      }
  }

  #go(i: number, j: number): void {
    const [inputs, pre, post] = [this.#inputs, this.#pre, this.#post];
    let at = 2;
    inputs[at++] = i;
    for (const x of pre) inputs[at++] = x[i]!;
    inputs[at++] = j;
    for (const x of post) inputs[at++] = x[j]!;
  }
  /** Of the pair at hand. What is above 1 is always, what is below 0 never. */
  #probability(i: number, j: number): number {
    const p = this.#p(this.#inputs);
    if (Number.isNaN(p)) throw new RunError("not-finite", `${this.#path}.p`, `is not a number for i = ${i}, j = ${j}`);
    return Math.min(1, Math.max(0, p));
  }
  #skipOf(p: number): Skip {
    if (this.#skip[0] !== p) this.#skip = [p, skipOf(p)];
    return this.#skip[1];
  }
}
/** The same rows, as kernels draw them. */
export function conditionLaw(c: Condition, size: Size, path: string): Thinned {
  const { sources, targets } = size;
  const nodes = parsed(c, path);
  const tables = new Map<string, Table>();
  const add = (end: "pre" | "post", of: Positions | undefined, count: number): void => {
    const all = of ? coordinatesOf(of, count) : [];
    axesOf(of, end).forEach((name, d) => tables.set(name, { space: end, values: all[d]! }));
  };
  add("pre", c.source, sources);
  add("post", c.target, targets);
  const counts: Readonly<Record<string, number>> = { N_pre: sources, N_post: targets };
  const meaning = {
    dt: 0,
    resolve: (name: string) =>
      name in counts
        ? f64(counts[name]!)
        : name === "i" || name === "j" || tables.has(name)
          ? read("f64", name)
          : undefined,
    stream: none,
  };
  const holds = lower(nodes.condition, meaning);
  const p = min(f64(1), max(f64(0), toFloat(lower(nodes.p, meaning))));
  const even = isEven(nodes.p, c);
  return thinned({
    most: even ? p : f64(1),
    share: select(holds, even ? f64(1) : p, f64(0)),
    tables,
    members: Uint32Array.from({ length: targets }, (_, k) => k),
    boxStart: Uint32Array.of(0, targets),
    drawsZero: false,
    ordered: true,
  });
}
/** Whether the probability is the same all along a row. */
function isEven(p: Node, c: Condition): boolean {
  const ofPair = new Set(pairNames(c));
  return ![...namesIn(p)].some((name) => ofPair.has(name));
}
function none(): never {
  throw new Error("a draw in a condition (was it checked?)");
}
