/** Cases of kernel `drawCounts`: bounds that leave few words open, many, and all. */
import { invoke, place } from "../../src/ir/program.ts";
import type { FloatType } from "../../src/ir/types.ts";
import { type Case, values } from "./cases.ts";

const UNIFORM = ["seed", "sample", "stepLow", "stepHigh"] as const;
function countsCase(
  name: string,
  type: FloatType,
  bounds: readonly number[],
  first: number,
  n: number,
  seed = 9,
): Case {
  const args = Object.fromEntries([["out", place("out", 3)], ...UNIFORM.map((u) => [u, place(u)] as const)]);
  return {
    name: `drawCounts ${type}, ${name}, ${first} to ${n}`,
    program: {
      name: "counts",
      buffers: [
        { name: "out", type, length: n + 67, role: "work" },
        ...UNIFORM.map((u) => ({ name: u, type: "u32", length: 1, role: "argument" }) as const),
      ],
      regions: [
        { name: "main", body: [invoke({ kind: "drawCounts", type, stream: 4000000003, bounds }, args, { first, n })] },
      ],
    },
    inputs: { seed: [seed], sample: [4], stepLow: [2 ** 32 - 5], stepHigh: [3] },
    defined: { out: n + 3 },
  };
}
const next = values(77);
const many = Array.from({ length: 90 }, () => Math.floor(next() * 2 ** 32)).sort((a, b) => a - b);
const TABLES: readonly (readonly [string, readonly number[]])[] = [
  ["one bound", [2 ** 31]],
  ["the ends", [0, 1, 65535, 65536, 2 ** 32 - 65536, 2 ** 32 - 1]],
  ["many bounds", many],
  ["no bound", []],
  ["bounds of one leading half", [2 ** 31, 2 ** 31 + 10, 2 ** 31 + 10, 2 ** 31 + 65535]],
];
/** The first groups that all bits are needed for are now the first of a turn and now the second. */
const SEEDS = Array.from({ length: 40 }, (_, seed) => countsCase(`seed ${seed}`, "f32", many, 0, 1000, seed));
export const COUNTS: readonly Case[] = [
  ...SEEDS,
  ...TABLES.flatMap(([name, bounds]) =>
    (["f32", "f64"] as const).flatMap((type) => [
      countsCase(name, type, bounds, 0, 6000),
      countsCase(name, type, bounds, 128, 133),
      countsCase(name, type, bounds, 53, 53),
    ]),
  ),
];
