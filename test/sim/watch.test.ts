/** A state that is no number any more is noticed, whichever it is, whoever works on it. */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";

const NEURONS = 37;
const NAMES = ["a", "b", "c"] as const;

/** Three states that stay as they are, but for one of one neuron of the second population, which grows without end. */
function growing(name: string, at: number) {
  const equations = NAMES.map((n) => `${n}[t+1] = ${n}*g${n} : 1`).join("\n");
  const parameters = Object.fromEntries(NAMES.map((n) => [`g${n}`, 1]));
  const model = neuron({ name: "m", equations, parameters, spike: "a > 2e38" });
  const initial = { a: 1, b: 1, c: 1 };
  const factors = Array.from({ length: NEURONS }, (_, k) => (k === at ? 1e200 : 1));
  return network({
    dt: "1 ms",
    populations: {
      still: population(NEURONS, model, { initial }),
      one: population(NEURONS, model, { initial, parameters: { [`g${name}`]: factors } }),
    },
  });
}

describe.each([interpret, wasm])("$name", (backend) => {
  describe.each([1, 3])("%i parts", (parts) => {
    test.each(NAMES.flatMap((name) => [0, 17, NEURONS - 1].map((at) => [name, at] as const)))(
      "%s of %i",
      async (name, at) => {
        using engine = await createEngine(growing(name, at), backend, { parts, type: "f64" });
        engine.run(1); // 1e200 is a number, its square is none
        expect(() => engine.run(8)).toThrow(
          expect.objectContaining({ code: "not-finite", message: expect.stringContaining(`neuron ${at} `) }),
        );
      },
    );
  });
});
