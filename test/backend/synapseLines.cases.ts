/** Synapses of every source with every target, as kernels with tables and without: both must do the same. */
import {
  add,
  and,
  compare,
  constant,
  convert,
  type Expr,
  f32,
  index,
  max,
  min,
  mul,
  read,
  select,
} from "../../src/ir/expr.ts";
import { type Buffer, invoke, type KernelOf, type Place, type Program, place } from "../../src/ir/program.ts";
import type { Slot, Space, Step } from "../../src/ir/step.ts";
import type { FloatType, Type } from "../../src/ir/types.ts";

export interface Shape {
  readonly domain: "all" | "rows" | "columns";
  readonly type: FloatType;
  readonly sources: number;
  readonly targets: number;
  /** Targets of the rows. */
  readonly first: number;
  readonly n: number;
  /** Whether the body keeps to what is a synapse's own. */
  readonly apart: boolean;
  /** Whether nothing is computed once for a whole row or column. */
  readonly bare?: boolean;
  /** Whether counts are known when compiling. */
  readonly known: boolean;
  /** With tables only: every so many synapses one is missing; 0 for none. */
  readonly gaps?: number;
  /** Sources or targets with an event. */
  readonly list: readonly number[];
}

const slot = (name: string, type: Type, space: Space): Slot => ({ name, type, space });

/** Reads and numbers of every kind; stores of several widths, and where synapses are not apart a sum at the shared end. */
export function fullStep({ domain, type, apart, bare = false }: Shape): Step {
  const own: Space = domain === "columns" ? "pre" : "post";
  const end: Space = domain === "columns" ? "post" : "pre";
  const slots = [
    slot("w", type, "synapse"),
    slot("open", "bool", "synapse"),
    slot("seen", "u32", "synapse"),
    slot("x", type, "pre"),
    slot("on", "bool", "pre"),
    slot("y", type, "post"),
    slot("last", "i32", "post"),
    slot("g", type, "uniform"),
    slot("sum", type, own),
    slot("both", type, end),
  ];
  const [w, x, y, g] = ["w", "x", "y", "g"].map((name) => read(type, name)) as [Expr, Expr, Expr, Expr];
  const place = add(index("synapse"), mul(index("pre"), index("post")));
  const open = and(read("bool", "open"), read("bool", "on"));
  const late = compare("lt", read("i32", "last"), constant("i32", 5));
  const moved = max(min(add(w, mul(g, select(open, x, y))), constant(type, 0.75)), constant(type, 0));
  const shared = { slot: "both", mode: "add", value: mul(w, constant(type, 0.5)) } as const;
  return {
    name: "full",
    slots,
    stores: [
      { slot: "sum", mode: "add", value: add(w, read(type, "both")) },
      { slot: "w", mode: "set", value: moved },
      { slot: "open", mode: "set", value: bare ? open : and(open, late) },
      { slot: "seen", mode: "add", value: bare ? place : add(place, convert("u32", mul(y, f32Of(type)))) },
      ...(apart ? [] : [shared]),
    ],
  };
}
const f32Of = (type: FloatType): Expr => (type === "f32" ? f32(8) : constant("f64", 8));

/** @param full without tables */
export function fullProgram(shape: Shape, full: boolean): Program {
  const { domain, sources, targets, first, n, known, list, apart } = shape;
  const step = fullStep(shape);
  const sizes: Readonly<Record<Space, number>> = {
    synapse: sources * targets,
    pre: sources,
    post: targets,
    uniform: 1,
    element: 0,
  };
  const tables: [string, Type, number][] = [
    ["rowStart", "i32", 2 * sources + 1],
    ["target", "u32", sources * targets],
    ["columnStart", "i32", targets + 1],
    ["columnSynapse", "u32", sources * targets],
    ["columnSource", "u32", sources * targets],
  ];
  const buffer = ([name, type, length]: [string, Type, number]): Buffer => ({ name, type, length, role: "work" });
  const buffers = [
    ...step.slots.map((s) => buffer([s.name, s.type, sizes[s.space]])),
    ...tables.map(buffer),
    buffer(["list", "u32", Math.max(1, list.length)]),
    buffer(["counts", "i32", 4]),
  ];
  const kernel: KernelOf<"perSynapse"> = full
    ? { kind: "perSynapse", domain, step, full: [sources, targets], ...(apart && { apart }) }
    : { kind: "perSynapse", domain, step, parts: 2, ...(apart && { apart }) };
  const named = [
    ...step.slots.map((s) => s.name),
    ...(full ? [] : domain === "columns" ? ["columnStart", "columnSynapse", "columnSource"] : ["rowStart", "target"]),
    ...(domain === "all" ? [] : ["list"]),
  ];
  const args = Object.fromEntries(named.map((name): [string, Place] => [name, place(name)]));
  const count = (value: number, k: number) => (known ? value : place("counts", k));
  const counts = {
    ...(domain === "all" ? { sources: count(sources, 0) } : { from: 0, to: count(list.length, 1) }),
    ...(full && domain !== "columns" && { first: count(first, 2), n: count(n, 3) }),
  };
  return { name: "full", buffers, regions: [{ name: "main", body: [invoke(kernel, args, counts)] }] };
}

/** Contents of the tables and counts; a row has two parts, of which the first holds targets `[first, n)`. */
export function fullInputs({ domain, sources, targets, first, n, list, gaps = 0 }: Shape): Record<string, number[]> {
  const all = Array.from({ length: sources * targets }, (_, k) => k);
  const kept = all.filter((k) => gaps === 0 || ((k * 7919 + 5) % 1009) % gaps > 0);
  const [source, target] = [kept.map((k) => Math.floor(k / targets)), kept.map((k) => k % targets)];
  const before = (row: number, column: number): number => kept.filter((k) => k < row * targets + column).length;
  const rowStart = Array.from({ length: 2 * sources + 1 }, (_, k) => before(k >> 1, k % 2 ? n : first));
  const byTarget = kept.map((_, k) => k).toSorted((a, b) => target[a]! - target[b]! || a - b);
  return {
    rowStart,
    target,
    columnStart: Array.from({ length: targets + 1 }, (_, c) => target.filter((t) => t < c).length),
    columnSynapse: byTarget,
    columnSource: byTarget.map((k) => source[k]!),
    list: [...list],
    counts: [domain === "all" ? sources : 0, list.length, first, n],
  };
}
