/** Cases of the kernels that work through windows: strides, padding, dilation, groups, whole vectors and parts of them. */
import { type Buffer, invoke, type Kernel, type Place, padded, place } from "../../src/ir/program.ts";
import type { FloatType, Type } from "../../src/ir/types.ts";
import {
  type Axis,
  backRows,
  gathersErrors,
  nearLength,
  outerOrderLength,
  reachTable,
  sourceCount,
  targetCount,
  targetsAlong,
  type Windows,
  weightRows,
} from "../../src/ir/windows.ts";
import { type Case, sample, values } from "./cases.ts";

const axis = (source: number, kernel: number, stride = 1, padding = 0, dilation = 1): Axis => {
  const a = { source, kernel, stride, padding, dilation };
  return { ...a, target: targetsAlong(a) };
};
const windows = (rows: Axis, columns: Axis, sources: number, targets: number, groups = 1): Windows => ({
  rows,
  columns,
  sources,
  targets,
  groups,
});
const GEOMETRIES: readonly Windows[] = [
  windows(axis(5, 3), axis(6, 3), 3, 8),
  windows(axis(5, 3, 2, 1), axis(7, 4, 3, 2), 2, 7),
  windows(axis(9, 3, 2, 2, 3), axis(8, 2, 3, 1, 2), 4, 6, 2),
  windows(axis(9, 3, 2, 2, 2), axis(12, 4, 4, 3, 2), 2, 3),
  windows(axis(1, 1), axis(11, 5, 1, 2), 1, 1),
  windows(axis(4, 2), axis(4, 2), 5, 5, 5),
  windows(axis(3, 2), axis(3, 2), 2, 67),
  windows(axis(2, 2), axis(3, 2), 1, 143),
  windows(axis(2, 2), axis(3, 2), 1, 256),
  // Groups of all sizes, of one channel and of one position.
  windows(axis(1, 1), axis(60, 2), 3, 32),
  windows(axis(1, 1), axis(4, 2), 60, 32),
  // As many sources that gradients are summed from a grid of errors, in tiles of one size and of two.
  windows(axis(12, 6, 1, 2), axis(14, 6, 1, 5), 2, 8),
  windows(axis(24, 7), axis(20, 6, 1, 2), 1, 36),
  // Positions that join no source to a target: what is there stays, -0 too.
  windows(axis(1, 7, 1, 3), axis(90, 7, 1, 3), 4, 8),
  // Weights that go row of windows by row.
  windows(axis(6, 3, 1, 2, 2), axis(3, 7, 1, 3), 64, 200),
];
const POOLS: readonly Windows[] = [
  windows(axis(6, 2, 2), axis(7, 2, 2), 8, 8, 8),
  windows(axis(6, 3, 2, 1), axis(7, 3, 1, 2), 4, 4, 4),
  windows(axis(6, 2, 1), axis(7, 3, 2), 3, 3, 3),
  windows(axis(5, 5, 1), axis(5, 5, 1), 4, 4, 4),
];
const TYPES: readonly FloatType[] = ["f32", "f64"];

const buffer = (name: string, type: Type, length: number): Buffer => ({ name, type, length, role: "work" });
const small = (n: number, seed: number): number[] => {
  const next = values(seed);
  return Array.from({ length: n }, () => Math.fround(next() - 0.5));
};
/** A list with gaps at both ends; none twice. */
function list(n: number, seed: number): number[] {
  const next = values(seed);
  return Array.from({ length: n }, (_, k) => k).filter(() => next() < 0.4);
}

type Through = "scatterWindows" | "windowDots" | "outerWindows";
function throughCase(kind: Through, type: FloatType, w: Windows, flags: { listed: boolean; flag: boolean }): Case {
  const { listed, flag } = flags;
  const stride = padded(w.targets, type);
  const matrix = weightRows(w) * stride;
  const [sources, targets] = [sourceCount(w), targetCount(w)];
  const chosen = list(sources, 77 + sources);
  const table = reachTable(kind === "scatterWindows" && !listed ? "target" : "source", w);
  const common = { type, windows: w, stride, listed } as const;
  const kernel: Kernel =
    kind === "windowDots" ? { kind, ...common, accumulate: flag } : { kind, ...common, valued: flag };
  const gathers = kernel.kind === "outerWindows" && gathersErrors(kernel);
  const [out, a] =
    kind === "scatterWindows" ? [targets, 0] : kind === "windowDots" ? [sources, targets] : [matrix, targets];
  const args: Record<string, Place> = {
    out: place("out", 4),
    reach: place("reach"),
    ...(kind !== "scatterWindows" && { a: place("a", 1) }),
    ...(kind !== "outerWindows" && { weights: place("weights") }),
    ...(listed && { list: place("list"), ...(kind !== "scatterWindows" && { order: place("order", 1) }) }),
    ...(kind !== "windowDots" && flag && { values: place("values") }),
    ...(gathers && { near: place("near", 1) }),
  };
  const name = `${kind} ${type} ${JSON.stringify(w)}${listed ? " listed" : ""}${flag ? " +" : ""}`;
  const [from, to] = [1, chosen.length - 1];
  return {
    name,
    program: {
      name,
      buffers: [
        buffer("out", type, out + 8),
        buffer("a", type, a + 1),
        buffer("weights", type, matrix),
        buffer("reach", "i32", table.length),
        buffer("list", "u32", chosen.length),
        buffer("order", "u32", 1 + outerOrderLength({ ...common, valued: flag })),
        buffer("near", type, 1 + nearLength(w, type)),
        buffer("values", type, sources),
      ],
      regions: [{ name: "main", body: [invoke(kernel, args, listed ? { from, to } : {})] }],
    },
    inputs: {
      out: small(out + 8, 3).map((x, n) => (n % 5 === 0 ? -0 : x)),
      a: small(a + 1, 5),
      weights: small(matrix, 7),
      reach: [...table],
      list: chosen,
      values: small(sources, 9),
    },
    defined: { order: 1, near: 1 },
  };
}

/** A third of the errors is zero, of either sign; some positions have none. */
function backCase(type: FloatType, w: Windows): Case {
  const stride = padded(w.sources / w.groups, type);
  const [sources, targets] = [sourceCount(w), targetCount(w)];
  const next = values(91 + targets);
  const table = reachTable("target", w);
  const name = `scatterBack ${type} ${JSON.stringify(w)}`;
  const args = {
    out: place("out", 4),
    a: place("a", 1),
    weights: place("weights"),
    reach: place("reach"),
    found: place("found"),
  };
  const zeros = (x: number, k: number): number => (k % 7 < 2 || k <= w.targets ? 0 : next() < 0.1 ? -0 : x);
  return {
    name,
    program: {
      name,
      buffers: [
        buffer("out", type, sources + 8),
        buffer("a", type, targets + 1),
        buffer("weights", type, backRows(w) * stride),
        buffer("reach", "i32", table.length),
        buffer("found", "u32", w.targets),
      ],
      regions: [{ name: "main", body: [invoke({ kind: "scatterBack", type, windows: w, stride }, args)] }],
    },
    inputs: {
      out: small(sources + 8, 3),
      a: small(targets + 1, 5).map(zeros),
      weights: small(backRows(w) * stride, 7),
      reach: [...table],
    },
    defined: { found: 0 },
  };
}

function poolCase(type: FloatType, w: Windows, indexed: boolean): Case {
  const table = reachTable("target", w);
  const [sources, targets] = [sourceCount(w), targetCount(w)];
  const name = `maxPool ${type} ${JSON.stringify(w)}${indexed ? " indexed" : ""}`;
  const args = {
    out: place("out"),
    a: place("a"),
    reach: place("reach"),
    ...(indexed && { index: place("index") }),
  };
  return {
    name,
    program: {
      name,
      buffers: [
        buffer("out", type, targets),
        buffer("a", type, sources),
        buffer("reach", "i32", table.length),
        buffer("index", "u32", targets),
      ],
      regions: [{ name: "main", body: [invoke({ kind: "maxPool", type, windows: w, indexed }, args)] }],
    },
    // Among the numbers are equal ones, infinities and NaN.
    inputs: { out: small(targets, 3), a: sample(type, sources, 5), reach: [...table] },
  };
}
/** Between `n` elements and some of 15, as an index says. */
function indexedCase(kind: "unpool" | "pick", type: FloatType): Case {
  const n = 23;
  const name = `${kind} ${type}`;
  const [out, a] = kind === "unpool" ? [15, n] : [n, 15];
  const next = values(41);
  return {
    name,
    program: {
      name,
      buffers: [buffer("out", type, out), buffer("index", "u32", n), buffer("a", type, a)],
      regions: [
        {
          name: "main",
          body: [invoke({ kind, type }, { out: place("out"), index: place("index"), a: place("a") }, { n: n - 1 })],
        },
      ],
    },
    inputs: { out: small(out, 3), a: small(a, 5), index: Array.from({ length: n }, () => Math.floor(next() * 15)) },
  };
}
function foldCase(type: FloatType, width: number, rows: number): Case {
  const stride = width + 1;
  const name = `foldRows ${type} ${width} x ${rows}`;
  return {
    name,
    program: {
      name,
      buffers: [buffer("out", type, width + 5), buffer("a", type, rows * stride + 1)],
      regions: [
        {
          name: "main",
          body: [
            invoke({ kind: "foldRows", type, width, stride }, { out: place("out", 1), a: place("a", 1) }, { rows }),
          ],
        },
      ],
    },
    inputs: { out: small(width + 5, 3), a: small(rows * stride + 1, 5) },
  };
}

const flags = [true, false].flatMap((listed) => [true, false].map((flag) => ({ listed, flag })));
export const WINDOWS: readonly Case[] = TYPES.flatMap((type) => [
  ...GEOMETRIES.flatMap((w) =>
    flags.flatMap((f) => [
      // Without a list there are values of all.
      ...(f.listed || f.flag
        ? (["scatterWindows", "outerWindows"] as const).map((kind) => throughCase(kind, type, w, f))
        : []),
      throughCase("windowDots", type, w, f),
    ]),
  ),
  ...[...GEOMETRIES, windows(axis(6, 3), axis(6, 3), 12, 5), windows(axis(5, 3, 1, 1), axis(5, 3, 1, 1), 4, 3)].map(
    (w) => backCase(type, w),
  ),
  ...POOLS.flatMap((w) => [true, false].map((indexed) => poolCase(type, w, indexed))),
  indexedCase("unpool", type),
  indexedCase("pick", type),
  ...[1, 3, 4, 10].flatMap((width) => [0, 1, 6].map((rows) => foldCase(type, width, rows))),
]);
