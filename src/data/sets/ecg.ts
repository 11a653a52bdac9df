/**
 * Electrocardiograms whose every step is one of six waves: two leads of the QT Database, 250 samples a second, each
 * turned into two spike trains (level crossings up and down).
 *
 * The two files are MATLAB's: `x` [count][steps][4] with 1 for a spike, `y` [count][steps][6] with 1 for the class, `max_i`
 * [count][1] with the number of valid steps. `x` is −1 once in each sequence, an artefact: it counts as no spike.
 *
 * One step in ten has no class: all six of `y` are 0. The published results take the largest of the six, the first where
 * they are equal, so that such steps are P (Yin, Corradi, Bohte, Efficient-spiking-networks, ECG/, `np.argmax`). Labels
 * here are the same, to be compared with them, and `annotated` says which steps the files do give a class.
 */
import { DataError } from "../../base/errors.ts";
import type { NamedBytes } from "../format/bytes.ts";
import { readMatlab } from "../format/matlab.ts";
import type { MatlabArray, Numbers } from "../format/matlabValues.ts";
import { rowMajor } from "../format/rowMajor.ts";
import { type LocateOptions, readFiles } from "../locate.ts";
import { type SequenceDataset, Sequences, sequenceDataset } from "../sequences.ts";

const NAME = "ecg";
/** Names that its folder may have, best first. */
export const ECG_FOLDERS = ["ecg-qtdb", NAME];
export const ECG_FILES = ["QTDB_train.mat", "QTDB_test.mat"] as const;
const CLASSES = ["P", "PQ", "QR", "RS", "ST", "TP"];
/** The label of a step without a class. */
const UNKNOWN = 0;
const CHANNELS = 4;
/** s; the recordings have 250 samples a second. */
const DT = 4e-3;

/**
 * Reads the set from `QTDB_train.mat` and `QTDB_test.mat`.
 *
 * @throws {DataError} `missing-file` with the places searched; else naming the file and what is wrong in it
 */
export async function ecg(options: LocateOptions = {}): Promise<SequenceDataset> {
  const [train, test] = await readFiles(NAME, ECG_FILES, options, ECG_FOLDERS);
  return ecgDataset(train!, test!);
}

/** The same of files that are at hand, as in a page. @throws {DataError} naming the file and what is wrong in it */
export async function ecgDataset(train: NamedBytes, test: NamedBytes): Promise<SequenceDataset> {
  return sequenceDataset({
    name: NAME,
    dt: DT,
    train: await sequencesOf(train),
    test: await sequencesOf(test),
    source:
      "Laguna, Mark, Goldberger, Moody 1997, QT Database, Computers in Cardiology 24 (PhysioNet); as spikes: Yin, Corradi, Bohte 2021, Nature Machine Intelligence 3",
    licence: "ODC-By 1.0 (signals), MIT (encoding)",
  });
}

async function sequencesOf(file: NamedBytes): Promise<Sequences> {
  const arrays = await readMatlab(file, { names: ["x", "y", "max_i"] });
  const [x, y, valid] = [arrays.get("x")!, arrays.get("y")!, arrays.get("max_i")!];
  const [count = 0, steps = 0] = x.shape;
  requireShape(file.path, x, [count, steps, CHANNELS]);
  requireShape(file.path, y, [count, steps, CLASSES.length]);
  requireShape(file.path, valid, [count, 1]);
  const lengths = lengthsOf(`${file.path}.max_i`, valid.data, steps);
  return new Sequences(file.path, {
    classes: CLASSES,
    inputs: CHANNELS,
    steps,
    lengths,
    ...spikesOf(`${file.path}.x`, rowMajor(x), steps),
    ...labelsOf(`${file.path}.y`, rowMajor(y), steps, lengths),
  });
}

function requireShape(path: string, { name, shape }: MatlabArray, expected: readonly number[]): void {
  if (shape.join() !== expected.join())
    throw new DataError(
      "shape-mismatch",
      `${path}.${name}`,
      `expected ${expected.join(" x ")}, found ${shape.join(" x ")}`,
    );
}

function lengthsOf(path: string, valid: Numbers, steps: number): Int32Array {
  const bad = valid.findIndex((length) => !(Number.isInteger(length) && length >= 1 && length <= steps));
  if (bad >= 0)
    throw new DataError("out-of-range", `${path}[${bad}]`, `must be an integer from 1 to ${steps}, got ${valid[bad]}`);
  return Int32Array.from(valid);
}

/** @param x shape [count][steps][channels] */
function spikesOf(path: string, x: Numbers, steps: number): { list: Uint32Array; ends: Uint32Array } {
  const list = new Uint32Array(x.length);
  const ends = new Uint32Array(x.length / CHANNELS + 1);
  let spikes = 0;
  for (let k = 0; k < x.length; k++) {
    if (x[k] === 1) list[spikes++] = k % CHANNELS;
    else if (x[k] !== 0 && x[k] !== -1)
      throw new DataError(
        "out-of-range",
        `${path}${place(Math.floor(k / CHANNELS), steps, k % CHANNELS)}`,
        `must be 1 (a spike), 0 or -1 (none), got ${x[k]}`,
      );
    if ((k + 1) % CHANNELS === 0) ends[(k + 1) / CHANNELS] = spikes;
  }
  return { list: list.slice(0, spikes), ends };
}

/** @param y shape [count][steps][classes]; past the end of a sequence it is not looked at */
function labelsOf(
  path: string,
  y: Numbers,
  steps: number,
  lengths: Int32Array,
): { labels: Uint8Array; annotated: Uint8Array } {
  const labels = new Uint8Array(y.length / CLASSES.length);
  const annotated = new Uint8Array(labels.length);
  for (let row = 0; row < labels.length; row++) {
    if (row % steps >= lengths[Math.floor(row / steps)]!) continue;
    const label = classOf(path, y, row, steps);
    labels[row] = label ?? UNKNOWN;
    annotated[row] = Number(label !== undefined);
  }
  return { labels, annotated };
}

/** Undefined where none is given. */
function classOf(path: string, y: Numbers, row: number, steps: number): number | undefined {
  let found: number | undefined;
  for (let k = 0; k < CLASSES.length; k++) {
    const value = y[row * CLASSES.length + k]!;
    if (value === 0) continue;
    if (value !== 1 || found !== undefined)
      throw new DataError(
        "out-of-range",
        `${path}${place(row, steps, k)}`,
        `must be 0, or 1 once a step, got ${value}`,
      );
    found = k;
  }
  return found;
}

/** Where entry `k` of a row of an array [count][steps][…] is. */
function place(row: number, steps: number, k: number): string {
  return `[${Math.floor(row / steps)}][${row % steps}][${k}]`;
}
