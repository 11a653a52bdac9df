/** Means, variances and the like. Empty input has no mean: NaN. */

export function mean(xs: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < xs.length; k++) sum += xs[k]!;
  return sum / xs.length;
}

/** Mean squared distance from the mean, by the sum of squares over `n - less`. */
export function variance(xs: ArrayLike<number>, less: 0 | 1): number {
  const m = mean(xs);
  let sum = 0;
  for (let k = 0; k < xs.length; k++) sum += (xs[k]! - m) ** 2;
  return sum / (xs.length - less);
}

/** Pearson's coefficient; NaN where one does not vary. */
export function correlation(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  const [a, b] = [mean(xs), mean(ys)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let k = 0; k < xs.length; k++) {
    const [x, y] = [xs[k]! - a, ys[k]! - b];
    xx += x * x;
    yy += y * y;
    xy += x * y;
  }
  return xy / Math.sqrt(xx * yy);
}
