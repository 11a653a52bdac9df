/** `neuron`: the one way to define a neuron. Everything is resolved and checked here, or the definition throws. */
import { DIMENSIONLESS, isDimensionless, NAMED, quotient } from "../base/dimension.ts";
import { listNames, ModelError, requireKnown } from "../base/errors.ts";
import { f64 } from "../ir/expr.ts";
import { expectType, formatType, type Scope, typeOfExpression, type ValueType } from "./equations/check.ts";
import { parseExpression } from "./equations/parse.ts";
import { type Equation, parseEquations } from "./equations/parseEquations.ts";
import { faultAt, type Source } from "./equations/source.ts";
import { assigned, parseStatements, type Statement } from "./equations/statements.ts";
import { integrate, METHOD_NAMES } from "./integrate/methods.ts";
import { meaningOf, systemOf } from "./meaning.ts";
import { checkEquationNames, checkParameterNames, isInput, isParameter, orderSubexpressions } from "./names.ts";
import type { NeuronModel, NeuronSpec, Parameter, Refractory, State, StateKind } from "./neuronModel.ts";
import { type InitialScope, initialValue, parametersOf } from "./quantities.ts";
import { SPIKE } from "./slots.ts";

const KEYS = [
  "name",
  "doc",
  "source",
  "equations",
  "parameters",
  "initial",
  "spike",
  "reset",
  "after",
  "refractory",
  "port",
  "method",
] as const satisfies readonly (keyof NeuronSpec)[];

/**
 * Defines a neuron from equations in Brian's notation.
 *
 * @returns frozen plain data; `neuron(JSON.parse(JSON.stringify(model.spec)))` is the same model
 * @throws {ModelError} `syntax`, `unknown-name`, `duplicate-name`, `unit-mismatch`, `not-finite`, `cycle`, `unsupported`; the
 *   path says where (`lif.equations`, `lif.reset`, `lif.parameters.tau`), and the message shows the line with a caret
 */
export function neuron(spec: NeuronSpec): NeuronModel {
  checkSpec(spec);
  const source: Source = { text: spec.equations, path: `${spec.name}.equations` };
  const equations = parseEquations(source);
  checkParameterNames(Object.keys(spec.parameters ?? {}), `${spec.name}.parameters`);
  checkEquationNames(equations, new Set(Object.keys(spec.parameters ?? {})), source);
  const parameters = parametersOf(spec, equations, source);
  const scope = scopeOf(equations, parameters);
  for (const e of equations) checkEquation(e, scope, source);
  const subexpressions = orderSubexpressions(equations, source).map(({ name, type, dimension, value }) => ({
    name,
    type,
    dimension,
    value: value!,
  }));
  const variables = statesOf(spec, equations, parameters);
  const inputs = equations.filter(isInput).map(({ name, dimension }) => ({ name, dimension }));
  const port = portOf(
    spec,
    variables,
    inputs.map((i) => i.name),
  );
  const model: NeuronModel = {
    name: spec.name,
    spec: structuredClone(spec),
    variables,
    parameters,
    inputs,
    subexpressions,
    ...eventsOf(spec, variables, scope),
    ...(port !== undefined && { port }),
    ...(spec.method && { method: spec.method }),
    outputs: [...variables, ...subexpressions].map((x) => x.name),
  };
  checkMethod(model);
  return deepFreeze(model);
}

function checkSpec(spec: NeuronSpec): void {
  if (!/^[A-Za-z][\w-]*$/.test(spec.name))
    throw new ModelError(
      "syntax",
      "neuron.name",
      `expected a letter followed by letters, digits, _ and -, got '${spec.name}'`,
    );
  requireKnown(spec.name, spec, KEYS);
  if (spec.method && !METHOD_NAMES.includes(spec.method))
    throw new ModelError(
      "unknown-name",
      `${spec.name}.method`,
      `unknown method '${spec.method}'; known: ${listNames(METHOD_NAMES)}`,
    );
  for (const key of ["reset", "after", "refractory"] as const)
    if (spec[key] !== undefined && spec.spike === undefined)
      throw new ModelError("unsupported", `${spec.name}.${key}`, "needs a 'spike' condition");
}

const valueType = (e: Pick<Equation, "type" | "dimension">): ValueType =>
  e.type === "boolean" ? "boolean" : e.dimension;
const scopeOf = (equations: readonly Equation[], parameters: readonly Parameter[]): Scope =>
  new Map<string, ValueType>([
    ...parameters.map((p) => [p.name, p.dimension] as const),
    ...equations.map((e) => [e.name, valueType(e)] as const),
  ]);

function checkEquation(e: Equation, scope: Scope, source: Source): void {
  if (e.kind === "differential" && e.type !== "float")
    throw faultAt(source, e.nameSpan, "unsupported", `d${e.name}/dt: only numbers have a derivative, not ${e.type}`);
  if (isInput(e) && e.type !== "float")
    throw faultAt(source, e.nameSpan, "unsupported", `'${e.name}': an input is a number, not ${e.type}`);
  const foreign = e.flags.find((f) => f === "summed" || f === "event-driven");
  if (foreign) throw faultAt(source, e.span, "unsupported", `'${foreign}' belongs to synapses`);
  const expected = e.kind === "differential" ? quotient(e.dimension, NAMED.second!) : valueType(e);
  if (e.value) expectType(e.value, expected, LEFT[e.kind](e.name), scope, source);
}
const LEFT: Readonly<Record<Equation["kind"], (name: string) => string>> = {
  differential: (name) => `d${name}/dt`,
  difference: (name) => `${name}[t+1]`,
  subexpression: (name) => `'${name}'`,
  declared: (name) => `'${name}'`,
};

function statesOf(spec: NeuronSpec, equations: readonly Equation[], parameters: readonly Parameter[]): State[] {
  const states = equations.filter((e) => e.kind !== "subexpression" && !isParameter(e) && !isInput(e));
  const names = states.map((e) => e.name);
  for (const name of Object.keys(spec.initial ?? {}))
    if (!names.includes(name))
      throw new ModelError(
        "unknown-name",
        `${spec.name}.initial.${name}`,
        `no state variable called '${name}'; known: ${listNames(names)}`,
      );
  const scope: InitialScope = {
    types: scopeOf([], parameters),
    values: new Map(parameters.map((p) => [p.name, p.value])),
  };
  return states.map((e) => {
    const given = spec.initial?.[e.name];
    return {
      name: e.name,
      kind: e.kind as StateKind,
      type: e.type,
      dimension: e.dimension,
      initial: given === undefined ? 0 : initialValue(given, valueType(e), scope, `${spec.name}.initial.${e.name}`),
      unlessRefractory: e.flags.includes("unless refractory"),
      ...(e.value && { value: e.value }),
    };
  });
}

/** Spike condition, reset, what runs after it, and refractory period. */
function eventsOf(
  spec: NeuronSpec,
  states: readonly State[],
  scope: Scope,
): Pick<NeuronModel, "spike" | "reset" | "after" | "refractory"> {
  if (spec.spike === undefined) return { reset: [], after: [] };
  const source: Source = { text: spec.spike, path: `${spec.name}.spike` };
  const spike = parseExpression(source);
  expectType(spike, "boolean", "the spike condition", scope, source);
  return {
    spike,
    reset: statementsOf({ text: spec.reset ?? "", path: `${spec.name}.reset` }, states, scope),
    after: statementsOf(
      { text: spec.after ?? "", path: `${spec.name}.after` },
      states,
      new Map([...scope, [SPIKE, DIMENSIONLESS]]),
    ),
    ...(spec.refractory !== undefined && {
      refractory: refractoryOf({ text: spec.refractory, path: `${spec.name}.refractory` }, scope),
    }),
  };
}
function statementsOf(source: Source, states: readonly State[], scope: Scope): Statement[] {
  const statements = parseStatements(source);
  for (const s of statements) {
    if (!states.some((v) => v.name === s.target))
      throw faultAt(
        source,
        s.targetSpan,
        "unknown-name",
        `a statement changes state variables, and '${s.target}' is none; known: ${listNames(states.map((v) => v.name))}`,
      );
    expectType(assigned(s), scope.get(s.target)!, `'${s.target}'`, scope, source);
  }
  return statements;
}
function refractoryOf(source: Source, scope: Scope): Refractory {
  const value = parseExpression(source);
  const type = typeOfExpression(value, scope, source);
  if (type === "boolean") return { kind: "condition", value };
  if (isDimensionless(quotient(type, NAMED.second!))) return { kind: "duration", value };
  throw faultAt(
    source,
    value.span,
    "unit-mismatch",
    `expected a duration such as "5 ms" or a condition, got ${formatType(type)}`,
  );
}

/** The port asked for; else the only input, else `v`. */
function portOf({ name, port }: NeuronSpec, states: readonly State[], inputs: readonly string[]): string | undefined {
  const known = [...inputs, ...states.filter((s) => s.type === "float").map((s) => s.name)];
  if (port === undefined) return inputs.length === 1 ? inputs[0] : known.find((p) => p === "v");
  if (known.includes(port)) return port;
  throw new ModelError(
    "unknown-name",
    `${name}.port`,
    `no input or variable called '${port}'; known: ${listNames(known)}`,
  );
}

/** A method that cannot integrate these equations is refused here, not when the network is built. */
function checkMethod(model: NeuronModel): void {
  if (!model.method) return;
  const constants = new Map(model.parameters.map((p) => [p.name, p.value]));
  const dt = 1e-3; // any step will do
  const meaning = meaningOf(model, { dt, connected: new Set(model.inputs.map((i) => i.name)), constants });
  integrate(systemOf(model, meaning), model.method, f64(dt));
}

function deepFreeze<T>(x: T): T {
  if (typeof x !== "object" || x === null || Object.isFrozen(x)) return x;
  for (const value of Object.values(x)) deepFreeze(value);
  return Object.freeze(x);
}
