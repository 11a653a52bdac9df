/** Cases of the kernels that build tables of synapses. */
import { JOIN, JOIN_FIELDS } from "../../src/ir/blocks.ts";
import { LOOK_AGAIN, LOOK_ASK, LOOK_BITS } from "../../src/ir/lookUp.ts";
import { type Buffer, type Invoke, invoke, type KernelOf, place, type WeightForm } from "../../src/ir/program.ts";
import type { Type } from "../../src/ir/types.ts";
import { type Case, values } from "./cases.ts";

type Arrays = Readonly<Record<string, readonly [type: Type, values: readonly number[]]>>;
/** @param anything buffers in which a kernel may leave what it likes */
function oneCall(name: string, call: Invoke, arrays: Arrays, anything: readonly string[] = []): Case {
  const buffers = Object.entries(arrays).map(
    ([name, [type, { length }]]): Buffer => ({ name, type, length, role: "work" }),
  );
  return {
    name,
    program: { name: call.kernel.kind, buffers, regions: [{ name: "main", body: [call] }] },
    inputs: Object.fromEntries(Object.entries(arrays).map(([name, [, numbers]]) => [name, numbers])),
    defined: Object.fromEntries(anything.map((name) => [name, 0])),
  };
}
const zeros = (n: number): number[] => new Array<number>(n).fill(0);
function sums(counts: readonly number[]): number[] {
  const all = [0];
  for (const n of counts) all.push(all.at(-1)! + n);
  return all;
}

const KEY = [7, 4000000001];
function draw(law: KernelOf<"drawRows">["law"], p: number, targets: number, notItself: number, first: number): Case {
  const n = 9;
  const factor = 1 / Math.log1p(-p);
  const counts = Array.from({ length: n }, (_, k) =>
    law === "choices" || law === "distinct" ? (k * 7) % 23 : targets,
  );
  const arrays: Arrays = {
    key: ["u32", KEY],
    out: ["u32", zeros(2 + (law === "counts" ? n : sums(counts).at(-1)!))],
    ...((law === "trials" || law === "counts") && { factor: ["f64", [factor]] as const }),
    ...(law !== "counts" && { starts: ["i32", sums(counts)] as const }),
    ...(law === "distinct" && { marks: ["u32", zeros(Math.ceil(targets / 32))] as const }),
  };
  const args = Object.fromEntries(Object.keys(arrays).map((a) => [a, place(a, a === "out" ? 1 : 0)]));
  return oneCall(
    `drawRows ${law}, p = ${p}, ${targets} targets${notItself ? ", not itself" : ""}`,
    invoke({ kind: "drawRows", law }, args, { first, n, targets, notItself }),
    arrays,
  );
}

function sort(below: number): Case {
  const next = values(below);
  const starts = sums([0, 1, 2, 23, 24, 25, 0, 300, 70]);
  const numbers = Array.from({ length: starts.at(-1)! }, () => Math.floor(next() * below));
  return oneCall(
    `sortRows below ${below}`,
    invoke(
      { kind: "sortRows" },
      { out: place("out"), starts: place("starts"), spare: place("spare"), bins: place("bins") },
      { n: starts.length - 1, below },
    ),
    { out: ["u32", numbers], starts: ["i32", starts], spare: ["u32", zeros(300)], bins: ["u32", zeros(256)] },
    ["spare", "bins"],
  );
}

const weaveCase = (n: number): Case =>
  oneCall(
    `weave ${n}`,
    invoke({ kind: "weave", stride: 11 }, { out: place("out"), planes: place("planes", 2) }, { n }),
    { out: ["u32", zeros(44)], planes: ["u32", Array.from({ length: 46 }, (_, k) => k * 97003)] },
  );

/** Bounds in pairs close to each other, so that cells have none, one or many; some numbers are to be drawn again or asked. */
function look(again: boolean): Case {
  const next = values(again ? 5 : 6);
  const word = (): number => Math.floor(next() * 2 ** 32);
  const bounds = [0, ...Array.from({ length: 60 }, word).flatMap((w) => [w, w + 1, w + 40000])].sort((a, b) => a - b);
  const numbers = bounds.map((_, k) => (again && k % 3 === 1 ? LOOK_AGAIN : k % 17 === 5 ? LOOK_ASK : 3 * k - 40));
  const at = (w: number): number => bounds.findLastIndex((b) => b <= w);
  const size = 2 ** (32 - LOOK_BITS);
  const cells = Array.from({ length: 2 ** LOOK_BITS }, (_, c) => at(c * size));
  const words = [
    0,
    2 ** 32 - 1,
    ...bounds.flatMap((b) => [b, b - 1 < 0 ? 0 : b - 1]),
    ...Array.from({ length: 99 }, word),
  ];
  const [skip, n] = [3, words.length - 3];
  const names = ["out", "words", "cells", "bounds", "values", "key", "asked"];
  return oneCall(
    `lookUp${again ? ", again" : ""}`,
    invoke({ kind: "lookUp" }, Object.fromEntries(names.map((a) => [a, place(a)])), {
      ...{ skip, n, first: 1000, cell: 2, entry: 1 },
    }),
    {
      out: ["i32", zeros(words.length)],
      words: ["u32", words],
      cells: ["i32", [9, 9, ...cells, bounds.length - 1]],
      bounds: ["u32", [5, ...bounds]],
      values: ["i32", [5, ...numbers]],
      key: ["u32", KEY],
      asked: ["i32", [4]],
    },
  );
}
/** Nothing but what is to be drawn again: in the end it is asked. */
const never = (): Case => {
  const one = look(true);
  const inputs = { ...one.inputs, values: one.inputs.values!.map(() => LOOK_AGAIN) };
  return { ...one, name: "lookUp in vain", inputs };
};

const [ROWS, GROUP, GROUPS, CELLS] = [5, 4, 3, 60] as const;
const WHOLE: ReadonlySet<WeightForm> = new Set(["i8", "i16"]);
function fill(weight: WeightForm, narrow: boolean, parts: number, alike: boolean): Case {
  const next = values(parts + (narrow ? 40 : 80));
  const below = (n: number): number => Math.floor(next() * n);
  const widths = parts === 1 ? [20, 30] : [7, 12];
  const lengths = [
    [3, 0, 40, 8, 1],
    [0, 0, 17, 9, 33],
  ];
  const target: number[] = [];
  const steps: number[] = [];
  const starts: number[] = [];
  const joins = lengths.flatMap((counts, c) => {
    const own = { ...JOIN };
    const fields = zeros(JOIN_FIELDS);
    const given = {
      target: target.length + 2,
      steps: alike && c === 1 ? -1 : steps.length,
      weights: target.length,
      starts: starts.length + 1,
      first: c === 0 ? 0 : widths[0]!,
      width: widths[c]!,
      before: c + 1,
    };
    for (const [name, x] of Object.entries(given)) fields[own[name as keyof typeof JOIN]] = x;
    starts.push(99, ...sums(counts));
    target.push(77, 77);
    for (const n of counts)
      target.push(...Array.from({ length: n }, () => below(parts * widths[c]! - 2)).sort((a, b) => a - b));
    steps.push(...Array.from({ length: sums(counts).at(-1)! }, () => below(GROUP * GROUPS)));
    return fields;
  });
  // Slots not in the order of steps; and as many more as are added to steps.
  const slots = Array.from({ length: GROUP * GROUPS + 4 }, (_, k) => (k * 5) % (GROUP * GROUPS));
  const kernel: KernelOf<"fillBlocks"> = {
    kind: "fillBlocks",
    ...{ joined: 2, group: GROUP, groups: GROUPS, cells: CELLS, parts, narrow, weight },
  };
  const weights = target.map(() => (WHOLE.has(weight) ? below(254) - 127 : next() - 0.3));
  const arrays: Arrays = {
    out: ["u32", Array.from({ length: 3000 }, (_, k) => k)],
    begin: ["i32", zeros(ROWS * parts)],
    used: ["i32", [0]],
    joins: ["i32", joins],
    starts: ["i32", starts],
    target: ["u32", target],
    steps: ["i32", steps],
    ...(weight !== "one" && { weights: [WHOLE.has(weight) ? "i32" : "f64", weights] as const }),
    slots: ["i32", slots],
    keys: ["i32", zeros(2 * 80)],
    next: ["i32", zeros(2 * parts * GROUP * GROUPS)],
  };
  return oneCall(
    `fillBlocks ${weight} ${narrow ? "narrow" : "wide"}, ${parts} parts${alike ? ", one delay" : ""}`,
    invoke(kernel, Object.fromEntries(Object.keys(arrays).map((a) => [a, place(a)])), { rows: ROWS }),
    arrays,
    ["keys", "next"],
  );
}

export const BUILD: readonly Case[] = [
  ...(["trials", "counts"] as const).flatMap((law) => [
    draw(law, 0.1, 200, 0, 0),
    draw(law, 0.9, 30, 1, 3),
    draw(law, 1e-9, 1000, 0, 2 ** 30),
  ]),
  draw("choices", 0, 1000, 0, 0),
  draw("choices", 0, 12, 1, 2),
  draw("distinct", 0, 1000, 0, 0),
  draw("distinct", 0, 24, 1, 2),
  draw("distinct", 0, 22, 0, 2 ** 20),
  draw("choices", 0, 2 ** 20 + 1, 0, 5),
  ...[2, 256, 257, 60_000, 2 ** 31].map(sort),
  ...[0, 3, 4, 10].map(weaveCase),
  look(false),
  look(true),
  never(),
  ...(["one", "i8", "i16", "f32", "f64"] as const).flatMap((weight) =>
    [true, false].flatMap((narrow) => [fill(weight, narrow, 1, false), fill(weight, narrow, 3, true)]),
  ),
];
