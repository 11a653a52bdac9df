/** Cases of kernel `deliver`: every form of weight and block, in both types, with rows that meet at the same cells. */
import { cellWords, headerWords, headWords, quadWords, VISITS_AT, visitWords, writeHead } from "../../src/ir/blocks.ts";
import { invoke, place, type WeightForm } from "../../src/ir/program.ts";
import type { FloatType } from "../../src/ir/types.ts";
import { type Case, values } from "./cases.ts";

const [SOURCES, PARTS, PART, CELLS, GROUP, GROUPS] = [9, 2, 1, 40, 4, 3];
/** A cell and a weight, of each synapse in each slot of each block. */
interface Synapse {
  readonly cell: number;
  readonly bits: readonly number[];
}
const float = new Float32Array(1);
const double = new Float64Array(1);
/** Words, or parts of a word, of a weight. */
const BITS: Readonly<Record<WeightForm, (next: () => number) => number[]>> = {
  one: () => [],
  i8: (next) => [Math.floor(next() * 256)],
  i16: (next) => [Math.floor(next() * 65536)],
  f32: (next) => {
    float[0] = next() - 0.4;
    return [...new Uint32Array(float.buffer)];
  },
  f64: (next) => {
    double[0] = next() - 0.4;
    return [...new Uint32Array(double.buffer)];
  },
};
const PER_WORD: Readonly<Record<WeightForm, number>> = { one: 1, i8: 4, i16: 2, f32: 1, f64: 1 };

/** Numbers of so many bits, low ones first, in words. */
function packed(numbers: readonly number[], perWord: number): number[] {
  const out = new Array<number>(Math.ceil(numbers.length / perWord)).fill(0);
  numbers.forEach((x, k) => (out[Math.floor(k / perWord)]! += x * 2 ** ((32 / perWord) * (k % perWord))));
  return out;
}

function block(slots: readonly (readonly Synapse[])[], narrow: boolean, weight: WeightForm): number[] {
  const groups = Array.from({ length: GROUPS }, (_, g) => slots.slice(g * GROUP, (g + 1) * GROUP));
  const moved = groups.map((g) => g.flatMap((s, j) => s.map((x) => ({ ...x, cell: x.cell + j * CELLS }))));
  const ends = [0];
  const quads: number[] = [];
  for (const segment of narrow ? slots : moved) {
    const whole = [...segment];
    while (whole.length % 4 > 0)
      whole.push({ cell: CELLS - 4 + (whole.length % 4), bits: segment[0]!.bits.map(() => 0) });
    for (let k = 0; k < whole.length; k += 4) {
      const four = whole.slice(k, k + 4);
      quads.push(
        ...packed(
          four.map((x) => x.cell),
          narrow ? 2 : 1,
        ),
      );
      quads.push(
        ...packed(
          four.flatMap((x) => x.bits),
          PER_WORD[weight],
        ),
      );
    }
    ends.push(ends.at(-1)! + whole.length / 4);
  }
  expect4(quads.length, ends.at(-1)! * quadWords(narrow, weight));
  return [...packed(ends, narrow ? 2 : 1), ...quads];
}
function expect4(a: number, b: number): void {
  if (a !== b) throw new Error(`a block of ${a} words, not ${b}`);
}

/** @param noted visits that may be noted; then all groups are gone through, beginning with the one at hand */
function deliverCase(
  type: FloatType,
  weight: WeightForm,
  narrow: boolean,
  { phase, at, noted }: { readonly phase: number; readonly at: number; readonly noted?: number },
): Case {
  const next = values(31 + phase);
  const below = (n: number): number => Math.floor(next() * n);
  const some = (): Synapse[] =>
    Array.from({ length: [0, 1, 3, 4, 9][below(5)]! }, () => ({ cell: below(CELLS - 4), bits: BITS[weight](next) }));
  const rows: number[] = [7, 7, 7];
  const heads: number[] = [];
  const header = { narrow, groups: GROUPS, group: GROUP };
  for (let k = 0; k < SOURCES * PARTS; k++) {
    const words = block(Array.from({ length: GROUP * GROUPS }, some), narrow, weight);
    const head = new Array<number>(headWords(header)).fill(0);
    writeHead({ ...header, weight }, { words, at: 0, start: rows.length - 3 }, { heads: head, head: 0 });
    heads.push(...head);
    rows.push(...words);
  }
  const list = Array.from({ length: 30 }, () => below(SOURCES));
  const length = GROUP * CELLS;
  const buffer = (name: string, type: "f32" | "f64" | "u32" | "i32", length: number) =>
    ({ name, type, length, role: "work" }) as const;
  const unit = weight === "one" || weight === "i8" || weight === "i16";
  const kernel = {
    kind: "deliver",
    type,
    group: GROUP,
    groups: GROUPS,
    cells: CELLS,
    parts: PARTS,
    narrow,
    weight,
    ...(noted !== undefined && { noted }),
  } as const;
  expect4(cellWords(narrow) + quadWords(narrow, "one"), 2 * cellWords(narrow));
  expect4(headerWords(kernel), narrow ? 7 : 4);
  const args = {
    out: place("out", 5),
    rows: place("rows", 3),
    heads: place("heads", PART * headWords(header)),
    list: place("list"),
    ...(unit && { w: place("w") }),
    ...(noted !== undefined && { visits: place("visits", 1) }),
  };
  const { out, heads: head, list: events, ...more } = args;
  const { rows: _rows, ...ends } = { out, ...more };
  const touch = invoke(
    { kind: "touch", group: GROUP, groups: GROUPS, parts: PARTS, narrow },
    { heads: head, list: events },
    { from: 2, to: 29, at },
  );
  const deliver = (k: number, from: number, to: number) => invoke(kernel, args, { from, to, at: k, phase });
  const work =
    noted === undefined
      ? [deliver(at, 2, 29)]
      : [
          ...[deliver(at, 2, 29), deliver((at + 1) % GROUPS, 3, 3), deliver((at + 2) % GROUPS, 0, 11)],
          invoke({ kind: "settle", type, group: GROUP, cells: CELLS, narrow, weight, noted }, ends, { phase }),
          // Behind what is settled, others may be noted.
          ...[deliver((at + 1) % GROUPS, 5, 9)],
          invoke({ kind: "settle", type, group: GROUP, cells: CELLS, narrow, weight, noted }, ends, { phase }),
        ];
  const visits = VISITS_AT + (noted ?? 0) * visitWords({ narrow, group: GROUP });
  return {
    name:
      `deliver ${type} ${weight} ${narrow ? "narrow" : "wide"}, row ${phase}, group ${at}` +
      (noted === undefined ? "" : `, ${noted} noted`),
    program: {
      name: "deliver",
      buffers: [
        buffer("out", type, length + 10),
        buffer("rows", "u32", rows.length),
        buffer("heads", "u32", heads.length),
        buffer("list", "u32", list.length),
        buffer("w", type, 1),
        buffer("visits", "u32", 1 + visits),
        buffer("after", "u32", 4),
      ],
      regions: [{ name: "main", body: [touch, ...work] }],
    },
    defined: { visits: 1 },
    inputs: { out: Array.from({ length: length + 10 }, next), rows, heads, list, w: [0.37] },
  };
}

const FORMS: Readonly<Record<FloatType, readonly WeightForm[]>> = {
  f32: ["one", "i8", "i16", "f32"],
  f64: ["one", "i8", "i16", "f32", "f64"],
};
/** Two lists behind one another, of which the first goes on where there was something, and one of nothing. */
function enlistCase(): Case {
  const next = values(77);
  const numbers = Array.from({ length: 12 }, () => Math.floor(next() * 1000));
  const buffer = (name: string, type: "u32" | "i32", length: number) => ({ name, type, length, role: "work" }) as const;
  const enlist = (begin: number, from: number, to: number, first: number) =>
    invoke(
      { kind: "enlist" },
      { out: place("out", 3), begin: place("ends", begin), end: place("ends", 1), list: place("list", 1) },
      { from, to: place("tos", to), first },
    );
  return {
    name: "enlist",
    program: {
      name: "enlist",
      buffers: [buffer("out", "u32", 24), buffer("ends", "i32", 2), buffer("list", "u32", 12), buffer("tos", "i32", 3)],
      regions: [{ name: "main", body: [enlist(0, 2, 0, 100), enlist(1, 0, 1, 7), enlist(1, 5, 2, 9)] }],
    },
    inputs: { out: numbers.concat(numbers), ends: [4, 99], list: numbers, tos: [9, 3, 0] },
  };
}

const DELIVERED: readonly Case[] = (["f32", "f64"] as const).flatMap((type) =>
  FORMS[type].flatMap((weight) =>
    [true, false].flatMap((narrow) => [
      ...[0, 1, 3].map((phase) => deliverCase(type, weight, narrow, { phase, at: phase === 3 ? 2 : phase })),
      ...[1, 5, 27, 64].map((noted) => deliverCase(type, weight, narrow, { phase: noted % GROUP, at: 1, noted })),
    ]),
  ),
);
export const DELIVER: readonly Case[] = [...DELIVERED, enlistCase()];
