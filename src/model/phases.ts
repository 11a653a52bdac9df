/** The phases of a neuron's step: each takes the current values of the states and gives them back changed. */
import {
  add,
  type Compare,
  compare,
  convert,
  type Expr,
  f64,
  i32,
  max,
  read,
  select,
  spike as spikeNode,
  sub,
} from "../ir/expr.ts";
import { choose, fold, minus, over, plus, ZERO } from "./algebra.ts";
import type { Node } from "./equations/ast.ts";
import type { Statement } from "./equations/statements.ts";
import { type Clamp, chooseMethod, integrate } from "./integrate/methods.ts";
import { type System, substitute } from "./integrate/system.ts";
import { both, type Lowering, lower } from "./lower.ts";
import { assignedValue, readState, SLOT_TYPE } from "./meaning.ts";
import type { NeuronModel, Refractory, State } from "./neuronModel.ts";
import { hostValue } from "./quantities.ts";
import type { Phase } from "./schedule.ts";
import { ACTIVE, inputSlot, LAST_SPIKE, REFRACTORY, SPIKE, TIME } from "./slots.ts";
import { storedAs, toFloat } from "./values.ts";

/** Values in the course of the step, by slot, from reads at its start. */
export type Values = ReadonlyMap<string, Expr>;
export interface Course {
  readonly values: Values;
  /** Whether the neuron fires (bool), once the threshold has been tested. */
  readonly fired?: Expr;
  /** The same as 0 or 1, differentiable where the condition is `a > b` or `a < b`. */
  readonly spikeValue?: Expr;
  /** How far it is above threshold, for `a > b` and `a < b`. */
  readonly excess?: Expr;
}

export interface Setting {
  readonly model: NeuronModel;
  readonly meaning: Lowering;
  readonly system: System;
  /** Ports that receive something. */
  readonly connected: ReadonlySet<string>;
  /** Added to the refractory period: 1 where the step of the spike does not count. */
  readonly extraSteps: number;
  /** Whether it is found out between the phases who of those above threshold fires. */
  readonly contested: boolean;
}

/** Whole refractory steps of a duration, the step of the spike counted in. */
export const refractorySteps = (duration: number, dt: number): number => Math.max(1, Math.floor(duration / dt + 1e-3));

/** Whether the neuron may move and fire, as values stand; always, without a refractory period. */
export const activeIn = (model: NeuronModel, values: Values): Expr | undefined =>
  model.refractory && fold(compare("eq", values.get(REFRACTORY)!, i32(0)));

/** Expressions from reads at the start of the step, as values stand now. */
function now(roots: readonly Expr[], { model }: Setting, values: Values): Expr[] {
  const active = activeIn(model, values);
  return substitute(roots, active ? new Map([...values, [ACTIVE, active]]) : values);
}
const changed = (course: Course, changes: Iterable<readonly [string, Expr]>): Course => ({
  ...course,
  values: new Map([...course.values, ...changes]),
});

/** One refractory step less; under a condition: refractory while it holds. */
function countdown(refractory: Refractory, setting: Setting, values: Values): Expr {
  const count = values.get(REFRACTORY)!;
  if (refractory.kind === "duration") return max(fold(sub(count, i32(1))), i32(0));
  const [stays] = now([lower(refractory.value, setting.meaning)], setting, values);
  return select(stays!, count, i32(0));
}

function update(course: Course, setting: Setting): Course {
  const { model, meaning, system } = setting;
  const begun = model.refractory
    ? changed(course, [[REFRACTORY, countdown(model.refractory, setting, course.values)]])
    : course;
  const start = holding(begun, setting);
  const clamped = model.refractory ? model.variables.filter((v) => v.unlessRefractory).map((v) => v.name) : [];
  const clamp: Clamp = { names: new Set(clamped), active: read("bool", ACTIVE) };
  const next = new Map(integrate(system, model.method ?? chooseMethod(system), f64(meaning.dt), clamp));
  for (const v of model.variables) if (v.kind === "difference") next.set(v.name, nextValue(v, meaning, clamp));
  const values = now([...next.values()], setting, start.values);
  return changed(
    start,
    [...next.keys()].map((name, k) => [name, values[k]!]),
  );
}
/** What is constant over the step is computed as it begins, each after those that it reads. */
function holding(course: Course, setting: Setting): Course {
  const { model, meaning } = setting;
  return model.variables
    .filter((v) => v.kind === "held")
    .reduce((c, v) => {
      const [value] = now([storedAs(SLOT_TYPE[v.type], lower(v.value!, meaning))], setting, c.values);
      return changed(c, [[v.name, value!]]);
    }, course);
}
function nextValue(v: State, meaning: Lowering, clamp: Clamp): Expr {
  const value = storedAs(SLOT_TYPE[v.type], lower(v.value!, meaning));
  return clamp.names.has(v.name) ? choose(clamp.active, value, readState(v)) : value;
}

function receive(course: Course, { model, connected }: Setting): Course {
  const active = activeIn(model, course.values);
  const ports = model.variables.filter((v) => connected.has(v.name));
  return changed(
    course,
    ports.map((v) => {
      const before = course.values.get(v.name)!;
      const after = plus(before, read("f64", inputSlot(v.name)));
      return [v.name, active && v.unlessRefractory ? choose(active, after, before) : after];
    }),
  );
}

/** How far the neuron is above its threshold, for `a > b` and `a < b` between numbers. */
function excess(n: Node, meaning: Lowering): Expr | undefined {
  if (n.tag !== "compare" || (n.op !== ">" && n.op !== "<")) return undefined;
  const [a, b] = [toFloat(lower(n.a, meaning)), toFloat(lower(n.b, meaning))];
  return n.op === ">" ? minus(a, b) : minus(b, a);
}

function threshold(course: Course, setting: Setting): Course {
  return happening(spiking(course, setting), setting);
}
/** Custom events, of which refractory neurons know nothing. */
function happening(course: Course, setting: Setting): Course {
  const events = setting.model.variables.filter((v) => v.kind === "event");
  const conditions = now(
    events.map((v) => lower(v.value!, setting.meaning)),
    setting,
    course.values,
  );
  return changed(
    course,
    events.map((v, k) => [v.name, conditions[k]!]),
  );
}
function spiking(course: Course, setting: Setting): Course {
  const { model, meaning } = setting;
  if (!model.spike) return course;
  const above = excess(model.spike, meaning);
  const [condition] = now([above ? compare("gt", above, ZERO) : lower(model.spike, meaning)], setting, course.values);
  const active = activeIn(model, course.values);
  const fired = active ? both(active, condition!) : condition!;
  const spikeValue = above ? gated(active, spikeNode((condition as Compare).a)) : convert("f64", fired);
  const tested = { ...course, fired, spikeValue, ...(above && { excess: (condition as Compare).a }) };
  return setting.contested ? tested : noting(tested, fired, setting);
}
/** When it fired last, and that it is refractory from now on. */
function noting(course: Course, fired: Expr, setting: Setting): Course {
  const { refractory } = setting.model;
  const lastSpike = course.values.get(LAST_SPIKE);
  const noted: [string, Expr][] = lastSpike ? [[LAST_SPIKE, choose(fired, read("f64", TIME), lastSpike)]] : [];
  const tested = changed(course, noted);
  if (!refractory) return tested;
  const count = course.values.get(REFRACTORY)!;
  return changed(tested, [[REFRACTORY, choose(fired, stepsAfterSpike(refractory, setting, course.values), count)]]);
}
const firedBefore = (): Expr => compare("gt", read("f64", SPIKE), ZERO);
const gated = (active: Expr | undefined, value: Expr): Expr => (active ? choose(active, value, ZERO) : value);

/** What a spike sets the refractory counter to. */
function stepsAfterSpike(refractory: Refractory, setting: Setting, values: Values): Expr {
  if (refractory.kind === "condition") return i32(1);
  const { meaning, extraSteps } = setting;
  const [duration] = now([toFloat(lower(refractory.value, meaning))], setting, values);
  const seconds = hostValue(duration!);
  if (seconds !== undefined) return i32(refractorySteps(seconds, meaning.dt) + extraSteps);
  const steps = max(convert("i32", plus(over(duration!, f64(meaning.dt)), f64(1e-3))), i32(1)); // truncates, as floor does above 0
  return extraSteps === 0 ? steps : add(steps, i32(extraSteps));
}

/** The values after some statements, each of which sees what those before it have done. */
function run(statements: readonly Statement[], setting: Setting, before: Values): Map<string, Expr> {
  const values = new Map(before);
  for (const s of statements) {
    const [value] = now([assignedValue(s, setting.meaning)], setting, values);
    values.set(s.target, storedAs(s.local ? SLOT_TYPE[s.local] : values.get(s.target)!.type, value!));
  }
  for (const s of statements) if (s.local) values.delete(s.target);
  return values;
}

function reset(course: Course, setting: Setting): Course {
  const { model } = setting;
  if (model.reset.length === 0) return ending(course, setting);
  const fired = course.fired ?? firedBefore();
  const done = [...run(model.reset, setting, course.values)].map(([name, value]): [string, Expr] => [
    name,
    choose(fired, value, course.values.get(name)!),
  ]);
  return ending(changed(course, done), setting);
}

/** What custom events set off. */
function onEvents(course: Course, setting: Setting): Course {
  return setting.model.onEvent.reduce((c, { event, statements }) => {
    const happened = c.values.get(event)!;
    const done = [...run(statements, setting, c.values)].map(([name, value]): [string, Expr] => [
      name,
      choose(happened, value, c.values.get(name)!),
    ]);
    return changed(c, done);
  }, course);
}
/** What ends every step; a spike found in a step of its own is read from its slot. */
function ending(before: Course, setting: Setting): Course {
  const course = onEvents(before, setting);
  const { after } = setting.model;
  if (after.length === 0) return course;
  const spikes = setting.model.spike !== undefined;
  const spike = course.spikeValue ?? read("f64", SPIKE);
  const values = run(after, setting, new Map([...course.values, ...(spikes ? [[SPIKE, spike] as const] : [])]));
  values.delete(SPIKE);
  return changed(course, values);
}

const PHASES: Readonly<Record<Phase, (course: Course, setting: Setting) => Course>> = {
  update,
  receive,
  threshold,
  reset,
};

/** The values as a step begins. */
const beginning = (model: NeuronModel): Values =>
  new Map([
    ...model.variables.map((v): [string, Expr] => [v.name, readState(v)]),
    ...(model.refractory ? [[REFRACTORY, read("i32", REFRACTORY)] as [string, Expr]] : []),
  ]);

/** Runs phases in order. After a contest those that won take note of it first. */
export function runPhases(phases: readonly Phase[], setting: Setting): Course {
  const start: Course = { values: beginning(setting.model) };
  const decided = setting.contested && !phases.includes("threshold");
  const begun = decided ? noting(start, firedBefore(), setting) : start;
  return phases.reduce<Course>((course, phase) => PHASES[phase](course, setting), begun);
}

/** The subexpressions of a model, as values stand. */
export function subexpressionsIn(course: Course, setting: Setting): [string, Expr][] {
  const names = setting.model.subexpressions.map((s) => s.name);
  const roots = names.map((name) => setting.meaning.resolve(name)!);
  return now(roots, setting, course.values).map((value, k) => [names[k]!, value]);
}
