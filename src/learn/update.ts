/** The optimiser as one element-wise kernel over every trainable run of parameters. */
import { ModelError } from "../base/errors.ts";
import { add, convert, div, type Expr, f64, min, mul, read, sqrt } from "../ir/expr.ts";
import { invoke, type Node, type Place, place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import type { Slot, Step } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { CLIP, type GradientTransform, type Optimiser } from "./optimiser.ts";
import { GRADIENTS } from "./weightGradients.ts";

/** Slots of transform k. */
const stateSlot = (k: number, name: string): string => `${k}.${name}`;
const numberSlot = (k: number, name: string): string => `${k}.number.${name}`;
/** How the names of the optimiser's buffers begin. */
export const OPTIMISER = "optimiser.";
const bufferName = (slot: string): string => `${OPTIMISER}${slot}`;
/** The buffer of a number that the host writes before each update. */
export const numberBuffer = (k: number, name: string): string => bufferName(numberSlot(k, name));

/** Kernel calls of one update; the gradients lie in their buffer. */
export function updateNodes(l: Lowered, optimiser: Optimiser): Node[] {
  const misplaced = optimiser.findIndex((t, k) => t.clipLimit !== undefined && k > 0);
  if (misplaced > 0)
    throw new ModelError(
      "unsupported",
      `optimiser[${misplaced}]`,
      "a gradient is clipped first of all: put clipByNorm at the start of the chain",
    );
  const { step, states, numbers } = updateStep(optimiser, l.context.type);
  for (const s of states) l.context.buffer(bufferName(s), l.context.type, l.parameters.length, "state");
  for (const n of numbers) l.context.buffer(bufferName(n), l.context.type, 1, "argument");
  const runs = trainableRuns(l);
  const limit = optimiser[0]?.clipLimit;
  return [
    ...(limit === undefined ? [] : clipNodes(l, limit, runs)),
    ...runs.map(({ offset, length }) => {
      const args: Record<string, Place> = { w: place("parameters", offset), grad: place(GRADIENTS, offset) };
      for (const s of states) args[s] = place(bufferName(s), offset);
      for (const n of numbers) args[n] = place(bufferName(n));
      return elementCall(step, args, length);
    }),
  ];
}

const numbersOf = (t: GradientTransform): string[] => [
  ...Object.keys(t.numbers),
  ...(t.clipLimit === undefined ? [] : [CLIP]),
];

interface UpdateStep {
  readonly step: Step;
  readonly states: readonly string[];
  readonly numbers: readonly string[];
}
/** `w`, `grad` and the states of all transforms, to the new weight and the new states. */
function updateStep(optimiser: Optimiser, type: FloatType): UpdateStep {
  const weight = read(type, "w");
  let update: Expr = read(type, "grad");
  const states = new Map<string, Expr>();
  optimiser.forEach((t, k) => {
    const state = (name: string): Expr => read(type, stateSlot(k, name));
    const number = (name: string): Expr => read(type, numberSlot(k, name));
    const made = t.update(update, { type, weight, state, number });
    update = made.update;
    for (const [s, value] of Object.entries(made.states ?? {})) states.set(stateSlot(k, s), value);
  });
  const numbers = optimiser.flatMap((t, k) => numbersOf(t).map((name) => numberSlot(k, name)));
  const slot =
    (space: Slot["space"]) =>
    (name: string): Slot => ({ name, type, space });
  const step = simplify({
    name: "update",
    slots: [...["w", "grad", ...states.keys()].map(slot("element")), ...numbers.map(slot("uniform"))],
    stores: [
      { slot: "w", mode: "set", value: add(weight, update) },
      ...[...states].map(([name, value]) => ({ slot: name, mode: "set" as const, value })),
    ],
  });
  return { step, states: [...states.keys()], numbers };
}

interface Run {
  readonly offset: number;
  readonly length: number;
}
/** Blocks that training changes, neighbours joined. */
function trainableRuns(l: Lowered): Run[] {
  const runs: { offset: number; length: number }[] = [];
  for (const b of l.parameters.blocks.values()) {
    if (!b.trainable) continue;
    const last = runs.at(-1);
    if (last && last.offset + last.length === b.offset) last.length += b.rows * b.stride;
    else runs.push({ offset: b.offset, length: b.rows * b.stride });
  }
  return runs;
}

/** `min(1, limit / norm)`. The squares are summed in f64: those of f32 numbers cannot overflow there. */
function clipNodes(l: Lowered, limit: number, runs: readonly Run[]): Node[] {
  const { type } = l.context;
  const norm = place(l.context.buffer("optimiser.norm", "f64", 1, "work"));
  const g = convert("f64", read(type, "g"));
  const square: Step = {
    name: "norm",
    slots: [
      { name: "g", type, space: "element" },
      { name: "norm", type: "f64", space: "uniform" },
    ],
    stores: [{ slot: "norm", mode: "sum", value: mul(g, g) }],
  };
  const factor = min(f64(1), div(f64(limit), sqrt(read("f64", "norm"))));
  const scale: Step = {
    name: "clip",
    slots: [
      { name: "norm", type: "f64", space: "uniform" },
      { name: "out", type, space: "element" },
    ],
    stores: [{ slot: "out", mode: "set", value: convert(type, factor) }],
  };
  return [
    invoke({ kind: "zero", type: "f64" }, { out: norm }, { n: 1 }),
    ...runs.map((r) =>
      invoke({ kind: "perElement", step: square }, { g: place(GRADIENTS, r.offset), norm }, { n: r.length }),
    ),
    invoke({ kind: "perElement", step: scale }, { norm, out: place(numberBuffer(0, CLIP)) }, { n: 1 }),
  ];
}
