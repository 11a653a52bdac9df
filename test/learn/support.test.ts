/** Where errors of spikes matter: what the list names, and that the adjoint reads no other error. */
import { expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { incoming } from "../../src/ir/adjoint.ts";
import { add, f32, max, mul, neg, read, sub } from "../../src/ir/expr.ts";
import { invoke, place } from "../../src/ir/program.ts";
import { nodes, readsOf, type Step } from "../../src/ir/step.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { supportOf } from "../../src/learn/support.ts";

const error = read("f32", incoming("out.spike"));
const [x, y] = [read("f32", "x"), read("f32", "y")];
const near = max(x, f32(0));
const element = (name: string) => ({ name, type: "f32", space: "element" }) as const;
const adjoint = (...values: Step["stores"][number]["value"][]): Step => ({
  name: "adjoint",
  slots: [element(incoming("out.spike")), element("x"), element("y"), ...values.map((_, k) => element(`g${k}`))],
  stores: values.map((value, k) => ({ slot: `g${k}`, mode: "set", value })),
});
/** `(error + y)` times the factor, which goes on to two places. */
const product = mul(sub(y, neg(error)), near);

test("one factor before all else is all that is tested, in however many places its product ends", () => {
  const { list } = supportOf(adjoint(mul(product, y), add(product, y)), triangle(1))!;
  expect([...readsOf(list)]).toEqual(["x"]);
  expect(nodes(list).filter((e) => e.tag === "compare")).toHaveLength(1);
});

test("where the error itself is stored as well it matters everywhere", () => {
  const { list } = supportOf(adjoint(product, error), triangle(1))!;
  expect(list.stores[0]!.value).toMatchObject({ tag: "const", type: "bool", value: 1 });
});

test("an adjoint without error has no support", () => {
  expect(supportOf(adjoint(y), triangle(1))).toBeUndefined();
});

test("elements that are not listed have the error zero, whatever memory holds", async () => {
  const step = adjoint(product);
  const support = supportOf(step, triangle(1))!;
  const names = ["x", "y", "error", "g0"];
  using program = await interpret.load({
    name: "support",
    buffers: [
      ...names.map((name) => ({ name, type: "f32", length: 4, role: "argument" }) as const),
      { name: "list", type: "u32", length: 8, role: "work" },
      { name: "ends", type: "i32", length: 2, role: "work" },
    ],
    regions: [
      {
        name: "main",
        body: [
          invoke(
            { kind: "perElement", step: support.list },
            { x: place("x"), support: place("list"), "support.from": place("ends"), "support.to": place("ends", 1) },
            { n: 4 },
          ),
          invoke(
            { kind: "perElement", step: support.adjoint },
            { x: place("x"), y: place("y"), [incoming("out.spike")]: place("error"), g0: place("g0") },
            { n: 4 },
          ),
        ],
      },
    ],
  });
  program.array("x").set([0.5, -1, 2, 0]);
  program.array("y").set([1, 1, 1, 1]);
  program.array("error").set([3, Number.NaN, 4, Number.POSITIVE_INFINITY]);
  program.run("main");
  expect([...program.array("list").subarray(0, program.array("ends")[1])]).toEqual([0, 2]);
  expect([...program.array("g0")]).toEqual([2, 0, 10, 0]);
});
