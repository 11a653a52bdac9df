/**
 * What a model must be to have exact spike times, found from its equations, not from its name: states that follow linear
 * equations with constant coefficients and no loops, compared with a level, and changed by affine statements.
 */
import { ModelError } from "../../base/errors.ts";
import { expandExpr } from "../../ir/expand.ts";
import { type Expr, topological } from "../../ir/expr.ts";
import { isValue, isZero, minus, ONE, plus, times, ZERO } from "../../model/algebra.ts";
import { type Node, namesIn } from "../../model/equations/ast.ts";
import type { Statement } from "../../model/equations/statements.ts";
import { rowsOf } from "../../model/integrate/linearSystem.ts";
import { substitute } from "../../model/integrate/system.ts";
import { type Linear, linearForm } from "../../model/linear.ts";
import { type Lowering, lower } from "../../model/lower.ts";
import { assignedValue, meaningOf } from "../../model/meaning.ts";
import type { NeuronModel, State, StateKind } from "../../model/neuronModel.ts";
import { ACTIVE, inputSlot, SPIKE, TIME } from "../../model/slots.ts";
import { toFloat } from "../../model/values.ts";

/** Σ coefficient · variable + rest; coefficients and rest are expressions of parameters alone. */
export type Affine = Linear;
/** x' = own · x + Σ others · y + Σ inputs · current + rest. */
export interface FormRow {
  readonly own: Expr;
  readonly others: ReadonlyMap<string, Expr>;
  /** By input. */
  readonly inputs: ReadonlyMap<string, Expr>;
  readonly rest: Expr;
}
export interface ExactForm {
  readonly model: NeuronModel;
  /** States, each after those that its equation sees. */
  readonly variables: readonly string[];
  readonly rows: ReadonlyMap<string, FormRow>;
  /** What a weight of 1 that arrives at a port adds to variables. */
  readonly jumps: ReadonlyMap<string, ReadonlyMap<string, Expr>>;
  /** Inputs that equations see all the time: they take constant currents, and no spikes. */
  readonly currents: ReadonlySet<string>;
  /** Variables that stand still while refractory. */
  readonly held: ReadonlySet<string>;
  /** Fires where this exceeds 0, or reaches it. */
  readonly excess?: Affine;
  readonly reaching: boolean;
  /** What a spike makes of the variables that it changes. */
  readonly reset: ReadonlyMap<string, Affine>;
  /** `after` where there is no spike: must change nothing, whatever the parameters. */
  readonly quiet: ReadonlyMap<string, Affine>;
  /** Seconds. */
  readonly refractory?: Expr;
}

const ALLOWED =
  "exact spike times need linear equations with constant coefficients and no loops (a membrane, any filters before it), a threshold such as v > vTh, and resets such as v = vReset or v -= vTh";

const refuse = (path: string, problem: string): never => {
  throw new ModelError("unsupported", path, `${problem}; ${ALLOWED}`);
};

/** @throws {ModelError} `unsupported`, with the model's part and what is allowed */
export function exactForm(model: NeuronModel): ExactForm {
  for (const problem of Object.values(UNDERSTOOD)) problem(model);
  refuseSpecial(model);
  const connected = new Set(model.inputs.map((i) => i.name));
  const meaning = meaningOf(model, { dt: Number.NaN, connected, constants: new Map() });
  const states = new Set(model.variables.map((v) => v.name));
  for (const v of model.variables)
    if (v.type !== "float") refuse(`${model.name}.${v.name}`, `'${v.name}' is ${v.type}, not a number`);
  const c: Context = { model, meaning, states, parameters: new Set(model.parameters.map((p) => p.name)) };
  const rows = new Map(model.variables.map((v) => [v.name, rowOf(v, c)]));
  const { jumps, currents } = portsOf(rows, c);
  const held = new Set(model.refractory ? model.variables.filter((v) => v.unlessRefractory).map((v) => v.name) : []);
  checkHeld(rows, held, model);
  return {
    model,
    variables: inOrder(rows, model),
    rows: new Map([...rows].map(([name, { row }]) => [name, row])),
    jumps,
    currents,
    held,
    ...thresholdOf(c),
    reset: afterStatements([...model.reset, ...model.after], ONE, c),
    quiet: afterStatements(model.after, ZERO, c),
    ...refractoryOf(c),
  };
}

interface Context {
  readonly model: NeuronModel;
  readonly meaning: Lowering;
  readonly states: ReadonlySet<string>;
  readonly parameters: ReadonlySet<string>;
}

const yes = (): void => {};
const refuseLocals = (m: NeuronModel, part: "reset" | "after"): void => {
  const s = m[part].find((x) => x.local);
  if (s) refuse(s.target, "is a name that statements make for themselves: write it out");
};
/** States that a step sets, by kind; undefined where equations or statements say what they are. */
const SET_BY_STEPS: Readonly<Record<StateKind, string | undefined>> = {
  differential: undefined,
  difference: undefined,
  declared: undefined,
  held: "is constant over dt, and there are no steps",
  event: "is a custom event, whose condition is tested in every step",
  lastspike: "is the time of the last spike, which the end of a step sets",
};
/** Refuses what each part of a model may hold that has no meaning without steps; whoever adds a part decides here. */
const UNDERSTOOD: Readonly<Record<keyof NeuronModel, (m: NeuronModel) => void>> = {
  name: yes,
  spec: yes,
  variables: ({ name, variables }) => {
    for (const v of variables) {
      const problem = SET_BY_STEPS[v.kind];
      if (problem) refuse(`${name}.${v.name}`, problem);
    }
  },
  parameters: yes,
  inputs: ({ name, inputs }) => {
    for (const i of inputs)
      if (i.linked) refuse(`${name}.${i.name}`, "is linked: it has a new value in every step, and there are none");
  },
  subexpressions: yes,
  spike: yes,
  reset: (m) => refuseLocals(m, "reset"),
  after: (m) => refuseLocals(m, "after"),
  onEvent: ({ name, onEvent }) => {
    for (const { event } of onEvent) refuse(`${name}.onEvent.${event}`, "waits for a custom event");
  },
  timedArrays: ({ name, timedArrays }) => {
    for (const x of timedArrays) refuse(`${name}.timedArrays.${x.name}`, "changes over time");
  },
  timedReads: yes, // there is none without an array
  refractory: yes,
  port: yes,
  method: yes,
  outputs: yes,
};

/**
 * A refractory period `x + dt` counts the step of the spike as none of its own, as NEST does: x, where there are no steps.
 */
function withoutStep(n: Node): Node {
  if (n.tag !== "arithmetic" || n.op !== "+") return n;
  const isStep = (x: Node): boolean => x.tag === "name" && x.name === "dt";
  return isStep(n.b) ? n.a : isStep(n.a) ? n.b : n;
}

/** Names that every model may use, which have no meaning without steps or are not the same for all neurons and times. */
const NOT_HERE: Readonly<Record<string, string>> = {
  dt: "dt, and there are no steps",
  t_in_timesteps: "t_in_timesteps, and there are no steps",
  [TIME]: TIME,
  i: "i, the number of the neuron: give a parameter for each neuron",
  N: "N, the number of neurons: give it as a parameter",
};
function refuseSpecial(m: NeuronModel): void {
  const parts: [string, Node | undefined][] = [
    ...m.subexpressions.map((s): [string, Node] => [s.name, s.value]),
    ...m.variables.map((v): [string, Node | undefined] => [v.name, v.value]),
    ["spike", m.spike],
    ["refractory", m.refractory && withoutStep(m.refractory.value)],
    ...[...m.reset, ...m.after].map((s): [string, Node] => ["reset", s.value]),
  ];
  const own = new Set([...m.variables, ...m.inputs, ...m.parameters, ...m.subexpressions].map((x) => x.name));
  for (const [part, node] of parts)
    for (const [name, what] of Object.entries(NOT_HERE))
      if (node && !own.has(name) && namesIn(node).has(name)) refuse(`${m.name}.${part}`, `depends on ${what}`);
}

/** Nothing but parameters may be read. */
function constant(e: Expr, path: string, what: string, { parameters }: Context): Expr {
  for (const n of topological([e])) {
    if (n.tag === "draw") refuse(path, `${what} is random`);
    if (n.tag !== "read" || parameters.has(n.slot)) continue;
    refuse(
      path,
      `${what} depends on ${n.slot === ACTIVE ? "whether the neuron is refractory" : n.slot.replace(/^in\./, "")}`,
    );
  }
  return expandExpr(e);
}
/** Linear in the variables, constant coefficients. */
function affine(e: Expr, path: string, what: string, c: Context): Affine {
  const linear = linearForm(e, c.states) ?? refuse(path, `${what} is not linear`);
  const terms = new Map(
    [...linear.terms].map(([name, k]) => [name, constant(k, path, `${what} (factor of ${name})`, c)]),
  );
  return { terms, rest: constant(linear.rest, path, what, c) };
}

interface Moved {
  readonly row: FormRow;
  /** Of a difference equation `x[t+1] = x + Σ factor · input`: what arrives, times its factor, is added. */
  readonly added: ReadonlyMap<string, Expr>;
}
const STILL: FormRow = { own: ZERO, others: new Map(), inputs: new Map(), rest: ZERO };

function rowOf(v: State, c: Context): Moved {
  if (v.kind === "declared") return { row: STILL, added: new Map() };
  const path = `${c.model.name}.${v.kind === "differential" ? `d${v.name}/dt` : `${v.name}[t+1]`}`;
  const value = toFloat(lower(v.value!, c.meaning));
  return v.kind === "differential"
    ? derivative(v, value, path, c)
    : { row: STILL, added: accumulated(v, value, path, c) };
}
function derivative({ name }: State, value: Expr, path: string, c: Context): Moved {
  const rows = rowsOf({ path, equations: new Map([[name, value]]), drivers: new Set(), noise: new Set() });
  const linear = typeof rows === "string" ? undefined : linearForm(value, c.states);
  if (!linear) return refuse(path, "is not linear");
  const inputs = inputsIn(linear.rest, path, c);
  const factor = ([other, k]: [string, Expr]): [string, Expr] => [
    other,
    constant(k, path, `the factor of ${other}`, c),
  ];
  const terms = new Map([...linear.terms].map(factor));
  const own = terms.get(name) ?? ZERO;
  terms.delete(name);
  const others = new Map([...terms].filter(([, k]) => !isZero(k)));
  return { row: { own, others, ...inputs }, added: new Map() };
}
/** What is constant over time, as factors of inputs and a rest. */
function inputsIn(e: Expr, path: string, c: Context): Pick<FormRow, "inputs" | "rest"> {
  const slots = new Map(c.model.inputs.map((i) => [inputSlot(i.name), i.name]));
  const linear = linearForm(e, new Set(slots.keys())) ?? refuse(path, "is not linear in its inputs");
  const inputs = [...linear.terms].map(([slot, k]): [string, Expr] => [
    slots.get(slot)!,
    constant(k, path, `the factor of ${slots.get(slot)}`, c),
  ]);
  return { inputs: new Map(inputs.filter(([, k]) => !isZero(k))), rest: constant(linear.rest, path, "the rest", c) };
}
function accumulated({ name }: State, value: Expr, path: string, c: Context): ReadonlyMap<string, Expr> {
  const linear = linearForm(value, c.states);
  const own = linear?.terms.get(name);
  const others = [...(linear?.terms ?? [])].filter(([other, k]) => other !== name && !isZero(k));
  const parts = linear && inputsIn(linear.rest, path, c);
  if (!parts || !own || !isValue(own, 1) || others.length > 0 || !isZero(parts.rest))
    return refuse(path, `counts steps, and there are none (only '${name}[t+1] = ${name} + input' needs no clock)`);
  return parts.inputs;
}

function portsOf(rows: ReadonlyMap<string, Moved>, { model }: Context): Pick<ExactForm, "jumps" | "currents"> {
  const jumps = new Map<string, Map<string, Expr>>(model.variables.map((v) => [v.name, new Map([[v.name, ONE]])]));
  const currents = new Set([...rows.values()].flatMap(({ row }) => [...row.inputs.keys()]));
  for (const [name, { added }] of rows)
    for (const [input, factor] of added) {
      if (currents.has(input))
        refuse(`${model.name}.${input}`, "is both a current and what a difference equation adds");
      jumps.set(input, (jumps.get(input) ?? new Map()).set(name, factor));
    }
  return { jumps, currents };
}

/** What stands still while refractory is seen by no variable that moves on. */
function checkHeld(rows: ReadonlyMap<string, Moved>, held: ReadonlySet<string>, { name: model }: NeuronModel): void {
  for (const [name, { row }] of rows)
    for (const other of row.others.keys())
      if (held.has(other) && !held.has(name))
        refuse(`${model}.${name}`, `sees ${other}, which stands still while refractory; mark both (unless refractory)`);
}

/** Each after those that it sees. */
function inOrder(rows: ReadonlyMap<string, Moved>, { name: model }: NeuronModel): string[] {
  const order: string[] = [];
  const visit = (name: string, trail: readonly string[]): void => {
    if (order.includes(name)) return;
    if (trail.includes(name))
      refuse(`${model}.equations`, `a loop: ${[...trail.slice(trail.indexOf(name)), name].join(" sees ")}`);
    for (const other of rows.get(name)!.row.others.keys()) visit(other, [...trail, name]);
    order.push(name);
  };
  for (const name of rows.keys()) visit(name, []);
  return order;
}

function thresholdOf(c: Context): Pick<ExactForm, "excess" | "reaching"> {
  const { model, meaning } = c;
  const path = `${model.name}.spike`;
  if (!model.spike) return { reaching: false };
  const n = model.spike;
  if (n.tag !== "compare" || n.op === "==" || n.op === "!=") return refuse(path, "the condition is no comparison");
  const [a, b] = [n.a, n.b].map((x) => toFloat(lower(x, meaning))) as [Expr, Expr];
  const excess = n.op === ">" || n.op === ">=" ? minus(a, b) : minus(b, a);
  return { excess: affine(excess, path, "the condition", c), reaching: n.op === ">=" || n.op === "<=" };
}

/** What statements make of the variables, where `spike` is a number. */
function afterStatements(statements: readonly Statement[], spike: Expr, c: Context): Map<string, Affine> {
  const values = new Map<string, Affine>();
  const path = `${c.model.name}.reset`;
  const here = (name: string): Affine => values.get(name) ?? { terms: new Map([[name, ONE]]), rest: ZERO };
  for (const s of statements) {
    const [value] = substitute([toFloat(assignedValue(s, c.meaning))], new Map([[SPIKE, spike]]));
    const { terms, rest } = affine(value!, path, `'${s.target}'`, c);
    const done = [...terms].reduce<Affine>((sum, [name, k]) => sumOf(sum, k, here(name)), { terms: new Map(), rest });
    values.set(s.target, done);
  }
  return values;
}
function sumOf(a: Affine, k: Expr, b: Affine): Affine {
  const terms = new Map(a.terms);
  for (const [name, x] of b.terms) terms.set(name, plus(terms.get(name) ?? ZERO, times(k, x)));
  return { terms, rest: plus(a.rest, times(k, b.rest)) };
}

function refractoryOf(c: Context): Pick<ExactForm, "refractory"> {
  const { refractory, name } = c.model;
  if (!refractory) return {};
  if (refractory.kind === "condition") return refuse(`${name}.refractory`, "is a condition, not a duration");
  const duration = toFloat(lower(withoutStep(refractory.value), c.meaning));
  return { refractory: constant(duration, `${name}.refractory`, "the duration", c) };
}
