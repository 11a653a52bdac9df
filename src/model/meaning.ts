/** What the names of a model stand for as IR, and its differential equations as a system. */
import { bool, type Expr, f64, read } from "../ir/expr.ts";
import type { Type } from "../ir/types.ts";
import { ZERO } from "./algebra.ts";
import { type Node, walk } from "./equations/ast.ts";
import { isNoise, RANDOM } from "./equations/functions.ts";
import type { VariableType } from "./equations/parseEquations.ts";
import { assigned } from "./equations/statements.ts";
import type { System } from "./integrate/system.ts";
import { type Lowering, lower } from "./lower.ts";
import type { NeuronModel, State } from "./neuronModel.ts";
import { ACTIVE, inputSlot, SPIKE } from "./slots.ts";
import { tableSlots } from "./timedTable.ts";
import { toFloat } from "./values.ts";

export interface MeaningOptions {
  /** Seconds a step. */
  readonly dt: number;
  /** Ports that receive something; the others are zero and vanish. */
  readonly connected: ReadonlySet<string>;
  /** Parameters to be written into the step as numbers. */
  readonly constants: ReadonlyMap<string, number>;
  /** Number of the first random stream. */
  readonly firstStream?: number;
  /** Neurons of the population; 1 where it is not known yet. */
  readonly count?: number;
}

export const SLOT_TYPE: Readonly<Record<VariableType, Type>> = { float: "f64", integer: "i32", boolean: "bool" };
export const readState = (s: State): Expr => read(SLOT_TYPE[s.type], s.name);

/** Every expression of a model, in a fixed order. */
export const expressionsOf = (m: NeuronModel): Node[] => [
  ...m.subexpressions.map((s) => s.value),
  ...m.variables.flatMap((v) => (v.value ? [v.value] : [])),
  ...(m.spike ? [m.spike] : []),
  ...(m.refractory ? [m.refractory.value] : []),
  ...m.reset.map((s) => s.value),
  ...m.after.map((s) => s.value),
  ...m.onEvent.flatMap((e) => e.statements.map((s) => s.value)),
];

/** Numbers the random draws of a model: each call its own stream, each name of white noise one. */
function streamsOf(m: NeuronModel, first: number): Map<Node, number> {
  const streams = new Map<Node, number>();
  const noise = new Map<string, number>();
  let count = first;
  for (const n of expressionsOf(m).flatMap(walk)) {
    if (n.tag === "call" && RANDOM.has(n.fn)) streams.set(n, count++);
    if (n.tag !== "name" || !isNoise(n.name)) continue;
    if (!noise.has(n.name)) noise.set(n.name, count++);
    streams.set(n, noise.get(n.name)!);
  }
  return streams;
}

/** Resolves the names of a model to reads at the start of the step. Subexpressions are lowered once. */
export function meaningOf(
  m: NeuronModel,
  { dt, connected, constants, firstStream = 0, count = 1 }: MeaningOptions,
): Lowering {
  const streams = streamsOf(m, firstStream);
  const own = new Map<string, Expr>();
  for (const p of m.parameters)
    own.set(p.name, constants.has(p.name) ? f64(constants.get(p.name)!) : read("f64", p.name));
  for (const i of m.inputs) own.set(i.name, connected.has(i.name) ? read("f64", inputSlot(i.name)) : ZERO);
  for (const v of m.variables) own.set(v.name, readState(v));
  for (const x of m.timedReads) own.set(x.slot, read("f64", x.slot));
  if (!m.refractory) own.set(ACTIVE, bool(true));
  if (m.spike) own.set(SPIKE, read("f64", SPIKE));
  const meaning: Lowering = { dt, count, resolve: (name) => own.get(name), stream: (n) => streams.get(n)! };
  for (const s of [...m.reset, ...m.after, ...m.onEvent.flatMap((e) => e.statements)])
    if (s.local) own.set(s.target, read(SLOT_TYPE[s.local], s.target));
  for (const s of m.subexpressions) own.set(s.name, lower(s.value, meaning));
  return meaning;
}

/** Random streams of the white noise in some expressions. */
export const noiseIn = (values: readonly Node[], { stream }: Pick<Lowering, "stream">): Set<number> =>
  new Set(
    values
      .flatMap(walk)
      .filter((n) => n.tag === "name" && isNoise(n.name))
      .map(stream),
  );

/** The differential equations of a model. */
export function systemOf(m: NeuronModel, meaning: Lowering): System {
  const moving = m.variables.filter((v) => v.kind === "differential");
  const still = m.variables.filter((v) => v.kind !== "differential");
  return {
    path: `${m.name}.method`,
    equations: new Map(moving.map((v) => [v.name, toFloat(lower(v.value!, meaning))])),
    drivers: new Set([
      ...still.map((v) => v.name),
      ...m.inputs.map((i) => inputSlot(i.name)),
      ...m.timedReads.map((x) => x.slot),
      ...m.timedArrays.flatMap(tableSlots),
    ]),
    noise: noiseIn(
      [...m.subexpressions, ...moving].map((x) => x.value!),
      meaning,
    ),
  };
}
/** The statement's new value of its target. */
export const assignedValue = (s: NeuronModel["reset"][number], meaning: Lowering): Expr => lower(assigned(s), meaning);
