/** The names of a model: which may be used, and the order in which subexpressions can be computed. */
import { ModelError } from "../base/errors.ts";
import { UNITS } from "../base/units.ts";
import { DRAW_SLOTS } from "../ir/random.ts";
import { namesIn } from "./equations/ast.ts";
import { BUILTINS, CONSTANTS, isFunction, isNoise } from "./equations/functions.ts";
import type { Equation } from "./equations/parseEquations.ts";
import { faultAt, type Source, type Span } from "./equations/source.ts";
import { ADDED, REFRACTORY, SPIKE } from "./slots.ts";

/** Slots that a neuron's step has beside its variables, and the words of the language. */
const RESERVED: ReadonlySet<string> = new Set([
  SPIKE,
  REFRACTORY,
  ...ADDED,
  ...Object.keys(DRAW_SLOTS),
  "and",
  "or",
  "not",
  "True",
  "False",
  "boolean",
  "integer",
]);

/** Why a name cannot be a variable's or parameter's, or nothing. */
function whyTaken(name: string): string | undefined {
  if (UNITS.has(name)) return "is a unit";
  if (isFunction(name)) return "is a function";
  if (CONSTANTS.has(name) || BUILTINS.has(name) || isNoise(name)) return "is built in";
  return RESERVED.has(name) ? "is reserved" : undefined;
}

/** @throws {ModelError} `duplicate-name` for a word of the language, a unit or a function */
export function checkNameFree(name: string, source: Source, span: Span): void {
  const taken = whyTaken(name);
  if (taken) throw faultAt(source, span, "duplicate-name", `'${name}' ${taken}; choose another name`);
}

/** @throws {ModelError} `duplicate-name` or `syntax` */
export function checkParameterNames(names: readonly string[], path: string): void {
  for (const name of names) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new ModelError("syntax", path, `'${name}' is not a name: a letter followed by letters, digits and _`);
    const taken = whyTaken(name);
    if (taken) throw new ModelError("duplicate-name", path, `'${name}' ${taken}; choose another name`);
  }
}

/** @throws {ModelError} `duplicate-name` */
export function checkEquationNames(
  equations: readonly Equation[],
  parameters: ReadonlySet<string>,
  source: Source,
): void {
  const seen = new Set<string>();
  for (const e of equations) {
    const taken =
      whyTaken(e.name) ??
      (seen.has(e.name) ? "is defined twice" : undefined) ??
      (parameters.has(e.name) && !isParameter(e)
        ? "is also a parameter (its value before the first step goes into 'initial')"
        : undefined);
    if (taken) throw faultAt(source, e.nameSpan, "duplicate-name", `'${e.name}' ${taken}; choose another name`);
    seen.add(e.name);
  }
}
/** `tau : second (constant)` declares a parameter; its value is given in `parameters`. */
export const isParameter = (e: Equation): boolean =>
  e.kind === "declared" && (e.flags.includes("constant") || e.flags.includes("shared"));
export const isInput = (e: Equation): boolean =>
  e.kind === "declared" && (e.flags.includes("input") || e.flags.includes("linked"));
/** `x = … (constant over dt)` is stored as each step begins. */
export const isHeld = (e: Equation): boolean => e.kind === "subexpression" && e.flags.includes("constant over dt");

/**
 * Subexpressions, each after those that it reads.
 * @throws {ModelError} `cycle` naming the loop
 */
export function orderSubexpressions(equations: readonly Equation[], source: Source): Equation[] {
  const byName = new Map(equations.filter((e) => e.kind === "subexpression").map((e) => [e.name, e]));
  const done = new Set<Equation>();
  const visit = (e: Equation, path: readonly string[]): void => {
    if (done.has(e)) return;
    if (path.includes(e.name))
      throw faultAt(
        source,
        e.nameSpan,
        "cycle",
        `subexpressions read each other: ${[...path.slice(path.indexOf(e.name)), e.name].join(" <- ")}`,
      );
    for (const name of namesIn(e.value!)) if (byName.has(name)) visit(byName.get(name)!, [...path, e.name]);
    done.add(e);
  };
  for (const e of byName.values()) visit(e, []);
  return [...done];
}
