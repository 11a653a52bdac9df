/**
 * Random words in bulk from a compiled kernel (`base/words.ts`): Philox of many blocks at once, for tables of many millions of
 * synapses.
 */
import type { Backend } from "../backend/backend.ts";
import { loadProgram } from "../backend/load.ts";
import { PHILOX } from "../base/philox.ts";
import { RUN, RUNS, type WordSource } from "../base/words.ts";
import { add, type Expr, index, mul, mulHi, read, u32, xor } from "../ir/expr.ts";
import { along, type Buffer, invoke, loop, type Program, place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import type { Slot, Step } from "../ir/step.ts";

const UNIFORM = ["first", "line", "purpose", "step", "seed", "stream"] as const;
const WORDS = ["w0", "w1", "w2", "w3"] as const;

/** Four words an element: block `first + element` of a line. */
function wordStep(): Step {
  const input = (name: (typeof UNIFORM)[number]): Expr => read("u32", name);
  const [m0, m1] = PHILOX.multipliers.map(u32) as [Expr, Expr];
  const [i0, i1] = PHILOX.increments;
  let block: Expr[] = [add(index(), input("first")), input("line"), input("purpose"), input("step")];
  for (let round = 0; round < PHILOX.rounds; round++) {
    const k0 = add(input("seed"), u32(Math.imul(round, i0)));
    const k1 = add(input("stream"), u32(Math.imul(round, i1)));
    const [c0, c1, c2, c3] = block as [Expr, Expr, Expr, Expr];
    block = [xor(xor(mulHi(c2, m1), c1), k0), mul(c2, m1), xor(xor(mulHi(c0, m0), c3), k1), mul(c0, m0)];
  }
  const slot = (name: string, space: Slot["space"]): Slot => ({ name, type: "u32", space });
  return simplify({
    name: "words",
    slots: [...UNIFORM.map((name) => slot(name, "uniform")), ...WORDS.map((name) => slot(name, "element"))],
    stores: WORDS.map((slot, w) => ({ slot, mode: "set", value: block[w]! })),
  });
}

function wordProgram(): Program {
  const buffer = (name: string, type: "u32" | "i32", length: number): Buffer => ({ name, type, length, role: "work" });
  const ofRun = (name: string) => place(name, 0, ...(name === "first" || name === "line" ? [along("run", 1)] : []));
  const args = Object.fromEntries([
    ...UNIFORM.map((name) => [name, ofRun(name)]),
    ...WORDS.map((name) => [name, place(name, 0, along("run", RUN))]),
  ]);
  const call = invoke({ kind: "perElement", step: wordStep() }, args, { n: place("counts", 1) });
  return {
    name: "words",
    buffers: [
      ...UNIFORM.map((name) => buffer(name, "u32", RUNS)),
      ...WORDS.map((name) => buffer(name, "u32", RUNS * RUN)),
      buffer("counts", "i32", 2),
    ],
    regions: [{ name: "draw", body: [loop("run", place("counts", 0), [call])] }],
  };
}

/** Draws on a backend; dispose of it when all has been drawn. */
export async function wordMill(backend: Backend): Promise<WordSource & Disposable> {
  const x = await loadProgram(backend, wordProgram());
  const array = (name: string): Uint32Array => x.array(name) as Uint32Array;
  const [first, line, purpose, step, seed, stream] = UNIFORM.map(array) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const counts = x.array("counts");
  return {
    first,
    line,
    planes: WORDS.map(array) as unknown as WordSource["planes"],
    draw: (runs, blocks, key) => {
      counts[0] = runs;
      counts[1] = blocks;
      purpose[0] = key.purpose;
      step[0] = key.step;
      seed[0] = key.seed;
      stream[0] = key.stream;
      x.run("draw");
    },
    [Symbol.dispose]: () => x.dispose(),
  };
}
