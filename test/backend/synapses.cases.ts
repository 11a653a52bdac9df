/** Conformance cases of synapses: all of a connection, rows and columns, in tables and without. */
import { add, constant, index, max, mul, read, sub } from "../../src/ir/expr.ts";
import { invoke, place } from "../../src/ir/program.ts";
import type { Slot, Step } from "../../src/ir/step.ts";
import type { FloatType } from "../../src/ir/types.ts";
import { buffer, type Case, FLOATS, program, sample, small } from "./cases.ts";
import { fullInputs, fullProgram, fullStep, type Shape } from "./synapseLines.cases.ts";

/** Pre, post, synapse and uniform slots; a post variable that later synapses of the same call read back. */
function synapseCase(domain: "all" | "rows" | "columns", type: FloatType): Case {
  const slots: Slot[] = [
    { name: "w", type, space: "synapse" },
    { name: "x", type, space: "pre" },
    { name: "y", type, space: "post" },
    { name: "g", type, space: "uniform" },
    { name: "sum", type, space: "post" },
    { name: "count", type: "u32", space: "pre" },
  ];
  const [w, x, y, g] = [read(type, "w"), read(type, "x"), read(type, "y"), read(type, "g")];
  const step: Step = {
    name: "syn",
    slots,
    stores: [
      { slot: "sum", mode: "add", value: mul(w, add(x, y)) },
      { slot: "w", mode: "set", value: max(sub(w, mul(g, read(type, "sum"))), constant(type, 0)) },
      { slot: "count", mode: "add", value: add(index("post"), add(index("synapse"), index("pre"))) },
    ],
  };
  // Three sources, four targets, seven synapses, one of them an autapse-like repeat.
  const rowStart = [0, 3, 3, 7];
  const target = [1, 3, 3, 0, 1, 2, 3];
  const source = [0, 0, 0, 2, 2, 2, 2];
  const byTarget = [...target.keys()].sort((a, b) => target[a]! - target[b]! || a - b);
  const columnStart = [0, 1, 2, 3, 4].map((t) => target.filter((x) => x < t).length);
  const name = `perSynapse ${domain} ${type}`;
  const lists = { rows: [2, 0, 0], columns: [3, 1], all: [] }[domain];
  return {
    name,
    program: program(
      name,
      [
        buffer("w", type, 7),
        buffer("x", type, 3),
        buffer("y", type, 4),
        buffer("g", type, 1),
        buffer("sum", type, 4),
        buffer("count", "u32", 3),
        buffer("rowStart", "i32", 4),
        buffer("target", "u32", 7),
        buffer("columnSource", "u32", 7),
        buffer("columnStart", "i32", 5),
        buffer("columnSynapse", "u32", 7),
        buffer("list", "u32", 3),
      ],
      [
        invoke(
          { kind: "perSynapse", domain, step },
          {
            ...Object.fromEntries(
              [
                ...slots.map((s) => s.name),
                "rowStart",
                "target",
                "columnSource",
                "columnStart",
                "columnSynapse",
                "list",
              ].map((s) => [s, place(s)]),
            ),
          },
          domain === "all" ? { sources: 3 } : { from: 0, to: lists.length },
        ),
      ],
    ),
    inputs: {
      w: small(7, 41, 4),
      x: small(3, 43),
      y: small(4, 45),
      g: [0.125],
      sum: small(4, 47),
      rowStart,
      target,
      columnSource: byTarget.map((k) => source[k]!),
      columnStart,
      columnSynapse: byTarget,
      list: lists,
    },
  };
}

/** What synapses of a row bring to its source: rows of no synapse, of one, and of more than fit a turn. */
function synapseGatherCase(domain: "all" | "rows", type: FloatType, weight: "synapse" | "uniform"): Case {
  const slots: Slot[] = [
    { name: "w", type, space: weight },
    { name: "error", type, space: "post" },
    { name: "out", type, space: "pre" },
  ];
  const value = mul(read(type, "w"), read(type, "error"));
  const step: Step = { name: "back", slots, stores: [{ slot: "out", mode: "add", value }] };
  const rowStart = [0, 9, 9, 10, 15];
  const target = [0, 1, 2, 2, 3, 4, 5, 5, 6, 3, 0, 2, 4, 5, 6];
  const name = `perSynapse gathers ${domain} ${type}, weights ${weight}`;
  const list = domain === "rows" ? [3, 0, 0, 1] : [];
  return {
    name,
    program: program(
      name,
      [
        buffer("w", type, 15),
        buffer("error", type, 7),
        buffer("out", type, 4),
        buffer("rowStart", "i32", 5),
        buffer("target", "u32", 15),
        buffer("list", "u32", 4),
      ],
      [
        invoke(
          { kind: "perSynapse", domain, step, gathers: true },
          Object.fromEntries(["w", "error", "out", "rowStart", "target", "list"].map((s) => [s, place(s)])),
          domain === "all" ? { sources: 4 } : { from: 0, to: list.length },
        ),
      ],
    ),
    inputs: { w: small(15, 51, 4), error: small(7, 53), out: small(4, 55), rowStart, target, list },
  };
}

/** Every source with every target: whole vectors and what is left of them, with bodies whose synapses are apart and not. */
function fullCase(domain: Shape["domain"], type: FloatType, [sources, targets]: readonly [number, number]): Case {
  const apart = targets !== 9;
  const list = domain === "all" ? [] : [2, 0, 2];
  const [first, n] = apart ? [0, targets] : [2, targets - 1];
  const bare = sources === 19;
  const shape = { domain, type, sources, targets, first, n, apart, bare, known: targets !== 33, list };
  const { slots } = fullStep(shape);
  const made = fullProgram(shape, true);
  const room = new Map(made.buffers.map((b) => [b.name, b.length]));
  const values = slots.map((s, k): [string, number[]] => [s.name, sample(s.type, room.get(s.name)!, k + targets)]);
  return {
    name: `perSynapse full ${sources}x${targets} ${domain} ${type}`,
    program: made,
    inputs: { ...fullInputs(shape), ...Object.fromEntries(values) },
  };
}

export const SYNAPSES: readonly Case[] = [
  ...FLOATS.flatMap((type) =>
    (["all", "rows"] as const).flatMap((d) =>
      (["synapse", "uniform"] as const).map((weight) => synapseGatherCase(d, type, weight)),
    ),
  ),
  ...FLOATS.flatMap((type) =>
    (["all", "rows", "columns"] as const).flatMap((d) => [
      synapseCase(d, type),
      ...[[3, 3] as const, [7, 9] as const, [19, 21] as const, [4, 33] as const].map((size) => fullCase(d, type, size)),
    ]),
  ),
];
