import { describe, expect, test } from "vitest";
import { bool, type Expr, fetch, i32, mul, read } from "../../src/ir/expr.ts";
import { signatureOf } from "../../src/ir/kernelArguments.ts";
import { argumentsOf } from "../../src/ir/kernelExtents.ts";
import {
  along,
  type Buffer,
  type Invoke,
  invocations,
  invoke,
  type Kernel,
  loop,
  type Node,
  type Place,
  type Program,
  place,
} from "../../src/ir/program.ts";
import type { Slot, Step, Store } from "../../src/ir/step.ts";
import type { Type } from "../../src/ir/types.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { CASES } from "../backend/all.cases.ts";
import { lif } from "./lif.ts";

const slot = (name: string, type: Type, space: Slot["space"] = "element"): Slot => ({ name, type, space });
const x = read("f32", "x");
const SLOTS = [
  slot("x", "f32"),
  slot("i", "i32"),
  slot("total", "f32", "uniform"),
  slot("list", "u32"),
  slot("flag", "bool"),
];
const step = (stores: readonly Store[], slots: readonly Slot[] = SLOTS): Step => ({ name: "s", slots, stores });
const store = (name: string, mode: Store["mode"], value: Expr): Store => ({ slot: name, mode, value });

test("the conformance programs of the backends are in order", () => {
  for (const c of CASES) verifyProgram(c.program);
});

test("every argument of the calling convention has a type and an extent", () => {
  const calls = CASES.flatMap((c) => c.program.regions.flatMap((r) => [...invocations(r.body)]));
  const kinds = new Set(calls.map(({ call }) => call.kernel.kind));
  expect(kinds.size).toBe(29);
  for (const { call } of calls)
    expect(Object.keys(argumentsOf(call.kernel, () => NaN))).toEqual(
      expect.arrayContaining([...signatureOf(call.kernel).args]),
    );
});

test("how much of each argument a call touches, by hand", () => {
  const extents = (kernel: Kernel, counts: Record<string, number>): Record<string, number> =>
    Object.fromEntries(
      Object.entries(argumentsOf(kernel, (name) => counts[name] ?? NaN)).map(([name, a]) => [name, a.extent]),
    );
  const shape = { type: "f32", width: 8, stride: 10 } as const;
  const synaptic: Step = {
    name: "syn",
    slots: [
      slot("w", "f32", "synapse"),
      slot("x", "f32", "pre"),
      slot("y", "f32", "post"),
      slot("k", "f32", "uniform"),
    ],
    stores: [],
  };
  const spiking: Step = { ...lif, stores: [...lif.stores, { slot: "who", mode: "append", value: bool(true) }] };
  const looking = fetch(read("f32", "k"), i32(3), 0x7fff);
  const cases: [Kernel, Record<string, number>, Record<string, number>][] = [
    [
      { kind: "perElement", step: { ...spiking, slots: [...lif.slots, slot("who", "u32", "uniform")] } },
      { n: 33 },
      { v: 33, i: 33, alpha: 1, vTh: 1, s: 33, spikes: 2, who: NaN, "who.from": 1, "who.to": 1 },
    ],
    [
      {
        kind: "perElement",
        step: { ...lif, slots: [...lif.slots, slot("k", "f32", "uniform")], stores: [store("v", "set", looking)] },
      },
      { n: 33 },
      { v: 33, i: 33, alpha: 1, vTh: 1, s: 33, spikes: 33, k: 0x7fff },
    ],
    [
      { kind: "gatherRows", ...shape, valued: true, init: true },
      { from: 2, to: 5 },
      { out: 8, weights: NaN, list: 5, init: 8, values: 5 },
    ],
    [
      { kind: "gatherRows", ...shape, valued: false, init: false },
      { from: 5, to: 5 },
      { out: 8, weights: NaN, list: 0 },
    ],
    [
      { kind: "rowDots", type: "f32", parts: [{ width: 8, stride: 10 }], listed: false, accumulate: false },
      { rows: 3 },
      { out: 3, a: 8, weights: 28 },
    ],
    [
      {
        kind: "rowDots",
        type: "f32",
        parts: [
          { width: 8, stride: 10 },
          { width: 4, stride: 4 },
        ],
        listed: true,
        accumulate: true,
      },
      { from: 0, to: 4 },
      { out: NaN, a: 8, weights: NaN, "a.1": 4, "weights.1": NaN, list: 4 },
    ],
    [
      { kind: "outerRows", ...shape, deltaStride: 9, valued: true },
      { steps: 3 },
      { out: NaN, list: NaN, ends: 4, delta: 26, values: NaN },
    ],
    [
      {
        kind: "transposeLists",
        type: "f32",
        rows: 6,
        listStride: 10,
        endsStride: 4,
        numberStride: 3,
        valued: true,
      },
      { groups: 2, steps: 3 },
      { list: NaN, ends: 8, starts: 7, order: NaN, values: NaN, sorted: NaN },
    ],
    [{ kind: "unpackBits" }, { n: 65 }, { bits: 3, list: NaN, from: 1, to: 1 }],
    [
      { kind: "winners", type: "f32", most: 1, parts: 3, stride: 16, flagged: true },
      {},
      { list: NaN, from: 3, to: 33, key: NaN, flag: NaN },
    ],
    [{ kind: "zero", type: "f64" }, { n: 7 }, { out: 7 }],
    [
      { kind: "perSynapse", domain: "all", step: synaptic },
      { sources: 6 },
      {
        w: NaN,
        x: 6,
        y: NaN,
        k: 1,
        rowStart: 7,
        target: NaN,
        list: NaN,
        columnStart: NaN,
        columnSynapse: NaN,
        columnSource: NaN,
      },
    ],
    [
      { kind: "perSynapse", domain: "rows", step: synaptic },
      { from: 0, to: 2 },
      {
        w: NaN,
        x: NaN,
        y: NaN,
        k: 1,
        rowStart: NaN,
        target: NaN,
        list: 2,
        columnStart: NaN,
        columnSynapse: NaN,
        columnSource: NaN,
      },
    ],
  ];
  for (const [kernel, counts, expected] of cases) expect(extents(kernel, counts)).toEqual(expected);
});

const buffer = (name: string, type: Type, length: number): Buffer => ({ name, type, length, role: "work" });
const BUFFERS = [buffer("v", "f32", 80), buffer("w", "f32", 24), buffer("n", "i32", 4), buffer("list", "u32", 16)];
const program = (body: readonly Node[], buffers: readonly Buffer[] = BUFFERS): Program => ({
  name: "p",
  buffers,
  regions: [{ name: "run", body }],
});
const zero = (at: Place, n: number | Place = 8): Invoke => invoke({ kind: "zero", type: "f32" }, { out: at }, { n });
const double: Step = {
  name: "double",
  slots: [slot("x", "f32"), slot("k", "f32", "uniform")],
  stores: [store("x", "set", mul(x, read("f32", "k")))],
};
const gathering: Step = {
  name: "back",
  slots: [slot("error", "f32", "post"), slot("out", "f32", "pre")],
  stores: [store("out", "add", read("f32", "error"))],
};
const doubled = (args: Record<string, Place>, counts: Record<string, number | Place> = { n: 8 }): Invoke =>
  invoke({ kind: "perElement", step: double }, args, counts);
const gather: Kernel = { kind: "gatherRows", type: "f32", width: 8, stride: 8, valued: false, init: false };
const product: Kernel = {
  kind: "product",
  type: "f32",
  width: 8,
  bStride: 8,
  outStride: 8,
  aRow: 2,
  aColumn: 1,
  start: "zero",
};

describe("programs in order", () => {
  const good: [string, Program][] = [
    ["the last element", program([loop("t", 10, [zero(place("v", 0, along("t", 8)))])])],
    [
      "downwards, from elsewhere",
      program([loop("t", 10, [zero(place("v", 80, along("t", -8)))], { from: 1, reverse: true })]),
    ],
    ["a ring", program([loop("t", 1000, [zero(place("v", 0, along("t", 40, { shift: 7, modulo: 2 })))])])],
    [
      "a ring in a loop of unknown length",
      program([loop("t", place("n"), [zero(place("w", 0, along("t", 8, { modulo: 2 })))])]),
    ],
    ["unknown loops are not checked", program([loop("t", place("n"), [zero(place("v", 0, along("t", 1000)))])])],
    ["a loop that never runs", program([loop("t", 0, [zero(place("v", 1000, along("t", 8)))])])],
    ["nor what it calls", program([loop("t", 0, [zero(place("v", 1000))])])],
    ["terms that cancel", program([loop("t", 100, [zero(place("v", 0, along("t", 8), along("t", -8)))])])],
    [
      "rows apart: the last one ends at its width",
      program([
        invoke(
          { ...product, outStride: 9 } as Kernel,
          { out: place("v"), a: place("w"), b: place("v", 48) },
          { rows: 9, depth: 4 },
        ),
      ]),
    ],
    ["rows", program([invoke(product, { out: place("v"), a: place("w"), b: place("v", 48) }, { rows: 10, depth: 4 })])],
  ];
  test.each(good)("%s", (_name, p) => verifyProgram(p));
});

describe("programs out of order", () => {
  const args = { x: place("v"), k: place("w") };
  const bad: [string, Program, string][] = [
    ["two buffers of one name", program([], [...BUFFERS, buffer("v", "f32", 1)]), "two buffers are called 'v'"],
    [
      "two regions of one name",
      {
        ...program([]),
        regions: [
          { name: "a", body: [] },
          { name: "a", body: [] },
        ],
      },
      "two regions are called 'a'",
    ],
    [
      "unknown buffer",
      program([zero(place("u"))]),
      "verify: program p: run.0:zero.out: no buffer 'u'; buffers: v, w, n, list",
    ],
    [
      "a loop that is not around it",
      program([loop("t", 2, []), zero(place("v", 0, along("t", 8)))]),
      "v[t*8]: no loop 't' around it",
    ],
    ["a loop inside one of its name", program([loop("t", 2, [loop("t", 2, [])])]), "a loop 't' is already around it"],
    [
      "modulo 3",
      program([loop("t", 2, [zero(place("v", 0, along("t", 8, { modulo: 3 })))])]),
      "v[(t % 3)*8]: modulo 3 is not a power of two",
    ],
    [
      "most and modulo",
      program([loop("t", 2, [zero(place("v", 0, along("t", 8, { modulo: 2, most: 1 })))])]),
      "the most that a loop counts here is an integer, and not round a ring",
    ],
    [
      "one element too far",
      program([zero(place("v", 73))]),
      "v[73] reaches elements 73 to 80 (8 elements from each place) of 80",
    ],
    [
      "one turn too far",
      program([loop("s", 3, [loop("t", 10, [zero(place("v", 0, along("t", 8), along("s", 1)))])])]),
      "v[t*8 + s] reaches elements 0 to 81 (8 elements from each place) of 80; s < 3, t < 10",
    ],
    [
      "before the start",
      program([loop("t", 10, [zero(place("v", 0, along("t", 8, { shift: -1 })))])]),
      "reaches elements -8 to 71",
    ],
    [
      "a ring too wide",
      program([loop("t", place("n"), [zero(place("w", 0, along("t", 8, { modulo: 4 })))])]),
      "reaches elements 0 to 31",
    ],
    [
      "a later period of the ring",
      program([loop("t", 3, [zero(place("w", 0, along("t", 8, { shift: 1, modulo: 4 })))])]),
      "reaches elements 8 to 31",
    ],
    [
      "rows too far",
      program([invoke(product, { out: place("v", 8), a: place("w"), b: place("v") }, { rows: 10, depth: 4 })]),
      "v[8] reaches elements 8 to 87 (80 elements from each place) of 80",
    ],
    [
      "the left factor too far",
      program([invoke(product, { out: place("v"), a: place("w"), b: place("v") }, { rows: 10, depth: 7 })]),
      "w[0] reaches elements 0 to 24",
    ],
    [
      "missing argument",
      program([doubled({ x: place("v") })]),
      "run.0:perElement double: argument 'k' is missing; given: x",
    ],
    ["unknown argument", program([doubled({ ...args, y: place("v") })]), "no argument 'y'; it takes: x, k"],
    ["argument of another type", program([doubled({ ...args, x: place("n") })]), "takes f32, but buffer 'n' is i32"],
    ["missing count", program([doubled(args, {})]), "count 'n' is missing"],
    ["unknown count", program([doubled(args, { n: 8, m: 8 })]), "no count 'm'; it takes: n"],
    ["a count of 2.5", program([doubled(args, { n: 2.5 })]), "2.5 is not a count"],
    ["a count from floats", program([doubled(args, { n: place("w") })]), "a count is read from 'w', which is f32"],
    ["a count from outside", program([loop("t", place("n", 4), [])]), "n[4] reaches elements 4 to 4"],
    [
      "a list that is too short",
      program([invoke(gather, { out: place("v"), weights: place("v"), list: place("list") }, { from: 0, to: 17 })]),
      "list[0] reaches elements 0 to 16",
    ],
    [
      "a body that is wrong",
      program([
        invoke(
          { kind: "perElement", step: step([store("x", "set", read("f32", "y"))], [slot("x", "f32")]) },
          { x: place("v") },
          { n: 8 },
        ),
      ]),
      "run.0:perElement s: reads 'y'",
    ],
    [
      "a row that gathers where its targets lie",
      program([
        invoke(
          { kind: "perSynapse", domain: "all", gathers: true, step: gathering },
          { out: place("v"), error: place("v"), rowStart: place("n"), target: place("list") },
          { sources: 3 },
        ),
      ]),
      "'out' is gathered where 'error' lies too",
    ],
    [
      "a row that gathers nothing",
      program([
        invoke(
          { kind: "perSynapse", domain: "all", gathers: true, step: { ...gathering, stores: [] } },
          { out: place("v"), error: place("v"), rowStart: place("n"), target: place("list") },
          { sources: 3 },
        ),
      ]),
      "a row gathers only by adding to one number of its source",
    ],
    [
      "elements in a synaptic loop",
      program([
        invoke(
          { kind: "perSynapse", domain: "all", step: double },
          { ...args, rowStart: place("n"), target: place("list") },
          { sources: 3 },
        ),
      ]),
      "the body is for 'element'",
    ],
  ];
  test.each(bad)("%s", (_name, p, message) => expect(() => verifyProgram(p)).toThrow(message));
});
