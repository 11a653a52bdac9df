/** `neuron`: the one way to define a neuron. Everything is resolved and checked here, or the definition throws. */
import { DIMENSIONLESS, isDimensionless, NAMED, quotient } from "../base/dimension.ts";
import { listNames, ModelError, requireKnown } from "../base/errors.ts";
import { f64 } from "../ir/expr.ts";
import { type Calls, callsOf, resolveCalls, resolveStatements } from "./calls.ts";
import { type Node, namesIn, print, walk } from "./equations/ast.ts";
import { expectType, formatType, type Scope, typeOfExpression, type ValueType } from "./equations/check.ts";
import { BUILTINS, isNoise, RANDOM, USUAL } from "./equations/functions.ts";
import { parseExpression } from "./equations/parse.ts";
import { type Equation, parseEquations } from "./equations/parseEquations.ts";
import { faultAt, type Source } from "./equations/source.ts";
import { assigned, parseStatements, type Statement } from "./equations/statements.ts";
import { integrate, METHOD_NAMES } from "./integrate/methods.ts";
import { withLocals } from "./locals.ts";
import { lower } from "./lower.ts";
import { meaningOf, systemOf } from "./meaning.ts";
import { checkEquationNames, checkParameterNames, isHeld, isInput, isParameter, orderSubexpressions } from "./names.ts";
import {
  isSetByModel,
  type NeuronModel,
  type NeuronSpec,
  type Parameter,
  type Refractory,
  type State,
  type StateKind,
} from "./neuronModel.ts";
import { hostValue, type InitialScope, initialValue, parametersOf } from "./quantities.ts";
import { LAST_SPIKE, SPIKE } from "./slots.ts";
import { timedArraysOf } from "./timedArray.ts";
import { settledRead, stillNames } from "./timedRead.ts";
import { toFloat } from "./values.ts";

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
  "events",
  "onEvent",
  "timedArrays",
  "functions",
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
  const timedArrays = timedArraysOf(spec.timedArrays ?? {}, `${spec.name}.timedArrays`);
  const given = parseEquations(source);
  const calls = callsOf(timedArrays, spec.functions ?? {}, spec.name, { still: stillIn(spec, given) });
  const equations = given.map((e) => (e.value ? { ...e, value: resolveCalls(e.value, calls, source) } : e));
  checkParameterNames(Object.keys(spec.parameters ?? {}), `${spec.name}.parameters`);
  checkEquationNames(equations, new Set(Object.keys(spec.parameters ?? {})), source);
  const parameters = parametersOf(spec, equations, source);
  const names: Scope = new Map([
    ...scopeOf(equations, parameters),
    ...eventNames(spec, equations, parameters).map((x) => [x, "boolean"] as const),
  ]);
  const context: Context = { spec, names, calls, parameters };
  for (const e of equations) checkEquation(e, scopeIn(context), source);
  checkShared(equations, parameters, calls, source);
  const ordered = orderSubexpressions(equations, source);
  const subexpressions = ordered
    .filter((e) => !isHeld(e))
    .map(({ name, type, dimension, value }) => ({
      name,
      type,
      dimension,
      value: value!,
    }));
  const variables = [
    ...statesOf(spec, equations, parameters),
    ...ordered.filter(isHeld).map(held),
    ...eventStates(context),
    ...lastSpikeOf(context, equations, source),
  ];
  const sharedReads = readsOfShared(equations);
  const inputs = equations.filter(isInput).map(({ name, dimension, flags }) => ({
    name,
    dimension,
    ...(flags.includes("linked") && { linked: true }),
    ...(sharedReads.has(name) && { shared: true }),
  }));
  const port = portOf(
    spec,
    variables.filter((v) => !isSetByModel(v)),
    inputs.filter((i) => !i.linked).map((i) => i.name),
  );
  const model: NeuronModel = {
    name: spec.name,
    spec: structuredClone(spec),
    variables,
    parameters,
    inputs,
    subexpressions,
    timedArrays,
    timedReads: [],
    ...spikesOf(context, variables),
    onEvent: Object.entries(spec.onEvent ?? {}).map(([event, text]) => ({
      event,
      statements: statementsOf({ text, path: `${spec.name}.onEvent.${event}` }, variables, context),
    })),
    ...(port !== undefined && { port }),
    ...(spec.method && { method: spec.method }),
    outputs: [...variables, ...subexpressions].map((x) => x.name),
  };
  const known = { subexpressions, scope: scopeIn(context) };
  const whole = { ...model, timedReads: [...calls.reads.values()].map((x) => settledRead(x, known)) };
  checkMethod(whole);
  return deepFreeze(whole);
}

/** Names of what does not change in a run. */
function stillIn({ parameters = {} }: NeuronSpec, equations: readonly Equation[]): Set<string> {
  const named = equations.filter(isParameter).map((e) => e.name);
  const subexpressions = equations.filter((e) => e.kind === "subexpression");
  return stillNames([...Object.keys(parameters), ...named], new Map(subexpressions.map((e) => [e.name, e.value!])));
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
  const known = Object.keys(spec.events ?? {});
  for (const event of Object.keys(spec.onEvent ?? {}))
    if (!known.includes(event))
      throw new ModelError(
        "unknown-name",
        `${spec.name}.onEvent.${event}`,
        `no such event; known: ${listNames(known)}`,
      );
  for (const key of ["reset", "refractory"] as const)
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

/** What statements and conditions are read with. */
interface Context {
  readonly spec: NeuronSpec;
  /** Types of what the model names itself. */
  readonly names: Scope;
  readonly calls: Calls;
  readonly parameters: readonly Parameter[];
}
/** With the ways in which timed arrays have been read so far. */
const scopeIn = ({ names, calls }: Pick<Context, "names" | "calls">): Scope =>
  new Map([...names, ...[...calls.reads].map(([slot, { array }]) => [slot, array.dimension] as const)]);
/** A subexpression that is stored as a step begins. */
const held = ({ name, type, dimension, value }: Equation): State => ({
  ...{ name, kind: "held", type, dimension, initial: 0, unlessRefractory: false, value: value! },
});

/** Names of custom events. */
function eventNames(
  { name, events = {} }: NeuronSpec,
  equations: readonly Equation[],
  parameters: readonly Parameter[],
): string[] {
  const names = Object.keys(events);
  checkParameterNames(names, `${name}.events`);
  const taken = names.find((x) => [...equations, ...parameters].some((y) => y.name === x));
  if (taken === undefined) return names;
  throw new ModelError(
    "duplicate-name",
    `${name}.events.${taken}`,
    `'${taken}' is also a variable or a parameter; choose another name`,
  );
}
function eventStates({ spec, names, calls }: Context): State[] {
  return Object.entries(spec.events ?? {}).map(([name, text]): State => {
    const source: Source = { text, path: `${spec.name}.events.${name}` };
    const value = resolveCalls(parseExpression(source), calls, source);
    expectType(value, "boolean", "the condition of an event", scopeIn({ names, calls }), source);
    return {
      name,
      kind: "event",
      type: "boolean",
      dimension: DIMENSIONLESS,
      initial: 0,
      unlessRefractory: false,
      value,
    };
  });
}

/** Seconds: Brian's value before the first spike. */
const LONG_AGO = -1e4;
/** The time of the last spike is kept where anything reads it. */
function lastSpikeOf({ spec, calls }: Context, equations: readonly Equation[], source: Source): State[] {
  const texts = [
    spec.spike,
    spec.reset,
    spec.after,
    spec.refractory,
    ...Object.values({ ...spec.events, ...spec.onEvent }),
  ];
  const asks = (n: Node): Node | undefined => walk(n).find((m) => m.tag === "name" && m.name === LAST_SPIKE);
  const inEquations = equations.flatMap((e) => (e.value ? (asks(e.value) ?? []) : []))[0];
  const inTexts = texts.some((text) => text !== undefined && new RegExp(`\\b${LAST_SPIKE}\\b`).test(text));
  if (!inEquations && !inTexts && !calls.functions.some((f) => asks(f.body))) return [];
  if (spec.spike === undefined) {
    const problem = `'${LAST_SPIKE}' needs a 'spike' condition`;
    throw inEquations
      ? faultAt(source, inEquations.span, "unsupported", problem)
      : new ModelError("unsupported", spec.name, problem);
  }
  const known = { type: "float", dimension: NAMED.second!, initial: LONG_AGO, unlessRefractory: false } as const;
  return [{ name: LAST_SPIKE, kind: "lastspike", ...known }];
}

const isShared = (e: Equation): boolean => e.kind === "subexpression" && e.flags.includes("shared");
const readsOfShared = (equations: readonly Equation[]): Set<string> =>
  new Set(equations.filter(isShared).flatMap((e) => [...namesIn(e.value!)]));

/** Brian: "A shared subexpression can only refer to other shared variables." A linked one may be: the network will see. */
function checkShared(
  equations: readonly Equation[],
  parameters: readonly Parameter[],
  { reads }: Calls,
  source: Source,
): void {
  const own = new Set(
    equations
      .filter((e) => !/shared|linked/.test(e.flags.join()) && !parameters.some((p) => p.name === e.name))
      .map((e) => e.name),
  );
  for (const x of reads.values()) if (x.column) own.add(x.slot);
  for (const e of equations.filter(isShared))
    for (const n of walk(e.value!)) {
      const name =
        n.tag === "name" && (own.has(n.name) || isNoise(n.name) || n.name === "not_refractory" || n.name === "i");
      const draws = n.tag === "call" && RANDOM.has(n.fn);
      if (name || draws)
        throw faultAt(
          source,
          n.span,
          "unsupported",
          `'${e.name}' is shared, and '${n.tag === "name" ? n.name : print(n)}' is each neuron's own`,
        );
    }
}

/** Spike condition, reset, what runs after it, and refractory period. */
function spikesOf(
  context: Context,
  states: readonly State[],
): Pick<NeuronModel, "spike" | "reset" | "after" | "refractory"> {
  const { spec, names, calls } = context;
  const afterSource: Source = { text: spec.after ?? "", path: `${spec.name}.after` };
  if (spec.spike === undefined) return { reset: [], after: statementsOf(afterSource, states, context) };
  const source: Source = { text: spec.spike, path: `${spec.name}.spike` };
  const spike = resolveCalls(parseExpression(source), calls, source);
  expectType(spike, "boolean", "the spike condition", scopeIn(context), source);
  return {
    spike,
    reset: statementsOf({ text: spec.reset ?? "", path: `${spec.name}.reset` }, states, context),
    after: statementsOf(afterSource, states, {
      ...context,
      names: new Map([...names, [SPIKE, DIMENSIONLESS]]),
    }),
    ...(spec.refractory !== undefined && {
      refractory: refractoryOf({ text: spec.refractory, path: `${spec.name}.refractory` }, context),
    }),
  };
}
function statementsOf(source: Source, states: readonly State[], { names, calls }: Context): Statement[] {
  const changing = states.filter((v) => !isSetByModel(v)).map((v) => v.name);
  const statements = resolveStatements(parseStatements(source), calls, source);
  const scope = scopeIn({ names, calls });
  return withLocals(statements, scope, source, (s, known) => {
    if (scope.has(s.target) ? !changing.includes(s.target) : !known.has(s.target))
      throw faultAt(
        source,
        s.targetSpan,
        "unknown-name",
        `a statement changes state variables, and '${s.target}' is none; known: ${listNames(changing)}`,
      );
    expectType(assigned(s), known.get(s.target)!, `'${s.target}'`, known, source);
  });
}
function refractoryOf(source: Source, context: Context): Refractory {
  const { names, calls } = context;
  const value = resolveCalls(parseExpression(source), calls, source);
  const type = typeOfExpression(value, scopeIn({ names, calls }), source);
  if (type === "boolean") return { kind: "condition", value };
  if (isDimensionless(quotient(type, NAMED.second!))) {
    requireNotNegative(value, source, context);
    return { kind: "duration", value };
  }
  throw faultAt(
    source,
    value.span,
    "unit-mismatch",
    `expected a duration such as "5 ms" or a condition, got ${formatType(type)}`,
  );
}

/** Where it is a number already, with the model's own parameters. */
function requireNotNegative(value: Node, source: Source, context: Context): void {
  const numbers = new Map(context.parameters.map((p) => [p.name, p.value]));
  const scope = scopeIn(context);
  const isLive = (name: string): boolean =>
    !numbers.has(name) && (scope.has(name) || BUILTINS.has(name) || USUAL.has(name) || isNoise(name));
  if (walk(value).some((n) => (n.tag === "call" ? RANDOM.has(n.fn) : n.tag === "name" && isLive(n.name)))) return;
  const resolve = (name: string) => (numbers.has(name) ? f64(numbers.get(name)!) : undefined);
  const seconds = hostValue(toFloat(lower(value, { resolve, stream: () => 0, dt: Number.NaN })));
  if (seconds !== undefined && seconds < 0)
    throw faultAt(source, value.span, "out-of-range", `must be at least 0, got ${seconds} s`);
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
  if (typeof x !== "object" || x === null || Object.isFrozen(x) || ArrayBuffer.isView(x)) return x;
  for (const value of Object.values(x)) deepFreeze(value);
  return Object.freeze(x);
}
