import fc from "fast-check";
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import type { Type } from "../../src/ir/types.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { fullInputs, fullProgram, fullStep, type Shape } from "./synapseLines.cases.ts";

const SHAPE: fc.Arbitrary<Shape> = fc
  .record({
    domain: fc.constantFrom("all" as const, "rows" as const, "columns" as const),
    type: fc.constantFrom("f32" as const, "f64" as const),
    sources: fc.integer({ min: 1, max: 23 }),
    targets: fc.integer({ min: 1, max: 40 }),
    ends: fc.tuple(fc.nat(40), fc.nat(40)),
    apart: fc.boolean(),
    bare: fc.boolean(),
    known: fc.boolean(),
    events: fc.array(fc.nat(1000), { maxLength: 6 }),
  })
  .map(({ ends, events, ...s }) => {
    const [first, n] = ends.map((x) => x % (s.targets + 1)).sort((a, b) => a - b) as [number, number];
    const list = events.map((x) => x % (s.domain === "columns" ? s.targets : s.sources));
    return { ...s, first, n, list };
  });

/** Values between 0 and 1 whose sums round; integers; and both truths. */
const VALUES: Readonly<Record<Type, (k: number) => number>> = {
  f32: (k) => Math.fround(((k * 7919 + 13) % 101) / 101),
  f64: (k) => ((k * 7919 + 13) % 101) / 101,
  i32: (k) => ((k * 31) % 11) - 3,
  u32: (k) => (k * 2654435761) % 2 ** 32,
  bool: (k) => ((k * 7) >> 1) & 1,
};

async function run(backend: Backend, shape: Shape, full: boolean): Promise<Record<string, number[]>> {
  const program = fullProgram(shape, full);
  verifyProgram(program);
  using x = await backend.load(program);
  for (const [name, values] of Object.entries(fullInputs(shape))) x.array(name).set(values);
  for (const { name, type } of fullStep(shape).slots) {
    const to = x.array(name);
    for (let k = 0; k < to.length; k++) to[k] = VALUES[type](k + name.length);
  }
  x.run("main");
  return Object.fromEntries(fullStep(shape).slots.map(({ name }) => [name, Array.from(x.array(name), Number)]));
}

test("synapses without tables do what they do with them, on every backend", async () => {
  await fc.assert(
    fc.asyncProperty(SHAPE, async (shape) => {
      const expected = await run(interpret, shape, false);
      expect(await run(interpret, shape, true)).toEqual(expected);
      expect(await run(wasm, shape, true)).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

test("synapses with tables that are apart do what they do one by one", async () => {
  await fc.assert(
    fc.asyncProperty(SHAPE, fc.constantFrom(0, 2, 3, 7), async (shape, gaps) => {
      const some = { ...shape, gaps, apart: true };
      expect(await run(wasm, some, false)).toEqual(await run(interpret, some, false));
    }),
    { numRuns: 150 },
  );
});

test("synapses that are said to be apart are so", () => {
  const shape: Shape = {
    ...{ domain: "rows", type: "f32", sources: 3, targets: 5, first: 0, n: 5, known: true, list: [1] },
    apart: false,
  };
  const program = fullProgram(shape, true);
  const call = program.regions[0]!.body[0]!;
  if (call.tag !== "invoke" || call.kernel.kind !== "perSynapse") throw new Error("no kernel");
  const said = (change: object): void =>
    verifyProgram({ ...program, regions: [{ name: "main", body: [{ ...call, ...change } as typeof call] }] });
  const kernel = { ...call.kernel, apart: true };
  expect(() => said({ kernel })).toThrow(/'both' \(pre\) is not of one synapse apart from others/);
  const own = { ...kernel, step: fullStep({ ...shape, apart: true }) };
  expect(() => said({ kernel: own })).not.toThrow();
  expect(() => said({ kernel: own, args: { ...call.args, sum: call.args.y! } })).toThrow(
    /'sum' is stored where 'y' lies too/,
  );
});
