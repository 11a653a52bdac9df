/** Tests of fit. Seeds are fixed, so a test passes or fails for ever; the levels say how lucky a right generator has to be. */

/** √n times the largest distance between the sample's distribution function and `cdf` (Kolmogorov). */
export function kolmogorov(sample: readonly number[], cdf: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  let worst = 0;
  sorted.forEach((x, k) => {
    const f = cdf(x);
    worst = Math.max(worst, f - k / n, (k + 1) / n - f);
  });
  return worst * Math.sqrt(n);
}
/** Exceeded with probability 0.001: `2·exp(-2·1.95²)`. */
export const KOLMOGOROV_LIMIT = 1.95;

/** Pearson's statistic minus what it exceeds with probability 1e-4: negative where the fit is good. */
export function chiSquareExcess(observed: ArrayLike<number>, expected: ArrayLike<number>): number {
  let statistic = 0;
  for (let k = 0; k < observed.length; k++) statistic += (observed[k]! - expected[k]!) ** 2 / expected[k]!;
  return statistic - chiSquareLimit(observed.length - 1);
}
/** Wilson and Hilferty 1931: the cube root is nearly normal; 3.719 is the normal quantile of 1 - 1e-4. */
const chiSquareLimit = (freedom: number): number =>
  freedom * (1 - 2 / (9 * freedom) + 3.719 * Math.sqrt(2 / (9 * freedom))) ** 3;

export function counts(values: Iterable<number>, bins: number): Float64Array {
  const out = new Float64Array(bins);
  for (const v of values) out[v]!++;
  return out;
}
/** The same number in every bin. */
export const even = (total: number, bins: number): Float64Array => new Float64Array(bins).fill(total / bins);

/** P(X = k), k < length, by recursion from 0 (in logarithms, so that large means do not underflow). */
export function poissonMasses(mean: number, length: number): Float64Array {
  let logMass = -mean;
  return Float64Array.from({ length }, (_, k) => Math.exp(k === 0 ? logMass : (logMass += Math.log(mean / k))));
}

/** Fit of counts to Poisson(mean), neighbouring counts merged until each bin expects at least 10. */
export function poissonExcess(sample: readonly number[], mean: number): number {
  const length = sample.reduce((most, x) => Math.max(most, x), Math.ceil(mean + 10 * Math.sqrt(mean) + 10)) + 1;
  const masses = poissonMasses(mean, length);
  const seen = counts(sample, length);
  const bins: { observed: number; expected: number }[] = [{ observed: 0, expected: 0 }];
  for (let k = 0; k < length; k++) {
    const last = bins.at(-1)!;
    last.observed += seen[k]!;
    last.expected += masses[k]! * sample.length;
    if (last.expected >= 10) bins.push({ observed: 0, expected: 0 });
  }
  const rest = bins.pop()!;
  bins.at(-1)!.observed += rest.observed;
  bins.at(-1)!.expected += rest.expected;
  return chiSquareExcess(
    bins.map((b) => b.observed),
    bins.map((b) => b.expected),
  );
}

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
/** P(Z > z) for z >= 0: series near 0 (Abramowitz and Stegun 26.2.11), continued fraction beyond (26.2.14). */
export function normalTail(z: number): number {
  if (z < 2.5) {
    let [total, term] = [0, z];
    for (let n = 1; term > 1e-18 * total; n += 2) {
      total += term;
      term *= (z * z) / (n + 2);
    }
    return 0.5 - density(z) * total;
  }
  let fraction = z;
  for (let n = 200; n > 0; n--) fraction = z + n / fraction;
  return density(z) / fraction;
}
export const normalCdf = (z: number): number => (z < 0 ? normalTail(-z) : 1 - normalTail(z));

/** Mean, variance, skewness and excess kurtosis, each in units of its standard error for a standard normal sample. */
export function momentScores(sample: readonly number[]): number[] {
  const n = sample.length;
  const moment = (p: number): number => sample.reduce((s, x) => s + x ** p, 0) / n;
  return [
    moment(1) * Math.sqrt(n),
    (moment(2) - 1) * Math.sqrt(n / 2),
    moment(3) * Math.sqrt(n / 15),
    (moment(4) - 3) * Math.sqrt(n / 96),
  ];
}
