/** Labelled examples in flat arrays, and the data set that names, checks and fingerprints them. */
import { DataError } from "../base/errors.ts";
import { hash64 } from "../base/hash.ts";
import { splitNumbers } from "./split.ts";

/** Grey levels (`Uint8Array`, meaning level / 255) or plain numbers (`Float32Array`), shape [count][size]. */
export type Features = Float32Array | Uint8Array;
/** Classes, shape [count]. */
export type Labels = Uint8Array | Int32Array;

/** What one unit of a stored feature is worth: 1/255 for grey levels, 1 for plain numbers. */
export const featureScale = (features: Features): number => (features instanceof Uint8Array ? 1 / 255 : 1);

/** Examples and their labels. Immutable by convention: every method returns new examples. */
export class Examples {
  readonly count: number;
  /** Features an example. */
  readonly size: number;
  readonly features: Features;
  readonly labels: Labels;

  /** @throws {DataError} `shape-mismatch` if features are not [labels][size]; `not-finite` at the first NaN or infinity */
  constructor(path: string, size: number, features: Features, labels: Labels) {
    if (features.length !== size * labels.length)
      throw new DataError(
        "shape-mismatch",
        path,
        `expected ${labels.length} labels × ${size} = ${size * labels.length} features, found ${features.length}`,
      );
    if (features instanceof Float32Array) requireFiniteFeatures(path, size, features);
    this.count = labels.length;
    this.size = size;
    this.features = features;
    this.labels = labels;
  }

  /** The first `n` examples (all, if there are fewer). Shares memory. */
  take(n: number): Examples {
    const m = Math.max(0, Math.min(Math.trunc(n), this.count));
    return new Examples("take", this.size, this.features.subarray(0, m * this.size), this.labels.subarray(0, m));
  }

  /** The examples at `indices`, in that order, copied. @throws {DataError} `out-of-range` */
  subset(indices: ArrayLike<number>): Examples {
    const { size, count } = this;
    const features =
      this.features instanceof Uint8Array
        ? new Uint8Array(indices.length * size)
        : new Float32Array(indices.length * size);
    const labels = this.labels instanceof Uint8Array ? new Uint8Array(indices.length) : new Int32Array(indices.length);
    for (let k = 0; k < indices.length; k++) {
      const from = indices[k]!;
      if (!(Number.isInteger(from) && from >= 0 && from < count))
        throw new DataError("out-of-range", `indices[${k}]`, `must be an integer from 0 to ${count - 1}, got ${from}`);
      features.set(this.features.subarray(from * size, (from + 1) * size), k * size);
      labels[k] = this.labels[from]!;
    }
    return new Examples("subset", size, features, labels);
  }

  /**
   * Holds examples out at random, for choosing models without looking at the test set.
   *
   * @param part how much to hold out: a fraction in (0, 1), or a number of examples in [1, count)
   * @returns both parts in the original order
   * @throws {DataError} `out-of-range`
   */
  split(part: number, seed: number): { rest: Examples; heldOut: Examples } {
    const { rest, heldOut } = splitNumbers(this.count, part, seed);
    return { rest: this.subset(rest), heldOut: this.subset(heldOut) };
  }
}

function requireFiniteFeatures(path: string, size: number, features: Float32Array): void {
  const bad = features.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return;
  const where = `${path}.features[${Math.floor(bad / size)}][${bad % size}]`;
  throw new DataError("not-finite", where, `must be finite, got ${features[bad]}`);
}

/** What `dataset` takes. */
export interface DatasetParts {
  readonly name: string;
  readonly classes: readonly string[];
  /** Shape of one example, such as [28, 28]. */
  readonly shape: readonly number[];
  readonly train: Examples;
  readonly test: Examples;
  readonly source: string;
  readonly licence: string;
}

/** Labelled examples for training and for test, checked and fingerprinted. */
export interface Dataset extends DatasetParts {
  /** `hash64` of shape, features and labels of both parts: what a result was computed on. */
  readonly digest: string;
}

/**
 * Checks a data set and takes its fingerprint.
 *
 * @throws {DataError} `shape-mismatch`, or `out-of-range` at the first label without a class
 */
export function dataset(parts: DatasetParts): Dataset {
  const { name, classes, shape, train, test } = parts;
  const size = shape.reduce((a, b) => a * b, 1);
  for (const [part, examples] of [
    ["train", train],
    ["test", test],
  ] as const) {
    if (examples.size !== size)
      throw new DataError(
        "shape-mismatch",
        `${name}.${part}`,
        `shape ${shape.join("x")} has ${size} features, the examples ${examples.size}`,
      );
    requireLabels(`${name}.${part}.labels`, examples.labels, classes.length);
  }
  const digest = hash64(shape.join("x"), train.features, train.labels, test.features, test.labels);
  return { ...parts, digest };
}

/** @throws {DataError} `out-of-range` at the first label without a class */
export function requireLabels(path: string, labels: Labels, classes: number): void {
  for (let k = 0; k < labels.length; k++)
    if (!(labels[k]! >= 0 && labels[k]! < classes))
      throw new DataError(
        "out-of-range",
        `${path}[${k}]`,
        `must be a class from 0 to ${classes - 1}, got ${labels[k]}`,
      );
}
