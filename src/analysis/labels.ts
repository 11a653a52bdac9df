/**
 * Reading classes out of neurons that learned without labels: which class a neuron fires for is found from labelled samples
 * afterwards, and then its spikes vote.
 */
import { DataError, requireInteger } from "../base/errors.ts";
import { requireList, requireObject } from "./given.ts";

/** Of each neuron, which class it stands for. */
export interface LabelAssignment {
  /** How many neurons there are, silent ones among them. */
  readonly neurons: number;
  /** How many classes there are. */
  readonly classes: number;
  /** The class for whose samples it fires most on average, the first of equal ones; -1 where it never fired. Shape [neurons]. */
  readonly label: Int32Array;
  /** Spikes in a sample of each class, on average. Shape [neurons][classes]. */
  readonly rate: Float64Array;
  /** The same as shares of their sum: 0 throughout for a neuron that never fired. Shape [neurons][classes]. */
  readonly proportion: Float64Array;
  /** Neurons that never fired: nobody asks them. */
  readonly silent: number;
  /** Neurons of each class. Shape [classes]. */
  readonly size: Int32Array;
}

/**
 * Assigns each neuron the class that it fires most for.
 *
 * @param counts spikes of each neuron in each sample, shape [samples][neurons]
 * @param labels of the samples, from 0 to `classes - 1`
 * @throws {DataError} `shape-mismatch`; `out-of-range` for a label or a count
 * @see Diehl and Cook 2015, Frontiers in Computational Neuroscience 9:99, "Training and labeling"
 */
export function assignLabels(
  counts: ArrayLike<number>,
  labels: ArrayLike<number>,
  sizes: { readonly neurons: number; readonly classes: number },
): LabelAssignment {
  requireList("counts", counts);
  requireList("labels", labels);
  requireObject("sizes", sizes, "{ neurons, classes }");
  const { neurons, classes } = sizes;
  requireInteger("neurons", neurons, 1);
  requireInteger("classes", classes, 1);
  requireRows("counts", counts, labels.length, neurons);
  const samples = samplesOf(labels, classes);
  const rate = new Float64Array(neurons * classes);
  for (let s = 0; s < labels.length; s++)
    for (let i = 0; i < neurons; i++) rate[i * classes + labels[s]!]! += requireCount(counts, s * neurons + i);
  for (let k = 0; k < rate.length; k++) rate[k]! /= Math.max(1, samples[k % classes]!);
  const label = new Int32Array(neurons);
  const proportion = new Float64Array(neurons * classes);
  const size = new Int32Array(classes);
  for (let i = 0; i < neurons; i++) {
    const own = rate.subarray(i * classes, (i + 1) * classes);
    const sum = own.reduce((a, b) => a + b, 0);
    label[i] = sum > 0 ? first(own) : -1;
    if (sum > 0) size[label[i]!]!++;
    for (let c = 0; sum > 0 && c < classes; c++) proportion[i * classes + c] = own[c]! / sum;
  }
  return { neurons, classes, label, rate, proportion, silent: label.filter((x) => x < 0).length, size };
}

/**
 * The class whose neurons fire most on average, for each sample; -1 where nobody fired, or only neurons without a class.
 * @param counts shape [samples][neurons]
 * @throws {DataError} `shape-mismatch`, `out-of-range`
 * @see Diehl and Cook 2015, "Training and labeling"
 */
export const predictByLabel = (counts: ArrayLike<number>, a: LabelAssignment): Int32Array =>
  predicted(counts, a, (votes, neuron, spikes) => {
    const label = a.label[neuron]!;
    if (label >= 0) votes[label]! += spikes / a.size[label]!;
  });

/**
 * The class with the most votes for each sample, where each spike votes for all classes in the proportions in which its neuron
 * fires for them; -1 where nobody voted.
 * @param counts shape [samples][neurons]
 * @throws {DataError} `shape-mismatch`, `out-of-range`
 */
export const predictByProportion = (counts: ArrayLike<number>, a: LabelAssignment): Int32Array =>
  predicted(counts, a, (votes, neuron, spikes) => {
    for (let c = 0; c < a.classes; c++) votes[c]! += spikes * a.proportion[neuron * a.classes + c]!;
  });

function predicted(
  counts: ArrayLike<number>,
  assignment: LabelAssignment,
  vote: (votes: Float64Array, neuron: number, spikes: number) => void,
): Int32Array {
  requireList("counts", counts);
  requireAssignment(assignment);
  const { neurons, classes } = assignment;
  const samples = Math.floor(counts.length / neurons);
  requireRows("counts", counts, samples, neurons);
  const votes = new Float64Array(classes);
  return Int32Array.from({ length: samples }, (_, s) => {
    votes.fill(0);
    for (let i = 0; i < neurons; i++) {
      const spikes = requireCount(counts, s * neurons + i);
      if (spikes > 0) vote(votes, i, spikes);
    }
    const best = first(votes);
    return votes[best]! > 0 ? best : -1;
  });
}

function requireAssignment(a: LabelAssignment): void {
  requireObject("assignment", a, "what assignLabels(...) gives");
  for (const [name, length] of [
    ["label", a.neurons],
    ["proportion", a.neurons * a.classes],
    ["size", a.classes],
  ] as const) {
    requireList(`assignment.${name}`, a[name]);
    if (a[name].length === length) continue;
    const problem = `needs ${length} numbers for ${a.neurons} neurons and ${a.classes} classes, got ${a[name].length}`;
    throw new DataError("shape-mismatch", `assignment.${name}`, problem);
  }
}

/** The place of the largest, the first of equal ones. */
function first(values: Float64Array): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}

function samplesOf(labels: ArrayLike<number>, classes: number): Int32Array {
  const samples = new Int32Array(classes);
  for (let s = 0; s < labels.length; s++) {
    const label = labels[s]!;
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new DataError("out-of-range", `labels[${s}]`, `must be a class from 0 to ${classes - 1}, got ${label}`);
    samples[label]!++;
  }
  return samples;
}
function requireRows(path: string, counts: ArrayLike<number>, samples: number, neurons: number): void {
  if (counts.length === samples * neurons) return;
  const problem = `needs ${samples} x ${neurons} counts, got ${counts.length}`;
  throw new DataError("shape-mismatch", path, problem);
}
function requireCount(counts: ArrayLike<number>, k: number): number {
  const n = counts[k]!;
  if (n >= 0 && Number.isFinite(n)) return n;
  throw new DataError("out-of-range", `counts[${k}]`, `must be a finite number from 0 on, got ${n}`);
}
