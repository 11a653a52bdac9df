import fc from "fast-check";
import { expect, test } from "vitest";
import { augmentRows } from "../../../src/data/augment/rows.ts";
import { Examples } from "../../../src/data/dataset.ts";

const [COUNT, STEPS, WIDTH] = [40, 7, 5];
const examples = new Examples(
  "test",
  STEPS * WIDTH,
  Float32Array.from({ length: COUNT * STEPS * WIDTH }, (_, k) => k + 1),
  new Uint8Array(COUNT),
);
const rowsOf = (x: Examples, s: number): number[][] =>
  Array.from({ length: STEPS }, (_, t) => [
    ...x.features.subarray(s * x.size + t * WIDTH, s * x.size + (t + 1) * WIDTH),
  ]);

test("an example is moved as a whole, and zeros come in", () => {
  const seen = new Set<number>();
  const moved = augmentRows(examples, { shift: 2 }, { width: WIDTH, seed: 1, epoch: 0 });
  for (let s = 0; s < COUNT; s++) {
    const [before, after] = [rowsOf(examples, s), rowsOf(moved, s)];
    const by = [-2, -1, 0, 1, 2].find((d) =>
      after.every((row, t) => row.every((x, k) => x === (before[t - d]?.[k] ?? 0))),
    );
    expect(by).toBeDefined();
    seen.add(by!);
  }
  expect(seen.size).toBe(5); // one is missing with probability below 5·(4/5)^40 = 7e-4, and the seed is fixed
});
test("masks leave out up to so many steps and features in a row, and nothing else", () => {
  fc.assert(
    fc.property(fc.nat(STEPS), fc.nat(WIDTH), fc.nat(), fc.nat(9), (maskSteps, maskFeatures, seed, epoch) => {
      const masked = augmentRows(examples, { maskSteps, maskFeatures }, { width: WIDTH, seed, epoch });
      for (let s = 0; s < COUNT; s++) {
        const [before, after] = [rowsOf(examples, s), rowsOf(masked, s)];
        const steps = [...after.keys()].filter((t) => after[t]!.every((x) => x === 0));
        const features = [...Array(WIDTH).keys()].filter((k) => after.every((row) => row[k] === 0));
        if (steps.length < STEPS) expect(features.length).toBeLessThanOrEqual(maskFeatures);
        if (features.length < WIDTH) expect(steps.length).toBeLessThanOrEqual(maskSteps);
        after.forEach((row, t) => {
          row.forEach((x, k) => {
            expect(x).toBe(steps.includes(t) || features.includes(k) ? 0 : before[t]![k]);
          });
        });
        for (const gone of [steps, features])
          if (gone.length > 0) expect(gone.at(-1)! - gone[0]!).toBe(gone.length - 1);
      }
    }),
  );
});
test("says what does not fit", () => {
  const by =
    (width: number, a: object): (() => unknown) =>
    () =>
      augmentRows(examples, a, { width, seed: 0, epoch: 0 });
  expect(by(4, {})).toThrow(/must divide 35/);
  expect(by(WIDTH, { shift: 8 })).toThrow(/shift/);
  expect(by(WIDTH, { maskFeatures: 6 })).toThrow(/maskFeatures/);
});
