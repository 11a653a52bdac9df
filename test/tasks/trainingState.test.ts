/** What a checkpoint holds of a training comes back as it was, with arrays where there were arrays. */
import { expect, test } from "vitest";
import { DataError } from "../../src/base/errors.ts";
import type { EpochReport, Summary } from "../../src/learn/fit.ts";
import { type Going, savedGoing, savedTrained, trainingIn } from "../../src/tasks/trainingState.ts";

const validation: Summary = {
  samples: 2,
  steps: 5,
  loss: 0.5,
  accuracy: 0.75,
  counted: 4,
  predictions: Int32Array.of(0, 1, 1, 1, 0, -1),
  confusion: Uint32Array.of(1, 0, 1, 2),
  activity: { hidden: { active: 7, membraneUpdates: 9 }, output: {} },
  inputEvents: 11,
};
const report: EpochReport = {
  epoch: 0,
  loss: 0.6,
  penalty: 0.1,
  accuracy: 0.5,
  seconds: 2,
  samples: 2,
  validation,
  warnings: ["quiet"],
};
const origin = { network: "abc" };
const going: Going = {
  snapshot: { updates: 3, buffers: new Map([["parameters", Float32Array.of(1, 2)]]) },
  position: {
    epoch: 1,
    batches: 2,
    sums: { loss: 1, penalty: 2, counted: 7, correct: 3, samples: 4 },
    seconds: 5,
    reports: [report],
  },
};
const through = <T>(x: T): T => JSON.parse(JSON.stringify(x));

test("on its way", () => {
  const { state, arrays } = savedGoing(origin, going);
  expect(trainingIn({ state: through(state), arrays }, "file")).toEqual({ origin, going });
});
test("on its way, with the best weights so far", () => {
  const numbers = {
    epoch: 4,
    accuracy: 0.8,
    loss: 0.4,
    heldOut: 12,
    seconds: 3,
    looks: [{ epoch: 4, accuracy: 0.8, loss: 0.4 }],
  };
  const best = { ...numbers, parameters: { "a>b.weight": Float32Array.of(3), "b.tau": Float32Array.of(4) } };
  const { state, arrays } = savedGoing(origin, { ...going, best });
  expect([...arrays.keys()]).toEqual(["parameters", "best.a>b.weight", "best.b.tau"]);
  expect(trainingIn({ state: through(state), arrays }, "file")).toEqual({ origin, going: { ...going, best } });
});
test("done", () => {
  const selected = {
    epoch: 4,
    accuracy: 0.8,
    loss: 0.4,
    heldOut: 12,
    seconds: 3,
    looks: [{ epoch: 4, accuracy: 0.8, loss: 0.4 }],
  };
  const trained = {
    epochs: [report],
    seconds: 9,
    samplesPerSecond: 3,
    bytes: 64,
    skipped: { updates: 1, of: 40 },
    selected,
  };
  const parameters = { "a>b.weight": Float32Array.of(1) };
  const { state, arrays } = savedTrained(origin, { ...trained, parameters });
  expect(trainingIn({ state: through(state), arrays }, "file")).toEqual({
    origin,
    trained: { ...trained, parameters },
  });
});
test("sums without the number of answers are refused", () => {
  const { counted: _, ...sums } = going.position.sums;
  const odd = { ...going, position: { ...going.position, sums } } as unknown as Going;
  expect(() => trainingIn(savedGoing(origin, odd), "file")).toThrow(DataError);
});
