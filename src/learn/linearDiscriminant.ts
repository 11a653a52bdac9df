/** Linear discriminant analysis: the classifier that anything learned has to beat. */
import { DataError, requireInteger } from "../base/errors.ts";

/** A fitted discriminant: class k scores `offset[k] + Σ_c weights[k][c]·x[c]`, and the highest score wins. */
export interface LinearDiscriminant {
  readonly classes: number;
  readonly size: number;
  /** Shape [classes][size]. */
  readonly weights: Float64Array;
  /** Shape [classes]. */
  readonly offset: Float64Array;
}

/** Options of `linearDiscriminant`. */
export interface DiscriminantOptions {
  readonly classes: number;
  /** `counts`: classes are as likely as they are frequent (the default); `even`: all alike, as balanced accuracy has it. */
  readonly prior?: "counts" | "even";
  /** What is added to the diagonal of the covariance, as a share of its mean. Default 1e-9. */
  readonly ridge?: number;
}

/**
 * Fits normal distributions with one covariance for all classes: `w_k = Σ⁻¹ μ_k`, `b_k = ln p_k - w_kᵀ μ_k / 2`.
 *
 * @param features shape [count][size]
 * @param labels shape [count], of `classes`, each at least once
 * @throws {DataError} `shape-mismatch`; `out-of-range` for a class without samples, or fewer samples than features and classes
 * @see Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, eq. 4.10
 */
export function linearDiscriminant(
  features: ArrayLike<number>,
  labels: ArrayLike<number>,
  { classes, prior = "counts", ridge = 1e-9 }: DiscriminantOptions,
): LinearDiscriminant {
  requireInteger("linearDiscriminant.classes", classes, 2);
  const count = labels.length;
  const size = features.length / count;
  if (!Number.isInteger(size) || size < 1)
    throw new DataError("shape-mismatch", "features", `${features.length} numbers are no rows of ${count} samples`);
  if (count <= size + classes)
    throw new DataError(
      "out-of-range",
      "features",
      `${count} samples are too few for ${size} features and ${classes} classes`,
    );
  const { means, counts } = meansOf(features, labels, classes, size);
  const factor = cholesky(covarianceOf(features, labels, means, { size, classes, ridge }), size);
  const weights = new Float64Array(classes * size);
  const offset = new Float64Array(classes);
  for (let k = 0; k < classes; k++) {
    const mean = means.subarray(k * size, (k + 1) * size);
    const w = solve(factor, mean);
    weights.set(w, k * size);
    offset[k] = Math.log(prior === "even" ? 1 / classes : counts[k]! / count) - dot(w, mean, 0) / 2;
  }
  return { classes, size, weights, offset };
}

/** The class of each sample. @param features shape [count][size] @throws {DataError} `shape-mismatch` */
export function discriminate(
  { classes, size, weights, offset }: LinearDiscriminant,
  features: ArrayLike<number>,
): Int32Array {
  const count = features.length / size;
  if (!Number.isInteger(count))
    throw new DataError("shape-mismatch", "features", `${features.length} numbers are no rows of ${size}`);
  return Int32Array.from({ length: count }, (_, s) => {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const score = offset[k]! + dot(weights.subarray(k * size, (k + 1) * size), features, s * size);
      if (score > highest) [best, highest] = [k, score];
    }
    return best;
  });
}

function meansOf(features: ArrayLike<number>, labels: ArrayLike<number>, classes: number, size: number) {
  const means = new Float64Array(classes * size);
  const counts = new Uint32Array(classes);
  for (let s = 0; s < labels.length; s++) {
    const k = labels[s]!;
    if (!(Number.isInteger(k) && k >= 0 && k < classes))
      throw new DataError("out-of-range", `labels[${s}]`, `must be a class from 0 to ${classes - 1}, got ${k}`);
    counts[k]!++;
    for (let c = 0; c < size; c++) means[k * size + c]! += features[s * size + c]!;
  }
  const empty = counts.indexOf(0);
  if (empty >= 0) throw new DataError("out-of-range", "labels", `class ${empty} has no sample`);
  means.forEach((sum, at) => {
    means[at] = sum / counts[Math.floor(at / size)]!;
  });
  return { means, counts };
}

interface Shape {
  readonly size: number;
  readonly classes: number;
  readonly ridge: number;
}
/** Within classes, shape [size][size]; the lower triangle alone. */
function covarianceOf(
  features: ArrayLike<number>,
  labels: ArrayLike<number>,
  means: Float64Array,
  { size, classes, ridge }: Shape,
): Float64Array {
  const sum = new Float64Array(size * size);
  const x = new Float64Array(size);
  for (let s = 0; s < labels.length; s++) {
    for (let c = 0; c < size; c++) x[c] = features[s * size + c]! - means[labels[s]! * size + c]!;
    for (let r = 0; r < size; r++) for (let c = 0; c <= r; c++) sum[r * size + c]! += x[r]! * x[c]!;
  }
  const covariance = sum.map((v) => v / (labels.length - classes));
  let trace = 0;
  for (let r = 0; r < size; r++) trace += covariance[r * size + r]!;
  for (let r = 0; r < size; r++) covariance[r * size + r]! += ridge * (trace / size || 1);
  return covariance;
}

/** The lower triangle L of L Lᵀ = a. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let r = 0; r < n; r++)
    for (let c = 0; c <= r; c++) {
      let rest = a[r * n + c]!;
      for (let k = 0; k < c; k++) rest -= l[r * n + k]! * l[c * n + k]!;
      if (r !== c) l[r * n + c] = rest / l[c * n + c]!;
      else if (rest > 0) l[r * n + r] = Math.sqrt(rest);
      else
        throw new DataError(
          "out-of-range",
          `features[…][${r}]`,
          "follows from the features before it: leave it out, or give a larger ridge",
        );
    }
  return l;
}

/** x of L Lᵀ x = b. */
function solve(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = Float64Array.from(b);
  for (let r = 0; r < n; r++) {
    for (let k = 0; k < r; k++) x[r]! -= l[r * n + k]! * x[k]!;
    x[r]! /= l[r * n + r]!;
  }
  for (let r = n - 1; r >= 0; r--) {
    for (let k = r + 1; k < n; k++) x[r]! -= l[k * n + r]! * x[k]!;
    x[r]! /= l[r * n + r]!;
  }
  return x;
}

function dot(w: Float64Array, x: ArrayLike<number>, from: number): number {
  let total = 0;
  for (let c = 0; c < w.length; c++) total += w[c]! * x[from + c]!;
  return total;
}
