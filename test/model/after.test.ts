/** What ends every step: statements that read the spike as a number. */
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";
import { gradients } from "../../src/ir/differentiate.ts";
import { expand } from "../../src/ir/expand.ts";
import { f64 } from "../../src/ir/expr.ts";
import { evaluate } from "../../src/ir/scalar.ts";
import { triangle } from "../../src/ir/surrogate.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { NeuronSpec } from "../../src/model/neuronModel.ts";
import { neuronStep } from "../../src/model/step.ts";
import { BRIAN, cell, LAYERED } from "./cell.ts";

const define = (more: Partial<NeuronSpec>) =>
  neuron({
    name: "cell",
    equations: `
      v[t+1] = v + i : 1
      s : 1
      n : integer
      i : 1 (input)`,
    spike: "v > 1",
    ...more,
  });
const connected = new Set(["i"]);

test.each([
  ["layered", LAYERED],
  ["brian", BRIAN],
])("statements run in every step, in order, after the reset: %s", (_name, groups) => {
  const c = cell(define({ reset: "v = 0", after: "s = 10*s + spike; n += int(spike); v += 0.125*spike" }), {
    dt: 1e-3,
    connected,
    groups,
  });
  const course = Array.from({ length: 5 }, () => [Number(c.step({ i: 0.5 })), c.state.v, c.state.s, c.state.n]);
  expect(course).toEqual([
    [0, 0.5, 0, 0],
    [0, 1, 0, 0],
    [1, 0.125, 1, 1],
    [0, 0.625, 10, 1],
    [1, 0.125, 101, 2],
  ]);
});

test("while refractory the spike is 0, and the statements still run", () => {
  const c = cell(define({ after: "s = s + 0.25*spike; n += 1", refractory: "2 ms" }), { dt: 1e-3, connected });
  const course = Array.from({ length: 4 }, () => [Number(c.step({ i: 2 })), c.state.s, c.state.n]);
  expect(course).toEqual([
    [1, 0.25, 1],
    [0, 0.25, 2],
    [1, 0.5, 3],
    [0, 0.5, 4],
  ]);
});

test("a condition that is no comparison counts as 0 or 1 too", () => {
  const c = cell(define({ spike: "v > 1 or v < -1", after: "s = spike" }), { dt: 1e-3, connected });
  expect([c.step({ i: 0.5 }), c.state.s, c.step({ i: 2 }), c.state.s]).toEqual([false, 0, true, 1]);
});

describe("the derivative of the new membrane with respect to the old one", () => {
  /** At v = 1.25 after the update, a quarter above threshold: the surrogate's slope is 3/4. */
  const slope = (more: Partial<NeuronSpec>): number => {
    const { step } = neuronStep(define(more), { type: "f64", dt: 1e-3, phases: LAYERED[0]!, connected });
    const value = step.stores.find((s) => s.slot === "v")!.value;
    const v = { tag: "read", type: "f64", slot: "v" } as const;
    const [g] = gradients([{ value, seed: f64(1) }], [v], triangle(1));
    const store = { slot: "g", mode: "set", value: g! } as const;
    const body = expand({ name: "g", slots: step.slots, stores: [store] }).stores[0]!.value;
    return evaluate(body, (leaf) => (leaf.tag === "read" && leaf.slot === "v" ? 1 : 0.25));
  };
  test("a reset is detached", () => expect(slope({ reset: "v -= 1" })).toBe(1));
  test("what is taken off by the spike is not", () => expect(slope({ after: "v -= spike" })).toBe(1 - 0.75));
  test("(1 - spike)·v has both terms: (1 - 1) - slope·v", () =>
    expect(slope({ after: "v *= 1 - spike" })).toBe(-0.75 * 1.25));
});

test("JSON holds it", () => {
  const model = define({ after: "s = spike" });
  expect(neuron(JSON.parse(JSON.stringify(model.spec)))).toEqual(model);
});

describe("refused", () => {
  test.each<[string, Partial<NeuronSpec>, string, string]>([
    ["no spike to read", { spike: undefined as never, after: "s = spike" }, "unknown-name", "spike"],
    ["a target that is no state", { after: "i = spike" }, "unknown-name", "'i' is none; known: n, s, v"],
    ["another dimension", { after: "s = spike*mV" }, "unit-mismatch", "'s'"],
    ["the spike in a reset", { reset: "v -= spike" }, "unknown-name", "spike"],
    ["the spike in an equation", { equations: "v[t+1] = v + spike : 1" }, "unknown-name", "spike"],
    ["the spike as a variable", { equations: "spike : 1\nv[t+1] = v : 1" }, "duplicate-name", "is reserved"],
  ])("%s", (_name, more, code, message) => {
    const { spike, ...given } = more;
    const spec = { ...define({}).spec, ...given };
    const make = () => neuron("spike" in more ? (({ spike: _, ...rest }) => rest)(spec) : spec);
    expect(make).toThrow(ModelError);
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    expect(spike).toBeUndefined();
  });
});
