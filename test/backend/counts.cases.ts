/** Cases of kernel `drawCounts`: laws of Poisson, and one whose columns are cut where it is easily missed. */
import { type CountLaw, poissonLaw } from "../../src/base/countLaw.ts";
import { countWords } from "../../src/base/random.ts";
import { COUNT_OPEN, invoke, place } from "../../src/ir/program.ts";
import type { FloatType } from "../../src/ir/types.ts";
import type { Case } from "./cases.ts";

const STREAM = 4000000003;
const UNIFORM = ["seed", "sample", "stepLow", "stepHigh"] as const;
function countsCase(name: string, type: FloatType, law: CountLaw, first: number, n: number, seed = 9): Case {
  const args = Object.fromEntries([
    ["out", place("out", 3)],
    ["open", place("open", 1)],
    ...UNIFORM.map((u) => [u, place(u)] as const),
  ]);
  return {
    name: `drawCounts ${type}, ${name}, ${first} to ${n}`,
    program: {
      name: "counts",
      buffers: [
        { name: "open", type: "u32", length: COUNT_OPEN + 1, role: "work" },
        { name: "out", type, length: n + 67, role: "work" },
        ...UNIFORM.map((u) => ({ name: u, type: "u32", length: 1, role: "argument" }) as const),
      ],
      regions: [
        {
          name: "main",
          body: Array.from({ length: law.times }, (_, time) =>
            invoke({ kind: "drawCounts", type, stream: STREAM, law, time }, args, { first, n }),
          ),
        },
      ],
    },
    inputs: { seed: [seed], sample: [4], stepLow: [2 ** 32 - 5], stepHigh: [3] },
    defined: { out: n + 3, open: 0 },
  };
}
/** Every other column is cut at its very ends or within its first or last byte, and the last has a tail within its first. */
const EDGES = [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 2 ** 28 - 2 ** 20, 2 ** 28 - 1, 2 ** 28];
const edges: CountLaw = {
  times: 1,
  cuts: Array.from({ length: 16 }, (_, k) => (k < 15 ? EDGES[k % EDGES.length]! : 900_000)),
  others: Array.from({ length: 16 }, (_, k) => (5 * k + 3) % 16),
  tail: [800_000, 300_000, 5],
};
/** Each column is cut just before, or just behind, the first word that a case draws in it. */
const drawn = countWords({ seed: 9, stream: STREAM, sample: 4, step: 2 ** 34 - 5 }, 0, 0, 6000);
const met: CountLaw = {
  ...edges,
  cuts: edges.cuts.map((_, k) => (drawn.find((word) => word >>> 28 === k)! % 2 ** 28) + (k % 2)),
  tail: [],
};
const LAWS: readonly (readonly [string, CountLaw])[] = [
  ["the ends of columns", edges],
  ["words at the cuts", met],
  ["the same three times", { ...edges, times: 3 }],
  ...[0, 0.01, 1.3, 4, 5.5, 16].map((mean) => [`mean ${mean}`, poissonLaw(mean)] as const),
];
/** Elements whose byte does not tell are alone in their group, several, in one half of it or in both. */
const SEEDS = Array.from({ length: 40 }, (_, seed) => countsCase(`seed ${seed}`, "f32", edges, 0, 1000, seed));
export const COUNTS: readonly Case[] = [
  ...SEEDS,
  ...LAWS.flatMap(([name, law]) =>
    (["f32", "f64"] as const).flatMap((type) => [
      countsCase(name, type, law, 0, 6000),
      countsCase(name, type, law, 128, 133),
      countsCase(name, type, law, 1472, 1600),
      countsCase(name, type, law, 53, 53),
    ]),
  ),
];
