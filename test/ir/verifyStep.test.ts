import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { add, bool, compare, type Expr, f32, fetch, i32, index, mul, read, u32 } from "../../src/ir/expr.ts";
import type { Slot, Step, Store } from "../../src/ir/step.ts";
import type { Type } from "../../src/ir/types.ts";
import { verifyStep } from "../../src/ir/verifyStep.ts";
import { lif } from "./lif.ts";
import { randomStep } from "./randomStep.ts";

const slot = (name: string, type: Type, space: Slot["space"] = "element"): Slot => ({ name, type, space });
const x = read("f32", "x");
const above = compare("gt", x, f32(0));
const SLOTS = [
  slot("x", "f32"),
  slot("i", "i32"),
  slot("total", "f32", "uniform"),
  slot("list", "u32"),
  slot("flag", "bool"),
];
const step = (stores: readonly Store[], slots: readonly Slot[] = SLOTS): Step => ({ name: "s", slots, stores });
const store = (name: string, mode: Store["mode"], value: Expr): Store => ({ slot: name, mode, value });

describe("steps in order", () => {
  test("random ones", () =>
    fc.assert(
      fc.property(randomStep, (s) => verifyStep(s)),
      { numRuns: 100 },
    ));
  const good: [string, Step][] = [
    ["a neuron", lif],
    [
      "folds and sets into uniform slots",
      step([store("total", "sum", x), store("total", "max", x), store("total", "set", x)]),
    ],
    ["a list and bits", step([store("list", "append", above), store("flag", "set", above)])],
    [
      "a table that is looked up",
      step([store("x", "set", fetch(read("f32", "k"), read("i32", "i"), 7))], [...SLOTS, slot("k", "f32", "uniform")]),
    ],
    ["addition", step([store("x", "add", x), store("x", "set", x)])],
    [
      "synapses",
      step(
        [
          store("w", "set", mul(read("f32", "w"), read("f32", "a"))),
          store("b", "add", read("f32", "w")),
          store("u", "add", read("f32", "w")),
        ],
        [slot("w", "f32", "synapse"), slot("a", "f32", "pre"), slot("b", "f32", "post"), slot("u", "f32", "uniform")],
      ),
    ],
  ];
  test.each(good)("%s", (_name, s) => verifyStep(s));
});

describe("steps out of order", () => {
  const bad: [string, Step, string][] = [
    [
      "unknown read",
      step([store("x", "set", read("f32", "y"))]),
      "verify: step s: reads 'y', which is not a slot; slots: x, i, total, list, flag\n  %0 = read y : f32",
    ],
    [
      "read of another type",
      step([store("i", "set", read("i32", "x"))]),
      "reads slot 'x' (element f32) as i32\n  %0 = read x : i32",
    ],
    [
      "unknown store",
      step([store("y", "set", x)]),
      "stores 'y', which is not a slot; slots: x, i, total, list, flag\n  set y = %0, where %0 = read x : f32",
    ],
    ["two slots of one name", step([], [slot("x", "f32"), slot("x", "f32")]), "two slots are called 'x'"],
    [
      "set of another type",
      step([store("i", "set", x)]),
      "'set' of slot 'i' (element i32) needs a value of the slot's type, got f32",
    ],
    ["addition of bool", step([store("flag", "add", above)]), "'add' of slot 'flag' (element bool) cannot add bool"],
    ["addition into a uniform slot", step([store("total", "add", x)]), "needs 'sum' into a uniform slot"],
    [
      "append of a number",
      step([store("list", "append", x)]),
      "'append' of slot 'list' (element u32) needs a bool value, got f32",
    ],
    ["append into floats", step([store("x", "append", bool(true))], [slot("x", "f32")]), "needs a slot of u32 or i32"],
    [
      "bits also set",
      step([store("list", "bits", above), store("list", "set", u32(1))]),
      "another store would write the same words",
    ],
    [
      "a list also read",
      step(
        [
          store("list", "append", above),
          store("i", "set", add(i32(1), read("i32", "i"))),
          store("u", "set", read("u32", "list")),
        ],
        [...SLOTS, slot("u", "u32")],
      ),
      "cannot also be read",
    ],
    [
      "a table of elements",
      step([store("x", "set", fetch(x, read("i32", "i"), 7))]),
      "'fetch' of slot 'x' (element f32) needs a uniform slot\n  %2 = fetch of 7 %0 %1 : f32",
    ],
    [
      "a table that is stored",
      step([store("x", "set", fetch(read("f32", "total"), read("i32", "i"), 7)), store("total", "sum", x)]),
      "'fetch' of slot 'total' (uniform f32) is from a table, which the step cannot store",
    ],
    ["sum into elements", step([store("x", "sum", x)]), "'sum' of slot 'x' (element f32) needs a uniform slot"],
    [
      "max of bool",
      step([store("f", "max", above)], [...SLOTS, slot("f", "bool", "uniform")]),
      "needs a number of the slot's type, got bool",
    ],
    [
      "the same store twice",
      step([store("x", "set", x), store("x", "set", f32(1))]),
      "stores 'x' (element f32) twice by 'set'",
    ],
    [
      "elements and synapses",
      step([store("x", "set", x)], [slot("x", "f32"), slot("w", "f32", "synapse")]),
      "slot 'x' (element f32) belongs to elements, slot 'w' (synapse f32) to synapses",
    ],
    [
      "an index of synapses among elements",
      step([store("x", "set", x), store("u", "set", index("pre"))], [slot("x", "f32"), slot("u", "u32")]),
      "index 'pre' to synapses",
    ],
    [
      "a fold over synapses",
      step([store("u", "sum", read("f32", "w"))], [slot("w", "f32", "synapse"), slot("u", "f32", "uniform")]),
      "folds over elements",
    ],
    [
      "a list of synapses",
      step(
        [store("u", "append", compare("gt", read("f32", "w"), f32(0)))],
        [slot("w", "f32", "synapse"), slot("u", "u32", "uniform")],
      ),
      "is for elements",
    ],
    [
      "a node of the wrong type",
      step([store("i", "set", { ...mul(x, x), type: "i32" } as Expr)]),
      "the type should be f32\n  %1 = mul %0 %0 : i32",
    ],
    [
      "an ill-typed node",
      step([store("x", "set", { ...mul(x, x), b: read("i32", "i") } as Expr)]),
      "mul of f32 and i32",
    ],
    [
      "a constant outside its type",
      step([store("x", "set", { tag: "const", type: "f32", value: 0.1 })]),
      "0.1 is not a value of f32",
    ],
  ];
  test.each(bad)("%s", (_name, s, message) => expect(() => verifyStep(s)).toThrow(message));
  test("the caller's path comes first", () =>
    expect(() => verifyStep(step([store("x", "set", read("f32", "y"))]), "net.hidden")).toThrow(
      "verify: net.hidden: reads",
    ));
});
