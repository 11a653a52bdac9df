import fc from "fast-check";
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { index, read } from "../../src/ir/expr.ts";
import type { KernelOf } from "../../src/ir/program.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import {
  type LateShape,
  lateInputs,
  lateKernel,
  lateMotion,
  lateProgram,
  lateStep,
  lateValues,
  STEPS,
} from "./lateColumns.cases.ts";

const SHAPE: fc.Arbitrary<LateShape> = fc
  .record({
    type: fc.constantFrom("f32" as const, "f64" as const),
    sources: fc.integer({ min: 1, max: 27 }),
    targets: fc.integer({ min: 1, max: 40 }),
    start: fc.nat(20),
    first: fc.nat(3),
    counts: fc.array(fc.constantFrom(0, 0, 1, 2, 5, 20), { minLength: 1, maxLength: STEPS }),
    asks: fc.array(fc.record({ now: fc.nat(STEPS), list: fc.array(fc.nat(1000), { maxLength: 3 }) }), { maxLength: 4 }),
  })
  .map(({ asks, ...s }) => ({
    ...s,
    asks: asks
      .map(({ now, list }) => ({ now: Math.min(now, s.counts.length), list: list.map((x) => x % s.sources) }))
      .toSorted((a, b) => a.now - b.now),
  }));

async function run(backend: Backend, shape: LateShape, late: boolean): Promise<Record<string, number[]>> {
  const program = lateProgram(shape, late);
  verifyProgram(program);
  using x = await backend.load(program);
  const inputs = { ...lateInputs(shape), ...lateValues(shape) };
  for (const [name, values] of Object.entries(inputs)) x.array(name).set(values);
  const { slots } = lateStep(shape.type);
  x.run("main");
  return Object.fromEntries(
    [...slots.map((s) => s.name), "since"].map((name) => [name, Array.from(x.array(name), Number)]),
  );
}

test("rows that take in events later come to the same as events that are worked on at once", async () => {
  await fc.assert(
    fc.asyncProperty(SHAPE, async (shape) => {
      const expected = await run(interpret, shape, false);
      expect(await run(interpret, shape, true)).toEqual(expected);
      expect(await run(wasm, shape, true)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test("what may have changed until then is refused", () => {
  const shape: LateShape = {
    ...{ type: "f32", sources: 9, targets: 5, start: 0, first: 0, counts: [1, 2], asks: [{ now: 1, list: [3] }] },
  };
  const program = lateProgram(shape, true);
  const call = program.regions[0]!.body[0]!;
  if (call.tag !== "invoke") throw new Error("no kernel");
  const said = (change: Partial<KernelOf<"lateColumns">>, args: Partial<typeof call.args> = {}): void =>
    verifyProgram({
      ...program,
      regions: [
        {
          name: "main",
          body: [
            {
              ...call,
              kernel: { ...lateKernel(shape, "rows"), ...change },
              args: { ...call.args, ...args } as typeof call.args,
            },
          ],
        },
      ],
    });
  expect(() => said({})).not.toThrow();
  const step = lateStep("f32");
  const ofTarget = { ...step, slots: step.slots.map((s) => (s.name === "a" ? { ...s, space: "post" as const } : s)) };
  expect(() => said({ step: ofTarget })).toThrow(/'a' \(post\) may have changed/);
  const toSource = { ...step, stores: [{ slot: "a", mode: "set", value: read("f32", "w") } as const] };
  expect(() => said({ step: toSource })).toThrow(/'a' is stored by events that are put off/);
  const numbered = { ...step, stores: [{ slot: "seen", mode: "set", value: index("synapse") } as const] };
  expect(() => said({ step: numbered })).toThrow(/have no numbers/);
  const motion = lateMotion("f32");
  const once = {
    ...motion,
    slots: motion.slots.map((s) => (s.name === "b" ? { ...s, space: "uniform" as const } : s)),
  };
  expect(() => said({ motion: once })).toThrow(/'b' \(uniform\) may have changed/);
  expect(() => said({ steps: 6 })).toThrow(/lists of 6 steps: not a power of two/);
  expect(() => said({}, { b: call.args.a! })).toThrow(/'a' is stored where 'b' lies too/);
});
