/** Functions and draws, expanded: WebAssembly gives the very bits of the interpreter. */
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { expand } from "../../src/ir/expand.ts";
import { call, constant, draw, type Expr, type Law, read } from "../../src/ir/expr.ts";
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
