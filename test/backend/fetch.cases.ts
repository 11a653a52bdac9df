/** Conformance cases of tables that bodies look up: any index, at every length, by elements and by synapses. */
import { add, constant, convert, fetch, i32, index, mul, read } from "../../src/ir/expr.ts";
import { LISTED } from "../../src/ir/kernelArguments.ts";
import { invoke, type KernelOf, place } from "../../src/ir/program.ts";
import type { Slot, Step } from "../../src/ir/step.ts";
import type { Type } from "../../src/ir/types.ts";
import { buffer, type Case, element, program, sample } from "./cases.ts";

const TYPES: readonly Type[] = ["f32", "f64", "i32", "u32"];
/** Indices inside, at the ends, just outside and as far outside as there is. */
const around = (count: number, n: number): number[] => {
  const all = [0, count - 1, -1, count, 1, 2 ** 31 - 1, -(2 ** 31), 2, count - 2, 3, 5, 7];
  return Array.from(
    { length: n },
    (_, k) => (k < all.length ? all[k]! : (k * 7) % (count + 4)) - (k % 13 === 12 ? 2 : 0),
  );
};

function elementCase(type: Type, count: number, n: number, listed: boolean, wide = false): Case {
  const name = `fetch ${type} of ${count}, n=${n}${listed ? ", listed" : ""}${wide ? ", beside f64" : ""}`;
  const table: Slot = { name: "table", type, space: "uniform" };
  const value = fetch(read(type, "table"), read("i32", "at"), count);
  const slots = [element("at", "i32"), table, element("out", type), ...(wide ? [element("also", "f64")] : [])];
  const step: Step = {
    name: "look",
    slots,
    stores: [
      { slot: "out", mode: "set", value },
      ...(wide
        ? [{ slot: "also", mode: "set" as const, value: add(convert("f64", value), constant("f64", 0.5)) }]
        : []),
    ],
  };
  const names = [...slots.map((s) => s.name), ...(listed ? [LISTED] : [])];
  const args = Object.fromEntries(names.map((s) => [s, place(s)]));
  const kernel: KernelOf<"perElement"> = { kind: "perElement", step, ...(listed && { domain: "list" as const }) };
  return {
    name,
    program: program(
      name,
      [
        buffer("at", "i32", n),
        buffer("table", type, count),
        buffer("out", type, n),
        ...(wide ? [buffer("also", "f64", n)] : []),
        ...(listed ? [buffer(LISTED, "u32", n)] : []),
      ],
      [invoke(kernel, args, listed ? { from: 0, to: n >> 1 } : { n })],
    ),
    inputs: {
      at: around(count, n),
      table: sample(type, count, count + n),
      ...(listed && { [LISTED]: Array.from({ length: n >> 1 }, (_, k) => 2 * k) }),
    },
  };
}

/** A table looked up by what a synapse, its source and its target have; synapses in tables, or every pair. */
function synapseCase(domain: "rows" | "columns", type: "f32" | "f64", full: boolean, apart: boolean): Case {
  const name = `fetch by synapses, ${domain} ${type}${full ? " of all pairs" : ""}${apart ? " apart" : ""}`;
  const [sources, targets] = [3, 9];
  const slots: Slot[] = [
    { name: "w", type, space: "synapse" },
    { name: "late", type: "i32", space: "pre" },
    { name: "own", type: "i32", space: "post" },
    { name: "table", type, space: "uniform" },
    { name: "out", type, space: "synapse" },
  ];
  const at = add(add(read("i32", "late"), mul(i32(3), read("i32", "own"))), convert("i32", index("post")));
  const value = mul(read(type, "w"), fetch(read(type, "table"), at, 20));
  const step: Step = { name: "look", slots, stores: [{ slot: "out", mode: "set", value }] };
  const pairs = Array.from({ length: sources * targets }, (_, k) => k);
  const byTarget = [...pairs].sort((a, b) => (a % targets) - (b % targets) || a - b);
  const list = domain === "rows" ? [2, 0] : [8, 1, 3];
  const tables = {
    rowStart: [0, 1, 2, 3].map((s) => s * targets),
    target: pairs.map((k) => k % targets),
    columnStart: Array.from({ length: targets + 1 }, (_, t) => t * sources),
    columnSynapse: byTarget,
    columnSource: byTarget.map((k) => Math.floor(k / targets)),
  };
  const used = full
    ? []
    : domain === "rows"
      ? ["rowStart", "target"]
      : ["columnStart", "columnSynapse", "columnSource"];
  const kernel: KernelOf<"perSynapse"> = {
    ...{ kind: "perSynapse", domain, step },
    ...(full && { full: [sources, targets] as const }),
    ...(apart && { apart: true }),
  };
  const names = [...slots.map((s) => s.name), "list", ...used];
  return {
    name,
    program: program(
      name,
      [
        ...(["w", "out"] as const).map((x) => buffer(x, type, pairs.length)),
        buffer("late", "i32", sources),
        buffer("own", "i32", targets),
        buffer("table", type, 20),
        buffer("list", "u32", list.length),
        buffer("rowStart", "i32", sources + 1),
        buffer("columnStart", "i32", targets + 1),
        ...["target", "columnSynapse", "columnSource"].map((x) => buffer(x, "u32", pairs.length)),
      ],
      [
        invoke(kernel, Object.fromEntries(names.map((x) => [x, place(x)])), {
          ...{ from: 0, to: list.length },
          ...(full && domain === "rows" && { first: 0, n: targets }),
        }),
      ],
    ),
    inputs: {
      ...tables,
      w: sample(type, pairs.length, 3).map((x) => (Number.isNaN(x) ? 1 : x)),
      late: [-4, 0, 9],
      own: [0, 1, 2, -3, 2 ** 30, 4, 5, -(2 ** 31), 7],
      table: sample(type, 20, 5),
      list,
    },
  };
}

export const FETCH: readonly Case[] = [
  ...TYPES.flatMap((type) => [1, 2, 3, 4, 5, 8, 17, 100].map((n) => elementCase(type, 11, n, false))),
  ...TYPES.flatMap((type) => [elementCase(type, 1, 9, false), elementCase(type, 11, 20, true)]),
  ...TYPES.map((type) => elementCase(type, 11, 21, false, true)),
  ...(["rows", "columns"] as const).flatMap((domain) =>
    (["f32", "f64"] as const).flatMap((type) => [
      synapseCase(domain, type, false, false),
      synapseCase(domain, type, false, true),
      synapseCase(domain, type, true, false),
      synapseCase(domain, type, true, true),
    ]),
  ),
];
