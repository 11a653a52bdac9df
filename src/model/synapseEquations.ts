/** The equations of a synapse: what moves by the clock, what only when an event needs it, and what is summed. */
import { type Dimension, formatDimension, sameDimension } from "../base/dimension.ts";
import { listNames, ModelError } from "../base/errors.ts";
import { type Calls, resolveCalls } from "./calls.ts";
import { type Node, namesIn, print, walk } from "./equations/ast.ts";
import type { ValueType } from "./equations/check.ts";
import { isNoise, RANDOM } from "./equations/functions.ts";
import { type Equation, parseEquations, type VariableType } from "./equations/parseEquations.ts";
import { faultAt, type Source } from "./equations/source.ts";
import { checkNameFree, isHeld, orderSubexpressions } from "./names.ts";
import { LAST_UPDATED } from "./slots.ts";

/** An equation with a right side. */
export interface SynapseEquation {
  readonly name: string;
  readonly type: VariableType;
  readonly dimension: Dimension;
  readonly value: Node;
}
export interface SynapseState {
  readonly name: string;
  readonly type: VariableType;
  readonly dimension: Dimension;
  /** Whether statements may not change it. */
  readonly constant: boolean;
}

export interface SynapseDynamics {
  readonly source: Source;
  /** Variables of each synapse, without its weight. */
  readonly states: readonly SynapseState[];
  readonly eventDriven: readonly SynapseEquation[];
  readonly clockDriven: readonly SynapseEquation[];
  /** What is computed as each step begins, and stored; each after those that it reads. */
  readonly held: readonly SynapseEquation[];
  /** Each after those that it reads. */
  readonly subexpressions: readonly SynapseEquation[];
  /** `x_post = …`, or `x_pre = …`: port `x` of the target, or of the source. */
  readonly summed: readonly (SynapseEquation & { readonly port: string; readonly of: "pre" | "post" })[];
  /** Of the weight, where the equations declare it. */
  readonly weight?: Dimension;
  readonly dimensions: Readonly<Record<string, Dimension>>;
}

interface Given {
  /** Dimensions of the parameters that have a value. */
  readonly parameters: Readonly<Record<string, Dimension>>;
  /** Variables that have an initial value. */
  readonly initial: readonly string[];
}

export const valueTypeOf = (e: { readonly type: VariableType; readonly dimension: Dimension }): ValueType =>
  e.type === "boolean" ? "boolean" : e.dimension;

/** @throws {ModelError} `syntax`, `unknown-name`, `duplicate-name`, `unsupported`, `cycle`, at the place in the text */
export function dynamicsIn(text: string, path: string, given: Given, calls: Calls): SynapseDynamics {
  const source: Source = { text, path: `${path}.equations` };
  const equations = parseEquations(source).map((e) =>
    e.value ? { ...e, value: resolveCalls(e.value, calls, source) } : e,
  );
  const parameters = new Set(equations.filter((e) => isShared(e) || e.name in given.parameters).map((e) => e.name));
  checkEquations(equations, parameters, given, source);
  const weight = equations.find((e) => e.name === "w");
  const states = equations.filter((e) => isState(e) && e !== weight && !parameters.has(e.name));
  for (const name of given.initial)
    if (!states.some((e) => e.name === name))
      throw new ModelError(
        "unknown-name",
        `${path}.variables.${name}`,
        `no variable called '${name}' in the equations; known: ${listNames(states.map((e) => e.name))}`,
      );
  const summed = equations.filter(isSummed);
  const ordered = orderSubexpressions(
    equations.filter((e) => !isSummed(e)),
    source,
  );
  const dynamics: SynapseDynamics = {
    source,
    states: states.map((e) => ({ ...pick(e), constant: e.flags.includes("constant") || isHeld(e) })),
    eventDriven: equations.filter(isEventDriven).map(valued),
    clockDriven: equations.filter((e) => e.kind === "differential" && !isEventDriven(e)).map(valued),
    held: ordered.filter(isHeld).map(valued),
    subexpressions: ordered.filter((e) => !isHeld(e)).map(valued),
    summed: summed.map((e) => ({ ...valued(e), ...summedInto(e.name)! })),
    ...(weight && { weight: weight.dimension }),
    dimensions: { ...given.parameters },
  };
  for (const e of equations) {
    checkDependence(e, dynamics, calls);
    checkSharing(e, equations, given.parameters, source, calls);
  }
  return dynamics;
}

const pick = ({ name, type, dimension }: Equation) => ({ name, type, dimension });
const valued = (e: Equation): SynapseEquation => ({ ...pick(e), value: e.value! });
const isSummed = (e: Equation): boolean => e.flags.includes("summed");
const isEventDriven = (e: Equation): boolean => e.flags.includes("event-driven");
/** One value for all synapses: a parameter. */
const isShared = (e: Equation): boolean => e.kind === "declared" && e.flags.includes("shared");
const isState = (e: Equation): boolean => e.kind === "differential" || e.kind === "declared" || isHeld(e);

function checkEquations(
  equations: readonly Equation[],
  parameters: ReadonlySet<string>,
  given: Given,
  source: Source,
): void {
  const seen = new Set<string>();
  for (const e of equations) {
    const fault = (code: "unsupported" | "duplicate-name" | "unknown-name" | "unit-mismatch", problem: string) =>
      faultAt(source, e.nameSpan, code, problem);
    checkNameFree(e.name, source, e.nameSpan);
    if (seen.has(e.name)) throw fault("duplicate-name", `'${e.name}' is defined twice; choose another name`);
    seen.add(e.name);
    if (e.name === "w") checkWeight(e, fault);
    if (isSummed(e)) checkSummed(e, fault);
    else if (/_(pre|post)$/.test(e.name))
      throw fault("unsupported", `'${e.name}': names that end in _pre and _post belong to the source and the target`);
    if (e.kind === "difference") throw fault("unsupported", `'${e.name}[t+1]': synapses have differential equations`);
    if (e.kind === "differential" && e.type !== "float")
      throw fault("unsupported", `d${e.name}/dt: only numbers have a derivative, not ${e.type}`);
    const foreign = e.flags.find((f) => f === "unless refractory" || f === "input" || f === "linked");
    if (foreign) throw fault("unsupported", `'${foreign}' belongs to neurons`);
    if (e.name === LAST_UPDATED && equations.some(isEventDriven))
      throw fault("duplicate-name", `'${e.name}' is built in where an equation is (event-driven): leave its line out`);
    if (e.name in given.parameters && e.kind !== "declared")
      throw fault("duplicate-name", `'${e.name}' is also a parameter; choose another name`);
    if (!parameters.has(e.name)) continue;
    const dimension = given.parameters[e.name];
    if (dimension === undefined)
      throw fault("unknown-name", `'${e.name}' is a parameter without a value; give one in 'parameters'`);
    if (!sameDimension(dimension, e.dimension))
      throw fault(
        "unit-mismatch",
        `'${e.name}' is declared in ${formatDimension(e.dimension)}, but its value is in ${formatDimension(dimension)}`,
      );
  }
}
type Fault = (code: "unsupported" | "duplicate-name", problem: string) => Error;
function checkWeight(e: Equation, fault: Fault): void {
  const stored = e.kind === "declared" || e.kind === "differential";
  if (!stored || e.type !== "float" || e.flags.includes("shared"))
    throw fault(
      "unsupported",
      "'w' is the weight of each synapse, whose values the connection gives: declare it as 'w : unit', or by a differential equation",
    );
}
function checkSummed(e: Equation, fault: Fault): void {
  if (e.type !== "float") throw fault("unsupported", `'${e.name}': a sum is a number, not ${e.type}`);
  if (summedInto(e.name)) return;
  const problem = `'${e.name}': the name of a summed variable ends in _post or _pre, as in '${e.name}_post'`;
  throw fault("unsupported", problem);
}
/** Where a sum of that name goes. */
function summedInto(name: string): { readonly port: string; readonly of: "pre" | "post" } | undefined {
  const [, port, of] = /^(.+)_(pre|post)$/.exec(name) ?? [];
  return port === undefined ? undefined : { port, of: of as "pre" | "post" };
}

/** These names, and those that they lead to through subexpressions. */
export function reachableFrom(names: Iterable<string>, d: SynapseDynamics | undefined): Set<string> {
  const out = new Set<string>();
  const visit = (name: string): void => {
    if (out.has(name)) return;
    out.add(name);
    const e = d?.subexpressions.find((x) => x.name === name);
    if (e) for (const inner of namesIn(e.value)) visit(inner);
  };
  for (const name of names) visit(name);
  return out;
}

/** Brian: "A shared subexpression can only refer to other shared variables." */
function checkSharing(
  e: Equation,
  equations: readonly Equation[],
  parameters: Readonly<Record<string, unknown>>,
  source: Source,
  { reads }: Calls,
): void {
  if (e.kind !== "subexpression" || !e.flags.includes("shared")) return;
  const shared = (name: string): boolean =>
    Object.hasOwn(parameters, name) || equations.some((x) => x.name === name && x.flags.includes("shared"));
  const own = (name: string): boolean =>
    equations.some((x) => x.name === name) ||
    /_(pre|post)$/.test(name) ||
    SELVES.has(name) ||
    !!reads.get(name)?.column;
  for (const n of walk(e.value!)) {
    const each =
      (n.tag === "name" && !shared(n.name) && (own(n.name) || isNoise(n.name))) ||
      (n.tag === "call" && RANDOM.has(n.fn));
    if (each)
      throw faultAt(source, n.span, "unsupported", `'${e.name}' is shared, and '${print(n)}' is each synapse's own`);
  }
}
const SELVES: ReadonlySet<string> = new Set(["w", "i", "j"]);

/** An event-driven equation cannot look a timed array up, which changes between events. */
function checkLookups(e: Equation, d: SynapseDynamics): void {
  if (!isEventDriven(e)) return;
  const names = reachableFrom(namesIn(e.value!), d);
  const through = d.subexpressions.filter((x) => names.has(x.name)).map((x) => x.value);
  const found = [e.value!, ...through].flatMap(walk).find((n) => n.tag === "timed");
  if (!found) return;
  const problem = `an event-driven equation cannot read '${print(found)}', which changes between events: make it (clock-driven)`;
  throw faultAt(d.source, e.value!.span, "unsupported", problem);
}

/** Brian's rules (its documentation, "Event-driven equations"), and that a sum is no variable. */
function checkDependence(e: Equation, d: SynapseDynamics, { reads }: Calls): void {
  if (!e.value) return;
  checkLookups(e, d);
  const has = (list: readonly { readonly name: string }[], name: string): boolean => list.some((x) => x.name === name);
  for (const name of reachableFrom(namesIn(e.value), d)) {
    const fault = (problem: string): Error => faultAt(d.source, e.value!.span, "unsupported", problem);
    if (has(d.summed, name)) throw fault(`'${name}' is a sum over synapses, and no synapse can read it`);
    const moves = has(d.clockDriven, name) || has(d.held, name);
    if (isEventDriven(e) ? moves : has(d.eventDriven, name) && (e.kind !== "subexpression" || isHeld(e)))
      throw fault(
        isEventDriven(e)
          ? `an event-driven equation cannot read '${name}', which moves by the clock`
          : `'${name}' is event-driven, and stands as its last event left it: make it (clock-driven)`,
      );
    if (isEventDriven(e) && (/_(pre|post)$/.test(name) || name === "t" || reads.has(name)))
      throw fault(
        `an event-driven equation cannot read '${name}', which changes between events: make it (clock-driven)`,
      );
  }
}
