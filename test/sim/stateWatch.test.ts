/** What makes a run stop: any state that is infinite or not a number, wherever it stands. */
import { describe, expect, test } from "vitest";
import type { Executable } from "../../src/backend/backend.ts";
import type { Lowered } from "../../src/sim/lower/lower.ts";
import { checkStates } from "../../src/sim/stateWatch.ts";

const watch = (type: "f32" | "f64", values: Float32Array | Float64Array): void => {
  const x = { array: () => values } as unknown as Executable;
  const lowered = {
    populations: new Map([["p", { node: "p", states: [{ buffer: "p.x" }] }]]),
    context: { buffers: new Map([["p.x", { type }]]), stride: () => values.length },
  } as unknown as Lowered;
  checkStates(x, lowered, { now: 5, count: 1, done: 0 });
};

describe.each([
  ["f32", Float32Array, 3.4028234663852886e38, 1.401298464324817e-45],
  ["f64", Float64Array, Number.MAX_VALUE, Number.MIN_VALUE],
] as const)("%s", (type, Numbers, largest, least) => {
  test("every finite number is one", () => {
    const numbers = [0, -0, 1, -1, largest, -largest, least, -least, 1e-30, -60];
    for (let length = 0; length <= numbers.length; length++) watch(type, Numbers.from(numbers.slice(0, length)));
  });

  test.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])("%d is found at every place", (odd) => {
    for (let length = 1; length < 20; length++)
      for (let at = 0; at < length; at++) {
        const values = new Numbers(length).fill(-largest);
        values[at] = odd;
        expect(() => watch(type, values)).toThrow(`neuron ${at} became ${odd} in step 5`);
      }
  });

  test("negative NaN too", () => {
    const values = new Numbers(3);
    new Uint8Array(values.buffer).fill(0xff, values.BYTES_PER_ELEMENT, 2 * values.BYTES_PER_ELEMENT);
    expect(() => watch(type, values)).toThrow("neuron 1 became NaN");
  });
});
