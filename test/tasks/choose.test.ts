import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { chooseEncoder, preferred } from "../../src/tasks/choose.ts";
import { ROWS, rows } from "./synthetic.ts";

describe("the preferred code", () => {
  const [latency, rate] = [
    { encoder: "latency", accuracy: 0.9, spikes: 100 },
    { encoder: "rate", accuracy: 0.9, spikes: 400 },
  ] as const;
  // two standard errors of the difference of two shares of 0.9 in 800 samples: 2 sqrt(2 · 0.9 · 0.1 / 800) = 0.03
  test.each([
    [0.869, "rate", "more accurate"],
    [0.871, "latency", "as accurate within the error, with fewer spikes"],
    [0.9, "latency", "as accurate within the error, with fewer spikes"],
    [0.95, "latency", "more accurate"],
  ])("latency at %f against rate at 0.9: %s", (accuracy, encoder, reason) => {
    expect(preferred([{ ...latency, accuracy }, rate], 800)).toEqual({ encoder, reason });
  });
});

test("the test set is never looked at, and the same seed chooses the same", async () => {
  const data = rows();
  const blind: Dataset = Object.defineProperty({ ...data }, "test", {
    get: () => {
      throw new Error("the test set was touched");
    },
  });
  const options = { changes: {}, backend: wasm, seed: 4, onProgress: () => {} };
  const choice = await chooseEncoder(ROWS, blind, options);
  expect(choice.candidates.map((c) => c.encoder)).toEqual(["latency", "rate"]);
  expect(choice.heldOut).toBe(60);
  for (const c of choice.candidates) expect(c.accuracy).toBeGreaterThan(0.5); // chance is a third
  expect(await chooseEncoder(ROWS, blind, options)).toEqual(choice);
});
