/**
 * Labelled sequences of events, for naming the class of every step: spikes of all sequences in one list, as training
 * takes them in. Shorter sequences are padded at their end with steps that hold no spike and whose label means nothing.
 */
import { DataError } from "../base/errors.ts";
import { hash64 } from "../base/hash.ts";
import { checkSequences, requireNumber } from "./sequencesCheck.ts";
import { splitNumbers } from "./split.ts";

/** What `Sequences` is made of. */
export interface SequenceParts {
  readonly classes: readonly string[];
  /** Number of inputs: a spike is one of 0 … inputs − 1. */
  readonly inputs: number;
  /** Steps a row has, padding included; no sequence is longer. */
  readonly steps: number;
  /** Steps that each sequence has, from 1 to `steps`. */
  readonly lengths: Int32Array;
  /** Inputs that spike, by sequence, then step, then ascending; each at most once a step. */
  readonly list: Uint32Array;
  /** Shape [count · steps + 1]: the spikes of sequence s in step t are `list[ends[s·steps + t] … ends[s·steps + t + 1])`. */
  readonly ends: Uint32Array;
  /** Shape [count][steps]; 0 past the end of a sequence. */
  readonly labels: Uint8Array;
  /**
   * Shape [count][steps]: 1 where the set says the class, 0 where it does not (there the label is one that the set's
   * loader fills in, as it documents) and past the end; by default all steps up to the end are annotated.
   */
  readonly annotated?: Uint8Array;
}

/** Some of the sequences, in the form that training and evaluation feed to a network. */
export interface SequenceBatch {
  readonly count: number;
  readonly input: { readonly kind: "events"; readonly list: Uint32Array; readonly ends: Uint32Array };
  /** Shape [count][steps]. */
  readonly labels: Uint8Array;
  /** Shape [count][steps]: 1 where the set itself says the class. */
  readonly annotated: Uint8Array;
  /** Shape [count]: valid steps. */
  readonly lengths: Int32Array;
  /** Shape [count]: which sequences these are. */
  readonly numbers: Uint32Array;
}

/** Immutable by convention: every method returns new sequences. */
export class Sequences implements SequenceParts {
  readonly count: number;
  readonly classes: readonly string[];
  readonly inputs: number;
  readonly steps: number;
  readonly lengths: Int32Array;
  readonly list: Uint32Array;
  readonly ends: Uint32Array;
  readonly labels: Uint8Array;
  readonly annotated: Uint8Array;

  /**
   * @param path what errors call these
   * @throws {DataError} `shape-mismatch` if the arrays do not fit together; `out-of-range` at the first length, spike or
   * label that is not allowed, or past the end of its sequence
   */
  constructor(path: string, parts: SequenceParts) {
    checkSequences(path, parts);
    this.count = parts.lengths.length;
    this.classes = parts.classes;
    this.inputs = parts.inputs;
    this.steps = parts.steps;
    this.lengths = parts.lengths;
    this.list = parts.list;
    this.ends = parts.ends;
    this.labels = parts.labels;
    this.annotated = parts.annotated ?? upToTheEnds(parts);
  }

  /** The first `n` sequences (all, if there are fewer). Shares memory. */
  take(n: number): Sequences {
    const m = Math.max(0, Math.min(Math.trunc(n), this.count));
    const { classes, inputs, steps, lengths, labels, annotated } = this;
    const ends = this.ends.subarray(0, m * steps + 1);
    return new Sequences("take", {
      ...{ classes, inputs, steps, ends },
      lengths: lengths.subarray(0, m),
      list: this.list.subarray(0, ends.at(-1)),
      labels: labels.subarray(0, m * steps),
      annotated: annotated.subarray(0, m * steps),
    });
  }

  /** The sequences at `indices`, in that order, copied. @throws {DataError} `out-of-range` */
  subset(indices: ArrayLike<number>): Sequences {
    const { classes, inputs, steps } = this;
    const { input, labels, annotated, lengths } = this.batch(indices);
    return new Sequences("subset", {
      classes,
      inputs,
      steps,
      lengths,
      labels,
      annotated,
      list: input.list,
      ends: input.ends,
    });
  }

  /** The sequences at `indices`, in that order, copied, as a batch. @throws {DataError} `out-of-range` */
  batch(indices: ArrayLike<number>): SequenceBatch {
    const { steps } = this;
    const numbers = Uint32Array.from(indices, (_, k) => requireNumber(indices, k, this.count));
    return {
      count: numbers.length,
      input: gatherSpikes(this, numbers),
      labels: gatherRows(this.labels, steps, numbers),
      annotated: gatherRows(this.annotated, steps, numbers),
      lengths: Int32Array.from(numbers, (from) => this.lengths[from]!),
      numbers,
    };
  }

  /**
   * Holds sequences out at random, for choosing models without looking at the test set.
   *
   * @param part how much to hold out: a fraction in (0, 1), or a number of sequences in [1, count)
   * @returns both parts in the original order
   * @throws {DataError} `out-of-range`
   */
  split(part: number, seed: number): { rest: Sequences; heldOut: Sequences } {
    const { rest, heldOut } = splitNumbers(this.count, part, seed);
    return { rest: this.subset(rest), heldOut: this.subset(heldOut) };
  }

  /** How many steps have the label of each class, padding left out. @param which all steps, or annotated ones alone */
  classCounts(which: "all" | "annotated" = "all"): number[] {
    const counts = this.classes.map(() => 0);
    const counted = which === "all" ? upToTheEnds(this) : this.annotated;
    for (let row = 0; row < counted.length; row++) if (counted[row]) counts[this.labels[row]!]!++;
    return counts;
  }

  /** `hash64` of shape, lengths, spikes and labels. */
  digest(): string {
    const { count, steps, inputs, lengths, list, ends, labels, annotated } = this;
    return hash64(`${count}x${steps}x${inputs}`, lengths, list, ends, labels, annotated);
  }
}

/** Shape [count][steps]: 1 up to the end of each sequence. */
function upToTheEnds({ steps, lengths }: SequenceParts): Uint8Array {
  const valid = new Uint8Array(lengths.length * steps);
  lengths.forEach((length, s) => valid.fill(1, s * steps, s * steps + length));
  return valid;
}

function gatherRows(rows: Uint8Array, steps: number, numbers: Uint32Array): Uint8Array {
  const out = new Uint8Array(numbers.length * steps);
  numbers.forEach((from, k) => out.set(rows.subarray(from * steps, (from + 1) * steps), k * steps));
  return out;
}

/** Spikes of the sequences `numbers`, in that order. */
function gatherSpikes({ steps, list, ends }: SequenceParts, numbers: Uint32Array): SequenceBatch["input"] {
  const spikes = numbers.reduce((sum, s) => sum + ends[(s + 1) * steps]! - ends[s * steps]!, 0);
  const out = {
    kind: "events",
    list: new Uint32Array(spikes),
    ends: new Uint32Array(numbers.length * steps + 1),
  } as const;
  let at = 0;
  numbers.forEach((s, k) => {
    const [row, first] = [s * steps, ends[s * steps]!];
    for (let t = 1; t <= steps; t++) out.ends[k * steps + t] = at + ends[row + t]! - first;
    out.list.set(list.subarray(first, ends[row + steps]), at);
    at += ends[row + steps]! - first;
  });
  return out;
}

/** What `sequenceDataset` takes. */
export interface SequenceDatasetParts {
  readonly name: string;
  /** Duration of a step in s. */
  readonly dt: number;
  readonly train: Sequences;
  readonly test: Sequences;
  readonly source: string;
  readonly licence: string;
}
/** Labelled sequences for training and for test, checked and fingerprinted. */
export interface SequenceDataset extends SequenceDatasetParts {
  readonly classes: readonly string[];
  readonly inputs: number;
  readonly steps: number;
  /** `hash64` of both parts: what a result was computed on. */
  readonly digest: string;
}

/**
 * Checks a data set of sequences and takes its fingerprint.
 *
 * @throws {DataError} `shape-mismatch` unless both parts have the same inputs, steps and classes
 */
export function sequenceDataset(parts: SequenceDatasetParts): SequenceDataset {
  const { name, train, test } = parts;
  const [a, b] = [train, test].map(
    ({ inputs, steps, classes }) => `${inputs} inputs, ${steps} steps, classes ${classes.join(", ")}`,
  );
  if (a !== b) throw new DataError("shape-mismatch", `${name}.test`, `has ${b}; the training sequences have ${a}`);
  const { classes, inputs, steps } = train;
  return { ...parts, classes, inputs, steps, digest: hash64(train.digest(), test.digest()) };
}
