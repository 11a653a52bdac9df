/** Lists that few elements get into: found by one test a group, and equal to the interpreter's whatever the numbers are. */
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { rarelyOf } from "../../src/backend/wasm/rarely.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { add, and, compare, constant, type Expr, i32, max, mul, read, select, sub } from "../../src/ir/expr.ts";
import { type Buffer, invoke, type Program, place } from "../../src/ir/program.ts";
import { simplify } from "../../src/ir/simplify.ts";
import { nodes, type Step, type Store } from "../../src/ir/step.ts";
import type { FloatType } from "../../src/ir/types.ts";

const LIMIT = 1;
/** A neuron that leaks, fires above the limit, and then rests for some steps. */
function neuron(type: FloatType, op: "gt" | "ge", reset: boolean): Step {
  const left = max(sub(read("i32", "rest"), i32(1)), i32(0));
  const free = compare("eq", left, i32(0));
  const moved = select(free, add(mul(read(type, "v"), constant(type, 0.5)), read(type, "x")), read(type, "v"));
  const fired = and(free, compare(op, moved, constant(type, LIMIT)));
  const store = (slot: string, value: Expr): Store => ({ slot, mode: "set", value });
  return simplify({
    name: "neuron",
    slots: [
      { name: "v", type, space: "element" },
      { name: "x", type, space: "element" },
      { name: "rest", type: "i32", space: "element" },
      { name: "list", type: "u32", space: "uniform" },
    ],
    stores: [
      store("v", reset ? select(fired, constant(type, -0.25), moved) : moved),
      store("rest", select(fired, i32(3), left)),
      { slot: "list", mode: "append", value: fired, rare: true },
    ],
  });
}
const ODD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, LIMIT, 0.5, 1.25, -3, 2];

async function run(backend: Backend, step: Step, n: number, type: FloatType, some: number) {
  const lengths: Readonly<Record<string, number>> = { v: n, x: n, rest: n, list: n + 16 };
  const buffers = [...step.slots, { name: "from", type: "i32" }, { name: "to", type: "i32" }].map(
    ({ name, type }): Buffer => ({ name, type: type as Buffer["type"], length: lengths[name] ?? 1, role: "work" }),
  );
  const args = Object.fromEntries(step.slots.map((s) => [s.name, place(s.name)]));
  const ends = { "list.from": place("from"), "list.to": place("to") };
  const call = invoke({ kind: "perElement", step }, { ...args, ...ends }, { n });
  const program: Program = { name: "rarely", buffers, regions: [{ name: "main", body: [call] }] };
  using x = await backend.load(program);
  const lists: number[][] = [];
  for (let t = 0; t < 8; t++) {
    for (let k = 0; k < n; k++) x.array("x")[k] = (k * 7 + t * 3) % some === 0 ? ODD[(k + t) % ODD.length]! : 0.1;
    if (t === 0) for (let k = 0; k < n; k++) x.array("rest")[k] = k % 5 === 0 ? 2 : 0;
    x.run("main");
    lists.push(Array.from(x.array("list").slice(0, x.array("to")[0])));
  }
  return { lists, v: Array.from(x.array("v")), rest: Array.from(x.array("rest")), type };
}

test.each(
  (["f32", "f64"] as const).flatMap((type) =>
    (["gt", "ge"] as const).flatMap((op) => [true, false].map((reset) => [type, op, reset] as const)),
  ),
)("%s, %s the limit, reset %s: as the interpreter has it", async (type, op, reset) => {
  const step = neuron(type, op, reset);
  const fixed = new Set(nodes(step).filter((e) => e.tag === "const"));
  expect(rarelyOf(step, type === "f32" ? 4 : 2, fixed)?.listed.length).toBe(reset ? 2 : 1);
  for (const n of [1, 7, 8, 9, 16, 40, 403])
    for (const some of [1, 13]) {
      const [fast, definition] = [await run(wasm, step, n, type, some), await run(interpret, step, n, type, some)];
      expect(fast).toEqual(definition);
      if (n > 100) expect(definition.lists.flat().length).toBeGreaterThan(0);
    }
});
