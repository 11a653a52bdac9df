import { describe, expect, test } from "vitest";
import { countStep, flops, type OperationCounts, tally } from "../../src/ir/count.ts";
import { countKernel } from "../../src/ir/countKernel.ts";
import {
  abs,
  add,
  and,
  call,
  compare,
  convert,
  draw,
  type Expr,
  f32,
  f64,
  fetch,
  index,
  max,
  mul,
  mulHi,
  mulShift,
  neg,
  read,
  shl,
  spike,
  sqrt,
  sub,
  u32,
  unary,
} from "../../src/ir/expr.ts";
import type { Kernel } from "../../src/ir/program.ts";
import type { Slot, Step, Store } from "../../src/ir/step.ts";
import type { Type } from "../../src/ir/types.ts";
import { lif } from "./lif.ts";

/** Only what is not zero, such as `{ "add f32": 2 }`. */
const short = (c: OperationCounts): Record<string, number> =>
  Object.fromEntries(
    Object.entries(c).flatMap(([o, types]) => Object.entries(types).flatMap(([t, n]) => (n ? [[`${o} ${t}`, n]] : []))),
  );
const slot = (name: string, type: Type, space: Slot["space"] = "element"): Slot => ({ name, type, space });

test("a neuron, by hand", () => {
  const c = countStep(lif);
  // u = α·v + i; u − vTh; spike is a comparison and a choice; u > vTh once more; the reset; a bit packed.
  expect(short(c.operations)).toEqual({
    "multiply f32": 1,
    "add f32": 2,
    "compare f32": 2,
    "select f32": 2,
    "logic bool": 1,
  });
  expect(short(c.once)).toEqual({});
  expect(c.read).toEqual({ element: 8, uniform: 8, pre: 0, post: 0, synapse: 0 });
  expect(c.written).toEqual({ element: 4 + 4 + 1 / 8, uniform: 0, pre: 0, post: 0, synapse: 0 });
  expect(flops(lif)).toBe(3);
});

test("one of each operation", () => {
  const [x, d, i, u, p] = [
    read("f32", "x"),
    read("f64", "d"),
    read("i32", "i"),
    read("u32", "u"),
    read("bool", "p"),
  ] as const;
  const cases: [Expr, Record<string, number>][] = [
    [sub(x, f32(1)), { "add f32": 1 }],
    [mul(d, d), { "multiply f64": 1 }],
    [sqrt(x), { "special f32": 1 }],
    [neg(x), { "logic f32": 1 }],
    [neg(i), { "add i32": 1 }],
    [abs(d), { "logic f64": 1 }],
    [unary("floor", x), { "convert f32": 1 }],
    [max(x, f32(0)), { "compare f32": 1 }],
    [compare("lt", d, f64(0)), { "compare f64": 1 }],
    [and(p, p), { "logic bool": 1 }],
    [shl(u, 3), { "logic u32": 1 }],
    [mulHi(u, u), { "multiply u32": 1 }],
    [convert("i32", x), { "convert i32": 1 }],
    [spike(d), { "compare f64": 1, "select f64": 1 }],
    [mulShift(i, i, 4), { "multiply i32": 1, "logic i32": 1 }],
    [
      mulShift(i, i, 4, { rounding: "halfUp", overflow: "saturate" }),
      { "multiply i32": 1, "logic i32": 1, "add i32": 1, "compare i32": 2 },
    ],
    [add(index(), u32(1)), { "add u32": 1 }],
    [fetch(read("f32", "k"), i, 9), { "compare i32": 2 }],
  ];
  const slots = [
    slot("x", "f32"),
    slot("d", "f64"),
    slot("i", "i32"),
    slot("u", "u32"),
    slot("p", "bool"),
    slot("k", "f32", "uniform"),
  ];
  for (const [value, counts] of cases) {
    const step: Step = {
      name: "s",
      slots: [...slots, slot("out", value.type)],
      stores: [{ slot: "out", mode: "set", value }],
    };
    expect(short(countStep(step).operations)).toEqual(counts);
  }
});

const SLOTS = [slot("x", "f32"), slot("k", "f32", "uniform"), slot("total", "f32", "uniform"), slot("list", "u32")];
const x = read("f32", "x");
const step = (...stores: Store[]): Step => ({ name: "s", slots: SLOTS, stores });

test("what depends on uniform slots alone is counted once a call", () => {
  const k = read("f32", "k");
  const c = countStep(step({ slot: "x", mode: "set", value: mul(x, mul(k, add(k, f32(1)))) }));
  expect([short(c.operations), short(c.once)]).toEqual([{ "multiply f32": 1 }, { "multiply f32": 1, "add f32": 1 }]);
});

test("stores that read back, fold, or write what data say", () => {
  const added = countStep(step({ slot: "x", mode: "add", value: f32(1) }));
  expect([short(added.operations), added.read.element, added.written.element]).toEqual([{ "add f32": 1 }, 4, 4]);
  const both = countStep(step({ slot: "x", mode: "add", value: x }));
  expect([both.read.element, both.written.element]).toEqual([4, 4]);
  const folded = countStep(step({ slot: "total", mode: "sum", value: x }, { slot: "total", mode: "max", value: x }));
  expect(short(folded.operations)).toEqual({ "add f32": 1, "compare f32": 1 });
  expect([folded.read.uniform, folded.written.uniform, folded.written.element]).toEqual([8, 8, 0]);
  const listed = countStep(step({ slot: "list", mode: "append", value: compare("gt", x, f32(0)) }));
  expect(listed.written).toEqual({ element: 0, uniform: 0, pre: 0, post: 0, synapse: 0 });
});

test("functions and draws must be expanded first", () => {
  expect(() => countStep(step({ slot: "x", mode: "set", value: call("exp", x) }))).toThrow(
    "count: 'exp' is not an operation (expand the step first)",
  );
  expect(() => countStep(step({ slot: "x", mode: "set", value: draw("normal", "f32", 0) }))).toThrow(
    "count: 'normal' is not",
  );
});

describe("kernels", () => {
  const summary = (kernel: Kernel, work: Record<string, number>): unknown[] => {
    const c = countKernel(kernel, work);
    return [short(c.operations), c.bytesRead, c.bytesWritten];
  };
  const cases: [string, Kernel, Record<string, number>, unknown[]][] = [
    [
      "perElement",
      { kind: "perElement", step: lif },
      { n: 100 },
      [
        { "multiply f32": 100, "add f32": 200, "compare f32": 200, "select f32": 200, "logic bool": 100 },
        100 * 8 + 8,
        100 * 8 + 12.5,
      ],
    ],
    // 3 events add a row of 8 each to a bias: rows, bias, list entries.
    [
      "gatherRows",
      { kind: "gatherRows", type: "f32", width: 8, stride: 8, valued: false, init: true },
      { events: 3 },
      [{ "add f32": 24 }, (24 + 8) * 4 + 12, 32],
    ],
    [
      "gatherRows valued",
      { kind: "gatherRows", type: "f32", width: 8, stride: 8, valued: true, init: false },
      { events: 3 },
      [{ "add f32": 24, "multiply f32": 24 }, (24 + 3) * 4 + 12, 32],
    ],
    [
      "product",
      { kind: "product", type: "f64", width: 4, bStride: 4, outStride: 4, aRow: 3, aColumn: 1, start: "out" },
      { rows: 2, depth: 3 },
      [{ "add f64": 24, "multiply f64": 24 }, (6 + 12 + 8) * 8, 64],
    ],
    [
      "rowDots",
      { kind: "rowDots", type: "f32", parts: [{ width: 4, stride: 4 }], listed: true, accumulate: false },
      { events: 2 },
      [{ "add f32": 8, "multiply f32": 8 }, (8 + 4) * 4 + 8, 8],
    ],
    [
      "rowDots added to what is there",
      { kind: "rowDots", type: "f32", parts: [{ width: 4, stride: 4 }], listed: false, accumulate: true },
      { rows: 3 },
      [{ "add f32": 12 + 3, "multiply f32": 12 }, (12 + 4 + 3) * 4, 12],
    ],
    [
      "rowDots of vectors abreast",
      {
        ...{ kind: "rowDots", type: "f32", parts: [{ width: 4, stride: 4 }], listed: false, accumulate: true },
        abreast: { a: [4], out: 4 },
      },
      { rows: 3, samples: 2 },
      [{ "add f32": 24 + 6, "multiply f32": 24 }, (12 + 8 + 6) * 4, 24],
    ],
    [
      "outerRows",
      { kind: "outerRows", type: "f32", width: 4, stride: 4, deltaStride: 4, valued: false },
      { events: 5, steps: 2 },
      [{ "add f32": 20 }, (20 + 8) * 4 + (5 + 3) * 4, 80],
    ],
    [
      "transposeLists",
      {
        kind: "transposeLists",
        type: "f32",
        rows: 6,
        listStride: 0,
        endsStride: 3,
        numberStride: 3,
        valued: true,
      },
      { events: 5, groups: 2, steps: 3 },
      [{ "add u32": 16 }, (20 + 8 + 6) * 4 + 20, (15 + 13) * 4 + 20],
    ],
    ["unpackBits", { kind: "unpackBits" }, { n: 64, events: 3 }, [{ "logic u32": 64 }, 8, 12]],
    [
      "winners",
      { kind: "winners", type: "f32", most: 1, parts: 1, stride: 1, flagged: true },
      { events: 5 },
      [{ "compare f32": 10 }, 2 * 5 * 8 + 8, 5 * 4 + 4],
    ],
    ["zero", { kind: "zero", type: "f64" }, { n: 10 }, [{}, 0, 80]],
  ];
  test.each(cases)("%s", (_name, kernel, work, expected) => expect(summary(kernel, work)).toEqual(expected));

  test("what is done once a call does not grow with n", () => {
    const k = read("f32", "k");
    const scaled = step({ slot: "x", mode: "set", value: mul(x, mul(k, k)) });
    expect(summary({ kind: "perElement", step: scaled }, { n: 5 })).toEqual([{ "multiply f32": 6 }, 5 * 4 + 4, 5 * 4]);
  });
  test("perSynapse: each synapse reads its weight, its end and its target", () => {
    const synaptic: Step = {
      name: "syn",
      slots: [slot("w", "f32", "synapse"), slot("g", "f32", "post"), slot("k", "f32", "uniform")],
      stores: [{ slot: "g", mode: "add", value: mul(read("f32", "w"), read("f32", "k")) }],
    };
    expect(summary({ kind: "perSynapse", domain: "rows", step: synaptic }, { synapses: 10 })).toEqual([
      { "multiply f32": 10, "add f32": 10 },
      10 * 12 + 4,
      40,
    ]);
  });
  test("lateColumns: each event goes through every source, which moves on with every step", () => {
    const late: Step = {
      name: "late",
      slots: [slot("w", "f32", "synapse"), slot("a", "f32", "pre")],
      stores: [{ slot: "w", mode: "set", value: add(read("f32", "w"), read("f32", "a")) }],
    };
    const motion: Step = {
      name: "motion",
      slots: [slot("a", "f32")],
      stores: [{ slot: "a", mode: "set", value: mul(read("f32", "a"), f32(0.5)) }],
    };
    const kernel = {
      kind: "lateColumns",
      step: late,
      motion,
      full: [8, 3],
      steps: 4,
      listStride: 3,
      endStride: 1,
    } as const;
    expect(summary({ ...kernel, domain: "all" }, { events: 5, steps: 2 })).toEqual([
      { "add f32": 40, "multiply f32": 16 },
      40 * 8 + 16 * 4 + 5 * 4,
      40 * 4 + 16 * 4,
    ]);
    expect(summary({ ...kernel, domain: "rows" }, { events: 5 })).toEqual([{}, 20, 0]);
  });
  test("a missing count is named", () =>
    expect(() => countKernel({ kind: "zero", type: "f32" }, {})).toThrow("count of zero: how many 'n'?"));
});

test("tally adds up", () =>
  expect(
    short(
      tally([
        ["add", "f32"],
        ["add", "f32", 3],
        ["select", "bool"],
      ]),
    ),
  ).toEqual({ "add f32": 4, "select bool": 1 }));
