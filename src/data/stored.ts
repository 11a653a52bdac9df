/**
 * Examples that stay on disk and are read as they are needed, so that a set may be larger than memory. What is held is an
 * open file, what was asked for, and for a selection four bytes an example. Node only.
 */
import { DataError } from "../base/errors.ts";
import { fileSystem } from "../base/node.ts";
import { Examples } from "./dataset.ts";
import { header, LONGEST_HEADER } from "./format/idx.ts";
import type { Sequences } from "./sequences.ts";
import { splitNumbers } from "./split.ts";

/** A set of samples that gives out some at a time. */
export interface SampleStore<T> {
  readonly count: number;
  /**
   * The samples at `indices`, in that order; of a set that is augmented, as they are in an epoch.
   * @param epoch counted from 0, which is the default
   * @throws {DataError} `out-of-range` for an index, or a label without a class; `bad-file`
   */
  read(indices: ArrayLike<number>, epoch?: number): Promise<T>;
}
/** Of examples with features, such as images. */
export interface ExampleStore extends SampleStore<Examples> {
  /** Features an example. */
  readonly size: number;
}
/** Of events in steps. */
export interface SequenceStore extends SampleStore<Sequences> {
  readonly classes: readonly string[];
  readonly inputs: number;
  readonly steps: number;
}

/** Some of the samples of a store, without reading them. @throws {DataError} `out-of-range` for an index */
export function selection(store: ExampleStore, indices: ArrayLike<number>): ExampleStore;
export function selection(store: SequenceStore, indices: ArrayLike<number>): SequenceStore;
export function selection(store: ExampleStore | SequenceStore, indices: ArrayLike<number>) {
  if ("size" in store) return { size: store.size, ...selected<Examples>(store, indices) };
  const { classes, inputs, steps } = store;
  return { classes, inputs, steps, ...selected<Sequences>(store, indices) };
}

function selected<T>(store: SampleStore<T>, indices: ArrayLike<number>): SampleStore<T> {
  const numbers = Uint32Array.from(indices, (_, k) => requireIndex(store.count, indices, k));
  return {
    count: numbers.length,
    read: async (wanted, epoch) =>
      store.read(
        Uint32Array.from(wanted, (_, k) => numbers[requireIndex(numbers.length, wanted, k)]!),
        epoch,
      ),
  };
}

/**
 * Holds samples out at random: the same ones as `Examples.split` or `Sequences.split` would.
 * @param part a fraction in (0, 1), or a number of samples in [1, count)
 * @throws {DataError} `out-of-range`
 */
export function splitStore<S extends ExampleStore | SequenceStore>(store: S, part: number, seed: number): Split<S> {
  const { rest, heldOut } = splitNumbers(store.count, part, seed);
  const of = selection as (store: S, indices: ArrayLike<number>) => Split<S>["rest"];
  return { rest: of(store, rest), heldOut: of(store, heldOut) } as Split<S>;
}
type Split<S> = S extends ExampleStore
  ? { rest: ExampleStore; heldOut: ExampleStore }
  : { rest: SequenceStore; heldOut: SequenceStore };

/** The k-th of some indices. @throws {DataError} `out-of-range` */
export function requireIndex(count: number, indices: ArrayLike<number>, k: number): number {
  const index = indices[k]!;
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new DataError("out-of-range", `indices[${k}]`, `must be an integer from 0 to ${count - 1}, got ${index}`);
}

/** Examples in a file of images and a file of labels, IDX both. To be closed: `await using`, or `close`. */
export class IdxStore implements ExampleStore, AsyncDisposable {
  readonly count: number;
  readonly size: number;
  readonly #images: OpenIdx;
  readonly #labels: OpenIdx;
  readonly #classes: number;

  /** Use `openIdxStore`. */
  constructor(images: OpenIdx, labels: OpenIdx, classes: number) {
    this.#images = images;
    this.#labels = labels;
    this.#classes = classes;
    this.count = images.shape[0]!;
    this.size = images.shape.slice(1).reduce((a, b) => a * b, 1);
  }

  async read(indices: ArrayLike<number>): Promise<Examples> {
    const n = indices.length;
    const [features, labels] = [new Uint8Array(n * this.size), new Uint8Array(n)];
    const reads: Promise<void>[] = [];
    for (const { from, to, index } of runs(this.count, indices))
      reads.push(
        readRows(this.#images, features.subarray(from * this.size, to * this.size), index * this.size),
        readRows(this.#labels, labels.subarray(from, to), index),
      );
    await Promise.all(reads);
    this.#checkLabels(labels, indices);
    return new Examples(this.#images.path, this.size, features, labels);
  }

  #checkLabels(labels: Uint8Array, indices: ArrayLike<number>): void {
    const bad = labels.findIndex((label) => label >= this.#classes);
    if (bad < 0) return;
    const allowed = `must be a class from 0 to ${this.#classes - 1}, got ${labels[bad]}`;
    throw new DataError("out-of-range", `${this.#labels.path}[${indices[bad]}]`, allowed);
  }

  /** After what is being read has been read. */
  async close(): Promise<void> {
    await Promise.all([this.#images, this.#labels].map(({ handle }) => handle.close()));
  }
  /** Closes the files. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Indices that follow one another are read at once: `[from, to)` of them, starting with `index`. */
function* runs(count: number, indices: ArrayLike<number>): Generator<{ from: number; to: number; index: number }> {
  for (let from = 0, to = 0; from < indices.length; from = to) {
    const index = requireIndex(count, indices, from);
    for (to = from + 1; to < indices.length && indices[to] === index + to - from; to++)
      requireIndex(count, indices, to);
    yield { from, to, index };
  }
}

interface OpenIdx {
  readonly path: string;
  readonly handle: import("node:fs/promises").FileHandle;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly offset: number;
}

/** A read may give less than it was asked for. */
async function readRows({ path, handle, offset }: OpenIdx, into: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const at = offset + start + done;
    const { bytesRead } = await handle.read(into, done, into.length - done, at).catch((cause) => {
      throw new DataError("bad-file", path, `cannot be read (${cause.message})`, { cause });
    });
    if (bytesRead === 0) throw new DataError("bad-file", path, "has become shorter since it was opened");
    done += bytesRead;
  }
}

/**
 * Opens a set of images and labels that are not compressed, of any size.
 *
 * @param shape of one image
 * @param classes number of classes; labels are checked when they are read
 * @throws {DataError} `missing-file`; `bad-file` for what is no such file, or does not fit together
 */
export async function openIdxStore(
  images: string,
  labels: string,
  shape: readonly number[],
  classes: number,
): Promise<IdxStore> {
  const pixels = await openIdx(images);
  try {
    const marks = await openIdx(labels);
    try {
      requireShape(pixels, [pixels.shape[0]!, ...shape]);
      requireShape(marks, [pixels.shape[0]!]);
      return new IdxStore(pixels, marks, classes);
    } catch (error) {
      await marks.handle.close();
      throw error;
    }
  } catch (error) {
    await pixels.handle.close();
    throw error;
  }
}

function requireShape({ path, shape }: OpenIdx, expected: readonly number[]): void {
  if (shape.join() !== expected.join())
    throw new DataError("bad-file", path, `expected ${expected.join(" x ")}, found ${shape.join(" x ")}`);
}

async function openIdx(path: string): Promise<OpenIdx> {
  const { open } = await fileSystem(path);
  const handle = await open(path, "r").catch((cause) => {
    const absent = cause.code === "ENOENT" || cause.code === "ENOTDIR";
    const problem = absent ? "there is no such file" : `cannot be read (${cause.message})`;
    throw new DataError(absent ? "missing-file" : "bad-file", path, problem, { cause });
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new DataError("bad-file", path, "is not a file");
    const start = new Uint8Array(LONGEST_HEADER);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    if (start[0] === 0x1f && start[1] === 0x8b)
      throw new DataError("bad-file", path, "is compressed (gzip), and can be read from its beginning only: gunzip it");
    const { shape, offset, end } = header(path, start.subarray(0, bytesRead), Number.MAX_SAFE_INTEGER);
    if (stat.size !== end)
      throw new DataError("bad-file", path, `${shape.join(" x ")} needs ${end} bytes, and the file has ${stat.size}`);
    return { path, handle, shape, offset };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
