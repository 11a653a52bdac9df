/** What makes a run stop: any state that is infinite or not a number, wherever it stands. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";

const THREADS = threadedWasm(3);
afterAll(() => THREADS.dispose());

const still = neuron({ name: "still", equations: "x[t+1] = x : 1\nn[t+1] = n : integer\ny[t+1] = y : 1" });
const counting = neuron({ name: "counting", equations: "n[t+1] = n + 1 : integer" });
/** The middle one has no states that could be anything but numbers. */
const net = network({
  dt: "1 ms",
  populations: { p: population(19, still), m: population(3, counting), q: population(70, still) },
});
const ODD = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

describe.each([
  ["interpreter", interpret, {}],
  ["one thread", wasm, {}],
  ["three threads", THREADS, { parts: 3 }],
  ["trials", THREADS, { samples: 5 }],
] as const)("%s", (_, backend, options) => {
  describe.each([
    ["f32", 3.4028234663852886e38, 1.401298464324817e-45],
    ["f64", Number.MAX_VALUE, Number.MIN_VALUE],
  ] as const)("%s", (type, largest, least) => {
    const made = (): Promise<Engine> => createEngine(net, backend, { type, ...options });

    test("every finite number is one", async () => {
      using e = await made();
      const numbers = [0, -0, 1, -1, largest, -largest, least, -least, 1e-30, -60];
      const states = ["p.x", "p.y", "q.x", "q.y"].map((name) => e.state(name));
      for (const state of states) for (let k = 0; k < state.length; k++) state[k] = numbers[k % numbers.length]!;
      e.run(3);
      expect(e.stepsDone).toBe(3);
    });

    test.each(ODD)("%d is found at every place, and an engine that is restored goes on", async (odd) => {
      using e = await made();
      const good = e.snapshot();
      for (const [name, size] of [
        ["p.x", 19],
        ["p.y", 19],
        ["q.x", 70],
      ] as const)
        for (let at = 0; at < size; at++) {
          e.state(name)[at] = odd;
          expect(() => e.run(1)).toThrow(`${name}: neuron ${at} became ${odd} in step 0`);
          e.restore(good);
        }
      e.run(1);
    });
  });
});

test("of blocks it is said which steps they had, and of trials which", async () => {
  using e = await createEngine(net, wasm, { samples: 3, block: 8 });
  e.run(16);
  const x = e.state("q.x");
  x[(2 * x.length) / 3 + 7] = Number.NaN;
  expect(() => e.run(16)).toThrow("q.x: neuron 7 became NaN in one of the steps 16 to 23 of trial 2");
});

test("negative NaN too", async () => {
  using e = await createEngine(net, wasm);
  const x = e.state("p.x");
  new Uint8Array(x.buffer).fill(0xff, x.byteOffset + x.BYTES_PER_ELEMENT, x.byteOffset + 2 * x.BYTES_PER_ELEMENT);
  expect(() => e.run(1)).toThrow("p.x: neuron 1 became NaN");
});
