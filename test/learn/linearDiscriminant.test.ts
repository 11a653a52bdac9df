import { describe, expect, test } from "vitest";
import { randomStream } from "../../src/base/random.ts";
import { discriminate, linearDiscriminant } from "../../src/learn/linearDiscriminant.ts";

describe("linear discriminant", () => {
  test("of two classes by hand: the border lies across the line between the means, by the covariance", () => {
    // Means (0, 0) and (2, 0), deviations ±(1, 0), ±(0, 2) of both: covariance diag(2, 8)·(2·2/(8 - 2)/2).
    const around = [1, 0, -1, 0, 0, 2, 0, -2];
    const features = [...around, ...around.map((x, k) => x + (k % 2 === 0 ? 2 : 0))];
    const fitted = linearDiscriminant(features, [0, 0, 0, 0, 1, 1, 1, 1], { classes: 2 });
    // Σ = diag(4, 16)/6, so w = Σ⁻¹ μ = (0, 0) and (2·6/4, 0), b = ln ½ - wᵀμ/2.
    const expected = { weights: [0, 0, 3, 0], offset: [Math.log(0.5), Math.log(0.5) - 3] };
    // The ridge moves the diagonal by 1e-9 of its mean.
    fitted.weights.forEach((w, k) => {
      expect(w).toBeCloseTo(expected.weights[k]!, 7);
    });
    fitted.offset.forEach((b, k) => {
      expect(b).toBeCloseTo(expected.offset[k]!, 7);
    });
    expect([...discriminate(fitted, [0.99, 5, 1.01, -5])]).toEqual([0, 1]);
  });
  test("prefers the frequent class where it is not told to take them alike", () => {
    const features = [0, 1, -1, 0.5, 3, 2, 4];
    const labels = [0, 0, 0, 0, 1, 1, 1];
    const border = (prior: "counts" | "even"): number => {
      const { weights: w, offset: b } = linearDiscriminant(features, labels, { classes: 2, prior });
      return (b[0]! - b[1]!) / (w[1]! - w[0]!);
    };
    expect(border("even")).toBeCloseTo((0.125 + 3) / 2, 7); // between the means
    expect(border("counts")).toBeGreaterThan(border("even"));
  });
  test("is as often right as theory says of two normal distributions", () => {
    // Distance of the means in standard deviations δ = 2: errors Φ(-δ/2) = 0.15866 (Hastie et al. 2009, section 4.3).
    const random = randomStream(1, 7);
    const n = 20_000;
    const labels = Int32Array.from({ length: n }, (_, k) => k % 2);
    const features = Float64Array.from(
      { length: 2 * n },
      (_, k) => random.normal() + (k % 2 === 0 ? 2 * labels[k >> 1]! : 0),
    );
    const answers = discriminate(linearDiscriminant(features, labels, { classes: 2 }), features);
    const wrong = answers.filter((a, k) => a !== labels[k]).length / n;
    expect(Math.abs(wrong - 0.158655)).toBeLessThan(5 * Math.sqrt((0.158655 * 0.841345) / n));
  });
  test("says what it cannot fit", () => {
    const fit2 =
      (features: number[], labels: number[], classes = 2) =>
      () =>
        linearDiscriminant(features, labels, { classes });
    expect(fit2([1, 2, 3], [0, 1])).toThrow(/no rows of 2/);
    expect(fit2([1, 2, 3], [0, 1, 0])).toThrow(/too few/);
    expect(fit2([1, 2, 3, 4], [0, 0, 0, 0])).toThrow(/class 1 has no sample/);
    expect(fit2([1, 2, 3, 4], [0, 0, 0, 5])).toThrow(/labels\[3\].*0 to 1/);
    expect(() =>
      linearDiscriminant([1, 2, 2, 4, 3, 6, 5, 10, 0, 0, 4, 8], [0, 1, 0, 1, 0, 1], { classes: 2, ridge: 0 }),
    ).toThrow(/follows from the features before it/);
    expect(() => discriminate(linearDiscriminant([1, 2, 3, 4], [0, 1, 0, 1], { classes: 2 }), [])).not.toThrow();
  });
});
