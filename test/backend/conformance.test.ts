import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { invocations, type KernelKind } from "../../src/ir/program.ts";
import { CASES } from "./all.cases.ts";
import type { Case } from "./cases.ts";

/** Buffers after a run, as bits; every NaN is the same NaN (its payload is not defined). */
async function run(backend: Backend, { program, inputs, defined = {} }: Case): Promise<Record<string, string[]>> {
  using executable = await backend.load(program);
  for (const [name, values] of Object.entries(inputs)) executable.array(name).set(values);
  executable.run("main");
  const text = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));
  return Object.fromEntries(
    program.buffers.map((b) => [
      b.name,
      Array.from(executable.array(b.name).slice(0, defined[b.name] ?? b.length), text),
    ]),
  );
}

test.each(CASES.map((c) => [c.name, c] as const))("wasm equals the interpreter: %s", async (_name, c) => {
  expect(await run(wasm, c)).toEqual(await run(interpret, c));
});

test("every kernel has a case", () => {
  const kinds = new Set(
    CASES.flatMap((c) =>
      c.program.regions.flatMap((r) => [...invocations(r.body)].map(({ call }) => call.kernel.kind)),
    ),
  );
  const all: Record<KernelKind, true> = {
    perElement: true,
    perSynapse: true,
    lateColumns: true,
    deliver: true,
    enlist: true,
    settle: true,
    touch: true,
    gatherRows: true,
    product: true,
    rowDots: true,
    outerRows: true,
    transposeLists: true,
    scatterWindows: true,
    scatterBack: true,
    windowDots: true,
    outerWindows: true,
    maxPool: true,
    unpool: true,
    pick: true,
    foldRows: true,
    unpackBits: true,
    winners: true,
    zero: true,
    drawCounts: true,
    drawRows: true,
    sortRows: true,
    weave: true,
    lookUp: true,
    fillBlocks: true,
  };
  expect([...kinds].sort()).toEqual(Object.keys(all).sort());
});
