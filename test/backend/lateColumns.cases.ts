/** Events of targets that rows take in later, and the kernels that do the same step by step. */
import { add, and, compare, constant, type Expr, max, min, mul, read, select } from "../../src/ir/expr.ts";
import { signatureOf } from "../../src/ir/kernelArguments.ts";
import {
  along,
  type Buffer,
  invoke,
  type Kernel,
  type KernelOf,
  LATE,
  loop,
  type Node,
  type Place,
  type Program,
  place,
} from "../../src/ir/program.ts";
import type { Slot, Space, Step } from "../../src/ir/step.ts";
import type { FloatType, Type } from "../../src/ir/types.ts";
import type { Case } from "./cases.ts";

export interface LateShape {
  readonly type: FloatType;
  readonly sources: number;
  readonly targets: number;
  /** The first step's row of the lists; there are `STEPS` rows. */
  readonly start: number;
  /** Where lists begin, and how many entries that of each step has. */
  readonly first: number;
  readonly counts: readonly number[];
  /** Sources that ask, after as many steps, in ascending order of these. */
  readonly asks: readonly { readonly now: number; readonly list: readonly number[] }[];
}
/** Rows of the lists. */
export const STEPS = 8;
const [LIST_STRIDE, END_STRIDE] = [24, 3];

const slot = (name: string, type: Type, space: Space): Slot => ({ name, type, space });

/** Stores of several widths, by `set` and `add`; something that is computed once a source. */
export function lateStep(type: FloatType): Step {
  const [w, a, b] = ["w", "a", "b"].map((name) => read(type, name)) as [Expr, Expr, Expr];
  const open = and(read("bool", "open"), compare("lt", w, constant(type, 0.7)));
  const moved = add(w, select(open, mul(a, constant(type, 0.25)), mul(b, w)));
  return {
    name: "late",
    slots: [
      slot("w", type, "synapse"),
      slot("open", "bool", "synapse"),
      slot("seen", "u32", "synapse"),
      slot("a", type, "pre"),
      slot("b", type, "pre"),
    ],
    stores: [
      { slot: "w", mode: "set", value: max(min(moved, constant(type, 0.75)), constant(type, 0)) },
      { slot: "open", mode: "set", value: open },
      { slot: "seen", mode: "add", value: constant("u32", 3) },
    ],
  };
}
export function lateMotion(type: FloatType): Step {
  const [a, b] = ["a", "b"].map((name) => read(type, name)) as [Expr, Expr];
  return {
    name: "motion",
    slots: [slot("a", type, "element"), slot("b", type, "element")],
    stores: [
      { slot: "a", mode: "set", value: add(mul(a, constant(type, 0.9)), mul(b, constant(type, 0.01))) },
      { slot: "b", mode: "set", value: mul(b, constant(type, 0.8)) },
    ],
  };
}

export function lateKernel({ type, sources, targets }: LateShape, domain: "all" | "rows"): KernelOf<"lateColumns"> {
  return {
    ...{ kind: "lateColumns", domain, step: lateStep(type), motion: lateMotion(type), full: [sources, targets] },
    ...{ steps: STEPS, listStride: LIST_STRIDE, endStride: END_STRIDE },
  };
}

/** @param late put off; else step by step */
export function lateProgram(shape: LateShape, late: boolean): Program {
  const { type, sources, targets, counts, asks } = shape;
  const sizes = { synapse: sources * targets, pre: sources };
  const buffer = (name: string, bufferType: Type, length: number): Buffer => ({
    ...{ name, type: bufferType, length, role: "work" },
  });
  const buffers = [
    ...lateStep(type).slots.map((s) => buffer(s.name, s.type, sizes[s.space as keyof typeof sizes])),
    buffer("since", "i32", Math.ceil(sources / LATE)),
    buffer("events", "u32", STEPS * LIST_STRIDE),
    buffer("ends", "i32", STEPS * END_STRIDE),
    buffer("asked", "u32", Math.max(1, asks.flatMap((x) => x.list).length)),
    buffer("numbers", "i32", 2),
  ];
  const call = (kernel: Kernel, own: Readonly<Record<string, Place>>, more: Record<string, Place | number>): Node =>
    invoke(kernel, Object.fromEntries(signatureOf(kernel).args.map((n) => [n, own[n] ?? place(n)])), more);
  let at = 0;
  const body = late
    ? [
        ...asks.map(({ now, list }) => {
          const from = at;
          at += list.length;
          const counted = { from, to: at, first: place("numbers", 0), start: place("numbers", 1), now };
          return call(lateKernel(shape, "rows"), { list: place("asked") }, counted);
        }),
        call(lateKernel(shape, "all"), {}, { first: shape.first, start: shape.start, now: counts.length }),
      ]
    : [
        loop(
          "t",
          counts.length,
          [
            call(
              { kind: "perSynapse", domain: "columns", step: lateStep(type), full: [sources, targets] },
              { list: place("events", 0, along("t", LIST_STRIDE, { modulo: STEPS })) },
              { from: place("numbers", 0), to: place("ends", 0, along("t", END_STRIDE, { modulo: STEPS })) },
            ),
            call({ kind: "perElement", step: lateMotion(type) }, {}, { n: sources }),
          ],
          { from: shape.start },
        ),
      ];
  return { name: "late", buffers, regions: [{ name: "main", body }] };
}

/** Lists, their ends, and who asks. */
export function lateInputs({ targets, start, first, counts, asks }: LateShape): Record<string, number[]> {
  const events = Array.from({ length: STEPS * LIST_STRIDE }, (_, k) => (k * 7919 + 11) % targets);
  const ends = Array.from({ length: STEPS * END_STRIDE }, () => 0);
  for (const [k, count] of counts.entries()) ends[((start + k) % STEPS) * END_STRIDE] = first + count;
  return { events, ends, asked: asks.flatMap((x) => x.list), numbers: [first, start] };
}

/** Values between 0 and 1 whose sums round; integers; and both truths. */
const VALUES: Readonly<Partial<Record<Type, (k: number) => number>>> = {
  f32: (k) => Math.fround(((k * 7919 + 13) % 101) / 101),
  f64: (k) => ((k * 7919 + 13) % 101) / 101,
  u32: (k) => (k * 2654435761) % 2 ** 32,
  bool: (k) => ((k * 7) >> 1) & 1,
};
/** What synapses and sources begin with. */
export const lateValues = ({ type, sources, targets }: LateShape): Record<string, number[]> =>
  Object.fromEntries(
    lateStep(type).slots.map(({ name, type: t, space }) => [
      name,
      Array.from({ length: space === "synapse" ? sources * targets : sources }, (_, k) => VALUES[t]!(k + name.length)),
    ]),
  );

const shape = (type: FloatType, sources: number): LateShape => ({
  ...{ type, sources, targets: 37, start: 5, first: 2, counts: [3, 0, 20, 1, 1, 0, 7, 2] },
  asks: [
    { now: 0, list: [0] },
    { now: 3, list: [1, sources - 1] },
    { now: 5, list: [sources - 1] },
    { now: 8, list: [2] },
  ],
});
/** A last group that is whole, and one that is not. */
export const LATE_COLUMNS: readonly Case[] = (["f32", "f64"] as const).flatMap((type) =>
  [2 * LATE, 2 * LATE + 3].map((sources) => ({
    name: `lateColumns ${type}, ${sources} sources`,
    program: lateProgram(shape(type, sources), true),
    inputs: { ...lateInputs(shape(type, sources)), ...lateValues(shape(type, sources)) },
  })),
);
