/** Conformance cases of the kernels over rows: gathers, products, dots, outer sums, and lists. */
import { invoke, type Kernel, ofPart, padded, place } from "../../src/ir/program.ts";
import type { FloatType } from "../../src/ir/types.ts";
import { buffer, type Case, FLOATS, indices, program, range, sample, small } from "./cases.ts";

/** @param start the buffer that `init` is */
function gatherCase(
  type: FloatType,
  width: number,
  events: number,
  valued: boolean,
  init: boolean,
  start: "init" | "out" = "init",
): Case {
  const [rows, w] = [23, padded(width, type)];
  const kernel: Kernel = { kind: "gatherRows", type, width: w, stride: w, valued, init };
  const name = `gatherRows ${type} ${width} events=${events}${valued ? " valued" : ""}${init ? ` ${start}` : ""}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("weights", type, rows * w),
        buffer("list", "u32", events + 3),
        buffer("values", type, events + 3),
        buffer("init", type, w),
        buffer("out", type, w),
        buffer("ends", "i32", 2),
      ],
      [
        invoke(
          kernel,
          {
            out: place("out"),
            weights: place("weights"),
            list: place("list"),
            ...(init && { init: place(start) }),
            ...(valued && { values: place("values") }),
          },
          { from: place("ends"), to: place("ends", 1) },
        ),
      ],
    ),
    inputs: {
      weights: small(rows * w, 3),
      list: indices(events + 3, rows, 5),
      values: small(events + 3, 7),
      init: small(w, 9),
      out: small(w, 8),
      ends: [3, events + 3],
    },
  };
}

function productCase(
  type: FloatType,
  [m, k, n]: readonly [number, number, number],
  transposed: boolean,
  start: "zero" | "init" | "out",
): Case {
  const w = padded(n, type);
  const kernel: Kernel = {
    kind: "product",
    type,
    width: w,
    bStride: w,
    outStride: w,
    aRow: transposed ? 1 : k,
    aColumn: transposed ? m : 1,
    start,
  };
  const name = `product ${type} ${m}x${k}x${n}${transposed ? " transposed" : ""} ${start}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("a", type, m * k),
        buffer("b", type, k * w),
        buffer("out", type, m * w),
        buffer("init", type, w),
        buffer("m", "i32", 1),
      ],
      [
        invoke(
          kernel,
          { out: place("out"), a: place("a"), b: place("b"), ...(start === "init" && { init: place("init") }) },
          { rows: m > 4 || m === 1 ? m : place("m"), depth: k },
        ),
      ],
    ),
    inputs: { a: small(m * k, 11), b: small(k * w, 13), out: small(m * w, 15), init: small(w, 17), m: [m] },
  };
}

function dotsCase(type: FloatType, widths: readonly number[], rows: number, listed: boolean, accumulate = false): Case {
  const parts = widths.map((width) => ({ width: padded(width, type), stride: padded(width, type) }));
  const ofParts = <A>(make: (p: number, width: number) => readonly (readonly [string, A])[]): Record<string, A> =>
    Object.fromEntries(parts.flatMap(({ width }, p) => make(p, width)));
  const name = `rowDots ${type} ${widths.join("+")} rows=${rows}${listed ? " listed" : ""}${accumulate ? " accumulate" : ""}`;
  const kernel: Kernel = { kind: "rowDots", type, parts, listed, accumulate };
  return {
    name,
    program: program(
      name,
      [
        ...parts.flatMap(({ width }, p) => [
          buffer(ofPart("a", p), type, width),
          buffer(ofPart("weights", p), type, 40 * width),
        ]),
        buffer("out", type, 40),
        buffer("list", "u32", rows + 2),
        buffer("ends", "i32", 2),
      ],
      [
        invoke(
          kernel,
          {
            out: place("out"),
            ...ofParts((p) => (["a", "weights"] as const).map((n) => [ofPart(n, p), place(ofPart(n, p))])),
            ...(listed && { list: place("list") }),
          },
          listed ? { from: place("ends"), to: place("ends", 1) } : { rows },
        ),
      ],
    ),
    inputs: {
      ...ofParts((p, width) => [
        [ofPart("a", p), small(width, 21 + p)],
        [ofPart("weights", p), small(40 * width, 23 + p)],
      ]),
      out: small(40, 25),
      list: Array.from({ length: rows + 2 }, (_, k) => (7 * k + 3) % 40), // no row twice
      ends: [1, rows + 1],
    },
  };
}

/** Several vectors with the same rows; counts are known, or read from memory. */
function abreastCase(type: FloatType, widths: readonly number[], rows: number, samples: number, known: boolean): Case {
  const parts = widths.map((width) => ({ width: padded(width, type), stride: padded(width, type) + 4 }));
  const a = parts.map(({ width }, p) => width + 4 * p);
  const [out, accumulate] = [rows + 3, !known];
  const name = `rowDots ${type} ${widths.join("+")} rows=${rows} samples=${samples}${known ? "" : " accumulate, counts in memory"}`;
  const kernel: Kernel = { kind: "rowDots", type, parts, listed: false, accumulate, abreast: { a, out } };
  const args = Object.fromEntries(
    parts.flatMap((_, p) => (["a", "weights"] as const).map((n) => [ofPart(n, p), place(ofPart(n, p))] as const)),
  );
  const counts = known ? { rows, samples } : { rows: place("counts"), samples: place("counts", 1) };
  return {
    name,
    program: program(
      name,
      [
        ...parts.flatMap(({ stride }, p) => [
          buffer(ofPart("a", p), type, samples * a[p]!),
          buffer(ofPart("weights", p), type, rows * stride),
        ]),
        buffer("out", type, samples * out),
        buffer("counts", "i32", 2),
      ],
      [invoke(kernel, { out: place("out"), ...args }, counts)],
    ),
    inputs: {
      ...Object.fromEntries(
        parts.flatMap(({ stride }, p) => [
          [ofPart("a", p), small(samples * a[p]!, 31 + p)],
          [ofPart("weights", p), small(rows * stride, 33 + p)],
        ]),
      ),
      out: small(samples * out, 35),
      counts: [rows, samples],
    },
  };
}

function outerCase(type: FloatType, width: number, valued: boolean): Case {
  const [w, steps, rows] = [padded(width, type), 6, 17];
  const ends = [0, 3, 3, 10, 11, 11, 30];
  const name = `outerRows ${type} ${width}${valued ? " valued" : ""}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("out", type, rows * w),
        buffer("list", "u32", 30),
        buffer("ends", "i32", steps + 1),
        buffer("delta", type, steps * w),
        buffer("values", type, 30),
      ],
      [
        invoke(
          { kind: "outerRows", type, width: w, stride: w, deltaStride: w, valued },
          {
            out: place("out"),
            list: place("list"),
            ends: place("ends"),
            delta: place("delta"),
            ...(valued && { values: place("values") }),
          },
          { steps },
        ),
      ],
    ),
    inputs: {
      out: small(rows * w, 31),
      list: indices(30, rows, 33),
      ends,
      delta: small(steps * w, 35),
      values: small(30, 37),
    },
  };
}

/** Three groups of four steps; some rows and steps have no entry. */
function transposeCase(type: FloatType, valued: boolean, groups: number): Case {
  const [steps, rows, room] = [4, 9, 12];
  const counts = [3, 0, 5, 2, 0, 0, 0, 0, 1, 4, 4, 3];
  const ends = range(3).flatMap((g) => range(steps + 1).map((s) => sumOf(counts.slice(g * steps, g * steps + s))));
  const entries = sumOf(counts.slice(0, groups * steps));
  const name = `transposeLists ${type} groups=${groups}${valued ? " valued" : ""}`;
  return {
    name,
    program: program(
      name,
      [
        buffer("list", "u32", 3 * room),
        buffer("ends", "i32", ends.length),
        buffer("values", type, 3 * room),
        buffer("starts", "i32", rows + 1),
        buffer("order", "u32", 3 * room),
        buffer("sorted", type, 3 * room),
      ],
      [
        invoke(
          {
            kind: "transposeLists",
            type,
            rows,
            listStride: room,
            endsStride: steps + 1,
            numberStride: steps + 2,
            valued,
          },
          {
            list: place("list"),
            ends: place("ends"),
            starts: place("starts"),
            order: place("order"),
            ...(valued && { values: place("values"), sorted: place("sorted") }),
          },
          { groups, steps },
        ),
      ],
    ),
    inputs: {
      list: indices(3 * room, rows - 2, 71).map((r) => (r > 3 ? r + 1 : r)),
      ends,
      values: small(3 * room, 73),
      starts: new Array<number>(rows + 1).fill(5),
    },
    defined: { order: entries, sorted: valued ? entries : 0 },
  };
}

function unpackCase(n: number): Case {
  const words = Math.ceil(n / 32);
  const bits = sample("u32", words, 3 + n);
  const set = Array.from({ length: n }, (_, i) => (bits[i >> 5]! >>> (i & 31)) & 1).reduce((a, b) => a + b, 0);
  return {
    name: `unpackBits n=${n}`,
    program: program(
      `unpackBits n=${n}`,
      [buffer("bits", "u32", words), buffer("list", "u32", n + 5), buffer("ends", "i32", 2)],
      [
        invoke(
          { kind: "unpackBits" },
          { bits: place("bits"), list: place("list"), from: place("ends"), to: place("ends", 1) },
          { n },
        ),
      ],
    ),
    inputs: { bits, ends: [1, 0] },
    defined: { list: set + 1 },
  };
}

const sumOf = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);

export const ROWS: readonly Case[] = [
  ...FLOATS.flatMap((type) =>
    [1, 10, 28, 33, 300, 513].flatMap((width) =>
      [
        [0, false, true],
        [1, false, false],
        [9, true, true],
        [14, false, true],
        [15, true, false],
      ].map(([events, valued, init]) => gatherCase(type, width, events as number, valued as boolean, init as boolean)),
    ),
  ),
  ...FLOATS.flatMap((type) => [33, 513].map((width) => gatherCase(type, width, 7, false, true, "out"))),
  // Every number of rows in the first pass; rows of even turns, and of turns that differ by one.
  ...FLOATS.flatMap((type) =>
    [2, 3, 4, 5, 6, 12, 19].flatMap((events) =>
      [256, 268].map((width) => gatherCase(type, width, events, width === 268, true, events % 2 ? "out" : "init")),
    ),
  ),
  ...FLOATS.flatMap((type) => [
    productCase(type, [1, 3, 5], false, "zero"),
    productCase(type, [4, 7, 33], false, "init"),
    productCase(type, [11, 5, 40], true, "out"),
    productCase(type, [6, 9, 8], true, "zero"),
    productCase(type, [3, 2, 300], false, "out"),
    productCase(type, [1, 15, 513], false, "init"),
    productCase(type, [1, 9, 520], true, "out"),
    productCase(type, [1, 3, 520], false, "zero"),
    productCase(type, [5, 610, 440], false, "zero"),
  ]),
  ...FLOATS.flatMap((type) =>
    [
      [10, 3, true],
      [10, 8, false],
      [33, 13, true],
      [100, 1, false],
      [72, 6, true],
      [20, 0, true],
      [36, 2, true],
      [36, 4, false],
      [36, 5, false],
      [36, 7, true],
      [36, 10, false],
      [36, 39, true],
    ].map(([w, r, l]) => dotsCase(type, [w as number], r as number, l as boolean)),
  ),
  ...FLOATS.flatMap((type) => [
    ...[1, 2, 3, 4, 5, 7, 11].flatMap((samples) => [
      abreastCase(type, [20], 13, samples, true),
      abreastCase(type, [72, 5], 12, samples, true),
      abreastCase(type, [36, 8], 11, samples, false),
      abreastCase(type, [8], 1, samples, false),
    ]),
    dotsCase(type, [20], 9, false, true),
    dotsCase(type, [20], 11, true, true),
    dotsCase(type, [20], 37, false, true),
    dotsCase(type, [77], 38, false),
    dotsCase(type, [36, 8], 15, true),
    dotsCase(type, [8, 72, 4], 9, false, true),
  ]),
  ...FLOATS.flatMap((type) => [outerCase(type, 10, false), outerCase(type, 33, true), outerCase(type, 100, false)]),
  ...FLOATS.flatMap((type) => [
    transposeCase(type, false, 3),
    transposeCase(type, true, 3),
    transposeCase(type, true, 1),
  ]),
  ...[1, 31, 32, 33, 100].map(unpackCase),
];
