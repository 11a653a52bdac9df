import { expect, test } from "vitest";
import { liquidCell } from "../../../src/model/neuron/liquid.ts";
import { cell } from "../cell.ts";

/** Drive that fires once, then nothing; the gate of the adaptation is 1/2 throughout. */
const silent = () => {
  const c = cell(liquidCell(), { dt: 1, connected: new Set(["i", "membrane", "adaptation"]) });
  expect(c.step({ i: 20, membrane: 0, adaptation: 0 })).toBe(true);
  return { c, step: () => c.step({ i: 0, membrane: 0, adaptation: 0 }) };
};

test("one spike leaves a trace of 1/2, which halves in each step", () => {
  const { c, step } = silent();
  for (let k = 1; k <= 60; k++) {
    expect(step()).toBe(false);
    expect(c.state.b).toBe(2 ** -k);
  }
});
test("a negative trace that was given decays like a positive one", () => {
  const c = cell(liquidCell(), { dt: 1, connected: new Set(["i", "membrane", "adaptation"]) });
  c.state.b = -1;
  c.step({ i: 0, membrane: 0, adaptation: 0 });
  expect(c.state.b).toBeCloseTo(-0.5, 15);
});
