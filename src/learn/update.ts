/**
 * The optimiser as one element-wise kernel over every run of parameters that learn alike. What has bounds is put back
 * within them after the step; moments know nothing of that (projected gradient descent).
 */
import { ModelError } from "../base/errors.ts";
import { add, compare, constant, convert, div, type Expr, f64, max, min, mul, read, select, sqrt } from "../ir/expr.ts";
import { copyStride } from "../ir/parallel.ts";
import { along, invoke, loop, type Node, type Place, place, type Term } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import { pruneSlots, type Slot, type Step } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { type ParameterGroup, type Treatment, treatments } from "./groups.ts";
import { CLIP, type GradientTransform, type Optimiser, type UpdateContext } from "./optimiser.ts";
import { GRADIENTS } from "./windowGradients.ts";

/** Slots of transform k. */
const stateSlot = (k: number, name: string): string => `${k}.${name}`;
export const numberSlot = (k: number, name: string): string => `${k}.number.${name}`;
/** How the names of the optimiser's buffers begin. */
export const OPTIMISER = "optimiser.";
const bufferName = (slot: string): string => `${OPTIMISER}${slot}`;
/** The buffer of a number that the host writes before each update, or before all updates of a batch. */
export const numberBuffer = (k: number, name: string): string => bufferName(numberSlot(k, name));

/** The buffer that counts gradients that were not finite when they were clipped. */
export const SKIPPED = bufferName("skipped");

/** The buffer of a transform's state, laid out as the parameters that learn are. */
export const stateBuffer = (k: number, name: string): string => bufferName(stateSlot(k, name));

/** How parameters are updated, and how often. */
export interface Updates {
  readonly optimiser: Optimiser;
  readonly groups?: readonly ParameterGroup[] | undefined;
  /** Whether after each segment of time, in the loop over them, instead of once a batch. */
  readonly eachSegment?: boolean;
}

/** Kernel calls of one update; each shard's gradients lie in its copy of their buffer. */
export function updateNodes(l: Lowered, { optimiser, groups = [], eachSegment = false }: Updates): Node[] {
  requireClippedFirst(optimiser);
  const { type, options } = l.context;
  const runs = trainableRuns(l, groups);
  const usual = updateStep(optimiser, type, options.shards, USUAL);
  const { states, numbers } = usual;
  for (const s of states) l.context.buffer(bufferName(s), type, l.parameters.learnedLength, "state");
  const clip = optimiser.findIndex((t) => t.clipLimit !== undefined);
  const numberPlace = (n: string): Place => {
    if (eachSegment && n !== numberSlot(clip, CLIP)) return l.context.ofEachSegment(bufferName(n), type, "argument");
    return place(l.context.buffer(bufferName(n), type, 1, "argument"));
  };
  const own = [...states.map((s) => [s, bufferName(s)] as const), ["w", "parameters"] as const];
  const places: Places = (offset, term) => ({
    ...gradientPlaces(l, offset, term),
    ...Object.fromEntries(own.map(([slot, buffer]) => [slot, place(buffer, offset, ...term)])),
    ...Object.fromEntries(numbers.map((n) => [n, numberPlace(n)])),
  });
  return [
    ...(clip < 0 ? [] : clipNodes(l, optimiser.slice(0, clip + 1), runs, places)),
    ...runs.flatMap((run) => {
      const step = isUsual(run) ? usual.step : updateStep(optimiser, type, options.shards, run).step;
      return inBlocks(run, (offset, n, ...term) => elementCall(step, places(offset, term), n));
    }),
  ];
}
/** Where all slots of an update lie, for a stretch of parameters. */
type Places = (offset: number, term: readonly Term[]) => Record<string, Place>;

function requireClippedFirst(optimiser: Optimiser): void {
  const misplaced = optimiser.findIndex(
    (t, k) => t.clipLimit !== undefined && !optimiser.slice(0, k).every((x) => x.ofLoss),
  );
  if (misplaced > 0)
    throw new ModelError(
      "unsupported",
      `optimiser[${misplaced}]`,
      "a gradient is clipped first of all: put clipByNorm at the start of the chain",
    );
}
export const USUAL: Treatment = { rate: 1, decay: true, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
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
export const gradientSlot = (shard: number): string => `grad.${shard}`;
const gradientSlots = (shards: number): string[] => Array.from({ length: shards }, (_, k) => gradientSlot(k));
const gradientSum = (type: FloatType, shards: number): Expr =>
  gradientSlots(shards)
    .map((slot): Expr => read(type, slot))
    .reduce(add);
function gradientPlaces(l: Lowered, offset: number, term: readonly Term[]): Record<string, Place> {
  const stride = copyStride(l.parameters.learnedLength);
  const slots = gradientSlots(l.context.options.shards);
  return Object.fromEntries(slots.map((slot, k) => [slot, place(GRADIENTS, k * stride + offset, ...term)]));
}

const numbersOf = (t: GradientTransform): string[] => [
  ...Object.keys(t.numbers),
  ...(t.clipLimit === undefined ? [] : [CLIP]),
];

export interface UpdateStep {
  readonly step: Step;
  readonly states: readonly string[];
  readonly numbers: readonly string[];
}
/** What a chain makes of the sum of all shards' gradients, with the new states of its transforms. */
function chained(optimiser: Optimiser, type: FloatType, shards: number, how: Treatment) {
  const weight = read(type, "w");
  let update = gradientSum(type, shards);
  const states = new Map<string, Expr>();
  const keep = (k: number, values: Readonly<Record<string, Expr>> = {}): void => {
    for (const [s, value] of Object.entries(values)) states.set(stateSlot(k, s), value);
  };
  const contexts = optimiser.map((_, k): UpdateContext => {
    const state = (name: string): Expr => read(type, stateSlot(k, name));
    const number = (name: string): Expr => read(type, numberSlot(k, name));
    return { type, weight, decays: how.decay, state, number };
  });
  optimiser.forEach((t, k) => {
    const made = t.update(update, contexts[k]!);
    update = made.update;
    keep(k, made.states);
  });
  const moved = within(add(weight, how.rate === 1 ? update : mul(constant(type, how.rate), update)), how);
  optimiser.forEach((t, k) => keep(k, t.after?.(moved, contexts[k]!)));
  return { update, moved, states };
}

/** `w`, `grad` and the states of all transforms, to the new weight and the new states. */
export function updateStep(optimiser: Optimiser, type: FloatType, shards: number, how: Treatment): UpdateStep {
  const { moved, states } = chained(optimiser, type, shards, how);
  const numbers = optimiser.flatMap((t, k) => numbersOf(t).map((name) => numberSlot(k, name)));
  const slot =
    (space: Slot["space"]) =>
    (name: string): Slot => ({ name, type, space });
  const step = simplify({
    name: "update",
    slots: [...["w", ...gradientSlots(shards), ...states.keys()].map(slot("element")), ...numbers.map(slot("uniform"))],
    stores: [
      { slot: "w", mode: "set", value: moved },
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

/**
 * `min(1, limit / norm)`, of squares summed block by block.
 * @param optimiser the chain up to what clips
 */
function clipNodes(l: Lowered, optimiser: Optimiser, runs: readonly Run[], places: Places): Node[] {
  const before = optimiser.slice(0, -1);
  const { clipLimit: limit } = optimiser.at(-1)!;
  const parts = runs.map((run, k) => squares(l, before, run, `optimiser.squares.${k}`, places));
  const norm = place(l.context.buffer("optimiser.norm", "f64", 1, "work"));
  const skipped = place(l.context.buffer(SKIPPED, "f64", 1, "state"));
  const total = (part: Part): Node =>
    invoke({ kind: "perElement", step: totalStep }, { x: part.sums, norm }, { n: part.count });
  const args = { norm, skipped, out: place(numberBuffer(before.length, CLIP)) };
  return [
    ...parts.flatMap((p) => [invoke({ kind: "zero", type: "f64" }, { out: p.sums }, { n: p.count }), ...p.nodes]),
    invoke({ kind: "zero", type: "f64" }, { out: norm }, { n: 1 }),
    ...parts.map(total),
    invoke({ kind: "perElement", step: clipStep(l.context.type, limit!) }, args, { n: 1 }),
  ];
}

/** Sums of squares of a run of gradients, one a block. */
interface Part {
  readonly sums: Place;
  readonly count: number;
  readonly nodes: readonly Node[];
}
function squares(l: Lowered, before: Optimiser, run: Run, name: string, places: Places): Part {
  const { type, options } = l.context;
  const step = squaresStep(before, type, options.shards);
  const count = Math.ceil(run.length / BLOCK);
  const buffer = l.context.buffer(name, "f64", count, "work");
  const nodes = inBlocks(run, (offset, n, ...term) => {
    const norm = term.length > 0 ? place(buffer, 0, along("block", 1)) : place(buffer, count - 1);
    const own: Record<string, Place> = { ...places(offset, term), norm };
    return elementCall(step, Object.fromEntries(step.slots.map(({ name }) => [name, own[name]!])), n);
  });
  return { sums: place(buffer), count, nodes };
}

/** In f64: squares of f32 numbers cannot overflow there. */
function squaresStep(before: Optimiser, type: FloatType, shards: number): Step {
  const g = convert("f64", chained(before, type, shards, USUAL).update);
  const states = before.flatMap((t, k) => t.states.map((s) => stateSlot(k, s)));
  return pruneSlots({
    name: "squares",
    slots: [
      ...["w", ...gradientSlots(shards), ...states].map((name): Slot => ({ name, type, space: "element" })),
      { name: "norm", type: "f64", space: "uniform" },
    ],
    stores: [{ slot: "norm", mode: "sum", value: mul(g, g) }],
  });
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
  const norm = read("f64", "norm");
  const finite = compare("lt", norm, f64(Number.POSITIVE_INFINITY));
  const factor = select(finite, min(f64(1), div(f64(limit), sqrt(norm))), f64(0));
  return {
    name: "clip",
    slots: [
      { name: "norm", type: "f64", space: "uniform" },
      { name: "out", type, space: "element" },
      { name: "skipped", type: "f64", space: "element" },
    ],
    stores: [
      { slot: "out", mode: "set", value: convert(type, factor) },
      { slot: "skipped", mode: "set", value: add(read("f64", "skipped"), select(finite, f64(0), f64(1))) },
    ],
  };
}
