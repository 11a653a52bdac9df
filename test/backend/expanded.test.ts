/** Functions and draws, expanded: WebAssembly gives the very bits of the interpreter. */
import { expect, test } from "vitest";
import type { Backend, Executable } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { expand } from "../../src/ir/expand.ts";
import { add, call, compare, constant, draw, type Expr, index, type Law, mul, read } from "../../src/ir/expr.ts";
import { type Buffer, invoke, type Program, place } from "../../src/ir/program.ts";
import type { DRAW_SLOTS } from "../../src/ir/random.ts";
import { simplify } from "../../src/ir/simplify.ts";
import type { Step } from "../../src/ir/step.ts";
import type { FloatType, Type } from "../../src/ir/types.ts";
import { argumentsOf, CASES, parametersOf } from "../ir/mathCases.ts";

const N = 403; // whole vectors and a tail

function programOf(value: Expr, inputs: Readonly<Record<string, Type>>): Program {
  const slots = Object.entries({ ...inputs, out: value.type }).map(
    ([name, type]) => ({ name, type, space: "element" }) as const,
  );
  const written: Step = { name: "body", slots, stores: [{ slot: "out", mode: "set", value }] };
  const step = simplify(expand(written));
  const buffers = step.slots.map(
    (s): Buffer => ({ name: s.name, type: s.type, length: s.space === "uniform" ? 1 : N, role: "work" }),
  );
  const args = Object.fromEntries(step.slots.map((s) => [s.name, place(s.name)]));
  return {
    name: "expanded",
    buffers,
    regions: [{ name: "main", body: [invoke({ kind: "perElement", step }, args, { n: N })] }],
  };
}

async function run(
  backend: Backend,
  program: Program,
  inputs: Readonly<Record<string, readonly number[]>>,
): Promise<number[]> {
  using executable = await backend.load(program);
  for (const { name } of program.buffers) if (inputs[name]) executable.array(name).set(inputs[name]);
  executable.run("main");
  return Array.from(executable.array("out"));
}
async function expectEqual(
  value: Expr,
  inputs: Readonly<Record<string, Type>>,
  values: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const program = programOf(value, inputs);
  expect(await run(wasm, program, values)).toEqual(await run(interpret, program, values)); // tells zeros apart, not NaNs
}

const FLOATS: readonly FloatType[] = ["f32", "f64"];
const SPECIAL = [0, -0, 1, -1, 0.5, -3, 1e-40, 5e-324, Infinity, -Infinity, Number.NaN, 3e38, -1e9];
test.each(CASES.flatMap((c) => FLOATS.map((type) => [c.fn, type, c] as const)))("%s in %s", async (fn, type, c) => {
  const names = parametersOf(fn);
  const specials = SPECIAL.flatMap((x) => (names.length === 1 ? [[x]] : SPECIAL.map((y) => [x, y])));
  const rows = [...specials, ...argumentsOf(c, type, N, 5)].slice(0, N);
  const values = Object.fromEntries(names.map((name, k) => [name, rows.map((row) => constant(type, row[k]!).value)]));
  await expectEqual(
    call(fn, ...names.map((name) => read(type, name))),
    Object.fromEntries(names.map((name) => [name, type])),
    values,
  );
});

const LAWS: readonly (readonly [Law, Type])[] = [
  ["bits", "u32"],
  ...(["uniform", "normal", "poisson"] as const).flatMap((law) => FLOATS.map((type) => [law, type] as const)),
];
test.each(LAWS)("draws: %s in %s", async (law, type) => {
  const place = { seed: [0x89abcdef], sample: [3], stepLow: [0xfffffffe], stepHigh: [7] } satisfies Record<
    keyof typeof DRAW_SLOTS,
    number[]
  >;
  const mean = Array.from({ length: N }, (_, k) => constant(type, k / 24).value);
  const poisson = law === "poisson";
  await expectEqual(
    draw(law, type, 0xdeadbeef, ...(poisson ? [read(type, "mean")] : [])),
    poisson ? { mean: type } : {},
    { ...place, mean },
  );
});

/** Sixteen elements share their blocks: whole turns, single vectors and a tail, and every kind of store besides. */
test.each([1, 15, 16, 17, 31, 63, 64, 127, 403])(
  "draws of %i elements, with bits, lists, sums and reads beside",
  async (n) => {
    for (const type of FLOATS) {
      const [u, z] = [draw("uniform", type, 5), draw("normal", type, 5)];
      const old = read(type, "v");
      const fired = compare("lt", u, constant(type, 0.3));
      const step = simplify(
        expand({
          name: "body",
          slots: [
            { name: "v", type, space: "element" },
            { name: "number", type: "u32", space: "element" },
            { name: "bits", type: "u32", space: "uniform" },
            { name: "list", type: "u32", space: "uniform" },
            { name: "total", type, space: "uniform" },
            { name: "top", type, space: "uniform" },
          ],
          stores: [
            { slot: "v", mode: "set", value: add(mul(old, constant(type, 0.5)), z) },
            { slot: "number", mode: "set", value: add(index(), draw("bits", "u32", 9)) },
            { slot: "bits", mode: "bits", value: fired },
            { slot: "list", mode: "append", value: fired, rare: n % 2 === 0 },
            { slot: "total", mode: "sum", value: u },
            { slot: "top", mode: "max", value: z },
          ],
        }),
      );
      const lengths: Readonly<Record<string, number>> = { v: n, number: n, bits: Math.ceil(n / 32), list: n + 16 };
      const buffers = [...step.slots.map((s) => s.name), "from", "to"].map((name): Buffer => {
        const known = step.slots.find((s) => s.name === name);
        return { name, type: known?.type ?? "i32", length: lengths[name] ?? 1, role: "work" };
      });
      const args = Object.fromEntries(step.slots.map((s) => [s.name, place(s.name)]));
      const call = invoke(
        { kind: "perElement", step },
        { ...args, "list.from": place("from"), "list.to": place("to") },
        { n },
      );
      const program: Program = { name: "drawn", buffers, regions: [{ name: "main", body: [call] }] };
      const results = await Promise.all(
        [wasm, interpret].map(async (backend) => {
          using executable = await backend.load(program);
          executable.array("seed")[0] = 77;
          executable.array("stepLow")[0] = 12;
          for (let k = 0; k < n; k++) executable.array("v")[k] = k;
          executable.run("main");
          const count = executable.array("to")[0]!;
          return {
            list: Array.from(executable.array("list").slice(0, count)),
            ...arraysOf(["v", "number", "bits", "total", "top"], executable),
          };
        }),
      );
      expect(results[0]).toEqual(results[1]);
      if (n > 100) expect(results[0]!.list.length / n).toBeCloseTo(0.3, 1);
    }
  },
);
const arraysOf = (names: readonly string[], executable: Executable): Record<string, number[]> =>
  Object.fromEntries(names.map((name) => [name, Array.from(executable.array(name))]));
