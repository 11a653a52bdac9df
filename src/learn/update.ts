/**
 * The optimiser as one element-wise kernel over every run of parameters that learn alike. What has bounds is put back
 * within them after the step; moments know nothing of that (projected gradient descent).
 */
import { ModelError } from "../base/errors.ts";
import { add, constant, convert, div, type Expr, f64, max, min, mul, read, sqrt } from "../ir/expr.ts";
import { copyStride } from "../ir/parallel.ts";
import { along, invoke, loop, type Node, type Place, place, type Term } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import type { Slot, Step } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { type ParameterGroup, type Treatment, treatments } from "./groups.ts";
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

/** Kernel calls of one update; each shard's gradients lie in its copy of their buffer. */
export function updateNodes(l: Lowered, optimiser: Optimiser, groups: readonly ParameterGroup[] = []): Node[] {
  const misplaced = optimiser.findIndex((t, k) => t.clipLimit !== undefined && k > 0);
  if (misplaced > 0)
    throw new ModelError(
      "unsupported",
      `optimiser[${misplaced}]`,
      "a gradient is clipped first of all: put clipByNorm at the start of the chain",
    );
  const { type, options } = l.context;
  const runs = trainableRuns(l, groups);
  const usual = updateStep(optimiser, type, options.shards, USUAL);
  const { states, numbers } = usual;
  for (const s of states) l.context.buffer(bufferName(s), type, l.parameters.length, "state");
  for (const n of numbers) l.context.buffer(bufferName(n), type, 1, "argument");
  const limit = optimiser[0]?.clipLimit;
  const own = [...states.map((s) => [s, bufferName(s)] as const), ["w", "parameters"] as const];
  const places = (offset: number, term: readonly Term[]): Record<string, Place> => ({
    ...gradientPlaces(l, offset, term),
    ...Object.fromEntries(own.map(([slot, buffer]) => [slot, place(buffer, offset, ...term)])),
    ...Object.fromEntries(numbers.map((n) => [n, place(bufferName(n))])),
  });
  return [
    ...(limit === undefined ? [] : clipNodes(l, limit, runs)),
    ...runs.flatMap((run) => {
      const step = isUsual(run) ? usual.step : updateStep(optimiser, type, options.shards, run).step;
      return inBlocks(run, (offset, n, ...term) => elementCall(step, places(offset, term), n));
    }),
  ];
}
const USUAL: Treatment = { rate: 1, decay: true, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
const alike = (a: Treatment, b: Treatment): boolean =>
  a.rate === b.rate && a.decay === b.decay && a.low === b.low && a.high === b.high;
const isUsual = (t: Treatment): boolean => alike(t, USUAL);

/** Parameters that a thread takes at a time. */
const BLOCK = 8192;

/** The calls for a run of parameters, block by block, and one for what is left. */
function inBlocks({ offset, length }: Run, call: (offset: number, n: number, ...term: Term[]) => Node): Node[] {
  const [whole, rest] = [Math.floor(length / BLOCK), length % BLOCK];
  return [
    ...(whole > 0 ? [loop("block", whole, [call(offset, BLOCK, along("block", BLOCK))], { parallel: true })] : []),
    ...(rest > 0 ? [call(offset + whole * BLOCK, rest)] : []),
  ];
}

/** One slot a shard; their sum is the gradient. */
const gradientSlot = (shard: number): string => `grad.${shard}`;
const gradientSlots = (shards: number): string[] => Array.from({ length: shards }, (_, k) => gradientSlot(k));
const gradientSum = (type: FloatType, shards: number): Expr =>
  gradientSlots(shards)
    .map((slot): Expr => read(type, slot))
    .reduce(add);
function gradientPlaces(l: Lowered, offset: number, term: readonly Term[]): Record<string, Place> {
  const stride = copyStride(l.parameters.length);
  const slots = gradientSlots(l.context.options.shards);
  return Object.fromEntries(slots.map((slot, k) => [slot, place(GRADIENTS, k * stride + offset, ...term)]));
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
function updateStep(optimiser: Optimiser, type: FloatType, shards: number, how: Treatment): UpdateStep {
  const weight = read(type, "w");
  let update = gradientSum(type, shards);
  const states = new Map<string, Expr>();
  optimiser.forEach((t, k) => {
    const state = (name: string): Expr => read(type, stateSlot(k, name));
    const number = (name: string): Expr => read(type, numberSlot(k, name));
    const made = t.update(update, { type, weight, decays: how.decay, state, number });
    update = made.update;
    for (const [s, value] of Object.entries(made.states ?? {})) states.set(stateSlot(k, s), value);
  });
  const k = (x: number): Expr => constant(type, x);
  const numbers = optimiser.flatMap((t, k) => numbersOf(t).map((name) => numberSlot(k, name)));
  const slot =
    (space: Slot["space"]) =>
    (name: string): Slot => ({ name, type, space });
  const step = simplify({
    name: "update",
    slots: [...["w", ...gradientSlots(shards), ...states.keys()].map(slot("element")), ...numbers.map(slot("uniform"))],
    stores: [
      { slot: "w", mode: "set", value: within(add(weight, how.rate === 1 ? update : mul(k(how.rate), update)), how) },
      ...[...states].map(([name, value]) => ({ slot: name, mode: "set" as const, value })),
    ],
  });
  return { step, states: [...states.keys()], numbers };
}

/** A number that is not one stays so: `min` and `max` give back their left side then. */
function within(value: Expr, { low, high }: Treatment): Expr {
  const above = low === USUAL.low ? value : max(value, constant(value.type, low));
  return high === USUAL.high ? above : min(above, constant(value.type, high));
}

interface Run extends Treatment {
  readonly offset: number;
  readonly length: number;
}
/**
 * Blocks that training changes, neighbours joined that learn alike. Where bounds exclude 0 the padding would leave it, so a
 * run ends with the last number of such a block.
 */
function trainableRuns(l: Lowered, groups: readonly ParameterGroup[]): Run[] {
  const runs: (Run & { length: number })[] = [];
  for (const [b, how] of treatments([...l.parameters.blocks.values()], groups)) {
    if (how.rate === 0) continue;
    // Of delays padding may leave 0: it belongs to weights that are 0.
    const short = b.kind === "neuron" && (how.low > 0 || how.high < 0);
    const length = short ? b.width : b.rows * b.stride;
    const last = runs.at(-1);
    if (last && last.offset + last.length === b.offset && alike(last, how)) last.length += length;
    else runs.push({ ...how, offset: b.offset, length });
  }
  return runs;
}

/** `min(1, limit / norm)`, of squares summed block by block. */
function clipNodes(l: Lowered, limit: number, runs: readonly Run[]): Node[] {
  const parts = runs.map((run, k) => squares(l, run, `optimiser.squares.${k}`));
  const norm = place(l.context.buffer("optimiser.norm", "f64", 1, "work"));
  const total = (part: Part): Node =>
    invoke({ kind: "perElement", step: totalStep }, { x: part.sums, norm }, { n: part.count });
  const args = { norm, out: place(numberBuffer(0, CLIP)) };
  return [
    ...parts.flatMap((p) => [invoke({ kind: "zero", type: "f64" }, { out: p.sums }, { n: p.count }), ...p.nodes]),
    invoke({ kind: "zero", type: "f64" }, { out: norm }, { n: 1 }),
    ...parts.map(total),
    invoke({ kind: "perElement", step: clipStep(l.context.type, limit) }, args, { n: 1 }),
  ];
}

/** Sums of squares of a run of gradients, one a block. */
interface Part {
  readonly sums: Place;
  readonly count: number;
  readonly nodes: readonly Node[];
}
function squares(l: Lowered, run: Run, name: string): Part {
  const { type, options } = l.context;
  const step = squaresStep(type, options.shards);
  const count = Math.ceil(run.length / BLOCK);
  const buffer = l.context.buffer(name, "f64", count, "work");
  const nodes = inBlocks(run, (offset, n, ...term) => {
    const norm = term.length > 0 ? place(buffer, 0, along("block", 1)) : place(buffer, count - 1);
    return elementCall(step, { ...gradientPlaces(l, offset, term), norm }, n);
  });
  return { sums: place(buffer), count, nodes };
}

/** In f64: squares of f32 numbers cannot overflow there. */
function squaresStep(type: FloatType, shards: number): Step {
  const g = convert("f64", gradientSum(type, shards));
  return {
    name: "squares",
    slots: [
      ...gradientSlots(shards).map((name): Slot => ({ name, type, space: "element" })),
      { name: "norm", type: "f64", space: "uniform" },
    ],
    stores: [{ slot: "norm", mode: "sum", value: mul(g, g) }],
  };
}
const totalStep: Step = {
  name: "norm",
  slots: [
    { name: "x", type: "f64", space: "element" },
    { name: "norm", type: "f64", space: "uniform" },
  ],
  stores: [{ slot: "norm", mode: "sum", value: read("f64", "x") }],
};
function clipStep(type: FloatType, limit: number): Step {
  const factor = min(f64(1), div(f64(limit), sqrt(read("f64", "norm"))));
  return {
    name: "clip",
    slots: [
      { name: "norm", type: "f64", space: "uniform" },
      { name: "out", type, space: "element" },
    ],
    stores: [{ slot: "out", mode: "set", value: convert(type, factor) }],
  };
}
